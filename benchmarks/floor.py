"""What ours is measured against: `floor.sql` on a table of its own, a copy of the hub."""

from datetime import datetime, time, timedelta
from pathlib import Path

from dateutil.relativedelta import relativedelta

STATEMENT = (Path(__file__).parent / "floor.sql").read_text()
TABLE = "benchmark_floor"
HUB = "growth_customer"
MONTHS = 12
COMPARED = (
    "company_id, partner_id, revenue, profit, value, order_count, demand_cv, first_order_date,"
    " last_order_date, lifecycle, lifecycle_date, computed_abc_class, computed_xyz_class,"
    " abc_class, xyz_class, segment_id, is_loss_making, is_newcomer"
)


def create(cr):
    """Make the table anew: columns, indexes and foreign keys of the hub."""
    cr.execute(f"DROP TABLE IF EXISTS {TABLE}")
    cr.execute(f"CREATE TABLE {TABLE} (LIKE {HUB} INCLUDING ALL)")
    cr.execute(
        "SELECT PG_GET_CONSTRAINTDEF(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'f'",
        [HUB],
    )
    for (definition,) in cr.fetchall():
        cr.execute(f"ALTER TABLE {TABLE} ADD {definition}")


def refresh(cr, company_id, as_of):
    """Segment as of a day, in one statement."""
    end = datetime.combine(as_of + timedelta(days=1), time.min)
    starts = [end - relativedelta(months=months) for months in range(MONTHS, 0, -1)]
    cr.execute(
        STATEMENT,
        {
            "company_id": company_id,
            "as_of": as_of,
            "starts": starts,
            "start": starts[0],
            "end": end,
        },
    )


def count_differences(cr):
    """Rows of the hub and of the floor that have no equal in the other."""
    cr.execute(f"""
        SELECT COUNT(*)
          FROM (
                (SELECT {COMPARED} FROM {HUB} EXCEPT ALL SELECT {COMPARED} FROM {TABLE})
                UNION ALL
                (SELECT {COMPARED} FROM {TABLE} EXCEPT ALL SELECT {COMPARED} FROM {HUB})
               ) AS difference
    """)
    return cr.fetchone()[0]
