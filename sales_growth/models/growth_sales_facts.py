from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class GrowthSalesFacts(models.AbstractModel):
    """The only reader of orders and invoices: one set-based statement for one question."""

    _name = 'growth.sales.facts'
    _description = "Sales Facts"

    # ------------------------------------------------------------
    # WINDOW
    # ------------------------------------------------------------

    @api.model
    def _get_window(self, company, as_of):
        """First and last day of the window: whole months that end with the day `as_of`.

        :param date as_of: last day, in the company's time zone
        :return: (first day, last day)
        :rtype: tuple[date, date]
        """
        return self._months_before(as_of, company.growth_window_months), as_of

    @api.model
    def _get_buckets(self, company, as_of):
        """First days of the equal parts of the window over which demand varies, oldest first.

        The parts are counted back from the day after `as_of`: they are whole months or quarters
        of the window, not of the calendar, so that none of them is a stump.

        :rtype: list[date]
        """
        length = 3 if company.growth_xyz_bucket == 'quarter' else 1
        return [
            self._months_before(as_of, months)
            for months in range(company.growth_window_months, 0, -length)
        ]

    @api.model
    def _months_before(self, day, months):
        """The day with which the last `months` months begin when they end with `day`."""
        # From the day after, so that a window ending on the last of a month starts on a first.
        return day + timedelta(days=1) - relativedelta(months=months)

    @api.model
    def _day_start(self, company, day):
        """The moment, in UTC and naive as Odoo stores it, at which the company's `day` begins."""
        zone = pytz.timezone(company._growth_timezone())
        return (
            zone.localize(datetime.combine(day, time.min)).astimezone(pytz.utc).replace(tzinfo=None)
        )

    # ------------------------------------------------------------
    # CUSTOMERS
    # ------------------------------------------------------------

    @api.model
    def _customer_facts(self, company, as_of):
        """The statement that yields a row per customer who ever bought until `as_of`.

        Columns: `partner_id` (commercial partner), `revenue` and `profit` of the window
        (untaxed, company currency at the document's own rate), `value` (the one of both that the
        company chose), `order_count` (documents of the window with a positive amount),
        `demand_cv` (population coefficient of variation of the revenue over the buckets of the
        window, null when undefined), `first_order_date` and `last_order_date` (ever, of documents
        with a positive amount, in the company's time zone).

        Amounts are added up as whole cents: such sums do not depend on the order in which the
        database adds them, so that two runs over the same documents give the same figures.

        :param res.company company: the company whose documents are read
        :param date as_of: last day that counts
        :raise UserError: when documents use a currency that has no rate
        :rtype: SQL
        """
        company.ensure_one()
        self._check_currency_rates(company, as_of)
        documents = (
            self._invoice_documents(company, as_of)
            if company.growth_source == 'invoice'
            else self._order_documents(company, as_of)
        )
        buckets = len(self._get_buckets(company, as_of))
        return SQL(
            """
            WITH document AS (%(documents)s),
            bucket AS (
                SELECT partner_id,
                       bucket,
                       SUM(revenue) AS revenue,
                       SUM(profit) AS profit,
                       COUNT(*) FILTER (WHERE revenue > 0) AS order_count,
                       MIN(moment) FILTER (WHERE revenue > 0) AS first_order,
                       MAX(moment) FILTER (WHERE revenue > 0) AS last_order
                  FROM document
              GROUP BY partner_id, bucket
            ),
            customer AS (
                SELECT partner_id,
                       COALESCE(SUM(revenue) FILTER (WHERE bucket > 0), 0) AS revenue,
                       COALESCE(SUM(profit) FILTER (WHERE bucket > 0), 0) AS profit,
                       COALESCE(SUM(order_count) FILTER (WHERE bucket > 0), 0) AS order_count,
                       COALESCE(SUM(revenue * revenue) FILTER (WHERE bucket > 0), 0) AS squares,
                       MIN(first_order) AS first_order,
                       MAX(last_order) AS last_order
                  FROM bucket
              GROUP BY partner_id
            )
            SELECT partner_id,
                   ROUND((revenue / %(unit)s)::numeric, %(digits)s) AS revenue,
                   ROUND((profit / %(unit)s)::numeric, %(digits)s) AS profit,
                   ROUND((%(value)s / %(unit)s)::numeric, %(digits)s) AS value,
                   order_count::int4 AS order_count,
                   CASE WHEN revenue > 0 THEN ROUND((
                       SQRT(GREATEST(squares / %(buckets)s - (revenue / %(buckets)s) ^ 2, 0))
                       / (revenue / %(buckets)s)
                   )::numeric, 4) END AS demand_cv,
                   (first_order AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS first_order_date,
                   (last_order AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS last_order_date
              FROM customer
             WHERE NOT EXISTS (
                       SELECT FROM res_company
                         JOIN res_partner ON res_partner.id = res_company.partner_id
                        WHERE res_partner.commercial_partner_id = customer.partner_id
                   )
               AND NOT EXISTS (
                       SELECT FROM res_users
                        WHERE res_users.partner_id = customer.partner_id
                          AND res_users.share IS NOT TRUE
                   )
            """,
            documents=documents,
            # float8, as the sums of cents: numeric would cost twice the time of the whole read.
            unit=SQL("%s::float8", 10**company.currency_id.decimal_places),
            digits=company.currency_id.decimal_places,
            value=SQL.identifier(company.growth_metric),
            buckets=SQL("%s::float8", buckets),
            # Dates of invoices are days already: their moments are midnights, wherever one is.
            zone='UTC' if company.growth_source == 'invoice' else company._growth_timezone(),
        )

    @api.model
    def _order_documents(self, company, as_of):
        """Confirmed orders: `partner_id`, `moment`, `bucket` (0 = before the window), `revenue`
        and `profit` in whole cents of the company currency."""
        self.env['sale.order'].flush_model(
            [
                'amount_untaxed',
                'commercial_partner_id',
                'company_id',
                'currency_rate',
                'date_order',
                'margin',
                'partner_id',
                'state',
            ]
        )
        self._flush_partners()
        starts = [self._day_start(company, day) for day in self._get_buckets(company, as_of)]
        return SQL(
            """
            SELECT COALESCE(
                       sale_order.commercial_partner_id, res_partner.commercial_partner_id
                   ) AS partner_id,
                   date_order AS moment,
                   WIDTH_BUCKET(date_order, %(starts)s::timestamp[]) AS bucket,
                   ROUND(amount_untaxed::float8 / rate.value * %(cents)s) AS revenue,
                   ROUND(COALESCE(margin, 0)::float8 / rate.value * %(cents)s) AS profit
              FROM sale_order
              JOIN res_partner ON res_partner.id = sale_order.partner_id
             CROSS JOIN LATERAL (
                       SELECT COALESCE(NULLIF(currency_rate, 0), 1)::float8 AS value
                   ) AS rate
             WHERE sale_order.company_id = %(company_id)s
               AND sale_order.state = 'sale'
               AND sale_order.date_order < %(end)s
            """,
            starts=starts,
            cents=SQL("%s::float8", 10**company.currency_id.decimal_places),
            company_id=company.id,
            end=self._day_start(company, as_of + timedelta(days=1)),
        )

    @api.model
    def _invoice_documents(self, company, as_of):
        """Posted customer invoices, credit notes as negative: the same columns as of the orders.

        The profit takes the cost that was frozen on the order line behind an invoice line. A line
        without an order has no frozen cost and counts with its whole amount; which lines those
        are, `_get_lines_without_cost` tells.
        """
        self.env['account.move'].flush_model(
            [
                'amount_untaxed_signed',
                'commercial_partner_id',
                'company_id',
                'invoice_date',
                'move_type',
                'state',
            ]
        )
        self._flush_partners()
        return SQL(
            """
            SELECT account_move.commercial_partner_id AS partner_id,
                   account_move.invoice_date::timestamp AS moment,
                   WIDTH_BUCKET(account_move.invoice_date::timestamp, %(starts)s::timestamp[])
                       AS bucket,
                   ROUND(amount_untaxed_signed::float8 * %(cents)s) AS revenue,
                   ROUND(amount_untaxed_signed::float8 * %(cents)s)
                       - COALESCE(ROUND(cost.amount * %(cents)s), 0) AS profit
              FROM account_move
         LEFT JOIN (%(costs)s) AS cost ON cost.move_id = account_move.id
             WHERE %(posted)s
            """,
            starts=[datetime.combine(day, time.min) for day in self._get_buckets(company, as_of)],
            cents=SQL("%s::float8", 10**company.currency_id.decimal_places),
            costs=self._invoice_costs(company, as_of),
            posted=self._posted_invoices(company, as_of),
        )

    @api.model
    def _posted_invoices(self, company, as_of):
        return SQL(
            """
            account_move.company_id = %(company_id)s
            AND account_move.state = 'posted'
            AND account_move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            AND account_move.invoice_date <= %(as_of)s
            """,
            company_id=company.id,
            as_of=as_of,
        )

    @api.model
    def _invoice_costs(self, company, as_of):
        """Cost per invoice in company currency, negative on credit notes: `move_id`, `amount`."""
        self.env['account.move.line'].flush_model(
            [
                'display_type',
                'move_id',
                'product_uom_id',
                'quantity',
                'sale_line_ids',
            ]
        )
        self.env['sale.order.line'].flush_model(
            [
                'is_downpayment',
                'order_id',
                'product_uom_id',
                'purchase_price',
            ]
        )
        self.env['sale.order'].flush_model(['currency_rate'])
        self.env['uom.uom'].flush_model(['factor'])
        return SQL(
            """
            SELECT account_move.id AS move_id,
                   SUM(
                       CASE account_move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                       * line.quantity::float8 * frozen.unit_cost * COALESCE(uom.factor, 1)::float8
                   ) AS amount
              FROM account_move
              JOIN account_move_line AS line
                ON line.move_id = account_move.id AND line.display_type = 'product'
         LEFT JOIN uom_uom AS uom ON uom.id = line.product_uom_id
              -- One row per invoice line, however many order lines it invoices together.
              JOIN (
                    SELECT rel.invoice_line_id,
                           AVG(
                               order_line.purchase_price::float8
                               / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)::float8
                               / COALESCE(order_uom.factor, 1)::float8
                           ) AS unit_cost
                      FROM sale_order_line_invoice_rel AS rel
                      JOIN sale_order_line AS order_line ON order_line.id = rel.order_line_id
                      JOIN sale_order ON sale_order.id = order_line.order_id
                 LEFT JOIN uom_uom AS order_uom ON order_uom.id = order_line.product_uom_id
                     WHERE order_line.is_downpayment IS NOT TRUE
                  GROUP BY rel.invoice_line_id
                   ) AS frozen ON frozen.invoice_line_id = line.id
             WHERE %(posted)s
          GROUP BY account_move.id
            """,
            posted=self._posted_invoices(company, as_of),
        )

    @api.model
    def _flush_partners(self):
        self.env['res.partner'].flush_model(['commercial_partner_id'])
        self.env['res.company'].flush_model(['partner_id'])
        self.env['res.users'].flush_model(['partner_id', 'share'])

    # ------------------------------------------------------------
    # QUALITY OF THE SOURCE
    # ------------------------------------------------------------

    @api.model
    def _check_currency_rates(self, company, as_of):
        """Refuse documents in a currency without any rate: Odoo would count them one to one.

        :raise UserError: names the currencies
        """
        Rate = self.env['res.currency.rate'].sudo()
        rated = Rate._search([('company_id', 'in', [False, company.root_id.id])])
        suspects = (
            self.env['res.currency']
            .sudo()
            .search(
                [
                    ('id', '!=', company.currency_id.id),
                    ('rate_ids', 'not any', [('id', 'in', rated)]),
                ]
            )
        )
        # Orders alone: an invoice line carries its amount in company currency.
        if not suspects or company.growth_source == 'invoice':
            return
        used = (
            self.env['sale.order']
            .sudo()
            ._read_group(
                [
                    ('company_id', '=', company.id),
                    ('state', '=', 'sale'),
                    ('currency_id', 'in', suspects.ids),
                    ('date_order', '<', self._day_start(company, as_of + timedelta(days=1))),
                ],
                groupby=['currency_id'],
            )
        )
        if used:
            raise UserError(
                self.env._(
                    "Orders of %(company)s use a currency without a rate: %(currencies)s. "
                    "Enter the rate under Accounting or Settings > Currencies, then recompute.",
                    company=company.name,
                    currencies=", ".join(currency.name for (currency,) in used),
                )
            )

    @api.model
    def _get_lines_without_cost(self, company, as_of):
        """The lines of the window without a frozen cost: their profit equals their amount.

        :return: (name of the model of the lines, domain)
        :rtype: tuple[str, Domain]
        """
        first_day, last_day = self._get_window(company, as_of)
        if company.growth_source == 'invoice':
            return 'account.move.line', (
                Domain('company_id', '=', company.id)
                & Domain('parent_state', '=', 'posted')
                & Domain('move_id.move_type', 'in', ('out_invoice', 'out_refund', 'out_receipt'))
                & Domain('move_id.invoice_date', '>=', first_day)
                & Domain('move_id.invoice_date', '<=', last_day)
                & Domain('display_type', '=', 'product')
                & Domain('price_subtotal', '!=', 0)
                & (
                    Domain('sale_line_ids', '=', False)
                    | Domain('sale_line_ids.purchase_price', '=', 0)
                )
            )
        return 'sale.order.line', (
            Domain('company_id', '=', company.id)
            & Domain('state', '=', 'sale')
            & Domain('order_id.date_order', '>=', self._day_start(company, first_day))
            & Domain(
                'order_id.date_order', '<', self._day_start(company, last_day + timedelta(days=1))
            )
            & Domain('display_type', '=', False)
            & Domain('is_downpayment', '=', False)
            & Domain('price_subtotal', '!=', 0)
            & Domain('purchase_price', '=', 0)
        )
