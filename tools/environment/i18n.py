"""The terms of the addons exported anew into their templates, and the translations in line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polib

from . import odoo, prepare, test_database
from .console import say, step
from .paths import Folders
from .process import run


def refresh(folders: Folders) -> None:
    """Write the template of each addon, ``i18n/<addon>.pot``, and every ``i18n/*.po`` beside it.

    A new language begins as a copy of the template under the name of the language, ``de.po``.

    :raises errors.SetupError: the addons do not install cleanly, or Odoo's export failed.
    """
    with prepare.locked(folders, "test run"):
        test_database.ensure(folders)
        templates = {addon: _export(folders, addon.name) for addon in folders.addons}
    for addon, template in templates.items():
        write(addon, template)


def write(addon: Path, template: polib.POFile) -> None:
    """Save the template of an addon, and bring its translations in line with it.

    :param addon: its folder
    """
    place = addon / "i18n"
    place.mkdir(exist_ok=True)
    _save(template, place / f"{addon.name}.pot")
    for path in sorted(place.glob("*.po")):
        merged = merge(template, polib.pofile(str(path)))
        _save(merged, path)
        found = f"{len(merged)} terms, {len(waiting(merged))} to translate"
        say(f"    {addon.name}, {path.name}: {found}")


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


def _export(folders: Folders, addon: str) -> polib.POFile:
    with step(f"Exporting the terms of {addon}"), tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{addon}.pot"
        options = ["--database", test_database.DATABASE, "--output", str(path), addon]
        run(
            odoo.command(folders, "i18n", "export", *options),
            failure=f"The terms of {addon} could not be exported:",
            env=odoo.environment(folders),
        )
        return polib.pofile(str(path))


def _save(catalog: polib.POFile, path: Path) -> None:
    """Write the file, unless nothing but its date would change."""
    if not path.exists() or _terms(polib.pofile(str(path))) != _terms(catalog):
        catalog.save(str(path))


def _terms(catalog: polib.POFile) -> list[str]:
    return [str(entry) for entry in catalog]
