from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common_okr import OkrCommon

RATES = ('judged:sum', 'errors:sum', 'error_rate:avg', 'final_progress:avg')


class OkrReportCommon(OkrCommon):
    def _rows(self, domain=(), user=None, report='growth.okr.history'):
        return self._as(self.env[report], user or self.user_admin).search(list(domain))

    def _points(self, groupby, domain=(), user=None):
        """Progress by group, in their order."""
        history = self._as(self.env['growth.okr.history'], user or self.user_admin)
        # As the search says that the screens begin with
        domain = [('is_counted', '=', True), *domain]
        return {
            tuple(row[:-1]) if len(groupby) > 1 else row[0] if groupby else 'all': row[-1]
            for row in history._read_group(domain, groupby, ['progress:avg'])
        }

    def assertPoints(self, found, expected):
        self.assertEqual(list(found), list(expected))
        for key, value in expected.items():
            self.assertAlmostEqual(found[key], value, 9, key)

    @classmethod
    def _private(cls):
        """A private objective of ok_seller, and one of whose key results ok_stranger is in
        charge."""
        cls.private = cls._create_running(name="Private", is_private=True, key_results=2)
        cls.shared = cls._create_objective(name="Shared", is_private=True, key_results=2)
        cls.shared.key_result_ids[0].owner_id = cls.stranger
        cls._accept(cls.shared)
        return cls.private | cls.shared


@tagged('post_install', '-at_install')
class TestOkrHistory(OkrReportCommon):
    # ------------------------------------------------------------
    # WEEKS
    # ------------------------------------------------------------

    def test_a_week_without_check_in_keeps_the_value_before(self):
        """The objective runs since Wednesday, 15 April; 91 days from 1 April to 30 June."""
        objective = self._create_running()
        key_result = objective.key_result_ids
        self._check_in(key_result, 10)
        self._go_to('2026-04-29')
        self._check_in(key_result, 30)
        self._go_to('2026-05-06')
        self.assertPoints(
            self._points(['date:day', 'series']),
            {
                (date(2026, 4, 18), 'actual'): 0.1,
                (date(2026, 4, 18), 'expected'): 18 / 91,
                (date(2026, 4, 25), 'actual'): 0.1,
                (date(2026, 4, 25), 'expected'): 25 / 91,
                (date(2026, 5, 2), 'actual'): 0.3,
                (date(2026, 5, 2), 'expected'): 32 / 91,
                # Today, not the end of the week
                (date(2026, 5, 6), 'actual'): 0.3,
                (date(2026, 5, 6), 'expected'): 36 / 91,
            },
        )

    def test_weeks_begin_as_in_the_language_of_the_reader(self):
        objective = self._create_running()
        self._check_in(objective.key_result_ids, 10)
        self._go_to('2026-05-06')
        lang = self.env['res.lang']._lang_get(self.user_admin.lang)
        for week_start, days in (('7', (18, 25)), ('1', (19, 26)), ('6', (17, 24))):
            lang.week_start = week_start
            with self.subTest(week_start=week_start):
                found = list(self._points(['date:day'], [('date', '<', '2026-05-01')]))
                self.assertEqual(found, [date(2026, 4, day) for day in days])
                # A point for each week of the screen
                self.assertEqual(len(self._points(['date:week'])), 4)

    def test_the_last_check_in_of_a_day_counts(self):
        objective = self._create_running()
        for value in (10, 50, 20):
            self._check_in(objective.key_result_ids, value)
        self.assertPoints(self._points([]), {'all': 0.2})

    def test_what_was_said_before_it_ran_counts_since_then(self):
        """A proposal that was accepted late, of a key result that was checked in for before."""
        objective = self._create_running()
        self._check_in(objective.key_result_ids, 10, date='2026-04-02')
        self._go_to('2026-04-20')
        self.assertPoints(
            self._points(['date:day']),
            {date(2026, 4, 4): 0.1, date(2026, 4, 11): 0.1}
            | {date(2026, 4, 18): 0.1, date(2026, 4, 20): 0.1},
        )

    def test_it_ends_with_the_cycle_and_what_its_review_says(self):
        objective = self._create_running()
        self._check_in(objective.key_result_ids, 10)
        self._go_to('2026-07-02')
        self._as(self.quarter, self.user_admin).action_review()
        self._check_in(objective.key_result_ids, 80)
        last = {date(2026, 6, 30): 0.8}
        points = self._points(['date:day'])
        self.assertEqual(max(points), date(2026, 6, 30))
        self.assertPoints({max(points): points[max(points)]}, last)
        self.assertAlmostEqual(points[date(2026, 6, 27)], 0.1)
        self._judge(objective)
        self._go_to('2026-09-01')
        self.assertEqual(len(self._points(['date:day'])), len(points))
        self.assertAlmostEqual(objective.final_progress, 0.8)

    def test_it_begins_with_the_cycle(self):
        """Who lets the next quarter run early sees nothing before its first day."""
        cycle = self._create_cycle('quarter', '2026-07-01')
        objective = self._create_running(cycle=cycle)
        self._as(cycle, self.user_admin).action_start()
        self.assertEqual(objective.state, 'running')
        self.assertFalse(self._rows([('cycle_id', '=', cycle.id)]))
        self._go_to('2026-07-01')
        self.assertEqual(
            set(self._rows([('cycle_id', '=', cycle.id)]).mapped('date')), {date(2026, 7, 1)}
        )

    def test_an_empty_cycle(self):
        self.assertFalse(self._rows())
        self.assertPoints(self._points([]), {'all': False})
        self._create_objective()
        self.assertFalse(self._rows())

    # ------------------------------------------------------------
    # PROGRESS
    # ------------------------------------------------------------

    def _create_tree(self):
        """Two objectives on top of the quarter, one with objectives below.

        | objective   | weight | below    | key results (weight: progress)   | progress            |
        |-------------|--------|----------|----------------------------------|---------------------|
        | Top         | 3      |          | 1: 0.2, 1: 1.5 (bounded to 1)    | (1.2 + 2 * 0.5) / 4 |
        | Below       | 2      | Top      | 1: 0.5                           | 0.5                 |
        | Uncounted   | 9      | Top      | 1: 0.9                           | 0.9                 |
        | Other       | 1      |          | 1: -0.4 (bounded to 0), 3: 0.8   | 2.4 / 4             |
        """
        self.top = self._create_running(name="Top", weight=3, key_results=2)
        below = {'parent_id': self.top.id, 'key_results': 1}
        self.below = self._create_running(name="Below", weight=2, **below)
        self.uncounted = self._create_running(
            self.peer, name="Uncounted", weight=9, counts_for_parent=False, **below
        )
        self.other = self._create_objective(self.peer, name="Other", key_results=2)
        self.other.key_result_ids[1].weight = 3
        self._accept(self.other)
        tree = self.top | self.below | self.uncounted | self.other
        for key_result, value in zip(tree.key_result_ids, (20, 150, 50, 90, -40, 80), strict=True):
            self._check_in(key_result, value)
        return tree

    def test_it_is_what_objectives_and_cycle_show(self):
        tree = self._create_tree()
        self.assertPoints(self._points([]), {'all': (3 * 0.55 + 1 * 0.6) / 4})
        self._go_to('2026-05-20')
        now = [('date', '=', '2026-05-20')]
        self.assertAlmostEqual(self._points([], now)['all'], self.quarter.progress)
        for objective in tree:
            rows = self._points(
                ['series'],
                [*now, ('objective_id', 'child_of', objective.id)]
                if objective != self.uncounted
                else [*now, ('objective_id', '=', objective.id)],
            )
            if objective == self.uncounted:
                self.assertFalse(rows)
                continue
            objective.invalidate_recordset(['progress', 'expected'])
            self.env.add_to_compute(objective._fields['expected'], objective)
            objective.key_result_ids._compute_expected()
            with self.subTest(objective=objective.name):
                self.assertAlmostEqual(rows['actual'], objective.progress)
                self.assertAlmostEqual(rows['expected'], 50 / 91)

    def test_each_group(self):
        self._create_tree()
        self.assertPoints(
            self._points(['objective_id']),
            {self.top: 0.6, self.below: 0.5, self.other: 0.6},
        )
        # By weight in the cycle: of Top 3/4 with two key results of 1/4 each, of Below 3/4 * 2/4.
        self.assertPoints(
            self._points(['owner_id']),
            {self.seller: (1.2 / 4 + 0.5 * 2 / 4), self.peer: 0.6},
        )
        self.assertPoints(self._points(['team_id', 'level']), {(self.team, 'person'): 0.5625})

    def test_what_does_not_count_has_rows_of_its_own(self):
        self._create_tree()
        rows = self._rows([('is_counted', '=', False), ('series', '=', 'actual')])
        self.assertEqual(rows.objective_id, self.uncounted)
        self.assertAlmostEqual(rows.progress, 0.9)

    def test_both_lines_together_are_what_was_reached(self):
        """Their mean would be neither, at whichever level of a pivot."""
        self._create_tree()
        history = self._as(self.env['growth.okr.history'], self.user_admin)
        domain = [('is_counted', '=', True)]
        total, by_series, expected = history._read_grouping_sets(
            domain, [[], ['series'], ['owner_id', 'series']], ['progress:avg']
        )
        self.assertAlmostEqual(total[0][0], 0.5625)
        self.assertAlmostEqual(dict(by_series)['actual'], 0.5625)
        self.assertAlmostEqual(dict(by_series)['expected'], 15 / 91)
        self.assertEqual(len(expected), 4)

    def test_given_up_leaves_the_lines(self):
        self._create_tree()
        self._decide(self.other, 'cancel')
        self.assertPoints(self._points([]), {'all': 0.55})
        self.assertAlmostEqual(self.quarter.progress, 0.55)

    def test_below_what_does_not_count(self):
        """What stands below a draft or what was given up is on top of the cycle."""
        tree = self._create_tree()
        draft = self._create_objective(name="Draft")
        below = self._create_running(name="Beside", parent_id=draft.id, weight=4)
        self._check_in(below.key_result_ids, 25)
        self.env.invalidate_all()
        self.assertAlmostEqual(self.quarter.progress, (3 * 0.55 + 0.6 + 4 * 0.25) / 8)
        self.assertPoints(self._points([]), {'all': self.quarter.progress})
        self._decide(self.top, 'cancel')
        self.env.invalidate_all()
        self.assertAlmostEqual(
            self.quarter.progress, (2 * 0.5 + 9 * 0.9 + 0.6 + 4 * 0.25) / (2 + 9 + 1 + 4)
        )
        self.assertPoints(self._points([]), {'all': self.quarter.progress})
        self.assertEqual(
            self._rows([('is_counted', '=', True)]).objective_id, tree - self.top | below
        )

    def test_what_people_say_of_what_is_measured_is_no_value(self):
        measure = self.env['growth.okr.measure'].create(
            {'name': "Stock", 'model': 'sale.order', 'user_field': 'user_id'}
        )
        objective = self._create_objective(key_results=0)
        measured = {'source': 'measure', 'measure_id': measure.id}
        for vals in (
            {'target': 100},
            {'direction': 'range', 'range_min': 5, 'range_max': 10, 'baseline': 7},
        ):
            self._create_key_result(objective, **measured, **vals)
        share, level = objective.key_result_ids
        self._accept(objective)
        # As it was told before Odoo fed it
        self.env['growth.okr.check.in'].sudo().create(
            [{'key_result_id': each.id, 'value': 8, 'confidence': 5} for each in share | level]
        )
        self.env.invalidate_all()
        self.assertEqual((share.progress, level.progress), (0, 0))
        self.assertPoints(self._points([]), {'all': self.quarter.progress})
        self.assertEqual(self.quarter.progress, 0)
        self._measure(share, 40)
        self._measure(level, 6)
        self.env['growth.okr.check.in'].sudo().create(
            [{'key_result_id': each.id, 'value': 90, 'confidence': 5} for each in share | level]
        )
        self.env.invalidate_all()
        self.assertAlmostEqual(self.quarter.progress, (0.4 + 1) / 2)
        self.assertPoints(self._points([]), {'all': self.quarter.progress})

    def test_the_year_is_fed_by_its_quarters(self):
        """What is planned for a quarter counts for the year since the year's objective runs."""
        vision = self._create_running(
            self.boss, name="Year", cycle=self.year, key_results=1, level='company'
        )
        self._check_in(vision.key_result_ids, 40)
        self._go_to('2026-04-29')
        below = self._create_running(name="Quarter", parent_id=vision.id, weight=3)
        self._check_in(below.key_result_ids, 20)
        self.assertPoints(
            self._points(['cycle_id', 'date:day']),
            {
                (self.year, date(2026, 4, 18)): 0.4 / 4,
                (self.year, date(2026, 4, 25)): 0.4 / 4,
                (self.year, date(2026, 4, 29)): (0.4 + 3 * 0.2) / 4,
                (self.quarter, date(2026, 4, 29)): 0.2,
            },
        )
        self.assertAlmostEqual(self.year.progress, 0.25)
        rows = self._rows()
        self.assertEqual(len(rows), len(set(rows.ids)))
        self.assertEqual(len(rows), 2 * (3 + 3 + 1))

    def test_every_kind_as_the_key_result_tells_it(self):
        """The rows of each day are what Python says of that day."""
        # A sum over dates, which can grow like last year
        measure = self.env['growth.okr.measure'].search(
            [
                ('aggregation', '=', 'sum'),
                ('date_field', '!=', False),
                ('company_id', 'in', (False, self.company.id)),
            ],
            limit=1,
        )
        self.assertTrue(measure)
        objective = self._create_objective(key_results=0, date_deadline='2026-06-20')
        measured = {'source': 'measure', 'measure_id': measure.id, 'scope': 'company'}
        for vals in (
            {'target': 100},
            {'baseline': 50, 'target': 10, 'direction': 'decrease'},
            {'direction': 'range', 'range_min': 5, 'range_max': 10, 'baseline': 1},
            {'direction': 'range', 'range_min': 5, 'range_max': 10, 'baseline': 7},
            {'kind': 'yes_no'},
            {
                'kind': 'milestones',
                'milestone_ids': [
                    Command.create({'name': "1", 'weight': 1, 'date_deadline': '2026-04-30'}),
                    Command.create({'name': "2", 'weight': 2, 'date_deadline': '2026-05-31'}),
                    Command.create({'name': "3", 'weight': 1}),
                ],
            },
            {
                'source': 'measure',
                'measure_id': measure.id,
                'scope': 'company',
                'expectation': 'season',
                'target': 1000,
            },
            # A sum that is to be better than before, and one that is to be less
            {**measured, 'baseline': 1000, 'target': 1200},
            {**measured, 'baseline': 20, 'target': 10, 'direction': 'decrease'},
            {**measured, 'baseline': 1000, 'target': 1200},
            {
                'kind': 'milestones',
                'milestone_ids': [Command.create({'name': "1"}), Command.create({'name': "2"})],
            },
        ):
            self._create_key_result(objective, **vals)
        *manual, yes_no, milestones, season, more, less, unknown, dateless = (
            objective.key_result_ids
        )
        season.sudo().season_curve = [0.0, 0.1, 0.1, 0.7, 1.0]
        self._accept(objective)
        for day, value in (('2026-04-16', 30), ('2026-05-03', 12), ('2026-06-24', 6)):
            self._go_to(day)
            for key_result in manual:
                self._check_in(key_result, value)
            self._measure(more, value * 10)
            self._measure(less, value / 10)
            if day == '2026-05-03':
                self._check_in(yes_no, 1)
                self._as(dateless.milestone_ids[0], self.seller).is_done = True
                self._as(milestones.milestone_ids[0], self.seller).is_done = True
        self._go_to('2026-06-24')
        rows = self._rows()
        self.assertEqual(rows.key_result_id, objective.key_result_ids)
        seen = set()
        for row in rows:
            key_result = row.key_result_id
            share = row.done / row.weight
            with self.subTest(kind=key_result.kind, day=row.date, series=row.series):
                if row.series == 'expected':
                    self.assertAlmostEqual(share, key_result._get_expected(row.date), 9)
                    seen.add((key_result, round(share, 6)))
                elif row.date == date(2026, 6, 24):
                    self.assertAlmostEqual(share, min(1, max(0, key_result.progress)), 9)
        # The curve was read, not a line
        self.assertGreater(len([each for each in seen if each[0] == season]), 5)
        actual = {
            (row.key_result_id, row.date): row.done / row.weight
            for row in rows
            if row.series == 'actual'
        }
        self.assertAlmostEqual(actual[milestones, date(2026, 5, 2)], 0)
        self.assertAlmostEqual(actual[milestones, date(2026, 5, 9)], 0.25)
        # 12 is 2 above the range, the baseline 4 below it; of the one within, the range is 5 wide.
        self.assertAlmostEqual(actual[manual[2], date(2026, 5, 9)], 0.5)
        self.assertAlmostEqual(actual[manual[3], date(2026, 5, 9)], 0.6)
        self.assertAlmostEqual(actual[manual[1], date(2026, 5, 9)], 38 / 40)
        self.assertAlmostEqual(actual[dateless, date(2026, 5, 9)], 0.5)
        # 39 of 81 days have passed: at the speed of before it would be 20 * 39 / 81, and 1.2 is it.
        self.assertAlmostEqual(actual[less, date(2026, 5, 9)], (1.2 - 20 * 39 / 81) / -10)
        self.assertEqual(actual[more, date(2026, 5, 9)], 0)
        self.assertEqual({actual[unknown, day] for _each, day in actual}, {0})

    # ------------------------------------------------------------
    # WHO SEES WHAT
    # ------------------------------------------------------------

    def test_private_objectives_do_not_leak(self):
        public = self._create_running(name="Public")
        both = self._private()
        for key_result in both.key_result_ids:
            self._check_in(key_result, 100, self.user_admin)
        for user, seen, progress in (
            (self.user_admin, public | both, 2 / 3),
            (self.seller, public | both, 2 / 3),
            (self.leader, public | both, 2 / 3),
            (self.stranger, public | self.shared, 1 / 2),
            (self.peer, public, 0),
            (self.user_all, public, 0),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._rows(user=user).objective_id, seen)
                self.assertPoints(self._points([], user=user), {'all': progress})
                names = [
                    row[0].sudo().name
                    for row in self._as(self.env['growth.okr.history'], user)._read_group(
                        [], ['objective_id'], ['progress:avg']
                    )
                ]
                self.assertEqual(set(names), set(seen.mapped('name')))

    def test_nobody_else_reads(self):
        objective = self._create_running()
        self._check_in(objective.key_result_ids, 10)
        outsider = new_test_user(
            self.env,
            'ok_outsider',
            groups='base.group_user',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertFalse(self._rows(user=self.foreigner))
        for report in ('growth.okr.history', 'growth.okr.verdict.report'):
            with self.assertRaises(AccessError):
                self._rows(user=outsider, report=report)

    def test_a_row_opens_the_key_result(self):
        objective = self._create_running()
        row = self._rows(user=self.peer)[0]
        action = row.action_open_key_result()
        self.assertEqual(
            (action['res_model'], action['res_id']),
            ('growth.okr.key.result', objective.key_result_ids.id),
        )

    def test_who_has_left_keeps_the_rows(self):
        objective = self._create_running(self.peer)
        self._check_in(objective.key_result_ids, 10)
        self.peer.active = False
        self.assertPoints(self._points(['owner_id']), {self.peer: 0.1})

    def test_queries_do_not_grow(self):
        history = self._as(self.env['growth.okr.history'], self.seller)
        specs = [], ['date:week', 'series'], ['progress:avg']
        history._read_group(*specs)
        self._create_tree()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            history._read_group(*specs)


@tagged('post_install', '-at_install')
class TestOkrVerdictReport(OkrReportCommon):
    """What was judged in July.

    | objective | proposed by | responsible | reached | verdict        | cause      |
    |-----------|-------------|-------------|---------|----------------|------------|
    | Wrong     | ok_seller   | ok_seller   | 0.1     | planning error | resources  |
    | Outside   | ok_seller   | ok_seller   | 0.3     | planning error | outside    |
    | Fine      | ok_seller   | ok_seller   | 0.8     | good           |            |
    | Promised  | ok_peer     | ok_peer     | 0.5     | short          |            |
    | Given     | ok_leader   | ok_peer     | 0.2     | planning error | not worked |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-04-15'):
            plan = {
                "Wrong": (cls.seller, cls.seller, {}),
                "Outside": (cls.seller, cls.seller, {}),
                "Fine": (cls.seller, cls.seller, {}),
                "Promised": (cls.peer, cls.peer, {'kind': 'committed'}),
                "Given": (cls.leader, cls.peer, {}),
            }
            cls.judged = {}
            for name, (author, owner, vals) in plan.items():
                objective = cls._create_objective(author, name=name, **vals)
                objective.sudo().write({'owner_id': owner.id})
                objective.key_result_ids.sudo().owner_id = owner
                cls._accept(cls._propose(objective, cls.user_admin))
                objective.sudo().author_id = author
                cls.judged[name] = objective
            cls.running = cls._create_running(name="Running")
        with cls._at('2026-07-02'):
            cls._as(cls.quarter, cls.user_admin).action_review()
            for (name, objective), value, cause in zip(
                cls.judged.items(),
                (10, 30, 80, 50, 20),
                ('resources', 'outside', None, None, 'not_worked'),
                strict=True,
            ):
                cls._check_in(objective.key_result_ids, value)
                lesson = {'cause': cause, 'lesson': f"Lesson of {name}"} if cause else {}
                cls._judge(objective, cls.user_admin, **lesson)

    def setUp(self):
        super().setUp()
        self._go_to('2026-07-03')

    def _figures(self, groupby, aggregates=RATES, domain=(), user=None):
        report = self._as(self.env['growth.okr.verdict.report'], user or self.user_admin)
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': row[size:]
            for row in report._read_group(list(domain), groupby, aggregates)
        }

    def assertFigures(self, found, expected):
        self.assertEqual(set(found), set(expected))
        for key, values in expected.items():
            for value, expected_value in zip(found[key], values, strict=True):
                if isinstance(expected_value, float):
                    self.assertAlmostEqual(value, expected_value, 9, key)
                else:
                    self.assertEqual(value, expected_value, key)

    def test_each_author(self):
        """One of one is 100 %, with the one beside it."""
        self.assertFigures(
            self._figures(['author_id']),
            {
                self.seller: (3, 2, 2 / 3, 1.2 / 3),
                self.peer: (1, 0, 0.0, 0.5),
                self.leader: (1, 1, 1.0, 0.2),
            },
        )

    def test_each_owner_and_in_total(self):
        self.assertFigures(
            self._figures(['owner_id']),
            {self.seller: (3, 2, 2 / 3, 1.2 / 3), self.peer: (2, 1, 1 / 2, 0.35)},
        )
        self.assertFigures(self._figures([]), {'all': (5, 3, 3 / 5, 1.9 / 5)})

    def test_each_kind_team_and_cycle(self):
        for groupby, expected in (
            (['kind'], {'aspirational': (4, 3), 'committed': (1, 0)}),
            (['team_id'], {self.team: (5, 3)}),
            (['cycle_id'], {self.quarter: (5, 3)}),
            (['closed_date:quarter'], {date(2026, 7, 1): (5, 3)}),
        ):
            with self.subTest(by=groupby):
                self.assertFigures(self._figures(groupby, RATES[:2]), expected)

    def test_causes_have_numbers_and_no_rates(self):
        self.assertFigures(
            self._figures(['author_id', 'cause'], RATES[:3]),
            {
                (self.seller, 'resources'): (1, 1, False),
                (self.seller, 'outside'): (1, 1, False),
                (self.seller, False): (1, 0, False),
                (self.peer, False): (1, 0, False),
                (self.leader, 'not_worked'): (1, 1, False),
            },
        )
        report = self._as(self.env['growth.okr.verdict.report'], self.user_admin)
        total, by_verdict = report._read_grouping_sets([], [[], ['verdict']], RATES)
        self.assertAlmostEqual(total[0][2], 0.6)
        self.assertEqual(
            {verdict: row[:3] for verdict, *row in by_verdict},
            {
                'planning_error': [3, 3, False],
                'good': [1, 0, False],
                'short': [1, 0, False],
            },
        )

    def test_a_verdict_taken_back_is_none(self):
        self._as(self.judged["Given"], self.user_admin).action_unjudge()
        self.assertFigures(self._figures([]), {'all': (4, 2, 2 / 4, 1.7 / 4)})

    def test_a_row_tells_and_opens_the_objective(self):
        row = self._rows(
            [('objective_id', '=', self.judged["Wrong"].id)],
            self.peer,
            'growth.okr.verdict.report',
        )
        self.assertRecordValues(
            row,
            [
                {
                    'judged': 1,
                    'errors': 1,
                    'error_rate': 1.0,
                    'final_progress': 0.1,
                    'verdict': 'planning_error',
                    'cause': 'resources',
                    'lesson': "Lesson of Wrong",
                    'closed_date': date(2026, 7, 2),
                }
            ],
        )
        self.assertEqual(row.action_open_objective()['res_id'], self.judged["Wrong"].id)

    def test_private_objectives_do_not_leak(self):
        self.judged["Wrong"].sudo().is_private = True
        for user, total in (
            (self.user_admin, (5, 3)),
            (self.seller, (5, 3)),
            (self.leader, (5, 3)),
            (self.peer, (4, 2)),
            (self.user_all, (4, 2)),
            (self.foreigner, (0, None)),
        ):
            with self.subTest(user=user.login):
                found = self._figures([], RATES[:2], user=user)['all']
                self.assertEqual(tuple(each or 0 for each in found), tuple(e or 0 for e in total))
                lessons = self._rows([], user, 'growth.okr.verdict.report').mapped('lesson')
                self.assertEqual("Lesson of Wrong" in lessons, total == (5, 3))

    def test_who_has_left_keeps_the_verdicts(self):
        self.seller.active = False
        self.assertFigures(
            self._figures(['author_id'], RATES[:2], [('author_id', '=', self.seller.id)]),
            {self.seller: (3, 2)},
        )
