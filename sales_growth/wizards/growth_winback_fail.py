from odoo import fields, models
from odoo.exceptions import UserError


class GrowthWinbackFail(models.TransientModel):
    """What came of attempts that did not bring the customers back."""

    _name = 'growth.winback.fail'
    _description = "Failed Win-Back"

    attempt_ids = fields.Many2many(comodel_name='growth.winback.attempt', readonly=True)
    note = fields.Text(string="What Came of It", required=True)

    def action_fail(self):
        self.ensure_one()
        if not (self.note or "").strip():
            raise UserError(self.env._("Say what came of it: the next attempt builds on it."))
        self.attempt_ids._fail(self.note.strip())
        return {'type': 'ir.actions.act_window_close'}
