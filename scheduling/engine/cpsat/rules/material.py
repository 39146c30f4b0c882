"""Rule: no step consumes parts that have not come."""

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.variables import StepVariables, Variables
from scheduling.engine.material import rack_needs
from scheduling.engine.problem import Problem


def add(model: cp_model.CpModel, problem: Problem, variables: Variables) -> None:
    """Add the parts.

    What all steps begun up to a minute consume never exceeds what has come by then. A
    part of which enough lies there from the beginning needs no constraint.

    ``sum(quantity[k] for k with start[k] <= m) <= arrived[m]`` for each minute ``m``.
    """
    arrivals: dict[str, list[tuple[int, int]]] = {}
    for supply in problem.supplies:
        moment = max(0, supply.available)
        arrivals.setdefault(supply.part, []).append((moment, supply.quantity))
    needs: dict[str, list[tuple[StepVariables, int]]] = {}
    for steps in variables.steps.values():
        rack, template = steps[0].rack, steps[0].template
        for step, part, quantity in rack_needs(rack, template):
            one = steps[step - rack.progress.done]
            needs.setdefault(part, []).append((one, quantity))
    for part, taken in needs.items():
        _limit(model, part, sorted(arrivals.get(part, [])), taken, problem.horizon)


def _limit(
    model: cp_model.CpModel,
    part: str,
    arrived: list[tuple[int, int]],
    taken: list[tuple[StepVariables, int]],
    horizon: int,
) -> None:
    """Count consumption as held from its start to the end of time."""
    total = sum(quantity for _, quantity in arrived)
    wanted = sum(quantity for _, quantity in taken)
    if wanted <= sum(quantity for moment, quantity in arrived if moment == 0):
        return
    intervals, demands = [], []
    for one, quantity in taken:
        name = f"{one.rack.key} {one.step.code} {part}"
        size = model.new_int_var(1, horizon + 1, f"{name} length")
        intervals.append(model.new_interval_var(one.start, size, horizon + 1, name))
        demands.append(quantity)
    for moment, quantity in arrived:
        if moment > 0:
            name = f"{part} before {moment}"
            size_before = min(moment, horizon + 1)
            intervals.append(model.new_fixed_size_interval_var(0, size_before, name))
            demands.append(quantity)
    model.add_cumulative(intervals, demands, total)
