#!/usr/bin/env python3
"""Measures the speed of the segmentation on generated data, see README.md beside this file.

Makes the database when it is missing or of another size, takes each measure in a process of its
own, and prints the table of the README.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tools.environment import database, odoo, prepare, stamps  # noqa: E402
from tools.environment.console import say, step  # noqa: E402
from tools.environment.errors import SetupError  # noqa: E402
from tools.environment.paths import ADDON, Folders, this_clone  # noqa: E402

DATABASE = f"{ADDON}_bench"
CUSTOMERS = 200_000
ORDERS = 1_000_000
MEASURES = ("speed", "memory_fill", "memory_daily", "groups")
MEGABYTES = 700
INTERRUPTED = 130  # exit code of a program ended by Ctrl-C
SETTINGS = ("shared_buffers", "work_mem", "max_parallel_workers_per_gather", "jit", "fsync")
# Most times that ours may take of what it is measured against.
TARGETS = {"fill": 2.5, "daily": 1.6, "groups": 5.0}


def main() -> int:
    """Measure and print; the exit code is 0 when every target is met."""
    options = _parse()
    folders = this_clone()
    prepare.server(folders)
    if os.path.realpath(sys.prefix) != os.path.realpath(folders.venv):
        os.execv(folders.python, [str(folders.python), *sys.argv])
    try:
        with prepare.locked(folders, "benchmark"):
            _ensure_database(folders, options)
            results = {name: _measure(folders, name, options) for name in MEASURES}
            print(_machine(folders, options))
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. Run it again: data that is complete is kept.")
        return INTERRUPTED
    rows = _rows(results)
    print(_table(rows))
    print(_steps(results["speed"]))
    if (options.customers, options.orders) != (CUSTOMERS, ORDERS):
        say(f"The targets are meant for {CUSTOMERS:,} customers and {ORDERS:,} orders.")
        return 0
    missed = [what for what, *_, is_met in rows if not is_met]
    if missed:
        say(f"Missed: {', '.join(missed)}.")
    return 1 if missed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--database", default=DATABASE)
    return parser.parse_args()


def _ensure_database(folders: Folders, options: argparse.Namespace) -> None:
    sizes = [str(options.customers), str(options.orders)]
    data = stamps.digest([*sizes, (HERE / "generate.py").read_bytes()])
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
            _run(folders, "generate.py", arguments)
    database.set_mark(folders, name, mark)


def _measure(folders: Folders, name: str, options: argparse.Namespace) -> dict:
    with step(f"Measuring: {name.replace('_', ' ')}"):
        return json.loads(_run(folders, "measure.py", [name, options.database]))


def _run(folders: Folders, script: str, arguments: list[str]) -> str:
    result = subprocess.run(
        [str(folders.python), str(HERE / script), *arguments],
        env=odoo.environment(folders),
        stdout=subprocess.PIPE,
        text=True,
    )
    if result.returncode:
        raise SetupError(f"{script} {' '.join(arguments)} failed, see above.")
    return result.stdout


def _machine(folders: Folders, options: argparse.Namespace) -> str:
    with database.connection(folders, options.database) as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
        cursor.execute(
            "SELECT name || ' ' || CURRENT_SETTING(name) FROM pg_settings WHERE name IN %s"
            " ORDER BY name",
            [SETTINGS],
        )
        settings = ", ".join(setting for (setting,) in cursor)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"PostgreSQL {version} ({settings}); {options.customers:,} customers, "
        f"{options.orders:,} orders; load at the end {os.getloadavg()[1]:.1f}\n"
    )


def _rows(results: dict) -> list[tuple]:
    speed, groups = results["speed"], results["groups"]
    daily = speed["daily"]
    written = sum(speed["idle"]["written"].values())
    changed = f"{daily['changed']:,.0f} rows, {daily['moved']:,.0f} moves"
    return [
        _ratio_row("First fill", speed["fill"], TARGETS["fill"]),
        _ratio_row(f"Daily run ({changed})", daily, TARGETS["daily"]),
        _ratio_row("Run without a change", speed["idle"]),
        ("Rows written without a change", f"{written}", "", "", "0", not written),
        _memory_row("Peak memory, first fill", results["memory_fill"]),
        _memory_row("Peak memory, daily run", results["memory_daily"]),
        *(
            _ratio_row(
                f"Contacts by `{field}`, {access}", groups[f"{field}_{key}"], TARGETS["groups"]
            )
            for field in ("abc_class", "growth_segment_id")
            for key, access in (("all", "manager"), ("own", "salesperson"))
        ),
    ]


def _ratio_row(what: str, figures: dict, target: float | None = None) -> tuple:
    low, high = min(figures["ratios"]), max(figures["ratios"])
    return (
        what,
        f"{figures['ours']:.3f} s",
        f"{figures['floor']:.3f} s",
        f"{figures['ratio']:.2f} ({low:.2f} to {high:.2f})",
        f"{target}" if target else "",
        not target or figures["ratio"] <= target,
    )


def _memory_row(what: str, figures: dict) -> tuple:
    return (
        what,
        f"{figures['peak']:.0f} MB",
        f"{figures['before']:.0f} MB before",
        "",
        f"{MEGABYTES} MB",
        figures["peak"] < MEGABYTES,
    )


def _table(rows: list[tuple]) -> str:
    lines = ["| | ours | against | ratio | target | |", "|---|---|---|---|---|---|"]
    for *cells, is_met in rows:
        verdict = ("met" if is_met else "missed") if cells[-1] else ""
        lines.append(f"| {' | '.join([*cells, verdict])} |")
    return "\n".join([*lines, ""])


def _steps(speed: dict) -> str:
    steps = (f"`{name}` {1000 * spent:.0f} ms" for name, spent in speed["steps"].items())
    return f"Steps of the daily run: {', '.join(steps)}."


if __name__ == "__main__":
    sys.exit(main())
