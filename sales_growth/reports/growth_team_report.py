from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..models.crm_team import ROLES
from ..models.growth_sales_facts import EVER


class GrowthTeamReport(models.Model):
    """What hunters and farmers bring: a row for each confirmed order, or posted invoice and
    credit note, as the source of the company is.

    All is as of the day of the document: whose it is, the role of that salesperson in that team,
    and whether the customer was new, repeat or returning. So neither a change of roles nor the next
    purchase moves business of the past.

    Amounts are untaxed and in the currency of the company; credits reduce what is shown. What leaks
    is new business of farmers and existing business of hunters. The report shows the active
    companies.
    """

    _name = 'growth.team.report'
    _inherit = ['growth.rate.mixin', 'growth.history.mixin']
    _description = "Hunters and Farmers"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'reference'

    reference = fields.Char(string="Document", readonly=True)
    date = fields.Date(
        readonly=True, help="Day of the order or invoice, in the company's time zone."
    )
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    country_id = fields.Many2one(comodel_name='res.country', readonly=True)
    user_id = fields.Many2one(comodel_name='res.users', string="Salesperson", readonly=True)
    team_id = fields.Many2one(comodel_name='crm.team', string="Sales Team", readonly=True)
    role = fields.Selection(
        selection=ROLES,
        readonly=True,
        help="Role of the salesperson in the team on the day of the document.",
    )
    customer_kind = fields.Selection(
        selection=[
            ('new', "New Customer"),
            ('repeat', "Repeat Customer"),
            ('returning', "Returning Customer"),
        ],
        readonly=True,
        help="What the customer was on the day of the document. New: the first purchase was "
        "recent. Returning: bought again after being lost. The settings say for how long.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', readonly=True)

    # Measures
    revenue = fields.Monetary(readonly=True, help="Untaxed, in company currency.")
    profit = fields.Monetary(
        readonly=True, help="Margin frozen on the order lines, in company currency."
    )
    order_count = fields.Integer(
        string="Purchases",
        readonly=True,
        help="Orders or invoices with a positive amount, without mere down payments.",
    )
    new_revenue = fields.Monetary(string="New Business", readonly=True)
    repeat_revenue = fields.Monetary(string="Repeat Business", readonly=True)
    returning_revenue = fields.Monetary(string="Returning Business", readonly=True)
    farmer_revenue = fields.Monetary(string="Sold by Farmers", readonly=True)
    hunter_revenue = fields.Monetary(string="Sold by Hunters", readonly=True)
    farmer_leaked = fields.Monetary(string="New Business of Farmers", readonly=True)
    hunter_leaked = fields.Monetary(
        string="Existing Business of Hunters",
        readonly=True,
        help="With repeat and returning customers.",
    )
    leaked = fields.Monetary(
        readonly=True, help="New business of farmers and existing business of hunters."
    )
    leakage = fields.Float(
        compute='_compute_rates',
        aggregator='avg',
        help="Leaked out of all that hunters and farmers sold. Who is both cannot leak.",
    )
    farmer_leakage = fields.Float(
        string="New Business of Farmers (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Share of new business in what farmers sold.",
    )
    hunter_leakage = fields.Float(
        string="Existing Business of Hunters (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Share of repeat and returning business in what hunters sold.",
    )

    _growth_rates = {
        'leakage': (('leaked',), ('farmer_revenue', 'hunter_revenue')),
        'farmer_leakage': (('farmer_leaked',), ('farmer_revenue',)),
        'hunter_leakage': (('hunter_leaked',), ('hunter_revenue',)),
    }

    # What the documents themselves are read from is flushed by their reader.
    _depends = {
        'account.move': ['name'],
        'growth.role.period': ['date_from', 'date_to', 'role', 'team_id', 'user_id'],
        'res.company': ['currency_id', 'growth_lost_months', 'growth_new_months', 'growth_source'],
        'res.partner': ['country_id'],
        'sale.order': ['name'],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('farmer_leaked', 'farmer_revenue', 'hunter_leaked', 'hunter_revenue', 'leaked')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_document(self):
        """Open the order or invoice."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'account.move' if self.id % 2 else 'sale.order',
            'res_id': self.id // 2,
            'views': [(False, 'form')],
        }

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        new = SQL("document.customer_kind = 'new'")
        farmer = SQL("role.name = 'farmer'")
        hunter = SQL("role.name = 'hunter'")
        farmer_leaked = SQL("%s AND %s", farmer, new)
        hunter_leaked = SQL("%s AND NOT %s", hunter, new)
        return SQL(
            """
            SELECT document.id::int8 * 2 + document.is_invoice::int AS id,
                   COALESCE(invoice.name, sale.name) AS reference,
                   document.date, document.company_id, document.partner_id, partner.country_id,
                   document.user_id, document.team_id, role.name AS role, document.customer_kind,
                   document.currency_id, document.revenue, document.profit,
                   document.is_positive::int AS order_count,
                   %(new)s AS new_revenue,
                   %(repeat)s AS repeat_revenue,
                   %(returning)s AS returning_revenue,
                   %(farmer)s AS farmer_revenue,
                   %(hunter)s AS hunter_revenue,
                   %(farmer_leaked)s AS farmer_leaked,
                   %(hunter_leaked)s AS hunter_leaked,
                   %(leaked)s AS leaked
              FROM (%(documents)s) AS document
         LEFT JOIN sale_order AS sale
                ON sale.id = document.id AND NOT document.is_invoice
         LEFT JOIN account_move AS invoice
                ON invoice.id = document.id AND document.is_invoice
         LEFT JOIN res_partner AS partner ON partner.id = document.partner_id
         LEFT JOIN %(periods)s AS own
                ON own.team_id = document.team_id AND own.user_id = document.user_id
               AND document.date BETWEEN own.date_from AND own.date_to
         LEFT JOIN %(periods)s AS shared
                ON shared.team_id = document.team_id AND shared.user_id = 0
               AND document.date BETWEEN shared.date_from AND shared.date_to
        CROSS JOIN LATERAL (SELECT COALESCE(own.role, shared.role, 'both') AS name) AS role
            """,
            documents=SQL(" UNION ALL ").join(
                self._select_documents(company) for company in self.env.companies
            ),
            periods=self._get_role_periods(),
            new=self._select_revenue(new),
            repeat=self._select_revenue(SQL("document.customer_kind = 'repeat'")),
            returning=self._select_revenue(SQL("document.customer_kind = 'returning'")),
            farmer=self._select_revenue(farmer),
            hunter=self._select_revenue(hunter),
            farmer_leaked=self._select_revenue(farmer_leaked),
            hunter_leaked=self._select_revenue(hunter_leaked),
            leaked=self._select_revenue(SQL("%s OR %s", farmer_leaked, hunter_leaked)),
        )

    @api.model
    def _select_revenue(self, condition):
        return SQL("CASE WHEN %s THEN document.revenue ELSE 0 END", condition)

    @api.model
    def _select_documents(self, company):
        """The documents of a company with what the customer was on their day. On one day it is the
        same for all of them.

        A document that is no purchase, such as a credit note, counts for what the customer was by
        the purchases until then; before the first one it belongs to winning the customer.

        :rtype: SQL
        """
        Customer = self.env['growth.customer']
        Facts = self.env['growth.sales.facts']
        today = company._growth_day(fields.Datetime.now())
        is_asked = self._is_asked_customer(company, today)
        return SQL(
            """(
            WITH followed AS (
                SELECT document.*,
                       first.date AS first_purchase,
                       MAX(document.date) FILTER (WHERE document.is_positive) OVER (
                           PARTITION BY document.partner_id ORDER BY document.date
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                       ) AS purchase_before
                  FROM (%(history)s) AS document
             LEFT JOIN (%(first)s) AS first ON first.partner_id = document.partner_id
            ),
            judged AS (
                SELECT *,
                       MAX(date) FILTER (
                           WHERE is_positive AND date > first_purchase
                             AND (%(is_after_gap)s) IS NOT FALSE
                       ) OVER (PARTITION BY partner_id ORDER BY date) AS returned
                  FROM followed
            )
            SELECT id, %(is_invoice)s AS is_invoice, user_id, team_id, partner_id,
                   date, revenue, profit, is_positive,
                   %(company_id)s AS company_id,
                   %(currency_id)s AS currency_id,
                   %(kind)s AS customer_kind
              FROM judged
            )""",
            history=Facts._history(company, today, self._get_read_since(company), is_asked),
            first=Facts._first_purchases(company, today, is_asked),
            # Where the one before is too long ago to be read, there was a gap for certain.
            is_after_gap=Customer._is_after_gap(company, SQL("purchase_before"), SQL("date")),
            is_invoice=company.growth_source == 'invoice',
            company_id=company.id,
            currency_id=company.currency_id.id,
            # As if it were a purchase itself: nobody is lost or a prospect on that day.
            kind=Customer._lifecycle_sql(
                company,
                day=SQL("date"),
                first=SQL("LEAST(first_purchase, date)"),
                last=SQL("date"),
                returned=SQL("returned"),
            ),
        )

    @api.model
    def _get_read_since(self, company):
        """First day on which a purchase may bear on the rows that are asked for: on whether the
        customer had returned. Those before matter by the first one alone.

        :rtype: date
        """
        first_day = self._get_history_from()
        if not first_day:
            return EVER
        first_day = first_day.replace(day=1)
        if company.growth_new_months:
            first_day -= relativedelta(months=company.growth_new_months + 1)
        else:
            first_day = first_day.replace(month=1)
        return max(EVER, first_day - relativedelta(months=company.growth_lost_months + 1))

    @api.model
    def _is_asked_customer(self, company, today):
        """The condition that leaves out customers who have none of the documents asked for.

        :rtype: SQL | None
        """
        ids = self._get_history_ids()
        if ids is None:
            return None
        is_invoice = company.growth_source == 'invoice'
        return SQL(
            "partner_id IN (SELECT partner_id FROM (%s) AS asked WHERE id = ANY(%s))",
            self.env['growth.sales.facts']._documents(company, today),
            [row_id // 2 for row_id in ids if row_id % 2 == is_invoice],
        )

    @api.model
    def _get_role_periods(self):
        """Who had which role from when to when.

        :return: query with columns `team_id`, `user_id` (0 = the team), `role`, `date_from` and
            `date_to`; no two for the same day
        :rtype: SQL
        """
        return SQL(
            """(
            SELECT team_id,
                   COALESCE(user_id, 0) AS user_id,
                   role,
                   COALESCE(date_from, '-infinity') AS date_from,
                   LEAST(COALESCE(date_to, 'infinity'), LEAD(date_from) OVER (
                       PARTITION BY team_id, user_id ORDER BY date_from NULLS FIRST
                   ) - 1) AS date_to
              FROM growth_role_period
            )"""
        )
