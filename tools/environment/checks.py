"""What is looked at before long work starts: disk space, a free port, the clone's path."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from pathlib import Path

from .errors import SetupError

HOST = "127.0.0.1"


def require_space(folder: Path, gigabytes: float) -> None:
    """:raises SetupError: less than so many gigabytes are free where the folder lies."""
    free = shutil.disk_usage(folder).free / 1e9
    if free < gigabytes:
        raise SetupError(
            f"The set-up needs about {gigabytes:.0f} GB of disk, {folder} has {free:.1f} GB free.\n"
            "Make room, or clone to another disk, then run the same command again."
        )


def require_own(home: Path) -> None:
    """:raises SetupError: the set-up's folder was made by another user."""
    if home.exists() and not os.access(home, os.W_OK):
        raise SetupError(
            f"{home} was made by another user and cannot be written.\n"
            "Work as that user, remove the folder, or use a clone of your own."
        )


def require_usable_path(root: Path) -> None:
    """:raises SetupError: Odoo's configuration cannot name the folder."""
    if "," in str(root):
        raise SetupError(
            f"The path {root} has a comma, at which Odoo splits its addons path.\n"
            "Move the clone to a folder without one."
        )


def require_free_port(port: int) -> None:
    """:raises SetupError: another program listens there, or the number is no usable port."""
    with socket.socket() as probe:
        # As Odoo does it: connections of a server just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise SetupError(_port_message(port, error)) from error


def _port_message(port: int, error: Exception) -> str:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8070
        return (
            f"Port {port} is taken by another program.\n"
            f"Stop that program, or choose another port: make demo PORT={other}"
        )
    return f"Port {port} cannot be used ({error}).\nChoose another one: make demo PORT=8070"


def free_port() -> int:
    """A port that no program listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
