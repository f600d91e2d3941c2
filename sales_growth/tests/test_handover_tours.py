from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged('post_install', '-at_install')
class TestHandoverTours(HandoverCommon, HttpCase):
    """The way of a customer through the screens, each person with own documents only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._refresh(as_of=None)
        cls.lead = cls._create_lead(
            "Second Machine",
            user_id=cls.hunter.id,
            team_id=cls.hunting.id,
            partner_id=cls.customer.id,
        )

    def _tour(self, name, user):
        self.start_tour('/odoo/crm', name, login=user.login)

    @mute_logger('odoo.http')
    def test_hand_over_and_accept(self):
        self._tour('growth_hand_over', self.hunter)
        handover = self._handovers()
        self.assertEqual(handover.state, 'offered')
        self.assertEqual(handover.item_ids.filtered('is_done').done_by_id, self.hunter)
        self._tour('growth_handover_accept', self.farmer)
        self.assertEqual(handover.state, 'accepted')
        self.assertEqual(self.lead.user_id, self.farmer)
        self.assertEqual(self._farmer_of(), self.farmer)

    def test_refuse_and_offer_to_another(self):
        handover = self._offer()
        self._tour('growth_handover_refuse', self.farmer)
        self.assertEqual(handover.refusal_reason, "Too far away")
        self.assertEqual(self.lead.user_id, self.hunter)
        self._tour('growth_handover_decide', self.leader)
        self.assertEqual(handover.state, 'offered')
        self.assertEqual(handover.farmer_id, self.farmer2)

    def test_undo(self):
        handover = self._accept()
        self._tour('growth_handover_undo', self.farmer)
        self.assertEqual(handover.state, 'undone')
        self.assertEqual(self.lead.user_id, self.hunter)
        self.assertFalse(self._farmer_of())

    def test_hunter_is_told_whose_customer_it_is(self):
        self._accept()
        self.lead.with_user(self.user_admin).write(
            {'user_id': self.hunter.id, 'team_id': self.hunting.id}
        )
        self._tour('growth_role_hint', self.hunter)

    def test_business_by_role(self):
        self._tour('growth_team_report', self.hunter)

    def test_quality_and_retention(self):
        self._accept()
        self._tour('growth_handover_report', self.farmer)

    def test_hunting_or_farming(self):
        self._go_to('2026-06-30')
        self._tour('growth_split_forecast', self.user_all)
