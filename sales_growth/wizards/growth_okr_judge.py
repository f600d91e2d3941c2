from odoo import api, fields, models

from ..models.growth_okr_objective import CAUSES, VERDICTS


class GrowthOkrJudge(models.TransientModel):
    """The verdict on an objective, and what is learned from it."""

    _name = 'growth.okr.judge'
    _description = "Judge an Objective"

    objective_id = fields.Many2one(
        comodel_name='growth.okr.objective', required=True, readonly=True, ondelete='cascade'
    )
    # With the rights of who asks: any objective can be named here.
    kind = fields.Selection(related='objective_id.kind', related_sudo=False)
    progress = fields.Float(related='objective_id.progress', related_sudo=False)
    verdict = fields.Selection(
        selection=VERDICTS,
        compute='_compute_verdict',
    )
    cause = fields.Selection(selection=CAUSES)
    lesson = fields.Text()

    @api.depends('objective_id')
    def _compute_verdict(self):
        for wizard in self:
            wizard.verdict = wizard.objective_id and wizard.objective_id._get_verdict()

    def action_judge(self):
        self.ensure_one()
        self.objective_id._judge(self.cause, self.lesson)
        return {'type': 'ir.actions.act_window_close'}
