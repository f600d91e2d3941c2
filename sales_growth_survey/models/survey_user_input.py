import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools.mail import email_normalize

from odoo.addons.sales_growth.models.growth_customer import SHARE_GROUP

_logger = logging.getLogger(__name__)
# How it stands with an answer is for the page of the survey to say.
UNANSWERED = {'state': 'new', 'start_datetime': False, 'end_datetime': False}


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
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._add_missing_default_values(vals) for vals in vals_list]
            self._growth_check_links(vals_list)
            vals_list = self._growth_prepare_invitations(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._growth_check_links([vals])
        return super().write(vals)

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _mark_done(self):
        result = super()._mark_done()
        # Who answers is a stranger to the company's records.
        for answered in self.sudo():
            answered._growth_take_over_safely()
        return result

    # ------------------------------------------------------------
    # BUSINESS: INVITATIONS
    # ------------------------------------------------------------

    @api.model
    def _growth_check_links(self, vals_list):
        """
        :param list[dict] vals_list: to write
        :raise AccessError: when answers would count for a company or a case that is not the user's
        """
        for fname, operation in (('growth_company_id', 'read'), ('growth_case_id', 'write')):
            if linked := {vals[fname] for vals in vals_list if vals.get(fname)}:
                self.env[self._fields[fname].comodel_name].browse(linked).check_access(operation)

    @api.model
    def _growth_prepare_invitations(self, vals_list):
        """Values of new invitations: of salespeople, who see nothing of surveys but those for their
        customers, they are only this.

        :param list[dict] vals_list: with defaults
        :rtype: list[dict]
        :raise AccessError: when somebody else's customers are asked
        """
        if self.env.user.has_group('survey.group_survey_user'):
            return vals_list
        Survey = self.env['survey.survey'].sudo()
        company = {'growth_company_id': self.env.company.id}
        prepared, asked = [], {}
        for vals in vals_list:
            if Survey.browse(vals.get('survey_id')).growth_is_churn:
                given = {fname: value for fname, value in vals.items() if value}
                vals = {**company, **given, **UNANSWERED}
                contact = self._growth_find_contact(vals.get('partner_id'), vals.get('email'))
                asked.setdefault(vals['growth_company_id'], contact.browse())
                asked[vals['growth_company_id']] |= contact.commercial_partner_id
            prepared.append(vals)
        for company_id, customers in asked.items():
            self._growth_check_customers(company_id, customers)
        return prepared

    @api.model
    def _growth_check_customers(self, company_id, partners):
        """
        :param int company_id: that asks
        :param res.partner partners: customers who are asked
        :raise AccessError: when some of them are somebody else's
        """
        domain = [('company_id', '=', company_id), ('partner_id', 'in', partners.ids)]
        known = self.env['growth.customer'].sudo().search(domain)
        own = known.with_env(self.env)._filtered_access('read').sudo().partner_id
        # Whoever has the case asks, even when the customer moved on since.
        own |= self.env['growth.churn.case'].search(domain).sudo().partner_id
        others = known.partner_id - own
        if not self.env.user.has_group(SHARE_GROUP):
            others |= (partners - known.partner_id).filtered(
                lambda partner: partner.user_id not in (partner.user_id.browse(), self.env.user)
            )
        if others:
            raise AccessError(
                self.env._(
                    "You cannot ask somebody else's customers: %s.",
                    ", ".join(others.mapped('display_name')),
                )
            )

    @api.model
    def _growth_find_contact(self, partner_id, email):
        """The contact who is asked, by the address where nobody is named.

        :rtype: res.partner
        """
        Partner = self.env['res.partner'].sudo()
        if partner_id:
            return Partner.browse(partner_id)
        if address := email_normalize(email or ""):
            return Partner.search([('email_normalized', '=', address)], order='id', limit=1)
        return Partner

    # ------------------------------------------------------------
    # BUSINESS: ANSWERS
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

    def _growth_take_over_safely(self):
        """Take over what was answered. Whatever is wrong with our records, the customer has
        answered."""
        try:
            with self.env.cr.savepoint():
                self._growth_take_over()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("What survey.user_input %s says was not taken over", self.id)

    def _growth_take_over(self):
        """Take over what was answered, once."""
        self.ensure_one()
        questions = self.survey_id.question_ids
        if self.test_entry or not (
            questions.filtered('growth_is_nps') or questions.suggested_answer_ids.growth_reason_id
        ):
            return
        partner = self._growth_get_partner()
        self.growth_company_id = self._growth_get_company(partner)
        if not self.growth_case_id:
            self.growth_case_id = self._growth_find_case(partner)
        self._growth_take_score(partner)
        if self.growth_case_id:
            self._growth_tell_case(partner)

    def _growth_get_company(self, partner):
        return (
            self.growth_company_id
            or self.growth_case_id.company_id
            or partner.company_id
            or self.survey_id.user_id.company_id
            or self.create_uid.company_id
        )

    def _growth_get_partner(self):
        """The contact who answered, none when nobody knows who it was or when it was one of us.

        An address counts where we wrote to it; what is typed into an open survey proves nothing.

        :rtype: res.partner
        """
        self.ensure_one()
        email = self.survey_id.access_mode == 'token' and self.email
        return self._growth_find_contact(self.partner_id.id, email).filtered('partner_share')

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
        # What was archived since is no reason any more.
        options = self.user_input_line_ids.suggested_answer_id.filtered('growth_reason_id.active')
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
