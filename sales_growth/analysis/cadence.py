"""How customers buy: rhythm, expected next order, and the probability that they have left.

Sources
-------
Rolling origin: L. J. Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and
review", International Journal of Forecasting 16 (4), 2000. What is known at a past day explains
what happened after it.
Smallest number of cases: P. Peduzzi, J. Concato, E. Kemper, T. R. Holford, A. R. Feinstein, "A
simulation study of the number of events per variable in logistic regression analysis", Journal of
Clinical Epidemiology 49 (12), 1996: ten of the rarer outcome per variable.
The regression itself: see `logistic`.

Notes
-----
Days are whole numbers since 1970-01-01. Nothing after ``as_of`` is ever read.

Orders are counted in days with a purchase: several documents of one day are one purchase that was
split.

Sums are rounded to ten-thousandths, so that the order of the rows cannot change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from . import logistic

__all__ = [
    'FEATURES',
    'TOPICS',
    'Model',
    'TooLittleHistory',
    'add_months',
    'customers',
    'features',
    'outcome',
    'pack',
    'train',
    'unpack',
]

_DECIMALS = 4
_YEAR = 365
# A silence of five months ends a season; the season and its silence fill a year.
_SEASON_GAP = 150
_LONGEST_SEASON = _YEAR - _SEASON_GAP
_TWO_MONTHS = 61
# Of a customer who buys at random a quarter of the gaps exceed twice the median: exp(-2 ln 2).
_LONG_GAP = 2
_RANDOM_SHARE = 0.25
_EVENTS_PER_FEATURE = 10
# A tenth of a logit moves a probability by 2.5 points at most.
_NEGLIGIBLE = 0.1

# Days are packed below the customer's number, so that one sort of whole numbers orders both.
_DAY_BITS = 22
_DAY_ZERO = 1 << (_DAY_BITS - 1)

_DOCUMENTS = {
    'partner_id': 'int64',
    'day': 'int64',
    'revenue': 'float64',
    'profit': 'float64',
    'is_positive': 'bool',
}

# By topic: the features, and the sign by which each may move the risk of leaving (0: either).
_SIGNS = {
    'recency': {'recency': 1},
    'rhythm': {'rhythm': 1},
    'frequency': {'orders': -1},
    'activity': {'activity_30': -1, 'activity_90': -1, 'activity_180': -1},
    'tenure': {'tenure': 0},
    'once': {'once': 1},
    'value': {'value': -1},
}
TOPICS = {topic: tuple(signs) for topic, signs in _SIGNS.items()}
FEATURES = tuple(name for names in TOPICS.values() for name in names)
_WINDOWS = (30, 90, 180)


class TooLittleHistory(ValueError):
    """There is not enough past to learn from.

    Attributes
    ----------
    customers, left
        Customers at the origin, and how many of them left.
    needed
        How many must have left, and how many must have stayed.
    days, needed_days
        History before the origin, and how much of it there must be.
    """

    def __init__(self, customers, left, needed, days, needed_days):
        self.customers = customers
        self.left = left
        self.needed = needed
        self.days = days
        self.needed_days = needed_days
        super().__init__(
            f"Too little history: of {customers} customers {left} left, while {needed} who left "
            f"and {needed} who stayed are needed; {days} of {needed_days} days of history."
        )


@dataclass(frozen=True)
class Model:
    """What the company's own past says about who leaves.

    Parameters
    ----------
    names
        The features, one number of each of the next three for each.
    means, scales
        By which the features are standardised.
    coefficients
        Of the standardised features; 0 for one whose coefficient would contradict its meaning.
    intercept
        Logit of a customer whose features are all average.
    customers, left
        Trained on so many, of whom so many left.
    horizon
        Days without an order that count as leaving.
    as_of
        Last day that was used.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float
    customers: int
    left: int
    horizon: int
    as_of: int

    def to_dict(self):
        """Give what `from_dict` takes, in types of JSON."""
        return {
            'names': list(self.names),
            'means': list(self.means),
            'scales': list(self.scales),
            'coefficients': list(self.coefficients),
            'intercept': self.intercept,
            'customers': self.customers,
            'left': self.left,
            'horizon': self.horizon,
            'as_of': self.as_of,
        }

    @classmethod
    def from_dict(cls, values):
        """Make the model whose `to_dict` gave ``values``.

        Raises
        ------
        KeyError
            When a value is missing.
        ValueError
            When the model is of other features than `features` gives now.
        """
        if tuple(values['names']) != FEATURES:
            raise ValueError(f"The model is of the features {values['names']}, not {FEATURES}.")
        return cls(
            names=FEATURES,
            means=tuple(map(float, values['means'])),
            scales=tuple(map(float, values['scales'])),
            coefficients=tuple(map(float, values['coefficients'])),
            intercept=float(values['intercept']),
            **{name: int(values[name]) for name in ('customers', 'left', 'horizon', 'as_of')},
        )

    def probability(self, features):
        """Give the probability of no order within the horizon.

        Parameters
        ----------
        features : pandas.DataFrame
            As `features` gives it, for any day.

        Returns
        -------
        numpy.ndarray, shape (customers,)
            Fractions.
        """
        return logistic.probability(self.intercept + self._contributions(features).sum(axis=1))

    def factors(self, features, count=3):
        """Tell which topics move a customer's risk most away from the average customer's.

        Topics rather than features: the features of one topic rise and fall together, and their
        coefficients share what the topic does in a way that tells nothing.

        Parameters
        ----------
        features : pandas.DataFrame
            As for `probability`.
        count : int
            Most topics to give, at least 1.

        Returns
        -------
        numpy.ndarray of str objects, shape (customers,)
            Codes by falling strength, like ``'recency+,activity-'``: ``+`` raises the risk of
            leaving. What moves next to nothing is left out, the strongest never.
        """
        strength = self._by_topic(features)
        size = np.abs(strength)
        ranking = np.argsort(-size, axis=1, kind='stable')[:, :count]
        ranked = np.take_along_axis(strength, ranking, axis=1)
        # Twice the topic plus the sign, 0 for nothing.
        code = 2 * ranking + 1 + (ranked > 0)
        code[:, 1:][np.abs(ranked[:, 1:]) < _NEGLIGIBLE] = 0
        words = ['', *(topic + sign for topic in TOPICS for sign in '-+')]
        packed = code @ (len(words) ** np.arange(code.shape[1]))
        _distinct, first, place = np.unique(packed, return_index=True, return_inverse=True)
        texts = [','.join(words[part] for part in code[row] if part) for row in first]
        return np.array(texts, dtype=object)[place]

    def _contributions(self, features):
        matrix = features[list(self.names)].to_numpy(dtype='float64')
        return (matrix - np.array(self.means)) * (
            np.array(self.coefficients) / np.array(self.scales)
        )

    def _by_topic(self, features):
        contributions = self._contributions(features)
        strength = {
            topic: contributions[:, [self.names.index(name) for name in names]].sum(axis=1)
            for topic, names in TOPICS.items()
        }
        # Who bought once has no rhythm: what the lack of one does belongs to having bought once.
        once = features['once'].to_numpy() > 0
        strength['once'] += np.where(once, strength['rhythm'], 0.0)
        strength['rhythm'][once] = 0.0
        return np.column_stack(list(strength.values()))


def pack(partners, days):
    """Pack customers and days into whole numbers that sort by customer and day.

    Parameters
    ----------
    partners, days : array_like of int

    Returns
    -------
    numpy.ndarray of int64
    """
    partners = np.asarray(partners, dtype='int64')
    return (partners << _DAY_BITS) + (np.asarray(days, dtype='int64') + _DAY_ZERO)


def unpack(keys):
    """Tell the customers and days that `pack` packed.

    Parameters
    ----------
    keys : numpy.ndarray of int64

    Returns
    -------
    tuple of two numpy.ndarray of int64
        Customers and days.
    """
    return keys >> _DAY_BITS, (keys & ((1 << _DAY_BITS) - 1)) - _DAY_ZERO


def add_months(days, months):
    """Move days by calendar months; a day that the month does not have becomes its last.

    As PostgreSQL's ``date + interval`` does: a month after 31 January is the end of February.

    Parameters
    ----------
    days : array_like or int
        Days, NaN for unknown.
    months : int
        May be negative.

    Returns
    -------
    numpy.ndarray of the shape of ``days``
        Floats for floats, NaN where NaN was given; whole numbers for whole numbers.
    """
    days = np.asarray(days)
    known = np.isfinite(days)
    date = np.where(known, days, 0).astype('int64').astype('datetime64[D]')
    month = date.astype('datetime64[M]')
    target = month + months
    last = (target + 1).astype('datetime64[D]') - np.timedelta64(1, 'D')
    moved = np.minimum(target.astype('datetime64[D]') + (date - month), last).astype('int64')
    return moved if days.dtype.kind in 'iu' else np.where(known, moved, np.nan)


def customers(documents, as_of):
    """Tell how each customer bought until a day.

    Parameters
    ----------
    documents : pandas.DataFrame
        One row per document, in any order:

        - ``partner_id`` -- int, above 0
        - ``day`` -- int
        - ``revenue``, ``profit`` -- float, company currency; NaN counts as nothing
        - ``is_positive`` -- bool, an order rather than a credit

        A frame without rows needs no columns.
    as_of : int
        Day until which, itself included, documents are read.

    Returns
    -------
    pandas.DataFrame
        One row per customer with an order, by rising ``partner_id``:

        - ``partner_id``, ``first_day``, ``last_day`` -- int, of the orders
        - ``order_count`` -- int, orders
        - ``purchase_days`` -- int, days with an order
        - ``interval`` -- median days between purchase days, NaN below two of them
        - ``buyer_type`` -- ``'once'`` (one purchase day), ``'seasonal'``, ``'regular'`` (three or
          more) or ``'occasional'``: two, or without a rhythm, which is when more than a quarter
          of the gaps exceed twice the median, as they do of one who buys at random
        - ``next_day`` -- day on which the next order is due: an interval after the last one of a
          regular buyer, the beginning of a seasonal buyer's next season; else NaN
        - ``year_revenue``, ``year_profit`` -- sums of the 365 days that end with ``last_day``,
          less all credits of them and since: what is returned was not earned

    Notes
    -----
    Seasons are purchases without a gap of 150 days or more among them. A customer is seasonal
    when the last three, each at most 215 days long, began 12 months apart, give or take two. The
    last three alone, so that somebody who once skipped a year, or began differently, is seasonal
    again. Two suffice when each holds at least two purchase days, because a cluster that comes
    again after a year of which most was silent is no chance; two lone purchases a year apart are
    just two purchases.
    """
    history = _history(documents, as_of)
    days = history.purchase_days
    interval = _interval(history)
    seasonal, season = _seasons(history)
    has_rhythm = ~_is_random(history, interval)
    buyer_type = np.select(
        [days == 1, seasonal, (days >= 3) & has_rhythm],
        ['once', 'seasonal', 'regular'],
        'occasional',
    ).astype(object)
    next_day = np.select(
        [seasonal, buyer_type == 'regular'],
        [add_months(season, 12), np.ceil(history.last_day + interval)],
        np.nan,
    )
    revenue, profit = _year_sums(history)
    return pd.DataFrame(
        {
            'partner_id': history.partner_id,
            'first_day': history.first_day,
            'last_day': history.last_day,
            'order_count': history.order_count,
            'purchase_days': days,
            'interval': interval,
            'buyer_type': buyer_type,
            'next_day': next_day,
            'year_revenue': revenue,
            'year_profit': profit,
        }
    )


def features(documents, as_of):
    """Describe each customer by what may tell whether it has left.

    Parameters
    ----------
    documents, as_of
        As for `customers`.

    Returns
    -------
    pandas.DataFrame
        ``partner_id`` as `customers` has it, and the `FEATURES`, floats without NaN. Counts and
        days as logarithms, since the step from 1 to 2 orders tells more than that from 101 to
        102:

        - ``recency`` -- days since the last order
        - ``rhythm`` -- the same over the usual interval, 0 without one
        - ``orders`` -- purchase days
        - ``activity_30``, ``activity_90``, ``activity_180`` -- of them in the last days
        - ``tenure`` -- days since the first order
        - ``once`` -- 1 for a single purchase day, else 0
        - ``value`` -- revenue less credits per order, at least 0
    """
    history = _history(documents, as_of)
    interval = _interval(history)
    since = as_of - history.last_day
    size = len(history.partner_id)
    revenue = _sums(history.customer, history.revenue, size)
    activity = {
        f'activity_{window}': np.log1p(
            np.bincount(history.owner[history.day > as_of - window], minlength=size)
        )
        for window in _WINDOWS
    }
    columns = {
        'recency': np.log1p(since),
        'rhythm': np.where(np.isnan(interval), 0.0, np.log1p(since / interval)),
        'orders': np.log(history.purchase_days),
        **activity,
        'tenure': np.log1p(as_of - history.first_day),
        'once': (history.purchase_days == 1).astype('float64'),
        'value': np.log1p(np.maximum(revenue, 0) / history.order_count),
    }
    return pd.DataFrame(
        {'partner_id': history.partner_id, **{name: columns[name] for name in FEATURES}}
    )


def outcome(documents, as_of, horizon):
    """Tell who left: of the customers until a day, those without an order in the days after.

    Parameters
    ----------
    documents, as_of
        As for `customers`.
    horizon : int
        Days after ``as_of`` in which an order counts as having stayed. That they are over is
        the caller's to know.

    Returns
    -------
    pandas.DataFrame
        ``partner_id`` as `customers` has it, and ``left`` -- bool.
    """
    frame = _documents(documents)
    ordered = frame[frame['is_positive']]
    day, partner = ordered['day'].to_numpy(), ordered['partner_id'].to_numpy()
    known = np.unique(partner[day <= as_of])
    later = np.unique(partner[(day > as_of) & (day <= as_of + horizon)])
    return pd.DataFrame({'partner_id': known, 'left': ~np.isin(known, later, assume_unique=True)})


def train(documents, as_of, horizon, penalty=1.0):
    """Learn from what happened in the last days to those who were customers before.

    The features of ``horizon`` days ago explain who has not ordered since. A feature whose
    coefficient would contradict its meaning (the longer silent, the safer) is left out: it would
    stand for another one it goes with, and could not be explained to anybody.

    Parameters
    ----------
    documents : pandas.DataFrame
        As for `customers`.
    as_of : int
        Last day that is known.
    horizon : int
        Days without an order that count as leaving, at least 1.
    penalty : float
        Of the standardised coefficients, see `logistic.fit`.

    Returns
    -------
    Model

    Raises
    ------
    TooLittleHistory
        When fewer than ten customers per feature left, or stayed, or the history before the
        origin is shorter than the horizon, so that nobody could have been silent as long.
    ValueError
        When the horizon or the penalty is not positive.
    """
    if not horizon >= 1:
        raise ValueError(f"The horizon must be at least 1 day, not {horizon}.")
    origin = as_of - horizon
    known = features(documents, origin)
    left = outcome(documents, origin, horizon)['left'].to_numpy()
    _check_history(documents, origin, horizon, left)
    matrix = known[list(FEATURES)].to_numpy()
    means = matrix.mean(axis=0)
    deviations = matrix.std(axis=0)
    scales = np.where(deviations > 0, deviations, 1.0)
    signs = [sign for topic in _SIGNS.values() for sign in topic.values()]
    fitted = logistic.fit_signed((matrix - means) / scales, left, signs, penalty)
    return Model(
        names=FEATURES,
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        coefficients=tuple(fitted.coefficients.tolist()),
        intercept=fitted.intercept,
        customers=len(left),
        left=int(left.sum()),
        horizon=int(horizon),
        as_of=int(as_of),
    )


class _History(NamedTuple):
    """What the customers with an order did until a day."""

    # One per customer, by rising partner.
    partner_id: np.ndarray
    order_count: np.ndarray
    purchase_days: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    # One per purchase day, by customer (its place above) and day.
    owner: np.ndarray
    day: np.ndarray
    # One per document of these customers, credits included.
    customer: np.ndarray
    document_day: np.ndarray
    revenue: np.ndarray
    profit: np.ndarray


def _history(documents, as_of):
    frame = _documents(documents)
    frame = frame[frame['day'].to_numpy() <= as_of]
    partner = frame['partner_id'].to_numpy()
    day = frame['day'].to_numpy()
    ordered = frame['is_positive'].to_numpy()
    key = np.sort(pack(partner[ordered], day[ordered]))
    starts = _starts(key >> _DAY_BITS)
    order_count = np.diff(starts, append=len(key))
    partner_id, _first = unpack(key[starts])

    key = key[_starts(key)]
    starts = _starts(key >> _DAY_BITS)
    purchase_days = np.diff(starts, append=len(key))
    _partner, purchase_day = unpack(key)

    customer, is_known = _places(partner, partner_id)
    return _History(
        partner_id,
        order_count,
        purchase_days,
        purchase_day[starts],
        purchase_day[starts + purchase_days - 1],
        np.repeat(np.arange(len(starts)), purchase_days),
        purchase_day,
        customer[is_known],
        day[is_known],
        frame['revenue'].to_numpy()[is_known],
        frame['profit'].to_numpy()[is_known],
    )


def _documents(frame):
    missing = [name for name in _DOCUMENTS if name not in frame]
    if not len(frame):
        return pd.DataFrame(columns=list(_DOCUMENTS)).astype(_DOCUMENTS)
    if missing:
        raise ValueError(f"The frame of documents has no column '{missing[0]}'.")
    return frame[list(_DOCUMENTS)].astype(_DOCUMENTS, copy=False)


def _starts(values):
    """Where the groups of equal neighbours begin."""
    begins = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def _places(partner, partner_id):
    """The place of every partner among sorted ones, and whether it is there."""
    place = np.searchsorted(partner_id, partner)
    place[place == len(partner_id)] = 0
    is_known = partner_id[place] == partner if len(partner_id) else np.zeros(len(partner), bool)
    return place, is_known


def _gaps(history):
    """Days between neighbouring purchase days, and the customer of each."""
    owner = history.owner[1:]
    same = owner == history.owner[:-1]
    return np.diff(history.day)[same], owner[same]


def _interval(history):
    gap, owner = _gaps(history)
    count = history.purchase_days - 1
    start = np.cumsum(count) - count
    gap = np.sort((owner << _DAY_BITS) + gap) & ((1 << _DAY_BITS) - 1)
    median = np.full(len(count), np.nan)
    has = count > 0
    low, high = (start + (count - 1) // 2)[has], (start + count // 2)[has]
    median[has] = (gap[low] + gap[high]) / 2
    return median


def _is_random(history, interval):
    gap, owner = _gaps(history)
    long = np.bincount(owner[gap > _LONG_GAP * interval[owner]], minlength=len(interval))
    return long > _RANDOM_SHARE * (history.purchase_days - 1)


def _seasons(history):
    """Whether each customer is seasonal, and the day on which its last season began."""
    size = len(history.partner_id)
    begins = np.ones(len(history.day), dtype=bool)
    begins[1:] = (np.diff(history.day) >= _SEASON_GAP) | (np.diff(history.owner) > 0)
    first = np.flatnonzero(begins)
    purchases = np.diff(first, append=len(history.day))
    start, end = history.day[first], history.day[first + purchases - 1]
    is_short = end - start <= _LONGEST_SEASON
    # A season belongs to the one a year before, when both are the customer's.
    is_yearly = np.zeros(len(first), dtype=bool)
    is_yearly[1:] = (
        (np.diff(history.owner[first]) == 0)
        & (np.abs(np.diff(start) - _YEAR) <= _TWO_MONTHS)
        & is_short[1:]
        & is_short[:-1]
    )
    is_full = purchases >= 2
    last = np.cumsum(np.bincount(history.owner[first], minlength=size)) - 1
    before = np.maximum(last - 1, 0)
    seasonal = is_yearly[last] & (is_yearly[before] | (is_full[last] & is_full[before]))
    return seasonal, start[last]


def _year_sums(history):
    within = history.document_day > history.last_day[history.customer] - _YEAR
    customer = history.customer[within]
    return (
        _sums(customer, amount[within], len(history.partner_id))
        for amount in (history.revenue, history.profit)
    )


def _sums(customer, amount, size):
    total = np.bincount(customer, weights=np.nan_to_num(amount), minlength=size)
    return np.round(total.astype('float64'), _DECIMALS)


def _check_history(documents, origin, horizon, left):
    frame = _documents(documents)
    first = frame['day'].to_numpy()[frame['is_positive'].to_numpy()].min(initial=origin + 1)
    days = max(int(origin - first) + 1, 0)
    needed = _EVENTS_PER_FEATURE * len(FEATURES)
    gone = int(left.sum())
    if min(gone, len(left) - gone) < needed or days < horizon:
        raise TooLittleHistory(len(left), gone, needed, days, int(horizon))
