import io
import logging

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_segment import ABC_CLASSES, XYZ_CLASSES
from .res_partner import HUB_FIELDS

_logger = logging.getLogger(__name__)

# What a manager may set; everything else is the result of the segmentation.
MANUAL_FIELDS = {'manual_segment_id', 'manual_reason', 'manual_until'}
RANKING_FIELDS = {'value_rank', 'value_share', 'cumulative_share'}
# A share and the value behind it give away the total of the company.
SHARE_GROUP = 'sales_team.group_sale_salesman_all_leads'
# Others change the same rows now and then; more often than this is more than bad luck.
ATTEMPTS = 3


class GrowthCustomer(models.Model):
    """The hub: what a company knows about one of its customers, a narrow row of its own.

    This file holds the classes and the run that computes them; the words, the matrix and the
    Excel file stand in `growth_customer_*.py`, and other subjects extend the hub likewise.
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
        # The nightly run writes the same in SQL: see _stage_changes.
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
                    "Only the manual segment of a customer can be changed, not: %s.",
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
        partner_domain = Domain('commercial_partner_id', '=', self.partner_id.id)
        xmlid = 'account.action_move_out_invoice_type'
        if company.growth_source == 'order':
            xmlid = 'sale.action_orders'
            partner_domain |= Domain('commercial_partner_id', '=', False) & Domain(
                'partner_id', 'child_of', self.partner_id.id
            )
        action = self.env['ir.actions.act_window']._for_xml_id(xmlid)
        return {**action, 'domain': list(domain & partner_domain), 'context': {'create': False}}

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
    # BUSINESS: SEGMENTATION RUN
    # ------------------------------------------------------------

    @api.model
    def _cron_refresh(self):
        """Segment every company, one after the other.

        A company is one unit of work: it is committed as a whole or not at all. All are marked as
        due when the job begins and unmarked one by one, so a job that was killed or ran out of
        time goes on where it stopped. What a user can mend (a currency without a rate) is kept on
        the company for the matrix to show; other errors do not stop the companies that follow and
        are raised when no company succeeded, for the scheduler to see.
        """
        Company = self.env['res.company']
        companies = Company.search([('growth_is_due', '=', True)], order='id')
        if not companies:
            companies = Company.search([('active', '=', True)], order='id')
            companies.growth_is_due = True
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(companies))
        errors = []
        for company in companies:
            if error := self._refresh_safely(company):
                errors.append(error)
            company.growth_is_due = False
            if not cron._commit_progress(1):
                break
        if errors and len(errors) == len(companies):
            raise errors[-1]

    @api.model
    def _refresh_safely(self, company):
        """Refresh a company for the scheduled job: whatever goes wrong, the job goes on.

        :return: the error that is not the user's to mend, or None
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._refresh(company)
                return None
            except UserError as exception:
                self.env.cr.rollback()
                company.growth_error = str(exception)
                _logger.info("Segmentation of company %s refused: %s", company.id, exception)
                return None
            except SerializationFailure as exception:
                # Somebody changed a row that the run changes too.
                self.env.cr.rollback()
                if attempt == ATTEMPTS:
                    return exception
            except Exception as exception:
                self.env.cr.rollback()
                _logger.exception("Segmentation of company %s failed", company.id)
                return exception

    @api.model
    def _refresh(self, companies=None, as_of=None, reason='recompute'):
        """Segment the customers of some companies as of a day.

        Reads the facts in one statement per company, classifies them with
        `analysis.segmentation`, and writes only the rows that differ.

        :param res.company companies: all when omitted
        :param date as_of: last day of the window; today in each company's time zone when omitted
        :param str reason: why customers move, see `growth.segment.move`
        :return: numbers of `customers` with a class, of rows `changed`, and of those `moved` to
            another segment
        :rtype: dict[str, int]
        :raise UserError: when another run is at work on a company, or when documents use a
            currency without a rate
        """
        if companies is None:
            companies = self.env['res.company'].search([('active', '=', True)])
        counts = dict.fromkeys(('customers', 'changed', 'moved'), 0)
        for company in companies:
            for key, number in self._refresh_company(
                company, as_of or self._today(company), reason
            ).items():
                counts[key] += number
        return counts

    def _refresh_company(self, company, as_of, reason):
        if not company.sudo().try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "The segments of %s are being recomputed right now. Try again in a minute.",
                    company.name,
                )
            )
        self._stage_facts(company, as_of)
        classified = self._stage_verdicts(company, as_of)
        self._stage_changes(company, as_of)
        counts = self._write_changes(company, as_of, reason)
        company.sudo().write(
            {
                'growth_as_of': as_of,
                'growth_refreshed_at': fields.Datetime.now(),
                'growth_error': False,
            }
        )
        self.invalidate_model()
        self._invalidate_contacts()
        return {'customers': classified, **counts}

    def _stage_facts(self, company, as_of):
        """Put the facts of all customers into a temporary table, those of customers who lost
        their last order included."""
        self.flush_model()
        self.env['growth.segment'].flush_model()
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS growth_facts, growth_verdict, growth_change")
        # The look-up of missing rates, which hardly any order needs, is planned for every order: at
        # that price PostgreSQL compiles the statement, for longer than it then runs.
        cr.execute("SET LOCAL jit = off")
        # Made by a CREATE TABLE AS, as only this form of writing is planned in parallel.
        cr.execute(
            SQL(
                "CREATE TEMP TABLE growth_facts ON COMMIT DROP AS %s",
                self.env['growth.sales.facts']._customer_facts(company, as_of),
            )
        )
        cr.execute("ANALYZE growth_facts")
        self._check_currency_rates(company)
        cr.execute(
            SQL(
                """
            INSERT INTO growth_facts (partner_id, revenue, profit, value, order_count)
            SELECT partner_id, 0, 0, 0, 0
              FROM growth_customer
             WHERE company_id = %s
               AND NOT EXISTS (
                       SELECT FROM growth_facts
                        WHERE growth_facts.partner_id = growth_customer.partner_id
                   )
            """,
                company.id,
            )
        )

    def _check_currency_rates(self, company):
        """Refuse facts with a currency that has no rate: Odoo would count it one to one.

        :raise UserError: names the currencies
        """
        unrated = self.env.execute_query(
            SQL(
                "SELECT DISTINCT unrated_currency_id FROM growth_facts "
                "WHERE unrated_currency_id IS NOT NULL"
            )
        )
        if unrated:
            currencies = self.env['res.currency'].sudo().browse(row[0] for row in unrated)
            raise UserError(
                self.env._(
                    "Orders of %(company)s use a currency without a rate: %(currencies)s. "
                    "Enter the rate under Accounting or Settings > Currencies, then recompute.",
                    company=company.name,
                    currencies=", ".join(currencies.mapped('name')),
                )
            )

    def _stage_verdicts(self, company, as_of):
        """Judge the staged facts and put the verdicts that differ from the last ones into a
        temporary table.

        :return: number of customers with a class
        """
        import pandas as pd  # takes seconds to import

        from ..analysis.segmentation import classify

        newcomer_since = fields.Date.subtract(as_of, days=company.growth_grace_days)
        rows = self.env.execute_query(
            SQL(
                """
            SELECT facts.partner_id,
                   facts.value::float8,
                   facts.order_count,
                   facts.demand_cv::float8,
                   COALESCE(facts.first_order_date > %s, FALSE),
                   customer.computed_abc_class,
                   customer.computed_xyz_class,
                   COALESCE(customer.is_loss_making, FALSE),
                   COALESCE(customer.is_newcomer, FALSE)
              FROM growth_facts AS facts
         LEFT JOIN growth_customer AS customer
                ON customer.partner_id = facts.partner_id AND customer.company_id = %s
             -- Nobody else gets a class or loses one.
             WHERE facts.order_count > 0 OR customer.computed_abc_class IS NOT NULL
            """,
                newcomer_since,
                company.id,
            )
        )
        facts = pd.DataFrame.from_records(
            rows,
            columns=[
                'partner_id',
                'value',
                'order_count',
                'demand_cv',
                'is_newcomer',
                'last_abc_class',
                'last_xyz_class',
                'last_is_loss_making',
                'last_is_newcomer',
            ],
        )
        del rows
        facts['demand_cv'] = facts['demand_cv'].astype(float)
        verdicts = classify(facts, company._growth_rules())
        classified = verdicts['abc_class'].notna()
        verdicts['is_newcomer'] = facts['is_newcomer'] & classified
        differs = False
        for column in ('abc_class', 'xyz_class', 'is_loss_making', 'is_newcomer'):
            last = facts[f'last_{column}']
            differs |= (verdicts[column] != last) & ~(verdicts[column].isna() & last.isna())
        verdicts['partner_id'] = facts['partner_id']
        self._copy_verdicts(verdicts[differs])
        return int(classified.sum())

    def _copy_verdicts(self, verdicts):
        cr = self.env.cr
        cr.execute("""
            CREATE TEMP TABLE growth_verdict (
                partner_id int4, abc_class varchar, xyz_class varchar, is_loss_making bool,
                is_newcomer bool
            ) ON COMMIT DROP
        """)
        # COPY, as passing an array for each column costs four times as much on the first run.
        lines = io.StringIO()
        verdicts.to_csv(
            lines,
            sep='\t',
            na_rep=r'\N',
            header=False,
            index=False,
            columns=['partner_id', 'abc_class', 'xyz_class', 'is_loss_making', 'is_newcomer'],
        )
        lines.seek(0)
        cr.copy_expert("COPY growth_verdict FROM STDIN", lines)
        cr.execute("ANALYZE growth_verdict")

    def _stage_changes(self, company, as_of):
        """Put the rows of the hub that differ from what is stored into a temporary table."""
        cells = self.env['growth.segment'].sudo()._get_cells(company).values()
        self.env.cr.execute(
            SQL(
                """
            CREATE TEMP TABLE growth_change ON COMMIT DROP AS
            WITH target AS (
                SELECT customer.id,
                       customer.segment_id AS last_segment_id,
                       facts.*,
                       verdict.partner_id IS NOT NULL AS is_judged,
                       (facts.revenue, facts.profit, facts.value, facts.order_count,
                        facts.demand_cv, facts.first_order_date, facts.last_order_date)
                       IS DISTINCT FROM
                       (customer.revenue, customer.profit, customer.value, customer.order_count,
                        customer.demand_cv, customer.first_order_date, customer.last_order_date)
                           AS is_changed,
                       CASE WHEN verdict.partner_id IS NULL THEN customer.computed_abc_class
                            ELSE verdict.abc_class END AS computed_abc_class,
                       CASE WHEN verdict.partner_id IS NULL THEN customer.computed_xyz_class
                            ELSE verdict.xyz_class END AS computed_xyz_class,
                       COALESCE(verdict.is_loss_making, customer.is_loss_making, FALSE)
                           AS is_loss_making,
                       COALESCE(verdict.is_newcomer, customer.is_newcomer, FALSE) AS is_newcomer,
                       customer.manual_until < %(as_of)s AS is_manual_over,
                       manual.id AS manual_id,
                       manual.abc_class AS manual_abc_class,
                       manual.xyz_class AS manual_xyz_class
                  FROM growth_facts AS facts
             LEFT JOIN growth_verdict AS verdict ON verdict.partner_id = facts.partner_id
             LEFT JOIN growth_customer AS customer
                    ON customer.partner_id = facts.partner_id
                   AND customer.company_id = %(company_id)s
             LEFT JOIN growth_segment AS manual
                    ON manual.id = customer.manual_segment_id
                   AND COALESCE(customer.manual_until >= %(as_of)s, TRUE)
            )
            SELECT target.*,
                   COALESCE(manual_abc_class, computed_abc_class) AS abc_class,
                   COALESCE(manual_xyz_class, computed_xyz_class) AS xyz_class,
                   cell.id AS segment_id
              FROM target
         LEFT JOIN growth_segment AS cell
                ON cell.id IN %(cell_ids)s
               AND cell.abc_class = COALESCE(manual_abc_class, computed_abc_class)
               AND cell.xyz_class = COALESCE(manual_xyz_class, computed_xyz_class)
             WHERE target.id IS NULL
                OR is_judged
                OR is_changed
                OR is_manual_over
                OR last_segment_id IS DISTINCT FROM cell.id
            """,
                as_of=as_of,
                company_id=company.id,
                cell_ids=tuple(cell.id for cell in cells) or (0,),
            )
        )

    def _write_changes(self, company, as_of, reason):
        """Write the staged changes and the moves they make.

        Raw SQL, as the ORM would take ten times as long for the first run. Nothing hangs on these
        fields but the fields of this model, and those are in the statement.
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            UPDATE growth_customer
               SET revenue = change.revenue,
                   profit = change.profit,
                   value = change.value,
                   order_count = change.order_count,
                   demand_cv = change.demand_cv,
                   first_order_date = change.first_order_date,
                   last_order_date = change.last_order_date,
                   computed_abc_class = change.computed_abc_class,
                   computed_xyz_class = change.computed_xyz_class,
                   is_loss_making = change.is_loss_making,
                   is_newcomer = change.is_newcomer,
                   abc_class = change.abc_class,
                   xyz_class = change.xyz_class,
                   segment_id = change.segment_id,
                   manual_segment_id = change.manual_id,
                   manual_reason = CASE WHEN change.manual_id IS NOT NULL THEN manual_reason END,
                   manual_until = CASE WHEN change.manual_id IS NOT NULL THEN manual_until END,
                   manual_author_id =
                       CASE WHEN change.manual_id IS NOT NULL THEN manual_author_id END,
                   write_uid = %(uid)s,
                   write_date = %(now)s
              FROM growth_change AS change
             WHERE growth_customer.id = change.id
            """,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        changed = cr.rowcount
        cr.execute(
            SQL(
                """
            INSERT INTO growth_customer (
                company_id, partner_id, revenue, profit, value, order_count, demand_cv,
                first_order_date, last_order_date, computed_abc_class, computed_xyz_class,
                is_loss_making, is_newcomer, abc_class, xyz_class, segment_id,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(company_id)s, partner_id, revenue, profit, value, order_count, demand_cv,
                   first_order_date, last_order_date, computed_abc_class, computed_xyz_class,
                   is_loss_making, is_newcomer, abc_class, xyz_class, segment_id,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_change
             WHERE id IS NULL
            """,
                company_id=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        changed += cr.rowcount
        # The first run of a company moves nobody: there is nothing the customers came from.
        moved = self._log_computed_moves(company, as_of, reason) if company.growth_as_of else 0
        return {'changed': changed, 'moved': moved}

    def _log_computed_moves(self, company, as_of, reason):
        Move = self.env['growth.segment.move']
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO growth_segment_move (
                customer_id, company_id, partner_id, date, from_segment_id, to_segment_id,
                direction, reason, value, create_uid, create_date, write_uid, write_date
            )
            SELECT customer.id, customer.company_id, customer.partner_id, %(as_of)s,
                   last_segment.id, segment.id, %(direction)s,
                   CASE WHEN change.is_manual_over THEN 'manual_end' ELSE %(reason)s END,
                   change.value, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_change AS change
              JOIN growth_customer AS customer
                ON customer.partner_id = change.partner_id
               AND customer.company_id = %(company_id)s
         LEFT JOIN growth_segment AS last_segment ON last_segment.id = change.last_segment_id
         LEFT JOIN growth_segment AS segment ON segment.id = change.segment_id
             -- A cell of its own that a company gets or loses is no move.
             WHERE last_segment.sequence IS DISTINCT FROM segment.sequence
            """,
                as_of=as_of,
                reason=reason,
                direction=Move._direction_sql('last_segment', 'segment'),
                company_id=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        moved = self.env.cr.rowcount
        Move.invalidate_model()
        return moved

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
        """Point all customers to the segment of their cell, after cells were added or changed.

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
    def _merge_customers(self, sources, target):
        """Merge the growth records of contacts that become one: the history of all and the first
        manual segment stay, the figures come with the next run.

        :param res.partner sources: contacts that go
        :param res.partner target: contact that stays
        """
        customers = self.search([('partner_id', 'in', (sources | target).ids)])
        for group in customers.grouped('company_id').values():
            kept = group.filtered(lambda customer: customer.partner_id == target) or group[0]
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

    def _invalidate_contacts(self):
        self.env['res.partner'].invalidate_model(list(HUB_FIELDS), flush=False)

    # ------------------------------------------------------------
    # TOOLING
    # ------------------------------------------------------------

    def _today(self, company=None):
        company = company or self.company_id
        return fields.Date.context_today(self.with_context(tz=company._growth_timezone()))
