import csv
from datetime import datetime, time, timedelta
from random import Random
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.tools import date_utils, file_open

SALES = 'sales_growth/demo/growth_demo_sales.csv'
HISTORY_MONTHS = 12
INVOICED_AFTER = timedelta(days=2)
# Through which customers came; none of some
SOURCES = (
    *('utm.utm_source_search_engine', 'utm.utm_source_newsletter', 'utm.utm_source_referral'),
    *('utm.utm_source_linkedin', None),
)
RATE_DAYS = 30
# What one unit of the main company's currency is worth in the other one, today's first.
RATES = (
    0.849, 0.842, 0.846, 0.858, 0.851, 0.857, 0.868, 0.863, 0.871, 0.886, 0.879, 0.884, 0.898,
    0.893, 0.901, 0.912, 0.908, 0.919, 0.931, 0.926, 0.937, 0.948, 0.944, 0.951, 0.969, 0.965,
)  # fmt: skip


class Sale(NamedTuple):
    """One order to be: untaxed amount in company currency, negative when it is a credit."""

    moment: datetime
    company: models.Model
    customer: models.Model
    amount: float
    discount: float
    random: Random


class GrowthDemo(models.AbstractModel):
    """Makes the part of the demo data that moves with the calendar: two years of orders that end
    today, so that the window is full whenever the demo is installed.

    What is bought stands in `growth_demo_sales.csv`, a row per habit: a customer makes so many
    orders of about that untaxed amount (company currency; negative: credits) and per cent of
    discount between two days, counted back from today. Chance only spreads them, the same way
    every time.
    """

    _name = 'growth.demo'
    _description = "Sales Growth Demo Data"

    @api.model
    def _generate(self):
        if self.env.ref('sales_growth.growth_demo_order_001', raise_if_not_found=False):
            return
        # Nobody follows or discusses what happened long ago.
        self = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, sale_no_log_for_new_lines=True
        )
        companies = self.env.ref('base.main_company') + self.env.ref(
            'sales_growth.growth_demo_company_europe'
        )
        self._create_rates(*companies)
        orders = self._create_orders()
        self._create_invoices(orders)
        self._segment(companies)
        self._set_manual_segments()

    @api.model
    def _load(self, model, name, vals_list):
        """Create records with external ids, so that they leave together with the addon."""
        return self.env[model]._load_records(
            [
                {'xml_id': f'sales_growth.{name}_{number:03}', 'values': vals, 'noupdate': True}
                for number, vals in enumerate(vals_list, start=1)
            ]
        )

    # ------------------------------------------------------------
    # CURRENCY RATES
    # ------------------------------------------------------------

    @api.model
    def _create_rates(self, main, europe):
        if main.currency_id == europe.currency_id:
            return
        today = fields.Date.today()
        self._load(
            'res.currency.rate',
            'growth_demo_rate',
            [
                {
                    'name': today - timedelta(days=RATE_DAYS * number),
                    'company_id': company.id,
                    'currency_id': currency.id,
                    'rate': value,
                }
                for number, rate in enumerate(RATES)
                for company, currency, value in (
                    (main, europe.currency_id, rate),
                    (europe, main.currency_id, 1 / rate),
                )
            ],
        )

    # ------------------------------------------------------------
    # ORDERS
    # ------------------------------------------------------------

    @api.model
    def _create_orders(self):
        catalogue = self._get_catalogue()
        return self._load(
            'sale.order',
            'growth_demo_order',
            [
                self._prepare_order(sale, catalogue)
                for sale in sorted(self._read_sales(), key=lambda sale: sale.moment)
            ],
        )

    @api.model
    def _read_sales(self):
        with file_open(SALES) as file:
            habits = list(csv.DictReader(file))
        sales = []
        for habit in habits:
            # Seeded by row: a changed row leaves the orders of the others as they are.
            random = Random(' '.join(habit.values()))
            sales += [
                Sale(
                    moment=moment,
                    company=self.env.ref(habit['company']),
                    customer=self.env.ref(habit['customer']),
                    amount=float(habit['amount']) * random.uniform(0.9, 1.1),
                    discount=float(habit['discount']),
                    random=random,
                )
                for moment in self._spread(
                    int(habit['from_day']), int(habit['to_day']), int(habit['orders']), random
                )
            ]
        return sales

    @api.model
    def _spread(self, from_day, to_day, count, random):
        """Moments between two days counted back from today, evenly but not like clockwork."""
        today = fields.Date.today()
        step = (from_day - to_day) / count
        for index in range(count):
            days_ago = round(from_day - step * (index + random.uniform(0.1, 0.9)))
            day = today - timedelta(days=days_ago)
            # Nobody orders on a Saturday or a Sunday.
            day += timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))
            yield datetime.combine(day, time(random.randint(8, 16), random.randrange(60)))

    @api.model
    def _get_catalogue(self):
        """Products, the dearest first: the product, its price and cost in main company currency."""
        Product = self.env['product.product'].with_company(self.env.ref('base.main_company'))
        category = self.env.ref('sales_growth.growth_demo_category')
        products = Product.search([('categ_id', '=', category.id)], order='default_code desc')
        return [(product, product.lst_price, product.standard_price) for product in products]

    @api.model
    def _prepare_order(self, sale, catalogue):
        company, customer = sale.company, sale.customer.with_company(sale.company)
        pricelist = customer.property_product_pricelist
        currency = pricelist.currency_id or company.currency_id
        contacts = (
            customer
            + customer.child_ids.filtered(lambda contact: contact.type == 'contact')
            + customer.child_ids.child_ids
        )
        return {
            'company_id': company.id,
            'partner_id': sale.random.choice(contacts).id,
            'user_id': customer.user_id.id,
            'team_id': customer.user_id.sale_team_id.id,
            'source_id': self._get_source(sale.customer).id,
            'pricelist_id': pricelist.id,
            'date_order': sale.moment,
            'state': 'sale',
            'fiscal_position_id': False,
            'validity_date': False,
            'require_signature': False,
            'require_payment': False,
            'order_line': [
                Command.create(self._prepare_line(sale, currency, *item))
                for item in self._pick_items(sale, catalogue)
            ],
        }

    @api.model
    def _get_source(self, customer):
        """The channel through which a customer came, the same for each order."""
        source = Random(customer.name).choice(SOURCES)
        return self.env.ref(source) if source else self.env['utm.source']

    @api.model
    def _pick_items(self, sale, catalogue):
        """Up to two products that together cost about the amount of the sale, in the company
        currency: product, quantity, price and cost.
        """
        main = self.env.ref('base.main_company')
        to_main = self._rate(sale.company.currency_id, main.currency_id, sale)
        rest = abs(sale.amount) * to_main / (1 - sale.discount / 100)
        items = []
        while len(items) < 2 and (affordable := [item for item in catalogue if item[1] <= rest]):
            product, price, cost = sale.random.choice(affordable[:3])
            share = 1.0 if items else 0.7
            quantity = max(1, int(rest * share / price))
            rest -= quantity * price
            items.append((product, quantity, price, cost))
        return items

    @api.model
    def _prepare_line(self, sale, currency, product, quantity, price, cost):
        main = self.env.ref('base.main_company')
        rate = self._rate(main.currency_id, currency, sale)
        years_ago = (fields.Date.today() - sale.moment.date()).days / 365
        if sale.amount < 0:
            quantity = -quantity
        return {
            'product_id': product.id,
            'product_uom_qty': quantity,
            # What is delivered is to be invoiced, and only a company with accounts can do so.
            'qty_delivered': quantity if sale.company.chart_template else 0,
            'price_unit': currency.round(price * rate),
            # Costs rise: what is frozen on an old line is not the cost of today.
            'purchase_price': currency.round(cost * rate * (1 - 0.04 * years_ago)),
            'discount': sale.discount,
            'tax_ids': [Command.clear()],
            'analytic_distribution': False,
        }

    @api.model
    def _rate(self, source, target, sale):
        return self.env['res.currency']._get_conversion_rate(
            source, target, sale.company, sale.moment.date()
        )

    # ------------------------------------------------------------
    # INVOICES
    # ------------------------------------------------------------

    @api.model
    def _create_invoices(self, orders):
        """Post an invoice, or a credit note, for each order of a company with a chart of accounts;
        the orders of the last days are still to be invoiced.
        """
        due = fields.Datetime.now() - INVOICED_AFTER
        invoices = [
            self._prepare_invoice(order)
            for order in orders
            if order.company_id.chart_template and order.date_order < due
        ]
        self._load('account.move', 'growth_demo_invoice', invoices).action_post()

    @api.model
    def _prepare_invoice(self, order):
        return {
            **order._prepare_invoice(),
            'move_type': 'out_invoice' if order.amount_untaxed > 0 else 'out_refund',
            'invoice_date': order.date_order.date() + INVOICED_AFTER,
            'invoice_line_ids': [
                Command.create(line._prepare_invoice_line(quantity=abs(line.product_uom_qty)))
                for line in order.order_line
            ],
        }

    # ------------------------------------------------------------
    # SEGMENTS
    # ------------------------------------------------------------

    @api.model
    def _segment(self, companies):
        """Segment as the scheduled job would have done at the end of each month of the last year,
        so that there are moves to look at, and as of today.
        """
        Customer = self.env['growth.customer']
        # A company that was segmented before has a history of its own.
        unsegmented = companies.filtered(lambda company: not company.growth_as_of)
        today = fields.Date.today()
        for months in range(HISTORY_MONTHS, 0, -1):
            Customer._refresh(
                unsegmented, as_of=date_utils.end_of(today - relativedelta(months=months), 'month')
            )
        Customer._refresh(companies)

    @api.model
    def _set_manual_segments(self):
        in_half_a_year = fields.Date.today() + relativedelta(months=6)
        self._set_manual_segment(
            'nimbus_software', 'bx', "Frame agreement for three sites signed", in_half_a_year
        )
        self._set_manual_segment(
            'tidewater_paper', 'cy', "Prepayment only until the old invoices are settled", False
        )

    @api.model
    def _set_manual_segment(self, customer, segment, reason, until):
        Customer = self.env['growth.customer'].with_user(self.env.ref('base.user_admin'))
        domain = [
            ('company_id', '=', self.env.ref('base.main_company').id),
            ('partner_id', '=', self.env.ref(f'sales_growth.growth_demo_{customer}').id),
        ]
        Customer.search(domain).write(
            {
                'manual_segment_id': self.env.ref(f'sales_growth.growth_segment_{segment}').id,
                'manual_reason': reason,
                'manual_until': until,
            }
        )
