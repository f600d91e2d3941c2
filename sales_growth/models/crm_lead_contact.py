from odoo import models


class CrmLead(models.Model):
    _inherit = 'crm.lead'

    def _merge_dependences_history(self, opportunities):
        result = super()._merge_dependences_history(opportunities)
        # Odoo moves what is to be done, and deletes what was done together with the leads.
        done = opportunities.sudo().with_context(active_test=False).activity_ids
        done.write({'res_id': self.id})
        return result
