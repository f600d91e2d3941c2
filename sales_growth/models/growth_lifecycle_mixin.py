from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_customer_lifecycle import LIFECYCLES


class GrowthLifecycleMixin(models.AbstractModel):
    """Shows the lifecycle that the hub has of a record's customer, in one company.

    Other than the classes, it is not limited to the customers a salesperson may see in the hub:
    a colleague's customer that looks like a prospect would be hunted, and the lifecycle tells no
    amount. So the hub is read with the system's rights; its company is the record's or the active
    one.
    """

    _name = 'growth.lifecycle.mixin'
    _description = "Shows the Lifecycle of a Customer"

    growth_lifecycle = fields.Selection(
        selection=LIFECYCLES,
        string="Lifecycle",
        compute='_compute_growth_lifecycle',
        search='_search_growth_lifecycle',
        groups='sales_team.group_sale_salesman',
        help="Where the customer stands since the last segmentation. Prospect: bought nothing so "
        "far.",
    )

    @api.depends(lambda self: self._growth_lifecycle_depends())
    @api.depends_context('company')
    def _compute_growth_lifecycle(self):
        keys = {record: record.sudo()._growth_lifecycle_key() for record in self}
        lifecycles = self.env['growth.customer']._get_lifecycles(
            self.env['res.company'].union(*(company for company, _partner in keys.values())),
            self.env['res.partner'].union(*(partner for _company, partner in keys.values())),
        )
        for record, (company, partner) in keys.items():
            record.growth_lifecycle = lifecycles.get((company.id, partner.id), 'prospect')

    def _search_growth_lifecycle(self, operator, value):
        field = self._fields['growth_lifecycle']
        # A condition on the joined column, as `res.partner` does for the classes.
        return Domain.custom(
            to_sql=lambda model, alias, query: field.condition_to_sql(
                'growth_lifecycle', operator, value, model, alias, query
            )
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != 'growth_lifecycle' or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], 'read')
        Customer = self.env['growth.customer'].sudo()
        company_id, partner_id = self._growth_lifecycle_key_sql(alias, query)
        hub_alias = query.make_alias(alias, 'growth_lifecycle')
        query.add_join(
            'LEFT JOIN',
            hub_alias,
            Customer._table,
            SQL(
                "%s = %s AND %s = %s",
                Customer._field_to_sql(hub_alias, 'partner_id', query),
                partner_id,
                Customer._field_to_sql(hub_alias, 'company_id', query),
                company_id,
            ),
        )
        return SQL(
            "COALESCE(%s, 'prospect')", Customer._field_to_sql(hub_alias, 'lifecycle', query)
        )

    # ------------------------------------------------------------
    # WHOSE LIFECYCLE
    # ------------------------------------------------------------

    @api.model
    def _growth_lifecycle_depends(self):
        """Names of the fields that say which customer it is, none for the mixin itself.

        :rtype: list[str]
        """
        return []

    def _growth_lifecycle_key(self):
        """Company and customer of a record.

        :return: (company, commercial partner), the latter may be none
        :rtype: tuple[res.company, res.partner]
        """
        raise NotImplementedError

    @api.model
    def _growth_lifecycle_key_sql(self, alias, query):
        """The same in SQL, for all records of a query.

        :return: (id of the company, id of the commercial partner)
        :rtype: tuple[SQL, SQL]
        """
        raise NotImplementedError
