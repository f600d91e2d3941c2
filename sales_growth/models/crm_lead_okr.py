from odoo import api, fields, models
from odoo.fields import Command


class CrmLead(models.Model):
    """Leads that somebody works on for a key result."""

    _inherit = 'crm.lead'

    growth_initiative_ids = fields.Many2many(
        comodel_name='growth.okr.initiative',
        relation='growth_okr_initiative_lead',
        column1='lead_id',
        column2='initiative_id',
        string="Initiatives",
        readonly=True,
        copy=False,
        groups='sales_team.group_sale_salesman',
    )
    growth_initiative_count = fields.Integer(
        string="Number of Initiatives",
        compute='_compute_growth_initiative_count',
        groups='sales_team.group_sale_salesman',
    )

    @api.depends_context('uid')
    @api.depends('growth_initiative_ids')
    def _compute_growth_initiative_count(self):
        for lead in self:
            lead.growth_initiative_count = len(lead.growth_initiative_ids)

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # Who merges leads may not be who works on them.
        initiatives = opportunities.sudo().growth_initiative_ids
        initiatives.filtered(
            lambda each: not self.company_id or each.company_id == self.company_id
        ).lead_ids = [Command.link(self.id)]
        return result

    def action_view_growth_initiatives(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_initiative_action'
        )
        return {**action, 'domain': [('lead_ids', '=', self.id)], 'context': {}}
