"""One measure in a process of its own: ``measure_handovers.py NAME DATABASE NUMBER``.

Prints figures as JSON. The database is one that ``generate.py`` has filled; what is measured
commits, so it is a copy to be thrown away.
"""

import json
import sys
import time
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import database
import generate
from measure_segments import Mismatch

from odoo.fields import Command, Domain

FARMERS = 40
# More than any of them gets
CAPACITY = 10_000
GROUP = "sales_team.group_sale_salesman"
OPEN_PARTS = {
    "finding who is due": "_get_due",
    "dealing to farmers": "_deal",
    "activities": "_schedule",
}
ACCEPT_PARTS = {
    "moving records": "_move_records",
    "closing activities": "_finish_activities",
    "messages": "_tell_accepted",
}


def main(name, database_name, number):
    """Take the measure of this name and print it."""
    with database.environment(database_name) as env:
        print(json.dumps(MEASURES[name](env, int(number))))


def measure_open(env, number):
    """Seconds and queries of the job that opens the handovers of customers that are due, as the
    scheduler runs it: as superuser, with tracking, committed in batches. Beside it what Odoo takes
    for the activities alone.

    :param int number: of customers that are due
    :return: seconds and queries by part, and of all
    :rtype: dict[str, dict]
    :raise Mismatch: when a handover is missing, or the farmers did not get as many each
    """
    prepare(env)
    keep_due(env, number)
    job = env(context={})
    taken = {}
    with watched(type(env["growth.handover"]), OPEN_PARTS, taken), clock(env.cr, taken, "all"):
        job["growth.handover"]._cron_hand_over()
        env.cr.commit()
    check_opened(env.cr, number)
    with clock(env.cr, taken, "floor"):
        make_activities(job, number)
    env.cr.rollback()
    return taken


def measure_accept(env, number):
    """Seconds and queries of a leader who accepts handovers at once, with a lead, a quotation, a
    meeting and two activities of each customer.

    :param int number: of handovers
    :return: seconds and queries by part, and of all
    :rtype: dict[str, dict]
    :raise Mismatch: when something has not moved
    """
    leader = prepare(env)
    keep_due(env, number)
    job = env(context={})
    job["growth.handover"]._cron_hand_over()
    handovers = job["growth.handover"].search([("state", "=", "draft")], limit=number)
    make_records(env, handovers)
    handovers.item_ids.is_done = True
    handovers.action_offer()
    env.cr.commit()
    theirs = env(
        user=leader.id,
        context={"lang": leader.lang, "tz": leader.tz, "allowed_company_ids": [1]},
    )
    env.invalidate_all()
    taken = {}
    with watched(type(env["growth.handover"]), ACCEPT_PARTS, taken), clock(env.cr, taken, "all"):
        theirs["growth.handover"].browse(handovers.ids).action_accept()
        env.cr.commit()
    check_accepted(env.cr, number)
    return taken


# What there is


def prepare(env):
    """Hunters who sold everything, farmers with room, and customers that are to be handed over.

    :return: the leader of the farmers
    """
    company = env["res.company"].browse(1)
    company.write(
        {
            "growth_handover_trigger": "order",
            "growth_handover_since": False,
            "growth_lost_months": 120,
        }
    )
    env["crm.team.member"].search(Domain.TRUE).action_archive()
    data = generate.find(env)
    hunters = env["res.users"].browse(range(data.first_user, data.first_user + data.salespeople))
    farmers = create_users(env, "farmer", FARMERS)
    [leader] = create_users(env, "leader", 1)
    # The team of all orders
    hunting = env["sale.order"].search([("state", "=", "sale")], limit=1).team_id
    hunting.write({"growth_role": "hunter", "crm_team_member_ids": members(hunters)})
    env["crm.team"].create(
        {
            "name": "Farming",
            "company_id": 1,
            "growth_role": "farmer",
            "user_id": leader.id,
            "crm_team_member_ids": members(farmers),
        }
    )
    env["growth.customer"]._refresh(company, generate.LAST_DAY)
    env.cr.commit()
    database.vacuum(env.cr, "growth_customer", "sale_order")
    return leader


def create_users(env, name, number):
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": f"{name} {count}",
                    "login": f"{name}_{count}",
                    "email": f"{name}_{count}@example.com",
                    "group_ids": [Command.link(env.ref(GROUP).id)],
                }
                for count in range(number)
            ]
        )
    )


def members(users):
    return [Command.create({"user_id": user.id, "assignment_max": CAPACITY}) for user in users]


def keep_due(env, number):
    """Make the rest of the customers prospects, so that this many are due.

    :raise Mismatch: when there are not enough
    """
    company = env["res.company"].browse(1)
    env.flush_all()
    due = env["growth.handover"]._get_due(company, 0, number)
    if len(due) != number:
        raise Mismatch(f"Only {len(due)} of {number} customers are due.")
    env.cr.execute(
        "UPDATE growth_customer SET lifecycle = 'prospect' WHERE id <> ALL(%s)",
        [[customer_id for customer_id, *_rest in due]],
    )
    env.invalidate_all()
    env.cr.commit()


def make_records(env, handovers):
    """What moves with each customer, all of it the hunter's."""
    vals = [
        {
            "partner_id": handover.partner_id.id,
            "user_id": handover.hunter_id.id,
            "company_id": 1,
        }
        for handover in handovers
    ]
    team_id = handovers.hunter_team_id[:1].id
    leads = env["crm.lead"].create(
        [{**lead, "name": "Deal", "type": "opportunity", "team_id": team_id} for lead in vals]
    )
    env["sale.order"].create([{**order, "team_id": team_id} for order in vals])
    for handover, lead in zip(handovers, leads, strict=True):
        handover.partner_id.user_id = handover.hunter_id
        for record in (handover.partner_id, lead):
            record.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_call", user_id=handover.hunter_id.id
            )
    env["calendar.event"].with_context(no_mail_to_attendees=True).create(
        [
            {
                "name": "Meeting",
                "start": "2100-01-01 09:00:00",
                "stop": "2100-01-01 10:00:00",
                "user_id": handover.hunter_id.id,
                "partner_ids": [
                    Command.set((handover.partner_id | handover.hunter_id.partner_id).ids)
                ],
            }
            for handover in handovers
        ]
    )


def make_activities(env, number):
    """The activities of the handovers once more, by Odoo alone."""
    model_id = env["ir.model"]._get_id("growth.handover")
    handovers = env["growth.handover"].search(Domain.TRUE, order="id", limit=number)
    activity_type = env["growth.handover"]._get_activity_type()
    for start in range(0, number, 500):
        env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": handover.id,
                    "user_id": handover.hunter_id.id,
                    "activity_type_id": activity_type.id,
                    "summary": handover.partner_id.display_name,
                    "automated": True,
                }
                for handover in handovers[start : start + 500]
            ]
        )
        env.cr.flush()


# Whether it is right


def check_opened(cr, number):
    cr.execute("SELECT COUNT(*) FROM growth_handover WHERE state = 'draft' GROUP BY farmer_id")
    counts = [count for (count,) in cr.fetchall()]
    if sum(counts) != number or max(counts) - min(counts) > 1:
        raise Mismatch(f"{sum(counts)} of {number} handovers, dealt as {sorted(counts)}.")
    cr.execute(
        "SELECT COUNT(DISTINCT res_id) FROM mail_activity WHERE res_model = 'growth.handover'"
    )
    if (found := cr.fetchone()[0]) != number:
        raise Mismatch(f"{found} of {number} handovers have an activity.")


def check_accepted(cr, number):
    cr.execute(
        """
        SELECT res_model, COUNT(*)
          FROM growth_handover_move
          JOIN growth_handover AS handover ON handover.id = handover_id
         WHERE handover.state = 'accepted'
      GROUP BY res_model
        """
    )
    found = dict(cr.fetchall())
    wanted = dict.fromkeys(
        ("growth.customer", "res.partner", "crm.lead", "sale.order", "calendar.event"), number
    )
    if any(found.get(model, 0) < count for model, count in wanted.items()):
        raise Mismatch(f"Moved {found}, expected {wanted}.")


@contextmanager
def watched(model, parts, taken):
    """Take the time of methods, what they leave to be written included."""
    with ExitStack() as stack:
        for part, method in parts.items():
            original = getattr(model, method)
            stack.enter_context(patch.object(model, method, _measured(original, part, taken)))
        yield


def _measured(original, part, taken):
    def measured(records, *args, **kwargs):
        with clock(records.env.cr, taken, part):
            result = original(records, *args, **kwargs)
            records.env.flush_all()
        return result

    return measured


@contextmanager
def clock(cr, taken, part):
    queries, start = cr.sql_log_count, time.perf_counter()
    yield
    figures = taken.setdefault(part, {"seconds": 0.0, "queries": 0})
    figures["seconds"] += time.perf_counter() - start
    figures["queries"] += cr.sql_log_count - queries


MEASURES = {"open": measure_open, "accept": measure_accept}

if __name__ == "__main__":
    main(*sys.argv[1:])
