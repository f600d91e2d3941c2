from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged('post_install', '-at_install')
class TestAbsorbedCustomer(HandoverCommon):
    """A person who bought becomes a contact of a company: the history is the company's then."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.is_company = False
        cls.parent = cls._create_customer("Parent Company", user_id=cls.hunter.id)

    def setUp(self):
        super().setUp()
        self._refresh(as_of=None)

    def _join(self):
        self.customer.with_user(self.user_admin).parent_id = self.parent

    def test_the_company_is_no_prospect(self):
        self._join()
        contacts = (self.customer | self.parent).with_user(self.hunter)
        self.assertEqual(contacts.mapped('growth_lifecycle'), ['new', 'new'])
        self._refresh(as_of=None)
        self.env.invalidate_all()
        self.assertEqual(contacts.mapped('growth_lifecycle'), ['new', 'new'])
        self.assertEqual(self._customer(self.parent).revenue, 100)
        self.assertFalse(self._customer(self.customer))

    def test_what_both_bought_adds_up(self):
        self._create_sale(self.parent, '2026-02-25 12:00:00', amount=50)
        self._refresh(as_of=None)
        self._join()
        self._refresh(as_of=None)
        self.assertRecordValues(
            self._customer(self.parent), [{'revenue': 150, 'order_count': 2, 'lifecycle': 'new'}]
        )

    def test_handovers_and_the_farmer_come_along(self):
        handover = self._accept()
        self._join()
        self.assertEqual(handover.partner_id, self.parent)
        self.assertEqual(self._farmer_of(self.parent), self.farmer)
        self._run()
        self.assertEqual(self._handovers(self.parent | self.customer), handover)
        self.assertEqual(self.customer.user_id, self.farmer)
        self._undo(handover)
        self.assertFalse(self._farmer_of(self.parent))
        self.assertEqual(self.customer.user_id, self.hunter)

    def test_of_two_open_handovers_one_stays(self):
        other = self._prepare(self.parent)
        handover = self._prepare()
        self._join()
        self.assertEqual((handover | other).partner_id, self.parent)
        self.assertEqual(handover.state, 'cancelled')
        self.assertEqual(other.state, 'draft')

    def test_who_goes_from_one_company_to_another_leaves_the_history(self):
        self._join()
        second = self._create_customer("Second Company")
        self.customer.parent_id = second
        self._refresh(as_of=None)
        self.assertEqual(self._customer(self.parent).revenue, 100)
        self.assertFalse(self._customer(second))
        self.assertEqual(second.with_user(self.hunter).growth_lifecycle, 'prospect')

    def test_other_changes_touch_nothing(self):
        hub = self._customer(self.customer)
        self.customer.write({'name': "Renamed", 'is_company': True})
        self.customer.parent_id = self.parent
        self.assertEqual(hub.partner_id, self.customer)
        self.assertEqual(self.customer.commercial_partner_id, self.customer)
