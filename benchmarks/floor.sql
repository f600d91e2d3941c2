-- The segmentation as one statement written by hand: reads the orders, classifies the customers,
-- and writes the rows of benchmark_floor that differ. It knows what the benchmark's data is like:
-- orders as the source, profit as the value, default cuts, new until the end of the year, lost after
-- six months, no manual segment, two decimals, UTC.
WITH document AS (
    SELECT commercial_partner_id AS partner_id,
           WIDTH_BUCKET(date_order, %(starts)s::timestamp[]) AS bucket,
           date_order,
           amount_untaxed > 0 AS is_positive,
           CASE WHEN date_order >= %(start)s
                THEN ROUND(amount_untaxed / currency_rate, 2) END AS revenue,
           CASE WHEN date_order >= %(start)s
                THEN ROUND(margin / currency_rate, 2) END AS profit
      FROM sale_order
     WHERE company_id = %(company_id)s
       AND state = 'sale'
       AND date_order < %(end)s
     -- Hashed, the two levels of groups would spill to the disk: a fifth more for the statement.
  ORDER BY commercial_partner_id, bucket, date_order
),
followed AS (
    SELECT *,
           MAX(date_order) FILTER (WHERE is_positive) OVER (
               PARTITION BY partner_id ORDER BY bucket, date_order
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS previous
      FROM document
),
month AS (
    SELECT partner_id,
           SUM(revenue) AS revenue,
           SUM(profit) AS profit,
           COUNT(*) FILTER (WHERE is_positive AND bucket > 0) AS order_count,
           MIN(date_order) FILTER (WHERE is_positive) AS first_order,
           MAX(date_order) FILTER (WHERE is_positive) AS last_order,
           -- Half a year has 181 days at least.
           MAX(date_order) FILTER (
               WHERE is_positive
                 AND date_order > previous + INTERVAL '180 days'
                 AND date_order::date > (previous::date + INTERVAL '6 months')::date
           ) AS return
      FROM followed
  GROUP BY partner_id, bucket
),
customer AS (
    SELECT partner_id,
           COALESCE(SUM(revenue), 0) AS revenue,
           COALESCE(SUM(profit), 0) AS value,
           SUM(order_count)::int4 AS order_count,
           SUM(revenue * revenue) AS squares,
           MIN(first_order)::date AS first_order_date,
           MAX(last_order)::date AS last_order_date,
           MAX(return)::date AS return_date
      FROM month
  GROUP BY partner_id
),
ranked AS (
    SELECT customer.*,
           CASE WHEN revenue > 0 THEN ROUND(
               SQRT(GREATEST((12 * squares / (revenue * revenue))::float8 - 1, 0))::numeric, 4
           ) END AS demand_cv,
           SUM(value) FILTER (WHERE value > 0 AND order_count > 0) OVER () AS total,
           -- Of the customers that are worth more: customers of equal value share a class.
           COALESCE(SUM(value) FILTER (WHERE value > 0 AND order_count > 0) OVER (
               ORDER BY value DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ), 0) AS above
      FROM customer
     WHERE NOT EXISTS (
               SELECT FROM res_company
                 JOIN res_partner ON res_partner.id = res_company.partner_id
                WHERE res_partner.commercial_partner_id = customer.partner_id
           )
       AND NOT EXISTS (
               SELECT FROM res_users
                WHERE res_users.partner_id = customer.partner_id
                  AND res_users.share IS NOT TRUE
           )
),
classified AS (
    SELECT ranked.*,
           CASE WHEN order_count = 0 THEN NULL
                WHEN value > 0 AND above < 0.80 * total THEN 'A'
                WHEN value > 0 AND above < 0.95 * total THEN 'B'
                ELSE 'C' END AS abc_class,
           CASE WHEN order_count >= 3 THEN 'X'
                WHEN order_count = 2 THEN 'Y'
                WHEN order_count = 1 THEN 'Z' END AS xyz_class,
           order_count > 0 AND value <= 0 AS is_loss_making,
           order_count > 0 AND first_order_date > %(as_of)s::date - 90 AS is_newcomer,
           CASE WHEN last_order_date IS NULL THEN 'prospect'
                WHEN %(as_of)s::date > (last_order_date + INTERVAL '6 months')::date THEN 'lost'
                WHEN return_date >= DATE_TRUNC('year', %(as_of)s::timestamp) THEN 'returning'
                WHEN first_order_date >= DATE_TRUNC('year', %(as_of)s::timestamp) THEN 'new'
                ELSE 'repeat' END AS lifecycle
      FROM ranked
),
living AS (
    SELECT *,
           CASE lifecycle
                WHEN 'lost' THEN (last_order_date + INTERVAL '6 months')::date + 1
                WHEN 'returning' THEN return_date
                WHEN 'new' THEN first_order_date
                WHEN 'repeat' THEN MAKE_DATE(
                    EXTRACT(YEAR FROM COALESCE(return_date, first_order_date))::int + 1, 1, 1
                ) END AS lifecycle_date
      FROM classified
),
change AS MATERIALIZED (
    SELECT floor.id,
           COALESCE(living.partner_id, floor.partner_id) AS partner_id,
           COALESCE(living.revenue, 0) AS revenue,
           COALESCE(living.value, 0) AS value,
           COALESCE(living.order_count, 0) AS order_count,
           living.demand_cv,
           living.first_order_date,
           living.last_order_date,
           COALESCE(living.lifecycle, 'prospect') AS lifecycle,
           living.lifecycle_date,
           living.abc_class,
           living.xyz_class,
           COALESCE(living.is_loss_making, FALSE) AS is_loss_making,
           COALESCE(living.is_newcomer, FALSE) AS is_newcomer,
           segment.id AS segment_id
      FROM living
 LEFT JOIN growth_segment AS segment
        ON segment.abc_class = living.abc_class
       AND segment.xyz_class = living.xyz_class
       AND segment.company_id IS NULL
 FULL JOIN (SELECT * FROM benchmark_floor WHERE company_id = %(company_id)s) AS floor
        ON floor.partner_id = living.partner_id
     WHERE floor.id IS NULL
        OR (floor.revenue, floor.value, floor.order_count, floor.demand_cv,
            floor.first_order_date, floor.last_order_date, floor.lifecycle, floor.lifecycle_date,
            floor.abc_class, floor.xyz_class, floor.is_loss_making, floor.is_newcomer,
            floor.segment_id)
           IS DISTINCT FROM
           (COALESCE(living.revenue, 0), COALESCE(living.value, 0),
            COALESCE(living.order_count, 0), living.demand_cv,
            living.first_order_date, living.last_order_date,
            COALESCE(living.lifecycle, 'prospect'), living.lifecycle_date,
            living.abc_class, living.xyz_class,
            COALESCE(living.is_loss_making, FALSE), COALESCE(living.is_newcomer, FALSE),
            segment.id)
),
updated AS (
    UPDATE benchmark_floor
       SET revenue = change.revenue,
           profit = change.value,
           value = change.value,
           order_count = change.order_count,
           demand_cv = change.demand_cv,
           first_order_date = change.first_order_date,
           last_order_date = change.last_order_date,
           lifecycle = change.lifecycle,
           lifecycle_date = change.lifecycle_date,
           computed_abc_class = change.abc_class,
           computed_xyz_class = change.xyz_class,
           abc_class = change.abc_class,
           xyz_class = change.xyz_class,
           segment_id = change.segment_id,
           is_loss_making = change.is_loss_making,
           is_newcomer = change.is_newcomer,
           write_date = NOW()
      FROM change
     WHERE benchmark_floor.id = change.id
)
INSERT INTO benchmark_floor (
    company_id, partner_id, revenue, profit, value, order_count, demand_cv,
    first_order_date, last_order_date, lifecycle, lifecycle_date,
    computed_abc_class, computed_xyz_class, abc_class, xyz_class, segment_id, is_loss_making, is_newcomer,
    create_uid, create_date, write_uid, write_date
)
SELECT %(company_id)s, partner_id, revenue, value, value, order_count, demand_cv,
       first_order_date, last_order_date, lifecycle, lifecycle_date,
       abc_class, xyz_class, abc_class, xyz_class, segment_id, is_loss_making, is_newcomer,
       1, NOW(), 1, NOW()
  FROM change
 WHERE id IS NULL
