"""Fills databases with leads, lost ones most of all, and with refusals that are followed up.

``leads.py pipeline DATABASE LOST`` takes a database without the addon: what Odoo alone works on.
``leads.py follow_ups DATABASE LOST`` takes a copy of it where the addon was installed, which made
a refusal of every lost lead.

As in `generate`, the same sizes give the same data, by SQL that copies rows Odoo's ORM made.
"""

import sys
from datetime import datetime, time

import database
import generate
from generate import uniform

CUSTOMERS = 20_000
ORDERS = 100_000
SALESPEOPLE = 40
TEAMS = 4
OPEN_PER_SALESPERSON = 1_000
LOST_PER_WON = 5
# The moment at which the benchmark does its work: orders and refusals lead up to it.
CLOCK = datetime.combine(generate.LAST_DAY, time(12))
# Of the refusals, those that are due now and those that become due within two months.
SHARE_DUE = 0.1
SHARE_WAITING = 0.2
TABLES = (
    "crm_lead",
    "mail_blacklist",
    "mail_followers",
    "phone_blacklist",
    "res_partner",
    "sale_order",
)


def fill_pipeline(env, lost):
    """Customers, orders, blacklists and leads of all kinds, with Odoo's statistics of them.

    :param int lost: lost leads; there is a won one for every five, and each salesperson has as
        many open ones as the benchmark loses at once
    """
    data = generate.fill(env, CUSTOMERS, ORDERS, SALESPEOPLE)
    add_addresses(env.cr, data)
    insert_leads(env, data, lost)
    env["ir.config_parameter"].set_param("crm.pls_start_date", str(generate.FIRST_DAY))
    env["crm.lead"]._rebuild_pls_frequency_table()
    database.vacuum(env.cr, *TABLES)


def add_addresses(cr, data):
    """Emails and phones for customers; some of them are blacklisted."""
    cr.execute(
        """
        UPDATE res_partner
           SET email = 'customer' || id || '@example.com',
               email_normalized = 'customer' || id || '@example.com',
               phone = '+3247' || LPAD(id::text, 7, '0'),
               phone_sanitized = '+3247' || LPAD(id::text, 7, '0')
         WHERE id BETWEEN %s AND %s
        """,
        [data.first_partner, data.first_partner + data.customers - 1],
    )
    for table, column, source, every in (
        ("mail_blacklist", "email", "email_normalized", 40),
        ("phone_blacklist", "number", "phone_sanitized", 50),
    ):
        cr.execute(
            f"INSERT INTO {table} ({column}, active) SELECT {source}, TRUE FROM res_partner"
            f" WHERE id >= %s AND {source} IS NOT NULL AND id %% {every} = 1",
            [data.first_partner],
        )


def insert_leads(env, data, lost):
    teams = create_teams(env, data)
    stages = env["crm.stage"].search([])
    won_stage = stages.filtered("is_won")[:1]
    open_stages = (stages - won_stage).ids
    template = create_template(env, data, teams[0], open_stages[0])
    template.message_subscribe(template.user_id.partner_id.ids)
    copy_template(
        env,
        template,
        {
            "user_id": f"{data.first_user} + number % {data.salespeople}",
            "team_id": pick(teams, f"number % {data.salespeople} % {len(teams)}"),
            "stage_id": f"CASE status WHEN 'won' THEN {won_stage.id}"
            f" ELSE {pick_any(open_stages, 52)} END",
        },
        pipeline(data, lost),
    )
    follow_open_leads(env.cr, template.id)
    template.unlink()


def create_template(env, data, team_id, stage_id):
    """A lead for others to be copied from."""
    return env["crm.lead"].create(
        {
            "name": "Template",
            "type": "opportunity",
            "user_id": data.first_user,
            "team_id": team_id,
            "stage_id": stage_id,
            "probability": 30,
        }
    )


def copy_template(env, template, values, source):
    """Write leads with consecutive ids after the one of a template.

    :param dict values: column -> SQL over the columns of ``source``, beside those that all share
    :param str source: SELECT of their `number` from 0, `status`, `customer` (id), `moment`, `mail`
        and `number_of_phone`
    """
    env.flush_all()
    reasons = env["crm.lost.reason"].search([]).ids
    generate.insert_copies(
        env.cr,
        "crm_lead",
        template.id,
        {
            "id": f"{template.id + 1} + number",
            "name": "'Lead ' || number",
            "partner_id": "customer",
            "lost_reason_id": f"CASE status WHEN 'lost' THEN {pick_any(reasons, 53)} END",
            "email_from": "mail",
            "email_normalized": "mail",
            "email_state": "'correct'",
            "phone": "number_of_phone",
            "phone_sanitized": "number_of_phone",
            "phone_state": "'correct'",
            "expected_revenue": f"ROUND((100 + 10000 * {uniform('number', 54)})::numeric, 2)",
            "active": "status <> 'lost'",
            "won_status": "status",
            "probability": "CASE status WHEN 'lost' THEN 0 WHEN 'won' THEN 100 ELSE 30 END",
            "automated_probability": "CASE status WHEN 'lost' THEN 0 WHEN 'won' THEN 100"
            " ELSE 25 END",
            "create_date": "moment",
            "date_open": "moment",
            "date_closed": "CASE WHEN status <> 'pending' THEN moment + INTERVAL '20 days' END",
            "write_date": "moment + INTERVAL '20 days'",
            **values,
        },
        source,
    )
    env.cr.execute("SELECT SETVAL('crm_lead_id_seq', (SELECT MAX(id) FROM crm_lead))")


def create_teams(env, data):
    """Teams that the salespeople are spread over.

    :return: ids of the teams; salesperson number n is in team n modulo their number
    """
    teams = env["crm.team"].create([{"name": f"Team {number}"} for number in range(TEAMS)])
    env["crm.team.member"].create(
        [
            {"crm_team_id": teams[number % TEAMS].id, "user_id": data.first_user + number}
            for number in range(data.salespeople)
        ]
    )
    return teams.ids


def pipeline(data, lost):
    """SELECT of the leads to make: the lost ones first, the open ones last."""
    won = lost // LOST_PER_WON
    pending = data.salespeople * OPEN_PER_SALESPERSON
    # So that nothing of it was lost within the time in which follow-ups wait.
    days = generate.DAYS - 120
    return f"""
        SELECT number, status, partner.id AS customer, moment,
               partner.email_normalized AS mail, partner.phone_sanitized AS number_of_phone
          FROM (
                SELECT number,
                       CASE WHEN number < {lost} THEN 'lost'
                            WHEN number < {lost + won} THEN 'won'
                            ELSE 'pending' END AS status,
                       FLOOR({data.customers} * {uniform("number", 50)})::int AS customer,
                       '{generate.FIRST_DAY}'::timestamp
                           + {days} * {uniform("number", 51)} * INTERVAL '1 day' AS moment
                  FROM GENERATE_SERIES(0, {lost + won + pending - 1}) AS number
               ) AS lead
          JOIN res_partner AS partner ON partner.id = {data.first_partner} + customer
    """


def pick(ids, position):
    """SQL of one of some ids, by a position from 0."""
    return f"(ARRAY{list(ids)})[1 + {position}]"


def pick_any(ids, salt):
    return pick(ids, f"FLOOR({len(ids)} * {uniform('number', salt)})::int")


def follow_open_leads(cr, template):
    """Let salespeople follow their open leads, as the one of the template follows that."""
    cr.execute(
        "INSERT INTO mail_followers (res_model, res_id, partner_id)"
        " SELECT 'crm.lead', crm_lead.id, res_users.partner_id"
        "   FROM crm_lead JOIN res_users ON res_users.id = crm_lead.user_id"
        "  WHERE won_status = 'pending' AND crm_lead.id <> %s",
        [template],
    )
    cr.execute(
        """
        INSERT INTO mail_followers_mail_message_subtype_rel
                    (mail_followers_id, mail_message_subtype_id)
        SELECT follower.id, subtype.mail_message_subtype_id
          FROM mail_followers AS follower
    CROSS JOIN (
                SELECT rel.mail_message_subtype_id
                  FROM mail_followers_mail_message_subtype_rel AS rel
                  JOIN mail_followers AS model ON model.id = rel.mail_followers_id
                 WHERE model.res_model = 'crm.lead' AND model.res_id = %(template)s
               ) AS subtype
         WHERE follower.res_model = 'crm.lead' AND follower.res_id <> %(template)s
        """,
        {"template": template},
    )


def fill_follow_ups(env, lost):
    """Make refusals as they are after months of daily work, of those of the lost leads.

    A tenth is due, as many as `SHARE_WAITING` wait, the others are planned or stopped already. Some
    customers asked not to be contacted.
    """
    data = generate.find(env)
    due, waiting = lost * SHARE_DUE, lost * (SHARE_DUE + SHARE_WAITING)
    env.cr.execute(
        f"""
        UPDATE growth_refusal AS refusal
           SET is_estimated = FALSE,
               is_no_contact = number %% 200 = 3,
               date = moment,
               day = moment::date,
               follow_up_date = (moment + INTERVAL '2 months')::date,
               follow_up_state = CASE WHEN number < {waiting} THEN 'waiting'
                                      WHEN number %% 3 = 0 THEN 'stopped'
                                      ELSE 'planned' END,
               follow_up_planned_on = CASE WHEN number >= {waiting} AND number %% 3 > 0
                                           THEN (moment + INTERVAL '2 months')::date END,
               follow_up_user_id = CASE WHEN number >= {waiting} AND number %% 3 > 0
                                        THEN user_id END
          FROM (
                SELECT id, number,
                       CASE WHEN number < {due}
                            THEN %(clock)s - (62 + 20 * {uniform("number", 60)}) * INTERVAL '1 day'
                            WHEN number < {waiting}
                            THEN %(clock)s - 55 * {uniform("number", 61)} * INTERVAL '1 day'
                            ELSE date END AS moment
                  FROM (
                        SELECT id, date, lead_id - MIN(lead_id) OVER () AS number
                          FROM growth_refusal
                       ) AS numbered
               ) AS history
         WHERE history.id = refusal.id
        """,
        {"clock": CLOCK},
    )
    env.cr.execute(
        "UPDATE res_partner SET growth_no_contact = TRUE WHERE id >= %s AND id %% 50 = 2",
        [data.first_partner],
    )
    database.vacuum(env.cr, "growth_refusal", *TABLES)


STAGES = {"pipeline": fill_pipeline, "follow_ups": fill_follow_ups}

if __name__ == "__main__":
    stage, name, lost = sys.argv[1:]
    with database.environment(name) as environment:
        STAGES[stage](environment, int(lost))
        environment.cr.commit()
