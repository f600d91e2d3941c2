from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_contact import ContactCommon

MONDAY = '2026-06-08'


@tagged('post_install', '-at_install')
class TestContactPlan(ContactCommon):
    """What is planned for whom on which day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Plan = cls.env['growth.contact.plan']

    def _plan(self, number, date_from=MONDAY, kind='call', **vals):
        return self.Plan.create({'number': number, 'date_from': date_from, 'kind': kind, **vals})

    def _planned(self, user=None, moment='2026-06-30 12:00:00', domain=()):
        """Number planned for a salesperson by day."""
        self.env.flush_all()
        with freeze_time(moment):
            return {
                day.isoformat(): planned
                for day, planned in self.Report.with_user(self.user_admin)._read_group(
                    [('user_id', '=', (user or self.user_own).id), ('planned', '>', 0), *domain],
                    ['date:day'],
                    ['planned:sum'],
                )
            }

    # ------------------------------------------------------------
    # DAYS AND WEEKS
    # ------------------------------------------------------------

    def test_each_working_day_until_today(self):
        self._plan(5)
        days = ('08', '09', '10', '11', '12', '15', '16')
        self.assertEqual(
            self._planned(moment='2026-06-16 12:00:00'), {f'2026-06-{day}': 5 for day in days}
        )
        self.company.partner_id.tz = 'Pacific/Auckland'
        self.assertIn('2026-06-17', self._planned(moment='2026-06-16 13:00:00'))
        self.company.partner_id.tz = 'America/Los_Angeles'
        self.assertNotIn('2026-06-16', self._planned(moment='2026-06-16 06:00:00'))

    def test_each_monday(self):
        self._plan(5, kind='meeting', period='week')
        self.assertEqual(
            self._planned(moment='2026-06-22 12:00:00'),
            {'2026-06-08': 5, '2026-06-15': 5, '2026-06-22': 5},
        )
        self.assertEqual(
            self._planned(domain=[('date', '>=', '2026-06-10'), ('date', '<', '2026-06-17')]),
            {'2026-06-15': 5},
        )

    def test_a_plan_of_the_future_is_not_due(self):
        self._plan(5, '2026-07-01')
        self.assertFalse(self._planned())

    def test_working_hours_and_holidays(self):
        calendar = self.company.resource_calendar_id
        calendar.attendance_ids.filtered(
            lambda attendance: attendance.dayofweek in ('0', '1', '4')
        ).unlink()
        self._plan(1)
        self.assertEqual(
            list(self._planned(moment='2026-06-14 12:00:00')), ['2026-06-10', '2026-06-11']
        )
        self.env['resource.calendar.leaves'].create(
            {
                'name': "Public holiday",
                'company_id': self.company.id,
                'calendar_id': calendar.id,
                'date_from': '2026-06-10 00:00:00',
                'date_to': '2026-06-10 23:59:59',
            }
        )
        self.assertEqual(list(self._planned(moment='2026-06-14 12:00:00')), ['2026-06-11'])
        calendar.attendance_ids.unlink()
        self.assertEqual(
            list(self._planned(moment='2026-06-14 12:00:00')),
            ['2026-06-08', '2026-06-09', '2026-06-11', '2026-06-12'],
            "Without working hours, from Monday to Friday.",
        )

    def test_working_hours_of_two_weeks(self):
        calendar = self.company.resource_calendar_id
        calendar.switch_calendar_type()
        attendances = calendar.attendance_ids.filtered(lambda line: not line.display_type)
        attendances.filtered(lambda line: line.week_type == '0' and line.dayofweek != '0').unlink()
        self._plan(1)
        planned = self._planned(moment='2026-06-21 12:00:00')
        for monday in (date(2026, 6, 8), date(2026, 6, 15)):
            week_type = attendances.get_week_type(monday)
            days = [day for day in planned if 0 <= (date.fromisoformat(day) - monday).days < 7]
            self.assertEqual(len(days), 1 if week_type == 0 else 5)

    # ------------------------------------------------------------
    # PEOPLE
    # ------------------------------------------------------------

    def test_the_plan_for_fewer_people_goes_before(self):
        other = self._create_team("Other Team")
        self._join(other, self.user_admin)
        self._plan(1)
        self._plan(2, '2026-06-10', team_id=self.team.id)
        self._plan(3, '2026-06-12', user_id=self.user_own.id)
        self._plan(9, '2026-06-11', kind='mail', user_id=self.user_own.id)
        self.assertEqual(
            self._planned(moment='2026-06-12 12:00:00', domain=[('kind', '=', 'call')]),
            {
                '2026-06-08': 1,
                '2026-06-09': 1,
                '2026-06-10': 2,
                '2026-06-11': 2,
                '2026-06-12': 3,
            },
        )
        self.assertEqual(
            set(self._planned(self.user_admin, moment='2026-06-12 12:00:00').values()), {1}
        )
        self.assertFalse(self._planned(self.user_all), "Who is in no team sells nothing.")

    def test_the_later_plan_replaces_the_earlier_one_and_zero_ends_it(self):
        for number, day in ((1, '08'), (2, '10'), (0, '11'), (4, '12')):
            self._plan(number, f'2026-06-{day}')
        self.assertEqual(
            self._planned(moment='2026-06-12 12:00:00'),
            {'2026-06-08': 1, '2026-06-09': 1, '2026-06-10': 2, '2026-06-12': 4},
        )

    def test_zero_for_a_salesperson_is_a_plan_too(self):
        self._plan(5)
        self._plan(0, '2026-06-10', user_id=self.user_own.id)
        self.assertEqual(list(self._planned()), ['2026-06-08', '2026-06-09'])

    def test_from_joining_until_leaving(self):
        self._plan(5)
        self._set_moment(self.member, 'create_date', '2026-06-09 12:00:00')
        self._leave(self.member, '2026-06-11 12:00:00')
        self.assertEqual(list(self._planned()), ['2026-06-09', '2026-06-10'])

    def test_changing_the_team_leaves_the_past(self):
        other = self._create_team("Other Team")
        self._plan(1, team_id=self.team.id)
        self._plan(2, team_id=other.id)
        self._join(other, self.user_own, '2026-06-10 12:00:00')
        self._leave(self.member, '2026-06-10 12:00:00')
        self.assertEqual(
            self._planned(moment='2026-06-11 12:00:00'),
            {'2026-06-08': 1, '2026-06-09': 1, '2026-06-10': 2, '2026-06-11': 2},
        )
        self.env.flush_all()
        rows = self.Report.search([('planned', '>', 0), ('user_id', '=', self.user_own.id)])
        self.assertEqual(rows.filtered(lambda row: row.planned == 1).team_id, self.team)
        self.assertEqual(rows.filtered(lambda row: row.planned == 2).team_id, other)

    def test_in_two_teams_at_once_the_first_one_counts(self):
        self.env['ir.config_parameter'].set_param('sales_team.membership_multi', True)
        other = self._create_team("Other Team")
        self._join(other, self.user_own, '2026-06-01 12:00:00')
        self._plan(1)
        self._plan(2, team_id=other.id)
        self.assertTrue(self.member.active)
        self.assertEqual(set(self._planned().values()), {1})
        self._leave(self.member, '2026-06-10 12:00:00')
        planned = self._planned(moment='2026-06-10 12:00:00')
        self.assertEqual(planned, {'2026-06-08': 1, '2026-06-09': 1, '2026-06-10': 2})

    def test_the_plan_of_who_was_archived_ends(self):
        self._plan(1, user_id=self.user_all.id)
        self._plan(5)
        for user in (self.user_own, self.user_all):
            user.action_archive()
            self._set_moment(user, 'write_date', '2026-06-10 12:00:00')
        self._set_moment(self.member, 'write_date', '2026-06-10 12:00:00')
        for user in (self.user_own, self.user_all):
            self.assertEqual(list(self._planned(user)), ['2026-06-08', '2026-06-09'])

    def test_the_team_of_the_day_stands_on_plans_of_people(self):
        self._plan(5, user_id=self.user_own.id)
        self._plan(5, user_id=self.user_all.id)
        with freeze_time('2026-06-30 12:00:00'):
            teams = self.Report._read_group(
                [('planned', '>', 0)], ['user_id'], ['team_id:recordset']
            )
        self.assertEqual(
            dict(teams), {self.user_own: self.team, self.user_all: self.env['crm.team']}
        )

    # ------------------------------------------------------------
    # REPORT
    # ------------------------------------------------------------

    def test_plan_fact_and_gap(self):
        self._plan(3)
        self._do(self.lead, '2026-06-08 12:00:00')
        for _count in range(5):
            self._do(self.lead, '2026-06-09 12:00:00')
        self._do(self.lead, '2026-06-13 12:00:00')
        self.env.flush_all()
        with freeze_time('2026-06-14 12:00:00'):
            rows = self.Report._read_group(
                [('kind', '=', 'call')], ['date:day'], ['planned:sum', 'done:sum', 'gap:sum']
            )
            total = self.Report._read_group(
                [('kind', '=', 'call')], ['date:week'], ['planned:sum', 'done:sum', 'gap:sum']
            )
        self.assertEqual(
            rows,
            [
                (date(2026, 6, 8), 3, 1, -2),
                (date(2026, 6, 9), 3, 5, 2),
                (date(2026, 6, 10), 3, 0, -3),
                (date(2026, 6, 11), 3, 0, -3),
                (date(2026, 6, 12), 3, 0, -3),
                (date(2026, 6, 13), 0, 1, 1),
            ],
        )
        self.assertEqual([row[1:] for row in total], [(15, 7, -8)])

    def test_every_row_has_an_id_of_its_own(self):
        self._join(self._create_team("Other Team"), self.user_admin)
        for kind in ('call', 'meeting', 'payment'):
            self._plan(2, kind=kind)
        self._do(self.lead)
        self._meet()
        self._create_order(
            self.customer, 10, '2026-06-10 12:00:00', user_id=self.user_own.id, team_id=False
        )
        self.env.flush_all()
        with freeze_time('2026-06-30 12:00:00'):
            count = self.Report.search_count([])
            rows = self.Report.search([])
            self.assertEqual(len(set(rows.ids)), count)
            self.assertEqual(count, 2 * 3 * 17 + 4)
            self.assertLess(max(rows.ids), 2**53, "JavaScript can hold it.")
            fnames = ['date', 'kind', 'user_id', 'planned', 'done', 'res_model', 'res_id']
            values = rows.read(fnames)
            # What the web client does with the rows it got: read them by id, and open them.
            self.env.invalidate_all()
            self.assertEqual(self.Report.browse(rows.ids).read(fnames), values)
            for expected in values[:: len(values) // 8]:
                self.env.invalidate_all()
                self.assertEqual(self.Report.browse(expected['id']).read(fnames), [expected])
            self.assertEqual(self.Report.search([('id', 'in', rows.ids)]), rows)
            self.assertEqual(self.Report.search_count([('id', 'not in', rows[:3].ids)]), count - 3)

    def test_plans_of_companies(self):
        foreign = self._create_company("Foreign Company")
        team = self._create_team("Foreign Team", company=foreign)
        user = self._create_user('growth_foreign', 'sales_team.group_sale_salesman')
        user.company_ids = [Command.link(foreign.id)]
        self._join(team, user)
        self._plan(5)
        self._plan(7, company_id=foreign.id)
        self.assertEqual(set(self._planned().values()), {5})
        self.assertFalse(self._planned(user), "A member of a team of the other company.")
        report = self.Report.with_context(allowed_company_ids=foreign.ids)
        self.env.flush_all()
        with freeze_time('2026-06-30 12:00:00'):
            rows = report.search([('planned', '>', 0)])
        self.assertEqual((rows.user_id, rows.company_id), (user, foreign))
        self.assertEqual(set(rows.mapped('planned')), {7})

    # ------------------------------------------------------------
    # BAD INPUT
    # ------------------------------------------------------------

    def _assert_refused(self, **vals):
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self._plan(**{'number': 1, **vals})

    def test_bad_numbers_and_days(self):
        self._assert_refused(number=-1)
        self._assert_refused(date_from='0202-06-08')
        with self.assertRaises(ValidationError):
            self._plan(5, '2026-06-10', period='week')

    def test_one_plan_for_the_same_people_kind_and_day(self):
        for scope in ({}, {'team_id': self.team.id}, {'user_id': self.user_own.id}):
            self._plan(1, **scope)
            self._assert_refused(**scope)
            self._plan(1, kind='mail', **scope)
            self._plan(1, '2026-06-09', **scope)
        self._assert_refused(team_id=self.team.id, user_id=self.user_own.id)

    def test_people_of_another_company(self):
        foreign = self._create_company("Foreign Company")
        team = self._create_team("Foreign Team", company=foreign)
        with self.assertRaises(UserError):
            self._plan(1, team_id=team.id)
        with self.assertRaises(UserError):
            self._plan(1, company_id=foreign.id, user_id=self.user_own.id)

    def test_the_form_helps(self):
        with freeze_time('2026-06-10 12:00:00'):
            form = Form(self.Plan)
            self.assertEqual(form.date_from, date(2026, 6, 8))
            form.date_from = '2026-06-18'
            form.period = 'week'
            form.number = 4
            plan = form.save()
        self.assertEqual(plan.date_from, date(2026, 6, 15))
        self.assertEqual(plan.display_name, "Call: 4 per week")
