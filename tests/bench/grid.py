"""A curtailment to 80 % on a published plan of 300 racks: how fast, how kind."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

import numpy as np

from scheduling.engine.check import breaches, made
from scheduling.engine.cut import cut_running
from scheduling.engine.problem import Curtailment, Problem, ResourceKind
from scheduling.engine.repair import Favour, repair
from scheduling.engine.schedule import Schedule
from scheduling.engine.shedding import site_load
from scheduling.engine.solve import solve, warm
from scheduling.engine.stream import stream
from scheduling.engine.units import Minutes, Watts
from scheduling.services.auto_repair import GRID_REPAIR_S
from scheduling.snapshot.amounts import least, least_of, reduced
from scheduling.snapshot.caps import ramps
from tests.bench.row import Row, at_most, middle, p95
from tests.builders.changes import DAY, broken_in, published
from tests.builders.demo_site import IMPORT_W, a_demo_like_problem

RACKS = 300
CAP = IMPORT_W * 8 // 10
RAMP_W = 500_000
AVERAGING_MIN = 15
REPAIR_S = float(GRID_REPAIR_S)
SIGNAL_S = 5.0
KEPT_PERCENT = 95
HOURS = (1, 2, 4, 8)
YEAR_S = 600
HOURS_A_YEAR = 8_760


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """One event, obeyed.

    Attributes:
        first_s: From the changed problem to the first refereed plan under the cap.
        seconds: From the changed problem to the improved plan, refereed as well.
        over_min: Minutes of the event over its cap that the plan made.
        ramp_w: Most watts by which import changes from minute to minute, from a quarter
            of an hour before the event to one after.
        broken: Promises broken.
        needed: Promises that a longer solve breaks as well; None if none was made.
    """

    first_s: float
    seconds: float
    over_min: int
    ramp_w: int
    broken: frozenset[str]
    needed: frozenset[str] | None


def rows(*, events: int, search_s: float, solve_s: float) -> Iterator[Row]:
    """Measure seeded events on one published plan.

    Args:
        events: How many.
        search_s: Seconds for the plan that is in force before.
        solve_s: Seconds of the solve that a repair is held against; 0: none.
    """
    warm()
    problem = a_demo_like_problem(RACKS)
    first = solve(problem, time_limit_s=search_s)
    if first.schedule is None:
        raise ValueError("No plan to curtail.")
    before = published(problem, first.schedule)
    found = [
        _obey(curtailed(before, Random(seed)), seed, solve_s) for seed in range(events)
    ]
    note = (
        f"{events} seeded events of 1 to 8 h, {RACKS} racks, {REPAIR_S:g} s of search"
    )
    yield at_most(
        "grid: to 80 %, from the signal's problem to a proved plan under the cap, p95",
        p95(one.first_s for one in found),
        SIGNAL_S,
        "s",
        f"{note}; median {middle(one.first_s for one in found):.2f} s",
    )
    yield at_most(
        "grid: to 80 %, from the signal's problem to the proposal, improved, p95",
        p95(one.seconds for one in found),
        SIGNAL_S,
        "s",
        f"{note}; median {middle(one.seconds for one in found):.2f} s",
    )
    yield at_most(
        "grid: minutes over the cap that plans made",
        sum(one.over_min for one in found),
        0,
        "min",
        f"{note}; by the referee, and by adding up every minute",
    )
    yield at_most(
        "grid: import changes from minute to minute around an event, most",
        max(one.ramp_w for one in found) // 1_000,
        RAMP_W // 1_000,
        "kW",
        f"{note}; 15 min before to 15 min after",
    )
    held = [one for one in found if one.needed is not None]
    if held:
        kept = sum(one.broken <= (one.needed or frozenset()) for one in held)
        share = 100 * kept / len(held)
        yield Row(
            figure="grid: events in which no promise breaks that a longer solve keeps",
            goal=f"≥ {KEPT_PERCENT} %",
            result=f"{share:.0f} %",
            is_missed=share < KEPT_PERCENT,
            note=f"{note}; held against {solve_s:g} s; promises broken by repairs "
            f"{sum(len(one.broken) for one in held)}, by the longer solves "
            f"{sum(len(one.needed or ()) for one in held)}",
        )
    yield _year_row(problem)


def curtailed(problem: Problem, random: Random) -> Problem:
    """Return a problem with one cap of 80 %, its ramps, and tests cut where need be."""
    start = random.randrange(0, 10 * DAY)
    event = Curtailment(
        key="grid:1",
        label="Grid asks for 80 %",
        start=Minutes(start),
        end=Minutes(start + 60 * random.choice(HOURS)),
        limit=Watts(CAP),
        owner="Tomás Reyes",
    )
    allowed = least(
        IMPORT_W,
        [(event.start, event.end, event.limit), *ramps([event], IMPORT_W, RAMP_W)],
    )
    left = reduced(allowed, problem.base_load)
    lowered = replace(
        problem,
        curtailments=(event,),
        resources=tuple(
            replace(one, capacity=least_of(one.capacity, left))
            if one.kind is ResourceKind.SITE
            else one
            for one in problem.resources
        ),
    )
    return cut_running(lowered)[0]


def _obey(problem: Problem, seed: int, solve_s: float) -> Obeyed:
    began = monotonic()
    # As a grid event's repair is started: promises first, frozen work may move.
    outcome = repair(
        problem,
        time_limit_s=REPAIR_S,
        seed=seed + 1,
        favour=Favour.PROMISES,
        may_move_frozen=True,
    )
    seconds = monotonic() - began
    if outcome.schedule is None or outcome.first_plan_s is None:
        raise ValueError("A repair left no plan.")
    needed = None
    if solve_s:
        longer = solve(problem, time_limit_s=solve_s, seed=seed + 1)
        needed = broken_in(problem, longer.schedule) if longer.schedule else None
    return Obeyed(
        first_s=outcome.first_plan_s,
        seconds=seconds,
        over_min=_over(problem, outcome.schedule),
        ramp_w=_ramp(problem, outcome.schedule),
        broken=broken_in(problem, outcome.schedule),
        needed=needed,
    )


def _over(problem: Problem, schedule: Schedule) -> int:
    """Return minutes over the cap that the plan made: none, or the referee's word."""
    (event,) = problem.curtailments
    if made(breaches(problem, schedule)):
        return event.end - event.start
    load = site_load(problem, schedule, window=(event.start, event.end))
    over = load > event.limit
    # What runs at minute 0 goes on above the cap whatever is planned: inherited.
    fixed = [one for one in breaches(problem, schedule) if one.unit == "W"]
    for breach in fixed:
        over[max(0, breach.start - event.start) : max(0, breach.end - event.start)] = (
            False
        )
    return int(over.sum())


def _ramp(problem: Problem, schedule: Schedule) -> int:
    (event,) = problem.curtailments
    window = (max(0, event.start - AVERAGING_MIN), event.end + AVERAGING_MIN)
    load = site_load(problem, schedule, window=window)
    return int(np.abs(np.diff(load)).max(initial=0))


def _year_row(problem: Problem) -> Row:
    """Measure a year of one site, decoded."""
    began = monotonic()
    shipped = weeks = 0
    for piece in stream(problem, [IMPORT_W] * HOURS_A_YEAR):
        shipped += piece.shipped
        weeks += piece.weeks
    return at_most(
        "grid: a year of one site simulated",
        monotonic() - began,
        YEAR_S,
        "s",
        f"one contract; {shipped / weeks:.1f} racks a week at {IMPORT_W // 1_000:,} kW",
    )
