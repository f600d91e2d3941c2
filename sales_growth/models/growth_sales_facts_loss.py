from odoo import api, models
from odoo.tools import SQL


class GrowthSalesFacts(models.AbstractModel):
    """Who stopped buying in a period."""

    _inherit = 'growth.sales.facts'

    @api.model
    def _loss_facts(self, company, date_from, date_to):
        """The statement that yields a row per customer who was active when a period began.

        A customer is lost on the day after the last purchase plus the months of the settings, and
        has returned with the next purchase, be it on that very day. Active is who was not lost yet
        on the day before the period.

        Columns: `partner_id` (commercial partner), `last_date` (last purchase before the period),
        `lost_date` (in the period; the last one where a customer was lost several times, else
        null), `return_date` (in the period, after `lost_date`, else null).

        :param res.company company: the company whose documents are read
        :param date date_from: first day of the period, in the company's time zone
        :param date date_to: last day of the period
        :rtype: SQL
        """
        company.ensure_one()
        return SQL(
            """
            WITH purchase AS (
                SELECT partner_id,
                       day,
                       LEAD(day) OVER (PARTITION BY partner_id ORDER BY day) AS next_day,
                       %(lost_after)s + 1 AS lost_day
                  FROM (
                        SELECT partner_id,
                               (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day
                          FROM (%(documents)s) AS document
                         WHERE is_positive
                           AND partner_id IS NOT NULL
                           -- A day more, as the moments are in UTC. Who bought last before that was
                           -- lost before the period.
                           AND moment >= %(date_from)s::date - 1
                                         - MAKE_INTERVAL(months => %(months)s) - INTERVAL '1 day'
                       ) AS bought
            ),
            customer AS (
                SELECT partner_id,
                       MAX(day) FILTER (WHERE day < %(date_from)s) AS last_date,
                       MAX(lost_day) FILTER (WHERE is_loss) AS lost_date,
                       MAX(next_day) FILTER (WHERE is_loss) AS return_date
                  FROM (
                        SELECT purchase.*,
                               lost_day BETWEEN %(date_from)s AND %(date_to)s
                               AND COALESCE(next_day >= lost_day, TRUE) AS is_loss
                          FROM purchase
                       ) AS judged
              GROUP BY partner_id
                HAVING MAX(lost_day) FILTER (WHERE day < %(date_from)s) >= %(date_from)s
            )
            SELECT partner_id,
                   last_date,
                   lost_date,
                   -- After an earlier loss is not after the last one.
                   CASE WHEN return_date >= lost_date THEN return_date END AS return_date
              FROM customer
             WHERE %(is_customer)s
            """,
            date_from=date_from,
            date_to=date_to,
            documents=self._documents(company, date_to, [date_from]),
            is_customer=self._is_customer(SQL("customer.partner_id")),
            lost_after=self.env['growth.customer']._lost_after(company, SQL("day")),
            months=company.growth_lost_months,
            zone=self._get_document_zone(company),
        )

    @api.model
    def _get_first_purchase(self, company, as_of):
        """The day of the first purchase that was made in a company, in its time zone.

        :param res.company company: the company whose documents are read
        :param date as_of: last day that counts
        :rtype: date | None
        """
        ((day,),) = self.env.execute_query(
            SQL(
                """
            SELECT (MIN(moment) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
              FROM (%(documents)s) AS document
             WHERE is_positive AND partner_id IS NOT NULL AND %(is_customer)s
            """,
                documents=self._documents(company, as_of, [as_of]),
                is_customer=self._is_customer(SQL("document.partner_id")),
                zone=self._get_document_zone(company),
            )
        )
        return day
