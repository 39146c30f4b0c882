"""Rule: racks that differ in name alone are taken in order."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.variables import Variables
from scheduling.engine.problem import Problem, Rack
from scheduling.engine.units import Minutes


def add(model: cp_model.CpModel, _: Problem, variables: Variables) -> None:
    """Add the order of racks that are alike; it takes nothing from the best plan.

    Two such racks may swap all their starts, so that one of the plans that cost least
    has them in order.

    ``start[first step of one] <= start[first step of the next]``
    """
    racks = [steps[0].rack for steps in variables.steps.values() if steps]
    for keys in alike(racks):
        for one, following in pairwise(keys):
            first, second = variables.steps[one][0], variables.steps[following][0]
            model.add(first.start <= second.start)


def alike(racks: Iterable[Rack]) -> list[list[str]]:
    """Return the keys of racks that nothing but names and receipt sets apart."""
    found: dict[Rack, list[str]] = {}
    for rack in racks:
        kind = replace(rack, key="", order="", received=Minutes(0))
        found.setdefault(kind, []).append(rack.key)
    return [keys for keys in found.values() if len(keys) > 1]


def arranged(
    racks: Iterable[Rack], starts: Mapping[str, list[int]]
) -> dict[str, list[int]]:
    """Return starts by rack, swapped among racks that are alike so as to keep order."""
    found = dict(starts)
    for keys in alike(racks):
        known = [key for key in keys if key in starts]
        own = sorted(starts[key] for key in known)
        found.update(zip(known, own, strict=True))
    return found
