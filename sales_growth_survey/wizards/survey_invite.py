from odoo import api, fields, models

SALES = 'sales_team.group_sale_salesman'


class SurveyInvite(models.TransientModel):
    """Sends a survey to customers: for their churn cases, where they have one."""

    _inherit = 'survey.invite'

    growth_customer_ids = fields.Many2many(
        comodel_name='growth.customer',
        string="Customers",
        groups=SALES,
        help="Those who have no churn case.",
    )
    growth_case_ids = fields.Many2many(
        comodel_name='growth.churn.case', string="Churn Cases", groups=SALES
    )
    growth_left_out = fields.Char(
        string="Not Asked",
        compute='_compute_growth_left_out',
        groups=SALES,
        help="Customers of whom nobody is among the recipients.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('growth_customer_ids', 'growth_case_ids', 'partner_ids')
    def _compute_growth_left_out(self):
        for wizard in self:
            asked = wizard.partner_ids._origin.commercial_partner_id
            customers = (
                wizard.growth_case_ids._origin.partner_id
                | wizard.growth_customer_ids._origin.partner_id
            )
            wizard.growth_left_out = ", ".join((customers - asked).mapped('display_name'))

    @api.depends('growth_customer_ids', 'growth_case_ids')
    def _compute_existing_partner_ids(self):
        result = super()._compute_existing_partner_ids()
        for wizard in self.filtered(lambda wizard: wizard._growth_get_company()):
            waiting = wizard.survey_id.user_input_ids.filtered(wizard._growth_is_waiting)
            wizard.existing_partner_ids &= waiting.partner_id
        return result

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _get_answers_values(self):
        values = super()._get_answers_values()
        if company := self._growth_get_company():
            values['growth_company_id'] = company.id
        return values

    def _get_done_partners_emails(self, existing_answers):
        if self._growth_get_company():
            # Who answered long ago, or when leaving before, is asked anew.
            existing_answers = existing_answers.filtered(self._growth_is_waiting)
        return super()._get_done_partners_emails(existing_answers)

    def _prepare_answers(self, partners, emails):
        answers = super()._prepare_answers(partners, emails)
        # The link is not for those to write who send the survey; they see both ends of it.
        for case in self.sudo().growth_case_ids:
            answers.sudo().filtered(
                lambda answer, case=case: answer.partner_id.commercial_partner_id == case.partner_id
            ).growth_case_id = case
        return answers

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _growth_get_company(self):
        """For which company customers are asked; none when it is not about customers.

        :rtype: res.company
        """
        wizard = self.sudo()
        return wizard.growth_case_ids.company_id | wizard.growth_customer_ids.company_id

    def _growth_is_waiting(self, answer):
        """Whether an invitation of before still waits for the answer that is asked for now."""
        case = answer.sudo().growth_case_id
        return (
            answer.state != 'done'
            and not answer.test_entry
            and (not case or case in self.sudo().growth_case_ids)
        )
