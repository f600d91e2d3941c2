"""Odoo run with this clone's configuration."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .console import say
from .errors import SetupError
from .paths import Folders
from .process import tail

LOADING = re.compile(r"Loading module (\w+) \((\d+)/(\d+)\)")
SHOWN_EVERY = 10  # modules
FAILED = "Odoo ended with code "


def command(folders: Folders, *arguments: str) -> list[str]:
    """The command line of Odoo."""
    return [str(folders.python), str(folders.launcher), *arguments]


def environment(folders: Folders) -> dict[str, str]:
    """The variables Odoo runs under: its configuration, and the environment's programs first."""
    path = os.pathsep.join([str(folders.venv / "bin"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "ODOO_RC": str(folders.config), "PATH": path}


def install(folders: Folders, database: str, *arguments: str, log: Path) -> str:
    """Run Odoo to its end, showing how far the modules are, and return its log.

    :param log: file that keeps the whole log.
    :raises SetupError: Odoo ended with an error; the message has the end of the log.
    """
    options = ["--database", database, "--stop-after-init", "--no-http", *arguments]
    lines = []
    with log.open("w") as kept:
        for line in _output(folders, options):
            kept.write(line)
            lines.append(line)
            _show_progress(line)
    text = "".join(lines)
    if lines and lines[-1].startswith(FAILED):
        raise SetupError(f"Odoo failed on the database {database}:\n{tail(text)}\nLog: {log}")
    return text


def _output(folders: Folders, options: list[str]) -> Iterator[str]:
    """Lines that Odoo prints; a last one tells when it failed."""
    with subprocess.Popen(
        command(folders, *options),
        env=environment(folders),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            yield from process.stdout
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        yield f"{FAILED}{process.returncode}\n"


def _show_progress(line: str) -> None:
    match = LOADING.search(line)
    if match and (int(match[2]) % SHOWN_EVERY == 0 or match[2] == match[3]):
        say(f"    ... module {match[2]} of {match[3]}: {match[1]}")
