from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.growth_okr_key_result_chart import CURVE_PARTS, MOST_POINTS
from .common_okr import OkrCommon


@tagged('post_install', '-at_install')
class TestOkrChart(OkrCommon):
    """What the screens of a key result show beside its fields. The quarter has 91 days."""

    def _running(self, **vals):
        objective = self._create_objective(key_results=0)
        key_result = self._create_key_result(objective, **vals)
        self._accept(objective)
        return key_result

    def _chart(self, key_result, user=None):
        key_result.invalidate_recordset(['chart'])
        return self._as(key_result, user or self.stranger).chart

    def _days(self, chart):
        return [(point['day'], point['progress']) for point in chart['points']]

    # ------------------------------------------------------------
    # CHART
    # ------------------------------------------------------------

    def test_line_begins_at_the_baseline(self):
        chart = self._chart(self._running(baseline=10, target=110, unit="lines"))
        self.assertEqual(chart['today'], '2026-04-15')
        self.assertEqual(
            chart['points'],
            [
                {
                    'day': '2026-03-31',
                    'value': "10 lines",
                    'progress': 0.0,
                    'expected': 0.0,
                    'is_told': False,
                }
            ],
        )
        self.assertEqual(
            chart['expected'],
            [{'day': '2026-03-31', 'share': 0.0}, {'day': '2026-06-30', 'share': 1.0}],
        )
        self.assertFalse(chart['is_stepped'])
        self.assertFalse(chart['is_expected_stepped'])

    def test_check_ins_are_points(self):
        key_result = self._running()
        self._check_in(key_result, 20, date='2026-04-10')
        self._check_in(key_result, 30)
        chart = self._chart(key_result)
        self.assertEqual(
            self._days(chart), [('2026-03-31', 0), ('2026-04-10', 0.2), ('2026-04-15', 0.3)]
        )
        self.assertEqual([point['is_told'] for point in chart['points']], [False, True, True])
        self.assertAlmostEqual(chart['points'][1]['expected'], 10 / 91)
        self.assertEqual(chart['points'][1]['value'], "20")

    def test_last_word_of_a_day_counts(self):
        key_result = self._running()
        self._check_in(key_result, 20)
        self._check_in(key_result, 25)
        self.assertEqual(
            self._days(self._chart(key_result)), [('2026-03-31', 0), ('2026-04-15', 0.25)]
        )

    def test_check_in_of_the_day_before_is_the_first_point(self):
        key_result = self._running(baseline=10, target=110)
        self._check_in(key_result, 20, date='2026-03-31')
        self.assertEqual(self._days(self._chart(key_result)), [('2026-03-31', 0.1)])

    def test_range_is_expected_at_once(self):
        key_result = self._running(direction='range', baseline=0, range_min=5, range_max=10)
        chart = self._chart(key_result)
        self.assertEqual(self._days(chart), [('2026-03-31', 0)])
        self.assertEqual({each['share'] for each in chart['expected']}, {1.0})

    def test_many_points_are_thinned(self):
        year = self._create_cycle('year', '2025-01-01')
        objective = self._create_objective(key_results=1, cycle=year)
        key_result = objective.key_result_ids
        self.env['growth.okr.check.in'].sudo().create(
            [
                {
                    'key_result_id': key_result.id,
                    'date': f'2025-{month:02}-{day:02}',
                    'value': month,
                    'is_automatic': True,
                }
                for month in range(1, 13)
                for day in range(1, 29)
            ]
        )
        points = self._chart(key_result)['points']
        self.assertEqual(len(points), MOST_POINTS + 1)
        self.assertEqual(points[0]['day'], '2024-12-31')
        self.assertEqual(points[1]['day'], '2025-01-01')
        self.assertEqual(points[-1]['day'], '2025-12-28')
        self.assertEqual(len({point['day'] for point in points}), len(points))

    def test_milestones_count_from_the_day_they_are_done(self):
        key_result = self._running(
            kind='milestones',
            milestone_ids=[
                Command.create({'name': "One", 'weight': 3, 'date_deadline': '2026-05-10'}),
                Command.create({'name': "Two", 'weight': 1}),
            ],
        )
        self._go_to('2026-04-20')
        first = key_result.milestone_ids[0]
        self._as(first, self.seller).is_done = True
        self._go_to('2026-04-25')
        self._check_in(key_result, confidence=8)
        self._go_to('2026-04-27')
        chart = self._chart(key_result)
        self.assertTrue(chart['is_stepped'])
        self.assertTrue(chart['is_expected_stepped'])
        self.assertEqual(
            [(point['day'], point['progress'], point['is_told']) for point in chart['points']],
            [
                ('2026-03-31', 0.0, False),
                ('2026-04-20', 0.75, False),
                ('2026-04-25', 0.75, True),
                ('2026-04-27', 0.75, False),
            ],
        )
        self.assertEqual(
            chart['expected'],
            [
                {'day': '2026-03-31', 'share': 0.0},
                {'day': '2026-05-10', 'share': 0.75},
                {'day': '2026-06-30', 'share': 1.0},
            ],
        )

    def test_milestones_without_days_are_expected_evenly(self):
        key_result = self._running(
            kind='milestones',
            milestone_ids=[Command.create({'name': "One"}), Command.create({'name': "Two"})],
        )
        chart = self._chart(key_result)
        self.assertTrue(chart['is_stepped'])
        # As the form tells it
        self.assertAlmostEqual(key_result.expected, 15 / 91)
        self.assertFalse(chart['is_expected_stepped'])
        self.assertEqual(
            chart['expected'],
            [{'day': '2026-03-31', 'share': 0.0}, {'day': '2026-06-30', 'share': 1.0}],
        )

    def test_yes_is_expected_at_the_deadline(self):
        chart = self._chart(self._running(kind='yes_no', target=1))
        self.assertTrue(chart['is_stepped'])
        self.assertTrue(chart['is_expected_stepped'])
        self.assertEqual(
            chart['expected'],
            [{'day': '2026-03-31', 'share': 0.0}, {'day': '2026-06-30', 'share': 1.0}],
        )
        self.assertEqual(chart['points'][0]['value'], "No")

    def test_season_is_drawn_as_a_curve(self):
        key_result = self._running(
            source='measure',
            measure_id=self.env.ref('sales_growth.growth_okr_measure_revenue').id,
            scope='company',
            expectation='season',
        )
        # As the job finds it where all came in the second half of the days
        key_result.sudo().season_curve = [0.0, 1.0]
        expected = self._chart(key_result)['expected']
        self.assertEqual(len(expected), CURVE_PARTS + 1)
        self.assertEqual(expected[0], {'day': '2026-03-31', 'share': 0.0})
        self.assertEqual(expected[-1], {'day': '2026-06-30', 'share': 1.0})
        shares = [each['share'] for each in expected]
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(shares[CURVE_PARTS // 2], 0.0)

    def test_private_ones_are_not_drawn_for_others(self):
        key_result = self._running()
        self._check_in(key_result, 20)
        key_result.objective_id.is_private = True
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self._chart(key_result)

    # ------------------------------------------------------------
    # CARD
    # ------------------------------------------------------------

    def test_next_initiatives(self):
        key_result = self._running()
        Initiative = self._as(self.env['growth.okr.initiative'], self.seller)
        late, done, next_one, later = Initiative.create(
            [
                {'name': name, 'key_result_id': key_result.id, 'date_deadline': day}
                for name, day in (
                    ("Late", '2026-04-14'),
                    ("Done", '2026-04-13'),
                    ("Today", '2026-04-15'),
                    ("Later", '2026-05-01'),
                )
            ]
        )
        done.action_done()
        self.assertEqual(
            self._as(key_result, self.stranger).next_initiatives,
            [
                {'name': "Late", 'due': "14 Apr", 'is_late': True},
                {'name': "Today", 'due': "15 Apr", 'is_late': False},
            ],
        )
        (late | next_one).action_drop()
        self.assertEqual(
            [each['name'] for each in self._as(key_result, self.seller).next_initiatives],
            [later.name],
        )

    def _way(self, lang='en_US', **vals):
        key_result = self._create_key_result(self._create_objective(key_results=0), **vals)
        way = self._as(key_result, self.stranger).with_context(lang=lang).way
        return way['baseline'], way['current'], way['target'], way['unit']

    def test_unit_is_told_once(self):
        space = "\N{NO-BREAK SPACE}"
        self.assertEqual(
            self._way(baseline=2, target=30, unit="companies"), ("2", "2", "30", "companies")
        )
        self.assertEqual(self._way(baseline=0.5, target=3), ("0.50", "0.50", "3", ""))
        self.assertEqual(
            self._way(kind='percentage', baseline=0.2, target=0.5), ("20.0", "20.0", "50.0", "%")
        )
        self.assertEqual(
            self._way(direction='range', range_min=3, range_max=6, unit="days"),
            ("0", "0", "3 to 6", "days"),
        )
        self.assertEqual(self._way(kind='yes_no'), ("No", "No", "Yes", ""))
        currency = self.company.currency_id
        currency.sudo().write({'symbol': "$", 'position': 'before'})
        self.assertEqual(
            self._way(kind='money', baseline=1000, target=9000.5),
            (f"${space}1,000.00", "1,000.00", "9,000.50", ""),
        )
        currency.sudo().position = 'after'
        self.assertEqual(
            self._way(kind='money', baseline=1000, target=9000),
            ("1,000.00", "1,000.00", "9,000.00", "$"),
        )

    def test_cards_take_as_many_queries_for_many(self):
        objectives = [self._create_running(key_results=4) for _number in range(3)]
        key_results = self.env['growth.okr.key.result'].union(
            *(objective.key_result_ids for objective in objectives)
        )
        Initiative = self.env['growth.okr.initiative']
        Initiative.create(
            [{'name': "Do it", 'key_result_id': each.id} for each in key_results for _n in 'ab']
        )
        counts = []
        # The first time finds out who asks.
        for number in (1, 1, len(key_results)):
            self.env.flush_all()
            self.env.invalidate_all()
            mine = self._as(key_results[:number], self.seller)
            mine.mapped('name')
            before = self.env.cr.sql_log_count
            mine.mapped('next_initiatives')
            mine.mapped('way')
            mine.mapped('has_begun')
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # ------------------------------------------------------------
    # DIALOGUE
    # ------------------------------------------------------------

    def test_last_time_is_told(self):
        key_result = self._running(unit="lines")
        new = self._as(self.env['growth.okr.check.in'], self.seller).new(
            {'key_result_id': key_result.id}
        )
        self.assertFalse(new.previous_text)
        self._check_in(
            key_result, 12, confidence=6, comment="Slow", blocker="No price list", date='2026-04-10'
        )
        self.env['growth.okr.check.in'].sudo().create(
            {'key_result_id': key_result.id, 'value': 13, 'is_automatic': True}
        )
        new = self._as(self.env['growth.okr.check.in'], self.seller).new(
            {'key_result_id': key_result.id}
        )
        self.assertEqual(
            new.previous_text,
            "12 lines on 04/10/2026, confidence 6 of 10\nSlow\nIn the way: No price list",
        )
        self.assertEqual((new.baseline_text, new.target_text), ("0 lines", "100 lines"))

    # ------------------------------------------------------------
    # LEAD
    # ------------------------------------------------------------

    def test_lead_tells_its_initiatives(self):
        key_result = self._running()
        lead = self._create_lead(user_id=False)
        initiative = self._as(self.env['growth.okr.initiative'], self.seller).create(
            {
                'name': "Call",
                'key_result_id': key_result.id,
                'lead_ids': [Command.link(lead.id)],
            }
        )
        for user in (self.seller, self.stranger):
            mine = self._as(lead, user)
            self.assertEqual(mine.growth_initiative_count, 1)
            action = mine.action_view_growth_initiatives()
            found = self._as(self.env['growth.okr.initiative'], user).search(action['domain'])
            self.assertEqual(found, initiative)
        key_result.objective_id.is_private = True
        self.env.flush_all()
        for user, count in ((self.seller, 1), (self.stranger, 0)):
            # Each sees it in a transaction of their own.
            self.env.invalidate_all()
            self.assertEqual(self._as(lead, user).growth_initiative_count, count)
