"""One measure in a process of its own, figures as JSON on stdout: ``FILE NAME DATABASE``.

The floor is the grouped statements of the measures, sent once more and nothing else. Both run on
one connection, which has no parallel workers: their CPU time would be counted nowhere.
"""

import json
import os
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

import database
import generate
import leads
from measure_segments import Mismatch, in_turn

from odoo import fields

# Even, so that each is first as often as the other.
DAYS = 2
SHARE_OF_DAY = 0.01
TABLES = ("growth_okr_check_in", "growth_okr_key_result", "growth_okr_objective", "mail_activity")
STEPS = {
    "seasons": ("growth.okr.key.result", "_learn_seasons"),
    "values": ("growth.okr.measure", "_get_values"),
    "points": ("growth.okr.key.result", "_write_points"),
    "reminders": ("growth.okr.key.result", "_remind"),
}


def main(name, database_name):
    """Take the measure of this name and print it."""
    with database.environment(database_name) as env:
        env.cr.execute("SET max_parallel_workers_per_gather = 0")
        # As in the job, which would be spared the price of it alone.
        env.cr.execute("SET jit = off")
        env.company.partner_id.tz = "UTC"
        env.cr.commit()
        print(json.dumps(MEASURES[name](env)))


def measure_days(env):
    """CPU time and queries of the first run, of the days after it, and of the job run once more.

    :raise Mismatch: when something was not measured, or a run without a change wrote points
    """
    data = generate.find(env)
    first = run(env, 0)
    env.cr.execute(
        "SELECT COUNT(*), COUNT(measured_at) FROM growth_okr_key_result WHERE state = 'running'"
    )
    number, measured = env.cr.fetchone()
    if measured < number:
        raise Mismatch(f"Of {number} key results only {measured} were measured.")
    database.vacuum(env.cr, *TABLES)
    rounds, idle_rounds = [], []
    for day in range(1, DAYS + 1):
        generate.add_day(env.cr, data, day, SHARE_OF_DAY)
        env["growth.customer"]._refresh(env.company, generate.LAST_DAY + timedelta(days=day))
        env.cr.commit()
        rounds.append(race(env, day))
        idle_rounds.append(run(env, day))
        if idle_rounds[-1]["points"]:
            raise Mismatch(f"Nothing changed, yet points were written: {idle_rounds[-1]}")
    return {
        "key_results": number,
        "first": first,
        "daily": summary(rounds),
        "idle": summary(idle_rounds),
    }


def race(env, day):
    """Run both as of a day, in turns who is first.

    :return: as `run`, seconds of CPU of the `floor`, and the number of its `statements`
    """
    statements = []
    figures = {}

    def ours():
        figures.update(run(env, day))

    def theirs():
        with cpu_time(env) as spent:
            for query, parameters in statements:
                env.cr.execute(query, parameters)
                env.cr.fetchall()
        figures.update(floor=spent["cpu"], statements=len(statements))
        env.cr.commit()

    with clock(day):
        listen(env, statements)
    for runner in in_turn(day, ours, theirs):
        runner()
    return figures


def listen(env, statements):
    """Ask the measures what the job asks, to know the statements by which they do.

    :param list statements: receives the reading ones with their parameters
    """
    day = env.company._growth_day(fields.Datetime.now())
    key_results = env["growth.okr.key.result"]._for_job(env.company)
    key_results = key_results._get_running(env.company)._filtered_measurable(day)
    requests = [key_result._get_measure_request(day) for key_result in key_results]
    execute = type(env.cr).execute
    read_group = type(env["base"])._read_group

    def keep(cr, query, params=None, log_exceptions=True):
        code, values = (query.code, query.params) if hasattr(query, "code") else (query, params)
        statements.append((code, list(values or ())))
        return execute(cr, query, params, log_exceptions)

    def listening(*args, **kwargs):
        with patch.object(type(env.cr), "execute", keep):
            return read_group(*args, **kwargs)

    with patch.object(type(env["base"]), "_read_group", listening):
        env["growth.okr.measure"]._get_values(requests)
    statements[:] = [each for each in statements if each[0].lstrip().startswith("SELECT")]
    env.cr.commit()


def run(env, day):
    """Run the job as of some days after the last one of the data, as in a fresh process.

    :return: seconds, seconds of CPU in all and of Odoo, seconds of CPU of the steps, queries, and
        numbers of points and reminders that were written
    """
    env.invalidate_all()
    before = env.cr.sql_log_count
    start = time.perf_counter()
    with clock(day), step_times(env) as steps, cpu_time(env) as spent:
        env["growth.okr.key.result"]._refresh(env.company)
        env.flush_all()
    figures = {
        **spent,
        "seconds": time.perf_counter() - start,
        "steps": steps,
        "queries": env.cr.sql_log_count - before,
    }
    for name, table in (("points", "growth_okr_check_in"), ("reminders", "mail_activity")):
        env.cr.execute(f"SELECT COUNT(*) FROM {table} WHERE xmin = PG_CURRENT_XACT_ID()::xid")
        [figures[name]] = env.cr.fetchone()
    env.cr.commit()
    return figures


def clock(day):
    """Noon of some days after the last one of the data."""
    return patch.object(fields.Datetime, "now", lambda *_args: leads.CLOCK + timedelta(days=day))


@contextmanager
def cpu_time(env):
    """Seconds of CPU (user and system) while inside: of `odoo`, and `cpu` with PostgreSQL's."""
    env.cr.execute("SELECT PG_BACKEND_PID()")
    stat = Path(f"/proc/{env.cr.fetchone()[0]}/stat")
    spent = {}
    own, theirs = time.process_time(), _backend_time(stat)
    yield spent
    spent["odoo"] = time.process_time() - own
    spent["cpu"] = spent["odoo"] + _backend_time(stat) - theirs


def _backend_time(stat):
    # User and system time are the fields 14 and 15, the name in brackets being the second.
    values = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def step_times(env):
    """Seconds of CPU spent in each step of the job while inside."""
    times = dict.fromkeys(STEPS, 0.0)

    def timed(step, method):
        def call(*args, **kwargs):
            with cpu_time(env) as spent:
                result = method(*args, **kwargs)
            times[step] += spent["cpu"]
            return result

        return call

    with ExitStack() as stack:
        for step, (model_name, name) in STEPS.items():
            model = env.registry[model_name]
            stack.enter_context(patch.object(model, name, timed(step, getattr(model, name))))
        yield times


def summary(rounds):
    """Medians of the rounds."""
    keys = [key for key in rounds[0] if key != "steps"]
    return {key: median(figures[key] for figures in rounds) for key in keys} | {
        "steps": {step: median(figures["steps"][step] for figures in rounds) for step in STEPS}
    }


MEASURES = {"days": measure_days}

if __name__ == "__main__":
    main(*sys.argv[1:])
