from datetime import date
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tests import tagged

from ..models import growth_customer_return
from .common_handover import HandoverCommon

# Bought on 20 February and not since: lost from 21 August, after six months.
LOST = '2026-08-21'


@tagged('post_install', '-at_install')
class TestCustomerReturn(HandoverCommon):
    """Who keeps a customer that is lost, and who is to win them back: once for a loss."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Where churn rules are on, the digest of the day tells instead.
        cls.rules = cls.env['growth.churn.rule'].search(Domain.TRUE)
        cls.rules.action_archive()

    def setUp(self):
        super().setUp()
        self.handover = self._accept()

    def _lose(self, day=LOST):
        self._go_to(day)
        self._run()

    def _calls(self, customer=None):
        activities = self.env['mail.activity'].search(
            [
                ('res_model', '=', 'res.partner'),
                ('res_id', 'in', (customer or self.customer).ids),
            ],
            order='id',
        )
        return [(call.user_id.login, call.summary, call.date_deadline) for call in activities]

    def _return_policy(self):
        self.company.growth_return_policy = 'hunter'

    def test_not_before_it_is_lost(self):
        self._return_policy()
        self._lose('2026-08-20')
        self.assertFalse(self._calls())
        self.assertEqual(self._farmer_of(), self.farmer)

    def test_stays_with_the_farmer(self):
        self._lose()
        self.assertEqual(self._calls(), [('ho_farmer', "Win back", date(2026, 8, 21))])
        self.assertEqual(self._farmer_of(), self.farmer)
        self.assertEqual(self.handover.state, 'accepted')
        self.assertEqual(self._customer(self.customer).win_back_date, date(2026, 8, 21))

    def test_who_has_no_farmer_is_nobody_s(self):
        another = self._create_won("Never Handed Over")
        self.company.growth_handover_trigger = 'manual'
        self._lose()
        self.assertFalse(self._calls(another))

    def test_archived_customers_are_left_alone(self):
        self.customer.active = False
        self._lose()
        self.assertFalse(self._calls())

    def test_once_for_a_loss(self):
        self._lose()
        self._run()
        self._lose('2026-09-15')
        self.assertEqual(len(self._calls()), 1)

    def test_again_after_a_second_loss(self):
        self._lose()
        self._create_sale(self.customer, '2026-09-01 12:00:00', user_id=self.farmer.id)
        self._lose('2027-03-01')
        self.assertEqual(len(self._calls()), 1, "not lost again yet")
        self._lose('2027-03-02')
        self.assertEqual([day for *_rest, day in self._calls()][1:], [date(2027, 3, 2)])

    def test_farmer_who_left(self):
        self.farmer.active = False
        self._lose()
        self.assertEqual([login for login, *_rest in self._calls()], ['ho_leader2'])

    def test_nobody_left(self):
        self.farming.user_id = False
        self.farmer.active = False
        self._lose()
        self.assertFalse(self._calls())

    def test_returns_to_hunters(self):
        self._return_policy()
        self._lose()
        self.assertEqual(self._calls(), [('ho_hunter', "Win back", date(2026, 8, 21))])
        self.assertRecordValues(
            self._customer(self.customer),
            [
                {
                    'farmer_id': False,
                    'farmer_team_id': False,
                    'farmer_since': False,
                    'hunters_since': date(2026, 8, 21),
                }
            ],
        )
        self.assertEqual(self.customer.user_id, self.hunter)
        self.assertEqual(self.handover.state, 'ended')
        self.assertIn("given back to the hunters", self._bodies(self.customer))
        self._run()
        self.assertEqual(len(self._calls()), 1)

    def test_returns_from_a_farmer_who_left(self):
        self._return_policy()
        self.farmer.active = False
        self._lose()
        self.assertEqual(self.customer.user_id, self.hunter)

    def test_the_farmer_s_retention_is_not_the_better_for_it(self):
        self._return_policy()
        self._lose()
        self.assertFalse(self._farmer_of())
        self._go_to('2027-02-15')
        self.env.flush_all()
        self.assertRecordValues(
            self.env['growth.retention.report'].search([('partner_id', '=', self.customer.id)]),
            [
                {
                    'date': date(2027, 2, 1),
                    'farmer_id': self.farmer.id,
                    'farmer_team_id': self.farming.id,
                    'base_revenue': 100,
                    'kept_revenue': 0,
                }
            ],
        )

    def test_no_hunter_has_room(self):
        self._return_policy()
        self.hunting.crm_team_member_ids.assignment_optout = True
        self._lose()
        self.assertFalse(self._farmer_of())
        self.assertFalse(self.customer.user_id)
        self.assertEqual(self.handover.state, 'ended')
        self.assertFalse(self._calls())

    def test_hunters_have_a_capacity_of_thirty_days(self):
        self._return_policy()
        self._member(self.hunter).assignment_max = 1
        self._member(self.hunter2).assignment_max = 0
        another = self._create_won("Another", '2026-02-21 12:00:00')
        self._accept(self._offer(customer=another, farmer_id=self.farmer.id))
        self._lose()
        self._lose('2026-08-22')
        self.assertEqual(self.customer.user_id, self.hunter)
        self.assertFalse(another.user_id, "yesterday's counts")

    def test_salesperson_of_another_company_stays(self):
        self._return_policy()
        self.customer.user_id = self.stranger
        self._lose()
        self.assertEqual(self.customer.user_id, self.stranger)
        self.assertFalse(self._farmer_of())

    def test_won_again(self):
        self._return_policy()
        self._lose()
        self._run()
        self.assertEqual(len(self._handovers()), 1)
        self._go_to('2026-09-10')
        self._create_sale(self.customer, '2026-09-10 10:00:00')
        self._run()
        handovers = self._handovers()
        self.assertEqual(handovers.mapped('state'), ['ended', 'draft'])
        self.assertEqual(handovers[-1].date, date(2026, 9, 10))
        self._run()
        self.assertEqual(len(self._handovers()), 2)

    def test_won_again_on_the_day_of_the_return(self):
        self._return_policy()
        self._lose()
        self._create_sale(self.customer, f'{LOST} 15:00:00')
        self._go_to('2026-08-22')
        self._run()
        self.assertEqual(self._handovers().mapped('state'), ['ended', 'draft'])

    def test_number_of_orders_after_the_return(self):
        self._return_policy()
        self._lose()
        self.company.write({'growth_handover_trigger': 'orders', 'growth_handover_orders': 2})
        self._go_to('2026-09-10')
        self._create_sale(self.customer, '2026-08-22 01:00:00')
        self._run()
        self.assertEqual(len(self._handovers()), 1)
        self._create_sale(self.customer, '2026-09-09 10:00:00')
        self._run()
        self.assertEqual(len(self._handovers()), 2)

    def test_win_back_can_be_extended(self):
        seen = []
        Customer = self.env.registry['growth.customer']
        with patch.object(
            Customer,
            '_win_back',
            lambda customers, company, today: seen.append((customers.ids, company, today)),
        ):
            self._lose()
            self._run()
        self.assertEqual(
            seen,
            [(self._customer(self.customer).ids, self.company, date(2026, 8, 21))],
            "once for a loss, whatever it does",
        )
        self.assertFalse(self._calls())

    def test_in_batches(self):
        self.patch(growth_customer_return, 'BATCH', 2)
        customers = self.env['res.partner'].union(
            self.customer, *(self._create_won(f"Customer {number}") for number in range(4))
        )
        for customer in customers - self.customer:
            self._accept(self._offer(customer=customer, farmer_id=self.farmer.id))
        self._lose()
        self.assertEqual(len(self._calls(customers)), 5)

    # ------------------------------------------------------------
    # WITH CHURN RULES
    # ------------------------------------------------------------

    def _find_leavers(self):
        """The churn job of the day, which runs after that of the handovers."""
        self.env.flush_all()
        self.env['growth.churn.rule']._detect(self.company)
        self.env.invalidate_all()

    def _case(self):
        return self.env['growth.churn.case'].search([('partner_id', '=', self.customer.id)])

    def _switch_rules_on(self):
        self.rules.action_unarchive()
        self.company.growth_churn_as_of = '2026-03-01'
        self._create_sale(self.customer, '2026-02-21 12:00:00')

    def test_the_digest_tells_instead_of_a_task_for_each(self):
        self._switch_rules_on()
        self._lose('2026-08-22')
        self._find_leavers()
        self.assertFalse(self._calls())
        self.assertRecordValues(
            self._case(), [{'level': 'lost', 'user_id': self.farmer.id, 'state': 'new'}]
        )
        activity = self._case().digest_id.activity_ids
        self.assertEqual(
            (activity.user_id, activity.date_deadline), (self.farmer, date(2026, 8, 22))
        )
        self.assertEqual(self._customer(self.customer).win_back_date, date(2026, 8, 22))

    def test_the_case_goes_to_the_hunter_whom_the_customer_returns_to(self):
        self._switch_rules_on()
        self._return_policy()
        self._go_to('2026-05-22')
        self._find_leavers()
        case = self._case()
        self.assertEqual((case.level, case.user_id), ('at_risk', self.farmer))
        self._lose('2026-08-22')
        self.assertFalse(self._calls())
        self.assertEqual(case.user_id, self.customer.user_id)
        self.assertIn(case.user_id, self.hunter | self.hunter2)
        self._find_leavers()
        self.assertEqual(case.digest_id.user_id, case.user_id)
        self.assertEqual(case.salesperson_id, self.farmer, "who lost the customer")

    def test_no_hunter_has_room_for_the_case(self):
        self._switch_rules_on()
        self._return_policy()
        self.hunting.crm_team_member_ids.assignment_optout = True
        self._lose('2026-08-22')
        self._find_leavers()
        self.assertFalse(self._farmer_of())
        self.assertEqual(self._case().user_id, self.hunter, "who sold last")

    # ------------------------------------------------------------
    # CONTACTS THAT BECOME ONE
    # ------------------------------------------------------------

    def _merge(self, source, target):
        self.env['base.partner.merge.automatic.wizard'].sudo().create({})._merge(
            (source | target).ids, target
        )
        self.env.invalidate_all()

    def test_farmer_follows_a_merged_contact(self):
        twin = self._create_customer("Twin")
        self._refresh(as_of=None)
        self._merge(self.customer, twin)
        self.assertRecordValues(
            self._customer(twin),
            [
                {
                    'farmer_id': self.farmer.id,
                    'farmer_team_id': self.farming.id,
                    'farmer_since': date(2026, 3, 2),
                }
            ],
        )
        self.assertEqual(self._handovers(twin), self.handover)

    def test_farmer_of_the_one_that_stays(self):
        twin = self._create_won("Twin")
        self._accept(self._offer(customer=twin, farmer_id=self.farmer2.id))
        self._merge(self.customer, twin)
        self.assertEqual(self._farmer_of(twin), self.farmer2)
        self.assertEqual(len(self._handovers(twin)), 2)

    def test_one_of_two_open_handovers_stays(self):
        first, second = self._create_won("First"), self._create_won("Second")
        going = self._prepare(first, farmer_id=self.farmer2.id)
        staying = self._offer(customer=second, farmer_id=self.farmer.id)
        self._merge(first, second)
        self.assertEqual(self._handovers(second), going | staying)
        self.assertEqual((going.state, staying.state), ('cancelled', 'offered'))
        self.assertFalse(self._asked(going))
        self._accept(staying)
        self.assertEqual(self._farmer_of(second), self.farmer)

    def test_the_only_open_handover_follows(self):
        first, second = self._create_won("First"), self._create_won("Second")
        handover = self._offer(customer=first, farmer_id=self.farmer.id)
        self._merge(first, second)
        self.assertEqual((handover.partner_id, handover.state), (second, 'offered'))

    def test_what_went_back_follows_a_merged_contact(self):
        self._return_policy()
        self._lose()
        twin = self._create_customer("Twin")
        self._merge(self.customer, twin)
        self.assertRecordValues(
            self._customer(twin),
            [{'hunters_since': date(2026, 8, 21), 'win_back_date': date(2026, 8, 21)}],
        )

    def test_named_farmer_has_to_work_there(self):
        other = self._create_company("Another Company")
        with self.assertRaisesRegex(ValidationError, "cannot keep customers of"):
            self.env['growth.customer']._ensure(other, self.customer).named_farmer_id = self.farmer
