from odoo.tests import HttpCase, tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestRefusalTours(SalesGrowthCommon, HttpCase):
    """The screens of refusals as people use them, each with the least rights that do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Refuser", user_id=cls.user_own.id)
        cls.chair = cls.env['product.product'].create({'name': "Oak Chair", 'sale_ok': True})
        cls.lead = cls._create_lead("Oak for the office", partner_id=cls.customer.id)

    def _reason(self, name):
        return self.env.ref(f'sales_growth.lost_reason_{name}')

    def _lose(self, lead, reason, user=None, **refusal):
        lead.with_user(user or self.user_own).action_set_lost(
            lost_reason_id=self._reason(reason).id, refusal=refusal
        )

    def _refusal(self):
        return self.env['growth.refusal'].search([('lead_id', '=', self.lead.id)])

    def test_salesperson_loses_a_lead(self):
        self.start_tour(f'/odoo/crm/{self.lead.id}', 'growth_refusal_lose', login='growth_own')
        self.assertRecordValues(
            self._refusal(),
            [
                {
                    'reason_id': self._reason('product').id,
                    'product_id': self.chair.id,
                    'is_carried': True,
                    'author_id': self.user_own.id,
                }
            ],
        )

    def test_manager_loses_several_leads(self):
        other = self._create_lead("Also lost", user_id=self.user_all.id)
        action = 'crm.crm_lead_all_leads'
        (self.lead | other).type = 'lead'
        self.user_admin.group_ids |= self.env.ref('crm.group_use_lead')
        self.start_tour(f'/odoo/action-{action}', 'growth_refusal_mass_lose', login='growth_admin')
        refusals = self.env['growth.refusal'].search([('lead_id', 'in', (self.lead | other).ids)])
        self.assertEqual(len(refusals), 2)
        self.assertEqual(refusals.reason_id, self._reason('budget'))
        self.assertEqual(refusals.author_id, self.user_admin)
        self.assertEqual(refusals.user_id, self.user_own | self.user_all)

    def test_salesperson_states_the_real_reason(self):
        competitor = self.env['growth.competitor'].create({'name': "Rival"})
        self._lose(self.lead, 'supplier', competitor_id=competitor.id)
        self.start_tour(
            '/odoo/growth-refusals-unresolved', 'growth_refusal_state_reason', login='growth_own'
        )
        self.assertRecordValues(
            self._refusal(),
            [
                {
                    'reason_id': self._reason('price').id,
                    'their_price': 90.0,
                    'competitor_id': competitor.id,
                    'is_unresolved': False,
                }
            ],
        )
        self.assertEqual(self._refusal().statement_ids.user_id, self.user_own)
        self.assertEqual(self.lead.lost_reason_id, self._reason('price'))

    def test_salesperson_restores_a_lead(self):
        self._lose(self.lead, 'product', product_id=self.chair.id)
        self.start_tour(
            '/odoo/growth-refusals-carried', 'growth_refusal_restore', login='growth_own'
        )
        self.assertEqual(self.lead.won_status, 'pending')
        self.assertEqual(self._refusal().outcome, 'reopened')

    def test_pivot_of_salesperson_and_manager(self):
        self._lose(self.lead, 'budget')
        self._lose(self._create_lead("Mine too"), 'later')
        for number in range(2):
            lead = self._create_lead(f"Of another {number}", user_id=self.user_all.id)
            self._lose(lead, 'later', self.user_all)
        self.start_tour('/odoo/crm', 'growth_refusal_pivot_salesperson', login='growth_own')
        self.start_tour('/odoo/crm', 'growth_refusal_pivot_manager', login='growth_admin')
