"""What the rules and the probability would have found as of a past day, and what came true.

Sources
-------
Area under the ROC curve from ranks: J. A. Hanley, B. J. McNeil, "The meaning and use of the area
under a receiver operating characteristic (ROC) curve", Radiology 143 (1), 1982. It is the chance
that of one who left and one who stayed the first has the higher score, equal scores counting half.
Judging on days later than all that was learned from: see the rolling origin of `cadence`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from . import cadence, churn

__all__ = ['auc', 'compare', 'confusion', 'flag_at_recall']

# Below the smallest difference of recalls of fewer than a billion customers.
_HAIR = 1e-9


def auc(score, left):
    """Area under the ROC curve.

    Parameters
    ----------
    score : array_like of float, shape (customers,)
        Higher for who is thought likelier to leave.
    left : array_like of bool, shape (customers,)

    Returns
    -------
    float
        Fraction, 0.5 for a score that tells nothing, NaN when nobody or everybody left.
    """
    left = np.asarray(left, dtype='bool')
    gone = int(left.sum())
    stayed = len(left) - gone
    if not gone or not stayed:
        return math.nan
    rank = pd.Series(score).rank().to_numpy()
    return float((rank[left].sum() - gone * (gone + 1) / 2) / (gone * stayed))


def confusion(flagged, left, value):
    """Count what was found and missed.

    Parameters
    ----------
    flagged, left : array_like of bool, shape (customers,)
    value : array_like of float, shape (customers,)
        Money at stake with each, company currency.

    Returns
    -------
    dict
        ``customers``, ``left``, ``flagged``, ``found`` (flagged and left), ``missed``,
        ``false_alarms`` -- int; ``churn_rate`` (left over customers), ``precision`` (found over
        flagged), ``recall`` (found over left) -- fractions, None where there is nothing to
        divide by; ``value_left``, ``value_found`` -- float
    """
    flagged, left = (np.asarray(flags, dtype='bool') for flags in (flagged, left))
    value = np.asarray(value, dtype='float64')
    found = flagged & left
    counts = {
        'customers': len(left),
        'left': int(left.sum()),
        'flagged': int(flagged.sum()),
        'found': int(found.sum()),
        'missed': int((left & ~flagged).sum()),
        'false_alarms': int((flagged & ~left).sum()),
    }
    return {
        **counts,
        'churn_rate': _fraction(counts['left'], counts['customers']),
        'precision': _fraction(counts['found'], counts['flagged']),
        'recall': _fraction(counts['found'], counts['left']),
        'value_left': float(value[left].sum()),
        'value_found': float(value[found].sum()),
    }


def flag_at_recall(score, left, recall):
    """Flag the highest scores, no more of them than it takes to find a share of those who left.

    Equal scores are flagged together: nothing tells them apart, least of all the order of the
    rows. So the recall reached may be a little higher.

    Parameters
    ----------
    score : array_like of float, shape (customers,)
    left : array_like of bool, shape (customers,)
    recall : float
        Fraction.

    Returns
    -------
    numpy.ndarray of bool, shape (customers,)
        Nobody when the recall is 0 or nobody left.
    """
    score = np.asarray(score, dtype='float64')
    found = np.sort(score[np.asarray(left, dtype='bool')])[::-1]
    needed = math.ceil(recall * len(found) - _HAIR)
    if needed <= 0:
        return np.zeros(len(score), dtype='bool')
    return score >= found[needed - 1]


def compare(
    documents,
    rules,
    signals,
    train_as_of,
    as_of,
    horizon,
    metric='profit',
    days=churn.FIXED_DAYS,
    penalty=1.0,
    alone=(),
):
    """Judge the customers as of a past day and compare with what they did in the days after.

    Nothing after ``as_of`` is used to judge, nothing after ``train_as_of + horizon`` to learn.

    Parameters
    ----------
    documents : pandas.DataFrame
        As for `cadence.customers`, complete until ``as_of + horizon``.
    rules : list of churn.Rule
    signals : pandas.DataFrame or None
        As for `churn.with_signals`, as they were known on ``as_of``. Who never ordered is left
        out: nobody can tell whether they left.
    train_as_of : int
        Day whose customers, and what they did in the ``horizon`` after it, are learned from.
    as_of : int
        Day of which is judged.
    horizon : int
        Days without an order that count as having left.
    metric : str
        ``'profit'`` or ``'revenue'`` of the last year as the money at stake; revenue also when
        no customer has any profit. A loss-making customer has none at stake.
    days : int
        Of the fixed rule.
    penalty : float
        As for `cadence.train`.
    alone : sequence of churn.Rule
        Rules to be judged each by itself, for all segments if it names none.

    Returns
    -------
    dict of JSON types
        - ``customers``, ``left``, ``churn_rate`` -- as of `confusion`
        - ``metric`` -- the one that was used
        - ``fixed_90``, ``rules`` -- `confusion` of the fixed rule, and of the customers whom the
          rules put at risk or lost; each with ``auc``, of the days since the last order and of
          the order of the states
        - ``alone`` -- the same of each rule by itself, by its id
        - ``probability`` -- the same of the probability of leaving, with ``threshold``, from
          which on as large a share of those who left is flagged as the fixed rule finds; None
          with too little history
        - ``auc``, ``precision``, ``recall`` -- of the probability, or None
        - ``model`` -- `cadence.Model` as dict, or None
        - ``too_little`` -- None, or the numbers of `cadence.TooLittleHistory`

    Raises
    ------
    ValueError
        When what is learned from is not over on ``as_of``, or a parameter is out of range.
    """
    if train_as_of + horizon > as_of:
        raise ValueError(
            f"The {horizon} days that are learned from must be over on the day that is judged."
        )
    customers = cadence.customers(documents, as_of)
    left = cadence.outcome(documents, as_of, horizon)['left'].to_numpy()
    metric, value = _value(customers, metric)
    model, too_little = _learn(documents, train_as_of + horizon, horizon, penalty)
    facts = churn.with_signals(customers, signals)
    facts = facts[facts['order_count'] > 0].reset_index(drop=True)
    if model:
        facts['probability'] = model.probability(cadence.features(documents, as_of))

    fixed = _judged(
        churn.fixed(facts, as_of, days), as_of - facts['last_day'].to_numpy(), left, value
    )
    judged = None
    if model:
        score = facts['probability'].to_numpy()
        flagged = flag_at_recall(score, left, fixed['recall'] or 0.0)
        judged = _judged(flagged, score, left, value)
        judged['threshold'] = float(score[flagged].min()) if flagged.any() else None
    of_rules, *of_each = (
        _judged(*_flag(churn.judge(facts, documents, judging, as_of)['state']), left, value)
        for judging in (rules, *([rule] for rule in alone))
    )
    return {
        **{name: fixed[name] for name in ('customers', 'left', 'churn_rate')},
        **{name: judged and judged[name] for name in ('auc', 'precision', 'recall')},
        'metric': metric,
        'probability': judged,
        'rules': of_rules,
        'alone': {rule.id: figures for rule, figures in zip(alone, of_each, strict=True)},
        'fixed_90': fixed,
        'model': model and model.to_dict(),
        'too_little': too_little,
    }


def _flag(state):
    """Whom the states put at risk or lost, and the order of the states as a score."""
    rank = state.map({name: rank for rank, name in enumerate(churn.STATES)})
    rank = rank.fillna(0).to_numpy()  # who was won back is not leaving
    return rank >= churn.STATES.index('at_risk'), rank


def _learn(documents, as_of, horizon, penalty):
    try:
        return cadence.train(documents, as_of, horizon, penalty), None
    except cadence.TooLittleHistory as error:
        return None, vars(error)


def _value(customers, metric):
    columns = {'profit': 'year_profit', 'revenue': 'year_revenue'}
    if metric not in columns:
        raise ValueError(f"The metric must be one of {tuple(columns)}, not {metric!r}.")
    if metric == 'profit' and not customers['year_profit'].any():
        metric = 'revenue'
    return metric, np.maximum(customers[columns[metric]].to_numpy(), 0.0)


def _judged(flagged, score, left, value):
    area = auc(score, left)
    return {**confusion(flagged, left, value), 'auc': None if math.isnan(area) else area}


def _fraction(part, whole):
    return part / whole if whole else None
