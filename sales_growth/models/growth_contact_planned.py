from odoo import api, fields, models
from odoo.tools import SQL

MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5]


class GrowthContactPlan(models.Model):
    """Which plan holds for whom on which day."""

    _inherit = 'growth.contact.plan'

    @api.model
    def _get_planned(self, date_from=None):
        """The planned contacts of each salesperson and day, of the active companies, until today.

        A salesperson in several teams goes by the one joined first. Who was a member when is read
        from when memberships were made and archived; the plan of who was archived ends then.

        :param date date_from: first day; empty: as long as there are plans
        :return: query with columns `company_id`, `user_id`, `team_id`, `kind`, `date` and `number`
            (above zero), one row for each of the first five
        :rtype: SQL
        """
        return SQL(
            """
            WITH line AS (%(lines)s),
            member AS (%(members)s),
            day AS (%(days)s),
            span AS (%(spans)s)
            SELECT span.company_id,
                   span.user_id,
                   COALESCE(span.team_id, member.team_id, users.sale_team_id) AS team_id,
                   span.kind,
                   day.date,
                   span.number
              FROM span
              JOIN day
                ON day.company_id = span.company_id
               AND day.date >= span.date_from
               AND (span.date_to IS NULL OR day.date < span.date_to)
               AND CASE span.period WHEN 'week' THEN day.is_monday ELSE day.is_working END
              JOIN res_users AS users ON users.id = span.user_id
         LEFT JOIN member
                ON span.team_id IS NULL
               AND member.company_id = span.company_id
               AND member.user_id = span.user_id
               AND day.date >= member.date_from
               AND day.date < member.date_to
             WHERE span.number > 0
            """,
            lines=self._select_lines(),
            members=self._select_members(),
            days=self._select_days(date_from),
            spans=self._select_spans(),
        )

    @api.model
    def _select_lines(self):
        """Each plan with the day on which the next one for the same people replaces it, and the
        day on which the first one for them began."""
        return SQL(
            """
            SELECT company_id, team_id, user_id, kind, number, period, date_from,
                   LEAD(date_from) OVER scope AS date_to,
                   MIN(date_from) OVER scope AS first_day
              FROM growth_contact_plan
            WINDOW scope AS (PARTITION BY company_id, kind, team_id, user_id ORDER BY date_from)
            """
        )

    @api.model
    def _select_members(self):
        """From when until when, exclusively, which team was the first one of a salesperson."""
        return SQL(
            """
            SELECT company_id, user_id, team_id, date_to,
                   GREATEST(joined, MAX(date_to) OVER earlier) AS date_from
              FROM (
                SELECT company.id AS company_id, member.user_id, team.id AS team_id, member.id,
                       member.create_date,
                       (member.create_date AT TIME ZONE 'UTC' AT TIME ZONE company.zone)::date
                           AS joined,
                       COALESCE((LEAST(
                           CASE WHEN NOT member.active THEN member.write_date END,
                           CASE WHEN NOT team.active THEN team.write_date END,
                           CASE WHEN NOT users.active THEN users.write_date END
                       ) AT TIME ZONE 'UTC' AT TIME ZONE company.zone)::date, 'infinity')
                           AS date_to
                  FROM crm_team_member AS member
                  JOIN crm_team AS team ON team.id = member.crm_team_id
                  JOIN res_users AS users ON users.id = member.user_id
                  JOIN %(companies)s ON company.id = COALESCE(team.company_id, users.company_id)
              ) AS membership
            WINDOW earlier AS (
                PARTITION BY company_id, user_id ORDER BY create_date, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
            """,
            companies=self._get_companies(),
        )

    @api.model
    def _select_days(self, date_from):
        """The days that plans are made for: to which week they belong, and whether they are
        worked on.

        A company whose working hours name no days works from Monday to Friday.
        """
        return SQL(
            """
            SELECT company.id AS company_id,
                   day.date,
                   day.weekday = 1 AS is_monday,
                   day.weekday = ANY(
                       CASE (day.date - DATE '0001-01-01') / 7 %% 2
                       WHEN 0 THEN company.first_week ELSE company.second_week END
                   ) AND NOT EXISTS (
                       SELECT 1
                         FROM resource_calendar_leaves AS leave
                        WHERE leave.resource_id IS NULL
                          AND leave.time_type = 'leave'
                          AND COALESCE(leave.company_id, company.id) = company.id
                          AND COALESCE(leave.calendar_id, company.calendar_id)
                              IS NOT DISTINCT FROM company.calendar_id
                          AND (day.date + TIME '12:00') AT TIME ZONE company.zone
                              AT TIME ZONE 'UTC' BETWEEN leave.date_from AND leave.date_to
                   ) AS is_working
              FROM %(companies)s
              JOIN (
                SELECT company_id, MIN(date_from) AS date_from
                  FROM growth_contact_plan
              GROUP BY company_id
              ) AS plan ON plan.company_id = company.id
        CROSS JOIN LATERAL (
                SELECT GREATEST(plan.date_from, %(date_from)s::date) AS date
              ) AS first
        CROSS JOIN LATERAL generate_series(0, company.today - first.date) AS number
        CROSS JOIN LATERAL (
                SELECT first.date + number AS date,
                       EXTRACT(ISODOW FROM first.date + number)::int4 AS weekday
              ) AS day
            """,
            companies=self._get_companies(),
            date_from=date_from or None,
        )

    @api.model
    def _select_spans(self):
        """From when until when, exclusively, a plan holds for a salesperson: until the next one
        for the same people, or the first one for fewer of them."""
        return SQL(
            """
            SELECT line.company_id, member.user_id, member.team_id, line.kind, line.number,
                   line.period,
                   GREATEST(line.date_from, member.date_from) AS date_from,
                   LEAST(line.date_to, member.date_to, own.date_from, team.date_from) AS date_to
              FROM line
              JOIN member
                ON member.company_id = line.company_id
               AND (line.team_id IS NULL OR line.team_id = member.team_id)
         LEFT JOIN line AS own
                ON own.company_id = line.company_id
               AND own.kind = line.kind
               AND own.user_id = member.user_id
               AND own.date_from = own.first_day
         LEFT JOIN line AS team
                ON line.team_id IS NULL
               AND team.company_id = line.company_id
               AND team.kind = line.kind
               AND team.team_id = member.team_id
               AND team.date_from = team.first_day
             WHERE line.user_id IS NULL
         UNION ALL
            SELECT line.company_id, line.user_id, NULL, line.kind, line.number, line.period,
                   line.date_from,
                   LEAST(line.date_to, CASE WHEN NOT users.active THEN users.write_date::date END)
              FROM line
              JOIN res_users AS users ON users.id = line.user_id
             WHERE line.user_id IS NOT NULL
            """
        )

    @api.model
    def _get_companies(self):
        """The active companies and what their days depend on, to be joined.

        :return: table `company` with columns `id`, `zone`, `today`, `needs_result`, `calendar_id`,
            `first_week` and `second_week` (numbers of the weekdays worked on, 1 is Monday, in the
            two weeks that working hours may take turns in)
        :rtype: SQL
        """
        now = fields.Datetime.now()
        return SQL(
            "(VALUES %s) AS company "
            "(id, zone, today, needs_result, calendar_id, first_week, second_week)",
            SQL(", ").join(
                SQL(
                    "(%s, %s, %s, %s, %s::int4, %s, %s)",
                    company.id,
                    company._growth_timezone(),
                    company._growth_day(now),
                    company.growth_contact_needs_result,
                    company.resource_calendar_id.id or None,
                    *self._get_weekdays(company.resource_calendar_id),
                )
                for company in self.env.companies.sudo()
            ),
        )

    @api.model
    def _get_weekdays(self, calendar):
        """Numbers of the weekdays worked on, in the first and in the second week.

        :rtype: list[list[int]]
        """
        attendances = calendar.attendance_ids.filtered(
            lambda attendance: attendance.day_period != 'lunch' and not attendance.display_type
        )
        return [
            sorted(
                {
                    int(attendance.dayofweek) + 1
                    for attendance in attendances
                    if attendance.week_type in (False, week)
                }
            )
            or MONDAY_TO_FRIDAY
            for week in ('0', '1')
        ]
