from datetime import date, datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# What customers are billed and credited by.
INVOICE_TYPES = ('out_invoice', 'out_refund', 'out_receipt')
# Where the history begins.
EVER = date(1900, 1, 1)


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
    def _get_window_domain(self, fname, company, as_of):
        """A moment of the window: from the start of its first day to the end of its last.

        :param str fname: name or path of a datetime field
        :rtype: Domain
        """
        first_day, last_day = self._get_window(company, as_of)
        return Domain(fname, '>=', self._day_start(company, first_day)) & Domain(
            fname, '<', self._day_start(company, last_day + timedelta(days=1))
        )

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
        with a positive amount, in the company's time zone), `return_date` (of the last one of
        these after which the customer was not lost any more, null when it never was),
        `unrated_currency_id` (a currency of the documents that has no rate, so that the row must
        not be used).

        Amounts are added up as decimal numbers: such sums do not depend on the order in which the
        database adds them, so that two runs over the same documents give the same figures.

        :param res.company company: the company whose documents are read
        :param date as_of: last day that counts
        :rtype: SQL
        """
        company.ensure_one()
        buckets = len(self._get_buckets(company, as_of))
        return SQL(
            """
            WITH document AS (%(documents)s),
            followed AS (
                SELECT *,
                       MAX(moment) FILTER (WHERE is_positive) OVER (
                           PARTITION BY partner_id ORDER BY bucket, moment
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                       ) AS previous
                  FROM document
                 WHERE partner_id IS NOT NULL
            ),
            bucket AS (
                SELECT partner_id,
                       bucket,
                       SUM(revenue) AS revenue,
                       SUM(profit) AS profit,
                       COUNT(*) FILTER (WHERE is_positive AND bucket > 0) AS order_count,
                       MIN(moment) FILTER (WHERE is_positive) AS first_order,
                       MAX(moment) FILTER (WHERE is_positive) AS last_order,
                       MAX(moment) FILTER (WHERE is_positive AND %(is_return)s) AS return,
                       MIN(unrated_currency_id) AS unrated_currency_id
                  FROM followed
              GROUP BY partner_id, bucket
            ),
            customer AS (
                SELECT partner_id,
                       COALESCE(SUM(revenue), 0) AS revenue,
                       COALESCE(SUM(profit), 0) AS profit,
                       SUM(order_count) AS order_count,
                       SUM(revenue * revenue) AS squares,
                       MIN(first_order) AS first_order,
                       MAX(last_order) AS last_order,
                       MAX(return) AS return,
                       MIN(unrated_currency_id) AS unrated_currency_id
                  FROM bucket
              GROUP BY partner_id
            )
            SELECT partner_id,
                   revenue,
                   profit,
                   %(value)s AS value,
                   order_count::int4 AS order_count,
                   -- Mean of the squares over square of the mean is 1 plus the square of the CV.
                   CASE WHEN revenue > 0 THEN ROUND(SQRT(GREATEST(
                       (%(buckets)s * squares / (revenue * revenue))::float8 - 1, 0
                   ))::numeric, 4) END AS demand_cv,
                   %(first_order_date)s AS first_order_date,
                   %(last_order_date)s AS last_order_date,
                   %(return_date)s AS return_date,
                   unrated_currency_id
              FROM customer
             WHERE %(is_customer)s
            """,
            # Sorted once for all, as the database expects few groups and would spill many to the
            # disk.
            documents=SQL(
                "%s ORDER BY partner_id, bucket, moment", self._documents(company, as_of)
            ),
            is_return=self._is_return(company, SQL("previous"), SQL("moment")),
            is_customer=self._is_customer(SQL("customer.partner_id")),
            value=SQL.identifier(company.growth_metric),
            buckets=buckets,
            first_order_date=self._day_sql(company, SQL("first_order")),
            last_order_date=self._day_sql(company, SQL("last_order")),
            return_date=self._day_sql(company, SQL("return")),
        )

    @api.model
    def _is_return(self, company, previous, moment):
        """Whether a customer that bought at a moment had been lost by then.

        :param SQL previous: moment of the purchase before
        :param SQL moment: moment of the purchase
        :rtype: SQL
        """
        return SQL(
            "(%(moment)s > %(previous)s + %(shortest_gap)s AND %(is_after_gap)s)",
            moment=moment,
            previous=previous,
            # Most purchases are closer together: only the others are worth a look at the calendar.
            # A month has 28 days at least, and days may be shorter where clocks are changed.
            shortest_gap=timedelta(days=28 * company.growth_lost_months - 1),
            is_after_gap=self.env['growth.customer']._is_after_gap(
                company, self._day_sql(company, previous), self._day_sql(company, moment)
            ),
        )

    @api.model
    def _day_sql(self, company, moment):
        """The day of a document's moment, see `_get_document_zone`."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
            moment,
            self._get_document_zone(company),
        )

    @api.model
    def _is_customer(self, partner_id):
        """Whether a commercial partner may be a customer: none of us.

        :param SQL partner_id:
        :rtype: SQL
        """
        return SQL(
            """
                NOT EXISTS (
                       SELECT FROM res_company
                         JOIN res_partner ON res_partner.id = res_company.partner_id
                        WHERE res_partner.commercial_partner_id = %(partner_id)s
                   )
               AND NOT EXISTS (
                       SELECT FROM res_users
                        WHERE res_users.partner_id = %(partner_id)s
                          AND res_users.share IS NOT TRUE
                   )
            """,
            partner_id=partner_id,
        )

    @api.model
    def _get_document_zone(self, company):
        """Name of the time zone in which the moments of documents are told as days."""
        # Dates of invoices are days already: their moments are midnights, wherever one is.
        return 'UTC' if company.growth_source == 'invoice' else company._growth_timezone()

    @api.model
    def _documents(self, company, as_of, buckets=None):
        """Orders or invoices, as the company's source is.

        Columns: `id`, `user_id` and `team_id` of the document, `partner_id` (commercial partner),
        `moment` (see `_get_document_zone`), `bucket` (0 = before the window), `is_positive` (a
        purchase), and `revenue` and `profit` in company currency, null before the window;
        `unrated_currency_id` (its currency where that has no rate).

        :param res.company company: the company whose documents are read
        :param date as_of: last day that counts
        :param list[date] buckets: first days of the parts of the window, oldest first;
            those of `_get_buckets` when omitted
        :rtype: SQL
        """
        buckets = buckets or self._get_buckets(company, as_of)
        if company.growth_source == 'invoice':
            return self._invoice_documents(company, as_of, buckets)
        return self._order_documents(company, as_of, buckets)

    @api.model
    def _history(self, company, as_of, since=EVER, is_asked=None):
        """The documents of customers, for what depends on those before: the columns of
        `_documents`, without the bucket, and the day of the document as `date`.

        :param date since: first day that is needed; a document of the day before may be there, too
        :param SQL is_asked: condition on the columns of `_documents`, for some documents alone
        :rtype: SQL
        """
        return SQL(
            """
            SELECT id, user_id, team_id, partner_id, is_positive, revenue, profit,
                   (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS date
              FROM (%(documents)s) AS document
             WHERE partner_id IS NOT NULL AND %(is_customer)s AND %(is_asked)s
               -- Nowhere does a day begin more than a day before it does in UTC.
               AND moment >= %(since)s::date - 1
            """,
            zone=self._get_document_zone(company),
            documents=self._documents(company, as_of, [since]),
            is_customer=self._is_customer(SQL("document.partner_id")),
            is_asked=is_asked or SQL("TRUE"),
            since=since,
        )

    @api.model
    def _first_purchases(self, company, as_of, is_asked=None):
        """The day of the first purchase of each customer: `partner_id`, `date`.

        :param SQL is_asked: condition on the columns of `_documents`
        :rtype: SQL
        """
        return SQL(
            """
            SELECT partner_id,
                   (MIN(moment) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS date
              FROM (%(documents)s) AS document
             WHERE is_positive AND %(is_asked)s
          GROUP BY partner_id
            """,
            zone=self._get_document_zone(company),
            documents=self._documents(company, as_of, [EVER]),
            is_asked=is_asked or SQL("TRUE"),
        )

    @api.model
    def _order_documents(self, company, as_of, buckets):
        """Confirmed orders, as `_documents` tells them."""
        self.env['sale.order'].flush_model(
            [
                'amount_untaxed',
                'commercial_partner_id',
                'company_id',
                'currency_id',
                'currency_rate',
                'date_order',
                'margin',
                'partner_id',
                'state',
                'team_id',
                'user_id',
            ]
        )
        self._flush_partners()
        starts = [self._day_start(company, day) for day in buckets]
        return SQL(
            """
            SELECT sale_order.id,
                   sale_order.user_id,
                   sale_order.team_id,
                   COALESCE(
                       sale_order.commercial_partner_id, res_partner.commercial_partner_id
                   ) AS partner_id,
                   date_order AS moment,
                   WIDTH_BUCKET(date_order, %(starts)s::timestamp[]) AS bucket,
                   amount_untaxed > 0 AS is_positive,
                   CASE WHEN date_order >= %(start)s
                        THEN ROUND(amount_untaxed / rate.value, %(digits)s) END AS revenue,
                   CASE WHEN date_order >= %(start)s
                        THEN ROUND(COALESCE(margin, 0) / rate.value, %(digits)s) END AS profit,
                   CASE WHEN rate.value IS NULL THEN sale_order.currency_id END
                       AS unrated_currency_id
              FROM sale_order
              -- Only for orders without a customer of their own: nothing else is looked up.
         LEFT JOIN res_partner
                ON res_partner.id = CASE WHEN sale_order.commercial_partner_id IS NULL
                                         THEN sale_order.partner_id END
             CROSS JOIN LATERAL (SELECT %(rate)s AS value) AS rate
             WHERE sale_order.company_id = %(company_id)s
               AND sale_order.state = 'sale'
               AND sale_order.date_order < %(end)s
            """,
            starts=starts,
            start=starts[0],
            digits=company.currency_id.decimal_places,
            rate=self._order_rate(company),
            company_id=company.id,
            end=self._day_start(company, as_of + timedelta(days=1)),
        )

    @api.model
    def _order_rate(self, company):
        """Rate of an order: units of its currency for one of the company, null when unknown.

        It is the one kept on the order. Odoo keeps 1 where a currency had no rate on that day and
        does not look again when one is entered, so a kept 1 is looked up.
        """
        return SQL(
            """
            CASE WHEN COALESCE(sale_order.currency_id, %(own_id)s) = %(own_id)s THEN 1
                 WHEN COALESCE(currency_rate, 0) NOT IN (0, 1) THEN currency_rate
                 ELSE (
                    SELECT CASE WHEN theirs.rate IS NOT NULL OR COALESCE(own.rate, 1) <> 1
                                THEN COALESCE(theirs.rate, 1) / COALESCE(own.rate, 1) END
                      FROM (SELECT %(theirs)s AS rate) AS theirs,
                           (SELECT %(own)s AS rate) AS own
                 )
            END
            """,
            own_id=company.currency_id.id,
            theirs=self._rate_on_day(company, SQL("sale_order.currency_id")),
            own=self._rate_on_day(company, SQL("%s", company.currency_id.id)),
        )

    @api.model
    def _rate_on_day(self, company, currency_id):
        """Rate of a currency on the day of an order, by the rules of `res.currency._get_rates`:
        the last one until that day, else the first one ever, the company's own before shared
        ones; null when there is none."""
        self.env['res.currency.rate'].flush_model(['company_id', 'currency_id', 'name', 'rate'])
        return SQL(
            """(
                SELECT rate
                  FROM res_currency_rate
                 WHERE res_currency_rate.currency_id = %(currency_id)s
                   AND COALESCE(res_currency_rate.company_id, %(root_id)s) = %(root_id)s
              ORDER BY name <= sale_order.date_order DESC,
                       res_currency_rate.company_id,
                       CASE WHEN name <= sale_order.date_order THEN name END DESC,
                       name
                 LIMIT 1
            )""",
            currency_id=currency_id,
            root_id=company.root_id.id,
        )

    @api.model
    def _invoice_documents(self, company, as_of, buckets):
        """Posted customer invoices, credit notes as negative, as `_documents` tells them.

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
                'invoice_user_id',
                'move_type',
                'state',
                'team_id',
            ]
        )
        self._flush_partners()
        return SQL(
            """
            SELECT account_move.id,
                   account_move.invoice_user_id AS user_id,
                   account_move.team_id,
                   account_move.commercial_partner_id AS partner_id,
                   account_move.invoice_date::timestamp AS moment,
                   WIDTH_BUCKET(account_move.invoice_date::timestamp, %(starts)s::timestamp[])
                       AS bucket,
                   amount_untaxed_signed > 0 AND line.is_goods AS is_positive,
                   CASE WHEN invoice_date >= %(start)s
                        THEN ROUND(amount_untaxed_signed, %(digits)s) END AS revenue,
                   CASE WHEN invoice_date >= %(start)s
                        THEN ROUND(amount_untaxed_signed, %(digits)s)
                             - COALESCE(ROUND(line.cost::numeric, %(digits)s), 0) END AS profit,
                   -- An invoice carries its amount in company currency.
                   NULL::int4 AS unrated_currency_id
              FROM account_move
              JOIN (%(lines)s) AS line ON line.move_id = account_move.id
             WHERE %(posted)s
            """,
            starts=[datetime.combine(day, time.min) for day in buckets],
            start=buckets[0],
            digits=company.currency_id.decimal_places,
            lines=self._invoice_lines(company, as_of),
            posted=self._posted_invoices(company, as_of),
        )

    @api.model
    def _posted_invoices(self, company, as_of):
        return SQL(
            """
            account_move.company_id = %(company_id)s
            AND account_move.state = 'posted'
            AND account_move.move_type IN %(types)s
            AND account_move.invoice_date <= %(as_of)s
            """,
            company_id=company.id,
            types=INVOICE_TYPES,
            as_of=as_of,
        )

    @api.model
    def _invoice_lines(self, company, as_of):
        """What the lines of an invoice tell: `move_id`, `cost` in company currency (negative on
        credit notes), `is_goods` (not a down payment alone, which is no purchase yet)."""
        self.env['account.move.line'].flush_model(
            [
                'display_type',
                'is_downpayment',
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
                   ) AS cost,
                   BOOL_OR(line.is_downpayment IS NOT TRUE) AS is_goods
              FROM account_move
              JOIN account_move_line AS line
                ON line.move_id = account_move.id AND line.display_type = 'product'
         LEFT JOIN uom_uom AS uom ON uom.id = line.product_uom_id
              -- One row per invoice line, however many order lines it invoices together.
         LEFT JOIN (
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
    def _get_documents_domain(self, company, as_of):
        """The documents of the window with a positive amount.

        :return: domain on orders or invoices, as the company's source is
        :rtype: Domain
        """
        if company.growth_source == 'invoice':
            first_day, last_day = self._get_window(company, as_of)
            return (
                Domain('company_id', '=', company.id)
                & Domain('state', '=', 'posted')
                & Domain('move_type', 'in', INVOICE_TYPES)
                & Domain('invoice_date', '>=', first_day)
                & Domain('invoice_date', '<=', last_day)
                & Domain('amount_untaxed_signed', '>', 0)
                & Domain(
                    'invoice_line_ids',
                    'any',
                    [('display_type', '=', 'product'), ('is_downpayment', '=', False)],
                )
            )
        return (
            Domain('company_id', '=', company.id)
            & Domain('state', '=', 'sale')
            & self._get_window_domain('date_order', company, as_of)
            & Domain('amount_untaxed', '>', 0)
        )

    @api.model
    def _get_documents_action(self, company, partner, domain):
        """The window with documents of a customer, as the company's source is.

        :param res.company company:
        :param res.partner partner: the commercial partner
        :param Domain domain: on orders or invoices
        :rtype: dict
        """
        xmlid = 'account.action_move_out_invoice_type'
        customer = Domain('commercial_partner_id', '=', partner.id)
        if company.growth_source == 'order':
            xmlid = 'sale.action_orders'
            customer |= Domain('commercial_partner_id', '=', False) & Domain(
                'partner_id', 'child_of', partner.id
            )
        action = self.env['ir.actions.act_window']._for_xml_id(xmlid)
        return {**action, 'domain': list(domain & customer), 'context': {'create': False}}

    @api.model
    def _flush_partners(self):
        self.env['res.partner'].flush_model(['commercial_partner_id'])
        self.env['res.company'].flush_model(['partner_id'])
        self.env['res.users'].flush_model(['partner_id', 'share'])

    # ------------------------------------------------------------
    # QUALITY OF THE SOURCE
    # ------------------------------------------------------------

    @api.model
    def _refuse_unrated(self, company, query):
        """Refuse documents in a currency that has no rate: Odoo would count it one to one.

        :param SQL query: rows of the currency where it has no rate, else null
        :raise UserError: names the currencies
        """
        unrated = self.env.execute_query(
            SQL(
                "SELECT DISTINCT unrated_currency_id FROM (%s) AS document "
                "WHERE unrated_currency_id IS NOT NULL",
                query,
            )
        )
        if unrated:
            currencies = self.env['res.currency'].sudo().browse(row[0] for row in unrated)
            raise UserError(
                self.env._(
                    "Orders of %(company)s use a currency without a rate: %(currencies)s. "
                    "Enter the rate under Accounting or Settings > Currencies, then recompute.",
                    company=company.name,
                    currencies=", ".join(currencies.mapped('name')),
                )
            )

    @api.model
    def _get_lines_without_cost(self, company, as_of):
        """The lines of the window without a frozen cost: their profit equals their amount.

        :return: (name of the model of the lines, domain)
        :rtype: tuple[str, Domain]
        """
        if company.growth_source == 'invoice':
            first_day, last_day = self._get_window(company, as_of)
            return 'account.move.line', (
                Domain('company_id', '=', company.id)
                & Domain('parent_state', '=', 'posted')
                & Domain('move_id.move_type', 'in', INVOICE_TYPES)
                & Domain('move_id.invoice_date', '>=', first_day)
                & Domain('move_id.invoice_date', '<=', last_day)
                & Domain('display_type', '=', 'product')
                & Domain('is_downpayment', '=', False)
                & Domain('price_subtotal', '!=', 0)
                & (
                    Domain('sale_line_ids', '=', False)
                    | Domain('sale_line_ids.purchase_price', '=', 0)
                )
            )
        return 'sale.order.line', (
            Domain('company_id', '=', company.id)
            & Domain('state', '=', 'sale')
            & self._get_window_domain('order_id.date_order', company, as_of)
            & Domain('display_type', '=', False)
            & Domain('is_downpayment', '=', False)
            & Domain('price_subtotal', '!=', 0)
            & Domain('purchase_price', '=', 0)
        )
