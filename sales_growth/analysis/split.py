"""How to split effort between winning customers and keeping them, from how many were lost.

Sources
-------
The normal loss of 10 to 20 per cent of the customers a year, the crisis from 30 per cent in a
quarter on, which moves effort to hunting, and winning a customer costing about 7 times what keeping
one does are the sales playbook's.

Notes
-----
Rates of different lengths are compared as if customers left at an even pace: of what is left after
one day the next day takes the same fraction. So 20 per cent a year are 5.4 per cent a quarter, not
5, and a rate never grows past 100 per cent.

The share of effort is a rule of thumb: each lost customer has to be replaced by a won one, and each
that stayed or came back has to be kept for another period of the same length.
"""

from dataclasses import dataclass

__all__ = [
    'Forecast',
    'Rules',
    'forecast',
    'over_days',
]

YEAR_DAYS = 365.25
QUARTER_DAYS = YEAR_DAYS / 4
# A tenth of a per cent: a calendar year is not 365.25 days long, and 20 lost of 100 in it are 20 %.
_DECIMALS = 3


@dataclass(frozen=True)
class Rules:
    """What a loss is judged by.

    Parameters
    ----------
    normal_min, normal_max
        Normal loss of a year, fractions, 0 <= normal_min <= normal_max <= 1.
    crisis
        Loss of a quarter above which hunting comes first, fraction, 0 < crisis <= 1.
    win_cost
        What winning a customer costs, in costs of keeping one; above 0.
    min_sample
        Active customers from which on the figures say something, at least 1.
    min_days
        Days from which on a period says something about a quarter, at least 1: customers are lost
        so many months after a purchase, so many of them on the firsts of months.

    Raises
    ------
    ValueError
        When one of them is out of range.
    """

    normal_min: float = 0.10
    normal_max: float = 0.20
    crisis: float = 0.30
    win_cost: float = 7.0
    min_sample: int = 20
    min_days: int = 30

    def __post_init__(self):
        """Refuse what is out of range, NaN included."""
        if not 0 <= self.normal_min <= self.normal_max <= 1:
            raise ValueError(
                "The normal loss must be two fractions in order, "
                f"not {self.normal_min} to {self.normal_max}."
            )
        if not 0 < self.crisis <= 1:
            raise ValueError(
                f"The crisis must be a fraction with 0 < crisis <= 1, not {self.crisis}."
            )
        if not 0 < self.win_cost < float('inf'):
            raise ValueError(f"The cost of winning must be above 0, not {self.win_cost}.")
        if not self.min_sample >= 1:
            raise ValueError(
                f"The smallest number of customers must be at least 1, not {self.min_sample}."
            )
        if not self.min_days >= 1:
            raise ValueError(f"The shortest period must be at least 1 day, not {self.min_days}.")


@dataclass(frozen=True)
class Forecast:
    """Loss of a period, and what it asks for.

    Attributes
    ----------
    kept
        Customers active at the start and not lost.
    loss_rate
        Fraction of the active customers, None without any.
    normal_low, normal_high
        Fractions: the normal loss of a year brought to the length of the period.
    quarter_rate
        Fraction: the loss rate brought to the length of a quarter, None without customers.
    verdict
        The first that holds of ``'crisis'`` (quarter rate above the limit, in a period that is
        not short), ``'calm'`` (below normal), ``'normal'``, ``'raised'`` (above normal); None
        without customers. Rates are compared to a tenth of a per cent.
    hunting_share
        Fraction of the effort that winning needs, None without customers.
    to_win
        Customers to be won so that there are as many as at the start, without those who returned.
    is_small
        Whether there are too few customers for the figures to say much.
    is_short
        Whether the period is too short for that.
    """

    kept: int
    loss_rate: float | None
    normal_low: float
    normal_high: float
    quarter_rate: float | None
    verdict: str | None
    hunting_share: float | None
    to_win: int
    is_small: bool
    is_short: bool


def forecast(active, lost, days, rules=None, returned=0):
    """Judge how many customers a period took, and split the effort of the next one.

    Parameters
    ----------
    active : int
        Customers who were active when the period began.
    lost : int
        Those of them who were lost in it, 0 <= lost <= active.
    days : int
        Length of the period, first and last day included, at least 1.
    rules : Rules, optional
        The defaults of `Rules` without it.
    returned : int
        Those of the lost who bought again in the period: they count in the loss, which tells how
        customers are kept, and not in what is to be won. 0 <= returned <= lost.

    Returns
    -------
    Forecast

    Raises
    ------
    ValueError
        When a number is out of range.
    """
    rules = rules or Rules()
    # Written so that NaN fails it.
    if not 0 <= lost <= active < float('inf'):
        raise ValueError(
            f"The numbers of customers must satisfy 0 <= lost <= active, not {lost} of {active}."
        )
    if not 0 <= returned <= lost:
        raise ValueError(f"Of {lost} lost customers, {returned} cannot have returned.")
    kept = active - lost
    to_win = lost - returned
    is_short = days < rules.min_days
    normal_low = over_days(rules.normal_min, YEAR_DAYS, days)
    normal_high = over_days(rules.normal_max, YEAR_DAYS, days)
    loss_rate = quarter_rate = verdict = hunting_share = None
    if active:
        loss_rate = lost / active
        quarter_rate = over_days(loss_rate, days, QUARTER_DAYS)
        verdict = _verdict(loss_rate, quarter_rate, normal_low, normal_high, is_short, rules)
        hunting = rules.win_cost * to_win
        hunting_share = hunting / (hunting + kept + returned)
    return Forecast(
        kept=kept,
        loss_rate=loss_rate,
        normal_low=normal_low,
        normal_high=normal_high,
        quarter_rate=quarter_rate,
        verdict=verdict,
        hunting_share=hunting_share,
        to_win=to_win,
        is_small=active < rules.min_sample,
        is_short=is_short,
    )


def over_days(rate, days, other_days):
    """Bring a rate of loss from one length of time to another, at an even pace.

    Parameters
    ----------
    rate : float
        Fraction from 0 to 1 that is lost in ``days``.
    days, other_days : float
        Lengths in days, above 0.

    Returns
    -------
    float
        Fraction from 0 to 1 that is lost in ``other_days``.

    Raises
    ------
    ValueError
        When one of them is out of range.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"A rate of loss must be a fraction from 0 to 1, not {rate}.")
    for length in (days, other_days):
        if not 0 < length < float('inf'):
            raise ValueError(f"A period must be longer than 0 days, not {length}.")
    return 1 - (1 - rate) ** (other_days / days)


def _verdict(loss_rate, quarter_rate, normal_low, normal_high, is_short, rules):
    rate = round(loss_rate, _DECIMALS)
    if not is_short and round(quarter_rate, _DECIMALS) > rules.crisis:
        return 'crisis'
    if rate < round(normal_low, _DECIMALS):
        return 'calm'
    return 'normal' if rate <= round(normal_high, _DECIMALS) else 'raised'
