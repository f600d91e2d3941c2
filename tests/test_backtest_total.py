"""Backtests of several companies as one, and of each rule by itself."""

import pandas as pd
import pytest

from analysis import backtest
from analysis.backtest_total import add
from analysis.churn import Rule


def figures(customers, left, flagged, found, area, value=(0.0, 0.0)):
    """What `backtest.compare` gives of one way of looking."""
    return {
        'customers': customers,
        'left': left,
        'churn_rate': left / customers,
        'flagged': flagged,
        'found': found,
        'missed': left - found,
        'false_alarms': flagged - found,
        'precision': found / flagged if flagged else None,
        'recall': found / left if left else None,
        'auc': area,
        'value_left': value[0],
        'value_found': value[1],
    }


def result(fixed, probability=None, alone=None, metric='profit'):
    return {
        'metric': metric,
        'fixed_90': fixed,
        'rules': fixed,
        'probability': probability,
        'alone': alone or {},
    }


SMALL = figures(10, 4, 5, 3, 0.75, (100.0, 60.0))
LARGE = figures(100, 10, 20, 6, 0.6, (900.0, 300.0))


class TestAdd:
    def test_one_stays_as_it_is(self):
        total = add([result(SMALL, probability=SMALL, alone={7: SMALL})])
        assert total['fixed_90'] == total['rules'] == total['probability'] == SMALL
        assert total['alone'] == {7: SMALL}
        assert (total['customers'], total['left'], total['churn_rate']) == (10, 4, 0.4)
        assert (total['auc'], total['precision'], total['recall']) == (0.75, 0.6, 0.75)
        assert total['metric'] == 'profit'

    def test_rates_are_sums_over_sums(self):
        total = add([result(SMALL), result(LARGE)])['fixed_90']
        assert total['precision'] == 9 / 25
        assert total['recall'] == 9 / 14
        assert total['churn_rate'] == 14 / 110
        assert (total['missed'], total['false_alarms']) == (5, 16)
        assert (total['value_left'], total['value_found']) == (1000.0, 360.0)

    def test_the_area_is_that_of_pairs_within_a_company(self):
        # 4 x 6 and 10 x 90 pairs of one who left and one who stayed
        total = add([result(SMALL), result(LARGE)])['fixed_90']
        assert total['auc'] == pytest.approx((0.75 * 24 + 0.6 * 900) / 924)

    def test_a_company_that_nobody_left_has_no_pairs(self):
        calm = figures(50, 0, 5, 0, None)
        total = add([result(SMALL), result(calm)])['fixed_90']
        assert total['auc'] == 0.75
        assert add([result(calm)])['fixed_90']['auc'] is None
        assert add([result(calm)])['fixed_90']['recall'] is None

    def test_the_probability_is_that_of_all_or_none(self):
        both = add([result(SMALL, probability=SMALL), result(LARGE, probability=LARGE)])
        assert both['probability']['found'] == 9
        assert both['precision'] == 9 / 25
        one = add([result(SMALL, probability=SMALL), result(LARGE)])
        assert one['probability'] is one['auc'] is one['precision'] is one['recall'] is None

    def test_a_rule_of_one_company_is_told_of_its_customers(self):
        total = add([result(SMALL, alone={1: SMALL}), result(LARGE, alone={1: LARGE, 2: LARGE})])
        assert total['alone'][1]['found'] == 9
        assert total['alone'][2] == LARGE

    def test_several_metrics_have_no_name(self):
        assert add([result(SMALL), result(LARGE, metric='revenue')])['metric'] is None


class TestAlone:
    """Three customers as of day 400: the first silent for 100 days, the second for a year, the
    third not at all."""

    DOCUMENTS = pd.DataFrame(
        {
            'partner_id': [1, 1, 2, 2, 3, 3],
            'day': [280, 300, 10, 35, 390, 420],
            'revenue': [100.0] * 6,
            'profit': [10.0] * 6,
            'is_positive': [True] * 6,
        }
    )

    def test_each_rule_by_itself(self):
        near = Rule(1, 'recency', at_risk_months=3, lost_months=120)
        far = Rule(2, 'recency', at_risk_months=11, lost_months=12)
        compared = backtest.compare(self.DOCUMENTS, [far], None, 350, 400, 50, alone=[near, far])
        assert list(compared['alone']) == [1, 2]
        assert compared['alone'][1]['flagged'] == 2
        assert compared['alone'][2] == compared['rules']
        assert compared['rules']['flagged'] == 1

    def test_nothing_is_told_that_was_not_asked(self):
        assert backtest.compare(self.DOCUMENTS, [], None, 350, 400, 50)['alone'] == {}

    def test_a_rule_that_others_replace_is_for_all(self):
        all_ = Rule(1, 'recency', at_risk_months=3, lost_months=120)
        signals = pd.DataFrame({'partner_id': [1], 'segment_id': [5.0]})
        of_segment = Rule(
            2, 'recency', segment_ids=frozenset({5}), at_risk_months=11, lost_months=12
        )
        compared = backtest.compare(
            self.DOCUMENTS, [all_, of_segment], signals, 350, 400, 50, alone=[all_]
        )
        assert compared['rules']['flagged'] == 1
        assert compared['alone'][1]['flagged'] == 2
