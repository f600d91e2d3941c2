"""One measure in a process of its own, figures as JSON on stdout: ``FILE NAME DATABASE``.

Ours and the floor run in turns on the same connection and the same orders.
"""

import json
import resource
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

import database
import generate
from measure_segments import Mismatch, in_turn, seconds, summary

FLOOR = Path(__file__).with_name("churn_floor.sql").read_text(encoding="utf-8")
TABLE = "bench_churn"
# Even, so that each is first as often as the other.
DAYS = 6
SHARE_OF_DAY = 0.01
WRITTEN = ("growth_customer", "growth_churn_case", "growth_churn_digest", "growth_churn_model")
STEPS = {
    "reading": ("growth.sales.facts", "_churn_documents"),
    "facts and probability": ("growth.churn.rule", "_get_facts"),
    "judging": ("growth.churn.rule", "_judge"),
    "hub": ("growth.churn.rule", "_write_verdicts"),
    "cases": ("growth.churn.case", "_follow"),
    "digests": ("growth.churn.digest", "_tell"),
}


def main(name, database_name):
    """Take the measure of this name and print it."""
    with database.environment(database_name) as env:
        print(json.dumps(MEASURES[name](env)))


def measure_first(env):
    """Seconds of the first run, which rebuilds the past, and of learning from it.

    :return: seconds and steps, seconds of CPU of learning, cases made, and peak memory
    """
    import pandas  # noqa: F401 - once in the life of a worker, so it belongs to no round

    prepare(env)
    before = peak()
    with step_times(env) as steps:
        spent = seconds(env["growth.churn.rule"]._detect, env.company, generate.LAST_DAY)
        spent += seconds(env.cr.commit)
    env.cr.execute("SELECT COUNT(*) FROM growth_churn_case")
    [cases] = env.cr.fetchone()
    figures = {"spent": spent, "steps": steps, "cases": cases, "before": before, "peak": peak()}
    return figures | measure_fit(env)


def measure_fit(env):
    """Seconds of CPU of learning alone: of one fit over all customers of a horizon ago."""
    documents = env["growth.sales.facts"]._churn_documents(env.company, generate.LAST_DAY)
    start = time.process_time()
    model = env["growth.churn.model"]._learn(env.company, documents, generate.LAST_DAY)
    figures = {"fit": time.process_time() - start, "learned_from": model.customers}
    env.cr.rollback()
    return figures


def measure_days(env):
    """Seconds of the job of some days and of the floor, and of the job run once more.

    :raise Mismatch: when a customer is found by one of them alone, or a run without a change wrote
    """
    import pandas  # noqa: F401 - see above

    prepare(env)
    env["growth.churn.rule"]._detect(env.company, generate.LAST_DAY)
    env.cr.commit()
    data = generate.find(env)
    rounds, idle_rounds, steps = [], [], []
    for day in range(1, DAYS + 1):
        as_of = generate.LAST_DAY + timedelta(days=day)
        generate.add_day(env.cr, data, day, SHARE_OF_DAY)
        env["growth.customer"]._refresh(env.company, as_of)
        env.cr.commit()
        with step_times(env) as times:
            rounds.append(race(env, as_of, day))
        steps.append(times)
        idle_rounds.append(race(env, as_of, day + 1))
        if any(idle_rounds[-1]["written"].values()):
            raise Mismatch(f"Nothing changed, yet rows were written: {idle_rounds[-1]}")
    return {
        "daily": summary(rounds)
        | {table: median(figures["written"][table] for figures in rounds) for table in WRITTEN},
        "idle": summary(idle_rounds) | {"written": idle_rounds[-1]["written"]},
        "steps": {step: median(times[step] for times in steps) for step in STEPS},
    }


def race(env, as_of, number):
    """Run both as of a day, in turns who is first, and compare whom they found.

    :return: seconds of `ours` and `floor`, and rows `written` of ours
    """
    figures = {}

    def ours():
        spent = seconds(env["growth.churn.rule"]._detect, env.company, as_of)
        figures["written"] = rows_written(env.cr)
        figures["ours"] = spent + seconds(env.cr.commit)

    def theirs():
        env.cr.execute(f"DROP TABLE IF EXISTS {TABLE}")
        figures["floor"] = seconds(
            env.cr.execute,
            FLOOR.format(table=TABLE),
            {"company_id": env.company.id, "as_of": as_of},
        )
        figures["floor"] += seconds(env.cr.commit)

    for runner in in_turn(number, ours, theirs):
        runner()
    check_equal(env)
    return figures


def check_equal(env):
    # Who is likely to leave is found by what was learned alone.
    env.cr.execute(
        f"""
        SELECT COUNT(*)
          FROM {TABLE} AS theirs
     FULL JOIN (
                SELECT customer.partner_id, customer.churn_state AS state
                  FROM growth_customer AS customer
                  JOIN growth_churn_rule AS rule ON rule.id = customer.churn_rule_id
                 WHERE rule.kind != 'probability'
               ) AS ours USING (partner_id)
     LEFT JOIN growth_customer AS customer USING (partner_id)
         WHERE theirs.state IS DISTINCT FROM ours.state
           AND customer.churn_state != 'won_back'
        """
    )
    [differences] = env.cr.fetchone()
    if differences:
        raise Mismatch(f"{differences} customers are not the same for ours and the floor.")


def prepare(env):
    """Customers segmented as of the last day of the data, and no churn known."""
    env.cr.execute("TRUNCATE growth_churn_case, growth_churn_digest, growth_churn_model CASCADE")
    env.cr.execute("TRUNCATE growth_customer, growth_segment_move CASCADE")
    env.company.write({"growth_as_of": False, "growth_churn_as_of": False})
    generate.remove_days(env.cr)
    env.flush_all()
    env.invalidate_all()
    env.company.partner_id.tz = "UTC"
    env["growth.customer"]._refresh(env.company, generate.LAST_DAY)
    env.cr.commit()
    database.vacuum(env.cr, "sale_order", "growth_customer")


def rows_written(cr):
    """Rows that this transaction inserted or changed so far, by the mark PostgreSQL put on them."""
    written = {}
    for table in WRITTEN:
        cr.execute(f"SELECT COUNT(*) FROM {table} WHERE xmin = PG_CURRENT_XACT_ID()::xid")
        written[table] = cr.fetchone()[0]
    return written


@contextmanager
def step_times(env):
    """Seconds spent in each step of ours while inside."""
    times = dict.fromkeys(STEPS, 0.0)

    def timed(step, method):
        def call(*args, **kwargs):
            start = time.perf_counter()
            result = method(*args, **kwargs)
            times[step] += time.perf_counter() - start
            return result

        return call

    with ExitStack() as stack:
        for step, (model_name, name) in STEPS.items():
            model = env.registry[model_name]
            stack.enter_context(patch.object(model, name, timed(step, getattr(model, name))))
        yield times


def peak():
    """Most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


MEASURES = {"first": measure_first, "days": measure_days}

if __name__ == "__main__":
    main(*sys.argv[1:])
