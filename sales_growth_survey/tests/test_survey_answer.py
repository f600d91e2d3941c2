from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common_survey import GrowthSurveyCommon


@tagged('post_install', '-at_install')
class TestSurveyAnswer(GrowthSurveyCommon):
    """What becomes of an answered survey: a score, a reason, and words on the case."""

    @freeze_time('2026-06-20 22:30:00')
    def test_everything_that_was_said_is_kept(self):
        self.company.partner_id.tz = 'Europe/Berlin'
        invited = self._invited(case=self.case)
        self._answer(invited, 3, ['extra', 'service', 'price'], "Call back", liked="The coffee")
        answer = self.customer.env['growth.nps.answer'].search(
            [('survey_user_input_id', '=', invited.id)]
        )
        self.assertRecordValues(
            answer,
            [
                {
                    'company_id': self.company.id,
                    'partner_id': self.contact.id,
                    'commercial_partner_id': self.customer.id,
                    'date': date(2026, 6, 21),
                    'score': 3,
                    'source': 'survey',
                    'user_id': self.user_own.id,
                    'comment': "What did you like? — The coffee\n"
                    "What would you improve? — Call back",
                }
            ],
        )
        self.assertEqual(self._customer(self.customer).nps_answer_id, answer)
        # Of several reasons the first one of the survey.
        self.assertEqual(self.case.reason_id, self._reason('price'))
        note = self._notes()
        self.assertEqual(note.author_id, self.contact)
        self.assertEqual(note.partner_ids, self.user_own.partner_id)
        for words in ("The coffee", "Call back", "Extra services", "The price", "<b>3</b>"):
            self.assertIn(words, note.body)
        self.assertNotIn("What did you not like?", note.body)

    def test_zero_is_an_answer_and_nothing_is_not(self):
        self._answer(self._invited(), 0)
        self.assertEqual(self._scores(), [0])
        self._answer(self._invited(), None, disliked="The wait")
        self.assertEqual(self._scores(), [0])
        self.assertIn("The wait", self._notes()[0].body)

    def test_what_is_written_is_no_markup(self):
        self._answer(self._invited(case=self.case), 5, disliked="<img src=x onerror=alert(1)>")
        self.assertNotIn("<img", self._notes().body)
        self.assertIn("&lt;img", self._notes().body)

    def test_a_second_submission_makes_no_second_answer(self):
        invited = self._invited()
        self._answer(invited, 9)
        invited._mark_done()
        self.assertEqual(self._scores(), [9])

    def test_the_open_case_of_the_customer_is_found(self):
        self._answer(self._invited(), 4, ['service'])
        self.assertEqual(self.case.survey_input_count, 1)
        self.assertEqual(self.case.reason_id, self._reason('service'))

    def test_a_known_reason_stays(self):
        self.case.sudo().reason_id = self._reason('moved')
        self._answer(self._invited(case=self.case), 4, ['service'])
        self.assertEqual(self.case.reason_id, self._reason('moved'))
        self.assertIn("The service of the managers", self._notes().body)

    def test_a_closed_case_gets_the_words_alone(self):
        invited = self._invited(case=self.case)
        self.case.sudo().write({'state': 'over'})
        self._answer(invited, 8, ['service'])
        self.assertFalse(self.case.reason_id)
        self.assertEqual(len(self._notes()), 1)

    def test_without_a_case_the_score_counts(self):
        loose = self._create_customer("No Case", email='no@case.example')
        self._answer(self._invited(loose, growth_company_id=self.company.id), 10, ['price'])
        self.assertEqual(self._scores(loose), [10])

    def test_options_without_a_reason_give_none(self):
        self._answer(self._invited(case=self.case), 8, ['range', 'extra'])
        self.assertFalse(self.case.reason_id)

    def test_an_archived_reason_is_none(self):
        self._reason('price').active = False
        self._answer(self._invited(case=self.case), 3, ['price'])
        self.assertEqual(self._scores(), [3])
        self.assertFalse(self.case.reason_id)
        self.assertIn("The price", self._notes().body)
        self._answer(self._invited(case=self.case), 3, ['price', 'service'])
        self.assertEqual(self.case.reason_id, self._reason('service'))

    def test_tests_of_the_survey_do_not_count(self):
        self._answer(self._invited(case=self.case, test_entry=True), 1, ['price'])
        self.assertFalse(self._scores())
        self.assertFalse(self.case.reason_id)
        self.assertFalse(self._notes())

    def test_nobody_is_nobody_s_customer(self):
        count = self.env['growth.nps.answer'].search_count([])
        self.survey.access_mode = 'public'
        for email in (False, 'ann@leaving.example', 'stranger@nowhere.example'):
            answered = self.survey._create_answer(user=self.public, email=email)
            self._answer(answered, 1, ['price'])
        self.assertEqual(self.env['growth.nps.answer'].search_count([]), count)
        self.assertFalse(self.case.reason_id)
        self.assertFalse(self._notes())

    def test_an_address_we_wrote_to_is_its_contact(self):
        self._answer(self.survey._create_answer(email='Ann <ANN@leaving.example>'), 7)
        self.assertEqual(self._scores(), [7])

    def test_our_own_people_are_no_customers(self):
        self._answer(self._invited(self.user_all.partner_id), 10)
        self.assertFalse(self._scores(self.user_all.partner_id.commercial_partner_id))

    def test_company_of_the_case_else_of_who_made_the_survey(self):
        other = self._create_company("Second Company")
        self.env.user.company_ids = [Command.link(other.id)]
        case = self._open_case(self.customer, other)
        self._answer(self._invited(case=case), 2)
        officer = self._create_user('growth_officer', 'base.group_user,survey.group_survey_user')
        self.survey.user_id = officer
        self._answer(self._invited(), 6)
        officer.write({'company_ids': [Command.link(other.id)], 'company_id': other.id})
        self._answer(self._invited(), 9)
        answers = self.env['growth.nps.answer'].search(
            [('partner_id', '=', self.contact.id)], order='id'
        )
        self.assertEqual(answers.mapped('score'), [2, 6, 9])
        self.assertEqual([answer.company_id for answer in answers], [other, self.company, other])

    def test_a_contact_of_one_company_answers_that_one(self):
        other = self._create_company("Second Company")
        self.env.user.company_ids = [Command.link(other.id)]
        theirs = self._create_customer("Theirs", company_id=other.id, email='a@theirs.example')
        invited = self._invited(theirs)
        self._answer(invited, 2)
        self.assertEqual(invited.growth_company_id, other)
        answers = self.env['growth.nps.answer'].search([('partner_id', '=', theirs.id)])
        self.assertRecordValues(answers, [{'score': 2, 'company_id': other.id}])

    def test_nothing_of_ours_stops_a_customer(self):
        other = self._create_company("Second Company")
        theirs = self._create_customer("Theirs", company_id=other.id)
        invited = self._invited(theirs, growth_company_id=self.company.id)
        with self.assertLogs('odoo.addons.sales_growth_survey', 'ERROR') as logs:
            self._answer(invited, 2)
        self.assertIn(f"survey.user_input {invited.id} ", logs.output[0])
        self.assertEqual(invited.state, 'done')
        self.assertFalse(self._scores(theirs))
        self._answer(self._invited(), 9)
        self.assertEqual(self._scores(), [9])

    def test_other_surveys_are_left_alone(self):
        survey = self.env['survey.survey'].create(
            {
                'title': "Team Lunch",
                'question_and_page_ids': [
                    Command.create({'title': "How was it?", 'question_type': 'scale'})
                ],
            }
        )
        answered = survey._create_answer(partner=self.contact)
        answered._save_lines(survey.question_ids, '2')
        answered._mark_done()
        self.assertFalse(self._scores())
        self.assertFalse(answered.growth_company_id)
        self.assertFalse(self._notes())
