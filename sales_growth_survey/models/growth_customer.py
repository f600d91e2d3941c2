from odoo import models


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send_survey(self):
        """Ask customers, whether they are leaving or not."""
        cases = self.env['growth.churn.case'].search(
            [('customer_id', 'in', self.ids), ('is_open', '=', True)]
        )
        return self.env['survey.survey']._growth_get_invite_action(cases, self - cases.customer_id)
