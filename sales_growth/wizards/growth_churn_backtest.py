from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

TOTALS = ('rules', 'probability', 'fixed_90')


class GrowthChurnBacktest(models.TransientModel):
    """Tries churn rules and the probability on the past, before they are switched on.

    What is told of the result in words is in `growth_churn_backtest_words.py`.
    """

    _name = 'growth.churn.backtest'
    _description = "Backtest of Churn Rules"

    # Choice
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, default=lambda self: self._default_company_id()
    )
    horizon = fields.Integer(
        string="Left After (days)",
        compute='_compute_horizon',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="A customer without a purchase in so many days after the day that is judged has left.",
    )
    as_of = fields.Date(
        string="Judged as of",
        compute='_compute_as_of',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Nothing after this day is used to find who leaves; what customers did after it is "
        "what the result is compared with.",
    )
    train_as_of = fields.Date(
        string="Learned as of",
        compute='_compute_train_as_of',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The probability learns from who was a customer on this day, and left in the days "
        "after it.",
    )
    line_ids = fields.One2many(
        comodel_name='growth.churn.backtest.line',
        inverse_name='backtest_id',
        string="Who Would Have Been Found",
        compute='_compute_line_ids',
        store=True,
        readonly=False,
        precompute=True,
    )
    rule_ids = fields.Many2many(
        comodel_name='growth.churn.rule',
        string="Rules",
        compute='_compute_rule_ids',
        context={'active_test': False},
        help="The rules that are judged together.",
    )
    concerns_others = fields.Boolean(
        compute='_compute_concerns_others',
        export_string_translation=False,
        help="Switching on these rules alone changes some that other companies use, too.",
    )

    # Result
    is_run = fields.Boolean(
        compute='_compute_is_run', store=True, precompute=True, export_string_translation=False
    )
    result = fields.Json(readonly=True, export_string_translation=False)
    currency_id = fields.Many2one(related='company_id.currency_id')

    # ------------------------------------------------------------
    # DEFAULTS AND COMPUTE
    # ------------------------------------------------------------

    @api.model
    def _default_company_id(self):
        return self.env.company

    @api.depends('company_id')
    def _compute_horizon(self):
        for backtest in self:
            backtest.horizon = backtest.company_id.growth_churn_horizon

    @api.depends('company_id', 'horizon')
    def _compute_as_of(self):
        Customer = self.env['growth.customer']
        for backtest in self:
            today = Customer._today(backtest.company_id or self.env.company)
            backtest.as_of = today - timedelta(days=backtest.horizon)

    @api.depends('as_of', 'horizon')
    def _compute_train_as_of(self):
        for backtest in self:
            backtest.train_as_of = backtest.as_of and (
                backtest.as_of - timedelta(days=backtest.horizon)
            )

    @api.depends('company_id')
    def _compute_line_ids(self):
        for backtest in self:
            backtest.line_ids = [
                Command.clear(),
                *(Command.create({'subject': subject}) for subject in TOTALS),
                *(
                    Command.create({'subject': 'alone', 'rule_id': rule.id, 'is_chosen': True})
                    for rule in backtest._get_all_rules()
                ),
            ]

    @api.depends('line_ids.is_chosen', 'line_ids.rule_id')
    def _compute_rule_ids(self):
        for backtest in self:
            backtest.rule_ids = backtest.line_ids.filtered('is_chosen').rule_id

    @api.depends('rule_ids')
    def _compute_concerns_others(self):
        has_others = self.env['res.company'].sudo().search_count(Domain.TRUE, limit=2) > 1
        for backtest in self:
            on, off = backtest._get_switched()
            backtest.concerns_others = has_others and not all(rule.company_id for rule in on | off)

    @api.depends(
        'company_id', 'horizon', 'as_of', 'train_as_of', 'line_ids.is_chosen', 'line_ids.rule_id'
    )
    def _compute_is_run(self):
        # Figures of another choice are not shown.
        self.is_run = False

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_run(self):
        """Look for who would have been found, and show it."""
        self.ensure_one()
        if not self.rule_ids:
            raise UserError(self.env._("Choose at least one rule."))
        rules = self.line_ids.rule_id
        Rule = self.env['growth.churn.rule']
        days = (self.train_as_of, self.as_of, self.horizon)
        result = Rule._backtest(self.company_id, *days, rules=self.rule_ids, alone=rules)
        for line in self.line_ids:
            line._show(
                result['alone'].get(line.rule_id.id)
                if line.subject == 'alone'
                else result[line.subject]
            )
        self.write({'result': result, 'is_run': True})
        return self._get_own_action()

    def action_switch_on(self):
        """Switch the chosen rules on, and the others of the company off."""
        self.ensure_one()
        if not self.rule_ids:
            raise UserError(self.env._("Choose at least one rule."))
        on, off = self._get_switched()
        on.active = True
        off.active = False
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._(
                    "Switched on: %s. The daily job judges by these rules from now on.",
                    ", ".join(self.rule_ids.mapped('name')),
                ),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }

    def _get_own_action(self):
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_churn_backtest_action'
        )
        return {**action, 'res_id': self.id}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_all_rules(self):
        """The rules of the company, switched-off ones too.

        :rtype: growth.churn.rule
        """
        Rule = self.env['growth.churn.rule'].with_context(active_test=False)
        return Rule._get_rules(self.company_id)

    def _get_switched(self):
        """The rules that would be switched on, and those that would be switched off.

        :rtype: tuple[growth.churn.rule, growth.churn.rule]
        """
        self.ensure_one()
        others = self._get_all_rules() - self.rule_ids._origin
        return (
            self.rule_ids._origin.filtered(lambda rule: not rule.active),
            others.filtered('active'),
        )
