"""The database that tests and checks use: the addon freshly installed, no demo data.

What the addon depends on is installed once into a database of its own and copied from there.
"""

from __future__ import annotations

from . import database, install_log, manifest, odoo, source, stamps
from .console import step
from .errors import SetupError
from .paths import ADDON, Folders

BASE = f"{ADDON}_base"
DATABASE = f"{ADDON}_test"


def make(folders: Folders) -> None:
    """Make the database anew.

    :raises SetupError: the installation failed, or its log has a warning.
    """
    _ensure_base(folders)
    log = folders.home / "install.log"
    with step(f"Installing {ADDON} into a fresh database"):
        database.create(folders, DATABASE, template=BASE)
        text = odoo.install(folders, DATABASE, "--init", ADDON, log=log)
    # Only our addon was installed, so whatever is not well is ours.
    found = install_log.problems(text)
    if found:
        listed = "\n".join(found)
        raise SetupError(f"{ADDON} does not install cleanly:\n{listed}\nWhole log: {log}")
    database.set_mark(folders, DATABASE, _addon_key(folders))


def ensure(folders: Folders) -> None:
    """Have the database with the addon as it is now."""
    if database.mark(folders, DATABASE) != _addon_key(folders):
        make(folders)


def _ensure_base(folders: Folders) -> None:
    modules = ",".join(manifest.depends(folders))
    key = stamps.digest([modules, _source_key(folders)])
    if database.mark(folders, BASE) == key:
        return
    with step(f"Installing the modules that {ADDON} depends on (a minute or two, once)"):
        database.create(folders, BASE)
        odoo.install(folders, BASE, "--init", modules, log=folders.home / "base.log")
    database.set_mark(folders, BASE, key)


def _source_key(folders: Folders) -> str:
    own = source.own_source()
    return str(own) if own else (folders.source / stamps.NAME).read_text()


def _addon_key(folders: Folders) -> str:
    return stamps.digest([_source_key(folders), stamps.digest_of_tree(folders.addon)])
