"""How Odoo is called, and how its databases and logs are judged."""

import sys

import pytest

from tools.environment import (
    database,
    demo,
    install_log,
    launch,
    lint,
    manifest,
    odoo,
    paths,
    stamps,
    test_database,
    testing,
)
from tools.environment.errors import SetupError
from tools.environment.paths import ADDON, ADDONS, Folders

LOG = """\
2025-01-31 12:00:00,001 77 INFO db odoo.modules.loading: Loading module sales_growth (67/67)
2025-01-31 12:00:00,002 77 WARNING db odoo.addons.base.models.ir_ui_view: A button without text
View name: growth
2025-01-31 12:00:00,003 77 INFO db odoo.modules.registry: ERROR is only a word here
not ours to judge
2025-01-31 12:00:00,004 77 CRITICAL db odoo.service.server: Failed to initialize
Traceback (most recent call last):
  ValueError: x
"""


def test_warnings_and_errors_are_found_with_what_belongs_to_them():
    assert install_log.problems(LOG) == [
        "WARNING odoo.addons.base.models.ir_ui_view: A button without text\nView name: growth",
        "CRITICAL odoo.service.server: Failed to initialize\n"
        "Traceback (most recent call last):\n  ValueError: x",
    ]


def test_quiet_log_has_no_problems():
    assert install_log.problems(LOG.splitlines()[0]) == []


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["shell", "-d", "a"], "a"),
        (["shell", "-da"], "a"),
        (["shell", "--no-http", "--database", "a"], "a"),
        (["shell", "--database=a", "--log-level", "warn"], "a"),
        (["shell"], None),
        (["-d", "a", "-i", "base"], None),
        (["db", "drop", "-d", "a"], None),
        ([], None),
    ],
)
def test_database_of_a_shell(monkeypatch, arguments, name):
    monkeypatch.delenv("PGDATABASE", raising=False)
    assert launch.shell_database(arguments) == name


@pytest.mark.parametrize(
    ("mark", "exists", "action"),
    [
        (None, False, "install"),
        (database.UNFINISHED, True, "install"),
        ("old", True, "update"),
        ("new", True, "keep"),
    ],
)
def test_demo_database_is_made_changed_or_kept(mark, exists, action):
    assert demo.next_step(mark, exists, wanted="new") == action


def test_demo_database_of_the_user_is_not_touched():
    with pytest.raises(SetupError, match="was not made by make demo"):
        demo.next_step(None, True, wanted="new")


@pytest.fixture
def folders(tmp_path):
    """A clone whose Odoo is a small script that prints its arguments and the code it is given."""
    found = Folders(tmp_path)
    found.launcher.parent.mkdir(parents=True)
    found.python.symlink_to(sys.executable)
    found.launcher.write_text(
        "import os, sys\n"
        "print('Loading module a (10/12)')\n"
        "print('Loading module b (11/12)')\n"
        "print('Loading module c (12/12)')\n"
        "print(os.environ['ODOO_RC'], *sys.argv[1:])\n"
        "sys.exit(int(sys.argv[-1]))\n"
    )
    return found


def test_installation_shows_progress_and_keeps_its_log(folders, capsys):
    text = odoo.install(folders, "db", "--init", "x", "0", log=folders.home / "log")
    assert f"{folders.config} --database db --stop-after-init --no-http --init x 0" in text
    assert (folders.home / "log").read_text() == text
    shown = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert shown == ["... module 10 of 12: a", "... module 12 of 12: c"]


def test_failed_installation_shows_the_end_of_the_log(folders):
    with pytest.raises(SetupError) as caught:
        odoo.install(folders, "db", "3", log=folders.home / "log")
    message = str(caught.value)
    assert "Odoo failed on the database db" in message
    assert "Loading module c (12/12)" in message
    assert str(folders.home / "log") in message


# ------------------------------------------------------------
# SEVERAL ADDONS
# ------------------------------------------------------------

BOTH = ",".join(ADDONS)


@pytest.fixture
def two_addons(folders):
    """A clone of two addons, of which the second needs the first and another module."""
    for name, depends in zip(ADDONS, (["crm", "sale_crm"], [ADDON, "crm", "survey"]), strict=True):
        (folders.root / name).mkdir()
        (folders.root / name / "__manifest__.py").write_text(repr({"depends": depends}))
    folders.source.mkdir()
    (folders.source / stamps.NAME).write_text("1")
    return folders


class Server:
    """Stands in for PostgreSQL and Odoo: remembers marks and how Odoo was called."""

    def __init__(self):
        self.marks = {}
        self.calls = []

    def create(self, _folders, name, template=None):
        self.marks[name] = database.UNFINISHED

    def set_mark(self, _folders, name, text):
        self.marks[name] = text

    def install(self, _folders, name, *arguments, log):
        self.calls.append((name, *arguments))
        return ""


@pytest.fixture
def server(monkeypatch):
    found = Server()
    monkeypatch.setattr(database, "mark", lambda _folders, name: found.marks.get(name))
    monkeypatch.setattr(database, "exists", lambda _folders, name: name in found.marks)
    monkeypatch.setattr(database, "create", found.create)
    monkeypatch.setattr(database, "set_mark", found.set_mark)
    monkeypatch.setattr(odoo, "install", found.install)
    monkeypatch.delenv("ODOO_SOURCE", raising=False)
    return found


def test_the_main_addon_comes_first():
    assert ADDONS[0] == ADDON
    clone = paths.this_clone()
    assert clone.addon == clone.addons[0]
    assert all((addon / "__manifest__.py").exists() for addon in clone.addons)


def test_what_all_addons_need_is_not_what_they_are(two_addons):
    assert manifest.depends(two_addons) == ["crm", "sale_crm", "survey"]


def test_the_test_database_has_all_addons_as_they_are_now(two_addons, server):
    test_database.ensure(two_addons)
    test_database.ensure(two_addons)
    (two_addons.addons[1] / "models.py").write_text("")
    test_database.ensure(two_addons)
    base = (test_database.BASE, "--init", "crm,sale_crm,survey")
    assert server.calls == [base] + 2 * [(test_database.DATABASE, "--init", BOTH)]


def test_the_demo_has_all_addons_those_that_came_since_too(two_addons, server):
    demo._refresh(two_addons)
    demo._refresh(two_addons)
    (two_addons.addons[1] / "models.py").write_text("")
    demo._refresh(two_addons)
    assert server.calls == [
        (demo.DATABASE, "--init", BOTH, "--with-demo"),
        (demo.DATABASE, "--init", BOTH, "--update", BOTH),
    ]


def test_all_addons_are_tested_and_linted(two_addons, server, monkeypatch):
    commands = []
    monkeypatch.setattr(testing, "_pytest", lambda _folders, given: commands.append(given))
    monkeypatch.setattr(testing.browser, "ensure", lambda: None)
    testing.inside_odoo(two_addons, ["-k", "x"])
    monkeypatch.setattr(lint, "_fails", lambda _folders, name, given, *_: commands.append(given))
    lint.lint(two_addons)
    tests, *checks = commands
    assert tests[-4:] == [*(f"{addon}/tests" for addon in two_addons.addons), "-k", "x"]
    assert sum(command[-2:] == list(ADDONS) for command in checks) == 1
