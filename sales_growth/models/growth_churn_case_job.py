import io

from odoo import api, models
from odoo.tools import SQL

from .growth_churn_case import OPEN_STATES
from .growth_sales_facts_churn import EPOCH_SQL, day_of

# How long ago somebody was lost who is still worth a case when the job runs for the first time.
FRESH_MONTHS = 12
# The year after the order that won a customer back, and the half of it.
AFTER_MONTHS = (6, 12)


class GrowthChurnCase(models.Model):
    """What the daily job does about cases: it closes, follows and opens them, set by set.

    Everything is found anew from the hub and from the documents, so a job that was killed does
    the rest when it runs again, and one that runs twice does nothing the second time.
    """

    _inherit = 'growth.churn.case'

    @api.model
    def _follow(self, company, rules, documents, facts, as_of):
        """Bring the cases of a company in line with what its customers do.

        :param res.company company:
        :param growth.churn.rule rules: those that are on
        :param pandas.DataFrame documents: see `growth.sales.facts._churn_documents`
        :param pandas.DataFrame facts: see `growth.churn.rule._get_facts`
        :param date as_of: last day that counts
        """
        from ..analysis.episodes import Ledger

        self.env.flush_all()
        is_first = not company.growth_churn_as_of
        if is_first:
            self._rebuild(company, rules, documents, facts)
        ledger = Ledger(documents)
        self._find_won(company, ledger)
        self._follow_alarms(company, facts)
        self._open(company, as_of, is_estimated=is_first)
        self._count_returns(company, ledger, as_of, is_first)
        self._refresh_suggestions(company)

    # ------------------------------------------------------------
    # CLOSING AND FOLLOWING
    # ------------------------------------------------------------

    @api.model
    def _find_won(self, company, ledger):
        """Close the cases of customers who bought since.

        :param analysis.episodes.Ledger ledger: all documents
        """
        rows = self.env.execute_query(
            SQL(
                """
            SELECT growth_case.id, growth_case.partner_id,
                   -- Of who never bought before, the day of the alarm counts, too.
                   COALESCE(growth_case.last_order_date, growth_case.date - 1) - %(epoch)s
              FROM growth_churn_case AS growth_case
              JOIN growth_churn_verdict AS bought ON bought.partner_id = growth_case.partner_id
             WHERE growth_case.company_id = %(company_id)s
               AND growth_case.state IN %(states)s
               AND %(epoch)s + bought.last_day
                   > COALESCE(growth_case.last_order_date, growth_case.date - 1)
          ORDER BY growth_case.id
            """,
                epoch=EPOCH_SQL,
                company_id=company.id,
                states=OPEN_STATES,
            )
        )
        if not rows:
            return
        ids, partners, days = zip(*rows, strict=True)
        won = dict(
            zip(
                self.browse(ids),
                map(day_of, ledger.next_purchases(partners, days)),
                strict=True,
            )
        )
        orders = self._get_win_orders(company, won)
        for case, day in won.items():
            case._close('won', day, won_date=day, win_order_id=orders.get(case.id))

    @api.model
    def _get_win_orders(self, company, won):
        """The first order of the day on which each customer came back.

        :param dict won: the day, by case
        :return: ids of the orders, by id of the case
        :rtype: dict[int, int]
        """
        if not won or company.growth_source == 'invoice':
            return {}
        Facts = self.env['growth.sales.facts']
        return dict(
            self.env.execute_query(
                SQL(
                    """
                SELECT won.case_id, MIN(sale_order.id)
                  FROM (VALUES %(won)s) AS won (case_id, partner_id, moment)
                  JOIN sale_order
                    ON sale_order.commercial_partner_id = won.partner_id
                   AND sale_order.company_id = %(company_id)s
                   AND sale_order.state = 'sale'
                   AND sale_order.amount_untaxed > 0
                   AND sale_order.date_order >= won.moment
                   AND sale_order.date_order < won.moment + INTERVAL '1 day'
              GROUP BY won.case_id
                """,
                    won=SQL(", ").join(
                        SQL(
                            "(%s, %s, %s::timestamp)",
                            case.id,
                            case.partner_id.id,
                            Facts._day_start(company, day),
                        )
                        for case, day in won.items()
                    ),
                    company_id=company.id,
                )
            )
        )

    @api.model
    def _follow_alarms(self, company, facts):
        """Tell cases how their customer stands now; end those whose alarm is over, where nobody
        has begun to do something about it.

        :param pandas.DataFrame facts: `partner_id`, `is_exempt`
        """
        exempt = facts.loc[facts['is_exempt'], 'partner_id'].tolist()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT growth_case.id, customer.churn_state, customer.churn_date
              FROM growth_churn_case AS growth_case
              JOIN growth_customer AS customer ON customer.id = growth_case.customer_id
             WHERE growth_case.company_id = %(company_id)s
               AND growth_case.state IN %(states)s
               AND customer.churn_state IS DISTINCT FROM growth_case.level
            """,
                company_id=company.id,
                states=OPEN_STATES,
            )
        )
        lost = {case_id: date for case_id, state, date in rows if state == 'lost'}
        for date, cases in self.browse(lost).grouped(lambda case: lost[case.id]).items():
            # The salesperson is told once more: see `growth.churn.digest._tell`.
            cases.write({'level': 'lost', 'lost_date': date, 'digest_id': False})
        self.browse(row[0] for row in rows if row[1] == 'at_risk').write(
            {'level': 'at_risk', 'lost_date': False}
        )
        over = self.browse(row[0] for row in rows if row[1] not in ('lost', 'at_risk'))
        over.filtered(lambda case: case.state == 'new' and case.partner_id.id not in exempt)._close(
            'over'
        )

    # ------------------------------------------------------------
    # OPENING
    # ------------------------------------------------------------

    @api.model
    def _open(self, company, as_of, is_estimated=False):
        """Open a case for each customer with an alarm, one for an episode: an episode ends with a
        purchase, so whoever was given up or calmed down without one does not get a second case.

        Raw SQL, as a first run opens one for a large part of all customers.

        :param bool is_estimated: of the first run: nobody is told, and who was lost long ago is
            lost for good
        """
        self._reopen_calmed(company)
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            INSERT INTO growth_churn_case (
                company_id, customer_id, partner_id, state, level, date, lost_date, closed_date,
                rule_id, kind, numbers, is_estimated, %(frozen_columns)s,
                attempt_count, cost, create_uid, create_date, write_uid, write_date
            )
            SELECT customer.company_id, customer.id, customer.partner_id,
                   CASE WHEN %(is_old)s THEN 'lost' ELSE 'new' END, customer.churn_state,
                   CASE WHEN %(is_estimated)s THEN customer.churn_date ELSE %(as_of)s END,
                   CASE WHEN customer.churn_state = 'lost' THEN customer.churn_date END,
                   CASE WHEN %(is_old)s THEN customer.churn_date END,
                   rule.id, rule.kind, %(numbers)s, %(is_estimated)s, %(frozen)s,
                   0, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_customer AS customer
              JOIN growth_churn_rule AS rule ON rule.id = customer.churn_rule_id
              JOIN res_company AS company ON company.id = customer.company_id
              JOIN growth_churn_verdict AS bought ON bought.partner_id = customer.partner_id
              JOIN res_partner AS contact ON contact.id = customer.partner_id
         LEFT JOIN growth_nps_answer AS answer ON answer.id = customer.nps_answer_id
         %(last_order)s
             WHERE customer.company_id = %(company_id)s
               AND customer.churn_state IN ('at_risk', 'lost')
               AND contact.active
               AND NOT EXISTS (
                       SELECT FROM growth_churn_case AS known
                        WHERE known.customer_id = customer.id
                          AND (known.state IN %(open_states)s
                               OR known.last_order_date IS NOT DISTINCT FROM
                                  %(epoch)s + bought.last_day)
                   )
            """,
                frozen_columns=self._frozen_columns(),
                frozen=self._frozen_sql(),
                numbers=self.env['growth.churn.rule']._numbers_sql(),
                last_order=self._last_order_sql(SQL("%s + bought.last_day", EPOCH_SQL)),
                is_old=SQL(
                    "(%s AND customer.churn_date < %s::date - %s * INTERVAL '1 month')",
                    is_estimated,
                    as_of,
                    FRESH_MONTHS,
                ),
                is_estimated=is_estimated,
                epoch=EPOCH_SQL,
                as_of=as_of,
                company_id=company.id,
                open_states=OPEN_STATES,
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        self.invalidate_model()
        return cr.rowcount

    @api.model
    def _reopen_calmed(self, company):
        """Take up the cases again whose alarm was over and is back, without a purchase between."""
        rows = self.env.execute_query(
            SQL(
                """
            SELECT growth_case.id, customer.churn_state, customer.churn_date
              FROM growth_churn_case AS growth_case
              JOIN growth_customer AS customer ON customer.id = growth_case.customer_id
              JOIN growth_churn_verdict AS bought ON bought.partner_id = customer.partner_id
             WHERE growth_case.company_id = %(company_id)s
               AND growth_case.state = 'over'
               AND customer.churn_state IN ('at_risk', 'lost')
               AND growth_case.last_order_date IS NOT DISTINCT FROM %(epoch)s + bought.last_day
               AND NOT EXISTS (
                       SELECT FROM growth_churn_case AS other
                        WHERE other.customer_id = customer.id AND other.state IN %(open_states)s
                   )
            """,
                company_id=company.id,
                epoch=EPOCH_SQL,
                open_states=OPEN_STATES,
            )
        )
        states = {case_id: (state, date) for case_id, state, date in rows}
        for (state, date), cases in (
            self.browse(states).grouped(lambda case: states[case.id]).items()
        ):
            cases._reopen()
            cases.write(
                {
                    'level': state,
                    'lost_date': date if state == 'lost' else False,
                    'digest_id': False,
                }
            )

    @api.model
    def _frozen_columns(self):
        """What a case keeps of its customer: the columns of `_frozen_sql`.

        :rtype: SQL
        """
        return SQL(
            "salesperson_id, user_id, team_id, segment_id, tier, source_id, country_id, region_id, "
            "first_order_date, last_order_date, order_count, revenue, profit, probability"
        )

    @api.model
    def _frozen_sql(self):
        """
        :rtype: SQL
        """
        return SQL(
            """
            COALESCE(customer.farmer_id, contact.user_id, last_order.user_id),
            %(owner)s,
            COALESCE(customer.farmer_team_id, last_order.team_id),
            customer.last_segment_id,
            (SELECT segment.tier FROM growth_segment AS segment
              WHERE segment.id = customer.last_segment_id),
            last_order.source_id,
            contact.country_id,
            contact.state_id,
            %(epoch)s + bought.first_day,
            %(epoch)s + bought.last_day,
            bought.order_count,
            bought.year_revenue,
            bought.year_profit,
            bought.probability
            """,
            owner=self._owner_sql(),
            epoch=EPOCH_SQL,
        )

    @api.model
    def _owner_sql(self):
        """Who is to see to a customer now: the first of those who know them that works for the
        company still, the leader of the team otherwise.

        :rtype: SQL
        """
        return SQL(
            """(
                SELECT candidate.id
                  FROM (VALUES
                        (1, customer.farmer_id),
                        (2, contact.user_id),
                        (3, last_order.user_id),
                        (4, (SELECT team.user_id FROM crm_team AS team
                              WHERE team.id = COALESCE(
                                    customer.farmer_team_id, last_order.team_id)))
                       ) AS candidate (place, id)
                  JOIN res_users ON res_users.id = candidate.id AND res_users.active
                  JOIN res_company_users_rel AS employer
                    ON employer.user_id = candidate.id AND employer.cid = customer.company_id
              ORDER BY candidate.place
                 LIMIT 1
            )"""
        )

    @api.model
    def _last_order_sql(self, day):
        """A join to the last order of a customer until a day: whom the customer bought from.

        :param SQL day:
        :rtype: SQL
        """
        return SQL(
            """
         LEFT JOIN LATERAL (
                    SELECT sale_order.user_id, sale_order.team_id, sale_order.source_id
                      FROM sale_order
                     WHERE sale_order.commercial_partner_id = customer.partner_id
                       AND sale_order.company_id = customer.company_id
                       AND sale_order.state = 'sale'
                       AND sale_order.date_order < %s + 2
                  ORDER BY sale_order.date_order DESC, sale_order.id DESC
                     LIMIT 1
                  ) AS last_order ON TRUE
            """,
            day,
        )

    # ------------------------------------------------------------
    # FIRST RUN
    # ------------------------------------------------------------

    @api.model
    def _rebuild(self, company, rules, documents, facts):
        """Rebuild the losses of the past that ended with a purchase, as if the job had always run:
        without them nobody could say whether this year is worse than the last."""
        from ..analysis import episodes

        losses = episodes.losses(documents, facts, rules._as_numbers())
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS growth_churn_loss")
        cr.execute(
            "CREATE TEMP TABLE growth_churn_loss (partner_id int4, first_day int4, last_day int4, "
            "order_count int4, year_revenue numeric, year_profit numeric, lost_day int4, "
            "won_day int4, probability numeric) ON COMMIT DROP"
        )
        lines = io.StringIO()
        losses.round(company.currency_id.decimal_places).to_csv(
            lines, sep='\t', header=False, index=False
        )
        lines.seek(0)
        columns = ', '.join(losses.columns)
        cr.copy_expert(f"COPY growth_churn_loss ({columns}) FROM STDIN", lines)
        cr.execute(
            SQL(
                """
            INSERT INTO growth_churn_case (
                company_id, customer_id, partner_id, state, level, date, lost_date, closed_date,
                won_date, rule_id, kind, numbers, is_estimated, %(frozen_columns)s,
                attempt_count, cost, create_uid, create_date, write_uid, write_date
            )
            SELECT customer.company_id, customer.id, customer.partner_id, 'won', 'lost',
                   %(epoch)s + bought.lost_day, %(epoch)s + bought.lost_day,
                   %(epoch)s + bought.won_day, %(epoch)s + bought.won_day,
                   rule.id, rule.kind,
                   JSONB_BUILD_OBJECT(
                       'last', %(epoch)s + bought.last_day,
                       'months', rule.lost_months
                   ), TRUE, %(frozen)s,
                   0, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_churn_loss AS bought
              JOIN growth_customer AS customer
                ON customer.partner_id = bought.partner_id
               AND customer.company_id = %(company_id)s
              JOIN res_partner AS contact ON contact.id = customer.partner_id
              JOIN growth_churn_rule AS rule ON rule.id = %(rule_id)s
              %(last_order)s
            """,
                frozen_columns=self._frozen_columns(),
                frozen=self._frozen_sql(),
                last_order=self._last_order_sql(SQL("%s + bought.last_day", EPOCH_SQL)),
                epoch=EPOCH_SQL,
                company_id=company.id,
                rule_id=rules.filtered(lambda rule: rule.kind == 'recency')[:1].id or None,
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        self.invalidate_model()

    # ------------------------------------------------------------
    # AFTER WINNING BACK
    # ------------------------------------------------------------

    @api.model
    def _count_returns(self, company, ledger, as_of, is_first=False):
        """Count what customers bought after they were won back.

        :param analysis.episodes.Ledger ledger: all documents
        :param bool is_first: also of those won longer than a year ago
        """
        import numpy as np

        from ..analysis.cadence import add_months

        self.flush_model()
        since = self.env['growth.sales.facts']._months_before(as_of, max(AFTER_MONTHS) + 1)
        rows = self.env.execute_query(
            SQL(
                "SELECT id, partner_id, won_date - %s FROM growth_churn_case "
                "WHERE company_id = %s AND state = 'won' AND (%s OR won_date >= %s) ORDER BY id",
                EPOCH_SQL,
                company.id,
                is_first,
                since,
            )
        )
        if not rows:
            return
        ids, partners, days = (np.array(column) for column in zip(*rows, strict=True))
        digits = company.currency_id.decimal_places
        sums = [
            ledger.sums(name, partners, days, add_months(days, months)).round(digits).tolist()
            for months in AFTER_MONTHS
            for name in ('revenue', 'profit')
        ]
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            UPDATE growth_churn_case AS growth_case
               SET revenue_6 = counted.revenue_6, profit_6 = counted.profit_6,
                   revenue_12 = counted.revenue_12, profit_12 = counted.profit_12
              FROM (
                    SELECT * FROM UNNEST(
                        %(ids)s::int4[], %(revenue_6)s::numeric[], %(profit_6)s::numeric[],
                        %(revenue_12)s::numeric[], %(profit_12)s::numeric[]
                    ) AS counted (id, revenue_6, profit_6, revenue_12, profit_12)
                   ) AS counted
             WHERE counted.id = growth_case.id
               AND (growth_case.revenue_6, growth_case.profit_6, growth_case.revenue_12,
                    growth_case.profit_12)
                   IS DISTINCT FROM
                   (counted.revenue_6, counted.profit_6, counted.revenue_12, counted.profit_12)
            """,
                ids=ids.tolist(),
                **dict(
                    zip(('revenue_6', 'profit_6', 'revenue_12', 'profit_12'), sums, strict=True)
                ),
            )
        )
        self.invalidate_model(['revenue_6', 'profit_6', 'revenue_12', 'profit_12'])
