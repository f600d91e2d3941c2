"""Cost of hunters and farmers: the databases, the measures and the rows of the table.

Leads are routed in copies of the databases of refusals, Odoo alone and ours, which are dropped in
the end.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import harness
import refusals
from harness import Report, Row

from tools.environment.console import step
from tools.environment.paths import Folders

INCOMING = 10_000
HANDOVERS = 5_000
# What a leader accepts at once
ACCEPTED = 100
DATA = "incoming.py"
SCRIPT = "measure_teams.py"
HANDOVER_SCRIPT = "measure_handovers.py"
# Most times that routing may take of what Odoo alone takes for the same leads.
TARGET = 1.0
PARTS = {
    "farmers": "to the farmers of their customers",
    "teams": "to teams",
    "members": "to members of teams",
}


def add_options(parser: ArgumentParser) -> None:
    """The sizes of this subject."""
    parser.add_argument("--incoming", type=int, default=INCOMING, help="leads that nobody has")
    parser.add_argument("--handovers", type=int, default=HANDOVERS, help="customers that are due")


def measure(folders: Folders, options: Namespace) -> Report:
    """Make the databases and take the measures."""
    alone, ours = refusals.ensure_databases(folders, options)
    routes = _measure_route(folders, options, alone, ours)
    handovers = _measure_handovers(folders, options, ours)
    sizes = (options.incoming, options.handovers, options.lost)
    is_full = sizes == (INCOMING, HANDOVERS, refusals.LOST)
    return Report(
        title="Teams",
        sizes=f"{options.incoming:,} leads that nobody has, {options.handovers:,} customers that "
        "are due",
        rows=[
            *_route_rows(routes, options.incoming),
            *_handover_rows(handovers, options.handovers),
        ],
        full_size=""
        if is_full
        else f"{INCOMING:,} leads, {refusals.LOST:,} lost ones and {HANDOVERS:,} customers",
    )


def _measure_route(folders: Folders, options: Namespace, alone: str, ours: str) -> dict:
    number, routes = str(options.incoming), {}
    for who, name in (("ours", ours), ("floor", alone)):
        with harness.copy_of(folders, name) as copy:
            with step(f"Generating {options.incoming:,} leads that nobody has"):
                harness.run(folders, DATA, "leads", copy, number)
                if who == "ours":
                    harness.run(folders, DATA, "roles", copy, number)
            routes[who] = harness.measure(folders, SCRIPT, "route", copy, number)
    return routes


def _measure_handovers(folders: Folders, options: Namespace, ours: str) -> dict:
    taken = {}
    for name, number in (("open", options.handovers), ("accept", ACCEPTED)):
        with harness.copy_of(folders, ours) as copy:
            taken[name] = harness.measure(folders, HANDOVER_SCRIPT, name, copy, str(number))
    return taken


def _handover_rows(taken: dict, number: int) -> list[Row]:
    opened, accepted = taken["open"], taken["accept"]
    rows = []
    for unit, suffix in (("seconds", ""), ("queries", ": queries")):
        what = f"Opening 1,000 handovers, against their activities alone{suffix}"
        rows.append(_row(what, opened["all"], opened["floor"], number, unit))
    for unit, suffix in (("seconds", ""), ("queries", ": queries")):
        what = f"Accepting {ACCEPTED} handovers at once{suffix}"
        rows.append(_row(what, accepted["all"], None, 1000, unit))
    return rows


def _route_rows(routes: dict, number: int) -> list[Row]:
    ours, floor = routes["ours"], routes["floor"]
    rows = [
        _row("Routing 1,000 leads", ours["all"], floor["all"], number, "seconds", TARGET),
        _row("Routing 1,000 leads: queries", ours["all"], floor["all"], number, "queries", TARGET),
    ]
    for part, what in PARTS.items():
        for unit, suffix in (("seconds", ""), ("queries", ": queries")):
            rows.append(_row(f"Of it {what}{suffix}", ours[part], floor.get(part), number, unit))
    return rows


def _row(
    what: str, ours: dict, floor: dict | None, number: int, unit: str, target: float | None = None
) -> Row:
    """Seconds or queries for each 1,000 of the leads."""

    def shown(figures: dict) -> str:
        each = figures[unit] * 1000 / number
        return f"{each:.3f} s" if unit == "seconds" else f"{each:,.0f}"

    if floor is None:
        return Row(what, shown(ours))
    ratio = ours[unit] / floor[unit]
    return Row(
        what,
        shown(ours),
        shown(floor),
        f"{ratio:.2f}",
        f"{target}" if target else "",
        not target or ratio <= target,
    )
