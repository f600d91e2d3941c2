"""Progress of objectives and key results, what it should be by now, and what it says."""

import math
from datetime import date, timedelta

import pytest

from analysis.okr import (
    elapsed,
    milestones_elapsed,
    pace,
    progress,
    range_progress,
    season,
    total,
    verdict,
)

NAN = float('nan')
INF = float('inf')
QUARTER = (date(2026, 1, 1), date(2026, 3, 31))


def rises(numbers):
    return all(before <= after + 1e-12 for before, after in zip(numbers, numbers[1:], strict=False))


class TestProgress:
    @pytest.mark.parametrize(
        ('current', 'baseline', 'target', 'expected'),
        [
            (0, 0, 100, 0),
            (70, 0, 100, 0.7),
            (100, 0, 100, 1),
            (130, 0, 100, 1.3),
            (-20, 0, 100, -0.2),
            # From the baseline: 4.5 M of 5 M is not 90 % where 4 M was there before.
            (4.5e6, 4e6, 5e6, 0.5),
            (4e6, 4e6, 5e6, 0),
            (3.9e6, 4e6, 5e6, -0.1),
            (0, -50, 50, 0.5),
        ],
    )
    def test_increase(self, current, baseline, target, expected):
        assert progress(current, baseline, target) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ('current', 'expected'), [(20, 0), (16, 0.4), (13, 0.7), (10, 1), (8, 1.2), (25, -0.5)]
    )
    def test_decrease_from_20_to_10(self, current, expected):
        assert progress(current, 20, 10) == pytest.approx(expected)

    @pytest.mark.parametrize('passed', [0, 0.25, 0.5, 0.9, 1])
    @pytest.mark.parametrize(('baseline', 'target'), [(100, 120), (20, 10), (0, 50), (50, -50)])
    def test_what_adds_up_at_the_speed_of_the_baseline_is_no_progress(
        self, passed, baseline, target
    ):
        def share(whole):
            return progress(whole * passed, baseline, target, passed)

        assert share(baseline) == pytest.approx(0)
        assert share(target) == pytest.approx(passed)
        assert share((baseline + target) / 2) == pytest.approx(passed / 2)

    def test_what_adds_up_is_not_behind_before_it_begins(self):
        assert progress(0, 1e6, 1.2e6, 0) == 0
        assert progress(0, 20, 10, 0) == 0

    def test_what_adds_up_is_judged_as_ever_in_the_end(self):
        assert progress(1.1e6, 1e6, 1.2e6, 1) == progress(1.1e6, 1e6, 1.2e6) == pytest.approx(0.5)

    @pytest.mark.parametrize('passed', [-0.1, 1.1, NAN])
    def test_no_fraction_has_passed(self, passed):
        with pytest.raises(ValueError, match="fraction"):
            progress(1, 0, 2, passed)

    def test_decrease_to_zero(self):
        assert progress(3, 12, 0) == pytest.approx(0.75)

    def test_the_baseline_of_a_decrease_is_no_negative_zero(self):
        assert math.copysign(1, progress(20, 20, 10)) == 1

    @pytest.mark.parametrize(
        ('baseline', 'target'), [(5, 5), (0, 0), (-3.5, -3.5), (0.1 + 0.2, 0.3), (0.3, 0.1 + 0.2)]
    )
    def test_target_equal_to_the_baseline(self, baseline, target):
        with pytest.raises(ValueError, match="must differ from the baseline"):
            progress(7, baseline, target)

    @pytest.mark.parametrize(
        ('baseline', 'target'), [(1e9, 1e9 + 1), (0, 1e-6), (0.3, 0.300001), (-1e-6, 1e-6)]
    )
    def test_a_small_step_is_one(self, baseline, target):
        assert progress(target, baseline, target) == pytest.approx(1)

    @pytest.mark.parametrize('wrong', [NAN, INF, -INF])
    @pytest.mark.parametrize('position', range(3))
    def test_numbers_that_are_none(self, wrong, position):
        numbers = [5.0, 0.0, 10.0]
        numbers[position] = wrong
        with pytest.raises(ValueError, match="must be finite"):
            progress(*numbers)

    def test_the_unit_and_the_direction_do_not_matter(self):
        for current in range(-30, 60, 7):
            done = progress(current, 4, 25)
            assert progress(1000 * current, 4000, 25000) == pytest.approx(done)
            assert progress(-current, -4, -25) == pytest.approx(done)
            assert progress(current + 99, 103, 124) == pytest.approx(done)


class TestRangeProgress:
    @pytest.mark.parametrize('current', [10, 10.01, 15, 20])
    @pytest.mark.parametrize('baseline', [4, 10, 12, 20, 50])
    def test_all_of_the_range_is_1(self, current, baseline):
        assert range_progress(current, baseline, 10, 20) == 1

    @pytest.mark.parametrize(
        ('current', 'expected'), [(6, 0), (8, 0.5), (9, 0.75), (4, -0.5), (24, 0), (22, 0.5)]
    )
    def test_outside_it_falls_by_the_distance_of_the_baseline(self, current, expected):
        assert range_progress(current, 6, 10, 20) == pytest.approx(expected)

    def test_a_baseline_above_counts_alike(self):
        assert range_progress(24, 24, 10, 20) == 0
        assert range_progress(22, 24, 10, 20) == pytest.approx(0.5)
        assert range_progress(6, 24, 10, 20) == 0
        assert range_progress(28, 24, 10, 20) == pytest.approx(-1)

    @pytest.mark.parametrize('baseline', [10, 15, 20])
    @pytest.mark.parametrize(
        ('current', 'expected'), [(25, 0.5), (5, 0.5), (30, 0), (0, 0), (40, -1), (-5, -0.5)]
    )
    def test_from_a_baseline_within_it_falls_by_the_width(self, baseline, current, expected):
        assert range_progress(current, baseline, 10, 20) == pytest.approx(expected)

    def test_the_noise_of_floats_is_not_outside(self):
        assert 0.1 + 0.2 > 0.3
        assert range_progress(0.35, 0.1 + 0.2, 0.2, 0.3) == pytest.approx(0.5)
        assert range_progress(0.45, 0.1 + 0.2, 0, 0.3) == pytest.approx(0.5)
        assert (0.1 + 0.2) * 1e6 > 3e5
        assert range_progress(4.5e5, (0.1 + 0.2) * 1e6, 0, 3e5) == pytest.approx(0.5)

    def test_just_outside_is_outside(self):
        assert range_progress(0.300001, 0.300001, 0, 0.3) == 0

    @pytest.mark.parametrize('baseline', [-5, 10, 13, 31])
    def test_it_rises_to_the_range_and_falls_after_it_without_a_jump(self, baseline):
        step = 0.01
        numbers = [range_progress(n * step, baseline, 10, 20) for n in range(-2000, 5000)]
        inside = slice(3000, 4001)
        assert set(numbers[inside]) == {1.0}
        assert rises(numbers[:3001])
        assert rises(numbers[:3999:-1])
        assert max(numbers[:3000]) < 1 and max(numbers[4001:]) < 1
        unit = {-5: 15, 10: 10, 13: 10, 31: 11}[baseline]
        jumps = [abs(b - a) for a, b in zip(numbers, numbers[1:], strict=False)]
        assert max(jumps) == pytest.approx(step / unit)

    @pytest.mark.parametrize(('low', 'high'), [(10, 10), (20, 10)])
    def test_no_range(self, low, high):
        with pytest.raises(ValueError, match="must end above its beginning"):
            range_progress(5, 5, low, high)

    @pytest.mark.parametrize('wrong', [NAN, INF, -INF])
    @pytest.mark.parametrize('position', range(4))
    def test_numbers_that_are_none(self, wrong, position):
        numbers = [5.0, 0.0, 10.0, 20.0]
        numbers[position] = wrong
        with pytest.raises(ValueError, match="must be finite"):
            range_progress(*numbers)


class TestTotal:
    def test_weighted_mean(self):
        assert total([(0.5, 1), (0.8, 2)]) == pytest.approx(0.7)
        assert total([(0.25, 3)]) == pytest.approx(0.25)

    def test_one_part_does_not_make_up_for_another(self):
        assert total([(3.0, 1), (0.0, 1)]) == pytest.approx(0.5)
        assert total([(-2.0, 1), (1.0, 1)]) == pytest.approx(0.5)
        assert total([(INF, 1), (-INF, 3)]) == pytest.approx(0.25)

    def test_no_parts(self):
        assert total([]) is None
        assert total(iter(())) is None

    def test_parts_may_come_one_by_one(self):
        assert total((done, 1) for done in (0.2, 0.4)) == pytest.approx(0.3)

    @pytest.mark.parametrize('weight', [0, -1, NAN, INF])
    def test_weights_that_are_none(self, weight):
        with pytest.raises(ValueError, match="weight must be above 0"):
            total([(0.5, 1), (0.5, weight)])

    @pytest.mark.parametrize('done', [None, NAN])
    def test_a_part_without_progress_is_not_done(self, done):
        with pytest.raises(ValueError, match="no progress"):
            total([(0.5, 1), (done, 1)])

    def test_all_done_is_exactly_1_and_the_order_does_not_matter(self):
        weights = [0.1 * n for n in range(1, 40)]
        assert total((1.2, weight) for weight in weights) == 1
        parts = [(n / 40, weight) for n, weight in enumerate(weights)]
        assert total(parts) == total(reversed(parts))

    def test_it_lies_between_its_parts_and_rises_with_each(self):
        parts = [(0.2, 1), (0.9, 2.5), (0.4, 0.3)]
        assert 0.2 < total(parts) < 0.9
        numbers = [total([*parts, (n / 10, 2)]) for n in range(-5, 16)]
        assert rises(numbers)
        assert numbers[5] < numbers[15]
        assert numbers[0] == numbers[5] and numbers[15] == numbers[20]


class TestElapsed:
    @pytest.mark.parametrize(
        ('day', 'expected'),
        [
            (date(2025, 12, 31), 0),
            (date(2026, 1, 1), 1 / 90),
            (date(2026, 2, 14), 0.5),
            (date(2026, 3, 30), 89 / 90),
            (date(2026, 3, 31), 1),
            (date(2026, 4, 1), 1),
            (date(2020, 1, 1), 0),
            (date(2030, 1, 1), 1),
        ],
    )
    def test_a_quarter_of_90_days(self, day, expected):
        assert elapsed(day, *QUARTER) == pytest.approx(expected)

    def test_a_leap_year_has_a_day_more(self):
        leap = (date(2028, 1, 1), date(2028, 12, 31))
        assert elapsed(date(2028, 2, 29), *leap) == pytest.approx(60 / 366)
        assert elapsed(date(2028, 7, 1), *leap) == pytest.approx(0.5)
        common = (date(2026, 1, 1), date(2026, 12, 31))
        assert elapsed(date(2026, 3, 1), *common) == pytest.approx(60 / 365)

    @pytest.mark.parametrize('curve', [None, [0.2, 1.0]])
    def test_one_day(self, curve):
        day = date(2028, 2, 29)
        assert elapsed(day - timedelta(1), day, day, curve) == 0
        assert elapsed(day, day, day, curve) == 1

    def test_two_days(self):
        start, deadline = date(2026, 2, 28), date(2026, 3, 1)
        assert elapsed(start, start, deadline) == pytest.approx(0.5)
        assert elapsed(deadline, start, deadline) == 1

    def test_a_deadline_before_the_start(self):
        with pytest.raises(ValueError, match="is before the start"):
            elapsed(date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 1))

    def test_a_curve_with_a_point_per_day_is_read_as_it_is(self):
        start, deadline = date(2026, 5, 1), date(2026, 5, 7)
        curve = [0.0, 0.05, 0.1, 0.55, 0.6, 0.6, 1.0]
        found = [elapsed(start + timedelta(n), start, deadline, curve) for n in range(7)]
        assert found == curve

    def test_between_the_points_of_a_curve_it_is_linear(self):
        start, deadline = date(2026, 5, 1), date(2026, 5, 10)
        found = [elapsed(start + timedelta(n), start, deadline, [0.1, 1.0]) for n in range(10)]
        assert found == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1, 0.28, 0.46, 0.64, 0.82, 1.0])

    def test_a_curve_may_have_more_points_than_days(self):
        start, deadline = date(2026, 5, 1), date(2026, 5, 2)
        assert elapsed(start, start, deadline, [0.1, 0.3, 0.7, 1.0]) == pytest.approx(0.3)

    def test_last_year_may_have_had_a_day_more_or_less(self):
        start, deadline = date(2029, 1, 1), date(2029, 12, 31)
        curve = season([1.0] * 366)
        for number in range(-1, 367):
            day = start + timedelta(number)
            assert elapsed(day, start, deadline, curve) == pytest.approx(
                elapsed(day, start, deadline)
            )

    def test_out_of_the_period_a_curve_says_nothing(self):
        before, after = date(2025, 12, 31), date(2026, 4, 1)
        assert elapsed(before, *QUARTER, [0.4, 1.0]) == 0
        assert elapsed(after, *QUARTER, [0.4, 1.0]) == 1

    @pytest.mark.parametrize('curve', [None, [1.0], [0.0, 0.0, 1.0], [0.7, 0.7, 0.9, 1.0]])
    def test_it_never_falls_nor_leaves_what_is_possible(self, curve):
        start = date(2027, 12, 15)
        for length in (1, 2, 3, 7, 31, 100, 366):
            deadline = start + timedelta(length - 1)
            found = [
                elapsed(start + timedelta(n), start, deadline, curve) for n in range(-2, length + 2)
            ]
            assert rises(found)
            assert found[:2] == [0, 0] and found[-3:] == [1, 1, 1]

    @pytest.mark.parametrize(
        'curve',
        [
            [],
            [0.5],
            [0.5, 0.9],
            [0.5, 1.1],
            [0.5, 0.4, 1.0],
            [-0.1, 1.0],
            [0.5, 1.2, 1.0],
            [0.5, NAN, 1.0],
            [NAN],
        ],
    )
    def test_no_curve(self, curve):
        with pytest.raises(ValueError, match="shares of a season"):
            elapsed(date(2026, 2, 1), *QUARTER, curve)


class TestSeason:
    def test_cumulative_shares(self):
        assert season([10, 0, 30, 60]) == pytest.approx([0.1, 0.1, 0.4, 1.0])

    def test_a_refund_lessens_what_stands_before_it(self):
        assert season([50, 50, -60, 60]) == pytest.approx([0.4, 0.4, 0.4, 1.0])
        assert season([100, -100, 100]) == [0, 0, 1]

    def test_refunds_at_the_end_do_not_pass_1(self):
        assert season([40, 40, 40, -20]) == pytest.approx([0.4, 0.8, 1.0, 1.0])

    def test_refunds_at_the_start_are_not_below_0(self):
        assert season([-30, 10, 20, 50]) == pytest.approx([0, 0, 0, 1])
        assert season([-10, 20, 10]) == pytest.approx([0, 0.5, 1])

    @pytest.mark.parametrize(
        'amounts', [[], [0, 0], [-5], [10, -10], [10, -20], [0.1, 0.2, -0.3], [0.1] * 10 + [-1.0]]
    )
    def test_without_a_total_there_is_none(self, amounts):
        assert season(amounts) is None

    @pytest.mark.parametrize('wrong', [NAN, INF, -INF])
    def test_amounts_that_are_none(self, wrong):
        with pytest.raises(ValueError, match="must be finite"):
            season([1.0, wrong, 2.0])

    def test_any_amounts_give_a_curve(self):
        for seed in range(1, 200):
            amounts = [((seed * 37 + n * n * 13 + n) % 101) - 30.5 for n in range(seed % 40 + 1)]
            curve = season(iter(amounts))
            if sum(amounts) <= 0:
                assert curve is None
                continue
            assert len(curve) == len(amounts)
            assert all(0 <= share <= 1 for share in curve)
            assert curve == sorted(curve)
            assert curve[-1] == 1
            assert elapsed(date(2026, 2, 1), *QUARTER, curve) >= 0

    def test_without_refunds_it_is_the_plain_share(self):
        amounts = [(n * 7) % 11 for n in range(90)]
        plain = [sum(amounts[: n + 1]) / sum(amounts) for n in range(90)]
        assert season(amounts) == pytest.approx(plain)


class TestMilestonesElapsed:
    MILESTONES = [(date(2026, 1, 31), 1), (date(2026, 2, 28), 2), (None, 1)]

    @pytest.mark.parametrize(
        ('day', 'expected'),
        [
            (date(2026, 1, 30), 0),
            (date(2026, 1, 31), 0.25),
            (date(2026, 2, 27), 0.25),
            (date(2026, 2, 28), 0.75),
            (date(2026, 3, 30), 0.75),
            (date(2026, 3, 31), 1),
            (date(2026, 4, 1), 1),
        ],
    )
    def test_those_that_are_due_count(self, day, expected):
        assert milestones_elapsed(day, self.MILESTONES, QUARTER[1]) == pytest.approx(expected)

    def test_false_is_no_deadline_either(self):
        assert milestones_elapsed(date(2026, 3, 30), [(False, 1)], QUARTER[1]) == 0
        assert milestones_elapsed(date(2026, 3, 31), [(False, 1)], QUARTER[1]) == 1

    def test_the_leap_day_is_one(self):
        leap_day = date(2028, 2, 29)
        milestones = [(leap_day, 1), (date(2028, 3, 1), 1)]
        assert milestones_elapsed(date(2028, 2, 28), milestones, date(2028, 3, 31)) == 0
        assert milestones_elapsed(leap_day, milestones, date(2028, 3, 31)) == 0.5

    def test_none(self):
        assert milestones_elapsed(date(2026, 3, 31), [], QUARTER[1]) is None

    @pytest.mark.parametrize('weight', [0, -2, NAN, INF])
    def test_weights_that_are_none(self, weight):
        with pytest.raises(ValueError, match="weight must be above 0"):
            milestones_elapsed(date(2026, 3, 31), [(None, 1), (None, weight)], QUARTER[1])

    def test_it_never_falls(self):
        days = [date(2025, 12, 25) + timedelta(n) for n in range(120)]
        found = [milestones_elapsed(day, iter(self.MILESTONES), QUARTER[1]) for day in days]
        assert rises(found)
        assert found[0] == 0 and found[-1] == 1


class TestVerdict:
    @pytest.mark.parametrize(
        ('done', 'expected'),
        [
            (-0.5, 'planning_error'),
            (0, 'planning_error'),
            (0.3, 'planning_error'),
            (0.399999, 'planning_error'),
            (0.4, 'short'),
            (0.699999, 'short'),
            (0.7, 'good'),
            (0.999999, 'good'),
            (1, 'too_low'),
            (2.5, 'too_low'),
            (INF, 'too_low'),
            (-INF, 'planning_error'),
        ],
    )
    def test_aspirational(self, done, expected):
        assert verdict(done) == expected

    @pytest.mark.parametrize(
        ('done', 'expected'),
        [
            (0, 'planning_error'),
            (0.399999, 'planning_error'),
            (0.4, 'short'),
            (0.7, 'short'),
            (0.999999, 'short'),
            (1, 'good'),
            (5, 'good'),
        ],
    )
    def test_committed(self, done, expected):
        assert verdict(done, 'committed') == expected

    def test_the_noise_of_floats_does_not_decide(self):
        assert progress(8.7, 8, 9) < 0.7
        assert verdict(progress(8.7, 8, 9)) == 'good'
        assert verdict(0.1 + 0.6) == 'good'
        assert verdict(0.7 - 4e-7) == 'good'
        assert verdict(0.7 - 6e-7) == 'short'
        assert verdict(0.4 - 4e-7) == 'short'
        assert verdict(1 - 4e-7) == 'too_low'
        assert verdict(1 - 4e-7, 'committed') == 'good'

    @pytest.mark.parametrize('kind', ['aspirational', 'committed'])
    @pytest.mark.parametrize('done', [None, NAN])
    def test_unknown_progress(self, done, kind):
        assert verdict(done, kind) is None

    def test_own_thresholds(self):
        rules = {'good': 0.8, 'error': 0.5, 'too_low': 1.2}
        found = [verdict(n / 100, **rules) for n in (49, 50, 79, 80, 119, 120)]
        assert found == ['planning_error', 'short', 'short', 'good', 'good', 'too_low']
        assert verdict(0.5, 'committed', **rules) == 'short'
        assert verdict(1.2, 'committed', **rules) == 'good'

    def test_good_may_be_too_low_at_once(self):
        assert verdict(0.9, good=0.9, too_low=0.9) == 'too_low'
        assert verdict(0.89, good=0.9, too_low=0.9) == 'short'

    def test_all_may_be_what_is_good(self):
        assert verdict(1, good=1, too_low=1.5) == 'good'
        assert verdict(0.99, good=1, too_low=1.5) == 'short'

    def test_more_progress_is_never_worse(self):
        for kind, order in [
            ('aspirational', ['planning_error', 'short', 'good', 'too_low']),
            ('committed', ['planning_error', 'short', 'good']),
        ]:
            ranks = [order.index(verdict(n / 100, kind)) for n in range(-50, 200)]
            assert ranks == sorted(ranks)
            assert set(ranks) == set(range(len(order)))


THRESHOLDS = [
    {'error': 0},
    {'error': -0.1},
    {'error': 0.7},
    {'error': 0.8},
    {'good': 0.4},
    {'good': 0.9, 'too_low': 0.8},
    {'too_low': 0.6},
    {'error': NAN},
    {'good': NAN},
    {'too_low': NAN},
]


@pytest.mark.parametrize('kind', ['aspirational', 'committed'])
@pytest.mark.parametrize('rules', THRESHOLDS)
def test_thresholds_out_of_order(rules, kind):
    for done in (0.5, None):
        with pytest.raises(ValueError, match="thresholds must satisfy"):
            verdict(done, kind, **rules)
        with pytest.raises(ValueError, match="thresholds must satisfy"):
            pace(done, 0.5, kind, **rules)


@pytest.mark.parametrize('kind', ['', None, 'Committed', 'moonshot'])
def test_unknown_kind(kind):
    with pytest.raises(ValueError, match="not "):
        verdict(0.5, kind)
    with pytest.raises(ValueError, match="not "):
        pace(None, 0.5, kind)


class TestPace:
    @pytest.mark.parametrize(
        ('done', 'expected'),
        [
            (-0.1, 'off_track'),
            (0, 'off_track'),
            (0.1999, 'off_track'),
            (0.2, 'behind'),
            (0.3499, 'behind'),
            (0.35, 'on_track'),
            (0.4999, 'on_track'),
            (0.5, 'ahead'),
            (1.5, 'ahead'),
        ],
    )
    def test_aspirational_at_half_time(self, done, expected):
        assert pace(done, 0.5) == expected

    @pytest.mark.parametrize(
        ('done', 'expected'),
        [
            (0, 'off_track'),
            (0.1999, 'off_track'),
            (0.2, 'behind'),
            (0.35, 'behind'),
            (0.4999, 'behind'),
            (0.5, 'on_track'),
            (0.55, 'on_track'),
            (0.5501, 'ahead'),
            (1, 'ahead'),
        ],
    )
    def test_committed_at_half_time(self, done, expected):
        assert pace(done, 0.5, 'committed') == expected

    def test_at_the_end_it_is_the_verdict(self):
        words = {
            'too_low': 'ahead',
            'good': 'on_track',
            'short': 'behind',
            'planning_error': 'off_track',
        }
        for number in range(-20, 111):
            done = number / 100
            for kind in ('aspirational', 'committed'):
                assert pace(done, 1, kind) == words[verdict(done, kind)]
        assert pace(1.11, 1, 'committed') == 'ahead'

    @pytest.mark.parametrize('kind', ['aspirational', 'committed'])
    def test_early_ends_with_its_share(self, kind):
        assert pace(0, 0.099999, kind) == 'early'
        assert pace(0, 0.1, kind) == 'off_track'
        assert pace(0, 0.1 - 4e-7, kind) == 'off_track'
        assert pace(0, 0.25, kind, early=0.3) == 'early'
        assert pace(0, 0.3, kind, early=0.3) == 'off_track'
        assert pace(0, 0.99, kind, early=1) == 'early'
        assert pace(0, 1, kind, early=1) == 'off_track'

    def test_early_but_done(self):
        assert pace(0.999999, 0.05) == 'early'
        assert pace(1, 0.05) == 'ahead'
        assert pace(1, 0.05, too_low=1.5) == 'on_track'
        assert pace(1.5, 0.05, too_low=1.5) == 'ahead'
        beyond = {'good': 1.2, 'too_low': 1.5}
        assert [pace(n, 0.05, **beyond) for n in (1, 1.19, 1.2)] == ['early', 'early', 'on_track']
        assert pace(1, 0.05, 'committed', **beyond) == 'on_track'
        assert pace(0.999999, 0.05, 'committed') == 'early'
        assert pace(1, 0.05, 'committed') == 'on_track'
        assert pace(1.2, 0.05, 'committed') == 'ahead'

    def test_nothing_expected_yet_is_no_speed(self):
        for early in (0, 0.1):
            assert pace(0.3, 0, early=early) == 'early'
            assert pace(-0.3, 1e-9, early=early) == 'early'
            assert pace(1, 0, early=early) == 'ahead'
        assert pace(0.01, 0.02, early=0) == 'behind'

    @pytest.mark.parametrize('expected', [0, 0.05, 0.5, 1, None, NAN])
    def test_a_level_is_judged_as_it_stands(self, expected):
        found = [pace(n / 100, expected, is_level=True) for n in (-10, 39, 40, 69, 70, 99, 100)]
        assert found == [
            'off_track',
            'off_track',
            'behind',
            'behind',
            'on_track',
            'on_track',
            'on_track',
        ]
        committed = [pace(n / 100, expected, 'committed', is_level=True) for n in (39, 40, 99, 100)]
        assert committed == ['off_track', 'behind', 'behind', 'on_track']

    @pytest.mark.parametrize('missing', [None, NAN])
    def test_what_is_missing(self, missing):
        assert pace(missing, 0.5) is None
        assert pace(missing, 0.01) is None
        assert pace(missing, 0.5, is_level=True) is None
        assert pace(0.5, missing) is None

    def test_the_noise_of_floats_does_not_decide(self):
        assert progress(8.7, 8, 9) < 0.7
        assert pace(progress(8.7, 8, 9), 1) == 'on_track'
        assert pace(0.35 - 1e-8, 0.5) == 'on_track'
        assert pace(0.55 + 1e-8, 0.5, 'committed') == 'on_track'

    def test_own_thresholds(self):
        rules = {'good': 0.8, 'error': 0.5, 'too_low': 1.2}
        found = [pace(n / 100, 0.5, **rules) for n in (24, 25, 39, 40, 59, 60)]
        assert found == ['off_track', 'behind', 'behind', 'on_track', 'on_track', 'ahead']

    @pytest.mark.parametrize('expected', [-0.01, 1.01, INF])
    def test_expected_is_a_share(self, expected):
        with pytest.raises(ValueError, match="expected must be a fraction"):
            pace(0.5, expected)

    @pytest.mark.parametrize('early', [-0.1, 1.1, NAN])
    def test_early_is_a_share(self, early):
        with pytest.raises(ValueError, match="early must be a fraction"):
            pace(0.5, 0.5, early=early)

    def test_more_progress_is_never_worse_and_more_time_never_better(self):
        order = ['off_track', 'behind', 'on_track', 'ahead']
        for kind in ('aspirational', 'committed'):
            for share in range(10, 101, 5):
                ranks = [order.index(pace(n / 100, share / 100, kind)) for n in range(-20, 150)]
                assert ranks == sorted(ranks)
            for done in range(0, 150, 5):
                ranks = [order.index(pace(done / 100, n / 100, kind)) for n in range(10, 101)]
                assert ranks == sorted(ranks, reverse=True)
