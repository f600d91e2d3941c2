from contextlib import suppress
from datetime import date
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..models import growth_handover_job
from .common_handover import HandoverCommon


def uncommitted(env):
    """What works like the job, without its commits."""
    return patch.object(
        env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: float('inf')
    )


@tagged('post_install', '-at_install')
class TestHandoverJob(HandoverCommon):
    """The job opens a handover when a customer is due, once, and finds the farmer."""

    # ------------------------------------------------------------
    # WHEN
    # ------------------------------------------------------------

    def test_first_order(self):
        self._run()
        handover = self._handovers()
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'draft',
                    'trigger': 'order',
                    'date': date(2026, 3, 2),
                    'company_id': self.company.id,
                    'hunter_id': self.hunter.id,
                    'hunter_team_id': self.hunting.id,
                    'farmer_id': self.farmer.id,
                    'team_id': self.farming.id,
                }
            ],
        )
        self.assertTrue(handover.item_ids)
        self.assertEqual(
            self._asked(handover), [('ho_hunter', "Prepare the handover: Won Customer")]
        )

    def test_a_prospect_is_not_due(self):
        prospect = self._create_customer("Prospect", user_id=self.hunter.id)
        self._create_sale(prospect, state='draft')
        self._create_sale(prospect, state='cancel')
        self._run()
        self.assertFalse(self._handovers(prospect))

    def test_number_of_orders(self):
        self.company.write({'growth_handover_trigger': 'orders', 'growth_handover_orders': 2})
        self._create_sale(self.customer, state='draft')
        self._create_sale(self.customer, amount=-50)
        self._run()
        self.assertFalse(self._handovers())
        self._create_sale(self.customer, '2026-03-01 12:00:00')
        self._run()
        self.assertEqual(self._handovers().trigger, 'orders')

    def test_days_after_winning(self):
        self.company.write({'growth_handover_trigger': 'days', 'growth_handover_days': 30})
        self._go_to('2026-03-21')
        self._run()
        self.assertFalse(self._handovers())
        self._go_to('2026-03-22')
        self._run()
        self.assertEqual(self._handovers().trigger, 'days')

    def test_by_hand_only(self):
        self.company.growth_handover_trigger = 'manual'
        self._run()
        self.assertFalse(self._handovers())

    def test_customers_of_before_stay(self):
        self.company.growth_handover_since = '2026-02-21'
        self._run()
        self.assertFalse(self._handovers())
        self.company.growth_handover_since = '2026-02-20'
        self._run()
        self.assertTrue(self._handovers())

    def test_without_such_a_day_all(self):
        self.company.growth_handover_since = False
        old = self._create_won("Old", '2024-01-10 12:00:00')
        self._create_sale(old, '2026-01-10 12:00:00')
        self._run()
        self.assertTrue(self._handovers(old))

    # ------------------------------------------------------------
    # WHOSE
    # ------------------------------------------------------------

    def test_only_hunters_hand_over(self):
        both = self._create_user('ho_both', 'sales_team.group_sale_salesman')
        team = self._create_team("All-Rounders", 'both', self.leader, both)
        generalist = self._create_customer("Of an All-Rounder")
        self._create_sale(generalist, user_id=both.id, team_id=team.id)
        farmed = self._create_customer("Of a Farmer")
        self._create_sale(farmed, user_id=self.farmer.id, team_id=self.farming.id)
        teamless = self._create_customer("Of a Hunter Without a Team")
        self._create_sale(teamless, team_id=False).team_id = False
        nobody_s = self._create_customer("Nobody's")
        self._create_sale(nobody_s, user_id=False)
        self._run()
        self.assertFalse(self._handovers(generalist | farmed | nobody_s))
        self.assertEqual(self._handovers(teamless).hunter_id, self.hunter)

    def test_member_s_own_role_counts(self):
        self._member(self.hunter).growth_own_role = 'both'
        self._run()
        self.assertFalse(self._handovers())

    def test_who_sold_last_hands_over(self):
        self._create_sale(self.customer, '2026-02-25 12:00:00', user_id=self.hunter2.id)
        self._create_sale(
            self.customer, '2026-02-26 12:00:00', user_id=self.farmer.id, state='draft'
        )
        self.customer.user_id = self.stranger
        self._run()
        self.assertEqual(self._handovers().hunter_id, self.hunter2)

    def test_the_leader_stands_in_for_a_hunter_who_left(self):
        self.hunter.active = False
        self._run()
        handover = self._handovers()
        self.assertEqual(
            self._asked(handover), [('ho_leader', "Prepare the handover: Won Customer")]
        )
        self._offer(handover, user=self.leader)
        last = self._last_message()
        self._accept(handover)
        self.assertNotIn(self.hunter.partner_id, self._told_since(last))
        self.assertEqual(self.customer.user_id, self.farmer)

    def test_contact_that_became_part_of_a_company_stops_nobody(self):
        parent = self._create_customer("Parent")
        self.customer.is_company = False
        self._refresh(as_of=None)
        self.customer.parent_id = parent
        self.assertEqual(self.customer.commercial_partner_id, parent)
        other = self._create_won("Other Customer")
        self._run()
        self._run()
        self.assertEqual(self._handovers(self.customer | parent).partner_id, parent)
        self.assertEqual(len(self._handovers(parent)), 1)
        self.assertEqual(len(self._handovers(other)), 1)

    def test_customers_of_a_farmer_who_left_are_handed_over(self):
        self.company.growth_handover_since = '2026-02-25'
        self._accept()
        self._member(self.farmer).assignment_max = 0
        self.farmer.active = False
        self._run()
        handover = self._handovers()[-1]
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'draft',
                    'trigger': 'left',
                    'hunter_id': self.farmer.id,
                    'farmer_id': self.farmer2.id,
                }
            ],
        )
        self._run()
        self.assertEqual(len(self._handovers()), 2)
        self._offer(handover, user=self.leader2)
        self._accept(handover)
        self.assertEqual(self._farmer_of(), self.farmer2)
        self.assertEqual(self.customer.user_id, self.farmer2)

    def test_what_was_not_sold_after_all_is_cancelled(self):
        self._run()
        by_hand = self._prepare(self._create_won("By Hand"))
        handover = self._handovers()
        orders = self.env['sale.order'].search(
            [('partner_id', 'in', (handover | by_hand).partner_id.ids)]
        )
        orders._action_cancel()
        self._run()
        self.assertEqual(handover.state, 'cancelled')
        self.assertFalse(handover.activity_ids)
        self.assertEqual(by_hand.state, 'draft')

    def test_archived_customer_is_left_alone(self):
        self.customer.active = False
        self._run()
        self.assertFalse(self._handovers())

    # ------------------------------------------------------------
    # ONCE
    # ------------------------------------------------------------

    def test_a_second_run_does_nothing(self):
        self._run()
        handover = self._handovers()
        stamp, activities = handover.write_date, handover.activity_ids
        self._go_to('2026-03-03')
        self._run()
        self.assertEqual(self._handovers(), handover)
        self.assertEqual(handover.write_date, stamp)
        self.assertEqual(handover.activity_ids, activities)

    def test_one_opened_by_hand_is_enough(self):
        handover = self._prepare()
        self._run()
        self.assertEqual(self._handovers(), handover)

    def test_cancelled_and_undone_are_not_opened_again(self):
        another = self._create_won("Another")
        self._run()
        self._as(self._handovers(), self.hunter).action_cancel()
        handover = self._handovers(another)
        self._undo(self._accept(self._offer(handover)))
        self._run()
        self.assertEqual(self._handovers().mapped('state'), ['cancelled'])
        self.assertEqual(self._handovers(another), handover)

    def test_accepted_ones_do_not_open_again(self):
        self._run()
        self._accept(self._offer(self._handovers()))
        self._go_to('2026-05-01')
        self._create_sale(self.customer, '2026-05-01 10:00:00')
        self._run()
        self.assertEqual(len(self._handovers()), 1)

    def test_killed_after_a_batch(self):
        customers = self.env['res.partner'].union(
            self.customer, *(self._create_won(f"Customer {number}") for number in range(4))
        )
        batches = []

        def commit_progress(self, processed=0, *args, **kwargs):
            batches.append(processed)
            return 0 if len(batches) == 2 else 100

        self.patch(growth_handover_job, 'BATCH', 2)
        self._refresh(as_of=None)
        with patch.object(self.env.registry['ir.cron'], '_commit_progress', commit_progress):
            self.env['growth.handover']._cron_hand_over()
        self.assertEqual(len(self._handovers(customers)), 2)
        self._run()
        handovers = self._handovers(customers)
        self.assertEqual(handovers.partner_id, customers)
        self.assertEqual(len(handovers), 5)
        self.assertEqual(
            [handover.farmer_id.login for handover in handovers],
            ['ho_farmer', 'ho_farmer2', 'ho_farmer', 'ho_farmer2', 'ho_farmer'],
            "as if nobody had killed it",
        )

    # ------------------------------------------------------------
    # TO WHOM
    # ------------------------------------------------------------

    def test_pause(self):
        self._member(self.farmer).assignment_optout = True
        self._run()
        self.assertEqual(self._handovers().farmer_id, self.farmer2)

    def test_capacity_of_thirty_days(self):
        self._member(self.farmer).assignment_max = 1
        self._member(self.farmer2).assignment_max = 0
        another = self._create_won("Another")
        self._run()
        handovers = self._handovers(self.customer | another)
        self.assertEqual(handovers.farmer_id, self.farmer)
        self.assertEqual(len(handovers), 1)
        self.assertIn("has room", self.company.growth_handover_error)
        self._accept(self._offer(handovers))
        self._go_to('2026-03-31')
        self._run()
        self.assertEqual(len(self._handovers(self.customer | another)), 1)
        self._go_to('2026-04-01')
        self._run()
        self.assertEqual(len(self._handovers(self.customer | another)), 2)
        self.assertFalse(self.company.growth_handover_error)

    def test_what_was_refused_takes_no_room(self):
        self.farming.crm_team_member_ids.assignment_max = 1
        self._refuse(self._offer())
        another, third = self._create_won("Another"), self._create_won("Third")
        self._run()
        self.assertEqual(self._handovers(another | third).farmer_id, self.farmer | self.farmer2)

    def test_bigger_capacities_get_more(self):
        self._member(self.farmer).assignment_max = 60
        customers = self.env['res.partner'].union(
            self.customer, *(self._create_won(f"Customer {number}") for number in range(5))
        )
        self._run()
        farmers = [handover.farmer_id for handover in self._handovers(customers)]
        self.assertEqual(farmers.count(self.farmer), 4)

    def test_named_farmer(self):
        hub = self.env['growth.customer']._ensure(self.company, self.customer)
        hub.named_farmer_id = self.farmer2
        self._run()
        self.assertEqual(self._handovers().farmer_id, self.farmer2)

    def test_named_farmer_beyond_the_turn_and_the_capacity(self):
        self._member(self.farmer2).write({'assignment_max': 0, 'assignment_optout': True})
        hub = self.env['growth.customer']._ensure(self.company, self.customer)
        hub.named_farmer_id = self.farmer2
        self._run()
        self.assertEqual(self._handovers().farmer_id, self.farmer2)

    def test_named_farmer_who_cannot_is_passed_over(self):
        hub = self.env['growth.customer']._ensure(self.company, self.customer)
        another = self._create_won("Another")
        third = self._create_won("Third")
        for customer, farmer in [(another, self.farmer2), (third, self.hunter)]:
            self.env['growth.customer']._ensure(self.company, customer).named_farmer_id = farmer
        hub.named_farmer_id = self._create_user('ho_gone', 'sales_team.group_sale_salesman')
        hub.named_farmer_id.active = False
        self.farmer2.group_ids -= self.env.ref('sales_team.group_sale_salesman')
        self._run()
        handovers = self._handovers(self.customer | another | third)
        self.assertEqual(len(handovers), 3)
        self.assertEqual(handovers.farmer_id, self.farmer)
        self.assertFalse(self.company.growth_handover_error)

    def test_same_language_and_country_first(self):
        self.env['res.lang']._activate_lang('fr_FR')
        france = self.env.ref('base.fr')
        self.farmer2.write({'lang': 'fr_FR', 'country_id': france.id})
        customers = self.env['res.partner'].union(
            *(
                self._create_won(f"Français {number}", lang='fr_FR', country_id=france.id)
                for number in range(3)
            )
        )
        self._run()
        self.assertEqual(self._handovers(customers).farmer_id, self.farmer2)
        self.assertEqual(self._handovers().farmer_id, self.farmer)

    # ------------------------------------------------------------
    # WHERE SOMETHING IS MISSING
    # ------------------------------------------------------------

    def test_nobody_is_a_farmer(self):
        self.farming.growth_role = 'both'
        self._run()
        self.assertFalse(self._handovers())
        self.assertFalse(self.company.growth_handover_error, "nothing to complain about")

    def test_team_without_members(self):
        self.farming.crm_team_member_ids.action_archive()
        self._run()
        self.assertFalse(self._handovers())
        self.assertIn("The farmer team Farming has no members", self.company.growth_handover_error)

    def test_companies_apart(self):
        other = self._create_company("Another Company")
        other.write({'growth_handover_trigger': 'order', 'growth_handover_since': '2026-01-01'})
        nobody = self.env['res.users']
        for user in self.hunter | self.farmer2:
            user.company_ids |= other
        hunters = self._create_team("Hunting There", 'hunter', nobody, nobody, other)
        farmers = self._create_team("Farming There", 'farmer', nobody, nobody, other)
        self.env['ir.config_parameter'].set_param('sales_team.membership_multi', True)
        hunters.crm_team_member_ids = [Command.create({'user_id': self.hunter.id})]
        self._create_sale(self.customer, company=other, team_id=hunters.id)
        self._refresh(other, None)
        self._run()
        handovers = self.env['growth.handover'].search(
            [('partner_id', '=', self.customer.id), ('company_id', 'in', other.ids)]
        )
        self.assertFalse(handovers)
        self.assertIn("Farming There", other.growth_handover_error)
        self.assertEqual(self._handovers().company_id, self.company, "the others go on")
        farmers.crm_team_member_ids = [
            Command.create({'user_id': self.farmer2.id, 'assignment_max': 30})
        ]
        self._run()
        self.assertRecordValues(
            self._handovers().sorted(lambda handover: handover.company_id.id),
            [
                {'company_id': self.company.id, 'farmer_id': self.farmer.id},
                {'company_id': other.id, 'farmer_id': self.farmer2.id},
            ],
        )
        self.assertFalse(other.growth_handover_error)

    def test_a_company_that_fails_does_not_stop_the_others(self):
        other = self._create_company("Another Company")
        other.write({'growth_handover_trigger': 'order', 'growth_as_of': '2026-03-01'})
        Handover = self.env.registry['growth.handover']
        original = Handover._open_due

        def open_due(handovers, company):
            if company != self.company:
                raise ValueError("broken")
            return original(handovers, company)

        self._refresh(as_of=None)
        # The rollback of the job would take along what the test has made, as `assertRaises` does.
        with (
            patch.object(Handover, '_open_due', open_due),
            patch.object(self.env.cr, 'rollback'),
            uncommitted(self.env),
            self.assertLogs('odoo.addons.sales_growth', 'ERROR'),
            suppress(ValueError),
        ):
            self.env['growth.handover']._cron_hand_over()
            self.fail("The scheduler sees that something went wrong.")
        self.assertTrue(self._handovers())

    # ------------------------------------------------------------
    # MANY
    # ------------------------------------------------------------

    def _count_of_a_run(self):
        self.env.flush_all()
        self._refresh(as_of=None)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        with uncommitted(self.env):
            self.env['growth.handover']._open_due(self.company)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_customers(self):
        self.farming.crm_team_member_ids.assignment_max = 1000
        for number in range(20):
            self._create_won(f"Few {number}")
        few = self._count_of_a_run()
        customers = self.env['res.partner'].union(
            *(self._create_won(f"Many {number}") for number in range(300))
        )
        many = self._count_of_a_run()
        self.assertEqual(len(self._handovers(customers)), 300)
        self.assertLessEqual(many - few, 30, f"{few} queries for 21 customers, {many} for 300")


@tagged('post_install', '-at_install')
class TestHandoverPayment(AccountTestInvoicingCommon):
    """What counts as the first paid invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.company.write(
            {
                'growth_source': 'order',
                'growth_handover_trigger': 'payment',
                'growth_handover_since': False,
            }
        )
        cls.hunter, cls.farmer = (
            cls.env['res.users']
            .with_context(no_reset_password=True)
            .create(
                [
                    {
                        'name': login,
                        'login': login,
                        'company_id': cls.company.id,
                        'company_ids': [Command.set(cls.company.ids)],
                        'group_ids': [
                            Command.link(cls.env.ref('sales_team.group_sale_salesman').id)
                        ],
                    }
                    for login in ('ho_paid_hunter', 'ho_paid_farmer')
                ]
            )
        )
        cls.hunting, cls.farming = cls.env['crm.team'].create(
            [
                {'name': "Hunting", 'company_id': cls.company.id, 'growth_role': 'hunter'},
                {'name': "Farming", 'company_id': cls.company.id, 'growth_role': 'farmer'},
            ]
        )
        for team, user in [(cls.hunting, cls.hunter), (cls.farming, cls.farmer)]:
            team.crm_team_member_ids = [Command.create({'user_id': user.id})]
        cls.customer = cls.env['res.partner'].create({'name': "Payer", 'is_company': True})
        cls.order = cls.env['sale.order'].create(
            {
                'partner_id': cls.customer.id,
                'user_id': cls.hunter.id,
                'team_id': cls.hunting.id,
                'order_line': [
                    Command.create(
                        {
                            'product_id': cls.env['product.product']
                            .create(
                                {
                                    'name': "Service",
                                    'type': 'service',
                                    'invoice_policy': 'order',
                                }
                            )
                            .id,
                            'price_unit': 1000,
                            'tax_ids': False,
                        }
                    )
                ],
            }
        )
        cls.order.action_confirm()
        cls.env['growth.customer']._refresh(cls.company)

    def _pay(self, invoice, amount=None):
        vals = {'amount': amount} if amount else {}
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create({'payment_date': invoice.date, **vals})._create_payments()

    def _is_due(self):
        self.env.flush_all()
        due = self.env['growth.handover']._get_due(self.company, 0, 100)
        return [partner_id for _id, partner_id, *_rest in due] == self.customer.ids

    def test_paid_in_full(self):
        self.assertFalse(self._is_due())
        invoice = self.order._create_invoices()
        self.assertFalse(self._is_due())
        invoice.action_post()
        self.assertFalse(self._is_due())
        self._pay(invoice, 400)
        self.assertEqual(invoice.payment_state, 'partial')
        self.assertFalse(self._is_due(), "partly paid")
        self._pay(invoice)
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertTrue(self._is_due())
        with uncommitted(self.env):
            self.env['growth.handover']._open_due(self.company)
        self.assertEqual(
            self.env['growth.handover']
            .search([('partner_id', '=', self.customer.id)])
            .mapped('farmer_id'),
            self.farmer,
        )
        self.assertFalse(self._is_due())

    def test_invoice_of_a_contact(self):
        contact = self.env['res.partner'].create(
            {'name': "Accounts", 'parent_id': self.customer.id, 'type': 'invoice'}
        )
        self.order.partner_invoice_id = contact
        invoice = self.order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertTrue(self._is_due())

    def test_credited_in_full(self):
        invoice = self.order._create_invoices()
        invoice.action_post()
        self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create({'journal_id': invoice.journal_id.id}).reverse_moves(is_modify=False)
        refund = invoice.reversal_move_ids
        refund.action_post()
        self.assertEqual(invoice.payment_state, 'reversed')
        self.assertFalse(self._is_due(), "nobody paid anything")

    def test_paid_down_payment(self):
        self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=self.order.ids
        ).create({'advance_payment_method': 'fixed', 'fixed_amount': 100}).create_invoices()
        invoice = self.order.invoice_ids
        invoice.action_post()
        self._pay(invoice)
        self.assertTrue(self._is_due())

    def test_paid_before_it_went_back_to_the_hunters(self):
        invoice = self.order._create_invoices()
        invoice.invoice_date = '2024-01-01'
        invoice.action_post()
        self._pay(invoice)
        self.env['growth.customer'].search(
            [('company_id', '=', self.company.id), ('partner_id', '=', self.customer.id)]
        ).sudo().hunters_since = '2024-02-01'
        self.assertFalse(self._is_due())
