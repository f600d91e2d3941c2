from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common_funnel import FunnelCommon

MEASURES = ['base_revenue:sum', 'kept_revenue:sum', 'retention:avg']
COUNTS = ['base_count:sum', 'kept_count:sum', 'customer_retention:avg']
# Where everything below is looked at
NOW = '2026-06-15'
MARCH, APRIL, MAY, JUNE = (date(2026, month, 1) for month in range(3, 7))


@tagged('post_install', '-at_install')
class TestRetentionReport(FunnelCommon):
    """What is kept of the customers of a year ago.

    | customer | keeper | 2025-03 | 2025-04 | 2025-06 | 2026-03 | 2026-04 | 2026-05 |
    |----------|--------|---------|---------|---------|---------|---------|---------|
    | Loyal    | all    |     100 |      50 |         |     120 |         |      30 |
    | Gone     | all    |     200 |         |         |         |         |         |
    | Less     | nobody |         |      80 |         |         | 40 - 10 |         |
    | Late     | own    |         |         |      70 |         |         |      90 |
    | Fresh    | own    |         |         |         |    1000 |         |         |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls._create_team("Farmers", growth_role='farmer')
        cls.loyal, cls.gone, cls.less, cls.late, cls.fresh = (
            cls._create_customer(name) for name in ("Loyal", "Gone", "Less", "Late", "Fresh")
        )
        for partner, orders in (
            (cls.loyal, {'2025-03': 100, '2025-04': 50, '2026-03': 120, '2026-05': 30}),
            (cls.gone, {'2025-03': 200}),
            (cls.less, {'2025-04': 80, '2026-04': 40}),
            (cls.late, {'2025-06': 70, '2026-05': 90}),
            (cls.fresh, {'2026-03': 1000}),
        ):
            for month, amount in orders.items():
                cls._create_order(partner, amount, f'{month}-10 12:00:00')
        cls._create_order(cls.less, -10, '2026-04-20 12:00:00')
        cls._refresh(as_of=date(2026, 6, 15))
        cls._keep(cls.loyal | cls.gone, cls.user_all)
        cls._keep(cls.late | cls.fresh, cls.user_own)

    @classmethod
    def _keep(cls, partners, farmer, company=None):
        customers = cls.env['growth.customer'].search(
            [
                ('partner_id', 'in', partners.ids),
                ('company_id', '=', (company or cls.company).id),
            ]
        )
        customers.sudo().write({'farmer_id': farmer.id, 'farmer_team_id': cls.team.id})
        customers.flush_recordset()

    def setUp(self):
        super().setUp()
        self._go_to(NOW)

    def _figures(self, groupby, measures, domain=()):
        """Aggregates by group; of one measure alone where one is asked for."""
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': (
                row[size:] if len(measures) > 1 else row[size]
            )
            for row in self.env['growth.retention.report']._read_group(
                [('company_id', '=', self.company.id), *domain], groupby, measures
            )
        }

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_each_month_is_compared_with_the_one_a_year_ago(self):
        self.assertEqual(
            self._figures(['date:month'], MEASURES),
            {
                MARCH: (300, 120, 120 / 300),
                # Of those who bought in April 2025 or before: neither Late nor Fresh count.
                APRIL: (130, 30, 30 / 130),
                MAY: (0, 30, False),
                JUNE: (70, 0, 0),
            },
        )

    def test_customers_who_bought_again_within_the_year(self):
        self.assertEqual(
            self._figures(['date:month'], COUNTS),
            {
                MARCH: (2, 1, 0.5),
                # Loyal did in March, though not in April; Less in April itself.
                APRIL: (2, 2, 1.0),
                MAY: (0, 0, False),
                JUNE: (1, 1, 1.0),
            },
        )

    def test_bought_again_means_until_the_end_of_the_month(self):
        partner = self._create_customer("Thirteen Months")
        for moment in ('2025-03-01 00:00:00', '2026-04-01 00:00:00'):
            self._create_order(partner, 10, moment)
        domain = [('partner_id', '=', partner.id)]
        self.assertEqual(
            self._figures(['date:month'], COUNTS, domain),
            {MARCH: (1, 0, 0.0), APRIL: (0, 0, False)},
        )
        # It is no customer of April 2025 that bought then, but one of before who buys now.
        self.assertEqual(
            self._figures(['date:month'], ['kept_revenue:sum'], domain), {MARCH: 0, APRIL: 10}
        )

    def test_it_adds_up_over_months_farmers_and_customers(self):
        self.assertEqual(self._figures([], MEASURES), {'all': (500, 180, 180 / 500)})
        self.assertEqual(
            self._figures(['farmer_id'], MEASURES),
            {
                self.user_all: (350, 150, 150 / 350),
                self.user_own: (70, 0, 0),
                self.env['res.users']: (80, 30, 30 / 80),
            },
        )
        self.assertEqual(
            self._figures(['farmer_team_id'], MEASURES),
            {
                self.team: (420, 150, 150 / 420),
                self.env['crm.team']: (80, 30, 30 / 80),
            },
        )
        self.assertEqual(
            self._figures(['partner_id'], ['base_revenue:sum', 'kept_revenue:sum', 'change:sum']),
            {
                self.loyal: (150, 150, 0),
                self.gone: (200, 0, -200),
                self.less: (80, 30, -50),
                self.late: (70, 0, -70),
            },
        )

    def test_rates_of_many_groups_at_once(self):
        """The month of the rows, the sums over the sums: nowhere an average of percentages."""
        groupings = [['farmer_id', 'date:month'], ['farmer_id'], ['date:quarter'], []]
        sets = self.env['growth.retention.report']._read_grouping_sets(
            [('company_id', '=', self.company.id)], groupings, [*MEASURES, *COUNTS]
        )
        for groupby, groups in zip(groupings, sets, strict=True):
            with self.subTest(by=groupby):
                self.assertTrue(groups)
                for row in groups:
                    base, kept, rate, base_count, kept_count, count_rate = row[len(groupby) :]
                    self.assertEqual(rate, kept / base if base else False)
                    self.assertEqual(count_rate, kept_count / base_count if base_count else False)
        self.assertEqual(
            {row[0]: row[1:3] for row in sets[2]},
            {date(2026, 1, 1): (300, 120), APRIL: (200, 60)},
        )

    def test_customers_who_buy_more_make_over_100_percent(self):
        self._create_order(self.less, 130, '2026-04-30 12:00:00')
        domain = [('partner_id', '=', self.less.id)]
        self.assertEqual(self._figures([], MEASURES, domain), {'all': (80, 160, 2.0)})

    def test_credits_reduce_base_and_kept(self):
        self._create_order(self.gone, -50, '2025-03-31 12:00:00')
        self._create_order(self.gone, -20, '2026-03-31 12:00:00')
        domain = [('partner_id', '=', self.gone.id)]
        self.assertEqual(
            self._figures([], [*MEASURES, *COUNTS], domain),
            {'all': (150, -20, -20 / 150, 1, 0, 0.0)},
        )
        # More credited than bought: there is no rate, but the amounts stay.
        self._create_order(self.gone, -200, '2025-03-31 12:00:00')
        self.assertEqual(self._figures([], MEASURES, domain), {'all': (-50, -20, False)})

    def test_what_was_before_the_first_purchase_is_no_base(self):
        partner = self._create_customer("Credit First")
        self._create_order(partner, -10, '2025-02-10 12:00:00')
        self._create_order(partner, 10, '2025-05-10 12:00:00')
        self.assertEqual(
            self._figures(['date:month'], MEASURES, [('partner_id', '=', partner.id)]),
            {MAY: (10, 0, 0)},
        )

    def test_months_up_to_the_running_one(self):
        self.assertEqual(max(self._figures(['date:month'], COUNTS)), JUNE)
        self._go_to('2026-07-01 00:00:00')
        self._create_order(self.late, 1, '2025-07-31 12:00:00')
        self.assertEqual(max(self._figures(['date:month'], COUNTS)), date(2026, 7, 1))

    def test_months_are_those_of_the_company(self):
        """Mistake 16: the year begins in Berlin half an hour before it does in UTC."""
        self.company.partner_id.tz = 'Europe/Berlin'
        partner = self._create_customer("New Year")
        self._create_order(partner, 1, '2024-12-31 22:59:59')
        self._create_order(partner, 10, '2024-12-31 23:00:00')
        self._create_order(partner, 4, '2025-12-31 23:00:00')
        self.assertEqual(
            self._figures(['date:month'], MEASURES, [('partner_id', '=', partner.id)]),
            {date(2025, 12, 1): (1, 0, 0), date(2026, 1, 1): (10, 4, 0.4)},
        )

    def test_a_leap_day_has_a_year_before(self):
        partner = self._create_customer("Leap")
        self._create_order(partner, 8, '2024-02-29 12:00:00')
        self._create_order(partner, 2, '2025-02-28 12:00:00')
        self.assertEqual(
            self._figures(['date:month'], MEASURES, [('partner_id', '=', partner.id)]),
            {date(2025, 2, 1): (8, 2, 0.25), date(2026, 2, 1): (2, 0, 0)},
        )

    def test_contacts_of_a_company_are_one_customer(self):
        child = self.env['res.partner'].create({'name': "Child", 'parent_id': self.gone.id})
        self._create_order(child, 60, '2026-03-20 12:00:00')
        self.assertEqual(
            self._figures(['partner_id'], MEASURES, [('partner_id', '=', self.gone.id)]),
            {self.gone: (200, 60, 0.3)},
        )

    def test_customers_the_hub_does_not_know_yet_are_kept_by_nobody(self):
        partner = self._create_customer("Unknown")
        self._create_order(partner, 10, '2025-03-01 12:00:00')
        self.assertFalse(self._customer(partner))
        domain = [('partner_id', '=', partner.id), ('farmer_id', '=', False)]
        self.assertEqual(self._figures([], MEASURES, domain), {'all': (10, 0, 0)})

    def test_the_farmer_is_the_one_of_today(self):
        self._keep(self.gone, self.user_own)
        self.assertEqual(
            self._figures(['farmer_id'], ['base_revenue:sum'], [('date', '=', MARCH)]),
            {self.user_all: 100, self.user_own: 200},
        )

    def test_what_is_not_read_changes_nothing(self):
        """Rows that are asked for by month or id are those among all rows, however little is
        read."""
        Report = self.env['growth.retention.report']
        everything = {
            row[:2]: row[2:]
            for row in Report._read_group([], ['partner_id', 'date:month'], [*MEASURES, *COUNTS])
        }
        for month in (MARCH, APRIL, MAY, JUNE):
            found = Report._read_group(
                [('date', '>=', month)], ['partner_id', 'date:month'], [*MEASURES, *COUNTS]
            )
            self.assertEqual(
                {row[:2]: row[2:] for row in found},
                {key: row for key, row in everything.items() if key[1] >= month},
            )
        for row in Report.search([('company_id', '=', self.company.id)]):
            row.invalidate_recordset()
            base, kept, _rate, base_count, kept_count, _count_rate = everything[
                row.partner_id, row.date
            ]
            self.assertEqual((row.base_revenue, row.kept_revenue), (base, kept))
            self.assertEqual((row.base_count, row.kept_count), (base_count, kept_count))

    def test_no_two_rows_have_one_id(self):
        rows = self.env['growth.retention.report'].search([('company_id', '=', self.company.id)])
        keys = [(row.partner_id, row.date) for row in rows]
        self.assertEqual(len(rows), len(set(rows.ids)))
        self.assertEqual(len(keys), len(set(keys)))
        self.assertEqual(len(keys), 6)

    # ------------------------------------------------------------
    # COMPANIES AND CURRENCIES
    # ------------------------------------------------------------

    def test_several_companies_and_currencies(self):
        """Each company keeps its customers for itself; rates over both are of one currency."""
        self.env['res.currency.rate'].search(Domain.TRUE).unlink()
        self.env['res.currency.rate'].create(
            {'name': '2025-01-01', 'rate': 0.5, 'currency_id': self.eur.id, 'company_id': False}
        )
        other = self._create_company("Euro Company", self.eur)
        self.env.user.company_ids |= other
        self._create_order(self.gone, 100, '2025-03-05 12:00:00', company=other)
        self._create_order(self.gone, 80, '2026-03-05 12:00:00', company=other)
        Report = self.env['growth.retention.report'].with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        domain = [('partner_id', '=', self.gone.id)]
        self.assertEqual(
            Report._read_group(domain, ['company_id', 'farmer_id'], MEASURES),
            [
                (self.company, self.user_all, 200, 0, 0),
                (other, self.env['res.users'], 100, 80, 0.8),
            ],
        )
        # 100 and 80 euro are 200 and 160 dollars.
        self.assertEqual(
            Report._read_group(domain, [], ['base_revenue:sum_currency', 'retention:avg']),
            [(400, 0.4)],
        )

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def test_who_sees_whose_customers(self):
        leader = self._create_user('growth_leader', 'sales_team.group_sale_salesman')
        self.less.user_id = self.user_admin
        self.gone.user_id = self.user_own
        self._create_order(self._create_customer("Nobody's"), 1, '2025-03-10 12:00:00')
        foreign = self._create_user('growth_foreign', 'sales_team.group_sale_manager')
        foreign_company = self._create_company("Foreign Company")
        foreign.write(
            {
                'company_ids': [Command.set(foreign_company.ids)],
                'company_id': foreign_company.id,
            }
        )
        everybody = {"Loyal", "Gone", "Less", "Late", "Nobody's"}
        for user, expected in (
            (self.user_own, {"Gone", "Late", "Nobody's"}),
            (leader, {"Nobody's"}),
            (self.user_all, everybody),
            (self.user_admin, everybody),
            (foreign, set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._visible(user), expected)
        self.team.user_id = leader
        self.assertEqual(self._visible(leader), {"Loyal", "Gone", "Late", "Nobody's"})
        for group in ('base.group_user', 'base.group_portal'):
            user = self._create_user(f'growth_{group[-6:]}', group)
            with self.assertRaises(AccessError):
                self._visible(user)

    def _visible(self, user):
        Report = self.env['growth.retention.report'].with_user(user)
        Report = Report.with_context(allowed_company_ids=user.company_ids.ids)
        groups = Report._read_group([], ['partner_id'])
        return {partner.sudo().name for (partner,) in groups}

    def test_a_row_opens_the_documents_of_both_months(self):
        rows = self.env['growth.retention.report'].with_user(self.user_all)
        row = rows.search([('partner_id', '=', self.less.id), ('date', '=', APRIL)])
        action = row.action_open_documents()
        orders = self.env[action['res_model']].search(action['domain'])
        self.assertEqual(orders.mapped('partner_id'), self.less)
        self.assertEqual(sum(orders.mapped('amount_untaxed')), 80 + 40 - 10)

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_one_query_reads_all_customers(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['growth.retention.report'].with_user(
                self.user_admin
            ).formatted_read_grouping_sets(
                [('date', '>=', '2026-01-01')],
                [['farmer_id', 'date:month'], ['farmer_id'], []],
                [*MEASURES, *COUNTS],
            )
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.assertLessEqual(few, 8)
        for index in range(20):
            partner = self._create_customer(f"More {index}")
            self._create_order(partner, 1, '2025-03-01 12:00:00')
        self.assertEqual(count(), few)


@tagged('post_install', '-at_install')
class TestRetentionReportInvoice(AccountTestInvoicingCommon):
    """Posted invoices and credit notes as the source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.company.growth_source = 'invoice'
        cls.partner = cls.env['res.partner'].create({'name': "Buyer", 'is_company': True})

    def _create_invoice(self, amount, day, move_type='out_invoice'):
        invoice = self.env['account.move'].create(
            {
                'move_type': move_type,
                'partner_id': self.partner.id,
                'invoice_date': day,
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.product_a.id, 'price_unit': amount, 'tax_ids': False}
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    def test_invoices_of_both_months(self):
        self._create_invoice(200, '2025-03-31')
        self._create_invoice(120, '2026-03-01')
        self._create_invoice(20, '2026-03-31', move_type='out_refund')
        self._create_invoice(999, '2026-02-28')
        row = self.env['growth.retention.report'].search(
            [('partner_id', '=', self.partner.id), ('date', '=', MARCH)]
        )
        self.assertEqual((row.base_revenue, row.kept_revenue, row.retention), (200, 100, 0.5))
        action = row.action_open_documents()
        self.assertEqual(
            sorted(self.env['account.move'].search(action['domain']).mapped('amount_untaxed')),
            [20, 120, 200],
        )
