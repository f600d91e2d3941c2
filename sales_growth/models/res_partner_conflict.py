from odoo import api, fields, models


class ResPartner(models.Model):
    """An open conflict is seen with the company and with all of its contacts."""

    _inherit = 'res.partner'

    growth_conflict_warning = fields.Text(
        string="Open Conflict",
        compute='_compute_growth_conflict_warning',
        groups='sales_team.group_sale_salesman',
    )
    growth_conflict_count = fields.Integer(
        string="Conflicts",
        compute='_compute_growth_conflict_count',
        groups='sales_team.group_sale_salesman',
        help="Conflicts with this customer that you may open.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('commercial_partner_id')
    @api.depends_context('lang', 'allowed_company_ids')
    def _compute_growth_conflict_warning(self):
        companies = self.env.companies
        warnings = self.env['growth.conflict']._get_warnings(
            self.commercial_partner_id._origin, companies
        )
        for partner in self:
            customer_id = partner.commercial_partner_id._origin.id
            texts = (warnings.get((company_id, customer_id)) for company_id in companies.ids)
            partner.growth_conflict_warning = "\n".join(filter(None, texts))

    @api.depends('commercial_partner_id')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_growth_conflict_count(self):
        counts = dict(
            self.env['growth.conflict']._read_group(
                [('commercial_partner_id', 'in', self.commercial_partner_id._origin.ids)],
                groupby=['commercial_partner_id'],
                aggregates=['__count'],
            )
        )
        for partner in self:
            partner.growth_conflict_count = counts.get(partner.commercial_partner_id._origin, 0)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def unlink(self):
        # The database takes conflicts along, and would leave what was said and planned about them.
        self.env['growth.conflict'].sudo().search(
            ['|', ('partner_id', 'in', self.ids), ('commercial_partner_id', 'in', self.ids)]
        ).unlink()
        return super().unlink()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_report_growth_conflict(self):
        self.ensure_one()
        return self.env['growth.conflict']._action_report(self, self.company_id or self.env.company)

    def action_view_growth_conflicts(self):
        self.ensure_one()
        companies = self.company_id or self.env.companies
        return self.env['growth.conflict']._action_view(self, companies)
