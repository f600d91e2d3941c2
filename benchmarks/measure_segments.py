"""One measure in a process of its own, figures as JSON on stdout: ``FILE NAME DATABASE``.

Ours and the floor run in turns on the same connection and the same orders, so that a busy moment
of the machine, warm caches and growing tables meet both.
"""

import json
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

import database
import floor
import generate

# Even, so that each is first as often as the other.
FILLS = 4
DAYS = 8
GROUPINGS = 8
SHARE_OF_DAY = 0.01
STEPS = ("_stage_facts", "_stage_verdicts", "_stage_changes", "_write_changes")
WRITTEN = ("growth_customer", "growth_segment_move", "res_partner")
# Grouping of contacts: stored column of as many values.
GROUPED = {"abc_class": "type", "growth_segment_id": "industry_id"}


class Mismatch(Exception):
    """Ours and the floor disagree, or a run wrote what it should not."""


def main(name, database_name):
    """Take the measure of this name and print it."""
    with database.environment(database_name) as env:
        print(json.dumps(MEASURES[name](env)))


# Speed


def measure_speed(env):
    """Seconds of first fill, daily run and run without a change: of ours and of the floor.

    :raise Mismatch: when one row differs, or a run without a change wrote a row
    """
    import pandas  # noqa: F401 - once in the life of a worker, so it belongs to no round

    floor.create(env.cr)
    set_autovacuum(env.cr, "off")
    generate.remove_days(env.cr)
    database.vacuum(env.cr, "sale_order")
    result = {"fill": measure_fill(env)}
    database.vacuum(env.cr, floor.HUB, floor.TABLE)
    result.update(measure_days(env))
    set_autovacuum(env.cr, "on")
    env.cr.execute(f"DROP TABLE {floor.TABLE}")
    env.cr.commit()
    return result


def measure_fill(env):
    rounds = []
    for number in range(FILLS):
        empty(env)
        env.cr.execute(f"TRUNCATE {floor.TABLE}")
        env.cr.commit()
        rounds.append(race(env, 0, number))
        check_equal(env, 0)
    return summary(rounds)


def measure_days(env):
    data = generate.find(env)
    rounds, idle_rounds, steps = [], [], []
    for day in range(1, DAYS + 1):
        generate.add_day(env.cr, data, day, SHARE_OF_DAY)
        env.cr.commit()
        with step_times(env) as times:
            rounds.append(race(env, day, day))
        steps.append(times)
        check_equal(env, day)
        check_written(rounds[-1])
        idle_rounds.append(race(env, day, day))
        if any(idle_rounds[-1]["written"].values()):
            raise Mismatch(f"Nothing changed, yet rows were written: {idle_rounds[-1]}")
    counts = [figures["counts"] for figures in rounds]
    return {
        "daily": summary(rounds)
        | {
            "changed": median(count["changed"] for count in counts),
            "moved": median(count["moved"] for count in counts),
        },
        "idle": summary(idle_rounds) | {"written": idle_rounds[-1]["written"]},
        "steps": {step: median(times[step] for times in steps) for step in STEPS},
    }


def race(env, day, number):
    """Run both as of a day, in turns who is first.

    :return: seconds of `ours` and `floor`, `counts` and rows `written` of ours
    """
    as_of = generate.LAST_DAY + timedelta(days=day)
    customers = env["growth.customer"]
    figures = {}

    def ours():
        start = time.perf_counter()
        figures["counts"] = customers._refresh(env.company, as_of=as_of)
        spent = time.perf_counter() - start
        figures["written"] = rows_written(env.cr)
        figures["ours"] = spent + seconds(env.cr.commit)

    def theirs():
        figures["floor"] = seconds(floor.refresh, env.cr, env.company.id, as_of)
        figures["floor"] += seconds(env.cr.commit)

    for runner in in_turn(number, ours, theirs):
        runner()
    return figures


def in_turn(number, *items):
    """The items, in every second round the other way round."""
    return items[:: 1 if number % 2 else -1]


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


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
    times = {}
    model = env.registry["growth.customer"]

    def timed(step, method):
        def call(*args):
            start = time.perf_counter()
            result = method(*args)
            times[step] = time.perf_counter() - start
            return result

        return call

    with ExitStack() as stack:
        for step in STEPS:
            stack.enter_context(patch.object(model, step, timed(step, getattr(model, step))))
        yield times


def summary(rounds):
    ratios = [figures["ours"] / figures["floor"] for figures in rounds]
    return {
        "ours": median(figures["ours"] for figures in rounds),
        "floor": median(figures["floor"] for figures in rounds),
        "ratio": median(ratios),
        "ratios": ratios,
    }


def check_equal(env, day):
    if differences := floor.count_differences(env.cr):
        raise Mismatch(f"Day {day}: {differences} rows of ours and the floor differ.")


def check_written(figures):
    """What ours says it wrote is what is marked so, or a zero would mean nothing."""
    counts, written = figures["counts"], figures["written"]
    expected = {"growth_customer": counts["changed"], "growth_segment_move": counts["moved"]}
    if written != expected | {"res_partner": 0}:
        raise Mismatch(f"Ours says it wrote {expected}, marked are {written}.")


def empty(env):
    """Forget all segmentation, as before the first run."""
    env.cr.execute("TRUNCATE growth_customer, growth_segment_move")
    env.company.growth_as_of = False
    env.flush_all()
    env.invalidate_all()
    env.cr.commit()


def set_autovacuum(cr, state):
    # Else it would start in the middle of some round.
    for table in (floor.HUB, floor.TABLE, "growth_segment_move"):
        cr.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = {state})")
    cr.commit()


# Memory


def measure_memory_fill(env):
    """Peak memory in MB of a process that makes the first fill."""
    empty(env)
    return peak_of_refresh(env, 0)


def measure_memory_daily(env):
    """Peak memory in MB of a process that makes a daily run; needs a fill of the day before."""
    generate.remove_days(env.cr)
    generate.add_day(env.cr, generate.find(env), 1, SHARE_OF_DAY)
    env.cr.commit()
    return peak_of_refresh(env, 1)


def peak_of_refresh(env, day):
    before = peak()
    env["growth.customer"]._refresh(env.company, as_of=generate.LAST_DAY + timedelta(days=day))
    env.cr.commit()
    return {"before": before, "peak": peak()}


def peak():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("The kernel does not tell the peak of memory.")


# Grouped lists


def measure_groups(env):
    """Seconds of the contacts' list grouped by a field of the hub and by a stored column."""
    database.vacuum(env.cr, "res_partner", floor.HUB)
    users = {
        "all": env["res.users"].search([("login", "=", generate.MANAGER)]),
        "own": env["res.users"].browse(generate.find(env).first_user),
    }
    return {
        f"{field}_{access}": compare_groups(env["res.partner"].with_user(user), field, stored)
        for access, user in users.items()
        for field, stored in GROUPED.items()
    }


def compare_groups(partners, field, stored):
    rounds = []
    for number in range(GROUPINGS):
        figures = {}
        for name, fname in in_turn(number, ("ours", field), ("floor", stored)):
            partners.env.invalidate_all()
            figures[name] = seconds(partners.web_read_group, [], [fname], [], 80)
        rounds.append(figures)
    return summary(rounds) | {"contacts": partners.search_count([])}


MEASURES = {
    "speed": measure_speed,
    "memory_fill": measure_memory_fill,
    "memory_daily": measure_memory_daily,
    "groups": measure_groups,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
