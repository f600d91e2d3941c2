from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _name = 'res.partner'
    _inherit = ['res.partner', 'growth.lifecycle.mixin']

    @api.model
    def _growth_lifecycle_depends(self):
        return ['commercial_partner_id']

    def _growth_lifecycle_key(self):
        return self.env.company, self.commercial_partner_id._origin

    @api.model
    def _growth_lifecycle_key_sql(self, alias, query):
        company_id = SQL("%s", self.env.company.id)
        return company_id, self._field_to_sql(alias, 'commercial_partner_id', query)
