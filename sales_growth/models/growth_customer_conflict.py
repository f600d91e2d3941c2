from odoo import api, fields, models


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    conflict_warning = fields.Text(string="Open Conflict", compute='_compute_conflict_warning')
    conflict_count = fields.Integer(
        string="Conflicts",
        compute='_compute_conflict_count',
        help="Conflicts with this customer that you may open.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('company_id', 'partner_id')
    @api.depends_context('lang')
    def _compute_conflict_warning(self):
        warnings = self.env['growth.conflict']._get_warnings(self.partner_id, self.company_id)
        for customer in self:
            customer.conflict_warning = warnings.get(
                (customer.company_id.id, customer.partner_id.id)
            )

    @api.depends('company_id', 'partner_id')
    @api.depends_context('uid')
    def _compute_conflict_count(self):
        counts = {
            (company, partner): count
            for company, partner, count in self.env['growth.conflict']._read_group(
                [('commercial_partner_id', 'in', self.partner_id.ids)],
                groupby=['company_id', 'commercial_partner_id'],
                aggregates=['__count'],
            )
        }
        for customer in self:
            customer.conflict_count = counts.get((customer.company_id, customer.partner_id), 0)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_report_conflict(self):
        self.ensure_one()
        return self.env['growth.conflict']._action_report(self.partner_id, self.company_id)

    def action_view_conflicts(self):
        self.ensure_one()
        return self.env['growth.conflict']._action_view(self.partner_id, self.company_id)
