"""The pinned requirements, resolved anew from the ``.in`` files."""

from __future__ import annotations

from .console import step
from .paths import Folders
from .process import run
from .python import OLDEST

NAMES = ("install", "dev")


def refresh(folders: Folders, upgrade: bool) -> None:
    """Write ``install.txt`` and ``dev.txt``: all versions and hashes, no index address.

    :param upgrade: take the newest versions instead of keeping those that still fit.
    """
    for name in NAMES:
        with step(f"Resolving requirements/{name}.in"):
            run(
                [folders.venv / "bin" / "uv", "pip", "compile", f"requirements/{name}.in"]
                + ["--output-file", f"requirements/{name}.txt", *(["--upgrade"] if upgrade else [])]
                + ["--universal", "--python-version", ".".join(map(str, OLDEST))]
                + ["--generate-hashes", "--no-emit-index-url", "--no-header"],
                failure=f"requirements/{name}.in could not be resolved:",
                cwd=folders.root,
            )
