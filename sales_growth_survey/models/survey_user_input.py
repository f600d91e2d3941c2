from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize


class SurveyUserInput(models.Model):
    """What customers answered becomes NPS answers, reasons of churn cases, and their own words."""

    _inherit = 'survey.user_input'

    growth_company_id = fields.Many2one(
        comodel_name='res.company',
        string="Asked By",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        help="Company that the answers count for.",
    )
    growth_case_id = fields.Many2one(
        comodel_name='growth.churn.case',
        string="Churn Case",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        groups='sales_team.group_sale_salesman',
    )

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _mark_done(self):
        result = super()._mark_done()
        # Who answers is a stranger to the company's records.
        self.sudo()._growth_take_over()
        return result

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _growth_get_counted_domain(self):
        """What was answered to the active companies.

        :rtype: Domain
        """
        return (
            Domain('state', '=', 'done')
            & Domain('test_entry', '=', False)
            & Domain('growth_company_id', 'in', self.env.companies.ids)
        )

    def _growth_take_over(self):
        """Take over what was answered, each survey once."""
        for answered in self.filtered(lambda answer: not answer.test_entry):
            questions = answered.survey_id.question_ids
            if not questions.filtered('growth_is_nps') and not (
                questions.suggested_answer_ids.growth_reason_id
            ):
                continue
            answered.growth_company_id = answered._growth_get_company()
            partner = answered._growth_get_partner()
            if not answered.growth_case_id:
                answered.growth_case_id = answered._growth_find_case(partner)
            answered._growth_take_score(partner)
            if answered.growth_case_id:
                answered._growth_tell_case(partner)

    def _growth_get_company(self):
        self.ensure_one()
        return (
            self.growth_company_id
            or self.growth_case_id.company_id
            or self.survey_id.user_id.company_id
            or self.create_uid.company_id
        )

    def _growth_get_partner(self):
        """The contact who answered, none when nobody knows who it was or when it was one of us.

        An address counts where we wrote to it; what is typed into an open survey proves nothing.

        :rtype: res.partner
        """
        self.ensure_one()
        partner = self.partner_id
        email = email_normalize(self.email or "")
        if not partner and email and self.survey_id.access_mode == 'token':
            partner = partner.search([('email_normalized', '=', email)], order='id', limit=1)
        return partner.filtered('partner_share')

    def _growth_find_case(self, partner):
        return self.env['growth.churn.case'].search(
            [
                ('company_id', '=', self.growth_company_id.id),
                ('partner_id', '=', partner.commercial_partner_id.id),
                ('is_open', '=', True),
            ],
            limit=1,
        )

    def _growth_take_score(self, partner):
        Answer = self.env['growth.nps.answer']
        line = self.user_input_line_ids.filtered(
            # A line that was skipped has the number 0, too.
            lambda line: line.question_id.growth_is_nps and not line.skipped
        )[:1]
        if not line or not partner or Answer.search_count([('survey_user_input_id', '=', self.id)]):
            return
        Answer.create(
            {
                'company_id': self.growth_company_id.id,
                'partner_id': partner.id,
                'date': self.growth_company_id._growth_day(self.end_datetime),
                'score': line.value_scale,
                'comment': "\n".join(
                    f"{title} — {text}" for title, text in self._growth_get_words(is_free=True)
                ),
                'source': 'survey',
                'survey_user_input_id': self.id,
            }
        )

    def _growth_tell_case(self, partner):
        """Write what was answered on the case, and the reason when nobody knew one so far."""
        case = self.growth_case_id
        options = self.user_input_line_ids.suggested_answer_id.filtered('growth_reason_id')
        if options and case.is_open and not case.reason_id:
            case.reason_id = options.sorted('sequence')[0].growth_reason_id
        owner = case.user_id
        translated = self.with_context(lang=owner.lang or self.env.lang)
        case.message_post(
            author_id=(partner or self.env.ref('base.partner_root')).id,
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (
                translated.env._("Answered the survey “%s”:", translated.survey_id.title),
                Markup().join(
                    Markup("<li>%s <b>%s</b></li>") % words
                    for words in translated._growth_get_words()
                ),
            ),
            partner_ids=owner.partner_id.ids,
            subtype_xmlid='mail.mt_note',
        )

    def _growth_get_words(self, is_free=False):
        """What was answered, in the order of the questions.

        :param bool is_free: only what was written freely
        :return: title of the question and answer
        :rtype: list[tuple[str, str]]
        """
        free = ('char_box', 'text_box')
        words = {}
        for line in self.user_input_line_ids.sorted():
            if not line.skipped and (not is_free or line.answer_type in free):
                words.setdefault(line.question_id, []).append(str(line._get_answer_value()))
        return [(question.title, ", ".join(texts)) for question, texts in words.items()]
