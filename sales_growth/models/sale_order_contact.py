from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column


class SaleOrder(models.Model):
    """When a quotation was sent, which Odoo does not keep."""

    _inherit = 'sale.order'

    growth_sent_date = fields.Datetime(
        string="Sent On",
        compute='_compute_growth_sent_date',
        store=True,
        precompute=True,
        copy=False,
        index='btree_not_null',
        help="When the quotation was sent first, or confirmed without being sent.",
    )

    def _auto_init(self):
        # One statement instead of the ORM taking the moment of installation for all.
        if not column_exists(self.env.cr, 'sale_order', 'growth_sent_date'):
            create_column(self.env.cr, 'sale_order', 'growth_sent_date', 'timestamp')
            self._fill_growth_sent_date()
        return super()._auto_init()

    @api.model
    def _fill_growth_sent_date(self):
        """Estimate when the quotations of the past were sent: with the message that Odoo wrote
        about it, with the first one to the customer, else on the date of the order.

        A quotation that is cancelled or a draft again counts only when Odoo wrote that it was sent.
        """
        self.env.cr.execute(
            SQL(
                """
            UPDATE sale_order AS sale
               SET growth_sent_date = CASE sale.state
                       WHEN 'sale' THEN LEAST(trace.marked, trace.written, sale.date_order)
                       WHEN 'sent' THEN COALESCE(
                           LEAST(trace.marked, trace.written), sale.date_order
                       )
                       ELSE trace.marked
                   END
              FROM (
                SELECT past.id,
                       MIN(message.date) FILTER (WHERE subtype.name = 'mt_order_sent') AS marked,
                       MIN(message.date) FILTER (
                           WHERE subtype.name = 'mt_comment'
                             AND message.message_type = 'comment'
                             AND NOT author.partner_share
                       ) AS written
                  FROM sale_order AS past
             LEFT JOIN mail_message AS message
                    ON message.model = 'sale.order' AND message.res_id = past.id
             LEFT JOIN res_partner AS author ON author.id = message.author_id
             LEFT JOIN ir_model_data AS subtype
                    ON subtype.model = 'mail.message.subtype'
                   AND subtype.res_id = message.subtype_id
                   AND (subtype.module, subtype.name) IN (
                       ('sale', 'mt_order_sent'), ('mail', 'mt_comment')
                   )
              GROUP BY past.id
              ) AS trace
             WHERE trace.id = sale.id
               AND sale.growth_sent_date IS NULL
            """
            )
        )

    @api.depends('state')
    def _compute_growth_sent_date(self):
        for order in self:
            sent = order.growth_sent_date
            if not sent and order.state == 'sale':
                # An imported order was confirmed some other day.
                sent = order.date_order
            elif not sent and order.state == 'sent':
                sent = fields.Datetime.now()
            order.growth_sent_date = sent
