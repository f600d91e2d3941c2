from odoo.tests import tagged

from .common_okr import OkrCommon


@tagged('post_install', '-at_install')
class TestOkrProposal(OkrCommon):
    """Who decides now is asked, whoever did when it was proposed."""

    def setUp(self):
        super().setUp()
        self.objective = self._propose(self._create_objective())
        self.assertEqual(self._asked(self.objective), [('ok_leader', "Decide on an Objective")])

    def _refresh(self):
        self.env.flush_all()
        self.KeyResult._refresh(self.company)
        self.env.flush_all()
        self.env.invalidate_all()

    def _asked_logins(self, objective=None):
        return [login for login, _summary in self._asked(objective or self.objective)]

    def test_another_leader_of_the_team(self):
        other = self._propose(self._create_objective(self.peer))
        self.team.user_id = self.boss
        self._refresh()
        self.assertEqual(self.objective.leader_id, self.boss)
        self.assertEqual(self._asked_logins(), ['ok_boss'])
        self.assertEqual(self._asked_logins(other), ['ok_boss'])
        self.assertEqual(self._asked(self.objective, done=True), [])
        self._accept(self.objective, self.boss)
        self.assertEqual(self._asked_logins(), [])

    def test_nobody_decides_any_more_and_then_somebody_does(self):
        self.team.user_id = False
        self._refresh()
        self.assertEqual(self._asked_logins(), [])
        self.team.user_id = self.boss
        self._refresh()
        self.assertEqual(self._asked_logins(), ['ok_boss'])

    def test_what_the_leader_did_with_it_stays(self):
        activity = self.objective.activity_ids
        self._refresh()
        self.assertEqual(self.objective.activity_ids, activity)
        # Passed on to somebody who may decide, too.
        activity.user_id = self.user_admin
        self._refresh()
        self.assertEqual(self._asked_logins(), ['growth_admin'])
        activity.unlink()
        self._refresh()
        self.assertEqual(self._asked_logins(), [])

    def test_what_people_plan_stays(self):
        planned = self._as(self.objective, self.leader).activity_schedule(
            'sales_growth.mail_activity_type_okr_proposal', user_id=self.leader.id, automated=False
        )
        self.team.user_id = self.boss
        self._refresh()
        self.assertTrue(planned.exists())
        self.assertEqual(sorted(self._asked_logins()), ['ok_boss', 'ok_leader'])

    def test_only_what_is_proposed(self):
        accepted = self._create_running(self.peer)
        draft = self._create_objective(self.peer)
        self.team.user_id = self.boss
        self._refresh()
        self.assertEqual(self._asked_logins(accepted) + self._asked_logins(draft), [])

    def test_the_companies_do_not_touch_each_other(self):
        self.team.user_id = self.boss
        self.env.flush_all()
        self.KeyResult._refresh(self.other_company)
        self.assertEqual(self._asked_logins(), ['ok_leader'])

    def test_queries_of_many(self):
        counts = []
        for number, leader in ((10, self.boss), (80, self.stranger)):
            objectives = self.Objective.create(
                [
                    {
                        'name': f"Objective {place}",
                        'cycle_id': self.quarter.id,
                        'owner_id': self.seller.id,
                        'state': 'proposed',
                    }
                    for place in range(number)
                ]
            )
            objectives._ask_leader()
            self.team.user_id = leader
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            job = self.KeyResult._for_job(self.company)
            job.env['growth.okr.objective']._hand_on_proposals(self.company)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(self._asked_logins(objectives), [leader.login] * number)
        self.assertLessEqual(counts[1], counts[0] + 5, counts)
        self.assertLessEqual(counts[1], 40, counts)
