"""The whole problem as one CP-SAT model, started from the best plan."""

from dataclasses import dataclass, replace
from math import inf

import numpy as np
from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat import objective
from scheduling.engine.network.cpsat.rules import capacity, lags, stocks
from scheduling.engine.network.cpsat.variables import Variables, declare
from scheduling.engine.network.encode import Layout
from scheduling.engine.network.problem import Network, Objective
from scheduling.engine.network.schedule import Score
from scheduling.engine.network.search.record import Incumbent, Record

NAME = "cp_sat"
MARGIN = 1e-6
"""CP-SAT's bound is a float; it is rounded up after so much is taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long and how CP-SAT works.

    Attributes:
        seconds: By the clock.
        workers: Threads.
        seed: Of its random numbers.
        ticks: Deterministic time instead of the clock, or None.
    """

    seconds: float
    workers: int
    seed: int
    ticks: float | None = None


class Whole:
    """One problem as a model, solved once or several times."""

    def __init__(self, layout: Layout, record: Record) -> None:
        """Build the model from what is known now."""
        self.layout = layout
        self.record = record
        problem = layout.problem
        best = record.best.score if record.best else None
        self.horizon = _horizon(layout, best)
        self.model = cp_model.CpModel()
        self.variables: Variables = declare(self.model, problem, self.horizon)
        lags.add(self.model, problem, self.variables)
        capacity.add(self.model, problem, self.variables)
        stocks.add(self.model, problem, self.variables)
        self.target = objective.add(
            self.model, problem, self.variables, best=best, floor=record.floor
        )
        self.is_flow = self.target.name == "flow"
        self.solver = cp_model.CpSolver()

    def run(self, effort: Effort) -> str:
        """Search and prove; return CP-SAT's word for how it ended."""
        self._hint()
        parameters = self.solver.parameters
        parameters.num_workers = effort.workers
        parameters.random_seed = effort.seed
        if effort.ticks is None:
            parameters.max_time_in_seconds = effort.seconds
        else:
            parameters.max_deterministic_time = effort.ticks
        status = self.solver.solve(self.model, _Listener(self))
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            self._take_bound(self.solver.best_objective_bound)
        elif status == cp_model.INFEASIBLE:
            self._judge_infeasible(effort)
        return str(self.solver.status_name(status))

    def stop(self) -> None:
        """Make a running search return; called from another thread."""
        self.solver.stop_search()

    def _hint(self) -> None:
        """Start from the best plan there is."""
        best = self.record.best
        if best is None:
            return
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        first = self.layout.net.activity[:, 0]
        for at, start in enumerate(self.variables.start):
            self.model.add_hint(start, int(best.start[at]) * self.layout.scale)
            if len(self.variables.chosen[at]) > 1:
                own = int(best.mode[at] - first[at])
                for mode, literal in enumerate(self.variables.chosen[at]):
                    self.model.add_hint(literal, mode == own)

    def _take_bound(self, value: float) -> None:
        """Raise the record's floor to CP-SAT's bound."""
        if value in {inf, -inf}:
            return
        whole = int(np.ceil(value - MARGIN))
        floor = self.record.floor
        if self.is_flow:
            self.record.raise_floor(Score(floor.objective, whole), "CP-SAT")
        elif whole > floor.objective:
            self.record.raise_floor(Score(whole, floor.flow), "CP-SAT")

    def _judge_infeasible(self, effort: Effort) -> None:
        """Say that no plan exists only if a second configuration agrees.

        With a plan at hand the answer is wrong, and nothing is concluded from it.
        """
        if self.record.best is not None:
            self.record.notes.append(
                "CP-SAT found the problem infeasible although a plan is known."
            )
            return
        second = cp_model.CpSolver()
        second.parameters.num_workers = 1
        second.parameters.random_seed = effort.seed + 1
        second.parameters.cp_model_presolve = False
        second.parameters.linearization_level = 0
        second.parameters.max_time_in_seconds = max(1.0, self.record.seconds_left)
        if second.solve(self.model) == cp_model.INFEASIBLE:
            self.record.is_infeasible = True
            self.record.notes.append(
                "Two configurations of CP-SAT agree that no plan exists."
            )
        else:
            self.record.notes.append(
                "CP-SAT found the problem infeasible; a second configuration did not "
                "agree in time."
            )

    def offer(self, value: cp_model.CpSolverSolutionCallback) -> None:
        """Offer a solution to the record."""
        scale = self.layout.scale
        start = np.array([value.value(one) for one in self.variables.start], np.int64)
        first = self.layout.net.activity[:, 0]
        mode = first[: start.size].copy()
        for at, chosen in enumerate(self.variables.chosen):
            if len(chosen) > 1:
                mode[at] += [bool(value.value(one)) for one in chosen].index(True)
        start //= scale
        self.record.offer(Incumbent(self.layout.score(start, mode), start, mode, NAME))


class Prover:
    """Solves the whole problem; where tardiness is proved, the flow after it."""

    def __init__(self, layout: Layout, record: Record, effort: Effort) -> None:
        """Build the model from what is known now."""
        self._layout, self._record, self._effort = layout, record, effort
        self._whole = Whole(layout, record)

    def run(self) -> None:
        """Search and prove until the effort is spent or nothing is left to prove."""
        self._whole.run(self._effort)
        best, floor = self._record.best, self._record.floor
        is_flow_left = best is not None and best.score.objective <= floor.objective
        if is_flow_left and not self._whole.is_flow and not self._record.is_over:
            self._whole = Whole(self._layout, self._record)
            self._whole.run(replace(self._effort, seconds=self._record.seconds_left))

    def stop(self) -> None:
        """Make the search return; called from another thread."""
        self._whole.stop()


class _Listener(cp_model.CpSolverSolutionCallback):
    """Hands on solutions and bounds while CP-SAT runs."""

    def __init__(self, whole: Whole) -> None:
        super().__init__()
        self._whole = whole

    def on_solution_callback(self) -> None:
        """Offer the solution; stop where nothing better is left to find."""
        self._whole.offer(self)
        if self._whole.record.is_over:
            self.stop_search()


def _horizon(layout: Layout, best: Score | None) -> int:
    """Return a moment by which some best plan has ended.

    A makespan's best plan ends no later than the one at hand; with due dates a plan may
    pay for ending later, so all work one after the other is the limit.
    """
    problem: Network = layout.problem
    if problem.objective is Objective.MAKESPAN and best is not None:
        return best.objective
    return int(layout.net.capacity.shape[1] * layout.scale)
