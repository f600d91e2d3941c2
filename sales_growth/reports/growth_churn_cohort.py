from odoo import api, fields, models
from odoo.tools import SQL

from ..models.growth_customer_churn import BUYER_TYPES


class GrowthChurnCohort(models.Model):
    """What is left of the customers who bought for the first time in the same quarter: a row for
    each customer and finished quarter from that one on.

    A customer is left who is not lost at the end of the quarter; whoever comes back is left again.
    When customers were lost is what churn cases say: see `growth.churn.episode.mixin`. All
    measures are sums or quotients of sums, so a row of the matrix is a cohort, a column an age, and
    the total of an age is that of all cohorts that have reached it.

    Customers who bought once are not lost by the rules as shipped: the screen leaves them out.
    Salesperson, team, segment and country are those of today. The report shows the active
    companies.
    """

    _name = 'growth.churn.cohort'
    _inherit = ['growth.rate.mixin', 'growth.churn.episode.mixin']
    _description = "Churn by Cohort"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'partner_id'

    date = fields.Date(
        string="First Purchase",
        readonly=True,
        help="First day of the quarter of the first purchase.",
    )
    age = fields.Integer(
        string="Quarters Since",
        readonly=True,
        aggregator=None,
        help="0: the quarter of the first purchase.",
    )
    end_date = fields.Date(string="End of Quarter", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    buyer_type = fields.Selection(
        selection=BUYER_TYPES,
        readonly=True,
        help="Of the customer today. Who bought once is not lost by the rules as shipped.",
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        readonly=True,
        help="Who has the customer today: the farmer, else the salesperson of the customer.",
    )
    team_id = fields.Many2one(comodel_name='crm.team', string="Farmer's Team", readonly=True)
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Customer Segment",
        readonly=True,
        help="Segment of the customer today, or the last one.",
    )
    country_id = fields.Many2one(comodel_name='res.country', readonly=True)

    # Measures
    customers = fields.Integer(
        string="Bought First", readonly=True, help="Customers of the cohort."
    )
    kept = fields.Integer(
        string="Customers Remaining",
        readonly=True,
        help="Those of them who were not lost at the end of the quarter.",
    )
    kept_rate = fields.Float(
        string="Remaining (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Customers remaining, out of those of the cohort.",
    )

    _growth_rates = {'kept_rate': (('kept',), ('customers',))}

    _depends = {
        'growth.churn.case': [
            'company_id',
            'customer_id',
            'last_order_date',
            'lost_date',
            'state',
            'won_date',
        ],
        'growth.customer': [
            'buyer_type',
            'company_id',
            'farmer_id',
            'farmer_team_id',
            'first_order_date',
            'last_order_date',
            'last_segment_id',
            'partner_id',
        ],
        'res.partner': ['active', 'country_id', 'user_id'],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('customers', 'kept')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_customer(self):
        self.ensure_one()
        self.check_access('read')
        return self.partner_id.get_formview_action()

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL(" UNION ALL ").join(
            self._select_quarters(company) for company in self.env.companies
        )

    @api.model
    def _select_quarters(self, company):
        """The quarters of the customers of a company.

        :rtype: SQL
        """
        # 13 bits hold the quarters of two thousand years.
        return SQL(
            """(
            SELECT (cohort.customer_id::int8 << 13) + quarter.number - cohort.number AS id,
                   cohort.date, quarter.number - cohort.number AS age, quarter.end_date,
                   %(company_id)s AS company_id, cohort.partner_id, cohort.buyer_type,
                   COALESCE(cohort.farmer_id, contact.user_id) AS user_id,
                   cohort.farmer_team_id AS team_id, cohort.segment_id, contact.country_id,
                   1 AS customers,
                   (kept.customer_id IS NOT NULL)::int4 AS kept
              FROM (%(cohorts)s) AS cohort
              JOIN (%(quarters)s) AS quarter ON quarter.number >= cohort.number
         LEFT JOIN (%(kept)s) AS kept
                ON kept.customer_id = cohort.customer_id
               AND kept.start_date <= quarter.end_date
               AND kept.lost_date > quarter.end_date
         LEFT JOIN res_partner AS contact ON contact.id = cohort.partner_id
            )""",
            company_id=company.id,
            cohorts=self._select_cohorts(company),
            quarters=self._select_finished(company),
            kept=self._select_kept(company),
        )

    @api.model
    def _select_cohorts(self, company):
        """The customers of a company with the quarter of their first purchase.

        Nobody can say of archived customers whether they are still there, unless they were lost.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT customer.id AS customer_id, customer.partner_id, customer.buyer_type,
                   customer.farmer_id, customer.farmer_team_id,
                   customer.last_segment_id AS segment_id,
                   DATE_TRUNC('quarter', customer.first_order_date)::date AS date,
                   %(number)s AS number
              FROM growth_customer AS customer
              JOIN res_partner AS known ON known.id = customer.partner_id
         LEFT JOIN (%(episodes)s) AS episode
                ON episode.customer_id = customer.id AND episode.is_last
             WHERE customer.company_id = %(company_id)s
               AND customer.first_order_date IS NOT NULL
               AND (known.active
                    OR episode.case_id IS NOT NULL AND episode.back_date IS NULL)
            """,
            number=self._select_number(SQL("customer.first_order_date")),
            episodes=self._select_episodes(company),
            company_id=company.id,
        )

    @api.model
    def _select_finished(self, company):
        """The quarters that are over, from the first one with a cohort on.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT %(number)s AS number,
                   (first_day + INTERVAL '3 months')::date - 1 AS end_date
              FROM GENERATE_SERIES(
                       (SELECT DATE_TRUNC('quarter', MIN(first_order_date))
                          FROM growth_customer
                         WHERE company_id = %(company_id)s),
                       %(today)s::timestamp - INTERVAL '3 months',
                       INTERVAL '3 months'
                   ) AS first_day
            """,
            number=self._select_number(SQL("first_day")),
            company_id=company.id,
            today=company._growth_day(fields.Datetime.now()),
        )

    @api.model
    def _select_kept(self, company):
        """From when to when customers were not lost.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT customer_id, start_date, lost_date FROM (%s) AS episode
             WHERE start_date <= lost_date
         UNION ALL
            SELECT customer_id, start_date, 'infinity'::date FROM (%s) AS stay
            """,
            self._select_episodes(company),
            self._select_stays(company),
        )

    @api.model
    def _select_number(self, day):
        """The number of the quarter of a day, counted through the years.

        :rtype: SQL
        """
        return SQL("(EXTRACT(YEAR FROM %s) * 4 + EXTRACT(QUARTER FROM %s))::int4", day, day)
