"""The workbook of the conversion by salesperson: draws what it is given and computes nothing."""

import tempfile

from .book import Book

# Those of the screen: few hues for few salespeople, two shades of each for more.
COLORS = ('#4EA7F2', '#EA6175', '#43C5B1', '#F4A261', '#8481DD', '#FFD86D')
MORE_COLORS = (
    '#4EA7F2',
    '#3188E6',
    '#43C5B1',
    '#00A78D',
    '#EA6175',
    '#CE4257',
    '#F4A261',
    '#F48935',
    '#8481DD',
    '#5752D1',
    '#FFD86D',
    '#FFBC2C',
)
# More bars a step could not be told apart.
MOST_SALESPEOPLE = len(MORE_COLORS)
AVERAGE_COLOR = '#ADB5BD'
PLAN_COLOR = '#212529'
VERDICT_FILLS = {'on_plan': '#D1E7DD', 'unclear': '#FFF3CD', 'below_plan': '#F8D7DA'}
# The name and the step stay in sight.
FROZEN_COLUMNS = 2
FROZEN_WIDTH = 28
CHART_ROW = 2
# Pixels
ROW_HEIGHT = 20
CHART_HEIGHT = 420
CHART_WIDTH = 720
WIDEST_CHART = 1600
BAR_WIDTH = 18
# The space between two steps, per cent of what the bars of one take.
STEP_GAP = 35


def write_conversion(file, money, conversion, pairs):
    """Write the workbook: the chart with its figures above those of everybody, and who teaches
    whom.

    A kind is one of `book.KINDS`. In rows, None is an empty cell.

    :param file: binary file object, open for writing
    :param str money: number format of amounts, see `book.money_format`
    :param dict conversion: `sheet` (its name), `title`, `facts` (pairs of a label and a list of
        pairs of value and kind), `chart`, `columns` (pairs of header and kind), `rows` and
        `average_rows` (lists, a value for each column), `verdicts` (label of each verdict),
        `verdict_column` (its number)
    :param dict pairs: `sheet`, `columns`, `rows`

    The chart has `title`, `rate` (name of the axis), `top` (its end, a fraction), `step` (header),
    `series` (at most `MOST_SALESPEOPLE` and an average, none for no chart; each with `name`,
    `is_average` and `hatched`: the numbers of the steps with too few cases), `plans` (headers of
    the plan columns, one for all of the series or one for each), `plan` (name in the legend),
    `rows` (for each step its name, the conversion of each series and the plans) and `notes`.
    """
    # A folder of its own: whatever happens, the temporary files go.
    with tempfile.TemporaryDirectory(prefix='sales_growth_') as folder:
        # The figures are few: all at hand, so that the chart also shows where nothing calculates.
        book = Book(file, folder, money, is_streamed=False)
        _write_conversion(book, conversion)
        _write_pairs(book, pairs)
        book.workbook.close()


def _write_conversion(book, conversion):
    sheet = book.workbook.add_worksheet(conversion['sheet'])
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(0, FROZEN_COLUMNS)
    book.write_title(sheet, conversion['title'])
    # Wrapped, as a long name would go on under the chart.
    row = book.write_facts(sheet, conversion['facts'], CHART_ROW, text_wrap=True, valign='top')
    if conversion['chart']['series']:
        row = max(row, CHART_ROW + CHART_HEIGHT // ROW_HEIGHT)
        row = _write_chart(book, sheet, conversion['chart'], row + 1)
    _write_figures(book, sheet, conversion, row + 1)
    sheet.set_column(0, FROZEN_COLUMNS - 1, FROZEN_WIDTH)


def _write_chart(book, sheet, chart, top):
    """Write the figures of the chart and draw it beside the facts; return the row below."""
    columns = [
        (chart['step'], 'name'),
        *((series['name'], 'percent') for series in chart['series']),
        *((header, 'percent') for header in chart['plans']),
    ]
    last_row = book.write_table(sheet, columns, chart['rows'], top)
    sheet.insert_chart(
        CHART_ROW,
        FROZEN_COLUMNS,
        _draw_chart(book, sheet.get_name(), chart, top, last_row),
        # As large as it is, however high the rows beside it grow.
        {'object_position': 2},
    )
    for note in chart['notes']:
        last_row += 1
        sheet.write_string(last_row, 0, note, book.format(italic=True))
    return last_row + 1


def _draw_chart(book, sheet_name, chart, top, last_row):
    """Bars side by side for each step. The plans are frames around them: bars of a second axis,
    which lie over those of the first and are as wide."""
    drawing = book.workbook.add_chart({'type': 'column'})
    count = len(chart['series'])

    def cells(column):
        return {
            'categories': [sheet_name, top + 1, 0, last_row, 0],
            'values': [sheet_name, top + 1, column, last_row, column],
        }

    for number, (series, color) in enumerate(_color(chart['series'])):
        drawing.add_series(
            {
                **cells(1 + number),
                # By its cell: of a text that looks like a reference, the chart would make one.
                'name': [sheet_name, top, 1 + number],
                'fill': {'color': color},
                'points': [
                    _hatch(color) if step in series['hatched'] else None
                    for step in range(len(chart['rows']))
                ],
                'gap': STEP_GAP * count,
            }
        )
    for number in range(len(chart['plans'])):
        drawing.add_series(
            {
                **cells(1 + count + number),
                'name': chart['plan'],
                'y2_axis': True,
                'fill': {'none': True},
                'border': {'color': PLAN_COLOR, 'width': 1.5},
                'gap': STEP_GAP * len(chart['plans']),
            }
        )
    share = {'min': 0, 'max': chart['top'], 'num_format': '0%'}
    drawing.set_title({'name': chart['title'], 'name_font': {'size': 12}})
    drawing.set_y_axis({'name': chart['rate'], 'major_gridlines': {'visible': True}, **share})
    drawing.set_y2_axis({'visible': False, **share})
    # One frame explains them all.
    others = range(count + 1, count + len(chart['plans']))
    drawing.set_legend({'position': 'bottom', 'delete_series': list(others)})
    bars = count * len(chart['rows'])
    width = min(max(CHART_WIDTH, BAR_WIDTH * bars), WIDEST_CHART)
    drawing.set_size({'width': width, 'height': CHART_HEIGHT})
    return drawing


def _color(series):
    """Pairs of a series and its color."""
    salespeople = [each for each in series if not each['is_average']]
    colors = iter(COLORS if len(salespeople) <= len(COLORS) else MORE_COLORS)
    return [(each, AVERAGE_COLOR if each['is_average'] else next(colors)) for each in series]


def _hatch(color):
    return {
        'pattern': {'pattern': 'light_upward_diagonal', 'fg_color': color, 'bg_color': 'white'},
        'border': {'color': color},
    }


def _write_figures(book, sheet, conversion, top):
    columns = conversion['columns']
    last_row = book.write_table(sheet, columns, conversion['rows'], top)
    last_row = book.write_rows(sheet, columns, conversion['average_rows'], last_row, bold=True)
    sheet.autofilter(top, 0, last_row, len(columns) - 1)
    # By their text, so that they stay right when somebody sorts the rows.
    column = conversion['verdict_column']
    for verdict, color in VERDICT_FILLS.items():
        label = conversion['verdicts'][verdict].replace('"', '""')
        sheet.conditional_format(
            top + 1,
            column,
            max(last_row, top + 1),
            column,
            {
                'type': 'cell',
                'criteria': '==',
                'value': f'"{label}"',
                'format': book.format(bg_color=color),
            },
        )


def _write_pairs(book, pairs):
    sheet = book.workbook.add_worksheet(pairs['sheet'])
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, FROZEN_COLUMNS)
    last_row = book.write_table(sheet, pairs['columns'], pairs['rows'])
    sheet.autofilter(0, 0, last_row, len(pairs['columns']) - 1)
