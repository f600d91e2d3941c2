from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_okr_job import OkrJobCommon


@tagged('post_install', '-at_install')
class TestOkrBaseline(OkrJobCommon):
    """A key result that Odoo feeds begins where Odoo says."""

    @classmethod
    def _create_drafted(cls, user=None, measure=None, cycle=None, deadline=None, **vals):
        """A key result from 0 to 1,000 that is fed by a measure, and whose text is open."""
        objective = cls._create_objective(
            user,
            key_results=0,
            cycle=cycle,
            date_deadline=deadline or (cycle or cls.quarter).date_to,
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
        return objective.key_result_ids

    def _take(self, key_result, user=None):
        self._as(key_result, user or key_result.owner_id).action_take_baseline()
        return key_result.baseline

    # ------------------------------------------------------------
    # WHAT ADDS UP
    # ------------------------------------------------------------

    def test_what_adds_up_takes_the_quarter_before(self):
        self._sell(1, '2025-12-31 23:59:59')
        self._sell(20, '2026-01-01 00:00:00')
        self._sell(300, '2026-03-31 23:59:59')
        self._sell(4000, '2026-04-01 00:00:00')
        self._sell(50000, '2026-02-01', user=self.peer)
        self.assertEqual(self._take(self._create_drafted()), 320)

    def test_as_many_days_where_it_is_no_whole_month(self):
        self._sell(1, '2026-03-11')
        self._sell(20, '2026-03-12')
        self._sell(300, '2026-03-31')
        drafted = self._create_drafted(deadline=date(2026, 4, 20))
        self.assertEqual(self._take(drafted), 320)

    def test_planned_before_the_cycle_it_takes_the_last_days_that_are_over(self):
        self._go_to('2026-06-10')
        cycle = self._create_cycle('quarter', '2026-07-01')
        self._sell(1, '2026-03-09')
        self._sell(20, '2026-03-10')
        self._sell(300, '2026-06-09')
        self._sell(4000, '2026-06-10')
        self.assertEqual(self._take(self._create_drafted(cycle=cycle)), 320)

    def test_nothing_was_sold(self):
        drafted = self._create_drafted(baseline=70)
        self.assertEqual(self._take(drafted), 0)

    # ------------------------------------------------------------
    # WHAT STANDS SOMEWHERE
    # ------------------------------------------------------------

    def test_what_knows_no_dates_takes_the_present_value(self):
        self._sell(100, '2025-01-01')
        self._sell(100, '2026-04-14')
        self.assertEqual(self._take(self._create_drafted(measure=self._create_stock())), 2)

    def test_a_mean_takes_the_last_days(self):
        mean = self._create_measure("Mean", aggregation='avg')
        self._sell(9000, '2026-01-15')
        self._sell(100, '2026-01-16')
        self._sell(300, '2026-04-15')
        self.assertEqual(self._take(self._create_drafted(measure=mean)), 200)

    def test_finished_months_alone(self):
        mean = self._create_measure("Mean", aggregation='avg', only_finished=True)
        self._sell(9000, '2025-12-31')
        self._sell(100, '2026-01-01')
        self._sell(300, '2026-03-31')
        self._sell(9000, '2026-04-01')
        self.assertEqual(self._take(self._create_drafted(measure=mean)), 200)

    def test_within_a_range(self):
        self._sell(100, '2026-04-14')
        drafted = self._create_drafted(
            measure=self._create_stock(), direction='range', range_min=5, range_max=9
        )
        self.assertEqual(self._take(drafted), 1)

    # ------------------------------------------------------------
    # WHAT IS REFUSED
    # ------------------------------------------------------------

    def test_nothing_to_measure(self):
        drafted = self._create_drafted(
            measure=self._create_measure("Mean", aggregation='avg'), baseline=70
        )
        with self._refused(UserError, "nothing to measure yet by “Mean”"):
            self._take(drafted)
        self.assertEqual(drafted.baseline, 70)

    def test_a_measure_that_is_broken(self):
        drafted = self._create_drafted(baseline=70)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE growth_okr_measure SET domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", drafted.measure_id.id],
        )
        self.env.invalidate_all()
        with self._refused(UserError, "gone"):
            self._take(drafted)
        self.assertEqual(drafted.baseline, 70)

    def test_the_target_is_reached_already(self):
        drafted = self._create_drafted(baseline=70)
        for amount in (1000, 1):
            self._sell(amount, '2026-03-10')
            with self._refused(UserError, "would leave nothing to reach"):
                self._take(drafted)
            self.assertRecordValues(drafted, [{'baseline': 70, 'target': 1000}])
        downwards = self._create_drafted(baseline=5000, target=1001, direction='decrease')
        with self._refused(UserError, "would leave nothing to reach"):
            self._take(downwards)
        self._as(downwards, self.seller).target = 1000
        self.assertEqual(self._take(downwards), 1001)

    def test_only_while_the_text_is_open(self):
        self._sell(100, '2026-03-10')
        drafted = self._create_drafted()
        self._propose(drafted.objective_id)
        with self._refused(UserError, "not possible any more"):
            self._take(drafted)
        self._decide(drafted.objective_id, 'ask_changes')
        self.assertEqual(self._take(drafted), 100)

    def test_only_who_may_write(self):
        drafted = self._create_drafted()
        for user in (self.peer, self.foreigner):
            with self._refused(AccessError, ""):
                self._take(drafted, user)

    def test_only_what_is_fed(self):
        told = self._create_objective().key_result_ids
        with self._refused(UserError, "Only what is fed by a measure"):
            self._take(told)

    # ------------------------------------------------------------
    # WHOSE RIGHTS
    # ------------------------------------------------------------

    def test_rights_of_who_is_responsible(self):
        self._sell(100, '2026-03-10')
        self._sell(70, '2026-03-10', user=self.peer)
        drafted = self._create_drafted(scope='company')
        self.assertEqual(self._take(drafted, self.user_admin), 100)
