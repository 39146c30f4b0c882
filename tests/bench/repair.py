"""Mending a published plan of 1,000 racks after one change: how fast, how few moves.

Seconds are processor time, so that what else the machine does counts little.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from time import process_time

from scheduling.engine.check import breaches, made
from scheduling.engine.decode.render import render
from scheduling.engine.moving import Judge, Move
from scheduling.engine.problem import Problem, ResourceKind
from scheduling.engine.profile import constant
from scheduling.engine.repair import Favour, Mender
from scheduling.engine.schedule import Schedule
from scheduling.engine.solve import solve, warm
from scheduling.engine.units import Minutes
from tests.bench.row import Row, at_most, middle, p95, say
from tests.builders.changes import CHANGES, published
from tests.builders.demo_site import a_demo_like_problem

RACKS = 1_000
SEARCH_S = 0.25
LEGAL_MS, IMPROVED_S, MOVED_PERCENT = 50, 0.5, 5
BAYS_A_HALL = 7
CHECKS, CHECK_MS = 200, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """One change, mended.

    Attributes:
        encode_s: Seconds to lay the problem out.
        keep_s: Seconds from there to a legal plan.
        improve_s: Seconds of search from there.
        prove_s: Seconds to write the plan down and referee it.
        moved: Share of unaffected racks that moved.
        broken: Promises broken at the problem's prices, with fewest moves, and where
            promises go first.
    """

    encode_s: float
    keep_s: float
    improve_s: float
    prove_s: float
    moved: float
    broken: tuple[int, int, int]


def tight_power(racks: int) -> Problem:
    """Return racks at 95 % of the power ceiling, bays to spare."""
    return a_demo_like_problem(racks, curtailed=True)


def tight_bays(racks: int) -> Problem:
    """Return the same racks with 28 bays and three times the power."""
    problem = a_demo_like_problem(racks, curtailed=True)
    power = {ResourceKind.NODE, ResourceKind.SITE, ResourceKind.LOOP}
    return replace(
        problem,
        bays=tuple(bay for bay in problem.bays if int(bay.label[1:]) <= BAYS_A_HALL),
        resources=tuple(
            replace(one, capacity=constant(3 * max(one.capacity.values)))
            if one.kind in power
            else one
            for one in problem.resources
        ),
    )


INSTANCES: Mapping[str, Callable[[int], Problem]] = {
    "tight power": tight_power,
    "tight bays": tight_bays,
}


def rows(*, seeds: int, moves: int) -> Iterator[Row]:
    """Measure seeded changes on a plan with tight power and one with tight bays.

    Args:
        seeds: Changes of each kind.
        moves: Of the search for the plan that is in force before.
    """
    warm()
    for name, instance in INSTANCES.items():
        problem = instance(RACKS)
        outcome = solve(problem, time_limit_s=0, max_moves=moves)
        if outcome.schedule is None:
            raise ValueError(f"{name}: no plan.")
        yield _check_row(name, problem, outcome.schedule)
        before = published(problem, outcome.schedule)
        found = []
        for kind, change in CHANGES.items():
            say(f"{name}: {kind}, {seeds} changes.")
            found += [mend(change(before, Random(seed)), seed) for seed in range(seeds)]
        yield from _rows(name, found)


def _check_row(name: str, problem: Problem, schedule: Schedule) -> Row:
    """Return how long one question about one step takes, the plan being kept."""
    judge = Judge(problem, schedule)
    random = Random(1)
    spent = []
    for _ in range(CHECKS):
        step = random.choice(schedule.steps)
        start = Minutes(max(0, step.start + random.choice((-240, 15, 60, 1_440))))
        began = process_time()
        judge.verdict(Move(rack=step.rack, step=step.step, start=start))
        spent.append(process_time() - began)
    return at_most(
        f"check-move, {name}: one step, p95",
        1_000 * p95(spent),
        CHECK_MS,
        "ms",
        f"{CHECKS} moves on {RACKS:,} racks; median {1_000 * middle(spent):.1f} ms",
    )


def mend(problem: Problem, seed: int) -> Mended:
    """Mend a plan after a change, all three ways.

    Raises:
        ValueError: If the referee refuses the plan.
    """
    began = process_time()
    mender = Mender(problem, seed=seed + 1)
    encoded = process_time()
    mender.keep()
    kept = process_time()
    balanced = _end(mender, Favour.BALANCE, SEARCH_S)
    improved = process_time()
    schedule = render(mender.board, ())
    bad = made(breaches(problem, schedule))
    proved = process_time()
    if bad:
        raise ValueError(bad[0].sentence)
    moves = _end(mender, Favour.MOVES, SEARCH_S)
    promises = _end(mender, Favour.PROMISES, 4 * SEARCH_S)
    return Mended(
        encode_s=encoded - began,
        keep_s=kept - encoded,
        improve_s=improved - kept,
        prove_s=proved - improved,
        moved=balanced[0] / max(1, mender.board.racks - len(mender.lost)),
        broken=(balanced[1], moves[1], promises[1]),
    )


def _end(mender: Mender, favour: Favour, seconds: float) -> tuple[int, int]:
    """Return moved and broken of one way."""
    until = process_time() + seconds
    end = mender.improve(favour, goes_on=lambda: process_time() < until)
    return end.moved, end.broken


def _rows(name: str, found: list[Mended]) -> Iterator[Row]:
    note = f"{len(found)} seeded changes of {len(CHANGES)} kinds, {name}"
    yield at_most(
        f"repair, {name}: legal plan, p95",
        1_000 * p95(one.keep_s for one in found),
        LEGAL_MS,
        "ms",
        f"{note}; laying the problem out takes "
        f"{1_000 * middle(one.encode_s for one in found):.0f} ms more (median)",
    )
    yield at_most(
        f"repair, {name}: improved plan, p95",
        p95(one.encode_s + one.keep_s + one.improve_s for one in found),
        IMPROVED_S,
        "s",
        f"{note}; writing down and refereeing "
        f"{middle(one.prove_s for one in found):.2f} s more (median)",
    )
    yield at_most(
        f"repair, {name}: unaffected racks moved, most",
        100 * max(one.moved for one in found),
        MOVED_PERCENT,
        "%",
        f"{note}; median {100 * middle(one.moved for one in found):.1f} %",
    )
    sums = [sum(one.broken[way] for one in found) for way in range(3)]
    yield Row(
        figure=f"repair, {name}: promises broken in all",
        result="{} balanced, {} fewest moved, {} promises first".format(*sums),
        note=note,
    )
