"""Hands the model a plan to start from, with a value for every variable."""

from collections.abc import Mapping

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.lean import make_lean
from scheduling.engine.cpsat.variables import Variables

MOST_TICKS = 2.0
"""Deterministic seconds of looking for the values that belong to the starts."""


def add(
    model: cp_model.CpModel, variables: Variables, starts: Mapping[str, list[int]]
) -> float | None:
    """Hint a plan's starts and all that follows from them.

    Hints of starts alone leave thousands of variables open, and the search takes longer
    to close them than it has; so the model is solved once with the starts fixed, which
    propagation does, and its solution is the hint. If the starts do not fit the model
    they are hinted alone.

    Args:
        model: Takes the hints.
        variables: Of the model.
        starts: Start of each remaining step by rack.

    Returns:
        What the plan costs in the model, in its units; None if it does not fit.
    """
    fixed = model.clone()
    for key, steps in variables.steps.items():
        for one, start in zip(steps, starts.get(key, ()), strict=False):
            model.add_hint(one.start, start)
            fixed.add(one.start == start)
    solver = cp_model.CpSolver()
    make_lean(solver)
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = MOST_TICKS
    is_solved = {cp_model.OPTIMAL, cp_model.FEASIBLE}
    if not starts or solver.solve(fixed) not in is_solved:
        return None
    model.clear_hints()  # type: ignore[no-untyped-call]
    for at, value in enumerate(solver.response_proto.solution):
        model.proto.solution_hint.vars.append(at)
        model.proto.solution_hint.values.append(value)
    return float(solver.objective_value)
