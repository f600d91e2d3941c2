from odoo import api, fields, models


class SaleOrder(models.Model):
    """Who writes a quotation is told first that the customer is angry.

    Odoo's own warning of orders would not do: it is for those who switched warnings on.
    """

    _inherit = 'sale.order'

    # Customers read their orders at the portal.
    growth_conflict_warning = fields.Text(
        string="Open Conflict",
        compute='_compute_growth_conflict_warning',
        groups='sales_team.group_sale_salesman',
    )
    growth_conflict_count = fields.Integer(
        string="Conflicts",
        related='partner_id.growth_conflict_count',
        related_sudo=False,
        groups='sales_team.group_sale_salesman',
    )

    @api.depends('state', 'company_id', 'partner_id', 'commercial_partner_id')
    @api.depends_context('lang')
    def _compute_growth_conflict_warning(self):
        quotations = self.filtered(lambda order: order.state in ('draft', 'sent'))
        (self - quotations).growth_conflict_warning = False
        warnings = self.env['growth.conflict']._get_warnings(
            quotations.commercial_partner_id._origin, quotations.company_id._origin
        )
        for order in quotations:
            order.growth_conflict_warning = warnings.get(
                (order.company_id._origin.id, order.commercial_partner_id._origin.id)
            )

    def action_view_growth_conflicts(self):
        self.ensure_one()
        return self.env['growth.conflict']._action_view(self.partner_id, self.company_id)
