from odoo import api, fields, models
from odoo.tools import SQL


class GrowthChurnReason(models.Model):
    _inherit = 'growth.churn.reason'

    stated_count = fields.Integer(
        string="Stated in Surveys",
        compute='_compute_stated',
        help="Answered surveys in which the customer named this reason.",
    )
    stated_share = fields.Float(
        string="Share of Surveys",
        compute='_compute_stated',
        aggregator=None,
        help="Out of all answered surveys that ask for reasons. A customer may name several.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_stated(self):
        answered, stated = self._read_stated()
        for reason in self:
            reason.stated_count = stated.get(reason._origin.id, 0)
            reason.stated_share = reason.stated_count / answered if answered else 0.0

    def _read_stated(self):
        """Answered surveys of the active companies that the user may see: how many ask for
        reasons, and in how many each of these reasons was named.

        :rtype: tuple[int, dict[int, int]]
        """
        Input = self.env['survey.user_input']
        domain = Input._growth_get_counted_domain()
        reason_path = 'survey_id.question_and_page_ids.suggested_answer_ids.growth_reason_id'
        answered = Input.search_count([*domain, (reason_path, '!=', False)])
        self.env['survey.user_input.line'].flush_model(['user_input_id', 'suggested_answer_id'])
        self.env['survey.question.answer'].flush_model(['growth_reason_id'])
        stated = self.env.execute_query(
            SQL(
                """
            SELECT option.growth_reason_id, COUNT(DISTINCT line.user_input_id)
              FROM survey_user_input_line AS line
              JOIN survey_question_answer AS option ON option.id = line.suggested_answer_id
             WHERE option.growth_reason_id IN %(reasons)s
               AND line.user_input_id IN %(inputs)s
          GROUP BY option.growth_reason_id
            """,
                reasons=tuple(self._origin.ids) or (0,),
                inputs=Input._search(domain).subselect(),
            )
        )
        return answered, dict(stated)
