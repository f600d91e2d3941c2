"""ABC-XYZ segmentation of customers.

ABC ranks customers by what they are worth, XYZ by how regularly they buy.

Sources
-------
ABC: H. F. Dickie, "ABC inventory analysis shoots for dollars, not pennies", Factory Management
and Maintenance, July 1951, itself an application of Pareto's law.
XYZ by variation: B. Scholz-Reiter, J. Heger, C. Meinecke, J. Bergmann, "Integration of demand
forecasts in ABC-XYZ analysis", International Journal of Productivity and Performance Management
61 (4), 2012.
The default cuts (80 / 95 per cent of value, 20 / 30 / 50 per cent of customers, three / two / one
orders) are the sales playbook's.

Notes
-----
A customer is cut on what stands *before* it, so the one that crosses 80 per cent is still an A,
and the first customer is an A however large its share. Customers of equal value always get equal
figures, so the order of the rows never matters.

Amounts are counted in whole ten-thousandths of the currency: sums of cents are then exact and a
customer exactly on a cut falls on the same side every time.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

__all__ = [
    'Cuts',
    'Rules',
    'classify',
    'coefficient_of_variation',
    'cuts',
    'pareto',
]

# No currency in use has more decimals.
_DECIMALS = 4
_LARGEST_SUM = 2**62
# The first and the last customer, and the last A and the last B.
_FEWEST_POINTS = 4


@dataclass(frozen=True)
class Rules:
    """Parameters of the segmentation.

    Only the parameters of the two chosen methods are checked. A cut that leaves a class empty is
    a choice (with ``abc_share_b=100`` only loss-making customers are C); cuts out of order are
    an error.

    Parameters
    ----------
    abc_method
        ``'share'`` of the total value, share of ``'customers'``, or value ``'threshold'``.
    abc_share_a, abc_share_b
        Cumulative per cent of value, 0 < a < b <= 100. A below the first, B below the second.
    abc_customers_a, abc_customers_b
        Per cent of customers in A and in B, both above 0, together at most 100. C is the rest.
    abc_threshold_a, abc_threshold_b
        Company currency, a > b > 0. A from the first on, B from the second on.
    xyz_method
        ``'count'`` of orders or coefficient of ``'variation'`` of demand.
    xyz_count_x, xyz_count_y
        Orders in the window, x > y >= 1. X from the first on, Y from the second on.
    xyz_cv_x, xyz_cv_y
        Coefficients of variation as fractions, 0 < x < y. X up to the first, Y up to the second.

    Raises
    ------
    ValueError
        When a method is unknown or its cuts are out of order.
    """

    abc_method: Literal['share', 'customers', 'threshold'] = 'share'
    abc_share_a: float = 80.0
    abc_share_b: float = 95.0
    abc_customers_a: float = 20.0
    abc_customers_b: float = 30.0
    abc_threshold_a: float = 0.0
    abc_threshold_b: float = 0.0
    xyz_method: Literal['count', 'variation'] = 'count'
    xyz_count_x: int = 3
    xyz_count_y: int = 2
    xyz_cv_x: float = 0.10
    xyz_cv_y: float = 0.25

    def __post_init__(self):
        """Refuse unknown methods and cuts out of order."""
        _pick(
            'abc_method',
            self.abc_method,
            {
                'share': self._check_share,
                'customers': self._check_customers,
                'threshold': self._check_threshold,
            },
        )()
        _pick(
            'xyz_method',
            self.xyz_method,
            {
                'count': self._check_count,
                'variation': self._check_variation,
            },
        )()

    # The conditions are written so that NaN fails them.

    def _check_share(self):
        if not 0 < self.abc_share_a < self.abc_share_b <= 100:
            raise ValueError(
                "The cumulative shares of A and B must satisfy 0 < A < B <= 100 per cent, "
                f"not A = {self.abc_share_a} and B = {self.abc_share_b}."
            )

    def _check_customers(self):
        a, b = self.abc_customers_a, self.abc_customers_b
        if not (0 < a < 100 and 0 < b < 100 and _exact(a) + _exact(b) <= 100):
            raise ValueError(
                "The shares of customers in A and B must be positive and make at most "
                f"100 per cent together, not A = {a} and B = {b}."
            )

    def _check_threshold(self):
        if not math.inf > self.abc_threshold_a > self.abc_threshold_b > 0:
            raise ValueError(
                "The value thresholds of A and B must satisfy A > B > 0, "
                f"not A = {self.abc_threshold_a} and B = {self.abc_threshold_b}."
            )

    def _check_count(self):
        if not self.xyz_count_x > self.xyz_count_y >= 1:
            raise ValueError(
                "The order counts of X and Y must satisfy X > Y >= 1, "
                f"not X = {self.xyz_count_x} and Y = {self.xyz_count_y}."
            )

    def _check_variation(self):
        if not 0 < self.xyz_cv_x < self.xyz_cv_y < math.inf:
            raise ValueError(
                "The coefficients of variation of X and Y must satisfy 0 < X < Y, "
                f"not X = {self.xyz_cv_x} and Y = {self.xyz_cv_y}."
            )


class Cuts(NamedTuple):
    """Value of the lowest A and of the lowest B in company currency, NaN where there is none."""

    lowest_a: float
    lowest_b: float


def classify(frame, rules=None):
    """Give every customer with an order its ABC and its XYZ class.

    A customer without an order of positive amount gets no class, is not ranked and is not in the
    total. Of the others only positive values make the total; zero or negative is C and
    loss-making. With the methods ``'share'`` and ``'customers'`` there is at least one A as soon
    as one value is positive; ``'threshold'`` is taken at its word and may leave A empty.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per customer:

        - ``value`` -- float, company currency, rounded to it
        - ``order_count`` -- int, orders of positive amount in the window
        - ``demand_cv`` -- float, NaN where undefined; only read by ``xyz_method='variation'``
        - ``is_newcomer`` -- bool, optional, no newcomers without it; only read by
          ``xyz_method='variation'``

        A frame without rows needs no columns.
    rules : Rules, optional
        The defaults of `Rules` without it.

    Returns
    -------
    pandas.DataFrame
        The index of ``frame`` and

        - ``abc_class`` -- ``'A'``, ``'B'``, ``'C'`` or None
        - ``xyz_class`` -- ``'X'``, ``'Y'``, ``'Z'`` or None, also None for a newcomer whom the
          variation would judge
        - ``value_rank`` -- float, from 1; equal values share the best rank and the next ranks
          are skipped
        - ``value_share`` -- fraction of the total, 0 for the loss-making
        - ``cumulative_share`` -- fraction of the total down to the customer and all of equal
          value, exactly 1 for the last positive value and for the loss-making
        - ``share_before`` -- fraction of the total above the first of equal value, 1 for the
          loss-making
        - ``is_loss_making`` -- bool

        Without a class the numbers are NaN and the flag is False.

    Raises
    ------
    ValueError
        When a column is missing or the value of a customer with orders is not a finite number.
    """
    rules = rules or Rules()
    orders = _column(frame, 'order_count', 'float64')
    value = _column(frame, 'value', 'float64')
    classified = orders > 0
    if not np.isfinite(value[classified]).all():
        raise ValueError("The value of every customer with orders must be a finite number.")

    ladder = _ladder(value[classified])
    step = ladder.step
    return pd.DataFrame(
        {
            'abc_class': _spread(_abc(ladder, rules)[step], classified, None, object),
            'xyz_class': _spread(_xyz(frame, orders, rules)[classified], classified, None, object),
            'value_rank': _spread(ladder.rank[step], classified, np.nan, 'float64'),
            'value_share': _spread(ladder.value_share[step], classified, np.nan, 'float64'),
            'cumulative_share': _spread(
                ladder.cumulative_share[step], classified, np.nan, 'float64'
            ),
            'share_before': _spread(ladder.share_before[step], classified, np.nan, 'float64'),
            'is_loss_making': _spread(~ladder.is_positive[step], classified, False, 'bool'),
        },
        index=frame.index,
    )


def coefficient_of_variation(total, sum_of_squares, buckets):
    """Variability of demand over equal buckets of the window, empty ones included.

    The population standard deviation divided by the mean. It takes the sums, so that buckets
    without an order need no row: they add nothing to either.

    Parameters
    ----------
    total : array_like, shape (customers,)
        Sum of the bucket totals, company currency.
    sum_of_squares : array_like, shape (customers,)
        Sum of the squared bucket totals. A bucket in which credits prevail is negative and
        counts as such.
    buckets : int
        Number of buckets in the window.

    Returns
    -------
    numpy.ndarray, shape (customers,)
        Rounded to 4 decimals, so that the order of summation cannot change it. NaN where the
        mean is not positive: there is no demand whose variation could be judged.

    Raises
    ------
    ValueError
        When there is not at least one bucket.
    """
    if not buckets >= 1:
        raise ValueError(f"The window must hold at least one bucket, not {buckets}.")
    # A sum of floats that should be zero seldom is, and would give an enormous coefficient.
    mean = np.round(np.asarray(total, dtype='float64'), _DECIMALS) / buckets
    squares = np.asarray(sum_of_squares, dtype='float64') / buckets
    # Equal buckets leave a rounding residue that may lie below zero.
    deviation = np.sqrt(np.maximum(squares - mean**2, 0.0))
    positive_mean = np.where(mean > 0, mean, np.nan)
    return np.round(deviation / positive_mean, 4)


def cuts(classified):
    """Tell where the classes end.

    Parameters
    ----------
    classified : pandas.DataFrame
        One row per customer with ``value`` (company currency) and ``abc_class``, for example
        ``frame.join(classify(frame))``.

    Returns
    -------
    Cuts
    """
    value = _column(classified, 'value', 'float64')
    abc_class = _column(classified, 'abc_class', object)
    return Cuts(*(_lowest(value[abc_class == letter]) for letter in 'AB'))


def pareto(values, classes=None, points=200):
    """Thin out the Pareto curve of the customers to what a chart can show.

    The points are spread evenly along the curve rather than along the customers, because a few
    customers make its steep beginning. The first and the last customer are always there and,
    with ``classes``, the last A and the last B.

    Parameters
    ----------
    values : array_like, shape (customers,)
        Company currency. Only positive values make the curve; NaN is left out.
    classes : array_like of str, shape (customers,), optional
        The ``abc_class`` of the same customers.
    points : int, optional
        Most rows to return, at least 4.

    Returns
    -------
    pandas.DataFrame
        By falling value:

        - ``rank`` -- int, place from 1 in the falling order; unlike ``value_rank`` never shared
        - ``customer_share`` -- rank as a fraction of the customers with a positive value
        - ``cumulative_share`` -- fraction of the total down to this place, 1 for the last
        - ``value`` -- float
        - ``abc_class`` -- only with ``classes``

    Raises
    ------
    ValueError
        When there are too few points, not as many classes as values, or an infinite value.
    """
    if not points >= _FEWEST_POINTS:
        raise ValueError(f"A Pareto curve needs at least {_FEWEST_POINTS} points, not {points}.")
    curve = _curve(values, classes)
    return curve.iloc[_thinned(curve, points)].reset_index(drop=True)


class _Ladder(NamedTuple):
    """The distinct values of the classified customers, highest first; one entry per value."""

    units: np.ndarray  # the value, whole numbers of 10 ** -decimals
    rank: np.ndarray  # of the customers of this value
    before: np.ndarray  # units of the positive values above
    through: np.ndarray  # units of the positive values down to this one, all equal ones included
    step: np.ndarray  # per customer: where its value stands in the arrays above
    decimals: int

    @property
    def total(self):
        return int(self.through[-1]) if len(self.through) else 0

    @property
    def is_positive(self):
        return self.units > 0

    @property
    def value_share(self):
        return np.maximum(self.units, 0) / max(self.total, 1)

    @property
    def cumulative_share(self):
        return np.where(self.is_positive, self.through / max(self.total, 1), 1.0)

    @property
    def share_before(self):
        return np.where(self.is_positive, self.before / max(self.total, 1), 1.0)


def _ladder(value):
    decimals = _decimals(value)
    falling, step, customers = np.unique(
        -_units(value, decimals), return_inverse=True, return_counts=True
    )
    units = -falling
    amount = np.maximum(units, 0) * customers
    through = np.cumsum(amount)
    rank = np.cumsum(customers) - customers + 1
    return _Ladder(units, rank, through - amount, through, step, decimals)


def _abc(ladder, rules):
    is_a, is_b = _pick(
        'abc_method',
        rules.abc_method,
        {
            'share': _abc_by_share,
            'customers': _abc_by_customers,
            'threshold': _abc_by_threshold,
        },
    )(ladder, rules)
    positive = ladder.is_positive
    return _letters('ABC', is_a & positive, is_b & positive)


def _abc_by_share(ladder, rules):
    return (
        ladder.before < _part(rules.abc_share_a, ladder.total),
        ladder.before < _part(rules.abc_share_b, ladder.total),
    )


def _abc_by_customers(ladder, rules):
    customers = len(ladder.step)
    customers_before = ladder.rank - 1
    through_b = _exact(rules.abc_customers_a) + _exact(rules.abc_customers_b)
    return (
        customers_before < _part(rules.abc_customers_a, customers),
        customers_before < _part(through_b, customers),
    )


def _abc_by_threshold(ladder, rules):
    scale = 10.0**ladder.decimals
    return (
        ladder.units >= np.rint(rules.abc_threshold_a * scale),
        ladder.units >= np.rint(rules.abc_threshold_b * scale),
    )


def _xyz(frame, orders, rules):
    return _pick(
        'xyz_method',
        rules.xyz_method,
        {
            'count': _xyz_by_count,
            'variation': _xyz_by_variation,
        },
    )(frame, orders, rules)


def _xyz_by_count(_frame, orders, rules):
    return _letters('XYZ', orders >= rules.xyz_count_x, orders >= rules.xyz_count_y)


def _xyz_by_variation(frame, _orders, rules):
    demand_cv = _column(frame, 'demand_cv', 'float64')
    letters = _letters('XYZ', demand_cv <= rules.xyz_cv_x, demand_cv <= rules.xyz_cv_y)
    if 'is_newcomer' in frame:
        # A few weeks of history cannot be told from irregular buying.
        letters[_column(frame, 'is_newcomer', 'bool')] = None
    return letters


def _curve(values, classes):
    values = np.asarray(values, dtype='float64')
    if classes is not None and len(classes) != len(values):
        raise ValueError(f"There are {len(classes)} classes for {len(values)} values.")
    if np.isinf(values).any():
        raise ValueError("The values of a Pareto curve must be finite.")
    ranked = np.flatnonzero(values > 0)
    ranked = ranked[np.argsort(-values[ranked], kind='stable')]
    rank = np.arange(1, len(ranked) + 1)
    through = np.cumsum(_units(values[ranked], _decimals(values[ranked])))
    curve = pd.DataFrame(
        {
            'rank': rank,
            'customer_share': rank / max(len(rank), 1),
            'cumulative_share': through / max(through.max(initial=0), 1),
            'value': values[ranked],
        }
    )
    if classes is not None:
        curve['abc_class'] = np.asarray(classes, dtype=object)[ranked]
    return curve


def _thinned(curve, points):
    if len(curve) <= points:
        return np.arange(len(curve))
    kept = {0, len(curve) - 1}
    if 'abc_class' in curve:
        for letter in 'AB':
            kept.update(np.flatnonzero(curve['abc_class'] == letter)[-1:])
    along = (curve['customer_share'] + curve['cumulative_share']).to_numpy()
    spread = np.linspace(along[0], along[-1], points - len(kept) + 2)[1:-1]
    return np.union1d(list(kept), np.searchsorted(along, spread))


def _lowest(values):
    return float(values.min()) if len(values) else math.nan


def _letters(names, is_first, is_second):
    first, second, third = names
    return np.where(is_first, first, np.where(is_second, second, third)).astype(object)


def _spread(values, mask, otherwise, dtype):
    spread = np.full(len(mask), otherwise, dtype=dtype)
    spread[mask] = values
    return spread


def _column(frame, name, dtype):
    if name in frame:
        return frame[name].to_numpy(dtype=dtype)
    if len(frame):
        raise ValueError(f"The frame of customers has no column '{name}'.")
    return np.empty(0, dtype=dtype)


def _pick(parameter, name, choices):
    if name not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{parameter} must be one of {allowed}, not {name!r}.")
    return choices[name]


def _exact(percent):
    # The decimal number that was typed in, not its binary neighbour.
    return percent if isinstance(percent, Fraction) else Fraction(str(percent))


def _part(percent, whole):
    # For whole numbers, n < percent of the whole exactly when n < that part rounded up.
    return math.ceil(_exact(percent) * whole / 100)


def _decimals(value):
    # Only sums beyond 10 ** 14 need coarser units to fit whole numbers of 64 bits.
    decimals = _DECIMALS
    largest = float(np.abs(value).sum())
    while largest * 10.0**decimals >= _LARGEST_SUM:
        decimals -= 1
    return decimals


def _units(value, decimals):
    return np.rint(value * 10.0**decimals).astype('int64')
