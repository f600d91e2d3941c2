from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

OUTCOMES = [
    ('open', "Open"),
    ('reopened', "Reopened"),
    ('recovered', "Recovered"),
]
# What people state about a refusal; everything else the log finds out by itself.
STATED_FIELDS = (
    'note',
    'competitor_id',
    'our_price',
    'their_price',
    'product_id',
    'requested_product',
    'is_no_contact',
)
# Under this key of the context, what was stated travels from where a lead is lost to the log.
CONTEXT_KEY = 'growth_refusal'
# Under `growth_restating` of the context: the log gives a lead its better reason itself. An object,
# as no caller from outside can send one.
RESTATING = object()


class GrowthRefusal(models.Model):
    """The log of refusals: a row each time a lead is lost, kept for ever.

    Nobody edits or deletes it. `crm.lead` alone writes it, with what was true at that moment
    (`growth_refusal_log.py`); a better reason may replace the first one, and leaves a trail
    (`growth_refusal_reason.py`). This file holds the fields and the measures of the reports; the
    follow-up, the catalogue and the history of before stand in other `growth_refusal_*.py`.
    """

    _name = 'growth.refusal'
    _description = "Refusal"
    _order = 'date desc, id desc'
    _rec_name = 'lead_name'

    # The lead, as it was
    lead_id = fields.Many2one(
        comodel_name='crm.lead', index='btree_not_null', ondelete='set null', readonly=True
    )
    lead_name = fields.Char(readonly=True)
    lead_type = fields.Selection(
        selection=[('lead', "Lead"), ('opportunity', "Opportunity")], readonly=True
    )
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, ondelete='cascade', readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Customer",
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
    )
    customer_name = fields.Char(
        readonly=True, help="As the lead had it: also where it was no contact yet."
    )
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Customer Segment",
        ondelete='set null',
        readonly=True,
        help="Segment of the customer at that time.",
    )
    team_id = fields.Many2one(
        comodel_name='crm.team', string="Sales Team", ondelete='set null', readonly=True
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        help="Salesperson of the lead at that time.",
    )
    author_id = fields.Many2one(
        comodel_name='res.users',
        string="Lost By",
        ondelete='set null',
        readonly=True,
        help="Who marked the lead as lost.",
    )
    stage_id = fields.Many2one(
        comodel_name='crm.stage',
        ondelete='set null',
        readonly=True,
        help="Stage of the lead at that time.",
    )
    # Stages are renamed, moved and deleted: what was there stays readable.
    stage_name = fields.Char(string="Stage Name Then", readonly=True)
    stage_sequence = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    source_id = fields.Many2one(comodel_name='utm.source', ondelete='set null', readonly=True)
    currency_id = fields.Many2one(comodel_name='res.currency', required=True, readonly=True)
    expected_revenue = fields.Monetary(
        readonly=True, help="Expected revenue of the lead at that time."
    )
    date = fields.Datetime(string="Refused On", required=True, readonly=True)
    # Of the date, in the company's time zone: what delays and periods are counted from.
    day = fields.Date(readonly=True, export_string_translation=False)
    is_estimated = fields.Boolean(
        string="Estimated",
        readonly=True,
        help="Rebuilt from a lead that was lost or imported without being watched: the day and "
        "the people may differ.",
    )

    # What was said
    reason_id = fields.Many2one(
        comodel_name='crm.lost.reason', index='btree_not_null', ondelete='restrict', readonly=True
    )
    category = fields.Selection(related='reason_id.category', store=True, precompute=True)
    is_controllable = fields.Boolean(related='reason_id.is_controllable')
    note = fields.Text(readonly=True)
    competitor_id = fields.Many2one(
        comodel_name='growth.competitor',
        index='btree_not_null',
        ondelete='restrict',
        readonly=True,
    )
    our_price = fields.Monetary(readonly=True, aggregator='avg')
    their_price = fields.Monetary(
        readonly=True,
        aggregator='avg',
        help="What the customer pays elsewhere or would be ready to pay.",
    )
    requested_product = fields.Char(readonly=True)
    product_id = fields.Many2one(
        comodel_name='product.product',
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        help="The requested product, as far as the catalogue has it.",
    )
    product_categ_id = fields.Many2one(related='product_id.categ_id')
    is_carried = fields.Boolean(
        string="We Do Carry It",
        compute='_compute_is_carried',
        store=True,
        precompute=True,
        help="The customer said no because of the range, and the catalogue has what was asked "
        "for: a case for coaching.",
    )
    is_no_contact = fields.Boolean(
        string="No More Contact",
        readonly=True,
        help="The customer asked not to be contacted any more.",
    )

    # The real reason
    is_unresolved = fields.Boolean(
        string="Unresolved",
        compute='_compute_is_unresolved',
        store=True,
        precompute=True,
        help="Only an excuse is known so far, or nothing.",
    )
    statement_ids = fields.One2many(
        comodel_name='growth.refusal.statement', inverse_name='refusal_id', readonly=True
    )

    # What became of it
    outcome = fields.Selection(
        selection=OUTCOMES, required=True, default='open', readonly=True, index=True
    )
    reopened_date = fields.Datetime(string="Reopened On", readonly=True)
    recovered_date = fields.Datetime(string="Recovered On", readonly=True)
    recovered_revenue = fields.Monetary(
        readonly=True, help="Expected revenue of the lead when it was won after all."
    )
    days_to_recover = fields.Integer(
        string="Days to Recover",
        readonly=True,
        aggregator='avg',
        help="Days from the refusal to winning the lead.",
    )

    # Measures of the reports, which exist for groups of refusals only
    refusal_share = fields.Float(
        string="Share of Refusals", compute='_compute_measures', aggregator='sum'
    )
    recovered_share = fields.Float(compute='_compute_measures', aggregator='avg')

    _date_idx = models.Index("(company_id, date)")

    _check_prices = models.Constraint(
        'CHECK (our_price >= 0 AND their_price >= 0)', "A price cannot be negative."
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('product_id', 'reason_id.category')
    def _compute_is_carried(self):
        for refusal in self:
            refusal.is_carried = refusal.product_id and refusal.category == 'product'

    @api.depends('reason_id.is_excuse', 'outcome')
    def _compute_is_unresolved(self):
        for refusal in self:
            # Who bought after all has nothing left to be asked.
            refusal.is_unresolved = refusal.outcome != 'recovered' and (
                not refusal.reason_id or refusal.reason_id.is_excuse
            )

    @api.depends('outcome')
    def _compute_measures(self):
        for refusal in self:
            refusal.refusal_share = 0.0
            refusal.recovered_share = float(refusal.outcome == 'recovered')

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_state_reason(self):
        """Ask for the reason that really made the customer say no."""
        self.check_access('read')
        if not self:
            raise UserError(self.env._("Select refusals, or leads that are lost."))
        context = {'default_refusal_ids': self.ids, 'dialog_size': 'medium'}
        title = self.env._("State the Real Reason")
        if not any(refusal.is_unresolved for refusal in self):
            title = self.env._("Correct the Reason")
        if len(self) == 1:
            context.update(
                {f'default_{fname}': value for fname, value in self._get_known().items()}
            )
        return {
            'name': title,
            'display_name': title,
            'type': 'ir.actions.act_window',
            'res_model': 'growth.refusal.reason.wizard',
            'views': [(False, 'form')],
            'view_mode': 'form',
            'target': 'new',
            'context': context,
        }

    def action_restore_lead(self):
        """Take the lead back into the pipeline and open it."""
        self.ensure_one()
        if not self.lead_id:
            raise UserError(self.env._("The lead of this refusal was deleted."))
        lead = self.lead_id
        if lead.won_status == 'lost':
            lead.action_restore()
        return lead.redirect_lead_opportunity_view()

    @api.model
    def _action_view(self, domain):
        """The window action of some refusals, the list first.

        :rtype: dict
        """
        action = self.env['ir.actions.act_window']._for_xml_id('sales_growth.growth_refusal_action')
        view_modes = ('list', 'pivot', 'graph', 'form')
        return {
            **action,
            'domain': domain,
            'context': {'create': False},
            'view_mode': ','.join(view_modes),
            'views': [(False, view_mode) for view_mode in view_modes],
        }

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        # Sums over sums, at any grouping: an average of percentages would be wrong.
        if aggregate_spec.startswith('refusal_share:'):
            return SQL(
                "COUNT(*)::float8 / NULLIF((SELECT COUNT(*) FROM %s WHERE %s), 0)",
                query.from_clause,
                query.where_clause or SQL("TRUE"),
            )
        if aggregate_spec.startswith('recovered_share:'):
            return SQL(
                "COUNT(*) FILTER (WHERE %s = 'recovered')::float8 / NULLIF(COUNT(*), 0)",
                self._field_to_sql(self._table, 'outcome', query),
            )
        # What is not recovered has no days, not none of them.
        if aggregate_spec == 'days_to_recover:avg':
            return SQL(
                "%s FILTER (WHERE %s = 'recovered')",
                super()._read_group_select(aggregate_spec, query),
                self._field_to_sql(self._table, 'outcome', query),
            )
        return super()._read_group_select(aggregate_spec, query)
