"""The analysis package stays free of Odoo: it runs, and is tested, without it."""

import ast
from pathlib import Path

import pytest

ANALYSIS = Path(__file__).resolve().parents[1] / "sales_growth" / "analysis"
FORBIDDEN = {"odoo", "openerp", "psycopg2"}


def forbidden_imports(text, depth):
    """Imports by which a file of the package would reach Odoo.

    :param depth: how many folders the file lies below the package's own folder.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if _is_forbidden(alias.name)]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += [node.module] if _is_forbidden(node.module) else []
        elif isinstance(node, ast.ImportFrom) and node.level > depth + 1:
            found.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Call):
            found += _dynamic_imports(node)
    return found


def _is_forbidden(module):
    return module.partition(".")[0] in FORBIDDEN


def _dynamic_imports(call):
    name = getattr(call.func, "id", getattr(call.func, "attr", None))
    if name not in ("__import__", "import_module"):
        return []
    texts = [node.value for node in call.args if isinstance(node, ast.Constant)]
    return [text for text in texts if isinstance(text, str) and _is_forbidden(text)]


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("import odoo", 0),
        ("import pandas, odoo.tools as tools", 0),
        ("from odoo import fields", 0),
        ("from odoo.tools.misc import formatLang", 0),
        ("def method():\n    from odoo import api", 0),
        ("import psycopg2", 0),
        ("from .. import models", 0),
        ("from ..models import growth_customer", 0),
        ("from ... import models", 1),
        ("__import__('odoo.tools')", 0),
        ("importlib.import_module('odoo')", 0),
    ],
)
def test_guard_notices(text, depth):
    assert forbidden_imports(text, depth)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("import pandas as pd", 0),
        ("from . import segmentation", 0),
        ("from .segmentation import classify", 0),
        ("from .. import segmentation", 1),
        ("import odoolike", 0),
    ],
)
def test_guard_allows(text, depth):
    assert not forbidden_imports(text, depth)


def test_analysis_is_pure():
    files = sorted(ANALYSIS.rglob("*.py"))
    assert files, f"nothing to look at in {ANALYSIS}"
    found = {
        str(path.relative_to(ANALYSIS)): imports
        for path in files
        if (
            imports := forbidden_imports(
                path.read_text(encoding="utf-8"), len(path.relative_to(ANALYSIS).parts) - 1
            )
        )
    }
    assert not found
