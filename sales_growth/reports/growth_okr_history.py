from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from ..models.growth_okr_cycle import STATES
from ..models.growth_okr_objective import COUNTED_STATES, KINDS, LEVELS

SERIES = [
    ('actual', "Actual"),
    ('expected', "Should Be"),
]
# More cycles than this do not lie within each other; their number is part of the rows' ids.
MOST_CYCLES = 16


class GrowthOkrHistory(models.Model):
    """How the progress of cycles came about: two rows for each key result and week, what was
    reached and what should have been by then, from the day the key result runs until today or the
    end of the cycle. A week in which nobody checked in keeps the value before; what is said in the
    review of a cycle counts for its last day.

    Both are measured by the plan as it is today, so that they can be compared, and so that the last
    point is the progress that cycle and objectives show.

    A key result weighs what it contributes to the progress of the cycle: its share of the objective
    by that objective's share of the one above, and so on. The weighted mean over any rows is so the
    progress of what they belong to, each key result bounded to 0 % and 100 %. Objectives of a
    quarter count for the objective of the year they stand below, too: their key results then have
    rows for both cycles, in the longer one since its own objective runs. What does not count for
    an objective above that counts itself has rows of its own (`is_counted`). An objective in which
    nothing counts has none.

    Of private objectives each sees what the rules say, and the mean is over what is seen.
    """

    _name = 'growth.okr.history'
    _inherit = ['growth.rate.mixin']
    _description = "OKR Progress"
    _auto = False
    _order = 'date desc, cycle_id, objective_id, key_result_id, id'
    _rec_name = 'key_result_id'

    date = fields.Date(
        string="As Of",
        readonly=True,
        help="Last day of the week; today, or the last day of the cycle, in the last one.",
    )
    series = fields.Selection(
        selection=SERIES,
        string="Line",
        readonly=True,
        help="What was reached, or what should have been. Of both together, what was reached is "
        "shown.",
    )
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    cycle_id = fields.Many2one(
        comodel_name='growth.okr.cycle',
        string="Cycle",
        readonly=True,
        help="For whose progress it counts: that of the objective, or a longer one of an objective "
        "above.",
    )
    cycle_state = fields.Selection(selection=STATES, string="Status of the Cycle", readonly=True)
    objective_id = fields.Many2one(
        comodel_name='growth.okr.objective', string="Objective", readonly=True
    )
    key_result_id = fields.Many2one(
        comodel_name='growth.okr.key.result', string="Key Result", readonly=True
    )
    owner_id = fields.Many2one(
        comodel_name='res.users',
        string="Responsible",
        readonly=True,
        help="For the key result.",
    )
    objective_owner_id = fields.Many2one(
        comodel_name='res.users', string="Responsible for the Objective", readonly=True
    )
    team_id = fields.Many2one(comodel_name='crm.team', string="Sales Team", readonly=True)
    level = fields.Selection(selection=LEVELS, readonly=True)
    kind = fields.Selection(selection=KINDS, readonly=True)
    is_counted = fields.Boolean(
        string="Counts for the Cycle",
        readonly=True,
        help="Whether it is part of the progress of the cycle.",
    )
    weight = fields.Float(
        readonly=True,
        aggregator=None,
        help="What the key result contributes to the progress of the cycle.",
    )
    done = fields.Float(readonly=True, aggregator=None, export_string_translation=False)

    # Measures
    progress = fields.Float(
        compute='_compute_rates',
        aggregator='avg',
        help="Weighted average over the key results, each between 0 % and 100 %.",
    )

    _growth_rates = {'progress': (('done',), ('weight',))}

    _depends = {
        'growth.okr.check.in': ['date', 'is_automatic', 'key_result_id', 'value'],
        'growth.okr.cycle': ['company_id', 'date_from', 'date_to', 'state'],
        'growth.okr.key.result': [
            'adds_up',
            'baseline',
            'direction',
            'error',
            'expectation',
            'kind',
            'measured_at',
            'objective_id',
            'owner_id',
            'range_max',
            'range_min',
            'season_curve',
            'source',
            'target',
            'weight',
        ],
        'growth.okr.milestone': [
            'date_deadline',
            'done_date',
            'is_done',
            'key_result_id',
            'weight',
        ],
        'growth.okr.objective': [
            'closed_date',
            'company_id',
            'counts_for_parent',
            'cycle_id',
            'date_deadline',
            'date_from',
            'kind',
            'level',
            'owner_id',
            'parent_id',
            'running_date',
            'state',
            'team_id',
            'weight',
        ],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('done', 'weight')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_key_result(self):
        self.ensure_one()
        self.check_access('read')
        return self.key_result_id.get_formview_action()

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """
            WITH RECURSIVE whole AS (%(wholes)s),
            part AS (%(parts)s)
            SELECT ((key_result.id::int8 * %(most_cycles)s + part.height) * 8192
                    + (week.first_day - DATE '1989-12-01') / 7) * 2
                   + (line.series = 'expected')::int4 AS id,
                   week.day AS date, line.series, cycle.company_id, cycle.id AS cycle_id,
                   cycle.state AS cycle_state, objective.id AS objective_id,
                   key_result.id AS key_result_id, key_result.owner_id,
                   objective.owner_id AS objective_owner_id, objective.team_id, objective.level,
                   objective.kind, part.is_counted, share.weight,
                   share.weight * LEAST(1, GREATEST(0, line.share)) AS done
              FROM part
              JOIN growth_okr_cycle AS cycle ON cycle.id = part.cycle_id
              JOIN (%(todays)s) AS today ON today.company_id = cycle.company_id
              JOIN growth_okr_objective AS objective ON objective.id = part.objective_id
              JOIN whole ON whole.objective_id = objective.id
              JOIN growth_okr_key_result AS key_result ON key_result.objective_id = objective.id
        CROSS JOIN LATERAL (SELECT part.share * key_result.weight / whole.weight AS weight) AS share
        CROSS JOIN LATERAL (%(weeks)s) AS week
        CROSS JOIN LATERAL (
                       SELECT 'actual' AS series, (%(progress)s) AS share
                        UNION ALL
                       SELECT 'expected', (%(expected)s)
                   ) AS line
             WHERE key_result.weight > 0
            """,
            wholes=self._select_wholes(),
            parts=self._select_parts(),
            most_cycles=MOST_CYCLES,
            todays=self._select_todays(),
            weeks=self._select_weeks(),
            progress=self._select_progress(),
            expected=self._select_expected(),
        )

    @api.model
    def _select_wholes(self):
        """What each objective is the weighted average of.

        :return: query with columns `objective_id` and `weight`
        :rtype: SQL
        """
        return SQL(
            """
            SELECT objective_id, SUM(weight) AS weight
              FROM (
                    SELECT objective_id, weight FROM growth_okr_key_result WHERE weight > 0
                     UNION ALL
                    SELECT parent_id, weight
                      FROM growth_okr_objective
                     WHERE counts_for_parent AND state = ANY(%(counted)s) AND weight > 0
                   ) AS part
          GROUP BY objective_id
            """,
            counted=list(COUNTED_STATES),
        )

    @api.model
    def _select_parts(self):
        """For which cycles an objective counts, and how much: from the objectives on top of a cycle
        downward.

        :return: recursive query with columns `cycle_id`, `objective_id`, `height` (how many cycles
            above its own), `running_date` (of the one on top, in a cycle above), `share` and
            `is_counted`
        :rtype: SQL
        """
        return SQL(
            """
            SELECT objective.cycle_id, objective.id AS objective_id, 0 AS height,
                   objective.running_date, objective.weight AS share,
                   (
                    parent.id IS NULL
                    OR parent.cycle_id != objective.cycle_id
                    OR parent.state != ALL(%(counted)s)
                   ) AS is_counted
              FROM growth_okr_objective AS objective
         LEFT JOIN growth_okr_objective AS parent ON parent.id = objective.parent_id
             WHERE objective.company_id = ANY(%(company_ids)s)
               AND objective.state = ANY(%(counted)s)
               AND (
                    parent.id IS NULL
                    OR parent.cycle_id != objective.cycle_id
                    OR objective.counts_for_parent IS NOT TRUE
                    OR parent.state != ALL(%(counted)s)
                   )
             UNION ALL
            SELECT part.cycle_id, child.id,
                   part.height + (child.cycle_id != parent.cycle_id)::int4,
                   part.running_date, part.share * child.weight / whole.weight, part.is_counted
              FROM part
              JOIN whole ON whole.objective_id = part.objective_id
              JOIN growth_okr_objective AS parent ON parent.id = part.objective_id
              JOIN growth_okr_objective AS child ON child.parent_id = parent.id
             WHERE child.counts_for_parent
               AND child.state = ANY(%(counted)s)
               AND child.weight > 0
               AND part.height + (child.cycle_id != parent.cycle_id)::int4 < %(most_cycles)s
            """,
            company_ids=self.env.companies.ids,
            counted=list(COUNTED_STATES),
            most_cycles=MOST_CYCLES,
        )

    @api.model
    def _select_todays(self):
        """
        :return: query with columns `company_id` and `day`
        :rtype: SQL
        """
        now = fields.Datetime.now()
        return SQL(" UNION ALL ").join(
            SQL("SELECT %s AS company_id, %s::date AS day", company.id, company._growth_day(now))
            for company in self.env.companies
        )

    @api.model
    def _select_weeks(self):
        """The weeks of a key result, as the reader's language begins them.

        :return: query with columns `first_day`, `day` (that the row is of) and `until` (the last
            day of which it is known what was said)
        :rtype: SQL
        """
        return SQL(
            """
            SELECT first_day, day,
                   CASE WHEN day = cycle.date_to THEN 'infinity' ELSE day END AS until
              FROM (
                    SELECT GREATEST(
                               cycle.date_from,
                               CASE WHEN part.height > 0 THEN part.running_date
                                    ELSE LEAST(
                                             objective.running_date,
                                             (
                                              SELECT MIN(check_in.date)
                                                FROM growth_okr_check_in AS check_in
                                               WHERE check_in.key_result_id = key_result.id
                                             )
                                         )
                               END
                           ) AS date_from
                     WHERE COALESCE(part.running_date, objective.running_date) IS NOT NULL
                   ) AS run
        CROSS JOIN LATERAL (
                    SELECT week::date AS first_day,
                           LEAST(week::date + 6, today.day, cycle.date_to) AS day
                      FROM GENERATE_SERIES(
                               run.date_from - MOD(
                                   EXTRACT(ISODOW FROM run.date_from)::int4 - %(week_start)s + 7, 7
                               ),
                               LEAST(today.day, cycle.date_to),
                               INTERVAL '7 days'
                           ) AS week
                   ) AS each_week
             WHERE run.date_from <= LEAST(today.day, cycle.date_to)
            """,
            week_start=int(get_lang(self.env).week_start),
        )

    # ------------------------------------------------------------
    # WHAT WAS REACHED, AND WHAT SHOULD HAVE BEEN
    # ------------------------------------------------------------

    @api.model
    def _select_progress(self):
        """The share of the way that was done on the day of a row, as `_get_progress` of key results
        tells it.

        :rtype: SQL
        """
        last_value = SQL(
            """
            (
              SELECT check_in.value::float8
                FROM growth_okr_check_in AS check_in
               WHERE check_in.key_result_id = key_result.id AND check_in.date <= week.until
                 AND (check_in.is_automatic OR key_result.source != 'measure')
            ORDER BY check_in.date DESC, check_in.id DESC
               LIMIT 1
            )
            """
        )
        value = SQL("COALESCE(%s, key_result.baseline::float8)", last_value)
        low, high = SQL("key_result.range_min::float8"), SQL("key_result.range_max::float8")
        return SQL(
            """
            CASE WHEN key_result.kind = 'milestones' THEN (%(milestones)s)
                 WHEN key_result.direction = 'range' AND key_result.source = 'measure'
                      AND (%(last_value)s) IS NULL
                 THEN 0
                 WHEN key_result.direction = 'range'
                 THEN 1 - GREATEST(%(low)s - %(value)s, %(value)s - %(high)s, 0) / COALESCE(
                     NULLIF(GREATEST(%(low)s - %(baseline)s, %(baseline)s - %(high)s, 0), 0),
                     NULLIF(%(high)s - %(low)s, 0)
                 )
                 WHEN key_result.adds_up
                 THEN COALESCE(
                     (%(last_value)s - %(baseline)s * (%(passed)s))
                     / NULLIF(key_result.target::float8 - %(baseline)s, 0),
                     0
                 )
                 ELSE (%(value)s - %(baseline)s)
                      / NULLIF(key_result.target::float8 - %(baseline)s, 0)
            END
            """,
            milestones=self._select_milestones(
                SQL("milestone.is_done AND milestone.done_date <= week.until")
            ),
            last_value=last_value,
            value=value,
            # A verdict stands, whatever day it is, and so does the last value of a broken measure.
            passed=self._select_passed(
                SQL(
                    "LEAST(week.day, objective.closed_date, CASE WHEN key_result.error IS NOT NULL "
                    "THEN key_result.measured_at::date END)"
                )
            ),
            baseline=SQL("key_result.baseline::float8"),
            low=low,
            high=high,
        )

    @api.model
    def _select_expected(self):
        """The share of the way that should have been done, as `_get_expected` of key results tells
        it.

        :rtype: SQL
        """
        return SQL(
            """
            CASE WHEN key_result.direction = 'range' THEN 1
                 WHEN key_result.kind = 'yes_no'
                 THEN (week.day >= objective.date_deadline)::int4
                 WHEN key_result.kind = 'milestones' AND EXISTS (
                     SELECT 1
                       FROM growth_okr_milestone AS milestone
                      WHERE milestone.key_result_id = key_result.id
                        AND milestone.date_deadline IS NOT NULL
                 )
                 THEN (%(milestones)s)
                 ELSE (%(passed)s)
            END
            """,
            milestones=self._select_milestones(
                SQL("LEAST(milestone.date_deadline, objective.date_deadline) <= week.day")
            ),
            passed=self._select_passed(SQL("week.day")),
        )

    @api.model
    def _select_passed(self, day):
        """The share of the period that has passed by a day, of a season by what was sold in it.

        :param SQL day:
        :rtype: SQL
        """
        return SQL(
            """
            CASE WHEN %(day)s < objective.date_from THEN 0
                 WHEN %(day)s >= objective.date_deadline THEN 1
                 WHEN key_result.expectation = 'season'
                      AND JSONB_TYPEOF(key_result.season_curve) = 'array'
                      AND JSONB_ARRAY_LENGTH(key_result.season_curve) > 0
                 THEN (%(season)s)
                 ELSE (%(day)s - objective.date_from + 1)::float8
                      / (objective.date_deadline - objective.date_from + 1)
            END
            """,
            day=day,
            season=self._select_season(day),
        )

    @api.model
    def _select_milestones(self, condition):
        """Share of the milestones of a key result, by weight.

        :param SQL condition: which ones
        :rtype: SQL
        """
        return SQL(
            """
            SELECT COALESCE(
                       SUM(milestone.weight) FILTER (WHERE %s) / NULLIF(SUM(milestone.weight), 0), 0
                   )
              FROM growth_okr_milestone AS milestone
             WHERE milestone.key_result_id = key_result.id AND milestone.weight > 0
            """,
            condition,
        )

    @api.model
    def _select_season(self, day):
        """The point of a season's curve: of equal parts of the time, growing evenly within one, as
        `analysis.okr.elapsed` reads it.

        :param SQL day:
        :rtype: SQL
        """
        return SQL(
            """
            SELECT point.before + (point.after - point.before) * place.rest / place.days
              FROM (
                    SELECT passed / days AS part, MOD(passed, days) AS rest, days
                      FROM (
                            SELECT (%(day)s - objective.date_from + 1)
                                   * JSONB_ARRAY_LENGTH(key_result.season_curve) AS passed,
                                   objective.date_deadline - objective.date_from + 1 AS days
                           ) AS way
                   ) AS place
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN place.part = 0 THEN 0
                                ELSE (key_result.season_curve->>(place.part - 1))::float8
                           END AS before,
                           (key_result.season_curve->>place.part)::float8 AS after
                   ) AS point
            """,
            day=day,
        )

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        mean = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec.partition(':')[0] not in self._growth_rates:
            return mean
        # A mean of what was reached and what should have been is neither.
        done, weight, series = (
            self._field_to_sql(self._table, fname, query) for fname in ('done', 'weight', 'series')
        )
        is_actual = SQL("%s = 'actual'", series)
        return SQL(
            "COALESCE(SUM(%(done)s) FILTER (WHERE %(is_actual)s)"
            " / SUM(%(weight)s) FILTER (WHERE %(is_actual)s), %(mean)s)",
            done=done,
            weight=weight,
            is_actual=is_actual,
            mean=mean,
        )


class GrowthOkrCycle(models.Model):
    _inherit = 'growth.okr.cycle'

    @api.readonly
    def action_view_history(self):
        """Open the progress of the cycle over time."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_history_action'
        )
        domain = [('cycle_id', '=', self.id)]
        return {
            **action,
            'display_name': self.env._("Progress Over Time"),
            'domain': domain,
            'context': {
                'search_default_filter_counted': 1,
                'graph_groupbys': ['date:week', 'series'],
            },
        }
