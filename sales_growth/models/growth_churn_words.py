from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date, formatLang

from .growth_sales_facts_churn import EPOCH_SQL

# These rules are about what customers said, not about what they bought.
SAID_KINDS = ('nps', 'conflict')


class GrowthChurnRule(models.Model):
    """What a rule says of a customer, in words.

    The numbers are those of the hub as they are now, or of a case as they were when it was opened.
    The words are made when they are read, in the reader's language.
    """

    _inherit = 'growth.churn.rule'

    # ------------------------------------------------------------
    # NUMBERS
    # ------------------------------------------------------------

    @api.model
    def _get_numbers(self, customer, said):
        """What the rule of a customer measured: plain values, as `_numbers_sql` keeps them.

        :param growth.customer customer:
        :param dict said: see `_get_said`
        :rtype: dict
        """
        rule, company = customer.churn_rule_id, customer.company_id
        is_lost = customer.churn_state == 'lost'
        score, answered, since = said.get(customer.id, (None, None, None))
        return {
            'last': fields.Date.to_string(customer.last_order_date) or None,
            'type': customer.buyer_type or None,
            'expected': fields.Date.to_string(customer.next_order_date) or None,
            'months': rule._get_months(is_lost),
            'interval': customer.order_interval,
            'factor': rule.factor,
            'measure': rule.measure,
            'recent': customer.churn_recent,
            'previous': customer.churn_previous,
            'currency': company.currency_id.id,
            'score': score,
            'answered': fields.Date.to_string(answered) or None,
            'since': fields.Date.to_string(since) or None,
            'probability': customer.churn_probability,
            'factors': customer.churn_factors or None,
            'horizon': company.growth_churn_horizon,
        }

    @api.model
    def _get_said(self, customers):
        """What decides where the rule is about what customers said: the score and the day of the
        answer, the day of the oldest open conflict.

        :param growth.customer customers:
        :return: by id of the customer; of the others nothing
        :rtype: dict[int, tuple]
        """
        said = {}
        talked = customers.filtered(lambda customer: customer.churn_rule_id.kind in SAID_KINDS)
        for company, group in talked.grouped('company_id').items():
            as_of = company.growth_churn_as_of or self._today(company)
            # Each rule counts answers of months of its own.
            for rule, judged in group.grouped('churn_rule_id').items():
                rows = self.env.execute_query(
                    SQL(
                        "SELECT customer.id, score, answered, since "
                        "FROM growth_customer AS customer %s WHERE customer.id IN %s",
                        rule._said_sql(company, as_of),
                        tuple(judged.ids),
                    )
                )
                said |= {customer_id: values for customer_id, *values in rows}
        return said

    def _said_sql(self, company, as_of):
        """A join to what customers said, where the rules are about that: `score` and `answered` of
        the answer that decides, `since` of the oldest open conflict.

        :rtype: SQL
        """
        months = set(self.filtered(lambda rule: rule.kind == 'nps').mapped('fresh_months'))
        answers = [
            SQL(
                "SELECT %s AS months, partner_id, score, date AS answered FROM (%s) AS fresh",
                fresh_months,
                self.env['growth.nps.answer']._facts_sql(company, as_of, fresh_months),
            )
            for fresh_months in sorted(months)
        ]
        nothing = SQL(
            "SELECT NULL::int4 AS months, NULL::int4 AS partner_id, NULL::int4 AS score, "
            "NULL::date AS answered"
        )
        return SQL(
            """
         LEFT JOIN (%s) AS answer
                ON answer.partner_id = customer.partner_id
               AND answer.months = (
                       SELECT fresh_months
                         FROM growth_churn_rule
                        WHERE growth_churn_rule.id = customer.churn_rule_id
                   )
         LEFT JOIN (SELECT partner_id, date AS since FROM (%s) AS open) AS conflict
                ON conflict.partner_id = customer.partner_id
            """,
            SQL(" UNION ALL ").join(answers) if answers else nothing,
            self.env['growth.conflict']._facts_sql(company, as_of),
        )

    def _get_months(self, is_lost):
        """The months that the rule speaks of."""
        return {
            'recency': self.lost_months if is_lost else self.at_risk_months,
            'falling': self.period_months,
            'inquiry': self.inquiry_months,
        }.get(self.kind)

    @api.model
    def _numbers_sql(self):
        """What `_get_numbers` tells, for the statement that opens cases.

        :rtype: SQL
        """
        return SQL(
            """
            JSONB_BUILD_OBJECT(
                'last', %(epoch)s + bought.last_day,
                'type', customer.buyer_type,
                'expected', customer.next_order_date,
                'months', CASE rule.kind
                               WHEN 'recency' THEN CASE WHEN customer.churn_state = 'lost'
                                                        THEN rule.lost_months
                                                        ELSE rule.at_risk_months END
                               WHEN 'falling' THEN rule.period_months
                               WHEN 'inquiry' THEN rule.inquiry_months END,
                'interval', customer.order_interval,
                'factor', rule.factor,
                'measure', rule.measure,
                'recent', customer.churn_recent,
                'previous', customer.churn_previous,
                'currency', company.currency_id,
                'score', CASE rule.kind WHEN 'nps' THEN answer.score END,
                'answered', CASE rule.kind WHEN 'nps' THEN answer.answered END,
                'since', CASE rule.kind WHEN 'conflict' THEN conflict.since END,
                'probability', customer.churn_probability,
                'factors', customer.churn_factors,
                'horizon', company.growth_churn_horizon
            )
            """,
            epoch=EPOCH_SQL,
        )

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _explain_customer(self, customer, said):
        """The churn state of a customer in words.

        :param growth.customer customer:
        :param dict said: see `_get_said`
        :rtype: str
        """
        numbers = self._get_numbers(customer, said)
        if rule := customer.churn_rule_id:
            return self._explain(rule.kind, numbers, customer.company_id.growth_churn_as_of)
        sentences = (
            self._explain_rhythm_now(customer),
            self._explain_probability(numbers),
        )
        return " ".join(filter(None, sentences))

    @api.model
    def _explain(self, kind, numbers, day):
        """What a rule measured, in words, with the probability where there is one.

        :param str kind: of the rule
        :param dict numbers: see `_get_numbers`
        :param date day: on which it was measured
        :rtype: str
        """
        explain = {
            'recency': self._explain_recency,
            'rhythm': self._explain_rhythm,
            'falling': self._explain_falling,
            'nps': self._explain_nps,
            'conflict': self._explain_conflict,
            'inquiry': self._explain_inquiry,
            'probability': lambda _numbers, _day: "",
        }.get(kind)
        if not explain:
            return ""
        sentences = (explain(numbers, day), self._explain_probability(numbers))
        return " ".join(filter(None, sentences))

    def _explain_recency(self, numbers, day):
        last = fields.Date.to_date(numbers.get('last'))
        expected = fields.Date.to_date(numbers.get('expected'))
        if not last or not day:
            return ""
        values = {
            'last': format_date(self.env, last),
            'days': (day - last).days,
            'day': format_date(self.env, day),
            'months': numbers.get('months'),
        }
        if numbers.get('type') == 'seasonal' and expected:
            return self.env._(
                "A seasonal buyer: expected about %(expected)s, more than %(months)s months ago; "
                "last order %(last)s, %(days)s days before %(day)s.",
                expected=format_date(self.env, expected),
                **values,
            )
        if numbers.get('type') == 'once':
            return self.env._(
                "Bought once, on %(last)s, %(days)s days before %(day)s, and not again for more "
                "than %(months)s months.",
                **values,
            )
        return self.env._(
            "No purchase for more than %(months)s months: last order %(last)s, %(days)s days "
            "before %(day)s.",
            **values,
        )

    def _explain_rhythm(self, numbers, day):
        last = fields.Date.to_date(numbers.get('last'))
        interval = numbers.get('interval')
        if not last or not day or not interval:
            return ""
        days = (day - last).days
        return self.env._(
            "Usually buys every %(interval)s days; last order %(last)s, %(days)s days before "
            "%(day)s: %(times)s times the usual interval, more than %(factor)s times.",
            interval=formatLang(self.env, interval, digits=0),
            last=format_date(self.env, last),
            days=days,
            day=format_date(self.env, day),
            times=formatLang(self.env, days / interval, digits=1),
            factor=formatLang(self.env, numbers.get('factor') or 0, digits=1),
        )

    def _explain_falling(self, numbers, day):
        recent, previous = numbers.get('recent') or 0, numbers.get('previous') or 0
        months = numbers.get('months')
        percent = formatLang(self.env, 100 * recent / previous if previous else 0, digits=0)
        if numbers.get('measure') == 'orders':
            return self.env._(
                "Orders fell from %(previous)s to %(recent)s, to %(percent)s %%: the last "
                "%(months)s months against those before.",
                previous=int(previous),
                recent=int(recent),
                percent=percent,
                months=months,
            )
        currency = self.env['res.currency'].browse(numbers.get('currency'))
        return self.env._(
            "Revenue fell from %(previous)s to %(recent)s, to %(percent)s %%: the last %(months)s "
            "months against those before.",
            previous=format_amount(self.env, previous, currency),
            recent=format_amount(self.env, recent, currency),
            percent=percent,
            months=months,
        )

    def _explain_nps(self, numbers, day):
        date = fields.Date.to_date(numbers.get('answered'))
        if numbers.get('score') is None or not date:
            return ""
        return self.env._(
            "Would not recommend us: %(score)s of 10, answered on %(date)s.",
            score=numbers['score'],
            date=format_date(self.env, date),
        )

    def _explain_conflict(self, numbers, day):
        date = fields.Date.to_date(numbers.get('since'))
        if not date:
            return self.env._("There is an open conflict.")
        return self.env._("A conflict is open since %s.", format_date(self.env, date))

    def _explain_inquiry(self, numbers, day):
        return self.env._(
            "Asked %(count)s times within %(months)s months and never bought.",
            count=int(numbers.get('recent') or 0),
            months=numbers.get('months'),
        )

    def _explain_rhythm_now(self, customer):
        """The rhythm of a customer that no rule says anything of."""
        if customer.buyer_type == 'seasonal' and customer.next_order_date:
            return self.env._(
                "A seasonal buyer, expected about %s.",
                format_date(self.env, customer.next_order_date),
            )
        if customer.buyer_type == 'regular' and customer.next_order_date:
            return self.env._(
                "Usually buys every %(interval)s days, expected about %(date)s.",
                interval=formatLang(self.env, customer.order_interval, digits=0),
                date=format_date(self.env, customer.next_order_date),
            )
        if customer.buyer_type == 'once':
            return self.env._("Bought once so far.")
        return ""

    def _explain_probability(self, numbers):
        """The probability with its strongest factors."""
        if not numbers.get('factors'):
            return ""
        labels = self._get_factor_labels()
        reasons = [labels[code] for code in numbers['factors'].split(',') if code in labels]
        return self.env._(
            "Probability of no order within %(horizon)s days: %(percent)s %% (%(reasons)s).",
            horizon=numbers.get('horizon'),
            percent=formatLang(self.env, 100 * numbers['probability'], digits=0),
            reasons=", ".join(reasons),
        )

    @api.model
    def _get_factor_labels(self):
        """What the codes of `analysis.cadence.Model.factors` say, by code."""
        return {
            'recency+': self.env._("last order long ago"),
            'recency-': self.env._("ordered lately"),
            'rhythm+': self.env._("late for the own rhythm"),
            'rhythm-': self.env._("well within the own rhythm"),
            'frequency+': self.env._("few orders so far"),
            'frequency-': self.env._("many orders so far"),
            'activity+': self.env._("little bought in the last months"),
            'activity-': self.env._("much bought in the last months"),
            'tenure+': self.env._("how long they have been a customer speaks for leaving"),
            'tenure-': self.env._("how long they have been a customer speaks for staying"),
            'once+': self.env._("bought only once"),
            'once-': self.env._("bought more than once"),
            'value+': self.env._("the size of the orders speaks for leaving"),
            'value-': self.env._("the size of the orders speaks for staying"),
        }
