from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare

ABC_FIELDS = (
    'growth_abc_method',
    'growth_abc_share_a',
    'growth_abc_share_b',
    'growth_abc_customers_a',
    'growth_abc_customers_b',
    'growth_abc_threshold_a',
    'growth_abc_threshold_b',
)
XYZ_CUT_FIELDS = (
    'growth_xyz_count_x',
    'growth_xyz_count_y',
    'growth_xyz_cv_x',
    'growth_xyz_cv_y',
)

# As Python counts them
WEEKDAYS = [
    ('0', "Monday"),
    ('1', "Tuesday"),
    ('2', "Wednesday"),
    ('3', "Thursday"),
    ('4', "Friday"),
    ('5', "Saturday"),
    ('6', "Sunday"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    # Window and source of the sales facts
    growth_window_months = fields.Integer(string="Segmentation Window", default=12)
    growth_source = fields.Selection(
        selection=[
            ('order', "Confirmed sales orders"),
            ('invoice', "Posted invoices net of credit notes"),
        ],
        string="Segmentation Source",
        required=True,
        default='order',
    )
    growth_metric = fields.Selection(
        selection=[
            ('profit', "Profit"),
            ('revenue', "Revenue"),
        ],
        string="Segmentation Metric",
        required=True,
        default='profit',
    )

    # ABC
    growth_abc_method = fields.Selection(
        selection=[
            ('share', "Cumulative share of value"),
            ('customers', "Share of customers"),
            ('threshold', "Fixed thresholds"),
        ],
        string="ABC Method",
        required=True,
        default='share',
    )
    growth_abc_share_a = fields.Float(string="A up to (% of value)", default=80.0)
    growth_abc_share_b = fields.Float(string="B up to (% of value)", default=95.0)
    growth_abc_customers_a = fields.Float(string="A (% of customers)", default=20.0)
    growth_abc_customers_b = fields.Float(string="B (% of customers)", default=30.0)
    growth_abc_threshold_a = fields.Monetary(string="A from")
    growth_abc_threshold_b = fields.Monetary(string="B from")

    # XYZ
    growth_xyz_method = fields.Selection(
        selection=[
            ('count', "Number of orders"),
            ('variation', "Coefficient of variation"),
        ],
        string="XYZ Method",
        required=True,
        default='count',
    )
    growth_xyz_count_x = fields.Integer(string="X from (orders)", default=3)
    growth_xyz_count_y = fields.Integer(string="Y from (orders)", default=2)
    growth_xyz_bucket = fields.Selection(
        selection=[
            ('month', "Month"),
            ('quarter', "Quarter"),
        ],
        string="XYZ Period",
        required=True,
        default='month',
    )
    growth_xyz_cv_x = fields.Float(string="X up to (variation)", default=0.10)
    growth_xyz_cv_y = fields.Float(string="Y up to (variation)", default=0.25)
    growth_grace_days = fields.Integer(string="Newcomer Period", default=90)

    # Last run
    growth_as_of = fields.Date(string="Segmented as of", readonly=True, copy=False)
    growth_is_due = fields.Boolean(
        string="Waits for Segmentation",
        readonly=True,
        copy=False,
        help="The daily job has begun and not come to this company yet.",
    )
    growth_error = fields.Text(
        string="Segmentation Error",
        readonly=True,
        copy=False,
        help="Why the daily job could not segment this company.",
    )

    # Refusals
    growth_refusal_policy = fields.Selection(
        selection=[
            ('required', "Required"),
            ('optional', "Optional"),
        ],
        string="Lost Reason",
        required=True,
        default='required',
    )
    growth_follow_up_cap = fields.Integer(string="Follow-ups a Day", default=10)
    growth_signal_share = fields.Float(string="Signal Above (% of refusals)", default=50.0)
    growth_signal_count = fields.Integer(string="Signal From (refusals)", default=10)

    # Contacts
    growth_contact_needs_result = fields.Boolean(
        string="Only With a Result",
        default=True,
        help="An activity that was done without writing down a result is no contact.",
    )

    # Funnel
    growth_verdict_count = fields.Integer(string="Verdict From (leads)", default=20)
    growth_verdict_tolerance = fields.Float(string="Tolerance (points)", default=5.0)
    growth_show_colleagues = fields.Boolean(
        string="Show Figures of Colleagues",
        help="Salespeople see the conversion of their colleagues by name.",
    )

    # Weekly mail
    growth_weekly_mail = fields.Boolean(
        string="Weekly Mail",
        help="Each salesperson gets their figures of the last week, each team leader the team's.",
    )
    growth_weekly_mail_day = fields.Selection(
        selection=WEEKDAYS,
        string="Day of the Weekly Mail",
        required=True,
        default='0',
    )
    growth_weekly_mail_hour = fields.Integer(string="Hour of the Weekly Mail", default=8)
    growth_weekly_mail_sent = fields.Date(
        string="Weekly Mail Sent For",
        readonly=True,
        copy=False,
        help="The last day whose mail was sent, or that was over when the mail was switched on.",
    )

    _check_growth_verdict = models.Constraint(
        'CHECK (growth_verdict_count > 0 AND growth_verdict_tolerance >= 0 '
        'AND growth_verdict_tolerance < 100)',
        "A verdict needs at least one lead, and a tolerance between 0 and 100 points.",
    )
    _check_growth_weekly_mail_hour = models.Constraint(
        'CHECK (growth_weekly_mail_hour BETWEEN 0 AND 23)',
        "The hour of the weekly mail must be between 0 and 23.",
    )

    _check_growth_follow_up_cap = models.Constraint(
        'CHECK (growth_follow_up_cap >= 0)',
        "The number of follow-ups a day cannot be negative.",
    )
    _check_growth_signal = models.Constraint(
        'CHECK (growth_signal_share >= 0 AND growth_signal_share <= 100 '
        'AND growth_signal_count > 0)',
        "The signal about a reason needs a share between 0 and 100 % and at least one refusal.",
    )

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('growth_window_months', 'growth_xyz_bucket', 'growth_grace_days')
    def _check_growth_window(self):
        for company in self:
            if not 1 <= company.growth_window_months <= 120:
                raise ValidationError(
                    self.env._("The segmentation window must be between 1 and 120 months.")
                )
            if company.growth_xyz_bucket == 'quarter' and company.growth_window_months % 3:
                raise ValidationError(
                    self.env._(
                        "With quarters as the XYZ period, the segmentation window must be a "
                        "multiple of 3 months."
                    )
                )
            if not 0 <= company.growth_grace_days <= 3650:
                raise ValidationError(
                    self.env._("The newcomer period must be between 0 and 3650 days.")
                )

    @api.constrains(*ABC_FIELDS)
    def _check_growth_abc(self):
        for company in self:
            if not 0 < company.growth_abc_share_a < company.growth_abc_share_b < 100:
                raise ValidationError(
                    self.env._(
                        "The ABC cuts by share of value must be in order: 0 < A < B < 100 %."
                    )
                )
            a, b = company.growth_abc_customers_a, company.growth_abc_customers_b
            if a <= 0 or b <= 0 or float_compare(a + b, 100, precision_digits=6) >= 0:
                raise ValidationError(
                    self.env._(
                        "The ABC shares of customers must be positive, and A and B together must "
                        "stay below 100 %, so that something is left for C."
                    )
                )
            if company.growth_abc_method == 'threshold' and not (
                company.growth_abc_threshold_a > company.growth_abc_threshold_b > 0
            ):
                raise ValidationError(
                    self.env._("The ABC thresholds must be in order: A above B, B above zero.")
                )

    @api.constrains(*XYZ_CUT_FIELDS)
    def _check_growth_xyz(self):
        for company in self:
            if not company.growth_xyz_count_x > company.growth_xyz_count_y > 1:
                raise ValidationError(
                    self.env._(
                        "The XYZ numbers of orders must be in order: X above Y, Y above one."
                    )
                )
            if not 0 < company.growth_xyz_cv_x < company.growth_xyz_cv_y:
                raise ValidationError(
                    self.env._(
                        "The XYZ limits of variation must be in order: X above zero, Y above X."
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env['growth.funnel'].sudo()._create_for(companies)
        self.env['growth.weekly.mail']._start(companies.filtered('growth_weekly_mail'))
        return companies

    def write(self, vals):
        fnames = self._growth_segmentation_fields() & vals.keys()
        before = {company: company._growth_settings(fnames) for company in self} if fnames else {}
        starting = (
            self.filtered(lambda company: not company.growth_weekly_mail)
            if vals.get('growth_weekly_mail')
            else self.browse()
        )
        result = super().write(vals)
        self.env['growth.weekly.mail']._start(starting)
        # A company that was never segmented waits for its first run: nothing depends on it yet.
        changed = self.filtered(
            lambda company: (
                company.growth_as_of
                and company in before
                and company._growth_settings(fnames) != before[company]
            )
        )
        if changed:
            self.env['growth.customer'].sudo()._refresh(changed, reason='settings')
        return result

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _growth_segmentation_fields(self):
        """Names of the settings that the classes depend on.

        :rtype: set[str]
        """
        return {
            'growth_window_months',
            'growth_source',
            'growth_metric',
            *ABC_FIELDS,
            'growth_xyz_method',
            'growth_xyz_bucket',
            *XYZ_CUT_FIELDS,
            'growth_grace_days',
        }

    def _growth_metric_label(self):
        """What customers are ranked by, in the user's language.

        :rtype: str
        """
        self.ensure_one()
        return dict(self._fields['growth_metric']._description_selection(self.env))[
            self.growth_metric
        ]

    def _growth_settings(self, fnames):
        self.ensure_one()
        return tuple(self[fname] for fname in sorted(fnames))

    def _growth_rules(self):
        """The company's settings as the rules that the analysis takes.

        :rtype: analysis.segmentation.Rules
        """
        self.ensure_one()
        from ..analysis.segmentation import Rules  # pandas takes seconds to import

        return Rules(
            abc_method=self.growth_abc_method,
            abc_share_a=self.growth_abc_share_a,
            abc_share_b=self.growth_abc_share_b,
            abc_customers_a=self.growth_abc_customers_a,
            abc_customers_b=self.growth_abc_customers_b,
            abc_threshold_a=self.growth_abc_threshold_a,
            abc_threshold_b=self.growth_abc_threshold_b,
            xyz_method=self.growth_xyz_method,
            xyz_count_x=self.growth_xyz_count_x,
            xyz_count_y=self.growth_xyz_count_y,
            xyz_cv_x=self.growth_xyz_cv_x,
            xyz_cv_y=self.growth_xyz_cv_y,
        )

    def _growth_timezone(self):
        """Name of the time zone in which the company's days begin: of its own contact, else of
        its working hours, else UTC.

        :rtype: str
        """
        self.ensure_one()
        return self.partner_id.tz or self.resource_calendar_id.tz or 'UTC'

    def _growth_day(self, moment):
        """The day of a moment in the company's time zone.

        :param datetime moment: in UTC
        :rtype: date
        """
        company = self.with_context(tz=self._growth_timezone())
        return fields.Datetime.context_timestamp(company, moment).date()

    def _growth_read_zones(self):
        """Time zones (as `_growth_timezone`) and currencies of companies, for what happens all day:
        whole companies, contacts and working hours would cost more than the move of a lead.

        :return: ids of company, name of the time zone, ids of the currency
        :rtype: list[tuple[int, str, int]]
        """
        self.flush_model(['currency_id', 'partner_id', 'resource_calendar_id'])
        self.env['res.partner'].flush_model(['tz'])
        self.env['resource.calendar'].flush_model(['tz'])
        return self.env.execute_query(
            SQL(
                """
            SELECT company.id,
                   COALESCE(NULLIF(contact.tz, ''), NULLIF(calendar.tz, ''), 'UTC'),
                   company.currency_id
              FROM res_company AS company
         LEFT JOIN res_partner AS contact ON contact.id = company.partner_id
         LEFT JOIN resource_calendar AS calendar ON calendar.id = company.resource_calendar_id
             WHERE company.id = ANY(%s)
            """,
                self.ids,
            )
        )

    def _growth_zones(self):
        """The time zones of companies, to be joined.

        :return: table `zone` with columns `company_id` and `name`
        :rtype: SQL
        """
        return SQL(
            "(VALUES %s) AS zone (company_id, name)",
            SQL(", ").join(
                SQL("(%s, %s)", company.id, company._growth_timezone()) for company in self
            ),
        )
