"""Databases: made, copied, dropped and marked. Runs in the environment's Python (psycopg2).

A mark is the database's comment: it says what the set-up made it from, lives and dies with it,
and is missing on databases that are not ours to drop.
"""

from __future__ import annotations

import contextlib
import os
import shutil

import psycopg2
from psycopg2 import sql

from . import postgres
from .errors import SetupError
from .paths import ADDON, Folders
from .process import tail

PREFIX = f"{ADDON} "
UNFINISHED = "unfinished"
OLDEST = postgres.OLDEST


@contextlib.contextmanager
def connection(folders: Folders, name: str = "postgres"):
    """A cursor on a database of the server in use, each statement committed at once.

    :raises SetupError: the server does not let us in or refuses a statement.
    """
    options = {"dbname": name}
    if not postgres.is_external():
        options |= {"host": str(postgres.locate(folders)), "port": postgres.PORT}
        options |= {"user": postgres.ROLE}
    try:
        link = psycopg2.connect(**options)
    except psycopg2.OperationalError as error:
        raise SetupError(
            f"PostgreSQL does not let us in:\n{tail(str(error))}\n{_advice()}"
        ) from error
    if link.server_version < OLDEST * 10000:
        raise SetupError(f"PostgreSQL is too old: {link.server_version // 10000}.\n{_advice()}")
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise SetupError(f"PostgreSQL refused:\n{tail(str(error))}\n{_advice()}") from error
    finally:
        link.close()


def exists(folders: Folders, name: str) -> bool:
    """Whether the server has a database of this name."""
    with connection(folders) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return bool(cursor.fetchone())


def mark(folders: Folders, name: str) -> str | None:
    """What the database was made from; None when there is none or it is not ours."""
    with connection(folders) as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
        row = cursor.fetchone()
    text = row[0] if row else None
    return text[len(PREFIX) :] if text and text.startswith(PREFIX) else None


def set_mark(folders: Folders, name: str, text: str) -> None:
    """Say what the database was made from."""
    with connection(folders) as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS %s").format(sql.Identifier(name)), [PREFIX + text]
        )


def create(folders: Folders, name: str, template: str | None = None) -> None:
    """Make a database marked as unfinished, with its file store, instead of one of ours.

    :param template: database to copy; an empty one is made when left out.
    :raises SetupError: a database of this name is there and not ours.
    """
    drop(folders, name)
    if template:
        _copy(folders, name, template)
    else:
        _create_empty(folders, name)


def _create_empty(folders: Folders, name: str) -> None:
    # As Odoo makes its own, so that they can be told from the user's by the mark from the start.
    with connection(folders) as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE DATABASE {} ENCODING 'unicode' LC_COLLATE 'C' TEMPLATE template0"
            ).format(sql.Identifier(name))
        )
    set_mark(folders, name, UNFINISHED)
    with connection(folders, name) as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def _copy(folders: Folders, name: str, template: str) -> None:
    with connection(folders) as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template]
        )
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    set_mark(folders, name, UNFINISHED)
    if (folders.filestores / template).exists():
        shutil.copytree(folders.filestores / template, folders.filestores / name)


def drop(folders: Folders, name: str) -> None:
    """Drop a database of ours and its file store; a no-op when there is none.

    :raises SetupError: it is there and not ours.
    """
    if exists(folders, name):
        if mark(folders, name) is None:
            raise SetupError(
                f"The database {name} was not made by this set-up, so it is not dropped.\n"
                f"Rename it or drop it yourself: bin/odoo db drop {name}"
            )
        with connection(folders) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    shutil.rmtree(folders.filestores / name, ignore_errors=True)


def _advice() -> str:
    if postgres.is_external():
        host = os.environ.get("PGHOST", "the default host")
        return (
            f"The PG* variables name this server ({host}). It must run, be version {OLDEST}\n"
            "or newer and let their role create databases; unset them for the embedded one."
        )
    return "Start anew when this stays: make clean"
