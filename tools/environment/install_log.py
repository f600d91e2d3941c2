"""The log of an installation, read for warnings and errors."""

from __future__ import annotations

import re

# 2025-01-31 12:00:00,000 123 WARNING database odoo.module: text
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (\w+) \S+ (.*)$")
BAD = {"WARNING", "ERROR", "CRITICAL"}


def problems(log: str) -> list[str]:
    """Entries of level WARNING and above, with the lines (tracebacks) that belong to them."""
    found: list[list[str]] = []
    current: list[str] | None = None
    for line in log.splitlines():
        match = ENTRY.match(line)
        if match:
            current = [f"{match[1]} {match[2]}"] if match[1] in BAD else None
            if current:
                found.append(current)
        elif current:
            current.append(line)
    return ["\n".join(entry) for entry in found]
