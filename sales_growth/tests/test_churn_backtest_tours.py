from odoo.tests import HttpCase, tagged

from .test_churn_backtest import BacktestCommon


@tagged('post_install', '-at_install')
class TestChurnBacktestTours(BacktestCommon, HttpCase):
    """Rules and their backtest in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['growth.churn.rule'].search([('company_id', '=', False)]).active = False

    def test_backtest(self):
        self.start_tour('/odoo/crm', 'growth_churn_backtest', login=self.user_admin.login)
        self.assertTrue(self.recency.active)
        self.assertFalse(self.falling.active)

    def test_rules(self):
        self.start_tour('/odoo/crm', 'growth_churn_rules', login=self.user_admin.login)
        self.assertFalse(self.recency.active)
