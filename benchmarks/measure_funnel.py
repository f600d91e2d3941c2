"""One measure in a process of its own: ``measure_funnel.py NAME DATABASE [ALONE]``.

Prints figures as JSON. Ours and what it is measured against run in turns.
"""

import json
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import timedelta
from statistics import median
from unittest.mock import patch

import database
import generate
import histories
import leads
from measure_refusals import write_all
from measure_segments import Mismatch, in_turn, seconds, summary

from odoo import fields

# Even, so that each is first as often as the other; before them comes one that does not count.
ROUNDS_AT_ONCE = 8
ROUNDS_ONE_BY_ONE = 20
REPORTS = 6
FILLS = 4
MOVED_ONE_BY_ONE = 50
DAYS_OF_SCREEN = 90
# Those of the report's pivot and of Odoo's. A pivot counts the rows in any case.
MEASURES_OF_PIVOT = (
    "entered:sum",
    "passed:sum",
    "lost:sum",
    "still_open:sum",
    "conversion:avg",
    "plan:avg",
    "gap:avg",
    "__count",
)
MEASURES_OF_PIPELINE = ("expected_revenue:sum", "__count")
# What Odoo's pipeline shows, and the same with the lost leads, which are in the archive.
PIPELINE = [("type", "=", "opportunity")]
ALL_OF_PIPELINE = [*PIPELINE, ("active", "in", [True, False])]
# Groups of the report in plain SQL; weeks begin on Sunday, as in the English of the United States.
COLUMNS = {
    "user_id": "user_id",
    "step_id": "step_id",
    "date:week": "DATE_TRUNC('week', date + INTERVAL '1 day')::date - 1",
}


def main(name, *databases):
    """Take the measure of this name and print it."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(fields.Datetime, "now", lambda *_args: leads.CLOCK))
        envs = [
            stack.enter_context(database.environment(database_name)) for database_name in databases
        ]
        print(json.dumps(MEASURES[name](*envs)))


# Moving leads


def measure_move(ours, alone):
    """Seconds and queries of moving leads to the next stage, of ours and of Odoo alone.

    From the call until all is written and the messages of the tracking are there, as a salesperson
    with own leads; each round is rolled back.

    :raise Mismatch: when a lead was not moved, or its event is missing
    """
    return {
        "at_once": compare_moving(ours, alone, move_at_once),
        "one_by_one": compare_moving(ours, alone, move_one_by_one),
        "at_once_untracked": compare_moving(ours, alone, move_at_once, tracking_disable=True),
        "one_by_one_untracked": compare_moving(ours, alone, move_one_by_one, tracking_disable=True),
    }


def compare_moving(ours, alone, move, **context):
    is_single = move is move_one_by_one
    number = MOVED_ONE_BY_ONE if is_single else leads.OPEN_PER_SALESPERSON
    rounds = defaultdict(list)
    for turn in range(-1, ROUNDS_ONE_BY_ONE if is_single else ROUNDS_AT_ONCE):
        figures = {
            name: measure_moving(env, move, number, context)
            for name, env in in_turn(turn, ("ours", ours), ("floor", alone))
        }
        if turn >= 0:
            for what in ("seconds", "queries"):
                rounds[what].append({name: taken[what] for name, taken in figures.items()})
    return {what: summary(taken) for what, taken in rounds.items()}


def measure_moving(env, move, number, context):
    user = env["res.users"].browse(generate.find(env).first_user)
    company = {"allowed_company_ids": user.company_id.ids}
    theirs = env(user=user.id, context={"lang": user.lang, "tz": user.tz, **company, **context})
    pending = [("user_id", "=", user.id), ("won_status", "=", "pending")]
    moved = theirs["crm.lead"].search(pending, order="id", limit=number)
    stage = theirs["crm.stage"].search([], limit=2)[1]
    env.invalidate_all()
    queries, start = env.cr.sql_log_count, time.perf_counter()
    move(moved, stage)
    write_all(theirs)
    taken = {
        "seconds": time.perf_counter() - start,
        "queries": env.cr.sql_log_count - queries,
    }
    check_moved(env, moved.ids, stage.id)
    env.cr.rollback()
    return taken


def move_at_once(moved, stage):
    moved.write({"stage_id": stage.id})


def move_one_by_one(moved, stage):
    # Each in a request of its own, with an empty cache.
    for lead_id in moved.ids:
        moved.env.invalidate_all()
        moved.browse(lead_id).write({"stage_id": stage.id})
        write_all(moved.env)


def check_moved(env, lead_ids, stage_id):
    tables = {"crm_lead": "id = ANY(%s) AND stage_id = %s"}
    if "growth.funnel.event" in env:
        tables["growth_funnel_event"] = "lead_id = ANY(%s) AND stage_id = %s"
    for table, condition in tables.items():
        env.cr.execute(f"SELECT COUNT(*) FROM {table} WHERE {condition}", [lead_ids, stage_id])
        found = env.cr.fetchone()[0]
        if found != len(lead_ids):
            raise Mismatch(f"{table}: {found} of {len(lead_ids)} were moved.")


# Reports


def measure_reports(env):
    """Seconds of the report against plain SQL and against Odoo's pivot of the same leads.

    :raise Mismatch: when a figure of ours and of plain SQL differs
    """
    import pandas  # noqa: F401 - once in the life of a worker, so it belongs to no round

    first_user = generate.find(env).first_user
    manager = env["res.users"].search([("login", "=", generate.MANAGER)])
    salesperson = env["res.users"].browse(first_user)
    own = f"(user_id = {first_user} OR user_id IS NULL)"
    start = generate.LAST_DAY - timedelta(days=DAYS_OF_SCREEN - 1)
    weeks = ["date:week", "user_id"]
    return {
        "leads": env["crm.lead"].with_context(active_test=False).search_count([]),
        "events": env["growth.funnel.event"].search_count([]),
        "screen": compare_reports(env, manager, "TRUE", start),
        "history": compare_reports(env, manager, "TRUE"),
        "own_screen": compare_reports(env, salesperson, own, start),
        "weeks": compare_reports(env, manager, "TRUE", start, weeks),
        "history_weeks": compare_reports(env, manager, "TRUE", groupby=weeks),
        "salespeople": measure_salespeople(env, manager),
    }


def compare_reports(env, user, condition, start=None, groupby=("user_id", "step_id")):
    """Groups and totals as the pivot asks for them, and groups alone as the graph does.

    :param str condition: what the user may see, for plain SQL
    :param date start: first day of the period, None for all
    :return: `summary` by what ours is measured against
    """
    groupby = list(groupby)
    sets = [groupby[:size] for size in range(len(groupby) + 1)]
    of_user = env(user=user.id, context={"lang": "en_US", "allowed_company_ids": [1]})
    report, pipeline = of_user["growth.conversion.report"], of_user["crm.lead"]
    domain = [("date", ">=", start)] if start else []
    stages = [["user_id", "stage_id"][:size] for size in range(3)]
    plain = plain_report(env, condition, start, groupby, sets)
    plain_groups = plain_report(env, condition, start, groupby, [groupby])

    def read_pipeline(leads_shown):
        return pipeline.formatted_read_grouping_sets(leads_shown, stages, MEASURES_OF_PIPELINE)

    readers = {
        "ours": lambda: report.formatted_read_grouping_sets(domain, sets, MEASURES_OF_PIVOT),
        "plain": lambda: fetch(env.cr, plain),
        "ours_groups": lambda: [report.formatted_read_group(domain, groupby, MEASURES_OF_PIVOT)],
        "plain_groups": lambda: fetch(env.cr, plain_groups),
        "pipeline": lambda: read_pipeline(ALL_OF_PIPELINE),
        "pipeline_active": lambda: read_pipeline(PIPELINE),
    }
    rounds = []
    for turn in range(-1, REPORTS):
        found, taken = {}, {}
        for name, read in in_turn(turn, *readers.items()):
            env.invalidate_all()
            begin = time.perf_counter()
            found[name] = read()
            taken[name] = time.perf_counter() - begin
        check_reports(found["ours"], found["plain"], sets)
        check_reports(found["ours_groups"], found["plain_groups"], [groupby])
        if turn >= 0:
            rounds.append(taken)
    pairs = {
        "plain": ("ours", "plain"),
        "groups": ("ours_groups", "plain_groups"),
        "pipeline": ("ours", "pipeline"),
        "pipeline_active": ("ours", "pipeline_active"),
    }
    return {
        against: summary([{"ours": taken[ours], "floor": taken[floor]} for taken in rounds])
        for against, (ours, floor) in pairs.items()
    }


def fetch(cr, statement):
    # Compiled just in time, the long statement takes twice as long.
    cr.execute("SET LOCAL jit = off")
    cr.execute(statement)
    rows = cr.fetchall()
    cr.execute("SET LOCAL jit = DEFAULT")
    return rows


def plain_report(env, condition, start, groupby, sets):
    """The statement that somebody would write by hand: counts for the days between two changes of
    plans, then the most specific plan of each."""
    period = f"date >= '{start}'" if start else "TRUE"
    today = leads.CLOCK.date()
    plans = env["growth.funnel.plan"].search([("date_from", "!=", False)])
    changes = f"ARRAY{sorted({str(plan.date_from) for plan in plans})}::date[]"
    columns = {COLUMNS[spec]: f"group_{position}" for position, spec in enumerate(groupby)}
    names = list(columns.values())
    grouping = ", ".join(f"({', '.join(names[: len(specs)])})" for specs in sets)
    return f"""
        SELECT GROUPING({", ".join(names)}), {", ".join(names)},
               SUM(number), SUM(passed), SUM(lost), SUM(still_open),
               SUM(passed)::float8 / NULLIF(SUM(judged), 0),
               (SUM(judged * rate) / NULLIF(SUM(judged) FILTER (WHERE rate IS NOT NULL), 0))::float8
          FROM (
                SELECT {", ".join(f"{column} AS {name}" for column, name in columns.items())},
                       step_id, user_id, team_id, MIN(date) AS date,
                       COUNT(*) AS number, SUM(passed) AS passed, SUM(lost) AS lost,
                       SUM(still_open) AS still_open, SUM(judged) AS judged
                  FROM (
                        SELECT step_id, user_id, team_id, entry_day AS date,
                               1 AS passed, 0 AS lost, 0 AS still_open, 1 AS judged
                          FROM growth_funnel_event
                         WHERE company_id = 1 AND NOT is_taken_over
                         UNION ALL
                        SELECT step.id,
                               CASE won_status WHEN 'lost' THEN growth_lost_user_id
                                               ELSE user_id END,
                               CASE won_status WHEN 'lost' THEN growth_lost_team_id
                                               ELSE team_id END,
                               growth_step_date, 0, (won_status = 'lost')::int,
                               (won_status <> 'lost')::int,
                               (won_status = 'lost'
                                OR growth_step_date <= '{today}'::date - ripening_days)::int
                          FROM crm_lead
                          JOIN growth_funnel_step AS step ON step.id = growth_step_id
                         WHERE step.company_id = 1
                       ) AS place
                 WHERE {period} AND {condition}
              GROUP BY {", ".join(names)}, step_id, user_id, team_id, WIDTH_BUCKET(date, {changes})
               ) AS place
     LEFT JOIN LATERAL (
                SELECT rate
                  FROM growth_funnel_plan AS plan
                 WHERE plan.step_id = place.step_id
                   AND (plan.user_id = place.user_id OR plan.user_id IS NULL)
                   AND (plan.team_id = place.team_id OR plan.team_id IS NULL)
                   AND (plan.date_from <= place.date OR plan.date_from IS NULL)
              ORDER BY plan.user_id, plan.team_id, plan.date_from DESC NULLS LAST
                 LIMIT 1
               ) AS plan ON TRUE
      GROUP BY GROUPING SETS ({grouping})
    """


def check_reports(ours, plain, sets):
    """
    :param list ours: groups of each of the sets, as the web client gets them
    :param list plain: rows of `plain_report`
    """
    groupby = sets[-1]
    expected = {}
    for mask, *values in plain:
        keys = [str(key) for key in values[: len(groupby)]]
        size = len(groupby) - int(mask).bit_length()
        *counts, conversion, plan = values[len(groupby) :]
        gap = None if conversion is None or plan is None else 100 * (conversion - plan)
        expected[tuple(keys[:size])] = [*counts, conversion, plan, gap, counts[0]]
    found = {}
    for specs, groups in zip(sets, ours, strict=True):
        for group in groups:
            keys = tuple(str(group[spec][0]) for spec in specs)
            found[keys] = [group[measure] for measure in MEASURES_OF_PIVOT]
    if rounded(found) != rounded(expected):
        raise Mismatch("The groups of the report and of plain SQL differ.")


def rounded(groups):
    return {
        keys: [round(float(value or 0), 6) for value in values] for keys, values in groups.items()
    }


def measure_salespeople(env, user):
    """Seconds of the call behind the screen with salespeople, verdicts and who teaches whom."""
    report = env["growth.conversion.report"].with_user(user)
    taken = []
    for _turn in range(REPORTS):
        env.invalidate_all()
        taken.append(seconds(report.get_salespeople))
    return median(taken)


# Where leads stand


def measure_standing(env):
    """Seconds of finding out from the events where all leads stand, when they stand right.

    :raise Mismatch: when that wrote a row
    """
    taken = []
    for _turn in range(FILLS):
        taken.append(seconds(env["crm.lead"]._growth_stand_again))
        env.cr.execute("SELECT COUNT(*) FROM crm_lead WHERE xmin = PG_CURRENT_XACT_ID()::xid")
        if written := env.cr.fetchone()[0]:
            raise Mismatch(f"Leads stand right, yet {written} were written.")
        env.cr.rollback()
    return median(taken)


# Backfill


def measure_backfill(env):
    """Seconds of finding the events of leads that nobody watched, in their tracked stages.

    :raise Mismatch: when another event was found than the one that happened
    """
    steps = histories.default_steps(env)[: histories.WON_RANK]
    env.cr.execute(
        "CREATE TEMPORARY TABLE happened AS"
        " SELECT lead_id, step_id, day, entry_day, user_id, stage_id FROM growth_funnel_event"
        " WHERE step_id = ANY(%s)",
        [steps.ids],
    )
    env.cr.execute("TRUNCATE growth_funnel_event")
    env.cr.commit()
    taken = []
    for _turn in range(FILLS):
        env.invalidate_all()
        begin = time.perf_counter()
        count = env["growth.funnel.event"]._backfill()
        taken.append(time.perf_counter() - begin)
        check_backfill(env.cr)
        env.cr.rollback()
    return {"seconds": median(taken), "events": count}


def check_backfill(cr):
    columns = "lead_id, step_id, day, entry_day, user_id, stage_id"
    cr.execute(
        f"SELECT COUNT(*) FROM (SELECT {columns} FROM happened"
        f" EXCEPT SELECT {columns} FROM growth_funnel_event) AS missing"
    )
    missing = cr.fetchone()[0]
    cr.execute(
        "SELECT (SELECT COUNT(*) FROM growth_funnel_event) - (SELECT COUNT(*) FROM happened)"
    )
    more = cr.fetchone()[0]
    if missing or more:
        raise Mismatch(f"{missing} events were not found as they happened, and {more} more.")


MEASURES = {
    "move": measure_move,
    "reports": measure_reports,
    "standing": measure_standing,
    "backfill": measure_backfill,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
