"""Which promises a repair under a cap breaks that a long solve keeps: event by event.

``python -m tests.bench.promises --events 100 --out FILE``. Both sides make a number of
moves, so that what else the machine does changes nothing. A line of JSON an event is
printed and added to the file as it is known; events that are there are left out. Where
each side breaks a promise that the other keeps, a long search looks for a plan that
keeps what either keeps: without one, the two sets exclude each other.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from time import process_time

import django

# What the grid's sections share reads models; no database is opened.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from scheduling.engine.problem import Problem  # noqa: E402
from scheduling.engine.repair import Favour, Mender, repair  # noqa: E402
from scheduling.engine.solve import solve, warm  # noqa: E402
from tests.bench.grid import RACKS, broken_in, curtailed  # noqa: E402
from tests.builders.changes import published  # noqa: E402
from tests.builders.demo_site import a_demo_like_problem  # noqa: E402

FIRST_MOVES = 20_000
"""Moves of the search for the plan that is in force."""
REPAIR_MOVES, SOLVE_MOVES, PROBE_MOVES = 4_000, 60_000, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, repaired and solved anew.

    Attributes:
        seed: Of the event, and one less than that of both searches.
        repaired: Promises that the repair breaks.
        solved: Promises that the long solve breaks.
        has_both: Whether a plan was found that breaks only what both break; None where
            the repair breaks nothing that the solve keeps.
        repair_s: Processor seconds of the repair.
        solve_s: Processor seconds of the solve.
    """

    seed: int
    repaired: tuple[str, ...]
    solved: tuple[str, ...]
    has_both: bool | None
    repair_s: float
    solve_s: float

    @property
    def counts(self) -> bool:
        """Return whether the repair breaks no promise that the solve keeps."""
        return set(self.repaired) <= set(self.solved)


def main(arguments: list[str]) -> int:
    """Measure, print a line an event and a summary, return 0."""
    given = _parsed(arguments)
    out = Path(given.out)
    found = _read(out)
    warm()
    problem = a_demo_like_problem(RACKS)
    first = solve(problem, time_limit_s=0, max_moves=given.first_moves)
    if first.schedule is None:
        raise ValueError("No plan to curtail.")
    before = published(problem, first.schedule)
    for seed in range(given.seed, given.seed + given.events):
        if seed in found:
            continue
        one = _measured(curtailed(before, Random(seed)), seed, given)
        found[seed] = one
        line = json.dumps(asdict(one))
        with out.open("a") as lines:
            lines.write(f"{line}\n")
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{summary(found.values())}\n")
    return 0


def summary(events: Iterable[Event]) -> str:
    """Return what events come to, in sentences."""
    known = list(events)
    others = [one for one in known if not one.counts]
    kept = len(known) - len(others)
    possible = sum(one.has_both is True for one in others)
    fewer = sum(len(one.repaired) < len(one.solved) for one in known)
    more = sum(len(one.repaired) > len(one.solved) for one in known)
    return (
        f"{kept} of {len(known)} events break no promise that the long solve keeps. "
        f"Of the other {len(others)}, a plan that keeps what either keeps was found in "
        f"{possible}. Promises broken by repairs "
        f"{sum(len(one.repaired) for one in known)}, by long solves "
        f"{sum(len(one.solved) for one in known)}; fewer by the repair in {fewer} "
        f"events, more in {more}."
    )


def _measured(problem: Problem, seed: int, given: argparse.Namespace) -> Event:
    """Repair and solve one event."""
    began = process_time()
    mended = repair(
        problem,
        time_limit_s=0,
        seed=seed + 1,
        favour=Favour(given.favour),
        max_moves=given.repair_moves,
        may_move_frozen=True,
    )
    repaired_s = process_time()
    longer = solve(
        problem,
        time_limit_s=0,
        seed=seed + 1,
        max_moves=given.solve_moves,
        may_move_frozen=given.solve_moves_frozen,
    )
    solved_s = process_time()
    if mended.schedule is None or longer.schedule is None:
        raise ValueError("A search left no plan.")
    repaired = broken_in(problem, mended.schedule)
    solved = broken_in(problem, longer.schedule)
    has_both = None
    if not repaired <= solved:
        has_both = _has_plan(problem, repaired & solved, seed, given.probe_moves)
    return Event(
        seed=seed,
        repaired=tuple(sorted(repaired)),
        solved=tuple(sorted(solved)),
        has_both=has_both,
        repair_s=round(repaired_s - began, 2),
        solve_s=round(solved_s - repaired_s, 2),
    )


def _has_plan(problem: Problem, broken: frozenset[str], seed: int, moves: int) -> bool:
    """Return whether a long search finds a plan that breaks nothing but these."""
    asked = replace(
        problem,
        racks=tuple(
            replace(rack, promise=None) if rack.key in broken else rack
            for rack in problem.racks
        ),
    )
    mender = Mender(asked, seed=seed + 1, may_move_frozen=True)
    mender.keep()
    end = mender.improve(Favour.PROMISES, goes_on=lambda: mender.moves < moves)
    return end.broken == 0


def _read(out: Path) -> dict[int, Event]:
    """Return the events that a file knows."""
    if not out.exists():
        return {}
    found = {}
    for line in out.read_text().splitlines():
        known = json.loads(line)
        known |= {name: tuple(known[name]) for name in ("repaired", "solved")}
        found[known["seed"]] = Event(**known)
    return found


def _parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.promises", description=__doc__
    )
    parser.add_argument("--out", required=True, help="A file of JSON lines; goes on.")
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="Of the first event.")
    parser.add_argument("--favour", choices=list(Favour), default=Favour.PROMISES)
    parser.add_argument("--first-moves", type=int, default=FIRST_MOVES)
    parser.add_argument("--repair-moves", type=int, default=REPAIR_MOVES)
    parser.add_argument("--solve-moves", type=int, default=SOLVE_MOVES)
    parser.add_argument("--probe-moves", type=int, default=PROBE_MOVES)
    parser.add_argument(
        "--solve-moves-frozen",
        action="store_true",
        help="Let the solve move frozen work as the repair may.",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
