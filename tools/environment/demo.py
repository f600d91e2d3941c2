"""The demo: a database with the addon and its demo data, its matrix, and the web client."""

from __future__ import annotations

import subprocess

from . import database, odoo, prepare, stamps
from .console import step
from .errors import SetupError
from .paths import ADDON, Folders
from .serve import serve

DATABASE = f"{ADDON}_demo"


def demo(folders: Folders, port: int) -> None:
    """Show the addon at work; returns after Ctrl-C.

    :raises SetupError: what stopped it.
    """
    with prepare.locked(folders, "demo"):
        _refresh(folders)
        _print_matrix(folders)
    serve(folders, DATABASE, port)


def next_step(mark: str | None, exists: bool, wanted: str) -> str:
    """What to do with the demo database: ``install``, ``update`` or ``keep``.

    :param mark: what the database was made from, None when it is not ours.
    :param wanted: fingerprint of the addon as it is now.
    :raises SetupError: a database of that name is there and not ours.
    """
    if exists and mark is None:
        raise SetupError(
            f"The database {DATABASE} was not made by make demo. Rename it or drop it:\n"
            f"    bin/odoo db drop {DATABASE}"
        )
    if not exists or mark == database.UNFINISHED:
        return "install"
    return "keep" if mark == wanted else "update"


def _refresh(folders: Folders) -> None:
    wanted = stamps.digest_of_tree(folders.addon, skip=["tests"])
    found = database.exists(folders, DATABASE)
    action = next_step(database.mark(folders, DATABASE), found, wanted)
    log = folders.home / "demo.log"
    if action == "install":
        with step(f"Installing {ADDON} with its demo data (a few minutes)"):
            database.create(folders, DATABASE)
            arguments = ["--init", ADDON, "--with-demo"]
            odoo.install(folders, DATABASE, *arguments, log=log)
    elif action == "update":
        with step(f"{ADDON} has changed: updating the demo database"):
            odoo.install(folders, DATABASE, "--update", ADDON, log=log)
    if action != "keep":
        database.set_mark(folders, DATABASE, wanted)


def _print_matrix(folders: Folders) -> None:
    script = folders.root / "tools" / "print_matrix.py"
    options = ["shell", "--database", DATABASE, "--no-http", "--log-level", "warn"]
    with script.open() as source:
        failed = subprocess.run(
            odoo.command(folders, *options), env=odoo.environment(folders), stdin=source
        ).returncode
    if failed:
        raise SetupError(f"The matrix could not be printed ({script}); see the lines above.")
