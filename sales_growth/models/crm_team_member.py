from odoo import fields, models


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    growth_refusal_count = fields.Integer(
        related='user_id.growth_refusal_count', string="Refusals", related_sudo=False
    )

    def action_view_growth_refusals(self):
        return self.user_id.action_view_growth_refusals()
