"""The command line: ``python3 -m tools.environment COMMAND``."""

from __future__ import annotations

import argparse
import signal
import sys

from . import checks, clean, launch, postgres, prepare, requirements
from .config import HTTP_PORT
from .console import say
from .errors import SetupError
from .paths import Folders, this_clone

INTERRUPTED = 130  # exit code of a program ended by Ctrl-C


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(this_clone(), arguments) or 0
    except SetupError as error:
        say(f"\n{error}")
    except OSError as error:
        say(f"\n{error}\nMend this, then run the same command again: it goes on from there.")
    except KeyboardInterrupt:
        say("\nInterrupted. Run the same command again: it goes on from there.")
        return INTERRUPTED
    return 1


def _interrupt(_signal, _frame):
    raise KeyboardInterrupt


def _run(folders: Folders, arguments: list[str]) -> int | None:
    # The options of Odoo, a script and pytest are none of ours, not even --help.
    if arguments and arguments[0] in HANDED_ON:
        return HANDED_ON[arguments[0]](folders, arguments[1:])
    options = _parser().parse_args(arguments)
    return COMMANDS[options.command](folders, options, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tools.environment", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("env", help="set up Odoo, its Python packages and PostgreSQL")
    demo = commands.add_parser("demo", help="serve the addons with demo data")
    demo.add_argument("--port", type=int, default=HTTP_PORT)
    commands.add_parser("test", help="run both tiers of tests; pytest gets what follows")
    commands.add_parser("lint", help="run all checks of the code")
    commands.add_parser("i18n", help="export the terms, merge the translations")
    refresh = commands.add_parser("requirements", help="resolve the pinned requirements anew")
    refresh.add_argument("--upgrade", action="store_true")
    commands.add_parser("stop", help="stop the embedded PostgreSQL")
    commands.add_parser("clean", help="stop it and remove everything the set-up made")
    commands.add_parser("odoo", help="run Odoo with what follows")
    commands.add_parser("run", help="run a Python script of the repository with what follows")
    return parser


def _env(folders: Folders, _options, _arguments) -> None:
    prepare.environment(folders)
    say("The environment is ready.")


def _demo(folders: Folders, options, arguments) -> None:
    checks.require_free_port(options.port)
    prepare.server(folders)
    prepare.enter_venv(folders, arguments)
    from .demo import demo

    demo(folders, options.port)


def _test(folders: Folders, arguments: list[str]) -> int:
    prepare.server(folders)
    prepare.enter_venv(folders, ["test", *arguments])
    from .testing import test

    return test(folders, arguments)


def _requirements(folders: Folders, options, _arguments) -> None:
    prepare.environment(folders)
    requirements.refresh(folders, options.upgrade)


def _lint(folders: Folders, _options, arguments) -> int:
    prepare.server(folders)
    prepare.enter_venv(folders, arguments)
    from .lint import lint

    return lint(folders)


HANDED_ON = {"odoo": launch.launch, "run": launch.run_script, "test": _test}


def _i18n(folders: Folders, _options, arguments) -> None:
    prepare.server(folders)
    prepare.enter_venv(folders, arguments)
    from .i18n import refresh

    refresh(folders)


COMMANDS = {
    "env": _env,
    "demo": _demo,
    "lint": _lint,
    "i18n": _i18n,
    "requirements": _requirements,
    "stop": lambda folders, _options, _arguments: postgres.stop(folders),
    "clean": lambda folders, _options, _arguments: clean.clean(folders),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
