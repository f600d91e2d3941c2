"""Adds leads that nobody has to the databases of refusals: ``incoming.py STAGE DATABASE NUMBER``.

``leads`` puts the same leads into any of them, half of customers and half of prospects; ``roles``
then makes hunters and farmers of the teams in one with the addon, and gives each of the customers a
farmer.
"""

import sys

import database
import generate
import leads

# What the salespeople may be given in a day altogether, so that no lead has to wait.
CAPACITY = 1_000_000
DAYS_PER_MONTH = 30


def add_leads(env, number):
    """Leads without salesperson and team, each with an address of its own: none is merged.

    :param int number: the first half are of customers, one of each, the others of nobody known
    """
    data = generate.find(env)
    members = env["crm.team.member"].search([("user_id", ">=", data.first_user)])
    members.assignment_max = CAPACITY // len(members)
    # Teams that Odoo brings along get nothing.
    others = env["crm.team"].search([("id", "not in", members.crm_team_id.ids)])
    others.assignment_optout = True
    template = leads.create_template(
        env, data, members.crm_team_id.ids[0], env["crm.stage"].search([], limit=1).id
    )
    template.message_subscribe(template.user_id.partner_id.ids)
    leads.copy_template(
        env,
        template,
        {
            "type": "'lead'",
            "user_id": "NULL::int",
            "team_id": "NULL::int",
            "company_id": "NULL::int",
            "date_open": "NULL::timestamp",
        },
        f"""
        SELECT number, 'pending' AS status, '{leads.CLOCK}'::timestamp AS moment,
               CASE WHEN number < {number // 2}
                    THEN {data.first_partner} + number % {data.customers} END AS customer,
               'request' || number || '@example.org' AS mail,
               '+33' || LPAD(number::text, 9, '0') AS number_of_phone
          FROM GENERATE_SERIES(0, {number - 1}) AS number
        """,
    )
    template.unlink()
    database.vacuum(env.cr, "crm_lead")


def add_roles(env, number):
    """Half of the teams hunt, the others keep the customers that the leads are of.

    :param int number: of the leads
    """
    data = generate.find(env)
    env["growth.customer"]._refresh(env["res.company"].browse(1), generate.LAST_DAY)
    members = env["crm.team.member"].search([("user_id", ">=", data.first_user)], order="user_id")
    teams = members.crm_team_id.sorted("id")
    half = len(teams) // 2
    teams[:half].growth_role, teams[half:].growth_role = "hunter", "farmer"
    teams.growth_is_routed = True
    farmers = members.filtered(lambda member: member.growth_role == "farmer")
    env.flush_all()
    env.cr.execute(
        f"""
        INSERT INTO growth_customer (company_id, partner_id, lifecycle, farmer_id)
        SELECT 1, {data.first_partner} + number, 'repeat',
               (%(farmers)s)[1 + number %% %(count)s]
          FROM GENERATE_SERIES(0, {min(number // 2, data.customers) - 1}) AS number
   ON CONFLICT (partner_id, company_id)
     DO UPDATE SET lifecycle = EXCLUDED.lifecycle, farmer_id = EXCLUDED.farmer_id
        """,
        {"farmers": farmers.user_id.ids, "count": len(farmers)},
    )
    database.vacuum(env.cr, "growth_customer")


STAGES = {"leads": add_leads, "roles": add_roles}

if __name__ == "__main__":
    stage, name, count = sys.argv[1:]
    with database.environment(name) as environment:
        STAGES[stage](environment, int(count))
        environment.cr.commit()
