from odoo import api, fields, models

# Of a cycle that takes nothing any more
OVER_STATES = ('review', 'closed')
# Of an objective below which nothing new can stand
SETTLED_STATES = ('closed', 'declined', 'cancelled')


class GrowthOkrObjective(models.Model):
    """Which buttons of an objective would do something: those that could only refuse are not shown.

    The rules that they obey stand in `growth_okr_objective_flow.py`.
    """

    _inherit = 'growth.okr.objective'

    may_hang = fields.Boolean(compute='_compute_may_hang', export_string_translation=False)
    can_judge = fields.Boolean(compute='_compute_can_judge', export_string_translation=False)
    can_unjudge = fields.Boolean(compute='_compute_can_unjudge', export_string_translation=False)

    @api.depends('state', 'running_date', 'cycle_id.state', 'parent_id.state')
    def _compute_may_hang(self):
        """Whether it can be proposed and accepted where it stands."""
        reviewed = self._filtered_reviewed()
        for objective in reviewed:
            objective.may_hang = (
                objective.state not in SETTLED_STATES
                and objective.sudo().parent_id.state != 'closed'
            )
        for objective in self - reviewed:
            objective.may_hang = (
                objective.cycle_id.state not in OVER_STATES
                # What stands above may be closed to the user.
                and objective.sudo().parent_id.state not in SETTLED_STATES
            )

    @api.depends_context('uid')
    @api.depends(
        'state',
        'progress',
        'date_deadline',
        'cycle_id.state',
        'child_ids.state',
        'child_ids.running_date',
        'responsible_ids',
    )
    def _compute_can_judge(self):
        now = fields.Datetime.now()
        for objective in self:
            objective.can_judge = (
                objective.state == 'running'
                and objective.can_write
                and (
                    objective.cycle_id.state == 'review'
                    or objective.progress >= 1
                    or objective.date_deadline < objective.company_id._growth_day(now)
                )
                # What stands below may be closed to the user.
                and not objective.sudo().child_ids._filtered_unjudged()
            )

    @api.depends_context('uid')
    @api.depends('state', 'cycle_id.state', 'parent_id.state', 'responsible_ids')
    def _compute_can_unjudge(self):
        for objective in self:
            objective.can_unjudge = (
                objective.state == 'closed'
                and objective.can_write
                and objective.cycle_id.state != 'closed'
                and objective.sudo().parent_id.state != 'closed'
            )
