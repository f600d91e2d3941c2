from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, html2plaintext

OUTCOMES = [
    ('open', "Open"),
    ('reopened', "Reopened"),
    ('recovered', "Recovered"),
]
FOLLOW_UP_STATES = [
    ('none', "None"),
    ('waiting', "Waiting"),
    ('planned', "Planned"),
    ('stopped', "Stopped"),
]
STOP_REASONS = [
    ('reopened', "The lead is open again"),
    ('rule', "The reason has no follow-up"),
    ('bought', "The customer bought"),
    ('blacklisted', "The address is blacklisted"),
    ('no_contact', "The customer asked not to be contacted"),
    ('merged', "Followed up with the lead it was merged into"),
    ('no_record', "Neither lead nor customer is left"),
    ('no_user', "Nobody is left to do it"),
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


class GrowthRefusal(models.Model):
    """The log of refusals: a row each time a lead is lost, kept for ever.

    Written by `crm.lead` alone (`_log`, `_reopen`, `_recover`), with what was true at that moment.
    Nobody edits or deletes it; a better reason replaces the first one through `_restate`, which
    keeps the trail. The follow-up and the history of before stand in `growth_refusal_*.py`.
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

    # ------------------------------------------------------------
    # BUSINESS: THE LOG
    # ------------------------------------------------------------

    @api.model
    def _log(self, leads, stated):
        """Write down that some leads were lost just now.

        :param crm.lead leads: leads that became lost
        :param dict stated: of `_get_stated`
        :rtype: growth.refusal
        """
        segments = self._get_segments(leads)
        # The log is closed to users: it is written for them.
        refusals = self.sudo().create(
            [self._prepare_vals(lead, stated, segments) for lead in leads]
        )
        refusals._take_over_no_contact(stated)
        return refusals

    @api.model
    def _get_open(self, leads):
        """The refusals of lost leads that the user may see.

        :rtype: growth.refusal
        """
        return self.search([('lead_id', 'in', leads.ids), ('outcome', '=', 'open')])

    def _take_over_no_contact(self, stated):
        """Remember for all subjects that the customers asked not to be contacted."""
        if stated.get('is_no_contact'):
            self.sudo().partner_id.growth_no_contact = True

    @api.model
    def _prepare_vals(self, lead, stated, segments):
        """Values of the refusal of a lead that is lost now.

        :param dict stated: of `_get_stated`
        :param dict segments: of `_get_segments`
        :rtype: dict
        """
        company = lead.company_id or self.env.company
        customer = lead.partner_id.commercial_partner_id
        # An imported lead was lost some other day, which the file may tell.
        is_imported = self.env.context.get('import_file', False)
        moment = lead.date_closed if is_imported and lead.date_closed else fields.Datetime.now()
        day = self._get_day(company, moment)
        return {
            'lead_id': lead.id,
            'lead_name': lead.name,
            'lead_type': lead.type,
            'company_id': company.id,
            'partner_id': customer.id,
            'customer_name': customer.name or lead.partner_name or lead.contact_name,
            'segment_id': segments.get((company.id, customer.id)),
            'team_id': lead.team_id.id,
            'user_id': lead.user_id.id,
            'author_id': self.env.uid,
            'stage_id': lead.stage_id.id,
            'stage_name': lead.stage_id.name,
            'stage_sequence': lead.stage_id.sequence,
            'source_id': lead.source_id.id,
            'currency_id': company.currency_id.id,
            'expected_revenue': lead.expected_revenue,
            'date': moment,
            'day': day,
            'is_estimated': is_imported,
            'reason_id': lead.lost_reason_id.id,
            **stated,
            **self._prepare_follow_up(lead.lost_reason_id, day, is_imported),
        }

    @api.model
    def _get_stated(self, vals):
        """What people stated, reduced to what they may state and completed.

        :param dict vals: values of `STATED_FIELDS`; others are left out
        :rtype: dict
        """
        if not isinstance(vals or {}, dict):
            raise UserError(
                self.env._(
                    "What was said about a refusal is given by field: %s.", ", ".join(STATED_FIELDS)
                )
            )
        stated = {fname: vals[fname] for fname in STATED_FIELDS if (vals or {}).get(fname)}
        if 'note' in stated:
            stated['note'] = html2plaintext(str(stated['note'])).strip()
        if 'competitor_id' in stated:
            self.env['growth.competitor'].browse(stated['competitor_id']).check_access('read')
        if 'product_id' in stated:
            product = self.env['product.product'].browse(stated['product_id'])
            product.check_access('read')
            stated.setdefault('requested_product', product.name)
        elif 'requested_product' in stated:
            stated['product_id'] = self._find_product(stated['requested_product']).id
        return stated

    @api.model
    def _get_segments(self, leads):
        """Segments of the customers of some leads.

        :rtype: dict[tuple[int, int], int]
        """
        customers = (
            self.env['growth.customer']
            .sudo()
            .search_fetch(
                [
                    ('partner_id', 'in', leads.partner_id.commercial_partner_id.ids),
                    ('company_id', 'in', (leads.company_id | self.env.company).ids),
                    ('segment_id', '!=', False),
                ],
                ['company_id', 'partner_id', 'segment_id'],
                order='id',
            )
        )
        return {
            (customer.company_id.id, customer.partner_id.id): customer.segment_id.id
            for customer in customers
        }

    @api.model
    def _get_day(self, company, moment):
        """The day of a moment in a company's time zone.

        :rtype: date
        """
        return fields.Datetime.context_timestamp(
            self.with_context(tz=company._growth_timezone()), moment
        ).date()

    @api.model
    def _reopen(self, leads):
        """Close the open refusals of leads that are not lost any more."""
        refusals = self.sudo().search([('lead_id', 'in', leads.ids), ('outcome', '=', 'open')])
        refusals._mark_reopened()

    def _mark_reopened(self):
        self._stop_follow_up('reopened')
        self.write({'outcome': 'reopened', 'reopened_date': fields.Datetime.now()})

    @api.model
    def _recover(self, leads):
        """Close the last refusal of each lead that was won after all.

        The ones before were refused again: they stay reopened, so that no revenue counts twice.
        """
        now = fields.Datetime.now()
        refusals = self.sudo().search([('lead_id', 'in', leads.ids)])
        for history in refusals.grouped('lead_id').values():
            history.filtered(lambda refusal: refusal.outcome == 'open')._mark_reopened()
            last = history[0]
            last.write(
                {
                    'outcome': 'recovered',
                    'recovered_date': now,
                    'recovered_revenue': last._get_lead_revenue(),
                    'days_to_recover': (now - last.date).days,
                }
            )

    @api.model
    def _lose_recovery(self, leads):
        """Take back that refusals were recovered, of leads that are not won any more."""
        refusals = self.sudo().search([('lead_id', 'in', leads.ids), ('outcome', '=', 'recovered')])
        refusals.write(
            {
                'outcome': 'reopened',
                'recovered_date': False,
                'recovered_revenue': 0.0,
                'days_to_recover': 0,
            }
        )

    @api.model
    def _update_recovered_revenue(self, leads):
        """Follow the expected revenue of leads that are won, which the order corrects."""
        refusals = self.sudo().search([('lead_id', 'in', leads.ids), ('outcome', '=', 'recovered')])
        for refusal in refusals:
            refusal.recovered_revenue = refusal._get_lead_revenue()

    def _get_lead_revenue(self):
        """Expected revenue of the lead in the currency of the refusal: since then the lead may
        have gone to a company with another one.

        :rtype: float
        """
        self.ensure_one()
        company = self.lead_id.company_id or self.company_id
        return company.currency_id._convert(
            self.lead_id.expected_revenue, self.currency_id, self.company_id, fields.Date.today()
        )

    @api.model
    def _merge(self, sources, target):
        """Hand the history of leads that are merged to the one that stays.

        :param crm.lead sources: leads that go
        :param crm.lead target: lead that stays
        """
        refusals = self.sudo().search([('lead_id', 'in', sources.ids)])
        still_open = refusals.filtered(lambda refusal: refusal.outcome == 'open')
        refusals.write({'lead_id': target.id})
        if target.won_status == 'lost':
            still_open._stop_follow_up('merged')
        else:
            still_open._mark_reopened()

    # ------------------------------------------------------------
    # BUSINESS: THE REAL REASON
    # ------------------------------------------------------------

    def _get_known(self):
        """What is stated already, as defaults of the dialogue. The note on an excuse is none of
        the real reason.

        :rtype: dict
        """
        self.ensure_one()
        return {
            fname: self._fields[fname].convert_to_write(self[fname], self)
            for fname in STATED_FIELDS
            if fname != 'note' or not self.is_unresolved
        }

    def _check_stated(self, reason, stated, is_single):
        """Refuse a better reason without what it asks for, where the settings require a reason.

        :param crm.lost.reason reason:
        :param dict stated: by field; what is known already need not be stated again
        :param bool is_single: whether one refusal is corrected, and not several at once
        :raise UserError: when something is missing
        """
        stated = self._get_stated(stated)
        for refusal in self.sudo():
            if refusal.company_id.growth_refusal_policy == 'required':
                reason._check_stated({**refusal._get_known(), **stated}, is_single)

    def _restate(self, reason, stated=None):
        """Replace the reason of refusals by a better one; the trail keeps what was known.

        A lead that is still lost for the former reason gets the new one, and the follow-up of the
        former reason ends in favour of the new one's.

        :param crm.lost.reason reason:
        :param dict stated: what else was said, by `STATED_FIELDS`; what is left out stays
        """
        vals = {'reason_id': reason.id, **self._get_stated(stated)}
        refusals = self.sudo().filtered(
            lambda refusal: any(
                refusal._fields[fname].convert_to_write(refusal[fname], refusal) != value
                for fname, value in vals.items()
            )
        )
        self.env['growth.refusal.statement'].sudo().create(
            [refusal._prepare_statement(reason) for refusal in refusals]
        )
        changed = refusals.filtered(lambda refusal: refusal.reason_id != reason)
        leads = changed.filtered(
            lambda refusal: (
                refusal.outcome == 'open' and refusal.lead_id.lost_reason_id == refusal.reason_id
            )
        ).lead_id
        refusals.write(vals)
        refusals._take_over_no_contact(vals)
        changed._restart_follow_up()
        leads.with_env(self.env)._filtered_access('write').lost_reason_id = reason

    def _prepare_statement(self, reason):
        """Values of the trail: what was known until now.

        :param crm.lost.reason reason: what replaces it
        :rtype: dict
        """
        self.ensure_one()
        return {
            'refusal_id': self.id,
            'date': fields.Datetime.now(),
            'user_id': self.env.uid,
            'from_reason_id': self.reason_id.id,
            'to_reason_id': reason.id,
            'note': self.note,
            'competitor_id': self.competitor_id.id,
            'our_price': self.our_price,
            'their_price': self.their_price,
            'requested_product': self.requested_product,
        }
