"""``bin/odoo``: Odoo with this clone's configuration, from any folder."""

from __future__ import annotations

import argparse
import os
import subprocess

from . import odoo, prepare
from .console import say
from .errors import SetupError
from .paths import ADDON, Folders

PROBE = (
    "import sys; from tools.environment import database, paths; "
    "sys.exit(not database.exists(paths.this_clone(), sys.argv[1]))"
)


def launch(folders: Folders, arguments: list[str]) -> None:
    """Become Odoo; what is missing of the environment is made first.

    ``shell`` needs a database that exists: a new one gets the addon. Other commands make theirs.
    """
    prepare.server(folders)
    database = shell_database(arguments)
    if database and not _exists(folders, database):
        say(f"==> The database {database} does not exist: making it with {ADDON}")
        log = folders.home / "new-database.log"
        odoo.install(folders, database, "--init", ADDON, log=log)
    command = odoo.command(folders, *arguments)
    os.execve(command[0], command, odoo.environment(folders))


def shell_database(arguments: list[str]) -> str | None:
    """The database that a ``shell`` command names, None for other commands."""
    if arguments[:1] != ["shell"]:
        return None
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-d", "--database", default=os.environ.get("PGDATABASE"))
    return parser.parse_known_args(arguments[1:])[0].database


def run_script(folders: Folders, arguments: list[str]) -> None:
    """Become a Python script of the repository, with the server running and Odoo importable."""
    prepare.server(folders)
    if not arguments or not os.path.exists(arguments[0]):
        raise SetupError(f"There is no script {' '.join(arguments[:1])}.")
    command = [str(folders.python), *arguments]
    os.execve(command[0], command, odoo.environment(folders))


def _exists(folders: Folders, database: str) -> bool:
    # The database driver is the environment's; this may be another Python.
    command = [folders.python, "-c", PROBE, database]
    return not subprocess.run(command, cwd=folders.root).returncode
