"""Which way of winning customers back worked best so far, and how likely it is to work again.

The record of a method is looked up where it says most about a customer: among the customers of the
same tier who left for the same reason, else those of the same reason, else those of the same tier,
else all. Wherever it was tried too seldom to say anything, the next wider record counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

# From what says most about a customer to what says least.
LEVELS = ('both', 'reason', 'tier', 'all')
# How many attempts what is known beforehand weighs, as in Laplace's rule of succession.
PRIOR_WEIGHT = 2


@dataclass(frozen=True)
class Attempts:
    """Closed attempts of one ``method`` at customers of one ``reason`` and ``tier``, None where
    these are unknown; ``won`` of ``closed`` came back."""

    method: Hashable
    reason: Hashable | None
    tier: Hashable | None
    won: int
    closed: int


@dataclass(frozen=True)
class Standing:
    """What a method achieved: ``won`` of ``closed`` attempts at a ``level`` of `LEVELS`; no level
    where it was tried too seldom."""

    level: str | None = None
    won: int = 0
    closed: int = 0

    @property
    def lower_bound(self) -> float:
        """What the method wins at least; 0 where that is unknown."""
        return wilson_lower_bound(self.won, self.closed)


def wilson_lower_bound(won: int, closed: int, z: float = 1.96) -> float:
    """Lower end of the score interval of a share (Wilson, E. B., 1927: Probable inference, the law
    of succession, and statistical inference. Journal of the American Statistical Association 22).

    :param won: of `closed`, not below 0
    :param closed: number of attempts; of none the bound is 0
    :param z: standard normal quantile: 1.96 for an interval that holds in 95 % of cases
    """
    if not closed:
        return 0.0
    share = won / closed
    centre = share + z * z / (2 * closed)
    margin = z * sqrt((share * (1 - share) + z * z / (4 * closed)) / closed)
    return max(0.0, (centre - margin) / (1 + z * z / closed))


def smooth(won: int, closed: int, prior: float) -> float:
    """A share that is not carried away by few attempts: the m-estimate (Cestnik, B., 1990:
    Estimating probabilities: a crucial task in machine learning. ECAI).

    :param prior: the share that is expected before any attempt, as a fraction
    """
    return (won + PRIOR_WEIGHT * prior) / (closed + PRIOR_WEIGHT)


class Records:
    """What a company learned from its closed attempts.

    :param attempts: any number for the same method, reason and tier
    :param min_record: from how many closed attempts on a record says something
    :param assumed: share won back that is assumed before there is any attempt, as a fraction
    """

    def __init__(self, attempts: Iterable[Attempts], min_record: int, assumed: float):
        self.min_record = min_record
        self.won: Counter = Counter()
        self.closed: Counter = Counter()
        for row in attempts:
            for key in {*self._keys(row.method, row.reason, row.tier).values(), 'company'}:
                self.won[key] += row.won
                self.closed[key] += row.closed
        self.share = smooth(self.won['company'], self.closed['company'], assumed)

    @property
    def is_empty(self) -> bool:
        """Whether all that is known is assumed."""
        return not self.closed['company']

    @staticmethod
    def _keys(method: Hashable, reason: Hashable | None, tier: Hashable | None) -> dict:
        """Where an attempt counts, by level. An unknown reason or tier is none to learn from."""
        keys = {'all': (method,)}
        if reason is not None:
            keys['reason'] = (method, 'reason', reason)
        if tier is not None:
            keys['tier'] = (method, 'tier', tier)
        if len(keys) == len(LEVELS) - 1:
            keys['both'] = (method, reason, tier)
        return keys

    def standing(
        self, method: Hashable, reason: Hashable | None, tier: Hashable | None
    ) -> Standing:
        """What a method achieved with customers like this one."""
        keys = self._keys(method, reason, tier)
        for level in LEVELS:
            key = keys.get(level)
            if key and self.closed[key] >= self.min_record:
                return Standing(level, self.won[key], self.closed[key])
        return Standing()

    def suggest(
        self, methods: Sequence[Hashable], reason: Hashable | None, tier: Hashable | None
    ) -> Hashable | None:
        """The method that wins back most, as far as is known.

        What never worked comes after what was not tried enough; equals keep their order.

        :param methods: in the order in which they are preferred without a record
        :return: one of the methods, None where there are none
        """

        def rank(method):
            standing = self.standing(method, reason, tier)
            return -standing.lower_bound, standing.level is not None

        # min takes the first of equals.
        return min(methods, key=rank, default=None)

    def chance(
        self, method: Hashable | None, reason: Hashable | None, tier: Hashable | None
    ) -> float:
        """How likely a method wins a customer back, as a fraction: its own share, smoothed toward
        that of all methods; the latter where it was tried too seldom."""
        standing = self.standing(method, reason, tier)
        if not standing.level:
            return self.share
        return smooth(standing.won, standing.closed, self.share)
