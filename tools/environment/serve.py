"""The web client served in the foreground until Ctrl-C."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request

from . import checks, odoo
from .console import say
from .errors import SetupError
from .paths import Folders
from .process import tail

START_LIMIT = 180  # seconds
STOP_LIMIT = 15  # seconds


def serve(folders: Folders, database: str, port: int) -> None:
    """Serve a database; returns after Ctrl-C.

    :raises SetupError: the server ends by itself.
    """
    log = folders.home / "server.log"
    log.unlink(missing_ok=True)
    options = ["--database", database, "--http-port", str(port), "--logfile", str(log)]
    with subprocess.Popen(
        odoo.command(folders, *options),
        env=odoo.environment(folders),
        stdin=subprocess.DEVNULL,
        # Ctrl-C is for us alone: Odoo takes a second signal as an order to drop everything.
        start_new_session=True,
    ) as process:
        try:
            _wait_until_up(process, port)
            _announce(port, log)
            process.wait()
        except KeyboardInterrupt:
            say("\nStopping.")
            return
        finally:
            _end(process)
    text = log.read_text(errors="replace") if log.exists() else ""
    raise SetupError(f"Odoo's server ended by itself:\n{tail(text)}\nLog: {log}")


def _wait_until_up(process: subprocess.Popen, port: int) -> None:
    address = f"http://{checks.HOST}:{port}/web/login"
    deadline = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=START_LIMIT):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)


def _announce(port: int, log) -> None:
    say(
        f"\nOdoo is ready: http://{checks.HOST}:{port}\n"
        "    login     admin\n    password  admin\n"
        f"    log       {log}\nStop it with Ctrl-C."
    )


def _end(process: subprocess.Popen) -> None:
    """Let Odoo end its work."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
