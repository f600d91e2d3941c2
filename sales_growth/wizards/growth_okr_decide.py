from odoo import fields, models
from odoo.exceptions import UserError


class GrowthOkrDecide(models.TransientModel):
    """A word of explanation to who proposed objectives."""

    _name = 'growth.okr.decide'
    _description = "Decide on Objectives"

    objective_ids = fields.Many2many(comodel_name='growth.okr.objective', readonly=True)
    decision = fields.Selection(
        selection=[
            ('changes', "Ask for Changes"),
            ('declined', "Decline"),
            ('cancelled', "Give Up"),
        ],
        required=True,
        readonly=True,
    )
    note = fields.Text(string="Why", required=True)

    def action_decide(self):
        self.ensure_one()
        if not (self.note or "").strip():
            raise UserError(self.env._("Say why: others go on from what you write."))
        self.objective_ids._decide(self.decision, self.note.strip())
        return {'type': 'ir.actions.act_window_close'}
