from odoo import api, fields, models

from .growth_churn_rule import CHURN_STATES

BUYER_TYPES = [
    ('once', "Bought Once"),
    ('occasional', "Occasional"),
    ('regular', "Regular"),
    ('seasonal', "Seasonal"),
]


class GrowthCustomer(models.Model):
    """Whether a customer is leaving. The daily job writes these fields: see
    `growth_churn_job.py`."""

    _inherit = 'growth.customer'

    churn_state = fields.Selection(
        selection=CHURN_STATES,
        string="Churn",
        index='btree_not_null',
        readonly=True,
        help="What the churn rules say of the customer; of several the worst. Empty: nothing was "
        "bought so far, and no rule says anything.",
    )
    churn_date = fields.Date(string="Churn Since", readonly=True)
    churn_rule_id = fields.Many2one(
        comodel_name='growth.churn.rule', readonly=True, index='btree_not_null', ondelete='set null'
    )
    churn_explanation = fields.Text(
        string="Churn in Words",
        compute='_compute_churn_explanation',
        help="The rule and the numbers behind the churn state, and what the probability rests on.",
    )
    buyer_type = fields.Selection(selection=BUYER_TYPES, readonly=True)
    order_interval = fields.Float(
        string="Usual Interval (days)",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Median of the days between two purchases, of all the customer's history.",
    )
    next_order_date = fields.Date(
        string="Next Order Expected",
        readonly=True,
        help="Last order and usual interval; of seasonal buyers the next season.",
    )
    churn_probability = fields.Float(
        string="Probability to Leave",
        digits=(16, 2),
        readonly=True,
        aggregator=None,
        help="Probability of no order in the next days (settings), learned from the company's own "
        "history. Empty: there is too little of it.",
    )
    churn_factors = fields.Char(readonly=True, export_string_translation=False)
    # What the rule measured: sums or numbers of two periods, or a number of inquiries
    churn_recent = fields.Float(readonly=True, aggregator=None, export_string_translation=False)
    churn_previous = fields.Float(readonly=True, aggregator=None, export_string_translation=False)
    last_segment_id = fields.Many2one(
        comodel_name='growth.segment',
        readonly=True,
        ondelete='set null',
        help="The segment the customer is in, or was in before the window passed them by.",
    )
    no_win_back = fields.Boolean(
        string="Never Win Back",
        help="Such a customer is not proposed for winning back any more.",
    )
    case_ids = fields.One2many(
        comodel_name='growth.churn.case', inverse_name='customer_id', string="Churn Cases"
    )
    case_count = fields.Integer(string="Churn Cases Opened", compute='_compute_case_count')
    open_case_id = fields.Many2one(
        comodel_name='growth.churn.case', string="Open Case", compute='_compute_open_case_id'
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends_context('lang', 'uid')
    @api.depends('churn_state', 'churn_rule_id', 'churn_factors', 'churn_probability')
    def _compute_churn_explanation(self):
        Rule = self.env['growth.churn.rule']
        said = Rule._get_said(self)
        for customer in self:
            customer.churn_explanation = Rule._explain_customer(customer, said)

    @api.depends('case_ids')
    @api.depends_context('uid')
    def _compute_case_count(self):
        counts = dict(
            self.env['growth.churn.case']._read_group(
                [('customer_id', 'in', self.ids)], ['customer_id'], ['__count']
            )
        )
        for customer in self:
            customer.case_count = counts.get(customer._origin, 0)

    @api.depends('case_ids.state')
    @api.depends_context('uid')
    def _compute_open_case_id(self):
        cases = {
            case.customer_id: case
            for case in self.env['growth.churn.case'].search(
                [('customer_id', 'in', self.ids), ('is_open', '=', True)]
            )
        }
        for customer in self:
            customer.open_case_id = cases.get(customer)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if 'no_win_back' in vals:
            # A manager takes the customer off the list, or puts it back, at once.
            self.sudo().case_ids._suggest()
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_cases(self):
        self.ensure_one()
        return self.env['growth.churn.case'].search([('customer_id', '=', self.id)])._action_view()

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _schedule_win_back(self, users, today):
        # Where the churn rules are on, the loss of a customer is a case, and the digest of the day
        # tells who is to see to it: nobody gets a task for each customer beside that.
        if not self.env['growth.churn.rule'].sudo()._get_rules(self.company_id):
            return super()._schedule_win_back(users, today)
        cases = self.env['growth.churn.case'].sudo()._get_open(self.partner_id, self.company_id)
        for customer, user in users.items():
            case = cases.get((customer.company_id.id, customer.partner_id.id))
            if case and user._growth_filtered_sellers(case.company_id):
                case.user_id = user
        return None

    @api.model
    def _merge_customers(self, sources, target):
        """One episode goes on where both customers had one: the one that people work on, else the
        older one."""
        customers = self.search([('partner_id', 'in', (sources | target).ids)])
        Case = self.env['growth.churn.case'].sudo()
        never = {}
        for company, group in customers.grouped('company_id').items():
            cases = Case.search([('customer_id', 'in', group.ids)])
            kept = self._get_kept(group, target)
            is_open = cases.filtered('is_open').sorted(
                lambda case: (case.state != 'working', case.date, case.id)
            )
            is_open[1:]._close('over')
            # Otherwise the purchase of the other one would be one after the alarm.
            last_days = [case.last_order_date for case in is_open if case.last_order_date]
            if last_days and is_open[0].last_order_date != max(last_days):
                is_open[0].last_order_date = max(last_days)
            # A customer has one open case at most, at every moment.
            Case.flush_model()
            # The rows that go would take their cases along.
            cases.write({'customer_id': kept.id, 'partner_id': target.id})
            never[company] = any(group.mapped('no_win_back'))
        self.flush_model()
        Case.flush_model()
        result = super()._merge_customers(sources, target)
        for customer in customers.exists():
            if never[customer.company_id]:
                customer.sudo().no_win_back = True
        return result
