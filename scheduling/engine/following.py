"""Another plan as the one to keep to: its starts become what a repair spares."""

from dataclasses import replace
from datetime import datetime

from scheduling.engine.blocks import blocks_of
from scheduling.engine.problem import PowerClass, Problem, Rack, SoakRule, Step
from scheduling.engine.schedule import PlannedStep, Schedule

SECONDS = 60


def following(problem: Problem, schedule: Schedule, epoch: str) -> Problem:
    """Return a problem whose racks have a schedule's places as their previous ones.

    Steps that have begun, starts that have passed and bays that are gone are left out:
    nobody can keep them. Racks the schedule does not know have no previous place.

    Args:
        problem: The question as it stands now.
        schedule: The plan to keep to.
        epoch: ISO 8601 instant of the schedule's minute 0.
    """
    now, then = datetime.fromisoformat(problem.epoch), datetime.fromisoformat(epoch)
    shift = int((now - then).total_seconds()) // SECONDS
    steps: dict[str, list[PlannedStep]] = {}
    for step in schedule.steps:
        steps.setdefault(step.rack, []).append(step)
    bays = {bay.key for bay in problem.bays}
    routings = {
        template.key: {step.code: step for step in template.steps}
        for template in problem.templates
    }
    return replace(
        problem,
        racks=tuple(
            _kept(rack, steps.get(rack.key, []), routings[rack.template], shift, bays)
            for rack in problem.racks
        ),
    )


def _kept(
    rack: Rack,
    steps: list[PlannedStep],
    routing: dict[str, Step],
    shift: int,
    bays: set[str],
) -> Rack:
    """Return a rack with the places it is to keep."""
    first = rack.progress.done + (1 if rack.progress.running else 0)
    ahead = set(list(routing)[first:])
    kept = [step for step in steps if step.step in ahead and step.start >= shift]
    soaks = (
        (step.step, _blocks(routing[step.step], step))
        for step in kept
        if routing[step.step].power_class is PowerClass.PREEMPTIVE_DERATABLE
    )
    return replace(
        rack,
        previous=tuple(
            (step.step, step.start - shift, step.bay if step.bay in bays else "")
            for step in kept
        ),
        previous_soak=tuple((code, blocks) for code, blocks in soaks if blocks),
    )


def _blocks(step: Step, planned: PlannedStep) -> tuple[tuple[int, int], ...]:
    """Return the blocks of a soak that does not run through at full power."""
    return blocks_of(SoakRule(), step.duration, planned.phases)
