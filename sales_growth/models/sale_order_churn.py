from datetime import date

from odoo import fields, models


class SaleOrder(models.Model):
    """An order ends the churn case of its customer at once, without waiting for the job."""

    _inherit = 'sale.order'

    def write(self, vals):
        if 'state' not in vals:
            return super().write(vals)
        confirmed = self.filtered(lambda order: order.state == 'sale')
        result = super().write(vals)
        if vals['state'] == 'sale':
            (self - confirmed)._growth_win_back()
        elif confirmed:
            confirmed._growth_lose_again()
        return result

    def _growth_win_back(self):
        """Close the open cases of customers who bought again."""
        # Where invoices are counted, an order is no purchase yet: the job sees to it.
        orders = self.sudo().filtered(
            lambda order: order.amount_untaxed > 0 and order.company_id.growth_source == 'order'
        )
        if not orders:
            return
        cases = (
            self.env['growth.churn.case']
            .sudo()
            ._get_open(orders.commercial_partner_id, orders.company_id)
        )
        for order in orders.sorted('id'):
            key = (order.company_id.id, order.commercial_partner_id.id)
            case = cases.get(key)
            day = order.company_id._growth_day(order.date_order or fields.Datetime.now())
            # One of before the alarm, which is written down late, is left to the job.
            if case and day >= case.date and day > (case.last_order_date or date.min):
                cases.pop(key)._win(day, {case.id: order.id})

    def _growth_lose_again(self):
        """Take up the cases again that were won by orders which are none any more."""
        self.env['growth.churn.case'].sudo().search(
            [('win_order_id', 'in', self.ids), ('state', '=', 'won')]
        )._lose_again()
