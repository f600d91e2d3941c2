from odoo import api, fields, models
from odoo.exceptions import UserError


class GrowthRefusalReasonWizard(models.TransientModel):
    """Replaces an excuse, or no reason at all, by the reason that really made customers say no."""

    _name = 'growth.refusal.reason.wizard'
    _inherit = ['growth.refusal.stated']
    _description = "State the Real Reason"

    refusal_ids = fields.Many2many(comodel_name='growth.refusal', required=True)
    lost_reason_id = fields.Many2one(required=True, domain="[('is_excuse', '=', False)]")
    former_reason_id = fields.Many2one(
        comodel_name='crm.lost.reason', string="Said So Far", compute='_compute_lead_facts'
    )
    is_former_excuse = fields.Boolean(
        related='former_reason_id.is_excuse', export_string_translation=False
    )
    note = fields.Text()

    @api.depends('refusal_ids')
    def _compute_lead_facts(self):
        for wizard in self:
            reasons = wizard.refusal_ids.reason_id
            wizard.former_reason_id = reasons if len(reasons) == 1 else False
            wizard.is_single = len(wizard.refusal_ids) == 1
            wizard.currency_id = wizard.refusal_ids[:1].currency_id

    def action_apply(self):
        """Write the reason into the refusals and into the leads that are still lost."""
        self.ensure_one()
        # Those that the user may see: none is left of a foreign one.
        if not self.refusal_ids:
            raise UserError(self.env._("Select refusals, or leads that are lost."))
        if self.lost_reason_id.is_excuse:
            raise UserError(
                self.env._(
                    "“%s” is an excuse too. Find out why the customer really said no.",
                    self.lost_reason_id.name,
                )
            )
        stated = {**self._get_stated_vals(), 'note': self.note}
        self.refusal_ids._check_stated(self.lost_reason_id, stated, self.is_single)
        self.refusal_ids._restate(self.lost_reason_id, stated)
        return {'type': 'ir.actions.act_window_close'}
