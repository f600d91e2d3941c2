"""What the addon's manifest says."""

from __future__ import annotations

import ast

from .paths import Folders


def depends(folders: Folders) -> list[str]:
    """Names of the Odoo modules that the addon needs."""
    text = (folders.addon / "__manifest__.py").read_text(encoding="utf-8")
    return list(ast.literal_eval(text)["depends"])
