from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Tell new, repeat, returning and lost customers apart, and let farmers see theirs."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    # Rules are data that is not to be updated: whoever changed this one keeps it.
    rule = env.ref('sales_growth.growth_customer_rule_own', raise_if_not_found=False)
    if rule and rule.domain_force == ("['|', ('user_id', '=', user.id), ('user_id', '=', False)]"):
        rule.domain_force = (
            "['|', '|', ('farmer_id', '=', user.id), ('user_id', '=', user.id),"
            " '&', ('user_id', '=', False), ('farmer_id', '=', False)]"
        )
    env['growth.customer']._find_lifecycles()
