"""Fills a database where the addon is installed with histories, and with objectives to measure on
them.

``objectives.py histories DATABASE`` puts customers, orders and leads of three years there.
``objectives.py objectives DATABASE KEY_RESULTS`` adds the objectives of a year and a quarter, a
tree from the company over teams to people, with key results that Odoo feeds.

As in `generate`, the same sizes give the same data.
"""

import sys
from datetime import date
from unittest.mock import patch

import database
import generate
import histories
import leads

from odoo import fields

CUSTOMERS = 100_000
ORDERS = 200_000
LEADS = 100_000
PEOPLE = 200
PER_OBJECTIVE = 4
# Of so many key results of a measure, one each is of a team and of the company, for a manager, who
# alone sees that; and one in ten is expected to grow like last year.
PER_TEAM = 20
PER_COMPANY = 50
PER_SEASON = 10
# One in so many of what adds up over the cycle begins at what it came to before.
PER_BASELINE = 2
ADDITIVE = ("sum", "count", "count_distinct")
# Both go on after the last day of the data.
CYCLES = (("year", date(2025, 4, 1)), ("quarter", date(2025, 12, 1)))
# What people define beside the measures that are shipped.
MEASURES = (
    ("Orders", "sale.order", "date_order", "count", False, "[('state', '=', 'sale')]"),
    ("Amounts", "sale.order", "date_order", "sum", "amount_untaxed", "[('state', '=', 'sale')]"),
    ("Mean Order", "sale.order", "date_order", "avg", "amount_untaxed", "[('state', '=', 'sale')]"),
    ("Buyers", "sale.order", "date_order", "count_distinct", "partner_id", "[]"),
    ("New Leads", "crm.lead", "create_date", "count", False, "[('type', '=', 'opportunity')]"),
    ("Pipeline", "crm.lead", False, "sum", "expected_revenue", "[('won_status', '=', 'pending')]"),
    ("Steps", "growth.funnel.event", "date", "count", False, "[]"),
)


def fill_histories(env):
    """Customers with orders and leads of three years, segmented, with the log of the leads."""
    data = generate.fill(env, CUSTOMERS, ORDERS, PEOPLE)
    histories.segment(env)
    leads.add_addresses(env.cr, data)
    histories.fill_leads(env, LEADS)
    database.vacuum(env.cr, "sale_order")


def fill_objectives(env, number):
    """Objectives that run, with key results.

    :param str number: how many key results
    """
    data = generate.find(env)
    people = env["res.users"].browse(range(data.first_user, data.first_user + data.salespeople))
    manager = env["res.users"].search([("login", "=", generate.MANAGER)])
    teams = env["crm.team"].search([("name", "=like", "Team %")], order="id")
    Objective = env["growth.okr.objective"]
    cycles = _create_cycles(env)
    # All of it hangs below the year.
    top = Objective.create([_objective(cycles[0], manager, level="company")])
    parents = Objective.create(
        [
            _objective(cycle, manager, parent=top, level="team", team_id=team.id)
            for cycle in cycles
            for team in teams
        ],
    ).grouped("cycle_id")
    objectives = Objective.create(
        [
            _objective(
                cycle,
                people[place % len(people)],
                parent=parents[cycle][place // len(cycles) % len(teams)],
            )
            for place in range(int(number) // PER_OBJECTIVE)
            for cycle in [cycles[place % len(cycles)]]
        ],
    )
    _create_key_results(env, objectives, manager, teams, int(number))
    env.flush_all()
    env.cr.commit()
    database.vacuum(env.cr, "growth_okr_key_result", "growth_okr_objective")


def _create_cycles(env):
    return env["growth.okr.cycle"].create(
        [
            {"period": period, "date_from": day, "state": "running", "company_id": env.company.id}
            for period, day in CYCLES
        ]
    )


def _objective(cycle, owner, parent=None, **values):
    return {
        "name": f"Objective of {owner.login}",
        "cycle_id": cycle.id,
        "owner_id": owner.id,
        "parent_id": parent and parent.id,
        "state": "running",
        "running_date": cycle.date_from,
        **values,
    }


def _create_key_results(env, objectives, manager, teams, number):
    measures = [*env["growth.okr.measure"].search([], order="id"), *_create_measures(env)]
    vals_list = []
    for place in range(number):
        objective = objectives[place // PER_OBJECTIVE]
        measure = measures[place % len(measures)]
        turn = place // len(measures)
        scope = "user"
        if turn % PER_COMPANY == 0:
            scope = "company"
        elif turn % PER_TEAM == 0 and measure.team_field:
            scope = "team"
        adds_up = measure.date_field and measure.aggregation in ADDITIVE
        baseline = 10 if adds_up and turn % PER_BASELINE == 1 else 0
        can_follow = measure.date_field and measure.aggregation in ("sum", "count")
        vals_list.append(
            {
                "name": f"Key result {place}",
                "objective_id": objective.id,
                "owner_id": (objective.owner_id if scope == "user" else manager).id,
                "source": "measure",
                "measure_id": measure.id,
                "scope": scope,
                "team_id": teams[place % len(teams)].id,
                "baseline": 1e6 if measure.lower_is_better else baseline,
                "target": 0 if measure.lower_is_better else baseline + 1 + place % 100,
                "expectation": "season" if can_follow and turn % PER_SEASON == 1 else "linear",
            }
        )
    env["growth.okr.key.result"].create(vals_list)


def _create_measures(env):
    return env["growth.okr.measure"].create(
        [
            {
                "name": name,
                "model": model,
                "date_field": date_field,
                "aggregation": aggregation,
                "measure_field": measure_field,
                "domain": domain,
                "user_field": "user_id",
                "team_field": "team_id",
            }
            for name, model, date_field, aggregation, measure_field, domain in MEASURES
        ]
    )


KINDS = {"histories": fill_histories, "objectives": fill_objectives}

if __name__ == "__main__":
    kind, name, *arguments = sys.argv[1:]
    with (
        patch.object(fields.Datetime, "now", lambda *_args: leads.CLOCK),
        database.environment(name) as environment,
    ):
        KINDS[kind](environment, *arguments)
        environment.cr.commit()
