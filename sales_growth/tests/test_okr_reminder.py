from datetime import date
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from .test_okr_job import OkrJobCommon

MONDAY = '2026-04-20'


@tagged('post_install', '-at_install')
class TestOkrReminder(OkrJobCommon):
    """Once a week people are reminded of the key results that wait for a check-in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-04-15'):
            cls.objective = cls._create_running(key_results=2)
            cls.first, cls.second = cls.objective.key_result_ids

    def _activities(self, objective=None):
        return self.env['mail.activity'].search(
            [
                ('res_model', '=', 'growth.okr.objective'),
                ('res_id', '=', (objective or self.objective).id),
            ]
        )

    def _asked_logins(self, objective=None):
        return self._activities(objective).mapped('user_id.login')

    # ------------------------------------------------------------
    # WHEN
    # ------------------------------------------------------------

    def test_on_the_day_of_the_company(self):
        self._refresh_on('2026-04-19')
        self.assertEqual(self._asked_logins(), [])
        self._refresh_on(MONDAY)
        activity = self._activities()
        self.assertRecordValues(
            activity,
            [
                {
                    'user_id': self.seller.id,
                    'date_deadline': date(2026, 4, 20),
                    'automated': True,
                    'summary': "Where do they stand: Objective: result 1, Objective: result 2",
                }
            ],
        )
        self.assertIn("<li>Objective: result 2</li>", activity.note)
        self.assertEqual(self.company.growth_okr_reminded_on, date(2026, 4, 20))

    def test_another_day_and_another_time_zone(self):
        self.company.growth_okr_reminder_day = '2'
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._refresh_on('2026-04-21 14:59:00')
        self.assertEqual(self._asked_logins(), [])
        self._refresh_on('2026-04-21 15:00:00')
        self.assertEqual(self._activities().date_deadline, date(2026, 4, 22))

    def test_a_job_that_comes_late(self):
        self._refresh_on('2026-04-22')
        self.assertEqual(self._asked_logins(), ['ok_seller'])

    def test_who_wants_no_reminders(self):
        self._refresh_on(MONDAY)
        self.company.growth_okr_reminder = False
        self._refresh_on('2026-04-21')
        self.assertEqual(self._asked_logins(), [])
        self._refresh_on('2026-04-27')
        self.assertEqual(self._asked_logins(), [])

    def test_once_a_week(self):
        self._refresh_on(MONDAY)
        self._refresh()
        self.assertEqual(len(self._activities()), 1)
        # Whoever did it without a check-in, or took it away, is left alone for the week.
        self._as(self._activities(), self.seller).action_feedback()
        self._refresh_on('2026-04-21')
        self.assertEqual(self._asked_logins(), [])
        self._refresh_on('2026-04-27')
        self.assertEqual(len(self._activities()), 1)
        self._activities().unlink()
        self._refresh_on('2026-04-28')
        self.assertEqual(self._asked_logins(), [])
        # One that stands open is enough.
        self._refresh_on('2026-05-04')
        self._refresh_on('2026-05-11')
        self.assertEqual(len(self._activities()), 1)

    def test_a_job_that_was_killed_reminds_the_others_too(self):
        other = self._create_running(self.peer)
        self._go_to(MONDAY)
        KeyResult = self.env.registry['growth.okr.key.result']
        original = KeyResult._tell_waiting

        def tell(key_results, waiting, today):
            original(key_results, dict(list(waiting.items())[:1]), today)
            raise KeyboardInterrupt

        with (
            self.assertRaises(KeyboardInterrupt),
            self.env.cr.savepoint(),
            patch.object(KeyResult, '_tell_waiting', tell),
        ):
            self._refresh()
        self.env.invalidate_all()
        self._refresh()
        self._refresh()
        self.assertEqual(self._asked_logins() + self._asked_logins(other), ['ok_seller', 'ok_peer'])

    # ------------------------------------------------------------
    # OF WHAT
    # ------------------------------------------------------------

    def test_only_what_nobody_has_checked_in_for(self):
        self._go_to('2026-04-19')
        self._check_in(self.first, 10)
        self._go_to(MONDAY)
        self._check_in(self.second, 10)
        self._refresh()
        self.assertEqual(self._activities().summary, "Where do they stand: Objective: result 1")

    def test_only_what_runs(self):
        cycle = self._create_cycle('month', '2026-04-01')
        self._as(cycle, self.user_admin).action_start()
        given_up, reviewed = self._create_running(), self._create_running(cycle=cycle)
        short = self._create_running(date_deadline='2026-04-20')
        self._refresh_on(MONDAY)
        for objective in (given_up, reviewed, short):
            self.assertEqual(self._asked_logins(objective), ['ok_seller'])
        self._decide(given_up, 'cancel')
        self._as(cycle, self.user_admin).action_review()
        self._refresh_on('2026-04-21')
        for objective in (given_up, reviewed, short):
            self.assertEqual(self._asked_logins(objective), [])
        self.assertEqual(self._asked_logins(), ['ok_seller'])

    def test_what_was_measured_waits_for_a_word_too(self):
        fed = self._create_fed(self.peer)
        self._sell(100, user=self.peer)
        self._refresh_on(MONDAY)
        self.assertEqual(fed.current, 100)
        self.assertEqual(self._asked_logins(fed.objective_id), ['ok_peer'])

    def test_many_names_are_cut(self):
        self._decide(self.objective, 'ask_changes')
        for number in range(3, 30):
            self._create_key_result(self.objective, name=f"One of many, number {number}")
        self._accept(self.objective)
        self._refresh_on(MONDAY)
        activity = self._activities()
        self.assertLessEqual(len(activity.summary), 120)
        self.assertTrue(activity.summary.endswith("…"))
        self.assertIn("<li>One of many, number 29</li>", activity.note)

    def test_names_are_text(self):
        self._decide(self.objective, 'ask_changes')
        self._as(self.first, self.seller).name = "<b>Bold</b> & more"
        self._accept(self.objective)
        self._refresh_on(MONDAY)
        self.assertIn("<li>&lt;b&gt;Bold&lt;/b&gt; &amp; more</li>", self._activities().note)

    # ------------------------------------------------------------
    # WHOM
    # ------------------------------------------------------------

    def test_each_person_for_the_own_ones(self):
        self._as(self.second, self.user_admin).owner_id = self.peer
        self._refresh_on(MONDAY)
        self.assertEqual(
            [(each.user_id.login, each.summary) for each in self._activities()],
            [
                ('ok_seller', "Where do they stand: Objective: result 1"),
                ('ok_peer', "Where do they stand: Objective: result 2"),
            ],
        )
        # Who takes over one is asked the next week; who gave it away has nothing to say.
        self._as(self.second, self.user_admin).owner_id = self.seller
        self._refresh_on('2026-04-21')
        self.assertEqual(
            [(each.user_id.login, each.summary) for each in self._activities()],
            [
                (
                    'ok_seller',
                    "Where do they stand: Objective: result 1, Objective: result 2",
                )
            ],
        )

    def test_who_is_not_here_any_more(self):
        objectives = {
            user: self._create_running(user) for user in (self.peer, self.boss, self.stranger)
        }
        self.peer.sudo().action_archive()
        self.boss.sudo().group_ids = [
            Command.unlink(self.env.ref('sales_team.group_sale_salesman').id)
        ]
        self.stranger.sudo().write(
            {
                'company_ids': [Command.set(self.other_company.ids)],
                'company_id': self.other_company.id,
            }
        )
        self._refresh_on(MONDAY)
        for objective in objectives.values():
            self.assertEqual(self._asked_logins(objective), [])
        self.assertEqual(self._asked_logins(), ['ok_seller'])

    def test_who_leaves_has_nothing_to_do_any_more(self):
        self._refresh_on(MONDAY)
        self.seller.sudo().action_archive()
        self._refresh_on('2026-04-21')
        self.assertFalse(self._activities())

    def test_the_companies_do_not_touch_each_other(self):
        self._refresh_on(MONDAY)
        self._refresh(self.other_company)
        self.assertEqual(self._asked_logins(), ['ok_seller'])

    def test_what_people_plan_stays(self):
        planned = self._as(self.objective, self.seller).activity_schedule(
            'sales_growth.mail_activity_type_okr_check_in', summary="My own"
        )
        planned.automated = False
        self._refresh_on(MONDAY)
        self._check_in(self.first, 10)
        self._check_in(self.second, 10)
        self._refresh()
        self.assertEqual(self._activities().mapped('summary'), ["My own"])

    # ------------------------------------------------------------
    # CHECKED IN
    # ------------------------------------------------------------

    def test_a_check_in_ends_it(self):
        self._as(self.second, self.user_admin).owner_id = self.peer
        self._refresh_on(MONDAY)
        # Key results of colleagues do not keep it open.
        self._check_in(self.first, 10)
        self.assertEqual(self._asked_logins(), ['ok_peer'])
        self.assertEqual(
            [login for login, _summary in self._asked(self.objective, done=True)], ['ok_seller']
        )

    def test_all_of_them_end_it(self):
        self._refresh_on(MONDAY)
        self._check_in(self.first, 10)
        self.assertEqual(self._asked_logins(), ['ok_seller'])
        self._refresh()
        self.assertEqual(self._activities().summary, "Where do they stand: Objective: result 2")
        # One of last week does not count.
        self._check_in(self.second, 10, date=date(2026, 4, 19))
        self.assertEqual(self._asked_logins(), ['ok_seller'])
        self._check_in(self.second, 10)
        self.assertEqual(self._asked_logins(), [])

    def test_a_leader_may_answer_for_somebody(self):
        top = self._create_running(self.boss, cycle=self.quarter, name="Top")
        below = self._create_running(parent_id=top.id)
        self._refresh_on(MONDAY)
        self.assertEqual(self._asked_logins(below), ['ok_seller'])
        self._check_in(below.key_result_ids, 10, user=self.boss)
        self.assertEqual(self._asked_logins(below), [])

    def test_who_sees_the_own_one_alone(self):
        """Somebody may be responsible for a key result without seeing who else is."""
        private = self._create_objective(self.boss, key_results=2, is_private=True)
        self._accept(private)
        self._as(private.key_result_ids[1], self.boss).owner_id = self.stranger
        self._refresh_on(MONDAY)
        self.assertEqual(self._asked_logins(private), ['ok_boss', 'ok_stranger'])
        self._check_in(private.key_result_ids[1], 10)
        self.assertEqual(self._asked_logins(private), ['ok_boss'])

    # ------------------------------------------------------------
    # MANY
    # ------------------------------------------------------------

    def _count_of_a_run(self, moment):
        self._go_to(moment)
        before = self.env.cr.sql_log_count
        self.KeyResult._for_job(self.company)._remind(self.company, date.fromisoformat(moment))
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_of_many(self):
        counts = []
        for number, monday in ((20, MONDAY), (200, '2026-04-27')):
            self.Objective.create(
                [
                    {
                        'name': f"Objective {place}",
                        'cycle_id': self.quarter.id,
                        'owner_id': (self.seller, self.peer)[place % 2].id,
                        'state': 'running',
                        'running_date': '2026-04-01',
                        'key_result_ids': [
                            Command.create({'name': f"{place} {part}", 'target': 10})
                            for part in range(2)
                        ],
                    }
                    for place in range(number)
                ]
            )
            counts.append(self._count_of_a_run(monday))
        reminders = self.env['mail.activity'].search_count(
            [('res_model', '=', 'growth.okr.objective'), ('automated', '=', True)]
        )
        self.assertEqual(reminders, 221)
        self.assertLessEqual(counts[1], 40, counts)
