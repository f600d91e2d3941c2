from collections import defaultdict
from datetime import date, timedelta
from random import Random

from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common_churn import ChurnCommon

COUNTS = ['customers:sum', 'lost:sum', 'returned:sum']
RATES = ['churn_rate:avg', 'yearly_rate:avg', 'normal_rate:avg']
AMOUNTS = ['revenue_lost:sum', 'profit_lost:sum']
OCTOBER, NOVEMBER, DECEMBER = (date(2025, month, 1) for month in (10, 11, 12))
JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE = (date(2026, month, 1) for month in range(1, 7))


class ChurnReportCommon(ChurnCommon):
    """Customers who stay, go and come back, seen on 3 June 2026.

    | customer | first purchase | lost       | of  | back       | lost again | of  | today of |
    |----------|----------------|------------|-----|------------|------------|-----|----------|
    | Steady   | 2025-01-10     |            |     |            |            |     | own      |
    | Gone     | 2025-01-10     | 2026-02-15 | own |            |            |     | all      |
    | Back     | 2025-07-05     | 2026-01-20 | own | 2026-04-10 |            |     | peer     |
    | Twice    | 2025-01-10     | 2025-11-05 | own | 2026-01-03 | 2026-05-31 | all | peer     |
    | Fresh    | 2026-03-31     |            |     |            |            |     | nobody   |
    | Once     | 2025-02-01     |            |     |            |            |     | nobody   |
    | Stranger |                |            |     |            |            |     | nobody   |

    Gone was lost for the price, and Twice the second time for the service.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steady = cls._meet("Steady", '2025-01-10', user_id=cls.user_own.id)
        cls.gone = cls._meet("Gone", '2025-01-10', user_id=cls.user_all.id)
        cls.back = cls._meet("Back", '2025-07-05', user_id=cls.user_peer.id)
        cls.twice = cls._meet("Twice", '2025-01-10', user_id=cls.user_peer.id)
        cls.fresh = cls._meet("Fresh", '2026-03-31')
        cls.once = cls._meet("Once", '2025-02-01', buyer_type='once')
        cls.stranger = cls._meet("Stranger", False)
        cls.case_gone = cls._lose(
            cls.gone, '2026-02-15', reason_id=cls.price.id, revenue=500, profit=50
        )
        cls.case_back = cls._lose(cls.back, '2026-01-20', '2026-04-10', revenue=100, profit=20)
        cls.case_twice = cls._lose(cls.twice, '2025-11-05', '2026-01-03', revenue=30, profit=3)
        cls.case_again = cls._lose(
            cls.twice,
            '2026-05-31',
            salesperson_id=cls.user_all.id,
            reason_id=cls.service.id,
            revenue=70,
            profit=7,
        )

    @classmethod
    def _meet(cls, name, first, buyer_type='regular', company=None, **vals):
        """A customer who bought for the first time on a day."""
        partner = cls._create_customer(name, **vals)
        cls._know(
            partner,
            company,
            first_order_date=first,
            last_order_date=first,
            buyer_type=first and buyer_type,
        )
        return partner

    @classmethod
    def _lose(cls, partner, lost, back=None, **vals):
        """A case as the job keeps it of a loss, and of a return."""
        return cls._create_case(
            partner,
            **{
                'state': 'won' if back else 'new',
                'date': lost,
                'lost_date': lost,
                'won_date': back,
                'closed_date': back,
                **vals,
            },
        )

    def _figures(self, groupby, measures, domain=()):
        """Aggregates by group."""
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': row[size:]
            for row in self.report._read_group(list(domain), groupby, measures)
        }

    def _visible(self, user):
        report = self.report.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        return {partner.sudo().name for (partner,) in report._read_group([], ['partner_id'])}


@tagged('post_install', '-at_install')
class TestChurnReport(ChurnReportCommon):
    """What is counted each month, whose it is, and what is compared."""

    def setUp(self):
        super().setUp()
        self.report = self.env['growth.churn.report']
        self.repeat = [('buyer_type', '!=', 'once')]

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_each_month(self):
        self.assertEqual(
            self._figures(
                ['date:month'],
                [*COUNTS, 'churn_rate:avg', *AMOUNTS],
                [*self.repeat, ('date', '>=', OCTOBER)],
            ),
            {
                OCTOBER: (4, 0, 0, 0, 0, 0),
                NOVEMBER: (4, 1, 0, 1 / 4, 30, 3),
                DECEMBER: (3, 0, 0, 0, 0, 0),
                # Twice is back on the 3rd: not there at the start
                JANUARY: (3, 1, 1, 1 / 3, 100, 20),
                FEBRUARY: (3, 1, 0, 1 / 3, 500, 50),
                MARCH: (2, 0, 0, 0, 0, 0),
                APRIL: (3, 0, 1, 0, 0, 0),
                MAY: (4, 1, 0, 1 / 4, 70, 7),
                JUNE: (3, 0, 0, 0, 0, 0),
            },
        )

    def test_quarters_and_total_are_no_averages_of_months(self):
        domain = [*self.repeat, ('date', '>=', OCTOBER), ('date', '<', JUNE)]
        self.assertEqual(
            self._figures(['date:quarter'], [*COUNTS, 'churn_rate:avg', 'yearly_rate:avg'], domain),
            {
                OCTOBER: (11, 1, 0, 1 / 11, 12 / 11),
                JANUARY: (8, 2, 1, 2 / 8, 3.0),
                APRIL: (7, 1, 1, 1 / 7, 12 / 7),
            },
        )
        self.assertEqual(
            self._figures([], [*COUNTS, 'churn_rate:avg'], domain), {'all': (26, 4, 2, 4 / 26)}
        )

    def test_one_time_buyers_can_be_left_out(self):
        self.assertEqual(
            self._figures(['buyer_type'], COUNTS, [('date', '=', MAY)]),
            {'regular': (4, 1, 0), 'once': (1, 0, 0)},
        )

    def test_cohorts_of_first_purchase(self):
        self.assertEqual(
            self._figures(
                ['first_order_date:quarter'],
                [*COUNTS, 'churn_rate:avg'],
                [*self.repeat, ('date', '>=', JANUARY), ('date', '<', JUNE)],
            ),
            {
                # Steady 5, Gone 2, Twice 4
                date(2025, 1, 1): (11, 2, 1, 2 / 11),
                date(2025, 7, 1): (2, 1, 1, 1 / 2),
                JANUARY: (2, 0, 0, 0),
            },
        )

    def test_what_is_normal_comes_with_the_settings(self):
        self.company.write({'growth_normal_loss_min': 6.0, 'growth_normal_loss_max': 24.0})
        domain = [*self.repeat, ('date', '>=', APRIL), ('date', '<', JUNE)]
        ((low, high, churn, yearly, normal),) = self._figures(
            [], ['normal_loss_min:sum', 'normal_loss:sum', *RATES], domain
        ).values()
        # Seven customers and months at half a per cent, and at two
        self.assertAlmostEqual(low, 0.035)
        self.assertAlmostEqual(high, 0.14)
        self.assertAlmostEqual(churn, 1 / 7)
        self.assertAlmostEqual(yearly, 12 / 7)
        self.assertAlmostEqual(normal, 0.02)

    # ------------------------------------------------------------
    # WHOSE IT IS
    # ------------------------------------------------------------

    def test_the_time_before_a_loss_counts_where_the_loss_does(self):
        domain = [*self.repeat, ('date', '>=', JANUARY), ('date', '<', JUNE)]
        self.assertEqual(
            self._figures(['user_id'], [*COUNTS, 'churn_rate:avg'], domain),
            {
                # Steady 5, Gone 2, Back 1
                self.user_own: (8, 2, 2, 2 / 8),
                # Twice until the second loss, and nothing of Gone, which is theirs now
                self.user_all: (4, 1, 0, 1 / 4),
                # Back since the return
                self.user_peer: (1, 0, 0, 0),
                self.env['res.users']: (2, 0, 0, 0),
            },
        )

    def test_every_dimension_belongs_to_the_stay(self):
        """Losses and the customers they are out of are in the same group, whichever it is."""
        source_then, source_now = self.env['utm.source'].create(
            [{'name': "Fair of Tests"}, {'name': "Search of Tests"}]
        )
        germany, france = self.env.ref('base.de'), self.env.ref('base.fr')
        bavaria = self.env.ref('base.state_de_by')
        normandy = self.env['res.country.state'].create(
            {'name': "Normandy", 'code': "NOR", 'country_id': france.id}
        )
        team_now = self.team.copy({'name': "Team of Today"})
        self.case_back.write(
            {
                'source_id': source_then.id,
                'country_id': germany.id,
                'region_id': bavaria.id,
                'segment_id': self._segment('AX').id,
                'tier': 'golden',
            }
        )
        self.back.write({'country_id': france.id, 'state_id': normandy.id})
        self._know(self.back, last_segment_id=self._segment('CZ').id)
        self._create_order(self.back, 10, '2026-04-09 12:00:00', source_id=source_then.id)
        self._create_order(
            self.back, 10, '2026-04-10 12:00:00', source_id=source_now.id, team_id=team_now.id
        )
        for fname, then, now in (
            ('source_id', source_then, source_now),
            ('country_id', germany, france),
            ('region_id', bavaria, normandy),
            ('segment_id', self._segment('AX'), self._segment('CZ')),
            ('tier', 'golden', self._segment('CZ').tier),
            ('team_id', self.team, team_now),
            ('user_id', self.user_own, self.user_peer),
        ):
            with self.subTest(by=fname):
                self.assertEqual(
                    self._figures(
                        [fname],
                        [*COUNTS, 'churn_rate:avg'],
                        [('partner_id', '=', self.back.id), ('date', '>=', DECEMBER)],
                    ),
                    {then: (2, 1, 1, 0.5), now: (2, 0, 0, 0)},
                )

    def test_who_has_a_customer_today(self):
        """The farmer, else the salesperson of the contact, else who sold last: as cases have it."""
        domain = [('partner_id', '=', self.fresh.id), ('date', '=', MAY)]
        self.assertEqual(list(self._figures(['user_id'], COUNTS, domain)), [self.env['res.users']])
        self._create_order(self.fresh, 10, '2026-04-01 12:00:00', user_id=self.user_peer.id)
        self._create_order(self.fresh, 10, '2026-05-01 12:00:00', user_id=self.user_own.id)
        self._create_order(
            self.fresh, 10, '2026-05-02 12:00:00', user_id=self.user_all.id, state='cancel'
        )
        self.assertEqual(list(self._figures(['user_id'], COUNTS, domain)), [self.user_own])
        self.fresh.user_id = self.user_peer
        self.assertEqual(list(self._figures(['user_id'], COUNTS, domain)), [self.user_peer])
        self._know(self.fresh, farmer_id=self.user_all.id, farmer_team_id=self.team.id)
        self.assertEqual(
            list(self._figures(['user_id', 'team_id'], COUNTS, domain)),
            [(self.user_all, self.team)],
        )

    # ------------------------------------------------------------
    # REASONS
    # ------------------------------------------------------------

    def test_reasons_have_numbers_and_no_rates(self):
        reasons = self.price | self.service
        domain = [*self.repeat, ('date', '>=', JANUARY), ('date', '<', JUNE)]
        measures = ['lost:sum', 'revenue_lost:sum', *RATES]
        by_reason, total, by_side = self.report._read_grouping_sets(
            domain, [['reason_id'], [], ['date:quarter', 'side']], measures
        )
        hidden = (False, False, False)
        self.assertEqual(
            {row[0]: row[1:] for row in by_reason},
            {
                self.price: (1, 500, *hidden),
                self.service: (1, 70, *hidden),
                # Back, and the customers who stayed
                reasons.browse(): (1, 100, *hidden),
            },
        )
        self.assertEqual(total[0][:3], (3, 670, 3 / 15))
        self.assertEqual({row[4:] for row in by_side}, {hidden})
        self.assertEqual(
            self._figures(['reason_id'], ['lost:sum', *RATES], domain)[self.price], (1, *hidden)
        )

    def test_losses_and_returns_tell_their_days(self):
        domain = [*self.repeat, ('date', '>=', JANUARY)]
        days = self._figures(['event', 'partner_id', 'day:day'], RATES, domain)
        self.assertEqual(
            {key for key in days if key[2]},
            {
                ('lost', self.back, date(2026, 1, 20)),
                ('lost', self.gone, date(2026, 2, 15)),
                ('lost', self.twice, date(2026, 5, 31)),
                ('returned', self.back, date(2026, 4, 10)),
                ('returned', self.twice, date(2026, 1, 3)),
            },
        )
        self.assertEqual({key[0] for key in days if not key[2]}, {'customer'})
        self.assertEqual(
            set(self._figures(['day:month'], RATES, domain).values()), {(False, False, False)}
        )

    def test_losses_alone_have_no_rate(self):
        """Where only losses are asked for, they must not be all of the customers."""
        for domain in (
            [('lost', '=', 1)],
            [('reason_id', '=', self.price.id)],
            [('side', '=', self.service.side)],
            [('event', '=', 'lost')],
            [('revenue_lost', '>', 0)],
        ):
            with self.subTest(domain=domain):
                ((lost, *rates),) = self._figures([], ['lost:sum', *RATES], domain).values()
                self.assertTrue(lost)
                self.assertEqual(rates, [False, False, False])

    def test_rates_are_sums_over_sums_at_every_grouping(self):
        rows = self.report.search([])
        groupings = [
            [],
            ['user_id'],
            ['team_id'],
            ['tier'],
            ['buyer_type'],
            ['partner_id'],
            ['company_id'],
            ['date:month', 'user_id'],
        ]
        sets = self.report._read_grouping_sets([], groupings, [*COUNTS, *RATES])
        for groupby, groups in zip(groupings, sets, strict=True):
            with self.subTest(by=groupby):
                self.assertEqual(sum(row[len(groupby)] for row in groups), len(rows) - 6)
                for row in groups:
                    customers, lost, _returned, churn, yearly, normal = row[len(groupby) :]
                    if not customers:
                        self.assertEqual((churn, yearly, normal), (False, False, False))
                        continue
                    self.assertAlmostEqual(churn, lost / customers)
                    self.assertAlmostEqual(yearly, 12 * lost / customers)
                    self.assertAlmostEqual(normal, 0.2 / 12)

    def test_rates_of_a_row(self):
        row = self.report.search([('partner_id', '=', self.steady.id), ('date', '=', MAY)])
        self.assertEqual((row.churn_rate, row.yearly_rate), (0, 0))
        self.assertAlmostEqual(row.normal_rate, 0.2 / 12)
        self.assertAlmostEqual(row.normal_loss, 0.2 / 12)

    # ------------------------------------------------------------
    # WHAT A LOSS IS
    # ------------------------------------------------------------

    def _count(self, partner, since=JANUARY):
        """Customers at start, losses and returns of a customer, by month."""
        return self._figures(
            ['date:month'], COUNTS, [('partner_id', '=', partner.id), ('date', '>=', since)]
        )

    def test_first_and_last_day_of_a_month(self):
        for first, lost, expected in (
            # Not bought before the month, so it is none of the month
            ('2026-02-01', '2026-03-31', {MARCH: (1, 1, 0)}),
            ('2026-01-31', '2026-03-01', {FEBRUARY: (1, 0, 0), MARCH: (1, 1, 0)}),
            ('2026-01-31', '2026-02-28', {FEBRUARY: (1, 1, 0)}),
        ):
            with self.subTest(first=first, lost=lost):
                partner = self._meet("Boundary", first)
                self._lose(partner, lost)
                self.assertEqual(self._count(partner), expected)

    def test_came_and_went_within_a_month(self):
        """A loss is always out of somebody."""
        partner = self._meet("Quick", '2026-03-02')
        self._lose(partner, '2026-03-20', '2026-03-25')
        self._lose(partner, '2026-03-30')
        self.assertEqual(self._count(partner), {MARCH: (2, 2, 1)})

    def test_an_alarm_that_is_over_was_no_loss(self):
        case = self._lose(self.steady, '2026-02-15')
        self.assertEqual(self._count(self.steady)[FEBRUARY], (1, 1, 0))
        case._close('over')
        self.assertEqual(
            self._count(self.steady),
            {month: (1, 0, 0) for month in (JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE)},
        )

    def test_at_risk_is_not_lost(self):
        self._lose(self.steady, False, date='2026-02-15', level='at_risk')
        self.assertEqual(self._count(self.steady)[MARCH], (1, 0, 0))

    def test_prospects_are_no_customers(self):
        self._lose(self.stranger, '2026-02-15', kind='inquiry')
        self.assertEqual(self._count(self.stranger), {})
        # The first purchase ends the case, and begins the customer.
        self._know(self.stranger, first_order_date='2026-03-10', last_order_date='2026-03-10')
        self.assertEqual(
            self._count(self.stranger), {APRIL: (1, 0, 0), MAY: (1, 0, 0), JUNE: (1, 0, 0)}
        )

    def test_given_up_and_back_without_a_day(self):
        """Cases that were given up do not follow their customer any more."""
        self.case_gone._close('lost')
        self.assertEqual(self._count(self.gone), {JANUARY: (1, 0, 0), FEBRUARY: (1, 1, 0)})
        self._know(self.gone, last_order_date='2026-04-20')
        self.assertEqual(
            self._count(self.gone, since=FEBRUARY),
            {FEBRUARY: (1, 1, 0), APRIL: (0, 0, 1), MAY: (1, 0, 0), JUNE: (1, 0, 0)},
        )
        # A second loss knows the last order before it.
        self._lose(self.gone, '2026-06-02', last_order_date='2026-03-05')
        self.assertEqual(
            self._count(self.gone, since=FEBRUARY),
            {
                FEBRUARY: (1, 1, 0),
                MARCH: (0, 0, 1),
                APRIL: (1, 0, 0),
                MAY: (1, 0, 0),
                JUNE: (1, 1, 0),
            },
        )

    def test_lost_twice_without_a_return_is_lost_once(self):
        """As the cases of contacts say that were merged."""
        self._lose(self.gone, '2026-04-01', state='lost', last_order_date='2025-12-01')
        self.assertEqual(self._count(self.gone), {JANUARY: (1, 0, 0), FEBRUARY: (1, 1, 0)})

    def test_any_history_is_counted_like_day_by_day(self):
        """Against a plain count over the days of each customer."""
        random = Random(6)
        partners = []
        expected = defaultdict(lambda: [0, 0, 0])
        for number in range(30):
            day = date(2025, 1, 1) + timedelta(days=random.randrange(400))
            partner = self._meet(f"Random {number}", day)
            partners.append(partner.id)
            stays, start = [], day
            while start:
                lost = start + timedelta(days=random.randrange(200))
                back = lost + timedelta(days=random.randrange(90))
                if lost > date(2026, 6, 3):
                    stays.append((start, None))
                    break
                is_back = back <= date(2026, 6, 3) and random.random() < 0.7
                self._lose(
                    partner, lost, back if is_back else None, state='won' if is_back else 'lost'
                )
                stays.append((start, lost))
                expected[lost.replace(day=1)][1] += 1
                if is_back:
                    expected[back.replace(day=1)][2] += 1
                start = back if is_back else None
            for month in (date(2025 + count // 12, count % 12 + 1, 1) for count in range(18)):
                for start, lost in stays:
                    is_there = start < month and (not lost or lost >= month)
                    is_short = (
                        lost
                        and start >= month
                        and start.replace(day=1) == lost.replace(day=1) == month
                    )
                    expected[month][0] += is_there or bool(is_short)
        self.assertEqual(
            self._figures(['date:month'], COUNTS, [('partner_id', 'in', partners)]),
            {month: tuple(counts) for month, counts in expected.items() if any(counts)},
        )
        self.assertGreater(sum(counts[2] for counts in expected.values()), 10)

    def test_archived_customers_count_until_they_were_lost(self):
        (self.gone | self.steady | self.back).active = False
        self.assertEqual(self._count(self.gone), {JANUARY: (1, 0, 0), FEBRUARY: (1, 1, 0)})
        # Nobody watches over them: they cannot be lost.
        self.assertEqual(self._count(self.steady), {})
        self.assertEqual(self._count(self.back), {JANUARY: (1, 1, 0), APRIL: (0, 0, 1)})

    def test_the_running_month_is_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-06-30 14:59:59')
        self.assertEqual(max(self._count(self.steady)), JUNE)
        self._go_to('2026-06-30 15:00:00')
        self.assertEqual(max(self._count(self.steady)), date(2026, 7, 1))

    # ------------------------------------------------------------
    # WHAT IS READ
    # ------------------------------------------------------------

    def test_what_is_not_read_changes_nothing(self):
        """Rows that are asked for by month or id are those among all rows."""
        groupby = ['date:month', 'event', 'partner_id', 'user_id']
        everything = self._figures(groupby, [*COUNTS, *AMOUNTS])
        for month in (NOVEMBER, JANUARY, MAY, JUNE):
            self.assertEqual(
                self._figures(groupby, [*COUNTS, *AMOUNTS], [('date', '>=', month)]),
                {key: row for key, row in everything.items() if key[0] >= month},
            )
        for row in self.report.search([]):
            row.invalidate_recordset()
            self.assertEqual(
                (row.customers, row.lost, row.returned, row.revenue_lost, row.profit_lost),
                everything[row.date, row.event, row.partner_id, row.user_id],
            )

    def test_no_two_rows_have_one_id(self):
        rows = self.report.search([])
        self.assertEqual(len(rows), len(set(rows.ids)))
        self.assertEqual(len(rows), self.report.search_count([]))
        self.assertLess(max(rows.ids), 1 << 53)

    def test_a_row_opens_the_case_or_the_customer(self):
        report = self.report.with_user(self.user_own)
        domain = [('partner_id', '=', self.gone.id)]
        action = report.search([*domain, ('event', '=', 'lost')]).action_open()
        self.assertEqual(
            (action['res_model'], action['res_id']), ('growth.churn.case', self.case_gone.id)
        )
        rows = report.search([*domain, ('event', '=', 'customer')])
        action = rows[0].action_open()
        self.assertEqual((action['res_model'], action['res_id']), ('res.partner', self.gone.id))

    # ------------------------------------------------------------
    # COMPANIES AND ACCESS
    # ------------------------------------------------------------

    def test_several_companies_and_currencies(self):
        self.env['res.currency.rate'].search(Domain.TRUE).unlink()
        self.env['res.currency.rate'].create(
            {'name': '2025-01-01', 'rate': 0.5, 'currency_id': self.eur.id, 'company_id': False}
        )
        other = self._create_company("Euro Company", self.eur)
        other.growth_normal_loss_max = 12.0
        self.env.user.company_ids |= other
        self._know(self.steady, other, first_order_date='2025-12-31', buyer_type='regular')
        self._lose(
            self.steady, '2026-05-05', company=other, user_id=False, team_id=False, revenue=100
        )
        self.report = self.report.with_context(allowed_company_ids=[self.company.id, other.id])
        domain = [('partner_id', 'in', (self.steady | self.twice).ids), ('date', '=', MAY)]
        figures = self._figures(['company_id'], [*COUNTS, 'revenue_lost:sum', *RATES], domain)
        self.assertEqual(figures[self.company][:4], (2, 1, 0, 70))
        self.assertEqual(figures[other][:4], (1, 1, 0, 100))
        self.assertAlmostEqual(figures[self.company][6], 0.2 / 12)
        self.assertAlmostEqual(figures[other][6], 0.01)
        # 100 euro are 200 dollars.
        ((amount, normal),) = self._figures(
            [], ['revenue_lost:sum_currency', 'normal_rate:avg'], domain
        ).values()
        self.assertEqual(amount, 270)
        self.assertAlmostEqual(normal, (0.2 + 0.2 + 0.12) / 12 / 3)
        self.report = self.report.with_context(allowed_company_ids=other.ids)
        self.assertEqual(list(self._figures(['company_id'], COUNTS)), [other])

    def test_who_sees_whose_customers(self):
        foreign_company = self._create_company("Foreign Company")
        foreign = self._create_user('growth_foreign', 'sales_team.group_sale_manager')
        foreign.write(
            {
                'company_ids': [Command.set(foreign_company.ids)],
                'company_id': foreign_company.id,
            }
        )
        everybody = {"Steady", "Gone", "Back", "Twice", "Fresh", "Once"}
        for user, expected in (
            # Those of nobody, too
            (self.user_own, {"Steady", "Gone", "Back", "Twice", "Fresh", "Once"}),
            (self.user_peer, {"Back", "Fresh", "Once"}),
            # The losses of the team
            (self.user_head, {"Gone", "Back", "Twice", "Fresh", "Once"}),
            (self.user_all, everybody),
            (self.user_admin, everybody),
            (foreign, set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._visible(user), expected)
        for group in ('base.group_user', 'base.group_portal'):
            user = self._create_user(f'growth_{group[-6:]}', group)
            with self.assertRaises(AccessError):
                self._visible(user)

    def test_rates_are_of_what_one_sees(self):
        self.report = self.report.with_user(self.user_peer)
        self.assertEqual(
            self._figures(['user_id'], COUNTS, [*self.repeat, ('date', '>=', JANUARY)]),
            {self.user_peer: (2, 0, 0), self.env['res.users']: (3, 0, 0)},
        )

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_one_query_reads_all_customers(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.report.with_user(self.user_admin).formatted_read_grouping_sets(
                [('date', '>=', JANUARY)],
                [['tier', 'date:month'], ['tier'], []],
                [*COUNTS, *RATES, *AMOUNTS],
            )
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.assertLessEqual(few, 8)
        for index in range(20):
            self._lose(self._meet(f"More {index}", '2025-03-01'), '2026-02-01')
        self.assertEqual(count(), few)


@tagged('post_install', '-at_install')
class TestChurnCohort(ChurnReportCommon):
    """What is left of the customers of a quarter, at the end of each quarter since."""

    def setUp(self):
        super().setUp()
        self.report = self.env['growth.churn.cohort']
        self.repeat = [('buyer_type', '!=', 'once')]

    def test_the_matrix(self):
        """Quarters end on 3/31, 6/30, 9/30, 12/31 and 3/31; the running one is not over."""
        winter, summer = date(2025, 1, 1), date(2025, 7, 1)
        self.assertEqual(
            self._figures(
                ['date:quarter', 'age'], ['customers:sum', 'kept:sum', 'kept_rate:avg'], self.repeat
            ),
            {
                # Steady, Gone, and Twice who is away from November to January
                (winter, 0): (3, 3, 1.0),
                (winter, 1): (3, 3, 1.0),
                (winter, 2): (3, 3, 1.0),
                (winter, 3): (3, 2, 2 / 3),
                # Gone is gone, Twice is back
                (winter, 4): (3, 2, 2 / 3),
                (summer, 0): (1, 1, 1.0),
                (summer, 1): (1, 1, 1.0),
                (summer, 2): (1, 0, 0.0),
                (JANUARY, 0): (1, 1, 1.0),
            },
        )

    def test_totals_are_of_the_cohorts_that_are_so_old(self):
        figures = self._figures(['age'], ['customers:sum', 'kept_rate:avg'], self.repeat)
        self.assertEqual(
            figures, {0: (5, 1.0), 1: (4, 1.0), 2: (4, 3 / 4), 3: (3, 2 / 3), 4: (3, 2 / 3)}
        )
        self.assertEqual(
            self._figures([], ['customers:sum', 'kept:sum', 'kept_rate:avg'], self.repeat),
            {'all': (19, 16, 16 / 19)},
        )

    def test_a_quarter_is_shown_when_it_is_over(self):
        domain = [('partner_id', '=', self.steady.id)]
        self._go_to('2026-06-30 23:59:59')
        self.assertEqual(max(self._figures(['age'], ['kept:sum'], domain)), 4)
        self._go_to('2026-07-01 00:00:00')
        self.assertEqual(max(self._figures(['age'], ['kept:sum'], domain)), 5)
        # Mistake 16: in Tokyo it is over nine hours before.
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-06-30 14:59:59')
        self.assertEqual(max(self._figures(['age'], ['kept:sum'], domain)), 4)
        self._go_to('2026-06-30 15:00:00')
        self.assertEqual(max(self._figures(['age'], ['kept:sum'], domain)), 5)

    def test_the_end_of_a_quarter(self):
        for lost, back, kept in (
            ('2026-03-31', None, 0),
            ('2026-04-01', None, 1),
            ('2026-03-01', '2026-03-31', 1),
            ('2026-03-01', '2026-04-01', 0),
        ):
            with self.subTest(lost=lost, back=back):
                partner = self._meet("Boundary", '2026-01-31')
                self._lose(partner, lost, back)
                self.assertEqual(
                    self._figures(
                        ['age', 'end_date:day'], ['kept:sum'], [('partner_id', '=', partner.id)]
                    ),
                    {(0, date(2026, 3, 31)): (kept,)},
                )

    def test_archived_customers_count_when_they_were_lost(self):
        (self.gone | self.steady | self.back).active = False
        self.assertEqual(self._visible(self.user_all), {"Gone", "Twice", "Fresh", "Once"})

    def test_no_two_rows_have_one_id(self):
        rows = self.report.search([])
        self.assertEqual(len(rows), len(set(rows.ids)))
        self.assertEqual(len(rows), len({(row.partner_id, row.age) for row in rows}))
        self.assertEqual({row.kept_rate for row in rows}, {0.0, 1.0})

    def test_a_row_opens_the_customer(self):
        row = self.report.with_user(self.user_own).search(
            [('partner_id', '=', self.steady.id), ('age', '=', 0)]
        )
        action = row.action_open_customer()
        self.assertEqual((action['res_model'], action['res_id']), ('res.partner', self.steady.id))

    def test_who_sees_whose_customers(self):
        everybody = {"Steady", "Gone", "Back", "Twice", "Fresh", "Once"}
        for user, expected in (
            (self.user_own, {"Steady", "Fresh", "Once"}),
            (self.user_peer, {"Back", "Twice", "Fresh", "Once"}),
            (self.user_all, everybody),
            (self.user_admin, everybody),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._visible(user), expected)
        with self.assertRaises(AccessError):
            self._visible(self._create_user('growth_none', 'base.group_user'))

    def test_a_second_company(self):
        other = self._create_company("Other Company")
        self.env.user.company_ids |= other
        self._know(self.steady, other, first_order_date='2026-03-31', buyer_type='regular')
        self._lose(self.steady, '2026-03-31', company=other, user_id=False, team_id=False)
        self.report = self.report.with_context(allowed_company_ids=[self.company.id, other.id])
        self.assertEqual(
            self._figures(
                ['company_id'], ['customers:sum', 'kept:sum'], [('partner_id', '=', self.steady.id)]
            ),
            {self.company: (5, 5), other: (1, 0)},
        )
