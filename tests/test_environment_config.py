"""What the set-up writes down, and what it refuses to write down."""

import configparser
from pathlib import Path

import pytest

from tools.environment import checks, config, postgres, source
from tools.environment.errors import SetupError
from tools.environment.paths import Folders


def parsed(text):
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return dict(parser["options"])


@pytest.fixture
def folders(tmp_path):
    found = Folders(tmp_path)
    found.home.mkdir()
    return found


@pytest.fixture(autouse=True)
def no_own_server(monkeypatch):
    for name in postgres.OWN_SERVER:
        monkeypatch.delenv(name, raising=False)


def test_embedded_server_is_reached_by_its_socket():
    options = parsed(config.render(Folders(Path("/a clone")), Path("/a clone/.odoo/pg")))
    assert options == {
        "addons_path": "/a clone",
        "data_dir": "/a clone/.odoo/data",
        "db_host": "/a clone/.odoo/pg",
        "db_port": "5432",
        "db_user": "odoo",
        "http_interface": "127.0.0.1",
        "http_port": "8069",
    }


def test_own_server_stays_out_of_the_file(folders, monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGPASSWORD", "secret")
    config.ensure(folders)
    text = folders.config.read_text()
    assert "secret" not in text
    assert not [name for name in parsed(text) if name.startswith("db_")]


def test_change_of_server_rewrites_the_file(folders, monkeypatch):
    monkeypatch.setattr(postgres, "locate", lambda _folders: Path("/elsewhere"))
    config.ensure(folders)
    assert parsed(folders.config.read_text())["db_host"] == "/elsewhere"
    monkeypatch.setenv("PGHOST", "db.example")
    config.ensure(folders)
    assert "db_host" not in parsed(folders.config.read_text())


def test_file_that_fits_is_left_alone(folders, monkeypatch):
    monkeypatch.setattr(postgres, "locate", lambda _folders: Path("/elsewhere"))
    config.ensure(folders)
    before = folders.config.stat().st_mtime_ns
    config.ensure(folders)
    assert folders.config.stat().st_mtime_ns == before


def test_comma_in_the_path_is_refused(tmp_path):
    with pytest.raises(SetupError, match="comma"):
        checks.require_usable_path(tmp_path / "a,b")


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("version_info = (19, 0, 0, FINAL, 0, '')\n", (19, 0)),
        ("version_info = ('saas~18', 3, 0, FINAL, 0, '')\n", (18, 3)),
        ("version_info = (17, 0, 0, FINAL, 0, '')\n", (17, 0)),
        ("nothing = 1\n", None),
    ],
)
def test_series_of_an_odoo(tmp_path, text, series):
    release = tmp_path / "release.py"
    release.write_text(text)
    assert source.read_series(release) == series


def test_own_odoo_of_another_version_is_refused(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0, 'final', 0, '')\n")
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    with pytest.raises(SetupError, match=r"is Odoo 18\.0; this addon needs 19\.0"):
        source.own_source()


def test_folder_without_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    with pytest.raises(SetupError, match="holds no Odoo"):
        source.own_source()


def test_own_odoo_is_taken(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (19, 0, 0, 'final', 0, '')\n")
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    assert source.python_path(Folders(Path("/clone"))) == tmp_path


def test_without_own_odoo_the_fetched_one_is_used(monkeypatch):
    monkeypatch.delenv("ODOO_SOURCE", raising=False)
    found = source.python_path(Folders(Path("/clone")))
    assert found == Path("/clone/.odoo/source/usr/lib/python3/dist-packages")
