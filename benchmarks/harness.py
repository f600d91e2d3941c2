"""What the benchmarks of all subjects share: running a measure, and the table of the README."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environment import database, odoo
from tools.environment.console import step
from tools.environment.errors import SetupError
from tools.environment.paths import Folders

HERE = Path(__file__).resolve().parent
SETTINGS = ("shared_buffers", "work_mem", "max_parallel_workers_per_gather", "jit", "fsync")
HEADER = ("", "ours", "against", "ratio", "target", "")


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    ours: str
    against: str = ""
    ratio: str = ""
    target: str = ""
    is_met: bool = True

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = ("met" if self.is_met else "missed") if self.target else ""
        return self.what, self.ours, self.against, self.ratio, self.target, verdict


@dataclass(frozen=True)
class Report:
    """What was measured of a subject.

    ``full_size`` says in words what the targets are meant for, when that was not the size.
    """

    title: str
    sizes: str
    rows: list[Row]
    note: str = ""
    full_size: str = ""

    @property
    def missed(self) -> list[str]:
        return [] if self.full_size else [row.what for row in self.rows if not row.is_met]

    def text(self) -> str:
        """Title, table and note, as the README has them."""
        rule = ["---"] * len(HEADER)
        lines = [
            f"| {' | '.join(cells)} |"
            for cells in (HEADER, rule, *(row.cells for row in self.rows))
        ]
        notes = [self.note, ""] if self.note else []
        return "\n".join([f"{self.title}: {self.sizes}", "", *lines, "", *notes])


def run(folders: Folders, script: str, *arguments: str) -> str:
    """Run a script of this folder under Odoo's configuration.

    :return: what it printed.
    :raises SetupError: it failed.
    """
    result = subprocess.run(
        [str(folders.python), str(HERE / script), *arguments],
        env=odoo.environment(folders),
        stdout=subprocess.PIPE,
        text=True,
    )
    if result.returncode:
        raise SetupError(f"{script} {' '.join(arguments)} failed, see above.")
    return result.stdout


def measure(folders: Folders, script: str, name: str, *databases: str) -> dict:
    """The figures of one measure, taken in a process of its own."""
    with step(f"Measuring: {name.replace('_', ' ')}"):
        return json.loads(run(folders, script, name, *databases))


@contextmanager
def copy_of(folders: Folders, name: str):
    """The name of a copy of a database, which a measure may change and which is dropped after."""
    copy = f"{name}_copy"
    database.create(folders, copy, template=name)
    try:
        yield copy
    finally:
        database.drop(folders, copy)


def machine(folders: Folders) -> str:
    """What it was measured on."""
    with database.connection(folders) as cursor:
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
        f"PostgreSQL {version} ({settings}); load at the end {os.getloadavg()[1]:.1f}\n"
    )


def query_row(what: str, figures: dict, target: float | None = None) -> Row:
    """Queries of ours and of what it is measured against; the same parameters as `ratio_row`."""
    return Row(
        what,
        f"{figures['ours']:,.0f}",
        f"{figures['floor']:,.0f}",
        f"{figures['ratio']:.3f}",
        f"{target}" if target else "",
        not target or figures["ratio"] <= target,
    )


def ratio_row(what: str, figures: dict, target: float | None = None) -> Row:
    """Seconds of ours and of what it is measured against.

    :param figures: `summary` of a measure.
    :param target: most times that ours may take.
    """
    low, high = min(figures["ratios"]), max(figures["ratios"])
    return Row(
        what,
        f"{figures['ours']:.3f} s",
        f"{figures['floor']:.3f} s",
        f"{figures['ratio']:.2f} ({low:.2f} to {high:.2f})",
        f"{target}" if target else "",
        not target or figures["ratio"] <= target,
    )
