from odoo import api, fields, models
from odoo.tools import SQL

from ..models.growth_churn_reason import SIDES
from ..models.growth_churn_rule import KINDS
from ..models.growth_customer_churn import BUYER_TYPES
from ..models.growth_sales_facts import EVER
from ..models.growth_segment import TIERS

EVENTS = [
    ('customer', "Customer at Start"),
    ('lost', "Lost"),
    ('returned', "Returned"),
]
# What is known of losses and returns alone: there is no number of customers to compare with.
LOSS_FIELDS = {'case_id', 'day', 'event', 'is_estimated', 'kind', 'reason_id', 'side'}
RATES = {'churn_rate', 'yearly_rate', 'normal_rate'}
# The kinds of rows, as their ids tell them apart
KEPT_UNTIL_LOST, LOST, RETURNED, STILL_KEPT = range(4)


class GrowthChurnReport(models.Model):
    """How many customers are lost: a row for each customer and month in which the customer could be
    lost, one for each loss, and one for each return.

    Who bought before the month and was not lost by then could be lost in it. When a customer was
    lost and came back is what churn cases say, those that were rebuilt from the history included;
    see `growth.churn.episode.mixin`.

    A rate is losses over customers, and both must be counted where they belong in the same way. So
    the whole time of a customer from the first purchase, or the last return, to the loss counts for
    the salesperson, team, segment, channel, country and region that the case kept at the loss; that
    of a customer who is not lost counts for those of today. Who lost a customer does not get rid of
    the loss with the customer, and a segment does not get the losses of customers whom it never
    had. What customers were in between is not told.

    Reason, side and sign are known of losses alone: grouped or filtered by them there are numbers
    and amounts, and no rates.

    Customers who bought once are not lost by the rules as shipped, so they would make rates look
    low: the screen leaves them out. Archived customers are not watched over, and count until their
    last loss. Amounts are in the currency of the company. The report shows the active companies.
    """

    _name = 'growth.churn.report'
    _inherit = ['growth.rate.mixin', 'growth.history.mixin', 'growth.churn.episode.mixin']
    _description = "Churn"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'partner_id'

    date = fields.Date(string="Month", readonly=True, help="First day of the month.")
    event = fields.Selection(
        selection=EVENTS,
        string="What Happened",
        readonly=True,
        help="Customer at start: had bought before the month and was not lost by then. Lost and "
        "returned: in the month.",
    )
    day = fields.Date(string="Lost or Returned On", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    case_id = fields.Many2one(comodel_name='growth.churn.case', string="Churn Case", readonly=True)
    first_order_date = fields.Date(
        string="First Purchase", readonly=True, help="What cohorts are made of."
    )
    buyer_type = fields.Selection(
        selection=BUYER_TYPES,
        readonly=True,
        help="Of the customer today. Who bought once is not lost by the rules as shipped.",
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        readonly=True,
        help="Of lost customers who had them then, of the others who has them today: the farmer, "
        "else the salesperson of the customer, else who sold last.",
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        readonly=True,
        help="Of lost customers the team then, of the others that of today: the farmer's, else the "
        "one of the last order.",
    )
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Customer Segment",
        readonly=True,
        help="Of lost customers the segment then, of the others that of today.",
    )
    tier = fields.Selection(
        selection=TIERS,
        readonly=True,
        help="Of lost customers the tier then, of the others that of today.",
    )
    source_id = fields.Many2one(
        comodel_name='utm.source',
        string="Channel",
        readonly=True,
        help="Source of the last order: of lost customers before the loss, of the others until "
        "today.",
    )
    country_id = fields.Many2one(comodel_name='res.country', readonly=True)
    region_id = fields.Many2one(comodel_name='res.country.state', string="Region", readonly=True)
    reason_id = fields.Many2one(
        comodel_name='growth.churn.reason',
        readonly=True,
        help="Of losses: how many, and what left with them. There is no rate by reason.",
    )
    side = fields.Selection(
        selection=SIDES,
        string="Whose Reason",
        readonly=True,
        help="Of losses: how many, and what left with them. There is no rate by it.",
    )
    kind = fields.Selection(
        selection=KINDS,
        string="Sign",
        readonly=True,
        help="Of losses: how many, and what left with them. There is no rate by sign.",
    )
    is_estimated = fields.Boolean(
        string="Estimated",
        readonly=True,
        help="A loss that was rebuilt from the history of orders.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', readonly=True)

    # Measures
    customers = fields.Integer(
        string="Customers at Start",
        readonly=True,
        help="Who could be lost in the month. Of several months: each counts.",
    )
    lost = fields.Integer(string="Lost Customers", readonly=True)
    returned = fields.Integer(
        string="Returned Customers",
        readonly=True,
        help="Lost customers who bought again in the month.",
    )
    churn_rate = fields.Float(
        string="Churn a Month",
        compute='_compute_rates',
        aggregator='avg',
        help="Lost customers out of those at the start of the month; of several months out of "
        "those of all months.",
    )
    yearly_rate = fields.Float(
        string="Churn a Year",
        compute='_compute_rates',
        aggregator='avg',
        help="Twelve times the churn a month, as a year like this would be: to compare with the "
        "normal loss of the settings.",
    )
    normal_rate = fields.Float(
        string="Normal Churn a Month",
        compute='_compute_rates',
        aggregator='avg',
        help="The most that is normal: a twelfth of what the settings say of a year.",
    )
    normal_loss_min = fields.Float(
        string="Normal Losses From",
        digits=(16, 1),
        readonly=True,
        help="Losses of these customers in these months if the year were as good as is normal.",
    )
    normal_loss = fields.Float(
        string="Normal Losses To",
        digits=(16, 1),
        readonly=True,
        help="Losses of these customers in these months if the year were as bad as is normal.",
    )
    revenue_lost = fields.Monetary(
        readonly=True,
        help="Revenue of the twelve months up to the last order: what left with the customers.",
    )
    profit_lost = fields.Monetary(
        readonly=True,
        help="Profit of the twelve months up to the last order: what left with the customers.",
    )

    _growth_rates = {
        'churn_rate': (('lost',), ('customers',)),
        'yearly_rate': (('lost',), ('customers',)),
        'normal_rate': (('normal_loss',), ('customers',)),
    }

    _depends = {
        'growth.churn.case': [
            'company_id',
            'country_id',
            'customer_id',
            'is_estimated',
            'kind',
            'last_order_date',
            'lost_date',
            'profit',
            'reason_id',
            'region_id',
            'revenue',
            'salesperson_id',
            'segment_id',
            'side',
            'source_id',
            'state',
            'team_id',
            'tier',
            'won_date',
        ],
        'growth.customer': [
            'buyer_type',
            'company_id',
            'farmer_id',
            'farmer_team_id',
            'first_order_date',
            'last_order_date',
            'last_segment_id',
            'partner_id',
        ],
        'growth.segment': ['tier'],
        'res.company': ['currency_id', 'growth_normal_loss_max', 'growth_normal_loss_min'],
        'res.partner': ['active', 'country_id', 'state_id', 'user_id'],
        'sale.order': [
            'commercial_partner_id',
            'company_id',
            'date_order',
            'source_id',
            'state',
            'team_id',
            'user_id',
        ],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('customers', 'lost', 'normal_loss')
    def _compute_rates(self):
        result = super()._compute_rates()
        for row in self:
            row.yearly_rate *= 12
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open(self):
        """Open the case of a loss or a return, and the customer otherwise."""
        self.ensure_one()
        self.check_access('read')
        return (self.case_id or self.partner_id).get_formview_action()

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL(" UNION ALL ").join(
            rows
            for company in self.env.companies
            for rows in (
                self._select_still_kept(company),
                self._select_kept_until_lost(company),
                self._select_losses(company),
                self._select_returns(company),
            )
        )

    @api.model
    def _select_still_kept(self, company):
        """The months of the customers who are not lost, from their last return on.

        :rtype: SQL
        """
        return SQL(
            """(
            SELECT %(id)s AS id, month.date, 'customer' AS event, %(shared)s,
                   COALESCE(customer.farmer_id, contact.user_id, last_order.user_id) AS user_id,
                   COALESCE(customer.farmer_team_id, last_order.team_id) AS team_id,
                   customer.last_segment_id AS segment_id, segment.tier, last_order.source_id,
                   contact.country_id, contact.state_id AS region_id,
                   %(no_loss)s, %(measures)s
              FROM (%(stays)s) AS stay
              JOIN growth_customer AS customer ON customer.id = stay.customer_id
              JOIN (%(months)s) AS month ON month.date > stay.start_date
         LEFT JOIN res_partner AS contact ON contact.id = customer.partner_id
         LEFT JOIN growth_segment AS segment ON segment.id = customer.last_segment_id
         LEFT JOIN (%(last_orders)s) AS last_order
                ON last_order.commercial_partner_id = customer.partner_id
             WHERE %(is_asked)s
            )""",
            id=self._select_id(STILL_KEPT, SQL("customer.id")),
            shared=self._select_shared(company, SQL("NULL::int4")),
            no_loss=self._select_no_loss(),
            measures=self._select_measures(company, customers=1),
            stays=self._select_stays(company),
            months=self._select_months(company),
            last_orders=self._select_last_orders(company),
            is_asked=self._is_asked({STILL_KEPT}, SQL("customer.id")),
        )

    @api.model
    def _select_kept_until_lost(self, company):
        """The months of customers who were lost later, or in the month.

        :rtype: SQL
        """
        return SQL(
            """(
            SELECT %(id)s AS id, month.date, 'customer' AS event, %(shared)s,
                   %(then)s, %(no_loss)s, %(measures)s
              FROM (%(episodes)s) AS episode
              JOIN growth_customer AS customer ON customer.id = episode.customer_id
              JOIN growth_churn_case AS loss ON loss.id = episode.case_id
              JOIN (%(months)s) AS month
                ON month.date <= episode.lost_date
               -- Whoever came and went within a month was there, or losses would be out of nobody.
               AND (month.date > episode.start_date OR month.next_date > episode.lost_date)
             WHERE episode.start_date <= episode.lost_date AND %(is_asked)s
            )""",
            id=self._select_id(KEPT_UNTIL_LOST, SQL("loss.id")),
            shared=self._select_shared(company, SQL("NULL::int4")),
            then=self._select_then(),
            no_loss=self._select_no_loss(),
            measures=self._select_measures(company, customers=1),
            episodes=self._select_episodes(company),
            months=self._select_months(company),
            is_asked=self._is_asked({KEPT_UNTIL_LOST}, SQL("loss.id")),
        )

    @api.model
    def _select_losses(self, company):
        return self._select_events(
            company,
            LOST,
            'lost',
            SQL("CASE WHEN episode.start_date <= episode.lost_date THEN episode.lost_date END"),
            lost=1,
            revenue_lost=SQL("loss.revenue"),
            profit_lost=SQL("loss.profit"),
        )

    @api.model
    def _select_returns(self, company):
        return self._select_events(
            company, RETURNED, 'returned', SQL("episode.back_date"), returned=1
        )

    @api.model
    def _select_events(self, company, number, event, day, **measures):
        """What happened to customers on a day, as their cases say.

        :param int number: the kind of these rows
        :param str event: one of `EVENTS`
        :param SQL day: when it happened, null when it did not
        :param measures: what the rows count, by name
        :rtype: SQL
        """
        return SQL(
            """(
            SELECT %(id)s AS id, month.date, %(event)s AS event, %(shared)s, %(then)s,
                   loss.reason_id, loss.side, loss.kind, loss.is_estimated,
                   %(day)s AS day, %(measures)s
              FROM (%(episodes)s) AS episode
              JOIN growth_customer AS customer ON customer.id = episode.customer_id
              JOIN growth_churn_case AS loss ON loss.id = episode.case_id
        CROSS JOIN LATERAL (SELECT DATE_TRUNC('month', %(day)s)::date AS date) AS month
             WHERE month.date BETWEEN %(since)s AND %(today)s AND %(is_asked)s
            )""",
            id=self._select_id(number, SQL("loss.id")),
            event=event,
            shared=self._select_shared(company, SQL("loss.id")),
            then=self._select_then(),
            measures=self._select_measures(company, **measures),
            episodes=self._select_episodes(company),
            day=day,
            since=self._get_since(),
            today=company._growth_day(fields.Datetime.now()),
            is_asked=self._is_asked({number}, SQL("loss.id")),
        )

    # ------------------------------------------------------------
    # COLUMNS
    # ------------------------------------------------------------

    @api.model
    def _select_id(self, number, key):
        """The id of a row: it is below what JavaScript can hold (53 bits), with 31 bits for the
        record, 12 for the month and 2 for the kind.

        :param int number: the kind of the rows
        :param SQL key: id of the customer or case
        :rtype: SQL
        """
        return SQL(
            "(%s::int8 << 14) + ((EXTRACT(YEAR FROM month.date) - 1900)::int8 * 12"
            " + EXTRACT(MONTH FROM month.date)::int8 << 2) + %s",
            key,
            number,
        )

    @api.model
    def _select_shared(self, company, case_id):
        return SQL(
            "%s AS company_id, customer.partner_id, %s AS case_id, customer.first_order_date, "
            "customer.buyer_type, %s AS currency_id",
            company.id,
            case_id,
            company.currency_id.id,
        )

    @api.model
    def _select_then(self):
        """Whose customer it was at the loss."""
        return SQL(
            "loss.salesperson_id AS user_id, loss.team_id, loss.segment_id, loss.tier, "
            "loss.source_id, loss.country_id, loss.region_id"
        )

    @api.model
    def _select_no_loss(self):
        return SQL(
            "NULL::int4 AS reason_id, NULL::varchar AS side, NULL::varchar AS kind, "
            "NULL::bool AS is_estimated, NULL::date AS day"
        )

    @api.model
    def _select_measures(self, company, customers=0, lost=0, returned=0, **amounts):
        nothing = SQL("0::numeric")
        return SQL(
            """
            %(customers)s AS customers, %(lost)s AS lost, %(returned)s AS returned,
            %(normal_loss_min)s::float8 AS normal_loss_min, %(normal_loss)s::float8 AS normal_loss,
            %(revenue_lost)s AS revenue_lost, %(profit_lost)s AS profit_lost
            """,
            customers=customers,
            lost=lost,
            returned=returned,
            normal_loss_min=customers * company.growth_normal_loss_min / 100 / 12,
            normal_loss=customers * company.growth_normal_loss_max / 100 / 12,
            revenue_lost=amounts.get('revenue_lost', nothing),
            profit_lost=amounts.get('profit_lost', nothing),
        )

    # ------------------------------------------------------------
    # WHAT IS READ
    # ------------------------------------------------------------

    @api.model
    def _select_months(self, company):
        """The months that are asked for, until the running one.

        :return: query with columns `date` (first day) and `next_date` (that of the next month)
        :rtype: SQL
        """
        return SQL(
            """
            SELECT first_day::date AS date, (first_day + INTERVAL '1 month')::date AS next_date
              FROM GENERATE_SERIES(
                       DATE_TRUNC('month', GREATEST(%(since)s, (
                           SELECT MIN(first_order_date)
                             FROM growth_customer
                            WHERE company_id = %(company_id)s
                       ))),
                       %(today)s::timestamp,
                       INTERVAL '1 month'
                   ) AS first_day
            """,
            since=self._get_since(),
            company_id=company.id,
            today=company._growth_day(fields.Datetime.now()),
        )

    @api.model
    def _select_last_orders(self, company):
        """The last order of each customer, as churn cases look for it at the loss.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT DISTINCT ON (commercial_partner_id)
                   commercial_partner_id, user_id, team_id, source_id
              FROM sale_order
             WHERE company_id = %s AND state = 'sale'
          ORDER BY commercial_partner_id, date_order DESC, id DESC
            """,
            company.id,
        )

    @api.model
    def _get_since(self):
        """First day of the first month that is asked for.

        :rtype: date
        """
        ids = self._get_history_ids()
        if ids:
            month = min(row_id >> 2 & (1 << 12) - 1 for row_id in ids) - 1
            return EVER.replace(year=1900 + month // 12, month=month % 12 + 1)
        first_day = self._get_history_from()
        return first_day.replace(day=1) if first_day else EVER

    @api.model
    def _is_asked(self, numbers, key):
        """The condition that leaves out records that have none of the rows asked for.

        :param set numbers: kinds of these rows
        :param SQL key: id of the customer or case
        :rtype: SQL
        """
        ids = self._get_history_ids()
        if ids is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", key, [row_id >> 14 for row_id in ids if row_id & 3 in numbers])

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        groups = super()._read_group(domain, groupby, aggregates, having, offset, limit, order)
        return self._hide_rates(groups, groupby, aggregates)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        sets = super()._read_grouping_sets(domain, grouping_sets, aggregates, order)
        return [
            self._hide_rates(groups, groupby, aggregates)
            for groups, groupby in zip(sets, grouping_sets, strict=True)
        ]

    @api.model
    def _hide_rates(self, groups, groupby, aggregates):
        """Groups without the rates that they cannot have: see `LOSS_FIELDS`."""
        hidden = {
            len(groupby) + position
            for position, spec in enumerate(aggregates)
            if spec.partition(':')[0] in RATES
        }
        if not hidden or not any(spec.partition(':')[0] in LOSS_FIELDS for spec in groupby):
            return groups
        return [
            tuple(False if position in hidden else value for position, value in enumerate(group))
            for group in groups
        ]

    def _read_group_select(self, aggregate_spec, query):
        select = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec == 'yearly_rate:avg':
            return SQL("12 * (%s)", select)
        return select
