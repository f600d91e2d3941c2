"""Fills a database with customers, contacts and orders by set-based SQL.

The same sizes give the same data on every machine: what looks random is a hash of the row's number
(PostgreSQL keeps its hashes as they are, since partitioned tables lie by them on disk).

Every row is a copy of one that Odoo's ORM made, so that no column a real record has is missing.
Orders have no lines: amounts, margin and rate that the segmentation reads are stored on the order.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import count

import database

LAST_DAY = date(2025, 12, 31)
FIRST_DAY = date(2023, 1, 1)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
# Every second customer has a contact below it.
CUSTOMERS_PER_CONTACT = 2
SALESPEOPLE = 10
MANAGER = "manager"
TEMPLATE_ORDER = "Template of the benchmark"
PARAMETER = "sales_growth.benchmark"


@dataclass(frozen=True)
class Data:
    """What a database was filled with.

    Customers have the ids from ``first_partner`` on, their contacts the ids after those.
    """

    customers: int
    orders: int
    first_partner: int
    first_user: int
    template_order: int
    currencies: dict[str, int]
    salespeople: int = SALESPEOPLE

    @property
    def contacts(self):
        return self.customers // CUSTOMERS_PER_CONTACT


def main():
    """Fill a database in which the addon was just installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    options = parser.parse_args()
    with database.environment(options.database) as env:
        if find(env):
            parser.error(f"{options.database} is filled already.")
        fill(env, options.customers, options.orders)
        database.vacuum(env.cr, "res_partner", "sale_order")


def find(env):
    """The data that `fill` put into this database, None without any."""
    text = env["ir.config_parameter"].get_param(PARAMETER)
    return Data(**json.loads(text)) if text else None


def fill(env, customers, orders, salespeople=SALESPEOPLE):
    """Put customers and orders of three years into a freshly installed database.

    :return: the `Data`
    """
    users = _create_users(env, salespeople)
    model = env["res.partner"].create({"name": "Template", "is_company": True})
    env.flush_all()
    data = Data(
        customers=customers,
        orders=orders,
        first_partner=model.id + 1,
        first_user=users[0].id,
        template_order=_create_template_order(env).id,
        currencies=_currencies(env),
        salespeople=salespeople,
    )
    _insert_partners(env.cr, data, model.id)
    model.unlink()
    _insert_orders(env.cr, data, _history(data))
    env["ir.config_parameter"].set_param(PARAMETER, json.dumps(asdict(data)))
    env.cr.commit()
    return data


def add_day(cr, data, day, share):
    """One new order of that day for this share of the customers.

    :param int day: days after `LAST_DAY`, from 1
    :param float share: fraction of the customers
    """
    chosen = f"{uniform('customer', 1000 + day)} < {share}"
    _insert_orders(
        cr,
        data,
        f"""
        SELECT {data.orders + day * data.customers} + customer AS number,
               customer,
               '{LAST_DAY + timedelta(days=day)}'::date
                   + {uniform('customer', 2000 + day)} * INTERVAL '1 day' AS moment
          FROM GENERATE_SERIES(0, {data.customers - 1}) AS customer
         WHERE {chosen}
    """,
    )


def remove_days(cr):
    """Take away the orders of all `add_day`."""
    cr.execute(
        "DELETE FROM sale_order WHERE state IN ('sale', 'cancel') AND date_order >= %s",
        [LAST_DAY + timedelta(days=1)],
    )


def uniform(number, salt):
    """SQL of a number in [0, 1) that depends on a row's number and on the salt alone."""
    bits = 2**53
    return f"((HASHINT8EXTENDED({number}, {salt}) & {bits - 1})::float8 / {bits})"


def _normal(number, salt):
    # Box and Muller, "A note on the generation of random normal deviates", 1958.
    radius = f"SQRT(-2 * LN(1 - {uniform(number, salt)}))"
    return f"({radius} * COS({2 * math.pi} * {uniform(number, salt + 1)}))"


def _create_users(env, salespeople):
    """A manager, who sees everything, and the salespeople, who see their own customers.

    :return: the salespeople, whose ids are in one row
    """
    internal = env.ref("base.group_user")
    own, everything = (env.ref(f"sales_team.group_sale_{name}") for name in ("salesman", "manager"))
    logins = {f"salesperson{number}": own for number in range(salespeople)} | {MANAGER: everything}
    users = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": login,
                    "login": login,
                    "email": f"{login}@example.com",
                    "group_ids": [(6, 0, (internal | group).ids)],
                }
                for login, group in logins.items()
            ]
        )
    )
    return users[:salespeople]


def _create_template_order(env):
    # Of the company's own contact and a draft: it counts for nobody.
    partner = env.company.partner_id
    return env["sale.order"].create({"partner_id": partner.id, "name": TEMPLATE_ORDER})


def _currencies(env):
    own = env.company.currency_id
    foreign = env.ref("base.EUR") if own != env.ref("base.EUR") else env.ref("base.USD")
    foreign.active = True
    env["res.currency.rate"].create(
        {
            "currency_id": foreign.id,
            "name": FIRST_DAY,
            "rate": 0.9,
            "company_id": env.company.id,
        }
    )
    return {"own": own.id, "foreign": foreign.id}


def _insert_partners(cr, data, template):
    first = data.first_partner
    # Nine, as there are segments; a quarter of the customers and all contacts have none.
    industries = "ARRAY(SELECT id FROM res_partner_industry ORDER BY id LIMIT 9)"
    industry = f"({industries})[1 + FLOOR(12 * {uniform('number', 1)})::int]"
    insert_copies(
        cr,
        "res_partner",
        template,
        {
            "id": f"{first} + number",
            "name": "'Customer ' || number",
            "complete_name": "'Customer ' || number",
            "commercial_partner_id": f"{first} + number",
            "commercial_company_name": "'Customer ' || number",
            "user_id": f"{data.first_user} + number % {data.salespeople}",
            "industry_id": industry,
            "ref": "'C' || LPAD(number::text, 7, '0')",
        },
        f"SELECT number FROM GENERATE_SERIES(0, {data.customers - 1}) AS number",
    )
    parent = f"{CUSTOMERS_PER_CONTACT} * number"
    insert_copies(
        cr,
        "res_partner",
        template,
        {
            "id": f"{first + data.customers} + number",
            "name": "'Contact ' || number",
            "complete_name": f"'Customer ' || {parent} || ', Contact ' || number",
            "is_company": "FALSE",
            "parent_id": f"{first} + {parent}",
            "commercial_partner_id": f"{first} + {parent}",
            "commercial_company_name": f"'Customer ' || {parent}",
            "user_id": f"{data.first_user} + {parent} % {data.salespeople}",
            "type": "(ARRAY['contact', 'invoice', 'delivery', 'other'])[1 + number % 4]",
        },
        f"SELECT number FROM GENERATE_SERIES(0, {data.contacts - 1}) AS number",
    )
    cr.execute("SELECT SETVAL('res_partner_id_seq', (SELECT MAX(id) FROM res_partner))")


def _history(data):
    # Orders by date, as they lie on the disk of a real database. A few customers buy most, and
    # they are strewn over the table.
    stride = next(step for step in count(7919, 2) if math.gcd(step, data.customers) == 1)
    popularity = f"FLOOR({data.customers} * {uniform('number', 11)} ^ 2)::int8"
    return f"""
        SELECT number,
               {popularity} * {stride} % {data.customers} AS customer,
               '{FIRST_DAY}'::timestamp + (number + {uniform('number', 12)})
                   * INTERVAL '1 day' * {DAYS}::float8 / {data.orders} AS moment
          FROM GENERATE_SERIES(0, {data.orders - 1}) AS number
    """


def _insert_orders(cr, data, source):
    """Write orders.

    :param str source: SELECT of their `number`, `customer` (number) and `moment`
    """
    is_foreign = f"{uniform('customer', 21)} < 0.05"
    # The level of the customer and of the order; one in fifty is a credit, one in thirty a loss.
    amount = (
        f"EXP(5.5 + 1.2 * {_normal('customer', 22)} + 0.7 * {_normal('number', 24)})"
        f" * CASE WHEN {uniform('number', 26)} < 0.02 THEN -1 ELSE 1 END"
    )
    margin = (
        f"CASE WHEN {uniform('number', 27)} < 0.03 THEN -0.1 ELSE"
        f" 0.1 + 0.4 * {uniform('number', 28)} END"
    )
    contact = (
        f"CASE WHEN customer % {CUSTOMERS_PER_CONTACT} = 0 AND {uniform('number', 29)} < 0.5"
        f" THEN {data.first_partner + data.customers} + customer / {CUSTOMERS_PER_CONTACT}"
        f" ELSE {data.first_partner} + customer END"
    )
    source = f"""
        SELECT number, customer, moment,
               ROUND(({amount})::numeric, 2) AS amount,
               {margin} AS margin_rate,
               {contact} AS contact,
               {is_foreign} AS is_foreign
          FROM ({source}) AS document
    """
    insert_copies(
        cr,
        "sale_order",
        data.template_order,
        {
            "name": "'S' || LPAD(number::text, 8, '0')",
            "state": f"CASE WHEN {uniform('number', 30)} < 0.08 THEN 'cancel' ELSE 'sale' END",
            "date_order": "moment",
            "create_date": "moment",
            "write_date": "moment",
            "partner_id": "contact",
            "partner_invoice_id": "contact",
            "partner_shipping_id": "contact",
            "commercial_partner_id": f"{data.first_partner} + customer",
            "user_id": f"{data.first_user} + customer % {data.salespeople}",
            "currency_id": f"CASE WHEN is_foreign THEN {data.currencies['foreign']}"
            f" ELSE {data.currencies['own']} END",
            "currency_rate": "CASE WHEN is_foreign THEN 0.9 ELSE 1.0 END",
            "amount_untaxed": "amount",
            "amount_tax": "ROUND(amount * 0.2, 2)",
            "amount_total": "amount + ROUND(amount * 0.2, 2)",
            "margin": "ROUND((amount * margin_rate)::numeric, 2)",
            "margin_percent": "margin_rate",
        },
        source,
    )


def insert_copies(cr, table, template, values, source):
    """Insert copies of a row, one for each row of a SELECT, with some columns changed.

    :param dict values: column -> SQL over the columns of ``source``
    """
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = CURRENT_SCHEMA AND table_name = %s"
        " AND (column_name <> 'id' OR %s)",
        [table, "id" in values],
    )
    columns = [name for (name,) in cr.fetchall()]
    selected = (values.get(name, f"template.{name}") for name in columns)
    cr.execute(
        f"INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {', '.join(selected)} FROM ({source}) AS source"
        f" CROSS JOIN (SELECT * FROM {table} WHERE id = {template}) AS template"
    )


if __name__ == "__main__":
    main()
