from odoo import api, fields, models
from odoo.tools import SQL

from ..models.growth_handover import STATES, TRIGGERS

# Days after the acceptance in which a customer that was handed over well buys again, and after
# which one that did not buy was dropped. The names of the measures say them, so they are no
# setting: figures of two companies, or of two years, would not compare.
BOUGHT_DAYS = 90
LOST_DAYS = 180
OUTCOMES = [
    ('bought', "Bought Again"),
    ('late', "Bought Late"),
    ('lost', "Lost"),
    ('open', "Not Known Yet"),
]
# Ended are those whose customer went back to the hunters: accepted, and then lost.
ACCEPTED_STATES = ('accepted', 'ended')


class GrowthHandoverReport(models.Model):
    """How well customers go from hunters to farmers: a row for each handover.

    What happens after the acceptance tells whether the customer was dropped between the two: a
    purchase (an order or invoice with a positive amount, as the source of the company is) counts
    from the day after the acceptance on, in the company's time zone. All measures come from the
    first one.

    A rate counts those alone that can be judged, when all the days to buy are over. What was
    undone was not handed over. The report shows the active companies.
    """

    _name = 'growth.handover.report'
    _inherit = ['growth.rate.mixin']
    _description = "Quality of Handovers"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'partner_id'

    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    hunter_id = fields.Many2one(
        comodel_name='res.users', readonly=True, help="Who handed the customer over."
    )
    hunter_team_id = fields.Many2one(comodel_name='crm.team', string="Hunter's Team", readonly=True)
    farmer_id = fields.Many2one(
        comodel_name='res.users', readonly=True, help="Who was to keep the customer."
    )
    team_id = fields.Many2one(comodel_name='crm.team', string="Farmer's Team", readonly=True)
    state = fields.Selection(selection=STATES, string="Status", readonly=True)
    trigger = fields.Selection(selection=TRIGGERS, string="Opened By", readonly=True)
    date = fields.Date(string="Opened On", readonly=True)
    accepted_date = fields.Date(string="Accepted On", readonly=True)
    purchase_date = fields.Date(
        string="Bought Next On",
        readonly=True,
        help="First purchase after the day of the acceptance, within 180 days.",
    )
    outcome = fields.Selection(
        selection=OUTCOMES,
        readonly=True,
        help="What the customer did after the acceptance. Bought again: within 90 days. Late: "
        "within 180 days. Lost: not within 180 days. Not known yet: may still buy in time.",
    )

    # Measures
    handovers = fields.Integer(readonly=True)
    accepted = fields.Integer(
        readonly=True, help="Without those that were undone, with those that ended later."
    )
    refused = fields.Integer(
        readonly=True, help="The farmer refused, and nobody was asked again since."
    )
    days = fields.Integer(
        string="Median Days to Accept",
        readonly=True,
        aggregator='avg',
        help="From the last offer to the acceptance. Half of what was accepted took no longer.",
    )
    bought = fields.Integer(
        string="Bought Within 90 Days",
        readonly=True,
        help="A second purchase: from the day after the acceptance on, once the 90 days are over.",
    )
    bought_judged = fields.Integer(
        string="Judged on 90 Days",
        readonly=True,
        help="Accepted, and 90 days have passed since.",
    )
    bought_rate = fields.Float(
        string="Second Purchase (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Bought within 90 days, out of those who can be judged on it.",
    )
    lost = fields.Integer(
        string="Lost Within 180 Days",
        readonly=True,
        help="Did not buy within 180 days after the acceptance.",
    )
    lost_judged = fields.Integer(
        string="Judged on 180 Days",
        readonly=True,
        help="Accepted, and 180 days have passed since.",
    )
    lost_rate = fields.Float(
        string="Lost (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Lost within 180 days, out of those who can be judged on it.",
    )

    _growth_rates = {
        'bought_rate': (('bought',), ('bought_judged',)),
        'lost_rate': (('lost',), ('lost_judged',)),
    }

    # What the documents are read from is flushed by their reader.
    _depends = {
        'growth.handover': [
            'accepted_date',
            'company_id',
            'date',
            'farmer_id',
            'hunter_id',
            'hunter_team_id',
            'offered_date',
            'partner_id',
            'refusal_reason',
            'state',
            'team_id',
            'trigger',
        ],
        'res.company': ['growth_source'],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('bought', 'bought_judged', 'lost', 'lost_judged')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_handover(self):
        self.ensure_one()
        return self.env['growth.handover'].browse(self.id).get_formview_action()

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL(" UNION ALL ").join(
            self._select_judged(company) for company in self.env.companies
        )

    @api.model
    def _select_judged(self, company):
        """The handovers of a company with what came of them.

        :rtype: SQL
        """
        return SQL(
            """(
            SELECT id, company_id, partner_id, hunter_id, hunter_team_id, farmer_id, team_id,
                   state, trigger, date, accepted_date, purchase_date, outcome,
                   1 AS handovers,
                   is_accepted::int AS accepted,
                   is_refused::int AS refused,
                   CASE WHEN is_accepted THEN accepted_date - offered_date END AS days,
                   (is_bought_judged AND outcome = 'bought')::int AS bought,
                   is_bought_judged::int AS bought_judged,
                   (is_lost_judged AND outcome = 'lost')::int AS lost,
                   is_lost_judged::int AS lost_judged
              FROM (%(followed)s) AS followed
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN NOT is_accepted THEN NULL
                                WHEN purchase_date <= bought_until THEN 'bought'
                                WHEN purchase_date IS NOT NULL THEN 'late'
                                WHEN lost_after < %(today)s THEN 'lost'
                                ELSE 'open' END AS outcome,
                           -- Whoever bought at once waits like the others: counted before, recent
                           -- handovers would look better than those of the past.
                           is_accepted AND bought_until < %(today)s AS is_bought_judged,
                           is_accepted AND lost_after < %(today)s AS is_lost_judged
                   ) AS judged
            )""",
            today=company._growth_day(fields.Datetime.now()),
            followed=self._select_followed(company),
        )

    @api.model
    def _select_followed(self, company):
        """The handovers of a company, each with the first purchase after its acceptance.

        Grouped as a whole, and not joined to what was grouped before: so the database looks at the
        handovers alone that are asked for.

        :rtype: SQL
        """
        Facts = self.env['growth.sales.facts']
        today = company._growth_day(fields.Datetime.now())
        zone = Facts._get_document_zone(company)
        return SQL(
            """
            SELECT handover.*,
                   handover.state IN %(accepted_states)s AS is_accepted,
                   handover.state = 'refused'
                       OR handover.state = 'cancelled' AND handover.refusal_reason IS NOT NULL
                       AS is_refused,
                   handover.accepted_date + %(bought_days)s AS bought_until,
                   handover.accepted_date + %(lost_days)s AS lost_after,
                   (MIN(purchase.moment) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                       AS purchase_date
              FROM growth_handover AS handover
         LEFT JOIN (%(documents)s) AS purchase
                ON purchase.partner_id = handover.partner_id
               AND purchase.is_positive
               -- Nothing before the first acceptance is of interest to any of them.
               AND purchase.moment >= (
                       SELECT MIN(accepted_date) FROM growth_handover
                        WHERE company_id = %(company_id)s
                   )
               AND handover.state IN %(accepted_states)s
               -- Roughly first, as few are near enough to be worth telling their day.
               AND purchase.moment >= handover.accepted_date
               AND purchase.moment < handover.accepted_date + %(lost_days)s + 2
               AND purchase.moment >= %(start)s
               AND purchase.moment < %(end)s
             WHERE handover.company_id = %(company_id)s
          GROUP BY handover.id
            """,
            accepted_states=ACCEPTED_STATES,
            bought_days=BOUGHT_DAYS,
            lost_days=LOST_DAYS,
            zone=zone,
            documents=Facts._documents(company, today, [today]),
            company_id=company.id,
            start=self._select_day_start(1, zone),
            end=self._select_day_start(LOST_DAYS + 1, zone),
        )

    @api.model
    def _select_day_start(self, days, zone):
        """The moment in UTC at which a day after the acceptance begins.

        :param int days: how many days after
        :param str zone: name of the time zone of the day
        :rtype: SQL
        """
        return SQL(
            "((handover.accepted_date + %s)::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC')",
            days,
            zone,
        )

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == 'days:avg':
            return SQL(
                "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)",
                self._field_to_sql(self._table, 'days', query),
            )
        return super()._read_group_select(aggregate_spec, query)
