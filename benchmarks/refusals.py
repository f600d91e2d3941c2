"""Cost of refusals: the databases, the measures and the rows of the table.

Two databases hold the same data: one of Odoo alone, and a copy where the addon was installed.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import harness
from harness import Report, Row, query_row, ratio_row

from tools.environment import database, odoo, stamps
from tools.environment.console import step
from tools.environment.paths import ADDON, Folders

LOST = 100_000
# What the addon depends on.
MODULES = "crm,sale_crm,sale_margin"
SCRIPT = "measure_refusals.py"
DATA = ("generate.py", "leads.py")
# Most times that losing leads may take of what Odoo alone takes, in queries and in time.
TARGET = 1.25
WAYS = {"wizard": "wizard", "method": "`action_set_lost`"}
REPORTS = {"reason": "by reason", "user_reason": "by salesperson and reason"}
ACCESS = {"all": "manager", "own": "salesperson"}


def add_options(parser: ArgumentParser) -> None:
    """The sizes of this subject."""
    parser.add_argument("--lost", type=int, default=LOST, help="lost leads")


def measure(folders: Folders, options: Namespace) -> Report:
    """Make the databases when they are missing or outdated, and take the measures."""
    alone, ours = ensure_databases(folders, options)
    results = {
        "lose": harness.measure(folders, SCRIPT, "lose", ours, alone),
        "backfill": harness.measure(folders, SCRIPT, "backfill", ours),
    }
    for name in ("follow_up", "reports"):
        with harness.copy_of(folders, ours) as copy:
            results[name] = harness.measure(folders, SCRIPT, name, copy)
    return Report(
        title="Refusals",
        sizes=f"{options.lost:,} lost leads",
        rows=[*_lose_rows(results["lose"]), *_other_rows(results)],
        full_size="" if options.lost == LOST else f"{LOST:,} lost leads",
    )


def ensure_databases(folders: Folders, options: Namespace) -> tuple[str, str]:
    """Make the two databases when they are missing, of another size or of another addon.

    :return: name of the one of Odoo alone, and of ours
    """
    alone, ours = f"{options.database}_crm", f"{options.database}_refusals"
    lost = str(options.lost)
    data = stamps.digest([lost, *((harness.HERE / name).read_bytes() for name in DATA)])
    addon = stamps.digest_of_tree(folders.addon, skip=["tests", "static"])
    if database.mark(folders, alone) != data:
        with step(f"Installing Odoo alone into the database {alone} (a minute)"):
            database.create(folders, alone)
            odoo.install(folders, alone, "--init", MODULES, log=folders.home / "benchmark.log")
        with step(f"Generating {options.lost:,} lost leads and others (a minute or two)"):
            harness.run(folders, "leads.py", "pipeline", alone, lost)
        database.set_mark(folders, alone, data)
    if database.mark(folders, ours) != f"{data} {addon}":
        with step(f"Installing {ADDON} into a copy of it, {ours} (a minute)"):
            database.create(folders, ours, template=alone)
            odoo.install(folders, ours, "--init", ADDON, log=folders.home / "benchmark.log")
            harness.run(folders, "leads.py", "follow_ups", ours, lost)
        database.set_mark(folders, ours, f"{data} {addon}")
    return alone, ours


def _lose_rows(lose: dict) -> list[Row]:
    rows = []
    for way, name in WAYS.items():
        what = f"Losing 1,000 leads, {name}"
        rows.append(ratio_row(what, lose[way]["seconds"], TARGET))
        rows.append(query_row(f"{what}: queries", lose[way]["queries"], TARGET))
    untracked, single = lose["untracked"], lose["single"]
    return [
        *rows,
        ratio_row("`action_set_lost` without tracking", untracked["seconds"]),
        query_row("`action_set_lost` without tracking: queries", untracked["queries"]),
        ratio_row("Losing 100 leads one by one", single["seconds"]),
        query_row("Losing 100 leads one by one: queries", single["queries"]),
    ]


def _other_rows(results: dict) -> list[Row]:
    backfill = results["backfill"]
    return [
        Row(f"Backfill of {backfill['refusals']:,} lost leads", f"{backfill['seconds']:.3f} s"),
        *_follow_up_rows(results["follow_up"]),
        *(
            ratio_row(
                f"{reports['rows']:,} refusals {REPORTS[name]}, {ACCESS[access]}", reports[name]
            )
            for access, reports in results["reports"].items()
            for name in REPORTS
        ),
    ]


def _follow_up_rows(follow_up: dict) -> list[Row]:
    capped, free = follow_up["capped"], follow_up["free"]
    made, again = free["activities"], capped["again"] + free["again"]
    return [
        Row(f"Follow-ups, {follow_up['due']:,} due: which to stop", f"{capped['stop']:.3f} s"),
        Row(
            f"Follow-ups, {capped['cap']} a day: {capped['activities']:,} activities",
            f"{capped['choose'] + capped['plan']:.3f} s",
        ),
        Row(
            f"Follow-ups, no cap: {made:,} activities",
            f"{free['choose'] + free['plan']:.3f} s",
        ),
        Row("Follow-ups, no cap: of it choosing", f"{free['choose']:.3f} s"),
        Row("Follow-ups, no cap: 1,000 activities", f"{1000 * free['plan'] / made:.3f} s"),
        Row(
            "Follow-ups, no cap: queries of 1,000 activities",
            f"{1000 * free['queries'] / made:,.0f}",
        ),
        Row("Follow-ups made by a second run", f"{again}", target="0", is_met=not again),
    ]
