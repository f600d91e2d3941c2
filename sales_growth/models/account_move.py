from collections import defaultdict

from odoo import models


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        invoices = self.filtered(lambda move: move.move_type == 'out_invoice')
        invoices._growth_tell_leads()
        return result

    def _growth_tell_leads(self):
        """Tell the leads whose orders these invoices bill that they were paid."""
        amounts = defaultdict(float)
        for line in self.sudo().invoice_line_ids:
            for lead in line.sale_line_ids.order_id.opportunity_id:
                # An invoice may bill the orders of several leads.
                amounts[lead] -= line.balance
        self.env['crm.lead'].union(*amounts)._growth_reach(
            lambda path, lead: path.invoice_index, amounts
        )
