"""One measure in a process of its own: ``measure_teams.py NAME DATABASE NUMBER``.

Prints figures as JSON. What is measured commits, so the database is a copy to be thrown away.
"""

import json
import sys
import time
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import database
from measure_segments import Mismatch

# The parts of Odoo's job; the first exists in ours alone.
PARTS = {
    "farmers": "_growth_assign_farmers",
    "teams": "_allocate_leads",
    "members": "_assign_and_convert_leads",
}


def main(name, database_name, number):
    """Take the measure of this name and print it."""
    with database.environment(database_name) as env:
        print(json.dumps(MEASURES[name](env, int(number))))


def measure_route(env, number):
    """Seconds and queries of assigning leads that nobody has, of ours or of Odoo alone, as the
    scheduled job does: as superuser, with tracking, committed in bundles.

    :param int number: of the leads
    :return: seconds and queries by part, and of all
    :rtype: dict[str, dict]
    :raise Mismatch: when a lead was left over, or went to the wrong people
    """
    import pandas  # noqa: F401 - once in the life of a worker

    job = env(context={})
    teams = job["crm.team"].search([("assignment_optout", "=", False)])
    before = count_given(env.cr)
    taken = {}
    with ExitStack() as stack:
        for part, method in PARTS.items():
            if hasattr(teams, method):
                stack.enter_context(watched(type(teams), method, part, taken))
        with clock(env.cr, taken, "all"):
            teams._action_assign_leads(creation_delta_days=0)
            env.cr.commit()
    if (given := count_given(env.cr) - before) != number:
        raise Mismatch(f"{given} of {number} leads were assigned.")
    if "growth.customer" in env:
        check_route(env.cr)
    return taken


@contextmanager
def watched(model, method, part, taken):
    original = getattr(model, method)

    def measured(teams, *args, **kwargs):
        # What is still to be written belongs to the part that left it.
        with clock(teams.env.cr, taken, part):
            result = original(teams, *args, **kwargs)
            teams.env.cr.flush()
        return result

    with patch.object(model, method, measured):
        yield


@contextmanager
def clock(cr, taken, part):
    queries, start = cr.sql_log_count, time.perf_counter()
    yield
    taken[part] = {
        "seconds": time.perf_counter() - start,
        "queries": cr.sql_log_count - queries,
    }


def count_given(cr):
    cr.execute("SELECT COUNT(*) FROM crm_lead WHERE user_id IS NOT NULL AND team_id IS NOT NULL")
    return cr.fetchone()[0]


def check_route(cr):
    """
    :raise Mismatch: when a customer's lead is not with the farmer, or another not with a hunter
    """
    cr.execute(
        """
        SELECT COUNT(*)
          FROM crm_lead AS lead
          JOIN crm_team AS team ON team.id = lead.team_id
     LEFT JOIN growth_customer AS customer
            ON customer.partner_id = lead.partner_id AND customer.company_id = 1
         WHERE lead.email_normalized LIKE 'request%'
           AND CASE WHEN lead.partner_id IS NULL THEN team.growth_role <> 'hunter'
                    ELSE lead.user_id IS DISTINCT FROM customer.farmer_id END
        """
    )
    if wrong := cr.fetchone()[0]:
        raise Mismatch(f"{wrong} leads went to the wrong people.")


MEASURES = {"route": measure_route}

if __name__ == "__main__":
    main(*sys.argv[1:])
