"""What only a system package can give, installed with apt as root or through sudo."""

from __future__ import annotations

import os
import shutil
import subprocess

from .console import step
from .errors import SetupError
from .process import run


def install(packages: list[str], purpose: str) -> None:
    """Install system packages.

    :param purpose: what they are needed for; begins the message when they cannot be installed.
    :raises SetupError: no right to install (the message is the line to run), or apt failed.
    """
    if not shutil.which("apt-get"):
        raise SetupError(f"{purpose} is missing.\nInstall it by your system's own means.")
    prefix = _privilege()
    if prefix is None:
        raise SetupError(
            f"{purpose} is missing, and only an administrator can install it. Run\n"
            f"    {by_hand(packages)}\nthen the same command again."
        )
    with step(f"Installing {' '.join(packages)} with apt"):
        try:
            _install(prefix, packages)
        except SetupError:
            # Lists that are empty (a bare image) or old: the packages are not found.
            _apt_get(prefix, ["update"])
            _install(prefix, packages)


def by_hand(packages: list[str]) -> str:
    """The one line by which an administrator installs the packages."""
    names = " ".join(packages)
    if shutil.which("sudo"):
        return f"sudo apt-get update && sudo apt-get install -y {names}"
    return f"su -c 'apt-get update && apt-get install -y {names}'"


def _privilege() -> list[str] | None:
    """What to put before a command that needs root; None when there is no way."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and not subprocess.run([sudo, "-n", "true"], capture_output=True).returncode:
        return [sudo, "-n"]
    return None


def _install(prefix: list[str], packages: list[str]) -> None:
    _apt_get(prefix, ["install", "-y", "--no-install-recommends", *packages])


def _apt_get(prefix: list[str], arguments: list[str]) -> None:
    # Another apt at work (a new machine's upgrades) is waited for.
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    run(
        [*prefix, *command, *arguments],
        failure=f"apt-get {' '.join(arguments)} failed:",
        advice="Check the network and apt's sources, then run the same command again.",
    )
