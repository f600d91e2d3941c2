from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AS_OF, SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestSalesFacts(SalesGrowthCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls._create_customer("Buyer")

    def _facts(self, partner=None, as_of=AS_OF, company=None):
        Facts = self.env['growth.sales.facts']
        rows = self.env.execute_query_dict(Facts._customer_facts(company or self.company, as_of))
        by_partner = {row['partner_id']: row for row in rows}
        return by_partner.get((partner or self.partner).id)

    # ------------------------------------------------------------
    # WINDOW
    # ------------------------------------------------------------

    def test_window_is_whole_months_that_end_with_the_day(self):
        Facts = self.env['growth.sales.facts']
        self.assertEqual(
            Facts._get_window(self.company, AS_OF), (date(2025, 7, 1), date(2026, 6, 30))
        )
        self.assertEqual(
            Facts._get_window(self.company, date(2026, 2, 28)),
            (date(2025, 3, 1), date(2026, 2, 28)),
        )
        self.assertEqual(
            Facts._get_window(self.company, date(2024, 2, 29)),
            (date(2023, 3, 1), date(2024, 2, 29)),
        )

    def test_buckets_are_equal_parts_of_the_window(self):
        Facts = self.env['growth.sales.facts']
        months = Facts._get_buckets(self.company, date(2026, 6, 15))
        self.assertEqual(len(months), 12)
        self.assertEqual((months[0], months[-1]), (date(2025, 6, 16), date(2026, 5, 16)))
        self.company.growth_xyz_bucket = 'quarter'
        self.assertEqual(
            Facts._get_buckets(self.company, AS_OF),
            [date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1)],
        )

    def test_first_and_last_day_of_the_window_count(self):
        self._create_order(self.partner, 1, '2025-06-30 23:59:59')
        self._create_order(self.partner, 10, '2025-07-01 00:00:00')
        self._create_order(self.partner, 100, '2026-06-30 23:59:59')
        self._create_order(self.partner, 1000, '2026-07-01 00:00:00')
        facts = self._facts()
        self.assertEqual(facts['revenue'], 110)
        self.assertEqual(facts['order_count'], 2)
        self.assertEqual(facts['first_order_date'], date(2025, 6, 30))
        self.assertEqual(facts['last_order_date'], date(2026, 6, 30))

    def test_days_begin_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = 'Asia/Vladivostok'  # ten hours ahead of UTC
        self._create_order(self.partner, 10, '2026-06-30 13:59:59')
        self._create_order(self.partner, 100, '2026-06-30 14:00:00')
        facts = self._facts()
        self.assertEqual(facts['revenue'], 10)
        self.assertEqual(facts['last_order_date'], date(2026, 6, 30))
        self.assertEqual(self._facts(as_of=date(2026, 7, 1))['last_order_date'], date(2026, 7, 1))

    def test_day_of_the_change_to_summer_time(self):
        self.company.partner_id.tz = 'Europe/Berlin'
        day_start = self.env['growth.sales.facts']._day_start
        self.assertEqual(day_start(self.company, date(2026, 3, 29)), datetime(2026, 3, 28, 23, 0))
        self.assertEqual(day_start(self.company, date(2026, 3, 30)), datetime(2026, 3, 29, 22, 0))

    # ------------------------------------------------------------
    # WHAT COUNTS
    # ------------------------------------------------------------

    def test_only_confirmed_orders_count(self):
        self._create_order(self.partner, 10)
        self._create_order(self.partner, 100, state='draft')
        self._create_order(self.partner, 1000, state='sent')
        self._create_order(self.partner, 10000, state='cancel')
        self.assertEqual(self._facts()['revenue'], 10)
        self.assertEqual(self._facts()['order_count'], 1)

    def test_tax_is_left_out(self):
        tax = self.env['account.tax'].create(
            {
                'name': "Test 20 %",
                'amount': 20,
                'company_id': self.company.id,
                'country_id': self.env.ref('base.us').id,
                'tax_group_id': self.env['account.tax.group']
                .create({'name': "Test", 'company_id': self.company.id})
                .id,
            }
        )
        order = self._create_order(self.partner, 100)
        order.order_line.tax_ids = tax
        self.assertEqual(order.amount_total, 120)
        self.assertEqual(self._facts()['revenue'], 100)

    def test_credits_lower_the_value_and_are_no_orders(self):
        self._create_order(self.partner, 100)
        self._create_order(self.partner, -30)
        facts = self._facts()
        self.assertEqual(facts['revenue'], 70)
        self.assertEqual(facts['order_count'], 1)

    def test_profit_is_the_margin_frozen_on_the_line(self):
        self.company.growth_metric = 'profit'
        self._create_order(self.partner, 100, cost=60)
        self.product.standard_price = 99
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['profit'], facts['value']), (100, 40, 40))

    def test_orders_of_contacts_at_any_depth_count_for_the_company(self):
        child = self.env['res.partner'].create({'name': "Child", 'parent_id': self.partner.id})
        grandchild = self.env['res.partner'].create(
            {'name': "Grandchild", 'parent_id': child.id, 'type': 'delivery'}
        )
        self._create_order(self.partner, 1)
        self._create_order(child, 10)
        self._create_order(grandchild, 100)
        self.assertEqual(self._facts()['revenue'], 111)
        self.assertIsNone(self._facts(child))
        self.assertIsNone(self._facts(grandchild))

    def test_history_stays_when_a_contact_changes_company(self):
        other = self._create_customer("Other")
        contact = self.env['res.partner'].create({'name': "C", 'parent_id': self.partner.id})
        self._create_order(contact, 100)
        contact.parent_id = other
        self._create_order(contact, 7)
        self.assertEqual(self._facts()['revenue'], 100)
        self.assertEqual(self._facts(other)['revenue'], 7)

    def test_orders_without_a_kept_customer_take_the_contact_of_today(self):
        # As a bulk import by SQL leaves them.
        order = self._create_order(self.partner, 100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET commercial_partner_id = NULL WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self._facts()['revenue'], 100)

    def test_archived_customers_are_kept(self):
        self._create_order(self.partner, 100)
        self.partner.active = False
        self.assertEqual(self._facts()['revenue'], 100)

    def test_own_companies_and_internal_users_are_left_out(self):
        other_company = self._create_company("Other Company")
        portal_user = (
            self.env['res.users']
            .with_context(no_reset_password=True)
            .create(
                {
                    'name': "Portal",
                    'login': 'growth_portal',
                    'partner_id': self.partner.id,
                    'group_ids': [Command.set(self.env.ref('base.group_portal').ids)],
                }
            )
        )
        self.assertTrue(portal_user.share)
        for partner in (
            self.company.partner_id,
            other_company.partner_id,
            self.user_own.partner_id,
            self.partner,
        ):
            self._create_order(partner, 100)
        self.assertIsNone(self._facts(self.company.partner_id))
        self.assertIsNone(self._facts(other_company.partner_id))
        self.assertIsNone(self._facts(self.user_own.partner_id))
        self.assertEqual(self._facts(self.partner)['revenue'], 100, "Portal users are customers.")

    def test_customers_of_before_the_window_have_dates_and_no_figures(self):
        self._create_order(self.partner, 100, '2024-01-10 12:00:00')
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['order_count']), (0, 0))
        self.assertEqual(facts['first_order_date'], date(2024, 1, 10))
        self.assertIsNone(facts['demand_cv'])

    def test_other_companies_are_not_read(self):
        other_company = self._create_company("Other Company")
        self._create_order(self.partner, 10)
        self._create_order(self.partner, 100, company=other_company)
        self.assertEqual(self._facts()['revenue'], 10)
        self.assertEqual(self._facts(company=other_company)['revenue'], 100)

    # ------------------------------------------------------------
    # CURRENCY
    # ------------------------------------------------------------

    def _create_rate(self, day, rate, currency=None):
        self.env['res.currency.rate'].create(
            {
                'name': day,
                'rate': rate,
                'currency_id': (currency or self.eur).id,
                'company_id': self.company.id,
            }
        )

    def _create_pricelist(self, currency):
        return self.env['product.pricelist'].create(
            {'name': currency.name, 'currency_id': currency.id, 'company_id': self.company.id}
        )

    def test_amounts_are_converted_at_the_rate_of_the_document(self):
        self.eur.rate_ids.unlink()
        self._create_rate('2025-01-01', 0.5)
        self._create_rate('2026-01-01', 0.8)
        pricelist = self._create_pricelist(self.eur)
        vals = {'pricelist_id': pricelist.id, 'cost': 4}
        self._create_order(self.partner, 10, '2025-12-31 12:00:00', **vals)
        self._create_order(self.partner, 10, '2026-01-01 12:00:00', **vals)
        facts = self._facts()
        self.assertEqual(facts['revenue'], 20 + 12.5)
        self.assertEqual(facts['profit'], 12 + 7.5)

    def test_a_currency_without_rate_is_refused(self):
        currency = self.env['res.currency'].create({'name': 'XTS', 'symbol': "x"})
        self._create_order(self.partner, 10, pricelist_id=self._create_pricelist(currency).id)
        currency.active = False
        with self.assertRaisesRegex(UserError, "without a rate: XTS"):
            self._refresh()
        # The order keeps the rate of 1 that Odoo gave it; the one entered later counts.
        self._create_rate('2025-01-01', 2, currency)
        self._refresh()
        self.assertEqual(self._customer(self.partner).revenue, 5)

    def test_a_rate_of_one_is_a_rate(self):
        currency = self.env['res.currency'].create({'name': 'XTS', 'symbol': "x"})
        self._create_rate('2025-01-01', 1, currency)
        self._create_order(self.partner, 10, pricelist_id=self._create_pricelist(currency).id)
        self.assertEqual(self._facts()['revenue'], 10)

    def test_rates_may_be_those_of_the_company_currency(self):
        # Rates are kept against the dollar, which needs none; the company counts in euro.
        self.env['res.currency.rate'].search([]).unlink()
        company = self._create_company("Euro Company", self.eur)
        self.env['res.currency.rate'].create(
            {'name': '2025-01-01', 'rate': 0.8, 'currency_id': self.eur.id, 'company_id': False}
        )
        pricelist = self.env['product.pricelist'].create(
            {'name': "USD", 'currency_id': self.usd.id, 'company_id': company.id}
        )
        self._create_order(self.partner, 10, company=company, pricelist_id=pricelist.id)
        self.assertEqual(self._facts(company=company)['revenue'], 8)
        self._refresh(company)

    def test_sums_are_rounded_to_the_currency(self):
        for _index in range(3):
            self._create_order(self.partner, 0.1)
        self.assertEqual(repr(self._facts()['revenue']), '0.3')

    # ------------------------------------------------------------
    # VARIATION
    # ------------------------------------------------------------

    def test_variation_counts_empty_months(self):
        # A buyer of every quarter: steady by quarter, far from it by month.
        for month in ('2025-08', '2025-11', '2026-02', '2026-05'):
            self._create_order(self.partner, 100, f'{month}-10 12:00:00')
        self.assertAlmostEqual(float(self._facts()['demand_cv']), 2**0.5, 4)
        self.company.growth_xyz_bucket = 'quarter'
        self.assertEqual(self._facts()['demand_cv'], 0)

    def test_variation_of_negative_demand_is_undefined(self):
        self._create_order(self.partner, 10)
        self._create_order(self.partner, -30)
        self.assertIsNone(self._facts()['demand_cv'])

    # ------------------------------------------------------------
    # QUALITY
    # ------------------------------------------------------------

    def test_lines_without_cost_are_reported(self):
        without = self._create_order(self.partner, 10)
        self._create_order(self.partner, 10, cost=4)
        self._create_order(self.partner, 10, '2024-01-01 12:00:00')
        model, domain = self.env['growth.sales.facts']._get_lines_without_cost(self.company, AS_OF)
        self.assertEqual(self.env[model].search(domain), without.order_line)
