"""Cost of the funnel: the databases, the measures and the rows of the table.

Leads are moved in copies of the databases of refusals, Odoo alone and ours. Reports and backfill
have databases of their own. All of these are dropped in the end.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import contextmanager

import harness
import refusals
from harness import Report, Row, query_row, ratio_row

from tools.environment import database, odoo
from tools.environment.console import step
from tools.environment.paths import ADDON, Folders

LEADS = 1_000_000
LEADS_OF_BACKFILL = 100_000
DATA = "histories.py"
SCRIPT = "measure_funnel.py"
# Most times that ours may take of what it is measured against.
TARGETS = {"at_once": 1.08, "one_by_one": 1.2, "plain": 3.0, "pipeline": 1.0}
WAYS = {"at_once": "Moving 1,000 leads at once", "one_by_one": "Moving 50 leads one by one"}


def add_options(parser: ArgumentParser) -> None:
    """The sizes of this subject."""
    parser.add_argument("--leads", type=int, default=LEADS, help="leads of the funnel's reports")


def measure(folders: Folders, options: Namespace) -> Report:
    """Make the databases and take the measures."""
    move = _measure_move(folders, options)
    with _database(folders, f"{options.database}_funnel") as name:
        with harness.copy_of(folders, name) as copy:
            with step(f"Generating {options.leads:,} leads and their events (a few minutes)"):
                harness.run(folders, DATA, "leads", copy, str(options.leads))
            reports = harness.measure(folders, SCRIPT, "reports", copy)
            standing = harness.measure(folders, SCRIPT, "standing", copy)
        with harness.copy_of(folders, name) as copy:
            with step(f"Generating {LEADS_OF_BACKFILL:,} leads and their messages (a minute)"):
                harness.run(folders, DATA, "leads", copy, str(LEADS_OF_BACKFILL))
                harness.run(folders, DATA, "tracking", copy)
            backfill = harness.measure(folders, SCRIPT, "backfill", copy)
    is_full = (options.leads, options.lost) == (LEADS, refusals.LOST)
    return Report(
        title="Funnel",
        sizes=f"{reports['leads']:,} leads, {reports['events']:,} events",
        rows=[*_move_rows(move), *_report_rows(reports), *_other_rows(reports, standing, backfill)],
        full_size="" if is_full else f"{LEADS:,} leads and {refusals.LOST:,} lost ones",
    )


def _measure_move(folders: Folders, options: Namespace) -> dict:
    alone, ours = refusals.ensure_databases(folders, options)
    with harness.copy_of(folders, alone) as alone, harness.copy_of(folders, ours) as ours:
        for name in (alone, ours):
            harness.run(folders, DATA, "line_up", name)
        return harness.measure(folders, SCRIPT, "move", ours, alone)


@contextmanager
def _database(folders: Folders, name: str):
    """A database with the addon and customers, to be copied; dropped after."""
    try:
        with step(f"Installing {ADDON} into the database {name} (a minute)"):
            database.create(folders, name)
            odoo.install(folders, name, "--init", ADDON, log=folders.home / "benchmark.log")
        with step("Generating customers (a minute)"):
            harness.run(folders, DATA, "base", name)
        yield name
    finally:
        database.drop(folders, name)


def _move_rows(move: dict) -> list[Row]:
    rows = []
    for way, what in WAYS.items():
        tracked, untracked = move[way], move[f"{way}_untracked"]
        rows += [
            ratio_row(what, tracked["seconds"], TARGETS[way]),
            query_row(f"{what}: queries", tracked["queries"]),
            ratio_row(f"{what}, without tracking", untracked["seconds"]),
            query_row(f"{what}, without tracking: queries", untracked["queries"]),
        ]
    return rows


def _report_rows(reports: dict) -> list[Row]:
    screen, history = reports["screen"], reports["history"]
    plain, pipeline = TARGETS["plain"], TARGETS["pipeline"]
    weeks = "Pivot by week and salesperson"
    return [
        ratio_row("Pivot, last 90 days, against plain SQL", screen["plain"], plain),
        ratio_row("Pivot, last 90 days, against Odoo's pipeline", screen["pipeline"], pipeline),
        ratio_row(
            "Groups without totals, last 90 days, against plain SQL", screen["groups"], plain
        ),
        ratio_row("Pivot, whole history, against plain SQL", history["plain"]),
        ratio_row("Pivot, whole history, against Odoo's pipeline", history["pipeline"], pipeline),
        ratio_row("The same, the pipeline without lost leads", history["pipeline_active"]),
        ratio_row("Pivot, last 90 days of one salesperson", reports["own_screen"]["plain"]),
        ratio_row(f"{weeks}, last 90 days", reports["weeks"]["plain"]),
        ratio_row(f"{weeks}, whole history", reports["history_weeks"]["plain"]),
    ]


def _other_rows(reports: dict, standing: float, backfill: dict) -> list[Row]:
    events = f"{backfill['events']:,} events"
    return [
        Row("Screen “Conversion by Salesperson”, last 90 days", f"{reports['salespeople']:.3f} s"),
        Row(f"Where {reports['leads']:,} leads stand, nothing changed", f"{standing:.3f} s"),
        Row(f"Backfill of {LEADS_OF_BACKFILL:,} leads ({events})", f"{backfill['seconds']:.3f} s"),
    ]
