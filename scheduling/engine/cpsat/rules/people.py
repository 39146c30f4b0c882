"""Rule: a crew has only so many people."""

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.rules.limits import Use, at_most
from scheduling.engine.cpsat.variables import Variables, spanning
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import Problem, Resource, ResourceKind
from scheduling.engine.profile import StepFunction


def add(model: cp_model.CpModel, problem: Problem, variables: Variables) -> None:
    """Add what each crew can do.

    The eighths of all steps at work never exceed the crew's. In closed minutes nobody
    works, so nothing is counted there; a derated or paused soak takes nobody.

    ``sum(eighths[k] for k at minute m) <= crew[m]`` for each open minute ``m``.
    """
    uses: dict[str, list[Use]] = {}
    for one in variables.all_steps():
        if one.is_fact:
            continue
        name = f"{one.rack.key} {one.step.code} people"
        if one.full is None:
            interval = spanning(model, one, one, name=name, horizon=problem.horizon)
        else:
            interval = model.new_optional_fixed_size_interval_var(
                one.start, one.work, one.full, name
            )
        uses.setdefault(one.step.crew, []).append((interval, one.step.crew_eighths))
    for resource in problem.resources:
        if resource.kind is ResourceKind.CREW and resource.key in uses:
            capacity = _open(resource, variables.hours[resource.key], problem.horizon)
            at_most(model, resource.key, capacity, problem.horizon, uses[resource.key])


def _open(resource: Resource, hours: OpenHours, horizon: int) -> StepFunction:
    """Return a crew's people, the most there ever are in closed minutes."""
    most = resource.capacity.highest()
    changes: dict[int, int] = {}
    for first, last, value in resource.capacity.pieces(horizon):
        for start, _, is_open in hours.stretches(first, last):
            changes[start] = value if is_open else most
    return StepFunction(times=tuple(changes), values=tuple(changes.values()))
