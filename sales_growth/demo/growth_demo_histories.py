"""What happens to prospects, and when: made up from the habits of salespeople. No Odoo, and no
clock of its own.

Time is counted in working days (Monday to Friday) before today; on a weekend, Friday is today.
"""

from datetime import datetime, time, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

WORKDAYS = 5
# Who has passed so many steps has signed, and is not lost any more.
SIGNED = 3
# Nothing happens before or after, in UTC: the day is the same in most time zones.
FIRST_HOUR, LAST_HOUR = 8, 15
BREAK = timedelta(minutes=10)
LATELY = 15


class Habit(NamedTuple):
    """What becomes of the prospects that came to a salesperson between two days."""

    company: str
    salesperson: str
    from_day: int
    to_day: int
    # How many came, and how many of them passed each step
    counts: tuple[int, ...]
    # How long it takes to pass each step: half of the prospects take no longer
    days: tuple[int, ...]
    # Whether who goes no further is lost; else, and once signed, they stand there...
    is_lost: bool
    # ... for at least so long.
    waiting: int
    # How many of them are customers
    customers: int

    @classmethod
    def parse(cls, row):
        """
        :param dict row: of `growth_demo_funnel.csv`, texts by column
        """

        def numbers(text):
            return tuple(int(number) for number in text.split())

        return cls(
            company=row['company'],
            salesperson=row['salesperson'],
            from_day=int(row['from_day']),
            to_day=int(row['to_day']),
            counts=numbers(row['counts']),
            days=numbers(row['days']),
            is_lost=row['rest'] == 'lost',
            waiting=int(row['waiting'] or 0),
            customers=int(row['customers'] or 0),
        )


class History(NamedTuple):
    """Moments of a prospect, in UTC."""

    came: datetime
    # Of the steps, in their order
    passed: list[datetime]
    lost: datetime | None = None

    @property
    def closed(self):
        """When the prospect was won or lost, None before that."""
        if len(self.passed) >= SIGNED:
            return self.passed[SIGNED - 1]
        return self.lost

    @property
    def moved(self):
        """When a step that the pipeline shows was last passed."""
        return [self.came, *self.passed][: SIGNED + 1][-1]


class Way(NamedTuple):
    """How far a prospect goes, whenever it comes."""

    passed: int
    # Of each step that is passed, and of the one in which the prospect is lost
    days: list[int]
    # That have gone by since the prospect came, at least
    age: int


def tell_histories(habit, today, now):
    """What happened to the prospects of a habit, the oldest first. The same every time, but for
    the weekends.

    :param date today: in the time zone of the company
    :param datetime now: in UTC; nothing happens later
    :rtype: list[History]
    """
    random = Random(repr(habit))
    histories = []
    for age, way in zip(_get_ages(habit, random), _get_ways(habit, random), strict=True):
        if age < way.age:
            # Who has come a long way did not come yesterday, and arrived lately.
            age = way.age + random.randint(0, max(0, min(LATELY, habit.from_day - way.age)))
        moments = _get_moments(age, way.days, today, now, random)
        came, *passed = moments[: way.passed + 1]
        histories.append(History(came, passed, *moments[way.passed + 1 :]))
    return sorted(histories, key=lambda history: history.came)


def get_working_day(today, number):
    """The working day so many working days before today.

    :rtype: date
    """
    day = today - timedelta(days=max(0, today.weekday() - WORKDAYS + 1))
    weeks, rest = divmod(number, WORKDAYS)
    weekend = 2 if rest > day.weekday() else 0
    return day - timedelta(days=7 * weeks + rest + weekend)


def _get_ways(habit, random):
    ways = []
    for passed, (here, further) in enumerate(pairwise((*habit.counts, 0))):
        is_lost = habit.is_lost and passed < SIGNED
        is_through = passed == len(habit.days)
        for _number in range(here - further):
            days = [
                random.randint(1, 2 * usual - 1)
                for usual in habit.days[: passed + 1 if is_lost else passed]
            ]
            waiting = 0 if is_lost or is_through else habit.waiting
            ways.append(Way(passed, days, sum(days) + waiting))
    random.shuffle(ways)
    return ways


def _get_ages(habit, random):
    """Days since each prospect came: evenly, but not like clockwork."""
    number = habit.counts[0]
    gap = (habit.from_day - habit.to_day) / number
    return [
        round(habit.from_day - gap * (index + random.uniform(0.1, 0.9))) for index in range(number)
    ]


def _get_moments(age, days, today, now, random):
    moments = []
    for gone in accumulate([0, *days]):
        moment = datetime.combine(
            get_working_day(today, age - gone),
            time(random.randint(FIRST_HOUR, LAST_HOUR), random.randrange(60)),
        )
        if moments:
            moment = max(moment, moments[-1] + BREAK)
        moments.append(min(moment, now))
    return moments
