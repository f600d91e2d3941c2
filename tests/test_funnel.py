"""Funnel verdicts and coaching: the playbook's example, published intervals, and boundary cases."""

import itertools
import math
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from analysis import funnel
from analysis.funnel import Rules

PLANS = [1.0, 0.8, 0.8, 0.95]
IVANOV, SIDOROV = 1, 2
RATES = {IVANOV: ['0.80', '0.70', '0.85', '0.95'], SIDOROV: ['0.95', '0.90', '0.70', '0.80']}
FACTS = ['user_id', 'team_id', 'step_id', 'entered', 'passed', 'lost', 'unripe', 'plan']
ADDED = ['judged', 'conversion', 'low', 'high', 'gap', 'verdict']
PAIR = [
    'pupil_id',
    'teacher_id',
    'step_id',
    'pupil_conversion',
    'teacher_conversion',
    'difference',
    'low',
    'high',
    'same_team',
]
SEED = 20260105


def row(user, passed, entered, **columns):
    """One salesperson at one step; those who have not passed are lost."""
    unripe = columns.get('unripe', 0)
    return {
        'user_id': user,
        'team_id': 1,
        'step_id': 1,
        'entered': entered,
        'passed': passed,
        'lost': max(entered - passed - unripe, 0),
        'unripe': unripe,
        'plan': 0.8,
        **columns,
    }


def verdict(passed, entered, rules=None, **columns):
    frame = pd.DataFrame([row(1, passed, entered, **columns)])
    return funnel.conversion(frame, rules)['verdict'].item()


def coaching(*rows, rules=None):
    return funnel.coaching(funnel.conversion(pd.DataFrame(rows), rules), rules)


def pairs(*rows, rules=None):
    """(teacher, pupil, step) of each pair in its order."""
    result = coaching(*rows, rules=rules)
    return list(zip(result['teacher_id'], result['pupil_id'], result['step_id'], strict=True))


def walk(user, prospects, roundings):
    """The steps of one salesperson of the playbook's example, in whole prospects."""
    rows = []
    for step, (rate, rounding) in enumerate(zip(RATES[user], roundings, strict=True)):
        passed = int((prospects * Decimal(rate)).quantize(Decimal(1), rounding))
        rows.append(row(user, passed, prospects, step_id=step + 1, plan=PLANS[step]))
        prospects = passed
    return rows


def every_rounding():
    return itertools.product([ROUND_HALF_UP, ROUND_HALF_DOWN], repeat=len(PLANS))


def some_frame(random, users=12, steps=3):
    """A frame with every kind of row: unassigned, without team, plan or cases, and ties."""
    rows = []
    for user, step in itertools.product(range(users), range(steps)):
        entered = int(random.choice([0, 15, 20, 40, 80, 400]))
        unripe = int(random.integers(0, entered // 4 + 1))
        rows.append(
            row(
                user,
                int((entered - unripe) * random.choice([0, 0.4, 0.5, 0.75, 0.8, 0.9, 1])),
                entered,
                unripe=unripe,
                step_id=step + 1,
                team_id=int(random.integers(0, 4)),
                plan=random.choice([0, 0.5, 0.8, 1, np.nan]),
            )
        )
    return pd.DataFrame(rows)


class TestWorkedExample:
    @pytest.mark.parametrize('roundings', every_rounding())
    def test_with_100_prospects_each_the_four_pairs_of_the_source(self, roundings):
        rows = walk(IVANOV, 100, roundings) + walk(SIDOROV, 100, roundings)
        assert pairs(*rows) == [
            (SIDOROV, IVANOV, 1),
            (SIDOROV, IVANOV, 2),
            (IVANOV, SIDOROV, 3),
            (IVANOV, SIDOROV, 4),
        ]

    @pytest.mark.parametrize('roundings', every_rounding())
    def test_the_verdicts_behind_them(self, roundings):
        rows = walk(IVANOV, 100, roundings) + walk(SIDOROV, 100, roundings)
        result = funnel.conversion(pd.DataFrame(rows))
        assert result['verdict'].tolist() == [
            *['below_plan', 'below_plan', 'on_plan', 'on_plan'],
            *['on_plan', 'on_plan', 'below_plan', 'below_plan'],
        ]

    def test_the_example_is_told_in_whole_prospects(self):
        up, down = [ROUND_HALF_UP] * 4, [ROUND_HALF_DOWN] * 4
        assert [step['passed'] for step in walk(IVANOV, 100, up)] == [80, 56, 48, 46]
        assert [step['passed'] for step in walk(SIDOROV, 100, up)] == [95, 86, 60, 48]
        assert [step['passed'] for step in walk(SIDOROV, 100, down)] == [95, 85, 59, 47]

    def test_95_of_100_per_cent_is_no_weakness(self):
        first = funnel.conversion(pd.DataFrame(walk(SIDOROV, 100, [ROUND_HALF_UP] * 4))).iloc[0]
        assert first['gap'] == -5
        assert first['high'] < first['plan'], "only the tolerance may speak for him here"
        assert first['verdict'] == 'on_plan'

    @pytest.mark.parametrize('roundings', every_rounding())
    def test_with_5_prospects_each_no_verdict_and_no_pair(self, roundings):
        rows = walk(IVANOV, 5, roundings) + walk(SIDOROV, 5, roundings)
        assert set(funnel.conversion(pd.DataFrame(rows))['verdict']) == {'not_enough'}
        assert pairs(*rows) == []


class TestWilson:
    # Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven
    # methods", Statistics in Medicine 17 (8), 1998, table I, method 3.
    @pytest.mark.parametrize(
        ('passed', 'total', 'expected'),
        [
            (81, 263, (0.2553, 0.3662)),
            (15, 148, (0.0624, 0.1605)),
            (0, 20, (0.0, 0.1611)),
            (1, 29, (0.0061, 0.1718)),
        ],
    )
    def test_published(self, passed, total, expected):
        assert funnel.wilson(passed, total) == pytest.approx(expected, abs=5e-5)

    @pytest.mark.parametrize('confidence', [0.5, 0.8, 0.95, 0.99, 0.999999])
    def test_the_bounds_solve_the_score_equation(self, confidence):
        quantile = NormalDist().inv_cdf((1 + confidence) / 2)
        for passed, total in [(1, 2), (7, 20), (19, 20), (400, 1000)]:
            for bound in funnel.wilson(passed, total, confidence):
                distance = abs(passed / total - bound)
                assert distance == pytest.approx(quantile * math.sqrt(bound * (1 - bound) / total))

    def test_bounds_contain_the_rate_and_stay_within_0_and_1(self):
        passed, total = np.array([(n, of) for of in range(1, 150) for n in range(of + 1)]).T
        for confidence in (1e-9, 0.5, 0.95, 1 - 1e-15):
            low, high = funnel.wilson(passed, total, confidence)
            assert (low >= 0).all()
            assert (low <= passed / total).all()
            assert (passed / total <= high).all()
            assert (high <= 1).all()

    def test_nobody_and_everybody_have_exact_bounds(self):
        total = np.arange(1, 2000)
        assert (funnel.wilson(0 * total, total)[0] == 0).all()
        assert (funnel.wilson(total, total)[1] == 1).all()

    def test_more_cases_narrow_it(self):
        low, high = funnel.wilson([8, 80, 800, 8000], [10, 100, 1000, 10000])
        assert (np.diff(high - low) < 0).all()

    def test_without_cases_there_is_none(self):
        assert np.isnan(funnel.wilson(0, 0)).all()

    @pytest.mark.parametrize(
        'kind', [list, np.array, pd.Series, lambda values: pd.Series(values, dtype='Int64')]
    )
    def test_many_at_once(self, kind):
        low, high = funnel.wilson(kind([81, 0, 0]), kind([263, 20, 0]))
        assert low == pytest.approx([0.2553, 0, math.nan], abs=5e-5, nan_ok=True)
        assert high == pytest.approx([0.3662, 0.1611, math.nan], abs=5e-5, nan_ok=True)

    def test_series_are_taken_by_position(self):
        low, _high = funnel.wilson(
            pd.Series([81, 0], index=[5, 6]), pd.Series([263, 20], index=[6, 5])
        )
        assert low == pytest.approx([0.2553, 0], abs=5e-5)

    @pytest.mark.parametrize(
        ('passed', 'total'),
        [
            (2, 1),
            (1, 0),
            (-1, 5),
            (-2, -1),
            (0, -1),
            (math.nan, 5),
            (1, math.nan),
            (1, math.inf),
            (math.inf, math.inf),
            ([1, 3], [2, 2]),
        ],
    )
    def test_impossible_numbers(self, passed, total):
        with pytest.raises(ValueError, match="0 <= passed <= total"):
            funnel.wilson(passed, total)

    @pytest.mark.parametrize('confidence', [0, 1, -0.5, 95, math.nan])
    def test_impossible_confidence(self, confidence):
        with pytest.raises(ValueError, match="confidence"):
            funnel.wilson(1, 2, confidence)


class TestNewcombe:
    # Newcombe, "Interval estimation for the difference between independent proportions:
    # comparison of eleven methods", Statistics in Medicine 17 (8), 1998, table II, method 10.
    @pytest.mark.parametrize(
        ('counts', 'expected'),
        [
            ((56, 70, 48, 80), (0.0524, 0.3339)),
            ((9, 10, 3, 10), (0.1705, 0.8090)),
            ((6, 7, 2, 7), (0.0582, 0.8062)),
            ((5, 56, 0, 29), (-0.0381, 0.1926)),
            ((0, 10, 0, 20), (-0.1611, 0.2775)),
            ((0, 10, 0, 10), (-0.2775, 0.2775)),
            ((10, 10, 0, 20), (0.6791, 1.0)),
            ((10, 10, 0, 10), (0.6075, 1.0)),
        ],
    )
    def test_published(self, counts, expected):
        assert funnel.newcombe(*counts) == pytest.approx(expected, abs=5e-5)

    def test_bounds_contain_the_difference_and_stay_within_minus_1_and_1(self):
        random = np.random.default_rng(SEED)
        total_1, total_2 = random.integers(1, 60, (2, 5000))
        passed_1, passed_2 = random.integers(0, total_1 + 1), random.integers(0, total_2 + 1)
        difference = passed_1 / total_1 - passed_2 / total_2
        low, high = funnel.newcombe(passed_1, total_1, passed_2, total_2)
        assert (low >= -1).all()
        assert (low <= difference).all()
        assert (difference <= high).all()
        assert (high <= 1).all()

    def test_the_other_way_round_is_its_mirror_image(self):
        low, high = funnel.newcombe(56, 70, 48, 80)
        assert funnel.newcombe(48, 80, 56, 70) == pytest.approx((-high, -low))

    def test_less_confidence_narrows_it(self):
        wide_low, wide_high = funnel.newcombe(56, 70, 48, 80, 0.99)
        low, high = funnel.newcombe(56, 70, 48, 80, 0.8)
        assert wide_low < low < 0.2 < high < wide_high

    def test_many_at_once_with_some_without_cases(self):
        low, high = funnel.newcombe([56, 0, 1], [70, 0, 1], [48, 1, 0], [80, 1, 0])
        assert low == pytest.approx([0.0524, math.nan, math.nan], abs=5e-5, nan_ok=True)
        assert high == pytest.approx([0.3339, math.nan, math.nan], abs=5e-5, nan_ok=True)

    @pytest.mark.parametrize('counts', [(3, 2, 1, 2), (1, 2, 3, 2), (1, 2, -1, 2)])
    def test_impossible_numbers(self, counts):
        with pytest.raises(ValueError, match="0 <= passed <= total"):
            funnel.newcombe(*counts)


class TestConversion:
    def test_figures(self):
        frame = pd.DataFrame([row(1, 56, 90, unripe=10)])
        result = funnel.conversion(frame).iloc[0]
        assert result['judged'] == 80
        assert result['conversion'] == 0.7
        assert (result['low'], result['high']) == funnel.wilson(56, 80)
        assert result['gap'] == -10
        assert result['verdict'] == 'below_plan'

    def test_the_confidence_of_the_rules_makes_the_interval(self):
        result = funnel.conversion(pd.DataFrame([row(1, 56, 80)]), Rules(confidence=0.5)).iloc[0]
        assert (result['low'], result['high']) == funnel.wilson(56, 80, 0.5)

    def test_further_columns_order_and_index_stay_and_the_frame_is_not_touched(self):
        frame = pd.DataFrame(
            [row(2, 5, 9, name="second"), row(1, 6, 9, name="first")], index=[7, 7]
        )
        before = frame.copy()
        result = funnel.conversion(frame)
        pd.testing.assert_frame_equal(frame, before)
        pd.testing.assert_frame_equal(result[before.columns], before)
        assert result.columns.tolist() == [*FACTS, 'name', *ADDED]

    def test_judging_again_changes_nothing(self):
        once = funnel.conversion(some_frame(np.random.default_rng(SEED)))
        pd.testing.assert_frame_equal(funnel.conversion(once), once)

    @pytest.mark.parametrize(('passed', 'expected'), [(15, 'not_enough'), (16, 'on_plan')])
    def test_the_smallest_sample(self, passed, expected):
        assert verdict(passed, passed + 4) == expected

    def test_the_unripe_do_not_make_the_sample(self):
        assert verdict(0, 20) == 'below_plan'
        assert verdict(0, 20, unripe=1) == 'not_enough'

    def test_a_smaller_sample_may_be_asked_for(self):
        assert verdict(0, 1, Rules(min_sample=1), plan=0.9) == 'below_plan'
        assert verdict(0, 1, Rules(min_sample=1), plan=0.7) == 'unclear'

    # Of 10,000 cases chance explains hardly half a point: only the tolerance decides.
    @pytest.mark.parametrize(
        ('passed', 'expected'), [(7501, 'on_plan'), (7500, 'on_plan'), (7499, 'below_plan')]
    )
    def test_exactly_the_tolerance_is_not_below(self, passed, expected):
        assert verdict(passed, 10_000) == expected

    def test_float_noise_never_crosses_the_tolerance(self):
        noisy = 0
        for tolerance in range(30):
            rules = Rules(tolerance=tolerance / 100)
            plans = range(tolerance + 1, 101)
            exact = [
                row(plan, (plan - tolerance) * 1000, 100_000, plan=plan / 100) for plan in plans
            ]
            below = [{**each, 'passed': each['passed'] - 1000} for each in exact]
            assert set(funnel.conversion(pd.DataFrame(exact), rules)['verdict']) == {'on_plan'}
            assert set(funnel.conversion(pd.DataFrame(below), rules)['verdict']) == {'below_plan'}
            noisy += sum(each['passed'] / 1e5 - each['plan'] < -tolerance / 100 for each in exact)
        assert noisy, "plain floats must get some wrong, or the cases show nothing"

    def test_one_case_of_a_million_below_the_tolerance_is_below(self):
        assert verdict(750_000, 1_000_000) == 'on_plan'
        assert verdict(749_999, 1_000_000) == 'below_plan'

    def test_a_gap_that_chance_explains_is_unclear(self):
        assert funnel.wilson(14, 20)[1] > 0.8
        assert verdict(14, 20) == 'unclear'
        assert funnel.wilson(56, 80)[1] < 0.8
        assert verdict(56, 80) == 'below_plan'

    def test_more_confidence_makes_it_unclear(self):
        assert verdict(56, 80, Rules(confidence=0.99)) == 'unclear'

    def test_without_tolerance_chance_alone_decides(self):
        exact = Rules(tolerance=0)
        assert verdict(80, 100, exact) == 'on_plan'
        assert verdict(79, 100, exact) == 'unclear'
        assert verdict(78_000, 100_000, exact) == 'below_plan'

    def test_above_plan_is_on_plan(self):
        assert verdict(100, 100) == 'on_plan'

    @pytest.mark.parametrize('passed', [0, 1, 100])
    def test_a_plan_of_0_is_always_met(self, passed):
        frame = pd.DataFrame([row(1, passed, 100, plan=0)])
        result = funnel.conversion(frame).iloc[0]
        assert result['gap'] == passed
        assert result['verdict'] == 'on_plan'

    @pytest.mark.parametrize('plan', [math.nan, None, pd.NA])
    def test_without_plan(self, plan):
        result = funnel.conversion(
            pd.DataFrame([row(1, 0, 100, plan=plan), row(2, 0, 5, plan=plan)])
        )
        assert result['gap'].isna().all()
        assert result['high'].notna().all()
        assert result['verdict'].tolist() == ['no_plan', 'not_enough']

    @pytest.mark.parametrize(('entered', 'unripe'), [(0, 0), (50, 50)])
    def test_without_judged_cases(self, entered, unripe):
        frame = pd.DataFrame([row(1, 0, entered, unripe=unripe)])
        result = funnel.conversion(frame).iloc[0]
        assert result['judged'] == 0
        assert result[['conversion', 'low', 'high', 'gap']].isna().all()
        assert result['verdict'] == 'not_enough'

    @pytest.mark.parametrize('plan', [0.3, 0.1 + 0.2])
    def test_exactly_on_plan_has_a_gap_of_plain_zero(self, plan):
        gap = funnel.conversion(pd.DataFrame([row(1, 30, 100, plan=plan)]))['gap'].item()
        assert gap == 0
        assert not np.signbit(gap)

    def test_numbers_as_a_database_gives_them(self):
        frame = pd.DataFrame([row(1, Decimal(56), Decimal(80), plan=Decimal('0.8'))], dtype=object)
        result = funnel.conversion(frame)
        assert result['verdict'].item() == 'below_plan'
        assert result[ADDED].dtypes.tolist() == ['int64', *['float64'] * 4, object]

    @pytest.mark.parametrize(
        'empty',
        [
            pd.DataFrame(),
            pd.DataFrame(columns=FACTS),
            pd.DataFrame([row(1, 1, 1)])[:0],
        ],
        ids=['no columns', 'untyped', 'typed'],
    )
    def test_empty(self, empty):
        result = funnel.conversion(empty)
        assert len(result) == 0
        assert result.columns.tolist() == FACTS + ADDED
        expected = funnel.conversion(pd.DataFrame([row(1, 1, 1)]))
        assert result.dtypes.to_dict() == expected.dtypes.to_dict()

    def test_further_columns_of_an_empty_frame_stay(self):
        assert 'name' in funnel.conversion(pd.DataFrame(columns=['name']))


class TestConversionErrors:
    @pytest.mark.parametrize('column', FACTS)
    def test_missing_column(self, column):
        frame = pd.DataFrame([row(1, 5, 9)]).drop(columns=column)
        with pytest.raises(ValueError, match=f"no column '{column}'"):
            funnel.conversion(frame)

    @pytest.mark.parametrize('column', ['entered', 'passed', 'lost', 'unripe'])
    @pytest.mark.parametrize('number', [-1, 0.5, math.nan, math.inf, None, pd.NA])
    def test_not_a_count(self, column, number):
        frame = pd.DataFrame([row(3, 5, 9), {**row(4, 5, 9, step_id=8), column: number}])
        with pytest.raises(ValueError, match=rf"'{column}' is not a whole.*user 4, step 8\.$"):
            funnel.conversion(frame)

    @pytest.mark.parametrize(
        ('passed', 'entered', 'unripe'), [(6, 5, 0), (5, 9, 5), (1, 0, 0), (0, 4, 5)]
    )
    def test_more_passed_than_judged(self, passed, entered, unripe):
        frame = pd.DataFrame([row(3, 5, 9), row(4, passed, entered, unripe=unripe)])
        with pytest.raises(ValueError, match="More have passed than are judged.*user 4, step 1"):
            funnel.conversion(frame)

    @pytest.mark.parametrize('plan', [-0.01, 1.01, 80, math.inf, -math.inf])
    def test_impossible_plan(self, plan):
        with pytest.raises(ValueError, match="plan is not a fraction.*user 4"):
            funnel.conversion(pd.DataFrame([row(3, 5, 9), row(4, 5, 9, plan=plan)]))

    @pytest.mark.parametrize(('first', 'second'), [(4, 4), (None, None), (0, None), (0, math.nan)])
    def test_two_rows_for_one_step(self, first, second):
        frame = pd.DataFrame([row(first, 5, 9, team_id=1), row(second, 5, 9, team_id=2)])
        with pytest.raises(ValueError, match="two rows for one step"):
            funnel.conversion(frame)


class TestRules:
    def test_shipped(self):
        assert Rules() == Rules(min_sample=20, tolerance=0.05, confidence=0.95)

    @pytest.mark.parametrize(
        ('rules', 'message'),
        [
            ({'min_sample': 0}, "at least 1, not 0"),
            ({'min_sample': math.nan}, "at least 1"),
            ({'tolerance': -0.01}, "0 <= tolerance < 1, not -0.01"),
            ({'tolerance': 1}, "0 <= tolerance < 1"),
            ({'tolerance': 5}, "0 <= tolerance < 1"),
            ({'tolerance': math.nan}, "0 <= tolerance < 1"),
            ({'confidence': 0}, "0 < confidence < 1, not 0"),
            ({'confidence': 1}, "0 < confidence < 1"),
            ({'confidence': 95}, "0 < confidence < 1"),
            ({'confidence': math.nan}, "0 < confidence < 1"),
        ],
    )
    def test_out_of_range(self, rules, message):
        with pytest.raises(ValueError, match=message):
            Rules(**rules)

    def test_extremes_that_are_allowed(self):
        Rules(min_sample=1, tolerance=0, confidence=0.001)


class TestCoaching:
    def test_figures(self):
        result = coaching(row(1, 56, 80), row(2, 86, 95))
        assert result.columns.tolist() == PAIR
        pair = result.iloc[0]
        assert pair['pupil_conversion'] == 56 / 80
        assert pair['teacher_conversion'] == 86 / 95
        assert pair['difference'] == 86 / 95 - 56 / 80
        assert (pair['low'], pair['high']) == funnel.newcombe(86, 95, 56, 80)

    def test_the_unripe_count_for_neither(self):
        result = coaching(row(1, 56, 90, unripe=10), row(2, 86, 105, unripe=10)).iloc[0]
        assert (result['low'], result['high']) == funnel.newcombe(86, 95, 56, 80)

    def test_only_the_significantly_better_teach(self):
        pupil = row(1, 56, 80)
        assert funnel.newcombe(68, 80, 56, 80)[0] > 0 > funnel.newcombe(66, 80, 56, 80)[0]
        assert pairs(pupil, row(2, 66, 80)) == []
        assert pairs(pupil, row(2, 68, 80)) == [(2, 1, 1)]

    def test_more_confidence_is_harder_to_reach(self):
        rows = row(1, 560, 800), row(2, 600, 800)
        assert pairs(*rows) == [(2, 1, 1)]
        assert pairs(*rows, rules=Rules(confidence=0.99)) == []

    @pytest.mark.parametrize(
        ('teacher', 'expected'),
        [
            (row(2, 95, 100), 'on_plan'),
            (row(2, 95, 100, plan=None), 'no_plan'),
            (row(2, 18, 20, plan=0.97), 'unclear'),
        ],
        ids=lambda value: value if isinstance(value, str) else '',
    )
    def test_who_may_teach(self, teacher, expected):
        rows = [row(1, 300, 1000), teacher]
        assert funnel.conversion(pd.DataFrame(rows))['verdict'][1] == expected
        assert pairs(*rows) == [(2, 1, 1)]

    @pytest.mark.parametrize(
        ('other', 'expected'),
        [(row(2, 600, 1000), 'below_plan'), (row(2, 19, 19), 'not_enough')],
        ids=lambda value: value if isinstance(value, str) else '',
    )
    def test_who_may_not(self, other, expected):
        rows = [row(1, 300, 1000), other]
        assert funnel.conversion(pd.DataFrame(rows))['verdict'][1] == expected
        assert funnel.newcombe(other['passed'], other['entered'], 300, 1000)[0] > 0
        assert pairs(*rows) == []

    @pytest.mark.parametrize(
        ('other', 'expected'),
        [
            (row(1, 30, 50), 'unclear'),
            (row(1, 5, 19), 'not_enough'),
            (row(1, 30, 100, plan=None), 'no_plan'),
            (row(1, 30, 100, plan=0.3), 'on_plan'),
        ],
        ids=lambda value: value if isinstance(value, str) else '',
    )
    def test_only_who_is_below_plan_learns(self, other, expected):
        other = {**other, 'plan': 0.7} if expected == 'unclear' else other
        rows = [other, row(2, 1000, 1000)]
        assert funnel.conversion(pd.DataFrame(rows))['verdict'][0] == expected
        assert pairs(*rows) == []

    def test_another_step_does_not_count(self):
        assert pairs(row(1, 30, 100, step_id=1), row(2, 95, 100, step_id=2)) == []

    def test_the_own_better_step_does_not_count(self):
        assert pairs(row(1, 30, 100, step_id=1), row(1, 95, 100, step_id=2)) == []

    def test_the_own_team_comes_first(self):
        rows = (
            row(1, 30, 100, team_id=10),
            row(2, 85, 100, team_id=10),
            row(3, 100, 100, team_id=20),
        )
        assert pairs(*rows) == [(2, 1, 1)]
        assert coaching(*rows)['same_team'].tolist() == [True]

    @pytest.mark.parametrize(
        'colleague',
        [row(2, 60, 100), row(2, 19, 19), row(2, 28, 100, plan=0.2)],
        ids=['weak', 'few cases', 'not better'],
    )
    def test_another_team_when_nobody_of_the_own_will_do(self, colleague):
        rows = row(1, 30, 100), colleague, row(3, 90, 100, team_id=2)
        assert (3, 1, 1) in pairs(*rows)
        assert not coaching(*rows)['same_team'].any()

    @pytest.mark.parametrize('team', [None, math.nan, pd.NA, False, 0])
    def test_without_team_everybody_is_of_another(self, team):
        rows = (
            row(1, 30, 100, team_id=team),
            row(2, 85, 100, team_id=team),
            row(3, 95, 100, team_id=5),
        )
        assert pairs(*rows) == [(3, 1, 1)]
        assert coaching(*rows)['same_team'].tolist() == [False]

    def test_the_best_conversion_wins(self):
        assert pairs(row(1, 30, 100), row(2, 900, 1000), row(3, 91, 100)) == [(3, 1, 1)]

    def test_then_the_most_judged(self):
        assert pairs(row(1, 30, 100), row(2, 90, 100), row(3, 180, 200)) == [(3, 1, 1)]
        assert pairs(
            row(1, 30, 100), row(2, 90, 100), row(3, 90, 200, unripe=100), row(4, 99, 110)
        ) == [(4, 1, 1)]

    def test_then_the_smallest_id(self):
        assert pairs(row(1, 30, 100), row(30, 90, 100), row(4, 90, 100)) == [(4, 1, 1)]

    @pytest.mark.parametrize('nobody', [None, math.nan, pd.NA, False, 0])
    def test_the_unassigned_neither_learn_nor_teach(self, nobody):
        assert pairs(row(nobody, 30, 100), row(2, 95, 100)) == []
        assert pairs(row(1, 30, 100), row(nobody, 95, 100)) == []
        assert pairs(row(1, 30, 100), row(nobody, 95, 100), row(2, 90, 100)) == [(2, 1, 1)]

    def test_by_pupil_then_in_the_order_of_the_steps(self):
        rows = [row(9, 95, 100, step_id=step) for step in (30, 10, 20)]
        rows += [row(user, 30, 100, step_id=step) for step in (10, 20, 30) for user in (8, 7)]
        assert pairs(*rows) == [
            *[(9, 7, 30), (9, 7, 10), (9, 7, 20)],
            *[(9, 8, 30), (9, 8, 10), (9, 8, 20)],
        ]
        assert coaching(*rows).index.tolist() == list(range(6))

    @pytest.mark.parametrize(
        'frame',
        [
            pd.DataFrame(),
            funnel.conversion(pd.DataFrame()),
            funnel.conversion(pd.DataFrame([row(1, 90, 100)])),
            funnel.conversion(pd.DataFrame([row(1, 30, 100)])),
        ],
        ids=['no columns', 'no rows', 'no pupil', 'no teacher'],
    )
    def test_nobody_to_pair(self, frame):
        result = funnel.coaching(frame)
        assert len(result) == 0
        expected = coaching(row(1, 30, 100), row(2, 95, 100))
        assert result.dtypes.to_dict() == expected.dtypes.to_dict()

    def test_types(self):
        result = coaching(row(1.0, 30, 100, team_id=1.0), row(2, 95, 100), row(None, 3, 4))
        assert result.index.tolist() == [0]
        assert result.dtypes.tolist() == [*['int64'] * 3, *['float64'] * 5, bool]

    def test_not_judged_yet(self):
        with pytest.raises(ValueError, match="no column 'judged'"):
            funnel.coaching(pd.DataFrame([row(1, 30, 100)]))

    def test_two_rows_for_one_step(self):
        judged = funnel.conversion(pd.DataFrame([row(1, 30, 100), row(2, 95, 100)]))
        with pytest.raises(ValueError, match="two rows for one step: user 1, step 1"):
            funnel.coaching(pd.concat([judged, judged]))

    def test_against_a_plain_search(self):
        random = np.random.default_rng(SEED)
        kinds = set()
        for _ in range(60):
            judged = funnel.conversion(some_frame(random))
            found = funnel.coaching(judged)
            expected = [
                (pupil.user_id, teacher.user_id, pupil.step_id)
                for pupil in sorted(judged.itertuples(), key=lambda row: (row.user_id, row.step_id))
                if (teacher := plain_teacher(pupil, judged))
            ]
            assert list(found.iloc[:, :3].itertuples(index=False, name=None)) == expected
            kinds.update(found['same_team'])
        assert kinds == {True, False}, "both kinds of pairs must occur, or the cases show little"

    def test_the_order_of_the_rows_does_not_matter(self):
        random = np.random.default_rng(SEED)
        for _ in range(20):
            frame = some_frame(random)
            shuffled = frame.sample(frac=1, random_state=random)
            first, second = (
                funnel.coaching(funnel.conversion(each)).sort_values(['pupil_id', 'step_id'])
                for each in (frame, shuffled)
            )
            assert len(first)
            pd.testing.assert_frame_equal(
                first.reset_index(drop=True), second.reset_index(drop=True)
            )


def plain_teacher(pupil, judged):
    """The teacher found by trying everybody, or None."""
    if pupil.verdict != 'below_plan' or not pupil.user_id:
        return None
    able = [
        other
        for other in judged.itertuples()
        if other.user_id not in (0, pupil.user_id)
        and other.step_id == pupil.step_id
        and other.verdict in ('on_plan', 'unclear', 'no_plan')
        and funnel.newcombe(other.passed, other.judged, pupil.passed, pupil.judged)[0] > 0
    ]
    team = [other for other in able if pupil.team_id and other.team_id == pupil.team_id]
    return min(
        team or able,
        key=lambda other: (-other.conversion, -other.judged, other.user_id),
        default=None,
    )


class TestExpectedPath:
    def test_100_prospects_at_plan(self):
        path = funnel.expected_path(100, PLANS)
        assert path == [100, 80, 64, 60.8]
        assert [round(left) for left in path] == [100, 80, 64, 61]

    def test_types_and_edges(self):
        assert all(type(left) is float for left in funnel.expected_path(100, [1, 0]))
        assert funnel.expected_path(100, []) == []
        assert funnel.expected_path(0, PLANS) == [0, 0, 0, 0]
        assert funnel.expected_path(100, [0.5, 0, 1]) == [50, 0, 0]

    def test_float_noise_does_not_show(self):
        assert 100 * 0.9 * 0.7 != 63
        assert funnel.expected_path(100, [0.9, 0.7]) == [90, 63]

    def test_plans_may_come_one_by_one(self):
        assert funnel.expected_path(100, iter(PLANS)) == [100, 80, 64, 60.8]

    @pytest.mark.parametrize('plan', [-0.1, 1.1, 80, math.nan])
    def test_impossible_plan(self, plan):
        with pytest.raises(ValueError, match="A plan must be a fraction"):
            funnel.expected_path(100, [0.5, plan])

    @pytest.mark.parametrize('prospects', [-1, math.nan, math.inf])
    def test_impossible_prospects(self, prospects):
        with pytest.raises(ValueError, match="The number of prospects"):
            funnel.expected_path(prospects, PLANS)
