"""Command line of ``tools/load_sales``."""

import argparse
import codecs
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .documents import OPTIONAL, REQUIRED

DESCRIPTION = """\
Load a sales history into Odoo as customers and confirmed sale orders.

FILE is CSV, plain or gzip, with a first line of column names: document, date, customer, amount
and, if it has them, country, currency and cost. Nothing is written while any line is bad. Running
it again skips the documents that are there, so an interrupted load is continued that way.
"""

EPILOG = """\
How the file is read:
  document  several lines with one document number become the lines of one order, dated with the
            earliest; they must agree on customer and currency
  date      ISO date or date and time, or as --date-format says; without a zone of its own it is
            in --timezone
  customer  looked up among contacts by --match, created as a company when not found
  amount    untaxed; a negative one becomes quantity -1 at a positive price
  country   for customers to create: code, or name in a language of the database; others are
            reported and left empty
  currency  ISO code of a currency that is active in Odoo and has a rate; without the column all
            amounts are in the company's currency
  cost      what the line's goods cost, for the margin, in the document's currency; of a credit,
            what comes back, with or without minus; empty is reported and counts as 0

An order keeps its document number as Source Document. Orders carry no taxes, salesperson or team.
Exit codes: 0 loaded or nothing to do, 1 file or database unfit, 2 wrong options, 130 interrupted.
"""

EXAMPLE = "tools/load_sales history.csv.gz -d shop --document invoice --amount net"


def parse_options(arguments):
    """
    :param list arguments: command line without the program's name
    :rtype: argparse.Namespace
    :raise SystemExit: with code 2 when the options make no sense
    """
    parser = argparse.ArgumentParser(
        prog="load_sales",
        description=DESCRIPTION,
        epilog=f"{EPILOG}\nExample: {EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("-d", "--database", required=True, metavar="NAME")
    parser.add_argument(
        "--company", metavar="NAME", help="needed when the database has several companies"
    )
    parser.add_argument(
        "--match",
        choices=("ref", "name"),
        default="ref",
        help="the file's customer is a contact's Reference (default) or its name",
    )
    parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
    parser.add_argument(
        "--batch",
        type=_positive,
        default=200,
        metavar="N",
        help="documents per transaction (default %(default)s)",
    )
    _add_columns(parser)
    _add_notation(parser)
    return parser.parse_args(arguments)


def _add_columns(parser):
    group = parser.add_argument_group("names of the columns, where they differ")
    for field in REQUIRED:
        group.add_argument(f"--{field}", metavar="COLUMN", default=field)
    for field in OPTIONAL:
        group.add_argument(f"--{field}", metavar="COLUMN")


def _add_notation(parser):
    group = parser.add_argument_group("how the file is written")
    group.add_argument("--date-format", metavar="FORMAT", default="", help="such as %%d.%%m.%%Y")
    group.add_argument(
        "--timezone",
        type=_zone,
        metavar="ZONE",
        help="such as Europe/London; default: that of the company's contact, else UTC",
    )
    group.add_argument("--decimal", choices=(".", ","), default=".", help="decimal mark")
    group.add_argument("--delimiter", type=_delimiter, default=",", help="';', or 'tab'")
    group.add_argument("--encoding", type=_encoding, default="utf-8-sig", help="default UTF-8")


def column_names(options):
    """Field -> ``(column name, whether the file must have it)``, as :func:`table.locate` takes."""
    names = {field: (getattr(options, field), True) for field in REQUIRED}
    for field in OPTIONAL:
        given = getattr(options, field)
        names[field] = (given or field, bool(given))
    return names


def _positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_positive.__name__ = "positive whole number"


def _zone(text):
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no time zone") from error


def _delimiter(text):
    mark = "\t" if text in ("tab", "\\t") else text
    if len(mark) != 1:
        raise argparse.ArgumentTypeError("one character, or 'tab'")
    return mark


def _encoding(text):
    try:
        return codecs.lookup(text).name
    except LookupError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no text encoding") from error
