from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .growth_churn_case import OPEN_STATES
from .growth_churn_rule import ALARMS
from .growth_frame import NUMBER, WHOLE, read_frame, write_frame
from .growth_sales_facts_churn import EPOCH_SQL, day_of

# How long ago somebody was lost who is still worth a case when the job runs for the first time.
FRESH_MONTHS = 12
# The year after the order that won a customer back, and the half of it: what is counted, and for
# how many months.
RETURNS = {
    'revenue_6': ('revenue', 6),
    'profit_6': ('profit', 6),
    'revenue_12': ('revenue', 12),
    'profit_12': ('profit', 12),
}
# What a case keeps of the purchases before it.
OPENING = {
    'partner_id': WHOLE,
    'first_day': WHOLE,
    'last_day': WHOLE,
    'order_count': WHOLE,
    'year_revenue': NUMBER,
    'year_profit': NUMBER,
    'probability': NUMBER,
}
# How long after it a purchase may still turn out to be none.
TAKEN_BACK_MONTHS = 13
# A day before all others, of who never bought.
NEVER = -1_000_000
# Alarms that a purchase of before them shows to have been false: who bought was not silent. What
# customers said of us, and that they buy less, outlasts a purchase.
SILENT_KINDS = ('recency', 'rhythm', 'inquiry')


class GrowthChurnCase(models.Model):
    """What the daily job does about cases: it closes, follows and opens them, set by set.

    Everything is found anew from the hub and from the documents, so a job that was killed does
    the rest when it runs again, and one that runs twice does nothing the second time.
    """

    _inherit = 'growth.churn.case'

    @api.model
    def _follow_purchases(self, company, ledger, as_of):
        """Close the cases of customers who bought, and take up again those whose purchase is none
        any more. Before customers are judged, as who was won back is judged differently.

        :param res.company company:
        :param analysis.episodes.Ledger ledger: all documents
        :param date as_of: last day that counts
        :return: the cases that are open still, see `_read_purchases`
        :rtype: pandas.DataFrame
        """
        self.env.flush_all()
        self._take_back(company, ledger, as_of)
        self.env.flush_all()
        open_cases = self._find_won(company, ledger, as_of)
        self.env.flush_all()
        return open_cases

    @api.model
    def _follow(self, company, rules, documents, ledger, facts, open_cases, as_of):
        """Bring the cases of a company in line with what the rules say of its customers.

        :param res.company company:
        :param growth.churn.rule rules: those that are on
        :param pandas.DataFrame documents: see `growth.sales.facts._churn_documents`
        :param analysis.episodes.Ledger ledger: of the documents
        :param pandas.DataFrame facts: see `growth.churn.rule._get_facts`
        :param pandas.DataFrame open_cases: see `_follow_purchases`
        :param date as_of: last day that counts
        """
        # Before the history is there, nothing can be rebuilt.
        is_first = not company.growth_churn_as_of and len(documents) > 0
        if is_first:
            self._rebuild(company, rules, documents, facts, as_of)
            self._show_won_back(company, as_of)
            self._analyze()
        self._follow_late(open_cases, facts, as_of)
        self._follow_alarms(company, facts)
        self.env.flush_all()
        self._open(company, rules, facts, as_of, is_estimated=is_first)
        if is_first:
            self._analyze()
        self.env.flush_all()
        self._count_returns(company, ledger, as_of, is_first)
        self._refresh_suggestions(company)

    @api.model
    def _analyze(self):
        """Most rows of a first run are new, and what follows would be planned for empty tables: for
        200,000 customers that takes minutes."""
        self.env.flush_all()
        self.env.cr.execute("ANALYZE growth_churn_case, growth_customer")

    # ------------------------------------------------------------
    # CLOSING AND FOLLOWING
    # ------------------------------------------------------------

    @api.model
    def _find_won(self, company, ledger, as_of):
        """Close the cases of customers who bought since. Where another purchase of before the alarm
        was written down late, nobody was silent, and there was nothing to win back.

        :param analysis.episodes.Ledger ledger: all documents
        :param date as_of: last day that counts
        :return: the cases that are open still
        :rtype: pandas.DataFrame
        """
        open_cases = self._read_purchases(company, ledger, SQL("state IN %s", OPEN_STATES))
        has_bought = open_cases['win_day'].notna()
        cases = open_cases[has_bought]
        is_false = cases['is_false']
        self.browse(cases.loc[is_false, 'id'].tolist())._close('over', as_of)
        won, orders = self._get_wins(company, cases[~is_false])
        for day, group in self.browse().union(*won).grouped(won.get).items():
            group._win(day, orders)
        return open_cases[~has_bought]

    @api.model
    def _take_back(self, company, ledger, as_of):
        """Take up again the cases of customers whose purchase is none any more, as an invoice was
        taken back or an order changed, and correct those that another one has won.

        :param analysis.episodes.Ledger ledger: all documents
        :param date as_of: last day that counts
        """
        cases = self._read_purchases(
            company,
            ledger,
            SQL(
                "state = 'won' AND won_date BETWEEN %s AND %s AND %s",
                self.env['growth.sales.facts']._months_before(as_of, TAKEN_BACK_MONTHS),
                as_of,
                self._is_of_source_sql(company),
            ),
        )
        is_none = cases['win_day'].isna() | cases['is_false']
        differs = ~is_none & ((cases['win_day'] != cases['won_day']) | ~cases['has_its_order'])
        self._correct_wins(company, cases[differs])
        self.browse(cases.loc[is_none, 'id'].tolist())._lose_again()

    @api.model
    def _is_of_source_sql(self, company):
        """Whether the documents that count now can tell if a customer was won back: a company may
        have counted orders before, and invoices now, or the other way round.

        :return: condition on `growth_churn_case`
        :rtype: SQL
        """
        if company.growth_source == 'order':
            return SQL("win_order_id IS NOT NULL")
        return SQL(
            """
            NOT EXISTS (
                SELECT FROM sale_order
                 WHERE sale_order.id = win_order_id
                   AND sale_order.state = 'sale'
                   AND sale_order.amount_untaxed > 0
            )
            """
        )

    @api.model
    def _correct_wins(self, company, cases):
        """Say of cases which purchase has won them now.

        :param pandas.DataFrame cases: see `_read_purchases`
        """
        won, orders = self._get_wins(company, cases)
        for (day, order_id), group in (
            self.browse()
            .union(*won)
            .grouped(lambda case: (won[case], orders.get(case.id, False)))
            .items()
        ):
            group.write({'won_date': day, 'closed_date': day, 'win_order_id': order_id})
            group.attempt_ids.filtered(lambda attempt: attempt.result == 'won').closed_date = day

    @api.model
    def _read_purchases(self, company, ledger, condition):
        """The first purchases after the one that some cases began with.

        :param SQL condition:
        :return: `id`, `opened_day`, `won_day`; `next_day`, of the first one at all, and `win_day`,
            of the first one since the alarm: NaN where there is none; `is_false`: one of before
            the alarm, written down late, shows that it was false; `has_its_order`: the order that
            won the case is one of that day still, or there was none
        :rtype: pandas.DataFrame
        """
        import numpy as np

        cases = read_frame(
            self.env,
            SQL(
                """
            SELECT churn_case.id, churn_case.partner_id, churn_case.date - %(epoch)s,
                   -- Of who never bought before, a purchase on the day of the alarm counts, too.
                   COALESCE(churn_case.last_order_date, churn_case.date - 1) - %(epoch)s,
                   COALESCE(churn_case.kind IN %(silent)s, FALSE),
                   churn_case.won_date - %(epoch)s,
                   sale_order.id IS NULL OR (
                       sale_order.state = 'sale'
                       AND sale_order.amount_untaxed > 0
                       AND sale_order.commercial_partner_id = churn_case.partner_id
                       AND %(order_day)s = churn_case.won_date
                   )
              FROM growth_churn_case AS churn_case
         LEFT JOIN sale_order ON sale_order.id = churn_case.win_order_id
             WHERE churn_case.id IN (
                       SELECT id FROM growth_churn_case
                        WHERE company_id = %(company_id)s AND %(condition)s
                   )
          ORDER BY churn_case.id
            """,
                epoch=EPOCH_SQL,
                silent=SILENT_KINDS,
                order_day=self.env['growth.sales.facts']._day_sql(
                    company, SQL("sale_order.date_order")
                ),
                company_id=company.id,
                condition=condition,
            ),
            {
                'id': 'int64',
                'partner_id': 'int64',
                'opened_day': 'int64',
                'day': 'int64',
                'is_silent': 'bool',
                'won_day': 'float64',
                'has_its_order': 'bool',
            },
        )
        partners, days, opened = (
            cases[name].to_numpy() for name in ('partner_id', 'day', 'opened_day')
        )
        next_day = ledger.next_purchases(partners, days)
        return cases.assign(
            next_day=next_day,
            win_day=ledger.next_purchases(partners, np.maximum(days, opened - 1)),
            is_false=cases['is_silent'] & (next_day < opened),
        )

    @api.model
    def _get_wins(self, company, cases):
        """
        :param pandas.DataFrame cases: see `_read_purchases`
        :return: the day on which each case was won, and the ids of the orders by id of the case
        :rtype: tuple[dict, dict]
        """
        won = dict(
            zip(self.browse(cases['id'].tolist()), map(day_of, cases['win_day']), strict=True)
        )
        return won, self._get_win_orders(company, won)

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
                  FROM (VALUES %(won)s) AS won (case_id, partner_id, moment, until)
                  JOIN sale_order
                    ON sale_order.commercial_partner_id = won.partner_id
                   AND sale_order.company_id = %(company_id)s
                   AND sale_order.state = 'sale'
                   AND sale_order.amount_untaxed > 0
                   AND sale_order.date_order >= won.moment
                   AND sale_order.date_order < won.until
              GROUP BY won.case_id
                """,
                    won=SQL(", ").join(
                        SQL(
                            "(%s, %s, %s::timestamp, %s::timestamp)",
                            case.id,
                            case.partner_id.id,
                            Facts._day_start(company, day),
                            Facts._day_start(company, day + timedelta(days=1)),
                        )
                        for case, day in won.items()
                    ),
                    company_id=company.id,
                )
            )
        )

    @api.model
    def _follow_late(self, open_cases, facts, as_of):
        """See to the open cases of customers with a purchase of before the alarm that was written
        down late. Who was called silent and gives no alarm any more was never leaving. The others
        leave still, only since a later purchase: what is done about them goes on.

        :param pandas.DataFrame open_cases: see `_follow_purchases`
        :param pandas.DataFrame facts: `partner_id`, `last_day`, `is_exempt`
        :param date as_of: last day that counts
        """
        cases = open_cases[open_cases['next_day'] < open_cases['opened_day']]
        if cases.empty:
            return
        cases = cases.merge(facts[['partner_id', 'last_day', 'is_exempt']], on='partner_id')
        # Whether those who are looked after already would give an alarm is not known.
        cases = cases[~cases['is_exempt']]
        last_days = dict(zip(cases['id'], map(day_of, cases['last_day']), strict=True))
        is_silent = dict(zip(cases['id'], cases['is_silent'], strict=True))
        cases = self.browse(last_days)
        is_false = cases.filtered(
            lambda case: is_silent[case.id] and case.customer_id.churn_state not in ALARMS
        )
        is_false._close('over', as_of)
        for day, group in (cases - is_false).grouped(lambda case: last_days[case.id]).items():
            group.last_order_date = day

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
    def _open(self, company, rules, facts, as_of, is_estimated=False):
        """Open a case for each customer with an alarm, one for an episode: an episode ends with a
        purchase, so whoever was given up or calmed down without one does not get a second case.

        Raw SQL, as a first run opens one for a large part of all customers.

        :param growth.churn.rule rules: those that are on
        :param pandas.DataFrame facts: see `growth.churn.rule._get_facts`
        :param date as_of: day on which they are opened
        :param bool is_estimated: of the first run: nobody is told, and who was lost long ago is
            lost for good
        """
        import numpy as np

        alarms = self._read_alarms(company, as_of)
        last_days = np.nan_to_num(_last_days(facts, alarms['partner_id']), nan=NEVER)
        is_known = alarms['known_day'].notna() & (alarms['known_day'] >= last_days)
        self._reopen_calmed(alarms.loc[is_known & alarms['over_id'].notna(), 'over_id'])
        is_new = ~is_known & ~alarms['is_outlasted']
        opening = facts[facts['partner_id'].isin(alarms.loc[is_new, 'partner_id'])]
        if opening.empty:
            return
        digits = company.currency_id.decimal_places
        write_frame(
            self.env.cr,
            opening.round({'year_revenue': digits, 'year_profit': digits}),
            'growth_churn_opening',
            OPENING,
        )
        is_old = SQL(
            "(%s AND customer.churn_date < %s::date - %s * INTERVAL '1 month')",
            is_estimated,
            as_of,
            FRESH_MONTHS,
        )
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO growth_churn_case (
                company_id, customer_id, partner_id, state, level, date, lost_date, closed_date,
                rule_id, kind, numbers, is_estimated, %(frozen_columns)s,
                attempt_count, cost, payoff, create_uid, create_date, write_uid, write_date
            )
            SELECT customer.company_id, customer.id, customer.partner_id,
                   CASE WHEN %(is_old)s THEN 'lost' ELSE 'new' END, customer.churn_state,
                   CASE WHEN %(is_estimated)s THEN customer.churn_date ELSE %(as_of)s END,
                   CASE WHEN customer.churn_state = 'lost' THEN customer.churn_date END,
                   CASE WHEN %(is_old)s THEN customer.churn_date END,
                   rule.id, rule.kind, %(numbers)s, %(is_estimated)s, %(frozen)s,
                   0, 0, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_churn_opening AS bought
              JOIN growth_customer AS customer
                ON customer.partner_id = bought.partner_id
               AND customer.company_id = %(company_id)s
              JOIN growth_churn_rule AS rule ON rule.id = customer.churn_rule_id
              JOIN res_company AS company ON company.id = customer.company_id
              JOIN res_partner AS contact ON contact.id = customer.partner_id
         %(said)s
         %(last_order)s
            """,
                frozen_columns=self._frozen_columns(),
                frozen=self._frozen_sql(),
                numbers=rules._numbers_sql(),
                said=rules._said_sql(company, as_of),
                last_order=self._last_order_sql(SQL("%s + bought.last_day", EPOCH_SQL)),
                is_old=is_old,
                is_estimated=is_estimated,
                as_of=as_of,
                company_id=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_model()

    @api.model
    def _read_alarms(self, company, as_of):
        """The customers with an alarm and without an open case.

        What is no silence may outlast a purchase: an answer, a conflict, and for as long as they
        count as won back falling sales and a bad outlook. Whoever was won back with such a sign
        does not get a case for it again with each purchase.

        :return: `partner_id`; `known_day`: the last order behind their last case (NEVER where
            there was none), NaN where they had no case; `over_id`: that case, where it ended with
            the alarm; `is_outlasted`: the sign was there before they were won back
        :rtype: pandas.DataFrame
        """
        return read_frame(
            self.env,
            SQL(
                """
            WITH alarm AS (
                SELECT customer.id, customer.partner_id, customer.churn_date, rule.kind
                  FROM growth_customer AS customer
                  JOIN res_partner AS contact ON contact.id = customer.partner_id
                  JOIN growth_churn_rule AS rule ON rule.id = customer.churn_rule_id
                 WHERE customer.company_id = %(company_id)s
                   AND customer.churn_state IN ('at_risk', 'lost')
                   AND contact.active
                   AND NOT EXISTS (
                           SELECT FROM growth_churn_case AS churn_case
                            WHERE churn_case.customer_id = customer.id
                              AND churn_case.state IN %(open_states)s
                       )
            )
            SELECT alarm.partner_id, known.day, known.over_id,
                   COALESCE(
                       CASE alarm.kind
                            WHEN 'nps' THEN alarm.churn_date <= known.won_date
                            -- The oldest one gives the day of the alarm.
                            WHEN 'conflict' THEN (
                                SELECT MAX(conflict.date)
                                  FROM growth_conflict AS conflict
                                 WHERE conflict.company_id = %(company_id)s
                                   AND conflict.commercial_partner_id = alarm.partner_id
                                   AND conflict.date <= %(as_of)s
                                   AND (conflict.state = 'open'
                                        OR conflict.resolved_date > %(as_of)s)
                            ) <= known.won_date
                            WHEN 'falling' THEN known.won_date >= %(won_since)s
                            WHEN 'probability' THEN known.won_date >= %(won_since)s END,
                       FALSE
                   )
              FROM alarm
         LEFT JOIN (
                    SELECT DISTINCT ON (customer_id) customer_id,
                           MAX(won_date) OVER (PARTITION BY customer_id) AS won_date,
                           COALESCE(last_order_date - %(epoch)s, %(never)s) AS day,
                           CASE WHEN state = 'over' THEN id END AS over_id
                      FROM growth_churn_case
                     WHERE customer_id IN (SELECT id FROM alarm)
                  -- Whoever was given up stays so, though another case of the episode had ended
                  -- when customers became one.
                  ORDER BY customer_id, last_order_date DESC NULLS LAST, state = 'over', id DESC
                   ) AS known ON known.customer_id = alarm.id
            """,
                epoch=EPOCH_SQL,
                never=NEVER,
                as_of=as_of,
                open_states=OPEN_STATES,
                won_since=self.env['growth.sales.facts']._months_before(
                    as_of, company.growth_won_back_months
                ),
                company_id=company.id,
            ),
            {
                'partner_id': 'int64',
                'known_day': 'float64',
                'over_id': 'float64',
                'is_outlasted': 'bool',
            },
        )

    @api.model
    def _reopen_calmed(self, ids):
        """Take up the cases again whose alarm was over and is back, without a purchase between.

        :param pandas.Series ids: of the cases
        """
        for (level, date), cases in (
            self.browse(ids.astype('int64').tolist())
            .grouped(lambda case: (case.customer_id.churn_state, case.customer_id.churn_date))
            .items()
        ):
            cases._reopen()
            cases.write(
                {
                    'level': level,
                    'lost_date': date if level == 'lost' else False,
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
        """Who is to see to a customer now: the first of those who know them that sells for the
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
                   AND EXISTS (
                           SELECT FROM res_groups_users_rel AS role
                            WHERE role.uid = res_users.id AND role.gid IN %(sellers)s
                       )
                  JOIN res_company_users_rel AS employer
                    ON employer.user_id = candidate.id AND employer.cid = customer.company_id
              ORDER BY candidate.place
                 LIMIT 1
            )""",
            # Others could not open it.
            sellers=tuple(self.env.ref('sales_team.group_sale_salesman').all_implied_by_ids.ids),
        )

    @api.model
    def _last_order_sql(self, day):
        """A join to whom a customer bought from last, until a day; a prospect asked last.

        :param SQL day: null of prospects
        :rtype: SQL
        """
        self.env['crm.lead'].flush_model(['company_id', 'partner_id', 'source_id', 'user_id'])
        return SQL(
            """
         LEFT JOIN LATERAL (
                   (SELECT sale_order.user_id, sale_order.team_id, sale_order.source_id
                      FROM sale_order
                     WHERE sale_order.commercial_partner_id = customer.partner_id
                       AND sale_order.company_id = customer.company_id
                       AND sale_order.state = 'sale'
                       AND sale_order.amount_untaxed > 0
                       AND sale_order.date_order < %(day)s + 2
                  ORDER BY sale_order.date_order DESC, sale_order.id DESC
                     LIMIT 1)
                 UNION ALL
                   (SELECT lead.user_id, lead.team_id, lead.source_id
                      FROM res_partner AS asker
                      JOIN crm_lead AS lead ON lead.partner_id = asker.id
                     WHERE %(day)s IS NULL
                       AND asker.commercial_partner_id = customer.partner_id
                       AND COALESCE(lead.company_id, customer.company_id) = customer.company_id
                  ORDER BY lead.user_id IS NULL, lead.create_date DESC, lead.id DESC
                     LIMIT 1)
                  ) AS last_order ON TRUE
            """,
            day=day,
        )

    # ------------------------------------------------------------
    # FIRST RUN
    # ------------------------------------------------------------

    @api.model
    def _rebuild(self, company, rules, documents, facts, as_of):
        """Rebuild the losses of the past that ended with a purchase, as if the job had always run:
        without them nobody could say whether this year is worse than the last."""
        from ..analysis import episodes

        losses = episodes.losses(documents, facts, rules._as_numbers(company))
        cr = self.env.cr
        losses['probability'] = float('nan')
        digits = company.currency_id.decimal_places
        write_frame(
            cr,
            losses.round({'year_revenue': digits, 'year_profit': digits}),
            'growth_churn_loss',
            {**OPENING, 'lost_day': WHOLE, 'won_day': WHOLE, 'rule_id': WHOLE},
        )
        cr.execute(
            SQL(
                """
            INSERT INTO growth_churn_case (
                company_id, customer_id, partner_id, state, level, date, lost_date, closed_date,
                won_date, rule_id, kind, numbers, is_estimated, %(frozen_columns)s,
                attempt_count, cost, payoff, create_uid, create_date, write_uid, write_date
            )
            SELECT customer.company_id, customer.id, customer.partner_id, 'won', 'lost',
                   %(epoch)s + bought.lost_day, %(epoch)s + bought.lost_day,
                   %(epoch)s + bought.won_day, %(epoch)s + bought.won_day,
                   rule.id, rule.kind,
                   JSONB_BUILD_OBJECT(
                       'last', %(epoch)s + bought.last_day,
                       'months', rule.lost_months
                   ), TRUE, %(frozen)s,
                   0, 0, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_churn_loss AS bought
              JOIN growth_customer AS customer
                ON customer.partner_id = bought.partner_id
               AND customer.company_id = %(company_id)s
              JOIN res_partner AS contact ON contact.id = customer.partner_id
              JOIN growth_churn_rule AS rule ON rule.id = bought.rule_id
              %(last_order)s
            """,
                frozen_columns=self._frozen_columns(),
                frozen=self._frozen_sql(),
                last_order=self._last_order_sql(SQL("%s + bought.last_day", EPOCH_SQL)),
                epoch=EPOCH_SQL,
                company_id=company.id,
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        if company.growth_source == 'order':
            self._find_rebuilt_orders(company, as_of)
        self.invalidate_model()

    @api.model
    def _find_rebuilt_orders(self, company, as_of):
        """Say which orders have won the rebuilt cases that may still be taken back."""
        Facts = self.env['growth.sales.facts']
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_churn_case AS churn_case
               SET win_order_id = won.order_id
              FROM (
                    SELECT rebuilt.id, MIN(sale_order.id) AS order_id
                      FROM growth_churn_case AS rebuilt
                      JOIN sale_order
                        ON sale_order.commercial_partner_id = rebuilt.partner_id
                       AND sale_order.company_id = rebuilt.company_id
                       AND sale_order.state = 'sale'
                       AND sale_order.amount_untaxed > 0
                       AND %(order_day)s = rebuilt.won_date
                     WHERE rebuilt.company_id = %(company_id)s
                       AND rebuilt.state = 'won'
                       AND rebuilt.is_estimated
                       AND rebuilt.won_date >= %(since)s
                  GROUP BY rebuilt.id
                   ) AS won
             WHERE won.id = churn_case.id
            """,
                order_day=Facts._day_sql(company, SQL("sale_order.date_order")),
                company_id=company.id,
                since=Facts._months_before(as_of, TAKEN_BACK_MONTHS),
            )
        )

    @api.model
    def _show_won_back(self, company, as_of):
        """Show who came back lately as won back: when they were judged, their past was not there
        yet."""
        since = self.env['growth.sales.facts']._months_before(as_of, company.growth_won_back_months)
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_customer AS customer
               SET churn_state = 'won_back', churn_date = won.date, churn_rule_id = NULL,
                   churn_recent = NULL, churn_previous = NULL
              FROM (
                    SELECT customer_id, MAX(won_date) AS date
                      FROM growth_churn_case
                     WHERE company_id = %s AND state = 'won' AND won_date >= %s
                  GROUP BY customer_id
                   ) AS won
             WHERE customer.id = won.customer_id
               AND customer.churn_state IN ('active', 'watch')
            """,
                company.id,
                since,
            )
        )
        self.env['growth.customer'].invalidate_model()

    # ------------------------------------------------------------
    # AFTER WINNING BACK
    # ------------------------------------------------------------

    @api.model
    def _count_returns(self, company, ledger, as_of, is_first=False):
        """Count what customers bought after they were won back.

        :param analysis.episodes.Ledger ledger: all documents
        :param bool is_first: also of those won longer than a year ago
        """
        from ..analysis.cadence import add_months

        since = self.env['growth.sales.facts']._months_before(as_of, 13)
        won = read_frame(
            self.env,
            SQL(
                """
            SELECT id, partner_id, won_date - %s, %s
              FROM growth_churn_case
             WHERE company_id = %s AND state = 'won' AND (%s OR won_date >= %s)
            """,
                EPOCH_SQL,
                SQL(", ").join(map(SQL.identifier, RETURNS)),
                company.id,
                is_first,
                since,
            ),
            {
                'id': 'int64',
                'partner_id': 'int64',
                'day': 'int64',
                **{f'known_{name}': 'float64' for name in RETURNS},
            },
        )
        differs = False
        for name, (amount, months) in RETURNS.items():
            until = add_months(won['day'].to_numpy(), months)
            won[name] = ledger.sums(
                amount, won['partner_id'].to_numpy(), won['day'].to_numpy(), until
            ).round(company.currency_id.decimal_places)
            differs |= won[name] != won[f'known_{name}']
        if not len(won) or not differs.any():
            return
        cr = self.env.cr
        write_frame(
            cr,
            won[differs],
            'growth_churn_return',
            {'id': WHOLE, **dict.fromkeys(RETURNS, NUMBER)},
        )
        cr.execute(
            SQL(
                """
            UPDATE growth_churn_case AS churn_case
               SET %s
              FROM growth_churn_return AS counted
             WHERE counted.id = churn_case.id
            """,
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier('counted', name))
                    for name in RETURNS
                ),
            )
        )
        self.invalidate_model(list(RETURNS))


def _last_days(facts, partners):
    """The day of the last purchase of customers, NaN where there is none.

    :param pandas.DataFrame facts: `partner_id`, rising, and `last_day`
    :param pandas.Series partners: ids
    :rtype: numpy.ndarray
    """
    return facts.set_index('partner_id')['last_day'].reindex(partners).to_numpy()
