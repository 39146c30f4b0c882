"""Explaining a plan of 300 racks: waterfalls, proved savings, the referee's pace."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from time import monotonic

from scheduling.engine.check import breaches
from scheduling.engine.explain import attribute
from scheduling.engine.lifting.limits import binding
from scheduling.engine.network.check import breaches as network_breaches
from scheduling.engine.network.problem import Activity, Mode, Network, Resource
from scheduling.engine.network.schedule import Assignment, NetworkSchedule
from scheduling.engine.problem import Problem
from scheduling.engine.profile import constant
from scheduling.engine.savings import savings
from scheduling.engine.schedule import Phase, Schedule
from scheduling.engine.solve import solve, warm
from scheduling.engine.units import Minutes
from tests.bench.row import Row, at_most
from tests.builders.demo_site import a_demo_like_problem

RACKS = 300
SAVINGS_S, WATERFALLS_S, REFEREE_S = 30, 1, 2
INTERVALS = 200_000
LINES, ABREAST, TICKS = 20, 2, 7


def rows(search_s: float) -> Iterator[Row]:
    """Yield the figures; the plan that is explained was searched for ``search_s``."""
    warm()
    problem = a_demo_like_problem(RACKS, curtailed=True)
    outcome = solve(problem, time_limit_s=search_s, workers=2, seed=1)
    if outcome.schedule is None:
        raise ValueError("there is no plan to explain")
    schedule = outcome.schedule
    note = f"{RACKS} racks, searched for {search_s:g} s"
    yield Row(
        figure="(cost − bound) ÷ cost",
        result=f"{outcome.gap or 0.0:.3f}",
        note=note,
    )
    began = monotonic()
    bars = attribute(problem, schedule)
    yield at_most(
        "waterfalls of 300 racks", monotonic() - began, WATERFALLS_S, "s", note
    )
    limits = binding(problem, bars)
    began = monotonic()
    found = savings(problem, schedule, limits)
    sure = sum(one.is_distinguishable for one in found)
    yield at_most(
        "proved savings of every binding limit",
        monotonic() - began,
        SAVINGS_S,
        "s",
        f"{note}; {len(limits)} limits, {sure} told from chance",
    )
    yield _referee(problem, schedule)
    yield _referee_of_networks()


def _referee(problem: Problem, schedule: Schedule) -> Row:
    """Time the referee on so many intervals: phases cut into pieces of equal kind."""
    phases = sum(len(step.phases) for step in schedule.steps)
    pieces = -(-INTERVALS // phases)
    steps = tuple(
        replace(step, phases=tuple(_cut(step.phases, pieces)))
        for step in schedule.steps
    )
    count = sum(len(step.phases) for step in steps)
    cut = replace(schedule, steps=steps)
    began = monotonic()
    breaches(problem, cut)
    return at_most(
        "referee on 200,000 intervals",
        monotonic() - began,
        REFEREE_S,
        "s",
        f"{count:,} phases of {len(steps):,} steps",
    )


def _referee_of_networks() -> Row:
    """Time the other form's referee on so many activities that share two limits."""
    wide = LINES * ABREAST
    problem = Network(
        activities=tuple(
            Activity(
                key=f"A{at}",
                modes=(
                    Mode(duration=TICKS, uses=((f"line:{at % LINES}", 1), ("all", 1))),
                ),
            )
            for at in range(INTERVALS)
        ),
        resources=(
            *(
                Resource(key=f"line:{at}", capacity=constant(ABREAST))
                for at in range(LINES)
            ),
            Resource(key="all", capacity=constant(wide)),
        ),
    )
    plan = NetworkSchedule(
        assignments=tuple(
            Assignment(
                activity=f"A{at}",
                start=TICKS * (at // wide),
                end=TICKS * (at // wide + 1),
            )
            for at in range(INTERVALS)
        )
    )
    began = monotonic()
    found = network_breaches(problem, plan)
    took = monotonic() - began
    if found:
        raise ValueError(found[0].sentence)
    return at_most(
        "referee of the general form on 200,000 intervals",
        took,
        REFEREE_S,
        "s",
        f"{LINES} limits of {ABREAST} and one of all",
    )


def _cut(phases: tuple[Phase, ...], pieces: int) -> Iterator[Phase]:
    """Yield phases in so many pieces each, as far as minutes go."""
    for phase in phases:
        length = phase.end - phase.start
        count = min(pieces, length)
        marks = [phase.start + length * at // count for at in range(count + 1)]
        for start, end in pairwise(marks):
            yield replace(phase, start=Minutes(start), end=Minutes(end))
