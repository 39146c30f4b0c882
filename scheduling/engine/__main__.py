"""``python -m scheduling.engine``: solve, check, bound, explain and convert by file.

Each command prints one line of JSON; no database is needed. It ends with 0, with 1 when
a schedule breaks a rule, with 2 when the input is refused, and with 3 when no plan was
found. ``warm`` compiles a form's kernels, so that the first solve need not.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import NoReturn

from scheduling.engine.command import network, rack
from scheduling.engine.command.convert import convert
from scheduling.engine.command.files import FormError, form_of, read, write
from scheduling.engine.command.options import Answer, Options
from scheduling.engine.command.schemas import SCHEMAS, schema
from scheduling.engine.errors import EngineError
from scheduling.engine.network.problem import FORM
from scheduling.engine.network.serial import network_to_json
from scheduling.engine.network.solve import warm as warm_networks
from scheduling.engine.solve import warm as warm_racks

WARM = {"rack": warm_racks, "network": warm_networks}
"""What compiles each form's kernels."""
EXIT_BREACHES = 1
EXIT_REFUSED = 2
EXIT_NO_PLAN = 3
MOST_SECONDS = 86_400.0


class UsageError(EngineError):
    """Say what is wrong with the arguments."""

    code = "usage"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong like any other error: in one line of JSON."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise UsageError(f"{message}.")


def main(arguments: list[str]) -> int:
    """Run one command; return how it ended."""
    try:
        options = _parser().parse_args(arguments)
        answer, code = options.run(options)
    except EngineError as error:
        answer, code = {"error": error.code, "sentence": str(error)}, EXIT_REFUSED
    sys.stdout.write(json.dumps(answer, sort_keys=True) + "\n")
    return int(code)


def _solve(given: argparse.Namespace) -> tuple[Answer, int]:
    """Search for a plan and write it."""
    data = read(given.problem)
    form = network if form_of(data) == FORM else rack
    answer, schedule = form.search(
        data,
        Options(
            seconds=given.seconds,
            workers=given.workers,
            seed=given.seed,
            is_deterministic=given.deterministic,
            moves=given.moves,
        ),
    )
    if schedule is None:
        return answer, EXIT_NO_PLAN
    if given.out is not None:
        write(given.out, schedule)
    return answer, 0


def _check(given: argparse.Namespace) -> tuple[Answer, int]:
    """Referee a schedule."""
    data, plan = _pair(given)
    form = network if form_of(data) == FORM else rack
    answer = form.judge(data, plan)
    return answer, EXIT_BREACHES if answer["made"] else 0


def _bound(given: argparse.Namespace) -> tuple[Answer, int]:
    """Say what no plan can beat."""
    data = read(given.problem)
    if form_of(data) == FORM:
        return network.limit(data), 0
    return rack.limit(data, given.seconds), 0


def _explain(given: argparse.Namespace) -> tuple[Answer, int]:
    """Say what a plan's steps waited for."""
    data, plan = _pair(given)
    form = network if form_of(data) == FORM else rack
    answer = form.reasons(data, plan)
    return answer, EXIT_BREACHES if answer.get("made") else 0


def _convert(given: argparse.Namespace) -> tuple[Answer, int]:
    """Write a public instance as a problem of the general form."""
    problem = convert(given.format, given.file)
    write(given.out, network_to_json(problem))
    return {
        "form": FORM,
        "activities": len(problem.activities),
        "resources": len(problem.resources),
        "jobs": len(problem.jobs),
        "objective": problem.objective.value,
        "unit": problem.time_unit,
    }, 0


def _schema(given: argparse.Namespace) -> tuple[Answer, int]:
    """Print the JSON Schema of a form, or write it laid out."""
    found = schema(given.name)
    if given.out is not None:
        laid_out = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True)
        write(given.out, f"{laid_out}\n".encode())
    return found, 0


def _warm(given: argparse.Namespace) -> tuple[Answer, int]:
    """Compile a form's kernels, or load them where that was done before."""
    started_s = time.monotonic()
    WARM[given.form]()
    return {"form": given.form, "seconds": round(time.monotonic() - started_s, 2)}, 0


def _pair(given: argparse.Namespace) -> tuple[bytes, bytes]:
    """Return a problem and a schedule of the same form."""
    data, plan = read(given.problem), read(given.schedule)
    forms = form_of(data), form_of(plan)
    if forms[0] != forms[1]:
        raise FormError(f"The problem is of form {forms[0]}, the schedule {forms[1]}.")
    return data, plan


def _seconds(word: str) -> float:
    """Return seconds, from 0 to a day."""
    value = float(word)
    if not math.isfinite(value) or not 0 <= value <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"{word} is not from 0 to {MOST_SECONDS:g}")
    return value


def _count(word: str) -> int:
    """Return a whole number from 1 on."""
    value = int(word)
    if not 1 <= value < 1 << 31:
        raise argparse.ArgumentTypeError(f"{word} is not a whole number from 1 on")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m scheduling.engine", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("solve", help="Search for the best plan.")
    command.add_argument("problem", type=Path)
    command.add_argument("--seconds", type=_seconds, default=30.0)
    command.add_argument("--workers", type=_count, default=2)
    command.add_argument("--seed", type=_count, default=1)
    command.add_argument("--out", type=Path, help="Where the schedule goes.")
    command.add_argument(
        "--deterministic",
        action="store_true",
        help="The same schedule for the same input, seed and versions; one thread, and "
        "about as much work as the seconds allow.",
    )
    command.add_argument(
        "--moves", type=_count, help="Rack form: exactly so many moves."
    )
    command.set_defaults(run=_solve)
    for name, run, about in (
        ("check", _check, "Referee a schedule."),
        ("explain", _explain, "Say what a plan's steps waited for."),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("problem", type=Path)
        command.add_argument("schedule", type=Path)
        command.set_defaults(run=run)
    command = commands.add_parser("bound", help="Say what no plan can beat.")
    command.add_argument("problem", type=Path)
    command.add_argument(
        "--seconds",
        type=_seconds,
        default=10.0,
        help="Rack form: most seconds in which prices raise it.",
    )
    command.set_defaults(run=_bound)
    command = commands.add_parser("convert", help="Read a public instance.")
    command.add_argument("format", metavar="FORMAT")
    command.add_argument("file", type=Path)
    command.add_argument("--out", type=Path, required=True)
    command.set_defaults(run=_convert)
    command = commands.add_parser("schema", help="Print the JSON Schema of a form.")
    command.add_argument("name", choices=sorted(SCHEMAS))
    command.add_argument("--out", type=Path, help="Where to write it, laid out.")
    command.set_defaults(run=_schema)
    command = commands.add_parser("warm", help="Compile a form's kernels beforehand.")
    command.add_argument("form", choices=sorted(WARM))
    command.set_defaults(run=_warm)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
