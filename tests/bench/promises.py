"""Which promises a repair under a cap breaks that a long search keeps: event by event.

``python -m tests.bench.promises --events 100 --out FILE``. All sides make a number of
moves, so that what else the machine does changes nothing. A line of JSON an event is
printed and added to the file as it is known; events that are there are left out.

A repair that breaks a promise is held against two long searches. One solves anew and
knows nothing of the repair. One goes on from the repair's plan, as the product would,
promises first. A plan of either that keeps all that the repair keeps, and more, is
the repair's fault. Where repair and new solve each break a promise that the other
keeps, a third search looks for a plan that keeps what either keeps: without one, the
two sets exclude each other.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from time import process_time

import django

# What the grid's sections share reads models; no database is opened.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from scheduling.engine.decode.incumbent import places_of, seat  # noqa: E402
from scheduling.engine.improve import best_cents  # noqa: E402
from scheduling.engine.problem import Problem  # noqa: E402
from scheduling.engine.repair import Favour, Mender, repair  # noqa: E402
from scheduling.engine.schedule import Schedule  # noqa: E402
from scheduling.engine.solve import solve, warm  # noqa: E402
from tests.bench.grid import RACKS, curtailed  # noqa: E402
from tests.bench.lines import add_line, read_lines  # noqa: E402
from tests.builders.changes import broken_in, published  # noqa: E402
from tests.builders.demo_site import a_demo_like_problem  # noqa: E402

FIRST_MOVES = 20_000
"""Moves of the search for the plan that is in force."""
REPAIR_MOVES, SOLVE_MOVES, PROBE_MOVES = 4_000, 60_000, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, repaired; solved anew and searched on where that breaks a promise.

    Attributes:
        seed: Of the event, and one less than that of all searches.
        repaired: Promises that the repair breaks.
        solved: Promises that the long solve breaks; None if none was made.
        further: Promises that the long search from the repair's plan breaks; None if
            none was made.
        keeps_more: Whether that search passed a plan that keeps all that the repair
            keeps, and more.
        has_both: Whether a plan was found that breaks only what both break; None where
            the repair breaks nothing that the solve keeps.
        repair_s: Processor seconds of the repair.
        solve_s: Processor seconds of the solve.
        further_s: Processor seconds of the search from the repair's plan.
    """

    seed: int
    repaired: tuple[str, ...]
    solved: tuple[str, ...] | None = None
    further: tuple[str, ...] | None = None
    keeps_more: bool = False
    has_both: bool | None = None
    repair_s: float = 0.0
    solve_s: float = 0.0
    further_s: float = 0.0

    @property
    def is_strict(self) -> bool:
        """Return whether the repair breaks no promise that the solve keeps."""
        return set(self.repaired) <= set(self.solved or ())

    @property
    def is_strict_later(self) -> bool:
        """Return whether the search from its plan breaks none that the solve keeps."""
        return set(self.further or ()) <= set(self.solved or ())

    @property
    def breaks_no_more(self) -> bool:
        """Return whether the repair breaks no more promises than the solve."""
        return len(self.repaired) <= len(self.solved or ())

    @property
    def is_beaten(self) -> bool:
        """Return whether a plan was found that keeps all it keeps, and more."""
        is_solved = self.solved is not None
        return self.keeps_more or (
            is_solved and set(self.solved or ()) < set(self.repaired)
        )


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
        add_line(out, one)
    sys.stdout.write(f"{summary(found.values())}\n")
    return 0


def summary(events: Iterable[Event]) -> str:
    """Return what events come to, in sentences."""
    known = list(events)
    held = [one for one in known if one.solved is not None]
    others = [one for one in known if not one.is_strict]
    possible = sum(one.has_both is True for one in others)
    broken = sum(len(one.repaired) for one in known)
    fewer = sum(len(one.further or ()) < len(one.repaired) for one in held)
    return (
        f"Of {len(known)} events the repair breaks no promise in "
        f"{len(known) - len(held)}. It breaks none that the long solve keeps in "
        f"{len(known) - len(others)}; of the other {len(others)}, a plan that keeps "
        f"what either keeps was found in {possible}. It breaks no more than the solve "
        f"in {sum(one.breaks_no_more for one in known)}. No plan was found that keeps "
        f"all it keeps, and more, in {sum(not one.is_beaten for one in known)}. The "
        f"search from its plan breaks fewer in {fewer}, and none that the solve keeps "
        f"in {sum(one.is_strict_later for one in known)}. Promises broken by repairs "
        f"{broken}, where they break any by long solves "
        f"{sum(len(one.solved or ()) for one in held)}, by searches from their plans "
        f"{sum(len(one.further or ()) for one in held)}."
    )


def _measured(problem: Problem, seed: int, given: argparse.Namespace) -> Event:
    """Repair one event, and search long where that breaks a promise."""
    began = process_time()
    mended = repair(
        problem,
        time_limit_s=0,
        seed=seed + 1,
        favour=Favour(given.favour),
        max_moves=given.repair_moves,
        may_move_frozen=True,
    )
    repair_s = process_time() - began
    if mended.schedule is None:
        raise ValueError("A repair left no plan.")
    repaired = broken_in(problem, mended.schedule)
    one = Event(
        seed=seed, repaired=tuple(sorted(repaired)), repair_s=round(repair_s, 2)
    )
    if not repaired:
        return one
    began = process_time()
    longer = solve(
        problem,
        time_limit_s=0,
        seed=seed + 1,
        max_moves=given.solve_moves,
        may_move_frozen=given.solve_moves_frozen,
    )
    solve_s = process_time() - began
    if longer.schedule is None:
        raise ValueError("A solve left no plan.")
    solved = broken_in(problem, longer.schedule)
    began = process_time()
    further, keeps_more = _further(problem, mended.schedule, seed, given.solve_moves)
    further_s = process_time() - began
    has_both = None
    if not repaired <= solved:
        has_both = _has_plan(problem, repaired & solved, seed, given.probe_moves)
    return replace(
        one,
        solved=tuple(sorted(solved)),
        further=tuple(sorted(further)),
        keeps_more=keeps_more,
        has_both=has_both,
        solve_s=round(solve_s, 2),
        further_s=round(further_s, 2),
    )


def _further(
    problem: Problem, schedule: Schedule, seed: int, moves: int
) -> tuple[frozenset[str], bool]:
    """Return what a search from a plan breaks, and whether it passed a better one.

    Better is a plan that keeps every promise that the first one keeps, and more.
    """
    mender = Mender(problem, seed=seed + 1, may_move_frozen=True)
    mender.keep()
    seat(mender.board, places_of(problem, schedule))
    start = mender.board.seats()
    first = _broken_on(mender)
    is_passed = False

    def goes_on() -> bool:
        nonlocal is_passed
        is_passed = is_passed or _broken_on(mender) < first
        return mender.moves < moves

    end = mender.improve(Favour.PROMISES, goes_on=goes_on, start=start)
    last = _broken_on(mender)
    if (end.broken, end.cents) > (len(first), best_cents(start.price)):
        last = first
    others = broken_in(problem, schedule) - first
    return last | others, is_passed or last < first


def _broken_on(mender: Mender) -> frozenset[str]:
    """Return the racks that break their promise on a mender's board."""
    racks = mender.board.encoded.racks
    return frozenset(
        rack.key
        for rack, is_broken in zip(racks, mender.broken(), strict=True)
        if is_broken
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
    found = {}
    for known in read_lines(out):
        for name in ("repaired", "solved", "further"):
            known[name] = None if known[name] is None else tuple(known[name])
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
