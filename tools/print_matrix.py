"""Print the ABC x XYZ matrix of a database: ``bin/odoo shell -d NAME < tools/print_matrix.py``."""

FIGURES = ("customer_count", "value", "value_share")


def total(items):
    """The figures of some cells summed up."""
    return {name: sum(item[name] for item in items) for name in FIGURES}


def line(label, items):
    """A row of the table: customers, value and share of each item, 98 characters wide."""
    texts = ("{customer_count:>5} {value:>11,.0f} {value_share:>6.1%}".format(**i) for i in items)
    return f"{label.upper():<2}{''.join(texts)}"


def table(matrix):
    """Lines of the table: a row for each ABC class, a column for each XYZ class, and totals."""
    cells = {(item["abc_class"], item["xyz_class"]): item for item in matrix["cells"]}
    rows = list(dict.fromkeys(abc for abc, _xyz in cells))
    columns = list(dict.fromkeys(xyz for _abc, xyz in cells))
    yield "  " + "".join(f"{column.upper():>24}" for column in [*columns, "all"])
    for abc in rows:
        row = [cells[abc, xyz] for xyz in columns]
        yield line(abc, [*row, total(row)])
    sums = [total([cells[abc, xyz] for abc in rows]) for xyz in columns]
    yield line("=", [*sums, total(cells.values())])


def title(env, matrix):
    """What the figures are: company, window, metric and currency."""
    currency = env["res.currency"].browse(matrix["currency_id"]).name
    window = "not computed yet"
    if matrix["first_day"]:
        window = f"{matrix['first_day']} to {matrix['last_day']}"
    return f"{matrix['company_name']}, {window}: customers, {matrix['metric']} in {currency}, share"


found = env["growth.customer"].get_matrix()
print("", title(env, found), "", *table(found), sep="\n")
