"""Odoo 19 from Debian's archive, unpacked into a folder of ours: nothing is installed.

The archive's address is the machine's own: only the suite is ours. A private apt configuration
keeps apart from the system's lists, needs no root, and lets apt check signatures and checksums.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import stamps
from .console import say, step
from .errors import SetupError
from .paths import Folders
from .process import run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = "sid bookworm"
# Odoo, and the packages that its files link to. fonts-font-awesome is bookworm's: later versions
# renamed the files.
PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-montserrat",
    "fonts-roboto-unhinted",
    "fonts-ocr-b",
    "fonts-inconsolata",
    "fonts-font-awesome/bookworm",
)
PYTHON_PATH = Path("usr/lib/python3/dist-packages")
# Left out of Debian's package as non-free. It blurs the background of video calls and nothing
# else, but the web client's bundle names it: without a file every page logs a console error.
PLACEHOLDER = PYTHON_PATH / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
PLACEHOLDER_TEXT = "// Stands in for a library that only blurs the background of video calls.\n"
# Point of sale's receipt font, which the package's link names by an old file name.
KNOWN_DANGLING = {"Inconsolata.otf"}
NO_ARCHIVE = (
    "If you have Odoo 19 already, name its folder instead: ODOO_SOURCE=/path/to/odoo make env"
)


def fetch_odoo(folders: Folders) -> None:
    """Put Odoo's source into ``.odoo/source``, completely or not at all; a no-op when there.

    :raises SetupError: no archive reached, or a package not offered.
    """
    key = stamps.digest([SUITES, *PACKAGES, PLACEHOLDER_TEXT])
    if stamps.is_current(folders.source, key):
        return
    fresh = folders.home / "source.new"
    shutil.rmtree(fresh, ignore_errors=True)
    with step("Downloading Odoo 19 and the libraries it links to (about 135 MB)"):
        files = _download(folders, PACKAGES)
    with step("Unpacking Odoo"):
        _unpack(files, fresh)
        placeholder = fresh / PLACEHOLDER
        placeholder.parent.mkdir(parents=True, exist_ok=True)
        placeholder.write_text(PLACEHOLDER_TEXT)
        _report_dangling(fresh)
        stamps.write(fresh, key)
        shutil.rmtree(folders.source, ignore_errors=True)
        fresh.rename(folders.source)
    for leftover in ("downloads", "apt"):
        shutil.rmtree(folders.home / leftover, ignore_errors=True)


def fetch_pip(folders: Folders) -> Path:
    """pip's wheel out of Debian's package, for a Python that was packaged without ensurepip."""
    fresh = folders.home / "pip"
    shutil.rmtree(fresh, ignore_errors=True)
    with step("Downloading pip"):
        _unpack(_download(folders, ["python3-pip-whl"]), fresh)
    return next(fresh.glob("usr/share/python-wheels/pip-*.whl"))


def archives(uris: str) -> list[str]:
    """Addresses of the archives that apt uses, likeliest Debian mirror first.

    :param uris: what ``apt-get --print-uris update`` printed.
    """
    found = dict.fromkeys(re.findall(r"^'(\S+?)/dists/\S+/(?:In)?Release'", uris, re.MULTILINE))
    candidates = [address for address in found if "security" not in address]
    return sorted(candidates, key=lambda address: not address.endswith("/debian"))


def _download(folders: Folders, packages: Sequence[str]) -> list[Path]:
    """Download packages; apt checks each against the signed lists, and skips what is there."""
    if not shutil.which("apt-get") or not KEYRING.exists():
        raise SetupError(f"Odoo is fetched as a Debian package: this is no Debian.\n{NO_ARCHIVE}")
    config = _private_apt(folders)
    target = folders.home / "downloads"
    target.mkdir(exist_ok=True)
    failure = "Debian's archive did not give a package:"
    # Asked from a folder without packages: apt leaves out those it sees.
    uris = run(
        ["apt-get", "-c", config, "--print-uris", "download", *packages],
        failure=failure,
        advice=NO_ARCHIVE,
        cwd=config.parent,
    )
    run(
        ["apt-get", "-c", config, "download", *packages],
        failure=failure,
        advice=f"Check the network and run the same command again.\n{NO_ARCHIVE}",
        progress=lambda: f"{sum(file.stat().st_size for file in target.iterdir()) / 1e6:.0f} MB",
        cwd=target,
    )
    return [target / name for name in file_names(uris)]


def file_names(uris: str) -> list[str]:
    """Names of the files that ``apt-get --print-uris download`` announced."""
    return re.findall(r"^'\S+' (\S+\.deb) ", uris, re.MULTILINE)


def _private_apt(folders: Folders) -> Path:
    """A configuration of our own with up-to-date lists of the suites we need."""
    home = folders.home / "apt"
    (home / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    (home / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    config = home / "apt.conf"
    system = home / "system.conf"
    system.write_text(f'Dir::State::lists "{home}/empty";\n')
    uris = run(["apt-get", "-c", system, "--print-uris", "update"], "apt's sources are not usable:")
    addresses = archives(uris)
    if not addresses:
        raise SetupError(f"apt names no archive to fetch Odoo from.\n{NO_ARCHIVE}")
    config.write_text(_apt_conf(home))
    refused: SetupError | None = None
    for address in addresses:
        (home / "debian.sources").write_text(_sources(address))
        try:
            run(
                ["apt-get", "-c", config, "update"],
                failure="Debian's archive was not reached:",
                advice=f"Check the network and run the same command again.\n{NO_ARCHIVE}",
            )
        except SetupError as error:
            refused = refused or error
        else:
            return config
    raise refused


def _apt_conf(home: Path) -> str:
    return f"""\
Dir::Etc::sourcelist "{home}/debian.sources";
Dir::Etc::sourceparts "-";
Dir::State::lists "{home}/lists";
Dir::Cache "{home}/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
APT::Sandbox::User "{_download_user()}";
"""


def _download_user() -> str:
    # apt's own unprivileged user could not write into a folder of root's.
    return "root" if os.geteuid() == 0 else ""


def _sources(address: str) -> str:
    return f"""\
Types: deb
URIs: {address}
Suites: {SUITES}
Components: main
Signed-By: {KEYRING}
"""


def _unpack(files: Sequence[Path], target: Path) -> None:
    target.mkdir(parents=True)
    for file in files:
        run(["dpkg", "-x", file, target], failure=f"{file.name} could not be unpacked:")


def _report_dangling(source: Path) -> None:
    """Tell of files that the packages promise and none of them holds."""
    for folder, _folders, names in os.walk(source):
        for name in names:
            path = Path(folder, name)
            if path.is_symlink() and not path.exists() and name not in KNOWN_DANGLING:
                say(f"    note: {path.relative_to(source)} points to nothing")
