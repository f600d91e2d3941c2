"""Backtests of several companies as one.

Notes
-----
Counts and money are added up, and rates are sums over sums. The area under the ROC curve is told
within each company: the chance that of one who left and one who stayed, both customers of the same
company, the first has the higher score. So it is the mean of the areas, weighted by the number of
such pairs; scores of different companies are never compared, as each learns from its own history.
"""

from __future__ import annotations

__all__ = ['add']

_COUNTS = ('customers', 'left', 'flagged', 'found', 'missed', 'false_alarms')
_MONEY = ('value_left', 'value_found')


def add(results):
    """Add up what `backtest.compare` gave for each company.

    Parameters
    ----------
    results : list of dict
        At least one, with the money in one currency.

    Returns
    -------
    dict
        ``customers``, ``left``, ``churn_rate``, ``fixed_90``, ``rules``, ``alone``,
        ``probability``, ``auc``, ``precision``, ``recall`` -- as of `backtest.compare`, without a
        threshold; ``metric`` -- the one of all, or None. The probability is None unless every
        company has one: it would be that of other customers than the rest is.
    """
    fixed = _sum([result['fixed_90'] for result in results])
    has_all = all(result['probability'] for result in results)
    probability = _sum([result['probability'] for result in results]) if has_all else None
    alone = {}
    for result in results:
        for rule_id, figures in result['alone'].items():
            alone.setdefault(rule_id, []).append(figures)
    metrics = {result['metric'] for result in results}
    return {
        **{name: fixed[name] for name in ('customers', 'left', 'churn_rate')},
        **{name: probability and probability[name] for name in ('auc', 'precision', 'recall')},
        'metric': metrics.pop() if len(metrics) == 1 else None,
        'probability': probability,
        'rules': _sum([result['rules'] for result in results]),
        'fixed_90': fixed,
        'alone': {rule_id: _sum(figures) for rule_id, figures in alone.items()},
    }


def _sum(figures):
    total = {name: sum(part[name] for part in figures) for name in (*_COUNTS, *_MONEY)}
    pairs = [part['left'] * (part['customers'] - part['left']) for part in figures]
    areas = [part['auc'] or 0.0 for part in figures]
    return {
        **total,
        'churn_rate': _fraction(total['left'], total['customers']),
        'precision': _fraction(total['found'], total['flagged']),
        'recall': _fraction(total['found'], total['left']),
        'auc': _fraction(
            sum(area * count for area, count in zip(areas, pairs, strict=True)), sum(pairs)
        ),
    }


def _fraction(part, whole):
    return part / whole if whole else None
