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
        Partner = self.env['res.partner']
        partner_alias = query.make_alias(alias, 'growth_partner')
        own_id = self._field_to_sql(alias, 'commercial_partner_id', query)
        query.add_join(
            'LEFT JOIN',
            partner_alias,
            Partner._table,
            SQL(
                # Only for orders without a customer of their own: nothing else is looked up.
                "%s = CASE WHEN %s IS NULL THEN %s END",
                SQL.identifier(partner_alias, 'id'),
                own_id,
                self._field_to_sql(alias, 'partner_id', query),
            ),
        )
        partner_id = Partner._field_to_sql(partner_alias, 'commercial_partner_id', query)
        company_id = self._field_to_sql(alias, 'company_id', query)
        return company_id, SQL("COALESCE(%s, %s)", own_id, partner_id)
