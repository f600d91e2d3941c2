"""Split between hunting and farming: the playbook's figures, and boundary cases."""

import math

import pytest

from analysis.split import QUARTER_DAYS, YEAR_DAYS, Rules, forecast, over_days

QUARTER = 91
YEAR = 365


class TestRates:
    def test_a_quarter_of_80_customers_of_whom_12_are_lost(self):
        result = forecast(80, 12, QUARTER)
        assert result.kept == 68
        assert result.to_win == 12
        assert result.loss_rate == pytest.approx(0.15)
        assert result.normal_low == pytest.approx(0.0259, abs=5e-5)
        assert result.normal_high == pytest.approx(0.0541, abs=5e-5)
        assert result.quarter_rate == pytest.approx(0.1505, abs=5e-5)
        assert result.hunting_share == pytest.approx(84 / 152)
        assert result.verdict == 'raised'
        assert not result.is_small

    def test_losses_of_four_quarters_make_that_of_the_year(self):
        quarter = over_days(0.2, YEAR_DAYS, QUARTER_DAYS)
        assert 1 - (1 - quarter) ** 4 == pytest.approx(0.2)
        assert quarter > 0.2 / 4

    def test_the_same_length_leaves_a_rate_alone(self):
        assert over_days(0.37, 50, 50) == pytest.approx(0.37)

    @pytest.mark.parametrize('days', [1, 90, 4000])
    def test_nothing_and_everything_stay_what_they_are(self, days):
        assert over_days(0, YEAR_DAYS, days) == 0
        assert over_days(1, YEAR_DAYS, days) == 1

    @pytest.mark.parametrize(
        ('rate', 'days', 'other'),
        [
            (-0.1, 1, 1),
            (1.1, 1, 1),
            (math.nan, 1, 1),
            (0.1, 0, 1),
            (0.1, 1, -1),
            (0.1, 1, math.inf),
        ],
    )
    def test_bad_rates_and_lengths_are_refused(self, rate, days, other):
        with pytest.raises(ValueError, match="must be"):
            over_days(rate, days, other)


class TestVerdict:
    @pytest.mark.parametrize(
        ('lost', 'verdict'),
        [(0, 'calm'), (9, 'calm'), (10, 'normal'), (20, 'normal'), (21, 'raised'), (76, 'raised')],
    )
    @pytest.mark.parametrize('days', [YEAR, YEAR + 1])
    def test_a_calendar_year_is_judged_by_the_yearly_rates(self, lost, verdict, days):
        assert forecast(100, lost, days).verdict == verdict

    @pytest.mark.parametrize(
        ('lost', 'days', 'verdict'),
        [(299, 91, 'raised'), (301, 91, 'crisis'), (302, 92, 'raised'), (303, 92, 'crisis')],
    )
    def test_crisis_is_above_the_limit_of_a_quarter(self, lost, days, verdict):
        assert forecast(1000, lost, days).verdict == verdict

    def test_the_limit_of_a_quarter_is_brought_to_other_lengths(self):
        # 15 % of a month are 39 % of a quarter, 75 % of a year 29 %.
        assert forecast(1000, 150, 30).verdict == 'crisis'
        assert forecast(1000, 750, YEAR).verdict == 'raised'

    def test_crisis_comes_first_however_wide_normal_is(self):
        rules = Rules(normal_min=0.5, normal_max=1, crisis=0.05)
        assert forecast(100, 10, QUARTER, rules).verdict == 'crisis'

    def test_no_loss_is_normal_where_none_is_expected(self):
        assert forecast(100, 0, YEAR, Rules(normal_min=0, normal_max=0)).verdict == 'normal'
        assert forecast(100, 1, YEAR, Rules(normal_min=0, normal_max=0)).verdict == 'raised'

    def test_without_customers_everything_is_undefined(self):
        result = forecast(0, 0, QUARTER)
        assert result.loss_rate is None
        assert result.quarter_rate is None
        assert result.verdict is None
        assert result.hunting_share is None
        assert (result.kept, result.to_win, result.is_small) == (0, 0, True)

    def test_who_came_back_is_not_to_be_won_again(self):
        result = forecast(100, 30, QUARTER, returned=10)
        assert (result.kept, result.loss_rate, result.to_win) == (70, 0.3, 20)
        assert result.hunting_share == 7 * 20 / (7 * 20 + 80)
        result = forecast(2, 2, QUARTER, returned=2)
        assert (result.to_win, result.hunting_share) == (0, 0)

    @pytest.mark.parametrize('returned', [-1, 4, float('nan')])
    def test_no_more_came_back_than_were_lost(self, returned):
        with pytest.raises(ValueError):
            forecast(10, 3, QUARTER, returned=returned)

    @pytest.mark.parametrize(('days', 'verdict'), [(1, 'raised'), (29, 'raised'), (30, 'crisis')])
    def test_a_few_days_are_no_crisis(self, days, verdict):
        result = forecast(1000, 400, days)
        assert (result.verdict, result.is_short) == (verdict, days < 30)

    @pytest.mark.parametrize(('active', 'is_small'), [(19, True), (20, False)])
    def test_few_customers_say_little(self, active, is_small):
        assert forecast(active, 1, QUARTER).is_small is is_small


class TestEffort:
    def test_nobody_lost_leaves_everything_to_keeping(self):
        result = forecast(50, 0, QUARTER)
        assert (result.hunting_share, result.to_win) == (0, 0)

    def test_everybody_lost_leaves_everything_to_winning(self):
        result = forecast(50, 50, QUARTER)
        assert (result.hunting_share, result.loss_rate, result.quarter_rate) == (1, 1, 1)

    def test_one_of_eight_is_half_of_the_effort(self):
        assert forecast(8, 1, QUARTER).hunting_share == 0.5

    def test_what_winning_costs_decides(self):
        assert forecast(4, 1, QUARTER, Rules(win_cost=3)).hunting_share == 0.5

    @pytest.mark.parametrize(
        ('active', 'lost'), [(10, 11), (10, -1), (-1, -1), (math.nan, 0), (math.inf, 0)]
    )
    def test_impossible_numbers_are_refused(self, active, lost):
        with pytest.raises(ValueError, match="0 <= lost <= active"):
            forecast(active, lost, QUARTER)

    @pytest.mark.parametrize('days', [0, -3])
    def test_a_period_has_a_day(self, days):
        with pytest.raises(ValueError, match="longer than 0 days"):
            forecast(10, 1, days)


@pytest.mark.parametrize(
    'vals',
    [
        {'normal_min': -0.1},
        {'normal_min': 0.3},
        {'normal_max': 1.1},
        {'normal_max': math.nan},
        {'crisis': 0},
        {'crisis': 1.1},
        {'crisis': math.nan},
        {'win_cost': 0},
        {'win_cost': math.inf},
        {'min_sample': 0},
    ],
)
def test_bad_rules_are_refused(vals):
    with pytest.raises(ValueError, match="must be"):
        Rules(**vals)


def test_defaults_are_the_playbook():
    assert Rules() == Rules(
        normal_min=0.10, normal_max=0.20, crisis=0.30, win_cost=7, min_sample=20
    )
