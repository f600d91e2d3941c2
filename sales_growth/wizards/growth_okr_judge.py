from odoo import api, fields, models

from ..models.growth_okr_objective import CAUSES, KINDS, VERDICTS


class GrowthOkrJudge(models.TransientModel):
    """The verdict on an objective, and what is learned from it."""

    _name = 'growth.okr.judge'
    _description = "Judge an Objective"

    objective_id = fields.Many2one(
        comodel_name='growth.okr.objective', required=True, readonly=True, ondelete='cascade'
    )
    kind = fields.Selection(selection=KINDS, compute='_compute_figures')
    progress = fields.Float(compute='_compute_figures')
    verdict = fields.Selection(selection=VERDICTS, compute='_compute_figures')
    cause = fields.Selection(selection=CAUSES)
    lesson = fields.Text()

    @api.depends('objective_id')
    @api.depends_context('uid')
    def _compute_figures(self):
        self._check_readable()
        for wizard in self:
            objective = wizard.objective_id
            wizard.kind = objective.kind
            wizard.progress = objective.progress
            wizard.verdict = objective and objective._get_verdict()

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards._check_readable()
        return wizards

    def write(self, vals):
        result = super().write(vals)
        self._check_readable()
        return result

    def _check_readable(self):
        """Any objective can be named here, and what the system has read of it before stands in the
        cache for everybody.

        :raise AccessError: for those that the user may not read
        """
        self.objective_id.check_access('read')

    def action_judge(self):
        self.ensure_one()
        self.objective_id._judge(self.cause, self.lesson)
        return {'type': 'ir.actions.act_window_close'}
