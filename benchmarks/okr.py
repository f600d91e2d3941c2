"""Speed of the job that measures key results: its database, its measures and its rows of the table.

The database is made for it and dropped in the end.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import harness
from harness import Report, Row

from tools.environment import database, odoo
from tools.environment.console import step
from tools.environment.paths import ADDON, Folders

KEY_RESULTS = 5_000
DATA = "objectives.py"
SCRIPT = "measure_okr.py"
CPU_SECONDS = 60


def add_options(parser: ArgumentParser) -> None:
    """The sizes of this subject."""
    parser.add_argument("--key-results", type=int, default=KEY_RESULTS, help="that run")


def measure(folders: Folders, options: Namespace) -> Report:
    """Make the database and take the measures."""
    name = f"{options.database}_okr"
    try:
        with step(f"Installing {ADDON} into the database {name} (a minute)"):
            database.create(folders, name)
            odoo.install(folders, name, "--init", ADDON, log=folders.home / "benchmark.log")
        with step(f"Generating {options.key_results:,} key results and histories (a minute)"):
            harness.run(folders, DATA, "histories", name)
            harness.run(folders, DATA, "objectives", name, str(options.key_results))
        days = harness.measure(folders, SCRIPT, "days", name)
    finally:
        database.drop(folders, name)
    return Report(
        title="Objectives and key results",
        sizes=f"{days['key_results']:,} key results",
        rows=_rows(days),
        note=_steps(days["daily"]["steps"]),
        full_size="" if options.key_results == KEY_RESULTS else f"{KEY_RESULTS:,} key results",
    )


def _rows(days: dict) -> list[Row]:
    first, daily, idle = days["first"], days["daily"], days["idle"]
    ratio = daily["cpu"] / daily["floor"]
    return [
        _cpu_row(
            f"First run ({first['points']:,} points, {first['reminders']:,} reminders)", first
        ),
        Row("First run: queries", f"{first['queries']:,}"),
        _cpu_row(f"Job of a day ({daily['points']:,.0f} points)", daily),
        Row(
            "Job of a day, against the statements of its measures alone",
            f"{daily['cpu']:.1f} s",
            f"{daily['floor']:.1f} s",
            f"{ratio:.2f}",
        ),
        Row("Job of a day: queries", f"{daily['queries']:,.0f}"),
        Row("Of it statements that measure", f"{daily['statements']:,.0f}"),
        _cpu_row("Job without a change", idle),
        Row(
            "Points written without a change",
            f"{idle['points']:.0f}",
            target="0",
            is_met=not idle["points"],
        ),
    ]


def _cpu_row(what: str, figures: dict) -> Row:
    cpu = figures["cpu"]
    return Row(
        f"{what}, CPU",
        f"{cpu:.1f} s ({figures['odoo']:.1f} s Odoo)",
        target=f"{CPU_SECONDS} s",
        is_met=cpu <= CPU_SECONDS,
    )


def _steps(steps: dict) -> str:
    named = (f"{name} {1000 * spent:.0f} ms" for name, spent in steps.items())
    return f"Steps of the job of a day, CPU: {', '.join(named)}."
