"""How customers buy: rhythm, seasons, features and what is learned from them."""

import calendar
import json
from datetime import date, timedelta
from statistics import median

import numpy as np
import pandas as pd
import pytest

from analysis import cadence, logistic

EPOCH = date(1970, 1, 1)


def day(text):
    return (date.fromisoformat(text) - EPOCH).days


def documents(*rows):
    """Documents of rows of (partner, day, revenue), profit a tenth of it."""
    frame = pd.DataFrame(
        [(partner, on, float(revenue)) for partner, on, revenue in rows],
        columns=['partner_id', 'day', 'revenue'],
    )
    return frame.assign(profit=frame['revenue'] / 10, is_positive=frame['revenue'] > 0)


def bought(*days, as_of=None, partner=1):
    """The only customer, who bought on some days."""
    frame = documents(*((partner, on, 100) for on in days))
    return cadence.customers(frame, max(days) if as_of is None else as_of).iloc[0]


class TestAddMonths:
    @pytest.mark.parametrize(
        ('start', 'months', 'expected'),
        [
            ('2024-01-15', 3, '2024-04-15'),
            ('2024-01-31', 1, '2024-02-29'),
            ('2023-01-31', 1, '2023-02-28'),
            ('2024-02-29', 12, '2025-02-28'),
            ('2024-03-31', -1, '2024-02-29'),
            ('2024-11-30', 3, '2025-02-28'),
            ('2024-05-15', 0, '2024-05-15'),
            ('1970-01-31', -2, '1969-11-30'),
        ],
    )
    def test_like_postgresql(self, start, months, expected):
        assert cadence.add_months(day(start), months) == day(expected)

    @pytest.mark.parametrize('months', [-25, -1, 1, 6, 13])
    def test_like_the_calendar_on_every_day_of_four_years(self, months):
        days = np.arange(day('2023-01-01'), day('2027-01-01'))
        assert cadence.add_months(days, months).tolist() == [
            self.slow(EPOCH + timedelta(int(number)), months) for number in days
        ]

    @staticmethod
    def slow(start, months):
        years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        last = calendar.monthrange(years, month + 1)[1]
        return (date(years, month + 1, min(start.day, last)) - EPOCH).days

    def test_whole_numbers_stay_whole_and_unknown_days_unknown(self):
        assert cadence.add_months(np.array([0, 31]), 1).dtype == 'int64'
        moved = cadence.add_months(np.array([0.0, np.nan]), 1)
        assert moved[0] == 31
        assert np.isnan(moved[1])


class TestCustomers:
    def test_columns(self):
        frame = cadence.customers(documents((7, 100, 10), (7, 130, 20), (3, 90, 5)), 200)
        assert frame.to_dict('list') == {
            'partner_id': [3, 7],
            'first_day': [90, 100],
            'last_day': [90, 130],
            'order_count': [1, 2],
            'purchase_days': [1, 2],
            'interval': [pytest.approx(np.nan, nan_ok=True), 30],
            'buyer_type': ['once', 'occasional'],
            'next_day': [pytest.approx(np.nan, nan_ok=True)] * 2,
            'year_revenue': [5, 30],
            'year_profit': [0.5, 3],
        }

    @pytest.mark.parametrize('frame', [documents(), pd.DataFrame(), documents((1, 11, 5))])
    def test_nobody_is_an_empty_frame_of_the_same_types(self, frame):
        nobody = cadence.customers(frame, 10)
        somebody = cadence.customers(documents((1, 10, 5)), 10)
        assert nobody.empty
        assert nobody.dtypes.to_dict() == somebody.dtypes.to_dict()

    def test_a_missing_column_is_named(self):
        with pytest.raises(ValueError, match="'profit'"):
            cadence.customers(documents((1, 1, 1)).drop(columns='profit'), 10)

    def test_the_day_itself_counts_and_no_later_one(self):
        frame = documents((1, 10, 5), (1, 20, 7), (1, 21, 100), (2, 21, 100))
        result = cadence.customers(frame, 20)
        assert result['partner_id'].tolist() == [1]
        assert result.loc[0, ['last_day', 'order_count', 'year_revenue']].tolist() == [20, 2, 12]

    def test_several_documents_of_a_day_are_one_purchase(self):
        customer = bought(10, 10, 10, 40, 40, 70)
        assert customer[['order_count', 'purchase_days', 'interval']].tolist() == [6, 3, 30]
        customer = bought(10, 10)
        assert customer['buyer_type'] == 'once'
        assert np.isnan(customer['interval'])

    def test_a_credit_is_no_purchase(self):
        frame = documents((1, 10, 100), (1, 50, -30), (2, 10, -5))
        customer = cadence.customers(frame, 60)
        assert customer['partner_id'].tolist() == [1]
        assert customer.loc[0, ['last_day', 'order_count', 'buyer_type']].tolist() == [
            10,
            1,
            'once',
        ]

    @pytest.mark.parametrize(
        ('days', 'expected'),
        [((0, 10), 10), ((0, 10, 40), 20), ((0, 10, 40, 45), 10), ((0, 10, 40, 45, 1000), 20)],
    )
    def test_the_interval_is_the_median_gap(self, days, expected):
        assert bought(*days)['interval'] == expected

    def test_the_year_ends_with_the_last_order(self):
        last = 1000
        frame = documents(
            (1, last - 365, 1),
            (1, last - 364, 10),
            (1, last - 100, -4),
            (1, last, 100),
            (1, last + 60, -20),
            (1, last + 61, -50),
        )
        year = cadence.customers(frame, last + 60).loc[0, ['year_revenue', 'year_profit']]
        assert year.tolist() == [86, 8.6]

    def test_unknown_profit_counts_as_nothing(self):
        frame = documents((1, 10, 100), (1, 20, 50)).assign(profit=[np.nan, 5])
        assert cadence.customers(frame, 20).loc[0, 'year_profit'] == 5

    def test_days_before_1970(self):
        customer = bought(-4000, -30, 0, as_of=5)
        assert customer[['first_day', 'last_day', 'interval']].tolist() == [-4000, 0, 2000]

    def test_like_the_slow_reference_in_any_order_of_the_rows(self):
        frame = random_documents(1)
        result = cadence.customers(frame, 1500)
        pd.testing.assert_frame_equal(result, slow_customers(frame, 1500), check_exact=True)
        shuffled = frame.sample(frac=1, random_state=3)
        pd.testing.assert_frame_equal(cadence.customers(shuffled, 1500), result, check_exact=True)
        pd.testing.assert_frame_equal(
            cadence.features(shuffled, 1500), cadence.features(frame, 1500), check_exact=True
        )
        assert {'once', 'occasional', 'regular', 'seasonal'} == set(result['buyer_type'])


def random_documents(seed):
    """1,500 days of 300 customers: by chance, by rhythm and by season, with credits."""
    rng = np.random.default_rng(seed)
    rows = []
    for partner in range(1, 301):
        if partner % 3:
            step = rng.exponential(rng.choice([20, 90, 300]), 8)
        else:
            step = np.where(rng.random(8) < 0.4, 330, rng.choice([15, 30]))
        days = 1 + rng.integers(0, 400) + np.cumsum(step).astype(int)
        for on in days[: rng.integers(1, 9)]:
            for _document in range(rng.integers(1, 3)):
                revenue = round(float(rng.normal(60, 60)), 2) or 1.0
                rows.append((partner * 5 % 301, int(on), revenue))
    return documents(*rows)


def slow_customers(frame, as_of):
    """The same one customer after the other, as the definitions say it."""
    rows = []
    for partner, every in frame[frame['day'] <= as_of].groupby('partner_id'):
        orders = every[every['is_positive']]
        if orders.empty:
            continue
        days = sorted(set(orders['day']))
        last = days[-1]
        gaps = [after - before for before, after in zip(days, days[1:], strict=False)]
        interval = float(median(gaps)) if gaps else np.nan
        season = slow_season(days)
        buyer_type, next_day = 'occasional', np.nan
        if len(days) == 1:
            buyer_type = 'once'
        elif season:
            buyer_type = 'seasonal'
            next_day = float(TestAddMonths.slow(EPOCH + timedelta(season), 12))
        elif len(days) >= 3 and 4 * sum(gap > 2 * interval for gap in gaps) <= len(gaps):
            buyer_type = 'regular'
            next_day = float(np.ceil(last + interval))
        year = every[every['day'] > last - 365]
        rows.append(
            {
                'partner_id': partner,
                'first_day': days[0],
                'last_day': last,
                'order_count': len(orders),
                'purchase_days': len(days),
                'interval': interval,
                'buyer_type': buyer_type,
                'next_day': next_day,
                'year_revenue': round(year['revenue'].sum(), 4),
                'year_profit': round(year['profit'].sum(), 4),
            }
        )
    return pd.DataFrame(rows)


def slow_season(days):
    """First day of the last season of a seasonal buyer, else None."""
    seasons = [[days[0]]]
    for on in days[1:]:
        if on - seasons[-1][-1] >= 150:
            seasons.append([])
        seasons[-1].append(on)
    # The last of them that follow each other by a year.
    yearly = [seasons.pop()]
    while (
        seasons
        and 304 <= yearly[0][0] - seasons[-1][0] <= 426
        and max(season[-1] - season[0] for season in (yearly[0], seasons[-1])) <= 215
    ):
        yearly.insert(0, seasons.pop())
    if len(yearly) >= 3 or (len(yearly) == 2 and min(map(len, yearly)) >= 2):
        return yearly[-1][0]
    return None


class TestBuyerTypes:
    def test_three_purchases_are_regular_and_the_next_is_an_interval_away(self):
        customer = bought(0, 30, 61)
        assert customer['buyer_type'] == 'regular'
        # After 30.5 days it is the 31st.
        assert customer['next_day'] == 61 + 31

    def test_two_purchases_are_occasional(self):
        customer = bought(0, 30)
        assert customer['buyer_type'] == 'occasional'
        assert np.isnan(customer['next_day'])

    @pytest.mark.parametrize(
        ('days', 'expected'),
        [
            ((0, 1, 100, 101), 'occasional'),  # one of three gaps is long
            ((0, 10, 20, 30, 100), 'regular'),  # one of four
            ((0, 10, 20, 90, 160), 'regular'),
            ((0, 10, 80, 90, 100, 170, 180), 'occasional'),  # two of six
        ],
    )
    def test_many_long_gaps_are_no_rhythm(self, days, expected):
        assert bought(*days)['buyer_type'] == expected

    def test_three_christmases_are_a_season(self):
        customer = bought(*map(day, ('2021-12-05', '2022-11-28', '2023-12-10')))
        assert customer['buyer_type'] == 'seasonal'
        assert customer['next_day'] == day('2024-12-10')

    def test_the_next_season_begins_a_year_after_the_last_began(self):
        days = ('2022-12-01', '2022-12-10', '2022-12-20', '2023-11-25', '2023-12-18')
        customer = bought(*map(day, days))
        assert customer['buyer_type'] == 'seasonal'
        assert customer['next_day'] == day('2024-11-25')

    def test_two_lone_purchases_a_year_apart_are_no_season(self):
        assert bought(day('2022-12-01'), day('2023-12-01'))['buyer_type'] == 'occasional'
        one_full = ('2022-12-01', '2022-12-10', '2022-12-20', '2023-12-18')
        assert bought(*map(day, one_full))['buyer_type'] != 'seasonal'

    def test_twice_a_year_is_a_rhythm(self):
        assert bought(0, 182, 365, 547, 730)['buyer_type'] == 'regular'

    @pytest.mark.parametrize(
        ('gap', 'expected'),
        [(303, 'regular'), (304, 'seasonal'), (426, 'seasonal'), (427, 'regular')],
    )
    def test_a_year_is_twelve_months_give_or_take_two(self, gap, expected):
        assert bought(0, gap, 2 * gap)['buyer_type'] == expected

    @pytest.mark.parametrize(('silence', 'expected'), [(149, 'regular'), (150, 'seasonal')])
    def test_five_silent_months_end_a_season(self, silence, expected):
        season = np.array([0, 100, 365 - silence])
        assert bought(*season, *(365 + season), *(730 + season))['buyer_type'] == expected

    def test_who_now_buys_all_the_year_is_not_seasonal(self):
        seasons = [0, 20, 365, 385, 730, 750]
        assert bought(*seasons)['buyer_type'] == 'seasonal'
        assert bought(*seasons, 850, 945)['buyer_type'] == 'seasonal'
        assert bought(*seasons, 850, 946)['buyer_type'] != 'seasonal'

    def test_a_long_season_before_is_none(self):
        assert bought(0, 100, 215, 400, 420)['buyer_type'] == 'seasonal'
        assert bought(0, 100, 216, 400, 420)['buyer_type'] != 'seasonal'

    def test_a_skipped_year_is_forgotten_after_two_more(self):
        seasons = [0, 20, 365, 385, 1095]
        assert bought(*seasons)['buyer_type'] != 'seasonal'
        assert bought(*seasons, 1110, 1460)['buyer_type'] != 'seasonal'
        assert bought(*seasons, 1110, 1460, 1475)['buyer_type'] == 'seasonal'

    def test_the_neighbours_in_the_frame_are_not_mixed_up(self):
        frame = documents(*((1, on, 9) for on in (0, 365)), *((2, on, 9) for on in (730, 1095)))
        assert cadence.customers(frame, 2000)['buyer_type'].tolist() == ['occasional'] * 2


class TestFeatures:
    def test_by_hand(self):
        frame = documents(
            (1, 0, 100), (1, 40, 80), (1, 40, 30), (1, 60, -10), (1, 101, 999), (2, 70, 50)
        )
        result = cadence.features(frame, 100).set_index('partner_id')
        assert list(result) == list(cadence.FEATURES)
        expected = {
            'recency': np.log1p([60, 30]),
            'rhythm': [np.log1p(60 / 40), 0],
            'orders': np.log([2, 1]),
            'activity_30': np.log1p([0, 0]),
            'activity_90': np.log1p([1, 1]),
            'activity_180': np.log1p([2, 1]),
            'tenure': np.log1p([100, 30]),
            'once': [0, 1],
            'value': np.log1p([200 / 3, 50]),
        }
        for name, values in expected.items():
            assert result[name].tolist() == pytest.approx(list(values)), name

    def test_the_window_ends_with_the_day_itself(self):
        frame = documents((1, 71, 5), (2, 70, 5))
        assert cadence.features(frame, 100)['activity_30'].tolist() == [np.log1p(1), 0]

    def test_nothing_is_unknown(self):
        frame = random_documents(2)
        frame.loc[::5, ['revenue', 'profit']] = np.nan
        result = cadence.features(frame, 900)
        assert np.isfinite(result.to_numpy()).all()
        assert result['partner_id'].tolist() == cadence.customers(frame, 900)['partner_id'].tolist()

    def test_who_returned_all_is_worth_nothing(self):
        frame = documents((1, 0, 100), (1, 5, -120))
        assert cadence.features(frame, 10).loc[0, 'value'] == 0

    def test_every_feature_has_one_topic(self):
        assert sorted(sum(cadence.TOPICS.values(), ())) == sorted(cadence.FEATURES)

    def test_nobody(self):
        result = cadence.features(documents(), 10)
        assert result.empty
        assert result.dtypes.tolist() == ['int64'] + ['float64'] * len(cadence.FEATURES)


class TestOutcome:
    def test_an_order_until_the_last_day_is_having_stayed(self):
        frame = documents((1, 10, 5), (1, 20, 5), (2, 10, 5), (2, 21, 5), (3, 9, 5), (4, 11, 5))
        result = cadence.outcome(frame, 10, 10)
        assert result['partner_id'].tolist() == [1, 2, 3]
        assert result['left'].tolist() == [False, True, True]

    def test_a_credit_is_not_having_stayed(self):
        frame = documents((1, 10, 5), (1, 15, -5), (2, 8, -5), (2, 15, 5))
        result = cadence.outcome(frame, 10, 10)
        assert result.to_dict('list') == {'partner_id': [1], 'left': [True]}

    def test_nobody(self):
        result = cadence.outcome(pd.DataFrame(), 10, 10)
        assert result.dtypes.tolist() == ['int64', 'bool']


def company(customers=600, until=800, seed=5):
    """Customers of many rhythms, each of whom one day stops."""
    rng = np.random.default_rng(seed)
    rows = []
    for partner in range(1, customers + 1):
        rhythm = rng.choice([10, 30, 60])
        on, stops = rng.integers(0, until), rng.exponential(300)
        stops += on
        while on <= min(stops, until):
            rows.append((partner, int(on), round(float(rng.lognormal(4, 1)), 2)))
            on += 1 + rng.exponential(rhythm)
    return documents(*rows)


@pytest.fixture(scope='module')
def sales():
    return company()


@pytest.fixture(scope='module')
def model(sales):
    return cadence.train(sales, 700, 90)


class TestTrain:
    def test_explains_what_happened_by_what_was_known_before(self, sales, model):
        known = cadence.features(sales, 610)
        left = cadence.outcome(sales, 610, 90)['left'].to_numpy()
        assert (model.customers, model.left) == (len(known), left.sum())
        assert (model.horizon, model.as_of) == (90, 700)
        matrix = known[list(model.names)].to_numpy()
        assert model.means == pytest.approx(matrix.mean(axis=0))
        assert model.scales == pytest.approx(matrix.std(axis=0))
        scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
        used = np.flatnonzero(model.coefficients)
        fitted = logistic.fit(scaled[:, used], left)
        assert np.array(model.coefficients)[used] == pytest.approx(fitted.coefficients)
        assert model.probability(known).mean() == pytest.approx(left.mean())

    def test_tells_later_leavers_apart(self, sales, model):
        probability = model.probability(cadence.features(sales, 705))
        left = cadence.outcome(sales, 705, 90)['left'].to_numpy()
        assert probability[left].mean() > probability[~left].mean() + 0.3

    def test_no_coefficient_contradicts_its_meaning(self, model):
        coefficients = dict(zip(model.names, model.coefficients, strict=True))
        assert all(coefficients[name] >= 0 for name in ('recency', 'rhythm', 'once'))
        assert all(coefficients[name] <= 0 for name in ('orders', 'value'))
        assert all(coefficients[name] <= 0 for name in cadence.TOPICS['activity'])
        assert any(coefficients.values())

    def test_nothing_later_is_used(self, sales, model):
        assert (sales['day'] > 700).any()
        assert cadence.train(sales[sales['day'] <= 700], 700, 90) == model

    def test_the_order_of_the_rows_does_not_matter(self, sales, model):
        assert cadence.train(sales.sample(frac=1, random_state=1), 700, 90) == model

    def test_a_penalty_draws_the_coefficients_to_zero(self, sales, model):
        drawn = cadence.train(sales, 700, 90, penalty=1000)
        assert np.abs(drawn.coefficients).max() < np.abs(model.coefficients).max() / 2

    def test_a_feature_that_is_the_same_for_all_has_no_say(self, sales):
        model = cadence.train(sales.assign(revenue=1.0), 700, 90)
        value = dict(zip(model.names, model.coefficients, strict=True))['value']
        assert value == 0

    def test_too_few_customers(self):
        frame = company(customers=150)
        with pytest.raises(cadence.TooLittleHistory) as caught:
            cadence.train(frame, 700, 90)
        error = caught.value
        assert (error.needed, error.needed_days) == (90, 90)
        assert error.left < 90 < error.customers
        assert error.days == 611 - frame['day'].min()
        assert f"of {error.customers} customers {error.left} left" in str(error)

    @pytest.mark.parametrize('gone', [89, 90])
    def test_ten_leavers_per_feature_suffice(self, gone):
        stays = [(partner, on, 50) for partner in range(1, 201) for on in (0, 100, 150)]
        leaves = [(partner, 50, 50) for partner in range(201, 201 + gone)]
        frame = documents(*stays, *leaves)
        if gone == 90:
            assert cadence.train(frame, 190, 90).left == 90
        else:
            with pytest.raises(cadence.TooLittleHistory):
                cadence.train(frame, 190, 90)

    @pytest.mark.parametrize('stayed', [89, 90])
    def test_ten_stayers_per_feature_suffice(self, stayed):
        stays = [(partner, on, 50) for partner in range(1, stayed + 1) for on in (0, 150)]
        leaves = [(partner, 50, 50) for partner in range(201, 401)]
        frame = documents(*stays, *leaves)
        if stayed == 90:
            assert cadence.train(frame, 190, 90).customers == 290
        else:
            with pytest.raises(cadence.TooLittleHistory):
                cadence.train(frame, 190, 90)

    @pytest.mark.parametrize('horizon', [100, 101])
    def test_history_as_long_as_the_horizon_suffices(self, horizon):
        """The first order was 100 days before the origin, that day included."""
        frame = documents(
            *((partner, 1 + partner % 50, 50) for partner in range(1, 301)),
            *((partner, 150, 50) for partner in range(1, 151)),
        )
        if horizon == 100:
            assert cadence.train(frame, 100 + horizon, horizon).left == 150
        else:
            with pytest.raises(cadence.TooLittleHistory) as caught:
                cadence.train(frame, 100 + horizon, horizon)
            assert (caught.value.days, caught.value.needed_days) == (100, 101)

    def test_no_history(self):
        with pytest.raises(cadence.TooLittleHistory) as caught:
            cadence.train(documents(), 100, 30)
        assert vars(caught.value) == {
            'customers': 0,
            'left': 0,
            'needed': 90,
            'days': 0,
            'needed_days': 30,
        }

    @pytest.mark.parametrize('horizon', [0, -5])
    def test_refuses_a_horizon_that_is_none(self, sales, horizon):
        with pytest.raises(ValueError, match="at least 1 day"):
            cadence.train(sales, 700, horizon)


def plain_model(**coefficients):
    """A model whose features are all 0 on the average and of scale 1."""
    size = len(cadence.FEATURES)
    return cadence.Model(
        names=cadence.FEATURES,
        means=(0.0,) * size,
        scales=(1.0,) * size,
        coefficients=tuple(float(coefficients.get(name, 0)) for name in cadence.FEATURES),
        intercept=-1.0,
        customers=500,
        left=200,
        horizon=90,
        as_of=700,
    )


def row(**features):
    return pd.DataFrame([{name: features.get(name, 0.0) for name in cadence.FEATURES}])


class TestModel:
    def test_is_the_same_after_json(self, model):
        again = cadence.Model.from_dict(json.loads(json.dumps(model.to_dict())))
        assert again == model

    def test_of_other_features_is_refused(self, model):
        values = {**model.to_dict(), 'names': ['recency']}
        with pytest.raises(ValueError, match="features"):
            cadence.Model.from_dict(values)
        del values['names']
        with pytest.raises(KeyError):
            cadence.Model.from_dict(values)

    def test_probability_by_hand(self):
        model = plain_model(recency=2, orders=-1)
        assert model.probability(row(recency=1.0, orders=0.5)) == pytest.approx(
            [1 / (1 + np.exp(-0.5))]
        )

    def test_of_nobody(self, model):
        nobody = cadence.features(documents(), 10)
        assert model.probability(nobody).tolist() == []
        assert model.factors(nobody).tolist() == []


class TestFactors:
    def test_by_falling_strength_with_the_direction(self):
        model = plain_model(recency=1, orders=-1, value=-1, tenure=0.5)
        features = row(recency=2.0, orders=3.0, value=-1.0, tenure=1.0)
        assert model.factors(features).tolist() == ['frequency-,recency+,value+']
        assert model.factors(features, count=1).tolist() == ['frequency-']
        assert model.factors(features, count=9).tolist() == ['frequency-,recency+,value+,tenure+']

    def test_features_of_a_topic_are_one_factor(self):
        """Alone each is weaker than recency; against each other they are nothing."""
        model = plain_model(recency=1, activity_30=-1, activity_90=-1, activity_180=-1)
        together = row(recency=1.0, activity_30=-0.6, activity_90=-0.6, activity_180=-0.6)
        assert model.factors(together).tolist() == ['activity+,recency+']
        against = row(recency=1.0, activity_30=-2.0, activity_90=2.0)
        assert model.factors(against).tolist() == ['recency+']

    def test_next_to_nothing_is_left_out_but_the_strongest_stays(self):
        model = plain_model(recency=1, orders=-1)
        assert model.factors(row(recency=1.0, orders=-0.1)).tolist() == ['recency+,frequency+']
        assert model.factors(row(recency=1.0, orders=-0.09)).tolist() == ['recency+']
        assert model.factors(row(recency=0.02, orders=-0.01)).tolist() == ['recency+']

    def test_who_bought_once_has_no_rhythm_to_speak_of(self):
        model = plain_model(rhythm=-3, once=1)
        assert model.factors(row(rhythm=-1.0, once=1.0)).tolist() == ['once+']
        assert model.factors(row(rhythm=-1.0, once=0.0)).tolist() == ['rhythm+']

    def test_add_up_to_the_probability(self, sales, model):
        features = cadence.features(sales, 700)
        odds = np.exp(model.intercept + model._by_topic(features).sum(axis=1))
        assert model.probability(features) == pytest.approx(odds / (1 + odds))

    def test_like_the_slow_reference(self, sales, model):
        features = cadence.features(sales, 700)
        expected = []
        for strengths in model._by_topic(features):
            ranking = sorted(
                zip(cadence.TOPICS, strengths, strict=True), key=lambda pair: -abs(pair[1])
            )
            kept = [ranking[0], *(pair for pair in ranking[1:3] if abs(pair[1]) >= 0.1)]
            expected.append(','.join(f"{topic}{'+' if way > 0 else '-'}" for topic, way in kept))
        assert model.factors(features).tolist() == expected
        assert len(set(expected)) > 5
