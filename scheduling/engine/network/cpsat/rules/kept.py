"""What is not solved anew keeps its modes and its order on each resource."""

from collections.abc import Collection

from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.variables import Variables
from scheduling.engine.network.problem import Network

Run = tuple[int, int, int, int]
"""First tick, tick after the last, activity, units of one resource."""


def add(
    model: cp_model.CpModel,
    problem: Network,
    variables: Variables,
    *,
    starts: list[int],
    modes: list[int],
    free: Collection[int],
) -> None:
    """Keep all activities but the free ones as they follow each other in a plan.

    Units of a resource are handed from one to the next: ``start[next] >= end[one]`` for
    each that hands units on. Starts may move; ``chosen[i][modes[i]]`` may not.

    Args:
        model: Takes the constraints.
        problem: The question.
        variables: Of the model.
        starts: First tick of each activity in the plan.
        modes: Number of its mode among its own.
        free: Activities that nothing holds.
    """
    runs: dict[str, list[Run]] = {one.key: [] for one in problem.resources}
    for at, activity in enumerate(problem.activities):
        if at in free:
            continue
        mode = activity.modes[modes[at]]
        if len(activity.modes) > 1:
            model.add(variables.chosen[at][modes[at]] == 1)
        for key, amount in mode.uses:
            if amount:
                run = (starts[at], starts[at] + mode.duration, at, amount)
                runs[key].append(run)
    followed: set[tuple[int, int]] = set()
    for resource in problem.resources:
        followed |= _handed(sorted(runs[resource.key]))
    for one, following in sorted(followed):
        model.add(variables.start[following] >= variables.end[one])


def _handed(runs: list[Run]) -> set[tuple[int, int]]:
    """Return who hands units on to whom; those that end last hand on first."""
    found: set[tuple[int, int]] = set()
    left: list[tuple[int, int, int]] = []
    for start, end, activity, amount in runs:
        wanted = amount
        kept = [(end, activity, amount)]
        for until, holder, units in sorted(left, reverse=True):
            given = min(wanted, units) if until <= start else 0
            if given:
                found.add((holder, activity))
                wanted -= given
            if units > given:
                kept.append((until, holder, units - given))
        left = kept
    return found
