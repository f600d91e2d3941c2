"""Odoo's configuration file, written anew whenever what it says would change."""

from __future__ import annotations

from pathlib import Path

from . import checks, postgres
from .paths import Folders

HTTP_PORT = 8069


def render(folders: Folders, socket: Path | None) -> str:
    """The text of ``odoo.conf``.

    :param socket: folder of the embedded server's socket; None leaves the server to the ``PG*``
        variables, which Odoo reads itself, so that no password is written down.
    """
    options = {
        "addons_path": folders.root,
        "data_dir": folders.data,
        "http_interface": checks.HOST,
        "http_port": HTTP_PORT,
    }
    if socket:
        options |= {"db_host": socket, "db_port": postgres.PORT, "db_user": postgres.ROLE}
    lines = [f"{name} = {value}" for name, value in sorted(options.items())]
    return "\n".join(["[options]", *lines, ""])


def ensure(folders: Folders) -> None:
    """Write the configuration of this clone and the server in use."""
    checks.require_usable_path(folders.root)
    socket = None if postgres.is_external() else postgres.locate(folders)
    text = render(folders, socket)
    if not folders.config.exists() or folders.config.read_text() != text:
        folders.config.write_text(text)
