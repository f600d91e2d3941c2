"""Speed of the segmentation: its database, its measures and its rows of the table."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import harness
from harness import Report, Row, ratio_row

from tools.environment import database, odoo, stamps
from tools.environment.console import step
from tools.environment.paths import ADDON, Folders

CUSTOMERS = 200_000
ORDERS = 1_000_000
MEASURES = ("speed", "memory_fill", "memory_daily", "groups")
MEGABYTES = 700
# Most times that ours may take of what it is measured against.
TARGETS = {"fill": 2.5, "daily": 1.6, "groups": 5.0}


def add_options(parser: ArgumentParser) -> None:
    """The sizes of this subject."""
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--orders", type=int, default=ORDERS)


def measure(folders: Folders, options: Namespace) -> Report:
    """Make the database when it is missing or of another size, and take the measures."""
    ensure_database(folders, options)
    results = {
        name: harness.measure(folders, "measure_segments.py", name, options.database)
        for name in MEASURES
    }
    is_full = (options.customers, options.orders) == (CUSTOMERS, ORDERS)
    return Report(
        title="Segmentation",
        sizes=f"{options.customers:,} customers, {options.orders:,} orders",
        rows=_rows(results),
        note=_steps(results["speed"]),
        full_size="" if is_full else f"{CUSTOMERS:,} customers and {ORDERS:,} orders",
    )


def ensure_database(folders: Folders, options: Namespace) -> None:
    """The database with customers and orders of these sizes and the addon as it is now."""
    sizes = [str(options.customers), str(options.orders)]
    data = stamps.digest([*sizes, (harness.HERE / "generate.py").read_bytes()])
    addon = stamps.digest_of_tree(folders.addon, skip=["tests", "static"])
    name, mark = options.database, f"{data} {addon}"
    log = folders.home / "benchmark.log"
    found = database.mark(folders, name) or ""
    if found == mark:
        return
    if found.startswith(data):
        with step(f"{ADDON} has changed: updating the database {name}"):
            odoo.install(folders, name, "--update", ADDON, log=log)
    else:
        with step(f"Installing {ADDON} into the database {name} (a minute or two)"):
            database.create(folders, name)
            odoo.install(folders, name, "--init", ADDON, log=log)
        customers, orders = options.customers, options.orders
        with step(f"Generating {customers:,} customers, {orders:,} orders (a few minutes)"):
            arguments = ["--database", name, "--customers", sizes[0], "--orders", sizes[1]]
            harness.run(folders, "generate.py", *arguments)
    database.set_mark(folders, name, mark)


def _rows(results: dict) -> list[Row]:
    speed, groups = results["speed"], results["groups"]
    daily = speed["daily"]
    written = sum(speed["idle"]["written"].values())
    changed = f"{daily['changed']:,.0f} rows, {daily['moved']:,.0f} moves"
    return [
        ratio_row("First fill", speed["fill"], TARGETS["fill"]),
        ratio_row(f"Daily run ({changed})", daily, TARGETS["daily"]),
        ratio_row("Run without a change", speed["idle"]),
        Row("Rows written without a change", f"{written}", target="0", is_met=not written),
        _memory_row("Peak memory, first fill", results["memory_fill"]),
        _memory_row("Peak memory, daily run", results["memory_daily"]),
        *(
            ratio_row(
                f"Contacts by `{field}`, {access}", groups[f"{field}_{key}"], TARGETS["groups"]
            )
            for field in ("abc_class", "growth_segment_id")
            for key, access in (("all", "manager"), ("own", "salesperson"))
        ),
    ]


def _memory_row(what: str, figures: dict) -> Row:
    return Row(
        what,
        f"{figures['peak']:.0f} MB",
        f"{figures['before']:.0f} MB before",
        target=f"{MEGABYTES} MB",
        is_met=figures["peak"] < MEGABYTES,
    )


def _steps(speed: dict) -> str:
    steps = (f"`{name}` {1000 * spent:.0f} ms" for name, spent in speed["steps"].items())
    return f"Steps of the daily run: {', '.join(steps)}."
