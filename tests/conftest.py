"""Makes the addon's pure package and the repository's tools importable without Odoo."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# The addon's own folder, not the addon: importing `sales_growth` would import Odoo.
sys.path[:0] = [str(ROOT / "sales_growth"), str(ROOT)]
