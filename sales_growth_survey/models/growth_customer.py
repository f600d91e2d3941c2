from odoo import models


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send_survey(self):
        """Ask customers, whether they are leaving or not."""
        cases = self.env['growth.churn.case'].search(
            [('customer_id', 'in', self.ids), ('is_open', '=', True)]
        )
        return self.env['survey.survey']._growth_get_invite_action(self, cases)

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _growth_get_survey_contacts(self):
        """Whom to ask: of each customer the contact who ordered last, else the company's own
        address, else any contact; never who wants no emails.

        :rtype: res.partner
        """
        partners = self.partner_id.filtered(lambda partner: not partner.growth_no_contact)
        reachable = self.env['res.partner'].search(
            [
                ('commercial_partner_id', 'in', partners.ids),
                ('type', '=', 'contact'),
                ('email', '!=', False),
                ('is_blacklisted', '=', False),
                ('growth_no_contact', '=', False),
            ]
        )
        chosen = {}
        for partner in reachable:
            customer = partner.commercial_partner_id
            if partner == customer or customer not in chosen:
                chosen[customer] = partner
        orders = self.env['sale.order']._read_group(
            [
                ('company_id', 'in', self.company_id.ids),
                ('state', '=', 'sale'),
                ('partner_id', 'in', reachable.ids),
            ],
            groupby=['commercial_partner_id', 'partner_id'],
            aggregates=['date_order:max'],
            order='date_order:max',
        )
        for customer, partner, _moment in orders:
            # An order that a contact made for another company says nothing about this one.
            if partner.commercial_partner_id == customer:
                chosen[customer] = partner
        return self.env['res.partner'].union(*chosen.values())
