from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

# What the path of a lead and the place where it stands depend on
PATH_FIELDS = {
    'active',
    'activity_type_ids',
    'funnel_id',
    'invoice_paid',
    'order_confirmed',
    'quotation_sent',
    'sequence',
    'stage_ids',
}


class GrowthFunnelStep(models.Model):
    _name = 'growth.funnel.step'
    _description = "Funnel Step"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, export_string_translation=False)
    funnel_id = fields.Many2one(
        comodel_name='growth.funnel', required=True, index=True, ondelete='cascade'
    )
    company_id = fields.Many2one(
        related='funnel_id.company_id', store=True, index=True, ondelete='cascade'
    )
    team_id = fields.Many2one(related='funnel_id.team_id')

    # What passes the step: the first of these that happens
    stage_ids = fields.Many2many(
        comodel_name='crm.stage',
        string="Stages",
        help="Passed when the lead comes to one of these stages or to a later one.",
    )
    activity_type_ids = fields.Many2many(
        comodel_name='mail.activity.type',
        string="Activities",
        ondelete='restrict',
        help="Passed when an activity of one of these types is done and its result written down.",
    )
    quotation_sent = fields.Boolean(help="Passed when a quotation of the lead was sent.")
    order_confirmed = fields.Boolean(help="Passed when an order of the lead is confirmed.")
    invoice_paid = fields.Boolean(
        help="Passed when a customer invoice of an order of the lead is fully paid."
    )
    ripening_days = fields.Integer(
        string="Ripening Time (days)",
        default=30,
        help="How long a lead may take for this step. An open lead is not judged before.",
    )

    # Plan
    plan_ids = fields.One2many(
        comodel_name='growth.funnel.plan', inverse_name='step_id', string="Plans"
    )
    plan_rate = fields.Float(
        string="Plan Today",
        compute='_compute_plan_rate',
        inverse='_inverse_plan_rate',
        help="Share of the leads that came to this step which should pass it. A new number holds "
        "from today on, for all who have no plan of their own.",
    )
    expected_count = fields.Float(
        string="Of 100 Prospects",
        compute='_compute_expected_count',
        help="How many of 100 prospects pass this step when all go to plan.",
    )

    _check_ripening_days = models.Constraint(
        'CHECK (ripening_days BETWEEN 0 AND 3650)',
        "The ripening time must be between 0 and 3650 days.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('plan_ids.rate', 'plan_ids.date_from', 'plan_ids.team_id', 'plan_ids.user_id')
    def _compute_plan_rate(self):
        for step in self:
            step.plan_rate = step._get_general_plan(step._get_today()).rate

    def _inverse_plan_rate(self):
        for step in self:
            today = step._get_today()
            plan = step._get_general_plan(today)
            if plan.date_from == today or not plan and not step.plan_ids:
                plan.rate = step.plan_rate
            if not plan or plan.date_from != today and plan.rate != step.plan_rate:
                self.env['growth.funnel.plan'].create(
                    {
                        'step_id': step.id,
                        # The first plan also holds for the history.
                        'date_from': today if plan else False,
                        'rate': step.plan_rate,
                    }
                )

    @api.depends(
        'funnel_id.step_ids.active', 'funnel_id.step_ids.plan_rate', 'funnel_id.step_ids.sequence'
    )
    def _compute_expected_count(self):
        self.expected_count = 0.0
        for funnel in self.funnel_id:
            count = 100.0
            for step in funnel.step_ids.sorted('sequence'):
                count *= step.plan_rate
                (self & step).expected_count = count

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains(
        'stage_ids', 'activity_type_ids', 'quotation_sent', 'order_confirmed', 'invoice_paid'
    )
    def _check_trigger(self):
        for step in self:
            if not (
                step.stage_ids
                or step.activity_type_ids
                or step.quotation_sent
                or step.order_confirmed
                or step.invoice_paid
            ):
                raise ValidationError(
                    self.env._(
                        "Say what passes the step “%s”: a stage, an activity, a quotation, an "
                        "order or a payment.",
                        step.name,
                    )
                )

    @api.constrains('stage_ids', 'activity_type_ids', 'funnel_id', 'active')
    def _check_passed_once(self):
        for funnel in self.funnel_id:
            seen = {}
            for step in funnel.step_ids:
                for trigger in (*step.stage_ids, *step.activity_type_ids):
                    if trigger in seen:
                        raise ValidationError(
                            self.env._(
                                "“%(trigger)s” cannot pass two steps: “%(first)s” and "
                                "“%(second)s”.",
                                trigger=trigger.name,
                                first=seen[trigger].name,
                                second=step.name,
                            )
                        )
                    seen[trigger] = step

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        # Constraints do not see fields that nobody gave.
        steps._check_trigger()
        steps.funnel_id.filtered('active')._follow_changes()
        return steps

    def write(self, vals):
        funnels = self.funnel_id
        if moved := self.filtered(
            lambda step: step.funnel_id.id != vals.get('funnel_id', step.funnel_id.id)
        )._has_history():
            raise UserError(
                self.env._(
                    "Leads have passed the step “%s”: it stays in its funnel. Archive it, and make "
                    "a new one in the other.",
                    moved.name,
                )
            )
        result = super().write(vals)
        if PATH_FIELDS & vals.keys():
            funnels |= self.funnel_id
            funnels._check_steps()
            funnels.filtered('active')._follow_changes()
        return result

    def unlink(self):
        funnels = self.funnel_id.filtered('active')
        result = super().unlink()
        funnels._follow_changes()
        return result

    def copy_data(self, default=None):
        # Plans of people and teams are theirs, the one for all belongs to the step.
        return [
            {
                **vals,
                'plan_ids': [
                    Command.create({'date_from': plan.date_from, 'rate': plan.rate})
                    for plan in step.plan_ids
                    if not plan.team_id and not plan.user_id
                ],
            }
            for step, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_needed(self):
        if used := self._has_history():
            raise UserError(
                self.env._(
                    "Leads have passed the step “%s”: archive it, so that their history stays.",
                    used.name,
                )
            )
        for funnel in self.funnel_id:
            if funnel.active and not funnel.step_ids - self:
                raise UserError(self.env._("The funnel “%s” needs at least one step.", funnel.name))

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _is_reached_by(self, stage):
        """Whether a lead in a stage has passed this step: the stage passes it or comes later. Won
        is later than everything; behind it, stages that are not won lead nowhere.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.stage_ids) and (
            stage in self.stage_ids
            or stage.is_won
            or any(stage.sequence > other.sequence for other in self.stage_ids if not other.is_won)
        )

    def _has_history(self):
        """One of these steps that a lead has passed.

        :rtype: growth.funnel.step
        """
        events = self.env['growth.funnel.event'].sudo()
        return events.search([('step_id', 'in', self.ids)], limit=1).step_id

    def _get_today(self):
        """The present day in the company's time zone, by which the report reads the plans.

        :rtype: date
        """
        company = self.funnel_id.company_id or self.env.company
        return company._growth_day(fields.Datetime.now())

    def _get_general_plan(self, day):
        """The plan for all of the company on a day.

        :rtype: growth.funnel.plan
        """
        self.ensure_one()
        plans = self.plan_ids.filtered(
            lambda plan: (
                not plan.team_id
                and not plan.user_id
                and (not plan.date_from or plan.date_from <= day)
            )
        )
        return plans.sorted(lambda plan: plan.date_from or fields.Date.to_date('1900-01-01'))[-1:]

    @api.model
    def _get_shipped_stages(self, name):
        """Stages that a shipped step begins with, whatever they are called here.

        :param str name: `acquaintance`, `presentation` or `contract`
        :return: ids
        :rtype: list[int]
        """
        stages = self.env['crm.stage'].search([('team_ids', '=', False)])
        going = stages.filtered(lambda stage: not stage.is_won)
        return {
            # The first stage is where leads come in.
            'acquaintance': going[1:2],
            'presentation': going[2:3],
            'contract': stages - going,
        }[name].ids
