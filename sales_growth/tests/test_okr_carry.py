from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_okr_key_result import KeyResultCommon


@tagged('post_install', '-at_install')
class TestOkrCarry(KeyResultCommon):
    """The cycle after another one, and what it takes over."""

    def _wizard(self, user=None, cycle=None):
        user = user or self.user_admin
        action = self._as(cycle or self.quarter, user).action_next()
        return self._as(self.env['growth.okr.next.cycle'], user).with_context(**action['context'])

    def _carry(self, cycle=None, **vals):
        """Plan the next cycle with what is suggested."""
        action = self._wizard(cycle=cycle).create(vals).action_create_cycle()
        return self.Cycle.browse(action['res_id'])

    # ------------------------------------------------------------
    # THE CYCLE
    # ------------------------------------------------------------

    def test_next_cycle(self):
        following = self._carry()
        self.assertRecordValues(
            following,
            [
                {
                    'name': "Q3 2026",
                    'period': 'quarter',
                    'date_from': date(2026, 7, 1),
                    'date_to': date(2026, 9, 30),
                    'state': 'draft',
                    'company_id': self.company.id,
                    'previous_id': self.quarter.id,
                }
            ],
        )
        self.assertEqual(self.quarter.state, 'running')
        year = self._carry(self.year)
        self.assertEqual((year.name, year.date_to), ("2027", date(2027, 12, 31)))

    def test_form_follows_period_and_day(self):
        with Form(self._wizard()) as form:
            self.assertEqual(form.name, "Q3 2026")
            form.period = 'month'
            self.assertEqual((form.name, form.date_to), ("July 2026", date(2026, 7, 31)))
            form.date_from = '2026-08-01'
            self.assertEqual((form.name, form.date_to), ("August 2026", date(2026, 8, 31)))
            form.name = "Before the Fair"
            form.date_to = '2026-08-20'
        following = self.Cycle.browse(form.record.action_create_cycle()['res_id'])
        self.assertRecordValues(
            following, [{'name': "Before the Fair", 'date_to': date(2026, 8, 20)}]
        )

    def test_not_while_the_other_one_lasts(self):
        with self._refused(UserError, "begins when Q2 2026 has ended"):
            self._carry(date_from='2026-06-30')

    def test_into_what_is_planned(self):
        planned = self._create_cycle('quarter', '2026-07-01')
        self._create_cycle('quarter', '2026-10-01')
        self._create_cycle('month', '2026-07-01')
        objective = self._create_running(name="Again")
        wizard = self._wizard().create({})
        self.assertRecordValues(
            wizard, [{'next_cycle_id': planned.id, 'objective_ids': objective.ids}]
        )
        self.assertEqual(wizard.action_create_cycle()['res_id'], planned.id)
        self.assertEqual(planned.objective_ids.carried_from_id, objective)
        self.assertEqual(planned.previous_id, self.quarter)
        # Nothing twice, and what comes later finds its place.
        below = self._create_running(parent_id=objective.id, name="Below")
        self._as(planned, self.user_admin).action_start()
        wizard = self._wizard().create({})
        self.assertEqual(wizard.objective_ids, below)
        wizard.objective_ids |= objective
        wizard.action_create_cycle()
        self.assertEqual(planned.objective_ids.mapped('name'), ["Again", "Below"])
        carried = planned.objective_ids.filtered(lambda each: each.name == "Below")
        self.assertEqual(carried.parent_id.carried_from_id, objective)
        self.assertEqual(carried.state, 'draft')

    def test_not_into_others(self):
        over = self._create_cycle('quarter', '2026-07-01')
        self._as(over, self.user_admin).action_start()
        self._as(over, self.user_admin).action_review()
        foreign = self._create_cycle('quarter', '2026-07-01', company=self.other_company)
        self.assertFalse(self._wizard().create({}).next_cycle_id)
        with self._refused(UserError, "takes nothing over from"):
            self._carry(next_cycle_id=over.id)
        with self._refused(UserError, "begins when Q2 2026 has ended"):
            self._carry(next_cycle_id=self.year.id)
        with self._refused(AccessError, ""):
            self._carry(next_cycle_id=foreign.id)

    def test_a_new_one_beside_what_is_planned(self):
        planned = self._create_cycle('quarter', '2026-07-01')
        with Form(self._wizard()) as form:
            self.assertEqual(form.next_cycle_id, planned)
            form.next_cycle_id = self.Cycle
            form.period = 'month'
        following = self.Cycle.browse(form.record.action_create_cycle()['res_id'])
        self.assertEqual(following.name, "July 2026")

    def test_for_managers(self):
        for user in (self.seller, self.boss, self.user_all):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._wizard(user).create({})
        with self.assertRaises(AccessError):
            self._wizard(self.foreigner).create({}).action_create_cycle()

    # ------------------------------------------------------------
    # OBJECTIVES
    # ------------------------------------------------------------

    def _suggested(self):
        return self._wizard().create({}).objective_ids

    def test_what_is_suggested(self):
        """What is left to do: neither reached, nor good enough, nor settled."""
        words = {'cause': 'resources', 'lesson': "Count"}
        short, good, planning_error, running = (
            self._create_running(name=name) for name in ("Short", "Good", "Error", "Running")
        )
        draft = self._create_objective(name="Draft")
        declined, given_up = self._create_objective(), self._create_objective()
        self._decide(self._propose(declined), 'decline')
        self._decide(given_up, 'cancel')
        reached = self._create_running(name="Reached")
        for objective, value in ((short, 50), (good, 80), (planning_error, 0), (reached, 100)):
            self._check_in(objective.key_result_ids, value)
        self._as(self.quarter, self.user_admin).action_review()
        for objective in short | good | planning_error:
            self._judge(objective, **words)
        self.assertEqual(self._suggested(), short | planning_error | running | draft)

    def test_planned_anew(self):
        objective = self._create_running(
            kind='committed', weight=2, why="It pays", name="Again", is_private=True
        )
        self._check_in(objective.key_result_ids, 30, confidence=9)
        self._as(self.env['growth.okr.initiative'], self.seller).create(
            {'name': "Call", 'key_result_id': objective.key_result_ids.id}
        )
        following = self._carry()
        carried = following.objective_ids
        self.assertRecordValues(
            carried,
            [
                {
                    'name': "Again",
                    'state': 'draft',
                    'kind': 'committed',
                    'weight': 2,
                    'why': "It pays",
                    'is_private': True,
                    'owner_id': self.seller.id,
                    'leader_id': self.leader.id,
                    'author_id': False,
                    'date_deadline': date(2026, 9, 30),
                    'carried_from_id': objective.id,
                    'progress': 0,
                    'running_date': False,
                }
            ],
        )
        self.assertRecordValues(
            carried.key_result_ids,
            [{'baseline': 30, 'target': 100, 'current': 30, 'last_check_in_date': False}],
        )
        # The one before stays as it was.
        self.assertRecordValues(objective, [{'state': 'running', 'progress': 0.3}])
        # Somebody of the team takes it from here.
        self._propose(carried)
        self._accept(carried, self.leader)

    def test_the_tree_is_kept(self):
        top = self._create_running(self.boss, name="Top", date_deadline='2026-06-20')
        middle = self._create_running(
            self.leader, name="Middle", parent_id=top.id, date_deadline='2026-06-20'
        )
        bottom = self._create_running(
            name="Bottom", parent_id=middle.id, date_deadline='2026-06-10'
        )
        carried = self._carry().objective_ids.grouped('name')
        self.assertEqual(carried["Bottom"].parent_id, carried["Middle"])
        self.assertEqual(carried["Middle"].parent_id, carried["Top"])
        self.assertFalse(carried["Top"].parent_id)
        self.assertEqual(carried["Bottom"].responsible_ids, self.seller | self.leader | self.boss)
        self.assertEqual(bottom.parent_id, middle)

    def test_without_the_one_above(self):
        top = self._create_running(self.boss, name="Top")
        below = self._create_running(parent_id=top.id, name="Below")
        following = self._carry(objective_ids=[Command.set(below.ids)])
        self.assertRecordValues(following.objective_ids, [{'name': "Below", 'parent_id': False}])

    def test_below_the_year(self):
        yearly = self._create_running(self.boss, cycle=self.year)
        until_august = self._create_running(self.boss, cycle=self.year, date_deadline='2026-08-31')
        over = self._create_running(self.boss, cycle=self.year, date_deadline='2026-06-30')
        given_up = self._create_running(self.boss, cycle=self.year)
        for number, parent in enumerate((yearly, until_august, over, given_up)):
            self._create_running(name=str(number), parent_id=parent.id)
        self._decide(given_up, 'cancel')
        carried = self._carry().objective_ids.sorted('name')
        self.assertRecordValues(
            carried,
            [
                {'parent_id': yearly.id, 'date_deadline': date(2026, 9, 30)},
                {'parent_id': until_august.id, 'date_deadline': date(2026, 8, 31)},
                {'parent_id': False, 'date_deadline': date(2026, 9, 30)},
                {'parent_id': False, 'date_deadline': date(2026, 9, 30)},
            ],
        )

    def test_owner_who_left(self):
        objective = self._create_running(
            self.boss,
            key_result_ids=[
                Command.create({'name': "Own", 'target': 1}),
                Command.create({'name': "Of the peer", 'target': 1, 'owner_id': self.peer.id}),
            ],
        )
        (self.boss | self.peer).active = False
        carried = self._carry().objective_ids
        self.assertEqual(carried.owner_id, self.user_admin)
        self.assertEqual(carried.key_result_ids.owner_id, self.user_admin)
        self.assertEqual(carried.carried_from_id, objective)

    def test_of_this_cycle_alone(self):
        """Whatever the caller sends along."""
        own = self._create_running(name="Own")
        elsewhere = self._create_running(self.boss, cycle=self.year)
        given_up = self._create_objective()
        self._decide(given_up, 'cancel')
        following = self._carry(objective_ids=[Command.set((own | elsewhere | given_up).ids)])
        self.assertEqual(following.objective_ids.mapped('name'), ["Own"])

    # ------------------------------------------------------------
    # KEY RESULTS
    # ------------------------------------------------------------

    def _carried(self, key_results):
        """What becomes of key results, by name."""
        following = self._carry()
        return following.objective_ids.key_result_ids.grouped('name')

    def test_only_what_is_unfinished(self):
        objective = self._create_running(key_results=3)
        first, second, third = objective.key_result_ids
        self._check_in(first, 100)
        self._check_in(second, 120)
        self._check_in(third, 99)
        self.assertEqual(list(self._carried(objective.key_result_ids)), [third.name])

    def test_what_is_where_it_is_goes_on_from_there(self):
        objective = self._create_objective(
            key_result_ids=[
                Command.create(
                    {'name': "Down", 'direction': 'decrease', 'baseline': 50, 'target': 10}
                ),
                Command.create({'name': "Worse", 'baseline': 10, 'target': 20, 'weight': 5}),
                Command.create(
                    {
                        'name': "Range",
                        'direction': 'range',
                        'baseline': 0,
                        'range_min': 5,
                        'range_max': 9,
                    }
                ),
                Command.create({'name': "Yes", 'kind': 'yes_no'}),
            ]
        )
        self._accept(objective)
        down, worse, kept, _yes = objective.key_result_ids
        self._check_in(down, 30)
        self._check_in(worse, 5)
        self._check_in(kept, 7)
        self.assertRecordValues(
            self.KeyResult.union(*self._carried(objective.key_result_ids).values()),
            [
                {'name': "Down", 'baseline': 30, 'target': 10, 'weight': 1, 'kind': 'number'},
                {'name': "Worse", 'baseline': 5, 'target': 20, 'weight': 5, 'kind': 'number'},
                {'name': "Range", 'baseline': 7, 'target': 0, 'weight': 1, 'kind': 'number'},
                {'name': "Yes", 'baseline': 0, 'target': 1, 'weight': 1, 'kind': 'yes_no'},
            ],
        )

    def test_what_adds_up_has_the_rest_as_target(self):
        adding = self._create_measure()
        level = self._create_measure(
            name="Open leads", model='crm.lead', domain='[]', date_field=False
        )
        fed = {'source': 'measure', 'target': 100}
        objective = self._create_objective(
            key_result_ids=[
                Command.create({'name': "Adds up", 'measure_id': adding.id, **fed}),
                Command.create({'name': "Level", 'measure_id': level.id, **fed}),
                Command.create({'name': "Back", 'measure_id': adding.id, **fed}),
            ]
        )
        self._accept(objective)
        first, second, third = objective.key_result_ids
        first._note_points({first: 30, second: 40, third: -10}, date(2026, 4, 15))
        # While it is not over nobody knows the rest.
        self.assertEqual(first._get_carried_ends(), {'target': 100})
        self._go_to('2026-07-01')
        carried = self._carried(objective.key_result_ids)
        for name, baseline, target in (
            ("Adds up", 0, 70),
            ("Level", 40, 100),
            ("Back", 0, 100),
        ):
            self.assertRecordValues(
                carried[name],
                [{'baseline': baseline, 'target': target, 'source': 'measure', 'error': False}],
            )

    def test_what_adds_up_keeps_its_direction(self):
        """The rest of the way from the baseline, not of the value: that began at zero."""
        fed = {'source': 'measure', 'measure_id': self._create_measure().id}
        objective = self._create_objective(
            key_result_ids=[
                Command.create({'name': "More", 'baseline': 90, 'target': 120, **fed}),
                Command.create(
                    {
                        'name': "Less",
                        'baseline': 100,
                        'target': 80,
                        'direction': 'decrease',
                        **fed,
                    }
                ),
                Command.create({'name': "Unknown", 'baseline': 90, 'target': 120, **fed}),
            ]
        )
        self._accept(objective)
        more, less, _unknown = objective.key_result_ids
        self._go_to('2026-07-01')
        self.env['growth.okr.key.result']._follow_day(self.company)
        more._note_points({more: 105, less: 95}, date(2026, 6, 30))
        carried = self._carried(objective.key_result_ids)
        self.assertEqual(carried["More"].target, 105)
        self.assertEqual(carried["Less"].target, 85)
        self.assertEqual(carried["Unknown"].target, 120)

    def test_milestones_that_are_left(self):
        key_result = self._running(
            kind='milestones',
            milestone_ids=[
                Command.create({'name': "Done"}),
                Command.create({'name': "Left", 'weight': 3, 'date_deadline': '2026-05-31'}),
            ],
        )
        self._as(key_result.milestone_ids[0], self.seller).is_done = True
        carried = self._carried(key_result)["Result"]
        self.assertRecordValues(
            carried.milestone_ids,
            [{'name': "Left", 'weight': 3, 'is_done': False, 'date_deadline': False}],
        )
        self.assertRecordValues(carried, [{'target': 1, 'progress': 0}])

    def test_milestones_of_another_kind_stay_behind(self):
        """A key result that was counted by milestones once, in a cycle that is over then."""
        objective = self._create_objective(
            key_result_ids=[
                Command.create(
                    {
                        'name': "Result",
                        'kind': 'milestones',
                        'milestone_ids': [
                            Command.create({'name': "Once", 'date_deadline': '2026-05-31'})
                        ],
                    }
                )
            ]
        )
        self._as(objective.key_result_ids, self.seller).write({'kind': 'number', 'target': 9})
        self._accept(objective)
        carried = self._carried(objective.key_result_ids)["Result"]
        self.assertRecordValues(carried, [{'kind': 'number', 'target': 9, 'milestone_ids': []}])
