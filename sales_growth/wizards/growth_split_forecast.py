from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import date_utils, float_round, format_date, formatLang

from ..models.growth_sales_facts import EVER

VERDICTS = [
    ('calm', "Below normal"),
    ('normal', "Normal"),
    ('raised', "Above normal"),
    ('crisis', "Hunting first"),
]


class GrowthSplitForecast(models.TransientModel):
    """Tells how much time is to go into winning customers and how much into keeping them, from how
    many were lost in a period."""

    _name = 'growth.split.forecast'
    _description = "Hunting or Farming"

    # Choice
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, default=lambda self: self._default_company_id()
    )
    period = fields.Selection(
        selection=[
            ('days', "Last 90 days"),
            ('this_quarter', "This quarter so far"),
            ('last_quarter', "Last quarter"),
            ('this_year', "This year so far"),
            ('last_year', "Last year"),
            ('own', "Own dates"),
        ],
        required=True,
        default='days',
    )
    date_from = fields.Date(
        string="First Day",
        compute='_compute_dates',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="Last Day",
        compute='_compute_dates',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )

    # In words
    problem = fields.Text(string="What Is Missing", compute='_compute_forecast')
    summary = fields.Text(string="What Happened", compute='_compute_forecast')
    advice = fields.Text(string="What to Do", compute='_compute_forecast')
    caution = fields.Text(string="How Sure It Is", compute='_compute_forecast')

    # In figures, which mean nothing where there is a problem
    days = fields.Integer(string="Days of the Period", compute='_compute_forecast')
    active_count = fields.Integer(
        string="Active at the Start",
        compute='_compute_forecast',
        help="Customers who had bought, and were not lost yet, on the day before the period.",
    )
    kept_count = fields.Integer(string="Kept", compute='_compute_forecast')
    lost_count = fields.Integer(
        string="Lost in the Period",
        compute='_compute_forecast',
        help="Customers who were active at the start and then did not buy for longer than the "
        "months of the settings, those who came back later included.",
    )
    returned_count = fields.Integer(
        string="Came Back",
        compute='_compute_forecast',
        help="Customers of the lost ones who bought again in the period.",
    )
    loss_rate = fields.Float(string="Loss of the Period", compute='_compute_forecast')
    normal_low = fields.Float(
        string="Normal Loss",
        compute='_compute_forecast',
        help="The normal loss of a year, brought to the length of the period.",
    )
    normal_high = fields.Float(string="Normal Loss Up To", compute='_compute_forecast')
    quarter_rate = fields.Float(
        string="At This Pace in a Quarter",
        compute='_compute_forecast',
        help="The loss of the period, brought to the length of a quarter.",
    )
    crisis_rate = fields.Float(string="Hunting First Above", compute='_compute_forecast')
    verdict = fields.Selection(selection=VERDICTS, compute='_compute_forecast')
    hunting_share = fields.Float(
        string="Time for Hunting",
        compute='_compute_forecast',
        help="Each lost customer is replaced by a won one, and winning costs about 7 times what "
        "keeping does.",
    )
    to_win = fields.Integer(string="Customers to Win", compute='_compute_forecast')

    # ------------------------------------------------------------
    # DEFAULTS AND COMPUTE
    # ------------------------------------------------------------

    @api.model
    def _default_company_id(self):
        return self.env.company

    @api.depends('company_id', 'period')
    def _compute_dates(self):
        for wizard in self:
            if wizard.period and wizard.period != 'own' and wizard.company_id:
                wizard.date_from, wizard.date_to = wizard._get_dates()
            else:
                # What a person chose stays.
                wizard.date_from, wizard.date_to = wizard.date_from, wizard.date_to

    def _get_dates(self):
        """First and last day of the chosen period; what has not come yet is left out.

        :rtype: tuple[date, date]
        """
        today = self._today()
        if self.period == 'days':
            return today - timedelta(days=89), today
        length = 'quarter' if self.period.endswith('quarter') else 'year'
        start = date_utils.start_of(today, length)
        if self.period.startswith('this'):
            return start, today
        last_day = start - timedelta(days=1)
        return date_utils.start_of(last_day, length), last_day

    @api.depends('company_id', 'date_from', 'date_to')
    def _compute_forecast(self):
        for wizard in self:
            wizard.update(wizard._get_nothing())
            problem = wizard._find_problem()
            counts = {} if problem else wizard._count_customers()
            if active := sum(counts.values()):
                wizard.update(wizard._get_figures(active, counts))
            else:
                wizard.problem = problem or wizard._explain_nobody()

    def _get_nothing(self):
        """What the figures are where there is nothing to tell.

        :rtype: dict[str, bool]
        """
        return {
            name: False
            for name, field in self._fields.items()
            if field.compute == '_compute_forecast'
        }

    def _get_figures(self, active, counts):
        """
        :param int active: customers who were active at the start
        :param dict[str, int] counts: what became of them, see `growth.split.customer`
        :return: values of the wizard
        :rtype: dict
        """
        from ..analysis.split import forecast

        rules = self._get_rules()
        returned = counts.get('returned', 0)
        lost = counts.get('lost', 0) + returned
        days = (self.date_to - self.date_from).days + 1
        result = forecast(active, lost, days, rules, returned)
        return {
            'days': days,
            'active_count': active,
            'kept_count': result.kept,
            'lost_count': lost,
            'returned_count': returned,
            'loss_rate': result.loss_rate,
            'normal_low': result.normal_low,
            'normal_high': result.normal_high,
            'quarter_rate': result.quarter_rate,
            'crisis_rate': rules.crisis,
            'verdict': result.verdict,
            'hunting_share': result.hunting_share,
            'to_win': result.to_win,
            'summary': self._tell_summary(result, active, lost, returned),
            'advice': self._tell_advice(result, rules),
            'caution': self._tell_caution(result, rules),
        }

    def _get_rules(self):
        """How the company judges a loss.

        :rtype: analysis.split.Rules
        """
        from ..analysis.split import Rules

        company = self.company_id
        return Rules(
            normal_min=company.growth_normal_loss_min / 100,
            normal_max=company.growth_normal_loss_max / 100,
            crisis=company.growth_crisis_loss / 100,
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_active(self):
        """Open the customers who were active at the start."""
        return self._action_view(self.env._("Active on %s", self._tell_day(self.date_from)))

    def action_view_lost(self):
        """Open the customers who were lost in the period."""
        return self._action_view(
            self.env._(
                "Lost from %(date_from)s to %(date_to)s",
                date_from=self._tell_day(self.date_from),
                date_to=self._tell_day(self.date_to),
            ),
            search_default_filter_lost=1,
        )

    def _action_view(self, name, **context):
        self.ensure_one()
        if self.problem:
            raise UserError(self.problem)
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_split_customer_action'
        )
        return {
            **action,
            'name': name,
            'display_name': name,
            'context': {
                'growth_company_id': self.company_id.id,
                'growth_date_from': fields.Date.to_string(self.date_from),
                'growth_date_to': fields.Date.to_string(self.date_to),
                **context,
            },
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _count_customers(self):
        """What became of the customers who were active at the start.

        :return: number by state of `growth.split.customer`
        :rtype: dict[str, int]
        """
        self.ensure_one()
        Customer = self.env['growth.split.customer'].with_context(
            growth_company_id=self.company_id.id,
            growth_date_from=self.date_from,
            growth_date_to=self.date_to,
        )
        return dict(Customer._read_group([], ['state'], ['__count']))

    def _find_problem(self):
        """Why nothing can be told about the choice, before looking at the customers.

        :return: message, or None
        """
        self.ensure_one()
        if self.company_id not in self.env.companies:
            return self.env._("Choose one of the companies that are active.")
        if not (self.date_from and self.date_to):
            return self.env._("Choose the first and the last day.")
        if self.date_from > self.date_to:
            return self.env._("The first day must not be after the last one.")
        if self.date_to > self._today():
            return self.env._("The period must not end in the future: nobody is lost there yet.")
        if self.date_from < EVER:
            return self.env._("The first day must not be before %s.", self._tell_day(EVER))
        return None

    def _explain_nobody(self):
        """Why no customer was active at the start.

        :rtype: str
        """
        company = self.company_id
        first_day = self.env['growth.sales.facts']._get_first_purchase(company, self._today())
        if not first_day:
            return self.env._("%s has no customers who bought yet.", company.display_name)
        if first_day >= self.date_from:
            return self.env._(
                "Nobody had bought before %(date_from)s: the first purchase in %(company)s was on "
                "%(first_day)s. Choose a period that begins later.",
                company=company.display_name,
                date_from=self._tell_day(self.date_from),
                first_day=self._tell_day(first_day),
            )
        return self.env._(
            "No customer was active on %(date_from)s: all who had bought before were lost already.",
            date_from=self._tell_day(self.date_from),
        )

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _tell_summary(self, result, active, lost, returned):
        """What happened, and what would be normal."""
        sentences = [
            self.env._(
                "Of %(active)s customers, %(lost)s were lost from %(date_from)s to %(date_to)s: "
                "%(rate)s %%.",
                active=self._tell_number(active),
                lost=self._tell_number(lost),
                date_from=self._tell_day(self.date_from),
                date_to=self._tell_day(self.date_to),
                rate=self._tell_percent(result.loss_rate),
            )
        ]
        if returned:
            sentences.append(
                self.env._("Of those, %s came back.", self._tell_number(returned)),
            )
        sentences.append(
            self.env._(
                "Normal for this time is %(low)s to %(high)s %%.",
                low=self._tell_percent(result.normal_low),
                high=self._tell_percent(result.normal_high),
            )
        )
        return " ".join(sentences)

    def _tell_advice(self, result, rules):
        """What the loss means for the time of the salespeople."""
        sentences = [self._tell_verdict(result, rules)]
        if result.to_win:
            sentences.append(
                self.env._(
                    "Put about %(share)s %% of the time into hunting: to have as many customers as "
                    "before, %(to_win)s are to be won, and winning one costs about %(cost)s times "
                    "what keeping one does.",
                    share=self._tell_number(100 * result.hunting_share),
                    to_win=self._tell_number(result.to_win),
                    cost=self._tell_number(rules.win_cost),
                )
            )
        else:
            sentences.append(
                self.env._("Nobody has to be replaced: hunting is for growth alone."),
            )
        return " ".join(sentences)

    def _tell_verdict(self, result, rules):
        if result.verdict == 'crisis':
            return self.env._(
                "At this pace a quarter takes %(rate)s %% of the customers, more than the limit of "
                "%(limit)s %%: hunting first.",
                rate=self._tell_percent(result.quarter_rate),
                limit=self._tell_percent(rules.crisis),
            )
        if result.verdict == 'raised':
            return self.env._("More customers are lost than normal.")
        if result.verdict == 'normal':
            return self.env._("As many customers are lost as is normal.")
        return self.env._("Fewer customers are lost than normal.")

    def _tell_caution(self, result, rules):
        sentences = []
        if result.is_small:
            sentences.append(
                self.env._(
                    "These are fewer than %s customers: the figures say little.",
                    self._tell_number(rules.min_sample),
                )
            )
        if result.is_short:
            sentences.append(
                self.env._(
                    "The period is shorter than %s days, and many customers are lost on the same "
                    "day: it says little about a quarter.",
                    self._tell_number(rules.min_days),
                )
            )
        return " ".join(sentences) or False

    def _tell_percent(self, rate):
        percent = round(100 * rate, 1)
        return formatLang(self.env, percent, digits=0 if percent.is_integer() else 1)

    def _tell_number(self, number):
        # Halves go up, as on the screen; Python's way would be to the even number.
        return formatLang(self.env, float_round(number, precision_digits=0), digits=0)

    def _tell_day(self, day):
        return format_date(self.env, day)

    # ------------------------------------------------------------
    # TOOLING
    # ------------------------------------------------------------

    def _today(self):
        return self.env['growth.customer']._today(self.company_id)
