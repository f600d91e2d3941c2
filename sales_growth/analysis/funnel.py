"""Conversion by salesperson and step of the sales funnel, and who should teach whom.

Sources
-------
Interval of a rate: E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", Journal of the American Statistical Association 22 (158), 1927.
Interval of a difference: R. G. Newcombe, "Interval estimation for the difference between
independent proportions: comparison of eleven methods", Statistics in Medicine 17 (8), 1998,
method 10.
Planned coefficients, their comparison per salesperson and step, and coaching by whoever does the
step better are the sales playbook's; so is the tolerance of 5 points.

Notes
-----
A difference counts only where chance does not explain it: one of one is 100 per cent and tells
nothing. Hence a smallest number of cases, and intervals beside every rate.

Both intervals stay within what is possible and hold for few cases and for rates near 0 and 1,
where the plain normal approximation fails.
"""

import operator
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

import numpy as np
import pandas as pd

__all__ = [
    'Rules',
    'coaching',
    'conversion',
    'expected_path',
    'newcombe',
    'wilson',
]

# Far finer than any difference of rates of whole numbers, far coarser than the noise of floats.
_DECIMALS = 9
_COUNTS = ('entered', 'passed', 'lost', 'unripe')
_FACTS = {
    'user_id': 'int64',
    'team_id': 'int64',
    'step_id': 'int64',
    **dict.fromkeys(_COUNTS, 'int64'),
    'plan': 'float64',
}
_VERDICTS = {
    'user_id': 'int64',
    'team_id': 'int64',
    'step_id': 'int64',
    'passed': 'int64',
    'judged': 'int64',
    'conversion': 'float64',
    'verdict': object,
}


@dataclass(frozen=True)
class Rules:
    """Parameters of the verdict.

    Parameters
    ----------
    min_sample
        Judged cases from which on there is a verdict, at least 1.
    tolerance
        Fraction, 0 <= tolerance < 1. A rate is below its plan from more than this on.
    confidence
        Of both intervals, fraction, 0 < confidence < 1, two-sided.

    Raises
    ------
    ValueError
        When one of them is out of range.
    """

    min_sample: int = 20
    tolerance: float = 0.05
    confidence: float = 0.95

    def __post_init__(self):
        """Refuse what is out of range, NaN included."""
        if not self.min_sample >= 1:
            raise ValueError(
                f"The smallest number of cases must be at least 1, not {self.min_sample}."
            )
        if not 0 <= self.tolerance < 1:
            raise ValueError(
                f"The tolerance must be a fraction with 0 <= tolerance < 1, not {self.tolerance}."
            )
        _check_confidence(self.confidence)


def wilson(passed, total, confidence=0.95):
    """Score interval of a rate.

    Parameters
    ----------
    passed : array_like or float
        Cases that passed.
    total : array_like or float
        Cases in all, of the same shape. A series is taken by position, not by index.
    confidence : float, optional
        Fraction, two-sided.

    Returns
    -------
    low, high : numpy.ndarray or float
        Fractions with 0 <= low <= passed / total <= high <= 1, NaN where the total is 0.

    Raises
    ------
    ValueError
        When a number is missing, infinite or negative, more passed than there are, or the
        confidence is out of range.
    """
    passed, total, rate = _rate(passed, total)
    weight = _quantile(confidence) ** 2 / _unless_zero(total)
    centre = rate + weight / 2
    reach = np.sqrt(weight * (rate * (1 - rate) + weight / 4))
    # Rounding may push a bound past what is possible, as that of everybody past 1.
    return (
        np.clip((centre - reach) / (1 + weight), 0, rate),
        np.clip((centre + reach) / (1 + weight), rate, 1),
    )


def newcombe(passed_1, total_1, passed_2, total_2, confidence=0.95):
    """Hybrid score interval of the difference of two independent rates, first less second.

    Parameters
    ----------
    passed_1, total_1, passed_2, total_2 : array_like or float
        As those of `wilson`, of the same shape.
    confidence : float, optional
        Fraction, two-sided.

    Returns
    -------
    low, high : numpy.ndarray or float
        Fractions from -1 to 1, NaN where a total is 0.

    Raises
    ------
    ValueError
        As `wilson`.
    """
    low_1, high_1 = wilson(passed_1, total_1, confidence)
    low_2, high_2 = wilson(passed_2, total_2, confidence)
    rate_1 = _rate(passed_1, total_1)[-1]
    rate_2 = _rate(passed_2, total_2)[-1]
    difference = rate_1 - rate_2
    return (
        difference - np.hypot(rate_1 - low_1, high_2 - rate_2),
        difference + np.hypot(high_1 - rate_1, rate_2 - low_2),
    )


def conversion(frame, rules=None):
    """Compare every salesperson's rate at every step with its plan.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per salesperson and step:

        - ``user_id``, ``team_id`` -- int; NaN, None, False or 0 is unassigned, which counts as one
          salesperson
        - ``step_id`` -- int
        - ``entered`` -- int, cases that came to the step
        - ``passed`` -- int, those of them that passed it
        - ``lost`` -- int, those of them that were lost in it
        - ``unripe`` -- int, those of them that are still open and too young to be judged
        - ``plan`` -- fraction from 0 to 1, NaN without a plan

        Further columns pass through. A frame without rows needs no columns.
    rules : Rules, optional
        The defaults of `Rules` without it.

    Returns
    -------
    pandas.DataFrame
        A copy of ``frame`` and

        - ``judged`` -- int, entered less unripe
        - ``conversion`` -- fraction of the judged that passed, NaN where nobody is judged
        - ``low``, ``high`` -- fractions, `wilson` interval of the conversion
        - ``gap`` -- points, 100 x (conversion - plan), rounded to 9 decimals; NaN without
          conversion or plan
        - ``verdict`` -- the first that holds of

          - ``'not_enough'``: fewer judged than the smallest sample
          - ``'no_plan'``
          - ``'below_plan'``: by more than the tolerance, and the whole interval is below the plan
          - ``'unclear'``: by more than the tolerance, but the interval reaches the plan, so it may
            be chance
          - ``'on_plan'``: any other

    Raises
    ------
    ValueError
        When a column is missing, a count is not a whole number from 0 on, more passed than are
        judged, a plan is out of range, or a salesperson has two rows for one step.
    """
    rules = rules or Rules()
    frame = _with_columns(frame, _FACTS)
    _refuse_duplicates(frame)
    entered, passed, _lost, unripe = (_count(frame, name) for name in _COUNTS)
    judged = entered - unripe
    _refuse(frame, passed > judged, "More have passed than are judged (entered less unripe)")
    plan = frame['plan'].to_numpy(dtype='float64', na_value=np.nan)
    _refuse(frame, (plan < 0) | (plan > 1), "The plan is not a fraction from 0 to 1")

    rate = passed / _unless_zero(judged)
    low, high = wilson(passed, judged, rules.confidence)
    # Plain floats make 0.95 - 1.00 a little more than 5 points. Adding zero unsigns a zero.
    gap = np.round(100 * (rate - plan), _DECIMALS) + 0.0
    return frame.assign(
        judged=judged,
        conversion=rate,
        low=low,
        high=high,
        gap=gap,
        verdict=_verdict(judged, plan, gap, high, rules),
    )


def coaching(frame, rules=None):
    """Find for everybody who is below plan at a step the colleague to learn it from.

    The teacher has enough cases at the same step, is not below plan there and is better than the
    pupil by a `newcombe` interval above zero. Colleagues of the pupil's team come first, others
    only when none of the team will do; among them the best conversion, then the most judged, then
    the smallest id. Nobody teaches or learns in the name of the unassigned.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `conversion` returns it.
    rules : Rules, optional
        Those given to `conversion`; only the confidence is read.

    Returns
    -------
    pandas.DataFrame
        One row per pupil and step that has a teacher, by pupil, then in the order in which the
        steps appear in ``frame``:

        - ``pupil_id``, ``teacher_id``, ``step_id`` -- int
        - ``pupil_conversion``, ``teacher_conversion`` -- fractions
        - ``difference`` -- fraction, teacher less pupil
        - ``low``, ``high`` -- fractions, the interval of the difference
        - ``same_team`` -- bool, False where the pupil has no team

    Raises
    ------
    ValueError
        When a column is missing or a salesperson has two rows for one step.
    """
    rules = rules or Rules()
    pairs = _pairs(_with_columns(frame, _VERDICTS), rules)
    best = pairs.sort_values(
        [
            'user_id_pupil',
            'step_order',
            'same_team',
            'conversion_teacher',
            'judged_teacher',
            'user_id_teacher',
        ],
        ascending=[True, True, False, False, False, True],
    ).drop_duplicates(['user_id_pupil', 'step_order'])
    return pd.DataFrame(
        {
            'pupil_id': best['user_id_pupil'],
            'teacher_id': best['user_id_teacher'],
            'step_id': best['step_id'],
            'pupil_conversion': best['conversion_pupil'],
            'teacher_conversion': best['conversion_teacher'],
            'difference': best['conversion_teacher'] - best['conversion_pupil'],
            'low': best['low'],
            'high': best['high'],
            'same_team': best['same_team'],
        }
    ).reset_index(drop=True)


def expected_path(prospects, plans):
    """How many prospects are left after each step when every step goes to plan.

    Parameters
    ----------
    prospects : float
        Those who enter the first step, at least 0.
    plans : iterable of float
        Fraction from 0 to 1 per step, in order.

    Returns
    -------
    list of float
        One number per step, rounded to 9 decimals, not to whole prospects.

    Raises
    ------
    ValueError
        When a plan or the number of prospects is out of range or missing.
    """
    plans = list(plans)
    if not 0 <= prospects < float('inf'):
        raise ValueError(f"The number of prospects must be at least 0, not {prospects}.")
    for plan in plans:
        if not 0 <= plan <= 1:
            raise ValueError(f"A plan must be a fraction from 0 to 1, not {plan}.")
    left = accumulate(plans, operator.mul, initial=float(prospects))
    return [round(number, _DECIMALS) for number in left][1:]


def _verdict(judged, plan, gap, high, rules):
    short = gap < -round(100 * rules.tolerance, _DECIMALS)
    return np.select(
        [judged < rules.min_sample, np.isnan(plan), short & (high < plan), short],
        ['not_enough', 'no_plan', 'below_plan', 'unclear'],
        'on_plan',
    ).astype(object)


def _pairs(frame, rules):
    """Every pupil beside every one who could teach the step."""
    _refuse_duplicates(frame)
    people = frame[list(_VERDICTS)].assign(
        user_id=_ids(frame['user_id']),
        team_id=_ids(frame['team_id']),
        step_order=pd.factorize(frame['step_id'])[0],
    )
    people = people[people['user_id'] != 0]
    pupils = people[people['verdict'] == 'below_plan']
    teachers = people[~people['verdict'].isin(['below_plan', 'not_enough'])]
    pairs = pupils.merge(teachers, on=['step_id', 'step_order'], suffixes=('_pupil', '_teacher'))
    low, high = newcombe(
        pairs['passed_teacher'],
        pairs['judged_teacher'],
        pairs['passed_pupil'],
        pairs['judged_pupil'],
        rules.confidence,
    )
    team = pairs['team_id_pupil']
    same_team = (team == pairs['team_id_teacher']) & (team != 0)
    return pairs.assign(low=low, high=high, same_team=same_team)[low > 0]


def _rate(passed, total):
    passed = np.asarray(passed, dtype='float64')
    total = np.asarray(total, dtype='float64')
    # Written so that NaN fails it.
    if not ((passed >= 0) & (passed <= total) & np.isfinite(total)).all():
        raise ValueError("The numbers of cases must be finite and satisfy 0 <= passed <= total.")
    return passed, total, passed / _unless_zero(total)


def _unless_zero(total):
    return np.where(total > 0, total, np.nan)


def _quantile(confidence):
    _check_confidence(confidence)
    # From the lower tail, where a confidence close to 1 keeps its digits.
    return -NormalDist().inv_cdf((1 - confidence) / 2)


def _check_confidence(confidence):
    if not 0 < confidence < 1:
        raise ValueError(
            f"The confidence must be a fraction with 0 < confidence < 1, not {confidence}."
        )


def _with_columns(frame, dtypes):
    missing = [name for name in dtypes if name not in frame]
    if not len(frame):
        return frame.reindex(columns=[*frame.columns, *missing]).astype(dtypes)
    if missing:
        raise ValueError(f"The frame of steps has no column '{missing[0]}'.")
    return frame


def _count(frame, name):
    numbers = frame[name].to_numpy(dtype='float64', na_value=np.nan)
    is_count = np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers))
    _refuse(frame, ~is_count, f"'{name}' is not a whole number from 0 on")
    return numbers.astype('int64')


def _ids(column):
    return np.where(column.isna(), 0, column).astype('int64')


def _refuse_duplicates(frame):
    rows = pd.DataFrame({'user': _ids(frame['user_id']), 'step': frame['step_id'].to_numpy()})
    _refuse(frame, rows.duplicated().to_numpy(), "There are two rows for one step")


def _refuse(frame, wrong, problem):
    if wrong.any():
        user, step = (frame.loc[wrong, name].iloc[0] for name in ('user_id', 'step_id'))
        raise ValueError(f"{problem}: user {user}, step {step}.")
