"""Documents of a history as confirmed sale orders.

Fields that Odoo would otherwise work out for each order or line one by one, with queries of their
own, and that mean nothing for a past sale (fiscal position, analytic distribution), are given.
"""

from decimal import Decimal

from odoo import Command

PRODUCT = "__import__.load_sales_product"
PRICELIST = "__import__.load_sales_pricelist_%s"


def loaded_references(company, references):
    """Those of the references that are the source document of an order of the company already."""
    orders = company.env["sale.order"]._read_group(
        [("company_id", "=", company.id), ("origin", "in", list(references))], ["origin"]
    )
    return {origin for (origin,) in orders}


def ensure_product(env):
    """The service that all lines are made of.

    It is invoiced by delivered quantity and none is delivered, so that the past does not fill the
    list of orders to invoice.
    """
    return _ensure(
        env,
        PRODUCT,
        "product.product",
        {
            "name": "Imported sales",
            "type": "service",
            "invoice_policy": "delivery",
            "list_price": 0.0,
            "taxes_id": [Command.clear()],
            "supplier_taxes_id": [Command.clear()],
            "sale_ok": False,
            "purchase_ok": False,
        },
    )


def ensure_pricelists(company, codes):
    """A pricelist for each foreign currency: in Odoo an order has the currency of its pricelist.

    They are archived, for otherwise Odoo might offer them for new quotations.

    :return: dict of ISO code -> ``product.pricelist`` id; False for the company's own currency
    """
    env = company.env
    pricelists = {"": False, company.currency_id.name: False}
    for currency in env["res.currency"].search([("name", "in", list(codes))]):
        if currency != company.currency_id:
            pricelists[currency.name] = _ensure(
                env,
                PRICELIST % currency.name.lower(),
                "product.pricelist",
                {
                    "name": f"Imported sales ({currency.name})",
                    "currency_id": currency.id,
                    "active": False,
                },
            ).id
    return pricelists


def _ensure(env, xmlid, model, values):
    record = env.ref(xmlid, raise_if_not_found=False)
    if not record:
        record = env[model].create(values)
        env["ir.model.data"]._update_xmlids([{"xml_id": xmlid, "record": record, "noupdate": True}])
    return record


def create_orders(company, documents, partners, product, pricelists):
    """Create a confirmed order for each document.

    :param list documents: :class:`documents.Document`
    :param dict partners: customer -> ``res.partner`` id
    :param dict pricelists: as of :func:`ensure_pricelists`
    :return: ``sale.order`` records in the order of the documents
    """
    return company.env["sale.order"].create(
        [
            _order_values(
                document,
                company,
                partners[document.customer],
                pricelists[document.currency],
                product,
            )
            for document in documents
        ]
    )


def differs(order, document):
    """Whether Odoo, which rounds to the currency, gets another amount than the file."""
    return Decimal(str(order.currency_id.round(order.amount_untaxed))) != document.amount


def _order_values(document, company, partner_id, pricelist_id, product):
    return {
        "company_id": company.id,
        "partner_id": partner_id,
        "origin": document.reference,
        "state": "sale",
        "date_order": document.moment,
        "pricelist_id": pricelist_id,
        "fiscal_position_id": False,
        "validity_date": False,
        "require_signature": False,
        "require_payment": False,
        # Who sold it then is unknown, which is not the same as whoever is in charge today.
        "user_id": False,
        "team_id": False,
        "order_line": [Command.create(_line_values(item, product)) for item in document.items],
    }


def _line_values(item, product):
    return {
        "product_id": product.id,
        "name": product.name,
        "product_uom_qty": -1.0 if item.amount < 0 else 1.0,
        "price_unit": float(abs(item.amount)),
        "discount": 0.0,
        "tax_ids": [Command.clear()],
        "purchase_price": float(item.cost),
        "analytic_distribution": False,
    }
