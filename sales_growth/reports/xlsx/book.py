"""What the workbooks share: kinds of cells, their formats, facts and tables."""

from typing import NamedTuple

import xlsxwriter

HEADER = {'bold': True, 'bg_color': '#F1F3F5', 'bottom': 1, 'text_wrap': True, 'valign': 'top'}
AMOUNT_WIDTH = 18


class Kind(NamedTuple):
    """How values are shown: the worksheet's method that writes them, number format, width."""

    write: str
    num_format: str | int
    width: int


KINDS = {
    'integer': Kind('write_number', '#,##0', 10),
    'number': Kind('write_number', '#,##0.00', 14),
    'money': Kind('write_number', '#,##0.00', AMOUNT_WIDTH),
    'percent': Kind('write_number', '0.0%', 12),
    'points': Kind('write_number', '+0.0;-0.0;0.0', 10),
    'ratio': Kind('write_number', '0.00', 11),
    'days': Kind('write_number', '0.0', 10),
    # Number 14 is the short date of whoever opens the file.
    'date': Kind('write_datetime', 14, 12),
    'boolean': Kind('write_boolean', 'General', 12),
    # Never `write`, which would make formulas or links of what customers are called.
    'label': Kind('write_string', '@', 12),
    'short': Kind('write_string', '@', 20),
    'name': Kind('write_string', '@', 34),
    # Not `@`, in which old Excel shows more than 255 characters as a row of hashes.
    'sentence': Kind('write_string', 'General', 120),
}


def money_format(symbol, position, decimals):
    """The Excel number format of amounts in a currency.

    :param str symbol: sign of the currency; empty for bare numbers
    :param str position: `before` or `after` the number
    :param int decimals: digits behind the point
    :rtype: str
    """
    number = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    if not symbol:
        return number
    space = "\N{NO-BREAK SPACE}"
    # A quoted text cannot hold a quotation mark.
    sign = '"{}"'.format(symbol.replace('"', ""))
    return sign + space + number if position == 'before' else number + space + sign


class Book:
    """The workbook and its cell formats, each made once.

    :param file: binary file object, open for writing
    :param str folder: for temporary files
    :param str money: number format of amounts, see `money_format`
    :param bool is_streamed: whether rows leave the memory as they come, which then has to be in
        their order; charts have no picture of their values before the file is opened
    """

    def __init__(self, file, folder, money, is_streamed=True):
        self.workbook = xlsxwriter.Workbook(
            file,
            {
                'constant_memory': is_streamed,
                'tmpdir': folder,
                'strings_to_formulas': False,
                'strings_to_numbers': False,
                'strings_to_urls': False,
            },
        )
        self.kinds = {**KINDS, 'money': KINDS['money']._replace(num_format=money)}
        self._formats = {}

    def format(self, **properties):
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    def writer(self, sheet, kind, **properties):
        """The function that writes a value of a kind into a row and a column of a sheet."""
        write = getattr(sheet, self.kinds[kind].write)
        cell_format = self.format(num_format=self.kinds[kind].num_format, **properties)
        return lambda row, column, value: write(row, column, value, cell_format)

    def write_title(self, sheet, title):
        sheet.write_string(0, 0, title, self.format(bold=True, font_size=14))

    def write_facts(self, sheet, facts, row, **properties):
        """Write a line for each label and its pairs of value and kind; return the row below."""
        for label, values in facts:
            sheet.write_string(row, 0, label, self.format(bold=True))
            for column, (value, kind) in enumerate(values, start=1):
                self.writer(sheet, kind, align='left', **properties)(row, column, value)
            row += 1
        return row

    def write_table(self, sheet, columns, rows, top=0):
        """Write a header and its rows; return the number of the last row.

        :param sheet: the worksheet
        :param columns: pairs of header and kind
        :param rows: lists of values, None for an empty cell
        :param int top: row of the header
        """
        for column, (header, kind) in enumerate(columns):
            sheet.set_column(column, column, self.kinds[kind].width)
            sheet.write_string(top, column, header, self.format(**HEADER))
        return self.write_rows(sheet, columns, rows, top)

    def write_rows(self, sheet, columns, rows, row, **properties):
        """Write rows of a table below a row; return the number of the last one."""
        writers = [self.writer(sheet, kind, **properties) for _header, kind in columns]
        for row, values in enumerate(rows, start=row + 1):  # noqa: B020 - goes on from there
            for column, value in enumerate(values):
                if value is not None:
                    writers[column](row, column, value)
        return row
