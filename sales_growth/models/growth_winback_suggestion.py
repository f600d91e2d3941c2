from odoo import api, fields, models
from odoo.tools import SQL, formatLang

from .growth_churn_case import OPEN_STATES
from .growth_refusal_follow_up import BLACKLISTS

# What the suggestion for a case rests on, and changes by hand
STATED_FIELDS = {'decision', 'method_id', 'reason_id', 'state'}


class GrowthChurnCase(models.Model):
    """Whom it pays to win back, and how: the order of the win-back list."""

    _inherit = 'growth.churn.case'

    proposal = fields.Selection(
        selection=[
            ('win_back', "Worth Winning Back"),
            ('leave', "Better Left"),
            ('never', "Not to Be Won Back"),
        ],
        readonly=True,
        index=True,
        help="Better left: low tier, or it would cost more than it is likely to bring.",
    )
    suggested_method_id = fields.Many2one(
        comodel_name='growth.winback.method',
        string="Suggested Method",
        readonly=True,
        ondelete='set null',
    )
    suggestion = fields.Text(
        string="What Speaks for It",
        compute='_compute_suggestion',
        help="What the methods achieved so far, and what the chance rests on.",
    )
    chance = fields.Float(
        digits=(16, 4),
        readonly=True,
        aggregator=None,
        help="Chance that the chosen method, else the suggested one, wins the customer back.",
    )
    payoff = fields.Monetary(
        readonly=True,
        index=True,
        help="Profit of a year times the chance to win the customer back, less the cost of an "
        "attempt. Where customers are judged by revenue, it counts instead.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('suggested_method_id', 'method_id', 'reason_id', 'tier', 'company_id')
    @api.depends_context('lang')
    def _compute_suggestion(self):
        for company, cases in self.grouped('company_id').items():
            records = self._get_records(company)
            for case in cases:
                case.suggestion = case._explain_suggestion(records)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases._suggest()
        return cases

    def write(self, vals):
        result = super().write(vals)
        if STATED_FIELDS & vals.keys():
            self._suggest()
        return result

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _suggest(self):
        """Suggest anew what to do about some cases: those that are open."""
        for company, cases in self.filtered('is_open').grouped('company_id').items():
            self._refresh_suggestions(company, cases)

    def _suggest_all(self):
        """Suggest anew what to do about all open cases of the companies, after attempts ended: the
        record of their methods is that of the others, too."""
        for company in self.company_id:
            self._refresh_suggestions(company)

    @api.model
    def _refresh_suggestions(self, company, cases=None):
        """Suggest what to do about the open cases of a company, and what it pays.

        One statement, which writes what differs: cases of the same reason and tier have the same
        suggestion, so there are few.

        :param res.company company:
        :param growth.churn.case cases: all open ones when omitted
        """
        self.flush_model()
        self.env['growth.customer'].flush_model(['no_win_back'])
        for model in ('res.partner', 'mail.blacklist', 'phone.blacklist'):
            self.env[model].flush_model()
        condition = SQL(
            "churn_case.company_id = %s AND churn_case.state IN %s", company.id, OPEN_STATES
        )
        if cases is not None:
            condition = SQL("%s AND churn_case.id IN %s", condition, tuple(cases.ids) or (0,))
        if not (values := self._get_suggestions(company, condition)):
            return
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_churn_case AS churn_case
               SET proposal = target.proposal,
                   suggested_method_id = target.suggested_id,
                   chance = target.chance,
                   payoff = target.payoff
              FROM (
                    SELECT id, suggested_id, chance, payoff,
                           CASE WHEN is_unwanted THEN 'never'
                                WHEN tier = 'low' OR payoff <= 0 THEN 'leave'
                                ELSE 'win_back' END AS proposal
                      FROM (
                            SELECT churn_case.id, churn_case.tier, said.suggested_id, said.chance,
                                   ROUND(
                                       GREATEST(churn_case.%(value)s, 0) * said.chance - said.cost,
                                       %(decimals)s
                                   ) AS payoff,
                                   %(unwanted)s AS is_unwanted
                              FROM growth_churn_case AS churn_case
                              JOIN growth_customer AS customer
                                ON customer.id = churn_case.customer_id
                              JOIN res_partner AS partner ON partner.id = churn_case.partner_id
                              JOIN (VALUES %(values)s)
                                   AS said (reason_id, tier, method_id, suggested_id, chance, cost)
                                ON said.reason_id = COALESCE(churn_case.reason_id, 0)
                               AND said.tier = COALESCE(churn_case.tier, '')
                               AND said.method_id = COALESCE(churn_case.method_id, 0)
                             WHERE %(condition)s
                           ) AS weighed
                   ) AS target
             WHERE target.id = churn_case.id
               AND (churn_case.proposal, churn_case.suggested_method_id, churn_case.chance,
                    churn_case.payoff)
                   IS DISTINCT FROM
                   (target.proposal, target.suggested_id, target.chance, target.payoff)
         RETURNING churn_case.id
            """,
                value=SQL.identifier(self._get_value_field(company)),
                decimals=company.currency_id.decimal_places,
                unwanted=self._unwanted_sql(),
                values=SQL(", ").join(values),
                condition=condition,
            )
        )
        if changed := self.browse(case_id for (case_id,) in self.env.cr.fetchall()):
            changed.invalidate_recordset(
                ['proposal', 'suggested_method_id', 'suggestion', 'chance', 'payoff']
            )

    @api.model
    def _get_suggestions(self, company, condition):
        """What is suggested for each reason, tier and chosen method that some cases have.

        :param SQL condition: on `churn_case`
        :return: rows of reason, tier, chosen and suggested method, chance, cost
        :rtype: list[SQL]
        """
        kinds = self.env.execute_query(
            SQL(
                """
            SELECT DISTINCT reason_id, tier, method_id
              FROM growth_churn_case AS churn_case
             WHERE %s
            """,
                condition,
            )
        )
        if not kinds:
            return []
        records = self._get_records(company)
        methods = self.env['growth.winback.method'].sudo()._get_methods(company)
        values = []
        for reason_id, tier, method_id in kinds:
            suggested_id = records.suggest(methods.ids, reason_id, tier)
            used = methods.browse(method_id or suggested_id)
            values.append(
                SQL(
                    "(%s, %s, %s, %s::int4, %s::numeric, %s::numeric)",
                    reason_id or 0,
                    tier or '',
                    method_id or 0,
                    suggested_id,
                    round(records.chance(used.id or None, reason_id, tier), 4),
                    used.cost,
                )
            )
        return values

    @api.model
    def _get_value_field(self, company):
        """What is at stake with a customer: the profit of a year, or the revenue where the company
        judges its customers by that.

        :rtype: str
        """
        return company.sudo().growth_metric

    @api.model
    def _get_records(self, company):
        """What the methods achieved in a company. Whoever asks: suggestions are the same for all,
        and tell how many came back, not who.

        :rtype: analysis.winback.Records
        """
        from ..analysis.winback import Attempts, Records

        self.env['growth.winback.attempt'].flush_model(['case_id', 'method_id', 'result'])
        self.flush_model(['reason_id', 'tier'])
        rows = self.env.execute_query(
            SQL(
                """
            SELECT attempt.method_id, churn_case.reason_id, churn_case.tier,
                   COUNT(*) FILTER (WHERE attempt.result = 'won'), COUNT(*)
              FROM growth_winback_attempt AS attempt
              JOIN growth_churn_case AS churn_case ON churn_case.id = attempt.case_id
             WHERE attempt.company_id = %s
               AND attempt.result IN ('won', 'failed')
          GROUP BY attempt.method_id, churn_case.reason_id, churn_case.tier
            """,
                company.id,
            )
        )
        settings = company.sudo()
        return Records(
            (Attempts(*row) for row in rows),
            settings.growth_winback_min_record,
            settings.growth_winback_chance / 100,
        )

    @api.model
    def _unwanted_sql(self):
        """Whether a `customer` is not to be won back: so decided, gone (archived), asked not to be
        contacted, or left without any address that may be used. A blacklisted address alone speaks
        against writing there, not against calling.

        :rtype: SQL
        """
        blocked, usable = (
            SQL(" OR ").join(
                SQL(
                    "(%(address)s IS NOT NULL AND %(verb)s (SELECT FROM %(blacklist)s "
                    "WHERE active AND %(column)s = %(address)s))",
                    address=SQL.identifier('partner', address),
                    verb=SQL(verb),
                    blacklist=SQL.identifier(blacklist),
                    column=SQL.identifier(column),
                )
                for blacklist, column, address in BLACKLISTS
            )
            for verb in ('EXISTS', 'NOT EXISTS')
        )
        return SQL(
            """(
                COALESCE(customer.no_win_back, FALSE)
                OR COALESCE(churn_case.decision = 'never', FALSE)
                OR NOT partner.active
                OR COALESCE(partner.growth_no_contact, FALSE)
                OR ((%s) AND NOT (%s))
            )""",
            blocked,
            usable,
        )

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _explain_suggestion(self, records):
        """What speaks for the suggested method and for the chosen one, and what the chance and the
        payoff rest on.

        :param analysis.winback.Records records: of the company
        :rtype: str
        """
        self.ensure_one()
        suggested, chosen = self.suggested_method_id, self.method_id
        if not suggested and not chosen:
            return self.env._("There is no method to suggest.")
        lines = []
        if suggested:
            lines.append(self._explain_record(suggested, records))
        if chosen and chosen != suggested:
            lines.append(self.env._("Chosen: %s", self._explain_record(chosen, records)))
        used = chosen or suggested
        if not records.standing(used.id, self.reason_id.id or None, self.tier or None).level:
            lines.append(self._explain_chance(records))
        if self._get_value_field(self.company_id) == 'revenue':
            lines.append(
                self.env._("The payoff counts revenue, as customers are judged by revenue here.")
            )
        return "\n".join(lines)

    def _explain_record(self, method, records):
        standing = records.standing(method.id, self.reason_id.id or None, self.tier or None)
        values = {'method': method.name, 'won': standing.won, 'closed': standing.closed}
        tier = dict(self._fields['tier']._description_selection(self.env)).get(self.tier)
        if standing.level == 'both':
            return self.env._(
                "%(method)s: %(won)s of %(closed)s won back (this reason, tier “%(tier)s”).",
                tier=tier,
                **values,
            )
        if standing.level == 'reason':
            return self.env._("%(method)s: %(won)s of %(closed)s won back (this reason).", **values)
        if standing.level == 'tier':
            return self.env._(
                "%(method)s: %(won)s of %(closed)s won back (tier “%(tier)s”).",
                tier=tier,
                **values,
            )
        if standing.level == 'all':
            return self.env._(
                "%(method)s: %(won)s of %(closed)s won back (all customers).", **values
            )
        return self.env._(
            "%(method)s: fewer than %(count)s closed attempts, so no record yet.",
            method=method.name,
            count=records.min_record,
        )

    def _explain_chance(self, records):
        percent = formatLang(self.env, 100 * records.share, digits=0)
        if records.is_empty:
            return self.env._(
                "Chance %s %%: assumed in the settings, as no attempt is closed yet.", percent
            )
        return self.env._("Chance %s %%: learned from all closed attempts so far.", percent)
