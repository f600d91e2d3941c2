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
    def _growth_get_invite_action(self, customers, cases):
        """Open Odoo's own dialogue to send the churn survey to customers.

        :param growth.customer customers:
        :param growth.churn.case cases: those that the answers belong to
        :raise UserError: when there is nothing or nobody to send
        """
        if len(customers.company_id) != 1:
            raise UserError(self.env._("Choose customers of one company: each asks for itself."))
        survey = self.search([('growth_is_churn', '=', True)], order='id', limit=1)
        if not survey:
            raise UserError(
                self.env._(
                    "There is no survey to send. A survey administrator can tick “For Churn Cases” "
                    "on one."
                )
            )
        contacts = customers._growth_get_survey_contacts()
        if not contacts:
            raise UserError(
                self.env._(
                    "Nobody to ask: no contact with an email address who may be written to at %s.",
                    ", ".join(customers.mapped('display_name')),
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
