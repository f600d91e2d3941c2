"""Which Odoo is used: the one that was fetched, or the user's own (ODOO_SOURCE)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from . import debian
from .errors import SetupError
from .paths import Folders

VARIABLE = "ODOO_SOURCE"
SERIES = (19, 0)


def own_source() -> Path | None:
    """The folder that ODOO_SOURCE names, None when it is not set.

    :raises SetupError: it holds no Odoo 19.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    folder = Path(value).expanduser().resolve()
    series = read_series(folder / "odoo" / "release.py")
    if series is None:
        raise SetupError(
            f"{VARIABLE}={value} holds no Odoo: {folder}/odoo/release.py is missing.\n"
            "Name the folder that has odoo/ and addons/ in it."
        )
    if series != SERIES:
        raise SetupError(
            f"{VARIABLE}={value} is Odoo {series[0]}.{series[1]}; "
            f"this addon needs {SERIES[0]}.{SERIES[1]}."
        )
    return folder


def read_series(release: Path) -> tuple[int, int] | None:
    """Major and minor version out of an Odoo's release.py, None when it says none."""
    try:
        text = release.read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"^version_info\s*=\s*\(\D*?(\d+)\D*?,\s*(\d+)", text, re.MULTILINE)
    return (int(match[1]), int(match[2])) if match else None


def python_path(folders: Folders) -> Path:
    """The folder that ``import odoo`` is found in."""
    return own_source() or folders.source / debian.PYTHON_PATH


def ensure(folders: Folders) -> None:
    """Have an Odoo: the user's own, or else a fetched one."""
    if own_source() is None:
        debian.fetch_odoo(folders)
