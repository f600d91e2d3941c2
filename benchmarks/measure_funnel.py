"""One measure in a process of its own: ``measure_funnel.py NAME DATABASE [ALONE]``.

Prints figures as JSON. Ours and what it is measured against run in turns.
"""

import json
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import timedelta
from itertools import combinations
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
MOVES = 8
FILLS = 4
# As many as there are orders of the three.
REPORTS = 6
MOVED_ONE_BY_ONE = 100
DAYS_OF_SCREEN = 90
# The pivot counts the rows in any case.
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
# Of Odoo's pipeline, and the leads in the archive too: the lost ones.
PIPELINE = [("type", "=", "opportunity"), ("active", "in", [True, False])]


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
    many, few = leads.OPEN_PER_SALESPERSON, MOVED_ONE_BY_ONE
    return {
        "bulk": compare_moving(ours, alone, move_at_once, many),
        "single": compare_moving(ours, alone, move_one_by_one, few),
        "bulk_untracked": compare_moving(ours, alone, move_at_once, many, tracking_disable=True),
        "single_untracked": compare_moving(ours, alone, move_one_by_one, few, tracking_disable=True),
    }


def compare_moving(ours, alone, move, number, **context):
    rounds = defaultdict(list)
    for turn in range(-1, MOVES):
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


MEASURES = {
    "move": measure_move,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
