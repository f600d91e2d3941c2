"""Other programs, run so that a failure becomes a message instead of a traceback."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

from .console import say
from .errors import SetupError

HEARTBEAT = 10  # seconds between signs of life of a silent program
TAIL = 8  # lines of a failed program's output that go into the message


def tail(text: str, lines: int = TAIL) -> str:
    """The last non-empty lines of a text, indented for a message."""
    kept = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line}" for line in kept)


def run(
    command: Sequence[str],
    failure: str,
    advice: str = "",
    progress: Callable[[], str] | None = None,
    **options,
) -> str:
    """Run a program to its end and return what it printed (both streams).

    :param failure: first line of the message when the program fails.
    :param advice: last line of that message: what to do.
    :param progress: text for the signs of life, the elapsed time when left out.
    :param options: passed on to ``subprocess.Popen``.
    :raises SetupError: the program is missing or ended with an error.
    """
    start = time.monotonic()
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **options,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{failure}\n    The program {command[0]} is missing.") from error
    with process:
        try:
            output = _wait(process, start, progress)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise SetupError("\n".join(filter(None, [failure, tail(output), advice])))
    return output


def _wait(process: subprocess.Popen, start: float, progress: Callable[[], str] | None) -> str:
    while True:
        try:
            return process.communicate(timeout=HEARTBEAT)[0]
        except subprocess.TimeoutExpired:
            seconds = f"{time.monotonic() - start:.0f} s"
            say(f"    ... {progress()}, {seconds}" if progress else f"    ... {seconds}")
