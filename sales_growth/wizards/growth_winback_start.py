from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..models.growth_churn_case import WHYS


class GrowthWinbackStart(models.TransientModel):
    """How customers are to be won back: one by a method of choice, several each by the method that
    is suggested."""

    _name = 'growth.winback.start'
    _description = "Start Win-Back"

    case_ids = fields.Many2many(comodel_name='growth.churn.case', required=True, readonly=True)
    case_count = fields.Integer(string="Customers", compute='_compute_cases')
    left_out = fields.Char(readonly=True, help="Customers who are not to be won back.")
    company_id = fields.Many2one(comodel_name='res.company', compute='_compute_cases')
    currency_id = fields.Many2one(related='company_id.currency_id')
    suggestion = fields.Text(related='case_ids.suggestion', string="What Speaks for It")
    needs_why = fields.Boolean(compute='_compute_cases', export_string_translation=False)
    method_id = fields.Many2one(
        comodel_name='growth.winback.method',
        compute='_compute_method_id',
        store=True,
        readonly=False,
        domain="[('company_id', 'in', (company_id, False))]",
    )
    description = fields.Text(related='method_id.description')
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="By",
        compute='_compute_of_method',
        store=True,
        readonly=False,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    cost = fields.Monetary(compute='_compute_of_method', store=True, readonly=False)
    date = fields.Date(string="Begins On", required=True, default=lambda self: self._default_date())
    why = fields.Selection(
        selection=WHYS, string="Because Of", help="What the customers are won back for."
    )
    note = fields.Text()

    # ------------------------------------------------------------
    # DEFAULTS AND COMPUTE
    # ------------------------------------------------------------

    @api.model
    def _default_date(self):
        cases = self.env['growth.churn.case'].browse(self.env.context.get('default_case_ids'))
        company = cases.company_id[:1] or self.env.company
        return company._growth_day(fields.Datetime.now())

    @api.depends('case_ids')
    def _compute_cases(self):
        for wizard in self:
            cases = wizard.case_ids._origin
            wizard.case_count = len(cases)
            # Several companies have nothing to choose from but the methods of all.
            wizard.company_id = cases.company_id if len(cases.company_id) == 1 else False
            wizard.needs_why = any(case.decision != 'win_back' for case in cases)

    @api.depends('case_ids')
    def _compute_method_id(self):
        for wizard in self:
            case = wizard.case_ids._origin if wizard.case_count == 1 else wizard.case_ids.browse()
            wizard.method_id = case.method_id.filtered('active') or case.suggested_method_id

    @api.depends('method_id')
    def _compute_of_method(self):
        for wizard in self:
            is_single = wizard.case_count == 1 and wizard.method_id
            wizard.user_id = is_single and wizard.method_id._get_performer(wizard.case_ids._origin)
            wizard.cost = wizard.method_id.cost if is_single else 0.0

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('cost')
    def _check_cost(self):
        if any(wizard.cost < 0 for wizard in self):
            raise ValidationError(self.env._("An attempt cannot cost less than zero."))

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_start(self):
        self.ensure_one()
        if not (cases := self.case_ids):
            raise UserError(self.env._("There is no customer left to win back."))
        is_single = len(cases) == 1
        wanted, started = cases._start_attempts(
            self.date,
            method=self.method_id,
            user=self.user_id if is_single else None,
            cost=self.cost if is_single else None,
            why=self.why,
            note=self.note,
        )
        close = {'type': 'ir.actions.act_window_close'}
        if is_single:
            return close
        return self._tell(len(started), len(wanted - started), cases - wanted, close)

    @api.model
    def _tell(self, started, waiting, left_out, then):
        """Say how many attempts began, how many wait for the next weeks, and who was left out."""
        message = self.env._("Attempts begun: %s.", started)
        if waiting:
            message = self.env._(
                "%(message)s Waiting on the list: %(waiting)s customers, as those who would do it "
                "have enough for the week.",
                message=message,
                waiting=waiting,
            )
        if left_out:
            message = self.env._(
                "%(message)s Left out, as they are not to be won back: %(customers)s.",
                message=message,
                customers=", ".join(left_out.mapped('display_name')),
            )
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'title': self.env._("Start Win-Back"),
                'type': 'warning' if waiting or left_out else 'success',
                'sticky': bool(waiting or left_out),
                'message': message,
                'next': then,
            },
        }
