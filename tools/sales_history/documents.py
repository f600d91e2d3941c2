"""Rows of a sales history as documents, with every bad line named."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from .cells import BadCell
from .table import NUL

REQUIRED = ("document", "date", "customer", "amount")
OPTIONAL = ("country", "currency", "cost")


class Problem(NamedTuple):
    """Why a line cannot be loaded."""

    line: int
    reason: str


class Item(NamedTuple):
    """One row's money, in the currency of its document; ``cost`` is never negative.

    A credit has a negative amount; its cost is what goes back with it.
    """

    amount: Decimal
    cost: Decimal


@dataclass(slots=True)
class Document:
    """All rows of one document number.

    :ivar line: number of its first line in the file
    :ivar moment: the earliest of its rows, UTC without time zone
    :ivar currency: ISO code; empty for the company's own
    """

    reference: str
    line: int
    customer: str
    currency: str
    moment: datetime
    items: list[Item] = field(default_factory=list)

    @property
    def amount(self):
        return sum((item.amount for item in self.items), Decimal(0))


@dataclass
class History:
    """What a file holds.

    :ivar documents: dict of reference -> :class:`Document`, in the order of the file
    :ivar problems: list of :class:`Problem` in line order; empty when the file may be loaded
    :ivar countries: dict of customer -> country as written on the customer's latest row
    :ivar moved: set of customers with rows of more than one country
    :ivar without_cost: number of rows whose cost is empty although there is a cost column
    """

    documents: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    countries: dict = field(default_factory=dict)
    moved: set = field(default_factory=set)
    without_cost: int = 0

    @property
    def customers(self):
        """Dict of customer -> number of its first line."""
        lines = {}
        for document in self.documents.values():
            lines.setdefault(document.customer, document.line)
        return lines

    def totals(self):
        """Sum of amounts: dict of currency code -> ``Decimal``."""
        totals = Counter()
        for document in self.documents.values():
            totals[document.currency] += document.amount
        return dict(totals)


def read_history(table, positions, notation, currencies):
    """Read all rows; several rows of one document become its items.

    :param Table table: an opened file
    :param dict positions: field -> position of its column (see :func:`table.locate`)
    :param Notation notation: how numbers and dates are written
    :param dict currencies: ISO code -> why it cannot be used, empty when it can
    :rtype: History
    """
    return _HistoryReader(len(table.header), positions, notation, currencies).read(table)


class _HistoryReader:
    def __init__(self, width, positions, notation, currencies):
        self._width = width
        self._positions = positions
        self._notation = notation
        self._currencies = currencies
        self._history = History()
        self._country_moments = {}

    def read(self, table):
        for line, cells in table.rows():
            reasons = self._take(line, cells)
            if reasons:
                self._history.problems.append(Problem(line, "; ".join(reasons)))
        return self._history

    def _take(self, line, cells):
        """Add the row to its document, or return the reasons why not."""
        if len(cells) != self._width:
            return [f"{len(cells)} cells, the header has {self._width}"]
        if any(NUL in cell for cell in cells):
            return ["a NUL character, which PostgreSQL cannot store"]
        texts = {field: cells[position] for field, position in self._positions.items()}
        reasons = [f"{field} is empty" for field in REQUIRED if not texts[field]]
        moment = self._parse(self._notation.moment, texts, "date", reasons)
        amount = self._parse(self._notation.number, texts, "amount", reasons)
        cost = self._parse(self._notation.number, texts, "cost", reasons)
        if cost and cost < 0 and amount is not None and amount >= 0:
            reasons.append(f"cost {cost} is negative, amount {amount} is not")
        currency = self._currency(texts, reasons)
        document = self._history.documents.get(texts["document"])
        if document:
            reasons += _conflicts(document, texts["customer"], currency)
        if reasons:
            return reasons
        if not document:
            document = Document(texts["document"], line, texts["customer"], currency, moment)
            self._history.documents[document.reference] = document
        document.moment = min(document.moment, moment)
        document.items.append(Item(amount, abs(cost or Decimal(0))))
        self._history.without_cost += "cost" in texts and cost is None
        self._note_country(texts, moment)
        return []

    def _parse(self, parse, texts, field, reasons):
        text = texts.get(field)
        if not text:
            return None
        try:
            return parse(text)
        except BadCell as error:
            reasons.append(f"{field} {error}")
            return None

    def _currency(self, texts, reasons):
        if "currency" not in texts:
            return ""
        code = texts["currency"].upper()
        reason = self._currencies.get(code, f"unknown currency '{code}'")
        if not code:
            reason = "currency is empty"
        if reason:
            reasons.append(reason)
        return None if reason else code

    def _note_country(self, texts, moment):
        country, customer = texts.get("country"), texts["customer"]
        if not country:
            return
        known = self._history.countries.get(customer)
        if known and known != country:
            self._history.moved.add(customer)
        if not known or moment >= self._country_moments[customer]:
            self._history.countries[customer] = country
            self._country_moments[customer] = moment


def _conflicts(document, customer, currency):
    where = f"document '{document.reference}' on line {document.line}"
    if customer and customer != document.customer:
        yield f"customer is '{customer}', but {where} is of '{document.customer}'"
    if currency is not None and currency != document.currency:
        yield f"currency is {currency}, but {where} is in {document.currency}"


def describe(problems, limit=20):
    """The bad lines as text, one to a line, cut after ``limit`` with a count of the rest."""
    ordered = sorted(problems)
    lines = [f"  line {problem.line}: {problem.reason}" for problem in ordered[:limit]]
    if len(ordered) > limit:
        lines.append(f"  ... and {len(ordered) - limit:,} more")
    return "\n".join(lines)
