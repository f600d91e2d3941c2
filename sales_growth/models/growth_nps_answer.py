from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

LOWEST = 0
HIGHEST = 10
DETRACTOR_UP_TO = 6
PROMOTER_FROM = 9
KINDS = [
    ('promoter', "Promoter"),
    ('passive', "Passive"),
    ('detractor', "Detractor"),
]
# What people state; whose answer it is follows from the contact.
STATED_FIELDS = {'date', 'score', 'score_choice', 'comment'}
ENTERED_FIELDS = STATED_FIELDS | {'company_id', 'partner_id'}
SHOWN_MONTHS = 12

# Whoever mistyped sees it at once; what was said long ago is history.
CORRECTED_WITHIN = timedelta(days=1)


class GrowthNpsAnswer(models.Model):
    """How likely a contact of a customer is to recommend the company, from 0 to 10.

    Net promoter score: share of promoters (9 and 10) less share of detractors (0 to 6), after F. F.
    Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003. It is an
    index over answers and never an average of scores.

    A customer is as content as the least content of its contacts: of each contact the last answer
    counts, of these the lowest score, and of several lowest ones the newest. Old answers do not
    count: see `_facts_sql`.
    """

    _name = 'growth.nps.answer'
    _description = "NPS Answer"
    _order = 'date desc, id desc'
    _rec_names_search = ['partner_id']
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Answered By",
        required=True,
        index=True,
        ondelete='cascade',
        check_company=True,
    )
    customer_id = fields.Many2one(
        comodel_name='growth.customer',
        string="Growth Record",
        index=True,
        readonly=True,
        ondelete='cascade',
    )
    # Kept when the contact changes company; it goes with the customer when customers become one.
    commercial_partner_id = fields.Many2one(
        related='customer_id.partner_id',
        string="Customer",
        store=True,
        index=True,
        help="The customer this answer counts for, kept as it was when the answer was given.",
    )
    date = fields.Date(required=True, index=True, default=lambda self: self._default_date())
    score = fields.Integer(
        required=True,
        aggregator=None,
        help="How likely the contact is to recommend the company, from 0 (not at all) to 10.",
    )
    # An empty number is 0 on the screen, and 0 is an answer.
    score_choice = fields.Selection(
        selection=[(str(score), str(score)) for score in range(LOWEST, HIGHEST + 1)],
        string="Likely to Recommend Us",
        compute='_compute_score_choice',
        inverse='_inverse_score_choice',
        export_string_translation=False,
    )
    kind = fields.Selection(
        selection=KINDS,
        string="Group",
        compute='_compute_kind',
        store=True,
        help="Promoter: 9 or 10. Passive: 7 or 8. Detractor: 0 to 6.",
    )
    comment = fields.Text()
    source = fields.Selection(
        selection=[('manual', "Entered by Hand"), ('survey', "Survey")],
        required=True,
        readonly=True,
        default='manual',
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson Then",
        index='btree_not_null',
        readonly=True,
        ondelete='set null',
        help="Farmer of the customer when the answer was given, else salesperson of the contact.",
    )
    team_id = fields.Many2one(
        comodel_name='crm.team', string="Team Then", readonly=True, ondelete='set null'
    )

    can_correct = fields.Boolean(compute='_compute_can_correct', export_string_translation=False)

    # Measures
    promoter_count = fields.Integer(
        string="Promoters", compute='_compute_nps', aggregator='sum', help="Scores of 9 and 10."
    )
    detractor_count = fields.Integer(
        string="Detractors", compute='_compute_nps', aggregator='sum', help="Scores of 0 to 6."
    )
    nps = fields.Float(
        string="NPS",
        compute='_compute_nps',
        aggregator='avg',
        help="Promoters less detractors, out of all answers: from -100 % to 100 %.",
    )

    _score_range = models.Constraint(
        'CHECK (score BETWEEN 0 AND 10)', "A score is a whole number from 0 to 10."
    )

    # ------------------------------------------------------------
    # DEFAULTS
    # ------------------------------------------------------------

    @api.model
    def _default_date(self):
        return self.env.company._growth_day(fields.Datetime.now())

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('partner_id', 'score')
    def _compute_display_name(self):
        for answer in self:
            answer.display_name = (
                f"{answer.partner_id.display_name}: {answer.score}" if answer._origin else False
            )

    @api.depends('create_date', 'create_uid', 'source')
    @api.depends_context('uid')
    def _compute_can_correct(self):
        is_manager = self.env.user.has_group('sales_team.group_sale_manager')
        since = fields.Datetime.now() - CORRECTED_WITHIN
        for answer in self:
            answer.can_correct = is_manager or bool(
                answer.source == 'manual'
                and (not answer._origin or answer.create_uid == self.env.user)
                and (not answer.create_date or answer.create_date >= since)
            )

    @api.depends('score')
    def _compute_score_choice(self):
        for answer in self:
            # One that is being entered has no score yet.
            answer.score_choice = str(answer.score) if answer._origin else False

    def _inverse_score_choice(self):
        for answer in self:
            answer.score = int(answer.score_choice)

    @api.depends('score')
    def _compute_kind(self):
        for answer in self:
            if answer.score >= PROMOTER_FROM:
                answer.kind = 'promoter'
            elif answer.score <= DETRACTOR_UP_TO:
                answer.kind = 'detractor'
            else:
                answer.kind = 'passive'

    @api.depends('score')
    def _compute_nps(self):
        for answer in self:
            answer.promoter_count = int(answer.score >= PROMOTER_FROM)
            answer.detractor_count = int(answer.score <= DETRACTOR_UP_TO)
            answer.nps = answer.promoter_count - answer.detractor_count

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('date', 'company_id')
    def _check_date(self):
        now = fields.Datetime.now()
        for company, answers in self.grouped('company_id').items():
            today = company._growth_day(now)
            if any(answer.date > today for answer in answers):
                raise ValidationError(self.env._("An answer cannot be given in the future."))

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [
            self._prepare_stated(self._add_missing_default_values(vals), is_new=True)
            for vals in vals_list
        ]
        self._add_customers(vals_list)
        try:
            # What a caller states by default was heard above, where it may be stated.
            answers = super(GrowthNpsAnswer, self._without_defaults()).create(vals_list)
        except AccessError:
            self._refuse_customers(vals_list)
            raise
        answers.sudo().customer_id._update_nps()
        return answers.with_env(self.env)

    def write(self, vals):
        if not self.env.su and (others := vals.keys() - STATED_FIELDS):
            raise AccessError(
                self.env._(
                    "Only the score, the date and the comment of an answer can be changed, not: "
                    "%s.",
                    ", ".join(sorted(others)),
                )
            )
        if not self.env.su and not all(self.mapped('can_correct')):
            raise AccessError(
                self.env._(
                    "You can correct the answers that you entered yourself, within a day. Later "
                    "only sales administrators can."
                )
            )
        customers = self.sudo().customer_id
        result = super().write(self._prepare_stated(vals))
        (customers | self.sudo().customer_id)._update_nps()
        return result

    def unlink(self):
        customers = self.sudo().customer_id
        result = super().unlink()
        customers._update_nps()
        return result

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        fname = aggregate_spec.partition(':')[0]
        if fname not in ('promoter_count', 'detractor_count', 'nps'):
            return super()._read_group_select(aggregate_spec, query)
        score = self._field_to_sql(self._table, 'score', query)
        promoters = SQL("COUNT(*) FILTER (WHERE %s >= %s)", score, PROMOTER_FROM)
        detractors = SQL("COUNT(*) FILTER (WHERE %s <= %s)", score, DETRACTOR_UP_TO)
        if fname == 'promoter_count':
            return promoters
        if fname == 'detractor_count':
            return detractors
        return SQL("(%s - %s)::float8 / NULLIF(COUNT(*), 0)::float8", promoters, detractors)

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _prepare_stated(self, vals, is_new=False):
        """Values to write, the score as a number that is one.

        :param dict vals: as they came
        :param bool is_new: whether there is no score yet
        :rtype: dict
        """
        vals = dict(vals)
        if not self.env.su and is_new:
            # Whose answer it is decides who sees it: it is not for the one who enters it to say.
            vals = {fname: value for fname, value in vals.items() if fname in ENTERED_FIELDS}
        choice = vals.pop('score_choice', None)
        if choice:
            vals['score'] = int(choice) if str(choice).isdecimal() else choice
        score = vals.get('score')
        if score is None or score is False:
            if is_new or choice is not None or 'score' in vals:
                raise ValidationError(
                    self.env._("State a score from 0 to 10: without one there is no answer.")
                )
        # True is a number to Python, and 9.7 would be cut off to 9.
        elif score is True or score not in range(LOWEST, HIGHEST + 1):
            raise ValidationError(
                self.env._("A score is a whole number from 0 to 10, not %s.", score)
            )
        return vals

    @api.model
    def _without_defaults(self):
        return self.with_env(self.env(context=clean_context(self.env.context)))

    @api.model
    def _refuse_customers(self, vals_list):
        """Say in words that somebody else has the customers, where it is this that was refused.

        :param list[dict] vals_list: of the answers
        :raise AccessError: naming the customers
        """
        customers = self.env['growth.customer'].browse(vals['customer_id'] for vals in vals_list)
        customers = customers.sudo().filtered(
            lambda customer: customer.company_id in self.env.companies
        )
        customers = customers.with_env(self.env)
        refused = customers - customers._filtered_access('read')
        if refused and self.browse().has_access('create'):
            raise AccessError(
                self.env._(
                    "Only whoever has a customer enters its answers. These are somebody else's "
                    "customers: %s.",
                    ", ".join(refused.sudo().partner_id.mapped('display_name')),
                )
            )

    @api.model
    def _add_customers(self, vals_list):
        """Add to the values of new answers whose they are: the customer of the contact, and who
        keeps it now.

        :param list[dict] vals_list: changed in place
        """
        Partner = self.env['res.partner'].sudo()
        by_company = {}
        for vals in vals_list:
            # Odoo tells who left one of them out.
            if vals.get('company_id') and vals.get('partner_id'):
                by_company.setdefault(vals['company_id'], []).append(vals)
        for company_id, company_vals in by_company.items():
            company = self.env['res.company'].sudo().browse(company_id)
            partners = Partner.browse([vals['partner_id'] for vals in company_vals])
            # The hub is closed to users, and knows customers whom they may not see.
            customers = (
                self.env['growth.customer'].sudo()._ensure(company, partners.commercial_partner_id)
            )
            by_partner = customers.grouped('partner_id')
            for vals, partner in zip(company_vals, partners, strict=True):
                customer = by_partner[partner.commercial_partner_id]
                user = customer.farmer_id or customer.user_id or partner.user_id
                vals.update(
                    customer_id=customer.id,
                    user_id=user.id,
                    team_id=(customer.farmer_team_id or user.sale_team_id).id,
                )

    def action_open_customer(self):
        """Open the growth record of the customer."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'growth.customer',
            'res_id': self.customer_id.id,
            'views': [(False, 'form')],
        }

    # ------------------------------------------------------------
    # ROLL-UP
    # ------------------------------------------------------------

    @api.model
    def _facts_sql(self, company, as_of, months):
        """The answer that decides for each customer on a day, among those that are fresh then: see
        the class.

        :param res.company company:
        :param date as_of: later answers are not known yet
        :param int months: answers that are older than so many months do not count
        :return: rows of answer_id, customer_id, partner_id (the commercial one), score, date
        :rtype: SQL
        """
        return self._decide_sql(
            SQL(
                """
            SELECT id, customer_id, commercial_partner_id, partner_id, score, date
              FROM growth_nps_answer
             WHERE company_id = %(company_id)s
               AND date <= %(as_of)s
               AND date + MAKE_INTERVAL(months => %(months)s) >= %(as_of)s
            """,
                company_id=company.id,
                as_of=as_of,
                months=months,
                to_flush=self._facts_fields(),
            )
        )

    @api.model
    def _shown_sql(self, customers):
        """The answer that is shown of customers, whatever the day: the one that decided when the
        newest was given. Counted back from today the hub would change without a new answer.

        :param growth.customer customers:
        :return: rows as of `_facts_sql`
        :rtype: SQL
        """
        return self._decide_sql(
            SQL(
                """
            SELECT id, customer_id, commercial_partner_id, partner_id, score, date
              FROM (
                    SELECT *, MAX(date) OVER (PARTITION BY customer_id) AS newest
                      FROM growth_nps_answer
                     WHERE customer_id IN %(customers)s
                   ) AS known
             WHERE date > newest - MAKE_INTERVAL(months => %(months)s)
            """,
                customers=tuple(customers.ids),
                months=SHOWN_MONTHS,
                to_flush=self._facts_fields(),
            )
        )

    @api.model
    def _follow_merge(self, partner):
        """See which answers decide after the database gave a contact those of others.

        :param res.partner partner: contact that stayed
        """
        self.invalidate_model(['partner_id', 'commercial_partner_id'])
        answers = self.search([('partner_id', '=', partner.id)])
        answers.customer_id._update_nps()

    @api.model
    def _decide_sql(self, answers):
        """Of each contact the last of some answers, of these the lowest, then the newest.

        :param SQL answers: rows of id, customer_id, commercial_partner_id, partner_id, score, date
        :rtype: SQL
        """
        return SQL(
            """
            SELECT DISTINCT ON (customer_id)
                   id AS answer_id, customer_id, commercial_partner_id AS partner_id, score, date
              FROM (
                    SELECT DISTINCT ON (customer_id, partner_id) *
                      FROM (%s) AS answer
                  ORDER BY customer_id, partner_id, date DESC, id DESC
                   ) AS last
          ORDER BY customer_id, score, date DESC, id DESC
            """,
            answers,
        )

    @api.model
    def _facts_fields(self):
        return [
            self._fields[fname]
            for fname in (
                'company_id',
                'customer_id',
                'commercial_partner_id',
                'partner_id',
                'score',
                'date',
            )
        ]
