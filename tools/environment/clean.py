"""Away with everything that the set-up made."""

from __future__ import annotations

import shutil

from . import checks, postgres
from .console import say, step
from .paths import Folders


def clean(folders: Folders) -> None:
    """Stop the embedded server and remove its databases, Odoo and the Python packages."""
    if not folders.home.exists():
        say("Nothing to clean.")
        return
    checks.require_own(folders.home)
    with step(f"Removing {folders.home}"):
        if postgres.is_external():
            say("    databases on the server that the PG* variables name are kept")
        place = postgres.locate(folders)
        postgres.stop(folders)
        shutil.rmtree(place)
        shutil.rmtree(folders.home)
