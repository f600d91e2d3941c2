from collections import defaultdict
from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common_funnel import FunnelCommon
from .role_on_day import role_on_day

RATES = ['leakage:avg', 'farmer_leakage:avg', 'hunter_leakage:avg']
AMOUNTS = ['revenue:sum', 'new_revenue:sum', 'repeat_revenue:sum', 'returning_revenue:sum']
# Where everything below is looked at
NOW = '2026-06-30'


class TeamReportMixin:
    """Reads the report of the test company."""

    def _figures(self, groupby, measures, domain=()):
        """Aggregates by group; of one measure alone where one is asked for."""
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': (
                row[size:] if len(measures) > 1 else row[size]
            )
            for row in self.env['growth.team.report']._read_group(
                [('company_id', '=', self.company.id), *domain], groupby, measures
            )
        }

    def _kinds(self, partner):
        """What a customer was on the day of each document."""
        rows = self.env['growth.team.report'].search(
            [('partner_id', '=', partner.id)], order='date, id'
        )
        return [(fields.Date.to_string(row.date), row.customer_kind) for row in rows]

    def _row(self, document):
        """The row of a document."""
        row = self.env['growth.team.report'].browse(
            document.id * 2 + (document._name == 'account.move')
        )
        row.invalidate_recordset()
        return row


@tagged('post_install', '-at_install')
class TestTeamReport(TeamReportMixin, FunnelCommon):
    """What hunters and farmers brought.

    | customer | day        | amount | cost | whose  | then      |
    |----------|------------|--------|------|--------|-----------|
    | Regular  | 2024-05-10 |    100 |      | hunter | new       |
    | Regular  | 2024-10-10 |     50 |      | farmer | new       |
    | Regular  | 2025-03-10 |    200 |      | farmer | repeat    |
    | Regular  | 2026-01-10 |    300 |  100 | hunter | returning |
    | Regular  | 2026-03-10 |     40 |   10 | farmer | returning |
    | Fresh    | 2026-02-10 |    500 |  200 | hunter | new       |
    | Fresh    | 2026-04-10 |     70 |   20 | farmer | new       |
    | Fresh    | 2026-04-20 |    -20 |      | farmer | new       |
    | Fresh    | 2026-05-10 |     60 |      | nobody | new       |

    Customers are new in the year of their first purchase and lost after six months.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({'growth_new_months': 0, 'growth_lost_months': 6})
        cls.hunters = cls._create_team("Hunters", cls.user_own, growth_role='hunter')
        cls.farmers = cls._create_team("Farmers", cls.user_all, growth_role='farmer')
        cls.hunting = {'user_id': cls.user_own.id, 'team_id': cls.hunters.id}
        cls.farming = {'user_id': cls.user_all.id, 'team_id': cls.farmers.id}
        cls.country = cls.env.ref('base.at')
        cls.regular = cls._create_customer("Regular", country_id=cls.country.id)
        cls.fresh = cls._create_customer("Fresh")
        cls._sell(cls.regular, 100, '2024-05-10', cls.hunting)
        cls._sell(cls.regular, 50, '2024-10-10', cls.farming)
        cls._sell(cls.regular, 200, '2025-03-10', cls.farming)
        cls.return_order = cls._sell(cls.regular, 300, '2026-01-10', cls.hunting, cost=100)
        cls._sell(cls.regular, 40, '2026-03-10', cls.farming, cost=10)
        cls._sell(cls.fresh, 500, '2026-02-10', cls.hunting, cost=200)
        cls._sell(cls.fresh, 70, '2026-04-10', cls.farming, cost=20)
        cls._sell(cls.fresh, -20, '2026-04-20', cls.farming)
        cls._sell(cls.fresh, 60, '2026-05-10', {'user_id': False, 'team_id': False})

    @classmethod
    def _sell(cls, partner, amount, moment, whose, **vals):
        moment = moment if ':' in moment else f'{moment} 12:00:00'
        return cls._create_order(partner, amount, moment, **{**whose, **vals})

    def setUp(self):
        super().setUp()
        self._go_to(NOW)

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_each_role_this_year(self):
        self.assertEqual(
            self._figures(
                ['role'],
                [*AMOUNTS, 'profit:sum', 'order_count:sum', 'leaked:sum', *RATES],
                [('date', '>=', '2026-01-01')],
            ),
            {
                'both': (60, 60, 0, 0, 60, 1, 0, False, False, False),
                'farmer': (90, 50, 0, 40, 60, 2, 50, 50 / 90, 50 / 90, False),
                'hunter': (800, 500, 0, 300, 500, 2, 300, 300 / 800, False, 300 / 800),
            },
        )

    def test_leakage_of_all_is_of_what_hunters_and_farmers_sold(self):
        """Mistake: an average of the roles would say 46.5 %, and all business 36.8 %."""
        self.assertEqual(
            self._figures([], RATES, [('date', '>=', '2026-01-01')]),
            {'all': (350 / 890, 50 / 90, 300 / 800)},
        )

    def test_teams_people_and_months(self):
        domain = [('date', '>=', '2026-03-01'), ('date', '<', '2026-05-01')]
        for fname, record in (('user_id', self.user_all), ('team_id', self.farmers)):
            self.assertEqual(
                self._figures([fname, 'date:month'], ['revenue:sum', 'leaked:sum'], domain),
                {
                    (record, date(2026, 3, 1)): (40, 0),
                    (record, date(2026, 4, 1)): (50, 50),
                },
            )
        self.assertEqual(
            self._figures(['country_id'], ['revenue:sum']),
            {self.country: 690, self.country.browse(): 610},
        )

    def test_the_same_as_the_facts_of_the_hub(self):
        """One reader: the report tells no other amounts than the segmentation."""
        us = self.company.partner_id
        self._sell(us, 1000, '2026-05-01', self.hunting)
        self._sell(self.user_all.partner_id, 1000, '2026-05-01', self.hunting)
        self._refresh(as_of=date(2026, 6, 30))
        hub = self.env['growth.customer'].search([('company_id', '=', self.company.id)])
        figures = self._figures(
            ['partner_id'],
            ['revenue:sum', 'profit:sum', 'order_count:sum'],
            [('date', '>=', '2025-07-01')],
        )
        self.assertEqual(
            figures,
            {row.partner_id: (row.revenue, row.profit, row.order_count) for row in hub},
        )
        self.assertEqual(len(figures), 2)

    def test_rates_are_sums_over_sums_at_every_grouping(self):
        """Nowhere an average of percentages: each figure is counted from the rows it stands for."""
        groupings = [
            [],
            ['role'],
            ['user_id'],
            ['team_id'],
            ['customer_kind'],
            ['partner_id'],
            ['date:month'],
            ['date:year', 'role'],
        ]
        Report = self.env['growth.team.report']
        rows = Report.search([('company_id', '=', self.company.id)])
        self.assertEqual(len(rows), 9)
        sets = Report._read_grouping_sets(
            [('company_id', '=', self.company.id)], groupings, ['revenue:sum', *RATES]
        )
        for groupby, groups in zip(groupings, sets, strict=True):
            with self.subTest(by=groupby):
                self.assertEqual(
                    {row[: len(groupby)]: row[len(groupby) :] for row in groups},
                    self._count_rows(rows, groupby),
                )

    def _count_rows(self, rows, groupby):
        starts = {'month': {'day': 1}, 'year': {'month': 1, 'day': 1}}
        groups = defaultdict(list)
        for row in rows:
            key = tuple(
                row.date.replace(**starts[granularity]) if granularity else row[fname]
                for fname, _colon, granularity in (spec.partition(':') for spec in groupby)
            )
            groups[key].append(row)

        def share(group, *roles):
            sold = sum(row.revenue for row in group if row.role in roles)
            wrong = {('farmer', 'new'), ('hunter', 'repeat'), ('hunter', 'returning')}
            leaked = sum(
                row.revenue
                for row in group
                if row.role in roles and (row.role, row.customer_kind) in wrong
            )
            return leaked / sold if sold > 0 else False

        return {
            key: (
                sum(row.revenue for row in group),
                share(group, 'hunter', 'farmer'),
                share(group, 'farmer'),
                share(group, 'hunter'),
            )
            for key, group in groups.items()
        }

    def test_more_credited_than_sold_has_no_rate(self):
        domain = [('date', '=', '2026-04-20')]
        self.assertEqual(
            self._figures([], ['leaked:sum', *RATES], domain), {'all': (-20, False, False, False)}
        )

    # ------------------------------------------------------------
    # NEW, REPEAT AND RETURNING
    # ------------------------------------------------------------

    def test_a_customer_is_what_it_was_on_the_day(self):
        self.assertEqual(
            self._kinds(self.regular),
            [
                ('2024-05-10', 'new'),
                ('2024-10-10', 'new'),
                ('2025-03-10', 'repeat'),
                ('2026-01-10', 'returning'),
                ('2026-03-10', 'returning'),
            ],
        )
        self.assertEqual({kind for _day, kind in self._kinds(self.fresh)}, {'new'})

    def test_new_and_returning_for_some_months(self):
        self.company.growth_new_months = 3
        partner = self._create_customer("Months")
        for day in (
            '2025-01-15',
            '2025-04-14',
            '2025-04-15',
            '2025-10-15',
            '2026-04-16',
            '2026-06-20',
        ):
            self._sell(partner, 10, day, self.hunting)
        self.assertEqual(
            self._kinds(partner),
            [
                ('2025-01-15', 'new'),
                ('2025-04-14', 'new'),
                ('2025-04-15', 'repeat'),
                # Six months to the day is no gap yet.
                ('2025-10-15', 'repeat'),
                ('2026-04-16', 'returning'),
                ('2026-06-20', 'returning'),
            ],
        )

    def test_the_same_as_the_lifecycle_of_the_hub(self):
        """Where the last document is today's, the hub says the same of the customer."""
        for months in (0, 1, 3):
            self.company.growth_new_months = months
            for partner, moment in ((self.regular, '2026-06-30'), (self.fresh, '2026-06-30')):
                self._sell(partner, 1, moment, self.hunting)
            self._refresh(as_of=date(2026, 6, 30))
            for partner in (self.regular, self.fresh):
                with self.subTest(months=months, customer=partner.name):
                    self.assertEqual(self._kinds(partner)[-1][1], self._customer(partner).lifecycle)

    def test_what_is_not_read_changes_nothing(self):
        """Rows that are asked for by day or id are those among all rows, however little is read."""
        Report = self.env['growth.team.report']
        partner = self._create_customer("Often")
        for day in (
            '2024-01-31',
            '2024-08-31',
            '2025-02-28',
            '2025-09-01',
            '2025-12-31',
            '2026-06-29',
        ):
            self._sell(partner, 10, day, self.hunting)
        for months, lost in ((0, 6), (1, 1), (3, 6), (12, 2)):
            self.company.write({'growth_new_months': months, 'growth_lost_months': lost})
            rows = Report.search([('company_id', '=', self.company.id)])
            rows.invalidate_recordset()
            # All at once, with no day to read from
            groups = Report._read_group([], ['customer_kind'], ['id:recordset'])
            kinds = {row: kind for kind, group in groups for row in group}
            self.assertEqual(len(kinds), 15)
            for row in rows:
                with self.subTest(months=months, lost=lost, day=row.date):
                    self.assertEqual(row.customer_kind, kinds[row])
                    row.invalidate_recordset()
                    self.assertEqual(row.customer_kind, kinds[row])
                    domain = [('date', '>=', row.date)]
                    found = Report._read_group(domain, ['customer_kind'], ['id:recordset'])
                    for kind, group in found:
                        self.assertEqual({kinds[other] for other in group}, {kind})

    def test_one_day_is_of_one_kind(self):
        partner = self._create_customer("Twice a Day")
        self._sell(partner, 10, '2025-01-15', self.hunting)
        for hour in ('08', '10', '12'):
            self._sell(partner, 10, f'2026-05-15 {hour}:00:00', self.hunting)
        self._sell(partner, -5, '2026-05-15 06:00:00', self.hunting)
        self.assertEqual(
            self._kinds(partner), [('2025-01-15', 'new'), *[('2026-05-15', 'returning')] * 4]
        )

    def test_credits_are_no_purchases(self):
        partner = self._create_customer("Credited")
        self._sell(partner, -10, '2025-01-10', self.hunting)
        self._sell(partner, 100, '2025-02-10', self.hunting)
        # Neither does it keep the customer from being lost, nor is it a return.
        self._sell(partner, -30, '2026-01-10', self.hunting)
        self._sell(partner, 100, '2026-02-10', self.hunting)
        self.assertEqual(
            self._kinds(partner),
            [
                ('2025-01-10', 'new'),
                ('2025-02-10', 'new'),
                ('2026-01-10', 'repeat'),
                ('2026-02-10', 'returning'),
            ],
        )
        domain = [('partner_id', '=', partner.id)]
        self.assertEqual(
            self._figures(['customer_kind'], ['revenue:sum', 'order_count:sum'], domain),
            {'new': (90, 1), 'repeat': (-30, 0), 'returning': (100, 1)},
        )

    def test_the_year_begins_in_the_time_zone_of_the_company(self):
        """Mistake 16: half an hour before the year ends in UTC it has begun in Berlin."""
        self.company.partner_id.tz = 'Europe/Berlin'
        before, after = (self._create_customer(name) for name in ("Before", "After"))
        self._sell(before, 10, '2025-12-31 22:59:59', self.hunting)
        self._sell(after, 10, '2025-12-31 23:00:00', self.hunting)
        for partner in (before, after):
            self._sell(partner, 10, '2026-05-01', self.hunting)
        self.assertEqual(self._kinds(before), [('2025-12-31', 'new'), ('2026-05-01', 'repeat')])
        self.assertEqual(self._kinds(after), [('2026-01-01', 'new'), ('2026-05-01', 'new')])
        domain = [('date', '>=', '2026-01-01'), ('partner_id', 'in', (before | after).ids)]
        self.assertEqual(self._figures([], ['revenue:sum'], domain), {'all': 30})

    def test_contacts_of_any_depth_are_one_customer(self):
        child = self.env['res.partner'].create({'name': "Child", 'parent_id': self.fresh.id})
        other = self._create_customer("Other")
        order = self._sell(child, 5, '2026-06-01', self.farming)
        self._sell(self.regular, 5, '2026-06-02', self.farming)
        # Who changes company leaves the business behind.
        child.parent_id = other
        self.assertEqual(self._row(order).partner_id, self.fresh)
        self.assertEqual(self._kinds(self.fresh)[-1], ('2026-06-01', 'new'))
        self.assertFalse(self._kinds(other))

    def test_only_confirmed_orders_until_today_count(self):
        for state in ('draft', 'sent', 'cancel'):
            self._sell(self.fresh, 1000, '2026-06-01', self.farming, state=state)
        self._sell(self.fresh, 1000, '2026-07-01', self.farming)
        self.assertEqual(
            self._figures([], ['revenue:sum'], [('date', '>=', '2026-06-01')]), {'all': False}
        )

    # ------------------------------------------------------------
    # ROLES
    # ------------------------------------------------------------

    def test_a_change_of_roles_leaves_the_past_alone(self):
        self._go_to('2026-06-10')
        before = self._figures(['role'], AMOUNTS)
        self.hunters.growth_role = 'farmer'
        self.assertEqual(self._figures(['role'], AMOUNTS), before)
        self._go_to(NOW)
        orders = [
            self._sell(self.regular, 1, moment, self.hunting)
            for moment in ('2026-06-09 23:59:59', '2026-06-10 00:00:00')
        ]
        self.assertEqual([self._row(order).role for order in orders], ['hunter', 'farmer'])

    def test_the_role_of_the_member_comes_before_that_of_the_team(self):
        member = self.farmers.crm_team_member_ids
        self._go_to('2026-06-10')
        member.growth_own_role = 'hunter'
        self._go_to('2026-06-20')
        member.growth_own_role = False
        self._go_to(NOW)
        days = ('2026-06-09', '2026-06-10', '2026-06-19', '2026-06-20')
        orders = [self._sell(self.fresh, 1, day, self.farming) for day in days]
        self.assertEqual(
            [self._row(order).role for order in orders], ['farmer', 'hunter', 'hunter', 'farmer']
        )

    def test_roles_are_those_of_the_role_history(self):
        """The joins come to the same as looking up each document by itself."""
        self.env['growth.role.period'].create(
            [
                {
                    'team_id': self.hunters.id,
                    'user_id': self.user_admin.id,
                    'role': 'both',
                    'date_from': '2026-02-01',
                    'date_to': '2026-02-28',
                },
                {
                    'team_id': self.hunters.id,
                    'user_id': self.user_admin.id,
                    'role': 'farmer',
                    'date_from': '2026-04-01',
                },
            ]
        )
        for team in (self.hunters, self.farmers, self.env['crm.team']):
            for user in (self.user_admin, self.user_own, self.env['res.users']):
                for month in range(1, 7):
                    whose = {'user_id': user.id, 'team_id': team.id}
                    self._sell(self.fresh, 1, f'2026-{month:02}-15', whose)
        rows = self.env['growth.team.report'].search([('company_id', '=', self.company.id)])
        looked_up = self.env.execute_query(
            SQL(
                "SELECT id * 2, %s FROM sale_order WHERE company_id = %s",
                role_on_day(
                    SQL("sale_order.team_id"),
                    SQL("sale_order.user_id"),
                    SQL("sale_order.date_order::date"),
                ),
                self.company.id,
            )
        )
        self.assertEqual({row.id: row.role for row in rows}, dict(looked_up))
        self.assertEqual({row.role for row in rows}, {'hunter', 'farmer', 'both'})

    # ------------------------------------------------------------
    # CURRENCIES AND COMPANIES
    # ------------------------------------------------------------

    def test_amounts_are_in_the_currency_of_the_company(self):
        self.eur.rate_ids.unlink()
        self.env['res.currency.rate'].create(
            {
                'name': '2025-01-01',
                'rate': 0.5,
                'currency_id': self.eur.id,
                'company_id': self.company.id,
            }
        )
        pricelist = self.env['product.pricelist'].create(
            {'name': "EUR", 'currency_id': self.eur.id, 'company_id': self.company.id}
        )
        order = self._sell(
            self.fresh, 10, '2026-06-01', self.farming, cost=4, pricelist_id=pricelist.id
        )
        row = self._row(order)
        self.assertEqual((row.revenue, row.profit), (20, 12))
        self.assertEqual((row.leaked, row.currency_id), (20, self.usd))

    def test_several_companies_and_currencies(self):
        """Each company has its own history of a customer; rates over both are of one currency."""
        self.env['res.currency.rate'].search(Domain.TRUE).unlink()
        self.env['res.currency.rate'].create(
            {'name': '2025-01-01', 'rate': 0.5, 'currency_id': self.eur.id, 'company_id': False}
        )
        other = self._create_company("Euro Company", self.eur)
        team = self._create_team("Euro Farmers", company_id=other.id, growth_role='farmer')
        self.env.user.company_ids |= other
        farming = {'user_id': False, 'team_id': team.id}
        self._sell(self.regular, 100, '2025-06-01', farming, company=other)
        self._sell(self.regular, 300, '2026-06-01', farming, company=other)
        self._sell(self.fresh, 100, '2026-06-02', farming, company=other)
        Report = self.env['growth.team.report'].with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        domain = [('role', '=', 'farmer'), ('date', '>=', '2026-01-01')]
        figures = Report._read_group(
            domain, ['company_id'], ['currency_id:array_agg_distinct', 'revenue:sum', *RATES]
        )
        self.assertEqual(
            figures,
            [
                (self.company, [self.usd.id], 90, 50 / 90, 50 / 90, False),
                (other, [self.eur.id], 400, 0.25, 0.25, False),
            ],
        )
        # 400 euro are 800 dollars.
        self.assertEqual(
            Report._read_group(domain, [], ['revenue:sum_currency', *RATES]),
            [(890, 250 / 890, 250 / 890, False)],
        )
        self.assertEqual(
            self.env['growth.team.report'].search_count([('company_id', '=', other.id)]), 0
        )

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def test_who_sees_whose_business(self):
        leader = self._create_user('growth_leader', 'sales_team.group_sale_salesman')
        self.farmers.user_id = leader
        foreign = self._create_user('growth_foreign', 'sales_team.group_sale_manager')
        foreign_company = self._create_company("Foreign Company")
        foreign.write(
            {
                'company_ids': [Command.set(foreign_company.ids)],
                'company_id': foreign_company.id,
            }
        )
        everything = {100, 50, 200, 300, 40, 500, 70, -20, 60}
        for user, expected in (
            (self.user_own, {100, 300, 500, 60}),
            (leader, {50, 200, 40, 70, -20, 60}),
            (self.user_all, everything),
            (self.user_admin, everything),
            (foreign, set()),
        ):
            with self.subTest(user=user.login):
                Report = self.env['growth.team.report'].with_user(user)
                Report = Report.with_context(allowed_company_ids=user.company_ids.ids)
                self.assertEqual(
                    set(Report.search([('revenue', '!=', 0)]).mapped('revenue')), expected
                )
                ((total,),) = Report._read_group([], [], ['revenue:sum'])
                self.assertEqual(total or 0, sum(expected))
        for group in ('base.group_user', 'base.group_portal'):
            user = self._create_user(f'growth_{group[-6:]}', group)
            with self.assertRaises(AccessError):
                self.env['growth.team.report'].with_user(user).search([('revenue', '!=', 0)])

    def test_the_kind_does_not_depend_on_who_looks(self):
        """The first purchase of a colleague makes the next one no new business."""
        rows = self.env['growth.team.report'].with_user(self.user_own)
        kinds = rows.search([('partner_id', '=', self.regular.id)], order='date')
        self.assertEqual(kinds.mapped('customer_kind'), ['new', 'returning'])

    def test_nobody_writes_the_report(self):
        row = self._row(self.return_order).with_user(self.user_admin)
        with self.assertRaises(AccessError):
            row.write({'revenue': 1})
        with self.assertRaises(AccessError):
            row.unlink()

    def test_a_row_opens_its_order(self):
        action = self._row(self.return_order).with_user(self.user_own).action_open_document()
        self.assertEqual(
            (action['res_model'], action['res_id']), ('sale.order', self.return_order.id)
        )
        self.assertEqual(self._row(self.return_order).display_name, self.return_order.name)

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_one_query_reads_all_documents(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['growth.team.report'].with_user(self.user_admin).formatted_read_grouping_sets(
                [('date', '>=', '2026-01-01')],
                [['role', 'user_id'], ['role'], []],
                [*AMOUNTS, 'leaked:sum', *RATES],
            )
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.assertLessEqual(few, 8)
        for index in range(20):
            self._sell(self._create_customer(f"More {index}"), 1, '2026-06-01', self.hunting)
        self.assertEqual(count(), few)


@tagged('post_install', '-at_install')
class TestTeamReportInvoice(TeamReportMixin, AccountTestInvoicingCommon):
    """Posted invoices and credit notes as the source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.company.write({'growth_source': 'invoice', 'growth_new_months': 0})
        cls.partner = cls.env['res.partner'].create({'name': "Buyer", 'is_company': True})
        cls.team = cls.env['crm.team'].create(
            {'name': "Farmers", 'company_id': cls.company.id, 'growth_role': 'farmer'}
        )

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time(f'{NOW} 12:00:00'))

    def _create_invoice(self, amount, day='2026-03-15', post=True, is_downpayment=False, **vals):
        invoice = self.env['account.move'].create(
            {
                'move_type': 'out_invoice',
                'partner_id': self.partner.id,
                'invoice_date': day,
                'invoice_user_id': self.env.uid,
                'team_id': self.team.id,
                'invoice_line_ids': [
                    Command.create(
                        {
                            'product_id': self.product_a.id,
                            'price_unit': amount,
                            'tax_ids': False,
                            'is_downpayment': is_downpayment,
                        }
                    )
                ],
                **vals,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    def test_invoices_and_credit_notes(self):
        self._create_invoice(100, '2024-06-01')
        invoice = self._create_invoice(500, '2026-03-15')
        self._create_invoice(200, '2026-05-15')
        self._create_invoice(1000, post=False)
        self._create_invoice(1000).button_cancel()
        self._create_invoice(1000, move_type='in_invoice')
        refund = invoice._reverse_moves([{'invoice_date': date(2026, 4, 15)}])
        refund.invoice_line_ids.price_unit = 150
        refund.action_post()
        self.assertEqual(
            self._kinds(self.partner),
            [
                ('2024-06-01', 'new'),
                ('2026-03-15', 'returning'),
                ('2026-04-15', 'returning'),
                ('2026-05-15', 'returning'),
            ],
        )
        self.assertEqual(
            self._figures(
                ['user_id', 'team_id', 'role'],
                ['revenue:sum', 'order_count:sum', 'leaked:sum', 'leakage:avg'],
            ),
            {(self.env.user, self.team, 'farmer'): (650, 3, 100, 100 / 650)},
        )

    def test_a_down_payment_is_no_purchase_and_belongs_to_winning(self):
        self._create_invoice(30, '2025-12-20', is_downpayment=True)
        self._create_invoice(100, '2026-01-15')
        self.assertEqual(self._kinds(self.partner), [('2025-12-20', 'new'), ('2026-01-15', 'new')])
        self.assertEqual(self._figures([], ['revenue:sum', 'order_count:sum']), {'all': (130, 1)})

    def test_days_of_invoices_are_days_in_every_time_zone(self):
        self.company.partner_id.tz = 'Pacific/Auckland'
        self._create_invoice(10, '2025-12-31')
        self._create_invoice(10, '2026-01-01')
        self.assertEqual(
            self._kinds(self.partner), [('2025-12-31', 'new'), ('2026-01-01', 'repeat')]
        )

    def test_orders_do_not_count_and_a_row_opens_its_invoice(self):
        order = self.env['sale.order'].create(
            {
                'partner_id': self.partner.id,
                'order_line': [Command.create({'product_id': self.product_a.id})],
            }
        )
        order.action_confirm()
        invoice = self._create_invoice(10)
        rows = self.env['growth.team.report'].search([('partner_id', '=', self.partner.id)])
        self.assertEqual(rows, self._row(invoice))
        self.assertEqual(rows.reference, invoice.name)
        action = rows.action_open_document()
        self.assertEqual((action['res_model'], action['res_id']), ('account.move', invoice.id))
