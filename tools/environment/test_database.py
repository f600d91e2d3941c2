"""The database that tests and checks use: the addons freshly installed, no demo data.

What they depend on is installed once into a database of its own and copied from there.
"""

from __future__ import annotations

from . import database, install_log, manifest, odoo, source, stamps
from .console import step
from .errors import SetupError
from .paths import ADDON, ADDONS, Folders

BASE = f"{ADDON}_base"
DATABASE = f"{ADDON}_test"


def make(folders: Folders) -> None:
    """Make the database anew.

    :raises SetupError: the installation failed, or its log has a warning.
    """
    _ensure_base(folders)
    log = folders.home / "install.log"
    with step(f"Installing {', '.join(ADDONS)} into a fresh database"):
        database.create(folders, DATABASE, template=BASE)
        text = odoo.install(folders, DATABASE, "--init", ",".join(ADDONS), log=log)
    # Only our addons were installed, so whatever is not well is ours.
    found = install_log.problems(text)
    if found:
        listed = "\n".join(found)
        raise SetupError(f"The addons do not install cleanly:\n{listed}\nWhole log: {log}")
    database.set_mark(folders, DATABASE, _addons_key(folders))


def ensure(folders: Folders) -> None:
    """Have the database with the addons as they are now."""
    if database.mark(folders, DATABASE) != _addons_key(folders):
        make(folders)


def _ensure_base(folders: Folders) -> None:
    modules = ",".join(manifest.depends(folders))
    key = stamps.digest([modules, _source_key(folders)])
    if database.mark(folders, BASE) == key:
        return
    with step("Installing the modules that the addons depend on (a minute or two, once)"):
        database.create(folders, BASE)
        odoo.install(folders, BASE, "--init", modules, log=folders.home / "base.log")
    database.set_mark(folders, BASE, key)


def _source_key(folders: Folders) -> str:
    own = source.own_source()
    return str(own) if own else (folders.source / stamps.NAME).read_text()


def _addons_key(folders: Folders) -> str:
    return stamps.digest([_source_key(folders), stamps.digest_of_trees(folders.addons)])
