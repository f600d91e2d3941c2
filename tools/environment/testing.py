"""The two tiers of tests."""

from __future__ import annotations

import subprocess

from . import browser, odoo, prepare, test_database
from .console import say
from .paths import Folders

NOTHING_SELECTED = 5  # pytest's exit code


def test(folders: Folders, arguments: list[str]) -> int:
    """Pure tests, then tests inside Odoo on a fresh database.

    :param arguments: handed to both pytest runs; a selection may find nothing in one of them.
    :return: exit code, 0 when all passed.
    :raises errors.SetupError: a tool is missing or the addons do not install cleanly.
    """
    first = pure(folders, arguments)
    if first and not (arguments and first == NOTHING_SELECTED):
        return first
    second = inside_odoo(folders, arguments)
    return first if second == NOTHING_SELECTED and arguments else second


def pure(folders: Folders, arguments: list[str]) -> int:
    """Tier 1: no Odoo, no database."""
    say("==> Tier 1: pure tests")
    # With the plugin for Odoo each test would need a database.
    return _pytest(folders, ["-p", "no:odoo", "tests", *arguments])


def inside_odoo(folders: Folders, arguments: list[str]) -> int:
    """Tier 2: inside Odoo, browser tours included."""
    browser.ensure()
    with prepare.locked(folders, "test run"):
        test_database.make(folders)
        say("==> Tier 2: tests inside Odoo")
        options = [f"--odoo-config={folders.config}", f"--odoo-database={test_database.DATABASE}"]
        # No scheduled jobs beside the tests.
        options += ["--odoo-http", "--odoo-extra=max-cron-threads=0"]
        places = [f"{addon}/tests" for addon in folders.addons]
        return _pytest(folders, [*options, *places, *arguments])


def _pytest(folders: Folders, arguments: list[str]) -> int:
    command = [str(folders.python), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=folders.root, env=odoo.environment(folders)).returncode
