"""The whole problem as one CP-SAT model, started from the best plan."""

from dataclasses import replace
from math import inf

import numpy as np
from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.effort import Effort
from scheduling.engine.network.cpsat.model import Model
from scheduling.engine.network.encode import Layout
from scheduling.engine.network.search.record import Record

NAME = "cp_sat"
MARGIN = 1e-6
"""CP-SAT's bound is a float; it is rounded up after so much is taken off."""
PROVING = ("no_lp", "quick_restart_no_lp")
"""Searches of the whole tree without relaxation, one a thread."""


class Whole:
    """One problem as a model, solved once or several times."""

    def __init__(self, layout: Layout, record: Record) -> None:
        """Build the model from what is known now."""
        self.record = record
        best = record.best.score if record.best else None
        self.model = Model(layout, best, record.floor)
        self.solver = cp_model.CpSolver()

    def run(self, effort: Effort) -> str:
        """Search and prove; return CP-SAT's word for how it ended."""
        if self.record.best is not None:
            self.model.hint(self.record.best)
        parameters = self.solver.parameters
        parameters.num_workers = effort.workers
        parameters.random_seed = effort.seed
        if effort.ticks is None:
            parameters.max_time_in_seconds = effort.seconds
        else:
            parameters.max_deterministic_time = effort.ticks
        if effort.is_start:
            # Lags fix most of what a relaxation would say, and faster.
            parameters.linearization_level = 0
            parameters.stop_after_first_solution = True
        if effort.is_proof and effort.workers >= len(PROVING):
            parameters.subsolvers.extend(PROVING)
            parameters.use_lns = False
        status = self.solver.solve(self.model.cp, _Listener(self))
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            self._take_bound(self.solver.best_objective_bound)
        elif status == cp_model.INFEASIBLE:
            self._judge_infeasible(effort)
        return str(self.solver.status_name(status))

    def stop(self) -> None:
        """Make a running search return; called from another thread."""
        self.solver.stop_search()

    def _take_bound(self, value: float) -> None:
        """Raise the record's floor to CP-SAT's bound."""
        if value in {inf, -inf}:
            return
        whole = int(np.ceil(value - MARGIN))
        self.record.raise_floor(self.model.bounded(self.record.floor, whole), "CP-SAT")

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
        if second.solve(self.model.cp) == cp_model.INFEASIBLE:
            self.record.is_infeasible = True
            self.record.notes.append(
                "Two configurations of CP-SAT agree that no plan exists."
            )
        else:
            self.record.notes.append(
                "CP-SAT found the problem infeasible; a second configuration did not "
                "agree in time."
            )

    def offer(self, values: cp_model.CpSolverSolutionCallback) -> None:
        """Offer a solution to the record."""
        self.record.offer(self.model.plan(values, NAME))


class Prover:
    """Solves the whole problem; where tardiness is proved, the flow after it."""

    def __init__(self, layout: Layout, record: Record, effort: Effort) -> None:
        """Build the model from what is known now."""
        self._layout, self._record, self.effort = layout, record, effort
        self._whole = Whole(layout, record)

    def run(self) -> None:
        """Search and prove until the effort is spent or nothing is left to prove."""
        self._whole.run(self.effort)
        if self.effort.is_start:
            return
        best, floor = self._record.best, self._record.floor
        is_flow_left = best is not None and best.score.objective <= floor.objective
        if is_flow_left and not self._whole.model.is_flow and not self._record.is_over:
            self._whole = Whole(self._layout, self._record)
            self._whole.run(replace(self.effort, seconds=self._record.seconds_left))

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
