from datetime import date

from freezegun import freeze_time

from odoo.tests import HttpCase, tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestGrowthTours(SalesGrowthCommon, HttpCase):
    """The screens as people use them, each with the least rights that do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.golden = cls._create_customer("Golden Mills", user_id=cls.user_own.id)
        cls.env['res.partner'].create({'name': "Anna of Golden", 'parent_id': cls.golden.id})
        cls.small = cls._create_customer("Small Bakery")
        cls._create_orders(cls.golden, [300, 300, 300, 90], user_id=cls.user_own.id)
        cls._create_order(cls.small, 10, user_id=cls.user_own.id)
        cls._refresh(as_of=date(2026, 3, 31))
        cls._refresh()

    def _start(self, path, tour, user):
        with freeze_time('2026-06-30 12:00:00', tick=True):
            self.start_tour(path, tour, login=user.login)

    def test_salesperson_reads_customers(self):
        self._start('/odoo/growth-customers', 'growth_customer_read', self.user_own)

    def test_manager_sets_a_segment_by_hand(self):
        self._start('/odoo/growth-customers', 'growth_customer_manual', self.user_admin)
        moves = self._customer(self.small).move_ids
        self.assertEqual(moves.filtered('author_id').mapped('reason'), ['manual_end', 'manual'])

    def test_manager_compares_two_days(self):
        self._start('/odoo/growth-segment-moves', 'growth_segment_compare', self.user_admin)

    def test_manager_changes_a_policy(self):
        self._start(
            '/odoo/action-sales_growth.growth_segment_action',
            'growth_segment_policy',
            self.user_admin,
        )
        self.assertRecordValues(
            self._segment('AZ'), [{'tier': 'golden', 'contact_cadence_days': 10}]
        )

    def test_administrator_changes_the_cuts(self):
        user = self._create_user('growth_system', 'sales_team.group_sale_manager,base.group_system')
        self._start(
            '/odoo/action-sales_growth.res_config_settings_action', 'growth_segment_settings', user
        )
        self.assertRecordValues(
            self.company, [{'growth_abc_share_a': 97, 'growth_abc_share_b': 99}]
        )

    def test_salesperson_finds_golden_contacts(self):
        self._start('/odoo/action-contacts.action_contacts', 'growth_partner', self.user_own)
