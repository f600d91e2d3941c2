"""ABC-XYZ rules: boundary cases, a slow exact reference beside the fast one, and real sales."""

import math
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import segmentation
from analysis.segmentation import Rules

COLUMNS = [
    'abc_class',
    'xyz_class',
    'value_rank',
    'value_share',
    'cumulative_share',
    'share_before',
    'is_loss_making',
]
BY_CUSTOMERS = Rules(abc_method='customers')
BY_THRESHOLD = Rules(abc_method='threshold', abc_threshold_a=5, abc_threshold_b=2.5)
BY_VARIATION = Rules(xyz_method='variation')
ABC_METHODS = pytest.mark.parametrize(
    'rules', [Rules(), BY_CUSTOMERS, BY_THRESHOLD], ids=lambda rules: rules.abc_method
)
HISTORY_NAME = 'online_retail_invoices.csv.gz'


def customers(values, orders=1, **columns):
    frame = pd.DataFrame({'value': values, **columns})
    frame['value'] = frame['value'].astype('float64')
    frame['order_count'] = orders
    return frame


def abc(values, rules=None):
    return ''.join(segmentation.classify(customers(values), rules)['abc_class'])


def xyz_by_variation(demand_cv, **columns):
    frame = customers([100.0] * len(demand_cv), demand_cv=demand_cv, **columns)
    return segmentation.classify(frame, BY_VARIATION)['xyz_class'].tolist()


def variation(demand):
    """Coefficient of variation of rows of bucket totals."""
    demand = np.asarray(demand, dtype='float64')
    return segmentation.coefficient_of_variation(
        demand.sum(axis=1), (demand**2).sum(axis=1), demand.shape[1]
    )


class TestAbcByShare:
    def test_one_customer_is_an_a(self):
        result = segmentation.classify(customers([0.01]))
        assert result.loc[0].tolist() == ['A', 'Z', 1.0, 1.0, 1.0, 0.0, False]

    def test_the_customer_that_crosses_a_cut_keeps_the_better_class(self):
        assert abc([95, 2, 1, 1, 1]) == 'ACCCC'
        assert abc([70, 20, 7, 3]) == 'AABC'

    @pytest.mark.parametrize(
        ('values', 'expected'),
        [
            ([80, 15, 5], 'ABC'),
            ([79.99, 15.01, 5], 'AAC'),
            ([80.01, 14.99, 5], 'ABC'),
            ([80, 14.99, 5.01], 'ABB'),
        ],
    )
    def test_exactly_on_a_cut_is_the_next_class(self, values, expected):
        assert abc(values) == expected

    @pytest.mark.parametrize(
        'values',
        [
            [0.40, 0.24, 0.12, 0.04],
            [0.71, 0.42, 0.31, 0.27, 0.09],
            [0.85, 0.70, 0.69, 0.64, 0.54, 0.18],
        ],
    )
    def test_sums_of_cents_do_not_move_the_cut(self, values):
        shares = np.cumsum(values) / np.sum(values)
        assert shares[-3] < 0.8, "plain floats must get this wrong, or the case shows nothing"
        assert abc(values) == 'A' * (len(values) - 2) + 'BC'

    def test_a_cut_with_decimals_is_taken_as_typed(self):
        assert abc([80.1, 15.1, 4.8], Rules(abc_share_a=80.1, abc_share_b=95.2)) == 'ABC'

    @pytest.mark.parametrize('scale', [1e-2, 1.0, 1e9, 1e13, 1e15])
    def test_the_size_of_the_amounts_does_not_matter(self, scale):
        assert abc(np.array([80, 15, 5]) * scale) == 'ABC'

    def test_equal_values_at_the_cut_share_the_class_of_the_first(self):
        assert abc([60, 10, 10, 10, 10]) == 'AAAAA'
        assert abc([80, 4, 4, 4, 4, 4]) == 'ABBBBB'
        assert abc([90, 5, 2, 1, 1, 1]) == 'ABCCCC'

    def test_equal_values_share_every_figure(self):
        result = segmentation.classify(customers([10, 60, 10, 20]))
        assert result['value_rank'].tolist() == [3, 1, 3, 2]
        assert result['value_share'].tolist() == [0.1, 0.6, 0.1, 0.2]
        assert result['share_before'].tolist() == [0.8, 0.0, 0.8, 0.6]
        assert result['cumulative_share'].tolist() == [1.0, 0.6, 1.0, 0.8]

    def test_sums_that_only_differ_as_floats_are_equal(self):
        result = segmentation.classify(customers([0.1 + 0.2, 0.3]))
        assert result['value_rank'].tolist() == [1, 1]

    def test_a_second_cut_of_100_leaves_c_to_the_loss_making(self):
        assert abc([80, 19, 1, 0, -5], Rules(abc_share_b=100)) == 'ABBCC'


class TestLossMaking:
    def test_zero_and_negative_are_c_and_outside_the_total(self):
        result = segmentation.classify(customers([80, 15, 5, 0, -40]))
        assert ''.join(result['abc_class']) == 'ABCCC'
        assert result['is_loss_making'].tolist() == [False, False, False, True, True]
        assert result['value_rank'].tolist() == [1, 2, 3, 4, 5]
        assert result['value_share'].tolist() == [0.8, 0.15, 0.05, 0, 0]
        assert result['cumulative_share'].tolist() == [0.8, 0.95, 1, 1, 1]
        assert result['share_before'].tolist() == [0, 0.8, 0.95, 1, 1]

    @ABC_METHODS
    def test_all_negative_is_all_c(self, rules):
        result = segmentation.classify(customers([-1, -20, -3]), rules)
        assert result['abc_class'].tolist() == ['C', 'C', 'C']
        assert result['is_loss_making'].all()
        assert result['value_rank'].tolist() == [1, 3, 2]
        assert result['value_share'].tolist() == [0, 0, 0]
        assert result['cumulative_share'].tolist() == [1, 1, 1]

    @ABC_METHODS
    def test_a_loss_never_reaches_a_or_b(self, rules):
        assert abc([100, 0, -1, -2], rules) == 'ACCC'


class TestWithoutOrders:
    def test_no_order_means_no_class_and_no_part_in_the_total(self):
        frame = customers([80, -500, 15, 5, 900], orders=[1, 0, 1, 1, 0])
        result = segmentation.classify(frame)
        assert result['abc_class'].tolist() == ['A', None, 'B', 'C', None]
        assert result['xyz_class'].tolist() == ['Z', None, 'Z', 'Z', None]
        assert not result['is_loss_making'].any()
        assert result.loc[[1, 4], COLUMNS[2:6]].isna().all(axis=None)
        assert result['value_rank'].dropna().tolist() == [1, 2, 3]
        assert result['value_share'].dropna().tolist() == [0.8, 0.15, 0.05]

    @ABC_METHODS
    def test_nobody_with_orders(self, rules):
        result = segmentation.classify(customers([-5, 7], orders=0), rules)
        assert result[COLUMNS[:6]].isna().all(axis=None)
        assert not result['is_loss_making'].any()

    def test_they_do_not_count_as_customers(self):
        # One of five is A, one and a half of five are B.
        frame = customers([5, 4, 3, 2, 1, -1, -1, -1, -1, -1], orders=[1] * 5 + [0] * 5)
        result = segmentation.classify(frame, BY_CUSTOMERS)['abc_class']
        assert ''.join(result.dropna()) == 'ABBCC'

    def test_their_value_may_be_undefined(self):
        result = segmentation.classify(customers([5, np.nan], orders=[1, 0]))
        assert result['abc_class'].tolist() == ['A', None]


class TestFrame:
    @ABC_METHODS
    @pytest.mark.parametrize('xyz_method', ['count', 'variation'])
    def test_empty_in_gives_a_typed_empty_frame(self, rules, xyz_method):
        rules = Rules(**{**vars(rules), 'xyz_method': xyz_method})
        typed = customers([], orders=1, demand_cv=np.empty(0))
        for frame in (typed, pd.DataFrame()):
            result = segmentation.classify(frame, rules)
            assert len(result) == 0
            assert result.dtypes.astype(str).to_dict() == {
                'abc_class': 'object',
                'xyz_class': 'object',
                'value_rank': 'float64',
                'value_share': 'float64',
                'cumulative_share': 'float64',
                'share_before': 'float64',
                'is_loss_making': 'bool',
            }

    def test_the_types_are_those_of_the_empty_frame(self):
        empty = segmentation.classify(pd.DataFrame())
        full = segmentation.classify(customers([3, 2, -1], orders=[1, 0, 1]))
        assert full.dtypes.equals(empty.dtypes)

    def test_index_and_input_are_kept(self):
        frame = customers([1, 3, 2])
        frame.index = pd.Index([70, 50, 70], name='partner_id')
        before = frame.copy()
        result = segmentation.classify(frame)
        pd.testing.assert_index_equal(result.index, frame.index)
        pd.testing.assert_frame_equal(frame, before)
        assert list(result.columns) == COLUMNS
        assert result['value_rank'].tolist() == [3, 1, 2]

    def test_the_order_of_the_rows_never_matters(self):
        frame = random_customers(seed=3, size=400)
        expected = segmentation.classify(frame)
        for seed in range(5):
            shuffled = frame.sample(frac=1, random_state=seed)
            result = segmentation.classify(shuffled).loc[frame.index]
            pd.testing.assert_frame_equal(result, expected, check_exact=True)

    @pytest.mark.parametrize('column', ['value', 'order_count'])
    def test_a_missing_column_is_named(self, column):
        with pytest.raises(ValueError, match=f"no column '{column}'"):
            segmentation.classify(customers([1, 2]).drop(columns=column))

    def test_variation_needs_its_column(self):
        with pytest.raises(ValueError, match="no column 'demand_cv'"):
            segmentation.classify(customers([1, 2]), BY_VARIATION)

    @pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
    def test_a_customer_with_orders_needs_a_value(self, value):
        with pytest.raises(ValueError, match="finite number"):
            segmentation.classify(customers([1, value]))


class TestAbcByCustomers:
    def test_cut_on_the_customers_before(self):
        assert abc(range(10, 0, -1), BY_CUSTOMERS) == 'AABBBCCCCC'
        # 20 per cent of 11 is 2.2: two customers stand before the third, so it is an A.
        assert abc(range(11, 0, -1), BY_CUSTOMERS) == 'AAABBBCCCCC'

    def test_at_least_one_a(self):
        assert abc([7], BY_CUSTOMERS) == 'A'
        assert abc([7, 6], BY_CUSTOMERS) == 'AC'
        assert abc([3, 2, 1], Rules(abc_method='customers', abc_customers_a=0.1)) == 'ACC'

    def test_equal_values_share_the_class_of_the_first(self):
        assert abc([9, 5, 5, 5, 5, 5, 1, 1, 1, 1], BY_CUSTOMERS) == 'AAAAAACCCC'
        assert abc([4] * 10, BY_CUSTOMERS) == 'A' * 10

    def test_loss_making_customers_count_but_are_c(self):
        assert abc([5, 4, 3, -1, -2, -3, -4, -5, -6, -7], BY_CUSTOMERS) == 'AABCCCCCCC'

    def test_percentages_are_added_as_typed(self):
        # As floats 20.1 + 10.2 is 30.299999999999997, one customer of 1000 less.
        rules = Rules(abc_method='customers', abc_customers_a=20.1, abc_customers_b=10.2)
        classes = abc(range(1000, 0, -1), rules)
        assert (classes.count('A'), classes.count('B')) == (201, 102)


class TestAbcByThreshold:
    def test_from_the_threshold_on(self):
        assert abc([9, 5, 4.99, 2.5, 2.49, 0, -9], BY_THRESHOLD) == 'AABBCCC'

    def test_thresholds_are_taken_at_their_word(self):
        assert abc([2, 1], BY_THRESHOLD) == 'CC'
        assert abc([9, 8], BY_THRESHOLD) == 'AA'

    def test_float_noise_does_not_cross_it(self):
        rules = Rules(abc_method='threshold', abc_threshold_a=1.1, abc_threshold_b=0.3)
        assert 0.1 * 3 != 0.3 and 1.1 > 1.4 - 0.3
        assert abc([1.4 - 0.3, 0.1 * 3], rules) == 'AB'

    def test_the_playbook_example(self):
        # The source gives 13 customers, the bounds and the numbers of the classes; the single
        # values between the bounds are ours.
        values = [
            9_500_000,
            6_200_000,
            4_100_000,
            2_770_000,
            900_000,
            800_000,
            700_000,
            600_000,
            510_000,
            390_000,
            300_000,
            250_000,
            150_000,
        ]
        orders = [12, 3, 2, 1, 5, 2, 2, 2, 1, 4, 3, 2, 2]
        rules = Rules(abc_method='threshold', abc_threshold_a=2_770_000, abc_threshold_b=510_000)
        for result in (
            segmentation.classify(customers(values, orders), rules),
            segmentation.classify(customers(values, orders)),
        ):
            assert ''.join(result['abc_class']) == 'AAAABBBBBCCCC'
            assert result['xyz_class'].value_counts().to_dict() == {'X': 5, 'Y': 6, 'Z': 2}


class TestXyz:
    def test_by_count(self):
        result = segmentation.classify(customers([1] * 6, orders=[0, 1, 2, 3, 4, 200]))
        assert result['xyz_class'].tolist() == [None, 'Z', 'Y', 'X', 'X', 'X']

    def test_by_count_with_other_cuts(self):
        rules = Rules(xyz_count_x=10, xyz_count_y=5)
        result = segmentation.classify(customers([1] * 4, orders=[4, 5, 9, 10]), rules)
        assert result['xyz_class'].tolist() == ['Z', 'Y', 'Y', 'X']

    def test_by_variation(self):
        assert xyz_by_variation([0, 0.1, 0.1001, 0.25, 0.2501, 3]) == list('XXYYZZ')

    def test_undefined_variation_is_z(self):
        assert xyz_by_variation([np.nan]) == ['Z']

    def test_newcomers_are_not_judged_by_variation(self):
        result = xyz_by_variation([0.05, 0.05, 2], is_newcomer=[True, False, True])
        assert result == [None, 'X', None]

    def test_newcomers_are_judged_by_count_and_by_value(self):
        frame = customers([5, 4], orders=[3, 1], is_newcomer=[True, True])
        result = segmentation.classify(frame)
        assert result['xyz_class'].tolist() == ['X', 'Z']
        frame['demand_cv'] = 0.0
        assert segmentation.classify(frame, BY_VARIATION)['abc_class'].tolist() == ['A', 'A']

    def test_quarterly_buyers_by_month_and_by_quarter(self):
        months = [[0, 0, 300] * 4, [100] * 12, [110, 100, 90] * 4]
        quarters = np.reshape(months, (3, 4, 3)).sum(axis=2)
        assert xyz_by_variation(variation(months)) == ['Z', 'X', 'X']
        assert xyz_by_variation(variation(quarters)) == ['X', 'X', 'X']


class TestCoefficientOfVariation:
    def test_empty_buckets_count(self):
        # One order in one of n equal buckets: the square root of n - 1.
        assert variation([[500] + [0] * 11]).tolist() == [round(math.sqrt(11), 4)]
        assert variation([[300, 0, 0]]).tolist() == [round(math.sqrt(2), 4)]

    def test_population_deviation(self):
        # Mean 20, squared distances 100 + 0 + 100 over three buckets; two would give 0.5.
        assert variation([[10, 20, 30]]).tolist() == [0.4082]

    def test_like_numpy_on_random_demand(self):
        demand = np.random.default_rng(11).gamma(2.0, 300.0, size=(200, 12)).round(2)
        expected = np.round(demand.std(axis=1) / demand.mean(axis=1), 4)
        assert np.abs(variation(demand) - expected).max() < 1.5e-4

    def test_a_bucket_of_credits_counts_as_negative(self):
        assert variation([[200, -100]]).tolist() == [3.0]

    def test_undefined_without_positive_mean(self):
        result = variation([[0, 0], [50, -50], [-10, -20], [0.1 + 0.2, -0.3]])
        assert np.isnan(result).all()

    def test_equal_buckets_leave_no_residue(self):
        amounts = [0.07, 0.1, 33.33, 1234.56, 1e9 + 0.01]
        result = variation([[amount] * 12 for amount in amounts])
        assert result.tolist() == [0.0] * len(amounts)

    def test_a_negative_residue_is_no_variation(self):
        result = segmentation.coefficient_of_variation([30.0], [np.nextafter(300.0, 0)], 3)
        assert result.tolist() == [0.0]

    def test_one_bucket_has_no_variation(self):
        assert variation([[42]]).tolist() == [0.0]

    def test_nobody(self):
        assert segmentation.coefficient_of_variation([], [], 12).shape == (0,)

    @pytest.mark.parametrize('buckets', [0, -4, math.nan])
    def test_a_window_without_buckets(self, buckets):
        with pytest.raises(ValueError, match="at least one bucket"):
            segmentation.coefficient_of_variation([1.0], [1.0], buckets)


class TestRules:
    @pytest.mark.parametrize(
        ('parameters', 'message'),
        [
            (
                {'abc_method': 'pareto'},
                "abc_method must be one of 'share', 'customers', 'threshold'",
            ),
            ({'xyz_method': None}, "xyz_method must be one of 'count', 'variation'"),
            ({'abc_share_a': 95, 'abc_share_b': 80}, "0 < A < B <= 100"),
            ({'abc_share_a': 80, 'abc_share_b': 80}, "0 < A < B <= 100"),
            ({'abc_share_a': 0}, "0 < A < B <= 100"),
            ({'abc_share_b': 100.1}, "0 < A < B <= 100"),
            ({'abc_share_a': math.nan}, "0 < A < B <= 100"),
            ({'abc_method': 'customers', 'abc_customers_a': 0}, "at most 100 per cent"),
            ({'abc_method': 'customers', 'abc_customers_b': -1}, "at most 100 per cent"),
            ({'abc_method': 'customers', 'abc_customers_a': 70.1}, "at most 100 per cent"),
            ({'abc_method': 'customers', 'abc_customers_b': math.nan}, "at most 100 per cent"),
            ({'abc_method': 'customers', 'abc_customers_b': math.inf}, "at most 100 per cent"),
            ({'abc_method': 'threshold'}, "A > B > 0"),
            ({'abc_method': 'threshold', 'abc_threshold_a': 5}, "A > B > 0"),
            ({'abc_method': 'threshold', 'abc_threshold_a': 5, 'abc_threshold_b': 5}, "A > B > 0"),
            ({'abc_method': 'threshold', 'abc_threshold_a': 5, 'abc_threshold_b': 9}, "A > B > 0"),
            (
                {'abc_method': 'threshold', 'abc_threshold_a': math.inf, 'abc_threshold_b': 9},
                "A > B > 0",
            ),
            ({'xyz_count_x': 2}, "X > Y >= 1"),
            ({'xyz_count_y': 0}, "X > Y >= 1"),
            ({'xyz_method': 'variation', 'xyz_cv_x': 0.25}, "0 < X < Y"),
            ({'xyz_method': 'variation', 'xyz_cv_x': 0}, "0 < X < Y"),
            ({'xyz_method': 'variation', 'xyz_cv_y': math.inf}, "0 < X < Y"),
        ],
    )
    def test_cuts_out_of_order_are_refused(self, parameters, message):
        with pytest.raises(ValueError, match=message):
            Rules(**parameters)

    def test_only_the_chosen_methods_are_checked(self):
        Rules(abc_customers_a=-1, abc_threshold_a=-1, xyz_cv_x=-1)
        Rules(abc_method='customers', abc_share_a=-1, xyz_method='variation', xyz_count_x=-1)

    def test_a_class_may_be_left_empty(self):
        Rules(abc_share_b=100)
        Rules(abc_method='customers', abc_customers_a=33.3, abc_customers_b=66.7)
        Rules(xyz_count_x=2, xyz_count_y=1)


class TestCuts:
    def test_lowest_value_of_a_and_b(self):
        frame = customers([15, 80, 3, 2, -7])
        result = segmentation.cuts(frame.join(segmentation.classify(frame)))
        assert result == (80.0, 15.0)
        assert (result.lowest_a, result.lowest_b) == (80.0, 15.0)

    def test_nan_where_there_is_none(self):
        assert all(np.isnan(segmentation.cuts(pd.DataFrame())))
        frame = customers([95, 2, 1, 1, 1])
        lowest_a, lowest_b = segmentation.cuts(frame.join(segmentation.classify(frame)))
        assert lowest_a == 95 and math.isnan(lowest_b)


class TestPareto:
    def test_a_short_curve_is_whole(self):
        curve = segmentation.pareto([15, np.nan, 80, -7, 5, 0])
        assert curve.to_dict('list') == {
            'rank': [1, 2, 3],
            'customer_share': [1 / 3, 2 / 3, 1.0],
            'cumulative_share': [0.8, 0.95, 1.0],
            'value': [80.0, 15.0, 5.0],
        }

    @pytest.mark.parametrize('points', [4, 5, 50, 200])
    def test_a_long_curve_keeps_its_ends_and_the_cuts(self, points):
        frame = random_customers(seed=5, size=5000)
        frame = frame[frame['order_count'] > 0]
        classes = segmentation.classify(frame)['abc_class']
        whole = segmentation.pareto(frame['value'], classes, points=len(frame))
        curve = segmentation.pareto(frame['value'], classes, points=points)
        assert len(curve) <= points
        assert len(curve) > points / 2
        for end in (0, -1):
            assert curve.iloc[end].tolist() == whole.iloc[end].tolist()
        for letter in 'AB':
            last = whole.loc[whole['abc_class'] == letter, 'rank'].max()
            assert curve.loc[curve['abc_class'] == letter, 'rank'].max() == last
        assert curve['rank'].is_monotonic_increasing and curve['rank'].is_unique
        kept = whole[whole['rank'].isin(curve['rank'])].reset_index(drop=True)
        pd.testing.assert_frame_equal(curve, kept)

    def test_the_steep_beginning_is_not_lost(self):
        values = np.round(1e6 / np.arange(1, 20_001) ** 1.5, 2)
        curve = segmentation.pareto(values)
        gaps = np.diff(curve['cumulative_share'])
        alone = values[1] / values.sum()
        assert gaps.max() == pytest.approx(alone)
        wide = gaps > 2.5 / len(curve)
        assert (np.diff(curve['rank'])[wide] == 1).all()
        assert np.diff(curve['customer_share']).max() <= 2.5 / len(curve)

    def test_ends_exactly_at_one(self):
        curve = segmentation.pareto([0.1] * 3 + [0.7, 0.07])
        assert curve.iloc[-1][['customer_share', 'cumulative_share']].tolist() == [1.0, 1.0]

    @pytest.mark.parametrize('values', [[], [-3, 0, np.nan]])
    def test_nothing_positive_gives_a_typed_empty_frame(self, values):
        curve = segmentation.pareto(values, [None] * len(values))
        assert len(curve) == 0
        assert curve.dtypes.astype(str).to_dict() == {
            'rank': 'int64',
            'customer_share': 'float64',
            'cumulative_share': 'float64',
            'value': 'float64',
            'abc_class': 'object',
        }

    def test_what_it_refuses(self):
        with pytest.raises(ValueError, match="at least 4 points"):
            segmentation.pareto([1, 2], points=3)
        with pytest.raises(ValueError, match="1 classes for 2 values"):
            segmentation.pareto([1, 2], ['A'])
        with pytest.raises(ValueError, match="must be finite"):
            segmentation.pareto([1, np.inf])


def random_customers(seed, size):
    """Skewed values in cents with many ties, losses and customers without orders."""
    random = np.random.default_rng(seed)
    skewed = random.lognormal(0.5, 1.2, size) - 0.7
    frame = customers(skewed.round(1), orders=random.poisson(1.5, size))
    frame.index = random.permutation(size) + 1000
    return frame


def reference(frame, rules):
    """Read the rules one customer at a time, in exact fractions."""
    ranked = {key: Fraction(str(row.value)) for key, row in frame.iterrows() if row.order_count > 0}
    total = sum(value for value in ranked.values() if value > 0)
    for key, value in ranked.items():
        above = [other for other in ranked.values() if other > value]
        before = sum(other for other in above if other > 0)
        if value <= 0:
            letter = 'C'
        elif rules.abc_method == 'share':
            letter = cut(before / total * 100, rules.abc_share_a, rules.abc_share_b)
        elif rules.abc_method == 'customers':
            through_b = rules.abc_customers_a + rules.abc_customers_b
            letter = cut(Fraction(len(above) * 100, len(ranked)), rules.abc_customers_a, through_b)
        else:
            letter = (
                'A'
                if value >= rules.abc_threshold_a
                else ('B' if value >= rules.abc_threshold_b else 'C')
            )
        yield key, letter, len(above) + 1, float(before / total) if value > 0 else 1.0


def cut(before, percent_a, percent_b):
    return 'A' if before < percent_a else 'B' if before < percent_b else 'C'


@ABC_METHODS
@pytest.mark.parametrize('seed', range(4))
def test_like_the_exact_reference(rules, seed):
    frame = random_customers(seed, size=300)
    result = segmentation.classify(frame, rules)
    expected = list(reference(frame, rules))
    assert {letter for _key, letter, _rank, _before in expected} == set('ABC')
    assert result['abc_class'].notna().sum() == len(expected)
    for key, letter, rank, before in expected:
        row = result.loc[key]
        assert (row['abc_class'], row['value_rank']) == (letter, rank)
        assert row['share_before'] == pytest.approx(before, abs=1e-12)


def sales_history():
    """Find the file named by SALES_HISTORY or, beside the repository, in a folder ``data``."""
    if os.environ.get('SALES_HISTORY'):
        return Path(os.environ['SALES_HISTORY'])
    beside = Path(__file__).resolve().parents[2]
    return next(beside.glob(f'*/data/{HISTORY_NAME}'), None)


def test_real_sales_give_the_known_matrix():
    """Every figure worked out independently of this code from 22,190 documents."""
    path = sales_history()
    if path is None:
        pytest.skip(f"no {HISTORY_NAME}; name the file in SALES_HISTORY to run this test")
    documents = pd.read_csv(path)
    documents['is_order'] = documents['amount'] > 0
    frame = documents.groupby('customer').agg(
        value=('amount', 'sum'), order_count=('is_order', 'sum')
    )
    frame['value'] = frame['value'].round(2)
    result = frame.join(segmentation.classify(frame))
    classified = result[result['abc_class'].notna()]

    assert (len(result), len(classified)) == (4372, 4338)
    matrix = pd.crosstab(classified['abc_class'], classified['xyz_class'])
    assert matrix[['Z', 'Y', 'X']].values.tolist() == [
        [33, 54, 1091],
        [249, 419, 788],
        [1211, 362, 131],
    ]
    assert classified['value'].clip(lower=0).sum().round(2) == 8_313_294.95
    assert classified['is_loss_making'].sum() == 21
    assert segmentation.cuts(result) == (1484.63, 462.66)
