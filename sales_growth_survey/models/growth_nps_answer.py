from odoo import fields, models


class GrowthNpsAnswer(models.Model):
    _inherit = 'growth.nps.answer'

    survey_user_input_id = fields.Many2one(
        comodel_name='survey.user_input',
        string="Answered Survey",
        readonly=True,
        ondelete='set null',
    )

    _unique_survey_user_input = models.UniqueIndex(
        '(survey_user_input_id)', "A survey that was answered counts once."
    )
