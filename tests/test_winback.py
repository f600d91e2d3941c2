"""Which way of winning customers back is suggested, and how likely it works."""

import pytest

from analysis.winback import Attempts, Records, Standing, smooth, wilson_lower_bound


def records(*rows, min_record=5, assumed=0.2):
    return Records([Attempts(*row) for row in rows], min_record, assumed)


@pytest.mark.parametrize(
    ('won', 'closed', 'bound'),
    [
        # The lower root p of (won / closed - p)² = 1.96² p (1 - p) / closed
        (0, 10, 0.0),
        (1, 1, 0.2065),
        (7, 9, 0.4526),
        (9, 10, 0.5958),
        (90, 100, 0.8256),
        (10, 10, 0.7225),
    ],
)
def test_wilson_lower_bound(won, closed, bound):
    assert wilson_lower_bound(won, closed) == pytest.approx(bound, abs=5e-5)


def test_wilson_lower_bound_of_nothing():
    assert wilson_lower_bound(0, 0) == 0


def test_wilson_lower_bound_grows_with_evidence_and_stays_below_the_share():
    bounds = [wilson_lower_bound(count, 2 * count) for count in (1, 5, 50, 5000)]
    assert bounds == sorted(bounds)
    assert all(0 < bound < 0.5 for bound in bounds)


def test_smooth_is_laplace_for_even_odds():
    assert smooth(7, 9, 0.5) == pytest.approx((7 + 1) / (9 + 2))
    assert smooth(0, 0, 0.2) == pytest.approx(0.2)


def test_the_narrowest_record_that_says_something_counts():
    known = records(
        ('meet', 'price', 'golden', 4, 5),
        ('meet', 'price', 'low', 0, 5),
        ('meet', 'service', 'golden', 1, 5),
        ('meet', None, None, 0, 5),
    )
    assert known.standing('meet', 'price', 'golden') == Standing('both', 4, 5)
    assert known.standing('meet', 'price', 'second') == Standing('reason', 4, 10)
    assert known.standing('meet', 'quality', 'golden') == Standing('tier', 5, 10)
    assert known.standing('meet', 'quality', 'second') == Standing('all', 5, 20)
    assert known.standing('gift', 'price', 'golden') == Standing(None, 0, 0)


def test_a_record_begins_at_its_minimum():
    rows = [('meet', 'price', 'golden', 4, 4), ('meet', 'price', 'low', 0, 1)]
    assert records(*rows).standing('meet', 'price', 'golden') == Standing('reason', 4, 5)
    assert records(*rows, min_record=4).standing('meet', 'price', 'golden').level == 'both'
    assert records(*rows, min_record=6).standing('meet', 'price', 'golden').level is None


def test_an_unknown_reason_is_no_reason_of_its_own():
    known = records(('meet', None, 'golden', 5, 5), ('meet', 'price', 'golden', 0, 5))
    assert known.standing('meet', None, 'golden') == Standing('tier', 5, 10)
    assert known.standing('meet', None, None) == Standing('all', 5, 10)


def test_rows_of_the_same_kind_add_up():
    known = records(('meet', 'price', 'golden', 1, 3), ('meet', 'price', 'golden', 2, 3))
    assert known.standing('meet', 'price', 'golden') == Standing('both', 3, 6)


def test_the_best_record_is_suggested_not_the_highest_share():
    known = records(
        ('few', 'price', 'golden', 5, 5),
        ('many', 'price', 'golden', 95, 100),
        ('weak', 'price', 'golden', 50, 100),
    )
    assert known.suggest(['weak', 'few', 'many'], 'price', 'golden') == 'many'


def test_without_a_record_the_first_is_suggested():
    assert records().suggest(['meet', 'gift'], 'price', 'golden') == 'meet'
    assert (
        records(('gift', 'price', 'golden', 4, 4)).suggest(['meet', 'gift'], None, None) == 'meet'
    )
    assert records().suggest([], 'price', 'golden') is None


def test_what_never_worked_comes_last():
    known = records(('meet', 'price', 'golden', 0, 9))
    assert known.suggest(['meet', 'gift', 'offer'], 'price', 'golden') == 'gift'
    assert known.suggest(['meet'], 'price', 'golden') == 'meet'


def test_equals_keep_their_order():
    known = records(('gift', 'price', None, 3, 6), ('meet', 'price', None, 3, 6))
    assert known.suggest(['meet', 'gift'], 'price', None) == 'meet'
    assert known.suggest(['gift', 'meet'], 'price', None) == 'gift'


def test_the_chance_before_any_attempt_is_assumed():
    assert records().is_empty
    assert records().chance('meet', 'price', 'golden') == pytest.approx(0.2)
    assert records().chance(None, None, None) == pytest.approx(0.2)


def test_the_chance_without_an_own_record_is_that_of_all():
    known = records(('gift', 'price', 'golden', 6, 8))
    assert not known.is_empty
    assert known.share == pytest.approx((6 + 2 * 0.2) / 10)
    assert known.chance('meet', 'price', 'golden') == pytest.approx(0.64)


def test_the_chance_of_a_record_is_smoothed_towards_all():
    known = records(('gift', 'price', 'golden', 6, 8), ('meet', 'price', 'golden', 10, 10))
    share = (16 + 0.4) / 20
    assert known.chance('meet', 'price', 'golden') == pytest.approx((10 + 2 * share) / 12)
    assert known.chance('meet', 'price', 'golden') < 1
