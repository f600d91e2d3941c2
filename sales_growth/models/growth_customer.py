from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_segment import ABC_CLASSES, XYZ_CLASSES
from .res_partner import HUB_FIELDS

# What a manager may set; everything else is the result of the segmentation or of a handover.
MANUAL_FIELDS = {
    'manual_segment_id',
    'manual_reason',
    'manual_until',
    'named_farmer_id',
    'no_win_back',
}
RANKING_FIELDS = {'value_rank', 'value_share', 'cumulative_share'}
# A share and the value behind it give away the total of the company.
SHARE_GROUP = 'sales_team.group_sale_salesman_all_leads'


class GrowthCustomer(models.Model):
    """The hub: what a company knows about one of its customers, a narrow row of its own.

    This file holds the fields and the manual segment; the run that computes the classes, their
    explanation, the matrix and the Excel file stand in `growth_customer_*.py`, and other subjects
    extend the hub likewise.
    """

    _name = 'growth.customer'
    _description = "Customer Growth"
    _order = 'value desc, id'
    _rec_name = 'partner_id'
    _rec_names_search = ['partner_id']
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, readonly=True, ondelete='cascade'
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Customer",
        required=True,
        readonly=True,
        ondelete='cascade',
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    user_id = fields.Many2one(related='partner_id.user_id')
    country_id = fields.Many2one(related='partner_id.country_id')
    industry_id = fields.Many2one(related='partner_id.industry_id')

    growth_source = fields.Selection(related='company_id.growth_source')

    # Facts of the window
    revenue = fields.Monetary(readonly=True, help="Untaxed, in company currency.")
    profit = fields.Monetary(
        readonly=True, help="Margin frozen on the order lines, in company currency."
    )
    value = fields.Monetary(
        readonly=True,
        help="Profit or revenue, as the settings say: what the customer is ranked by.",
    )
    order_count = fields.Integer(
        string="Orders", readonly=True, help="Orders of the window with a positive amount."
    )
    average_order = fields.Monetary(
        compute='_compute_average_order', help="Revenue of the window by number of orders."
    )
    demand_cv = fields.Float(
        string="Variation of Demand",
        digits=(16, 4),
        readonly=True,
        aggregator=None,
        help="Population coefficient of variation of the revenue over the months or quarters of "
        "the window, those without an order included. 0: the same every time.",
    )
    first_order_date = fields.Date(string="First Order", readonly=True)
    last_order_date = fields.Date(string="Last Order", readonly=True)

    # Ranking: a matter of all customers together, so it is read and never stored (one order more
    # would rewrite every row below).
    value_rank = fields.Integer(
        string="Rank", compute='_compute_ranking', search='_search_value_rank', aggregator=None
    )
    value_share = fields.Float(
        string="Share of Value",
        compute='_compute_ranking',
        search='_search_value_share',
        groups=SHARE_GROUP,
    )
    cumulative_share = fields.Float(
        compute='_compute_ranking',
        search='_search_cumulative_share',
        aggregator='max',
        groups=SHARE_GROUP,
        help="Share of value of this customer and of all that are worth more.",
    )

    # Verdict of the last run
    computed_abc_class = fields.Selection(
        selection=ABC_CLASSES, string="Computed ABC", readonly=True
    )
    computed_xyz_class = fields.Selection(
        selection=XYZ_CLASSES, string="Computed XYZ", readonly=True
    )
    is_loss_making = fields.Boolean(string="Loss-making", readonly=True)
    is_newcomer = fields.Boolean(
        string="Newcomer",
        readonly=True,
        help="The first order is younger than the newcomer period of the settings.",
    )

    # Manual override
    manual_segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Manual Segment",
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
    )
    manual_reason = fields.Char()
    manual_until = fields.Date(help="Last day of the manual segment. Empty: until it is removed.")
    manual_author_id = fields.Many2one(comodel_name='res.users', string="Set by", readonly=True)
    is_manual_different = fields.Boolean(
        string="Computed Differs",
        compute='_compute_is_manual_different',
        search='_search_is_manual_different',
        help="The segment set by hand is not the one that the figures give.",
    )

    # Effective: the manual segment while there is one, else the computed one
    abc_class = fields.Selection(
        selection=ABC_CLASSES, string="ABC Class", compute='_compute_segment', store=True
    )
    xyz_class = fields.Selection(
        selection=XYZ_CLASSES, string="XYZ Class", compute='_compute_segment', store=True
    )
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        compute='_compute_segment',
        store=True,
        index=True,
        ondelete='restrict',
    )
    tier = fields.Selection(related='segment_id.tier', group_expand=True)

    move_ids = fields.One2many(
        comodel_name='growth.segment.move', inverse_name='customer_id', string="Moves"
    )

    # A constraint, not an index alone: merging contacts looks for constraints before it repoints.
    _unique_partner = models.Constraint(
        'UNIQUE (partner_id, company_id)', "A company has one growth record for a customer."
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('revenue', 'order_count')
    def _compute_average_order(self):
        for customer in self:
            customer.average_order = (
                customer.revenue / customer.order_count if customer.order_count else 0.0
            )

    @api.depends('value', 'computed_abc_class')
    def _compute_ranking(self):
        ranking = {
            customer_id: figures
            for customer_id, *figures in self.env.execute_query(
                SQL(
                    "SELECT id, value_rank, value_share, cumulative_share FROM %s AS ranking "
                    "WHERE id IN %s",
                    self._ranking_sql(self.company_id),
                    tuple(self.ids) or (0,),
                )
            )
        }
        for customer in self:
            rank, share, cumulative = ranking.get(customer._origin.id, (0, 0.0, 0.0))
            customer.value_rank = rank
            customer.value_share = share or 0.0
            customer.cumulative_share = cumulative or 0.0

    def _search_value_rank(self, operator, value):
        return self._search_ranking('value_rank', operator, value)

    def _search_value_share(self, operator, value):
        return self._search_ranking('value_share', operator, value)

    def _search_cumulative_share(self, operator, value):
        return self._search_ranking('cumulative_share', operator, value)

    def _search_ranking(self, fname, operator, value):
        domain = self._search_sql(fname, operator, value)
        if operator in ('<', '<=', '>', '>='):
            # A customer without a class has no rank, which is not a rank of zero.
            domain &= Domain('computed_abc_class', '!=', False)
        return domain

    @api.depends('manual_segment_id', 'computed_abc_class', 'computed_xyz_class')
    def _compute_is_manual_different(self):
        for customer in self:
            customer.is_manual_different = bool(customer.manual_segment_id) and (
                customer.manual_segment_id.abc_class != customer.computed_abc_class
                or customer.manual_segment_id.xyz_class != customer.computed_xyz_class
            )

    def _search_is_manual_different(self, operator, value):
        return self._search_sql('is_manual_different', operator, value)

    def _search_sql(self, fname, operator, value):
        field = self._fields[fname]
        return Domain.custom(
            to_sql=lambda model, alias, query: field.condition_to_sql(
                fname, operator, value, model, alias, query
            )
        )

    @api.depends('manual_segment_id', 'computed_abc_class', 'computed_xyz_class', 'company_id')
    def _compute_segment(self):
        # The nightly run writes the same in SQL: see `_stage_changes`.
        Segment = self.env['growth.segment']
        cells = {company: Segment._get_cells(company) for company in self.company_id}
        for customer in self:
            manual = customer.manual_segment_id
            customer.abc_class = manual.abc_class or customer.computed_abc_class
            customer.xyz_class = manual.xyz_class or customer.computed_xyz_class
            customer.segment_id = cells.get(customer.company_id, {}).get(
                (customer.abc_class, customer.xyz_class), Segment
            )

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('manual_segment_id', 'manual_reason', 'manual_until')
    def _check_manual(self):
        for customer in self.filtered('manual_segment_id'):
            if not (customer.manual_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why the segment of %s is set by hand.",
                        customer.partner_id.display_name,
                    )
                )
            if customer.manual_until and customer.manual_until < customer._today():
                raise ValidationError(
                    self.env._(
                        "The manual segment of %s would end in the past.",
                        customer.partner_id.display_name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and (computed := vals.keys() - MANUAL_FIELDS):
            raise AccessError(
                self.env._(
                    "Only the manual segment, the named farmer and “Never Win Back” of a customer "
                    "can be changed, not: %s.",
                    ", ".join(sorted(computed)),
                )
            )
        if 'manual_segment_id' not in vals:
            return super().write(vals)
        vals = {**vals, 'manual_author_id': self.env.uid if vals['manual_segment_id'] else False}
        if not vals['manual_segment_id']:
            vals.update(manual_reason=False, manual_until=False)
        before = {customer: customer.segment_id for customer in self}
        result = super().write(vals)
        self._log_manual_moves(before)
        self._invalidate_contacts()
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_refresh(self):
        """Recompute the active companies now, whichever customers are selected, and tell the
        manager what changed."""
        if not self.env.user.has_group('sales_team.group_sale_manager'):
            raise AccessError(self.env._("Only sales administrators can recompute the segments."))
        # The result depends on all orders, also on those the manager has no access to.
        counts = self.sudo()._refresh(self.env.companies)
        message = self.env._(
            "%(customers)s customers segmented: %(changed)s updated, %(moved)s moved to another "
            "segment.",
            **counts,
        )
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'title': self.env._("Segments recomputed"),
                'message': message,
                'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }

    def action_remove_manual_segment(self):
        self.write({'manual_segment_id': False})

    def action_view_orders(self):
        """Open the documents that were counted: orders or invoices, as the settings say."""
        self.ensure_one()
        company = self.company_id
        Facts = self.env['growth.sales.facts']
        domain = Facts._get_documents_domain(company, company.growth_as_of or self._today())
        return Facts._get_documents_action(company, self.partner_id, domain)

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr in RANKING_FIELDS and query is not None:
            self._check_field_access(self._fields[field_expr], 'read')
            ranking_alias = query.make_alias(alias, 'ranking')
            query.add_join(
                'LEFT JOIN',
                ranking_alias,
                self._ranking_sql(),
                SQL("%s = %s", SQL.identifier(ranking_alias, 'id'), SQL.identifier(alias, 'id')),
            )
            return SQL.identifier(ranking_alias, field_expr)
        if field_expr == 'is_manual_different':
            return SQL(
                "(%s IS NOT NULL AND (%s, %s) IS DISTINCT FROM (%s, %s))",
                *(
                    super(GrowthCustomer, self)._field_to_sql(alias, fname, query)
                    for fname in (
                        'manual_segment_id',
                        'abc_class',
                        'xyz_class',
                        'computed_abc_class',
                        'computed_xyz_class',
                    )
                ),
            )
        return super()._field_to_sql(alias, field_expr, query)

    def _ranking_sql(self, companies=None):
        """Rank and shares of all classified customers of each company: `id`, `value_rank`,
        `value_share`, `cumulative_share`. Equal values have equal figures, and only positive ones
        make the total, as in `analysis.segmentation.classify`.

        :param res.company companies: whose customers are ranked; all when omitted
        :rtype: SQL
        """
        condition = SQL()
        if companies:
            condition = SQL("AND company_id IN %s", tuple(companies.ids))
        return SQL(
            """(
                SELECT id,
                       RANK() OVER ranked AS value_rank,
                       GREATEST(value, 0)::float8 / NULLIF(
                           SUM(GREATEST(value, 0)) OVER company, 0)::float8 AS value_share,
                       SUM(GREATEST(value, 0)) OVER ranked::float8 / NULLIF(
                           SUM(GREATEST(value, 0)) OVER company, 0)::float8 AS cumulative_share
                  FROM growth_customer
                 WHERE computed_abc_class IS NOT NULL
                       %(condition)s
                WINDOW company AS (PARTITION BY company_id),
                       ranked AS (PARTITION BY company_id ORDER BY value DESC)
            )""",
            condition=condition,
            to_flush=self._fields['value'],
        )

    # ------------------------------------------------------------
    # BUSINESS: MANUAL SEGMENT AND CELLS
    # ------------------------------------------------------------

    def _log_manual_moves(self, before):
        """Log the customers whose segment is not the one it was before a change by hand.

        :param dict before: segment of each customer before the change
        """
        # The log is closed to users: it is written for them.
        self.env['growth.segment.move'].sudo().create(
            [
                {
                    'customer_id': customer.id,
                    'company_id': customer.company_id.id,
                    'partner_id': customer.partner_id.id,
                    'date': customer._today(),
                    'from_segment_id': segment.id,
                    'to_segment_id': customer.segment_id.id,
                    'direction': segment._get_direction(customer.segment_id),
                    'reason': 'manual' if customer.manual_segment_id else 'manual_end',
                    'note': customer.manual_reason,
                    'value': customer.value,
                    'author_id': self.env.uid,
                }
                for customer, segment in before.items()
                if customer.segment_id.sequence != segment.sequence
            ]
        )

    def _link_segments(self):
        """Point all customers to the segment of their cell, after cells were added.

        Their classes stay, so this is no move. One statement, as a cell may hold everybody.
        """
        self.flush_model()
        self.env['growth.segment'].flush_model()
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_customer AS customer
               SET segment_id = cell.segment_id
              FROM (
                    SELECT customer.id,
                           (ARRAY_AGG(segment.id ORDER BY segment.company_id NULLS LAST))[1]
                               AS segment_id
                      FROM growth_customer AS customer
                 LEFT JOIN growth_segment AS segment
                        ON segment.abc_class = customer.abc_class
                       AND segment.xyz_class = customer.xyz_class
                       AND COALESCE(segment.company_id, customer.company_id) = customer.company_id
                  GROUP BY customer.id
                   ) AS cell
             WHERE cell.id = customer.id
               AND cell.segment_id IS DISTINCT FROM customer.segment_id
            """,
            )
        )
        self.invalidate_model(['segment_id', 'tier'])
        self._invalidate_contacts()

    @api.model
    def _get_hub(self, partners, companies):
        """The hub's rows of the customers that some contacts belong to, for what is written down
        about them.

        :param res.partner partners: contacts
        :param res.company companies:
        :return: by ids of company and commercial partner
        :rtype: dict[tuple[int, int], growth.customer]
        """
        return self._get_rows(
            partners.commercial_partner_id, companies, ['segment_id', 'first_order_date']
        )

    @api.model
    def _get_rows(self, partners, companies, fnames):
        """The hub's rows of customers, whoever asks: what is shown of them is for the caller to
        limit.

        :param res.partner partners: commercial ones
        :param res.company companies:
        :param list fnames: fields that are needed
        :return: by ids of company and commercial partner
        :rtype: dict[tuple[int, int], growth.customer]
        """
        customers = self.sudo().search_fetch(
            [('partner_id', 'in', partners.ids), ('company_id', 'in', companies.ids)],
            ['company_id', 'partner_id', *fnames],
            order='id',
        )
        return {
            (customer.company_id.id, customer.partner_id.id): customer for customer in customers
        }

    @api.model
    def _merge_customers(self, sources, target):
        """Merge the growth records of contacts that become one: the history of all and the first
        manual segment stay, the figures come with the next run.

        :param res.partner sources: contacts that go
        :param res.partner target: contact that stays
        """
        customers = self.search([('partner_id', 'in', (sources | target).ids)])
        for group in customers.grouped('company_id').values():
            kept = self._get_kept(group, target)
            others = group - kept
            others.move_ids.write({'customer_id': kept.id})
            manual = others.filtered('manual_segment_id')[:1]
            if manual and not kept.manual_segment_id:
                kept.write(
                    {
                        'manual_segment_id': manual.manual_segment_id.id,
                        'manual_reason': manual.manual_reason,
                        'manual_until': manual.manual_until,
                    }
                )
            others.unlink()
        self.flush_model()

    @api.model
    def _get_kept(self, group, target):
        """Which of the hub's rows of contacts that become one stays.

        :param growth.customer group: of one company
        :param res.partner target: contact that stays
        :rtype: growth.customer
        """
        return group.filtered(lambda customer: customer.partner_id == target) or group[0]

    @api.model
    def _absorb(self, sources, target):
        """Give the history of contacts that became part of a company to that company. They are no
        customers any more: left with them, the company would be a prospect, and they lost. As Odoo
        does with their invoices; a contact that goes from one company to another leaves its history
        with the first.

        :param res.partner sources: were commercial partners until now
        :param res.partner target: their commercial partner now
        """
        self._merge_customers(sources, target)
        self.env['growth.handover']._join(sources, target)
        for model, fname in (
            ('growth.customer', 'partner_id'),
            ('growth.segment.move', 'partner_id'),
            ('growth.handover', 'partner_id'),
            ('growth.refusal', 'partner_id'),
            ('growth.conflict', 'commercial_partner_id'),
            ('sale.order', 'commercial_partner_id'),
        ):
            records = self.env[model].with_context(active_test=False, tracking_disable=True)
            records.search([(fname, 'in', sources.ids)]).write({fname: target.id})
        self._invalidate_contacts()

    def _invalidate_contacts(self):
        self.env['res.partner'].invalidate_model(list(HUB_FIELDS), flush=False)

    # ------------------------------------------------------------
    # TOOLING
    # ------------------------------------------------------------

    def _today(self, company=None):
        company = company or self.company_id
        return fields.Date.context_today(self.with_context(tz=company._growth_timezone()))
