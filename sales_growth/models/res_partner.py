from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_segment import ABC_CLASSES, TIERS, XYZ_CLASSES

# Field of the contact: field of the hub.
HUB_FIELDS = {
    'abc_class': 'abc_class',
    'xyz_class': 'xyz_class',
    'growth_segment_id': 'segment_id',
    'growth_tier': 'tier',
    'growth_churn_state': 'churn_state',
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Never stored: a contact is shared by the companies while its class is one company's, and the
    # nightly run must not touch contacts. The fields read the hub through one join.
    abc_class = fields.Selection(
        selection=ABC_CLASSES,
        string="ABC Class",
        compute='_compute_growth_segment',
        search='_search_abc_class',
        groups='sales_team.group_sale_salesman',
    )
    xyz_class = fields.Selection(
        selection=XYZ_CLASSES,
        string="XYZ Class",
        compute='_compute_growth_segment',
        search='_search_xyz_class',
        groups='sales_team.group_sale_salesman',
    )
    growth_segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Segment",
        compute='_compute_growth_segment',
        search='_search_growth_segment_id',
        groups='sales_team.group_sale_salesman',
    )
    growth_tier = fields.Selection(
        selection=TIERS,
        string="Segment Tier",
        compute='_compute_growth_segment',
        search='_search_growth_tier',
        groups='sales_team.group_sale_salesman',
    )

    growth_no_contact = fields.Boolean(
        string="No More Contact",
        groups='sales_team.group_sale_salesman',
        help="Asked not to be contacted: refusals are not followed up, and nobody is asked to win "
        "the customer back.",
    )
    growth_refusal_count = fields.Integer(
        string="Refusals",
        compute='_compute_growth_refusal_count',
        groups='sales_team.group_sale_salesman',
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('commercial_partner_id')
    @api.depends_context('company', 'uid')
    def _compute_growth_segment(self):
        customers = self.env['growth.customer'].search_fetch(
            [
                ('company_id', '=', self.env.company.id),
                ('partner_id', 'in', self.commercial_partner_id._origin.ids),
            ],
            ['partner_id', 'abc_class', 'xyz_class', 'segment_id', 'churn_state'],
            order='id',
        )
        by_partner = {customer.partner_id: customer for customer in customers}
        for partner in self:
            customer = by_partner.get(partner.commercial_partner_id._origin, customers.browse())
            for fname, hub_fname in HUB_FIELDS.items():
                partner[fname] = customer[hub_fname]

    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_growth_refusal_count(self):
        counts = dict(
            self.env['growth.refusal']._read_group(
                [('partner_id', 'in', self.commercial_partner_id._origin.ids)],
                groupby=['partner_id'],
                aggregates=['__count'],
            )
        )
        for partner in self:
            partner.growth_refusal_count = counts.get(partner.commercial_partner_id._origin, 0)

    def _search_abc_class(self, operator, value):
        return self._search_hub_field('abc_class', operator, value)

    def _search_xyz_class(self, operator, value):
        return self._search_hub_field('xyz_class', operator, value)

    def _search_growth_segment_id(self, operator, value):
        return self._search_hub_field('growth_segment_id', operator, value)

    def _search_growth_tier(self, operator, value):
        return self._search_hub_field('growth_tier', operator, value)

    def _search_hub_field(self, fname, operator, value):
        field = self._fields[fname]
        # A condition on the joined column: `not in` with a sub-select takes minutes on large data.
        return Domain.custom(
            to_sql=lambda model, alias, query: field.condition_to_sql(
                fname, operator, value, model, alias, query
            )
        )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        if vals.keys().isdisjoint({'parent_id', 'is_company'}):
            return super().write(vals)
        customers = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        result = super().write(vals)
        absorbed = customers.filtered(lambda partner: partner.commercial_partner_id != partner)
        for company, partners in absorbed.grouped('commercial_partner_id').items():
            self.env['growth.customer'].sudo()._absorb(partners, company)
        return result

    def unlink(self):
        # The database takes the handovers along, and would leave what was to be done about them.
        handovers = self.env['growth.handover'].sudo().search([('partner_id', 'in', self.ids)])
        handovers.with_context(active_test=False).activity_ids.unlink()
        return super().unlink()

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr in HUB_FIELDS and query is not None:
            self._check_field_access(self._fields[field_expr], 'read')
            hub_alias = self._join_growth_customer(alias, query)
            return self.env['growth.customer']._field_to_sql(
                hub_alias, HUB_FIELDS[field_expr], query
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _join_growth_customer(self, alias, query):
        """Join the hub's row of the active company to a query on contacts, once for all fields.

        The rows that the user may not see are left out of the join, so that grouping by class
        does not tell more than the customers' list.

        :return: alias of the joined hub
        :rtype: str
        """
        Customer = self.env['growth.customer']
        hub_alias = query.make_alias(alias, 'growth_customer')
        visible = Customer._search([('company_id', '=', self.env.company.id)], order='id')
        query.add_join(
            'LEFT JOIN',
            hub_alias,
            visible.subselect(SQL("%s.*", SQL.identifier(Customer._table))),
            SQL(
                "%s = %s",
                SQL.identifier(hub_alias, 'partner_id'),
                self._field_to_sql(alias, 'commercial_partner_id', query),
            ),
        )
        return hub_alias

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_growth_customer(self):
        self.ensure_one()
        customer = self.env['growth.customer'].search(
            [
                ('company_id', '=', self.env.company.id),
                ('partner_id', '=', self.commercial_partner_id.id),
            ]
        )
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_customer_action'
        )
        return {**action, 'views': [(False, 'form')], 'res_id': customer.id, 'context': {}}

    def action_view_growth_refusals(self):
        return self.env['growth.refusal']._action_view(
            [('partner_id', 'in', self.commercial_partner_id.ids)]
        )
