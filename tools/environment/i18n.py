"""The terms of the addon exported anew into the template, and the translations brought in line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polib

from . import odoo, prepare, test_database
from .console import say, step
from .paths import ADDON, Folders
from .process import run


def refresh(folders: Folders) -> None:
    """Write ``i18n/sales_growth.pot`` and every ``i18n/*.po`` beside it.

    A new language begins as a copy of the template under the name of the language, ``de.po``.

    :raises errors.SetupError: the addon does not install cleanly, or Odoo's export failed.
    """
    with prepare.locked(folders, "test run"):
        test_database.ensure(folders)
        template = _export(folders)
    place = folders.addon / "i18n"
    place.mkdir(exist_ok=True)
    _save(template, place / f"{ADDON}.pot")
    for path in sorted(place.glob("*.po")):
        merged = merge(template, polib.pofile(str(path)))
        _save(merged, path)
        say(f"    {path.name}: {len(merged)} terms, {len(waiting(merged))} to translate")


def merge(template: polib.POFile, translation: polib.POFile) -> polib.POFile:
    """The terms of the template with what the translation has for them; its other terms are gone.

    :return: a new file with the header of the translation
    """
    known = {entry.msgid: entry for entry in translation if not entry.obsolete}
    merged = polib.POFile()
    merged.header = translation.header
    merged.metadata = {
        **translation.metadata,
        "POT-Creation-Date": template.metadata["POT-Creation-Date"],
    }
    for term in template:
        old = known.get(term.msgid, term)
        merged.append(
            polib.POEntry(
                msgid=term.msgid,
                msgstr=old.msgstr,
                comment=term.comment,
                occurrences=term.occurrences,
                tcomment=old.tcomment,
                flags=old.flags,
            )
        )
    return merged


def waiting(translation: polib.POFile) -> list[polib.POEntry]:
    """The terms that still need a translator."""
    return [*translation.untranslated_entries(), *translation.fuzzy_entries()]


def _export(folders: Folders) -> polib.POFile:
    with step(f"Exporting the terms of {ADDON}"), tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{ADDON}.pot"
        options = ["--database", test_database.DATABASE, "--output", str(path), ADDON]
        run(
            odoo.command(folders, "i18n", "export", *options),
            failure=f"The terms of {ADDON} could not be exported:",
            env=odoo.environment(folders),
        )
        return polib.pofile(str(path))


def _save(catalog: polib.POFile, path: Path) -> None:
    """Write the file, unless nothing but its date would change."""
    if not path.exists() or _terms(polib.pofile(str(path))) != _terms(catalog):
        catalog.save(str(path))


def _terms(catalog: polib.POFile) -> list[str]:
    return [str(entry) for entry in catalog]
