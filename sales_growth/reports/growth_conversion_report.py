from odoo import api, fields, models
from odoo.models import parse_read_group_spec
from odoo.tools import SQL, Query

from ..models.growth_funnel_event import CUSTOMER_KINDS

# Rates are counted for groups of rows, as sums over sums: an average of percentages would be wrong.
RATES = ('conversion', 'plan', 'gap')
# What adds up over rows. All of these and the rates can be told from sums of rows.
COUNTS = ('entered', 'passed', 'lost', 'still_open', 'unripe')
# In the joins to the names by which these are sorted, the database would meet each row of the
# report; their records are few.
SORTED_BY_RANK = ('user_id', 'team_id', 'step_id', 'company_id', 'source_id', 'segment_id')


class GrowthConversionReport(models.Model):
    """A row for each lead and step that it came to: passed, lost there or still open.

    Two readings, chosen by `growth_reading` of the context. By entry (`entry`, the default), a row
    counts in the period in which the lead came to the step: of those who entered, how many have
    passed by now. Events in the period (`event`): coming, passing and losing each count on the day
    on which they happened.

    A step that was passed belongs to the salesperson of that moment, one where the lead was lost to
    the one who lost it, an open one to the one who has the lead.
    """

    _name = 'growth.conversion.report'
    _description = "Conversion Analysis"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'lead_id'

    lead_id = fields.Many2one(comodel_name='crm.lead', readonly=True)
    step_id = fields.Many2one(comodel_name='growth.funnel.step', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    team_id = fields.Many2one(comodel_name='crm.team', string="Sales Team", readonly=True)
    user_id = fields.Many2one(comodel_name='res.users', string="Salesperson", readonly=True)
    date = fields.Date(
        readonly=True,
        help="Day on which the lead came to the step, in the company's time zone. Among the events "
        "of a period: day of the event.",
    )
    source_id = fields.Many2one(comodel_name='utm.source', readonly=True)
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Customer Segment",
        readonly=True,
        help="Segment of the customer when the step was passed; today's while it is not.",
    )
    customer_kind = fields.Selection(
        selection=CUSTOMER_KINDS,
        readonly=True,
        help="Existing: the customer had bought before the lead came.",
    )
    state = fields.Selection(
        selection=[
            ('entered', "At Step"),
            ('passed', "Step Passed"),
            ('lost', "Lost at Step"),
            ('open', "Open"),
            ('archived', "Archived"),
        ],
        readonly=True,
        help="What became of the lead at the step. Among the events of a period: what happened.",
    )
    is_estimated = fields.Boolean(
        string="Estimated",
        readonly=True,
        help="Found in the history or imported without being watched.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', readonly=True)

    # Measures
    entered = fields.Integer(string="Came to Step", readonly=True)
    passed = fields.Integer(readonly=True)
    lost = fields.Integer(string="Lost Here", readonly=True)
    still_open = fields.Integer(
        readonly=True, help="Neither passed nor lost, leads in the archive included."
    )
    unripe = fields.Integer(
        string="Not Judged Yet",
        readonly=True,
        help="Still open, and within the ripening time of the step.",
    )
    conversion = fields.Float(
        compute='_compute_rates',
        aggregator='avg',
        help="Passed out of those who entered, without those who are open and may still ripen.",
    )
    plan = fields.Float(compute='_compute_rates', aggregator='avg')
    gap = fields.Float(
        string="Gap (points)",
        compute='_compute_rates',
        aggregator='avg',
        help="Conversion less plan, in percentage points.",
    )
    days = fields.Integer(
        string="Median Days in Step",
        readonly=True,
        aggregator='avg',
        help="Half of the leads that passed took no longer.",
    )
    value = fields.Monetary(string="Lead Value", readonly=True)

    _depends = {
        'growth.funnel.event': [
            'company_id',
            'currency_id',
            'customer_kind',
            'day',
            'days',
            'entry_day',
            'is_estimated',
            'is_taken_over',
            'lead_id',
            'segment_id',
            'source_id',
            'step_id',
            'team_id',
            'user_id',
            'value',
        ],
        'crm.lead': [
            'active',
            'create_date',
            'expected_revenue',
            'growth_lost_date',
            'growth_lost_team_id',
            'growth_lost_user_id',
            'growth_step_date',
            'growth_step_id',
            'partner_id',
            'source_id',
            'team_id',
            'user_id',
            'won_status',
        ],
        'growth.customer': ['company_id', 'first_order_date', 'partner_id', 'segment_id'],
        'growth.funnel.plan': ['date_from', 'rate', 'step_id', 'team_id', 'user_id'],
        'growth.funnel.step': ['company_id', 'ripening_days'],
        'res.company': ['currency_id'],
        'res.partner': ['commercial_partner_id'],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    def _compute_rates(self):
        plans = self._get_plans()
        for row in self:
            row.plan = plans.get(row.id, 0.0)
            row.conversion = float(row.passed)
            is_judged = row.entered > row.unripe and row.id in plans
            row.gap = 100 * (row.conversion - row.plan) if is_judged else 0.0

    def _get_plans(self):
        """The plan of each row that has one.

        :rtype: dict[int, float]
        """
        query = self._search([('id', 'in', self.ids)])
        plan = self._join_plan(query)
        return {
            row_id: rate
            for row_id, rate in self.env.execute_query(
                query.select(self._field_to_sql(self._table, 'id', query), plan)
            )
            if rate is not None
        }

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        if self.env.context.get('growth_reading') == 'event':
            return SQL(" UNION ALL ").join(
                [
                    self._select_passed(2, SQL("event.entry_day"), is_entered=True),
                    self._select_passed(3, SQL("event.day"), is_passed=True),
                    self._select_standing(4, SQL("lead.growth_step_date"), is_entered=True),
                    SQL(
                        "%s AND lead.won_status = 'lost'",
                        self._select_standing(5, SQL("lead.growth_lost_date"), is_lost=True),
                    ),
                ]
            )
        return SQL(
            "%s UNION ALL %s",
            self._select_passed(0, SQL("event.entry_day"), is_entered=True, is_passed=True),
            self._select_standing(1, SQL("lead.growth_step_date"), is_entered=True, is_lost=True),
        )

    def _select_passed(self, number, date, is_entered=False, is_passed=False):
        """Rows of the steps that leads have passed.

        :param int number: tells the rows of one event apart, in both readings; below 8
        :rtype: SQL
        """
        return SQL(
            """
            SELECT event.id::int8 * 8 + %(number)s AS id,
                   event.lead_id, event.step_id, event.company_id, event.team_id, event.user_id,
                   %(date)s AS date,
                   event.source_id, event.segment_id, event.customer_kind,
                   %(state)s::varchar AS state, event.is_estimated, event.currency_id,
                   %(entered)s AS entered, %(passed)s AS passed,
                   0 AS lost, 0 AS still_open, 0 AS unripe,
                   %(days)s AS days, %(value)s AS value
              FROM growth_funnel_event AS event
             WHERE event.is_taken_over IS NOT TRUE
            """,
            number=number,
            date=date,
            state='passed' if is_passed else 'entered',
            entered=SQL("1" if is_entered else "0"),
            passed=SQL("1" if is_passed else "0"),
            days=SQL("event.days" if is_passed else "NULL::int4"),
            # Each amount counts once.
            value=SQL("event.value" if is_entered else "0"),
        )

    def _select_standing(self, number, date, is_entered=False, is_lost=False):
        """Rows of the steps where leads stand.

        :param int number: tells the rows of one lead apart, in both readings; below 8
        :rtype: SQL
        """
        lost = SQL("lead.won_status = 'lost'")
        still_open = SQL("CASE WHEN %s THEN 0 ELSE 1 END", lost) if is_entered else SQL("0")
        # Among the events of a period nobody is followed from coming to passing.
        unripe = SQL("0")
        state = SQL("'entered'" if is_entered else "'lost'")
        if is_entered and is_lost:
            state = SQL(
                "CASE WHEN %s THEN 'lost' WHEN lead.active THEN 'open' ELSE 'archived' END", lost
            )
            unripe = SQL(
                "CASE WHEN lead.growth_step_date > %s - step.ripening_days THEN %s ELSE 0 END",
                self.env.company._growth_day(fields.Datetime.now()),
                still_open,
            )
        return SQL(
            """
            SELECT lead.id::int8 * 8 + %(number)s AS id,
                   lead.id AS lead_id, step.id AS step_id, step.company_id,
                   CASE WHEN %(lost)s THEN lead.growth_lost_team_id
                        ELSE lead.team_id END AS team_id,
                   CASE WHEN %(lost)s THEN lead.growth_lost_user_id
                        ELSE lead.user_id END AS user_id,
                   %(date)s AS date,
                   lead.source_id, customer.segment_id,
                   CASE WHEN customer.first_order_date < lead.create_date::date THEN 'repeat'
                        ELSE 'new' END::varchar AS customer_kind,
                   %(state)s::varchar AS state,
                   FALSE AS is_estimated, company.currency_id,
                   %(entered)s AS entered, 0 AS passed,
                   %(is_lost)s AS lost, %(still_open)s AS still_open,
                   %(unripe)s AS unripe,
                   NULL::int4 AS days, %(value)s AS value
              FROM crm_lead AS lead
              JOIN growth_funnel_step AS step ON step.id = lead.growth_step_id
         LEFT JOIN res_company AS company ON company.id = step.company_id
         LEFT JOIN res_partner AS contact
                ON contact.id = lead.partner_id
               -- Always true, but names what the join below does, too: so the database sees that it
               -- can leave out both where nobody asks for the customer.
               AND step.company_id IS NOT NULL
         LEFT JOIN growth_customer AS customer
                ON customer.company_id = step.company_id
               AND customer.partner_id = contact.commercial_partner_id
             WHERE lead.growth_step_id IS NOT NULL
            """,
            number=number,
            date=date,
            state=state,
            entered=SQL("1" if is_entered else "0"),
            lost=lost,
            is_lost=SQL("CASE WHEN %s THEN 1 ELSE 0 END", lost) if is_lost else SQL("0"),
            still_open=still_open,
            value=SQL("lead.expected_revenue" if is_entered else "0"),
            unripe=unripe,
        )

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        report = self if having else self._with_condensed(groupby, aggregates, order)
        return super(GrowthConversionReport, report)._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        groupby = [spec for grouping_set in grouping_sets for spec in grouping_set]
        report = self._with_condensed(groupby, aggregates, order)
        return super(GrowthConversionReport, report)._read_grouping_sets(
            domain, grouping_sets, aggregates, order
        )

    @api.model
    def _search(self, domain, *args, **kwargs):
        query = super()._search(domain, *args, **kwargs)
        fnames = self._get_condensed()
        return query if fnames is None or query.is_empty() else self._condense(query, fnames)

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == '__count' and self._get_condensed() is not None:
            return SQL("SUM(%s)", SQL.identifier(self._table, 'number'))
        fname, _colon, _aggregate = aggregate_spec.partition(':')
        if fname in RATES:
            return self._select_rate(fname, query)
        if aggregate_spec == 'days:avg':
            return SQL(
                "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)",
                self._field_to_sql(self._table, 'days', query),
            )
        return super()._read_group_select(aggregate_spec, query)

    def _select_rate(self, fname, query):
        """A rate of a group of rows.

        :param str fname: of `RATES`
        :rtype: SQL
        """

        def column(name):
            return self._field_to_sql(self._table, name, query)

        judged = SQL("%s - %s", column('entered'), column('unripe'))
        conversion = SQL("SUM(%s)::float8 / NULLIF(SUM(%s), 0)", column('passed'), judged)
        if fname == 'conversion':
            return conversion
        plan = self._join_plan(query)
        # Leads without a plan say nothing about it.
        rate = SQL(
            "(SUM(%(plan)s * (%(judged)s))"
            " / NULLIF(SUM(%(judged)s) FILTER (WHERE %(plan)s IS NOT NULL), 0))::float8",
            plan=plan,
            judged=judged,
        )
        return rate if fname == 'plan' else SQL("100 * (%s - %s)", conversion, rate)

    def _join_plan(self, query):
        """Join the plans that hold for each row to a query, once for all measures.

        :return: the most specific one
        :rtype: SQL
        """
        Plan = self.env['growth.funnel.plan']
        rates = []
        for scope in ('user_id', 'team_id', ''):
            alias = query.make_alias(self._table, f'plan_{scope or "general"}')
            query.add_join(
                'LEFT JOIN',
                alias,
                Plan._get_periods(scope),
                SQL(
                    "%(plan_step)s = %(step)s AND %(plan_scope)s = %(scope)s"
                    " AND %(date)s >= %(date_from)s AND %(date)s < %(date_to)s",
                    plan_step=SQL.identifier(alias, 'step_id'),
                    step=self._field_to_sql(self._table, 'step_id', query),
                    plan_scope=SQL.identifier(alias, 'scope_id'),
                    scope=self._field_to_sql(self._table, scope, query) if scope else SQL("0"),
                    date=self._field_to_sql(self._table, 'date', query),
                    date_from=SQL.identifier(alias, 'date_from'),
                    date_to=SQL.identifier(alias, 'date_to'),
                ),
            )
            rates.append(SQL.identifier(alias, 'rate'))
        return SQL("COALESCE(%s)", SQL(", ").join(rates))

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if alias == self._table and field_name in SORTED_BY_RANK:
            records = self.env[self._fields[field_name].comodel_name]
            ids = records.sudo().with_context(active_test=False)._search([], order=records._order)
            sql_field = self._field_to_sql(alias, field_name, query)
            query._order_groupby.append(sql_field)
            return SQL(
                "ARRAY_POSITION(%s, %s) %s %s",
                list(ids.get_result_ids()),
                sql_field,
                direction,
                nulls,
            )
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    # ------------------------------------------------------------
    # CONDENSED ROWS
    # ------------------------------------------------------------

    # Looking up the plan of each row of a long history takes several times as long as all else.
    # Rows that must have the same plan are counted first: those of a step, salesperson and team
    # between two days on which plans change.

    def _with_condensed(self, groupby, aggregates, order):
        """Let rows be condensed before they are grouped, where this is possible and pays.

        :rtype: growth.conversion.report
        """
        ordered = {term.split()[0] for term in (order or '').split(',') if term.strip()}
        names = {spec.partition(':')[0] for spec in {*aggregates, *ordered - {*groupby}}}
        if names.isdisjoint({'plan', 'gap'}) or names - {'__count', *COUNTS, *RATES}:
            return self
        fnames = {parse_read_group_spec(spec)[0] for spec in groupby}
        return self.with_context(
            growth_condensed=frozenset(fnames | {'step_id', 'team_id', 'user_id'})
        )

    def _get_condensed(self):
        """Fields by which rows are condensed, None when they are not. No caller from outside can
        send a set.

        :rtype: frozenset[str] | None
        """
        fnames = self.env.context.get('growth_condensed')
        return fnames if isinstance(fnames, frozenset) else None

    def _condense(self, query, fnames):
        """Sums of the rows of a query in the place of the rows, with how many they are as `number`.

        :param frozenset fnames: fields to keep; where `date` is none of them, it becomes the day
            from which the same plans hold
        :rtype: Query
        """

        def column(name):
            return self._field_to_sql(self._table, name, query)

        columns = {fname: column(fname) for fname in sorted(fnames)}
        columns.setdefault('date', self._select_plan_start(column('date')))
        query.groupby = SQL(", ").join(SQL("%s", position + 1) for position in range(len(columns)))
        # Sums of these are as whole as those of rows.
        columns |= {name: SQL("SUM(%s)::int4", column(name)) for name in COUNTS}
        columns['number'] = SQL("COUNT(*)::int4")
        rows = query.select(
            *(SQL("%s AS %s", value, SQL.identifier(name)) for name, value in columns.items())
        )
        return Query(self.env, self._table, SQL("(%s)", rows))

    def _select_plan_start(self, date):
        """The last day on which any plan changed before a day, or on it.

        :param SQL date:
        :rtype: SQL
        """
        Plan = self.env['growth.funnel.plan'].sudo()
        groups = Plan._read_group([('date_from', '!=', False)], ['date_from:day'])
        return SQL(
            "('-infinity'::date || %(starts)s::date[])"
            "[1 + WIDTH_BUCKET(%(date)s, %(starts)s::date[])]",
            starts=[start for (start,) in groups],
            date=date,
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_lead(self):
        self.ensure_one()
        return self.lead_id.get_formview_action()
