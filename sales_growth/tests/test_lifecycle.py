from datetime import date, timedelta
from random import Random

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import SalesGrowthCommon


def day(text):
    return date.fromisoformat(text)


def walk(purchases, as_of, new_months, lost_months):
    """The lifecycle of a customer, found by living through it day by day.

    :return: (lifecycle, day on which it began)
    """
    state, since, last = 'prospect', None, None
    today = min(purchases)
    while today <= as_of:
        is_lost = last is not None and today > last + relativedelta(months=lost_months)
        if today in purchases:
            if last is None or is_lost:
                state, since = ('new' if last is None else 'returning'), today
            last = today
        elif is_lost and state != 'lost':
            state, since = 'lost', today
        if state in ('new', 'returning'):
            is_over = today.year > since.year
            if new_months:
                is_over = today >= since + relativedelta(months=new_months)
            if is_over:
                state, since = 'repeat', today
        today += timedelta(days=1)
    return state, since


@tagged('post_install', '-at_install')
class TestLifecycle(SalesGrowthCommon):
    """Where a customer stands, day by day, with orders as the source.

    A customer is new until the end of the year of the first order (or some months), and lost after
    six months without one.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls._create_customer("Buyer")

    def _buy(self, *days, amount=100, partner=None, **vals):
        for text in days:
            self._create_order(partner or self.partner, amount, f'{text} 12:00:00', **vals)

    def _lifecycle(self, text, partner=None, company=None):
        """State of a customer and day on which it began, as of a day."""
        self._refresh(company, as_of=day(text))
        customer = self._customer(partner or self.partner, company)
        return customer.lifecycle, customer.lifecycle_date

    def _assert_lifecycles(self, expected):
        for text, lifecycle, since in expected:
            with self.subTest(as_of=text):
                self.assertEqual(self._lifecycle(text), (lifecycle, since and day(since)))

    def _settings(self, new_months, lost_months):
        self.company.write({'growth_new_months': new_months, 'growth_lost_months': lost_months})

    # ------------------------------------------------------------
    # STATES AND THEIR FIRST DAYS
    # ------------------------------------------------------------

    def test_nothing_bought_is_a_prospect(self):
        self._buy('2026-01-10', amount=-50)
        self._buy('2026-01-11', amount=0)
        self._buy('2026-01-12', state='draft')
        self._buy('2026-01-13', state='cancel')
        self.assertEqual(self._lifecycle('2026-06-30'), ('prospect', False))
        untouched = self._create_customer("Untouched")
        self.assertFalse(self._customer(untouched))
        self.assertEqual(untouched.growth_lifecycle, 'prospect')

    def test_new_until_the_end_of_the_year(self):
        self._settings(0, 120)
        self._buy('2026-03-15', '2026-04-15')
        self._assert_lifecycles(
            [
                ('2026-03-15', 'new', '2026-03-15'),
                ('2026-12-31', 'new', '2026-03-15'),
                ('2027-01-01', 'repeat', '2027-01-01'),
                ('2027-08-01', 'repeat', '2027-01-01'),
            ]
        )

    def test_new_for_some_months(self):
        self._settings(6, 120)
        self._buy('2025-10-15')
        self._assert_lifecycles(
            [
                ('2025-10-15', 'new', '2025-10-15'),
                ('2026-04-14', 'new', '2025-10-15'),
                ('2026-04-15', 'repeat', '2026-04-15'),
                ('2027-04-15', 'repeat', '2026-04-15'),
            ]
        )

    def test_before_the_first_purchase(self):
        self._buy('2026-03-15')
        self._refresh(as_of=day('2026-03-14'))
        self.assertFalse(self._customer(self.partner))
        self.assertEqual(self._lifecycle('2026-03-15'), ('new', day('2026-03-15')))
        # The row stays when a run looks back.
        self.assertEqual(self._lifecycle('2026-03-14'), ('prospect', False))

    def test_lost(self):
        self._buy('2025-02-10', '2026-02-10')
        self._assert_lifecycles(
            [
                ('2026-08-10', 'returning', '2026-02-10'),
                ('2026-08-11', 'lost', '2026-08-11'),
                ('2028-01-01', 'lost', '2026-08-11'),
            ]
        )

    def test_lost_while_still_new(self):
        self._settings(12, 2)
        self._buy('2026-01-10')
        self._assert_lifecycles(
            [
                ('2026-03-10', 'new', '2026-01-10'),
                ('2026-03-11', 'lost', '2026-03-11'),
            ]
        )

    def test_who_buys_on_the_last_day_does_not_return(self):
        self._buy('2025-11-10', '2026-05-10')
        self._assert_lifecycles(
            [
                ('2026-01-01', 'repeat', '2026-01-01'),
                ('2026-05-10', 'repeat', '2026-01-01'),
                ('2026-11-10', 'repeat', '2026-01-01'),
                ('2026-11-11', 'lost', '2026-11-11'),
            ]
        )

    def test_who_buys_a_day_later_returns(self):
        self._buy('2025-11-10', '2026-05-11', '2026-09-01', '2027-01-15')
        self._assert_lifecycles(
            [
                ('2026-05-10', 'repeat', '2026-01-01'),
                ('2026-05-11', 'returning', '2026-05-11'),
                ('2026-12-31', 'returning', '2026-05-11'),
                ('2027-01-01', 'repeat', '2027-01-01'),
                ('2027-02-01', 'repeat', '2027-01-01'),
            ]
        )

    def test_returning_for_some_months(self):
        self._settings(3, 6)
        self._buy('2025-01-10', '2026-02-28', '2026-05-01')
        self._assert_lifecycles(
            [
                ('2026-02-27', 'lost', '2025-07-11'),
                ('2026-02-28', 'returning', '2026-02-28'),
                ('2026-05-27', 'returning', '2026-02-28'),
                ('2026-05-28', 'repeat', '2026-05-28'),
            ]
        )

    def test_who_returns_in_the_first_year_is_returning(self):
        self._buy('2026-01-05', '2026-08-10')
        self._assert_lifecycles(
            [
                ('2026-07-05', 'new', '2026-01-05'),
                ('2026-07-06', 'lost', '2026-07-06'),
                ('2026-08-10', 'returning', '2026-08-10'),
            ]
        )

    def test_the_last_of_several_returns_counts(self):
        self._buy('2019-03-01', '2020-03-01', '2021-03-01', '2021-08-01')
        # Long before the window of twelve months, and without a gap since.
        self._buy('2022-01-31', '2022-07-31', '2023-01-31', '2023-07-31', '2024-01-31')
        self._assert_lifecycles(
            [
                ('2020-12-31', 'lost', '2020-09-02'),
                ('2021-08-01', 'returning', '2021-03-01'),
                ('2024-06-30', 'repeat', '2022-01-01'),
            ]
        )

    def test_ends_of_months(self):
        self._settings(6, 6)
        self._buy('2025-08-31')
        self._assert_lifecycles(
            [
                ('2026-02-27', 'new', '2025-08-31'),
                ('2026-02-28', 'repeat', '2026-02-28'),
                ('2026-03-01', 'lost', '2026-03-01'),
            ]
        )

    def test_ends_of_months_in_a_leap_year(self):
        self._buy('2023-08-31')
        self._assert_lifecycles(
            [
                ('2024-02-29', 'repeat', '2024-01-01'),
                ('2024-03-01', 'lost', '2024-03-01'),
            ]
        )

    def test_return_after_the_end_of_a_short_month(self):
        self._settings(0, 1)
        self._buy('2026-01-31', '2026-02-28', '2026-03-29')
        # From the 28th to the 28th is a month, to the 29th is more.
        self._assert_lifecycles(
            [
                ('2026-02-28', 'new', '2026-01-31'),
                ('2026-03-29', 'returning', '2026-03-29'),
            ]
        )

    def test_gap_inside_a_quarter(self):
        self.company.write({'growth_xyz_bucket': 'quarter', 'growth_lost_months': 1})
        self._buy('2026-04-01', '2026-06-20')
        self.assertEqual(self._lifecycle('2026-06-30'), ('returning', day('2026-06-20')))

    def test_history_without_pattern(self):
        # Against a customer who lives through each day, in both forms of the settings.
        random = Random(5)
        start = day('2021-01-01')
        histories = {}
        for number in range(25):
            partner = self._create_customer(f"Buyer {number}")
            offsets = {random.randrange(0, 1900) for _purchase in range(random.randrange(1, 9))}
            histories[partner] = {start + timedelta(days=offset) for offset in offsets}
            self._buy(*map(str, histories[partner]), partner=partner)
        for new_months, lost_months in ((0, 6), (12, 6), (3, 2), (6, 13)):
            self._settings(new_months, lost_months)
            for as_of in (day('2024-02-29'), day('2026-01-01'), day('2026-06-30')):
                self._refresh(as_of=as_of)
                for partner, purchases in histories.items():
                    customer = self._customer(partner)
                    lifecycle, since = walk(purchases, as_of, new_months, lost_months)
                    with self.subTest(purchases=sorted(purchases), as_of=as_of):
                        self.assertEqual(
                            (customer.lifecycle or 'prospect', customer.lifecycle_date or None),
                            (lifecycle, since),
                        )

    # ------------------------------------------------------------
    # WHAT COUNTS
    # ------------------------------------------------------------

    def test_credits_are_no_purchases(self):
        self._buy('2025-01-10')
        # Between two purchases, less than six months from either.
        self._buy('2025-07-10', '2025-10-10', amount=-30)
        self._buy('2026-01-10')
        self._buy('2026-06-20', amount=-30)
        self._assert_lifecycles(
            [
                ('2025-07-11', 'lost', '2025-07-11'),
                ('2026-06-30', 'returning', '2026-01-10'),
                ('2026-07-11', 'lost', '2026-07-11'),
            ]
        )

    def test_without_the_last_order_left(self):
        self._buy('2025-01-10', '2026-03-10')
        self.assertEqual(self._lifecycle('2026-06-30'), ('returning', day('2026-03-10')))
        orders = self.env['sale.order'].search([('partner_id', '=', self.partner.id)])
        orders.sorted('date_order')[-1].action_cancel()
        self.assertEqual(self._lifecycle('2026-06-30'), ('lost', day('2025-07-11')))
        orders.action_cancel()
        self.assertEqual(self._lifecycle('2026-06-30'), ('prospect', False))

    def test_days_begin_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = 'Asia/Vladivostok'  # ten hours ahead of UTC
        self._create_order(self.partner, 100, '2025-12-31 14:00:00')  # 2026-01-01 there
        self._assert_lifecycles(
            [
                ('2026-01-01', 'new', '2026-01-01'),
                ('2026-07-01', 'new', '2026-01-01'),
                ('2026-07-02', 'lost', '2026-07-02'),
            ]
        )
        self._create_order(self.partner, 100, '2026-07-01 13:59:00')  # still the first of July
        self.assertEqual(self._lifecycle('2026-07-02'), ('new', day('2026-01-01')))

    def test_gap_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = 'Asia/Vladivostok'
        self._create_order(self.partner, 100, '2026-01-01 13:00:00')  # the first of January
        # A day later there, and less than a day later in hours.
        self._create_order(self.partner, 100, '2026-07-01 14:00:00')
        self.assertEqual(self._lifecycle('2026-07-02'), ('returning', day('2026-07-02')))

    def test_companies_are_apart(self):
        other = self._create_company("Other Company")
        other.growth_lost_months = 2
        self._buy('2025-02-10', '2025-07-10', '2026-01-10')
        self._buy('2026-03-10', company=other)
        self._refresh(self.company | other, as_of=day('2026-06-30'))
        self.assertRecordValues(
            self._customer(self.partner) | self._customer(self.partner, other),
            [
                {'lifecycle': 'repeat', 'lifecycle_date': day('2026-01-01')},
                {'lifecycle': 'lost', 'lifecycle_date': day('2026-05-11')},
            ],
        )

    def test_contacts_below_a_company_buy_for_it(self):
        contact = self.env['res.partner'].create({'name': "C", 'parent_id': self.partner.id})
        self._buy('2025-02-10')
        self._buy('2026-06-10', partner=contact)
        self.assertEqual(self._lifecycle('2026-06-30'), ('returning', day('2026-06-10')))
        self.assertFalse(self._customer(contact))

    def test_archived_customers_live_on(self):
        self._buy('2025-09-10', '2026-02-10')
        self.partner.active = False
        self.assertEqual(self._lifecycle('2026-06-30'), ('repeat', day('2026-01-01')))
        self.assertEqual(self._lifecycle('2026-08-11'), ('lost', day('2026-08-11')))

    # ------------------------------------------------------------
    # RUNS
    # ------------------------------------------------------------

    def _versions(self):
        """Where the database keeps each row of the hub: elsewhere after any update."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, ctid::text, xmin::text FROM growth_customer WHERE company_id = %s",
            [self.company.id],
        )
        return {customer_id: version for customer_id, *version in self.env.cr.fetchall()}

    def test_a_run_without_a_change_writes_nothing(self):
        for days in (['2025-02-10', '2026-02-10'], ['2026-06-30'], ['2025-03-10'], ['2025-12-01']):
            self._buy(*days, partner=self._create_customer("Another"))
        self._buy('2026-02-10', amount=-10)
        self._refresh(as_of=day('2026-06-30'))
        before = self._versions()
        self.assertEqual(len(before), 5)
        counts = self._refresh(as_of=day('2026-06-30'))
        self.assertEqual((counts['changed'], counts['moved']), (0, 0))
        self.assertEqual(self._versions(), before)

    def test_the_day_alone_changes_a_row_and_moves_nobody(self):
        others = self._create_customer("Steady")
        self._buy('2025-09-10', '2026-05-01', partner=others)
        self._buy('2025-09-10', '2026-02-10')
        self._refresh(as_of=day('2026-08-10'))
        before = self._versions()
        counts = self._refresh(as_of=day('2026-08-11'))
        self.assertEqual((counts['changed'], counts['moved']), (1, 0))
        changed = {key for key, version in self._versions().items() if before[key] != version}
        self.assertEqual(changed, {self._customer(self.partner).id})
        self.assertFalse(self._customer(self.partner).move_ids)

    @freeze_time('2026-06-30 12:00:00')
    def test_settings_recompute(self):
        self._buy('2025-01-10', '2025-08-10', '2026-04-21')
        self._refresh()
        customer = self._customer(self.partner)
        self.assertEqual(customer.lifecycle, 'returning')
        self.company.growth_lost_months = 2
        self.assertEqual(customer.lifecycle, 'lost')
        self.company.write({'growth_lost_months': 120, 'growth_new_months': 1})
        self.assertRecordValues(
            customer, [{'lifecycle': 'repeat', 'lifecycle_date': day('2025-02-10')}]
        )

    def test_upgrade(self):
        other = self._create_company("Other Company")
        self._buy('2025-01-10')
        self._buy('2025-01-10', company=other)
        self._refresh(self.company | other)
        self.env.cr.execute("UPDATE growth_customer SET lifecycle = 'prospect'")
        gold = self.env['res.currency'].create({'name': "GLD", 'symbol': "g"})
        pricelist = self.env['product.pricelist'].create(
            {'name': "Gold", 'currency_id': gold.id, 'company_id': other.id}
        )
        self._buy('2026-01-10', company=other, pricelist_id=pricelist.id)
        self.env.invalidate_all()
        with freeze_time('2026-06-30 12:00:00'):
            self.env['growth.customer']._find_lifecycles()
        ours, theirs = self._customer(self.partner), self._customer(self.partner, other)
        self.assertEqual(ours.lifecycle, 'lost')
        self.assertFalse(ours.move_ids)
        self.assertFalse(self.company.growth_error)
        self.assertEqual(theirs.lifecycle, 'prospect')
        self.assertIn("GLD", other.growth_error)

    def test_nobody_writes_the_lifecycle(self):
        self._buy('2026-02-10')
        self._refresh()
        with self.assertRaises(AccessError):
            self._customer(self.partner).with_user(self.user_admin).lifecycle = 'lost'


@tagged('post_install', '-at_install')
class TestLifecycleInvoice(AccountTestInvoicingCommon):
    """The lifecycle from posted invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        # The days of invoices are days, wherever the company is.
        cls.company.partner_id.tz = 'Asia/Vladivostok'
        cls.company.write({'growth_source': 'invoice', 'growth_metric': 'revenue'})
        cls.partner = cls.env['res.partner'].create({'name': "Buyer", 'is_company': True})

    def _invoice(self, text, move_type='out_invoice', post=True):
        invoice = self.env['account.move'].create(
            {
                'move_type': move_type,
                'partner_id': self.partner.id,
                'invoice_date': text,
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.product_a.id, 'price_unit': 100, 'tax_ids': False}
                    )
                ],
            }
        )
        if post:
            invoice.action_post()
        return invoice

    def _lifecycle(self, text):
        Customer = self.env['growth.customer']
        Customer._refresh(self.company, day(text))
        customer = Customer.search(
            [('partner_id', '=', self.partner.id), ('company_id', '=', self.company.id)]
        )
        return customer.lifecycle, customer.lifecycle_date

    def test_states(self):
        self._invoice('2025-01-10')
        self._invoice('2025-07-05', 'out_refund')
        self._invoice('2025-10-05', 'out_refund')
        self._invoice('2025-12-01', post=False)
        self._invoice('2026-01-01')
        for text, lifecycle, since in (
            ('2025-01-10', 'new', '2025-01-10'),
            ('2025-07-10', 'new', '2025-01-10'),
            ('2025-07-11', 'lost', '2025-07-11'),
            ('2025-12-31', 'lost', '2025-07-11'),
            ('2026-01-01', 'returning', '2026-01-01'),
            ('2026-07-01', 'returning', '2026-01-01'),
            ('2026-07-02', 'lost', '2026-07-02'),
        ):
            with self.subTest(as_of=text):
                self.assertEqual(self._lifecycle(text), (lifecycle, day(since)))

    def test_bought_on_the_last_day(self):
        self._invoice('2025-07-01')
        self._invoice('2026-01-01')
        self.assertEqual(self._lifecycle('2026-06-30'), ('repeat', day('2026-01-01')))

    def test_only_an_invoice_taken_back_to_draft(self):
        invoice = self._invoice('2026-01-10')
        self.assertEqual(self._lifecycle('2026-06-30'), ('new', day('2026-01-10')))
        invoice.button_draft()
        self.assertEqual(self._lifecycle('2026-06-30'), ('prospect', False))

    def test_a_down_payment_alone_is_no_purchase(self):
        invoice = self._invoice('2026-01-10', post=False)
        invoice.invoice_line_ids.is_downpayment = True
        invoice.action_post()
        self.assertEqual(self._lifecycle('2026-06-30'), ('prospect', False))
