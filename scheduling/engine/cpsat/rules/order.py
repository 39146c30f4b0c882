"""Rule: steps one after the other, from release to horizon, facts where they stand."""

from itertools import pairwise

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.variables import Variables
from scheduling.engine.problem import Problem


def add(model: cp_model.CpModel, _: Problem, variables: Variables) -> None:
    """Add the order of steps.

    No step starts before its predecessor ends; the first not before the release; a
    running step goes on from minute 0; a pin fixes a start.

    ``end[k] <= start[k + 1]``, ``start[first] >= release``, ``start[running] = 0``,
    ``start[pinned] = pin``.
    """
    for steps in variables.steps.values():
        for before, after in pairwise(steps):
            model.add(before.end <= after.start)
        first = steps[0]
        progress = first.rack.progress
        if progress.running:
            model.add(first.start == 0)
        elif not progress.done:
            model.add(first.start >= first.rack.release)
        pins = {pin.step: pin.start for pin in first.rack.pins}
        for one in steps[1 if progress.running else 0 :]:
            if one.step.code in pins:
                model.add(one.start == pins[one.step.code])
