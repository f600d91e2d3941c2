from odoo import api, fields, models

from ..models.growth_refusal import CONTEXT_KEY


class CrmLeadLost(models.TransientModel):
    _name = 'crm.lead.lost'
    _inherit = ['crm.lead.lost', 'growth.refusal.stated']

    is_reason_required = fields.Boolean(
        compute='_compute_lead_facts', export_string_translation=False
    )

    @api.depends('lead_ids')
    def _compute_lead_facts(self):
        for wizard in self:
            wizard.is_single = len(wizard.lead_ids) == 1
            wizard.currency_id = wizard.lead_ids[:1].company_currency
            wizard.is_reason_required = bool(wizard.lead_ids._filtered_reason_required())

    def action_lost_reason_apply(self):
        stated = {**self._get_stated_vals(), 'note': self.lost_feedback}
        wizard = self.with_context(**{CONTEXT_KEY: stated})
        return super(CrmLeadLost, wizard).action_lost_reason_apply()
