from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common_churn import ChurnCommon

COUNTS = ['attempts:sum', 'closed:sum', 'won:sum', 'returned:sum']
MONEY = ['cost:sum', 'revenue_12:sum', 'profit_12:sum']
RATES = ['success_rate:avg', 'return_rate:avg']


@tagged('post_install', '-at_install')
class TestWinbackReport(ChurnCommon):
    """What was tried with whom, and what came of it.

    | customer | reason  | attempts (cost)               | ended     | bought after (profit) |
    |----------|---------|-------------------------------|-----------|-----------------------|
    | Tried    | price   | gift (20), then meeting (100) | won back  | 1000 (300)            |
    | Gift     | price   | gift (20)                     | won back  | 200 (50)              |
    | Failed   | service | meeting (100)                 | lost      |                       |
    | Open     | service | gift (30)                     | under way |                       |
    | Alone    | service | none                          | won back  | 400 (80)              |
    | Waiting  |         | none                          | to decide |                       |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tried = cls._end_case(
            "Tried", 'won', cls.price, ((cls.gift, 20), (cls.meeting, 100)), (1000, 300)
        )
        cls.gifted = cls._end_case("Gift", 'won', cls.price, ((cls.gift, 20),), (200, 50))
        cls.failed = cls._end_case("Failed", 'lost', cls.service, ((cls.meeting, 100),))
        cls.open = cls._end_case("Open", None, cls.service, ((cls.gift, 30),))
        cls.alone = cls._end_case("Alone", 'won', cls.service, (), (400, 80))
        cls.waiting = cls._end_case("Waiting", None, cls.service.browse())

    @classmethod
    def _end_case(cls, name, end, reason, attempts=(), money=None, **vals):
        """A case that was worked and has ended as cases do.

        :param tuple attempts: method and cost of each, from February on
        :param tuple money: revenue and profit of the 12 months after
        """
        case = cls._create_case(
            cls._create_customer(name),
            reason_id=reason.id,
            state='working' if attempts else 'new',
            lost_date='2026-01-15',
            **vals,
        )
        for month, (method, cost) in enumerate(attempts, 2):
            is_last = method == attempts[-1][0]
            cls.env['growth.winback.attempt'].sudo().create(
                {
                    'case_id': case.id,
                    'method_id': method.id,
                    'user_id': cls.user_peer.id,
                    'date': date(2026, month, 10),
                    'cost': cost,
                    'result': 'open' if is_last else 'failed',
                }
            )
        if end:
            won = {'won_date': date(2026, 5, 2)} if end == 'won' else {}
            case._close(end, date(2026, 5, 4), **won)
        if money:
            revenue, profit = money
            case.write(
                {
                    'revenue_6': revenue / 2,
                    'profit_6': profit / 2,
                    'revenue_12': revenue,
                    'profit_12': profit,
                }
            )
        return case

    def setUp(self):
        super().setUp()
        self.report = self.env['growth.winback.report']

    def _figures(self, groupby, measures, domain=()):
        """Aggregates by group."""
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': row[size:]
            for row in self.report._read_group(list(domain), groupby, measures)
        }

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_each_method(self):
        self.assertEqual(
            self._figures(['method_id'], [*COUNTS, *MONEY, *RATES]),
            {
                # Of 70 that gifts cost 40 are over; the one before the meeting brought nothing.
                self.gift: (3, 2, 1, 1, 70, 200, 50, 1 / 2, 50 / 40),
                self.meeting: (2, 2, 1, 1, 200, 1000, 300, 1 / 2, 300 / 200),
                # Who came back alone is nobody's success.
                self.gift.browse(): (0, 0, 0, 1, 0, 400, 80, False, False),
            },
        )

    def test_each_reason(self):
        self.assertEqual(
            self._figures(['reason_id'], [*COUNTS, *MONEY, *RATES]),
            {
                self.price: (3, 3, 2, 2, 140, 1200, 350, 2 / 3, 350 / 140),
                self.service: (2, 1, 0, 1, 130, 400, 80, 0, 0),
            },
        )

    def test_the_money_is_that_of_all_cases(self):
        """Nothing is counted twice, whatever was tried before, and nothing is missing."""
        cases = self.env['growth.churn.case'].search([('company_id', '=', self.company.id)])
        for fname in ('revenue_6', 'profit_6', 'revenue_12', 'profit_12', 'cost'):
            self.assertEqual(
                self._figures([], [f'{fname}:sum'])['all'], (sum(cases.mapped(fname)),), fname
            )
        won = cases.filtered(lambda case: case.state == 'won')
        self.assertEqual(
            self._figures([], ['returned:sum', *RATES])['all'], (len(won), 2 / 4, 350 / 240)
        )

    def test_rates_are_sums_over_sums_at_every_grouping(self):
        parts = ['won:sum', 'closed:sum', 'won_profit:sum', 'closed_cost:sum']
        groupings = [
            [],
            ['method_id', 'reason_id'],
            ['side'],
            ['tier'],
            ['team_id'],
            ['result'],
            ['user_id'],
            ['date:month'],
        ]
        sets = self.report._read_grouping_sets([], groupings, [*parts, *RATES])
        for groupby, groups in zip(groupings, sets, strict=True):
            with self.subTest(by=groupby):
                self.assertEqual(sum(row[len(groupby) + 1] for row in groups), 4)
                for row in groups:
                    won, closed, profit, cost, success, gain = row[len(groupby) :]
                    self.assertEqual(success, won / closed if closed else False)
                    self.assertEqual(gain, profit / cost if cost else False)

    def test_an_attempt_is_of_its_day_and_person(self):
        february, march, may = (date(2026, month, 1) for month in (2, 3, 5))
        self.assertEqual(
            self._figures(['date:month', 'user_id'], ['attempts:sum', 'returned:sum']),
            {
                (february, self.user_peer): (4, 1),
                (march, self.user_peer): (1, 1),
                # The day of the return
                (may, self.env['res.users']): (0, 1),
            },
        )

    def test_a_free_attempt_has_no_return_on_cost(self):
        self._end_case("Free", 'won', self.price, ((self.video, 0),), (10, 5))
        self.assertEqual(
            self._figures(['method_id'], ['profit_12:sum', *RATES])[self.video], (5, 1.0, False)
        )

    def test_called_off_is_neither_won_nor_failed(self):
        self._end_case("Calm", 'over', self.price, ((self.video, 40),))
        self.assertEqual(
            self._figures(['method_id'], [*COUNTS, 'cost:sum', 'closed_cost:sum', *RATES])[
                self.video
            ],
            (1, 0, 0, 0, 40, 40, False, 0),
        )

    def test_back_before_the_attempt_began_is_back_alone(self):
        """An order that was written down later: the attempt did not win it."""
        case = self._end_case("Early", None, self.price, ((self.video, 10),))
        case._close('won', date(2026, 1, 20), won_date=date(2026, 1, 20))
        case.write({'revenue_12': 60, 'profit_12': 6})
        domain = [('case_id', '=', case.id)]
        self.assertEqual(
            self._figures(['method_id', 'result'], [*COUNTS, 'profit_12:sum'], domain),
            {
                (self.video, 'stopped'): (1, 0, 0, 0, 0),
                (self.video.browse(), 'alone'): (0, 0, 0, 1, 6),
            },
        )

    def test_what_was_rebuilt_can_be_left_out(self):
        """Of cases that were open when the job ran first, it is known what was tried."""
        self._end_case("Rebuilt", 'won', self.price, (), (10, 5), is_estimated=True)
        case = self._end_case("Open Then", None, self.price, is_estimated=True)
        after = case.create_date.date() + timedelta(days=1)
        case._close('won', after, won_date=after)
        self._end_case("Tried Then", None, self.price, ((self.video, 1),), is_estimated=True)
        self.assertEqual(
            self._figures(['is_estimated'], ['attempts:sum', 'returned:sum']),
            {False: (6, 4), True: (0, 1)},
        )

    def test_rows_and_what_they_open(self):
        rows = self.report.with_user(self.user_own).search([])
        self.assertEqual(len(rows), 6)
        self.assertEqual(
            {(row.partner_id.name, row.method_id, row.result, row.success_rate) for row in rows},
            {
                ("Tried", self.gift, 'failed', 0),
                ("Tried", self.meeting, 'won', 1),
                ("Gift", self.gift, 'won', 1),
                ("Failed", self.meeting, 'failed', 0),
                ("Open", self.gift, 'open', 0),
                ("Alone", self.gift.browse(), 'alone', 0),
            },
        )
        for row in rows:
            action = row.action_open_case()
            self.assertEqual(
                (action['res_model'], action['res_id']), ('growth.churn.case', row.case_id.id)
            )

    # ------------------------------------------------------------
    # COMPANIES AND ACCESS
    # ------------------------------------------------------------

    def test_several_companies_and_currencies(self):
        self.env['res.currency.rate'].search(Domain.TRUE).unlink()
        self.env['res.currency.rate'].create(
            {'name': '2025-01-01', 'rate': 0.5, 'currency_id': self.eur.id, 'company_id': False}
        )
        other = self._create_company("Euro Company", self.eur)
        self.env.user.company_ids |= other
        self.user_peer.company_ids |= other
        self._end_case(
            "Euro",
            'won',
            self.price,
            ((self.video, 10),),
            (100, 30),
            company=other,
            user_id=False,
            team_id=False,
        )
        self.report = self.report.with_context(allowed_company_ids=[self.company.id, other.id])
        figures = self._figures(['company_id'], ['profit_12:sum', 'cost:sum', 'return_rate:avg'])
        self.assertEqual(figures[other], (30, 10, 3.0))
        self.assertEqual(figures[self.company], (430, 270, 350 / 240))
        # 30 and 10 euro are 60 and 20 dollars.
        self.assertEqual(
            self._figures([], ['profit_12:sum_currency', 'return_rate:avg']),
            {'all': (490, 410 / 260)},
        )
        self.report = self.report.with_context(allowed_company_ids=other.ids)
        self.assertEqual(list(self._figures(['company_id'], COUNTS)), [other])

    def test_archived_customers_methods_and_reasons_stay(self):
        self.tried.partner_id.active = False
        (self.gift | self.meeting).action_archive()
        self.price.active = False
        self.assertEqual(self._figures(['method_id'], COUNTS)[self.gift], (3, 2, 1, 1))
        self.assertEqual(self._figures(['reason_id'], COUNTS)[self.price], (3, 3, 2, 2))

    def test_who_sees_which(self):
        everything = {"Tried", "Gift", "Failed", "Open", "Alone"}
        self.alone.write({'user_id': self.user_all.id, 'salesperson_id': self.user_all.id})
        foreign_company = self._create_company("Foreign Company")
        foreign = self._create_user('growth_foreign', 'sales_team.group_sale_manager')
        foreign.write(
            {
                'company_ids': [Command.set(foreign_company.ids)],
                'company_id': foreign_company.id,
            }
        )
        stranger = self._create_user('growth_stranger', 'sales_team.group_sale_salesman')
        for user, expected in (
            # The owner of the cases
            (self.user_own, everything - {"Alone"}),
            # Who tried
            (self.user_peer, everything - {"Alone"}),
            (self.user_head, everything),
            (stranger, set()),
            (self.user_all, everything),
            (self.user_admin, everything),
            (foreign, set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._visible(user), expected)
        self.alone.write({'user_id': False, 'salesperson_id': False})
        self.assertEqual(self._visible(stranger), {"Alone"})
        for group in ('base.group_user', 'base.group_portal'):
            user = self._create_user(f'growth_{group[-6:]}', group)
            with self.assertRaises(AccessError):
                self._visible(user)

    def _visible(self, user):
        report = self.report.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        return {partner.sudo().name for (partner,) in report._read_group([], ['partner_id'])}

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_one_query_reads_all_attempts(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.report.with_user(self.user_admin).formatted_read_grouping_sets(
                [], [['tier', 'date:month'], ['tier'], []], [*COUNTS, *MONEY, *RATES]
            )
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.assertLessEqual(few, 8)
        for index in range(20):
            self._end_case(f"More {index}", 'won', self.price, ((self.video, 1),), (2, 1))
        self.assertEqual(count(), few)
