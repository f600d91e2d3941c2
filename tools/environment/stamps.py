"""Stamps: a folder that was made completely says from what, so that a rerun skips or redoes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

NAME = ".stamp"


def digest(parts: Iterable[str | bytes]) -> str:
    """A short fingerprint of some texts, in order."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:16]


def digest_of_tree(folder: Path, skip: Iterable[str] = ()) -> str:
    """A fingerprint of all files below a folder: their names and contents.

    :param skip: names of files or folders that do not count, at any depth.
    """
    ignored = {"__pycache__", *skip}
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not ignored.intersection(path.relative_to(folder).parts)
    )
    parts: list[str | bytes] = []
    for path in files:
        parts += [path.relative_to(folder).as_posix(), path.read_bytes()]
    return digest(parts)


def digest_of_trees(folders: Iterable[Path], skip: Iterable[str] = ()) -> str:
    """A fingerprint of all files below some folders, in order: see `digest_of_tree`."""
    skipped = list(skip)
    return digest(digest_of_tree(folder, skipped) for folder in folders)


def is_current(folder: Path, key: str) -> bool:
    """Whether the folder was finished from what the key stands for."""
    try:
        return (folder / NAME).read_text() == key
    except OSError:
        return False


def write(folder: Path, key: str) -> None:
    """Declare the folder finished."""
    (folder / NAME).write_text(key)


def remove(folder: Path) -> None:
    """Declare the folder unfinished, before changing it in place."""
    (folder / NAME).unlink(missing_ok=True)
