from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Odoo keeps the customer of an invoice on the invoice, but not the one of an order. Without
    # it the whole history of a contact would move along when the contact changes company.
    commercial_partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Commercial Entity",
        compute='_compute_commercial_partner_id',
        store=True,
        precompute=True,
        index='btree_not_null',
        ondelete='set null',
        help="The customer this order counts for, kept as it was when the order was made.",
    )

    def _auto_init(self):
        # One statement instead of the ORM computing each order of the past.
        if not column_exists(self.env.cr, 'sale_order', 'commercial_partner_id'):
            create_column(self.env.cr, 'sale_order', 'commercial_partner_id', 'int4')
            self.env.cr.execute(
                SQL(
                    """
                UPDATE sale_order
                   SET commercial_partner_id = res_partner.commercial_partner_id
                  FROM res_partner
                 WHERE res_partner.id = sale_order.partner_id
                """,
                )
            )
        return super()._auto_init()

    @api.depends('partner_id')
    def _compute_commercial_partner_id(self):
        for order in self:
            order.commercial_partner_id = order.partner_id.commercial_partner_id

    # ------------------------------------------------------------
    # FUNNEL
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._growth_tell_leads()
        return orders

    def write(self, vals):
        result = super().write(vals)
        if {'opportunity_id', 'state'} & vals.keys():
            self._growth_tell_leads()
        if vals.get('opportunity_id'):
            paid = self.sudo().invoice_ids.filtered(
                lambda move: (
                    move.move_type == 'out_invoice' and move.payment_state in ('in_payment', 'paid')
                )
            )
            paid._growth_tell_leads()
        return result

    def _growth_tell_leads(self):
        """Tell leads that one of their quotations was sent or their orders confirmed."""
        orders = self.sudo().filtered(
            lambda order: order.opportunity_id and order.state in ('sent', 'sale')
        )
        confirmed = orders.filtered(lambda order: order.state == 'sale')
        # A confirmed order was sent, one way or the other.
        orders.opportunity_id._growth_reach(
            lambda path, lead: path.quotation_index, orders._growth_amounts()
        )
        confirmed.opportunity_id._growth_reach(
            lambda path, lead: path.order_index, confirmed._growth_amounts()
        )

    def _growth_amounts(self):
        """Untaxed amounts by lead, in the company's currency.

        :rtype: dict[crm.lead, float]
        """
        return {
            lead: sum(order.amount_untaxed / (order.currency_rate or 1.0) for order in orders)
            for lead, orders in self.grouped('opportunity_id').items()
        }
