from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_okr import OkrCommon

WORDS = {'cause': 'resources', 'lesson': "Count the people first"}


@tagged('post_install', '-at_install')
class TestOkrVerdict(OkrCommon):
    """What the progress that was reached says of the plan, and what has to be said about it."""

    def _reached(self, value, **vals):
        """An objective that runs and is that far, its cycle under review."""
        self.quarter.sudo().state = 'running'
        objective = self._create_running(**vals)
        self._check_in(objective.key_result_ids, value)
        self.quarter.sudo().state = 'review'
        return objective

    def test_thresholds(self):
        for kind, verdicts in {
            'aspirational': {
                0: 'planning_error',
                39.9: 'planning_error',
                40: 'short',
                69.99: 'short',
                70: 'good',
                99.9: 'good',
                100: 'too_low',
                180: 'too_low',
            },
            'committed': {
                39.9: 'planning_error',
                40: 'short',
                70: 'short',
                99.9: 'short',
                100: 'good',
                180: 'good',
            },
        }.items():
            for value, verdict in verdicts.items():
                with self.subTest(kind=kind, value=value):
                    objective = self._reached(value, kind=kind)
                    self._judge(objective, **WORDS)
                    self.assertRecordValues(
                        objective,
                        [
                            {
                                'state': 'closed',
                                'verdict': verdict,
                                'cause': verdict == 'planning_error' and 'resources',
                                'lesson': "Count the people first",
                                'closed_date': date(2026, 4, 15),
                                'closed_by_id': self.seller.id,
                            }
                        ],
                    )
                    self.assertAlmostEqual(objective.final_progress, min(value / 100, 1))

    def test_thresholds_of_the_company(self):
        self.company.write(
            {'growth_okr_error': 30, 'growth_okr_good': 60, 'growth_okr_too_low': 90}
        )
        for value, verdict in {
            29: 'planning_error',
            30: 'short',
            60: 'good',
            90: 'too_low',
        }.items():
            objective = self._reached(value)
            self._judge(objective, **WORDS)
            self.assertEqual(objective.verdict, verdict)

    def test_thresholds_in_order(self):
        for error, good, too_low in (
            (0, 70, 100),
            (70, 70, 100),
            (80, 70, 100),
            (40, 100, 100),
            (40, 110, 100),
            (40, 70, 1001),
        ):
            with self._refused(ValidationError, "limits of the verdict must be in order"):
                self.company.write(
                    {
                        'growth_okr_error': error,
                        'growth_okr_good': good,
                        'growth_okr_too_low': too_low,
                    }
                )

    def test_a_planning_error_needs_cause_and_lesson(self):
        objective = self._reached(10)
        for vals in (
            {},
            {'cause': 'resources'},
            {'lesson': "Words"},
            {'cause': 'resources', 'lesson': " \n"},
        ):
            with self._refused(UserError, "Say what the cause was"):
                self._judge(objective, **vals)
        self.assertEqual(objective.state, 'running')
        for vals in (
            {'cause': False, 'lesson': "Words"},
            {'cause': 'outside', 'lesson': False},
            {'cause': 'outside', 'lesson': ""},
        ):
            with (
                self.assertRaises(IntegrityError),
                mute_logger('odoo.sql_db'),
                self.cr.savepoint(),
            ):
                objective.sudo().write({'verdict': 'planning_error', **vals})
                self.env.flush_all()

    def test_no_lesson_is_needed_elsewhere(self):
        objective = self._reached(75)
        self._judge(objective)
        self.assertRecordValues(objective, [{'verdict': 'good', 'cause': False, 'lesson': False}])
        self.assertIn("Judged: Good, 75 % reached.", self._bodies(objective))

    def test_a_half_is_rounded_up(self):
        objective = self._reached(62.5)
        self._judge(objective)
        self.assertIn("63 % reached.", self._bodies(objective))

    def test_the_dialogue_tells_the_verdict(self):
        objective = self._reached(75)
        wizard = self._as(self.env['growth.okr.judge'], self.seller).create(
            {'objective_id': objective.id}
        )
        self.assertRecordValues(wizard, [{'verdict': 'good', 'progress': 0.75}])

    def test_the_dialogue_tells_strangers_nothing(self):
        objective = self._reached(75, is_private=True)
        Wizard = self._as(self.env['growth.okr.judge'], self.stranger)
        with self._refused(AccessError, ""):
            Wizard.create({'objective_id': objective.id})
        wizard = Wizard.sudo().create({'objective_id': objective.id}).sudo(False)
        self.env.flush_all()
        self.env.invalidate_all()
        for fname in ('verdict', 'progress', 'kind'):
            with self.subTest(fname), self.assertRaises(AccessError):
                wizard.read([fname])
        self.assertNotIn("Objective:", wizard.objective_id.sudo().display_name)
        with self.assertRaises(AccessError):
            wizard.action_judge()

    def test_not_too_early(self):
        objective = self._create_running(date_deadline='2026-05-31')
        self._check_in(objective.key_result_ids, 99)
        with self._refused(UserError, "runs until 05/31/2026"):
            self._judge(objective)
        # The deadline belongs to the time that there is.
        self._go_to('2026-05-31')
        with self._refused(UserError, "runs until 05/31/2026"):
            self._judge(objective)
        self._go_to('2026-06-01')
        self._judge(objective)
        reached = self._create_running()
        self._check_in(reached.key_result_ids, 100)
        self._judge(reached)
        self.assertEqual(reached.verdict, 'too_low')

    def test_those_below_first(self):
        above = self._create_running(self.boss, name="Above")
        below = self._create_running(parent_id=above.id, name="Below")
        waiting = self._propose(self._create_objective(parent_id=above.id, name="Waiting"))
        self._create_objective(parent_id=above.id, name="Draft")
        given_up = self._create_running(parent_id=above.id, name="Gone")
        self._decide(given_up, 'cancel')
        self._as(self.quarter, self.user_admin).action_review()
        with self._refused(UserError, "below first.*: Below, Waiting"):
            self._judge(above, **WORDS)
        self._judge(below, **WORDS)
        self._decide(waiting, 'decline')
        self._judge(above, **WORDS)

    def test_those_below_first_that_do_not_run_now(self):
        above = self._create_running(self.boss, name="Above")
        below = self._create_running(parent_id=above.id, name="Below")
        self._check_in(above.key_result_ids, 100)
        self._check_in(below.key_result_ids, 100)
        self._decide(below, 'ask_changes')
        # What never ran is not waited for.
        never = self._propose(self._create_objective(parent_id=above.id, name="Never"))
        self._decide(never, 'ask_changes')
        with self._refused(UserError, "below first.*: Below\\."):
            self._judge(above)
        self.assertFalse(self._as(above, self.boss).can_judge)
        self._accept(below)
        self._judge(below)
        self.assertTrue(self._as(above, self.boss).can_judge)
        self._judge(above)

    def test_no_way_around_the_verdict(self):
        """What ran into the review is judged, in whichever state it came there."""
        later = self._create_cycle('quarter', '2026-07-01')
        asked, proposed = (
            self._decide(self._create_running(name=name), 'ask_changes')
            for name in ("Asked", "Proposed")
        )
        self._propose(proposed)
        never = self._propose(self._create_objective())
        for objective in (asked, proposed):
            self._check_in_before(objective)
        self._go_to('2026-07-01')
        self._as(self.quarter, self.user_admin).action_review()
        for action in (
            lambda: self._decide(asked, 'cancel'),
            lambda: self._decide(proposed, 'cancel', self.seller),
            lambda: self._decide(proposed, 'decline'),
            lambda: self._as(asked, self.seller).write({'cycle_id': later.id}),
            lambda: (
                self._as(self.env['growth.okr.decide'], self.user_admin)
                .create({'objective_ids': asked.ids, 'decision': 'cancelled', 'note': "No"})
                .action_decide()
            ),
        ):
            with self._refused(UserError, "what ran is judged, neither given up nor moved"):
                action()
        self._decide(never, 'decline')
        # There is a way: it is accepted again, and judged.
        self.assertTrue(self._as(asked, self.seller).may_hang)
        self._propose(asked)
        for objective in (asked, proposed):
            self.assertTrue(self._as(objective, self.leader).may_hang)
            self._accept(objective, self.leader)
            self.assertRecordValues(
                objective, [{'state': 'running', 'running_date': date(2026, 4, 15)}]
            )
            self._judge(objective, **WORDS)
            self.assertEqual(objective.verdict, 'short')
        self._as(self.quarter, self.user_admin).action_close()

    def _check_in_before(self, objective):
        """Half of the way, before changes were asked for."""
        self.env['growth.okr.check.in'].create(
            {'key_result_id': objective.key_result_ids.id, 'value': 50, 'date': '2026-04-15'}
        )

    def test_what_was_given_up_stays_so_in_the_review(self):
        objective = self._decide(self._create_running(), 'cancel')
        self._as(self.quarter, self.user_admin).action_review()
        self.assertFalse(self._as(objective, self.user_admin).may_hang)
        with self._refused(UserError, "is being reviewed or closed"):
            self._as(objective, self.user_admin).action_reopen()
        self._as(self.quarter, self.user_admin).action_close()

    def test_not_counted_where_it_is_judged_already(self):
        above = self._create_running(self.boss, name="Above")
        below = self._decide(self._create_running(parent_id=above.id), 'cancel')
        self._as(below, self.seller).action_reopen()
        self._as(self.quarter, self.user_admin).action_review()
        self._judge(above, **WORDS)
        with self._refused(UserError, "take back the verdict on the objective above.*: Above"):
            self._accept(below)
        self._as(above, self.boss).action_unjudge()
        self._accept(below)
        self.assertEqual(below.state, 'running')

    def test_by_whom(self):
        above = self._create_running(self.boss)
        for user in (self.seller, self.boss, self.user_admin):
            below = self._create_running(parent_id=above.id)
            self.quarter.sudo().state = 'review'
            self._judge(below, user, **WORDS)
            self.assertEqual(below.closed_by_id, user)
            self.quarter.sudo().state = 'running'
        below = self._create_running(parent_id=above.id)
        self.quarter.sudo().state = 'review'
        for user in (self.peer, self.leader, self.stranger, self.user_all, self.foreigner):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._judge(below, user, **WORDS)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(self.env['growth.okr.judge'], user).create(
                    {'objective_id': below.id, **WORDS}
                ).action_judge()

    def test_taken_back(self):
        above = self._create_running(self.boss)
        objective = self._create_running(parent_id=above.id)
        self._check_in(objective.key_result_ids, 50)
        self._as(self.quarter, self.user_admin).action_review()
        self._judge(objective, **WORDS)
        self._judge(above, self.boss, **WORDS)
        with self._refused(UserError, "verdict on the objective above"):
            self._as(objective, self.seller).action_unjudge()
        self._as(above, self.boss).action_unjudge()
        with self.assertRaises(AccessError):
            self._as(objective, self.peer).action_unjudge()
        self._as(objective, self.seller).action_unjudge()
        self.assertRecordValues(
            objective,
            [
                {
                    'state': 'running',
                    'verdict': False,
                    'cause': False,
                    'lesson': False,
                    'final_progress': 0,
                    'closed_date': False,
                    'closed_by_id': False,
                }
            ],
        )
        for each in (objective, above):
            self._judge(each, **WORDS)
        self._as(self.quarter, self.user_admin).action_close()
        with self._refused(UserError, "The cycle is closed"):
            self._as(above, self.user_admin).action_unjudge()

    def test_what_was_judged_stands(self):
        """Nothing that people do changes what was reached, neither the final progress nor that of
        the objectives above."""
        above = self._create_running(self.boss)
        objective = self._create_running(parent_id=above.id)
        key_result = objective.key_result_ids
        check_in = self._check_in(key_result, 50)
        draft = self._create_objective(parent_id=objective.id)
        self._go_to('2026-07-01')
        self._judge(objective, **WORDS)
        for action in (
            lambda: self._check_in(key_result, 90),
            lambda: self._as(check_in, self.seller).write({'value': 90}),
            lambda: self._as(check_in, self.user_admin).unlink(),
            lambda: self._as(key_result, self.user_admin).write({'target': 50}),
            lambda: self._as(key_result, self.user_admin).unlink(),
            lambda: self._accept(draft),
            lambda: self._decide(objective, 'cancel'),
            lambda: self._create_objective(parent_id=objective.id),
        ):
            with self._refused(UserError, ""):
                action()
        self.env.invalidate_all()
        self.assertRecordValues(objective, [{'final_progress': 0.5, 'progress': 0.5}])
        self.assertEqual(above.progress, 0.25)
        # Not even new limits judge it anew.
        self.company.write({'growth_okr_error': 60})
        self.assertEqual(objective.verdict, 'short')

    def test_reminders_end_with_it(self):
        objective = self._reached(75)
        objective.activity_schedule(
            'sales_growth.mail_activity_type_okr_check_in', user_id=self.seller.id
        )
        self._judge(objective)
        self.assertFalse(self._asked(objective))

    def test_two_verdicts_at_once(self):
        objective = self._reached(75)
        first = self._as(self.env['growth.okr.judge'], self.seller).create(
            {'objective_id': objective.id}
        )
        first.action_judge()
        with self._refused(UserError, "not possible any more"):
            first.action_judge()

    def test_nothing_is_left_to_judge_it_by(self):
        above = self._create_objective(self.boss, key_results=0)
        below = self._create_running(parent_id=above.id)
        self._accept(above)
        self._decide(below, 'cancel')
        self._as(self.quarter, self.user_admin).action_review()
        self._judge(above, **WORDS)
        self.assertRecordValues(above, [{'final_progress': 0, 'verdict': 'planning_error'}])
