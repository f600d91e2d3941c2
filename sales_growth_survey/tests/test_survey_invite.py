from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common_survey import GrowthSurveyCommon


@tagged('post_install', '-at_install')
class TestSurveyInvite(GrowthSurveyCommon):
    """Sending the survey by Odoo's own dialogue, with the rights of a salesperson."""

    def _wizard(self, records, user=None):
        action = records.with_user(user or self.user_own).action_send_survey()
        self.assertEqual(action['res_model'], 'survey.invite')
        return Form(
            self.env['survey.invite']
            .with_user(user or self.user_own)
            .with_context(**action['context'])
        )

    def _send(self, records, user=None):
        before = self._inputs()
        mails = self.env['mail.mail'].sudo().search([])
        self._wizard(records, user).save().action_invite()
        sent = self.env['mail.mail'].sudo().search([]) - mails
        return self._inputs() - before, sent

    def _inputs(self):
        return self.env['survey.user_input'].sudo().search([('survey_id', '=', self.survey.id)])

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def test_from_a_case(self):
        invited, sent = self._send(self.case)
        self.assertRecordValues(
            invited,
            [
                {
                    'partner_id': self.customer.id,
                    'growth_case_id': self.case.id,
                    'growth_company_id': self.company.id,
                    'state': 'new',
                    'test_entry': False,
                }
            ],
        )
        self.assertEqual(sent.recipient_ids, self.customer)
        self.assertIn(invited.access_token, sent.body_html)
        self.assertEqual(self.case.with_user(self.user_own).survey_input_count, 1)
        action = self.case.with_user(self.user_own).action_view_survey_inputs()
        found = self.env[action['res_model']].with_user(self.user_own).search(action['domain'])
        self.assertEqual(found, invited)

    def test_for_a_list(self):
        second = self._create_customer("Second", user_id=self.user_own.id, email='a@b.example')
        cases = self.case | self._open_case(second, user_id=self.user_own.id)
        invited, sent = self._send(cases)
        self.assertEqual(len(sent), 2)
        self.assertEqual(
            {answer.partner_id: answer.growth_case_id for answer in invited},
            {self.customer: self.case, second: cases - self.case},
        )

    def test_for_customers_with_and_without_a_case(self):
        loose = self._create_customer("No Case", user_id=self.user_own.id, email='no@case.example')
        hub = self.env['growth.customer'].sudo()._ensure(self.company, loose)
        invited, _sent = self._send((self.case.customer_id | hub).with_env(self.env))
        self.assertEqual(
            {answer.partner_id: answer.growth_case_id for answer in invited},
            {self.customer: self.case, loose: self.env['growth.churn.case']},
        )
        self.assertEqual(invited.growth_company_id, self.company)

    def test_for_a_case_whose_customer_moved_on(self):
        self.case.customer_id.sudo().farmer_id = self.user_all
        self.customer.user_id = self.user_all
        self.env.flush_all()
        self.env.invalidate_all()
        case = self.case.with_user(self.user_own)
        self.assertFalse(case.customer_id.has_access('read'))
        invited, sent = self._send(case)
        self.assertEqual(invited.growth_case_id, self.case)
        self.assertEqual(invited.growth_company_id, self.company)
        self.assertEqual(sent.recipient_ids, self.customer)
        again, _sent = self._send(case)
        self.assertFalse(again)

    # ------------------------------------------------------------
    # WHOM
    # ------------------------------------------------------------

    def _contacts(self):
        Survey = self.env['survey.survey'].with_user(self.user_all)
        return Survey._growth_get_contacts(self.customer, self.company)

    def test_who_ordered_last_is_asked(self):
        other = self.contact.copy({'name': "Bob", 'email': 'bob@leaving.example'})
        self.assertEqual(self._contacts(), self.customer)
        self._create_order(self.contact, 10, '2026-02-01 12:00:00')
        self._create_order(other, 10, '2026-01-01 12:00:00')
        self.assertEqual(self._contacts(), self.contact)
        other.parent_id = self._create_customer("New Employer")
        self._create_order(other, 10, '2026-03-01 12:00:00')
        self.assertEqual(self._contacts(), self.contact)
        newcomer = self.contact.copy({'name': "Cid", 'parent_id': other.parent_id.id})
        self._create_order(newcomer, 10, '2026-04-01 12:00:00')
        newcomer.parent_id = self.customer
        self.assertEqual(self._contacts(), self.contact)
        self.contact.email = False
        self.assertEqual(self._contacts(), self.customer)

    def test_who_wants_no_emails_gets_none(self):
        self.customer.email = False
        self.assertEqual(self._contacts(), self.contact)
        self.env['mail.blacklist'].sudo()._add(self.contact.email)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Nobody to ask.*Leaving Ltd"):
            self.case.with_user(self.user_own).action_send_survey()
        self.customer.email = 'info@leaving.example'
        self.assertEqual(self._contacts(), self.customer)
        self.customer.growth_no_contact = True
        self.assertFalse(self._contacts())

    def test_those_who_cannot_be_asked_are_named(self):
        mute = self._create_customer("Mute", user_id=self.user_own.id)
        wizard = self._wizard(self.case | self._open_case(mute, user_id=self.user_own.id))
        self.assertEqual(wizard.growth_left_out, "Mute")
        self.assertEqual(wizard.partner_ids[:], self.customer)

    def test_one_company_at_a_time(self):
        other = self._create_company("Second Company")
        self.user_all.company_ids = [Command.link(other.id)]
        cases = self.case | self._open_case(self.customer, other)
        with self.assertRaisesRegex(UserError, "one company"):
            cases.with_user(self.user_all).with_context(
                allowed_company_ids=(self.company | other).ids
            ).action_send_survey()

    def test_without_a_survey(self):
        self.survey.growth_is_churn = False
        with self.assertRaisesRegex(UserError, "no survey to send"):
            self.case.with_user(self.user_own).action_send_survey()

    # ------------------------------------------------------------
    # AGAIN
    # ------------------------------------------------------------

    def test_an_open_invitation_is_sent_again(self):
        invited, _sent = self._send(self.case)
        again, sent = self._send(self.case)
        self.assertFalse(again)
        self.assertIn(invited.access_token, sent.body_html)

    def test_who_answered_is_asked_anew(self):
        invited, _sent = self._send(self.case)
        self._answer(invited, 3)
        wizard = self._wizard(self.case)
        self.assertFalse(wizard.existing_partner_ids[:])
        again, sent = self._send(self.case)
        self.assertEqual(len(again), 1)
        self.assertIn(again.access_token, sent.body_html)
        self._answer(again, 8)
        self.assertEqual(self._scores(), [3, 8])

    def test_an_invitation_of_an_episode_before_is_not_this_one_s(self):
        old, _sent = self._send(self.case)
        self.case.sudo().state = 'over'
        self.env.flush_all()
        case = self._open_case(self.customer, user_id=self.user_own.id)
        new, _sent = self._send(case)
        self.assertEqual((old.growth_case_id, new.growth_case_id), (self.case, case))

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def test_salespeople_see_no_other_survey(self):
        other = self.survey.copy({'title': "Staff"})
        private = other._create_answer(partner=self.contact)
        for user in (self.user_own, self.user_all, self.user_admin):
            found = self.env['survey.survey'].with_user(user).search([])
            self.assertIn(self.survey, found)
            self.assertNotIn(other, found)
            for record in (other.question_ids[0], private):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(['display_name'])
            with self.assertRaises(AccessError):
                self.survey.with_user(user).title = "Mine"

    def test_answers_are_for_whose_customer_it_is(self):
        foreign = self._create_customer("Not Mine", user_id=self.user_all.id)
        theirs = self._invited(foreign, case=self._open_case(foreign, user_id=self.user_all.id))
        mine = self._invited(case=self.case)
        for answered in (theirs, mine):
            self._answer(answered, 5, ['price'])
        Input = self.env['survey.user_input']
        both = theirs | mine
        for user, seen in (
            (self.user_own, mine),
            (self.user_all, both),
            (self.user_admin, both),
        ):
            found = Input.with_user(user).search([('id', 'in', both.ids)])
            self.assertEqual(found, seen)
            lines = found.user_input_line_ids.with_user(user)
            self.assertTrue(lines.mapped('display_name'))
            self.assertEqual(lines.user_input_id, seen)
            with self.assertRaises(AccessError):
                found[:1].write({'nickname': "Forged"})
        with self.assertRaises(AccessError):
            theirs.user_input_line_ids.with_user(self.user_own).read(['value_scale'])

    def test_a_case_of_others_is_not_sent_for(self):
        foreign = self._create_customer("Not Mine", user_id=self.user_all.id, email='x@y.example')
        case = self._open_case(foreign, user_id=self.user_all.id, salesperson_id=self.user_all.id)
        with self.assertRaises(AccessError):
            case.with_user(self.user_own).action_send_survey()

    def test_whose_answer_it_is_cannot_be_claimed(self):
        foreign = self._create_customer("Not Mine", user_id=self.user_all.id, email='x@y.example')
        case = self._open_case(foreign, user_id=self.user_all.id, salesperson_id=self.user_all.id)
        Input = self.env['survey.user_input'].with_user(self.user_own)
        survey = {'survey_id': self.survey.id, 'growth_company_id': self.company.id}
        mine = {**survey, 'partner_id': self.customer.id}
        other = self._create_company("Second Company")
        for vals in (
            {**mine, 'growth_case_id': case.id},
            {**mine, 'growth_company_id': other.id},
            {**survey, 'partner_id': foreign.id},
            {**survey, 'email': 'Not Mine <X@y.example>'},
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                Input.create(vals)
            with self.subTest(defaults=vals), self.assertRaises(AccessError):
                context = {f'default_{fname}': value for fname, value in vals.items()}
                Input.with_context(**context).create({})
        with self.assertRaisesRegex(AccessError, "somebody else's customers: Not Mine"):
            Input.create({**survey, 'partner_id': foreign.id})
        forged = Input.create(
            {
                **mine,
                'growth_case_id': self.case.id,
                'state': 'done',
                'end_datetime': '2026-06-01',
            }
        )
        self.assertRecordValues(
            forged.sudo(),
            [
                {
                    'state': 'new',
                    'end_datetime': False,
                    'growth_case_id': self.case.id,
                    'growth_company_id': self.company.id,
                }
            ],
        )
        forged = Input.with_context(default_state='done').create(
            {'survey_id': self.survey.id, 'email': 'stranger@nowhere.example'}
        )
        self.assertRecordValues(
            forged.sudo(), [{'state': 'new', 'growth_company_id': self.company.id}]
        )
        prospect = self._create_customer("Not Yet Mine", user_id=self.user_all.id)
        with self.assertRaisesRegex(AccessError, "somebody else's customers: Not Yet Mine"):
            Input.create({**survey, 'partner_id': prospect.id})
        Input.with_user(self.user_all).create({**survey, 'partner_id': prospect.id})

    def test_officers_who_sell_claim_no_case_either(self):
        both = self._create_user(
            'growth_both', 'survey.group_survey_user,sales_team.group_sale_salesman'
        )
        foreign = self._create_customer("Not Mine", user_id=self.user_all.id)
        case = self._open_case(foreign, user_id=self.user_all.id, salesperson_id=self.user_all.id)
        Input = self.env['survey.user_input'].with_user(both)
        invited = Input.create({'survey_id': self.survey.id, 'partner_id': foreign.id})
        with self.assertRaises(AccessError):
            invited.growth_case_id = case
        with self.assertRaises(AccessError):
            Input.create({'survey_id': self.survey.id, 'growth_case_id': case.id})

    def test_a_body_with_code_is_not_for_salespeople(self):
        wizard = self._wizard(self.case)
        wizard.subject = "{{ object.env.user.login }} {{ 7 * 6 }}"
        with self.assertRaises(AccessError):
            wizard.save().action_invite()

    def test_other_invitations_stay_as_they_are(self):
        officer = self._create_user('growth_officer', 'base.group_user,survey.group_survey_user')
        wizard = Form(
            self.env['survey.invite']
            .with_user(officer)
            .with_context(**self.survey.with_user(officer).action_send_survey()['context'])
        )
        wizard.partner_ids.add(self.contact)
        wizard.save().action_invite()
        invited = self._inputs().filtered(lambda answer: answer.partner_id == self.contact)
        self.assertEqual(len(invited), 1)
        self.assertFalse(invited.growth_case_id)
        self.assertFalse(invited.growth_company_id)
