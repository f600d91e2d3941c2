"""One measure in a process of its own: ``measure_refusals.py NAME DATABASE [ALONE]``.

Prints figures as JSON. Ours and what it is measured against run in turns.
"""

import json
import sys
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from itertools import combinations
from statistics import median
from unittest.mock import patch

import database
import generate
import leads
from measure_segments import Mismatch, in_turn, seconds, summary

from odoo import fields

# Even, so that each is first as often as the other; before them comes one that does not count.
ROUNDS = 4
GROUPINGS = 8
LOST_ONE_BY_ONE = 100
CAP = 10
MEASURES_OF_PIVOT = (
    "__count",
    "refusal_share:sum",
    "expected_revenue:sum",
    "recovered_share:avg",
    "days_to_recover:avg",
)


def main(name, *databases):
    """Take the measure of this name and print it."""
    with ExitStack() as stack:
        envs = [
            stack.enter_context(database.environment(database_name)) for database_name in databases
        ]
        print(json.dumps(MEASURES[name](*envs)))


# Losing leads


def measure_lose(ours, alone):
    """Seconds and queries of losing leads, of ours and of Odoo alone.

    From the call until all is written and the messages of the tracking are there, as a salesperson
    with own leads; each round is rolled back.

    :raise Mismatch: when a lead was not lost, or its refusal is missing
    """
    return {
        "wizard": compare_losing(ours, alone, lose_by_wizard),
        "method": compare_losing(ours, alone, lose_by_method),
        "untracked": compare_losing(ours, alone, lose_by_method, tracking_disable=True),
        "single": compare_losing(ours, alone, lose_one_by_one, number=LOST_ONE_BY_ONE),
    }


def compare_losing(ours, alone, lose, number=leads.OPEN_PER_SALESPERSON, **context):
    rounds = defaultdict(list)
    for turn in range(-1, ROUNDS):
        figures = {
            name: measure_losing(env, lose, number, context)
            for name, env in in_turn(turn, ("ours", ours), ("floor", alone))
        }
        if turn >= 0:
            for what in ("seconds", "queries"):
                rounds[what].append({name: taken[what] for name, taken in figures.items()})
    return {what: summary(taken) for what, taken in rounds.items()}


def measure_losing(env, lose, number, context):
    user = env["res.users"].browse(generate.find(env).first_user)
    company = {"allowed_company_ids": user.company_id.ids}
    theirs = env(user=user.id, context={"lang": user.lang, "tz": user.tz, **company, **context})
    pending = [("user_id", "=", user.id), ("won_status", "=", "pending")]
    lost = theirs["crm.lead"].search(pending, order="id", limit=number)
    # Their order differs with the addon; Odoo's own ones are the oldest.
    reason = theirs["crm.lost.reason"].search([], order="id", limit=1)
    env.invalidate_all()
    queries, start = env.cr.sql_log_count, time.perf_counter()
    lose(lost, reason)
    write_all(theirs)
    taken = {
        "seconds": time.perf_counter() - start,
        "queries": env.cr.sql_log_count - queries,
    }
    check_lost(env, lost.ids, reason.id)
    env.cr.rollback()
    return taken


def write_all(env):
    # Beside what the ORM has pending, what waits for the commit: the messages of the tracking.
    env.cr.flush()


def lose_by_wizard(lost, reason):
    wizard = lost.env["crm.lead.lost"].create(
        {"lead_ids": [fields.Command.set(lost.ids)], "lost_reason_id": reason.id}
    )
    wizard.action_lost_reason_apply()


def lose_by_method(lost, reason):
    lost.action_set_lost(lost_reason_id=reason.id)


def lose_one_by_one(lost, reason):
    # Each in a request of its own, with an empty cache.
    for lead_id in lost.ids:
        lost.env.invalidate_all()
        lost.browse(lead_id).action_set_lost(lost_reason_id=reason.id)
        write_all(lost.env)


def check_lost(env, lead_ids, reason_id):
    tables = {"crm_lead": "id = ANY(%s) AND won_status = 'lost' AND lost_reason_id = %s"}
    if "growth.refusal" in env:
        tables["growth_refusal"] = "lead_id = ANY(%s) AND reason_id = %s AND outcome = 'open'"
    for table, condition in tables.items():
        env.cr.execute(f"SELECT COUNT(*) FROM {table} WHERE {condition}", [lead_ids, reason_id])
        found = env.cr.fetchone()[0]
        if found != len(lead_ids):
            raise Mismatch(f"{table}: {found} of {len(lead_ids)} were lost.")


# Backfill


def measure_backfill(env):
    """Seconds of writing down the leads that were lost before anybody watched."""
    rounds = []
    for _turn in range(ROUNDS):
        env.cr.execute("TRUNCATE growth_refusal CASCADE")
        env.invalidate_all()
        start = time.perf_counter()
        count = env["growth.refusal"]._backfill()
        rounds.append(time.perf_counter() - start)
        env.cr.rollback()
    return {"seconds": median(rounds), "refusals": count}


# Follow-ups


def measure_follow_up(env):
    """Seconds and queries of the scheduled job: a day with a cap, then what is left without one.

    Changes the database, so it is taken once; a second run at once must make nothing.
    """
    with patch.object(fields.Datetime, "now", lambda *_args: leads.CLOCK):
        return {
            "due": env["growth.refusal"].search_count(
                [("follow_up_state", "=", "waiting"), ("follow_up_date", "<=", leads.CLOCK)]
            ),
            "capped": follow_up(env, CAP),
            "free": follow_up(env, 0),
        }


def follow_up(env, cap):
    env.company.growth_follow_up_cap = cap
    env.cr.commit()
    env.invalidate_all()
    before, queries = count_activities(env), env.cr.sql_log_count
    with spent_in(env, "_stop_due_follow_ups", "_get_due_follow_ups") as times:
        whole = seconds(env["growth.refusal"]._cron_follow_up)
    queries = env.cr.sql_log_count - queries
    made = count_activities(env) - before
    env["growth.refusal"]._cron_follow_up()
    stop, choose = times["_stop_due_follow_ups"], times["_get_due_follow_ups"]
    return {
        "cap": cap,
        "activities": made,
        "again": count_activities(env) - before - made,
        "queries": queries,
        "seconds": whole,
        "stop": stop,
        "choose": choose,
        "plan": whole - stop - choose,
    }


def count_activities(env):
    return env["mail.activity"].search_count([])


@contextmanager
def spent_in(env, *names):
    """Seconds spent in each method of the refusals while inside, all calls together."""
    times = defaultdict(float)
    model = env.registry["growth.refusal"]

    def timed(name, method):
        def call(*args, **kwargs):
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                times[name] += time.perf_counter() - start

        return call

    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(model, name, timed(name, getattr(model, name))))
        yield times


# Reports


def measure_reports(env):
    """Seconds of the pivot's groups against plain SQL, for a manager and a salesperson.

    :raise Mismatch: when a figure of the two differs
    """
    double(env.cr)
    first_user = generate.find(env).first_user
    users = {
        "all": (env["res.users"].search([("login", "=", generate.MANAGER)]), "TRUE"),
        "own": (
            env["res.users"].browse(first_user),
            f"(user_id = {first_user} OR user_id IS NULL OR lead_id IN"
            f" (SELECT id FROM crm_lead WHERE user_id = {first_user}))",
        ),
    }
    return {
        access: {
            "rows": env["growth.refusal"].with_user(user).search_count([]),
            "reason": compare_reports(env, user, condition, ["reason_id"]),
            "user_reason": compare_reports(env, user, condition, ["user_id", "reason_id"]),
        }
        for access, (user, condition) in users.items()
    }


def double(cr):
    """Twice as many refusals, and some that came to a good end."""
    cr.execute(
        "SELECT STRING_AGG(QUOTE_IDENT(column_name), ', ') FROM information_schema.columns"
        " WHERE table_schema = CURRENT_SCHEMA AND table_name = 'growth_refusal'"
        " AND column_name <> 'id'"
    )
    columns = cr.fetchone()[0]
    cr.execute(f"INSERT INTO growth_refusal ({columns}) SELECT {columns} FROM growth_refusal")
    cr.execute(
        """
        UPDATE growth_refusal
           SET outcome = CASE id % 10 WHEN 0 THEN 'recovered' ELSE 'reopened' END,
               days_to_recover = CASE id % 10 WHEN 0 THEN id % 90 END
         WHERE id % 10 < 2
        """
    )
    database.vacuum(cr, "growth_refusal")


def compare_reports(env, user, condition, groupby):
    """Groups and totals as the pivot asks for them."""
    sizes = range(len(groupby) + 1)
    sets = [list(names) for size in sizes for names in combinations(groupby, size)]
    refusals = env["growth.refusal"].with_user(user)
    statement = plain_report(condition, groupby, sets)
    rounds = []
    for turn in range(-1, GROUPINGS):
        figures, found = {}, {}

        def ours(found=found):
            found["ours"] = refusals.formatted_read_grouping_sets([], sets, MEASURES_OF_PIVOT)

        def floor(found=found):
            env.cr.execute(statement)
            found["floor"] = env.cr.fetchall()

        for name, report in in_turn(turn, ("ours", ours), ("floor", floor)):
            env.invalidate_all()
            figures[name] = seconds(report)
        check_reports(found)
        if turn >= 0:
            rounds.append(figures)
    return summary(rounds)


def plain_report(condition, groupby, sets):
    names = ", ".join(groupby)
    grouping = ", ".join(f"({', '.join(columns)})" for columns in sets)
    return f"""
        SELECT COUNT(*),
               COUNT(*)::float8 / SUM(COUNT(*)) OVER (PARTITION BY GROUPING({names})),
               SUM(expected_revenue),
               COUNT(*) FILTER (WHERE outcome = 'recovered')::float8 / COUNT(*),
               AVG(days_to_recover)
          FROM growth_refusal
         WHERE company_id = 1 AND {condition}
      GROUP BY GROUPING SETS ({grouping})
    """


def check_reports(found):
    groups = [group for groups in found["ours"] for group in groups]
    ours = ([group[measure] or 0 for measure in MEASURES_OF_PIVOT] for group in groups)
    plain = ([value or 0 for value in row] for row in found["floor"])
    if rounded(ours) != rounded(plain):
        raise Mismatch("The groups of the report and of plain SQL differ.")


def rounded(rows):
    return sorted([round(float(value), 6) for value in row] for row in rows)


MEASURES = {
    "lose": measure_lose,
    "backfill": measure_backfill,
    "follow_up": measure_follow_up,
    "reports": measure_reports,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
