"""All checks of the code that run no test."""

from __future__ import annotations

import subprocess

from . import odoo, prepare, test_database
from .checks import free_port
from .console import say
from .paths import ADDONS, Folders


def lint(folders: Folders) -> int:
    """Run every check, also after one has failed.

    :return: exit code, 0 when all are content.
    """
    python = str(folders.python)
    checks = {
        "ruff": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "--output-format=concise", "."],
        "pylint-odoo": [python, "-m", "pylint", "--rcfile=pyproject.toml", *ADDONS],
    }
    failed = [name for name, command in checks.items() if _fails(folders, name, command)]
    with prepare.locked(folders, "test run"):
        test_database.ensure(folders)
        options = ["--database", test_database.DATABASE, "--http-port", str(free_port())]
        command = odoo.command(folders, "shell", *options, "--log-level", "warn")
        script = folders.root / "tools" / "environment" / "odoo_lint.py"
        if _fails(folders, "Odoo's test_lint", command, script):
            failed.append("Odoo's test_lint")
    say(f"Not clean: {', '.join(failed)}" if failed else "All checks are clean.")
    return 1 if failed else 0


def _fails(folders: Folders, name: str, command: list[str], script=None) -> bool:
    say(f"==> {name}")
    environment = odoo.environment(folders)
    with open(script or "/dev/null") as source:
        result = subprocess.run(command, cwd=folders.root, env=environment, stdin=source)
    return result.returncode != 0
