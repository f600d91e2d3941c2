from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from .mail_activity_type import ACTIVITY_KINDS

CONTACT_KINDS = [
    *ACTIVITY_KINDS,
    ('quotation', "Quotation Sent"),
    ('order', "Order Confirmed"),
    ('invoice', "Invoice Posted"),
    ('payment', "Payment Received"),
]


class GrowthContactPlan(models.Model):
    """How many contacts of a kind a salesperson should make in a day or a week.

    The plan of a salesperson goes before the one of the team, and that before the one for all. It
    holds until the next one for the same people begins; zero means that nothing is planned.
    """

    _name = 'growth.contact.plan'
    _description = "Contact Plan"
    _order = 'date_from desc, kind, company_id, team_id NULLS FIRST, user_id NULLS FIRST, id'
    _rec_name = 'kind'
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        index='btree_not_null',
        ondelete='cascade',
        check_company=True,
        help="Each member of this team. Without team and salesperson: each member of any team of "
        "the company.",
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        index='btree_not_null',
        ondelete='cascade',
        check_company=True,
        domain="[('share', '=', False)]",
    )
    kind = fields.Selection(
        selection=CONTACT_KINDS, string="Contact", required=True, default='call'
    )
    number = fields.Integer(
        required=True, aggregator=None, help="Contacts of one salesperson. 0: nothing is planned."
    )
    period = fields.Selection(
        selection=[('day', "Working Day"), ('week', "Week")],
        string="Per",
        required=True,
        default='day',
        help="Working days are those of the company's working hours, less its public holidays. "
        "The number of a week stands on its Monday.",
    )
    date_from = fields.Date(
        string="Valid From",
        required=True,
        default=lambda self: self._default_date_from(),
        help="Day from which the plan holds, until the next one for the same people. A plan per "
        "week begins on a Monday.",
    )

    _check_number = models.Constraint(
        'CHECK (number >= 0)', "A planned number of contacts cannot be negative."
    )
    _check_scope = models.Constraint(
        'CHECK (team_id IS NULL OR user_id IS NULL)',
        "A contact plan is for a team or for a salesperson, not for both.",
    )
    # The report counts days from there.
    _check_date_from = models.Constraint(
        "CHECK (date_from >= '2000-01-01')", "A contact plan cannot begin before the year 2000."
    )
    _unique_scope = models.UniqueIndex(
        "(company_id, kind, date_from, COALESCE(user_id, 0), COALESCE(team_id, 0))",
        "There is a contact plan for this kind, day and these people already.",
    )

    @api.model
    def _default_date_from(self):
        today = self.env.company._growth_day(fields.Datetime.now())
        return today - timedelta(days=today.weekday())

    # ------------------------------------------------------------
    # CONSTRAINTS AND ONCHANGE
    # ------------------------------------------------------------

    @api.constrains('period', 'date_from')
    def _check_monday(self):
        for plan in self:
            if plan.period == 'week' and plan.date_from.weekday():
                raise ValidationError(
                    self.env._(
                        "A contact plan per week begins on a Monday, not on %(day)s.",
                        day=format_date(self.env, plan.date_from),
                    )
                )

    @api.onchange('period', 'date_from')
    def _onchange_period(self):
        if self.period == 'week' and self.date_from:
            self.date_from -= timedelta(days=self.date_from.weekday())

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('kind', 'number', 'period')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        periods = dict(self._fields['period']._description_selection(self.env))
        for plan in self:
            plan.display_name = self.env._(
                "%(kind)s: %(number)s per %(period)s",
                kind=kinds.get(plan.kind, ""),
                number=plan.number,
                period=periods.get(plan.period, "").lower(),
            )
