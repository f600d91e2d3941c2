import re
from datetime import date
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.sales_growth.models.growth_okr_key_result import TEXT_FIELDS

from .common_okr import OkrCommon


class KeyResultCommon(OkrCommon):
    @classmethod
    def _running(cls, **vals):
        """A key result that runs: from 0 to 100, unless it says something else."""
        objective = cls._create_objective(
            key_result_ids=[Command.create({'name': "Result", 'target': 100, **vals})]
        )
        cls._accept(objective)
        return objective.key_result_ids

    @classmethod
    def _create_measure(cls, **vals):
        """Confirmed orders of the tests, by their day, salesperson and team."""
        return cls.env['growth.okr.measure'].create(
            {
                'name': "Orders",
                'model': 'sale.order',
                'domain': "[('state', '=', 'sale')]",
                'date_field': 'date_order',
                'user_field': 'user_id',
                'team_field': 'team_id',
                'company_id': cls.company.id,
                **vals,
            }
        )


@tagged('post_install', '-at_install')
class TestOkrKeyResult(KeyResultCommon):
    """How far a key result is, and what cannot be one."""

    def test_progress(self):
        for vals, steps in (
            ({}, {0: 0, 25: 0.25, 100: 1, 250: 2.5, -50: -0.5}),
            ({'baseline': 40, 'target': 60}, {40: 0, 50: 0.5, 60: 1, 30: -0.5, 70: 1.5}),
            (
                {'direction': 'decrease', 'baseline': 50, 'target': 20},
                {50: 0, 35: 0.5, 20: 1, 5: 1.5, 65: -0.5},
            ),
            ({'baseline': -100, 'target': -20}, {-100: 0, -60: 0.5, 0: 1.25}),
            ({'direction': 'decrease', 'baseline': 10, 'target': -10}, {0: 0.5, -10: 1}),
            ({'kind': 'percentage', 'baseline': 0.2, 'target': 0.3}, {0.25: 0.5, 0.3: 1}),
            (
                {'direction': 'range', 'range_min': 10, 'range_max': 20, 'baseline': 30},
                {10: 1, 20: 1, 15: 1, 25: 0.5, 5: 0.5, 30: 0, 40: -1},
            ),
        ):
            key_result = self._running(**vals)
            self.assertEqual(key_result.progress, key_result._get_progress(key_result.baseline, 0))
            for value, progress in steps.items():
                with self.subTest(value=value, **vals):
                    self._check_in(key_result, value)
                    self.assertAlmostEqual(key_result.current, value)
                    self.assertAlmostEqual(key_result.progress, progress)

    def test_current_is_the_baseline_until_it_is_known(self):
        key_result = self._running(baseline=30)
        self.assertRecordValues(
            key_result,
            [
                {
                    'current': 30,
                    'current_date': False,
                    'progress': 0,
                    'last_check_in_date': False,
                    'confidence': 0,
                }
            ],
        )

    def test_yes_or_no(self):
        key_result = self._running(kind='yes_no', target=1)
        self.assertRecordValues(
            key_result, [{'baseline': 0, 'target': 1, 'progress': 0, 'direction': 'increase'}]
        )
        check_in = self._check_in(key_result, is_reached=True)
        self.assertEqual((key_result.progress, check_in.value_text), (1, "Yes"))
        self.assertEqual(key_result.objective_id.progress, 1)
        self._as(check_in, self.seller).is_reached = False
        self.assertEqual((key_result.progress, key_result.current_text), (0, "No"))
        self.assertEqual(key_result.expected, 0)
        with self._refused(ValidationError, "either reached or not"):
            self._check_in(key_result, 0.5)

    def test_milestones(self):
        key_result = self._running(
            kind='milestones',
            target=0,
            milestone_ids=[
                Command.create({'name': "First", 'weight': 3, 'date_deadline': '2026-04-30'}),
                Command.create({'name': "Second"}),
            ],
        )
        first, second = key_result.milestone_ids
        self.assertRecordValues(key_result, [{'target': 2, 'current': 0, 'progress': 0}])
        self._as(first, self.seller).is_done = True
        self.assertRecordValues(
            key_result,
            [{'current': 1, 'progress': 0.75, 'current_date': date(2026, 4, 15)}],
        )
        self.assertEqual(key_result.objective_id.progress, 0.75)
        self._go_to('2026-05-02')
        self._as(second, self.seller).is_done = True
        self._as(first, self.seller).is_done = False
        self.assertRecordValues(
            key_result,
            [{'current': 1, 'progress': 0.25, 'current_date': date(2026, 5, 2)}],
        )
        self.assertEqual((first.done_date, second.done_date), (False, date(2026, 5, 2)))
        self.assertEqual(key_result._get_expected(date(2026, 4, 29)), 0)
        self.assertEqual(key_result._get_expected(date(2026, 4, 30)), 0.75)
        self.assertEqual(key_result._get_expected(date(2026, 6, 30)), 1)

    def test_milestones_are_done_while_it_runs(self):
        objective = self._create_objective()
        key_result = objective.key_result_ids
        for vals in ({'is_done': True}, {'done_date': '2026-04-02'}):
            with self._refused(UserError, "for what runs alone|come by themselves"):
                self._as(self.env['growth.okr.milestone'], self.seller).create(
                    {'name': "Early", 'key_result_id': key_result.id, **vals}
                )
        Milestone = self._as(self.env['growth.okr.milestone'], self.seller)
        milestone = Milestone.with_context(default_is_done=True).create(
            {'name': "Step", 'key_result_id': key_result.id}
        )
        self.assertFalse(milestone.is_done)
        for vals in ({'is_done': True}, {'done_date': '2026-04-02'}):
            with self._refused(UserError, "for what runs alone|come by themselves"):
                milestone.write(vals)
        self._accept(objective)
        milestone.is_done = True
        for vals in ({'name': "Other"}, {'weight': 2}, {'date_deadline': '2026-05-01'}):
            with self._refused(UserError, "The text is locked"):
                milestone.write(vals)
        with self._refused(UserError, "The text is locked"):
            milestone.unlink()

    def test_milestones_stay_where_their_text_is_open(self):
        locked = self._running()
        mine = self._create_objective()
        others = self._create_objective(self.peer)
        milestone = self._as(self.env['growth.okr.milestone'], self.seller).create(
            {'name': "Step", 'key_result_id': mine.key_result_ids.id}
        )
        with self._refused(UserError, "The text is locked"):
            milestone.key_result_id = locked
        with self._refused(AccessError, ""):
            milestone.key_result_id = others.key_result_ids

    def test_milestone_deadlines(self):
        objective = self._create_objective(date_deadline='2026-05-31')
        for day in ('2026-03-31', '2026-06-01'):
            with self._refused(ValidationError, "the deadline lies between"):
                self.env['growth.okr.milestone'].create(
                    {
                        'name': "Step",
                        'key_result_id': objective.key_result_ids.id,
                        'date_deadline': day,
                    }
                )

    def test_a_deadline_that_came_nearer_expects_every_milestone(self):
        objective = self._create_objective(
            key_result_ids=[
                Command.create(
                    {
                        'name': "Steps",
                        'kind': 'milestones',
                        'milestone_ids': [
                            Command.create({'name': "Step", 'date_deadline': '2026-06-20'})
                        ],
                    }
                )
            ]
        )
        self._as(objective, self.seller).date_deadline = '2026-05-31'
        self.assertEqual(objective.key_result_ids._get_expected(date(2026, 5, 31)), 1)

    # ------------------------------------------------------------
    # WHAT CANNOT BE
    # ------------------------------------------------------------

    def test_impossible_ends(self):
        objective = self._create_objective()
        for words, vals in (
            ("the target is the baseline .5.*nothing to reach", {'baseline': 5, 'target': 5}),
            ("the target is the baseline", {'baseline': 5, 'target': 5.0000001}),
            ("not the direction", {'baseline': 50, 'target': 10}),
            ("not the direction", {'direction': 'decrease', 'baseline': 10, 'target': 50}),
            ("end above where", {'direction': 'range', 'range_min': 20, 'range_max': 10}),
            ("end above where", {'direction': 'range', 'range_min': 10, 'range_max': 10}),
            ("counted by steps", {'kind': 'yes_no', 'direction': 'range', 'range_max': 1}),
            ("counted by steps", {'kind': 'milestones', 'direction': 'decrease'}),
        ):
            with self.subTest(**vals), self._refused(ValidationError, words):
                self._create_key_result(objective, **vals)

    def test_no_ends_without_an_end(self):
        objective = self._create_objective()
        for vals in (
            {'target': 1e300},
            {'baseline': -1e16},
            {'direction': 'range', 'range_max': 1e16},
            {'direction': 'range', 'range_min': -1e16, 'range_max': 1},
        ):
            with self.subTest(**vals), self._refused(ValidationError, "too large a number"):
                self._create_key_result(objective, **vals)
        key_result = self._create_key_result(objective, target=9e14)
        self.assertAlmostEqual(key_result.target, 9e14, delta=1)

    def test_ends_of_what_is_counted_are_found(self):
        key_result = self._running(kind='yes_no', baseline=5, target=3)
        self.assertEqual((key_result.baseline, key_result.target), (0, 1))
        self._decide(key_result.objective_id, 'ask_changes')
        with self._refused(ValidationError, "counted by steps"):
            self._as(key_result, self.seller).target = 3

    def test_weights_of_zero(self):
        objective = self._create_objective()
        for records, vals in (
            (self.KeyResult, {'objective_id': objective.id, 'target': 1}),
            (
                self.env['growth.okr.milestone'],
                {'key_result_id': objective.key_result_ids.id},
            ),
        ):
            with (
                self.assertRaises(IntegrityError),
                mute_logger('odoo.sql_db'),
                self.cr.savepoint(),
            ):
                self._as(records, self.seller).create({'name': "Nothing", 'weight': 0, **vals})
                self.env.flush_all()

    def test_bindings(self):
        objective = self._create_objective()
        measure = self._create_measure()
        bare = self._create_measure(user_field=False, team_field=False, name="Bare")
        stock = self._create_measure(name="Stock", date_field=False, model='crm.lead', domain='[]')
        for words, vals in (
            ("choose the measure", {'measure_id': False}),
            ("does not tell whose rows", {'measure_id': bare.id}),
            ("which team its rows", {'measure_id': bare.id, 'scope': 'team'}),
            ("choose the sales team", {'scope': 'team', 'team_id': False}),
            ("choose whose figures", {'scope': False}),
            ("cannot be fed by a measure", {'kind': 'yes_no'}),
            ("cannot be fed by a measure", {'kind': 'milestones'}),
            ("like last year", {'measure_id': stock.id, 'expectation': 'season'}),
            ("like last year", {'source': 'manual', 'expectation': 'season'}),
            (
                "like last year",
                {
                    'direction': 'range',
                    'range_max': 5,
                    'expectation': 'season',
                },
            ),
        ):
            vals = {'source': 'measure', 'measure_id': measure.id, **vals}
            with self.subTest(**vals), self._refused(ValidationError, words):
                self._create_key_result(objective, **vals)
        self._create_key_result(
            objective, source='measure', measure_id=measure.id, expectation='season'
        )
        self._create_key_result(objective, source='measure', measure_id=bare.id, scope='company')

    def test_measure_of_another_company(self):
        measure = self._create_measure(company_id=self.other_company.id)
        with self._refused(UserError, ""):
            self._create_key_result(
                self._create_objective(), source='measure', measure_id=measure.id
            )

    def test_owner_sells_for_the_company(self):
        outsider = self._create_user('ok_office', 'base.group_user')
        objective = self._create_objective()
        for user in (outsider, self.foreigner):
            with self._refused(UserError, ""):
                self._as(objective.key_result_ids, self.seller).owner_id = user

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def test_values_in_words(self):
        objective = self._create_objective()
        for vals, words in (
            (
                {'baseline': 1000, 'target': 2500.5, 'unit': "lines"},
                ("1,000 lines", "2,500.50 lines"),
            ),
            ({'kind': 'percentage', 'baseline': 0.125, 'target': 0.8}, ("12.5 %", "80.0 %")),
            ({'kind': 'money', 'baseline': 0, 'target': 1000000}, ("$ 0.00", "$ 1,000,000.00")),
            (
                {'direction': 'range', 'range_min': 3, 'range_max': 5.5, 'baseline': 1},
                ("1", "3 to 5.50"),
            ),
            ({'kind': 'yes_no', 'target': 1}, ("No", "Yes")),
        ):
            with self.subTest(**vals):
                key_result = self._create_key_result(objective, **vals)
                texts = (key_result.baseline_text, key_result.target_text)
                self.assertEqual(tuple(text.replace("\xa0", " ") for text in texts), words)

    def test_money_is_the_company_s(self):
        company = self._create_company("Euro OKR Company", self.eur)
        self.foreigner.write({'company_ids': [Command.link(company.id)], 'company_id': company.id})
        cycle = self._create_cycle('quarter', '2026-04-01', company=company)
        objective = self._create_objective(
            self.foreigner,
            cycle=cycle,
            key_result_ids=[Command.create({'name': "Euros", 'kind': 'money', 'target': 10})],
        )
        self.assertEqual(objective.key_result_ids.currency_id, self.eur)
        self.assertIn("€", objective.key_result_ids.target_text)

    # ------------------------------------------------------------
    # DRAFTING
    # ------------------------------------------------------------

    def test_switching_kinds_while_drafting(self):
        objective = self._create_objective()
        KeyResult = self._as(self.KeyResult, self.seller)
        with Form(KeyResult.with_context(default_objective_id=objective.id)) as form:
            form.name = "Undecided"
            self.assertEqual(form.owner_id, self.seller)
            for kind in ('yes_no', 'milestones', 'money', 'percentage', 'yes_no', 'number'):
                form.kind = kind
            form.direction = 'range'
            form.range_max = 4
            form.direction = 'decrease'
            form.baseline = 9
            form.target = 3
        self.assertRecordValues(
            form.record,
            [{'kind': 'number', 'direction': 'decrease', 'baseline': 9, 'target': 3, 'current': 9}],
        )
        with Form(self._as(form.record, self.seller)) as form:
            form.kind = 'yes_no'
        self.assertRecordValues(
            form.record,
            [{'kind': 'yes_no', 'direction': 'increase', 'baseline': 0, 'target': 1, 'current': 0}],
        )

    def test_measure_tells_unit_and_direction(self):
        objective = self._create_objective()
        losses = self._create_measure(name="Losses", lower_is_better=True)
        revenue = self._create_measure(
            name="Revenue", unit='money', aggregation='sum', measure_field='amount_untaxed'
        )
        KeyResult = self._as(self.KeyResult, self.seller)
        with Form(KeyResult.with_context(default_objective_id=objective.id)) as form:
            form.name = "Fewer losses"
            form.source = 'measure'
            form.measure_id = losses
            self.assertEqual(form.direction, 'decrease')
            form.measure_id = revenue
            self.assertEqual((form.direction, form.kind), ('increase', 'money'))
            form.measure_id = losses
            form.baseline = 10
            form.target = 5
        self.assertRecordValues(form.record, [{'direction': 'decrease', 'kind': 'number'}])
        created = self._create_key_result(
            objective, source='measure', measure_id=losses.id, baseline=10, target=5
        )
        self.assertEqual(created.direction, 'decrease')

    def test_owner_is_that_of_the_objective(self):
        objective = self._create_objective(
            self.boss,
            key_result_ids=[
                Command.create({'name': "Own", 'target': 1}),
                Command.create({'name': "Of the peer", 'target': 1, 'owner_id': self.peer.id}),
            ],
        )
        self.assertEqual(objective.key_result_ids.mapped('owner_id.login'), ['ok_boss', 'ok_peer'])
        # Who works on it stays when somebody else becomes responsible for the whole.
        self._as(objective, self.boss).owner_id = self.leader
        self.assertEqual(objective.key_result_ids.mapped('owner_id.login'), ['ok_boss', 'ok_peer'])

    # ------------------------------------------------------------
    # LOCKED
    # ------------------------------------------------------------

    def test_every_text_is_locked(self):
        key_result = self._running()
        other = self._create_objective()
        values = {
            'name': "Other words",
            'objective_id': other.id,
            'kind': 'money',
            'direction': 'decrease',
            'unit': "tons",
            'baseline': 7,
            'target': 5,
            'range_min': 1,
            'range_max': 2,
            'weight': 3,
            'source': 'measure',
            'measure_id': self._create_measure().id,
            'scope': 'company',
            'team_id': False,
            'expectation': 'season',
        }
        self.assertEqual(set(values), TEXT_FIELDS)
        for state in ('proposed', 'accepted', 'running', 'closed', 'declined', 'cancelled'):
            key_result.objective_id.sudo().state = state
            for user in (self.seller, self.user_admin):
                for fname, value in values.items():
                    with (
                        self.subTest(state=state, fname=fname),
                        self._refused(UserError, "The text is locked"),
                    ):
                        self._as(key_result, user).write({fname: value})

    def test_not_moved_into_what_is_locked_or_of_another(self):
        locked = self._create_running(name="Locked")
        others = self._create_objective(self.peer)
        key_result = self._create_objective().key_result_ids
        with self._refused(UserError, "The text is locked: Locked"):
            self._as(key_result, self.seller).objective_id = locked
        with self._refused(AccessError, ""):
            self._as(key_result, self.seller).objective_id = others

    def test_where_it_stands_is_not_written(self):
        key_result = self._running()
        for vals in (
            {'current': 100},
            {'progress': 1},
            {'confidence': 10},
            {'error': "None"},
            {'measured_at': '2026-04-15'},
            {'season_curve': [1]},
            {'check_in_ids': [Command.create({'value': 100})]},
            {'aligned_objective_ids': [Command.clear()]},
        ):
            with self._refused(AccessError, "comes from its check-ins"):
                self._as(key_result, self.user_admin).write(vals)

    def test_nothing_is_stated_by_default(self):
        objective = self._create_objective()
        KeyResult = self._as(self.KeyResult, self.seller).with_context(
            default_error="Forged", default_season_curve=[1], default_unit="lines"
        )
        key_result = KeyResult.create({'name': "Sly", 'objective_id': objective.id, 'target': 1})
        self.assertRecordValues(
            key_result, [{'error': False, 'season_curve': False, 'unit': "lines"}]
        )

    # ------------------------------------------------------------
    # EXPECTED, STALE
    # ------------------------------------------------------------

    def test_what_adds_up_is_compared_with_the_baseline_so_far(self):
        """A sum begins at zero: half of what was sold before is no progress in half of the time."""
        measured = {
            'source': 'measure',
            'measure_id': self._create_measure().id,
            'scope': 'company',
            'kind': 'number',
        }
        more = self._running(**measured, baseline=182, target=273)
        less = self._running(**measured, baseline=182, target=91, direction='decrease')
        key_results = more | less
        self.assertEqual(key_results.mapped('adds_up'), [True, True])
        # Nothing measured yet
        self.assertEqual(key_results.mapped('current'), [0, 0])
        self.assertEqual(key_results.mapped('progress'), [0, 0])
        self.assertFalse(key_results[0].current_date)
        # 45 of 91 days
        self._go_to('2026-05-15')
        self.KeyResult._follow_day(self.company)
        for key_result in key_results:
            self._measure(key_result, 90)
        self.assertEqual(key_results.mapped('progress'), [0, 0])
        self.assertEqual(key_results.mapped('pace'), ['off_track', 'off_track'])
        self._measure(more, 135)
        self._measure(less, 45)
        for key_result in key_results:
            self.assertAlmostEqual(key_result.progress, 45 / 91)
            self.assertAlmostEqual(key_result.expected, 45 / 91)
        # The same, known a week later: the baseline has gone on.
        self._go_to('2026-05-22')
        self.KeyResult._follow_day(self.company)
        self.assertAlmostEqual(more.progress, (135 - 52 * 2) / 91)
        self.assertAlmostEqual(less.progress, (45 - 52 * 2) / -91)
        # In the end it is the share of the way, as ever.
        self._go_to('2026-06-30')
        self.KeyResult._follow_day(self.company)
        self._measure(more, 200.2)
        self._measure(less, 100.1)
        self.assertAlmostEqual(more.progress, 0.2)
        self.assertAlmostEqual(less.progress, 0.9)

    def test_what_adds_up_stays_as_it_was_judged(self):
        self._without_measuring()
        key_result = self._running(
            source='measure',
            measure_id=self._create_measure().id,
            scope='company',
            baseline=182,
            target=273,
        )
        objective = key_result.objective_id
        self._go_to('2026-05-15')
        self.KeyResult._follow_day(self.company)
        self._measure(key_result, 280)
        self.assertAlmostEqual(key_result.progress, (280 - 90) / 91)
        judged = objective.progress
        self._judge(objective)
        self._go_to('2026-06-15')
        self.KeyResult._follow_day(self.company)
        self.assertAlmostEqual(key_result.expected, 76 / 91)
        self.assertAlmostEqual(key_result.progress, (280 - 90) / 91)
        self.assertEqual(objective.progress, judged)

    def _without_measuring(self):
        """The values that a test gives stay, as its measure has no records."""
        self.startPatcher(
            patch.object(type(self.KeyResult), '_bring_up_to_date', lambda records: None)
        )

    def _fed(self, **vals):
        """What adds up: from 182 to 273 in the 91 days of the quarter."""
        measured = {
            'source': 'measure',
            'measure_id': self._create_measure().id,
            'scope': 'company',
            'baseline': 182,
            'target': 273,
        }
        return self._running(**measured | vals)

    def test_ahead_of_the_baseline_is_not_reached(self):
        self._without_measuring()
        more = self._fed()
        less = self._fed(target=91, direction='decrease')
        self._go_to('2026-05-22')
        self.KeyResult._follow_day(self.company)
        self._measure(more, 200)
        self._measure(less, 0)
        for key_result in more | less:
            self.assertGreater(key_result.progress, 1)
            self.assertTrue(key_result._is_unfinished())
            with self._refused(UserError, "runs until"):
                self._judge(key_result.objective_id)
        self._measure(more, 273)
        self.assertFalse(more._is_unfinished())
        self._judge(more.objective_id)
        # In the end, what is less is less.
        self._go_to('2026-07-01')
        self._measure(less, 91)
        self.KeyResult._follow_day(self.company)
        self.assertFalse(less._is_unfinished())

    def test_measured_on_the_day_that_it_is(self):
        """Nothing compares the value of today with what was expected on the day of the draft."""
        measure = self._create_measure()
        objective = self._create_objective(key_results=0)
        key_result = self._create_key_result(
            objective,
            source='measure',
            measure_id=measure.id,
            scope='company',
            baseline=182,
            target=273,
        )
        self._go_to('2026-05-15')
        self._accept(objective)
        self.assertAlmostEqual(key_result.expected, 45 / 91)
        self._go_to('2026-05-22')
        self._measure(key_result, 135)
        self.assertAlmostEqual(key_result.expected, 52 / 91)
        self.assertAlmostEqual(key_result.progress, (135 - 52 * 2) / 91)

    def test_a_broken_measure_keeps_what_was_reached(self):
        key_result = self._fed()
        self._go_to('2026-05-15')
        self._measure(key_result, 135)
        key_result.sudo().write({'error': "Broken", 'measured_at': '2026-05-15 12:00:00'})
        self._go_to('2026-06-10')
        self.KeyResult._follow_day(self.company)
        self.assertAlmostEqual(key_result.progress, 45 / 91)
        self.assertAlmostEqual(key_result.expected, 71 / 91)

    def test_the_last_day_counts_for_the_verdict(self):
        key_result = self._fed(baseline=0, target=10)
        self._go_to('2026-06-30 06:00')
        self.KeyResult._refresh(self.company)
        self.assertEqual(key_result.current, 0)
        with self._at('2026-06-30 18:00'):
            partner = self.env['res.partner'].create({'name': "Late"})
            orders = self.env['sale.order'].create(
                [
                    {
                        'partner_id': partner.id,
                        'company_id': self.company.id,
                        'user_id': self.seller.id,
                    }
                ]
                * 8
            )
            orders.write({'state': 'sale', 'date_order': '2026-06-30 18:00:00'})
        self._go_to('2026-07-01 00:30')
        # Responsible with own documents: all of these are.
        self._judge(key_result.objective_id)
        self.assertEqual(key_result.objective_id.verdict, 'good')
        self.assertEqual(key_result.objective_id.final_progress, 0.8)

    def test_rights_are_not_borrowed(self):
        """A value is read with the rights of who is responsible: naming somebody else would show
        what is not for oneself."""
        measured = {'source': 'measure', 'measure_id': self._create_measure().id}
        for owner in (self.user_admin, self.user_all, self.peer):
            own = self._fed()
            told = self._running()
            words = f"with the rights of {re.escape(owner.name)}"
            with self._refused(AccessError, words):
                self._as(own, self.seller).owner_id = owner
            objective = self._create_objective(key_results=0)
            with self._refused(AccessError, words):
                self._create_key_result(objective, **measured, owner_id=owner.id)
            other = self._create_key_result(objective, owner_id=owner.id)
            with self._refused(AccessError, words):
                self._as(other, self.seller).write(measured)
            # What people say themselves may be anybody's.
            self._as(told, self.seller).owner_id = owner
            self._as(own, self.user_admin).owner_id = owner
            self.assertEqual(own.owner_id, owner)
        # Who sees all documents may name who sees less, and nobody who sees more.
        objective = self._create_objective(self.user_all, key_results=0)
        self._create_key_result(objective, **measured, owner_id=self.peer.id)
        with self._refused(AccessError, "with the rights of"):
            self._create_key_result(objective, **measured, owner_id=self.user_admin.id)

    def test_not_stale_before_it_begins(self):
        cycle = self._create_cycle('month', '2026-06-01')
        objective = self._create_running(cycle=cycle)
        self._as(cycle, self.user_admin).action_start()
        key_result = objective.key_result_ids
        domain = [('is_stale', '=', True), ('id', '=', key_result.id)]
        for day, stale in (('2026-05-20', False), ('2026-06-15', False), ('2026-06-16', True)):
            self._go_to(day)
            self.assertEqual(key_result.is_stale, stale, day)
            self.assertEqual(bool(self.KeyResult.search_count(domain)), stale, day)

    def test_what_is_an_average_stands_somewhere(self):
        mean = self._create_measure(aggregation='avg', measure_field='amount_untaxed')
        no_date = self._create_measure(date_field=False)
        for measure in (mean, no_date):
            key_result = self._running(
                source='measure', measure_id=measure.id, scope='company', baseline=50
            )
            self.assertFalse(key_result.adds_up)
            self.assertEqual(key_result.current, 50)
            self._measure(key_result, 75)
            self.assertEqual(key_result.progress, 0.5)
        kept = self._running(
            source='measure',
            measure_id=self._create_measure().id,
            scope='company',
            direction='range',
            range_min=1,
            range_max=2,
        )
        self.assertFalse(kept.adds_up)

    def test_expected(self):
        key_result = self._running()
        self.assertAlmostEqual(key_result.expected, 15 / 91)
        for vals, day, expected in (
            ({}, date(2026, 3, 31), 0),
            ({}, date(2026, 6, 30), 1),
            ({'direction': 'range', 'range_max': 200, 'range_min': 100}, date(2026, 4, 1), 1),
            ({'kind': 'yes_no', 'target': 1}, date(2026, 6, 29), 0),
            ({'kind': 'yes_no', 'target': 1}, date(2026, 6, 30), 1),
        ):
            with self.subTest(day=day, **vals):
                self.assertEqual(self._running(**vals)._get_expected(day), expected)

    def _stale(self, key_results):
        """Those that are stale, for a salesperson, and that the search agrees."""
        self.env.invalidate_all()
        records = self._as(key_results, self.seller)
        stale = records.filtered('is_stale')
        for value, expected in ((True, stale), (False, records - stale)):
            found = records.search([('id', 'in', key_results.ids), ('is_stale', '=', value)])
            self.assertEqual(found, expected)
        return stale

    def test_stale(self):
        silent, told = self._running(), self._running()
        draft = self._create_objective().key_result_ids
        self._go_to('2026-04-20')
        self._check_in(told, 10)
        everything = silent | told | draft
        for day, stale in (
            ('2026-04-29', self.KeyResult),
            # Two weeks have passed without a word.
            ('2026-04-30', silent),
            ('2026-05-04', silent),
            ('2026-05-05', silent | told),
        ):
            self._go_to(day)
            with self.subTest(day=day):
                self.assertEqual(self._stale(everything), stale)
        self.assertEqual(silent.objective_id.stale_count, 1)
        self._check_in(silent, 0, confidence=0)
        self.assertEqual(self._stale(everything), told)
        self._decide(told.objective_id, 'cancel')
        self.assertFalse(self._stale(everything))

    def test_stale_by_the_company_s_days(self):
        key_result = self._running()
        self.company.growth_okr_stale_days = 7
        self._go_to('2026-04-22')
        self.assertFalse(self._stale(key_result))
        self._go_to('2026-04-23')
        self.assertTrue(self._stale(key_result))
        # It is the company's day that counts.
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-04-22 16:00:00')
        self.assertTrue(self._stale(key_result))
        for days in (0, 367):
            with (
                self.assertRaises(IntegrityError),
                mute_logger('odoo.sql_db'),
                self.cr.savepoint(),
            ):
                self.company.growth_okr_stale_days = days
                self.env.flush_all()

    def test_what_is_measured_is_stale_without_words(self):
        key_result = self._running(source='measure', measure_id=self._create_measure().id)
        self._go_to('2026-05-01')
        key_result._note_points({key_result: 40}, date(2026, 5, 1))
        self.env.invalidate_all()
        self.assertEqual(key_result.current, 40)
        self.assertTrue(self._stale(key_result))
