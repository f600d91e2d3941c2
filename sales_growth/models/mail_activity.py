from collections import defaultdict

from odoo import models
from odoo.tools import html2plaintext


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    def _action_done(self, feedback=False, attachment_ids=None):
        done = defaultdict(set)
        for activity in self:
            # What had no result was no contact.
            told = html2plaintext(feedback or activity.feedback or "").strip()
            if activity.res_model == 'crm.lead' and told:
                done[activity.res_id].add(activity.activity_type_id.id)
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        leads = self.env['crm.lead'].sudo().browse(done).exists()
        leads._growth_follow_activities(done)
        return result
