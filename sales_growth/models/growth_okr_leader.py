from odoo import api, models
from odoo.fields import Domain


class CrmTeam(models.Model):
    """Who led a team is not told of its private objectives any more."""

    _inherit = 'crm.team'

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {'user_id', 'active', 'company_id'}:
            self.crm_team_member_ids.user_id._forget_okr_strangers()
        return result


class CrmTeamMember(models.Model):
    _inherit = 'crm.team.member'

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members.user_id._forget_okr_strangers()
        return members

    def write(self, vals):
        users = self.user_id
        result = super().write(vals)
        if vals.keys() & {'user_id', 'crm_team_id', 'active'}:
            (users | self.user_id)._forget_okr_strangers()
        return result

    def unlink(self):
        users = self.user_id
        result = super().unlink()
        users._forget_okr_strangers()
        return result


class ResUsers(models.Model):
    _inherit = 'res.users'

    def _forget_okr_strangers(self):
        """Who decides on the objectives of these people may be somebody else now."""
        self.env['growth.okr.objective'].sudo().search(
            Domain('owner_id', 'in', self.ids) & Domain('is_private', '=', True)
        )._forget_strangers()
