from odoo.addons.sales_growth.tests.common import SalesGrowthCommon


class GrowthSurveyCommon(SalesGrowthCommon):
    """The shipped survey, and a customer of growth_own who is leaving."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env.ref('sales_growth_survey.growth_churn_survey')
        cls.public = cls.env.ref('base.public_user')
        cls.customer = cls._create_customer(
            "Leaving Ltd", user_id=cls.user_own.id, email='info@leaving.example'
        )
        cls.contact = cls.env['res.partner'].create(
            {
                'name': "Ann Buyer",
                'parent_id': cls.customer.id,
                'email': 'ann@leaving.example',
            }
        )
        cls.case = cls._open_case(cls.customer, user_id=cls.user_own.id)

    @classmethod
    def _open_case(cls, partner, company=None, **vals):
        company = company or cls.company
        hub = cls.env['growth.customer'].sudo()._ensure(company, partner)
        return (
            cls.env['growth.churn.case']
            .sudo()
            .create(
                {
                    'company_id': company.id,
                    'customer_id': hub.id,
                    'partner_id': partner.id,
                    'level': 'at_risk',
                    'date': '2026-06-01',
                    **vals,
                }
            )
            .with_env(cls.env)
        )

    @classmethod
    def _reason(cls, name):
        return cls.env.ref(f'sales_growth.growth_churn_reason_{name}')

    @classmethod
    def _question(cls, name):
        return cls.env.ref(f'sales_growth_survey.growth_churn_survey_{name}')

    @classmethod
    def _invited(cls, partner=None, case=None, **vals):
        """An invitation that waits for its answer."""
        return cls.survey._create_answer(
            partner=partner or cls.contact,
            check_attempts=False,
            **{
                'growth_company_id': case and case.company_id.id,
                'growth_case_id': case and case.id,
                **vals,
            },
        )

    def _answer(self, invited, score=None, options=(), words=None, **texts):
        """Answer as the page of the survey does for whoever opens the link.

        :param int score: None skips the question
        :param options: names of what to improve
        :param str words: comment on what to improve
        :param texts: answers to the other questions
        """
        answered = invited.with_user(self.public).sudo()
        answered._mark_in_progress()
        improve = self._question('improve')
        chosen = [str(self._question(f'improve_{name}').id) for name in options]
        answered._save_lines(self._question('nps'), "" if score is None else str(score))
        answered._save_lines(improve, chosen, words)
        for name, text in texts.items():
            answered._save_lines(self._question(name), text)
        answered._mark_done()

    def _scores(self, partner=None):
        return (
            self.env['growth.nps.answer']
            .search(
                [('commercial_partner_id', '=', (partner or self.customer).id)],
                order='id',
            )
            .mapped('score')
        )

    def _notes(self, case=None):
        subtype = self.env.ref('mail.mt_note')
        messages = (case or self.case).message_ids
        return messages.filtered(lambda message: message.subtype_id == subtype and message.body)
