from odoo import api, models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _name = 'sale.order'
    _inherit = ['sale.order', 'growth.lifecycle.mixin']

    @api.model
    def _growth_lifecycle_depends(self):
        return ['company_id', 'commercial_partner_id', 'partner_id.commercial_partner_id']

    def _growth_lifecycle_key(self):
        partner = self.commercial_partner_id or self.partner_id.commercial_partner_id
        return self.company_id._origin, partner._origin

    @api.model
    def _growth_lifecycle_key_sql(self, alias, query):
        partner_id = SQL(
            # Looked up for orders without a customer of their own alone.
            "COALESCE(%s, (SELECT commercial_partner_id FROM res_partner WHERE id = %s))",
            self._field_to_sql(alias, 'commercial_partner_id', query),
            self._field_to_sql(alias, 'partner_id', query),
            to_flush=self.env['res.partner']._fields['commercial_partner_id'],
        )
        return self._field_to_sql(alias, 'company_id', query), partner_id
