"""What of a history is not in Odoo yet, and how it gets there."""

from collections import Counter
from dataclasses import dataclass
from functools import partial

from odoo.tools import split_every

from .customers import ambiguous, create_customers, find_countries, find_customers
from .orders import create_orders, differs, ensure_pricelists, ensure_product, loaded_references


@dataclass
class Plan:
    """What a load has to do.

    :ivar documents: list of the documents to load, oldest first
    :ivar skipped: number of documents that are there already
    :ivar partners: dict of customer -> ``res.partner`` id
    :ivar missing: list of the customers to create
    :ivar countries: dict of missing customer -> ``res.country`` id, where Odoo knows the country
    :ivar unknown_countries: dict of country -> number of missing customers left without one
    :ivar problems: list of :class:`documents.Problem`; a plan with any must not be carried out
    """

    documents: list
    skipped: int
    partners: dict
    missing: list
    countries: dict
    unknown_countries: dict
    problems: list


def make_plan(company, history, field):
    """Compare a history with the database, in a few queries whatever its size.

    :param str field: "ref" or "name": what of a contact the file's customer is
    :rtype: Plan
    """
    loaded = loaded_references(company, history.documents)
    documents = [found for found in history.documents.values() if found.reference not in loaded]
    documents.sort(key=lambda document: document.moment)
    customers = dict.fromkeys(document.customer for document in documents)
    found = find_customers(company, field, customers)
    missing = [customer for customer in customers if customer not in found]
    wanted = {name: history.countries[name] for name in missing if name in history.countries}
    known = find_countries(company.env, set(wanted.values()))
    return Plan(
        documents=documents,
        skipped=len(history.documents) - len(documents),
        partners={customer: ids[0] for customer, ids in found.items()},
        missing=missing,
        countries={name: known[country] for name, country in wanted.items() if country in known},
        unknown_countries=Counter(name for name in wanted.values() if name not in known),
        problems=ambiguous(found, field, history.customers),
    )


def carry_out(plan, company, field, batch, commit, progress):
    """Create the customers, then the orders, committing after each batch.

    A document is written whole or not at all, and a customer left without orders by an
    interruption is found again, so that a plan made anew goes on where this one stopped.

    :param int batch: documents, or customers, per transaction
    :param commit: function that runs a function without arguments, commits and returns its result
    :param progress: function ``(label, total)`` giving a :class:`progress.Progress`
    :return: list of references whose order has another amount than the file
    """
    env = company.env
    product, pricelists = commit(partial(_prepare, company, plan))
    bar = progress("customers", len(plan.missing))
    for values in split_every(batch, plan.missing):
        plan.partners |= commit(partial(create_customers, env, field, values, plan.countries))
        bar.advance(len(values))
    bar = progress("orders", len(plan.documents))
    different = []
    for documents in split_every(batch, plan.documents):
        different += commit(
            partial(_write_orders, company, documents, plan.partners, product, pricelists)
        )
        env.invalidate_all()
        bar.advance(len(documents))
    return different


def _prepare(company, plan):
    codes = {document.currency for document in plan.documents}
    return ensure_product(company.env), ensure_pricelists(company, codes)


def _write_orders(company, documents, partners, product, pricelists):
    orders = create_orders(company, documents, partners, product, pricelists)
    pairs = zip(orders, documents, strict=True)
    return [document.reference for order, document in pairs if differs(order, document)]
