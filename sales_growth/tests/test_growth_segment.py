from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..hooks import uninstall_hook
from .common import AS_OF, SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestGrowthSegment(SalesGrowthCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls._create_customer("Customer")
        cls._create_orders(cls.partner, [10, 10, 10])
        cls._refresh()

    def test_shipped_tiers(self):
        tiers = {
            segment.name: segment.tier
            for segment in self.env['growth.segment'].search([('company_id', '=', False)])
        }
        self.assertEqual(
            tiers,
            {
                'AX': 'golden',
                'AY': 'golden',
                'AZ': 'second',
                'BX': 'second',
                'BY': 'second',
                'BZ': 'second',
                'CX': 'second',
                'CY': 'low',
                'CZ': 'low',
            },
        )

    def test_order_is_by_importance(self):
        self.assertEqual(
            self.env['growth.segment'].search([('company_id', '=', False)]).mapped('name'),
            ['AX', 'AY', 'AZ', 'BX', 'BY', 'BZ', 'CX', 'CY', 'CZ'],
        )

    def test_an_admin_moves_a_cell(self):
        self._segment('AX').with_user(self.user_admin).tier = 'second'
        self.assertEqual(self._customer(self.partner).tier, 'second')
        self.assertEqual(self.partner.growth_tier, 'second')
        self.assertFalse(self._refresh()['changed'], "The tier is not copied to the customers.")

    def test_a_company_has_its_own_policy(self):
        own = (
            self.env['growth.segment']
            .with_user(self.user_admin)
            .create(
                {'abc_class': 'A', 'xyz_class': 'X', 'company_id': self.company.id, 'tier': 'low'}
            )
        )
        customer = self._customer(self.partner)
        self.assertEqual(customer.segment_id, own)
        self.assertFalse(customer.move_ids)
        self.assertEqual(self._refresh()['changed'], 0)
        self.assertEqual(self.env['growth.segment']._get_cells(self.company)['A', 'X'], own)

    def test_one_segment_for_a_cell(self):
        vals = {'abc_class': 'A', 'xyz_class': 'X', 'company_id': self.company.id}
        self.env['growth.segment'].create(vals)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError):
            self.env['growth.segment'].create(vals)

    def test_a_segment_in_use_cannot_be_deleted(self):
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            self._segment('AX').with_user(self.user_admin).unlink()
        own = self.env['growth.segment'].create(
            {'abc_class': 'B', 'xyz_class': 'X', 'company_id': self.company.id}
        )
        own.with_user(self.user_admin).unlink()

    def test_a_segment_that_a_churn_rule_names_cannot_be_deleted(self):
        own = self.env['growth.segment'].create(
            {'abc_class': 'B', 'xyz_class': 'X', 'company_id': self.company.id}
        )
        rule = self.env['growth.churn.rule'].create(
            {
                'name': "Of one segment",
                'active': False,
                'company_id': self.company.id,
                'segment_ids': own.ids,
            }
        )
        with self.assertRaisesRegex(UserError, "named by a churn rule cannot be deleted"):
            own.with_user(self.user_admin).unlink()
        self.assertEqual(rule.segment_ids, own)
        rule.segment_ids = False
        own.with_user(self.user_admin).unlink()

    def test_a_segment_that_customers_had_cannot_be_deleted(self):
        own, second = self.env['growth.segment'].create(
            [
                {'abc_class': 'B', 'xyz_class': xyz_class, 'company_id': self.company.id}
                for xyz_class in 'XY'
            ]
        )
        customer = self._customer(self.partner).sudo()
        customer.last_segment_id = own
        self.env['growth.churn.case'].sudo().create(
            {
                'company_id': self.company.id,
                'customer_id': customer.id,
                'partner_id': self.partner.id,
                'level': 'lost',
                'date': AS_OF,
                'segment_id': second.id,
            }
        )
        for segment in own | second:
            with self.assertRaisesRegex(UserError, "with a history"):
                segment.with_user(self.user_admin).unlink()

    def test_a_segment_in_use_stays_in_its_cell(self):
        with self.assertRaisesRegex(UserError, "stays in its cell"):
            self._segment('AX').with_user(self.user_admin).xyz_class = 'Y'

    def test_coming_back_to_a_cell_of_its_own_is_no_transition(self):
        order = self.env['sale.order'].search([('partner_id', '=', self.partner.id)], limit=1)
        other = self._create_customer("Other")
        big = self._create_order(other, 10_000)
        self._refresh()
        self.assertEqual(self._customer(self.partner).segment_id.name, 'CX')
        own = self.env['growth.segment'].create(
            {'abc_class': 'A', 'xyz_class': 'X', 'company_id': order.company_id.id}
        )
        big.state = 'cancel'
        self._refresh()
        self.assertEqual(self._customer(self.partner).segment_id, own)
        self.assertFalse(
            self.env['growth.segment.transition'].search([('partner_id', '=', self.partner.id)])
        )

    def test_a_manual_segment_takes_the_policy_of_the_company(self):
        own = self.env['growth.segment'].create(
            {'abc_class': 'C', 'xyz_class': 'Z', 'company_id': self.company.id}
        )
        customer = self._customer(self.partner).with_user(self.user_admin)
        with freeze_time('2026-06-30 12:00:00'):
            customer.write(
                {'manual_segment_id': self._segment('CZ').id, 'manual_reason': "Pays late"}
            )
        self.assertEqual(customer.segment_id, own)
        self.assertEqual(self._refresh()['changed'], 0)

    def test_uninstalling_lets_go_of_the_segments(self):
        self._create_order(self.partner, 10, '2024-01-01 12:00:00')
        self._refresh(as_of=AS_OF.replace(year=2028))
        self.assertTrue(self._customer(self.partner).move_ids)
        uninstall_hook(self.env)
        self.env.cr.execute("DELETE FROM growth_segment")
        self.assertFalse(self.env['growth.segment'].search_count([]))

    def test_customers_behind_the_button(self):
        segment = self._segment('AX').with_user(self.user_admin)
        self.assertEqual(segment.customer_count, 1)
        action = segment.action_view_customers()
        self.assertEqual(
            self.env['growth.customer'].with_user(self.user_admin).search(action['domain']),
            self._customer(self.partner),
        )

    def test_limits_of_the_policy(self):
        for vals in (
            {'discount_ceiling': 101},
            {'discount_ceiling': -1},
            {'contact_cadence_days': -1},
            {'response_time_hours': -1},
        ):
            with (
                self.subTest(vals=vals),
                mute_logger('odoo.sql_db'),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._segment('AX').write(vals)
                self.env.flush_all()
