"""Frames of pandas in and out of the database, by COPY.

Row by row, a million rows would take four times as long and half a gigabyte. pandas is imported
inside, as it takes seconds.
"""

import io

from odoo.tools import SQL

# What PostgreSQL calls the columns that are written.
WHOLE, NUMBER, TEXT = SQL("int4"), SQL("numeric"), SQL("varchar")


def read_frame(env, query, kinds):
    """The rows of a statement.

    :param SQL query: what it reads is flushed
    :param dict kinds: of numpy, by column in the order of the statement; `bool` is read from t / f
        and must not be null
    :rtype: pandas.DataFrame
    """
    import pandas as pd

    env.flush_query(query)
    lines = io.BytesIO()
    copy = SQL("COPY (%s) TO STDOUT WITH (FORMAT csv)", query)
    env.cr.copy_expert(env.cr.mogrify(copy).decode(), lines)
    lines.seek(0)
    if not lines.getbuffer().nbytes:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    return pd.read_csv(
        lines,
        header=None,
        names=list(kinds),
        dtype=kinds,
        true_values=['t'],
        false_values=['f'],
        # A name may be "NA"; nothing but an empty place is null.
        keep_default_na=False,
        na_values=[''],
    )


def write_frame(cr, frame, table, kinds):
    """Put a frame into a temporary table that lives as long as the transaction.

    :param pandas.DataFrame frame: its other columns are left out
    :param str table: name of the table; one of that name is replaced
    :param dict kinds: of PostgreSQL, by column
    """
    cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(table)))
    cr.execute(
        SQL(
            "CREATE TEMP TABLE %s (%s) ON COMMIT DROP",
            SQL.identifier(table),
            SQL(", ").join(
                SQL("%s %s", SQL.identifier(name), kind) for name, kind in kinds.items()
            ),
        )
    )
    frame = frame[list(kinds)]
    # Whole numbers with gaps are floats, and would be written as such.
    gappy = [name for name, kind in kinds.items() if kind == WHOLE and frame[name].dtype != 'int64']
    frame = frame.astype(dict.fromkeys(gappy, 'Int64'))
    lines = io.StringIO()
    frame.to_csv(lines, sep='\t', na_rep=r'\N', header=False, index=False)
    lines.seek(0)
    cr.copy_expert(cr.mogrify(SQL("COPY %s FROM STDIN", SQL.identifier(table))).decode(), lines)
    cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
