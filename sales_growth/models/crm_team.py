from odoo import api, fields, models

# What a salesperson or a team is for; whoever does both gets new and existing customers.
ROLES = [
    ('hunter', "Hunter"),
    ('farmer', "Farmer"),
    ('both', "Both"),
]


class CrmTeam(models.Model):
    _inherit = 'crm.team'

    growth_role = fields.Selection(
        selection=ROLES,
        string="Role",
        required=True,
        default='both',
        tracking=True,
        help="Hunters win new customers, farmers keep existing ones. Members may have a role of "
        "their own.",
    )
    growth_is_routed = fields.Boolean(
        string="Route by Customer",
        tracking=True,
        help="Leads that nobody has go to the farmer of their customer, else by the role of teams "
        "and members: those of existing customers to farmers, those of prospects to hunters.",
    )
    growth_role_period_ids = fields.One2many(
        comodel_name='growth.role.period',
        inverse_name='team_id',
        string="Role History",
        groups='sales_team.group_sale_manager',
    )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        self.env['growth.role.period'].sudo()._follow(teams)
        return teams

    def write(self, vals):
        result = super().write(vals)
        if 'growth_role' in vals:
            self.env['growth.role.period'].sudo()._follow(self)
        return result
