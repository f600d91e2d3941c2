"""The database to load into: opening it, and what it says about companies and currencies."""

from contextlib import contextmanager
from datetime import timezone
from zoneinfo import ZoneInfo

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tools.sql import table_exists

# A history is no news: nobody is told of a change or made a follower, and Odoo writes no
# "Extra line with ..." message for each line of an order that is confirmed from its birth.
QUIET = {"tracking_disable": True, "sale_no_log_for_new_lines": True}
NEEDED_MODULES = {"sale", "sale_margin"}


class UnusableDatabase(Exception):
    """The database or its set-up does not allow the load; the message says what to do."""


@contextmanager
def open_environment(name):
    """The Odoo environment of a database, as superuser, for one load at a time.

    :raise UnusableDatabase: when there is no such Odoo database, Sales is not installed in it, or
        another load is running
    """
    try:
        connection = db_connect(name)
        with connection.cursor() as cr:
            _check_modules(cr, name)
    except psycopg2.OperationalError as error:
        raise UnusableDatabase(
            f"Database '{name}' cannot be opened: {str(error).strip()}\n"
            f"If it does not exist, this makes it: "
            f"bin/odoo -d {name} -i sales_growth --stop-after-init"
        ) from error
    with Registry(name).cursor() as cr:
        cr.execute("SELECT pg_try_advisory_lock(hashtext('tools/load_sales'))")
        if not cr.fetchone()[0]:
            raise UnusableDatabase(f"Another load into database '{name}' is running.")
        yield api.Environment(cr, SUPERUSER_ID, QUIET)


def _check_modules(cr, name):
    if not table_exists(cr, "ir_module_module"):
        raise UnusableDatabase(f"'{name}' is not an Odoo database.")
    cr.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
    missing = NEEDED_MODULES - {module for (module,) in cr.fetchall()}
    if missing:
        raise UnusableDatabase(
            f"Database '{name}' lacks {', '.join(sorted(missing))}: install them with\n"
            f"bin/odoo -d {name} -i sales_growth --stop-after-init"
        )


def find_company(env, name=None):
    """The company of that name, or the only one there is.

    :raise UnusableDatabase: when the name fits none or several, or is needed and not given
    """
    companies = env["res.company"].search([])
    chosen = companies.filtered(lambda company: company.name == name) if name else companies
    if len(chosen) == 1:
        return chosen
    names = ", ".join(f"'{company.name}'" for company in companies)
    if not name:
        raise UnusableDatabase(f"Choose with --company one of {names}.")
    found = "Several companies have" if chosen else "No company has"
    raise UnusableDatabase(f"{found} the name '{name}'. The companies are {names}.")


def company_zone(company):
    """Time zone of the company's own contact; UTC when it has none."""
    name = company.partner_id.tz
    return ZoneInfo(name) if name else timezone.utc


def usable_currencies(company):
    """ISO code -> why orders cannot be in that currency, empty when they can.

    Odoo takes 1.0 as the rate of a currency without any, which would count its amounts as if they
    were the company's own money.
    """
    env = company.env
    rates = env["res.currency.rate"]._read_group(
        [("company_id", "in", (False, company.root_id.id))], ["currency_id"]
    )
    rated = {currency.id for (currency,) in rates} | {company.currency_id.id}
    usable = {}
    for currency in env["res.currency"].with_context(active_test=False).search([]):
        usable[currency.name] = ""
        if not currency.active:
            usable[currency.name] = f"currency {currency.name} is not active in Odoo"
        elif currency.id not in rated:
            usable[currency.name] = f"currency {currency.name} has no rate in Odoo"
    return usable


def retried(env, step):
    """Run ``step`` and commit, again when other users' work got in its way.

    :raise UnusableDatabase: when Odoo or the database refuses
    """
    from odoo.service.model import retrying

    try:
        return retrying(step, env)
    except (UserError, psycopg2.Error) as error:
        raise UnusableDatabase(f"Odoo refused: {str(error).strip()}") from error
