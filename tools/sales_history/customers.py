"""Customers of a history: found in Odoo or created there."""

from collections import defaultdict

from .documents import Problem


def find_customers(company, field, values):
    """Contacts whose ``field`` holds one of the values: companies and people without a company.

    An archived contact counts when no active one fits.

    :param str field: "ref" or "name"
    :return: dict of value -> list of ``res.partner`` ids
    """
    domain = [
        (field, "in", list(values)),
        ("company_id", "in", (False, company.id)),
        "|",
        ("is_company", "=", True),
        ("parent_id", "=", False),
    ]
    partners = company.env["res.partner"].with_context(active_test=False)
    active, archived = defaultdict(list), defaultdict(list)
    for partner in partners.search_fetch(domain, [field, "active"]):
        (active if partner.active else archived)[partner[field]].append(partner.id)
    return {**archived, **active}


def ambiguous(found, field, lines):
    """A :class:`Problem` for each customer that fits several contacts.

    :param dict found: as of :func:`find_customers`
    :param dict lines: customer -> number of its first line
    """
    return [
        Problem(
            lines[value],
            f"customer '{value}' is the {field} of {len(ids)} contacts (ids "
            f"{', '.join(map(str, ids[:5]))})",
        )
        for value, ids in found.items()
        if len(ids) > 1
    ]


def find_countries(env, names):
    """Countries by code or by name in any installed language, whatever the case.

    :return: dict of name -> ``res.country`` id, only for the names Odoo knows
    """
    known = {}
    for code, _label in env["res.lang"].get_installed():
        for country in env["res.country"].with_context(lang=code).search([]):
            known[country.code.casefold()] = country.id
            known[country.name.casefold()] = country.id
    return {name: known[name.casefold()] for name in names if name.casefold() in known}


def create_customers(env, field, values, countries):
    """Create a company contact for each value.

    :param str field: "ref" or "name"; the name is the value either way
    :param dict countries: value -> ``res.country`` id, where it is known
    :return: dict of value -> id
    """
    partners = env["res.partner"].create(
        [
            {
                "name": value,
                field: value,
                "is_company": True,
                "country_id": countries.get(value, False),
            }
            for value in values
        ]
    )
    return dict(zip(values, partners.ids, strict=True))
