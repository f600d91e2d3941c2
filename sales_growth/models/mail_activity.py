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
        initiatives = self._growth_get_initiatives()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        leads = self.env['crm.lead'].sudo().browse(done).exists()
        leads._growth_follow_activities(done)
        initiatives.filtered(lambda each: each.state == 'open').state = 'done'
        return result

    def _growth_get_initiatives(self):
        """What is done with these activities: each initiative has one of its own.

        :rtype: growth.okr.initiative
        """
        activity_type = self.env.ref(
            'sales_growth.mail_activity_type_okr_initiative', raise_if_not_found=False
        )
        own = self.filtered(
            lambda each: (
                each.res_model == 'growth.okr.initiative'
                and each.automated
                and each.activity_type_id == activity_type
            )
        )
        # Whoever may say that the activity is done says so of what it stands for.
        return self.env['growth.okr.initiative'].sudo().browse(own.mapped('res_id')).exists()
