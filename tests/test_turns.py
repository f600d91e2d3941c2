"""Who gets the next customer."""

from analysis.turns import Customer, Taker, deal


def test_equals_take_turns():
    takers = [Taker(1, 10), Taker(2, 10), Taker(3, 10)]
    assert deal([Customer()] * 7, takers) == [1, 2, 3, 1, 2, 3, 1]
    assert [taker.load for taker in takers] == [3, 2, 2]


def test_who_has_least_in_proportion_is_next():
    takers = [Taker(1, 10, load=5), Taker(2, 20, load=4)]
    # 4/20 < 5/10, until 10/20 = 5/10, when the first in the list comes first.
    assert deal([Customer()] * 7, takers) == [2, 2, 2, 2, 2, 2, 1]


def test_nobody_gets_more_than_the_capacity():
    takers = [Taker(1, 2, load=1), Taker(2, 1)]
    assert deal([Customer()] * 4, takers) == [2, 1, None, None]


def test_without_capacity_nobody_takes():
    assert deal([Customer()], [Taker(1, 0)]) == [None]
    assert deal([Customer()], []) == [None]


def test_who_gives_or_refused_takes_nothing():
    assert deal([Customer(not_to=frozenset({1}))] * 2, [Taker(1, 9), Taker(2, 1)]) == [2, None]


def test_same_language_or_country_comes_first():
    takers = [
        Taker(1, 9, lang='en_US', country_id=10),
        Taker(2, 9, lang='ru_RU', country_id=10),
        Taker(3, 9, lang='ru_RU', country_id=20),
    ]
    russian_there = Customer(lang='ru_RU', country_id=20)
    german_here = Customer(lang='de_DE', country_id=10)
    stranger = Customer(lang='fr_FR', country_id=30)
    assert deal([russian_there, russian_there], takers) == [3, 3]
    assert deal([german_here] * 3, takers) == [1, 2, 1]
    assert deal([stranger], takers) == [2]


def test_who_fits_less_takes_when_who_fits_best_is_full():
    takers = [Taker(1, 9, lang='en_US'), Taker(2, 1, lang='ru_RU')]
    assert deal([Customer(lang='ru_RU')] * 2, takers) == [2, 1]


def test_unknown_language_and_country_are_like_nobody():
    takers = [Taker(1, 9, load=1), Taker(2, 9, lang='en_US', country_id=1)]
    assert deal([Customer()], takers) == [2]
