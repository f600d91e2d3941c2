"""The workbook of the review of a cycle: draws what it is given and computes nothing."""

import tempfile

from .book import HEADER, Book

FILLS = {'success': '#D1E7DD', 'info': '#CFE2FF', 'warning': '#FFF3CD', 'danger': '#F8D7DA'}
BAR_COLOR = '#7DB7E8'
# Excel knows so many levels, and those below them stand with the last one.
DEEPEST = 7
# The name stays in sight.
FROZEN_COLUMNS = 1
# The most rows a sheet can have, its header included.
MOST_ROWS = 1_048_576


def write_okr(file, money, objectives, key_results, check_ins, verdicts):
    """Write the workbook: the tree of objectives, their key results, the check-ins, the verdicts.

    Rows go to temporary files as they come, so that memory does not grow with their number. A kind
    is one of `book.KINDS`.

    :param file: binary file object, open for writing
    :param str money: number format of amounts, see `book.money_format`
    :param dict objectives: `sheet` (its name), `columns` (pairs of header and kind), `bars`
        (numbers of the columns that show bars), `rows` (lists of cells: a value of the column's
        kind, a pair of value and kind, or None), `depths` (one for each row) and `tones` (for each
        row that of its status), `tone_column`
    :param dict key_results: `sheet`, `columns`, `bars`, `rows`, `tones`, `tone_column`
    :param dict check_ins: `sheet`, `columns`, `bars`, `rows` (iterable)
    :param dict verdicts: `sheet`, `title`, `facts` (pairs of a label and a list of pairs of value
        and kind), `columns`, `bars`, `rows`, `tones`, `tone_column`
    """
    # A folder of its own: whatever happens, the temporary files go.
    with tempfile.TemporaryDirectory(prefix='sales_growth_') as folder:
        book = Book(file, folder, money)
        for table in (objectives, key_results, check_ins):
            sheet = _add_sheet(book, table)
            sheet.freeze_panes(1, FROZEN_COLUMNS)
            sheet.repeat_rows(0)
            last_row = _write_table(book, sheet, table, top=0)
            sheet.autofilter(0, 0, last_row, len(table['columns']) - 1)
        _write_verdicts(book, verdicts)
        book.workbook.close()


def _add_sheet(book, table):
    sheet = book.workbook.add_worksheet(table['sheet'])
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # What is grouped stands below what it belongs to.
    sheet.outline_settings(True, False, True, False)
    return sheet


def _write_verdicts(book, verdicts):
    sheet = _add_sheet(book, verdicts)
    book.write_title(sheet, verdicts['title'])
    row = book.write_facts(sheet, verdicts['facts'], row=2)
    _write_table(book, sheet, verdicts, top=row + 1)


def _write_table(book, sheet, table, top):
    """Write a header and the rows below it; return the number of the last one."""
    columns = table['columns']
    for column, (header, kind) in enumerate(columns):
        sheet.set_column(column, column, book.kinds[kind].width)
        sheet.write_string(top, column, header, book.format(**HEADER))
    depths, tones = table.get('depths'), table.get('tones')
    write = _get_writer(book, sheet)
    row = top
    for number, cells in enumerate(table['rows']):
        row = top + 1 + number
        depth = min(depths[number], DEEPEST) if depths else 0
        if depth:
            sheet.set_row(row, None, None, {'level': depth})
        for column, ((_header, kind), cell) in enumerate(zip(columns, cells, strict=True)):
            properties = {}
            if depth and not column:
                properties['indent'] = depth
            if tones and column == table['tone_column'] and tones[number] in FILLS:
                properties['bg_color'] = FILLS[tones[number]]
            value, kind = cell if isinstance(cell, tuple) else (cell, kind)
            write(row, column, value, kind, properties)
    if row > top:
        for column in table['bars']:
            _draw_bars(sheet, top + 1, row, column)
    return row


def _get_writer(book, sheet):
    """The function that writes a value of a kind, with other properties of its cell."""
    writers = {}

    def write(row, column, value, kind, properties):
        if value is None:
            return
        key = (kind, *properties.items())
        if key not in writers:
            writers[key] = book.writer(sheet, kind, **properties)
        writers[key](row, column, value)

    return write


def _draw_bars(sheet, first_row, last_row, column):
    # From nothing to all of it, whatever the largest value is.
    sheet.conditional_format(
        first_row,
        column,
        last_row,
        column,
        {
            'type': 'data_bar',
            'min_type': 'num',
            'min_value': 0,
            'max_type': 'num',
            'max_value': 1,
            'bar_color': BAR_COLOR,
            'bar_solid': True,
        },
    )
