from odoo import api, fields, models


class GrowthChurnCase(models.Model):
    _inherit = 'growth.churn.case'

    survey_input_ids = fields.One2many(
        comodel_name='survey.user_input', inverse_name='growth_case_id', string="Surveys"
    )
    survey_input_count = fields.Integer(
        string="Number of Surveys", compute='_compute_survey_input_count'
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('survey_input_ids')
    @api.depends_context('uid')
    def _compute_survey_input_count(self):
        counts = dict(
            self.env['survey.user_input']._read_group(
                [('growth_case_id', 'in', self.ids)], ['growth_case_id'], ['__count']
            )
        )
        for case in self:
            case.survey_input_count = counts.get(case._origin, 0)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send_survey(self):
        """Ask the customers of the cases why."""
        return self.env['survey.survey']._growth_get_invite_action(self)

    def action_view_survey_inputs(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('survey.action_survey_user_input')
        return {
            **action,
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('growth_case_id', '=', self.id)],
            'context': {'create': False},
        }
