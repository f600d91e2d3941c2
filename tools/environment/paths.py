"""Where everything lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ADDON = "sales_growth"
# All addons of the repository, the main one first, then those that connect it to others.
ADDONS = (ADDON, "sales_growth_survey")


@dataclass(frozen=True)
class Folders:
    """The folders of one clone; all but ``root`` and its files are made by the set-up."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / ".odoo"

    @property
    def source(self) -> Path:
        return self.home / "source"

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def launcher(self) -> Path:
        return self.venv / "bin" / "odoo"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def filestores(self) -> Path:
        return self.data / "filestore"

    @property
    def config(self) -> Path:
        return self.home / "odoo.conf"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements"

    @property
    def addon(self) -> Path:
        return self.root / ADDON

    @property
    def addons(self) -> tuple[Path, ...]:
        return tuple(self.root / name for name in ADDONS)


def this_clone() -> Folders:
    """The folders of the clone that this file belongs to."""
    return Folders(Path(os.path.realpath(__file__)).parents[2])
