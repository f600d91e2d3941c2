from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {'user_id', 'date_deadline'}:
            self._growth_move_initiatives()
        return result

    def unlink(self):
        dropped = self.env['growth.okr.initiative']
        # The system clears up, as behind users who are archived: that settles nothing.
        if not self.env.su:
            initiatives = self.sudo().filtered('active')._growth_get_initiatives()
            dropped = initiatives.filtered(lambda each: each.state == 'open').with_env(self.env)
        result = super().unlink()
        if dropped := dropped.exists():
            dropped.action_drop()
        return result

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

    def _growth_move_initiatives(self):
        """Let initiatives be of whom their activities are now, and due with them; by who may change
        the initiative.

        :raise UserError: when an activity is nobody's
        """
        # Who gave it away may not read it any more.
        for activity in self.sudo()._growth_filtered_initiatives().filtered('active'):
            initiative = self.env['growth.okr.initiative'].browse(activity.res_id).exists()
            known = initiative.sudo()
            if initiative and not activity.user_id:
                raise UserError(
                    self.env._("“%s” is an initiative: choose who works on it.", known.name)
                )
            vals = {
                fname: activity._fields[fname].convert_to_write(activity[fname], activity)
                for fname in ('user_id', 'date_deadline')
                if known and activity[fname] != known[fname]
            }
            if vals:
                initiative.write(vals)

    def _growth_get_initiatives(self):
        """What is done with these activities: each initiative has one of its own.

        :rtype: growth.okr.initiative
        """
        own = self._growth_filtered_initiatives()
        # Whoever may say that the activity is done says so of what it stands for.
        return self.env['growth.okr.initiative'].sudo().browse(own.mapped('res_id')).exists()

    def _growth_filtered_initiatives(self):
        """The activities that stand for an initiative, not those that are planned beside it.

        :rtype: mail.activity
        """
        activity_type = self.env.ref(
            'sales_growth.mail_activity_type_okr_initiative', raise_if_not_found=False
        )
        return self.filtered(
            lambda each: (
                each.res_model == 'growth.okr.initiative'
                and each.automated
                and each.activity_type_id == activity_type
            )
        )
