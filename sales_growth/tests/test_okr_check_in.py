from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_okr_key_result import KeyResultCommon


@tagged('post_install', '-at_install')
class TestOkrCheckIn(KeyResultCommon):
    """Who says when where a key result stands, and what comes of it."""

    def test_what_is_filled_in(self):
        key_result = self._running(baseline=20)
        check_in = self._check_in(key_result)
        self.assertRecordValues(
            check_in,
            [
                {
                    'user_id': self.seller.id,
                    'date': date(2026, 4, 15),
                    'value': 20,
                    'confidence': 5,
                    'is_automatic': False,
                    'objective_id': key_result.objective_id.id,
                    'cycle_id': self.quarter.id,
                    'company_id': self.company.id,
                    'progress': 0,
                }
            ],
        )
        self.assertAlmostEqual(check_in.expected, 15 / 91)

    def test_today_is_the_company_s(self):
        key_result = self._running()
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-04-16 20:00:00')
        self.assertEqual(self._check_in(key_result, 1).date, date(2026, 4, 17))

    def test_the_last_day_counts(self):
        key_result = self._running()
        self._check_in(key_result, 30, date='2026-04-10', confidence=3, blocker="No people")
        self._check_in(key_result, 10, date='2026-04-02', confidence=9)
        self.assertRecordValues(
            key_result,
            [
                {
                    'current': 30,
                    'current_date': date(2026, 4, 10),
                    'confidence': 3,
                    'blocker': "No people",
                    'last_check_in_date': date(2026, 4, 10),
                }
            ],
        )
        # Of one day, the later word
        self._check_in(key_result, 35, date='2026-04-10', confidence=0)
        self.assertRecordValues(
            key_result, [{'current': 35, 'confidence': 0, 'blocker': False, 'progress': 0.35}]
        )

    def test_zero_is_a_value(self):
        key_result = self._running(baseline=10)
        check_in = self._check_in(key_result, 0, confidence=0)
        self.assertRecordValues(check_in, [{'value': 0, 'confidence': 0}])
        self.assertAlmostEqual(key_result.progress, -1 / 9)

    def test_silence_does_not_lower_the_average(self):
        told, silent = self._running(), self._running()
        self._check_in(told, 1, confidence=8)
        self.assertFalse(self.KeyResult._fields['confidence'].aggregator)
        self.assertFalse(self.Objective._fields['confidence'].aggregator)
        self.assertEqual((told | silent).mapped('confidence'), [8, 0])

    def test_corrected_and_deleted(self):
        key_result = self._running()
        first = self._check_in(key_result, 10, date='2026-04-10')
        last = self._check_in(key_result, 80)
        self._as(last, self.seller).value = 40
        self.assertEqual((key_result.progress, key_result.objective_id.progress), (0.4, 0.4))
        self._as(last, self.seller).date = '2026-04-09'
        self.assertEqual(key_result.current, 10)
        self._as(last, self.seller).write({'date': '2026-04-11', 'confidence': 2})
        self.assertEqual((key_result.current, key_result.confidence), (40, 2))
        self._as(last, self.user_admin).unlink()
        self.assertEqual((key_result.current, key_result.confidence), (10, 5))
        self._as(first, self.user_admin).unlink()
        self.assertRecordValues(
            key_result,
            [{'current': 0, 'progress': 0, 'last_check_in_date': False, 'current_date': False}],
        )
        self.assertEqual(key_result.objective_id.progress, 0)

    def test_confidence_is_from_0_to_10(self):
        key_result = self._running()
        for confidence in (0, 10):
            self._check_in(key_result, 1, confidence=confidence)
        for confidence in (-1, 11):
            with (
                self.assertRaises(IntegrityError),
                mute_logger('odoo.sql_db'),
                self.cr.savepoint(),
            ):
                self._check_in(key_result, 1, confidence=confidence)
                self.env.flush_all()

    def test_days(self):
        key_result = self._running()
        for day in ('2026-03-31', '2026-04-01', '2026-04-15'):
            self._check_in(key_result, 1, date=day)
        with self._refused(ValidationError, "Nobody knows yet"):
            self._check_in(key_result, 1, date='2026-04-16')
        with self._refused(ValidationError, "cannot be earlier"):
            self._check_in(key_result, 1, date='2026-03-30')
        # The last figures come after the end.
        self._go_to('2026-07-03')
        self._check_in(key_result, 90)
        self.assertEqual(key_result.progress, 0.9)

    def test_only_while_it_runs(self):
        key_result = self._running(name="Standing")
        check_in = self._check_in(key_result, 10)
        for state in (
            'draft',
            'proposed',
            'changes',
            'accepted',
            'closed',
            'declined',
            'cancelled',
        ):
            key_result.objective_id.sudo().state = state
            for user in (self.seller, self.user_admin):
                for action in (
                    lambda user=user: self._check_in(key_result, 20, user),
                    lambda user=user: self._as(key_result, user).action_check_in(),
                    lambda user=user: self._as(check_in, user).write({'value': 30}),
                ):
                    with (
                        self.subTest(state=state),
                        self._refused(UserError, "for what runs alone.*Standing"),
                    ):
                        action()
            with self._refused(UserError, "for what runs alone.*Standing"):
                self._as(check_in, self.user_admin).unlink()
        self.assertEqual(key_result.current, 10)

    def test_by_whom(self):
        above = self._create_running(self.boss)
        objective = self._create_objective(
            parent_id=above.id,
            key_result_ids=[
                Command.create({'name': "Shared", 'target': 9, 'owner_id': self.peer.id})
            ],
        )
        self._accept(objective)
        key_result = objective.key_result_ids
        for user in (self.seller, self.peer, self.boss, self.user_admin):
            self.assertEqual(self._check_in(key_result, 1, user).user_id, user)
        for user in (self.leader, self.stranger, self.user_all, self.foreigner):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._check_in(key_result, 1, user)

    def test_in_nobody_else_s_name(self):
        key_result = self._running()
        for vals in (
            {'user_id': self.peer.id},
            {'is_automatic': True},
            {'progress': 1},
            {'expected': 0},
            {'objective_id': 1},
        ):
            with self._refused(AccessError, "come with a check-in by themselves"):
                self._check_in(key_result, 1, **vals)
        check_in = self._check_in(key_result, 1, comment="My words")
        for vals in ({'user_id': self.peer.id}, {'is_automatic': True}, {'progress': 1}):
            with self._refused(AccessError, "come with a check-in by themselves"):
                self._as(check_in, self.seller).write(vals)
        # Whoever may check in writes own words beside those of others.
        with self._refused(AccessError, "said by somebody else"):
            self._as(check_in, self.user_admin).comment = "Your words"

    def test_nothing_is_stated_by_default(self):
        key_result = self._running()
        CheckIn = self._as(self.env['growth.okr.check.in'], self.seller)
        check_in = CheckIn.with_context(
            default_is_automatic=True, default_user_id=self.boss.id, default_confidence=7
        ).create({'key_result_id': key_result.id, 'value': 4})
        self.assertRecordValues(
            check_in, [{'is_automatic': False, 'user_id': self.seller.id, 'confidence': 7}]
        )

    def test_stays_with_its_key_result(self):
        first, second = self._running(), self._running()
        check_in = self._check_in(first, 1)
        with self._refused(AccessError, "come with a check-in by themselves"):
            self._as(check_in, self.seller).key_result_id = second

    # ------------------------------------------------------------
    # COUNTED BY ODOO
    # ------------------------------------------------------------

    def _measured(self, value=40):
        key_result = self._running(source='measure', measure_id=self._create_measure().id)
        key_result._note_points({key_result: value}, date(2026, 4, 15))
        self.env.invalidate_all()
        return key_result

    def test_measured_ones_take_no_values(self):
        key_result = self._measured()
        for value in (0, 41, 100):
            with self._refused(ValidationError, "is counted by Odoo"):
                self._check_in(key_result, value)
        check_in = self._check_in(key_result, confidence=9, comment="Sure")
        self.assertEqual(check_in.value, 40)
        self.assertRecordValues(key_result, [{'current': 40, 'confidence': 9}])
        with self._refused(ValidationError, "is counted by Odoo"):
            self._as(check_in, self.seller).value = 50
        # What was measured since is the value; words of before can be corrected.
        self._go_to('2026-04-16')
        key_result._note_points({key_result: 60}, date(2026, 4, 16))
        self.env.invalidate_all()
        self._as(check_in, self.seller).comment = "Surer"
        self.assertEqual((check_in.value, key_result.current), (40, 60))

    def _told_late(self, key_result, days):
        """Value and progress of check-ins of days that are over."""
        check_ins = [self._check_in(key_result, date=day) for day in days]
        return [(each.value, each.progress) for each in check_ins]

    def test_what_was_measured_by_an_earlier_day(self):
        key_result = self._measured()
        self._go_to('2026-04-20')
        key_result._note_points({key_result: 60}, date(2026, 4, 20))
        self.env.invalidate_all()
        self.assertEqual(
            self._told_late(key_result, ('2026-04-14', '2026-04-15', '2026-04-19', '2026-04-20')),
            [(0, 0), (40, 0.4), (40, 0.4), (60, 0.6)],
        )
        with self._refused(ValidationError, "is counted by Odoo"):
            self._check_in(key_result, 60, date='2026-04-19')
        check_in = self._check_in(key_result)
        self._as(check_in, self.seller).date = '2026-04-16'
        self.assertEqual((check_in.value, check_in.progress), (40, 0.4))
        self.assertEqual(key_result.current, 60)

    def test_nothing_measured_by_then(self):
        level = self._create_measure(
            name="Open leads", model='crm.lead', domain='[]', date_field=False
        )
        key_result = self._running(source='measure', measure_id=level.id, baseline=20)
        adding = self._running(source='measure', measure_id=self._create_measure().id, baseline=50)
        self.assertEqual(self._told_late(key_result, ['2026-04-10']), [(20, 0)])
        self.assertEqual(self._told_late(adding, ['2026-04-10']), [(0, 0)])

    def test_the_dialogue_follows_the_day(self):
        key_result = self._measured()
        self._go_to('2026-04-20')
        key_result._note_points({key_result: 60}, date(2026, 4, 20))
        told = self._running()
        for record, values in ((key_result, (60, 40, 0, 60)), (told, (0, 0, 0, 0))):
            form = Form(
                self._as(self.env['growth.okr.check.in'], self.seller).with_context(
                    default_key_result_id=record.id
                )
            )
            found = [form.value]
            for day in ('2026-04-16', '2026-04-02', '2026-04-20'):
                form.date = day
                found.append(form.value)
            self.assertEqual(tuple(found), values)
        form.value = 30
        form.date = '2026-04-16'
        self.assertEqual(form.value, 30)

    def test_milestones_of_an_earlier_day(self):
        steps = [Command.create({'name': "1"}), Command.create({'name': "2"})]
        key_result = self._running(kind='milestones', target=0, milestone_ids=steps)
        self._go_to('2026-04-20')
        self._as(key_result.milestone_ids[0], self.seller).is_done = True
        self.assertEqual(
            self._told_late(key_result, ('2026-04-19', '2026-04-20')), [(0, 0), (1, 0.5)]
        )

    def test_no_number_without_an_end(self):
        key_result = self._running()
        for value in (1e300, -2e15):
            with self._refused(ValidationError, "too large a number"):
                self._check_in(key_result, value)
        self.assertAlmostEqual(self._check_in(key_result, -9e14).value, -9e14, delta=1)

    def test_measured_once_more_the_same_day(self):
        key_result = self._measured()
        self._check_in(key_result, confidence=9)
        key_result._note_points({key_result: 55}, date(2026, 4, 15))
        self.env.invalidate_all()
        self.assertRecordValues(key_result, [{'current': 55, 'confidence': 9, 'progress': 0.55}])

    def test_what_was_measured_stands(self):
        key_result = self._measured()
        point = key_result.check_in_ids
        self.assertTrue(point.is_automatic)
        for user in (self.seller, self.user_admin):
            with self._refused(AccessError, "What was measured is not changed"):
                self._as(point, user).value = 99
            with self._refused(AccessError, "What was measured is not changed|not allowed"):
                self._as(point, user).unlink()

    def test_milestones_take_no_values(self):
        key_result = self._running(
            kind='milestones', target=0, milestone_ids=[Command.create({'name': "Step"})]
        )
        with self._refused(ValidationError, "is counted by Odoo"):
            self._check_in(key_result, 1)
        self._check_in(key_result, confidence=2)
        self.assertRecordValues(key_result, [{'current': 0, 'confidence': 2}])

    def test_earlier_ones_follow_a_changed_text(self):
        """The line of the progress is one, by the text that counts now."""
        key_result = self._running()
        self._check_in(key_result, 30)
        self._go_to('2026-04-20')
        self._check_in(key_result, 40)
        objective = key_result.objective_id
        self._decide(objective, 'ask_changes', self.leader)
        self._as(key_result, self.seller).write({'baseline': 20, 'target': 60})
        self.assertEqual(key_result.check_in_ids.mapped('progress'), [0.5, 0.25])
        self.assertEqual(key_result.progress, 0.5)

    def test_milestones_count_from_their_day_on(self):
        steps = [Command.create({'name': "1"}), Command.create({'name': "2"})]
        key_result = self._running(kind='milestones', target=0, milestone_ids=steps)
        first = self._check_in(key_result)
        self._go_to('2026-04-20')
        self._as(key_result.milestone_ids[0], self.seller).is_done = True
        second = self._check_in(key_result)
        (first | second)._compute_progress()
        self.assertEqual([first.progress, second.progress], [0, 0.5])

    def test_confidence_begins_with_that_of_last_time(self):
        key_result = self._running()
        self.assertEqual(self._check_in(key_result, 1).confidence, 5)
        self._check_in(key_result, 2, confidence=0)
        self.assertEqual(self._check_in(key_result, 3).confidence, 0)
        self.assertEqual(self._check_in(key_result, 4, confidence=8).confidence, 8)
        self.assertEqual(self._check_in(key_result, 5).confidence, 8)
