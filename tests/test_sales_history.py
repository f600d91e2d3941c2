"""Reading a sales history: what a file may look like, and which lines are refused and why."""

import gzip
import io
import os
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tools.sales_history.cells import BadCell, Notation
from tools.sales_history.documents import Problem, describe, read_history
from tools.sales_history.options import column_names, parse_options
from tools.sales_history.progress import Progress
from tools.sales_history.table import UnreadableFile, locate, open_table

CURRENCIES = {"EUR": "", "USD": "", "CHF": "currency CHF has no rate in Odoo"}
HEADER = "document,date,customer,amount"
WIDE_HEADER = f"{HEADER},country,currency,cost"
NO_ISO_DATE = "is not a date (expected as 2025-12-31 or 2025-12-31 23:59:59, see --date-format)"
HISTORY_NAME = "online_retail_invoices.csv.gz"


@pytest.fixture
def read(tmp_path):
    """Read a text as the command would, with the given options."""

    def read_text(text, *options, notation=None):
        path = tmp_path / "history.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        parsed = parse_options([str(path), "-d", "unused", *options])
        with open_table(path, parsed.delimiter, parsed.encoding) as table:
            positions = locate(table.header, column_names(parsed))
            return read_history(table, positions, notation or Notation(), CURRENCIES)

    return read_text


def only_problem(history):
    (problem,) = history.problems
    return problem


# ---------------------------------------------------------------- documents


def test_rows_become_documents(read):
    history = read(
        f"{WIDE_HEADER}\n"
        "S1,2025-03-01 09:30:15,Acme,100.10,BE,eur,60\n"
        "S2,2025-03-02,Bolt,-20,,USD,-12.5\n"
    )
    assert not history.problems
    first, second = history.documents.values()
    assert (first.reference, first.line, first.customer) == ("S1", 2, "Acme")
    assert (first.currency, first.moment) == ("EUR", datetime(2025, 3, 1, 9, 30, 15))
    assert first.items == [(Decimal("100.10"), Decimal(60))]
    assert second.items == [(Decimal(-20), Decimal("12.5"))]
    assert second.moment == datetime(2025, 3, 2)
    assert history.countries == {"Acme": "BE"}
    assert history.totals() == {"EUR": Decimal("100.10"), "USD": Decimal(-20)}


def test_rows_of_one_document_are_grouped_and_dated_with_the_earliest(read):
    history = read(
        f"{HEADER}\nS1,2025-03-02,Acme,10.10\nS2,2025-03-05,Acme,7\nS1,2025-03-01,Acme,-0.20\n"
    )
    first = history.documents["S1"]
    assert [item.amount for item in first.items] == [Decimal("10.10"), Decimal("-0.20")]
    assert first.amount == Decimal("9.90")
    assert first.moment == datetime(2025, 3, 1)
    assert list(history.documents) == ["S1", "S2"]
    assert history.customers == {"Acme": 2}


def test_one_document_of_two_customers_or_currencies_is_refused(read):
    history = read(
        f"{HEADER},currency\n"
        "S1,2025-03-01,Acme,1,EUR\nS1,2025-03-01,Bolt,1,EUR\nS1,2025-03-01,Acme,1,USD\n"
    )
    assert history.problems == [
        Problem(3, "customer is 'Bolt', but document 'S1' on line 2 is of 'Acme'"),
        Problem(4, "currency is USD, but document 'S1' on line 2 is in EUR"),
    ]


def test_latest_country_of_a_customer_counts(read):
    history = read(
        f"{HEADER},country\n"
        "S1,2025-03-03,Acme,1,Austria\nS2,2025-03-01,Acme,1,Cyprus\nS3,2025-03-04,Acme,1,\n"
        "S4,2025-03-01,Bolt,1,Malta\n"
    )
    assert history.countries == {"Acme": "Austria", "Bolt": "Malta"}
    assert history.moved == {"Acme"}


def test_empty_costs_are_counted_and_zero_is_not_empty(read):
    history = read(f"{HEADER},cost\nS1,2025-03-01,Acme,5,\nS2,2025-03-01,Acme,5,0\n")
    assert not history.problems
    assert history.without_cost == 1
    assert read(f"{HEADER}\nS1,2025-03-01,Acme,5\n").without_cost == 0


# ---------------------------------------------------------------- bad lines


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2025-03-01,Acme,1,,EUR,", "document is empty"),
        ("S1,,Acme,1,,EUR,", "date is empty"),
        ("S1,2025-03-01, ,1,,EUR,", "customer is empty"),
        ("S1,2025-03-01,Acme,,,EUR,", "amount is empty"),
        ("S1,2025-03-01,Acme,ten,,EUR,", "amount 'ten' is not a number"),
        ("S1,2025-03-01,Acme,nan,,EUR,", "amount 'nan' is not a number"),
        ("S1,2025-03-01,Acme,-inf,,EUR,", "amount '-inf' is not a number"),
        ("S1,2025-03-01,Acme,1_000,,EUR,", "amount '1_000' is not a number"),
        ("S1,2025-03-01,Acme,1e300,,EUR,", "amount 1e300 is too large"),
        ("S1,2025-03-01,Acme,1,,EUR,cheap", "cost 'cheap' is not a number"),
        ("S1,2025-03-01,Acme,1,,EUR,NaN", "cost 'NaN' is not a number"),
        ("S1,2025-03-01,Acme,1,,EUR,-1", "cost -1 is negative, amount 1 is not"),
        ("S1,2025-03-01,Acme,0,,EUR,-1", "cost -1 is negative, amount 0 is not"),
        ("S1,2025-03-01,Acme,1,,XXX,", "unknown currency 'XXX'"),
        ("S1,2025-03-01,Acme,1,,,", "currency is empty"),
        ("S1,2025-03-01,Acme,1,,CHF,", "currency CHF has no rate in Odoo"),
        ("S1,2025-03-01,Ac\0me,1,,EUR,", "a NUL character, which PostgreSQL cannot store"),
        ("S1,2025-03-01,Acme,1,,EUR", "6 cells, the header has 7"),
        ("S1,2025-03-01,Acme,1,,EUR,,", "8 cells, the header has 7"),
        (
            "S1,01/03/2025,Acme,1,,EUR,",
            f"date '01/03/2025' {NO_ISO_DATE}",
        ),
        (
            "S1,2025-02-30,Acme,1,,EUR,",
            f"date '2025-02-30' {NO_ISO_DATE}",
        ),
        ("S1,0025-03-01,Acme,1,,EUR,", "date '0025-03-01' is a date before 1900"),
        (",,Acme,x,,EUR,", "document is empty; date is empty; amount 'x' is not a number"),
    ],
)
def test_bad_line_is_named_with_its_reason(read, row, reason):
    good = "S0,2025-03-01,Acme,1,BE,EUR,1"
    history = read(f"{WIDE_HEADER}\n{good}\n{row}\n")
    assert only_problem(history) == Problem(3, reason)
    assert list(history.documents) == ["S0"]


def test_all_bad_lines_are_collected(read):
    rows = "".join(f"S{number},2025-03-01,Acme,text\n" for number in range(50))
    history = read(f"{HEADER}\n{rows}")
    assert [problem.line for problem in history.problems] == list(range(2, 52))
    text = describe(history.problems, limit=3)
    assert text.splitlines() == [
        "  line 2: amount 'text' is not a number",
        "  line 3: amount 'text' is not a number",
        "  line 4: amount 'text' is not a number",
        "  ... and 47 more",
    ]
    assert "more" not in describe(history.problems[:3], limit=3)


def test_line_numbers_hold_after_quoted_line_breaks_and_blank_lines(read):
    history = read(f'{HEADER}\nS1,2025-03-01,"Acme\nand sons",1\n\n,,,\nS2,2025-03-01,Bolt,x\n')
    assert only_problem(history) == Problem(6, "amount 'x' is not a number")
    assert history.documents["S1"].customer == "Acme\nand sons"


# ---------------------------------------------------------------- notation


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("12.50", ".", "12.50"),
        ("+.5", ".", "0.5"),
        ("-7.", ".", "-7"),
        ("1.5E3", ".", "1500"),
        ("12,50", ",", "12.50"),
        ("1000", ",", "1000"),
    ],
)
def test_numbers(text, mark, number):
    assert Notation(decimal_mark=mark).number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["12.50", "1.234,50"])
def test_a_point_is_no_decimal_comma(text):
    with pytest.raises(BadCell):
        Notation(decimal_mark=",").number(text)


@pytest.mark.parametrize(
    "text",
    ["1,234.50", "12,50", "1 000", "€ 5", "٣", "--5", ".", "1e99999", "1000000000000"],
)
def test_what_is_no_number(text):
    with pytest.raises(BadCell):
        Notation().number(text)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2025-07-01", "UTC", datetime(2025, 7, 1)),
        ("2025-07-01 12:00", "Europe/Brussels", datetime(2025, 7, 1, 10)),
        ("2025-01-01T12:00:00.900", "Europe/Brussels", datetime(2025, 1, 1, 11)),
        ("2025-07-01", "America/New_York", datetime(2025, 7, 1, 4)),
        ("2025-07-01 12:00+09:00", "America/New_York", datetime(2025, 7, 1, 3)),
        ("2025-07-01T12:00+00:00", "America/New_York", datetime(2025, 7, 1, 12)),
    ],
)
def test_moments_are_stored_in_utc(text, zone, moment):
    assert Notation(zone=ZoneInfo(zone)).moment(text) == moment


def test_date_format_replaces_iso(read):
    notation = Notation(zone=timezone.utc, date_format="%d.%m.%Y")
    assert notation.moment("31.12.2024") == datetime(2024, 12, 31)
    with pytest.raises(BadCell, match=r"--date-format is %d\.%m\.%Y"):
        notation.moment("2024-12-31")
    with pytest.raises(BadCell, match="before 1900"):
        notation.moment("31.12.0024")


# ---------------------------------------------------------------- the file


def test_names_of_columns_are_mapped_and_others_ignored(read):
    history = read(
        "﻿no;day;who;net;note\nS1;01/03/2025;Acme;1,5;hello\n",
        *("--document", "no", "--date", "day", "--customer", "who", "--amount", "net"),
        *("--delimiter", ";"),
        notation=Notation(date_format="%d/%m/%Y", decimal_mark=","),
    )
    assert not history.problems
    assert history.documents["S1"].amount == Decimal("1.5")


def test_missing_columns_are_named_beside_those_that_are_there(read):
    with pytest.raises(UnreadableFile) as caught:
        read("invoice,date,who,amount\n")
    assert "no column 'document' (--document), 'customer' (--customer)" in str(caught.value)
    assert "Its columns are: invoice, date, who, amount." in str(caught.value)


def test_an_optional_column_is_needed_once_it_is_asked_for(read):
    assert read(f"{HEADER}\nS1,2025-03-01,Acme,1\n").documents["S1"].currency == ""
    with pytest.raises(UnreadableFile, match=r"no column 'money' \(--currency\)"):
        read(f"{HEADER}\nS1,2025-03-01,Acme,1\n", "--currency", "money")


def test_a_wanted_column_must_not_be_there_twice(read):
    with pytest.raises(UnreadableFile, match="column 'amount' twice"):
        read(f"{HEADER},amount\n")
    assert not read(f"{HEADER},note,note\nS1,2025-03-01,Acme,1,,\n").problems


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (f"{HEADER}\nS1,2025-03-01,Caf\xe9,1\n".encode("latin-1"), "not utf-8 text"),
        (f'{HEADER}\nS1,2025-03-01,"Acme,1\n'.encode(), "line 2: unexpected end of data"),
        (gzip.compress(f"{HEADER}\n".encode() * 99)[:-9], "cannot be read after line"),
        (b"\x1f\x8bno gzip after all", "cannot be read after line 0"),
    ],
)
def test_an_unfit_file_is_refused_in_words(read, content, message):
    with pytest.raises(UnreadableFile, match=message):
        read(content)


def test_another_encoding_is_named_by_option(read):
    text = f"{HEADER}\nS1,2025-03-01,Caf\xe9,1\n".encode("latin-1")
    assert read(text, "--encoding", "latin-1").documents["S1"].customer == "Café"


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path):
    with pytest.raises(UnreadableFile, match="No such file"), open_table(tmp_path / "none.csv"):
        pass
    with pytest.raises(UnreadableFile, match="directory"), open_table(tmp_path):
        pass


def test_gzip_is_known_by_content(read):
    history = read(gzip.compress(f"{HEADER}\nS1,2025-03-01,Acme,1\n".encode()))
    assert list(history.documents) == ["S1"]


# ---------------------------------------------------------------- options and progress


@pytest.mark.parametrize(
    "wrong",
    [
        ["--batch", "0"],
        ["--batch", "many"],
        ["--timezone", "Mars/Olympus"],
        ["--delimiter", ";;"],
        ["--encoding", "klingon"],
        ["--decimal", ";"],
    ],
)
def test_wrong_options_end_with_code_2(wrong, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_options(["history.csv", "-d", "shop", *wrong])
    assert caught.value.code == 2
    assert wrong[0] in capsys.readouterr().err


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_progress_on_a_terminal_redraws_one_line():
    screen = Screen()
    ticks = iter([0.0, 10.0, 20.0])
    bar = Progress("orders", 4, screen, clock=lambda: next(ticks))
    bar.advance(1)
    bar.advance(3)
    drawn = screen.getvalue().split("\r")[1:]
    assert len(drawn) == 2
    assert "orders 1 of 4 (25 %), 30 s left" in drawn[0]
    assert "orders 4 of 4 (100 %), 0 s left" in drawn[1]
    assert drawn[1].endswith("\n") and "\n" not in drawn[0]


def test_progress_in_a_log_is_a_line_per_tenth():
    log = io.StringIO()
    bar = Progress("orders", 1000, log)
    for _step in range(100):
        bar.advance(10)
    assert len(log.getvalue().splitlines()) == 10


# ---------------------------------------------------------------- real sales


def real_history():
    """The file named by SALES_HISTORY or, beside the repository, one in a folder ``data``."""
    if os.environ.get("SALES_HISTORY"):
        return Path(os.environ["SALES_HISTORY"])
    beside = Path(__file__).resolve().parents[2]
    path = next(beside.glob(f"*/data/{HISTORY_NAME}"), None)
    if path is None:
        pytest.skip(f"no {HISTORY_NAME}; name the file in SALES_HISTORY to run this test")
    return path


def test_real_history_is_read_to_the_cent():
    with open_table(real_history()) as table:
        names = column_names(parse_options(["x", "-d", "x", "--document", "invoice"]))
        history = read_history(table, locate(table.header, names), Notation(), CURRENCIES)
    assert not history.problems
    assert len(history.documents) == 22_190
    assert len(history.customers) == 4_372
    assert history.totals() == {"": Decimal("8300065.81")}
    assert sum(document.amount < 0 for document in history.documents.values()) == 3_654
    assert len(history.moved) == 8
