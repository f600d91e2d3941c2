"""What the manifests of the addons say."""

from __future__ import annotations

import ast

from .paths import ADDONS, Folders


def depends(folders: Folders) -> list[str]:
    """Names of the modules of Odoo that the addons need, each once."""
    needed = []
    for addon in folders.addons:
        text = (addon / "__manifest__.py").read_text(encoding="utf-8")
        needed += ast.literal_eval(text)["depends"]
    return [name for name in dict.fromkeys(needed) if name not in ADDONS]
