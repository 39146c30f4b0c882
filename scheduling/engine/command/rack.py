"""What the command line does with problems of the rack form."""

from dataclasses import asdict
from time import monotonic

from scheduling.engine.bound import cost_floor, priced_floors, sentence, site
from scheduling.engine.check import breaches, made
from scheduling.engine.command.options import Answer, Options
from scheduling.engine.cost import cost
from scheduling.engine.explain import attribute
from scheduling.engine.serial import (
    FORM,
    problem_from_json,
    schedule_from_json,
    schedule_to_json,
)
from scheduling.engine.solve import solve

MOVES_A_SECOND = 1_000
"""Moves that stand for a second where a search is to repeat exactly."""


def search(data: bytes, options: Options) -> tuple[Answer, bytes | None]:
    """Return what a search found and its schedule."""
    moves = options.moves
    if options.is_deterministic and moves is None:
        moves = int(options.seconds * MOVES_A_SECOND)
    outcome = solve(
        problem_from_json(data),
        time_limit_s=options.seconds,
        seed=options.seed,
        workers=options.workers,
        max_moves=moves,
    )
    found = outcome.schedule
    return {
        "form": FORM,
        "status": outcome.status.value,
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "bound_reason": outcome.bound_reason,
        "seconds": round(outcome.wall_s, 3),
        "unit": "cent",
        "best_rule": outcome.best_rule,
        "found_by": outcome.found_by,
        "first_plan_s": outcome.first_plan_s,
        "effort": outcome.moves,
        "seed": outcome.seed,
        "notes": list(outcome.notes),
        "versions": outcome.versions,
    }, None if found is None else schedule_to_json(found)


def judge(data: bytes, plan: bytes) -> Answer:
    """Referee a schedule."""
    problem, schedule = problem_from_json(data), schedule_from_json(plan)
    found = breaches(problem, schedule)
    own = made(found)
    return {
        "form": FORM,
        "made": [breach.sentence for breach in own],
        "inherited": [one.sentence for one in found if one not in own],
        "objective": cost(problem, schedule).total,
        "unit": "cent",
    }


def limit(data: bytes, seconds: float) -> Answer:
    """Say what no plan can beat, after so many seconds of raising prices."""
    until_s = monotonic() + seconds
    problem = problem_from_json(data)
    floor, least = cost_floor(problem), site(problem)
    for priced in priced_floors(problem):
        if priced.cents > floor.cents:
            floor = priced
        if monotonic() >= until_s:
            break
    return {
        "form": FORM,
        "bound": floor.cents,
        "unit": "cent",
        "reason": sentence(problem, floor.reason),
        "limit": floor.reason.resource,
        "window_min": [floor.reason.start, floor.reason.end],
        "makespan_min": least.makespan,
        "makespan_reason": sentence(problem, least.reason),
    }


def reasons(data: bytes, plan: bytes) -> Answer:
    """Say where each minute of lead time goes."""
    problem, schedule = problem_from_json(data), schedule_from_json(plan)
    return {
        "form": FORM,
        "unit": "minute",
        "waits": [asdict(one) for one in attribute(problem, schedule)],
    }
