from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .growth_churn_reason import SIDES
from .growth_churn_rule import CHURN_STATES, KINDS
from .growth_segment import TIERS

STATES = [
    ('new', "To Decide"),
    ('working', "Winning Back"),
    ('won', "Won Back"),
    ('lost', "Lost for Good"),
    ('over', "Alarm Over"),
]
# Nothing is known yet of how the episode ends: a customer has one such case at most.
OPEN_STATES = ('new', 'working')
DECISIONS = [
    ('win_back', "Win Back"),
    ('leave', "Leave"),
    ('never', "Never Win Back"),
]
WHYS = [
    ('reputation', "Reputation"),
    ('size', "Order Size"),
    ('frequency', "Order Frequency"),
    ('other', "Other"),
]
# What customers bought after they were won back
RETURN_FIELDS = ('revenue_6', 'profit_6', 'revenue_12', 'profit_12')
REASON_FIELDS = {'reason_id', 'side', 'reason_note'}
DECISION_FIELDS = {'decision', 'why', 'decision_note', 'method_id'}
# What people write; everything else is frozen at opening, or changes by the buttons and the job.
EDITABLE = REASON_FIELDS | DECISION_FIELDS | {'user_id'}


class GrowthChurnCase(models.Model):
    """An episode of a customer who is leaving, from the first alarm to its end, one for each.

    The job opens, follows and closes cases: see `growth_churn_case_job.py`; what people decide and
    do about one is here, what pays and what is tried in `growth_winback_*.py`.
    """

    _name = 'growth.churn.case'
    _description = "Churn Case"
    _inherit = ['growth.button.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'payoff desc, id desc'
    _rec_name = 'partner_id'
    _check_company_auto = True
    _mail_post_access = 'read'

    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, readonly=True, ondelete='cascade'
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    customer_id = fields.Many2one(
        comodel_name='growth.customer',
        string="Growth Record",
        required=True,
        index=True,
        readonly=True,
        ondelete='cascade',
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete='cascade',
    )
    state = fields.Selection(
        selection=STATES,
        string="Status",
        required=True,
        readonly=True,
        default='new',
        index=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    is_open = fields.Boolean(
        compute='_compute_is_open', search='_search_is_open', export_string_translation=False
    )

    # The alarm, as it was at opening
    level = fields.Selection(
        selection=[value for value in CHURN_STATES if value[0] in ('at_risk', 'lost')],
        string="Alarm",
        required=True,
        readonly=True,
        tracking=True,
        help="At risk or lost, as the rules say now; of a closed case, as they said last.",
    )
    date = fields.Date(string="Opened On", required=True, readonly=True, index=True)
    lost_date = fields.Date(
        string="Lost On",
        readonly=True,
        index='btree_not_null',
        help="Day of the loss, by the rule.",
    )
    closed_date = fields.Date(string="Closed On", readonly=True, copy=False)
    rule_id = fields.Many2one(
        comodel_name='growth.churn.rule', readonly=True, index='btree_not_null', ondelete='set null'
    )
    kind = fields.Selection(selection=KINDS, string="Sign", readonly=True)
    numbers = fields.Json(
        readonly=True, export_string_translation=False, help="What the rule measured at opening."
    )
    explanation = fields.Text(string="Why This Alarm", compute='_compute_explanation')
    is_estimated = fields.Boolean(
        string="Estimated",
        readonly=True,
        help="Rebuilt from the history of orders before the job ran for the first time.",
    )
    digest_id = fields.Many2one(
        comodel_name='growth.churn.digest',
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        export_string_translation=False,
    )

    # Who the customer was at opening
    salesperson_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson Then",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        help="Farmer, else salesperson of the customer, else who sold last.",
    )
    team_id = fields.Many2one(
        comodel_name='crm.team', string="Team Then", readonly=True, ondelete='set null'
    )
    segment_id = fields.Many2one(
        comodel_name='growth.segment', string="Segment Then", readonly=True, ondelete='set null'
    )
    tier = fields.Selection(selection=TIERS, string="Tier Then", readonly=True)
    source_id = fields.Many2one(
        comodel_name='utm.source', string="Channel", readonly=True, ondelete='set null'
    )
    country_id = fields.Many2one(comodel_name='res.country', readonly=True, ondelete='set null')
    region_id = fields.Many2one(
        comodel_name='res.country.state', string="Region", readonly=True, ondelete='set null'
    )
    first_order_date = fields.Date(string="First Order", readonly=True)
    last_order_date = fields.Date(string="Last Order", readonly=True)
    order_count = fields.Integer(string="Orders Then", readonly=True, aggregator='sum')
    revenue = fields.Monetary(
        string="Revenue a Year",
        readonly=True,
        help="Of the twelve months up to the last order: what leaves with the customer.",
    )
    profit = fields.Monetary(
        string="Profit a Year",
        readonly=True,
        help="Of the twelve months up to the last order: what leaves with the customer.",
    )
    probability = fields.Float(
        string="Probability Then", digits=(16, 2), readonly=True, aggregator=None
    )

    # Why
    reason_id = fields.Many2one(
        comodel_name='growth.churn.reason',
        index='btree_not_null',
        ondelete='restrict',
        tracking=True,
    )
    side = fields.Selection(
        selection=SIDES,
        string="Whose Reason",
        compute='_compute_side',
        store=True,
        readonly=False,
        precompute=True,
    )
    reason_note = fields.Text(string="What Happened")

    # What is done about it
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Owner",
        index='btree_not_null',
        ondelete='set null',
        tracking=True,
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    decision = fields.Selection(selection=DECISIONS, tracking=True)
    why = fields.Selection(
        selection=WHYS,
        string="Because Of",
        help="What the customer is won back for, or why not.",
    )
    decision_note = fields.Char()
    decided_by_id = fields.Many2one(comodel_name='res.users', readonly=True, ondelete='set null')
    decided_date = fields.Date(readonly=True)
    method_id = fields.Many2one(
        comodel_name='growth.winback.method',
        string="Method",
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
    )
    attempt_ids = fields.One2many(
        comodel_name='growth.winback.attempt', inverse_name='case_id', string="Attempts"
    )
    attempt_count = fields.Integer(
        string="Number of Attempts", compute='_compute_attempts', store=True
    )
    cost = fields.Monetary(compute='_compute_attempts', store=True)

    # How it ended
    win_order_id = fields.Many2one(
        comodel_name='sale.order',
        string="Won Back By",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
    )
    won_date = fields.Date(string="Won Back On", readonly=True, copy=False)
    revenue_6 = fields.Monetary(string="Revenue 6 Months After", readonly=True)
    profit_6 = fields.Monetary(string="Profit 6 Months After", readonly=True)
    revenue_12 = fields.Monetary(string="Revenue 12 Months After", readonly=True)
    profit_12 = fields.Monetary(string="Profit 12 Months After", readonly=True)

    _unique_open = models.UniqueIndex(
        "(customer_id) WHERE state IN ('new', 'working')",
        "This customer has an open churn case already.",
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('state')
    def _compute_is_open(self):
        for case in self:
            case.is_open = case.state in OPEN_STATES

    def _search_is_open(self, operator, value):
        if operator != 'in':
            return NotImplemented
        is_open = Domain('state', 'in', OPEN_STATES)
        return is_open if True in value else ~is_open

    @api.depends('kind', 'numbers')
    @api.depends_context('lang')
    def _compute_explanation(self):
        Rule = self.env['growth.churn.rule']
        for case in self:
            case.explanation = Rule._explain(case.kind, case.numbers or {}, case.date)

    @api.depends('reason_id')
    def _compute_side(self):
        for case in self:
            case.side = case.reason_id.side

    @api.depends('attempt_ids.cost')
    def _compute_attempts(self):
        figures = {
            case.id: (count, cost)
            for case, count, cost in self.env['growth.winback.attempt']._read_group(
                [('case_id', 'in', self.ids)], ['case_id'], ['__count', 'cost:sum']
            )
        }
        for case in self:
            case.attempt_count, case.cost = figures.get(case._origin.id, (0, 0.0))

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('decision', 'why')
    def _check_decision(self):
        for case in self:
            if case.decision and not case.why:
                raise ValidationError(
                    self.env._(
                        "Say what %s is won back for, or why not.", case.partner_id.display_name
                    )
                )

    @api.constrains('reason_id')
    def _check_reason(self):
        for reason in self.reason_id:
            if not reason.active:
                raise ValidationError(
                    self.env._("“%s” is archived: choose another reason.", reason.name)
                )

    @api.constrains('user_id')
    def _check_owner(self):
        for company, cases in self.grouped('company_id').items():
            if others := cases.user_id - cases.user_id._growth_filtered_sellers(company):
                raise ValidationError(
                    self.env._(
                        "%(users)s could not open the case: its owner must be somebody who sells "
                        "for %(company)s.",
                        users=", ".join(others.sudo().mapped('name')),
                        company=company.name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("Churn cases are opened by the scheduled job, once for an episode.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if closed := vals.keys() - EDITABLE - self._get_thread_fields():
                raise AccessError(
                    self.env._(
                        "A churn case changes by its buttons, these cannot be written: %s.",
                        ", ".join(sorted(closed)),
                    )
                )
            if DECISION_FIELDS & vals.keys():
                self._check_open()
        if 'decision' in vals:
            vals = {
                **vals,
                'decided_by_id': self.env.uid if vals['decision'] else False,
                'decided_date': vals['decision'] and fields.Date.context_today(self),
            }
        return super().write(vals)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_close(self):
        """Give customers up for good: decided to leave them, or tried and failed."""
        self._take(*OPEN_STATES)
        if undecided := self.filtered(lambda case: not case.decision):
            raise UserError(
                self.env._(
                    "Decide first (win back, leave or never): %s.",
                    ", ".join(undecided.mapped('display_name')),
                )
            )
        cases = self._as_system()
        cases._close('lost')
        cases._suggest_all()
        return True

    def action_reopen(self):
        """Take up again what was given up."""
        self._take('lost')
        # Whoever has the other one: that it is there is no secret.
        open_cases = self.sudo().search(
            Domain('customer_id', 'in', self.customer_id.ids) & Domain('is_open', '=', True)
        )
        if open_cases:
            raise UserError(
                self.env._(
                    "These customers have an open case already: %s.",
                    ", ".join(open_cases.mapped('display_name')),
                )
            )
        self._as_system()._reopen()
        return True

    def action_open(self):
        self.ensure_one()
        return self._action_view()

    def action_view_orders(self):
        """Open the customer's orders or invoices, as the settings say, up to now."""
        self.ensure_one()
        Facts = self.env['growth.sales.facts']
        today = self.company_id._growth_day(fields.Datetime.now())
        domain = Facts._get_documents_domain(self.company_id, today)
        return Facts._get_documents_action(self.company_id, self.partner_id, domain)

    def action_view_attempts(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_winback_attempt_action'
        )
        return {**action, 'domain': [('case_id', '=', self.id)], 'context': {'create': False}}

    def _action_view(self):
        """Open the case that is open still, else the list of all.

        :rtype: dict
        """
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_churn_case_action'
        )
        action = {**action, 'domain': [('id', 'in', self.ids)], 'context': {}}
        case = self if len(self) == 1 else self.filtered('is_open')
        if len(case) == 1:
            action |= {'res_id': case.id, 'views': [(False, 'form')], 'view_mode': 'form'}
        else:
            action['views'] = [(False, 'list'), (False, 'form')]
        return action

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _close(self, state, day=None, **vals):
        """End episodes. Attempts under way end with them: the last one of a won case has won it.

        :param str state: won, lost or over
        :param date day: today in each company when omitted
        :param vals: what else is known of the end
        """
        now = fields.Datetime.now()
        for company, cases in self.grouped('company_id').items():
            closed_date = day or company._growth_day(now)
            cases.write({'state': state, 'closed_date': closed_date, **vals})
            cases._close_attempts(state, closed_date)
        blacklisted = self.filtered(lambda case: case.decision == 'never' and state == 'lost')
        blacklisted.customer_id.no_win_back = True
        self._unlink_activities()

    @api.model
    def _get_open(self, partners, companies):
        """The open cases of customers.

        :param res.partner partners: commercial ones
        :param res.company companies:
        :return: by ids of company and customer
        :rtype: dict[tuple[int, int], growth.churn.case]
        """
        cases = self.search(
            [
                ('partner_id', 'in', partners.ids),
                ('company_id', 'in', companies.ids),
                ('state', 'in', OPEN_STATES),
            ]
        )
        return {(case.company_id.id, case.partner_id.id): case for case in cases}

    def _win(self, day, orders):
        """Close cases with the purchase that won their customers back.

        :param date day: of the purchases
        :param dict orders: ids of the orders by id of the case; none where invoices are counted
        """
        self._close('won', day, won_date=day)
        for case in self:
            case.win_order_id = orders.get(case.id)
        # Nobody needs to wait for the job to see it.
        self.customer_id.write(
            {'churn_state': 'won_back', 'churn_date': day, 'churn_rule_id': False}
        )

    def _lose_again(self):
        """Take up cases again whose purchase was undone; the job finds how they stand. Where the
        customer has had another one since, that tells alone how it went on."""
        self.write({'won_date': False, 'win_order_id': False, **dict.fromkeys(RETURN_FIELDS, 0)})
        winners = self.attempt_ids.filtered(lambda attempt: attempt.result == 'won')
        # Of one that had failed before, somebody said why.
        failed = winners.filtered('result_note')
        failed.result = 'failed'
        (winners - failed).write({'result': 'open', 'closed_date': False})
        going_on = self._get_open(self.partner_id, self.company_id)
        # What ended with the alarm ended nothing else.
        latest = {
            case.customer_id: case
            for case in self.search([('customer_id', 'in', self.customer_id.ids)]).sorted(
                lambda case: (case.date, case.state != 'over', case.id)
            )
        }
        reopened = self.filtered(
            lambda case: (
                (case.company_id.id, case.partner_id.id) not in going_on
                and latest[case.customer_id] == case
            )
        )
        (self - reopened)._close('over')
        reopened._reopen()
        for case in reopened:
            case.customer_id.write(
                {'churn_state': case.level, 'churn_date': case.lost_date or case.date}
            )

    def _unlink_activities(self):
        """What was planned for a case is not to be done any more; what was done stays."""
        self.activity_ids.unlink()

    def _reopen(self):
        for state, cases in self.grouped(
            lambda case: 'working' if case.attempt_ids and case.decision == 'win_back' else 'new'
        ).items():
            cases.write({'state': state, 'closed_date': False, 'won_date': False})

    def _check_open(self):
        self._check_state(*OPEN_STATES)
