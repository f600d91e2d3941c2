from contextlib import closing
from datetime import date

from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, Form, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.sales_growth.models.growth_okr_objective import ONGOING_STATES, TEXT_FIELDS

from .common_okr import OkrCommon

LOCKED_TEXTS = {
    'name': "Other words",
    'level': 'company',
    'kind': 'committed',
    'weight': 2.0,
    'counts_for_parent': False,
    'date_deadline': '2026-05-31',
    'why': "No reason",
    'description': "<p>Other</p>",
    'team_id': False,
    'parent_id': False,
    'aligned_key_result_ids': [Command.clear()],
}


@tagged('post_install', '-at_install')
class TestOkrTree(OkrCommon):
    """Where objectives stand, and what may stand there."""

    def test_neither_below_itself_nor_below_its_own(self):
        top = self._create_objective(self.boss, name="Top")
        middle = self._create_objective(self.boss, parent_id=top.id)
        bottom = self._create_objective(self.boss, parent_id=middle.id)
        for parent in (top, middle, bottom):
            with self._refused(ValidationError, "below itself or below its own"):
                self._as(top, self.boss).parent_id = parent
        with self._refused(ValidationError, "below itself or below its own"):
            bottom.child_ids = [Command.link(top.id)]
        self._as(bottom, self.boss).parent_id = top
        self.assertEqual(bottom.parent_id, top)

    def test_the_cycle_above_contains_the_one_below(self):
        quarterly = self._create_objective(self.boss)
        with self._refused(ValidationError, "the cycle 2026 does not lie within Q2 2026"):
            self._create_objective(cycle=self.year, parent_id=quarterly.id)
        later = self._create_cycle('quarter', '2026-07-01')
        with self._refused(ValidationError, "Q3 2026 does not lie within Q2 2026"):
            self._create_objective(cycle=later, parent_id=quarterly.id)
        yearly = self._create_objective(self.boss, cycle=self.year)
        below = self._create_objective(cycle=later, parent_id=yearly.id)
        with self._refused(ValidationError, "Q3 2026 does not lie within Q2 2026"):
            self._as(yearly, self.boss).write(
                {'cycle_id': self.quarter.id, 'date_deadline': '2026-06-30'}
            )
        self.assertEqual(below.parent_id, yearly)

    def test_not_below_one_of_another_company(self):
        cycle = self._create_cycle('quarter', '2026-04-01', company=self.other_company)
        foreign = self._create_objective(self.foreigner, cycle=cycle)
        with self.assertRaises(UserError):
            self._create_objective(parent_id=foreign.id)

    def test_deadline(self):
        objective = self._create_objective()
        self.assertEqual(objective.date_deadline, date(2026, 6, 30))
        for day in ('2026-03-31', '2026-07-01'):
            with self._refused(ValidationError, "lies outside of the cycle"):
                self._as(objective, self.seller).date_deadline = day
        self._as(objective, self.seller).date_deadline = '2026-04-01'
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self._as(objective, self.seller).date_deadline = False
            self.env.flush_all()

    def test_deadline_follows_another_cycle(self):
        later = self._create_cycle('quarter', '2026-07-01')
        objective = self._create_objective(date_deadline='2026-05-31')
        self._as(objective, self.seller).cycle_id = later
        self.assertEqual(objective.date_deadline, date(2026, 9, 30))

    def test_a_deadline_at_the_end_stays_there(self):
        objective = self._create_objective()
        chosen = self._create_objective(date_deadline='2026-05-31')
        self._as(objective | chosen, self.seller).cycle_id = self.year
        self.assertEqual(
            (objective | chosen).mapped('date_deadline'), [date(2026, 12, 31), date(2026, 5, 31)]
        )
        self._as(objective, self.seller).write(
            {'cycle_id': self.quarter.id, 'date_deadline': '2026-04-30'}
        )
        self.assertEqual(objective.date_deadline, date(2026, 4, 30))

    def test_deadline_not_after_the_one_above(self):
        above = self._create_objective(self.boss, date_deadline='2026-05-31')
        with self._refused(ValidationError, "later than that of the objective above"):
            self._create_objective(parent_id=above.id)
        self._create_objective(parent_id=above.id, date_deadline='2026-05-31', name="Below")
        with self._refused(ValidationError, "Below: the deadline"):
            self._as(above, self.boss).date_deadline = '2026-05-30'

    def test_weights_of_zero(self):
        for weight in (0, -1):
            with (
                self.assertRaises(IntegrityError),
                mute_logger('odoo.sql_db'),
                self.cr.savepoint(),
            ):
                self._create_objective(weight=weight)
                self.env.flush_all()

    def test_responsible_here_and_above(self):
        top = self._create_objective(self.boss, cycle=self.year)
        middle = self._create_objective(self.leader, parent_id=top.id)
        bottom = self._create_objective(parent_id=middle.id)
        self.assertEqual(bottom.responsible_ids, self.seller | self.leader | self.boss)
        self._as(middle, self.leader).owner_id = self.peer
        self.assertEqual(bottom.responsible_ids, self.seller | self.peer | self.boss)
        self._as(middle, self.boss).parent_id = False
        self.assertEqual(bottom.responsible_ids, self.seller | self.peer)

    def test_aligned_to_others_only(self):
        own = self._create_objective(self.boss)
        below = self._create_objective(parent_id=own.id)
        other = self._create_objective(self.peer)
        self._as(own, self.boss).aligned_key_result_ids = other.key_result_ids
        for objective in (own, below):
            with self._refused(ValidationError, "helps other objectives than itself"):
                self._as(own, self.boss).aligned_key_result_ids = objective.key_result_ids
        # What it helps cannot come to stand below it, either.
        with self._refused(ValidationError, "helps other objectives than itself"):
            self._as(other, self.peer).parent_id = own

    def test_owner_sells_for_the_company(self):
        outsider = self._create_user('ok_office', 'base.group_user')
        with self._refused(UserError, "could not open the"):
            self._create_objective(self.user_admin, owner_id=outsider.id)
        with self.assertRaises(UserError):
            self._create_objective(self.user_admin, owner_id=self.foreigner.id)

    def test_form_of_a_salesperson(self):
        with Form(self._as(self.Objective, self.seller)) as form:
            form.name = "From the form"
            self.assertEqual(form.owner_id, self.seller)
            self.assertEqual(form.cycle_id, self.quarter)
            self.assertEqual(form.date_deadline, date(2026, 6, 30))
        objective = form.record
        self.assertRecordValues(
            objective,
            [{'state': 'draft', 'team_id': self.team.id, 'leader_id': self.leader.id}],
        )

    # ------------------------------------------------------------
    # TEAM AND LEADER
    # ------------------------------------------------------------

    def test_leader(self):
        of_seller = self._create_objective()
        self.assertEqual((of_seller.team_id, of_seller.leader_id), (self.team, self.leader))
        of_leader = self._create_objective(self.leader)
        self.assertFalse(of_leader.leader_id)
        above = self._create_objective(self.boss)
        self._as(of_leader, self.leader).parent_id = above
        self.assertEqual(of_leader.leader_id, self.boss)
        # In no team: who is responsible above
        of_stranger = self._create_objective(self.stranger, parent_id=above.id)
        self.assertEqual(of_stranger.leader_id, self.boss)
        own = self._create_objective(self.boss, parent_id=above.id)
        self.assertFalse(own.leader_id)

    def test_leader_who_leads_the_own_team_as_a_member(self):
        self.team.crm_team_member_ids = [Command.create({'user_id': self.leader.id})]
        above = self._create_objective(self.boss)
        objective = self._create_objective(self.leader, parent_id=above.id)
        self.assertEqual((objective.team_id, objective.leader_id), (self.team, self.boss))

    def test_leader_who_could_not_open_it(self):
        above = self._create_objective(self.boss)
        self.leader.active = False
        objective = self._create_objective(parent_id=above.id)
        self.assertEqual(objective.leader_id, self.boss)
        self.leader.active = True
        self.leader.group_ids = self.env.ref('base.group_user')
        objective = self._create_objective(parent_id=above.id)
        self.assertEqual(objective.leader_id, self.boss)

    def test_leader_follows_the_team(self):
        objective = self._create_objective()
        self.team.user_id = self.peer
        self.assertEqual(objective.leader_id, self.peer)
        # A team of another one does not matter, that of the responsible person does.
        other = self.env['crm.team'].create(
            {'name': "Other OKR Team", 'company_id': self.company.id, 'user_id': self.boss.id}
        )
        self._as(objective, self.seller).team_id = other
        self.assertEqual(objective.leader_id, self.peer)
        self.team.user_id = self.stranger
        self.assertEqual(objective.leader_id, self.stranger)
        self.team.crm_team_member_ids.filtered(
            lambda member: member.user_id == self.seller
        ).unlink()
        other.crm_team_member_ids = [Command.create({'user_id': self.seller.id})]
        self.assertEqual(objective.leader_id, self.boss)

    def test_team_follows_the_owner(self):
        other = self.env['crm.team'].create(
            {'name': "Other OKR Team", 'company_id': self.company.id, 'user_id': self.boss.id}
        )
        other.crm_team_member_ids = [Command.create({'user_id': self.stranger.id})]
        objective = self._create_objective()
        self._as(objective, self.seller).owner_id = self.stranger
        self.assertEqual((objective.team_id, objective.leader_id), (other, self.boss))
        # Who is in no team leaves it as it is.
        self._as(objective, self.stranger).owner_id = self.boss
        self.assertEqual(objective.team_id, other)
        chosen = self._create_objective(team_id=other.id)
        self.assertEqual(chosen.team_id, other)

    def test_team_of_another_company_is_not_it(self):
        self.stranger.company_ids = [Command.link(self.other_company.id)]
        team = self.env['crm.team'].create(
            {
                'name': "Abroad",
                'company_id': self.other_company.id,
                'user_id': self.foreigner.id,
                'crm_team_member_ids': [Command.create({'user_id': self.stranger.id})],
            }
        )
        objective = self._create_objective(self.stranger)
        self.assertFalse(objective.team_id or objective.leader_id)
        team.company_id = False
        team.user_id = self.boss
        objective = self._create_objective(self.stranger)
        self.assertEqual((objective.team_id, objective.leader_id), (team, self.boss))


@tagged('post_install', '-at_install')
class TestOkrProgress(OkrCommon):
    """What an objective has of its parts, and that nothing is left behind."""

    def _tree(self):
        above = self._create_running(
            self.boss,
            key_results=0,
            name="Above",
            cycle=self.year,
            key_result_ids=[Command.create({'name': "A", 'target': 10})],
        )
        half = self._create_running(parent_id=above.id, weight=3, name="Half")
        none = self._create_running(self.peer, parent_id=above.id, name="None")
        self._check_in(half.key_result_ids, 50)
        return above, half, none

    def test_weighted_average(self):
        above, half, none = self._tree()
        # Its own key result at 0 (weight 1), one at 50 % (3), one at 0 (1)
        self.assertAlmostEqual(above.progress, 0.3)
        self._check_in(above.key_result_ids, 10)
        self.assertAlmostEqual(above.progress, 0.5)
        self._check_in(none.key_result_ids, 300)
        self.assertEqual(none.key_result_ids.progress, 3)
        # No part makes up for another.
        self.assertEqual(none.progress, 1)
        self.assertAlmostEqual(above.progress, 0.7)
        self._check_in(none.key_result_ids, -300)
        self.assertEqual(none.progress, 0)

    def test_what_never_ran_has_reached_nothing(self):
        """Though a range may hold from the first day on."""
        above = self._create_objective(self.boss, name="Above", cycle=self.year, key_results=0)
        objective = self._create_objective(
            parent_id=above.id,
            key_result_ids=[
                Command.create(
                    {
                        'name': "Range",
                        'direction': 'range',
                        'baseline': 7,
                        'range_min': 5,
                        'range_max': 9,
                    }
                )
            ],
        )
        self.assertEqual((objective.progress, objective.key_result_ids.progress), (0, 1))
        self._propose(objective)
        self.assertEqual(objective.progress, 0)
        self._accept(objective)
        self._accept(above)
        self.assertEqual((objective.progress, above.progress), (1, 1))
        self._decide(objective, 'ask_changes')
        self.assertEqual((objective.progress, above.progress), (0, 0))
        self._accept(objective)
        self.assertEqual((objective.progress, above.progress), (1, 1))
        self._decide(objective, 'cancel')
        self.assertEqual((objective.progress, above.progress), (1, 0))
        self._as(objective, self.seller).action_reopen()
        self.assertEqual(objective.progress, 0)

    def test_no_averages_of_what_is_not_weighted(self):
        for Model, fnames in (
            (self.Objective, ('progress', 'expected', 'confidence', 'final_progress')),
            (self.KeyResult, ('progress', 'expected', 'confidence')),
        ):
            described = Model.fields_get(fnames, ['aggregator'])
            self.assertFalse(any(each.get('aggregator') for each in described.values()))

    def test_key_result_weights(self):
        objective = self._create_objective(key_results=2)
        self._as(objective.key_result_ids[0], self.seller).weight = 4
        self._accept(objective)
        self._check_in(objective.key_result_ids[0], 50)
        self.assertAlmostEqual(objective.progress, 0.4)

    def test_what_is_settled_does_not_count(self):
        above, half, none = self._tree()
        self._decide(none, 'cancel')
        self.assertAlmostEqual(above.progress, 0.375)
        self._as(none, self.peer).action_reopen()
        self.assertAlmostEqual(above.progress, 0.375)
        self._accept(none)
        self.assertAlmostEqual(above.progress, 0.3)
        self._decide(none, 'ask_changes')
        self.assertAlmostEqual(above.progress, 0.375)
        self._propose(none)
        self.assertAlmostEqual(above.progress, 0.375)
        self._decide(none, 'decline')
        self.assertAlmostEqual(above.progress, 0.375)

    def test_weights_count_again(self):
        above, half, none = self._tree()
        self._decide(none, 'ask_changes')
        self._as(none, self.peer).weight = 4
        self._accept(none)
        self.assertAlmostEqual(above.progress, 1.5 / 8)
        self._decide(none, 'ask_changes')
        self._as(none, self.peer).counts_for_parent = False
        self._accept(none)
        self.assertAlmostEqual(above.progress, 0.375)

    def test_what_is_deleted_or_moved_does_not_count(self):
        above, half, none = self._tree()
        self._decide(none, 'cancel')
        none.unlink()
        self.assertAlmostEqual(above.progress, 0.375)
        elsewhere = self._create_running(self.boss, cycle=self.year)
        self._decide(half, 'ask_changes')
        self._as(half, self.boss).parent_id = elsewhere
        self._accept(half)
        self.assertEqual(above.progress, 0)
        self.assertAlmostEqual(elsewhere.progress, 0.375)

    def test_a_deleted_key_result_does_not_count(self):
        objective = self._create_running(key_results=2)
        self._check_in(objective.key_result_ids[0], 50)
        self.assertAlmostEqual(objective.progress, 0.25)
        self._decide(objective, 'ask_changes')
        self._as(objective.key_result_ids[1], self.seller).unlink()
        self._accept(objective)
        self.assertAlmostEqual(objective.progress, 0.5)

    def test_three_levels(self):
        above, half, none = self._tree()
        above_all = self._create_running(
            self.user_admin,
            key_results=0,
            cycle=self.year,
            key_result_ids=[Command.create({'name': "A", 'target': 1})],
        )
        self._decide(above, 'ask_changes')
        self._as(above, self.user_admin).parent_id = above_all
        self._accept(above)
        self.assertAlmostEqual(above_all.progress, 0.15)
        self._check_in(half.key_result_ids, 100)
        self.assertAlmostEqual(above_all.progress, 0.3)

    def test_confidence(self):
        objective = self._create_running(key_results=3)
        first, second, _silent = objective.key_result_ids
        self.assertEqual(objective.confidence, 0)
        self._check_in(first, 1, confidence=8)
        self.assertEqual(objective.confidence, 8)
        # Zero is an answer, silence is none.
        self._check_in(second, 1, confidence=0)
        self.assertEqual(objective.confidence, 4)

    def test_pace(self):
        objective = self._create_running()
        self.assertAlmostEqual(objective.expected, 15 / 91)
        self.assertEqual(objective.pace, 'off_track')
        self._check_in(objective.key_result_ids, 12)
        self.assertEqual(objective.pace, 'on_track')
        self.assertFalse(self._create_objective().pace)
        self._decide(objective, 'cancel')
        self.assertFalse(objective.pace)

    def test_is_mine(self):
        mine = self._create_objective(self.peer)
        helped = self._create_objective(
            self.boss,
            key_result_ids=[
                Command.create({'name': "Of the peer", 'target': 1, 'owner_id': self.peer.id})
            ],
        )
        other = self._create_objective()
        Objective = self._as(self.Objective, self.peer)
        everything = mine | helped | other
        for objectives, value in ((mine | helped, True), (other, False)):
            found = Objective.search([('is_mine', '=', value), ('id', 'in', everything.ids)])
            self.assertEqual(found, objectives)
            self.assertEqual(
                self._as(everything, self.peer).filtered(
                    lambda each, value=value: each.is_mine is value
                ),
                objectives,
            )


@tagged('post_install', '-at_install')
class TestOkrProposal(OkrCommon):
    """How an objective is proposed and decided, and who does what."""

    def _can(self, objective, action, user):
        """Whether a button works for somebody; what it did is undone."""
        self.env.flush_all()
        savepoint = self.cr.savepoint()
        try:
            if action in ('ask_changes', 'decline', 'cancel'):
                self._decide(objective, action, user)
            else:
                getattr(self._as(objective, user), f'action_{action}')()
            self.env.flush_all()
            return True
        except AccessError:
            return False
        finally:
            savepoint.rollback()
            savepoint.close()
            self.env.invalidate_all()

    def test_proposed_and_accepted(self):
        objective = self._create_objective()
        self._propose(objective)
        self.assertRecordValues(objective, [{'state': 'proposed', 'author_id': self.seller.id}])
        self.assertEqual(self._asked(objective), [('ok_leader', "Decide on an Objective")])
        self._accept(objective, self.leader)
        self.assertRecordValues(
            objective, [{'state': 'running', 'running_date': date(2026, 4, 15)}]
        )
        self.assertFalse(self._asked(objective))
        message = objective.message_ids.filtered(lambda each: "was accepted" in each.body)
        self.assertEqual(message.author_id, self.leader.partner_id)
        self.assertEqual(message.notified_partner_ids, self.seller.partner_id)

    def test_accepted_waits_for_its_cycle(self):
        cycle = self._create_cycle('quarter', '2026-07-01')
        objective = self._create_objective(cycle=cycle)
        self._accept(self._propose(objective), self.leader)
        self.assertRecordValues(objective, [{'state': 'accepted', 'running_date': False}])

    def test_nobody_leads(self):
        objective = self._propose(self._create_objective(self.stranger))
        self.assertFalse(objective.leader_id)
        self.assertFalse(self._asked(objective))
        for user in (self.seller, self.leader, self.boss, self.user_all, self.stranger):
            self.assertFalse(self._can(objective, 'accept', user))
        self._accept(objective)
        self.assertEqual(objective.state, 'running')

    def test_who_does_what(self):
        above = self._create_objective(self.boss)
        below = self._create_objective(parent_id=above.id)
        everybody = (
            self.seller,
            self.peer,
            self.leader,
            self.boss,
            self.stranger,
            self.user_all,
            self.user_admin,
            self.foreigner,
        )
        own = ['ok_seller', 'ok_boss', 'growth_admin']
        deciding = ['ok_leader', 'growth_admin']
        for state, rights in {
            'draft': {'propose': own, 'accept': deciding, 'cancel': own},
            'proposed': {
                'withdraw': own,
                'accept': deciding,
                'ask_changes': deciding,
                'decline': deciding,
                'cancel': own,
            },
            'changes': {'propose': own, 'accept': deciding, 'cancel': own},
            'accepted': {'ask_changes': deciding, 'cancel': own},
            'running': {'ask_changes': deciding, 'cancel': own},
            'declined': {'reopen': own, 'cancel': own},
            'cancelled': {'reopen': own},
        }.items():
            below.sudo().state = state
            for action, logins in rights.items():
                with self.subTest(state=state, action=action):
                    self.assertEqual(
                        [user.login for user in everybody if self._can(below, action, user)],
                        logins,
                    )

    def test_buttons_at_the_wrong_time(self):
        objective = self._create_objective(name="Wrong time")
        allowed = {
            'draft': {'propose', 'accept', 'cancel'},
            'proposed': {'withdraw', 'accept', 'ask_changes', 'decline', 'cancel'},
            'changes': {'propose', 'accept', 'cancel'},
            'accepted': {'ask_changes', 'cancel'},
            'running': {'ask_changes', 'cancel', 'judge'},
            'closed': {'unjudge'},
            'declined': {'reopen', 'cancel'},
            'cancelled': {'reopen'},
        }
        every = set().union(*allowed.values())
        for state, actions in allowed.items():
            objective.sudo().state = state
            for action in every - actions:
                with (
                    self.subTest(state=state, action=action),
                    self._refused(UserError, "not possible any more: Wrong time"),
                ):
                    getattr(self._as(objective, self.user_admin), f'action_{action}')()

    def test_withdrawn(self):
        objective = self._propose(self._create_objective())
        self._as(objective, self.seller).action_withdraw()
        self.assertEqual(objective.state, 'draft')
        self.assertFalse(self._asked(objective))
        self._as(objective, self.seller).name = "Better words"

    def test_changes_are_asked(self):
        objective = self._propose(self._create_objective())
        self._decide(objective, 'ask_changes', self.leader, "Half of it <b>first</b>")
        self.assertEqual(objective.state, 'changes')
        self.assertFalse(self._asked(objective))
        message = objective.message_ids[0]
        self.assertIn("Half of it &lt;b&gt;first", message.body)
        self.assertEqual(message.author_id, self.leader.partner_id)
        self.assertIn(self.seller.partner_id, message.notified_partner_ids)
        self._as(objective, self.seller).name = "Half"
        self._propose(objective)
        self.assertEqual(len(self._asked(objective)), 1)

    def test_declined_and_taken_up_again(self):
        objective = self._propose(self._create_objective(self.seller))
        self._decide(objective, 'decline', self.leader, "Not this year")
        self.assertEqual(objective.state, 'declined')
        self.assertFalse(self._asked(objective))
        self.assertIn("Not this year", self._bodies(objective))
        self._as(objective, self.seller).action_reopen()
        self.assertEqual(objective.state, 'draft')

    def test_given_up_with_its_initiatives(self):
        objective = self._create_running()
        self._as(self.env['growth.okr.initiative'], self.seller).create(
            {'name': "Call them", 'key_result_id': objective.key_result_ids.id}
        )
        initiative = objective.key_result_ids.initiative_ids
        self.assertTrue(self._asked(initiative))
        self._decide(objective, 'cancel', self.seller)
        self.assertEqual((objective.state, initiative.state), ('cancelled', 'dropped'))
        self.assertFalse(self._asked(initiative))

    def test_a_decision_needs_words(self):
        objective = self._propose(self._create_objective())
        with self._refused(UserError, "Say why"):
            self._decide(objective, 'decline', self.leader, " \n")
        self.assertEqual(objective.state, 'proposed')

    def test_the_dialogue_does_not_decide_for_strangers(self):
        objective = self._propose(self._create_objective())
        for decision in ('changes', 'declined', 'cancelled'):
            wizard = self._as(self.env['growth.okr.decide'], self.peer).create(
                {
                    'objective_ids': objective.ids,
                    'decision': decision,
                    'note': "Just because",
                }
            )
            with self.assertRaises(AccessError):
                wizard.action_decide()
        self.assertEqual(objective.state, 'proposed')

    def test_only_what_can_be_measured(self):
        bare = self._create_objective(key_results=0, name="Bare")
        for action in ('propose', 'accept'):
            with self._refused(UserError, "By what will it be seen.*Bare"):
                getattr(self._as(bare, self.user_admin), f'action_{action}')()
        self._create_objective(parent_id=bare.id)
        self._propose(bare)

    def test_milestones_to_reach(self):
        objective = self._create_objective()
        empty = self._create_key_result(objective, name="Stepless", kind='milestones')
        for action in ('propose', 'accept'):
            with self._refused(UserError, "counted by milestones.*: Stepless"):
                getattr(self._as(objective, self.user_admin), f'action_{action}')()
        self._as(empty, self.seller).milestone_ids = [Command.create({'name': "Step"})]
        self._propose(objective)

    def test_a_measure_that_is_in_use(self):
        measure = self.env['growth.okr.measure'].create(
            {
                'name': "Orders",
                'model': 'sale.order',
                'domain': '[]',
                'user_field': 'user_id',
                'company_id': self.company.id,
            }
        )
        objective = self._create_objective()
        self._create_key_result(objective, name="Unfed", source='measure', measure_id=measure.id)
        measure.active = False
        for action in ('propose', 'accept'):
            with self._refused(UserError, "measure is archived or gone.*: Unfed"):
                getattr(self._as(objective, self.user_admin), f'action_{action}')()
        measure.active = True
        self._propose(objective)

    def test_not_into_a_cycle_that_is_over(self):
        objective = self._propose(self._create_objective())
        draft = self._create_objective()
        self._as(self.quarter, self.user_admin).action_review()
        for action in (
            lambda: self._accept(objective),
            lambda: self._propose(draft),
            lambda: self._create_objective(),
            lambda: self._decide(objective, 'ask_changes'),
        ):
            with self._refused(UserError, "Q2 2026 is being reviewed or closed"):
                action()
        later = self._create_cycle('quarter', '2026-07-01')
        other = self._create_objective(cycle=later)
        with self._refused(UserError, "Q2 2026 is being reviewed or closed"):
            self._as(other, self.seller).write(
                {'cycle_id': self.quarter.id, 'date_deadline': '2026-06-30'}
            )
        # What never ran can leave.
        self._as(draft, self.seller).cycle_id = later

    def test_not_below_what_is_settled(self):
        above = self._create_objective(self.boss, name="Above")
        below = self._propose(self._create_objective(parent_id=above.id))
        loose = self._create_objective()
        self._decide(above, 'cancel')
        for action in (
            lambda: self._accept(below),
            lambda: self._create_objective(parent_id=above.id),
            lambda: self._as(loose, self.seller).write({'parent_id': above.id}),
        ):
            with self._refused(UserError, "Above is settled"):
                action()

    def test_many_at_once(self):
        objectives = self._create_objective() | self._create_objective(self.peer)
        for objective in objectives:
            self._propose(objective)
        self._accept(objectives, self.leader)
        self.assertEqual(set(objectives.mapped('state')), {'running'})
        other = self._propose(self._create_objective(self.stranger, name="Not yours"))
        third = self._propose(self._create_objective())
        with self._refused(AccessError, "Not yours"):
            self._accept(third | other, self.leader)
        self.assertEqual(third.state, 'proposed')

    def test_below_a_private_one(self):
        """Who may not read what stands above can still work on what stands below."""
        above = self._create_running(self.boss, is_private=True, cycle=self.year)
        below = self._create_objective(
            self.boss, parent_id=above.id, owner_id=self.seller.id, name="Below"
        )
        self.assertEqual(below.leader_id, self.leader)
        self.env.invalidate_all()
        self._as(below, self.seller).date_deadline = '2026-06-15'
        with self._refused(ValidationError, "private, too"):
            self._as(below, self.seller).is_private = False
        self._propose(below)
        self.env.invalidate_all()
        self._accept(below, self.leader)
        self.assertEqual(below.state, 'running')
        self._check_in(below.key_result_ids, 40, self.seller)
        self.assertEqual(above.progress, 0.2)

    def test_deleted_until_it_was_accepted(self):
        for state in ('draft', 'proposed', 'changes', 'declined', 'cancelled'):
            objective = self._create_objective()
            objective.sudo().state = state
            self._as(objective, self.seller).unlink()
        for state in ('accepted', 'running', 'closed'):
            objective = self._create_objective()
            objective.sudo().state = state
            with self._refused(UserError, "not deleted but given up"):
                self._as(objective, self.user_admin).unlink()

    def test_what_ran_is_not_deleted(self):
        """Whatever becomes of it, with its history."""
        objective = self._create_running(key_results=2, name="It ran")
        told, silent = objective.key_result_ids
        check_in = self._check_in(told, 40)
        self._decide(objective, 'ask_changes')
        for user in (self.seller, self.user_admin):
            with self._refused(UserError, "These ran, and their history is kept: It ran"):
                self._as(objective, user).unlink()
            for action in (
                lambda user=user: self._as(told, user).unlink(),
                lambda user=user: self._as(objective, user).write(
                    {'key_result_ids': [Command.delete(told.id)]}
                ),
            ):
                with self._refused(UserError, "have check-ins.*: It ran: result 1"):
                    action()
        self._as(silent, self.seller).unlink()
        self._decide(objective, 'cancel')
        with self._refused(UserError, "These ran"):
            self._as(objective, self.user_admin).unlink()
        self._as(objective, self.seller).action_reopen()
        with self._refused(UserError, "These ran"):
            self._as(objective, self.seller).unlink()
        self.assertTrue(check_in.exists())

    def test_deleted_with_what_hangs_on_it(self):
        """Though who deletes it may not delete each part."""
        objective = self._create_objective()
        key_result = objective.key_result_ids
        initiative = self._as(self.env['growth.okr.initiative'], self.seller).create(
            {'name': "Call them", 'key_result_id': key_result.id, 'user_id': self.peer.id}
        )
        self.assertEqual(self._asked(initiative), [('ok_peer', "Call them")])
        left = []
        for records in (objective, key_result, initiative):
            left.append(records.message_post(body="Words"))
            left.append(
                self.env['ir.attachment'].create(
                    {'name': "a.txt", 'res_model': records._name, 'res_id': records.id}
                )
            )
            records.message_subscribe(self.peer.partner_id.ids)
            left.append(records.message_follower_ids)
            left.append(
                records.activity_schedule('mail.mail_activity_data_todo', user_id=self.peer.id)
            )
        left.append(initiative.activity_ids)
        self._as(objective, self.seller).unlink()
        self.assertFalse(key_result.exists() or initiative.exists())
        for records in left:
            with self.subTest(records._name):
                self.assertFalse(records.exists())

    def test_not_deleted_by_those_who_may_not(self):
        objective = self._create_objective()
        for user in (self.peer, self.leader):
            for records in (objective, objective.key_result_ids):
                with self.assertRaises(AccessError):
                    self._as(records, user).unlink()
        self.assertTrue(objective.key_result_ids)

    def test_not_deleted_above_others(self):
        above = self._create_objective(self.boss, name="Above")
        self._create_objective(parent_id=above.id, name="Below")
        with self._refused(UserError, "Others stand below: Below"):
            self._as(above, self.boss).unlink()
        tree = above.search([('id', 'child_of', above.ids)])
        self._as(tree, self.boss).unlink()
        self.assertFalse(tree.exists())

    def test_whose_planning_it_was(self):
        """Of who proposed it, else of who wrote it, else of who accepts it."""
        above = self._create_objective(self.boss)
        proposed = self._propose(self._create_objective())
        written = self._create_objective(
            self.boss, parent_id=above.id, owner_id=self.seller.id, name="Written above"
        )
        made = self.Objective.create(
            {
                'name': "Made by the system",
                'cycle_id': self.quarter.id,
                'owner_id': self.seller.id,
                'key_result_ids': [Command.create({'name': "One", 'target': 1})],
            }
        )
        for objective, author in (
            (proposed, self.seller),
            (written, self.boss),
            (made, self.leader),
        ):
            self._accept(objective, self.leader)
            self.assertEqual(objective.author_id, author)

    def test_not_into_another_company_with_its_parts(self):
        self.user_admin.company_ids = [Command.link(self.other_company.id)]
        cycle = self._create_cycle('quarter', '2026-04-01', company=self.other_company)
        objective = self._create_objective(self.user_admin, name="Moving")
        bare = self._create_objective(self.user_admin, key_results=0)
        companies = (self.company | self.other_company).ids
        for each in (objective, bare):
            there = self._as(each, self.user_admin).with_context(allowed_company_ids=companies)
            if each == objective:
                with self._refused(UserError, "one of another company.*: Moving"):
                    there.cycle_id = cycle
            else:
                there.cycle_id = cycle
                self.assertEqual(each.company_id, self.other_company)

    # ------------------------------------------------------------
    # THE TEXT IS LOCKED
    # ------------------------------------------------------------

    def test_every_text_is_locked(self):
        later = self._create_cycle('quarter', '2026-07-01')
        values = {**LOCKED_TEXTS, 'cycle_id': later.id, 'owner_id': self.boss.id}
        self.assertEqual(set(values), TEXT_FIELDS)
        objective = self._create_objective()
        for state in ('proposed', 'accepted', 'running', 'closed', 'declined', 'cancelled'):
            objective.sudo().state = state
            for user in (self.seller, self.user_admin):
                for fname, value in values.items():
                    if fname == 'owner_id' and user == self.user_admin and state in ONGOING_STATES:
                        continue
                    with (
                        self.subTest(state=state, fname=fname),
                        self._refused(UserError, "The text is locked"),
                    ):
                        self._as(objective, user).write({fname: value})

    def test_somebody_else_takes_it_over(self):
        """Who is responsible may be gone while it runs: managers name another one."""
        objective = self._create_objective()
        of_peer = self._create_key_result(objective, owner_id=self.peer.id)
        own = objective.key_result_ids - of_peer
        for state in ONGOING_STATES:
            objective.sudo().state = state
            self.env.flush_all()
            self.seller.active = False
            self.assertTrue(self._as(objective, self.user_admin).can_name_owner)
            self._as(objective, self.user_admin).write({'owner_id': self.boss.id, 'color': 2})
            self.env.flush_all()
            self.assertEqual(objective.owner_id, self.boss)
            self.assertEqual((own.owner_id, of_peer.owner_id), (self.boss, self.peer))
            self.assertFalse(self._as(objective, self.boss).can_name_owner)
            with self._refused(UserError, "The text is locked"):
                self._as(objective, self.boss).owner_id = self.peer
            with self._refused(UserError, "The text is locked"):
                self._as(objective, self.user_admin).write(
                    {'owner_id': self.peer.id, 'name': "Easier"}
                )
            self.seller.active = True
            objective.owner_id = own.owner_id = self.seller
        objective.sudo().state = 'draft'
        self.assertTrue(self._as(objective, self.seller).can_name_owner)
        self.assertFalse(self._as(objective, self.peer).can_name_owner)

    def test_open_texts(self):
        objective = self._create_objective()
        for state in ('draft', 'changes'):
            objective.sudo().state = state
            self._as(objective, self.seller).write({'name': f"In {state}", 'weight': 3})

    def test_what_changes_by_buttons_is_not_written(self):
        objective = self._create_objective()
        for vals in (
            {'state': 'running'},
            {'author_id': self.boss.id},
            {'leader_id': self.seller.id},
            {'responsible_ids': [Command.link(self.peer.id)]},
            {'progress': 1},
            {'verdict': 'good'},
            {'final_progress': 1},
            {'lesson': "None"},
            {'carried_from_id': objective.id},
            {'child_ids': [Command.create({'name': "Below"})]},
            {'running_date': '2020-01-01'},
        ):
            with self._refused(AccessError, "changes by its buttons"):
                self._as(objective, self.user_admin).write(vals)
            with self.assertRaises(AccessError):
                self._create_objective(**vals)

    def test_nothing_is_stated_by_default(self):
        Objective = self._as(self.Objective, self.seller).with_context(
            default_state='closed',
            default_verdict='good',
            default_final_progress=1,
            default_author_id=self.boss.id,
            default_closed_date='2026-04-01',
            default_why="Because",
        )
        objective = Objective.create({'name': "Sly", 'cycle_id': self.quarter.id})
        self.assertRecordValues(
            objective,
            [
                {
                    'state': 'draft',
                    'verdict': False,
                    'final_progress': 0,
                    'author_id': False,
                    'closed_date': False,
                    'why': "Because",
                }
            ],
        )

    def test_key_results_are_locked_with_it(self):
        objective = self._create_running(name="Locked")
        key_result = objective.key_result_ids
        new = {'name': "One more", 'target': 5}
        for user in (self.seller, self.user_admin):
            for write in (
                lambda user=user: self._create_key_result(objective, user),
                lambda user=user: self._as(objective, user).write(
                    {'key_result_ids': [Command.create(new)]}
                ),
                lambda user=user: self._as(objective, user).write(
                    {'key_result_ids': [Command.update(key_result.id, {'target': 5})]}
                ),
                lambda user=user: self._as(objective, user).write(
                    {'key_result_ids': [Command.delete(key_result.id)]}
                ),
                lambda user=user: self._as(key_result, user).unlink(),
                lambda user=user: self._as(key_result, user).write(
                    {'milestone_ids': [Command.create({'name': "Step"})]}
                ),
            ):
                with self._refused(UserError, "The text is locked: Locked"):
                    write()
        self.assertEqual(key_result.target, 100)

    def test_copy_begins_anew(self):
        objective = self._create_running(aligned_key_result_ids=[])
        self._check_in(objective.key_result_ids, 50)
        copied = self._as(objective, self.seller).copy()
        self.assertRecordValues(
            copied,
            [
                {
                    'name': "Objective (copy)",
                    'state': 'draft',
                    'progress': 0,
                    'author_id': False,
                    'running_date': False,
                }
            ],
        )
        self.assertRecordValues(copied.key_result_ids, [{'target': 100, 'current': 0}])

    def test_copy_of_what_is_over(self):
        above = self._create_running(self.boss, name="Above", cycle=self.year)
        objective = self._create_running(
            parent_id=above.id,
            key_result_ids=[
                Command.create(
                    {
                        'name': "Steps",
                        'kind': 'milestones',
                        'milestone_ids': [
                            Command.create({'name': "Step", 'date_deadline': '2026-05-31'})
                        ],
                    }
                )
            ],
        )
        later = self._create_cycle('quarter', '2026-07-01')
        self._go_to('2026-07-02')
        self._as(self.quarter, self.user_admin).action_review()
        copied = self._as(objective, self.seller).copy()
        self.assertRecordValues(
            copied,
            [
                {
                    'cycle_id': later.id,
                    'date_deadline': date(2026, 9, 30),
                    'parent_id': above.id,
                    'state': 'draft',
                }
            ],
        )
        self.assertFalse(copied.key_result_ids.milestone_ids.date_deadline)
        self._decide(above, 'cancel')
        alone = self._as(objective, self.seller).copy()
        self.assertRecordValues(alone, [{'cycle_id': later.id, 'parent_id': False}])

    def test_copy_without_what_is_settled_above(self):
        above = self._create_objective(self.boss, name="Above")
        objective = self._create_objective(parent_id=above.id, date_deadline='2026-05-31')
        self._decide(above, 'cancel')
        self.assertRecordValues(
            self._as(objective, self.seller).copy(),
            [
                {
                    'parent_id': False,
                    'cycle_id': self.quarter.id,
                    'date_deadline': date(2026, 5, 31),
                }
            ],
        )


@tagged('post_install', '-at_install', 'sales_growth_concurrent')
class TestOkrAtOnce(BaseCase):
    """Two people decide at the same moment: one is at work, the other one is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
            cycle = env['growth.okr.cycle'].create({'period': 'quarter', 'name': "At once"})
            objective = env['growth.okr.objective'].create(
                {
                    'name': "At once",
                    'cycle_id': cycle.id,
                    'owner_id': env.ref('base.user_admin').id,
                    'key_result_ids': [Command.create({'name': "One", 'target': 1})],
                }
            )
            objective.action_propose()
            cls.cycle_id, cls.objective_id = cycle.id, objective.id
        cls.addClassCleanup(cls._clean_up)

    @classmethod
    def _clean_up(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env['growth.okr.objective'].browse(cls.objective_id).unlink()
            env['growth.okr.cycle'].browse(cls.cycle_id).unlink()

    def _objective(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
        return env['growth.okr.objective'].browse(self.objective_id)

    def test_accepted_and_declined_at_once(self):
        with closing(self.registry.cursor()) as first, closing(self.registry.cursor()) as second:
            self._objective(first).action_accept()
            self._objective(first).flush_recordset()
            with self.assertRaisesRegex(UserError, "Somebody else is at work on this"):
                self._objective(second)._decide('declined', "No")
            first.rollback()
            second.rollback()
            self._objective(second)._decide('declined', "No")
            self.assertEqual(self._objective(second).state, 'declined')
            second.rollback()

    def test_who_comes_later_is_told(self):
        with closing(self.registry.cursor()) as cr:
            objective = self._objective(cr)
            objective.action_accept()
            with self.assertRaisesRegex(UserError, "not possible any more: At once"):
                objective._decide('declined', "No")
            cr.rollback()
