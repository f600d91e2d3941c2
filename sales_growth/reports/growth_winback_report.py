from odoo import api, fields, models
from odoo.tools import SQL

from ..models.growth_churn_reason import SIDES
from ..models.growth_churn_rule import CHURN_STATES
from ..models.growth_segment import TIERS
from ..models.growth_winback_attempt import RESULTS

ALONE = ('alone', "Came Back Alone")


class GrowthWinbackReport(models.Model):
    """What winning back brings: a row for each attempt, and one for each customer who came back
    without one that won.

    The success of a method is what it won out of what it won or failed in: an attempt that was
    called off says nothing about it. What a customer bought after the return, and that they
    returned, counts once, for the attempt that won: the ones before have a cost and brought
    nothing. Who came back alone is on no method's account: without these rows the customers and the
    money would not add up to those of all cases, and with them one sees how many come back anyway.

    The money is that of the 6 and 12 months after the return, as far as they have passed. The
    return on cost is the profit of 12 months out of the cost of the attempts that are over. Amounts
    are in the currency of the company. The report shows the active companies.
    """

    _name = 'growth.winback.report'
    _inherit = ['growth.rate.mixin']
    _description = "Win-Back"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'partner_id'

    date = fields.Date(readonly=True, help="Day of the attempt, or of the return without one.")
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    case_id = fields.Many2one(comodel_name='growth.churn.case', string="Churn Case", readonly=True)
    method_id = fields.Many2one(
        comodel_name='growth.winback.method',
        readonly=True,
        help="Empty: the customer came back without an attempt.",
    )
    result = fields.Selection(selection=[*RESULTS, ALONE], readonly=True)
    closed_date = fields.Date(string="Closed On", readonly=True)
    user_id = fields.Many2one(
        comodel_name='res.users', string="Tried By", readonly=True, help="Who made the attempt."
    )
    owner_id = fields.Many2one(comodel_name='res.users', string="Owner of the Case", readonly=True)
    salesperson_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson Then",
        readonly=True,
        help="Who had the customer when the case was opened.",
    )
    team_id = fields.Many2one(comodel_name='crm.team', string="Team Then", readonly=True)
    segment_id = fields.Many2one(
        comodel_name='growth.segment', string="Segment Then", readonly=True
    )
    tier = fields.Selection(selection=TIERS, string="Tier Then", readonly=True)
    source_id = fields.Many2one(comodel_name='utm.source', string="Channel", readonly=True)
    country_id = fields.Many2one(comodel_name='res.country', readonly=True)
    reason_id = fields.Many2one(comodel_name='growth.churn.reason', readonly=True)
    side = fields.Selection(selection=SIDES, string="Whose Reason", readonly=True)
    level = fields.Selection(
        selection=[value for value in CHURN_STATES if value[0] in ('at_risk', 'lost')],
        string="Alarm",
        readonly=True,
    )
    is_estimated = fields.Boolean(
        string="Estimated",
        readonly=True,
        help="The return was found in the history of orders: what was tried then nobody knows.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', readonly=True)

    # Measures
    attempts = fields.Integer(readonly=True)
    closed = fields.Integer(
        string="Attempts Judged",
        readonly=True,
        help="Those that won or failed, without those that were called off.",
    )
    won = fields.Integer(
        string="Attempts That Won",
        readonly=True,
        help="Of several attempts with a customer the last one wins.",
    )
    success_rate = fields.Float(
        string="Success (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Attempts that won out of those that won or failed.",
    )
    returned = fields.Integer(
        string="Customers Back", readonly=True, help="With and without an attempt."
    )
    cost = fields.Monetary(readonly=True)
    closed_cost = fields.Monetary(
        string="Cost of Attempts Over",
        readonly=True,
        help="With those that were called off: the money is gone.",
    )
    revenue_6 = fields.Monetary(string="Revenue 6 Months After", readonly=True)
    profit_6 = fields.Monetary(string="Profit 6 Months After", readonly=True)
    revenue_12 = fields.Monetary(
        string="Revenue 12 Months After",
        readonly=True,
        help="The money that came back, as far as the months have passed.",
    )
    profit_12 = fields.Monetary(string="Profit 12 Months After", readonly=True)
    return_rate = fields.Float(
        string="Return on Cost",
        compute='_compute_rates',
        aggregator='avg',
        help="Profit of the 12 months after out of the cost of the attempts that are over; what "
        "customers who came back alone brought does not count.",
    )
    won_profit = fields.Monetary(
        string="Profit of Attempts", readonly=True, help="Of the 12 months after an attempt won."
    )

    _growth_rates = {
        'success_rate': (('won',), ('closed',)),
        'return_rate': (('won_profit',), ('closed_cost',)),
    }

    _depends = {
        'growth.churn.case': [
            'closed_date',
            'company_id',
            'country_id',
            'create_date',
            'is_estimated',
            'level',
            'partner_id',
            'profit_12',
            'profit_6',
            'reason_id',
            'revenue_12',
            'revenue_6',
            'salesperson_id',
            'segment_id',
            'side',
            'source_id',
            'state',
            'team_id',
            'tier',
            'user_id',
            'won_date',
        ],
        'growth.winback.attempt': [
            'case_id',
            'closed_date',
            'cost',
            'date',
            'method_id',
            'result',
            'user_id',
        ],
        'res.company': ['currency_id'],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('closed', 'closed_cost', 'won', 'won_profit')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_case(self):
        self.ensure_one()
        self.check_access('read')
        return self.case_id.get_formview_action()

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL("%s UNION ALL %s", self._select_attempts(), self._select_alone())

    @api.model
    def _select_attempts(self):
        return SQL(
            """
            SELECT attempt.id::int8 * 2 AS id, attempt.date, attempt.method_id, attempt.result,
                   attempt.closed_date, attempt.user_id, FALSE AS is_estimated, %(case)s,
                   1 AS attempts,
                   (attempt.result IN ('won', 'failed'))::int4 AS closed,
                   (attempt.result = 'won')::int4 AS won,
                   (attempt.result = 'won')::int4 AS returned,
                   COALESCE(attempt.cost, 0) AS cost,
                   CASE WHEN attempt.result = 'open' THEN 0
                        ELSE COALESCE(attempt.cost, 0) END AS closed_cost,
                   %(money)s,
                   CASE WHEN attempt.result = 'won' THEN COALESCE(churn.profit_12, 0)
                        ELSE 0 END AS won_profit
              FROM growth_winback_attempt AS attempt
              JOIN growth_churn_case AS churn ON churn.id = attempt.case_id
              JOIN res_company AS company ON company.id = churn.company_id
             WHERE churn.company_id = ANY(%(company_ids)s)
            """,
            case=self._select_case(),
            money=self._select_money(SQL("attempt.result = 'won'")),
            company_ids=self.env.companies.ids,
        )

    @api.model
    def _select_alone(self):
        """The customers who came back without an attempt, or before the first one began.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT churn.id::int8 * 2 + 1 AS id,
                   COALESCE(churn.won_date, churn.closed_date) AS date, NULL::int4 AS method_id,
                   %(alone)s AS result, churn.closed_date, NULL::int4 AS user_id,
                   churn.is_estimated AND churn.won_date <= churn.create_date::date
                       AS is_estimated, %(case)s,
                   0 AS attempts, 0 AS closed, 0 AS won, 1 AS returned,
                   0::numeric AS cost, 0::numeric AS closed_cost, %(money)s,
                   0::numeric AS won_profit
              FROM growth_churn_case AS churn
              JOIN res_company AS company ON company.id = churn.company_id
             WHERE churn.company_id = ANY(%(company_ids)s)
               AND churn.state = 'won'
               AND NOT EXISTS (
                       SELECT FROM growth_winback_attempt AS attempt
                        WHERE attempt.case_id = churn.id AND attempt.result = 'won'
                   )
            """,
            alone=ALONE[0],
            case=self._select_case(),
            money=self._select_money(SQL("TRUE")),
            company_ids=self.env.companies.ids,
        )

    @api.model
    def _select_case(self):
        return SQL(
            "churn.id AS case_id, churn.company_id, churn.partner_id, churn.user_id AS owner_id, "
            "churn.salesperson_id, churn.team_id, churn.segment_id, churn.tier, churn.source_id, "
            "churn.country_id, churn.reason_id, churn.side, churn.level, "
            "company.currency_id"
        )

    @api.model
    def _select_money(self, is_won):
        """What a customer bought after the return.

        :param SQL is_won: whether it counts for this row
        :rtype: SQL
        """
        return SQL(", ").join(
            SQL(
                "CASE WHEN %s THEN COALESCE(%s, 0) ELSE 0 END AS %s",
                is_won,
                SQL.identifier('churn', fname),
                SQL.identifier(fname),
            )
            for fname in ('revenue_6', 'profit_6', 'revenue_12', 'profit_12')
        )
