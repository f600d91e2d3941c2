"""The virtual environment with the pinned, hashed requirements, and Odoo on its path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import debian, source, stamps
from .console import step
from .errors import SetupError
from .paths import Folders
from .process import run

OLDEST, NEWEST = (3, 10), (3, 13)
RETRY = "Check the network and run the same command again."
LAUNCHER = """\
import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
"""


def ensure(folders: Folders) -> None:
    """Make or complete ``.odoo/venv``; quick when nothing changed.

    :raises SetupError: no fitting Python, or a package not to be had.
    """
    key = _key(folders)
    if not (stamps.is_current(folders.venv, key) and _works(folders.python)):
        _make(folders)
        _install(folders)
        stamps.write(folders.venv, key)
    _connect_odoo(folders)


def _key(folders: Folders) -> str:
    # The folder counts too: a virtual environment cannot be moved.
    locks = [folders.requirements / name for name in ("install.txt", "dev.txt")]
    return stamps.digest([str(folders.venv), *(lock.read_bytes() for lock in locks)])


def _works(python: Path) -> bool:
    try:
        return not subprocess.run([python, "-c", ""], capture_output=True).returncode
    except OSError:
        return False


def _make(folders: Folders) -> None:
    """An environment with pip; one that works already is kept and completed."""
    stamps.remove(folders.venv)
    if _works(folders.python) and _has_module(folders.python, "pip"):
        return
    python = find_interpreter()
    with step(f"Making a virtual environment with {python}"):
        command = [python, "-m", "venv", "--clear"]
        if _has_module(python, "ensurepip"):
            run([*command, folders.venv], failure="The virtual environment could not be made:")
            return
        run(
            [*command, "--without-pip", folders.venv],
            failure="The virtual environment could not be made:",
        )
        wheel = _debian_pip() or debian.fetch_pip(folders)
        run(
            [folders.python, wheel / "pip", "install", "--quiet", "--no-index", wheel],
            failure="pip could not be installed:",
        )
        shutil.rmtree(folders.home / "pip", ignore_errors=True)


def find_interpreter() -> str:
    """The Python to use: the running one when Odoo supports it, else one found on the path.

    :raises SetupError: there is none.
    """
    if is_supported(sys.version_info[:2]):
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and _works(Path(found)):
            return found
    raise SetupError(
        f"Odoo 19 runs on Python {_dotted(OLDEST)} to {_dotted(NEWEST)}; "
        f"this is {_dotted(sys.version_info[:2])} and no other was found.\n"
        "Install one of them and name it: make env PYTHON=/path/to/python3.11"
    )


def is_supported(version: tuple[int, int]) -> bool:
    """Whether Odoo 19 runs on a Python of this major and minor version."""
    return OLDEST <= version <= NEWEST


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _has_module(python: str | Path, name: str) -> bool:
    return not subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode


def _debian_pip() -> Path | None:
    return next(Path("/usr/share/python-wheels").glob("pip-*.whl"), None)


def _install(folders: Folders) -> None:
    environment = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    lock = folders.requirements
    with step("Installing Python packages (about 100, 150 MB)"):
        run(
            [folders.python, "-m", "pip", "install", "-qq", "--require-hashes"]
            + ["-r", lock / "install.txt"],
            failure="The Python package installer could not be installed:",
            advice=RETRY,
            env=environment,
        )
        # No isolated builds: they would take build tools that no hash vouches for.
        run(
            [folders.venv / "bin" / "uv", "pip", "install", "--python", folders.python]
            + ["--require-hashes", "--no-build-isolation", "-r", lock / "dev.txt"],
            failure="The Python packages could not be installed:",
            advice=RETRY,
            env={**environment, **_registry(folders)},
        )


def _registry(folders: Folders) -> dict[str, str]:
    """pip's own mirror and certificate settings, for uv, which does not read them."""
    listed = run(
        [folders.python, "-m", "pip", "config", "list"], "pip's settings are not readable:"
    )
    return registry_settings(listed)


def registry_settings(listed: str) -> dict[str, str]:
    """uv's variables for what ``pip config list`` printed; set ones are the user's and stay."""
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    found = {}
    for line in listed.splitlines():
        option, separator, value = line.partition("=")
        variable = names.get(option.rpartition(".")[2])
        if separator and variable and variable not in os.environ:
            found[variable] = value.strip().strip("'\"")
    return found


def _connect_odoo(folders: Folders) -> None:
    """Make ``import odoo`` and the launcher work in the environment."""
    packages = next((folders.venv / "lib").glob("python3*/site-packages"))
    _write_if_new(packages / "odoo-source.pth", f"{source.python_path(folders)}\n")
    _write_if_new(folders.launcher, LAUNCHER)


def _write_if_new(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
