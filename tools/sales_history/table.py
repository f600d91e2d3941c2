"""A delimited text file, plain or gzip, as a header and numbered rows."""

import csv
import gzip
import io
import zlib
from contextlib import contextmanager

GZIP_MAGIC = b"\x1f\x8b"
# Stands for a NUL character, at which the csv module of Python 3.10 gives up.
NUL = "\N{SYMBOL FOR NULL}"


class UnreadableFile(Exception):
    """The file as a whole cannot be used; the message is for the person who gave it."""


class Table:
    """The header and the rows of an opened file.

    :ivar list header: names of the columns, stripped of surrounding spaces
    """

    def __init__(self, path, stream, delimiter):
        self._path = path
        lines = (line.replace("\0", NUL) for line in stream)
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        _line, self.header = self._next_row()
        if not self.header:
            raise UnreadableFile(f"{path} is empty: a first line with column names is needed.")

    def rows(self):
        """Yield ``(line, cells)``: number of the row's first line (header = 1), stripped cells.

        Rows without any content, as spreadsheets leave at the end, are passed over.

        :raise UnreadableFile: when the text cannot be decoded, unpacked or split into cells
        """
        line, cells = self._next_row()
        while cells:
            yield line, cells
            line, cells = self._next_row()

    def _next_row(self):
        """The next row that holds something; no cells at the end of the file."""
        try:
            while True:
                line = self._reader.line_num + 1
                row = next(self._reader, None)
                if row is None:
                    return line, []
                cells = [cell.strip() for cell in row]
                if any(cells):
                    return line, cells
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"{self._path} is not {error.encoding} text (after line {line - 1}): save it as "
                "CSV in UTF-8, or name its encoding with --encoding."
            ) from error
        except csv.Error as error:
            raise UnreadableFile(f"{self._path}, line {line}: {error}.") from error
        except (EOFError, OSError, zlib.error) as error:
            raise UnreadableFile(
                f"{self._path} cannot be read after line {line - 1}: {error}."
            ) from error


@contextmanager
def open_table(path, delimiter=",", encoding="utf-8-sig"):
    """Open a text file, unpacking it when it is gzip, as a :class:`Table`.

    :raise UnreadableFile: when it is missing, may not be read or holds no header
    """
    with _open_bytes(path) as raw:
        packed = raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
        binary = gzip.GzipFile(fileobj=raw) if packed else raw
        with io.TextIOWrapper(binary, encoding=encoding, newline="") as stream:
            yield Table(path, stream, delimiter)


def _open_bytes(path):
    try:
        return open(path, "rb")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be opened: {error.strerror}.") from error


def locate(header, names):
    """Where the wanted columns stand.

    :param list header: column names of the file
    :param dict names: field -> ``(column name, whether the file must have it)``
    :return: dict of field -> position; optional columns the file lacks are left out
    :raise UnreadableFile: when a needed column is missing or a wanted one is there twice
    """
    columns = ", ".join(header)
    missing = [
        f"'{name}' (--{field})"
        for field, (name, needed) in names.items()
        if needed and name not in header
    ]
    if missing:
        raise UnreadableFile(
            f"The file has no column {', '.join(missing)}. Its columns are: {columns}. "
            "Say which is which with the options in brackets."
        )
    found = {field: name for field, (name, _needed) in names.items() if name in header}
    twice = [name for name in found.values() if header.count(name) > 1]
    if twice:
        raise UnreadableFile(f"The file has column '{twice[0]}' twice. Its columns are: {columns}.")
    return {field: header.index(name) for field, name in found.items()}
