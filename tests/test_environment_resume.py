"""A set-up that was interrupted goes on; what is complete is not made again."""

import os

import pytest

from tools.environment import debian, stamps
from tools.environment.errors import SetupError
from tools.environment.paths import Folders


@pytest.fixture
def folders(tmp_path):
    found = Folders(tmp_path)
    found.home.mkdir()
    return found


@pytest.fixture
def archive(monkeypatch):
    """Stands in for Debian's archive; counts downloads, and breaks off when told to."""

    class Archive:
        downloads = 0
        breaks_off = False

    def unpack(_files, target):
        target.mkdir(parents=True)
        (target / "first").write_text("1")
        if Archive.breaks_off:
            raise KeyboardInterrupt
        (target / "second").write_text("2")

    def download(_folders, _packages):
        Archive.downloads += 1
        return []

    monkeypatch.setattr(debian, "_download", download)
    monkeypatch.setattr(debian, "_unpack", unpack)
    return Archive


def test_complete_source_is_kept(folders, archive):
    debian.fetch_odoo(folders)
    debian.fetch_odoo(folders)
    assert archive.downloads == 1
    assert (folders.source / "second").exists()
    assert (folders.source / debian.PLACEHOLDER).read_text() == debian.PLACEHOLDER_TEXT


def test_interrupted_unpacking_leaves_nothing_that_looks_complete(folders, archive):
    archive.breaks_off = True
    with pytest.raises(KeyboardInterrupt):
        debian.fetch_odoo(folders)
    assert not folders.source.exists()
    archive.breaks_off = False
    debian.fetch_odoo(folders)
    assert (folders.source / "second").exists()
    assert not (folders.home / "source.new").exists()


def test_another_list_of_packages_fetches_anew(folders, archive, monkeypatch):
    debian.fetch_odoo(folders)
    (folders.source / "stale").write_text("")
    monkeypatch.setattr(debian, "PACKAGES", ("odoo-19", "another"))
    debian.fetch_odoo(folders)
    assert archive.downloads == 2
    assert not (folders.source / "stale").exists()


def test_stamp_is_for_one_key_only(tmp_path):
    assert not stamps.is_current(tmp_path, "a")
    stamps.write(tmp_path, "a")
    assert stamps.is_current(tmp_path, "a")
    assert not stamps.is_current(tmp_path, "b")
    stamps.remove(tmp_path)
    assert not stamps.is_current(tmp_path, "a")


def test_digest_keeps_parts_apart():
    assert stamps.digest(["ab", "c"]) != stamps.digest(["a", "bc"])
    assert stamps.digest(["a", b"b"]) == stamps.digest([b"a", "b"])


def test_digest_of_tree_sees_contents_names_and_removals(tmp_path):
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / "a.py"
    file.write_text("1")
    first = stamps.digest_of_tree(tmp_path)
    file.write_text("2")
    changed = stamps.digest_of_tree(tmp_path)
    file.rename(tmp_path / "models" / "b.py")
    renamed = stamps.digest_of_tree(tmp_path)
    (tmp_path / "models" / "b.py").unlink()
    assert len({first, changed, renamed, stamps.digest_of_tree(tmp_path)}) == 4


def test_digest_of_tree_overlooks_what_is_told(tmp_path):
    before = stamps.digest_of_tree(tmp_path, skip=["tests"])
    for name in ("tests", "__pycache__"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text("")
    assert stamps.digest_of_tree(tmp_path, skip=["tests"]) == before
    assert stamps.digest_of_tree(tmp_path) != before


def test_digest_of_trees_sees_each_and_what_is_where(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (first / "x.py").write_text("1")
    before = stamps.digest_of_trees([first, second])
    (first / "x.py").rename(second / "x.py")
    moved = stamps.digest_of_trees([first, second])
    (second / "tests").mkdir()
    (second / "tests" / "x.py").write_text("2")
    assert stamps.digest_of_trees([first, second], skip=["tests"]) == moved
    assert len({before, moved, stamps.digest_of_trees([first, second])}) == 3


def test_archive_is_the_machines_own():
    printed = (
        "'http://mirror.example/security/dists/stable-security/InRelease' a_InRelease 0 \n"
        "'http://tools.example/apt/dists/any/InRelease' b_InRelease 0 \n"
        "'http://mirror.example/debian/dists/stable/InRelease' c_InRelease 0 \n"
        "'http://mirror.example/debian/dists/stable-updates/InRelease' d_InRelease 0 \n"
        "'http://mirror.example/debian/dists/stable/main/binary-all/Packages.xz' e_Packages 0 \n"
    )
    assert debian.archives(printed) == ["http://mirror.example/debian", "http://tools.example/apt"]
    assert debian.archives("") == []


def test_packages_are_those_of_today_not_all_that_lie_there():
    printed = (
        "'http://m.example/debian/pool/main/o/odoo/odoo-19_19.0_all.deb' odoo-19_19.0_all.deb "
        "122533504 SHA256:00\n"
        "'http://m.example/debian/pool/f/fonts_2%3a3_all.deb' fonts_2%3a3_all.deb 1 SHA256:11\n"
        "W: a warning\n"
    )
    assert debian.file_names(printed) == ["odoo-19_19.0_all.deb", "fonts_2%3a3_all.deb"]


def test_machine_without_apt_is_told_of_the_other_way(folders, monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda _name: None)
    with pytest.raises(SetupError, match="ODOO_SOURCE=/path/to/odoo"):
        debian.fetch_odoo(folders)


def test_only_unexpected_dangling_links_are_reported(tmp_path, capsys):
    for name in ("Inconsolata.otf", "jquery.js"):
        os.symlink("/nowhere", tmp_path / name)
    (tmp_path / "target").write_text("")
    os.symlink("target", tmp_path / "fine")
    debian._report_dangling(tmp_path)
    assert capsys.readouterr().err.split() == ["note:", "jquery.js", "points", "to", "nothing"]
