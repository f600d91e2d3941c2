from odoo.tests import HttpCase, tagged

from .test_churn_report import ChurnReportCommon


@tagged('post_install', '-at_install')
class TestChurnReportTours(ChurnReportCommon, HttpCase):
    """The reports on churn and win-back, as people open them; the clock of the browser is that of
    today, so the figures are those of any month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        attempt = cls.env['growth.winback.attempt'].sudo()
        attempt.create(
            {
                'case_id': cls.case_back.id,
                'method_id': cls.gift.id,
                'user_id': cls.user_own.id,
                'date': '2026-03-01',
                'cost': 20,
                'result': 'won',
                'closed_date': '2026-04-10',
            }
        )

    def test_own_customers(self):
        self.start_tour('/odoo/crm', 'growth_churn_reports_own', login=self.user_own.login)

    def test_all_customers(self):
        self.start_tour('/odoo/crm', 'growth_churn_reports_all', login=self.user_all.login)
