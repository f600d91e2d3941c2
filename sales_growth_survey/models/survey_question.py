from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SurveyQuestion(models.Model):
    _inherit = 'survey.question'

    growth_is_nps = fields.Boolean(
        string="Counts for NPS",
        help="Answers are scores from 0 to 10 for how likely the customer is to recommend you.",
    )

    @api.constrains('growth_is_nps', 'question_type', 'scale_min', 'scale_max')
    def _check_growth_scale(self):
        for question in self.filtered('growth_is_nps'):
            scale = (question.question_type, question.scale_min, question.scale_max)
            if scale != ('scale', 0, 10):
                raise ValidationError(
                    self.env._(
                        "“%s” cannot count for NPS: that takes a scale from 0 to 10. Scores of "
                        "another scale mean something else.",
                        question.title,
                    )
                )

    @api.constrains('growth_is_nps', 'survey_id')
    def _check_growth_single(self):
        questions = self.search(
            [('growth_is_nps', '=', True), ('survey_id', 'in', self.survey_id.ids)]
        )
        for survey, asked in questions.grouped('survey_id').items():
            if len(asked) > 1:
                raise ValidationError(
                    self.env._(
                        "One question of a survey counts for NPS, not several. In “%(survey)s” "
                        "there are: %(questions)s.",
                        survey=survey.title,
                        questions=", ".join(asked.mapped('title')),
                    )
                )
