from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_churn import TODAY, ChurnCommon

# By number of attempts, of one method with two steps: what grows is Odoo's tracking of the status
# and the decision, which writes row by row.
START_QUERIES = {10: 92, 50: 152}


@tagged('post_install', '-at_install')
class TestWinback(ChurnCommon):
    """How attempts to win customers back begin and end, who makes them, and how many a week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({'growth_metric': 'profit', 'growth_winback_cap': 5})
        cls.customer = cls._create_customer("Leaver")
        cls.case = cls._create_case(cls.customer)

    # ------------------------------------------------------------
    # ONE
    # ------------------------------------------------------------

    def test_the_dialogue_starts_from_the_suggestion(self):
        self.guarantee.cost = 12
        wizard = Form(self._open_start(self.case))
        self.assertEqual(wizard.method_id, self.guarantee.with_env(wizard.method_id.env))
        self.assertEqual(wizard.user_id.login, 'growth_head', "Of the team, as the method says.")
        self.assertEqual(wizard.cost, 12)
        self.assertEqual(wizard.date, TODAY)
        self.assertIn("Personal guarantee of the head", wizard.suggestion)
        wizard.method_id = self.gift
        self.assertEqual(wizard.user_id.login, 'growth_own')
        self.assertEqual(wizard.cost, 0)
        with self.assertRaises(AssertionError):
            wizard.save()
        wizard.why = 'frequency'
        wizard.note = "Chocolate, not wine"
        wizard.save().action_start()
        self.assertRecordValues(
            self.case,
            [
                {
                    'state': 'working',
                    'decision': 'win_back',
                    'why': 'frequency',
                    'decided_by_id': self.user_own.id,
                    'method_id': self.gift.id,
                    'attempt_count': 1,
                }
            ],
        )
        self.assertRecordValues(
            self._attempts(self.case),
            [
                {
                    'method_id': self.gift.id,
                    'user_id': self.user_own.id,
                    'company_id': self.company.id,
                    'date': TODAY,
                    'cost': 0,
                    'note': "Chocolate, not wine",
                    'result': 'open',
                }
            ],
        )

    def test_a_decision_taken_before_stays(self):
        self.case.write({'decision': 'win_back', 'why': 'reputation'})
        wizard = Form(self._open_start(self.case))
        self.assertFalse(wizard.needs_why)
        wizard.save().action_start()
        self.assertEqual(self.case.why, 'reputation')

    def test_the_steps_are_planned(self):
        self._start(self.case, method_id=self.meeting.id)
        self.assertEqual(
            self._steps(self.case),
            [
                ("Call to agree on a date", self.user_own, '2026-06-03'),
                ("Meet the customer", self.user_own, '2026-06-10'),
                ("Send the minutes", self.user_own, '2026-06-11'),
            ],
        )
        self.assertIn("A personal meeting, by", self._bodies(self.case))

    def test_the_steps_begin_on_the_chosen_day_and_name_their_own_people(self):
        plan = self.env['mail.activity.plan'].create(
            {
                'name': "Visit",
                'res_model': 'growth.churn.case',
                'company_id': self.company.id,
                'template_ids': [
                    Command.create({'summary': "Call first", 'sequence': 1}),
                    Command.create(
                        {
                            'summary': "Prepare the samples",
                            'sequence': 2,
                            'responsible_type': 'other',
                            'responsible_id': self.user_peer.id,
                            'delay_count': 2,
                            'delay_from': 'before_plan_date',
                        }
                    ),
                ],
            }
        )
        method = self.env['growth.winback.method'].create(
            {
                'name': "Visit",
                'company_id': self.company.id,
                'plan_id': plan.id,
                'performer': 'user',
                'performer_id': self.user_all.id,
            }
        )
        self._start(self.case, method_id=method.id, date='2026-06-12')
        self.assertEqual(self._attempts(self.case).user_id, self.user_all)
        activities = self.case.activity_ids.sorted('id')
        self.assertEqual(
            [
                (activity.summary, activity.user_id, str(activity.date_deadline))
                for activity in activities
            ],
            [
                ("Call first", self.user_all, '2026-06-12'),
                ("Prepare the samples", self.user_peer, '2026-06-10'),
            ],
        )

    def test_steps_are_read_in_the_language_of_who_takes_them(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_own.lang = 'fr_FR'
        agree = self.env.ref('sales_growth.mail_activity_type_winback_agree')
        agree.with_context(lang='fr_FR').write(
            {'summary': "Appeler", 'default_note': "<p>Seulement la date</p>"}
        )
        self._start(self.case, user=self.user_all, method_id=self.meeting.id)
        step = self.case.activity_ids.sorted('id')[0]
        self.assertEqual(step.summary, "Appeler")
        self.assertIn("Seulement la date", step.note)

    def test_every_shipped_method_has_its_steps(self):
        for method in (
            self.guarantee,
            self.gift,
            self.offer,
            self.products,
            self.video,
            self.meeting,
        ):
            case = self._create_case()
            self._start(case, method_id=method.id, user_id=self.user_peer.id, cost=0)
            self.assertEqual(self.env.company, self.company)
            self.assertEqual(case.activity_ids.user_id, self.user_peer)
            self.assertEqual(len(case.activity_ids), len(method.plan_id.template_ids))
            self.assertGreaterEqual(len(case.activity_ids), 2)
            self.assertFalse(method.plan_id.company_id)
            self.company.growth_winback_cap = 0

    def test_who_has_left_is_replaced(self):
        self.user_head.active = False
        self.assertEqual(self.guarantee._get_performer(self.case), self.user_own)
        self.case.sudo().user_id = self.user_peer
        self.assertEqual(self.guarantee._get_performer(self.case), self.user_peer)
        (self.user_peer | self.user_own).active = False
        admin = self.guarantee.with_user(self.user_admin)
        self.assertEqual(admin._get_performer(self.case), self.user_admin)

    def test_who_starts_owns_what_nobody_has(self):
        case = self._create_case(user_id=False, salesperson_id=False, team_id=False)
        self._start(case, user=self.user_peer)
        self.assertEqual(case.user_id, self.user_peer)
        self.assertEqual(self._attempts(case).user_id, self.user_peer)

    def test_only_who_may_write_the_case_starts(self):
        case = self._create_case(team_id=False)
        with self.assertRaises(AccessError):
            self._open_start(case, self.user_peer)
        wizard = self.env['growth.winback.start'].with_user(self.user_peer)
        with self.assertRaises(AccessError):
            wizard.create(
                {'case_ids': case.ids, 'method_id': self.gift.id, 'why': 'size'}
            ).action_start()
        self.assertFalse(self._attempts(case))

    def test_not_twice_at_once(self):
        self._start(self.case)
        for do in (self._start, self._open_start):
            with self.assertRaisesRegex(UserError, "under way already: Leaver: Personal"):
                do(self.case)
        with self.assertRaisesRegex(UserError, "under way already"):
            self._as(self.case, self.user_own)._start_attempts(TODAY, method=self.gift)

    def test_not_what_was_decided_against(self):
        self.case.write({'decision': 'leave', 'why': 'size'})
        with self.assertRaisesRegex(UserError, "decided not to win .*Leaver"):
            self._start(self.case)

    def test_not_who_is_not_to_be_contacted(self):
        self.assertEqual(self.case.proposal, 'win_back')
        self.customer.growth_no_contact = True
        message = "not to be contacted.*Leaver"
        for do in (self._start, self._open_start):
            with self.assertRaisesRegex(UserError, message):
                do(self.case)
        wizard = self.env['growth.winback.start'].with_user(self.user_own)
        with self.assertRaisesRegex(UserError, message):
            wizard.create(
                {'case_ids': self.case.ids, 'method_id': self.gift.id, 'why': 'size'}
            ).action_start()
        self.assertFalse(self._attempts(self.case))
        self.customer.write({'growth_no_contact': False, 'email': 'leaver@example.com'})
        self.env['mail.blacklist'].sudo()._add('leaver@example.com')
        with self.assertRaisesRegex(UserError, message):
            self._start(self.case)
        self.env['mail.blacklist'].sudo()._remove('leaver@example.com')
        self._start(self.case)

    def test_not_a_closed_case(self):
        self.case._close('lost')
        with self.assertRaisesRegex(UserError, "Lost for Good"):
            self._start(self.case)

    def test_not_before_today(self):
        with self.assertRaisesRegex(ValidationError, "06/03/2026"):
            self._start(self.case, date='2026-06-02')
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-06-03 20:00:00')
        with self.assertRaisesRegex(ValidationError, "06/04/2026"):
            self._start(self.case, date='2026-06-03')
        self._start(self.case)
        self.assertEqual(str(self._attempts(self.case).date), '2026-06-04')

    def test_only_people_of_the_company_try(self):
        other = self._create_company("Other Growth Company")
        self.user_peer.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        error = self.assertRaisesRegex(UserError, "growth_peer.* belongs to another company")
        with error, self.cr.savepoint():
            self._start(self.case, user_id=self.user_peer.id)
        self.env.invalidate_all()
        self.assertFalse(self._attempts(self.case))

    def test_no_negative_cost(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError):
            self.gift.cost = -1
            self.env.flush_all()
        with self.assertRaisesRegex(ValidationError, "cannot cost less than zero"):
            self._start(self.case, cost=-1)

    # ------------------------------------------------------------
    # SEVERAL
    # ------------------------------------------------------------

    def test_several_begin_by_what_pays_within_the_cap(self):
        self.company.growth_winback_cap = 3
        cases = self._create_cases(5)
        cases[4].sudo().method_id = self.meeting
        self.guarantee.sudo().performer = 'owner'
        action = self._start(cases)
        started = self._attempts(cases).case_id
        self.assertEqual(started, cases[:3])
        self.assertEqual(started.mapped('state'), ['working'] * 3)
        self.assertEqual(cases[3:].mapped('state'), ['new'] * 2)
        self.assertEqual(cases.mapped('decision'), ['win_back'] * 3 + [False] * 2)
        self.assertIn("begun: 3. Waiting on the list: 2 ", action['params']['message'])
        self.assertEqual(action['params']['type'], 'warning')
        with self.assertRaisesRegex(UserError, "growth_own .* begins 3 .*06/01/2026.*06/08/2026"):
            self._start(cases[3:])
        self._go_to('2026-06-08')
        action = self._start(cases)
        self.assertEqual(action['params']['type'], 'success')
        self.assertEqual(self._attempts(cases).method_id, self.guarantee | self.meeting)

    def test_several_by_the_suggested_method_of_each(self):
        for reason, works, fails in (
            (self.price, self.offer, self.video),
            (self.service, self.video, self.offer),
        ):
            self._try(works, won=5, closed=5, reason_id=reason.id)
            self._try(fails, won=0, closed=5, reason_id=reason.id)
        dear = self._create_case(reason_id=self.price.id, tier='second')
        rude = self._create_case(reason_id=self.service.id, tier='low')
        self._start(dear | rude)
        self.assertEqual(self._attempts(dear).method_id, self.offer)
        self.assertEqual(self._attempts(rude).method_id, self.video)

    def test_several_by_one_method(self):
        cases = self._create_cases(3)
        self.gift.cost = 7
        self._start(cases, method_id=self.gift.id, note="Calendar")
        self.assertEqual(
            self._attempts(cases).mapped(lambda a: (a.method_id, a.cost, a.note)),
            [(self.gift, 7, "Calendar")] * 3,
        )
        self.assertEqual(cases.mapped('cost'), [7] * 3)

    def test_several_skip_what_is_under_way(self):
        cases = self._create_cases(3)
        self._start(cases[0])
        self._start(cases)
        self.assertEqual(len(self._attempts(cases)), 3)

    def test_several_leave_out_who_is_not_to_be_won_back(self):
        cases = self._create_cases(4)
        cases[0].partner_id.growth_no_contact = True
        cases[1].sudo().write({'decision': 'leave', 'why': 'size'})
        wizard = Form(self._open_start(cases))
        self.assertEqual(wizard.case_count, 2)
        self.assertEqual(wizard.left_out, "Leaver 000, Leaver 001")
        wizard.why = 'size'
        wizard = wizard.save()
        cases[2].partner_id.growth_no_contact = True
        action = wizard.action_start()
        self.assertEqual(self._attempts(cases).case_id, cases[3])
        message = action['params']['message']
        self.assertIn("begun: 1.", message)
        self.assertIn("not to be won back: Leaver 002", message)
        self.assertEqual(action['params']['type'], 'warning')
        with self.assertRaisesRegex(UserError, "not to be contacted.*Leaver 000, Leaver 002"):
            self._open_start(cases[0] | cases[2])

    def test_the_cap_is_of_each_person(self):
        self.company.growth_winback_cap = 1
        peers = self._create_case(user_id=self.user_peer.id)
        self.gift.performer = 'owner'
        self._start(self.case | peers, user=self.user_all, method_id=self.gift.id)
        self.assertEqual(self._attempts(self.case | peers).user_id, self.user_own | self.user_peer)

    def test_the_cap_is_of_each_company(self):
        self.company.growth_winback_cap = 1
        other = self._create_company("Other Growth Company")
        other.growth_winback_cap = 1
        self.user_own.company_ids |= other
        theirs = self._create_case(company=other, team_id=False)
        companies = (self.company | other).ids
        self._start(self.case, method_id=self.gift.id)
        user = self._as(theirs, self.user_own).with_context(allowed_company_ids=companies)
        user.write({'decision': 'win_back', 'why': 'size'})
        user._start_attempts(TODAY, method=self.gift)
        self.assertEqual(self._attempts(theirs).company_id, other)

    def test_the_week_is_the_iso_week_of_the_company(self):
        self.company.growth_winback_cap = 1
        cases = self._create_cases(3)
        self._go_to('2026-06-07 18:00:00')
        self._start(cases[0], method_id=self.gift.id)
        with self.assertRaisesRegex(UserError, "06/01/2026.*06/08/2026"):
            self._start(cases[1], method_id=self.gift.id)
        # Monday begins earlier in the east.
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._start(cases[1], method_id=self.gift.id)
        self.assertEqual(str(self._attempts(cases[1]).date), '2026-06-08')
        self._start(cases[2], method_id=self.gift.id, date='2026-06-15')

    def test_the_next_week_with_room_is_named(self):
        self.company.growth_winback_cap = 1
        cases = self._create_cases(4)
        for case, day in zip(cases, ('2026-06-03', '2026-06-10', '2026-06-24'), strict=False):
            self._start(case, method_id=self.gift.id, date=day)
        with self.assertRaisesRegex(UserError, "room from 06/15/2026"):
            self._start(cases[3], method_id=self.gift.id)

    def test_without_a_cap(self):
        self.company.growth_winback_cap = 0
        cases = self._create_cases(12)
        self._start(cases, method_id=self.gift.id)
        self.assertEqual(len(self._attempts(cases)), 12)

    def test_no_method_left(self):
        self.env['growth.winback.method'].search([]).action_archive()
        with self.assertRaisesRegex(UserError, "no method to suggest"):
            self._start(self.case | self._create_case())

    def test_queries_do_not_grow_with_the_attempts(self):
        self.company.growth_winback_cap = 0
        for number, queries in START_QUERIES.items():
            cases = self._create_cases(number)
            wizard = self._open_start(cases).create({'why': 'size', 'method_id': self.gift.id})
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(number=number), self.assertQueryCount(queries):
                wizard.action_start()
                self.env.flush_all()
            self.assertEqual(len(self._attempts(cases)), number)
            self.assertEqual(len(cases.activity_ids), 2 * number)

    # ------------------------------------------------------------
    # THE END
    # ------------------------------------------------------------

    def _fail(self, record, user=None, note="They stay with the other supplier"):
        action = (
            self._as(record, user or self.user_own).action_fail()
            if record._name == 'growth.winback.attempt'
            else self._as(record, user or self.user_own).action_fail_attempt()
        )
        return (
            self.env[action['res_model']]
            .with_user(user or self.user_own)
            .with_context(**action['context'])
            .create({'note': note})
            .action_fail()
        )

    def test_a_failed_attempt_leaves_the_case_for_the_next(self):
        self._start(self.case, method_id=self.meeting.id)
        own = self._as(self.case, self.user_own).activity_schedule(
            'mail.mail_activity_data_todo', summary="Mine", automated=False
        )
        with self.assertRaisesRegex(UserError, "Say what came of it"):
            self._fail(self.case, note=" ")
        self._fail(self.case)
        self.assertRecordValues(
            self._attempts(self.case),
            [
                {
                    'result': 'failed',
                    'result_note': "They stay with the other supplier",
                    'closed_date': TODAY,
                }
            ],
        )
        self.assertEqual(
            self.case.activity_ids, own.with_env(self.env), "What people planned stays."
        )
        self.assertEqual(self.case.state, 'working')
        self.assertIn("stay with the other supplier", self._bodies(self.case))
        with self.assertRaisesRegex(UserError, "known already"):
            self._attempts(self.case).with_user(self.user_own).action_fail()
        self._start(self.case, method_id=self.gift.id)
        self.assertEqual(self.case.attempt_count, 2)

    def test_the_attempt_under_way_wins(self):
        self._start(self.case, method_id=self.meeting.id)
        self._fail(self.case)
        self._start(self.case, method_id=self.gift.id)
        self.case._close('won', TODAY)
        self.assertEqual(self._attempts(self.case).mapped('result'), ['failed', 'won'])
        self.assertFalse(self.case.activity_ids)

    def test_the_last_attempt_wins_when_none_is_under_way(self):
        self._start(self.case, method_id=self.meeting.id)
        self._fail(self.case)
        self._start(self.case, method_id=self.gift.id)
        self._fail(self.case)
        self._go_to('2026-06-20')
        self.case._close('won')
        self.assertEqual(self._attempts(self.case).mapped('result'), ['failed', 'won'])

    def test_an_attempt_that_had_not_begun_wins_nothing(self):
        self._start(self.case, method_id=self.meeting.id, date='2026-06-20')
        self.case._close('won', TODAY)
        self.assertEqual(self._attempts(self.case).result, 'stopped')

    def test_an_order_wins_the_attempt(self):
        self._start(self.case, method_id=self.meeting.id)
        order = self._create_order(self.customer, 100, '2026-06-03 12:00:00', state='draft')
        order.action_confirm()
        self.assertEqual(self.case.state, 'won')
        self.assertEqual(self._attempts(self.case).result, 'won')

    def test_a_customer_given_up_is_a_failed_attempt(self):
        self._start(self.case)
        self._as(self.case, self.user_own).action_close()
        self.assertRecordValues(
            self._attempts(self.case), [{'result': 'failed', 'closed_date': TODAY}]
        )

    def test_an_alarm_that_is_over_says_nothing_of_the_attempt(self):
        self._start(self.case)
        self.case._close('over')
        self.assertEqual(self._attempts(self.case).result, 'stopped')

    def test_attempts_are_history(self):
        self._start(self.case)
        attempt = self._attempts(self.case)
        for user in (self.user_own, self.user_all):
            for vals in ({'result': 'won'}, {'cost': 1}):
                with self.assertRaises(AccessError):
                    attempt.with_user(user).write(vals)
        admin = attempt.with_user(self.user_admin)
        admin.write({'cost': 15, 'note': "Two bottles"})
        self.assertEqual(self.case.cost, 15)
        with self.assertRaisesRegex(AccessError, "history"):
            admin.result = 'won'
        for user in (self.user_own, self.user_admin):
            with self.assertRaises(AccessError):
                attempt.with_user(user).copy()
            with self.assertRaises(AccessError):
                attempt.with_user(user).unlink()

    def test_defaults_of_the_caller_are_not_heard(self):
        cases = self._as(self.case, self.user_own).with_context(
            default_result='won', default_state='won', default_summary="Hacked"
        )
        cases._start_attempts(TODAY, method=self.meeting, why='size')
        self.assertEqual(self._attempts(self.case).result, 'open')
        self.assertEqual(self.case.state, 'working')
        self.assertNotIn("Hacked", self.case.activity_ids.mapped('summary'))

    def test_who_sees_attempts(self):
        self._start(self.case, user=self.user_own, method_id=self.gift.id)
        attempt = self._attempts(self.case)
        for user, sees in (
            (self.user_own, True),
            (self.user_head, True),
            (self.user_peer, False),
            (self.user_all, True),
        ):
            self.assertEqual(attempt.with_user(user).has_access('read'), sees, user.login)

    # ------------------------------------------------------------
    # METHODS
    # ------------------------------------------------------------

    def test_a_method_of_a_person_needs_one(self):
        with self.assertRaisesRegex(ValidationError, "choose who it is"):
            self.gift.with_user(self.user_admin).performer = 'user'

    def test_only_managers_change_methods(self):
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                self.gift.with_user(user).cost = 5
        self.gift.with_user(self.user_admin).cost = 5

    def test_a_method_with_attempts_is_archived_not_deleted(self):
        self._start(self.case, method_id=self.gift.id)
        with self.assertRaisesRegex(UserError, "cannot be deleted: A gift.*Archive"):
            (self.gift | self.meeting).with_user(self.user_admin).unlink()
        chosen = self._create_case(method_id=self.meeting.id)
        with self.assertRaisesRegex(UserError, "cannot be deleted: A personal meeting"):
            self.meeting.with_user(self.user_admin).unlink()
        chosen.sudo().method_id = False
        self.meeting.with_user(self.user_admin).unlink()

    def test_steps_of_another_kind_or_company(self):
        leads = self.env['mail.activity.plan'].create(
            {'name': "Leads", 'res_model': 'crm.lead', 'company_id': False}
        )
        with self.assertRaisesRegex(ValidationError, "which “Leads” is not for"):
            self.gift.plan_id = leads
        ours = self.meeting.plan_id.copy({'company_id': self.company.id})
        with self.assertRaises(UserError):
            self.gift.plan_id = ours

    def test_a_plan_of_a_method_is_not_deleted(self):
        plan = self.meeting.plan_id
        self.meeting.active = False
        with self.assertRaisesRegex(UserError, "steps of win-back methods.*A personal meeting"):
            plan.unlink()
        self.meeting.plan_id = False
        plan.unlink()

    def test_who_does_not_sell_wins_nobody_back(self):
        outside = self._create_user('growth_outside', 'base.group_user')
        gift = self.gift.with_user(self.user_admin)
        with self.assertRaisesRegex(ValidationError, "no access to sales"):
            gift.write({'performer': 'user', 'performer_id': outside.id})
        gift.write({'performer': 'user', 'performer_id': self.user_peer.id})
        self.assertEqual(gift._get_performer(self.case), self.user_peer)
        self.user_peer.group_ids -= self.env.ref('sales_team.group_sale_salesman')
        self.assertEqual(gift._get_performer(self.case), self.user_own)
        with self.assertRaisesRegex(ValidationError, "no access to sales.*growth_outside"):
            self._start(self.case, user_id=outside.id)

    def test_the_record_of_a_method(self):
        self._try(self.gift, won=2, closed=5)
        self._start(self.case, method_id=self.gift.id)
        gift = self.gift.with_user(self.user_admin)
        self.assertRecordValues(gift, [{'attempt_count': 6, 'won_count': 2, 'failed_count': 3}])
