"""The command itself, run in the Python that has Odoo."""

import sys
from pathlib import Path

# Run by its path, Python would look for imports in this folder instead of the repository.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from tools.sales_history.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
