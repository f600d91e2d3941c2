"""Fills a database where the addon is installed with leads and the steps that they passed.

``histories.py base DATABASE`` puts customers with their segments there.
``histories.py leads DATABASE LEADS`` adds the leads, with the log and the standing that the addon
would have written by now.
``histories.py tracking DATABASE`` adds what Odoo kept of the same: the messages by which stages are
tracked.
``histories.py line_up DATABASE`` takes a database with leads of `leads` instead: the open ones of a
salesperson go back to the first stage, to be moved from there.

As in `generate`, the same sizes give the same data, by SQL.
"""

import sys
from datetime import date
from unittest.mock import patch

import database
import generate
import leads
from generate import uniform

from odoo import fields

CUSTOMERS = 100_000
ORDERS = 200_000
# Of each step: the share of the leads that pass it and the mean of the days that it takes them.
STEPS = ((1.0, 4), (0.83, 10), (0.83, 20), (0.95, 20))
# Salespeople differ by as much, to both sides.
SPREAD = 0.1
# Of the leads that go no further, those that nobody closed.
SHARE_FORGOTTEN = 0.05
# Ranks from 1. What comes after it is no stage: a won lead is not lost any more.
WON_RANK = 3
# The plans that are not shipped: rank, who it is for (number of team or salesperson), from, rate.
PLANS = (
    (2, None, None, date(2025, 1, 1), 0.82),
    *((3, "team", number, date(2024, 7, 1), 0.75 + 0.05 * number) for number in range(2)),
    *((rank, "user", number, None, 0.7) for rank in (2, 3) for number in range(0, 40, 5)),
    *((2, "user", number, date(2025, 7, 1), 0.75) for number in range(0, 40, 5)),
)
TABLES = ("crm_lead", "growth_customer", "growth_funnel_event", "res_partner")


def fill_base(env):
    """Customers with orders of three years, segmented as of the last day."""
    data = generate.fill(env, CUSTOMERS, ORDERS, leads.SALESPEOPLE)
    segment(env)
    leads.add_addresses(env.cr, data)


def segment(env):
    env["growth.customer"]._refresh(env.company, as_of=generate.LAST_DAY)


def fill_leads(env, number):
    """Leads of three years, what became of them until `leads.CLOCK`, and plans.

    :param str number: how many leads
    """
    data = generate.find(env)
    teams = leads.create_teams(env, data)
    steps = default_steps(env)
    stages = env["crm.stage"].search([])
    stages_by_rank = [*(stages - stages.filtered("is_won"))[:WON_RANK].ids] + [
        stages.filtered("is_won")[:1].id
    ] * 2
    create_plans(env, data, teams, steps)
    stage_histories(env.cr, data, int(number))
    template = leads.create_template(env, data, teams[0], stages_by_rank[0])
    sources = env["utm.source"].search([], limit=8).ids
    leads.copy_template(
        env,
        template,
        {
            "user_id": f"{data.first_user} + seller",
            "team_id": leads.pick(teams, f"seller % {len(teams)}"),
            "stage_id": leads.pick(stages_by_rank, "passed"),
            "source_id": leads.pick_any(sources, 73),
            "date_closed": "closed",
            "growth_step_id": f"({array(steps.ids)})[1 + passed]",
            "growth_step_date": f"CASE WHEN passed < {len(steps)} THEN entered::date END",
            "growth_lost_user_id": f"CASE status WHEN 'lost' THEN {data.first_user} + seller END",
            "growth_lost_team_id": "CASE status WHEN 'lost' THEN "
            f"{leads.pick(teams, f'seller % {len(teams)}')} END",
            "growth_lost_date": "CASE status WHEN 'lost' THEN closed::date END",
        },
        "SELECT place.*, partner.email_normalized AS mail,"
        " partner.phone_sanitized AS number_of_phone"
        " FROM history_place AS place JOIN res_partner AS partner ON partner.id = place.customer"
        " ORDER BY number",
    )
    insert_events(env.cr, template.id + 1, steps, stages_by_rank)
    template.unlink()
    database.vacuum(env.cr, *TABLES)


def default_steps(env):
    return env.ref("sales_growth.growth_funnel_default").step_ids


def create_plans(env, data, teams, steps):
    env["growth.funnel.plan"].create(
        [
            {
                "step_id": steps[rank - 1].id,
                "team_id": teams[number] if scope == "team" else False,
                "user_id": data.first_user + number if scope == "user" else False,
                "date_from": start,
                "rate": rate,
            }
            for rank, scope, number, start, rate in PLANS
        ]
    )


def stage_histories(cr, data, number):
    """What leads go through, as temporary tables.

    `history` has a row for each lead and step that it came to, with the moments at which it
    `entered` and `passed` the step or was `given_up`. `history_place` has a row for each lead, with
    the number of steps that it `passed`.
    """
    steps = " UNION ALL ".join(
        f"SELECT {rank} AS rank, {share} AS share, {days} AS days"
        for rank, (share, days) in enumerate(STEPS, 1)
    )
    salt = "100 * rank + "
    cr.execute(
        f"""
        CREATE TEMPORARY TABLE history ON COMMIT DROP AS
        WITH lead AS (
            SELECT number,
                   FLOOR({data.salespeople} * {uniform("number", 70)})::int AS seller,
                   '{generate.FIRST_DAY}'::timestamp + (number + {uniform("number", 72)})
                       * INTERVAL '1 day' * {generate.DAYS}::float8 / {number} AS came
              FROM GENERATE_SERIES(0, {number - 1}) AS number
        ), fate AS (
            SELECT lead.*, step.rank,
                   {uniform("number", f"{salt}1")} < step.share
                       + {2 * SPREAD} * ({uniform("seller", f"{salt}2")} - 0.5) AS is_good,
                   came - INTERVAL '1 day' * SUM(
                       step.days * LN(1 - {uniform("number", f"{salt}3")})
                   ) OVER (PARTITION BY number ORDER BY step.rank) AS moment
              FROM lead CROSS JOIN ({steps}) AS step
        ), walked AS (
            SELECT fate.*,
                   COALESCE(LAG(moment) OVER by_rank, came) AS entered,
                   BOOL_AND(is_good AND moment <= %(clock)s) OVER by_rank AS is_passed
              FROM fate
            WINDOW by_rank AS (PARTITION BY number ORDER BY rank)
        )
        SELECT number, seller, came, rank, entered,
               CASE WHEN is_passed THEN moment END AS passed,
               CASE WHEN NOT is_good AND moment <= %(clock)s AND rank <= {WON_RANK}
                     AND {uniform("number", 74)} >= {SHARE_FORGOTTEN} THEN moment END AS given_up
          FROM (
            SELECT walked.*,
                   COALESCE(LAG(is_passed) OVER by_rank, TRUE) AS is_there
              FROM walked
            WINDOW by_rank AS (PARTITION BY number ORDER BY rank)
          ) AS walked
         WHERE is_there
        """,
        {"clock": leads.CLOCK},
    )
    cr.execute(
        f"""
        CREATE TEMPORARY TABLE history_place ON COMMIT DROP AS
        SELECT number, seller, came AS moment,
               {data.first_partner} + FLOOR({data.customers} * {uniform("number", 71)})::int
                   AS customer,
               COUNT(passed)::int AS passed,
               MAX(entered) AS entered,
               CASE WHEN COUNT(passed) >= {WON_RANK} THEN 'won'
                    WHEN COUNT(given_up) > 0 THEN 'lost'
                    ELSE 'pending' END AS status,
               COALESCE(MAX(passed) FILTER (WHERE rank = {WON_RANK}), MAX(given_up)) AS closed
          FROM history
      GROUP BY number, seller, came
        """
    )


def insert_events(cr, first_lead, steps, stages_by_rank):
    """Write the log of the histories, in the order in which it happened.

    :param int first_lead: id of the lead with the number 0
    :param list stages_by_rank: ids of the stages in which leads are that passed 0, 1 ... steps
    """
    cr.execute(
        f"""
        INSERT INTO growth_funnel_event (
            lead_id, step_id, company_id, team_id, user_id, author_id, date, day, entry_day, days,
            stage_id, stage_name, stage_sequence, source_id, segment_id, customer_kind, currency_id,
            value, is_estimated, is_taken_over
        )
        SELECT lead.id, step.id, step.company_id, lead.team_id, lead.user_id, lead.user_id,
               history.passed, history.passed::date, history.entered::date,
               history.passed::date - history.entered::date,
               stage.id, stage.name->>'en_US', stage.sequence, lead.source_id, customer.segment_id,
               CASE WHEN customer.first_order_date < lead.create_date::date THEN 'repeat'
                    ELSE 'new' END,
               company.currency_id, lead.expected_revenue, FALSE, FALSE
          FROM history
          JOIN crm_lead AS lead ON lead.id = {first_lead} + history.number
          JOIN growth_funnel_step AS step ON step.id = ({array(steps.ids)})[history.rank]
          JOIN res_company AS company ON company.id = step.company_id
          JOIN crm_stage AS stage ON stage.id = ({array(stages_by_rank)})[1 + history.rank]
     LEFT JOIN growth_customer AS customer
            ON customer.company_id = step.company_id AND customer.partner_id = lead.partner_id
         WHERE history.passed IS NOT NULL
      ORDER BY history.passed
        """
    )


def fill_tracking(env):
    """The messages with which Odoo tracked that the leads were moved from stage to stage."""
    data = generate.find(env)
    tracking = track_template(env, data)
    message = tracking.mail_message_id
    source = f"""
        SELECT ROW_NUMBER() OVER (ORDER BY event.date, event.id) AS number,
               event.lead_id, event.date AS moment, event.author_id AS author,
               event.stage_id, event.stage_name,
               LAG(event.stage_id, 1, {tracking.old_value_integer})
                   OVER (PARTITION BY event.lead_id ORDER BY event.date) AS old_stage_id
          FROM growth_funnel_event AS event
         WHERE event.step_id = ANY({array(default_steps(env)[:WON_RANK].ids)})
    """
    generate.insert_copies(
        env.cr,
        "mail_message",
        message.id,
        {
            "id": f"{message.id} + number",
            "res_id": "lead_id",
            "date": "moment",
            "create_date": "moment",
            "create_uid": "author",
            "message_id": "'<' || number || '@benchmark>'",
        },
        source,
    )
    generate.insert_copies(
        env.cr,
        "mail_tracking_value",
        tracking.id,
        {
            "mail_message_id": f"{message.id} + number",
            "old_value_integer": "old_stage_id",
            "new_value_integer": "stage_id",
            "new_value_char": "stage_name",
        },
        source,
    )
    env.cr.execute("SELECT SETVAL('mail_message_id_seq', (SELECT MAX(id) FROM mail_message))")
    env["crm.lead"].browse(message.res_id).unlink()
    database.vacuum(env.cr, "mail_message", "mail_tracking_value")


def track_template(env, data):
    """Move a lead as people do.

    :return: what Odoo tracked of it
    """
    first, second = env["crm.stage"].search([], limit=2)
    template = leads.create_template(env, data, False, first.id)
    env.cr.flush()
    template.with_context(tracking_disable=False).stage_id = second
    # The message waits for the commit.
    env.cr.flush()
    return env["mail.tracking.value"].search(
        [
            ("mail_message_id.model", "=", "crm.lead"),
            ("mail_message_id.res_id", "=", template.id),
            ("field_id.name", "=", "stage_id"),
        ]
    )


def line_up(env):
    """Put the open leads of the first salesperson where they began: in the first stage."""
    data = generate.find(env)
    mine = "user_id = %s AND won_status = 'pending'"
    first = env["crm.stage"].search([], limit=1).id
    if "growth.funnel.event" in env:
        segment(env)
        env.cr.execute(
            "DELETE FROM growth_funnel_event WHERE lead_id IN"
            f" (SELECT id FROM crm_lead WHERE {mine})",
            [data.first_user],
        )
    env.cr.execute(f"UPDATE crm_lead SET stage_id = %s WHERE {mine}", [first, data.first_user])
    if "growth.funnel.event" in env:
        env["crm.lead"]._growth_stand_again()
        database.vacuum(env.cr, "growth_funnel_event", "growth_customer")
    database.vacuum(env.cr, "crm_lead")


def array(ids):
    return f"ARRAY{list(ids)}"


KINDS = {"base": fill_base, "leads": fill_leads, "tracking": fill_tracking, "line_up": line_up}

if __name__ == "__main__":
    kind, name, *arguments = sys.argv[1:]
    with (
        patch.object(fields.Datetime, "now", lambda *_args: leads.CLOCK),
        database.environment(name) as environment,
    ):
        KINDS[kind](environment, *arguments)
        environment.cr.commit()
