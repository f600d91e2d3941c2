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
