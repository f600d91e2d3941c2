from odoo import api, models
from odoo.tools import SQL


class GrowthChurnEpisodeMixin(models.AbstractModel):
    """When each customer was there, when lost, and when back: what reports on churn count."""

    _name = 'growth.churn.episode.mixin'
    _description = "Losses of Customers"

    @api.model
    def _select_episodes(self, company):
        """The losses of a company's customers, each with the time before it.

        An alarm that ended without a purchase was no loss, nor was one before the first purchase.
        Who was given up has no day of return: it is the last purchase that is known before the
        next loss, or until today. Who is said to be lost twice without a return between, as merged
        contacts may be, was lost once.

        :return: query with columns `case_id`, `customer_id`, `start_date` (first purchase, or
            return after the loss before), `lost_date`, `back_date` (null while lost) and
            `is_last`; the times from `start_date` to `lost_date` of a customer do not overlap
        :rtype: SQL
        """
        return SQL(
            """
            SELECT case_id, customer_id, start_date, lost_date, back_date, is_last
              FROM (
                    SELECT *,
                           CASE WHEN is_first THEN first_order_date
                                ELSE LAG(back_date) OVER told END AS start_date
                      FROM (
                            SELECT loss.id AS case_id, loss.customer_id, loss.lost_date,
                                   customer.first_order_date,
                                   CASE WHEN loss.won_date >= loss.lost_date THEN loss.won_date
                                        WHEN LEAD(loss.id) OVER told IS NULL
                                        THEN CASE WHEN customer.last_order_date > loss.lost_date
                                                  THEN customer.last_order_date END
                                        WHEN LEAD(loss.last_order_date) OVER told > loss.lost_date
                                        THEN LEAD(loss.last_order_date) OVER told
                                   END AS back_date,
                                   LAG(loss.id) OVER told IS NULL AS is_first,
                                   LEAD(loss.id) OVER told IS NULL AS is_last
                              FROM growth_churn_case AS loss
                              JOIN growth_customer AS customer ON customer.id = loss.customer_id
                             WHERE loss.company_id = %(company_id)s
                               AND loss.state != 'over'
                               AND loss.lost_date >= customer.first_order_date
                            WINDOW told AS (
                                PARTITION BY loss.customer_id ORDER BY loss.lost_date, loss.id
                            )
                           ) AS followed
                    WINDOW told AS (PARTITION BY customer_id ORDER BY lost_date, case_id)
                   ) AS episode
             WHERE start_date <= lost_date OR is_last
            """,
            company_id=company.id,
        )

    @api.model
    def _select_stays(self, company):
        """Who is not lost, and since when: the first purchase or the last return.

        Archived customers are not watched over: nobody can say whether they are still there.

        :return: query with columns `customer_id` and `start_date`
        :rtype: SQL
        """
        return SQL(
            """
            SELECT customer.id AS customer_id,
                   CASE WHEN episode.case_id IS NULL THEN customer.first_order_date
                        ELSE episode.back_date END AS start_date
              FROM growth_customer AS customer
              JOIN res_partner AS contact ON contact.id = customer.partner_id AND contact.active
         LEFT JOIN (%(episodes)s) AS episode
                ON episode.customer_id = customer.id AND episode.is_last
             WHERE customer.company_id = %(company_id)s
               AND customer.first_order_date IS NOT NULL
               AND (episode.case_id IS NULL OR episode.back_date IS NOT NULL)
            """,
            episodes=self._select_episodes(company),
            company_id=company.id,
        )
