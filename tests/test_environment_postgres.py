"""The embedded PostgreSQL finds its place and gets over a server that was killed."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools.environment import postgres
from tools.environment.errors import SetupError
from tools.environment.paths import Folders


@pytest.fixture(autouse=True)
def ordinary_user(monkeypatch):
    """As an ordinary user sees it, whoever runs the tests; without a server of the user's own."""
    monkeypatch.setattr(postgres, "_account", lambda _cluster: None)
    for name in postgres.OWN_SERVER:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "cluster").mkdir()
    for name in ("cluster/postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (tmp_path / name).write_text("")
    return tmp_path


def write_pid(home, pid):
    (home / "cluster" / "postmaster.pid").write_text(f"{pid}\n{home}/cluster\n1700000000\n")


def test_place_is_in_the_clone_for_its_owner_alone(tmp_path):
    place = postgres.locate(Folders(tmp_path))
    assert place == tmp_path / ".odoo" / "pg"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize(("length", "fits"), [(107, True), (108, False)])
def test_socket_path_may_have_107_bytes(length, fits):
    rest = length - len("/.s.PGSQL.5432")
    assert postgres.fits_socket(Path("/" + "x" * (rest - 1))) is fits


def test_socket_path_is_counted_in_bytes():
    assert not postgres.fits_socket(Path("/" + "ж" * 60))


def test_long_path_moves_the_cluster(tmp_path, monkeypatch):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    made = []
    monkeypatch.setattr(postgres, "_own_folder", lambda place, _account: made.append(place))
    place = postgres.locate(Folders(deep))
    assert made == [place]
    assert place.parent == Path("/var/tmp")
    assert place == postgres.locate(Folders(deep))
    (tmp_path / ("y" * 100)).mkdir()
    assert place != postgres.locate(Folders(tmp_path / ("y" * 100)))


def test_unreachable_clone_moves_the_cluster(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_own_folder", lambda _place, _account: None)
    monkeypatch.setattr(postgres, "_reaches", lambda _account, _folder: False)
    assert postgres.locate(Folders(tmp_path)).parent == Path("/var/tmp")


def test_place_that_another_user_made_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(SetupError, match="belongs to another user"):
        postgres._own_folder(tmp_path / "link", None)


@pytest.mark.parametrize("pid", ["", "rubbish", "-1", str(2**22 + 1)])
def test_traces_of_a_dead_server_are_removed(home, pid):
    write_pid(home, pid)
    postgres.forget_dead_server(home)
    assert os.listdir(home) == ["cluster"]
    assert not os.listdir(home / "cluster")


def test_process_number_taken_by_another_program_is_no_server(home):
    write_pid(home, os.getpid())
    postgres.forget_dead_server(home)
    assert not os.listdir(home / "cluster")


def test_living_server_is_left_alone(home):
    # It speaks first: for a moment after its start a process has no command line.
    program = [sys.executable, "-c", "print(flush=True); input()", "-D", str(home / "cluster")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(program, **pipes) as server:
        server.stdout.readline()
        write_pid(home, server.pid)
        postgres.forget_dead_server(home)
        server.communicate(b"\n")
    assert (home / "cluster" / "postmaster.pid").exists()
    assert (home / ".s.PGSQL.5432").exists()


@pytest.mark.parametrize("name", ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD"])
def test_own_server_is_named_by_the_usual_variables(monkeypatch, name):
    assert not postgres.is_external()
    monkeypatch.setenv(name, "1")
    assert postgres.is_external()


def test_role_that_odoo_refuses_is_told_beforehand(tmp_path, monkeypatch):
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(SetupError, match="createuser --createdb odoo"):
        postgres.ensure(Folders(tmp_path))


def test_newest_usable_server_is_taken(monkeypatch):
    found = [postgres.Programs(major, Path(f"/{major}")) for major in (12, 17, 15)]
    monkeypatch.setattr(postgres, "_installed", lambda: iter(found))
    assert postgres._programs().major == 17


def test_server_that_is_too_old_asks_for_a_newer_one(monkeypatch):
    monkeypatch.setattr(postgres, "_installed", lambda: iter([postgres.Programs(12, Path("/12"))]))
    asked = []
    monkeypatch.setattr(postgres.apt, "install", lambda packages, _why: asked.append(packages))
    with pytest.raises(SetupError, match="13 or newer"):
        postgres._programs()
    assert asked == [["postgresql"]]


def test_cluster_of_a_removed_version_is_explained(home, monkeypatch):
    (home / "cluster" / "PG_VERSION").write_text("15\n")
    monkeypatch.setattr(postgres, "_installed", lambda: iter([postgres.Programs(17, Path("/17"))]))
    with pytest.raises(SetupError, match=r"made by PostgreSQL 15.*\n.*make clean"):
        postgres._programs_of(home / "cluster")
