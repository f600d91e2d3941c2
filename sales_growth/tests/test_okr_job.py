from contextlib import suppress
from datetime import date, datetime
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_okr import OkrCommon
from .test_handover_job import uncommitted

TODAY = date(2026, 4, 15)


class OkrJobCommon(OkrCommon):
    """Key results fed by the untaxed amounts of orders, and the job on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls._create_customer("Buyer")
        cls.amounts = cls._create_measure()

    @classmethod
    def _create_measure(cls, name="Amounts", **vals):
        """Untaxed amounts of confirmed orders, by their date."""
        return cls.env['growth.okr.measure'].create(
            {
                'name': name,
                'unit': 'money',
                'model': 'sale.order',
                'domain': "[('state', '=', 'sale')]",
                'date_field': 'date_order',
                'aggregation': 'sum',
                'measure_field': 'amount_untaxed',
                'user_field': 'user_id',
                'team_field': 'team_id',
                **vals,
            }
        )

    @classmethod
    def _create_stock(cls):
        """The number of orders, which knows no dates."""
        return cls._create_measure(
            "Ever", date_field=False, aggregation='count', measure_field=False, unit='number'
        )

    @classmethod
    def _create_fed(cls, user=None, measure=None, cycle=None, parent=None, **vals):
        """A key result from 0 to 1,000 that is fed by a measure, and runs."""
        objective = cls._create_objective(
            user,
            key_results=0,
            cycle=cycle,
            parent_id=parent.id if parent else False,
            key_result_ids=[
                Command.create(
                    {
                        'name': "Fed",
                        'source': 'measure',
                        'measure_id': (measure or cls.amounts).id,
                        'target': 1000,
                        **vals,
                    }
                )
            ],
        )
        cls._accept(objective)
        return objective.key_result_ids

    @classmethod
    def _sell(cls, amount, moment='2026-04-10', user=None, **vals):
        return cls._create_order(
            cls.partner,
            amount,
            moment if ':' in moment else f"{moment} 12:00:00",
            user_id=(user or cls.seller).id,
            **vals,
        )

    def _refresh(self, company=None, day=None):
        """The job, without its commits."""
        self.env.flush_all()
        self.KeyResult._refresh(company or self.company, day)
        self.env.flush_all()
        self.env.invalidate_all()

    def _refresh_on(self, moment):
        self._go_to(moment)
        self._refresh()

    def _run_job(self):
        """The job as the scheduler runs it, but for its commits and its rollbacks, which would take
        along what the test has made."""
        self.env.flush_all()
        with patch.object(self.env.cr, 'rollback'), uncommitted(self.env):
            self.KeyResult._cron_refresh()
        self.env.invalidate_all()

    def _points(self, key_result, is_automatic=True):
        """Day and value of each point, the first one first."""
        points = self.env['growth.okr.check.in'].search(
            [('key_result_id', '=', key_result.id), ('is_automatic', '=', is_automatic)],
            order='date, id',
        )
        return [(str(point.date), point.value) for point in points]


@tagged('post_install', '-at_install')
class TestOkrJob(OkrJobCommon):
    """The job measures what Odoo feeds, keeps the history, and goes on with the day."""

    # ------------------------------------------------------------
    # WHERE THEY STAND
    # ------------------------------------------------------------

    def test_since_the_cycle_began(self):
        top = self._create_objective(self.boss, cycle=self.year, key_results=0, name="Top")
        fed = self._create_fed(parent=top)
        self._accept(top)
        self._sell(50, '2026-03-31 23:59:59')
        self._sell(100, '2026-04-01 00:00:00')
        self._sell(150, '2026-04-15 23:59:59')
        self._sell(900, '2026-04-16 00:00:00')
        self._sell(70, user=self.peer)
        self._sell(80, state='draft')
        self._refresh()
        point = fed.check_in_ids
        self.assertRecordValues(
            point,
            [
                {
                    'date': TODAY,
                    'value': 250,
                    'is_automatic': True,
                    'user_id': False,
                    'objective_id': fed.objective_id.id,
                    'cycle_id': self.quarter.id,
                    'company_id': self.company.id,
                }
            ],
        )
        self.assertAlmostEqual(point.progress, 0.25)
        # 15 days of 91
        self.assertAlmostEqual(point.expected, 15 / 91)
        self.assertEqual((fed.current, fed.current_date, fed.progress), (250, TODAY, 0.25))
        self.assertAlmostEqual(fed.expected, 15 / 91)
        self.assertEqual(fed.pace, 'ahead')
        self.assertEqual(fed.measured_at, datetime(2026, 4, 15, 12))
        self.assertFalse(fed.error)
        # Nobody has said anything.
        self.assertFalse(fed.last_check_in_date)
        for objective in (fed.objective_id, top):
            self.assertAlmostEqual(objective.progress, 0.25)
            self.assertAlmostEqual(objective.expected, 15 / 91)
            self.assertEqual(objective.pace, 'ahead')

    def test_a_point_only_where_the_value_changed(self):
        fed = self._create_fed()
        self._sell(100)
        self._refresh()
        self._refresh_on('2026-04-16')
        self._sell(30, '2026-04-16')
        self._refresh_on('2026-04-17')
        self._refresh_on('2026-04-18')
        self.assertEqual(self._points(fed), [('2026-04-15', 100), ('2026-04-17', 130)])
        self.assertEqual((fed.current, fed.current_date), (130, date(2026, 4, 17)))

    def test_nothing_yet_is_a_value_of_amounts(self):
        fed = self._create_fed()
        mean = self._create_fed(measure=self._create_measure("Mean", aggregation='avg'))
        self._refresh()
        self.assertEqual(self._points(fed), [('2026-04-15', 0)])
        self.assertEqual(self._points(mean), [], "there is no mean of nothing")
        self.assertFalse(mean.error)
        self.assertTrue(mean.measured_at)

    def test_what_people_told_before_it_was_fed(self):
        told = self._create_running().key_result_ids
        self._check_in(told, 40)
        self._sell(40)
        self._decide(told.objective_id, 'ask_changes')
        self._as(told, self.seller).write({'source': 'measure', 'measure_id': self.amounts.id})
        self._accept(told.objective_id)
        self._refresh()
        self.assertEqual(self._points(told), [('2026-04-15', 40)])
        self.assertEqual(told.current, 40)

    def test_twice_a_day_writes_nothing(self):
        fed = self._create_fed()
        self._sell(100)
        self._create_running(self.peer)
        self._refresh()
        records = (fed, fed.objective_id, fed.check_in_ids, self.company)
        before = [(each.ids, each.mapped('write_date')) for each in records]
        self._refresh_on('2026-04-15 18:00:00')
        self.assertEqual([(each.ids, each.mapped('write_date')) for each in records], before)
        self.assertEqual(fed.measured_at, datetime(2026, 4, 15, 18))

    def test_one_point_a_day(self):
        fed = self._create_fed()
        self._sell(100)
        self._refresh()
        self._sell(20)
        self._refresh_on('2026-04-15 18:00:00')
        self.assertEqual(self._points(fed), [('2026-04-15', 120)])
        # Somebody says something, and then the value changes once more.
        self._check_in(fed, confidence=8)
        self._sell(30)
        self._refresh_on('2026-04-15 19:00:00')
        self.assertEqual(self._points(fed), [('2026-04-15', 150)])
        self.assertEqual(self._points(fed, is_automatic=False), [('2026-04-15', 120)])
        self.assertEqual((fed.current, fed.confidence), (150, 8))

    def test_the_day_goes_on(self):
        told = self._create_running().key_result_ids
        self._check_in(told, 20)
        self._refresh_on('2026-05-16')
        self.assertAlmostEqual(told.expected, 46 / 91)
        self.assertEqual(told.pace, 'off_track')
        self.assertAlmostEqual(told.objective_id.expected, 46 / 91)
        self.assertEqual(told.objective_id.pace, 'off_track')
        self.assertEqual(self._points(told), [], "people tell where it stands")
        self._refresh_on('2026-07-02')
        self.assertEqual(told.expected, 1)

    def test_what_is_judged_goes_on_with_the_one_above(self):
        top = self._create_objective(self.boss, cycle=self.quarter, key_results=0, name="Top")
        early = self._create_objective(parent_id=top.id)
        late = self._create_objective(parent_id=top.id)
        self._accept(early | late | top)
        self._check_in(early.key_result_ids, 100)
        self._judge(early)
        self._refresh_on('2026-05-16')
        self.assertAlmostEqual(top.expected, 46 / 91)
        self.assertEqual((early.state, early.final_progress, early.pace), ('closed', 1, False))

    def test_only_what_runs(self):
        planned = self._create_objective(
            key_results=0,
            key_result_ids=[
                Command.create(
                    {
                        'name': "Fed",
                        'source': 'measure',
                        'measure_id': self.amounts.id,
                        'target': 1000,
                    }
                )
            ],
        ).key_result_ids
        self._sell(100)
        self._refresh()
        self.assertEqual(self._points(planned), [])
        self._accept(planned.objective_id)
        self._refresh()
        self.assertEqual(self._points(planned), [('2026-04-15', 100)])
        self._decide(planned.objective_id, 'cancel')
        self._sell(100)
        self._refresh_on('2026-04-16')
        self.assertEqual(self._points(planned), [('2026-04-15', 100)])

    def test_a_cycle_that_was_started_too_early(self):
        cycle = self._create_cycle('quarter', '2026-07-01')
        self._as(cycle, self.user_admin).action_start()
        fed = self._create_fed(cycle=cycle)
        self._sell(100)
        self._refresh()
        self.assertEqual(self._points(fed), [])
        with self.assertRaisesRegex(UserError, "nothing to measure"):
            self._as(fed, self.seller).action_refresh()

    def test_after_the_deadline(self):
        fed, ever = self._create_fed(), self._create_fed(measure=self._create_stock())
        self._sell(100)
        self._refresh_on('2026-06-30')
        self.assertEqual((fed.current, ever.current), (100, 1))
        self._as(self.quarter, self.user_admin).action_review()
        # One that was dated back counts; those after the deadline do not.
        self._sell(40, '2026-06-30 20:00:00')
        self._sell(900, '2026-07-01')
        self._refresh_on('2026-07-02')
        self.assertEqual(fed.current, 140)
        self.assertEqual(ever.current, 1, "as it was on the last day")

    def test_what_knows_no_dates_is_measured_late_rather_than_never(self):
        ever = self._create_fed(measure=self._create_stock())
        self._refresh()
        self._sell(100)
        self._refresh_on('2026-07-02')
        self.assertEqual(ever.current, 1)
        self._sell(100)
        self._refresh_on('2026-07-03')
        self.assertEqual(ever.current, 1)

    def test_a_day_of_the_past(self):
        fed = self._create_fed()
        ever = self._create_fed(measure=self._create_stock())
        self._sell(100, '2026-04-03')
        self._sell(20, '2026-04-12')
        self._refresh(day=date(2026, 4, 14))
        self._refresh(day=date(2026, 4, 7))
        self.assertEqual(self._points(fed), [('2026-04-07', 100), ('2026-04-14', 120)])
        self.assertEqual((fed.current, fed.current_date), (120, date(2026, 4, 14)))
        self.assertEqual(self._points(ever), [], "nobody knows how many there were")
        self._refresh()
        self.assertEqual(self._points(ever), [('2026-04-15', 2)])

    # ------------------------------------------------------------
    # STEPS
    # ------------------------------------------------------------

    def test_milestones_have_a_history(self):
        objective = self._create_objective(
            key_results=0,
            key_result_ids=[
                Command.create(
                    {
                        'name': "Steps",
                        'kind': 'milestones',
                        'milestone_ids': [
                            Command.create({'name': "One", 'weight': 3}),
                            Command.create({'name': "Two", 'weight': 1}),
                        ],
                    }
                )
            ],
        )
        self._accept(objective)
        steps = objective.key_result_ids
        self._refresh()
        self.assertEqual(self._points(steps), [], "what has not begun is no news")
        self._as(steps.milestone_ids[0], self.seller).is_done = True
        self._refresh_on('2026-04-16')
        self._refresh_on('2026-04-17')
        self.assertEqual(self._points(steps), [('2026-04-16', 1)])
        self.assertAlmostEqual(steps.check_in_ids.progress, 0.75)
        self._as(steps.milestone_ids[0], self.seller).is_done = False
        self._refresh_on('2026-04-18')
        self.assertEqual(self._points(steps), [('2026-04-16', 1), ('2026-04-18', 0)])

    # ------------------------------------------------------------
    # WHOSE RIGHTS
    # ------------------------------------------------------------

    def test_owners_with_other_rights_get_other_values(self):
        own = self._create_fed(self.seller, scope='company')
        everything = self._create_fed(self.user_all, scope='company')
        of_team = self._create_fed(self.user_all, scope='team', team_id=self.team.id)
        self._sell(100, team_id=self.team.id)
        self._sell(70, user=self.peer, team_id=self.team.id)
        self._sell(5, user=self.boss, team_id=False)
        self._refresh()
        self.assertEqual(own.current, 100)
        self.assertEqual(everything.current, 175)
        self.assertEqual(of_team.current, 170)

    def test_another_company_with_another_currency(self):
        self.other_company.partner_id.tz = 'Asia/Tokyo'
        self.env['res.currency.rate'].create(
            {
                'name': '2026-01-01',
                'rate': 0.5,
                'currency_id': self.eur.id,
                'company_id': self.other_company.id,
            }
        )
        cycle = self._create_cycle('quarter', '2026-04-01', self.other_company)
        self._as(cycle, self.foreigner).action_start()
        objective = self._as(self.Objective, self.foreigner).create(
            {
                'name': "Elsewhere",
                'cycle_id': cycle.id,
                'key_result_ids': [
                    Command.create(
                        {
                            'name': "Fed",
                            'source': 'measure',
                            'measure_id': self.amounts.id,
                            'scope': 'company',
                            'target': 1000,
                        }
                    )
                ],
            }
        )
        objective.action_accept()
        fed = objective.key_result_ids.with_env(self.env)
        pricelist = self.env['product.pricelist'].create(
            {'name': "EUR", 'currency_id': self.eur.id, 'company_id': self.other_company.id}
        )
        values = {'company': self.other_company, 'user': self.foreigner, 'team_id': False}
        self._sell(100, pricelist_id=pricelist.id, **values)
        self._sell(7, '2026-03-31 15:00:00', **values)
        self._sell(9, '2026-03-31 14:59:59', **values)
        self._sell(1000)
        self._go_to('2026-04-15 16:00:00')
        self.KeyResult._refresh()
        self.env.invalidate_all()
        self.assertEqual(self._points(fed), [('2026-04-16', 207)])

    # ------------------------------------------------------------
    # WHAT IS BROKEN
    # ------------------------------------------------------------

    def test_a_broken_one_does_not_stop_the_others(self):
        broken = self._create_fed(self.peer, self._create_measure("Broken"))
        left = self._create_fed(self.stranger)
        good = self._create_fed()
        self._sell(100)
        self._sell(200, user=self.peer)
        self._refresh()
        before = broken.measured_at
        self.env.cr.execute(
            "UPDATE growth_okr_measure SET domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", broken.measure_id.id],
        )
        self.stranger.sudo().action_archive()
        self.env.invalidate_all()
        self._sell(30)
        self._refresh_on('2026-04-16')
        self.assertIn("gone", broken.error)
        self.assertIn("archived", left.error)
        self.assertEqual((broken.current, broken.measured_at), (200, before))
        self.assertEqual((good.current, good.error), (130, False))
        # What is mended is measured again; the error does not wait for it.
        broken.measure_id.domain = "[('state', '=', 'sale')]"
        self.assertFalse(broken.error)
        self.stranger.sudo().action_unarchive()
        self._refresh()
        self.assertFalse(broken.error)
        self.assertFalse(left.error)

    def test_what_was_never_measured_has_no_speed(self):
        mean = self._create_measure("Mean", aggregation='avg', unit='money')
        empty = self._create_fed(measure=mean)
        told = self._create_running(self.peer).key_result_ids
        left = self._create_fed(self.stranger)
        self.stranger.sudo().action_archive()
        self._refresh_on('2026-06-01')
        for fed in (empty, left):
            self.assertEqual((fed.pace, fed.progress), (False, 0))
            self.assertEqual(fed.objective_id.progress, 0)
        self.assertTrue(left.error)
        # Where people tell it, silence is a standstill.
        self.assertEqual(told.pace, 'off_track')
        self._sell(900)
        self._refresh()
        self.assertEqual((empty.current, empty.pace), (900, 'ahead'))

    def test_an_error_says_what_is_wrong(self):
        fed = self._create_fed()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE growth_okr_measure SET domain = %s WHERE id = %s",
            ["[('id', '=', 'x')]", fed.measure_id.id],
        )
        self.env.invalidate_all()
        self._refresh()
        self.assertIn("“Amounts” cannot be read: its filter compares", fed.error)
        self.assertNotIn("syntax", fed.error)

    def test_a_team_that_was_deleted(self):
        """The job says so, and so does who wants to see the records."""
        team = self.env['crm.team'].create({'name': "Short", 'company_id': self.company.id})
        fed = self._create_fed(scope='team', team_id=team.id)
        self._sell(100, team_id=team.id)
        self._refresh()
        self.assertEqual((fed.current, fed.error), (100, False))
        action = self._as(fed, self.seller).action_view_records()
        self.assertIn(('team_id', '=', team.id), action['domain'])
        team.unlink()
        self._refresh_on('2026-04-16')
        self.assertIn("No sales team", fed.error)
        self.assertEqual(fed.current, 100)
        with self._refused(UserError, "No sales team was chosen"):
            self._as(fed, self.seller).action_view_records()

    def test_records_of_what_people_tell(self):
        told = self._create_running().key_result_ids
        with self._refused(UserError, "Objective: result 1 takes its value from check-ins"):
            self._as(told, self.seller).action_view_records()

    def test_who_lost_the_company(self):
        fed = self._create_fed(self.stranger)
        self.stranger.sudo().write(
            {
                'company_ids': [Command.set(self.other_company.ids)],
                'company_id': self.other_company.id,
            }
        )
        self._refresh()
        self.assertIn("does not work for", fed.error)
        self.assertEqual(self._points(fed), [])

    def test_what_is_no_number(self):
        fed = self._create_fed()
        Measure = self.env.registry['growth.okr.measure']
        original = Measure._get_values

        def get_values(measures, requests):
            values = original(measures, requests)
            return {key: each._replace(value=float('nan')) for key, each in values.items()}

        with patch.object(Measure, '_get_values', get_values):
            self._refresh()
        self.assertIn("no number", fed.error)
        self.assertEqual((fed.current, self._points(fed)), (0, []))

    # ------------------------------------------------------------
    # LIKE LAST YEAR
    # ------------------------------------------------------------

    def test_expected_like_last_year(self):
        self._sell(300, '2025-04-10')
        self._sell(100, '2025-06-30')
        self._sell(999, '2025-07-01')
        fed = self._create_fed(expectation='season')
        self._refresh()
        self.assertEqual(len(fed.season_curve), 91)
        self.assertEqual(fed.season_curve[8:11], [0, 0.75, 0.75])
        self.assertEqual((fed.season_curve[89], fed.season_curve[90]), (0.75, 1))
        self.assertAlmostEqual(fed.expected, 0.75)
        self.assertAlmostEqual(fed.check_in_ids.expected, 0.75)
        self.assertFalse(fed.error)

    def test_a_curve_is_learned_once(self):
        self._sell(300, '2025-04-10')
        fed = self._create_fed(expectation='season')
        self._refresh()
        with patch.object(
            self.env.registry['growth.okr.measure'], '_get_daily', return_value={}
        ) as asked:
            self._refresh_on('2026-04-16')
        asked.assert_called_once_with([])
        self.assertTrue(fed.season_curve)
        # Whoever takes it over has seasons of their own.
        self._as(fed, self.user_admin).owner_id = self.peer
        self.assertFalse(fed.season_curve)
        self._refresh()
        self.assertIn("grow evenly", fed.season_note)

    def test_a_text_that_was_opened_again_is_learned_anew(self):
        self._sell(300, '2025-04-10')
        fed = self._create_fed(expectation='season')
        self._refresh()
        self._decide(fed.objective_id, 'ask_changes')
        self._as(fed, self.seller).scope = 'company'
        self.assertFalse(fed.season_curve)
        self._accept(fed.objective_id)
        self._refresh()
        self.assertTrue(fed.season_curve)
        # The days of the cycle are those of the curve.
        self._as(self.quarter, self.user_admin).date_to = date(2026, 5, 31)
        self.assertFalse(fed.season_curve)

    def test_a_measure_that_was_changed_is_learned_anew(self):
        """Whatever of it changes what is read, the curve and the error are forgotten."""
        self._sell(300, '2025-04-10')
        fed = self._create_fed(expectation='season')
        self._refresh()
        for fname in ('includes_archived', 'only_finished'):
            fed.sudo().error = "Broken"
            self.assertTrue(fed.season_curve)
            fed.measure_id[fname] = True
            with self.subTest(fname=fname):
                self.assertEqual((fed.season_curve, fed.error), (False, False))
            fed.measure_id[fname] = False
            self._refresh()

    def test_nothing_last_year(self):
        fed = self._create_fed(expectation='season')
        self._refresh()
        self.assertIn("grow evenly", fed.season_note)
        self.assertAlmostEqual(fed.expected, 15 / 91)
        self.assertTrue(fed.measured_at)
        self._refresh_on('2026-04-16')
        self.assertIn("grow evenly", fed.season_note)
        self._decide(fed.objective_id, 'ask_changes')
        self._as(fed, self.seller).expectation = 'linear'
        self._accept(fed.objective_id)
        self._refresh()
        self.assertFalse(fed.season_note)

    def test_a_last_year_that_cannot_be_read(self):
        fed = self._create_fed(expectation='season')
        self._sell(100)
        Measure = self.env.registry['growth.okr.measure']
        with patch.object(
            Measure,
            '_read_daily',
            lambda measures, batch: measures.env.cr.execute("SELECT nothing"),
        ):
            self._refresh()
        self.assertIn("cannot be read", fed.error)
        self.assertEqual((fed.current, fed.season_curve), (100, False))
        self._refresh()
        self.assertFalse(fed.error)

    # ------------------------------------------------------------
    # MEASURE NOW
    # ------------------------------------------------------------

    def test_measure_now(self):
        fed = self._create_fed()
        self._sell(100)
        with self.assertRaises(AccessError):
            self._as(fed, self.peer).action_refresh()
        self._as(fed, self.seller).action_refresh()
        self.env.invalidate_all()
        self.assertEqual((fed.current, fed.progress), (100, 0.1))
        self.assertAlmostEqual(fed.objective_id.progress, 0.1)
        self.assertEqual(fed.check_in_ids.user_id, self.env['res.users'])
        told = self._create_running().key_result_ids
        with self.assertRaisesRegex(UserError, "Only what is fed"):
            self._as(told, self.seller).action_refresh()
        self._decide(fed.objective_id, 'cancel')
        with self.assertRaisesRegex(UserError, "not possible any more"):
            self._as(fed, self.seller).action_refresh()

    # ------------------------------------------------------------
    # THE SCHEDULER
    # ------------------------------------------------------------

    def test_the_scheduler_runs_it(self):
        fed = self._create_fed()
        self._sell(100)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_okr').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._points(fed), [('2026-04-15', 100)])

    def test_a_company_that_fails_is_told_of(self):
        fed = self._create_fed()
        self._sell(100)
        KeyResult = self.env.registry['growth.okr.key.result']
        original = KeyResult._follow_day

        def follow_day(key_results, company):
            if company == self.other_company:
                raise ZeroDivisionError("broken")
            return original(key_results, company)

        with (
            patch.object(KeyResult, '_follow_day', follow_day),
            self.assertLogs('odoo.addons.sales_growth', 'ERROR'),
            suppress(ZeroDivisionError),
        ):
            self._run_job()
            self.fail("The scheduler sees that something went wrong.")
        self.assertEqual(fed.current, 100)
        self.assertIn("unexpected", self.other_company.growth_okr_error_text)
        self.assertFalse(self.company.growth_okr_error_text)
        self._run_job()
        self.assertFalse(self.other_company.growth_okr_error_text)

    def test_what_users_can_mend_is_no_error_of_the_job(self):
        with patch.object(
            self.env.registry['growth.okr.key.result'],
            '_follow_day',
            side_effect=UserError("Mend it"),
        ):
            self._run_job()
        self.assertEqual(self.company.growth_okr_error_text, "Mend it")

    def test_who_waited_longest_comes_first(self):
        self._create_fed()
        self._run_job()
        seen = []
        with patch.object(
            self.env.registry['growth.okr.key.result'],
            '_refresh_company',
            lambda key_results, company, day, commits=False: seen.append(company),
        ):
            self._run_job()
        self.assertEqual(seen[-1], self.company)
        self.assertIn(self.other_company, seen)

    def test_a_job_that_was_killed_is_run_again(self):
        fed = self._create_fed()
        steps = [self._create_fed(user) for user in (self.peer, self.boss)]
        self._sell(100)
        self._sell(200, user=self.peer)
        self._go_to('2026-04-21')
        self.env.flush_all()
        with (
            self.assertRaises(KeyboardInterrupt),
            self.env.cr.savepoint(),
            patch.object(
                self.env.registry['growth.okr.key.result'],
                '_follow_day',
                side_effect=KeyboardInterrupt,
            ),
        ):
            self.KeyResult._refresh(self.company)
        self.env.invalidate_all()
        self.assertEqual(self._points(fed), [])
        # The time was up before the reminders.
        with patch.object(
            self.env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 0
        ):
            self.KeyResult._refresh_company(self.company, date(2026, 4, 21), commits=True)
        self.env.invalidate_all()
        self.assertEqual(self._asked(fed.objective_id), [])
        self._run_job()
        self._run_job()
        self.assertEqual(self._points(fed), [('2026-04-21', 100)])
        self.assertEqual([each.current for each in steps], [200, 0])
        self.assertEqual(len(self._asked(fed.objective_id)), 1)

    # ------------------------------------------------------------
    # MANY
    # ------------------------------------------------------------

    def _create_many(self, number):
        """Key results of two measures, four on each objective, of two people."""
        other = self._create_measure("Number", aggregation='count', measure_field=False)
        objectives = self.Objective.create(
            [
                {
                    'name': f"Objective {place}",
                    'cycle_id': self.quarter.id,
                    'owner_id': (self.seller, self.peer)[place % 2].id,
                    'state': 'running',
                    'running_date': '2026-04-01',
                    'key_result_ids': [
                        Command.create(
                            {
                                'name': f"{place} {part}",
                                'source': 'measure',
                                'measure_id': (self.amounts, other)[part % 2].id,
                                'target': 1000,
                            }
                        )
                        for part in range(4)
                    ],
                }
                for place in range(number // 4)
            ]
        )
        self.env.flush_all()
        return objectives.key_result_ids

    def _count_of_a_run(self, moment):
        self._go_to(moment)
        before = self.env.cr.sql_log_count
        self.KeyResult._refresh_company(self.company, date.fromisoformat(moment))
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_of_300(self):
        counts = {}
        self.company.growth_okr_reminder = False
        for number in (60, 240):
            many = self._create_many(number)
            self._sell(100)
            self._sell(200, user=self.peer)
            written = self._count_of_a_run('2026-04-16')
            again = self._count_of_a_run('2026-04-16')
            self._go_to('2026-04-15')
            self.assertEqual(len(many.check_in_ids), number)
            counts[len(self.KeyResult.search([('source', '=', 'measure')]))] = written, again
        self.assertEqual(list(counts), [60, 300])
        # The ORM writes a hundred rows at once.
        self.assertLessEqual(counts[300][0], counts[60][0] + 8, counts)
        self.assertLessEqual(counts[300][0], 42, counts)
        self.assertLessEqual(counts[300][1], 30, counts)
