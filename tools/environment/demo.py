"""The demo: a database with the addons and their demo data, the matrix, and the web client."""

from __future__ import annotations

import subprocess

from . import database, odoo, prepare, stamps
from .console import step
from .errors import SetupError
from .paths import ADDON, ADDONS, Folders
from .serve import serve

DATABASE = f"{ADDON}_demo"


def demo(folders: Folders, port: int) -> None:
    """Show the addons at work; returns after Ctrl-C.

    :raises SetupError: what stopped it.
    """
    with prepare.locked(folders, "demo"):
        _refresh(folders)
        _print_matrix(folders)
    serve(folders, DATABASE, port)


def next_step(mark: str | None, exists: bool, wanted: str) -> str:
    """What to do with the demo database: ``install``, ``update`` or ``keep``.

    :param mark: what the database was made from, None when it is not ours.
    :param wanted: fingerprint of the addons as they are now.
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
    wanted = stamps.digest_of_trees(folders.addons, skip=["tests"])
    found = database.exists(folders, DATABASE)
    action = next_step(database.mark(folders, DATABASE), found, wanted)
    log = folders.home / "demo.log"
    names = ",".join(ADDONS)
    if action == "install":
        with step(f"Installing {ADDON} with its demo data (a few minutes)"):
            database.create(folders, DATABASE)
            odoo.install(folders, DATABASE, "--init", names, "--with-demo", log=log)
    elif action == "update":
        with step(f"{ADDON} has changed: updating the demo database"):
            # An addon that came since is to be installed; the others are left alone by --init.
            odoo.install(folders, DATABASE, "--init", names, "--update", names, log=log)
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
