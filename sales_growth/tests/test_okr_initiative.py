from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common_okr import OkrCommon


@tagged('post_install', '-at_install')
class TestOkrInitiative(OkrCommon):
    """What somebody does for a key result, and that it stands among the activities of the day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-04-15'):
            cls.objective = cls._create_running()
        cls.key_result = cls.objective.key_result_ids
        cls.Initiative = cls.env['growth.okr.initiative']

    def _plan(self, user=None, **vals):
        vals = {'name': "Call them", 'key_result_id': self.key_result.id, **vals}
        return self._as(self.Initiative, user or self.seller).create(vals).with_env(self.env)

    def _activity(self, initiative):
        self.env.invalidate_all()
        return initiative.activity_ids

    def test_what_is_filled_in(self):
        initiative = self._plan()
        self.assertRecordValues(
            initiative,
            [
                {
                    'user_id': self.seller.id,
                    'date_deadline': date(2026, 6, 30),
                    'state': 'open',
                    'done_date': False,
                    'objective_id': self.objective.id,
                    'company_id': self.company.id,
                }
            ],
        )
        self.assertRecordValues(
            self._activity(initiative),
            [
                {
                    'user_id': self.seller.id,
                    'summary': "Call them",
                    'date_deadline': date(2026, 6, 30),
                    'automated': True,
                }
            ],
        )
        self.assertEqual(self.key_result.open_initiative_count, 1)

    def test_activity_follows(self):
        initiative = self._plan()
        self._as(initiative, self.seller).write(
            {'name': "Visit them", 'user_id': self.peer.id, 'date_deadline': '2026-05-04'}
        )
        self.assertRecordValues(
            self._activity(initiative),
            [
                {
                    'user_id': self.peer.id,
                    'summary': "Visit them",
                    'date_deadline': date(2026, 5, 4),
                }
            ],
        )
        # What is planned beside it stays as it is.
        other = self._as(initiative, self.seller).activity_schedule(
            'mail.mail_activity_data_todo', user_id=self.seller.id, summary="Mine"
        )
        self._as(initiative, self.seller).name = "Write to them"
        self.assertEqual(other.summary, "Mine")
        self.assertEqual(len(self._activity(initiative)), 2)

    def test_done_closes_the_activity(self):
        initiative = self._plan()
        self._go_to('2026-05-04')
        self._as(initiative, self.seller).action_done()
        self.assertRecordValues(initiative, [{'state': 'done', 'done_date': date(2026, 5, 4)}])
        self.assertFalse(self._activity(initiative))
        self.assertEqual(self._asked(initiative, done=True), [('ok_seller', "Call them")])
        self.assertEqual(self.key_result.open_initiative_count, 0)
        # What is done stays done on its day.
        self._go_to('2026-05-06')
        self._as(initiative, self.seller).write({'state': 'done', 'name': "Called them"})
        self.assertEqual(initiative.done_date, date(2026, 5, 4))
        self.assertFalse(self._activity(initiative))

    def test_done_activity_closes_the_initiative(self):
        initiative = self._plan(self.seller, user_id=self.peer.id)
        self._as(self._activity(initiative), self.peer).action_feedback(feedback="They agreed")
        self.assertRecordValues(initiative, [{'state': 'done', 'done_date': date(2026, 4, 15)}])
        self.assertIn("They agreed", self._bodies(initiative))
        self.assertFalse(self._activity(initiative))
        self.assertEqual(len(self._asked(initiative, done=True)), 1)

    def test_reassigned_activity_takes_the_initiative_along(self):
        initiative = self._plan()
        self._as(self._activity(initiative), self.seller).write(
            {'user_id': self.peer.id, 'date_deadline': '2026-05-04'}
        )
        self.assertRecordValues(
            initiative, [{'user_id': self.peer.id, 'date_deadline': date(2026, 5, 4)}]
        )
        self.assertEqual(self._asked(initiative), [('ok_peer', "Call them")])
        # Who does it may hand it on, too.
        self._as(self._activity(initiative), self.peer).user_id = self.boss
        self.assertEqual(initiative.user_id, self.boss)

    def test_who_gives_away_what_is_private(self):
        objective = self._create_objective(self.boss, is_private=True)
        self._accept(objective)
        initiative = self._plan(
            self.boss, key_result_id=objective.key_result_ids.id, user_id=self.seller.id
        )
        self._as(self._activity(initiative), self.seller).user_id = self.peer
        self.assertEqual(initiative.user_id, self.peer)
        self.env.invalidate_all()
        self._as(initiative, self.peer).user_id = self.boss
        self.assertEqual(self._asked(initiative), [('ok_boss', "Call them")])

    def test_who_may_not_reassign(self):
        initiative = self._plan()
        activity = self._activity(initiative)
        with self._refused(AccessError, "security"):
            self._as(activity, self.stranger).user_id = self.stranger
        with self._refused(UserError, "“Call them” is an initiative"):
            self._as(activity, self.seller).user_id = False
        with self._refused(AccessError, "security"):
            self._as(activity, self.stranger).unlink()
        other = self._as(initiative, self.seller).activity_schedule(
            'mail.mail_activity_data_todo', user_id=self.seller.id, summary="Mine"
        )
        other.user_id = self.peer
        other.unlink()
        self.assertRecordValues(initiative, [{'user_id': self.seller.id, 'state': 'open'}])

    def test_removed_activity_drops_the_initiative(self):
        initiative = self._plan()
        self._as(self._activity(initiative), self.seller).unlink()
        self.assertRecordValues(initiative, [{'state': 'dropped', 'done_date': False}])
        self._as(initiative, self.seller).action_reopen()
        self.assertEqual(len(self._activity(initiative)), 1)

    def test_who_leaves_drops_nothing(self):
        initiative = self._plan(user_id=self.peer.id)
        self.peer.sudo().action_archive()
        self.assertFalse(self._activity(initiative))
        self.assertEqual(initiative.state, 'open')
        self._as(initiative, self.seller).user_id = self.seller
        self.assertEqual(self._asked(initiative), [('ok_seller', "Call them")])

    def test_what_comes_by_itself_is_not_written(self):
        initiative = self._plan()
        other = self._create_objective(self.stranger, is_private=True)
        for vals in (
            {'objective_id': other.id},
            {'company_id': self.other_company.id},
            {'done_date': '2020-01-01'},
        ):
            with self._refused(AccessError, "come by themselves with an initiative"):
                self._as(initiative, self.seller).write(vals)
            with self._refused(AccessError, "come by themselves with an initiative"):
                self._plan(**vals)
        Initiative = self._as(self.Initiative, self.seller).with_context(
            default_done_date='2020-01-01', default_objective_id=other.id
        )
        created = Initiative.create(
            {'name': "Own", 'key_result_id': self.key_result.id, 'state': 'done'}
        )
        self.assertRecordValues(
            created, [{'objective_id': self.objective.id, 'done_date': date(2026, 4, 15)}]
        )

    def test_other_activities_do_not_close_it(self):
        initiative = self._plan()
        other = self._as(initiative, self.seller).activity_schedule(
            'mail.mail_activity_data_todo', user_id=self.seller.id, summary="Mine"
        )
        other.action_done()
        self.assertEqual(initiative.state, 'open')
        self.assertEqual(len(self._activity(initiative)), 1)

    def test_dropped_and_taken_up_again(self):
        initiative = self._plan()
        self._as(initiative, self.seller).action_drop()
        self.assertRecordValues(initiative, [{'state': 'dropped', 'done_date': False}])
        self.assertFalse(self._activity(initiative))
        self.assertFalse(self._asked(initiative, done=True))
        self._as(initiative, self.seller).action_reopen()
        self.assertEqual(initiative.state, 'open')
        self.assertEqual(len(self._activity(initiative)), 1)
        self._as(initiative, self.seller).action_done()
        self._as(initiative, self.seller).action_reopen()
        self.assertRecordValues(initiative, [{'state': 'open', 'done_date': False}])
        self.assertEqual(len(self._activity(initiative)), 1)

    def test_what_is_settled_needs_no_activity(self):
        for state, day in (('done', date(2026, 4, 15)), ('dropped', False)):
            initiative = self._plan(state=state)
            self.assertFalse(self._activity(initiative))
            self.assertEqual(initiative.done_date, day)
            self._as(initiative, self.seller).date_deadline = '2026-05-04'
            self.assertFalse(self._activity(initiative))

    def test_many_at_once(self):
        initiatives = self._plan() | self._plan(user_id=self.peer.id, name="Write")
        initiatives = self._as(initiatives, self.seller)
        initiatives.write({'date_deadline': '2026-05-04'})
        self.assertEqual(
            set(self._activity(initiatives).mapped('date_deadline')), {date(2026, 5, 4)}
        )
        self.assertEqual(set(self._activity(initiatives).mapped('summary')), {"Call them", "Write"})
        initiatives.action_done()
        self.assertEqual(initiatives.mapped('state'), ['done'] * 2)

    def test_the_day_is_the_company_s(self):
        """Of each company its own, also when those of two are written at once."""
        self.other_company.partner_id.tz = 'Asia/Tokyo'
        cycle = self._create_cycle('quarter', '2026-04-01', company=self.other_company)
        foreign = self._create_objective(self.foreigner, cycle=cycle)
        there = self._as(self.Initiative, self.foreigner).create(
            {'name': "There", 'key_result_id': foreign.key_result_ids.id}
        )
        here = self._plan()
        self._go_to('2026-04-20 20:00:00')
        both = (
            self.env['growth.okr.initiative']
            .with_context(allowed_company_ids=(self.company | self.other_company).ids)
            .browse([here.id, there.id])
        )
        both.sudo().write({'state': 'done'})
        self.assertEqual(both.mapped('done_date'), [date(2026, 4, 20), date(2026, 4, 21)])

    def test_who_does_it_sells_for_the_company(self):
        outsider = self._create_user('ok_office', 'base.group_user')
        with self._refused(ValidationError, "could not open the initiative"):
            self._plan(user_id=outsider.id)
        with self._refused(UserError, ""):
            self._plan(user_id=self.foreigner.id)

    def test_leads_of_the_company(self):
        lead = self._create_lead(user_id=self.seller.id)
        hidden = self._create_lead(user_id=self.peer.id)
        foreign = (
            self.env['crm.lead']
            .with_company(self.other_company)
            .create({'name': "Foreign", 'company_id': self.other_company.id, 'user_id': False})
        )
        initiative = self._plan(lead_ids=[Command.set(lead.ids)])
        self._as(initiative, self.user_admin).lead_ids = [Command.link(hidden.id)]
        self.env.invalidate_all()
        self.assertEqual(self._as(initiative, self.seller).lead_ids, lead)
        self.assertEqual(self._as(initiative, self.seller).lead_count, 1)
        action = self._as(initiative, self.seller).action_view_leads()
        self.assertEqual(self._as(self.env['crm.lead'], self.seller).search(action['domain']), lead)
        with self.assertRaises(AccessError):
            self._as(initiative, self.seller).lead_ids = [Command.link(hidden.id)]
        with self._refused(UserError, ""):
            self._as(initiative, self.seller).lead_ids = foreign

    def test_who_plans_it(self):
        """Who is responsible for the key result plans; who is to do it says that it is done."""
        self.assertTrue(self._plan(self.seller, user_id=self.peer.id))
        for user in (self.peer, self.stranger, self.leader, self.user_all):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._plan(user, user_id=user.id)
        with self.assertRaises(AccessError):
            self._plan(self.foreigner, user_id=self.seller.id)
        initiative = self._plan(self.user_admin, user_id=self.peer.id)
        with self.assertRaises(AccessError):
            self._as(initiative, self.stranger).action_done()
        with self.assertRaises(AccessError):
            self._as(initiative, self.peer).unlink()
        other = self._create_objective(self.stranger)
        with self.assertRaises(AccessError):
            self._as(initiative, self.peer).key_result_id = other.key_result_ids
        self._as(initiative, self.peer).action_done()
        self._as(initiative, self.seller).unlink()

    def test_who_moves_it(self):
        """Who does it takes it away from nobody, not even to an objective of their own."""
        initiative = self._plan(user_id=self.peer.id, name="Moving")
        other = self._create_objective(self.peer).key_result_ids
        with self._refused(AccessError, "moved by who is responsible.*Objective: result 1"):
            self._as(initiative, self.peer).key_result_id = other
        with self._refused(AccessError, "moved by who is responsible"):
            self._as(other, self.peer).initiative_ids = [Command.link(initiative.id)]
        own = self._create_objective().key_result_ids
        self._as(initiative, self.seller).key_result_id = own
        self._as(initiative, self.user_admin).key_result_id = other
        self.assertEqual(initiative.key_result_id, other)

    def test_merged_leads_keep_it(self):
        """Whoever merges leads, their initiatives are about what remains."""
        leads = self.env['crm.lead'].create(
            [
                {'name': "Head", 'user_id': self.stranger.id, 'type': 'opportunity'},
                {'name': "Tail", 'user_id': self.stranger.id, 'type': 'opportunity'},
            ]
        )
        first = self._plan(self.user_admin, lead_ids=[Command.set(leads[0].ids)])
        second = self._plan(self.user_admin, lead_ids=[Command.set(leads[1].ids)])
        both = self._plan(self.user_admin, lead_ids=[Command.set(leads.ids)])
        merged = self._as(leads, self.stranger).merge_opportunity().with_env(self.env)
        self.assertEqual(len(leads.exists()), 1)
        for initiative in first | second | both:
            self.assertEqual(initiative.lead_ids, merged)
        self.assertEqual(merged.growth_initiative_count, 3)

    def test_deleted_with_its_activity(self):
        initiative = self._plan()
        activity = self._activity(initiative)
        self._as(initiative, self.seller).unlink()
        self.assertFalse(activity.exists())
