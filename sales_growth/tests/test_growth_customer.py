from contextlib import closing, contextmanager
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import AS_OF, SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestGrowthCustomer(SalesGrowthCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # 1000 in all: 800 before the second, 950 before the fifth.
        cls.golden = cls._create_customer("Golden")
        cls.second = cls._create_customer("Second")
        cls.third = cls._create_customer("Third")
        cls.small = cls._create_customer("Small")
        cls.loser = cls._create_customer("Loser")
        cls._create_orders(cls.golden, [200, 200, 200, 200])
        cls._create_orders(cls.second, [50, 50])
        cls._create_orders(cls.third, [50])
        cls._create_orders(cls.small, [20, 15, 15])
        cls._create_orders(cls.loser, [20, -60])

    # ------------------------------------------------------------
    # CLASSES
    # ------------------------------------------------------------

    def test_classes(self):
        counts = self._refresh()
        self.assertEqual(counts, {'customers': 5, 'changed': 5, 'moved': 0})
        customers = self.env['growth.customer'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(
            # Equals stand in the order in which the database wrote them.
            customers.sorted(lambda customer: (-customer.value, customer.partner_id.id)),
            [
                {
                    'partner_id': self.golden.id,
                    'value': 800,
                    'order_count': 4,
                    'abc_class': 'A',
                    'xyz_class': 'X',
                    'tier': 'golden',
                    'segment_id': self._segment('AX').id,
                    'is_loss_making': False,
                },
                {
                    'partner_id': self.second.id,
                    'value': 100,
                    'order_count': 2,
                    'abc_class': 'B',
                    'xyz_class': 'Y',
                    'tier': 'second',
                    'segment_id': self._segment('BY').id,
                    'is_loss_making': False,
                },
                {
                    'partner_id': self.third.id,
                    'value': 50,
                    'order_count': 1,
                    'abc_class': 'B',
                    'xyz_class': 'Z',
                    'tier': 'second',
                    'segment_id': self._segment('BZ').id,
                    'is_loss_making': False,
                },
                {
                    'partner_id': self.small.id,
                    'value': 50,
                    'order_count': 3,
                    'abc_class': 'B',
                    'xyz_class': 'X',
                    'tier': 'second',
                    'segment_id': self._segment('BX').id,
                    'is_loss_making': False,
                },
                {
                    'partner_id': self.loser.id,
                    'value': -40,
                    'order_count': 1,
                    'abc_class': 'C',
                    'xyz_class': 'Z',
                    'tier': 'low',
                    'segment_id': self._segment('CZ').id,
                    'is_loss_making': True,
                },
            ],
        )

    def test_a_customer_exactly_on_the_cut_is_behind_it(self):
        self._create_order(self._create_customer("Tiny"), 0.01)
        self._refresh()
        # 800 of 1000.01 are less than 80 %, so the second customer is an A now.
        self.assertEqual(self._customer(self.second).abc_class, 'A')

    def test_the_crossing_customer_is_an_a(self):
        whale = self._create_customer("Whale")
        self._create_order(whale, 1_000_000)
        self._refresh()
        self.assertEqual(self._customer(whale).abc_class, 'A')
        self.assertEqual(self._customer(self.golden).abc_class, 'C')

    def test_ranking(self):
        self._refresh()
        self.assertRecordValues(
            self.env['growth.customer'].search([('company_id', '=', self.company.id)]),
            [
                {'value_rank': 1, 'value_share': 0.8, 'cumulative_share': 0.8},
                {'value_rank': 2, 'value_share': 0.1, 'cumulative_share': 0.9},
                {'value_rank': 3, 'value_share': 0.05, 'cumulative_share': 1},
                {'value_rank': 3, 'value_share': 0.05, 'cumulative_share': 1},
                {'value_rank': 5, 'value_share': 0, 'cumulative_share': 1},
            ],
        )

    def test_ranking_in_search_order_and_groups(self):
        self._refresh()
        Customer = self.env['growth.customer'].with_user(self.user_admin)
        self.assertEqual(
            Customer.search([('value_rank', '<=', 2)], order='value_rank desc').partner_id,
            self.second | self.golden,
        )
        self.assertEqual(Customer.search([('cumulative_share', '<', 0.85)]).partner_id, self.golden)
        credits_only = self._create_customer("Credits")
        self._create_order(credits_only, -10)
        self._refresh()
        self.assertNotIn(credits_only, Customer.search([('value_rank', '<=', 100)]).partner_id)
        self.assertEqual(
            Customer._read_group(
                [('abc_class', '!=', False)],
                ['abc_class'],
                ['value_share:sum', 'cumulative_share:max'],
            ),
            [('A', 0.8, 0.8), ('B', 0.2, 1), ('C', 0, 1)],
        )

    def test_ranking_agrees_with_the_analysis(self):
        from ..analysis.segmentation import classify

        self._refresh()
        customers = self.env['growth.customer'].search([('company_id', '=', self.company.id)])
        import pandas as pd

        frame = pd.DataFrame(
            [(customer.value, customer.order_count) for customer in customers],
            columns=['value', 'order_count'],
        )
        for customer, verdict in zip(
            customers,
            classify(frame).itertuples(),
            strict=True,
        ):
            self.assertEqual(customer.value_rank, verdict.value_rank)
            self.assertAlmostEqual(customer.value_share, verdict.value_share, 12)
            self.assertAlmostEqual(customer.cumulative_share, verdict.cumulative_share, 12)

    def test_all_customers_losing_money(self):
        self.env['sale.order'].search([('company_id', '=', self.company.id)]).state = 'cancel'
        for name in ("One", "Two"):
            self._create_orders(self._create_customer(name), [10, -20])
        self._refresh()
        customers = self.env['growth.customer'].search(
            [('company_id', '=', self.company.id), ('abc_class', '!=', False)]
        )
        self.assertEqual(customers.mapped('abc_class'), ['C', 'C'])
        self.assertEqual(customers.mapped('value_share'), [0, 0])
        self.assertTrue(all(customers.mapped('is_loss_making')))

    def test_no_customers_at_all(self):
        company = self._create_company("Empty Company")
        self.assertEqual(self._refresh(company), {'customers': 0, 'changed': 0, 'moved': 0})
        self.assertEqual(company.growth_as_of, AS_OF)

    def test_credits_only_give_no_class(self):
        partner = self._create_customer("Credits")
        self._create_order(partner, -10)
        self._refresh()
        customer = self._customer(partner)
        self.assertFalse(customer.abc_class)
        self.assertFalse(customer.segment_id)
        self.assertEqual(customer.value_rank, 0)

    def test_nothing_bought_in_the_window_gives_no_class(self):
        self._refresh(as_of=date(2028, 1, 1))
        customer = self._customer(self.golden)
        self.assertFalse(customer.abc_class or customer.xyz_class or customer.segment_id)
        self.assertEqual(customer.last_order_date, date(2026, 6, 10))
        self.assertIn("the last order is of 06/10/2026", customer.explanation)

    def test_cancelling_all_orders_empties_the_customer(self):
        self._refresh()
        self.env['sale.order'].search([('partner_id', '=', self.golden.id)]).state = 'cancel'
        counts = self._refresh()
        customer = self._customer(self.golden)
        self.assertFalse(customer.abc_class or customer.value or customer.first_order_date)
        self.assertEqual(customer.move_ids.direction, 'leave')
        self.assertEqual(counts['customers'], 4)
        self.assertEqual(self._refresh()['changed'], 0)

    def test_newcomers_are_flagged_and_not_judged_by_variation(self):
        self._create_order(self.third, 10, '2024-01-01 12:00:00')
        self._refresh()
        self.assertTrue(self._customer(self.small).is_newcomer, "First order on 10 April")
        self.assertFalse(self._customer(self.golden).is_newcomer)
        self.assertFalse(self._customer(self.third).is_newcomer)
        self.assertEqual(self._customer(self.small).xyz_class, 'X')
        self.company.write({'growth_xyz_method': 'variation'})
        self._refresh()
        self.assertFalse(self._customer(self.small).xyz_class)
        self.assertFalse(self._customer(self.small).segment_id)
        self.assertEqual(self._customer(self.small).abc_class, 'B')
        self.assertEqual(self._customer(self.third).xyz_class, 'Z')

    # ------------------------------------------------------------
    # EXPLANATION
    # ------------------------------------------------------------

    def test_explanation(self):
        self._refresh()
        self.assertEqual(
            self._customer(self.golden).explanation,
            "A: number 1 by revenue with $\xa0800.00; the customers down to here make 80.0 % of "
            "the total. A goes on until 80.0 % are reached. "
            "X: number of orders 4, X from 3 on, Y from 2 on. Window: 07/01/2025 to 06/30/2026.",
        )
        self.assertIn("B goes on until 95.0 %", self._customer(self.third).explanation)
        self.assertIn("nothing is earned", self._customer(self.loser).explanation)
        # A share and a value give away the total, which is not for everybody to know.
        self.assertIn(
            "A: number 1 by revenue with $\xa0800.00. A goes on",
            self._customer(self.golden).with_user(self.user_own).explanation,
        )

    def test_explanation_of_other_methods(self):
        self.company.growth_abc_method = 'customers'
        self._refresh()
        self.assertIn("A are 20.0 % of the customers", self._customer(self.golden).explanation)
        self.company.write(
            {
                'growth_abc_method': 'threshold',
                'growth_abc_threshold_a': 500,
                'growth_abc_threshold_b': 60,
            }
        )
        self._refresh()
        self.assertIn("A begins at $\xa0500.00", self._customer(self.golden).explanation)
        self.assertIn("C is everybody below $\xa060.00", self._customer(self.third).explanation)

    def test_explanation_of_variation(self):
        self.company.write({'growth_xyz_method': 'variation', 'growth_grace_days': 0})
        self._refresh()
        self.assertIn(
            "Z: demand varies by 1.41 from month to month.", self._customer(self.golden).explanation
        )

    # ------------------------------------------------------------
    # RUN
    # ------------------------------------------------------------

    def test_a_run_without_changes_writes_nothing(self):
        self._refresh()
        self.env.invalidate_all()
        before = self.env['growth.customer'].search([]).mapped('write_date')
        counts = self._refresh()
        self.assertEqual((counts['changed'], counts['moved']), (0, 0))
        self.assertEqual(self.env['growth.customer'].search([]).mapped('write_date'), before)

    def test_only_changed_rows_are_written(self):
        self._refresh()
        self._create_order(self.loser, 5)
        self.assertEqual(self._refresh()['changed'], 1)

    def test_contacts_are_not_written(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT MAX(xmin::text::bigint) FROM res_partner")
        before = self.env.cr.fetchone()
        with self.env.cr.savepoint():
            self._refresh()
        self.env.cr.execute("SELECT MAX(xmin::text::bigint) FROM res_partner")
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_two_companies_keep_their_own_classes(self):
        other = self._create_company("Other Company", self.eur)
        self._create_order(self.small, 1000, company=other)
        self._refresh(self.company | other)
        self.assertEqual(self._customer(self.small).abc_class, 'B')
        self.assertEqual(self._customer(self.small, other).abc_class, 'A')
        self.assertEqual(self._customer(self.small, other).value_share, 1)
        self.assertFalse(self._customer(self.golden, other))

    @contextmanager
    def _count_queries(self):
        self.env.flush_all()
        queries = []
        original = self.env.cr.execute

        def execute(query, *args, **kwargs):
            queries.append(query)
            return original(query, *args, **kwargs)

        with patch.object(self.env.cr, 'execute', execute):
            yield queries

    def test_number_of_queries_does_not_grow_with_customers(self):
        self._refresh()
        self._create_order(self.small, 1)
        with self._count_queries() as few:
            self._refresh()
        for index in range(30):
            self._create_order(self._create_customer(f"More {index}"), 5)
        with self._count_queries() as many:
            self._refresh()
        self.assertEqual(len(few), len(many))

    def test_a_run_at_work_refuses_a_second_one(self):
        # Another connection needs a company that is committed: the one of the database.
        company = self.env.ref('base.main_company')
        with closing(self.registry._db.cursor()) as other_cr:
            other_cr.execute(
                "SELECT id FROM res_company WHERE id = %s FOR NO KEY UPDATE", [company.id]
            )
            with self.assertRaisesRegex(UserError, "being recomputed right now"):
                self._refresh(company)

    def _run_job(self, refresh_company=None):
        """Let the scheduler run the job once, as it would by itself."""
        cron = self.env.ref('sales_growth.ir_cron_growth_customer_refresh')
        Customer = self.env.registry['growth.customer']
        with (
            freeze_time('2026-06-30 12:00:00'),
            patch.object(
                Customer, '_refresh_company', refresh_company or Customer._refresh_company
            ),
            self.enter_registry_test_mode(),
        ):
            cron.method_direct_trigger()

    def test_scheduled_job(self):
        self._run_job()
        self.assertEqual(self._customer(self.golden).abc_class, 'A')
        self.assertFalse(self.env['res.company'].search([('growth_is_due', '=', True)]))

    def test_scheduled_job_goes_on_after_a_failing_company(self):
        failing = self._create_company("Failing Company")
        original = self.env.registry['growth.customer']._refresh_company

        def refresh_company(customers, company, *args):
            if company == failing:
                raise ValueError("broken")
            return original(customers, company, *args)

        with self.assertLogs('odoo.addons.sales_growth', 'ERROR'):
            self._run_job(refresh_company)
        self.assertEqual(self._customer(self.golden).abc_class, 'A')
        self.assertFalse(failing.growth_as_of)

    def test_scheduled_job_goes_on_where_it_stopped(self):
        companies = self.env['res.company'].search([('active', '=', True)])
        companies.growth_is_due = False
        self.company.growth_is_due = True  # the others were done before the job was killed
        done = []
        self._run_job(lambda customers, company, *args: done.append(company) or {})
        self.assertEqual(done, [self.company])
        done.clear()
        self._run_job(lambda customers, company, *args: done.append(company) or {})
        self.assertEqual(set(done), set(companies), "The next day all are due again.")

    def test_scheduled_job_tries_again_when_rows_were_changed_meanwhile(self):
        original = self.env.registry['growth.customer']._refresh_company
        attempts = []

        def refresh_company(customers, company, *args):
            if company == self.company:
                attempts.append(company)
                if len(attempts) < 3:
                    raise SerializationFailure()
            return original(customers, company, *args)

        self._run_job(refresh_company)
        self.assertEqual(len(attempts), 3)
        self.assertEqual(self._customer(self.golden).abc_class, 'A')

    def test_scheduled_job_keeps_what_a_user_can_mend(self):
        currency = self.env['res.currency'].create({'name': 'XTS', 'symbol': "x"})
        pricelist = self.env['product.pricelist'].create(
            {'name': "x", 'currency_id': currency.id, 'company_id': self.company.id}
        )
        order = self._create_order(self.small, 10, pricelist_id=pricelist.id)
        self._run_job()
        self.assertFalse(self.company.growth_as_of)
        matrix = self.env['growth.customer'].with_user(self.user_admin).get_matrix()
        self.assertIn("without a rate: XTS", matrix['error'])
        order.state = 'cancel'
        self._run_job()
        self.assertFalse(self.company.growth_error)
        self.assertEqual(self.company.growth_as_of, AS_OF)

    def test_changed_settings_are_told_from_changed_customers(self):
        with freeze_time('2026-06-30 12:00:00'):
            self._refresh()
            self.company.write({'growth_xyz_count_x': 9, 'growth_xyz_count_y': 2})
        moves = self._customer(self.golden).move_ids
        self.assertEqual(moves.mapped('reason'), ['settings'])
        self.assertEqual(moves.to_segment_id.name, 'AY')

    # ------------------------------------------------------------
    # MERGED AND DELETED RECORDS
    # ------------------------------------------------------------

    def test_merged_contacts_keep_history_and_manual_segment(self):
        self._refresh(as_of=date(2026, 3, 31))
        self._refresh()
        customer = self._customer(self.golden)
        with freeze_time('2026-06-30 12:00:00'):
            self._set_manual(self._customer(self.golden))
        moves = customer.move_ids | self._customer(self.third).move_ids
        self.assertGreater(len(moves), 1)
        self.env['base.partner.merge.automatic.wizard']._merge(
            (self.golden | self.third).ids, self.third
        )
        merged = self._customer(self.third)
        self.assertEqual(merged.manual_segment_id, self._segment('AX'))
        self.assertEqual(merged.manual_reason, "Strategic partner")
        self.assertLessEqual(moves, merged.move_ids)
        self._refresh()
        self.assertEqual(merged.value, 850)

    def test_merging_with_a_contact_that_is_no_customer(self):
        self._refresh()
        prospect = self._create_customer("Prospect")
        self.env['base.partner.merge.automatic.wizard']._merge(
            (self.golden | prospect).ids, prospect
        )
        self.assertEqual(self._customer(prospect).value, 800)

    def test_a_company_can_be_deleted(self):
        company = self._create_company("Short-lived Company")
        order = self._create_order(self.small, 10, company=company)
        self._refresh(company, as_of=date(2026, 3, 31))
        self._refresh(company, as_of=date(2027, 12, 31))
        self.env['growth.segment'].create(
            {'abc_class': 'A', 'xyz_class': 'X', 'company_id': company.id}
        )
        self.assertTrue(self.env['growth.segment.move'].search([('company_id', '=', company.id)]))
        order.state = 'cancel'
        order.unlink()
        company.unlink()
        self.assertFalse(self.env['growth.customer'].search([('company_id', '=', company.id)]))

    # ------------------------------------------------------------
    # MANUAL SEGMENT
    # ------------------------------------------------------------

    def _set_manual(self, customer, **vals):
        customer.with_user(self.user_admin).write(
            {
                'manual_segment_id': self._segment('AX').id,
                'manual_reason': "Strategic partner",
                **vals,
            }
        )

    @freeze_time('2026-06-30 12:00:00')
    def test_manual_segment(self):
        self._refresh()
        customer = self._customer(self.third)
        self._set_manual(customer, manual_until='2026-07-31')
        self.assertRecordValues(
            customer,
            [
                {
                    'abc_class': 'A',
                    'xyz_class': 'X',
                    'segment_id': self._segment('AX').id,
                    'computed_abc_class': 'B',
                    'computed_xyz_class': 'Z',
                    'is_manual_different': True,
                    'manual_author_id': self.user_admin.id,
                }
            ],
        )
        self.assertRecordValues(
            customer.move_ids,
            [
                {
                    'from_segment_id': self._segment('BZ').id,
                    'to_segment_id': self._segment('AX').id,
                    'direction': 'up',
                    'reason': 'manual',
                    'note': "Strategic partner",
                    'author_id': self.user_admin.id,
                    'date': AS_OF,
                }
            ],
        )
        self.assertIn("Set to AX by hand until 07/31/2026: Strategic partner", customer.explanation)
        self.assertIn(
            customer, self.env['growth.customer'].search([('is_manual_different', '=', True)])
        )
        self.assertNotIn(
            customer, self.env['growth.customer'].search([('is_manual_different', '=', False)])
        )
        self.assertEqual(self._refresh(as_of=date(2026, 7, 31))['moved'], 0)
        self.assertEqual(customer.segment_id, self._segment('AX'))

    @freeze_time('2026-06-30 12:00:00')
    def test_manual_segment_expires(self):
        self._refresh()
        customer = self._customer(self.third)
        self._set_manual(customer, manual_until='2026-07-31')
        self._refresh(as_of=date(2026, 8, 1))
        self.assertRecordValues(
            customer,
            [
                {
                    'segment_id': self._segment('BZ').id,
                    'manual_segment_id': False,
                    'manual_reason': False,
                    'manual_until': False,
                    'manual_author_id': False,
                }
            ],
        )
        self.assertEqual(customer.move_ids[0].reason, 'manual_end')

    @freeze_time('2026-06-30 12:00:00')
    def test_manual_segment_is_removed(self):
        self._refresh()
        customer = self._customer(self.third)
        self._set_manual(customer)
        customer.with_user(self.user_admin).action_remove_manual_segment()
        self.assertEqual(customer.segment_id, self._segment('BZ'))
        self.assertFalse(customer.manual_reason)
        self.assertEqual(customer.move_ids.mapped('reason'), ['manual_end', 'manual'])

    @freeze_time('2026-06-30 12:00:00')
    def test_manual_segment_needs_a_reason(self):
        self._refresh()
        customer = self._customer(self.third)
        for reason in (False, "", "  "):
            with self.assertRaises(ValidationError) as error:
                self._set_manual(customer, manual_reason=reason)
            self.assertIn("Say why", str(error.exception))

    @freeze_time('2026-06-30 12:00:00')
    def test_manual_segment_cannot_end_in_the_past(self):
        self._refresh()
        with self.assertRaisesRegex(ValidationError, "in the past"):
            self._set_manual(self._customer(self.third), manual_until='2026-06-29')

    def test_results_cannot_be_written(self):
        self._refresh()
        for fname, value in (('abc_class', 'A'), ('value', 10), ('partner_id', 1)):
            with self.assertRaises(AccessError):
                self._customer(self.third).with_user(self.user_admin).write({fname: value})

    # ------------------------------------------------------------
    # MOVES
    # ------------------------------------------------------------

    def test_moves(self):
        self._refresh(as_of=date(2026, 3, 31))
        self.assertFalse(
            self.env['growth.segment.move'].search_count([('company_id', '=', self.company.id)]),
            "The first run moves nobody.",
        )
        counts = self._refresh()
        moves = self.env['growth.segment.move'].search([('company_id', '=', self.company.id)])
        self.assertEqual(counts['moved'], len(moves))
        self.assertEqual(moves.mapped('date'), [AS_OF] * len(moves))
        # Only the golden customer had bought by the end of March.
        self.assertRecordValues(
            moves.sorted('value', reverse=True)[0],
            [
                {
                    'partner_id': self.golden.id,
                    'from_segment_id': self._segment('AZ').id,
                    'to_segment_id': self._segment('AX').id,
                    'direction': 'up',
                    'reason': 'recompute',
                    'value': 800,
                }
            ],
        )
        self.assertEqual(
            set(
                (moves - moves.filtered(lambda move: move.partner_id == self.golden)).mapped(
                    'direction'
                )
            ),
            {'enter'},
        )

    def test_transitions_between_two_days(self):
        for as_of in (date(2026, 3, 31), date(2026, 4, 30), AS_OF, date(2027, 12, 31)):
            self._refresh(as_of=as_of)
        Transition = self.env['growth.segment.transition'].with_user(self.user_admin)
        golden = [('partner_id', '=', self.golden.id)]
        self.assertRecordValues(
            Transition.search(golden),
            [
                {
                    'from_segment_id': self._segment('AZ').id,
                    'to_segment_id': False,
                    'direction': 'leave',
                    'date': date(2027, 12, 31),
                }
            ],
        )
        self.env.invalidate_all()  # another period is another request
        between = Transition.with_context(
            growth_date_from='2026-04-01', growth_date_to='2026-06-30'
        )
        self.assertRecordValues(
            between.search(golden),
            [
                {
                    'from_segment_id': self._segment('AZ').id,
                    'to_segment_id': self._segment('AX').id,
                    'direction': 'up',
                    'date': AS_OF,
                }
            ],
        )
        self.assertFalse(
            Transition.with_context(
                growth_date_from='2026-07-01', growth_date_to='2026-12-31'
            ).search(golden)
        )

    def test_coming_back_is_no_transition(self):
        self._refresh()
        order = self._create_order(self.third, 10)
        self._refresh()
        order.state = 'cancel'
        self._refresh()
        self.assertEqual(len(self._customer(self.third).move_ids), 2)
        self.assertFalse(
            self.env['growth.segment.transition'].search([('partner_id', '=', self.third.id)])
        )

    def test_transition_wizard(self):
        wizard = (
            self.env['growth.segment.transition.wizard']
            .with_user(self.user_own)
            .create({'date_from': '2026-04-01', 'date_to': '2026-06-30'})
        )
        action = wizard.action_compare()
        self.assertEqual(
            action['context'], {'growth_date_from': '2026-04-01', 'growth_date_to': '2026-06-30'}
        )
        wizard.date_from = '2026-07-01'
        with self.assertRaisesRegex(UserError, "must not be after"):
            wizard.action_compare()

    # ------------------------------------------------------------
    # MATRIX AND CURVE
    # ------------------------------------------------------------

    def test_matrix(self):
        self._refresh()
        matrix = self.env['growth.customer'].with_user(self.user_admin).get_matrix()
        self.assertEqual(matrix['customer_count'], 5)
        self.assertEqual(matrix['value'], 960)
        self.assertEqual((matrix['first_day'], matrix['last_day']), ('2025-07-01', '2026-06-30'))
        cells = {cell['abc_class'] + cell['xyz_class']: cell for cell in matrix['cells']}
        self.assertEqual(len(cells), 9)
        self.assertEqual(
            {
                name: cell['customer_count']
                for name, cell in cells.items()
                if cell['customer_count']
            },
            {'AX': 1, 'BX': 1, 'BY': 1, 'BZ': 1, 'CZ': 1},
        )
        self.assertEqual(cells['AX']['value'], 800)
        self.assertAlmostEqual(cells['AX']['value_share'], 800 / 960)
        self.assertEqual(cells['AX']['tier'], 'golden')

    def test_matrix_follows_the_filter_and_the_company(self):
        other = self._create_company("Other Company")
        self._create_order(self.small, 1000, company=other)
        self._refresh(self.company | other)
        Customer = self.env['growth.customer'].with_context(
            allowed_company_ids=(self.company | other).ids
        )
        self.assertEqual(Customer.get_matrix([('xyz_class', '=', 'X')])['customer_count'], 2)
        self.assertEqual(Customer.with_company(other).get_matrix()['value'], 1000)

    @freeze_time('2026-06-30 12:00:00')
    def test_lines_without_cost(self):
        Customer = self.env['growth.customer'].with_user(self.user_admin)
        self.assertEqual(Customer.get_lines_without_cost(), 0, "Before the first run")
        self._refresh()
        self.assertEqual(Customer.get_lines_without_cost(), 0, "By revenue")
        self._create_order(self.small, 10, cost=4)
        self.company.growth_metric = 'profit'
        self.assertEqual(Customer.get_lines_without_cost(), 12)
        action = Customer.action_view_lines_without_cost()
        lines = self.env[action['res_model']].with_user(self.user_admin).search(action['domain'])
        self.assertEqual(len(lines), 12)
        self.assertEqual(set(lines.mapped('purchase_price')), {0})

    def test_orders_or_invoices_behind_the_button(self):
        self._create_order(self.small, 10, '2024-01-01 12:00:00')
        self._create_order(self.small, -1)
        self._refresh()
        customer = self._customer(self.small).with_user(self.user_admin)
        action = customer.action_view_orders()
        orders = self.env['sale.order'].with_user(self.user_admin).search(action['domain'])
        self.assertEqual(orders.partner_id, self.small)
        self.assertEqual(len(orders), customer.order_count)
        self.company.growth_source = 'invoice'
        self.assertEqual(customer.action_view_orders()['res_model'], 'account.move')

    def test_pareto_curve(self):
        self._refresh()
        points = self.env['growth.customer'].with_user(self.user_admin).get_pareto()
        self.assertEqual(
            [(point['rank'], point['abc_class']) for point in points],
            [(1, 'A'), (2, 'B'), (3, 'B'), (4, 'B')],
        )
        self.assertEqual(
            [round(point['cumulative_share'], 6) for point in points], [0.8, 0.9, 0.95, 1]
        )
        self.assertEqual(self.env['growth.customer'].get_pareto([('value', '>', 1e6)]), [])
        # A segment set by hand is no part of the order of value.
        self._set_manual(self._customer(self.small))
        self.assertEqual(self.env['growth.customer'].get_pareto()[-1]['abc_class'], 'B')

    def test_recompute_button_tells_what_changed(self):
        with freeze_time('2026-06-30 12:00:00'):
            action = self.env['growth.customer'].with_user(self.user_admin).action_refresh()
        self.assertEqual(action['tag'], 'display_notification')
        self.assertEqual(
            action['params']['message'],
            "5 customers segmented: 5 updated, 0 moved to another segment.",
        )
