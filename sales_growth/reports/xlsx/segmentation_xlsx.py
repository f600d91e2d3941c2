"""The workbook of the segmentation: draws what it is given and computes nothing."""

import tempfile

from .book import AMOUNT_WIDTH, HEADER, Book

# Pale fills by tier of the cell, for black figures to be read on them.
TIER_FILLS = {'golden': '#D1E7DD', 'second': '#CFE2FF', 'low': '#E9ECEF'}
CLASS_COLORS = {'A': '#198754', 'B': '#0D6EFD', 'C': '#6C757D'}
LABEL_WIDTH = 30
CHART_SIZE = {'width': 720, 'height': 420}
# Where the columns of the curve's sheet stand.
CUSTOMER_SHARE, CUMULATIVE_SHARE, FIRST_CLASS = 1, 2, 5

# The most rows a sheet can have, its header included.
MOST_ROWS = 1_048_576


def write_segmentation(file, money, matrix, customers, curve):
    """Write the workbook: the matrix beside the Pareto chart, the customers, the chart's points.

    Rows go to temporary files as they come, so that memory does not grow with their number. A kind
    is one of `book.KINDS`.

    :param file: binary file object, open for writing
    :param str money: number format of amounts, see `book.money_format`
    :param dict matrix: `sheet` (its name), `title`, `facts` (pairs of a label and a list of pairs
        of value and kind), `classes` (headers), `measures` (pairs of header and kind, one for each
        figure of a cell), `rows` (pairs of a label and a list of cells, each a dict of `tier`,
        empty for none, and `figures`), `legend` (pairs of tier and label), `note`
    :param dict customers: `sheet`, `columns` (pairs of header and kind), `rows` (iterable of
        lists, a value for each column, None for an empty cell)
    :param dict curve: `sheet`, `title`, `columns` (pairs of header and kind for rank, customer
        share, cumulative share, value and class), `points` (lists of these, few enough for a
        chart)
    """
    # A folder of its own: whatever happens, the temporary files go.
    with tempfile.TemporaryDirectory(prefix='sales_growth_') as folder:
        book = Book(file, folder, money)
        sheet = book.workbook.add_worksheet(matrix['sheet'])
        _write_matrix(book, sheet, matrix)
        _write_customers(book, customers)
        _write_curve(book, sheet, curve, column=3 + len(matrix['classes']))
        book.workbook.close()


def _write_matrix(book, sheet, matrix):
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, 1 + len(matrix['classes']), AMOUNT_WIDTH)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)
    book.write_title(sheet, matrix['title'])
    row = book.write_facts(sheet, matrix['facts'], row=2)
    row = _write_cells(book, sheet, matrix, row + 1)
    for column, (tier, label) in enumerate(matrix['legend'], start=2):
        sheet.write_string(row + 1, column, label, book.format(**_fill(tier)))
    sheet.write_string(row + 3, 0, matrix['note'], book.format(italic=True))


def _write_cells(book, sheet, matrix, row):
    """Write the matrix, a line for each class and figure; return the row below."""
    header = book.format(align='right', **HEADER)
    sheet.write_blank(row, 0, None, header)
    sheet.write_blank(row, 1, None, header)
    for column, label in enumerate(matrix['classes'], start=2):
        sheet.write_string(row, column, label, header)
    for label, cells in matrix['rows']:
        for number, (measure, kind) in enumerate(matrix['measures']):
            row += 1
            if not number:
                sheet.write_string(row, 0, label, book.format(bold=True))
            sheet.write_string(row, 1, measure)
            for column, cell in enumerate(cells, start=2):
                write = book.writer(sheet, kind, **_fill(cell['tier']))
                write(row, column, cell['figures'][number])
    return row + 1


def _fill(tier):
    return {'bg_color': TIER_FILLS[tier]} if tier else {}


def _write_customers(book, customers):
    sheet = book.workbook.add_worksheet(customers['sheet'])
    sheet.set_landscape()
    sheet.repeat_rows(0)
    # The rank and the name stay in sight.
    sheet.freeze_panes(1, 2)
    last_row = book.write_table(sheet, customers['columns'], customers['rows'])
    sheet.autofilter(0, 0, last_row, len(customers['columns']) - 1)


def _write_curve(book, chart_sheet, curve, column):
    """Write the points of the curve into a sheet of their own and draw it in another."""
    sheet = book.workbook.add_worksheet(curve['sheet'])
    sheet.freeze_panes(1, 0)
    last_row = book.write_table(
        sheet,
        [*curve['columns'], *((letter, 'percent') for letter in CLASS_COLORS)],
        (_with_classes(point) for point in curve['points']),
    )
    if last_row:
        chart_sheet.insert_chart(1, column, _draw_curve(book, curve, last_row))


def _with_classes(point):
    """A point with a column for each class, of which its own holds the share: a chart colours
    series, not points."""
    _rank, _customer_share, cumulative_share, _value, abc_class = point
    return [*point, *(cumulative_share if letter == abc_class else None for letter in CLASS_COLORS)]


def _draw_curve(book, curve, last_row):
    chart = book.workbook.add_chart({'type': 'scatter', 'subtype': 'straight'})
    headers = [header for header, _kind in curve['columns']]
    categories = [curve['sheet'], 1, CUSTOMER_SHARE, last_row, CUSTOMER_SHARE]
    # The whole curve lies below its classes and closes the gaps between them.
    chart.add_series(
        {
            'name': headers[CUMULATIVE_SHARE],
            'categories': categories,
            'values': [curve['sheet'], 1, CUMULATIVE_SHARE, last_row, CUMULATIVE_SHARE],
            'line': {'color': '#ADB5BD', 'width': 1.5},
        }
    )
    for number, (letter, color) in enumerate(CLASS_COLORS.items(), start=FIRST_CLASS):
        chart.add_series(
            {
                'name': letter,
                'categories': categories,
                'values': [curve['sheet'], 1, number, last_row, number],
                'line': {'color': color, 'width': 3},
            }
        )
    share = {'min': 0, 'max': 1, 'num_format': '0%', 'major_unit': 0.2}
    chart.set_title({'name': curve['title'], 'name_font': {'size': 12}})
    chart.set_x_axis({'name': headers[CUSTOMER_SHARE], **share})
    chart.set_y_axis(
        {'name': headers[CUMULATIVE_SHARE], 'major_gridlines': {'visible': True}, **share}
    )
    chart.set_legend({'position': 'bottom', 'delete_series': [0]})
    chart.set_size(CHART_SIZE)
    return chart
