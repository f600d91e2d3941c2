from odoo import api, fields, models
from odoo.exceptions import AccessError


class ResUsers(models.Model):
    _inherit = "res.users"

    growth_refusal_count = fields.Integer(
        string="Refusals",
        compute='_compute_growth_refusal_count',
        groups='sales_team.group_sale_salesman',
    )

    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_growth_refusal_count(self):
        counts = dict(
            self.env['growth.refusal']._read_group(
                [('user_id', 'in', self.ids)], groupby=['user_id'], aggregates=['__count']
            )
        )
        for user in self:
            user.growth_refusal_count = counts.get(user, 0)

    def action_view_growth_refusals(self):
        return self.env['growth.refusal']._action_view([('user_id', 'in', self.ids)])

    def _growth_filtered_employed(self, company):
        """Those who still work for a company: active, and allowed in it.

        :param res.company company:
        :rtype: res.users
        """
        return self.filtered(lambda user: user.active and company in user.sudo().company_ids)

    def _growth_filtered_sellers(self, company):
        """Those who still sell for a company: others could not open what is given to them.

        :param res.company company:
        :rtype: res.users
        """
        return self._growth_filtered_employed(company).filtered(
            lambda user: user.sudo().has_group('sales_team.group_sale_salesman')
        )

    def _growth_check_export_right(self):
        """
        :raise AccessError: when the user may not take data out as a file
        """
        if not (
            self.has_group('base.group_allow_export')
            or self.has_group('sales_team.group_sale_manager')
        ):
            raise AccessError(
                self.env._("You don't have the rights to export data. Ask an administrator.")
            )
