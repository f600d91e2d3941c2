from odoo import fields, models


class SurveyQuestionAnswer(models.Model):
    _inherit = 'survey.question.answer'

    growth_reason_id = fields.Many2one(
        comodel_name='growth.churn.reason',
        string="Churn Reason",
        index='btree_not_null',
        ondelete='set null',
        help="Who chooses this gives this reason for leaving.",
    )
