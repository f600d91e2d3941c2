"""The text of one cell as a number or a moment."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from decimal import Decimal

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)

# Above this a binary float, which Odoo computes with, no longer tells every cent apart.
LARGEST = Decimal(10) ** 12

# A two-digit year read as a four-digit one gives a year of our era's first century.
FIRST_YEAR = 1900


class BadCell(ValueError):
    """The text cannot be read as what it should be; the message says why."""


@dataclass(frozen=True)
class Notation:
    """How the file writes numbers and dates.

    :ivar zone: time zone of moments that name none themselves
    :ivar date_format: as of ``strptime``; empty for ISO dates and times
    :ivar decimal_mark: what stands before the decimals
    """

    zone: tzinfo = timezone.utc
    date_format: str = ""
    decimal_mark: str = "."

    def number(self, text):
        """The number, exactly as written.

        :rtype: decimal.Decimal
        :raise BadCell: for anything but a finite number below 10**12 without grouping marks
        """
        # Swapping the two marks turns a grouping point of "1.234,50" into a second decimal mark.
        plain = text.translate(str.maketrans({self.decimal_mark: ".", ".": self.decimal_mark}))
        if not NUMBER.fullmatch(plain):
            raise BadCell(f"'{text}' is not a number")
        number = Decimal(plain)
        if abs(number) >= LARGEST:
            raise BadCell(f"{text} is too large")
        return number

    def moment(self, text):
        """The moment in UTC, to the second, without time zone (as Odoo stores it).

        :rtype: datetime.datetime
        :raise BadCell: when the text is not of the expected form or lies before 1900
        """
        try:
            moment = self._parse(text)
        except ValueError as error:
            raise BadCell(f"'{text}' is not a date ({self._expected()})") from error
        if moment.year < FIRST_YEAR:
            raise BadCell(f"'{text}' is a date before {FIRST_YEAR}")
        if not moment.tzinfo:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)

    def _parse(self, text):
        if self.date_format:
            return datetime.strptime(text, self.date_format)
        return datetime.fromisoformat(text)

    def _expected(self):
        if self.date_format:
            return f"--date-format is {self.date_format}"
        return "expected as 2025-12-31 or 2025-12-31 23:59:59, see --date-format"
