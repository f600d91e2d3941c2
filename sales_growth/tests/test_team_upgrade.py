from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools import file_path

from .common import SalesGrowthCommon

OLD = "['|', ('user_id', '=', user.id), ('user_id', '=', False)]"


@tagged('post_install', '-at_install')
class TestTeamUpgrade(SalesGrowthCommon):
    """What an update from the version before brings to a database that is in use."""

    def _upgrade(self):
        script = load_script(
            file_path('sales_growth/migrations/19.0.4.0.0/post-migrate.py'), 'post-migrate'
        )
        script.migrate(self.env.cr, '19.0.3.0.0')
        self.env.invalidate_all()

    def test_farmers_see_their_customers(self):
        rule = self.env.ref('sales_growth.growth_customer_rule_own')
        shipped = rule.domain_force
        rule.domain_force = OLD
        self.env.flush_all()
        self._upgrade()
        self.assertEqual(rule.domain_force.replace('"', "'"), shipped)

    def test_a_rule_that_somebody_changed_stays(self):
        rule = self.env.ref('sales_growth.growth_customer_rule_own')
        rule.domain_force = "[('user_id', '=', user.id)]"
        self.env.flush_all()
        self._upgrade()
        self.assertEqual(rule.domain_force, "[('user_id', '=', user.id)]")

    def test_customers_get_their_lifecycle(self):
        customer = self._create_customer("Buyer")
        self._create_order(customer, 100)
        self._refresh(as_of=None)
        lifecycle = self._customer(customer).lifecycle
        self.assertNotEqual(lifecycle, 'prospect')
        self._customer(customer).sudo().lifecycle = 'prospect'
        self.env.flush_all()
        self._upgrade()
        self.assertEqual(self._customer(customer).lifecycle, lifecycle)
