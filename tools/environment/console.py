"""Progress lines. They go to the error stream: the output stream belongs to Odoo's own commands."""

from __future__ import annotations

import contextlib
import sys
import time


def say(message: str) -> None:
    """Show one line of progress."""
    print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title: str):
    """Announce a step and, when it took a while, how long it took."""
    say(f"==> {title}")
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    if seconds >= 2:
        say(f"    done in {seconds:.0f} s")
