-- The customers who are leaving, by the shipped rules that look at purchases, written by hand: what
-- `growth.churn.rule._detect` is measured against. It knows what ours has to find out: source,
-- currency of each order, rules and their numbers, one time zone, no segment, no exemption.
CREATE TEMP TABLE {table} AS
WITH document AS (
    SELECT commercial_partner_id AS partner_id,
           (date_order AT TIME ZONE 'UTC' AT TIME ZONE 'UTC')::date AS day,
           amount_untaxed > 0 AS is_positive,
           ROUND(amount_untaxed / currency_rate, 2) AS revenue
      FROM sale_order
     WHERE company_id = %(company_id)s
       AND state = 'sale'
       AND date_order < %(as_of)s::date + 1
),
bought AS (
    SELECT DISTINCT partner_id, day FROM document WHERE is_positive
),
gap AS (
    SELECT partner_id, day, day - LAG(day) OVER buyer AS days
      FROM bought
    WINDOW buyer AS (PARTITION BY partner_id ORDER BY day)
),
season AS (
    SELECT partner_id, number, MIN(day) AS start, MAX(day) - MIN(day) AS length, COUNT(*) AS days
      FROM (
            SELECT partner_id, day,
                   COUNT(*) FILTER (WHERE days IS NULL OR days >= 150) OVER (
                       PARTITION BY partner_id ORDER BY day
                   ) AS number
              FROM gap
           ) AS numbered
  GROUP BY partner_id, number
),
yearly AS (
    SELECT *,
           ABS(start - LAG(start) OVER buyer - 365) <= 61
               AND length <= 215 AND LAG(length) OVER buyer <= 215 AS is_yearly,
           days >= 2 AND LAG(days) OVER buyer >= 2 AS are_full
      FROM season
    WINDOW buyer AS (PARTITION BY partner_id ORDER BY number)
),
seasonal AS (
    SELECT DISTINCT ON (partner_id) partner_id, start,
           COALESCE(is_yearly AND (were_yearly OR are_full), FALSE) AS is_seasonal
      FROM (
            SELECT *, LAG(is_yearly) OVER (PARTITION BY partner_id ORDER BY number) AS were_yearly
              FROM yearly
           ) AS followed
  ORDER BY partner_id, number DESC
),
customer AS (
    SELECT partner_id,
           MIN(day) AS first_day,
           MAX(day) AS last_day,
           COUNT(*) AS days,
           PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY days) AS interval
      FROM gap
  GROUP BY partner_id
),
lately AS (
    SELECT partner_id,
           COALESCE(SUM(revenue) FILTER (
               WHERE day > %(as_of)s::date - INTERVAL '3 months'), 0) AS recent,
           COALESCE(SUM(revenue) FILTER (
               WHERE day <= %(as_of)s::date - INTERVAL '3 months'), 0) AS previous
      FROM document
     WHERE day > %(as_of)s::date - INTERVAL '6 months'
  GROUP BY partner_id
)
SELECT partner_id, state
  FROM (
        SELECT customer.partner_id,
               CASE WHEN base + INTERVAL '6 months' < %(as_of)s::date AND days > 1 THEN 'lost'
                    WHEN base + INTERVAL '3 months' < %(as_of)s::date
                         THEN CASE WHEN days > 1 THEN 'at_risk' ELSE 'watch' END
                    WHEN days >= 3 AND NOT is_seasonal
                         AND %(as_of)s::date - last_day > 2 * interval THEN 'at_risk'
                    WHEN previous > 0 AND recent < 0.5 * previous AND days >= 2 AND NOT is_seasonal
                         AND first_day <= (%(as_of)s::date - INTERVAL '6 months')::date + 1
                         THEN 'watch'
                    END AS state
          FROM customer
          JOIN seasonal USING (partner_id)
     LEFT JOIN lately USING (partner_id)
         CROSS JOIN LATERAL (
                SELECT CASE WHEN is_seasonal THEN (start + INTERVAL '1 year')::date
                            ELSE last_day END AS base
               ) AS counted
       ) AS judged
 WHERE state IS NOT NULL
