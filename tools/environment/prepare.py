"""The set-up as a whole: what is missing is made, what is there is kept."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys

from . import checks, config, postgres, python, source
from .console import say
from .paths import Folders

DISK = 4  # gigabytes for Odoo, its Python packages and two databases


def environment(folders: Folders) -> None:
    """Odoo, Python packages, database cluster and configuration.

    :raises errors.SetupError: what is missing and what to do about it.
    """
    checks.require_usable_path(folders.root)
    checks.require_own(folders.home)
    folders.home.mkdir(exist_ok=True)
    with locked(folders, "set-up"):
        if not folders.venv.exists():
            checks.require_space(folders.home, DISK)
        # The cheapest first: whoever lacks PostgreSQL is told before the long downloads.
        postgres.ensure(folders)
        source.ensure(folders)
        python.ensure(folders)
        config.ensure(folders)


def server(folders: Folders) -> None:
    """The environment with its PostgreSQL running."""
    environment(folders)
    with locked(folders, "set-up"):
        postgres.start(folders)


@contextlib.contextmanager
def locked(folders: Folders, purpose: str):
    """Let one run at a time do this in a clone; a second one waits and says so."""
    with (folders.home / f"{purpose}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another {purpose} is at work in this clone; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def enter_venv(folders: Folders, arguments: list[str]) -> None:
    """Go on in the environment's own Python, which has the database driver; a no-op inside."""
    if os.path.realpath(sys.prefix) != os.path.realpath(folders.venv):
        os.chdir(folders.root)
        python_path = str(folders.python)
        os.execv(python_path, [python_path, "-m", "tools.environment", *arguments])
