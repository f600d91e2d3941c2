from odoo import api, fields, models
from odoo.exceptions import UserError


class SurveySurvey(models.Model):
    _inherit = 'survey.survey'

    growth_is_churn = fields.Boolean(
        string="For Churn Cases",
        copy=False,
        help="Salespeople may send this survey to their customers and read what they answered. Of "
        "several ones the oldest is proposed.",
    )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _growth_get_invite_action(self, cases, customers=None):
        """Open Odoo's own dialogue to send the churn survey to customers.

        :param growth.churn.case cases: those that the answers belong to; whoever owns one need not
            have the customer any more
        :param growth.customer customers: who have no case
        :raise UserError: when there is nothing or nobody to send
        """
        customers = customers or self.env['growth.customer']
        partners = cases.partner_id | customers.partner_id
        companies = cases.company_id | customers.company_id
        if len(companies) != 1:
            raise UserError(self.env._("Choose customers of one company: each asks for itself."))
        survey = self.search([('growth_is_churn', '=', True)], order='id', limit=1)
        if not survey:
            raise UserError(
                self.env._(
                    "There is no survey to send. A survey administrator can tick “For Churn Cases” "
                    "on one."
                )
            )
        contacts = self._growth_get_contacts(partners, companies)
        if not contacts:
            raise UserError(
                self.env._(
                    "Nobody to ask: no contact with an email address who may be written to at %s.",
                    ", ".join(partners.mapped('display_name')),
                )
            )
        action = survey.action_send_survey()
        return {
            **action,
            'context': {
                **action['context'],
                'default_partner_ids': contacts.ids,
                'default_growth_customer_ids': customers.ids,
                'default_growth_case_ids': cases.ids,
            },
        }

    @api.model
    def _growth_get_contacts(self, partners, company):
        """Whom to ask: of each customer the contact who ordered last, else the company's own
        address, else any contact; never who wants no emails.

        :param res.partner partners: the customers
        :param res.company company: that asks
        :rtype: res.partner
        """
        partners = partners.filtered(lambda partner: not partner.growth_no_contact)
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
                ('company_id', 'in', company.ids),
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
