from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain

EMPTY = Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>')
LINK = Markup(
    '<p><a type="action" name="sales_growth.growth_okr_cycle_action" '
    'class="btn btn-primary">%s</a></p>'
)


class GrowthOkrObjective(models.Model):
    """What an empty list of objectives says."""

    _inherit = 'growth.okr.objective'

    @api.model
    def get_empty_list_help(self, help_message):
        """Without a cycle nothing can be proposed: who plans one is told first."""
        open_cycles = Domain('company_id', 'in', self.env.companies.ids) & Domain(
            'state', 'in', ('draft', 'running')
        )
        if self.env['growth.okr.cycle'].search_count(open_cycles, limit=1):
            return super().get_empty_list_help(help_message)
        if not self.env.user.has_group('sales_team.group_sale_manager'):
            text = self.env._(
                "An objective belongs to a cycle, a quarter for example. Once a sales manager has "
                "planned one, you can propose your objectives for it."
            )
            return EMPTY % (self.env._("No cycle is open yet"), text)
        text = self.env._(
            "An objective belongs to a cycle: a year for the company, quarters within it for teams "
            "and people. Plan one, then objectives can be proposed for it."
        )
        return EMPTY % (self.env._("No cycle is open yet"), text) + LINK % self.env._(
            "Plan a Cycle"
        )
