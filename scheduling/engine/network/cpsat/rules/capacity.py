"""At every tick, what runs holds no more of a resource than there is."""

from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.variables import Variables
from scheduling.engine.network.problem import Network, Resource

Held = list[tuple[cp_model.IntervalVar, int]]


def add(model: cp_model.CpModel, problem: Network, variables: Variables) -> None:
    """State each resource; interchangeable units are one pool.

    ``sum of amounts held at t <= capacity(t)``. A capacity that changes is the highest
    one, less fixed intervals that hold what is not there. A single unit is told as
    intervals that do not overlap.
    """
    held: dict[str, Held] = {one.key: [] for one in problem.resources}
    for at, activity in enumerate(problem.activities):
        for mode, interval in zip(activity.modes, variables.interval[at], strict=True):
            for key, amount in mode.uses:
                held[key].append((interval, amount))
    for resource in problem.resources:
        _add_one(model, resource, held[resource.key], variables.horizon)


def _add_one(
    model: cp_model.CpModel, resource: Resource, held: Held, horizon: int
) -> None:
    """State one resource."""
    if not held:
        return
    most = resource.capacity.highest()
    missing = [
        (model.new_fixed_size_interval_var(start, end - start, ""), most - value)
        for start, end, value in resource.capacity.pieces(horizon)
        if value < most and start < end
    ]
    if most == 1:
        model.add_no_overlap([interval for interval, _ in held + missing])
    else:
        intervals, amounts = zip(*held, *missing, strict=True)
        model.add_cumulative(intervals, amounts, most)
