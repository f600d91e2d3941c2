from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

# Four weeks, of the sales playbook: what a coaching brought shows after them.
COACHING_DAYS = 28
# Until when the teacher should have begun.
DEADLINE_DAYS = 7


class GrowthFunnelCoaching(models.Model):
    """A salesperson teaches another what they do better. Four weeks later the figures from before
    and after stand side by side."""

    _name = 'growth.funnel.coaching'
    _description = "Coaching"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        readonly=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    pupil_id = fields.Many2one(
        comodel_name='res.users', required=True, readonly=True, index=True, ondelete='cascade'
    )
    teacher_id = fields.Many2one(
        comodel_name='res.users', required=True, readonly=True, index=True, ondelete='cascade'
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        index='btree_not_null',
        readonly=True,
        ondelete='set null',
        help="Sales team of the pupil at that time.",
    )
    date = fields.Date(string="Started On", required=True, readonly=True)
    date_end = fields.Date(
        string="Ends On",
        compute='_compute_date_end',
        store=True,
        help="Four weeks later: leads that come to a step until then make the figures after.",
    )
    state = fields.Selection(
        selection=[('running', "Running"), ('done', "Four Weeks Over")],
        compute='_compute_state',
    )
    line_ids = fields.One2many(
        comodel_name='growth.funnel.coaching.line',
        inverse_name='coaching_id',
        string="Steps",
        readonly=True,
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('teacher_id', 'pupil_id')
    def _compute_display_name(self):
        for coaching in self:
            coaching.display_name = self.env._(
                "%(teacher)s teaches %(pupil)s",
                teacher=coaching.teacher_id.name,
                pupil=coaching.pupil_id.name,
            )

    @api.depends('date')
    def _compute_date_end(self):
        for coaching in self:
            coaching.date_end = coaching.date and coaching.date + timedelta(days=COACHING_DAYS)

    @api.depends('date_end')
    def _compute_state(self):
        now = fields.Datetime.now()
        for coaching in self:
            today = (coaching.company_id or self.env.company)._growth_day(now)
            is_running = not coaching.date_end or today <= coaching.date_end
            coaching.state = 'running' if is_running else 'done'

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('pupil_id', 'teacher_id')
    def _check_pair(self):
        for coaching in self:
            if coaching.pupil_id == coaching.teacher_id:
                raise ValidationError(self.env._("Nobody can be their own teacher."))

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _get_running(self, steps):
        """Pupils and steps that are being taught now.

        :param growth.funnel.step steps:
        :return: ids of pupil and step
        :rtype: set[tuple[int, int]]
        """
        today = self.env.company._growth_day(fields.Datetime.now())
        lines = self.env['growth.funnel.coaching.line'].search(
            [('step_id', 'in', steps.ids), ('coaching_id.date_end', '>=', today)]
        )
        return {(line.coaching_id.pupil_id.id, line.step_id.id) for line in lines}

    @api.model
    def _start(self, pupil, teacher, steps, before):
        """Start a coaching, with an activity for the teacher.

        :param res.users pupil:
        :param res.users teacher:
        :param growth.funnel.step steps:
        :param dict before: judged and passed leads of the pupil by id of the step
        :rtype: growth.funnel.coaching
        """
        running = self._get_running(steps)
        if taught := steps.filtered(lambda step: (pupil.id, step.id) in running):
            raise UserError(
                self.env._(
                    "%(pupil)s is being taught already: %(steps)s",
                    pupil=pupil.name,
                    steps=", ".join(taught.mapped('name')),
                )
            )
        today = self.env.company._growth_day(fields.Datetime.now())
        coaching = self.create(
            {
                'pupil_id': pupil.id,
                'teacher_id': teacher.id,
                'team_id': pupil.sale_team_id.id,
                'date': today,
                'line_ids': [
                    fields.Command.create(
                        {
                            'step_id': step.id,
                            'before_judged': before.get(step.id, (0, 0))[0],
                            'before_passed': before.get(step.id, (0, 0))[1],
                        }
                    )
                    for step in steps
                ],
            }
        )
        coaching._schedule(today)
        return coaching

    def _schedule(self, today):
        """Give the teacher the activity, in their language."""
        self.ensure_one()
        coaching = self.with_context(lang=self.teacher_id.lang)
        steps = ", ".join(coaching.line_ids.step_id.mapped('name'))
        coaching.activity_schedule(
            'mail.mail_activity_data_todo',
            date_deadline=today + timedelta(days=DEADLINE_DAYS),
            user_id=self.teacher_id.id,
            summary=coaching.env._(
                "Teach %(pupil)s: %(steps)s", pupil=self.pupil_id.name, steps=steps
            ),
            note=coaching.env._(
                "Show how you do it: go along to a meeting, listen to calls, read letters "
                "together. The figures are compared after %s.",
                format_date(self.env, self.date_end, lang_code=self.teacher_id.lang),
            ),
        )
        coaching.message_subscribe(partner_ids=(self.teacher_id | self.pupil_id).partner_id.ids)
