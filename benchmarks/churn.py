"""Speed of the churn job: its measures and its rows of the table. The database is that of the
segmentation."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import harness
import segments
from harness import Report, Row, ratio_row

from tools.environment.paths import Folders

# Most times that the job of a day may take of the statement that finds the same customers.
TARGET = 2.0
FIT_SECONDS = 60


def add_options(parser: ArgumentParser) -> None:
    """The sizes are those of the segmentation."""


def measure(folders: Folders, options: Namespace) -> Report:
    """Take the measures on copies of the database of the segmentation."""
    segments.ensure_database(folders, options)
    results = {}
    for name in ("first", "days"):
        with harness.copy_of(folders, options.database) as copy:
            results[name] = harness.measure(folders, "measure_churn.py", name, copy)
    is_full = (options.customers, options.orders) == (segments.CUSTOMERS, segments.ORDERS)
    return Report(
        title="Churn",
        sizes=f"{options.customers:,} customers, {options.orders:,} orders",
        rows=_rows(results["first"], results["days"]),
        note=_steps(results["days"]["steps"]),
        full_size=""
        if is_full
        else f"{segments.CUSTOMERS:,} customers and {segments.ORDERS:,} orders",
    )


def _rows(first: dict, days: dict) -> list[Row]:
    daily = days["daily"]
    changed = (
        f"{daily['growth_customer']:,.0f} rows of the hub, {daily['growth_churn_case']:,.0f} cases"
    )
    written = sum(days["idle"]["written"].values())
    return [
        Row(f"First run ({first['cases']:,} cases)", f"{first['spent']:.1f} s"),
        Row(
            f"Learning from {first['learned_from']:,} customers, CPU",
            f"{first['fit']:.1f} s",
            target=f"{FIT_SECONDS} s",
            is_met=first["fit"] <= FIT_SECONDS,
        ),
        ratio_row(f"Job of a day ({changed})", daily, TARGET),
        ratio_row("Job without a change", days["idle"], TARGET),
        Row("Rows written without a change", f"{written}", target="0", is_met=not written),
        Row(
            "Peak memory, first run", f"{first['peak']:.0f} MB", f"{first['before']:.0f} MB before"
        ),
    ]


def _steps(steps: dict) -> str:
    named = (f"{name} {1000 * spent:.0f} ms" for name, spent in steps.items())
    return f"Steps of the job of a day: {', '.join(named)}."
