from odoo.tests import HttpCase, tagged

from .common_churn import ChurnCommon


@tagged('post_install', '-at_install')
class TestWinbackTours(ChurnCommon, HttpCase):
    """Cases as a salesperson with own documents works them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.growth_metric = 'profit'
        cls.case = cls._create_case(cls._create_customer("Golden Leaver"), profit=900)

    def test_work_a_case(self):
        self.start_tour('/odoo/crm', 'growth_winback', login='growth_own')
        self.assertRecordValues(
            self.case,
            [
                {
                    'reason_id': self.price.id,
                    'decision': 'win_back',
                    'why': 'frequency',
                    'state': 'working',
                    'method_id': self.meeting.id,
                }
            ],
        )
        self.assertEqual(self._attempts(self.case).user_id, self.user_own)

    def test_several_at_once(self):
        self.company.growth_winback_cap = 2
        self._create_cases(3)
        self.start_tour('/odoo/crm', 'growth_winback_several', login='growth_own')
        attempts = self.env['growth.winback.attempt'].search([('user_id', '=', self.user_own.id)])
        self.assertEqual(len(attempts), 2)
        self.assertIn(self.case, attempts.case_id)
