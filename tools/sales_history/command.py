"""What ``tools/load_sales`` does: read and check everything, then write, and say what was done."""

import sys
from functools import partial

from odoo.tools import config

from .cells import Notation
from .database import (
    UnusableDatabase,
    company_zone,
    find_company,
    open_environment,
    retried,
    usable_currencies,
)
from .documents import describe, read_history
from .load import carry_out, make_plan
from .options import column_names, parse_options
from .progress import Progress
from .table import UnreadableFile, locate, open_table


class BadLines(Exception):
    """The file has lines that cannot be loaded; the message lists them."""


def main(arguments):
    """Run the command; Odoo finds its configuration in the file that ``ODOO_RC`` names.

    :param list arguments: command line without the program's name
    :return: exit code
    """
    options = parse_options(arguments)
    try:
        with open_table(options.file, options.delimiter, options.encoding) as table:
            positions = locate(table.header, column_names(options))
            config.parse_config(["--no-http", "--log-level=error"], setup_logging=True)
            with open_environment(options.database) as env:
                _load(env, table, positions, options)
    except (UnreadableFile, UnusableDatabase, BadLines) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


def _load(env, table, positions, options):
    company = find_company(env, options.company)
    company = company.with_context(allowed_company_ids=company.ids)
    history = _read(company, table, positions, options)
    plan = make_plan(company, history, options.match)
    problems = history.problems + plan.problems
    if problems:
        raise BadLines(
            f"{options.file}: bad lines ({len(problems):,}), nothing was written:\n"
            f"{describe(problems)}"
        )
    _tell_found(company, history, plan)
    if options.dry_run:
        print("Dry run: nothing was written.")
        return
    if not plan.documents:
        return
    different = carry_out(
        plan,
        company,
        options.match,
        options.batch,
        partial(retried, env),
        partial(Progress, stream=sys.stderr),
    )
    _tell_done(plan, different)


def _read(company, table, positions, options):
    notation = Notation(
        zone=options.timezone or company_zone(company),
        date_format=options.date_format,
        decimal_mark=options.decimal,
    )
    currencies = usable_currencies(company)
    history = read_history(table, positions, notation, currencies)
    if not history.documents and not history.problems:
        raise UnreadableFile(f"{options.file} has column names but no lines.")
    return history


def _tell_found(company, history, plan):
    totals = ", ".join(
        f"{amount:,} {code or company.currency_id.name}"
        for code, amount in sorted(history.totals().items())
    )
    print(
        f"Documents: {len(history.documents):,}, customers: {len(history.customers):,}, "
        f"amount: {totals}.\n"
        f"Documents already there: {plan.skipped:,}, to load: {len(plan.documents):,}, "
        f"customers to create: {len(plan.missing):,}."
    )
    if plan.unknown_countries:
        names = ", ".join(
            f"'{name}' ({count})" for name, count in plan.unknown_countries.most_common()
        )
        print(f"Warning: countries unknown to Odoo, left empty for these customers: {names}.")
    if history.moved:
        print(
            f"Warning: customers with several countries: {len(history.moved):,}; "
            "that of the latest document counts."
        )
    if history.without_cost:
        print(f"Warning: lines without cost: {history.without_cost:,}; their margin is the amount.")


def _tell_done(plan, different):
    print(f"Orders loaded: {len(plan.documents):,}, customers created: {len(plan.missing):,}.")
    if different:
        print(
            f"Warning: orders rounded to the decimals of their currency: {len(different):,}, "
            f"document '{different[0]}' for one."
        )
