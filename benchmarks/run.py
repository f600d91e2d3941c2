#!/usr/bin/env python3
"""Measures the speed of the addon on generated data, see README.md beside this file.

Makes the databases when they are missing or of another size, takes each measure in a process of
its own, and prints the tables of the README.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import churn
import funnel
import harness
import okr
import refusals
import segments
import teams

from tools.environment import prepare
from tools.environment.console import say
from tools.environment.errors import SetupError
from tools.environment.paths import ADDON, this_clone

DATABASE = f"{ADDON}_bench"
SUBJECTS = {
    "segments": segments,
    "refusals": refusals,
    "funnel": funnel,
    "teams": teams,
    "churn": churn,
    "okr": okr,
}
INTERRUPTED = 130  # exit code of a program ended by Ctrl-C


def main() -> int:
    """Measure and print; the exit code is 0 when every target is met."""
    options = _parse()
    folders = this_clone()
    prepare.server(folders)
    if os.path.realpath(sys.prefix) != os.path.realpath(folders.venv):
        os.execv(folders.python, [str(folders.python), *sys.argv])
    chosen = [options.subject] if options.subject else list(SUBJECTS)
    try:
        with prepare.locked(folders, "benchmark"):
            reports = [SUBJECTS[name].measure(folders, options) for name in chosen]
            print(harness.machine(folders))
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. Run it again: data that is complete is kept.")
        return INTERRUPTED
    missed = []
    for report in reports:
        print(report.text())
        if report.full_size:
            say(f"The targets are meant for {report.full_size}.")
        missed += report.missed
    if missed:
        say(f"Missed: {', '.join(missed)}.")
    return 1 if missed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subject", choices=SUBJECTS, help="only this one")
    parser.add_argument("--database", default=DATABASE, help="name of the first, start of others")
    for subject in SUBJECTS.values():
        subject.add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
