"""``python -m scheduling.engine``: solve, check or bound a problem in a JSON file.

Each command prints one line of JSON.
"""

import argparse
import json
import sys
from pathlib import Path

from scheduling.engine.bound import cost_floor, site
from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost
from scheduling.engine.errors import EngineError
from scheduling.engine.serial import (
    problem_from_json,
    schedule_from_json,
    schedule_to_json,
)
from scheduling.engine.solve import solve

EXIT_BREACHES = 1
EXIT_REFUSED = 2


def main(arguments: list[str]) -> int:
    """Run one command; return 0, 1 for breaches made, 2 for input that is refused."""
    options = _parser().parse_args(arguments)
    try:
        answer, code = options.run(options)
    except EngineError as error:
        answer, code = {"error": error.code, "sentence": str(error)}, EXIT_REFUSED
    sys.stdout.write(json.dumps(answer, sort_keys=True) + "\n")
    return int(code)


def _solve(options: argparse.Namespace) -> tuple[dict[str, object], int]:
    """Search for a plan and write it."""
    problem = problem_from_json(options.problem.read_bytes())
    outcome = solve(
        problem,
        time_limit_s=options.seconds,
        seed=options.seed,
        workers=options.workers,
        max_moves=options.moves,
    )
    if outcome.schedule is not None and options.out is not None:
        options.out.write_bytes(schedule_to_json(outcome.schedule))
    return {
        "status": outcome.status.value,
        "objective_cents": outcome.objective,
        "bound_cents": outcome.bound,
        "gap": outcome.gap,
        "best_rule_cents": outcome.best_rule,
        "found_by": outcome.found_by,
        "first_plan_s": outcome.first_plan_s,
        "wall_s": outcome.wall_s,
        "moves": outcome.moves,
        "seed": outcome.seed,
        "notes": list(outcome.notes),
        "versions": outcome.versions,
    }, 0


def _check(options: argparse.Namespace) -> tuple[dict[str, object], int]:
    """Referee a schedule."""
    problem = problem_from_json(options.problem.read_bytes())
    schedule = schedule_from_json(options.schedule.read_bytes())
    found = breaches(problem, schedule)
    own = made(found)
    return {
        "made": [breach.sentence for breach in own],
        "inherited": [one.sentence for one in found if one not in own],
        "cost_cents": cost(problem, schedule).total,
    }, EXIT_BREACHES if own else 0


def _bound(options: argparse.Namespace) -> tuple[dict[str, object], int]:
    """Say what no plan can beat."""
    problem = problem_from_json(options.problem.read_bytes())
    least = site(problem)
    return {
        "cost_cents": cost_floor(problem),
        "makespan_min": least.makespan,
        "limit": least.limit,
    }, 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduling.engine", description=__doc__
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("solve", help="Search for the cheapest plan.")
    command.add_argument("problem", type=Path)
    command.add_argument("--seconds", type=float, default=30.0)
    command.add_argument("--workers", type=int, default=2)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument(
        "--moves", type=int, help="Exactly so many moves: the same plan every time."
    )
    command.add_argument("--out", type=Path, help="Where the schedule goes.")
    command.set_defaults(run=_solve)
    command = commands.add_parser("check", help="Referee a schedule.")
    command.add_argument("problem", type=Path)
    command.add_argument("schedule", type=Path)
    command.set_defaults(run=_check)
    command = commands.add_parser("bound", help="Say what no plan can beat.")
    command.add_argument("problem", type=Path)
    command.set_defaults(run=_bound)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
