from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .growth_frame import read_frame
from .growth_handover import OPEN_STATES as OPEN_HANDOVERS
from .growth_sales_facts_churn import EPOCH_SQL

# Days after which what was not delivered is not under way any more, but forgotten.
LONGEST_DELIVERY = 180


class GrowthChurnRule(models.Model):
    """What rules look at beside purchases: one statement for each kind of sign."""

    _inherit = 'growth.churn.rule'

    def _get_signals(self, company, as_of):
        """The signs of a company's customers beside their purchases, as of a day.

        :param res.company company:
        :param date as_of: last day that counts, in the company's time zone
        :return: a row per commercial partner: `partner_id`, `segment_id` (last known),
            `nps_score_<months>`, `nps_day_<months>` and `inquiry_count_<months>` for the months of
            each rule, `conflict_day` (of the oldest open one), `is_exempt` (1: must not be
            alarmed), `is_won_back`, `won_day`; NaN where nothing is known. Days are counted from
            1970-01-01. Columns that no rule asks for are missing
        :rtype: pandas.DataFrame
        """
        queries = {
            ('segment_id',): self._segments_sql(company, as_of),
            **self._nps_queries(company, as_of),
            ('conflict_day',): self._conflicts_sql(company, as_of),
            **self._inquiry_queries(company, as_of),
        }
        # Nobody can say any more who was under way on a day of the past.
        if as_of >= self._today(company):
            queries |= {
                ('is_exempt',): self._exempt_sql(company, as_of),
                ('is_won_back', 'won_day'): self._won_back_sql(company, as_of),
            }
        signals = None
        for columns, query in queries.items():
            if query:
                frame = self._read_signals(query, columns)
                signals = (
                    frame if signals is None else signals.merge(frame, on='partner_id', how='outer')
                )
        return signals

    @api.model
    def _read_signals(self, query, columns):
        return read_frame(
            self.env, query, {'partner_id': 'int64', **dict.fromkeys(columns, 'float64')}
        )

    @api.model
    def _segments_sql(self, company, as_of):
        """The segment each customer was in last, on a day: of the past by the log of moves."""
        self.env['growth.customer'].flush_model(['company_id', 'last_segment_id', 'segment_id'])
        self.env['growth.segment.move'].flush_model()
        known = SQL("COALESCE(customer.segment_id, customer.last_segment_id)")
        if as_of >= self._today(company):
            return SQL(
                "SELECT partner_id, %s FROM growth_customer AS customer WHERE company_id = %s",
                known,
                company.id,
            )
        return SQL(
            """
            SELECT customer.partner_id, COALESCE(before.segment_id, after.segment_id, %(known)s)
              FROM growth_customer AS customer
         LEFT JOIN (
                    SELECT DISTINCT ON (customer_id) customer_id,
                           COALESCE(to_segment_id, from_segment_id) AS segment_id
                      FROM growth_segment_move
                     WHERE company_id = %(company_id)s AND date <= %(as_of)s
                  ORDER BY customer_id, date DESC, id DESC
                   ) AS before ON before.customer_id = customer.id
         LEFT JOIN (
                    SELECT DISTINCT ON (customer_id) customer_id, from_segment_id AS segment_id
                      FROM growth_segment_move
                     WHERE company_id = %(company_id)s AND date > %(as_of)s
                  ORDER BY customer_id, date, id
                   ) AS after ON after.customer_id = customer.id
             WHERE customer.company_id = %(company_id)s
            """,
            known=known,
            company_id=company.id,
            as_of=as_of,
        )

    def _nps_queries(self, company, as_of):
        """The answer that decides about each customer. Among older answers another one may decide,
        so each freshness that a rule asks for has its own.

        :return: statements by the columns that they give beside the customer
        :rtype: dict[tuple, SQL]
        """
        rules = self.filtered(lambda rule: rule.kind == 'nps')
        return {
            (f'nps_score_{months}', f'nps_day_{months}'): SQL(
                "SELECT partner_id, score, date - %s FROM (%s) AS answer WHERE %s",
                EPOCH_SQL,
                self.env['growth.nps.answer']._facts_sql(company, as_of, months),
                self.env['growth.sales.facts']._is_customer(SQL("answer.partner_id")),
            )
            for months in sorted(set(rules.mapped('fresh_months')))
        }

    def _conflicts_sql(self, company, as_of):
        if 'conflict' not in self.mapped('kind'):
            return None
        return SQL(
            "SELECT partner_id, date - %s FROM (%s) AS conflict WHERE %s",
            EPOCH_SQL,
            self.env['growth.conflict']._facts_sql(company, as_of),
            self.env['growth.sales.facts']._is_customer(SQL("conflict.partner_id")),
        )

    def _inquiry_queries(self, company, as_of):
        """How often each prospect inquired within the months of each rule: leads, and quotations
        that no lead stands behind. One statement, as the longest months contain the others.

        :return: as of `_nps_queries`
        :rtype: dict[tuple, SQL]
        """
        rules = self.filtered(lambda rule: rule.kind == 'inquiry')
        by_months = rules.grouped('inquiry_months')
        if not by_months:
            return {}
        Facts = self.env['growth.sales.facts']
        starts = {
            months: Facts._day_start(company, Facts._months_before(as_of, months))
            for months in by_months
        }
        counts = {
            months: SQL("COUNT(*) FILTER (WHERE moment >= %s)", start)
            for months, start in starts.items()
        }
        self.env['crm.lead'].flush_model(['active', 'company_id', 'partner_id'])
        self.env['sale.order'].flush_model(
            ['commercial_partner_id', 'company_id', 'opportunity_id', 'state']
        )
        query = SQL(
            """
            SELECT partner_id, %(counts)s
              FROM (
                    SELECT contact.commercial_partner_id AS partner_id, lead.create_date AS moment
                      FROM crm_lead AS lead
                      JOIN res_partner AS contact ON contact.id = lead.partner_id
                     WHERE COALESCE(lead.company_id, %(company_id)s) = %(company_id)s
                       AND lead.create_date >= %(start)s
                       AND lead.create_date < %(end)s
                 UNION ALL
                    SELECT quotation.commercial_partner_id, quotation.create_date
                      FROM sale_order AS quotation
                     WHERE quotation.company_id = %(company_id)s
                       AND quotation.state != 'sale'
                       AND quotation.opportunity_id IS NULL
                       AND quotation.create_date >= %(start)s
                       AND quotation.create_date < %(end)s
                   ) AS inquiry
             WHERE partner_id IS NOT NULL AND %(is_customer)s
          GROUP BY partner_id
            HAVING %(is_asked)s
            """,
            counts=SQL(", ").join(counts.values()),
            company_id=company.id,
            start=starts[max(starts)],
            end=Facts._day_start(company, as_of + timedelta(days=1)),
            is_customer=Facts._is_customer(SQL("inquiry.partner_id")),
            is_asked=SQL(" OR ").join(
                SQL("%s > %s", counts[months], min(group.mapped('inquiry_count')))
                for months, group in by_months.items()
            ),
        )
        return {tuple(f'inquiry_count_{months}' for months in counts): query}

    @api.model
    def _exempt_sql(self, company, as_of):
        """Customers who hear from us anyway: being handed over, or waiting for a delivery."""
        Order = self.env['sale.order']
        Facts = self.env['growth.sales.facts']
        waits = SQL("sale_order.commitment_date >= %s", Facts._day_start(company, as_of))
        # Without the inventory app nobody writes down what was delivered.
        if 'delivery_status' in Order._fields:
            waits = SQL(
                "(%s OR sale_order.delivery_status IN %s AND sale_order.date_order >= %s)",
                waits,
                ('pending', 'started', 'partial'),
                Facts._day_start(company, as_of - timedelta(days=LONGEST_DELIVERY)),
            )
        Order.flush_model()
        self.env['growth.handover'].flush_model(['company_id', 'partner_id', 'state'])
        return SQL(
            """
            SELECT partner_id, 1
              FROM growth_handover
             WHERE company_id = %(company_id)s AND state IN %(states)s
             UNION
            SELECT commercial_partner_id, 1
              FROM sale_order
             WHERE company_id = %(company_id)s
               AND state = 'sale'
               AND commercial_partner_id IS NOT NULL
               AND %(waits)s
            """,
            company_id=company.id,
            states=OPEN_HANDOVERS,
            waits=waits,
        )

    @api.model
    def _won_back_sql(self, company, as_of):
        Case = self.env['growth.churn.case']
        Case.flush_model(['company_id', 'partner_id', 'state', 'won_date'])
        return SQL(
            "SELECT partner_id, 1, MAX(won_date) - %s FROM growth_churn_case "
            "WHERE company_id = %s AND state = 'won' AND won_date >= %s GROUP BY partner_id",
            EPOCH_SQL,
            company.id,
            self.env['growth.sales.facts']._months_before(as_of, company.growth_won_back_months),
        )

    @api.model
    def _today(self, company):
        return self.env['growth.customer']._today(company)
