"""The embedded PostgreSQL: the system's programs, a cluster and a socket of our own.

It listens on no network port, so it meets no other server. ``PG*`` variables name a server of
the user's instead; then none is started. The cluster is for trying out: a crash of the machine may
cost its contents, for which everything runs faster.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .console import step
from .errors import SetupError
from .paths import ADDON, Folders
from .process import run, tail

OLDEST = 13  # Odoo 19's own minimum
ROLE = "odoo"
PORT = 5432  # only names the socket file
SOCKET_LIMIT = 107  # bytes of a socket's path that the kernel takes
PURPOSE = f"The PostgreSQL server ({OLDEST} or newer)"
OWN_SERVER = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class Programs:
    """One installed PostgreSQL: its major version and the folder of its programs."""

    major: int
    folder: Path


@dataclass(frozen=True)
class Account:
    """An unprivileged user that the server runs as when we are root."""

    uid: int
    gid: int

    @property
    def options(self) -> dict:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def is_external() -> bool:
    """Whether the user's ``PG*`` variables name a server to use."""
    return any(os.environ.get(name) for name in OWN_SERVER)


def ensure(folders: Folders) -> None:
    """Have a cluster that can be started; an external server is taken as it is.

    :raises SetupError: no server programs, or no place for the cluster.
    """
    if is_external():
        _refuse_superuser()
        return
    # Before the place is chosen: the package brings the user that the server runs as.
    programs = _programs()
    home = locate(folders)
    if not (home / "cluster").exists():
        with step("Making a PostgreSQL cluster"):
            _make_cluster(programs, home)


def start(folders: Folders) -> None:
    """Start the embedded server unless it runs already or an external one is used.

    :raises SetupError: it does not start; the message ends with the server's own log.
    """
    if is_external():
        return
    home = locate(folders)
    programs = _programs_of(home / "cluster")
    if _answers(programs, home):
        return
    account = _account(home / "cluster")
    forget_dead_server(home)
    log = home / "log"
    try:
        run(
            [programs.folder / "pg_ctl", "--pgdata", home / "cluster", "--log", log]
            + ["--options", f"-k {shlex.quote(str(home))} -p {PORT}", "--wait", "start"],
            failure="The embedded PostgreSQL does not start:",
            # Its own session: Ctrl-C in the terminal is not for the server.
            start_new_session=True,
            **_as(account),
        )
    except SetupError as error:
        last = tail(log.read_text(errors="replace")) if log.exists() else ""
        raise SetupError(f"{error}\n{last}\nIts log: {log}") from error


def stop(folders: Folders) -> None:
    """Stop the embedded server when it runs."""
    if not folders.home.exists():
        return
    home = locate(folders)
    if not (home / "cluster" / "postmaster.pid").exists() or not _owner_process(home):
        return
    programs = _programs_of(home / "cluster")
    run(
        [programs.folder / "pg_ctl", "--pgdata", home / "cluster", "--mode", "fast", "stop"],
        failure="The embedded PostgreSQL does not stop:",
        **_as(_account(home / "cluster")),
    )


def locate(folders: Folders) -> Path:
    """The folder of cluster, socket and log: in the clone, or where the server can work.

    Below ``/var/tmp`` when the server's user cannot reach the clone (root's home) or the socket's
    path would be too long; made when missing, readable by its owner alone.
    """
    home = folders.home / "pg"
    folders.home.mkdir(exist_ok=True)
    account = _account(home / "cluster")
    if not fits_socket(home) or not _reaches(account, folders.home):
        name = hashlib.sha256(os.fsencode(folders.root)).hexdigest()[:12]
        home = Path("/var/tmp") / f"{ADDON}-{name}"
        account = _account(home / "cluster")
    _own_folder(home, account)
    return home


def fits_socket(home: Path) -> bool:
    """Whether a socket in this folder has a path that the kernel takes."""
    return len(os.fsencode(home / f".s.PGSQL.{PORT}")) <= SOCKET_LIMIT


def forget_dead_server(home: Path) -> None:
    """Remove the traces of a server that was killed or that a reboot ended.

    PostgreSQL refuses to start when another program meanwhile has the process number it left.
    """
    if _owner_process(home):
        return
    for name in ("cluster/postmaster.pid", f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
        (home / name).unlink(missing_ok=True)


def _owner_process(home: Path) -> int | None:
    """The process that really serves the cluster, None when the pid file is stale."""
    try:
        pid = int((home / "cluster" / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    return pid if os.fsencode(home / "cluster") in command else None


def _own_folder(home: Path, account: Account | None) -> None:
    owner = account.uid if account else os.geteuid()
    if not home.exists():
        home.mkdir(mode=0o700, parents=True)
        if account:
            os.chown(home, account.uid, account.gid)
    found = home.lstat()
    # A folder below /var/tmp has a name that others can foresee.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise SetupError(
            f"{home} belongs to another user. Remove it, then run the same command again."
        )


def _account(cluster: Path) -> Account | None:
    """Whom the server runs as: the cluster's owner, or an unprivileged user instead of root."""
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        found = cluster.stat()
        return Account(found.st_uid, found.st_gid)
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_uid, user.pw_gid)
    raise SetupError("PostgreSQL does not run as root, and there is no user postgres or nobody.")


def _as(account: Account | None) -> dict:
    """Options to run a program as that user, in a folder that it can read."""
    return {"cwd": "/", **(account.options if account else {})}


def _reaches(account: Account | None, folder: Path) -> bool:
    if account is None:
        return True
    test = subprocess.run(["test", "-x", folder], cwd="/", **account.options)
    return test.returncode == 0


def _make_cluster(programs: Programs, home: Path) -> None:
    account = _account(home / "cluster")
    fresh = home / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    run(
        [programs.folder / "initdb", "--pgdata", fresh, "--username", ROLE, "--auth", "trust"]
        + ["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
        failure="The PostgreSQL cluster could not be made:",
        **_as(account),
    )
    with (fresh / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    fresh.rename(home / "cluster")


def _answers(programs: Programs, home: Path) -> bool:
    command = [programs.folder / "pg_isready", "--quiet", "--host", home, "--port", str(PORT)]
    return not subprocess.run(command, env=_without_pg_variables()).returncode


def _without_pg_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _programs() -> Programs:
    """The newest PostgreSQL of this machine, installed when there is none.

    :raises SetupError: none, and no right to install it.
    """
    found = list(_installed())
    if not any(programs.major >= OLDEST for programs in found):
        apt.install(["postgresql"], PURPOSE)
        found = list(_installed())
    usable = [programs for programs in found if programs.major >= OLDEST]
    if not usable:
        raise SetupError(f"{PURPOSE} is missing after its installation.")
    return max(usable, key=lambda programs: programs.major)


def _programs_of(cluster: Path) -> Programs:
    """The programs of the version that made the cluster: others cannot read it."""
    major = int((cluster / "PG_VERSION").read_text())
    for programs in _installed():
        if programs.major == major:
            return programs
    raise SetupError(
        f"The databases were made by PostgreSQL {major}, which is no longer installed.\n"
        "Install it again, or start anew: make clean"
    )


def _installed() -> Iterator[Programs]:
    for folder in _candidate_folders():
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            version = run([folder / "initdb", "--version"], "PostgreSQL cannot be run:")
            match = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", version)
            if match:
                yield Programs(int(match[1]), folder)


def _candidate_folders() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    yield from sorted(Path("/").glob("usr/pgsql-*/bin"))
    for program in ("initdb", "postgres"):
        if found := shutil.which(program):
            yield Path(os.path.realpath(found)).parent
    if shutil.which("pg_config"):
        yield Path(run(["pg_config", "--bindir"], "pg_config fails:").strip())


def _refuse_superuser() -> None:
    if os.environ.get("PGUSER") == "postgres":
        raise SetupError(
            "Odoo refuses to work as the database user postgres (PGUSER).\n"
            "Make a role that may create databases and name it: createuser --createdb odoo"
        )
