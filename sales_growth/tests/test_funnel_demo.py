from datetime import date, datetime, time, timedelta

from odoo.tests import tagged

from ..demo.growth_demo_histories import SIGNED, tell_histories
from .common import SalesGrowthCommon

# Leads that came to each step, and those that passed the last one
EXAMPLE = {'ivanov': (100, 80, 56, 48, 46), 'sidorov': (100, 95, 86, 60, 48)}
DAYS = 90
RIPENING_DAYS = 30


@tagged('-at_install', 'post_install')
class TestFunnelDemo(SalesGrowthCommon):
    """The worked example of the sales playbook, made as the demo makes it."""

    def _get_habits(self, name):
        return [
            habit
            for habit in self.env['growth.demo']._read_habits()
            if habit.salesperson == f'sales_growth.growth_demo_user_{name}'
        ]

    def _create_example(self):
        team = self.env['crm.team'].create({'name': "Prospecting", 'company_id': self.company.id})
        self.env['growth.competitor'].create({'name': "Another One"})
        demo = self.env['growth.demo']
        names = demo._get_prospect_names()
        for name in EXAMPLE:
            user = self._create_user(name, 'sales_team.group_sale_salesman')
            user.name = name.capitalize()
            team.member_ids += user
            for number, habit in enumerate(self._get_habits(name)):
                demo._create_prospects(
                    f'growth_demo_test_{name}_{number}', habit, self.company, user, names
                )
        return team

    def test_example_shows_who_teaches_whom(self):
        team = self._create_example()
        screen = (
            self.env['growth.conversion.report']
            .with_user(self.user_admin)
            .get_salespeople(team_id=team.id, days=DAYS)
        )
        self.assertEqual(
            [pair['sentence'] for pair in screen['pairs']],
            [
                "Sidorov teaches Ivanov: Acquaintance, Presentation and Terms",
                "Ivanov teaches Sidorov: First Contract, Payment",
            ],
        )
        cells = {person['name'].lower(): person['cells'] for person in screen['salespeople']}
        steps = [step['id'] for step in screen['steps']]
        for name, counts in EXAMPLE.items():
            with self.subTest(name):
                figures = [cells[name][step] for step in steps]
                self.assertEqual([cell['judged'] for cell in figures], [*counts[:-1]])
                self.assertEqual([cell['entered'] for cell in figures], [*counts[:-1]])
                self.assertEqual([cell['passed'] for cell in figures], [*counts[1:]])

    def test_log_looks_as_if_written_on_its_days(self):
        team = self._create_example()
        leads = self.env['crm.lead'].with_context(active_test=False)
        leads = leads.search([('team_id', '=', team.id)])
        events = self.env['growth.funnel.event'].search([('lead_id', 'in', leads.ids)])
        # Nothing is found in the history that is not there.
        standing = {lead: (lead.growth_step_id, lead.growth_step_date) for lead in leads}
        before = events.read(['day', 'entry_day', 'days', 'is_estimated'])
        self.env['growth.funnel.event']._backfill()
        events.invalidate_recordset()
        self.assertEqual(
            self.env['growth.funnel.event'].search([('lead_id', 'in', leads.ids)]), events
        )
        self.assertEqual(events.read(['day', 'entry_day', 'days', 'is_estimated']), before)
        for lead, place in standing.items():
            self.assertEqual((lead.growth_step_id, lead.growth_step_date), place)

        self.assertFalse(any(events.mapped('is_estimated')))
        for lead, history in (
            events.sorted(lambda event: event.step_id.sequence).grouped('lead_id').items()
        ):
            day = self.company._growth_day(lead.create_date)
            for event in history:
                self.assertEqual(event.entry_day, day)
                self.assertEqual(event.day, self.company._growth_day(event.date))
                self.assertEqual(event.days, (event.day - day).days)
                day = event.day
        for refusal in leads.refusal_ids:
            self.assertEqual(refusal.day, refusal.lead_id.growth_lost_date)
            self.assertEqual(refusal.date, refusal.lead_id.date_closed)

    def test_example_holds_on_any_day(self):
        for number in range(14):
            today = date(2026, 3, 1) + timedelta(days=number)
            now = datetime.combine(today, time(9))
            first, ripe = today - timedelta(days=DAYS - 1), today - timedelta(days=RIPENING_DAYS)
            for name, counts in EXAMPLE.items():
                example, *others = self._get_habits(name)
                self.assertEqual(example.counts, counts)
                for history in tell_histories(example, today, now):
                    moments = [history.came, *history.passed, *filter(None, [history.lost])]
                    self.assertEqual(moments, sorted(moments))
                    self.assertGreaterEqual(moments[0].date(), first)
                    self.assertLessEqual(moments[-1], now)
                    if len(history.passed) == SIGNED:
                        self.assertLessEqual(history.closed.date(), ripe)
                # Who was forgotten long ago is no part of the example.
                for habit in others:
                    for history in tell_histories(habit, today, now):
                        self.assertLess([history.came, *history.passed][-1].date(), first)
