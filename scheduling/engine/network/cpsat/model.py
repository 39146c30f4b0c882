"""A problem of the general form as a CP-SAT model that starts from a plan."""

import numpy as np
from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat import objective
from scheduling.engine.network.cpsat.rules import capacity, lags, stocks
from scheduling.engine.network.cpsat.variables import Variables, declare
from scheduling.engine.network.encode import Layout
from scheduling.engine.network.problem import Objective
from scheduling.engine.network.schedule import Score
from scheduling.engine.network.search.record import Incumbent

Values = cp_model.CpSolverSolutionCallback | cp_model.CpSolver
"""What says which value a variable has in a solution."""


class Model:
    """All rules and the objective, built from what is known now.

    Attributes:
        cp: CP-SAT's model.
        variables: Of it.
        target: What is minimised.
        is_flow: Whether that is the flow, after tardiness was proved.
    """

    def __init__(self, layout: Layout, best: Score | None, floor: Score) -> None:
        """Build it.

        Args:
            layout: The problem.
            best: What the best plan is worth, or None without one.
            floor: What no plan can beat.
        """
        self.layout = layout
        problem = layout.problem
        self.cp = cp_model.CpModel()
        self.variables: Variables = declare(self.cp, problem, _horizon(layout, best))
        for rule in (lags, capacity, stocks):
            rule.add(self.cp, problem, self.variables)
        self.target = objective.add(
            self.cp, problem, self.variables, best=best, floor=floor
        )
        self.is_flow = self.target.name == "flow"

    def hint(self, plan: Incumbent) -> None:
        """Start from a plan."""
        self.cp.clear_hints()  # type: ignore[no-untyped-call]
        first = self.layout.net.activity[:, 0]
        for at, start in enumerate(self.variables.start):
            self.cp.add_hint(start, int(plan.start[at]) * self.layout.scale)
            if len(self.variables.chosen[at]) > 1:
                own = int(plan.mode[at] - first[at])
                for mode, literal in enumerate(self.variables.chosen[at]):
                    self.cp.add_hint(literal, mode == own)

    def plan(self, values: Values, found_by: str) -> Incumbent:
        """Return a solution as a plan."""
        start = np.array([values.value(one) for one in self.variables.start], np.int64)
        mode = self.layout.net.activity[: start.size, 0].copy()
        for at, chosen in enumerate(self.variables.chosen):
            if len(chosen) > 1:
                mode[at] += [bool(values.value(one)) for one in chosen].index(True)
        start //= self.layout.scale
        return Incumbent(self.layout.score(start, mode), start, mode, found_by)

    def worth(self, score: Score) -> int:
        """Return the target's value in a plan that is worth so much."""
        return score.flow if self.is_flow else score.objective

    def bounded(self, floor: Score, value: int) -> Score:
        """Return a floor, raised so that the target is at least a value."""
        if self.is_flow:
            return max(floor, Score(floor.objective, value))
        return max(floor, Score(value, floor.flow))


def _horizon(layout: Layout, best: Score | None) -> int:
    """Return a moment by which some best plan has ended.

    A makespan's best plan ends no later than the one at hand; with due dates a plan may
    pay for ending later, so the limit is the layout's.
    """
    if layout.problem.objective is Objective.MAKESPAN and best is not None:
        return best.objective
    return int(layout.net.capacity.shape[1] * layout.scale)
