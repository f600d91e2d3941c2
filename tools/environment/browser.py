"""Chromium, in which Odoo's test runner plays the browser tours."""

from __future__ import annotations

import shutil

from . import apt
from .errors import SetupError

# The names that Odoo's test runner looks for.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def ensure() -> None:
    """Have a Chromium; installs it when missing.

    :raises SetupError: none, and no right to install it.
    """
    if not _found():
        # A browser without any font draws no text.
        apt.install(["chromium", "fonts-liberation"], "The browser Chromium (for the tours)")
        if not _found():
            raise SetupError("Chromium is missing after its installation.")


def _found() -> bool:
    return any(map(shutil.which, NAMES))
