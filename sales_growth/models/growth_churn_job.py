import io

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .growth_sales_facts_churn import EPOCH_SQL, day_number

# What a run finds out about each customer, as it is copied into the database.
VERDICT = {
    'partner_id': 'int4',
    'state': 'varchar',
    'rule_id': 'int4',
    'since': 'int4',
    'recent': 'numeric',
    'previous': 'numeric',
    'buyer_type': 'varchar',
    'interval': 'numeric',
    'next_day': 'int4',
    'probability': 'numeric',
    'factors': 'varchar',
    'first_day': 'int4',
    'last_day': 'int4',
    'order_count': 'int4',
    'year_revenue': 'numeric',
    'year_profit': 'numeric',
}


class GrowthChurnRule(models.Model):
    """The daily job: judges all customers, writes what changed, and has the cases follow.

    Purchases are read once, judged by `analysis.cadence` and `analysis.churn`, and compared with
    the hub inside the database.
    """

    _inherit = 'growth.churn.rule'

    @api.model
    def _cron_detect(self):
        """Find the customers who are leaving, company by company.

        The verdicts of a company are committed as a whole, then its cases, then the digests one by
        one. A job that was killed finds what is missing from the verdicts and goes on.
        """
        companies = self.env['res.company'].search([('active', '=', True)], order='id')
        self.env['ir.cron']._growth_each_company(companies, self._detect_or_note)

    @api.model
    def _detect_or_note(self, company):
        """Work for a company, or keep on it what a user can mend.

        :return: whether there was time for all
        :rtype: bool
        """
        try:
            return self._detect_company(company, self._today(company), commits=True)
        except UserError as exception:
            self.env.cr.rollback()
            company.growth_churn_error = str(exception)
            return True

    @api.model
    def _detect(self, companies=None, as_of=None):
        """Find the customers who are leaving, as of a day.

        :param res.company companies: all when omitted
        :param date as_of: last day that counts; today in each company's time zone when omitted
        :raise UserError: when another run is at work on a company
        """
        if companies is None:
            companies = self.env['res.company'].search([('active', '=', True)])
        for company in companies:
            self._detect_company(company, as_of or self._today(company))

    @api.model
    def _detect_company(self, company, as_of, commits=False):
        """
        :param bool commits: of the scheduled job: after each part that is complete in itself
        :return: whether there was time for all
        :rtype: bool
        """
        rules = self.sudo()._get_rules(company)
        if not rules:
            return True
        if not company.sudo().try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "Somebody else is looking for leaving customers of %s right now. Try again in "
                    "a minute.",
                    company.name,
                )
            )
        documents = self.env['growth.sales.facts']._churn_documents(company, as_of)
        facts = rules._get_facts(company, documents, as_of)
        rules._stage_verdicts(company, facts, documents, as_of)
        rules._write_verdicts(company, as_of)
        self.env['growth.churn.case'].sudo()._follow(company, rules, documents, facts, as_of)
        if company.growth_churn_as_of != as_of or company.growth_churn_error:
            company.sudo().write({'growth_churn_as_of': as_of, 'growth_churn_error': False})
        if commits and not self.env['ir.cron']._commit_progress():
            return False
        return self.env['growth.churn.digest'].sudo()._tell(company, as_of, commits)

    # ------------------------------------------------------------
    # JUDGING
    # ------------------------------------------------------------

    def _get_facts(self, company, documents, as_of):
        """Everything that rules are judged on, a row per customer or prospect.

        :param pandas.DataFrame documents: see `growth.sales.facts._churn_documents`
        :return: the facts that `analysis.churn.judge` takes, and `factors`
        :rtype: pandas.DataFrame
        """
        from ..analysis import cadence, churn

        customers = cadence.customers(documents, day_number(as_of))
        customers['probability'] = float('nan')
        customers['factors'] = None
        model = self.env['growth.churn.model'].sudo()._get(company, documents, as_of)
        if model and len(customers):
            features = cadence.features(documents, day_number(as_of))
            customers['probability'] = model.probability(features).round(2)
            customers['factors'] = model.factors(features)
        return churn.with_signals(customers, self._get_signals(company, as_of))

    def _stage_verdicts(self, company, facts, documents, as_of):
        """Judge all customers and put the verdicts into a temporary table."""
        from ..analysis import churn

        verdicts = churn.judge(facts, documents, self._as_numbers(), day_number(as_of))
        # Who never bought and gives no sign has no state.
        says_something = facts['last_day'].notna().to_numpy() | verdicts['rule_id'].notna()
        table = facts.merge(verdicts, on='partner_id')[says_something.to_numpy()]
        table = table[list(VERDICT)].round(
            {
                'recent': company.currency_id.decimal_places,
                'previous': company.currency_id.decimal_places,
                'year_revenue': company.currency_id.decimal_places,
                'year_profit': company.currency_id.decimal_places,
                'interval': 1,
                'next_day': 0,
            }
        )
        for name, kind in VERDICT.items():
            if kind == 'int4':
                table[name] = table[name].astype('Int64')
        self._copy_verdicts(table)

    @api.model
    def _copy_verdicts(self, table):
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS growth_churn_verdict")
        cr.execute(
            SQL(
                "CREATE TEMP TABLE growth_churn_verdict (%s) ON COMMIT DROP",
                SQL(", ").join(
                    SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in VERDICT.items()
                ),
            )
        )
        lines = io.StringIO()
        table.to_csv(lines, sep='\t', na_rep=r'\N', header=False, index=False)
        lines.seek(0)
        cr.copy_expert("COPY growth_churn_verdict FROM STDIN", lines)
        cr.execute("ANALYZE growth_churn_verdict")

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    @api.model
    def _write_verdicts(self, company, as_of):
        """Write the verdicts that differ from what the hub knows.

        Raw SQL, as the ORM would take ten times as long for the first run. Nothing hangs on these
        fields but the fields of this model, and those are computed when they are read.
        """
        Customer = self.env['growth.customer']
        Customer.flush_model()
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            UPDATE growth_customer AS customer
               SET churn_state = target.state,
                   churn_date = target.date,
                   churn_rule_id = target.rule_id,
                   churn_recent = target.recent,
                   churn_previous = target.previous,
                   buyer_type = target.buyer_type,
                   order_interval = target.interval,
                   next_order_date = target.next_date,
                   churn_probability = target.probability,
                   churn_factors = target.factors,
                   last_segment_id = target.last_segment_id,
                   write_uid = %(uid)s,
                   write_date = %(now)s
              FROM (%(target)s) AS target
             WHERE customer.id = target.id
               AND (customer.churn_state, customer.churn_date, customer.churn_rule_id,
                    customer.churn_recent, customer.churn_previous, customer.buyer_type,
                    customer.order_interval, customer.next_order_date,
                    customer.churn_probability, customer.churn_factors,
                    customer.last_segment_id)
                   IS DISTINCT FROM
                   (target.state, target.date, target.rule_id,
                    target.recent, target.previous, target.buyer_type,
                    target.interval, target.next_date,
                    target.probability, target.factors, target.last_segment_id)
            """,
                target=self._target_sql(company, as_of),
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        changed = cr.rowcount
        changed += self._insert_customers(company, as_of)
        Customer.invalidate_model()
        Customer._invalidate_contacts()
        return changed

    @api.model
    def _target_sql(self, company, as_of):
        """What the hub is to know of each customer of a company."""
        return SQL(
            """
            SELECT customer.id, verdict.state, verdict.rule_id, verdict.recent, verdict.previous,
                   verdict.buyer_type, verdict.interval, verdict.probability, verdict.factors,
                   %(epoch)s + verdict.next_day AS next_date,
                   COALESCE(customer.segment_id, customer.last_segment_id, %(moved)s)
                       AS last_segment_id,
                   CASE WHEN verdict.state IS NULL THEN NULL
                        -- It goes on, whichever rule says so today.
                        WHEN verdict.state = customer.churn_state
                         AND customer.churn_date > COALESCE(
                                 %(epoch)s + verdict.last_day, '-infinity'::date
                             ) THEN customer.churn_date
                        WHEN verdict.since IS NOT NULL THEN %(epoch)s + verdict.since
                        WHEN verdict.state = 'active' THEN %(epoch)s + verdict.last_day
                        ELSE %(as_of)s END AS date
              FROM growth_customer AS customer
         LEFT JOIN growth_churn_verdict AS verdict ON verdict.partner_id = customer.partner_id
             WHERE customer.company_id = %(company_id)s
            """,
            # Before the first run nobody kept the segment of whom the window has passed by.
            moved=SQL("NULL::int4")
            if company.growth_churn_as_of
            else SQL(
                """(
                    SELECT from_segment_id
                      FROM growth_segment_move AS move
                     WHERE move.customer_id = customer.id AND move.from_segment_id IS NOT NULL
                  ORDER BY move.date DESC, move.id DESC
                     LIMIT 1
                )"""
            ),
            epoch=EPOCH_SQL,
            as_of=as_of,
            company_id=company.id,
        )

    @api.model
    def _insert_customers(self, company, as_of):
        """Make the hub's rows of prospects that gave a sign."""
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            INSERT INTO growth_customer (
                company_id, partner_id, lifecycle, revenue, profit, value, order_count,
                churn_state, churn_date, churn_rule_id, churn_recent, churn_previous, buyer_type,
                order_interval, next_order_date, churn_probability, churn_factors,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(company_id)s, partner_id, 'prospect', 0, 0, 0, 0,
                   state, COALESCE(%(epoch)s + since, %(as_of)s), rule_id, recent,
                   previous, buyer_type, interval, %(epoch)s + next_day, probability,
                   factors, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_churn_verdict AS verdict
             WHERE NOT EXISTS (
                       SELECT FROM growth_customer AS customer
                        WHERE customer.partner_id = verdict.partner_id
                          AND customer.company_id = %(company_id)s
                   )
               AND EXISTS (SELECT FROM res_partner WHERE res_partner.id = verdict.partner_id)
            """,
                epoch=EPOCH_SQL,
                company_id=company.id,
                as_of=as_of,
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        return cr.rowcount
