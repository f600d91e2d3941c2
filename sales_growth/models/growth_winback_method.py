from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

PERFORMERS = [
    ('owner', "Owner of the Case"),
    ('leader', "Team Leader"),
    ('user', "A Person"),
]
# What the suggestions and payoffs of open cases rest on
WEIGHED_FIELDS = {'active', 'company_id', 'cost', 'sequence'}


class GrowthWinbackMethod(models.Model):
    """A way to win a customer back, with its steps, its cost and its record.

    What is suggested for a case stands in `growth_winback_suggestion.py`.
    """

    _name = 'growth.winback.method'
    _description = "Win-Back Method"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)
    company_id = fields.Many2one(
        comodel_name='res.company', ondelete='cascade', help="Empty: all companies."
    )
    performer = fields.Selection(
        selection=PERFORMERS, string="Done By", required=True, default='owner'
    )
    performer_id = fields.Many2one(
        comodel_name='res.users',
        string="Person",
        ondelete='restrict',
        check_company=True,
        domain="[('share', '=', False)]",
    )
    plan_id = fields.Many2one(
        comodel_name='mail.activity.plan',
        string="Steps",
        domain="[('res_model', '=', 'growth.churn.case'), "
        "('company_id', 'in', (company_id, False))]",
        ondelete='restrict',
        check_company=True,
        help="Activities that are planned when an attempt begins.",
    )
    cost = fields.Float(
        string="Cost of an Attempt",
        digits='Product Price',
        help="In the currency of the company that uses it.",
    )
    attempt_ids = fields.One2many(
        comodel_name='growth.winback.attempt', inverse_name='method_id', string="Attempts"
    )
    attempt_count = fields.Integer(string="Number of Attempts", compute='_compute_record')
    won_count = fields.Integer(string="Won Back", compute='_compute_record')
    failed_count = fields.Integer(string="Failed", compute='_compute_record')

    _check_cost = models.Constraint('CHECK (cost >= 0)', "An attempt cannot cost less than zero.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('attempt_ids.result')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_record(self):
        counts = {
            (method.id, result): count
            for method, result, count in self.env['growth.winback.attempt']._read_group(
                [('method_id', 'in', self.ids)], ['method_id', 'result'], ['__count']
            )
        }
        for method in self:
            of_method = {
                result: counts.get((method._origin.id, result), 0)
                for result in ('open', 'won', 'failed', 'stopped')
            }
            method.attempt_count = sum(of_method.values())
            method.won_count = of_method['won']
            method.failed_count = of_method['failed']

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('performer', 'performer_id')
    def _check_performer(self):
        for method in self:
            if method.performer == 'user' and not method.performer_id:
                raise ValidationError(
                    self.env._("“%s” is done by a person: choose who it is.", method.name)
                )
            if method.performer == 'user':
                self._check_sellers(method.performer_id)

    @api.constrains('plan_id')
    def _check_plan(self):
        for method in self:
            if method.plan_id and method.plan_id.res_model != 'growth.churn.case':
                raise ValidationError(
                    self.env._(
                        "The steps of “%(method)s” are planned on churn cases, which “%(plan)s” is "
                        "not for.",
                        method=method.name,
                        plan=method.plan_id.name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        methods = super().create(vals_list)
        methods._weigh_anew()
        return methods

    def write(self, vals):
        result = super().write(vals)
        if WEIGHED_FIELDS & vals.keys():
            self._weigh_anew()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Whoever deletes a method need not see the cases of all companies that have it.
        domain = Domain('method_id', 'in', self.ids)
        chosen = self.env['growth.churn.case'].sudo()._read_group(domain, ['method_id'])
        tried = self.env['growth.winback.attempt'].sudo()._read_group(domain, ['method_id'])
        if used := self.browse().union(*(method for (method,) in chosen + tried)):
            raise UserError(
                self.env._(
                    "These methods were chosen for customers, so they cannot be deleted: %s. "
                    "Archive them instead.",
                    ", ".join(used.with_env(self.env).mapped('name')),
                )
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_attempts(self):
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_winback_attempt_action'
        )
        return {**action, 'domain': [('method_id', 'in', self.ids)], 'context': {}}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _get_methods(self, company):
        """The methods that a company may use, in their order.

        :rtype: growth.winback.method
        """
        return self.search([('company_id', 'in', (company.id, False))])

    @api.model
    def _check_sellers(self, users):
        """
        :param res.users users: who are to win customers back
        :raise ValidationError: when some could not open a case
        """
        others = users.sudo().filtered(
            lambda user: not user.has_group('sales_team.group_sale_salesman')
        )
        if others:
            raise ValidationError(
                self.env._(
                    "These people have no access to sales and cannot win customers back: %s.",
                    ", ".join(others.mapped('name')),
                )
            )

    def _get_performer(self, case):
        """Who does it for a case: whoever has left or does not sell any more is replaced by the
        owner of the case, an owner by who had the customer, else by who asks.

        :param growth.churn.case case:
        :rtype: res.users
        """
        self.ensure_one()
        case = case.sudo()
        meant = {
            'leader': case.team_id.user_id,
            'user': self.sudo().performer_id,
        }.get(self.performer, case.user_id)
        for user in (meant, case.user_id, case.salesperson_id):
            if seller := user._growth_filtered_sellers(case.company_id):
                return seller.with_env(self.env)
        return self.env.user

    @api.model
    def _weigh_anew(self):
        """Let the win-back list follow what methods are there and what they cost."""
        Case = self.env['growth.churn.case'].sudo()
        for (company,) in Case._read_group([('is_open', '=', True)], ['company_id']):
            Case._refresh_suggestions(company)
