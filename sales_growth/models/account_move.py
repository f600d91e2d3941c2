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
        amounts = {}
        for invoice in self.sudo():
            for lead in invoice.invoice_line_ids.sale_line_ids.order_id.opportunity_id:
                amounts.setdefault(lead, invoice.amount_untaxed_signed)
        self.env['crm.lead'].union(*amounts)._growth_reach(
            lambda path, lead: path.invoice_index, amounts
        )
