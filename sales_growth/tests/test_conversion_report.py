from collections import defaultdict
from datetime import date

from odoo.tests import tagged
from odoo.tools import SQL

from .common_funnel import FunnelCommon

COUNTS = ['entered:sum', 'passed:sum', 'lost:sum', 'still_open:sum', 'unripe:sum']
RATES = ['conversion:avg', 'plan:avg', 'gap:avg']
# Where everything below is looked at
NOW = '2026-04-06'


@tagged('post_install', '-at_install')
class TestConversionReport(FunnelCommon):
    """The figures of the conversion report, at every grouping and in both readings.

    | lead | salesperson | came | acquainted | presented | won | lost | stands              |
    |------|-------------|------|------------|-----------|-----|------|---------------------|
    | A    | own         | 3/2  | 3/3        | 3/5       | 3/12|      | payment, ripening   |
    | B    | own         | 3/2  | 3/4        |           |     | 3/10 |                     |
    | C    | own         | 3/9  |            |           |     | 3/9  |                     |
    | D    | own         | 3/9  | 3/16       |           |     |      | presentation, ripe. |
    | E    | all         | 3/2  | 3/2        | 3/9       |     | 3/20 |                     |
    | F    | all         | 4/1  |            |           |     |      | acquaintance, ripe. |

    A is worth 100, B 200, and so on.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Prospect")
        cls._create_order(cls.customer, 100, '2026-02-15 12:00:00')
        cls._refresh()
        cls.team = cls._create_team("Report Team")
        cls.source = cls.env['utm.source'].create({'name': "Fair"})
        cls.reason = cls._create_reason("Too small", category='other')
        own, every = cls.user_own, cls.user_all
        shared = {'team_id': cls.team.id, 'source_id': cls.source.id}
        customer = {'partner_id': cls.customer.id}
        cls.a = cls._walk(own, 100, '03-02', '03-03', '03-05', '03-12', **shared)
        cls.b = cls._walk(own, 200, '03-02', '03-04', lost='03-10', **shared)
        cls.c = cls._walk(own, 300, '03-09', lost='03-09')
        cls.d = cls._walk(own, 400, '03-09', '03-16', **customer)
        cls.e = cls._walk(every, 500, '03-02', '03-02', '03-09', lost='03-20', **customer)
        cls.f = cls._walk(every, 600, '04-01', **shared)
        cls.leads = cls.a | cls.b | cls.c | cls.d | cls.e | cls.f

    @classmethod
    def _walk(cls, user, value, came, *days, lost=None, **vals):
        """A lead that comes, goes on through the stages on some days, and may be lost."""
        with cls._at(f'2026-{came}'):
            lead = cls._create_lead(
                f"Worth {value}", user_id=user.id, expected_revenue=value, **vals
            )
        stages = (cls.qualified, cls.proposition, cls.won)
        for day, stage in zip(days, stages, strict=False):
            with cls._at(f'2026-{day}'):
                lead.stage_id = stage
        if lost:
            with cls._at(f'2026-{lost}'):
                lead.action_set_lost(lost_reason_id=cls.reason.id)
        return lead

    def setUp(self):
        super().setUp()
        self._go_to(NOW)
        self.report = self.env['growth.conversion.report']
        self.events = self.report.with_context(growth_reading='event')

    def _figures(self, groupby, measures=(), report=None, domain=()):
        """Aggregates by group; of one measure alone where one is asked for."""
        measures = list(measures) or COUNTS + RATES
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': (
                row[size:] if len(measures) > 1 else row[size]
            )
            for row in (self.report if report is None else report)._read_group(
                [('company_id', '=', self.company.id), *domain], groupby, measures
            )
        }

    def assertFigures(self, found, expected):
        self.assertEqual(found.keys(), expected.keys())
        for key, values in expected.items():
            for figure, value in zip(found[key], values, strict=True):
                if isinstance(value, float):
                    self.assertAlmostEqual(figure, value, msg=str(key))
                else:
                    self.assertEqual(figure, value, key)

    # ------------------------------------------------------------
    # BY ENTRY
    # ------------------------------------------------------------

    def test_each_salesperson_at_each_step(self):
        nothing = (False, False, False)
        self.assertFigures(
            self._figures(['user_id', 'step_id']),
            {
                (self.user_all, self.acquaintance): (2, 1, 0, 1, 1, 1.0, 1.0, 0.0),
                (self.user_all, self.presentation): (1, 1, 0, 0, 0, 1.0, 0.8, 20.0),
                (self.user_all, self.contract): (1, 0, 1, 0, 0, 0.0, 0.8, -80.0),
                (self.user_own, self.acquaintance): (4, 3, 1, 0, 0, 0.75, 1.0, -25.0),
                (self.user_own, self.presentation): (3, 1, 1, 1, 1, 0.5, 0.8, -30.0),
                (self.user_own, self.contract): (1, 1, 0, 0, 0, 1.0, 0.8, 20.0),
                (self.user_own, self.payment): (1, 0, 0, 1, 1, *nothing),
            },
        )

    def test_total_is_weighted_by_who_could_be_judged(self):
        # 10 of 13 entries are judged, 7 of them passed; planned were 5 x 1 and 5 x 0.8.
        self.assertFigures(self._figures([]), {'all': (13, 7, 3, 3, 3, 0.7, 0.9, -20.0)})

    def test_rates_are_sums_over_sums_at_every_grouping(self):
        """Nowhere an average of percentages: each figure is counted from the rows it stands for."""
        groupings = [
            [],
            ['user_id'],
            ['step_id'],
            ['team_id'],
            ['source_id'],
            ['segment_id'],
            ['customer_kind'],
            ['state'],
            ['date:week'],
            ['date:month'],
            ['user_id', 'step_id'],
            ['user_id', 'date:month', 'step_id'],
        ]
        for report in (self.report, self.events):
            rows = report.search([('company_id', '=', self.company.id)])
            sets = report._read_grouping_sets([('id', 'in', rows.ids)], groupings, COUNTS + RATES)
            for groupby, groups in zip(groupings, sets, strict=True):
                with self.subTest(reading=report.env.context.get('growth_reading'), by=groupby):
                    self.assertFigures(
                        {row[: len(groupby)]: row[len(groupby) :] for row in groups},
                        self._count_rows(rows, groupby),
                    )

    def _count_rows(self, rows, groupby):
        def key(row):
            return tuple(
                row[fname] if not granularity else self._period(row.date, granularity)
                for fname, _colon, granularity in (spec.partition(':') for spec in groupby)
            )

        groups = defaultdict(self.report.browse)
        for row in rows:
            groups[key(row)] |= row
        figures = {}
        for values, group in groups.items():
            group = group.with_env(rows.env)
            counts = [sum(group.mapped(spec.partition(':')[0])) for spec in COUNTS]
            judged = counts[0] - counts[4]
            conversion = counts[1] / judged if judged else False
            planned = sum(row.plan * (row.entered - row.unripe) for row in group)
            plan = planned / judged if judged else False
            gap = 100 * (conversion - plan) if judged else False
            figures[values] = (*counts, conversion, plan, gap)
        return figures

    def _period(self, day, granularity):
        first_weekday = int(self.env['res.lang']._get_data(code='en_US').week_start)
        start = (
            date.fromordinal(day.toordinal() - (day.isoweekday() - first_weekday) % 7)
            if granularity == 'week'
            else day.replace(day=1)
        )
        return start

    def test_the_same_as_a_plain_count_of_stages(self):
        """Counted once more from leads and events, without the report."""
        rows = self.env.execute_query(
            SQL(
                """
            SELECT user_id, step_id, SUM(entered)::int, SUM(passed)::int
              FROM (
                SELECT user_id, step_id, 1 AS entered, 1 AS passed
                  FROM growth_funnel_event WHERE lead_id = ANY(%(leads)s)
             UNION ALL
                SELECT user_id, growth_step_id, 1, 0
                  FROM crm_lead WHERE id = ANY(%(leads)s) AND growth_step_id IS NOT NULL
              ) AS came
          GROUP BY user_id, step_id
            """,
                leads=self.leads.ids,
            )
        )
        self.assertEqual(
            {
                (user.id, step.id): counts
                for (user, step), counts in self._figures(
                    ['user_id', 'step_id'], ['entered:sum', 'passed:sum']
                ).items()
            },
            {(user_id, step_id): (entered, passed) for user_id, step_id, entered, passed in rows},
        )

    def test_weeks_and_months_are_those_of_coming_to_the_step(self):
        self.env['res.lang']._lang_get('en_US').week_start = '1'
        domain = [('step_id', '=', self.presentation.id)]
        counts = ['entered:sum', 'passed:sum']
        self.assertEqual(
            self._figures(['date:week'], counts, domain=domain),
            {date(2026, 3, 2): (3, 2), date(2026, 3, 16): (1, 0)},
        )
        self.assertEqual(
            self._figures(['date:month'], counts),
            {date(2026, 3, 1): (12, 7), date(2026, 4, 1): (1, 0)},
        )

    def test_weeks_are_those_of_the_company(self):
        """Mistake 16: late on Sunday in UTC is Monday in Auckland, the first day of a week."""
        self.env['res.lang']._lang_get('en_US').week_start = '1'
        self.company.partner_id.tz = 'Pacific/Auckland'
        self._go_to('2026-03-08 10:30:00')
        sunday = self._create_lead()
        self._go_to('2026-03-08 11:30:00')
        monday = self._create_lead()
        self._go_to('2026-03-09 12:00:00')
        for lead, week in ((sunday, date(2026, 3, 2)), (monday, date(2026, 3, 9))):
            self.assertEqual(
                self._figures(['date:week'], ['entered:sum'], domain=[('lead_id', '=', lead.id)]),
                {week: 1},
            )

    # ------------------------------------------------------------
    # WHO COUNTS
    # ------------------------------------------------------------

    def test_lost_leads_stay_in_the_count(self):
        """Mistake 12: a funnel of those who are still there always looks good."""
        before = self._figures(['step_id'], ['entered:sum', 'passed:sum'])
        self.d.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(self._figures(['step_id'], ['entered:sum', 'passed:sum']), before)
        self.assertEqual(self._figures(['step_id'], ['lost:sum'])[self.presentation], 2)

    def test_archived_leads_and_reasons_stay(self):
        """Mistake 14: what is in the archive disappears from reports."""
        before = self._figures(['step_id'])
        self.reason.action_archive()
        self.d.action_archive()
        self.a.action_archive()
        self.assertFigures(self._figures(['step_id']), before)

    def test_a_loss_stays_in_its_month_and_with_who_lost(self):
        """Mistakes 11 and 13: later edits move losses to another month and owner."""
        domain = [('lost', '=', 1)]
        groupby = ['user_id', 'team_id', 'date:month']
        before = self._figures(groupby, ['lost:sum'], self.events, domain)
        self.assertEqual(
            before,
            {
                (self.user_all, self.env['crm.team'], date(2026, 3, 1)): 1,
                (self.user_own, self.team, date(2026, 3, 1)): 1,
                (self.user_own, self.env['crm.team'], date(2026, 3, 1)): 1,
            },
        )
        (self.b | self.c | self.e).write(
            {'user_id': self.user_admin.id, 'description': "Edited in April", 'team_id': False}
        )
        self.assertEqual(self._figures(groupby, ['lost:sum'], self.events, domain), before)

    def test_what_was_passed_stays_with_who_passed_it(self):
        """Mistake 11; what is open goes along with the lead."""
        self.d.user_id = self.user_admin
        figures = self._figures(['user_id', 'step_id'], ['entered:sum', 'passed:sum'])
        self.assertEqual(figures[self.user_own, self.acquaintance], (4, 3))
        self.assertEqual(figures[self.user_own, self.presentation], (2, 1))
        self.assertEqual(figures[self.user_admin, self.presentation], (1, 0))

    def test_merged_leads_count_once(self):
        """Mistake 14: a merge brings along the history of the leads that go."""
        (self.a | self.d).merge_opportunity()
        figures = self._figures(['step_id'], ['entered:sum', 'passed:sum'])
        self.assertEqual(figures[self.acquaintance], (5, 3))
        self.assertEqual(figures[self.presentation], (3, 2))

    def test_deleted_leads_count_neither_way(self):
        self.b.unlink()
        figures = self._figures(['user_id', 'step_id'], ['entered:sum', 'passed:sum', 'lost:sum'])
        self.assertEqual(figures[self.user_own, self.acquaintance], (3, 2, 1))
        self.assertEqual(figures[self.user_own, self.presentation], (2, 1, 0))

    def test_unassigned_leads_have_a_line_of_their_own(self):
        nobody = self.env['res.users']
        self._create_lead(user_id=False, stage_id=self.qualified.id)
        figures = self._figures(['user_id', 'step_id'], ['entered:sum', 'passed:sum'])
        self.assertEqual(figures[nobody, self.acquaintance], (1, 1))
        self.assertEqual(figures[nobody, self.presentation], (1, 0))

    def test_segments_and_kinds_of_customers(self):
        """Those of that time where a step was passed, else today's."""
        segment = self._segment('AZ')
        none = self.env['growth.segment']
        self.assertEqual(
            self._figures(['segment_id', 'customer_kind'], ['entered:sum', 'passed:sum']),
            {(segment, 'repeat'): (5, 3), (none, 'new'): (8, 4)},
        )
        self._customer(self.customer).write(
            {'manual_segment_id': self._segment('AX').id, 'manual_reason': "Grows"}
        )
        self.assertEqual(
            self._figures(['segment_id'], ['entered:sum', 'passed:sum']),
            {segment: (3, 3), self._segment('AX'): (2, 0), none: (8, 4)},
        )

    def test_teams_and_sources(self):
        for fname, record in (('team_id', self.team), ('source_id', self.source)):
            self.assertEqual(
                self._figures([fname], ['entered:sum', 'passed:sum']),
                {record: (7, 4), record.browse(): (6, 3)},
            )

    # ------------------------------------------------------------
    # RIPENING AND SMALL NUMBERS
    # ------------------------------------------------------------

    def test_open_leads_are_no_failure_before_they_are_ripe(self):
        """D came to the presentation on March 16, and has 30 days."""
        domain = [('step_id', '=', self.presentation.id), ('user_id', '=', self.user_own.id)]
        measures = ['still_open:sum', 'unripe:sum', 'conversion:avg']
        for day, days, expected in (
            ('2026-04-14', 30, (1, 1, 1 / 2)),
            ('2026-04-15', 30, (1, 0, 1 / 3)),
            ('2026-04-15', 31, (1, 1, 1 / 2)),
            ('2026-03-16', 0, (1, 0, 1 / 3)),
        ):
            with self.subTest(day=day, days=days):
                self._go_to(day)
                self.presentation.ripening_days = days
                self.assertEqual(self._figures([], measures, domain=domain), {'all': expected})

    def test_passing_late_counts_as_passed(self):
        self._go_to('2026-06-01')
        self.d.stage_id = self.proposition
        domain = [('step_id', '=', self.presentation.id), ('user_id', '=', self.user_own.id)]
        self.assertEqual(
            self._figures([], ['entered:sum', 'passed:sum', 'unripe:sum'], domain=domain),
            {'all': (3, 2, 0)},
        )

    def test_a_rate_says_how_many_it_is_of(self):
        """Mistake 21: one of one is 100 %, and none of none is nothing, not 0 %."""
        figures = self._figures(['user_id', 'step_id'], ['entered:sum', 'conversion:avg'])
        self.assertEqual(figures[self.user_all, self.presentation], (1, 1.0))
        self.assertEqual(figures[self.user_own, self.payment], (1, False))
        found = self.report.formatted_read_group(
            [('step_id', '=', self.payment.id)], ['step_id'], ['entered:sum', *RATES]
        )
        self.assertEqual([found[0][rate] for rate in RATES], [False, False, False])
        self.assertEqual(self._figures([], domain=[('id', '=', 0)])['all'][:1], (0,))

    def test_a_plan_of_nothing_is_a_plan(self):
        """Mistake 21: it divides nothing by zero."""
        self.presentation.plan_ids.rate = 0.0
        domain = [('step_id', '=', self.presentation.id)]
        self.assertFigures(
            self._figures([], RATES, domain=domain), {'all': (2 / 3, 0.0, 100 * 2 / 3)}
        )

    # ------------------------------------------------------------
    # PLANS
    # ------------------------------------------------------------

    def _plan(self, step, rate, **vals):
        return self.env['growth.funnel.plan'].create({'step_id': step.id, 'rate': rate, **vals})

    def test_the_most_specific_plan_holds(self):
        def plans():
            return self._figures(
                ['user_id', 'team_id'], ['plan:avg'], domain=[('step_id', '=', self.contract.id)]
            )

        own = (self.user_own, self.team)
        other = (self.user_all, self.env['crm.team'])
        self.assertEqual(plans(), {own: 0.8, other: 0.8})
        self._plan(self.contract, 0.7, team_id=self.team.id)
        self.assertEqual(plans(), {own: 0.7, other: 0.8})
        self._plan(self.contract, 0.6, user_id=self.user_own.id)
        self.assertEqual(plans(), {own: 0.6, other: 0.8})

    def test_a_plan_holds_from_its_day(self):
        """A came to the presentation on March 3, B on March 4 and D on March 16."""
        self._plan(self.presentation, 0.7, date_from='2026-03-04')
        self._plan(self.presentation, 0.6, date_from='2026-03-17')
        domain = [('step_id', '=', self.presentation.id), ('user_id', '=', self.user_own.id)]
        rows = self.report.search(domain, order='date')
        self.assertEqual([row.plan for row in rows], [0.8, 0.7, 0.7])
        self.assertFigures(self._figures([], RATES, domain=domain), {'all': (0.5, 0.75, -25.0)})
        self._plan(self.presentation, 0.5, user_id=self.user_own.id, date_from='2026-03-04')
        self.env.invalidate_all()
        self.assertEqual([row.plan for row in rows], [0.8, 0.5, 0.5])

    def test_a_new_number_leaves_the_history_its_plan(self):
        before = self._figures(['step_id'], RATES)
        self.presentation.plan_rate = 0.1
        self.assertFigures(self._figures(['step_id'], RATES), before)

    def test_steps_without_plan(self):
        self.contract.plan_ids.unlink()
        domain = [('step_id', '=', self.contract.id)]
        self.assertFigures(self._figures([], RATES, domain=domain), {'all': (0.5, False, False)})
        # The others keep the plan that is theirs: 5 x 1 and 3 x 0.8 of 8 that were judged.
        self.assertFigures(self._figures([], ['plan:avg', 'passed:sum']), {'all': (7.4 / 8, 7)})

    # ------------------------------------------------------------
    # EVENTS IN THE PERIOD
    # ------------------------------------------------------------

    def test_events_of_a_week(self):
        """March 9 to 15: C and D came, E and A came further, B and C were lost."""
        week = [('date', '>=', '2026-03-09'), ('date', '<=', '2026-03-15')]
        counts = ['entered:sum', 'passed:sum', 'lost:sum']
        self.assertEqual(
            self._figures(['user_id', 'step_id'], counts, self.events, week),
            {
                (self.user_all, self.presentation): (0, 1, 0),
                (self.user_all, self.contract): (1, 0, 0),
                (self.user_own, self.acquaintance): (2, 0, 1),
                (self.user_own, self.presentation): (0, 0, 1),
                (self.user_own, self.contract): (0, 1, 0),
                (self.user_own, self.payment): (1, 0, 0),
            },
        )
        self.assertEqual(
            self._figures(['user_id', 'step_id'], counts, domain=week),
            {
                (self.user_all, self.contract): (1, 0, 1),
                (self.user_own, self.acquaintance): (2, 1, 1),
                (self.user_own, self.payment): (1, 0, 0),
            },
        )

    def test_both_readings_agree_on_all_of_time(self):
        measures = ['entered:sum', 'passed:sum', 'lost:sum', 'still_open:sum', 'value:sum']
        groupby = ['user_id', 'step_id']
        self.assertEqual(
            self._figures(groupby, measures), self._figures(groupby, measures, self.events)
        )

    def test_an_event_was_planned_on_its_day(self):
        self._plan(self.contract, 0.5, date_from='2026-03-10')
        domain = [('step_id', '=', self.contract.id), ('lead_id', '=', self.a.id)]
        self.assertEqual([row.plan for row in self.report.search(domain)], [0.8])
        rows = self.events.search(domain, order='date')
        self.assertEqual([(row.entered, row.plan) for row in rows], [(1, 0.8), (0, 0.5)])

    # ------------------------------------------------------------
    # DAYS, VALUE, ROWS
    # ------------------------------------------------------------

    def test_the_median_of_days_in_the_step(self):
        """A took 1 day to be acquainted, B took 2, D 7 and E none."""
        self.assertEqual(
            self._figures(['step_id'], ['days:avg']),
            {
                self.acquaintance: 1.5,
                self.presentation: 4.5,
                self.contract: 7.0,
                self.payment: False,
            },
        )
        domain = [('user_id', '=', self.user_own.id), ('step_id', '=', self.acquaintance.id)]
        self.assertEqual(self._figures([], ['days:avg'], domain=domain), {'all': 2.0})

    def test_the_value_of_who_came(self):
        self.assertEqual(
            self._figures(['user_id', 'step_id'], ['value:sum']),
            {
                (self.user_all, self.acquaintance): 1100.0,
                (self.user_all, self.presentation): 500.0,
                (self.user_all, self.contract): 500.0,
                (self.user_own, self.acquaintance): 1000.0,
                (self.user_own, self.presentation): 700.0,
                (self.user_own, self.contract): 100.0,
                (self.user_own, self.payment): 100.0,
            },
        )

    def test_amounts_of_several_companies(self):
        other = self._create_company("Another Company", self.eur)
        self.env['res.currency.rate'].create(
            {
                'name': '2026-01-01',
                'currency_id': self.eur.id,
                'company_id': self.company.id,
                'rate': 0.5,
            }
        )
        stage = self.env['growth.funnel'].search([('company_id', '=', other.id)]).step_ids[0]
        stage = stage.stage_ids
        self._create_lead(
            company_id=other.id, user_id=False, stage_id=stage.id, expected_revenue=50.0
        )
        both = self.company | other
        report = self.report.with_context(allowed_company_ids=both.ids)
        domain = [('company_id', 'in', both.ids), ('state', '=', 'passed')]
        self.assertEqual(
            report._read_group(
                domain, ['company_id'], ['value:sum', 'currency_id:array_agg_distinct']
            ),
            [(self.company, 1900.0, [self.usd.id]), (other, 50.0, [self.eur.id])],
        )
        self.assertEqual(report._read_group(domain, [], ['value:sum_currency']), [(2000.0,)])

    def test_groups_come_by_name_and_sequence(self):
        self._create_lead(user_id=False)
        self.payment.sequence = 1
        self.user_all.name = "Zoe"
        self.user_own.name = "Adam"
        people = [self.user_own.id, self.user_all.id, False]
        steps = (self.payment | self.acquaintance | self.presentation | self.contract).ids
        for order, expected in (
            ('user_id', people),
            ('user_id DESC', people[::-1]),
            ('step_id', steps),
            ('step_id DESC', steps[::-1]),
        ):
            groupby = order.split()[0]
            groups = self.report.formatted_read_group(
                [('company_id', '=', self.company.id)], [groupby], ['entered:sum'], order=order
            )
            self.assertEqual([group[groupby] and group[groupby][0] for group in groups], expected)
            rows = self.report.search([('company_id', '=', self.company.id)], order=order)
            self.assertEqual(list(dict.fromkeys(row[groupby].id for row in rows)), expected)

    def test_groups_can_be_sorted_by_a_rate(self):
        groups = self.report._read_group(
            [('company_id', '=', self.company.id), ('user_id', '=', self.user_own.id)],
            ['step_id'],
            ['gap:avg', 'plan:avg'],
            having=[('gap:avg', '<', 0)],
            order='gap:avg',
        )
        self.assertEqual(
            [step for step, _gap, _plan in groups], [self.presentation, self.acquaintance]
        )

    def test_each_row_has_an_id_of_its_own(self):
        """In both readings, and though leads and events may have the same number."""
        origins = defaultdict(set)
        for report, count in ((self.report, 13), (self.events, 13 + 7 + 3)):
            reading = report.env.context.get('growth_reading')
            rows = report.search([('company_id', '=', self.company.id)])
            self.assertEqual(len(rows), count)
            self.assertEqual(len(set(rows.ids)), count)
            self.assertEqual(report.search_count([('company_id', '=', self.company.id)]), count)
            for row in rows:
                origins[row.id % 8].add((reading, row.state == 'passed'))
                found = report.browse(row.id).read(['lead_id', 'entered', 'passed', 'lost'])
                self.assertEqual(found, row.read(['lead_id', 'entered', 'passed', 'lost']))
        self.assertEqual([len(kinds) for kinds in origins.values()], [1] * 6)

    def test_a_row_tells_its_lead(self):
        row = self.report.search([('lead_id', '=', self.e.id), ('state', '=', 'lost')])
        self.assertRecordValues(
            row,
            [
                {
                    'lead_id': self.e.id,
                    'step_id': self.contract.id,
                    'company_id': self.company.id,
                    'user_id': self.user_all.id,
                    'team_id': False,
                    'date': date(2026, 3, 9),
                    'segment_id': self._segment('AZ').id,
                    'customer_kind': 'repeat',
                    'entered': 1,
                    'passed': 0,
                    'lost': 1,
                    'still_open': 0,
                    'unripe': 0,
                    'conversion': 0.0,
                    'plan': 0.8,
                    'gap': -80.0,
                    'value': 500.0,
                    'is_estimated': False,
                }
            ],
        )
        self.assertEqual(row.action_open_lead()['res_id'], self.e.id)
        row = self.report.search([('lead_id', '=', self.a.id), ('step_id', '=', self.contract.id)])
        self.assertEqual((row.state, row.conversion, row.days), ('passed', 1.0, 7))
        self.assertAlmostEqual(row.gap, 20.0)
        self.assertEqual(
            self.report.search([('lead_id.name', '=', "Worth 600")]).mapped('state'), ['open']
        )

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_a_screen_costs_the_same_queries_for_any_number_of_leads(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.report.with_user(self.user_admin).formatted_read_grouping_sets(
                [('date', '>=', '2026-01-01')],
                [['user_id', 'step_id'], ['user_id'], ['step_id'], []],
                COUNTS + RATES + ['days:avg', 'value:sum'],
            )
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.assertLessEqual(few, 8)
        self.env['crm.lead'].create(
            [
                {
                    'name': "Lead",
                    'company_id': self.company.id,
                    'user_id': self.user_own.id,
                    'stage_id': stage.id,
                }
                for stage in (self.new, self.qualified, self.proposition)
                for _number in range(10)
            ]
        )
        self.assertEqual(count(), few)
