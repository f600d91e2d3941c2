from odoo import api, fields, models

from .crm_team import ROLES


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    growth_own_role = fields.Selection(
        selection=ROLES, string="Own Role", tracking=True, help="Empty: the role of the team."
    )
    growth_role = fields.Selection(
        selection=ROLES, string="Role", compute='_compute_growth_role', store=True
    )
    growth_refusal_count = fields.Integer(
        related='user_id.growth_refusal_count', string="Refusals", related_sudo=False
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    # Odoo leaves archived members out of those of the team.
    @api.depends('active', 'growth_own_role', 'crm_team_id.growth_role')
    def _compute_growth_role(self):
        for member in self:
            member.growth_role = member.growth_own_role or member.crm_team_id.growth_role or 'both'

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        self.env['growth.role.period'].sudo()._follow(members.crm_team_id)
        return members

    def write(self, vals):
        result = super().write(vals)
        if {'growth_own_role', 'crm_team_id', 'user_id', 'active'} & vals.keys():
            self.env['growth.role.period'].sudo()._follow(self.crm_team_id)
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_growth_refusals(self):
        return self.user_id.action_view_growth_refusals()
