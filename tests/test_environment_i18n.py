"""Translations brought in line with the template."""

import polib
import pytest

from tools.environment import i18n


def catalog(*entries, date="2026-01-01 00:00+0000", **headers):
    """A file of terms: pairs of a term and its translation, or entries."""
    made = polib.POFile()
    made.metadata = {"POT-Creation-Date": date, **headers}
    for entry in entries:
        is_entry = isinstance(entry, polib.POEntry)
        made.append(entry if is_entry else polib.POEntry(msgid=entry[0], msgstr=entry[1]))
    return made


def pairs(made):
    return [(entry.msgid, entry.msgstr) for entry in made]


def test_translated_terms_stay_new_ones_are_empty_old_ones_go():
    template = catalog(("Added", ""), ("Kept", ""))
    merged = i18n.merge(template, catalog(("Kept", "Осталось"), ("Gone", "Ушло")))
    assert pairs(merged) == [("Added", ""), ("Kept", "Осталось")]
    assert [entry.msgid for entry in i18n.waiting(merged)] == ["Added"]


def test_places_come_from_the_template_and_marks_from_the_translation():
    term = polib.POEntry(msgid="Rank", comment="module: x", occurrences=[("new.py", "0")])
    old = polib.POEntry(
        msgid="Rank", msgstr="Место", occurrences=[("old.py", "0")], flags=["fuzzy"], tcomment="?"
    )
    (merged,) = i18n.merge(catalog(term), catalog(old))
    assert merged.occurrences == [("new.py", "0")]
    assert merged.comment == "module: x"
    assert (merged.msgstr, merged.flags, merged.tcomment) == ("Место", ["fuzzy"], "?")


def test_a_term_that_came_back_is_translated_anew():
    obsolete = polib.POEntry(msgid="Rank", msgstr="Место", obsolete=True)
    assert pairs(i18n.merge(catalog(("Rank", "")), catalog(obsolete))) == [("Rank", "")]


def test_the_header_is_that_of_the_translation():
    template = catalog(date="2026-02-02 00:00+0000")
    translation = catalog(Language="ru")
    assert i18n.merge(template, translation).metadata == {
        "POT-Creation-Date": "2026-02-02 00:00+0000",
        "Language": "ru",
    }


@pytest.mark.parametrize(("text", "is_written"), [("Место", False), ("Ранг", True)])
def test_a_new_date_alone_changes_no_file(tmp_path, text, is_written):
    path = tmp_path / "ru.po"
    i18n._save(catalog(("Rank", "Место")), path)
    before = path.read_text()
    i18n._save(catalog(("Rank", text), date="2026-02-02 00:00+0000"), path)
    assert (path.read_text() != before) is is_written


def test_the_files_are_named_after_their_addon(tmp_path, capsys):
    place = tmp_path / "some_addon" / "i18n"
    place.mkdir(parents=True)
    catalog(("Kept", "Осталось"), ("Gone", "Ушло")).save(str(place / "ru.po"))
    i18n.write(place.parent, catalog(("Added", ""), ("Kept", "")))
    assert pairs(polib.pofile(str(place / "some_addon.pot"))) == [("Added", ""), ("Kept", "")]
    assert pairs(polib.pofile(str(place / "ru.po"))) == [("Added", ""), ("Kept", "Осталось")]
    assert "some_addon, ru.po: 2 terms, 1 to translate" in capsys.readouterr().err
