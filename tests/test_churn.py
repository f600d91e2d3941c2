"""Which rule puts whom into which state, and since when."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis import cadence, churn
from analysis.churn import Rule

EPOCH = date(1970, 1, 1)
RECENCY = Rule(1, 'recency')
ONCE_TOO = Rule(1, 'recency', includes_once=True)
RHYTHM = Rule(2, 'rhythm')
FALLING = Rule(3, 'falling')
NPS = Rule(4, 'nps')
CONFLICT = Rule(5, 'conflict')
INQUIRY = Rule(6, 'inquiry')
PROBABILITY = Rule(7, 'probability')
ALL = [RECENCY, RHYTHM, FALLING, NPS, CONFLICT, INQUIRY, PROBABILITY]


def day(text):
    return (date.fromisoformat(text) - EPOCH).days


def documents(*rows):
    """Documents of rows of (partner, day, revenue)."""
    frame = pd.DataFrame(
        [(partner, on, float(revenue)) for partner, on, revenue in rows],
        columns=['partner_id', 'day', 'revenue'],
    ).astype({'partner_id': 'int64', 'day': 'int64', 'revenue': 'float64'})
    return frame.assign(profit=frame['revenue'] / 10, is_positive=frame['revenue'] > 0)


def judged(frame, as_of, rules, **signals):
    """Verdicts on customers 1, 2... of whom each signal is a list, or one value for all."""
    partners = sorted({*frame['partner_id'], *signals.pop('partners', [])})
    facts = churn.with_signals(
        cadence.customers(frame, as_of), pd.DataFrame({'partner_id': partners, **signals})
    )
    return churn.judge(facts, frame, rules, as_of)


def verdict(days, as_of, *rules, **signals):
    """The verdict on the only customer, who bought on some days."""
    frame = documents(*((1, on, 100) for on in days))
    return judged(frame, as_of, rules or ALL, partners=[1], **signals).iloc[0]


def state(days, as_of, *rules, **signals):
    return verdict(days, as_of, *rules, **signals)['state']


# Bought monthly until 15 January 2024.
MONTHLY = [day('2023-11-15'), day('2023-12-15'), day('2024-01-15')]
SEASONS = [day(f'{year}-{rest}') for year in (2021, 2022, 2023) for rest in ('12-01', '12-15')]


class TestRecency:
    @pytest.mark.parametrize(
        ('as_of', 'expected', 'since'),
        [
            ('2024-01-15', 'active', None),
            ('2024-04-15', 'active', None),
            ('2024-04-16', 'at_risk', '2024-04-16'),
            ('2024-07-15', 'at_risk', '2024-04-16'),
            ('2024-07-16', 'lost', '2024-07-16'),
            ('2026-01-01', 'lost', '2024-07-16'),
        ],
    )
    def test_more_than_so_many_months(self, as_of, expected, since):
        result = verdict(MONTHLY, day(as_of), RECENCY)
        assert result['state'] == expected
        if since:
            assert (result['rule_id'], result['since']) == (1, day(since))
        else:
            assert result[['rule_id', 'since']].isna().all()

    def test_three_months_after_the_end_of_november_end_with_february(self):
        days = [day('2023-11-29'), day('2023-11-30')]
        assert state(days, day('2024-02-29'), RECENCY) == 'active'
        assert state(days, day('2024-03-01'), RECENCY) == 'at_risk'

    def test_equal_months_skip_at_risk(self):
        rule = Rule(1, 'recency', at_risk_months=3, lost_months=3)
        assert state(MONTHLY, day('2024-04-15'), rule) == 'active'
        assert state(MONTHLY, day('2024-04-16'), rule) == 'lost'

    def test_who_bought_once_is_watched_at_most(self):
        once = [day('2024-01-15')]
        assert state(once, day('2024-04-15'), RECENCY) == 'active'
        result = verdict(once, day('2025-06-01'), RECENCY)
        assert result['state'] == 'watch'
        assert result['since'] == day('2024-04-16')
        assert state([*once, *once], day('2025-06-01'), RECENCY) == 'watch'

    def test_a_rule_may_include_them(self):
        once = [day('2024-01-15')]
        assert state(once, day('2024-04-16'), ONCE_TOO) == 'at_risk'
        assert state(once, day('2024-07-16'), ONCE_TOO) == 'lost'

    @pytest.mark.parametrize(
        ('as_of', 'expected', 'since'),
        [
            ('2024-12-01', 'active', None),
            ('2025-03-01', 'active', None),
            ('2025-03-02', 'at_risk', '2025-03-02'),
            ('2025-06-02', 'lost', '2025-06-02'),
        ],
    )
    def test_a_seasonal_buyer_is_late_when_the_next_season_is(self, as_of, expected, since):
        result = verdict(SEASONS, day(as_of), RECENCY, RHYTHM, FALLING)
        assert result['state'] == expected
        assert np.isnan(result['since']) if since is None else result['since'] == day(since)

    def test_a_credit_is_no_sign_of_life(self):
        frame = documents(*((1, on, 100) for on in MONTHLY), (1, day('2024-04-10'), -50))
        assert judged(frame, day('2024-04-16'), [RECENCY]).loc[0, 'state'] == 'at_risk'


class TestRhythm:
    @pytest.mark.parametrize(('silent', 'expected'), [(60, 'active'), (61, 'at_risk')])
    def test_more_than_a_multiple_of_the_usual_interval(self, silent, expected):
        result = verdict([0, 30, 60], 60 + silent, RHYTHM)
        assert result['state'] == expected
        assert result['since'] == 121 if expected == 'at_risk' else np.isnan(result['since'])

    def test_half_days(self):
        """The interval is 15.5 days: 31 days are not more than twice that."""
        assert state([0, 15, 31], 31 + 31, RHYTHM) == 'active'
        assert verdict([0, 15, 31], 31 + 32, RHYTHM)['since'] == 31 + 32

    @pytest.mark.parametrize(
        ('factor', 'interval', 'allowed'),
        [(1.15, 100, 115), (1.4, 45, 63), (1.5, 15, 22), (1, 9, 9)],
    )
    def test_the_multiple_is_taken_at_its_word(self, factor, interval, allowed):
        days, rule = [0, interval, 2 * interval], Rule(2, 'rhythm', factor=factor)
        assert state(days, days[-1] + allowed, rule) == 'active'
        assert verdict(days, days[-1] + allowed + 1, rule)['since'] == days[-1] + allowed + 1

    def test_needs_enough_purchase_days(self):
        assert state([0, 10], 100, RHYTHM) == 'active'
        assert state([0, 0, 10], 100, RHYTHM) == 'active'
        assert state([0, 10], 100, Rule(2, 'rhythm', min_orders=2)) == 'at_risk'
        assert state([0, 10, 20], 100, Rule(2, 'rhythm', min_orders=4)) == 'active'

    def test_a_seasonal_buyer_has_none(self):
        assert state(SEASONS, SEASONS[-1] + 100, RHYTHM) == 'active'

    def test_leads_to_the_state_of_the_rule(self):
        assert state([0, 30, 60], 200, Rule(2, 'rhythm', state='watch')) == 'watch'
        assert state([0, 30, 60], 200, Rule(2, 'rhythm', state='lost')) == 'lost'


class TestFalling:
    AS_OF = day('2024-07-31')
    OLD = day('2024-01-01')

    def result(self, *rows, rule=FALLING, **signals):
        frame = documents((1, self.OLD, 100), *((1, day(on), value) for on, value in rows))
        return judged(frame, self.AS_OF, [rule], **signals).iloc[0]

    @pytest.mark.parametrize(
        ('recent', 'expected'), [(50, 'active'), (49.99, 'at_risk'), (50.01, 'active')]
    )
    def test_below_a_share_of_the_period_before(self, recent, expected):
        result = self.result(('2024-03-15', 100), ('2024-07-15', recent))
        assert result['state'] == expected
        if expected == 'at_risk':
            assert result[['recent', 'previous']].tolist() == [49.99, 100]
            assert np.isnan(result['since'])
        else:
            assert result[['recent', 'previous']].isna().all()

    def test_the_periods_are_calendar_months_up_to_the_day(self):
        """From 1 May until 31 July, and before that from 1 February (after 31 January)."""
        rows = ('2024-01-31', 1), ('2024-02-01', 2), ('2024-04-30', 40), ('2024-05-01', 3)
        result = self.result(*rows, ('2024-07-31', 7), ('2024-08-01', 1000))
        assert result[['recent', 'previous']].tolist() == [10, 42]

    def test_credits_count(self):
        result = self.result(('2024-03-15', 100), ('2024-07-15', 80), ('2024-07-20', -40))
        assert result[['state', 'recent']].tolist() == ['at_risk', 40]
        result = self.result(('2024-03-15', 100), ('2024-03-20', -60), ('2024-07-15', 30))
        assert result['state'] == 'active'

    def test_nothing_before_cannot_fall(self):
        result = self.result(('2024-03-15', 100), ('2024-03-20', -100), ('2024-07-20', -40))
        assert result['state'] == 'active'

    def test_by_number_of_orders(self):
        rule = Rule(3, 'falling', measure='orders')
        orders = [(f'2024-03-{number}', 10) for number in range(10, 15)]
        result = self.result(*orders, ('2024-07-01', 900), ('2024-07-02', 900), rule=rule)
        assert result[['state', 'recent', 'previous']].tolist() == ['at_risk', 2, 5]
        rows = *orders, ('2024-07-01', 1), ('2024-07-02', 1), ('2024-07-03', 1)
        assert self.result(*rows, ('2024-07-04', -1), rule=rule)['state'] == 'active'

    def test_history_must_cover_both_periods(self):
        def young(first):
            frame = documents((1, day(first), 100), (1, day('2024-03-15'), 100))
            return judged(frame, self.AS_OF, [FALLING]).loc[0, 'state']

        assert young('2024-02-01') == 'at_risk'
        assert young('2024-02-02') == 'active'

    def test_who_bought_once_or_by_season_cannot_fall(self):
        frame = documents((1, day('2024-02-01'), 100))
        assert judged(frame, self.AS_OF, [FALLING]).loc[0, 'state'] == 'active'
        assert state(SEASONS, day('2024-05-20'), FALLING) == 'active'

    def test_each_customer_by_its_own_documents(self):
        march, july = day('2024-03-15'), day('2024-07-15')
        frame = documents(
            *((partner, self.OLD, 5) for partner in (1, 2, 3)),
            *((1, march, 100), (1, july, 90), (2, march, 100), (2, july, 10)),
            *((3, march, 10), (3, july, 100)),
        )
        for order in (frame, frame[::-1], frame.sample(frac=1, random_state=1)):
            result = judged(order, self.AS_OF, [FALLING])
            assert result['state'].tolist() == ['active', 'at_risk', 'active']


class TestSigns:
    """What customers said and did beside buying; of prospects too."""

    AS_OF = day('2024-07-31')

    @pytest.mark.parametrize(
        ('score', 'expected'), [(0, 'at_risk'), (6, 'at_risk'), (7, 'active'), (np.nan, 'active')]
    )
    @pytest.mark.parametrize('days', [[], [day('2024-07-01')]])
    def test_nps(self, score, expected, days):
        said = day('2024-06-01')
        result = verdict(days, self.AS_OF, NPS, nps_score=score, nps_day=said)
        assert result['state'] == expected
        if expected == 'at_risk':
            assert (result['rule_id'], result['since']) == (4, said)

    @pytest.mark.parametrize(
        ('said', 'expected'),
        [
            ('2024-01-30', 'active'),
            ('2024-01-31', 'at_risk'),
            ('2024-07-31', 'at_risk'),
            ('2024-08-01', 'active'),
        ],
    )
    def test_an_nps_answer_is_fresh_for_so_many_months(self, said, expected):
        assert state([], self.AS_OF, NPS, nps_score=0, nps_day=day(said)) == expected

    def test_each_rule_looks_at_the_answer_that_is_fresh_for_it(self):
        """Within 12 months an old 5 decides, within 3 a new 7."""
        lately = Rule(4, 'nps', state='watch', max_score=7, fresh_months=3)
        ever = Rule(8, 'nps', state='lost', max_score=4, fresh_months=12)
        signals = {
            'nps_score_3': 7,
            'nps_day_3': day('2024-06-01'),
            'nps_score_12': 5,
            'nps_day_12': day('2023-12-01'),
        }
        result = verdict([], self.AS_OF, lately, ever, **signals)
        assert result[['state', 'rule_id', 'since']].tolist() == ['watch', 4, day('2024-06-01')]
        milder = Rule(8, 'nps', state='lost', max_score=5, fresh_months=12)
        result = verdict([], self.AS_OF, lately, milder, **signals)
        assert result[['state', 'rule_id', 'since']].tolist() == ['lost', 8, day('2023-12-01')]

    @pytest.mark.parametrize('days', [[], [day('2024-07-01')]])
    def test_conflict(self, days):
        result = verdict(days, self.AS_OF, CONFLICT, conflict_day=day('2024-05-05'))
        assert result[['state', 'rule_id', 'since']].tolist() == ['at_risk', 5, day('2024-05-05')]
        assert state(days, self.AS_OF, CONFLICT, conflict_day=np.nan) == 'active'
        assert state(days, self.AS_OF, CONFLICT, conflict_day=self.AS_OF + 1) == 'active'

    @pytest.mark.parametrize(
        ('count', 'expected'), [(3, 'active'), (4, 'at_risk'), (np.nan, 'active')]
    )
    def test_more_than_so_many_inquiries_without_an_order(self, count, expected):
        result = verdict([], self.AS_OF, INQUIRY, inquiry_count=count)
        assert result['state'] == expected
        assert np.isnan(result['since'])
        if expected == 'at_risk':
            assert result[['rule_id', 'recent']].tolist() == [6, 4]
            assert np.isnan(result['previous'])

    def test_each_rule_counts_the_inquiries_of_its_months(self):
        often = Rule(6, 'inquiry', state='watch', count=2, months=3)
        ever = Rule(8, 'inquiry', state='lost', count=5, months=24)
        signals = {'inquiry_count_3': 3.0, 'inquiry_count_24': 5.0}
        result = verdict([], self.AS_OF, often, ever, **signals)
        assert result[['state', 'rule_id', 'recent']].tolist() == ['watch', 6, 3]
        result = verdict([], self.AS_OF, often, ever, **{**signals, 'inquiry_count_24': 6.0})
        assert result[['state', 'rule_id', 'recent']].tolist() == ['lost', 8, 6]
        result = verdict([], self.AS_OF, often, ever, **{**signals, 'inquiry_count_3': 2.0})
        assert result['state'] == 'active'

    def test_inquiries_of_who_bought_are_none(self):
        assert state([day('2024-07-01')], self.AS_OF, INQUIRY, inquiry_count=9) == 'active'

    def test_a_prospect_is_judged_by_no_other_rule(self):
        assert state([], self.AS_OF) == 'active'
        assert state([], self.AS_OF, ONCE_TOO, RHYTHM, FALLING) == 'active'

    @pytest.mark.parametrize(
        ('probability', 'expected'),
        [(0.74, 'active'), (0.75, 'at_risk'), (1, 'at_risk'), (np.nan, 'active')],
    )
    def test_probability(self, probability, expected):
        result = verdict(MONTHLY, MONTHLY[-1], PROBABILITY, probability=probability)
        assert result['state'] == expected
        assert np.isnan(result['since'])

    def test_probability_of_one_time_and_seasonal_buyers_is_watched_at_most(self):
        rule = Rule(7, 'probability', state='lost')
        included = Rule(7, 'probability', state='lost', includes_once=True)
        assert state([0], 5, rule, probability=1) == 'watch'
        assert state([0], 5, included, probability=1) == 'lost'
        assert state(SEASONS, SEASONS[-1], rule, probability=1) == 'watch'
        assert state(SEASONS, SEASONS[-1], included, probability=1) == 'watch'
        assert state(MONTHLY, MONTHLY[-1], rule, probability=1) == 'lost'


class TestTogether:
    AS_OF = day('2024-05-01')

    def result(self, *rules, **signals):
        return verdict(MONTHLY, self.AS_OF, *rules, **signals)

    def test_the_worst_wins(self):
        lost = Rule(9, 'conflict', state='lost')
        result = self.result(RECENCY, RHYTHM, lost, conflict_day=self.AS_OF - 3)
        assert result[['state', 'rule_id', 'since']].tolist() == ['lost', 9, self.AS_OF - 3]

    def test_of_equals_the_first_wins(self):
        assert self.result(RECENCY, RHYTHM)['rule_id'] == 1
        assert self.result(RHYTHM, RECENCY)['rule_id'] == 2

    def test_the_figures_are_those_of_the_rule_that_won(self):
        watch = Rule(8, 'inquiry', state='watch')
        conflict = self.result(watch, CONFLICT, inquiry_count=9, conflict_day=self.AS_OF)
        assert conflict['rule_id'] == 5
        assert np.isnan(conflict['recent'])

    def test_exempt_is_watched_at_most(self):
        result = self.result(RECENCY, is_exempt=True)
        assert result[['state', 'rule_id']].tolist() == ['watch', 1]
        assert result['since'] == day('2024-04-16')
        assert verdict(MONTHLY, MONTHLY[-1], RECENCY, is_exempt=True)['state'] == 'active'

    def test_won_back_unless_worse_than_watched(self):
        active = verdict(MONTHLY, MONTHLY[-1], RECENCY, is_won_back=True)
        assert active['state'] == 'won_back'
        watch = Rule(1, 'rhythm', state='watch')
        watched = self.result(watch, is_won_back=True)
        assert watched['state'] == 'won_back'
        assert watched[['rule_id', 'since', 'recent', 'previous']].isna().all()
        assert self.result(RECENCY, is_won_back=True)['state'] == 'at_risk'
        assert self.result(RECENCY, is_won_back=True, is_exempt=True)['state'] == 'won_back'

    def test_without_rules_all_are_active(self):
        frame = documents(*((1, on, 1) for on in MONTHLY))
        assert judged(frame, 30000, [])['state'].tolist() == ['active']

    def test_nobody(self):
        for empty in (documents(), pd.DataFrame()):
            facts = churn.with_signals(cadence.customers(empty, 10))
            result = churn.judge(facts, empty, ALL, 10)
            assert result.empty
            assert result.dtypes.tolist() == ['int64', object, *['float64'] * 4]

    def test_rows_and_index_in_any_order(self):
        rng = np.random.default_rng(4)
        rows = [
            (partner, int(on), 10) for partner in range(1, 60) for on in rng.integers(0, 900, 5)
        ]
        frame = documents(*rows)
        facts = churn.with_signals(
            cadence.customers(frame, 950),
            pd.DataFrame({'partner_id': range(40, 80), 'inquiry_count': 9, 'nps_score': 3.0})
            .assign(nps_day=900.0)
            .iloc[::-1],
        )
        result = churn.judge(facts, frame, ALL, 950)
        assert set(result['state']) == {'active', 'watch', 'at_risk', 'lost'} - (
            set() if (facts['buyer_type'] == 'once').any() else {'watch'}
        )
        mixed = facts.sample(frac=1, random_state=2)
        shuffled = churn.judge(mixed, frame.sample(frac=1, random_state=1), ALL, 950)
        pd.testing.assert_frame_equal(shuffled.sort_index(), result)


class TestSegments:
    """Customers 1, 2 and 3 of the segments 10, 20 and none, all silent for five months."""

    def states(self, *rules):
        frame = documents(*((partner, on, 9) for partner in (1, 2, 3) for on in MONTHLY))
        segments = [10, 20, np.nan]
        return judged(frame, day('2024-06-15'), list(rules), segment_id=segments)[
            ['state', 'rule_id']
        ].values.tolist()

    def test_a_rule_of_a_segment_is_for_no_other(self):
        rule = Rule(8, 'recency', segment_ids=frozenset({20}))
        assert [name for name, _rule in self.states(rule)] == ['active', 'at_risk', 'active']

    def test_it_replaces_those_for_all(self):
        milder = Rule(8, 'recency', at_risk_months=12, lost_months=24, segment_ids=frozenset({20}))
        for rules in ([RECENCY, milder], [milder, RECENCY]):
            states = [name for name, _rule in self.states(*rules)]
            assert states == ['at_risk', 'active', 'at_risk']

    def test_only_those_of_its_kind(self):
        milder = Rule(8, 'recency', at_risk_months=12, lost_months=24, segment_ids=frozenset({20}))
        assert self.states(RECENCY, milder, RHYTHM) == [
            ['at_risk', 1],
            ['at_risk', 2],
            ['at_risk', 1],
        ]

    def test_several_that_name_it_all_apply(self):
        stricter = Rule(8, 'recency', lost_months=4, segment_ids=frozenset({10, 20}))
        milder = Rule(9, 'recency', at_risk_months=12, lost_months=24, segment_ids=frozenset({20}))
        assert self.states(RECENCY, milder, stricter) == [['lost', 8], ['lost', 8], ['at_risk', 1]]


class TestFixed:
    def test_more_than_90_days(self):
        facts = pd.DataFrame({'last_day': [10, 9, np.nan]})
        assert churn.fixed(facts, 100).tolist() == [False, True, False]
        assert churn.fixed(facts, 100, days=89).tolist() == [True, True, False]


class TestWithSignals:
    def test_nothing_else_known(self):
        facts = churn.with_signals(cadence.customers(documents((1, 5, 9)), 10))
        assert facts['order_count'].tolist() == [1]
        assert facts[['segment_id', 'nps_score', 'probability']].isna().all(axis=None)
        assert facts[['is_exempt', 'is_won_back']].dtypes.tolist() == ['bool', 'bool']
        assert not facts[['is_exempt', 'is_won_back']].any(axis=None)

    def test_prospects_are_put_in(self):
        signals = pd.DataFrame({'partner_id': [9, 2], 'is_exempt': [True, False], 'nps_score': 0})
        facts = churn.with_signals(cadence.customers(documents((5, 5, 9)), 10), signals)
        assert facts['partner_id'].tolist() == [2, 5, 9]
        assert facts['order_count'].tolist() == [0, 1, 0]
        assert facts['buyer_type'].tolist() == [None, 'once', None]
        assert facts['is_exempt'].tolist() == [False, False, True]
        assert facts['nps_score'].tolist() == [0, pytest.approx(np.nan, nan_ok=True), 0]


@pytest.mark.parametrize(
    ('kind', 'numbers'),
    [
        ('age', {}),
        ('nps', {'state': 'won_back'}),
        ('nps', {'state': 'active'}),
        ('recency', {'at_risk_months': 6, 'lost_months': 5}),
        ('recency', {'at_risk_months': 0}),
        ('rhythm', {'factor': 0.99}),
        ('rhythm', {'factor': np.nan}),
        ('rhythm', {'factor': np.inf}),
        ('rhythm', {'min_orders': 1}),
        ('falling', {'share': 0}),
        ('falling', {'share': 1.01}),
        ('falling', {'period_months': 0}),
        ('falling', {'measure': 'profit'}),
        ('nps', {'max_score': -1}),
        ('nps', {'max_score': 11}),
        ('nps', {'fresh_months': 0}),
        ('inquiry', {'count': -1}),
        ('inquiry', {'months': 0}),
        ('probability', {'min_probability': 0}),
        ('probability', {'min_probability': 75}),
    ],
)
def test_refuses_a_rule(kind, numbers):
    with pytest.raises(ValueError):
        Rule(1, kind, **numbers)


def test_only_the_numbers_of_the_kind_are_checked():
    assert Rule(1, 'conflict', factor=0, share=7, lost_months=0)
    assert Rule(1, 'recency', state='')
