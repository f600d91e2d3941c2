"""Rules by which a customer counts as leaving or lost.

What counts as lost - no order for three or six months, an NPS answer from 0 to 6, an open
conflict, more than three inquiries without an order - is the sales playbook's.

NPS: F. F. Reichheld, "The one number you need to grow", Harvard Business Review 81 (12), 2003.

Notes
-----
Days are whole numbers since 1970-01-01. Months are calendar months: three months after an order
of 15 January end with 15 April, and more than three months have passed from the 16th on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .cadence import add_months

__all__ = ['FIXED_DAYS', 'KINDS', 'STATES', 'Rule', 'fixed', 'judge', 'with_signals']

# From the best to the worst; a customer who came back is beside the scale.
STATES = ('active', 'watch', 'at_risk', 'lost')
_WON_BACK = 'won_back'
_RANK = {state: rank for rank, state in enumerate(STATES)}
_WATCH = _RANK['watch']
FIXED_DAYS = 90

# Beside the columns of cadence.customers(): what else is known of a customer, or of one who has
# never ordered, and what it is when nothing is. Those of `_COUNTED` may also be told for the months
# of each rule.
_SIGNALS = {
    'segment_id': np.nan,
    'nps_score': np.nan,
    'nps_day': np.nan,
    'conflict_day': np.nan,
    'inquiry_count': np.nan,
    'probability': np.nan,
    'is_exempt': False,
    'is_won_back': False,
}
_BOUGHT = ('first_day', 'last_day', 'purchase_days', 'interval', 'next_day')
_DECIMALS = 4


@dataclass(frozen=True)
class Rule:
    """One sign of leaving, with its own numbers; only those of its kind are read and checked.

    Parameters
    ----------
    id
        By which the result names the rule.
    kind
        - ``'recency'``: no order for more than ``at_risk_months``, or ``lost_months``; of a
          seasonal buyer since its next season should have begun
        - ``'rhythm'``: silent for more than ``factor`` times the usual interval, at least 1, of
          at least ``min_orders`` purchase days
        - ``'falling'``: ``measure`` (``'revenue'`` or ``'orders'``) of the last
          ``period_months`` below ``share``, a fraction, of the period before
        - ``'nps'``: an answer up to ``max_score`` not older than ``fresh_months``
        - ``'conflict'``: one is open
        - ``'inquiry'``: more than ``count`` inquiries within ``months`` and never an order.
          Counting them is the caller's
        - ``'probability'``: of leaving, at least ``min_probability``, a fraction
    state
        What all but recency lead to: ``'watch'``, ``'at_risk'`` or ``'lost'``.
    segment_ids
        The segments the rule is for. Without any it is for all that no other rule of the same
        kind names.
    includes_once
        Whether who bought once can be worse than ``'watch'`` by recency or probability.

    Raises
    ------
    ValueError
        When the kind or the state is unknown, or a number is out of range.
    """

    id: int
    kind: str
    state: str = 'at_risk'
    segment_ids: frozenset[int] = frozenset()
    at_risk_months: int = 3
    lost_months: int = 6
    includes_once: bool = False
    factor: float = 2.0
    min_orders: int = 3
    period_months: int = 3
    share: float = 0.5
    measure: str = 'revenue'
    max_score: int = 6
    fresh_months: int = 6
    count: int = 3
    months: int = 12
    min_probability: float = 0.75

    def __post_init__(self):
        """Refuse what is unknown or out of range; written so that NaN is."""
        if self.kind not in KINDS:
            raise ValueError(f"The kind of rule must be one of {KINDS}, not {self.kind!r}.")
        if self.kind != 'recency' and self.state not in STATES[_WATCH:]:
            raise ValueError(f"The state must be one of {STATES[_WATCH:]}, not {self.state!r}.")
        if not _IS_VALID[self.kind](self):
            raise ValueError(f"A number of the rule {self} is out of range.")


def fixed(facts, as_of, days=FIXED_DAYS):
    """Apply the rule that everybody else applies: no order for more than so many days.

    Parameters
    ----------
    facts : pandas.DataFrame
        ``last_day``, NaN for never.
    as_of : int
    days : int

    Returns
    -------
    numpy.ndarray of bool
    """
    return as_of - facts['last_day'].to_numpy(dtype='float64') > days


def with_signals(customers, signals=None):
    """Put what else is known beside how customers bought.

    Parameters
    ----------
    customers : pandas.DataFrame
        As `cadence.customers` gives it.
    signals : pandas.DataFrame, optional
        One row per ``partner_id``, who need not be customers, with any of the columns that
        `judge` reads beside those of ``customers``.

    Returns
    -------
    pandas.DataFrame
        What `judge` takes, by rising ``partner_id``: of who never ordered, ``order_count`` and
        ``purchase_days`` are 0, the rest NaN and ``buyer_type`` None; of whom nothing else is
        known, NaN and False.
    """
    if signals is None:
        facts = customers.copy()
    else:
        facts = customers.merge(signals, how='outer', on='partner_id', sort=True)
        facts = facts.fillna({'order_count': 0, 'purchase_days': 0})
        has_bought = facts['order_count'] > 0
        facts['buyer_type'] = facts['buyer_type'].astype(object).where(has_bought, None)
    for name, default in _SIGNALS.items():
        dtype = type(default)
        column = facts[name] if name in facts else pd.Series(default, index=facts.index)
        facts[name] = column.astype('float64').fillna(float(default)).astype(dtype)
    return facts


def judge(facts, documents, rules, as_of):
    """Tell the state of each customer, by which rule and since when.

    The worst state of the rules that apply wins, and of equal ones the rule that comes first.

    Parameters
    ----------
    facts : pandas.DataFrame
        As `with_signals` gives it, one row per ``partner_id``, in any order: the columns of
        `cadence.customers` for the same ``as_of`` and

        - ``segment_id`` -- the last known one
        - ``nps_score``, ``nps_day`` -- the answer that decides
        - ``conflict_day`` -- since when there is an open one
        - ``inquiry_count``
        - ``nps_score_12``, ``nps_day_12``, ``inquiry_count_12`` -- the same within 12 months, for
          rules of so many: there the plain ones do not count. Of any months
        - ``probability`` -- of leaving, fraction
        - ``is_exempt`` -- bool, being looked after already: not worse than ``'watch'``
        - ``is_won_back`` -- bool, ``'won_back'`` unless worse than ``'watch'``

        NaN in the floats where there is none.
    documents : pandas.DataFrame
        As for `cadence.customers`; only read by rules of the kind ``'falling'``.
    rules : list of Rule
    as_of : int

    Returns
    -------
    pandas.DataFrame
        The index of ``facts`` and

        - ``partner_id``
        - ``state`` -- one of `STATES` or ``'won_back'``
        - ``rule_id`` -- float, NaN for the active and the won back
        - ``since`` -- day on which the rule put the customer into the state; NaN where the day
          is not known but that it was found today
        - ``recent``, ``previous`` -- what the rule looked at: sums of both periods of
          ``'falling'``, the number of inquiries as ``recent``; else NaN
    """
    size = len(facts)
    worst = np.zeros(size, dtype='int64')
    found = np.full((4, size), np.nan)
    segment = facts['segment_id'].to_numpy(dtype='float64')
    counted = [name for name in facts if name.rpartition('_')[0] in _COUNTED]
    view = {name: facts[name].to_numpy(dtype='float64') for name in (*_BOUGHT, *_NUMBERS, *counted)}
    view['is_once'] = (facts['buyer_type'] == 'once').to_numpy()
    view['is_seasonal'] = (facts['buyer_type'] == 'seasonal').to_numpy()
    view['partner_id'] = facts['partner_id'].to_numpy()
    for rule in rules:
        rank, since, recent, previous = _KINDS[rule.kind](rule, view, documents, as_of)
        rank = np.where(_applies(rule, rules, segment), rank, 0)
        is_worse = rank > worst
        worst = np.where(is_worse, rank, worst)
        figures = np.broadcast_arrays(float(rule.id), since, recent, previous, worst)[:4]
        found = np.where(is_worse, figures, found)

    is_exempt = facts['is_exempt'].to_numpy(dtype='bool')
    worst = np.where(is_exempt, np.minimum(worst, _WATCH), worst)
    is_won_back = facts['is_won_back'].to_numpy(dtype='bool') & (worst <= _WATCH)
    found[:, is_won_back] = np.nan
    state = np.where(is_won_back, _WON_BACK, np.array(STATES, dtype=object)[worst])
    rule_id, since, recent, previous = found
    return pd.DataFrame(
        {
            'partner_id': facts['partner_id'],
            'state': state.astype(object),
            'rule_id': rule_id,
            'since': since,
            'recent': recent,
            'previous': previous,
        },
        index=facts.index,
    )


def _applies(rule, rules, segment):
    """Whether the rule is the customer's: those that name its segment replace all the others."""
    if rule.segment_ids:
        return np.isin(segment, list(rule.segment_ids))
    named = frozenset().union(*(other.segment_ids for other in rules if other.kind == rule.kind))
    return ~np.isin(segment, list(named))


# Per kind: the rank that the rule gives each customer, since when, recent and previous.


def _recency(rule, view, _documents, as_of):
    base = np.where(view['is_seasonal'], view['next_day'], view['last_day'])
    risk = add_months(base, rule.at_risk_months) + 1
    lost = add_months(base, rule.lost_months) + 1
    rank = _RANK['at_risk'] * (as_of >= risk) + (as_of >= lost)
    rank = np.where(view['is_once'] & (not rule.includes_once), np.minimum(rank, _WATCH), rank)
    return rank, np.where(rank == _RANK['lost'], lost, risk), np.nan, np.nan


def _rhythm(rule, view, _documents, as_of):
    # Rounded, since 1.15 times 100 is a hair below 115.
    allowed = np.floor(np.round(rule.factor * view['interval'], _DECIMALS))
    first = view['last_day'] + allowed + 1
    is_hit = (as_of >= first) & (view['purchase_days'] >= rule.min_orders) & ~view['is_seasonal']
    return _RANK[rule.state] * is_hit, first, np.nan, np.nan


def _falling(rule, view, documents, as_of):
    middle = int(add_months(as_of, -rule.period_months))
    start = int(add_months(as_of, -2 * rule.period_months))
    recent, previous = (
        _sums(rule.measure, documents, view['partner_id'], after, until)
        for after, until in ((middle, as_of), (start, middle))
    )
    is_hit = (
        (previous > 0)
        & (recent < np.round(rule.share * previous, _DECIMALS))
        & (view['purchase_days'] >= 2)
        & ~view['is_seasonal']
        & (view['first_day'] <= start + 1)
    )
    return _RANK[rule.state] * is_hit, np.nan, recent, previous


def _nps(rule, view, _documents, as_of):
    score = _within(view, 'nps_score', rule.fresh_months)
    said = _within(view, 'nps_day', rule.fresh_months)
    is_fresh = (said <= as_of) & (add_months(said, rule.fresh_months) >= as_of)
    return _RANK[rule.state] * (is_fresh & (score <= rule.max_score)), said, np.nan, np.nan


def _conflict(rule, view, _documents, as_of):
    is_hit = view['conflict_day'] <= as_of
    return _RANK[rule.state] * is_hit, view['conflict_day'], np.nan, np.nan


def _inquiry(rule, view, _documents, _as_of):
    count = _within(view, 'inquiry_count', rule.months)
    is_hit = np.isnan(view['last_day']) & (count > rule.count)
    return _RANK[rule.state] * is_hit, np.nan, count, np.nan


def _probability(rule, view, _documents, _as_of):
    rank = _RANK[rule.state] * (view['probability'] >= rule.min_probability)
    # The model knows no seasons.
    is_capped = view['is_seasonal'] | (view['is_once'] & (not rule.includes_once))
    return np.where(is_capped, np.minimum(rank, _WATCH), rank), np.nan, np.nan, np.nan


def _within(view, name, months):
    """What was counted for rules of so many months, else what is the same for all rules."""
    return view.get(f'{name}_{months}', view[name])


def _sums(measure, documents, partner_id, after, until):
    """Per partner, over the days after one until another."""
    size = len(partner_id)
    if not len(documents):
        return np.zeros(size)
    day = documents['day'].to_numpy()
    within = (day > after) & (day <= until)
    if measure == 'orders':
        within &= documents['is_positive'].to_numpy(dtype='bool')
        amount = np.ones(int(within.sum()))
    else:
        amount = np.nan_to_num(documents['revenue'].to_numpy(dtype='float64')[within])
    place = pd.Index(partner_id).get_indexer(documents['partner_id'].to_numpy()[within])
    is_known = place >= 0
    return np.round(np.bincount(place[is_known], amount[is_known], minlength=size), _DECIMALS)


_COUNTED = ('nps_score', 'nps_day', 'inquiry_count')
_NUMBERS = (*_COUNTED, 'conflict_day', 'probability')
_KINDS = {
    'recency': _recency,
    'rhythm': _rhythm,
    'falling': _falling,
    'nps': _nps,
    'conflict': _conflict,
    'inquiry': _inquiry,
    'probability': _probability,
}
KINDS = tuple(_KINDS)
_IS_VALID = {
    'recency': lambda rule: 1 <= rule.at_risk_months <= rule.lost_months,
    'rhythm': lambda rule: 1 <= rule.factor < np.inf and rule.min_orders >= 2,
    'falling': lambda rule: (
        rule.period_months >= 1 and 0 < rule.share <= 1 and rule.measure in ('revenue', 'orders')
    ),
    'nps': lambda rule: 0 <= rule.max_score <= 10 and rule.fresh_months >= 1,
    'conflict': lambda _rule: True,
    'inquiry': lambda rule: rule.count >= 0 and rule.months >= 1,
    'probability': lambda rule: 0 < rule.min_probability <= 1,
}
