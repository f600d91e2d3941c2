from odoo import api, fields, models

from .growth_churn_rule import CHURN_STATES


class ResPartner(models.Model):
    """Whether a contact is leaving, as the hub of the active company says."""

    _inherit = "res.partner"

    growth_churn_state = fields.Selection(
        selection=CHURN_STATES,
        string="Churn",
        compute='_compute_growth_segment',
        search='_search_growth_churn_state',
        groups='sales_team.group_sale_salesman',
    )
    growth_churn_case_count = fields.Integer(
        string="Churn Cases",
        compute='_compute_growth_churn_case_count',
        groups='sales_team.group_sale_salesman',
        help="Churn cases of this customer that you may open.",
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('commercial_partner_id')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_growth_churn_case_count(self):
        counts = dict(
            self.env['growth.churn.case']._read_group(
                [('partner_id', 'in', self.commercial_partner_id._origin.ids)],
                groupby=['partner_id'],
                aggregates=['__count'],
            )
        )
        for partner in self:
            partner.growth_churn_case_count = counts.get(partner.commercial_partner_id._origin, 0)

    def _search_growth_churn_state(self, operator, value):
        return self._search_hub_field('growth_churn_state', operator, value)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def unlink(self):
        # The database takes cases along, and would leave what was said and planned about them.
        self.env['growth.churn.case'].sudo().search([('partner_id', 'in', self.ids)]).unlink()
        return super().unlink()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_growth_churn_cases(self):
        """Open the case of the episode that goes on, else all there were."""
        self.ensure_one()
        return (
            self.env['growth.churn.case']
            .search([('partner_id', '=', self.commercial_partner_id.id)])
            ._action_view()
        )
