"""Opening the benchmark's database with Odoo. `ODOO_RC` names the configuration."""

from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


@contextmanager
def environment(name):
    """The Odoo environment of a database, as superuser; what is not committed is lost."""
    config.parse_config(["--no-http", "--log-level=error", "--database", name])
    with Registry(name).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def vacuum(cr, *tables):
    """What autovacuum does sooner or later, done now: dead rows, visibility, statistics."""
    cr.commit()
    cr._cnx.autocommit = True
    try:
        cr.execute(f"VACUUM ANALYZE {', '.join(tables)}")
    finally:
        cr._cnx.autocommit = False
