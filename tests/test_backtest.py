"""What rules and the probability would have found, beside what came true."""

import json
import math
import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import backtest, cadence, churn
from analysis.churn import Rule

HISTORY_NAME = 'online_retail_invoices.csv.gz'
RECENCY = Rule(1, 'recency')


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


class TestAuc:
    def test_by_hand(self):
        left = [True, False, True, False]
        assert backtest.auc([4, 3, 2, 1], left) == 0.75
        assert backtest.auc([1, 0, 1, 0], left) == 1
        assert backtest.auc([0, 1, 0, 1], left) == 0
        assert backtest.auc([5, 5, 5, 5], left) == 0.5
        assert backtest.auc([2, 2, 2, 1], left) == 0.75

    @pytest.mark.parametrize('seed', range(5))
    def test_is_the_chance_to_tell_a_pair_apart(self, seed):
        rng = np.random.default_rng(seed)
        score, left = rng.integers(0, 12, 90) / 7, rng.random(90) < 0.4
        pairs = [
            (ours > theirs) + (ours == theirs) / 2
            for ours in score[left]
            for theirs in score[~left]
        ]
        assert backtest.auc(score, left) == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)

    @pytest.mark.parametrize('left', [[True, True], [False, False], []])
    def test_one_outcome_alone_tells_nothing(self, left):
        assert math.isnan(backtest.auc(np.arange(len(left)), left))


class TestConfusion:
    def test_by_hand(self):
        flagged = [True, True, True, False, False, False, False, False]
        left = [True, False, False, True, True, True, False, False]
        value = [1, 2, 4, 8, 16, 32, 64, 128]
        assert backtest.confusion(flagged, left, value) == {
            'customers': 8,
            'left': 4,
            'flagged': 3,
            'found': 1,
            'missed': 3,
            'false_alarms': 2,
            'churn_rate': 0.5,
            'precision': 1 / 3,
            'recall': 0.25,
            'value_left': 57,
            'value_found': 1,
        }

    def test_nothing_to_divide_by(self):
        nobody = backtest.confusion([], [], [])
        assert (nobody['churn_rate'], nobody['precision'], nobody['recall']) == (None,) * 3
        result = backtest.confusion([False, False], [False, False], [1, 1])
        assert (result['churn_rate'], result['precision'], result['recall']) == (0, None, None)


class TestFlagAtRecall:
    SCORE = np.array([9, 8, 7, 6, 5, 4.0])
    LEFT = np.array([True, False, True, True, False, True])

    @pytest.mark.parametrize(
        ('recall', 'flagged'),
        [(0, 0), (0.01, 1), (0.25, 1), (0.26, 3), (0.5, 3), (0.75, 4), (0.76, 6), (1, 6)],
    )
    def test_the_fewest_that_reach_it(self, recall, flagged):
        result = backtest.flag_at_recall(self.SCORE, self.LEFT, recall)
        assert result.tolist() == [True] * flagged + [False] * (6 - flagged)

    @pytest.mark.parametrize('customers', range(25, 40))
    def test_its_own_recall_is_reached_exactly(self, customers):
        """7 / 25 * 25 is a hair above 7."""
        left = np.ones(customers, dtype=bool)
        for found in range(customers + 1):
            flagged = backtest.flag_at_recall(np.arange(customers), left, found / customers)
            assert flagged.sum() == found

    def test_equal_scores_are_flagged_together_in_any_order(self):
        score = np.array([1, 2, 2, 2, 3])
        left = np.array([False, True, False, True, False])
        assert backtest.flag_at_recall(score, left, 0.5).tolist() == [False] + [True] * 4
        assert backtest.flag_at_recall(score[::-1], left[::-1], 0.5).tolist() == [True] * 4 + [
            False
        ]

    def test_nobody_left(self):
        assert not backtest.flag_at_recall(self.SCORE, ~np.ones(6, dtype=bool), 0.9).any()


def documents(rows):
    """Documents of rows of (partner, day, revenue), profit a tenth of it."""
    frame = pd.DataFrame(rows, columns=['partner_id', 'day', 'revenue'])
    frame['revenue'] = frame['revenue'].astype('float64')
    return frame.assign(profit=frame['revenue'] / 10, is_positive=frame['revenue'] > 0)


class TestCompareByHand:
    """Five customers as of day 400, and what they do in the 50 days after it.

    ========  ==================  ==================  =====  ======  =====
    customer  last order          by recency          fixed  left    value
    ========  ==================  ==================  =====  ======  =====
    1         400, silent 0       active              no     no      20
    2         300, silent 100     at risk             yes    yes     40
    3         310, silent 90      watched (once)      no     yes     50
    4         200, silent 200     lost                yes    no      90
    5         309, silent 91      at risk (91 days)   yes    yes     none
    ========  ==================  ==================  =====  ======  =====
    """

    ROWS = (
        [(1, 390, 100), (1, 400, 100), (1, 450, 100)]
        + [(2, 280, 200), (2, 300, 200), (2, 451, 999)]
        + [(3, 310, 500)]
        + [(4, 190, 400), (4, 200, 500), (4, 401, 1)]
        + [(5, 300, 100), (5, 309, 100), (5, 310, -300), (5, 420, -5)]
        # Not a customer yet, and one who never was.
        + [(6, 401, 77), (7, 390, -10)]
    )
    # Day 400 is 5 February 1971; three months after day 309 (6 November) end on the 6th.
    RULES = [Rule(1, 'recency', at_risk_months=2, lost_months=6)]

    def compare(self, rows=None, rules=RULES, signals=None, **options):
        frame = documents(self.ROWS if rows is None else rows)
        return backtest.compare(frame, rules, signals, 350, 400, 50, **options)

    def test_the_fixed_rule(self):
        result = self.compare()
        assert (result['customers'], result['left'], result['churn_rate']) == (5, 3, 0.6)
        assert result['fixed_90'] == {
            'customers': 5,
            'left': 3,
            'churn_rate': 0.6,
            'flagged': 3,
            'found': 2,
            'missed': 1,
            'false_alarms': 1,
            'precision': pytest.approx(2 / 3),
            'recall': pytest.approx(2 / 3),
            'value_left': 90,
            'value_found': 40,
            # Silent 100, 90 and 91 days left, 0 and 200 stayed: three of six pairs are right.
            'auc': 0.5,
        }

    def test_the_rules(self):
        rules = self.compare()['rules']
        assert (rules['flagged'], rules['found'], rules['missed']) == (3, 2, 1)
        assert (rules['precision'], rules['recall']) == (2 / 3, 2 / 3)
        # At risk, watched and at risk left; active and lost stayed.
        assert rules['auc'] == 0.5

    def test_too_little_history_leaves_the_rules_alone(self):
        result = self.compare(rules=[*self.RULES, Rule(2, 'probability', min_probability=0.01)])
        assert result['probability'] is result['model'] is result['auc'] is None
        assert result['precision'] is result['recall'] is None
        assert result['too_little'] == {
            'customers': 4,
            'left': 4,
            'needed': 90,
            'days': 161,
            'needed_days': 50,
        }
        assert result['rules']['flagged'] == 3

    def test_signals_count_and_prospects_do_not(self):
        signals = pd.DataFrame({'partner_id': [1, 8], 'conflict_day': [399, 300]})
        rules = self.compare(rules=[Rule(2, 'conflict')], signals=signals)['rules']
        assert (rules['customers'], rules['flagged'], rules['false_alarms']) == (5, 1, 1)

    def test_who_was_won_back_is_not_leaving(self):
        signals = pd.DataFrame({'partner_id': [3], 'is_won_back': [True]})
        rules = self.compare(signals=signals)['rules']
        # Now customer 3 who left is beside customer 1 who stayed.
        assert rules['auc'] == 2.5 / 6

    def test_money_at_stake(self):
        assert self.compare(metric='revenue')['fixed_90']['value_left'] == 900
        assert self.compare(metric='profit')['metric'] == 'profit'
        frame = documents(self.ROWS).assign(profit=0.0)
        result = backtest.compare(frame, [], None, 350, 400, 50)
        assert (result['metric'], result['fixed_90']['value_left']) == ('revenue', 900)
        with pytest.raises(ValueError, match="metric"):
            self.compare(metric='orders')

    def test_is_json(self):
        assert json.loads(json.dumps(self.compare())) == self.compare()

    def test_the_days_of_the_fixed_rule(self):
        assert self.compare(days=99)['fixed_90']['flagged'] == 2

    def test_nobody(self):
        result = self.compare(rows=[])
        assert (result['customers'], result['churn_rate']) == (0, None)
        assert result['rules']['auc'] is result['fixed_90']['auc'] is None

    def test_what_is_learned_from_must_be_over(self):
        with pytest.raises(ValueError, match="must be over"):
            backtest.compare(documents(self.ROWS), [], None, 351, 400, 50)


def company(seed=7):
    """600 customers of many rhythms, each of whom one day stops."""
    rng = np.random.default_rng(seed)
    rows = []
    for partner in range(1, 601):
        rhythm, on = rng.choice([10, 30, 60]), rng.integers(0, 700)
        stops = on + rng.exponential(300)
        while on <= min(stops, 900):
            rows.append((partner, int(on), round(float(rng.lognormal(4, 1)), 2)))
            on += 1 + rng.exponential(rhythm)
    return documents(rows)


class TestCompare:
    RULES = [RECENCY, Rule(2, 'probability', min_probability=0.6, includes_once=True)]

    @pytest.fixture(scope='class')
    def sales(self):
        return company()

    @pytest.fixture(scope='class')
    def result(self, sales):
        return backtest.compare(sales, self.RULES, None, 600, 700, 90)

    def test_the_probability_is_judged_at_the_recall_of_the_fixed_rule(self, sales, result):
        model = cadence.train(sales, 690, 90)
        assert result['model'] == model.to_dict()
        score = model.probability(cadence.features(sales, 700))
        left = cadence.outcome(sales, 700, 90)['left'].to_numpy()
        probability = result['probability']
        assert result['auc'] == probability['auc'] == backtest.auc(score, left)
        assert (score >= probability['threshold']).sum() == probability['flagged']
        assert result['recall'] == probability['recall'] >= result['fixed_90']['recall']
        one_fewer = (score > probability['threshold']) & left
        assert one_fewer.sum() / left.sum() < result['fixed_90']['recall']
        assert result['precision'] == probability['precision']
        assert result['too_little'] is None

    def test_a_rule_sees_the_probability(self, sales, result):
        probability = backtest.compare(sales, self.RULES[1:], None, 600, 700, 90)['rules']
        score = cadence.Model.from_dict(result['model']).probability(cadence.features(sales, 700))
        seasonal = cadence.customers(sales, 700)['buyer_type'] == 'seasonal'
        assert probability['flagged'] == ((score >= 0.6) & ~seasonal).sum() > 0

    def test_each_rule_alone(self, sales, result):
        by_id = backtest.compare(sales, [], None, 600, 700, 90, alone=self.RULES)['alone']
        assert list(by_id) == [1, 2]
        for rule in self.RULES:
            single = backtest.compare(sales, [rule], None, 600, 700, 90)
            assert by_id[rule.id] == single['rules']
        assert by_id[1] != by_id[2]
        assert result['alone'] == {}

    def test_what_comes_later_changes_the_truth_alone(self, sales, result):
        """Everybody orders after the day: nobody left, and nothing else is different."""
        later = documents([(partner, 720, 50) for partner in range(1, 601)])
        frame = pd.concat([sales[sales['day'] <= 700], later], ignore_index=True)
        other = backtest.compare(frame, self.RULES, None, 600, 700, 90)
        assert other['left'] == 0 < result['left']
        assert other['model'] == result['model']
        for name in ('rules', 'fixed_90'):
            assert other[name]['flagged'] == result[name]['flagged']

    def test_what_comes_after_the_days_changes_nothing(self, sales, result):
        frame = pd.concat([sales, documents([(1, 791, 1e6), (900, 800, 1e6)])], ignore_index=True)
        assert backtest.compare(frame, self.RULES, None, 600, 700, 90) == result

    def test_learns_from_nothing_later_than_it_says(self, sales, result):
        changed = sales[~sales['day'].between(691, 700)]
        other = backtest.compare(changed, self.RULES, None, 600, 700, 90)
        assert other['model'] == result['model']
        assert other['rules'] != result['rules']

    def test_in_any_order_of_the_rows(self, sales, result):
        shuffled = sales.sample(frac=1, random_state=1)
        assert backtest.compare(shuffled, self.RULES, None, 600, 700, 90) == result


def sales_history():
    """Find the file named by SALES_HISTORY or, beside the repository, in a folder ``data``."""
    if os.environ.get('SALES_HISTORY'):
        return Path(os.environ['SALES_HISTORY'])
    beside = Path(__file__).resolve().parents[2]
    return next(beside.glob(f'*/data/{HISTORY_NAME}'), None)


@pytest.fixture(scope='module')
def online_retail():
    """22,190 documents of a wholesaler, 2010-12-01 to 2011-12-09."""
    path = sales_history()
    if path is None:
        pytest.skip(f"no {HISTORY_NAME}; name the file in SALES_HISTORY to run this test")
    history = pd.read_csv(path, parse_dates=['date'])
    return pd.DataFrame(
        {
            'partner_id': history['customer'],
            'day': (history['date'].dt.normalize() - pd.Timestamp(0)).dt.days,
            'revenue': history['amount'],
            'profit': 0.0,
            'is_positive': history['amount'] > 0,
        }
    )


AS_OF = day('2011-08-31')


@pytest.mark.parametrize('with_credits', [False, True])
def test_real_sales_are_foretold_better_than_by_the_fixed_rule(online_retail, with_credits):
    """The bar was set by fits of others: gradient boosting 0.729, BG/NBD 0.728."""
    frame = online_retail if with_credits else online_retail[online_retail['is_positive']]
    result = backtest.compare(frame, [RECENCY], None, day('2011-05-23'), AS_OF, 100)
    fixed = result['fixed_90']
    assert (result['customers'], result['left']) == (3317, 1365)
    assert [round(fixed[name], 3) for name in ('auc', 'recall', 'precision')] == [
        0.685,
        0.584,
        0.576,
    ]
    assert result['auc'] >= 0.735
    assert result['recall'] >= fixed['recall']
    assert result['precision'] >= 0.61
    assert result['probability']['false_alarms'] < fixed['false_alarms'] - 50


def test_own_rhythm_alone_foretells_real_sales_worse_than_days_since_last(online_retail):
    facts = cadence.customers(online_retail, AS_OF)
    left = cadence.outcome(online_retail, AS_OF, 100)['left']
    silent = AS_OF - facts['last_day']
    usual = facts['interval'].fillna(facts['interval'].median())
    assert round(backtest.auc(silent / usual, left), 3) == 0.653
    assert round(backtest.auc(silent, left), 3) == 0.685


def test_model_of_real_sales_explains_itself(online_retail):
    model = cadence.train(online_retail, AS_OF, 100)
    features = cadence.features(online_retail, AS_OF)
    probability = model.probability(features)
    factors = pd.Series(model.factors(features))
    likely, unlikely = factors[probability > 0.8], factors[probability < 0.2]
    assert min(len(likely), len(unlikely)) > 100
    assert likely.str.contains('+', regex=False).mean() == 1
    assert unlikely.str.contains('-', regex=False).mean() == 1
    facts = churn.with_signals(
        cadence.customers(online_retail, AS_OF),
        pd.DataFrame({'partner_id': features['partner_id'], 'probability': probability}),
    )
    verdicts = churn.judge(facts, online_retail, [Rule(7, 'probability')], AS_OF)
    hits = (probability >= 0.75).sum()
    assert (verdicts['state'] != 'active').sum() == hits > 0
