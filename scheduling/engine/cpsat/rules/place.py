"""Rule: a work centre has only so many places; a station is held from first to last."""

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.rules.limits import Use, at_most
from scheduling.engine.cpsat.variables import StepVariables, Variables, spanning
from scheduling.engine.problem import Problem, ResourceKind, Session


def add(model: cp_model.CpModel, problem: Problem, variables: Variables) -> None:
    """Add what each work centre can hold.

    A step holds its place and its second place from start to end, closed hours too; the
    steps of a station session hold one place together, gaps included.

    ``sum(1 for k with start[k] <= m < end[k]) <= places[m]`` for each minute ``m``.
    """
    horizon = problem.horizon
    uses: dict[str, list[Use]] = {}

    def take(place: str, first: StepVariables, last: StepVariables) -> None:
        uses.setdefault(place, []).append(_held(model, horizon, place, first, last))

    for key in variables.steps:
        station = variables.held(key, Session.STATION)
        rack = variables.steps[key][0].rack
        is_held = rack.progress.holds_station or (station and station[0].is_fact)
        if station and not is_held:
            take(station[0].step.place, station[0], station[-1])
        for one in variables.steps[key]:
            if one.is_fact:
                continue
            if one.step.session is Session.NONE and one.step.place:
                take(one.step.place, one, one)
            if one.step.extra:
                take(one.step.extra, one, one)
    for resource in problem.resources:
        if resource.kind is ResourceKind.PLACE and resource.key in uses:
            taken = uses[resource.key]
            at_most(model, resource.key, resource.capacity, horizon, taken)


def _held(
    model: cp_model.CpModel,
    horizon: int,
    place: str,
    first: StepVariables,
    last: StepVariables,
) -> Use:
    name = f"{first.rack.key} {first.step.code} in {place}"
    return spanning(model, first, last, name=name, horizon=horizon), 1
