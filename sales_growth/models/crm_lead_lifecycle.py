from odoo import api, models
from odoo.tools import SQL


class CrmLead(models.Model):
    _name = 'crm.lead'
    _inherit = ['crm.lead', 'growth.lifecycle.mixin']

    @api.model
    def _growth_lifecycle_depends(self):
        return ['company_id', 'partner_id.commercial_partner_id']

    def _growth_lifecycle_key(self):
        company = self.company_id or self.env.company
        return company._origin, self.partner_id.commercial_partner_id._origin

    @api.model
    def _growth_lifecycle_key_sql(self, alias, query):
        company_id = SQL(
            "COALESCE(%s, %s)", self._field_to_sql(alias, 'company_id', query), self.env.company.id
        )
        Partner, partner_alias = self._fields['partner_id'].join(self, alias, query)
        return company_id, Partner._field_to_sql(partner_alias, 'commercial_partner_id', query)
