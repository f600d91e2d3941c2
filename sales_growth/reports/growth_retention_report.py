from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.growth_sales_facts import EVER, INVOICE_TYPES


class GrowthRetentionReport(models.Model):
    """How much of its customers a company keeps: a row for each customer and month.

    The base of a month is what customers bought in the same month a year before. What is kept of it
    is what those bought this month whose first purchase was in that month or earlier: more of the
    same customers makes up for what others bought less, and new customers do not count. The month
    before would not do, as many sell with the season.

    Base and kept revenue are sums, so they add up over months, farmers and segments, and their
    quotient is the net revenue retention of whatever they are added up for. It is over 100 % where
    the customers of a year ago buy more than then.

    The farmer is the one who keeps the customer today: roles and handovers of the past say who won
    or lost a month, the farmer of today who has to act. A customer who was lost and went back to
    the hunters stays with the last farmer's figures. Amounts are untaxed and in the currency of
    the company, of orders or invoices as its source is. The report shows the active companies.
    """

    _name = 'growth.retention.report'
    _inherit = ['growth.rate.mixin', 'growth.history.mixin']
    _description = "Retention of Customers"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'partner_id'

    date = fields.Date(
        string="Month",
        readonly=True,
        help="First day of the month that is compared with the same one a year before.",
    )
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    country_id = fields.Many2one(comodel_name='res.country', readonly=True)
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customer today.",
    )
    farmer_id = fields.Many2one(
        comodel_name='res.users',
        readonly=True,
        help="Who keeps the customer today, since a handover was accepted; of those who went back "
        "to the hunters: who lost them.",
    )
    farmer_team_id = fields.Many2one(comodel_name='crm.team', string="Farmer's Team", readonly=True)
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Customer Segment",
        readonly=True,
        help="Segment of the customer today.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', readonly=True)

    # Measures
    base_revenue = fields.Monetary(
        string="Revenue a Year Ago",
        readonly=True,
        help="Of the same month a year before, as many sell with the season.",
    )
    kept_revenue = fields.Monetary(
        readonly=True,
        help="Revenue of the month of those who had bought by the end of that month a year before.",
    )
    change = fields.Monetary(readonly=True, help="Kept revenue less the one a year ago.")
    retention = fields.Float(
        string="Revenue Retention",
        compute='_compute_rates',
        aggregator='avg',
        help="Kept revenue out of the one a year ago. Over 100 % where customers buy more.",
    )
    base_count = fields.Integer(
        string="Customers a Year Ago",
        readonly=True,
        help="Who bought in the same month a year before. Of several months: each counts.",
    )
    kept_count = fields.Integer(
        string="Bought Again",
        readonly=True,
        help="Those of them who bought again in the twelve months since.",
    )
    customer_retention = fields.Float(
        compute='_compute_rates',
        aggregator='avg',
        help="Customers who bought again out of those of a year ago.",
    )

    _growth_rates = {
        'retention': (('kept_revenue',), ('base_revenue',)),
        'customer_retention': (('kept_count',), ('base_count',)),
    }

    # What the documents are read from is flushed by their reader.
    _depends = {
        'growth.customer': [
            'company_id',
            'farmer_id',
            'farmer_team_id',
            'last_farmer_id',
            'last_farmer_team_id',
            'partner_id',
            'segment_id',
        ],
        'res.company': ['currency_id', 'growth_source'],
        'res.partner': ['country_id', 'user_id'],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('base_count', 'base_revenue', 'kept_count', 'kept_revenue')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_documents(self):
        """Open the orders or invoices of the customer in both months."""
        self.ensure_one()
        months = Domain.OR(
            self._get_month_domain(month)
            for month in (self.date, self.date - relativedelta(years=1))
        )
        return self.env['growth.sales.facts']._get_documents_action(
            self.company_id, self.partner_id, months
        )

    def _get_month_domain(self, month):
        """The documents of the company in a month, credits included.

        :param date month: its first day
        :return: domain on orders or invoices, as the source of the company is
        :rtype: Domain
        """
        company = self.company_id
        until = month + relativedelta(months=1)
        domain = Domain('company_id', '=', company.id)
        if company.growth_source == 'invoice':
            return (
                domain
                & Domain('state', '=', 'posted')
                & Domain('move_type', 'in', INVOICE_TYPES)
                & Domain('invoice_date', '>=', month)
                & Domain('invoice_date', '<', until)
            )
        day_start = self.env['growth.sales.facts']._day_start
        return (
            domain
            & Domain('state', '=', 'sale')
            & Domain('date_order', '>=', day_start(company, month))
            & Domain('date_order', '<', day_start(company, until))
        )

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        # The id holds company, customer and month, and is below what JavaScript can hold (53 bits):
        # 12 bits for the company, 29 for the customer and 12 for the month.
        return SQL(
            """
            SELECT (kept.company_id::int8 << 41) + (kept.partner_id::int8 << 12)
                       + (EXTRACT(YEAR FROM kept.date) - 1900)::int8 * 12
                       + EXTRACT(MONTH FROM kept.date)::int8 AS id,
                   kept.date, kept.company_id, kept.partner_id, kept.currency_id,
                   partner.country_id, partner.user_id,
                   -- Who lost a customer is not the better for having given them back.
                   COALESCE(customer.farmer_id, customer.last_farmer_id) AS farmer_id,
                   CASE WHEN customer.farmer_id IS NULL THEN customer.last_farmer_team_id
                        ELSE customer.farmer_team_id END AS farmer_team_id,
                   customer.segment_id,
                   kept.base_revenue, kept.kept_revenue,
                   kept.kept_revenue - kept.base_revenue AS change,
                   kept.base_count, kept.kept_count
              FROM (%(months)s) AS kept
         LEFT JOIN res_partner AS partner ON partner.id = kept.partner_id
         LEFT JOIN growth_customer AS customer
                ON customer.company_id = kept.company_id
               AND customer.partner_id = kept.partner_id
            """,
            months=SQL(" UNION ALL ").join(
                self._select_months(company) for company in self.env.companies
            ),
        )

    @api.model
    def _select_months(self, company):
        """The months of the customers of a company: of those who had bought a year before.

        :rtype: SQL
        """
        Facts = self.env['growth.sales.facts']
        today = company._growth_day(fields.Datetime.now())
        is_asked = self._is_asked_customer()
        return SQL(
            """(
            WITH bought AS (
                SELECT partner_id,
                       DATE_TRUNC('month', date)::date AS month,
                       SUM(revenue) AS revenue,
                       BOOL_OR(is_positive) AS has_bought
                  FROM (%(history)s) AS document
              GROUP BY partner_id, DATE_TRUNC('month', date)
            ),
            followed AS (
                SELECT bought.*,
                       -- The next one, as the latest come first.
                       MIN(month) FILTER (WHERE has_bought) OVER (
                           PARTITION BY bought.partner_id ORDER BY month DESC
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                       ) AS next_month,
                       DATE_TRUNC('month', first.date)::date AS first_month
                  FROM bought
                  JOIN (%(first)s) AS first ON first.partner_id = bought.partner_id
            )
            SELECT %(company_id)s AS company_id, %(currency_id)s AS currency_id,
                   COALESCE(base.partner_id, kept.partner_id) AS partner_id,
                   COALESCE(base.date, kept.month) AS date,
                   COALESCE(base.revenue, 0) AS base_revenue,
                   COALESCE(kept.revenue, 0) AS kept_revenue,
                   COALESCE(base.has_bought, FALSE)::int AS base_count,
                   CASE WHEN base.has_bought AND base.next_month <= base.date
                        THEN 1 ELSE 0 END AS kept_count
              FROM (
                    SELECT *, (month + INTERVAL '1 year')::date AS date
                      FROM followed
                     WHERE month >= GREATEST(first_month, %(since)s)
                       AND month <= %(today)s::date - INTERVAL '1 year'
                   ) AS base
         FULL JOIN (
                    SELECT partner_id, month, revenue
                      FROM followed
                     WHERE month >= GREATEST(first_month, %(since)s) + INTERVAL '1 year'
                   ) AS kept
                ON kept.partner_id = base.partner_id AND kept.month = base.date
            )""",
            history=Facts._history(company, today, self._get_read_since(), is_asked),
            first=Facts._first_purchases(company, today, is_asked),
            company_id=company.id,
            currency_id=company.currency_id.id,
            today=today,
            since=self._get_read_since(),
        )

    @api.model
    def _get_read_since(self):
        """First day of the base of the first month that is asked for.

        :rtype: date
        """
        first_day = self._get_history_from()
        if not first_day:
            return EVER
        return max(EVER, first_day.replace(day=1) - relativedelta(years=1))

    @api.model
    def _is_asked_customer(self):
        """The condition that leaves out customers who have none of the rows asked for.

        :rtype: SQL | None
        """
        ids = self._get_history_ids()
        if ids is None:
            return None
        partner_ids = {row_id >> 12 & (1 << 29) - 1 for row_id in ids}
        return SQL("partner_id = ANY(%s)", list(partner_ids))
