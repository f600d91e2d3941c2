from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_okr import OkrCommon


@tagged('post_install', '-at_install')
class TestOkrCycle(OkrCommon):
    """What a cycle is, who moves it on, and what it waits for."""

    def _drafted(self, period='quarter', date_from='2026-07-01', **vals):
        return self._create_cycle(period, date_from, **vals)

    # ------------------------------------------------------------
    # NAMES AND DATES
    # ------------------------------------------------------------

    def test_names_and_last_days(self):
        for period, day, name, last_day in (
            ('year', '2028-01-01', "2028", date(2028, 12, 31)),
            ('quarter', '2026-07-01', "Q3 2026", date(2026, 9, 30)),
            ('quarter', '2027-10-01', "Q4 2027", date(2027, 12, 31)),
            ('month', '2028-02-01', "February 2028", date(2028, 2, 29)),
        ):
            with self.subTest(period=period):
                cycle = self._drafted(period, day)
                self.assertEqual((cycle.name, cycle.date_to), (name, last_day))
                self.assertEqual(cycle.state, 'draft')

    def test_a_name_of_its_own(self):
        cycle = self._drafted(name="Before the Fair", date_to='2026-08-15')
        self.assertEqual(cycle.name, "Before the Fair")
        self.assertEqual(cycle.date_to, date(2026, 8, 15))

    def test_form_begins_with_the_first_quarter_that_is_not_planned(self):
        with Form(self._as(self.Cycle, self.user_admin)) as form:
            self.assertEqual(form.date_from, date(2026, 7, 1))
            self.assertEqual((form.name, form.date_to), ("Q3 2026", date(2026, 9, 30)))
            form.period = 'month'
            self.assertEqual((form.name, form.date_to), ("July 2026", date(2026, 7, 31)))
            form.period = 'year'
            self.assertEqual((form.name, form.date_from), ("2026", date(2026, 1, 1)))
            # Which is there already.
            form.date_from = '2027-01-01'

    def test_form_begins_with_this_quarter_where_none_is_planned(self):
        Cycle = self.Cycle.with_company(self.other_company)
        self.assertEqual(Cycle._default_date_from(), date(2026, 4, 1))

    def test_today_is_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-09-30 20:00:00')
        self.assertEqual(self.Cycle._default_date_from(), date(2026, 10, 1))

    def test_impossible_dates(self):
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self._drafted(date_to='2026-06-30')
        for vals in (
            {'date_from': '1980-01-01'},
            {'date_from': '2210-01-01'},
            {'date_to': '2910-01-01'},
        ):
            with self._refused(ValidationError, "these dates cannot be right"):
                self._drafted(**vals)

    def test_copy_is_planned_and_empty(self):
        self._create_running()
        copied = self._as(self.quarter, self.user_admin).copy()
        self.assertRecordValues(
            copied,
            [
                {
                    'name': "Q3 2026",
                    'date_from': date(2026, 7, 1),
                    'date_to': date(2026, 9, 30),
                    'state': 'draft',
                    'objective_count': 0,
                }
            ],
        )
        copies = self._as(self.year | self.quarter | copied, self.user_admin).copy()
        self.assertEqual(copies.mapped('name'), ["2027", "Q4 2026", "Q1 2027"])

    def test_the_same_days_once(self):
        with (
            self.assertRaisesRegex(IntegrityError, "check_unique"),
            mute_logger('odoo.sql_db'),
            self.cr.savepoint(),
        ):
            self._drafted(date_from='2026-04-01', name="Again")
        self.assertTrue(self._create_cycle('quarter', '2026-04-01', company=self.other_company))

    def test_days_that_are_no_period_of_the_calendar(self):
        for period, day, name in (
            ('quarter', '2026-11-20', "Nov 20, 2026 – Feb 19, 2027"),
            ('month', '2027-02-02', "Feb 2, 2027 – Mar 1, 2027"),
            ('year', '2027-04-01', "Apr 1, 2027 – Mar 31, 2028"),
        ):
            with self.subTest(period=period):
                self.assertEqual(self._drafted(period, day).name, name)
        short = self._drafted('quarter', '2028-01-01', date_to='2028-02-29')
        self.assertEqual(short.name, "Jan 1, 2028 – Feb 29, 2028")

    def test_form_names_the_days(self):
        form = Form(self._as(self.Cycle, self.user_admin))
        form.date_to = '2026-09-15'
        self.assertEqual(form.name, "Jul 1, 2026 – Sep 15, 2026")
        form.date_to = '2026-09-30'
        self.assertEqual(form.name, "Q3 2026")
        form.name = "Before the Fair"
        form.date_to = '2026-09-20'
        self.assertEqual(form.name, "Before the Fair")

    # ------------------------------------------------------------
    # MOVING A CYCLE WITH OBJECTIVES
    # ------------------------------------------------------------

    def test_later_beginning_leaves_nobody_outside(self):
        self._create_running(date_deadline='2026-04-30', name="Early")
        cycle = self._as(self.quarter, self.user_admin)
        with self._refused(ValidationError, "Early: the deadline .* lies outside"):
            cycle.write({'date_from': '2026-05-01', 'date_to': '2026-06-30'})
        self.assertEqual(self.quarter.date_from, date(2026, 4, 1))

    def test_earlier_end_takes_deadlines_along(self):
        """Those who had until the end have until the new one; the others keep their day."""
        until_end = self._create_running()
        early = self._create_running(date_deadline='2026-05-01')
        self._as(self.quarter, self.user_admin).date_to = '2026-06-15'
        self.assertEqual(until_end.date_deadline, date(2026, 6, 15))
        self.assertEqual(until_end.key_result_ids.date_deadline, date(2026, 6, 15))
        self.assertEqual(early.date_deadline, date(2026, 5, 1))

    def test_not_out_of_the_cycle_above(self):
        above = self._create_running(self.boss, cycle=self.year)
        self._create_running(parent_id=above.id, name="Below")
        with self._refused(ValidationError, "Q2 2026 does not lie within 2026"):
            self._as(self.quarter, self.user_admin).date_to = '2027-01-31'
        with self._refused(ValidationError, "does not lie within"):
            self._as(self.year, self.user_admin).write(
                {'date_from': '2026-05-01', 'date_to': '2026-12-31'}
            )

    def test_dates_stand_when_it_is_reviewed(self):
        self._as(self.quarter, self.user_admin).action_review()
        for vals in ({'date_to': '2026-06-15'}, {'period': 'month'}, {'date_from': '2026-04-02'}):
            with self._refused(UserError, "not possible any more"):
                self._as(self.quarter, self.user_admin).write(vals)
        self._as(self.quarter, self.user_admin).description = "What we learned"

    # ------------------------------------------------------------
    # BUTTONS
    # ------------------------------------------------------------

    def test_the_way_there_and_back(self):
        cycle = self._drafted()
        admin = self._as(cycle, self.user_admin)
        for action, state in (
            ('start', 'running'),
            ('review', 'review'),
            ('close', 'closed'),
            ('reopen', 'review'),
            ('reopen', 'running'),
        ):
            getattr(admin, f'action_{action}')()
            self.assertEqual(cycle.state, state)

    def test_buttons_at_the_wrong_time(self):
        allowed = {
            'draft': {'start'},
            'running': {'review'},
            'review': {'close', 'reopen'},
            'closed': {'reopen'},
        }
        cycle = self._drafted()
        for state, actions in allowed.items():
            cycle.sudo().state = state
            for action in {'start', 'review', 'close', 'reopen'} - actions:
                with (
                    self.subTest(state=state, action=action),
                    self._refused(UserError, "Q3 2026"),
                ):
                    getattr(self._as(cycle, self.user_admin), f'action_{action}')()

    def test_buttons_are_for_managers(self):
        cycle = self._drafted()
        for user in (self.seller, self.boss, self.leader, self.user_all, self.foreigner):
            for action, state in (
                ('start', 'draft'),
                ('review', 'running'),
                ('close', 'review'),
                ('reopen', 'closed'),
            ):
                cycle.sudo().state = state
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    getattr(self._as(cycle, user), f'action_{action}')()
                self.assertEqual(cycle.state, state)

    def test_the_state_is_not_written(self):
        cycle = self._as(self._drafted(), self.user_admin)
        for vals in (
            {'state': 'closed'},
            {'previous_id': self.quarter.id},
            {'objective_ids': []},
            {'company_id': self.other_company.id},
        ):
            with self._refused(AccessError, "changes by its buttons"):
                cycle.write(vals)
        with self.assertRaises(AccessError):
            self._drafted(state='running')

    def test_no_state_by_default(self):
        Cycle = self._as(self.Cycle, self.user_admin).with_context(default_state='closed')
        cycle = Cycle.create({'date_from': '2026-07-01', 'period': 'quarter'})
        self.assertEqual(cycle.state, 'draft')

    def test_start_lets_what_was_accepted_run(self):
        cycle = self._drafted()
        accepted = self._create_running(cycle=cycle)
        proposed = self._propose(self._create_objective(cycle=cycle))
        self.assertEqual(accepted.state, 'accepted')
        self._go_to('2026-07-02')
        self._as(cycle, self.user_admin).action_start()
        self.assertRecordValues(
            accepted | proposed,
            [
                {'state': 'running', 'running_date': date(2026, 7, 2)},
                {'state': 'proposed', 'running_date': False},
            ],
        )

    def test_not_closed_with_open_verdicts(self):
        running = self._create_running(name="Still running")
        draft = self._create_objective(name="Never proposed")
        self._create_running(name="Hidden", is_private=True, user=self.peer)
        cycle = self._as(self.quarter, self.user_admin)
        cycle.action_review()
        with self.assertRaises(UserError) as error:
            cycle.action_close()
        for name in ("Still running", "Never proposed", "Hidden"):
            self.assertIn(name, str(error.exception))
        self.assertEqual(self.quarter.state, 'review')
        # Who may not read a name is not told it.
        hidden = (running | draft).browse(self.quarter.objective_ids.ids)
        names = hidden._get_names_for(self.stranger)
        self.assertNotIn("Hidden", names)
        self.assertIn("1 private ones", names)
        self._decide(draft, 'cancel')
        for objective in self.quarter.objective_ids - draft:
            self._judge(objective, self.user_admin, cause='resources', lesson="Count better")
        cycle.action_close()
        self.assertEqual(self.quarter.state, 'closed')

    def test_declined_and_given_up_need_no_verdict(self):
        declined = self._propose(self._create_objective())
        self._decide(declined, 'decline')
        given_up = self._create_running()
        self._decide(given_up, 'cancel', self.seller)
        cycle = self._as(self.quarter, self.user_admin)
        cycle.action_review()
        cycle.action_close()
        self.assertEqual(self.quarter.state, 'closed')

    def test_deleted_only_without_objectives(self):
        self._create_objective()
        with self._refused(UserError, "have objectives"):
            self._as(self.quarter, self.user_admin).unlink()
        self._as(self._drafted(), self.user_admin).unlink()

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_figures(self):
        top = self._create_running(weight=3)
        below = self._create_running(parent_id=top.id)
        self._create_running(self.peer)
        self._create_objective()
        self._check_in(below.key_result_ids, 80)
        self.env.invalidate_all()
        self.assertRecordValues(self.quarter, [{'objective_count': 4, 'open_count': 3}])
        # The one on top is at (0 + 80) / 2, with three of four parts; what stands below it
        # counts there alone.
        self.assertAlmostEqual(self.quarter.progress, 0.3)

    def test_figures_of_what_stands_below_what_does_not_count(self):
        for settle in (
            lambda objective: None,
            lambda objective: self._propose(objective),
            lambda objective: self._decide(objective, 'cancel', self.seller),
        ):
            above = self._create_objective()
            below = self._create_running(parent_id=above.id)
            self._check_in(below.key_result_ids, 50)
            settle(above)
            self.env.invalidate_all()
            with self.subTest(state=above.state):
                self.assertAlmostEqual(self.quarter.progress, 0.5)
                review = self._as(self.quarter, self.user_admin)._get_review()
                self.assertAlmostEqual(review['progress'], 0.5)
                self.assertAlmostEqual(review['expected'], 15 / 91)
            self._decide(below, 'cancel', self.seller)

    def test_figures_beside_private_ones(self):
        """Reading a cycle works for who sees an objective, but not the private one above."""
        above = self._create_running(self.boss, is_private=True)
        below = self._as(self.Objective, self.boss).create(
            {
                'name': "Below",
                'cycle_id': self.quarter.id,
                'parent_id': above.id,
                'owner_id': self.seller.id,
            }
        )
        self.assertTrue(below.is_private)
        self.env.invalidate_all()
        values = self._as(self.quarter, self.seller).read(['objective_count', 'progress'])
        self.assertEqual(values[0]['objective_count'], 1)
        self.env.invalidate_all()
        values = self._as(self.quarter, self.stranger).read(['objective_count', 'progress'])
        self.assertEqual(values[0]['objective_count'], 0)

    def test_the_present_cycle(self):
        current = self.Cycle._get_current
        self.assertEqual(current(self.company, date(2026, 5, 1)), self.quarter)
        self.assertEqual(current(self.company, date(2026, 8, 1)), self.year)
        following = self._drafted('year', '2027-01-01')
        self.assertEqual(current(self.company, date(2027, 3, 1)), following)
        self.assertFalse(current(self.other_company, date(2026, 5, 1)))
        # What is reviewed takes nothing new.
        self._as(self.quarter, self.user_admin).action_review()
        self.assertEqual(current(self.company, date(2026, 5, 1)), self.year)
