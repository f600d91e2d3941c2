from odoo import fields, models
from odoo.exceptions import UserError


class GrowthHandoverRefuse(models.TransientModel):
    """Why a farmer refuses customers."""

    _name = 'growth.handover.refuse'
    _description = "Refuse a Handover"

    handover_ids = fields.Many2many(comodel_name='growth.handover', readonly=True)
    reason = fields.Text(string="Why You Refuse", required=True)

    def action_refuse(self):
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why you refuse: the team leader decides by it."))
        self.handover_ids._refuse(self.reason.strip())
        return {'type': 'ir.actions.act_window_close'}
