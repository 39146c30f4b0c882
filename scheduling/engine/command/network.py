"""What the command line does with problems of the general form."""

from dataclasses import asdict

from scheduling.engine.command.options import Answer, Options
from scheduling.engine.network.bound import bound
from scheduling.engine.network.check import breaches, score
from scheduling.engine.network.explain import by_limit, waits
from scheduling.engine.network.problem import FORM
from scheduling.engine.network.serial import (
    network_from_json,
    network_schedule_from_json,
    network_schedule_to_json,
)
from scheduling.engine.network.solve import solve_network, warm


def search(data: bytes, options: Options) -> tuple[Answer, bytes | None]:
    """Return what a search found and its schedule."""
    problem = network_from_json(data)
    warm()
    outcome = solve_network(
        problem,
        time_limit_s=options.seconds,
        seed=options.seed,
        workers=options.workers,
        is_deterministic=options.is_deterministic,
    )
    found, worth = outcome.schedule, outcome.score
    return {
        "form": FORM,
        "status": outcome.status.value,
        "objective": worth.objective if worth else None,
        "flow": worth.flow if worth else None,
        "bound": outcome.floor.objective,
        "bound_reason": outcome.reason,
        "gap": outcome.gap,
        "seconds": outcome.seconds,
        "unit": problem.time_unit,
        "found_by": outcome.found_by,
        "first_plan_s": outcome.first_plan_s,
        "effort": outcome.effort,
        "seed": outcome.seed,
        "notes": list(outcome.notes),
        "versions": outcome.versions,
    }, None if found is None else network_schedule_to_json(found)


def judge(data: bytes, plan: bytes) -> Answer:
    """Referee a schedule."""
    problem, schedule = network_from_json(data), network_schedule_from_json(plan)
    found, worth = breaches(problem, schedule), score(problem, schedule)
    return {
        "form": FORM,
        "made": [breach.sentence for breach in found],
        "inherited": [],
        "objective": worth.objective,
        "flow": worth.flow,
        "unit": problem.time_unit,
    }


def limit(data: bytes) -> Answer:
    """Say what no plan can beat."""
    problem = network_from_json(data)
    found = bound(problem)
    return {
        "form": FORM,
        "bound": found.score.objective,
        "flow": found.score.flow,
        "reason": found.reason,
        "unit": problem.time_unit,
    }


def reasons(data: bytes, plan: bytes) -> Answer:
    """Say what each activity waited for."""
    problem, schedule = network_from_json(data), network_schedule_from_json(plan)
    made = breaches(problem, schedule)
    if made:
        return {"form": FORM, "made": [breach.sentence for breach in made]}
    found = waits(problem, schedule)
    return {
        "form": FORM,
        "unit": problem.time_unit,
        "by_limit": by_limit(found),
        "waits": [asdict(one) for one in found],
    }
