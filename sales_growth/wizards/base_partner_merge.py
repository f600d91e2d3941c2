from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = 'base.partner.merge.automatic.wizard'

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        # A company has one growth record for a customer: left alone, Odoo would drop the one of
        # the source with its history and its manual segment.
        self.env['growth.customer'].sudo()._merge_customers(src_partners, dst_partner)
        self.env['growth.handover'].sudo()._merge(src_partners, dst_partner)
        self.env['growth.conflict'].sudo()._merge(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # Contacts with an answer each are one contact now, whose last one counts.
        self.env['growth.nps.answer'].sudo()._follow_merge(dst_partner)
        return result
