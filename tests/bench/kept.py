"""How many promises a repair breaks after one change, and how many a long solve.

``python -m tests.bench.kept --changes 200 --out FILE``. A plan of 1,000 racks with
tight power and one with tight bays, by turns; changes of each kind, by turns. The
repair goes all three ways within seconds, the solve makes many moves from the same
published plan. A line of JSON a change is printed and added to the file as it is known;
changes that are there are left out.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from time import process_time

from scheduling.engine.problem import Problem
from scheduling.engine.solve import solve, warm
from tests.bench.lines import add_line, read_lines
from tests.bench.repair import INSTANCES, RACKS, mend
from tests.builders.changes import CHANGES, broken_in, published

FIRST_MOVES, SOLVE_MOVES = 20_000, 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One change, repaired and solved anew.

    Attributes:
        number: Which change: of the instance, the kind and all seeds.
        instance: What is tight.
        kind: What happened.
        repaired: Promises that the repair breaks: balanced, fewest moved, promises
            first.
        solved: Promises that the long solve breaks.
        moved: Share of unaffected racks that the balanced repair moved.
        solve_s: Processor seconds of the solve.
    """

    number: int
    instance: str
    kind: str
    repaired: tuple[int, int, int]
    solved: int
    moved: float
    solve_s: float


def main(arguments: list[str]) -> int:
    """Measure, print a line a change and a summary, return 0."""
    given = _parsed(arguments)
    out = Path(given.out)
    found = _read(out)
    warm()
    for number in range(given.first, given.first + given.changes):
        if number in found:
            continue
        one = _measured(number, given.first_moves, given.solve_moves)
        found[number] = one
        add_line(out, one)
    sys.stdout.write(f"{summary(found.values())}\n")
    return 0


def summary(changes: Iterable[Changed]) -> str:
    """Return what changes come to, in sentences."""
    known = list(changes)
    ways = [sum(one.repaired[way] for one in known) for way in range(3)]
    more = sum(one.repaired[2] > one.solved for one in known)
    fewer = sum(one.repaired[2] < one.solved for one in known)
    most = max((100 * one.moved for one in known), default=0.0)
    return (
        f"{len(known)} changes. Promises broken by repairs: {ways[0]} balanced, "
        f"{ways[1]} fewest moved, {ways[2]} promises first; by long solves "
        f"{sum(one.solved for one in known)}. Promises first, the repair breaks more "
        f"than the solve in {more} changes, fewer in {fewer}. Unaffected racks moved, "
        f"balanced, most: {most:.1f} %."
    )


def _measured(number: int, first_moves: int, solve_moves: int) -> Changed:
    """Repair and solve one change."""
    instances, kinds = tuple(INSTANCES), tuple(CHANGES)
    instance = instances[number % len(instances)]
    kind = kinds[number // len(instances) % len(kinds)]
    before = _in_force(instance, first_moves)
    problem = CHANGES[kind](before, Random(number))
    mended = mend(problem, number)
    began = process_time()
    longer = solve(
        problem,
        time_limit_s=0,
        workers=1,
        seed=number + 1,
        max_moves=solve_moves,
    )
    if longer.schedule is None:
        raise ValueError("The solve left no plan.")
    return Changed(
        number=number,
        instance=instance,
        kind=kind,
        repaired=mended.broken,
        solved=len(broken_in(problem, longer.schedule)),
        moved=round(mended.moved, 4),
        solve_s=round(process_time() - began, 1),
    )


@cache
def _in_force(instance: str, moves: int) -> Problem:
    """Return an instance with the plan that is in force before."""
    problem = INSTANCES[instance](RACKS)
    outcome = solve(problem, time_limit_s=0, workers=1, max_moves=moves)
    if outcome.schedule is None:
        raise ValueError(f"{instance}: no plan.")
    return published(problem, outcome.schedule)


def _read(out: Path) -> dict[int, Changed]:
    """Return the changes that a file knows."""
    found = {}
    for known in read_lines(out):
        known["repaired"] = tuple(known["repaired"])
        found[known["number"]] = Changed(**known)
    return found


def _parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.kept", description=__doc__
    )
    parser.add_argument("--out", required=True, help="A file of JSON lines; goes on.")
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="Number of the first.")
    parser.add_argument("--first-moves", type=int, default=FIRST_MOVES)
    parser.add_argument("--solve-moves", type=int, default=SOLVE_MOVES)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
