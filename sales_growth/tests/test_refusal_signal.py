from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SalesGrowthCommon

TODAY = '2026-06-30 12:00:00'


@tagged('post_install', '-at_install')
class TestRefusalSignal(SalesGrowthCommon):
    """The manager is told when a salesperson gives one reason for everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({'growth_signal_share': 50, 'growth_signal_count': 4})
        cls.team = cls.env['crm.team'].create(
            {
                'name': "Growth Team",
                'company_id': cls.company.id,
                'user_id': cls.user_all.id,
                'member_ids': cls.user_own.ids,
            }
        )
        cls.price = cls._create_reason("Price")
        cls.other = cls._create_reason("Other")

    def _refuse(self, reason, number, moment='2026-06-20 12:00:00', user=None):
        user = user or self.user_own
        leads = self.env['crm.lead'].browse()
        for _number in range(number):
            leads |= self._create_lead(user_id=user.id)
        with freeze_time(moment):
            leads.with_user(user).action_set_lost(lost_reason_id=reason.id)

    def _detect(self, moment=TODAY):
        with freeze_time(moment):
            return self.env['growth.refusal.signal']._detect(self.company)

    def test_more_than_the_share(self):
        self._refuse(self.price, 3)
        self._refuse(self.other, 2)
        signal = self._detect()
        self.assertRecordValues(
            signal,
            [
                {
                    'company_id': self.company.id,
                    'user_id': self.user_own.id,
                    'manager_id': self.user_all.id,
                    'reason_id': self.price.id,
                    'date': date(2026, 6, 30),
                    'reason_count': 3,
                    'refusal_count': 5,
                    'share': 0.6,
                }
            ],
        )
        activity = signal.activity_ids
        self.assertEqual(activity.user_id, self.user_all)
        self.assertIn("“Price” makes 3 of the last 5 refusals (60 %)", str(activity.note))
        found = self.env['growth.refusal'].search(signal.action_view_refusals()['domain'])
        self.assertEqual(len(found), 5)

    def test_exactly_the_share_is_not_more(self):
        self._refuse(self.price, 2)
        self._refuse(self.other, 2)
        self.assertFalse(self._detect())

    def test_too_few_say_nothing(self):
        self._refuse(self.price, 3)
        self.assertFalse(self._detect())

    def test_older_than_30_days_does_not_count(self):
        self._refuse(self.price, 4, '2026-05-31 12:00:00')
        self.assertFalse(self._detect())
        self._refuse(self.price, 4, '2026-06-01 12:00:00')
        self.assertEqual(self._detect().reason_count, 4)

    def test_told_once_in_30_days(self):
        self._refuse(self.price, 4)
        self.assertTrue(self._detect())
        self.assertFalse(self._detect())
        self.assertFalse(self._detect('2026-07-05 12:00:00'))

    def test_estimated_ones_do_not_count(self):
        self._refuse(self.price, 4)
        self.env['growth.refusal'].search([]).is_estimated = True
        self.assertFalse(self._detect())

    def test_switched_off(self):
        self._refuse(self.price, 4)
        self.company.growth_signal_share = 0
        with freeze_time(TODAY), self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_refusal_signal').method_direct_trigger()
        self.assertFalse(self.env['growth.refusal.signal'].search([]))
        self.company.growth_signal_share = 50
        with freeze_time(TODAY), self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_refusal_signal').method_direct_trigger()
        self.assertTrue(self.env['growth.refusal.signal'].search([]))

    def test_a_leader_is_not_told_about_himself(self):
        self._refuse(self.price, 4, user=self.user_all)
        self.assertEqual(self._detect().manager_id, self.user_admin)

    def test_the_leader_is_one_of_the_company_who_sees_refusals(self):
        other = self._create_company("Other Company")
        foreign_leader = self._create_user('growth_foreign', 'sales_team.group_sale_manager')
        (self.user_own | foreign_leader).company_ids = [Command.link(other.id)]
        self.env['ir.config_parameter'].set_param('sales_team.membership_multi', True)
        self.env['crm.team'].create(
            {
                'name': "Foreign Team",
                'company_id': other.id,
                'user_id': foreign_leader.id,
                'member_ids': self.user_own.ids,
            }
        )
        self.team.company_id = False
        Signal = self.env['growth.refusal.signal']
        self.assertEqual(Signal._get_manager(self.company, self.user_own.id), self.user_all)
        self.team.user_id = self._create_user('growth_blind', 'sales_team.group_sale_salesman')
        manager = Signal._get_manager(self.company, self.user_own.id)
        self.assertTrue(manager.has_group('sales_team.group_sale_manager'))

    def test_who_sees_signals(self):
        self._refuse(self.price, 4)
        signal = self._detect()
        Signal = self.env['growth.refusal.signal']
        self.assertFalse(Signal.with_user(self.user_own).search([]))
        self.assertEqual(Signal.with_user(self.user_all).search([]), signal)
        self.assertEqual(Signal.with_user(self.user_admin).search([]), signal)
        with self.assertRaises(AccessError):
            signal.with_user(self.user_own).action_view_refusals()
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                signal.with_user(user).write({'share': 0})
