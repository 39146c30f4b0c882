"""Parts of a plan solved anew, one after the other, on one thread.

Insertion places one activity at a time and is blind where a mode or a maximum lag lets
several only move together. Here CP-SAT moves all activities of a neighbourhood at once,
while the rest keeps its modes and its order and may shift.
"""

import numpy as np
from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.effort import Effort
from scheduling.engine.network.cpsat.freed import Freer
from scheduling.engine.network.cpsat.model import Model
from scheduling.engine.network.cpsat.rules import kept
from scheduling.engine.network.encode import Layout
from scheduling.engine.network.search.record import Incumbent, Record

NAME = "neighbourhood"
SLICE = 0.5
"""Deterministic seconds of each solve."""
FIRST_SIZE = 30.0
LEAST_SIZE = 4.0
WIDER, NARROWER = 1.1, 0.93
"""What a neighbourhood's size is multiplied by: solved to the end, and not."""
FOUND = {cp_model.OPTIMAL, cp_model.FEASIBLE}
ENDED = {cp_model.OPTIMAL, cp_model.INFEASIBLE}


class Neighbourhoods:
    """One thread that frees a part of the best plan and asks for a better one."""

    def __init__(self, layout: Layout, record: Record, effort: Effort) -> None:
        """Start with all kinds at one size."""
        self._layout, self._record, self._effort = layout, record, effort
        self._chance = np.random.default_rng(effort.seed)
        self._freer = Freer(layout, self._chance)
        self._size = dict.fromkeys(Freer.kinds, FIRST_SIZE)
        self._solver = cp_model.CpSolver()
        self._ticks = 0.0

    def run(self) -> None:
        """Solve until the record is over, the ticks are spent, or no plan is there."""
        effort, record = self._effort, self._record
        while record.best is not None and not record.is_over:
            if effort.ticks is not None and self._ticks >= effort.ticks:
                break
            self._solve(record.best)

    def stop(self) -> None:
        """Make the running solve return; called from another thread."""
        self._solver.stop_search()

    def _solve(self, best: Incumbent) -> None:
        """Solve one neighbourhood of a plan; offer what is better."""
        count, record = best.start.size, self._record
        kind = Freer.kinds[int(self._chance.integers(len(Freer.kinds)))]
        free = self._freer.draw(kind, best, min(count, int(self._size[kind])))
        model = Model(self._layout, best.score, record.floor)
        first = self._layout.net.activity[:count, 0]
        kept.add(
            model.cp,
            self._layout.problem,
            model.variables,
            starts=(best.start * self._layout.scale).tolist(),
            modes=(best.mode - first).tolist(),
            free=free,
        )
        wanted = model.worth(best.score) - 1
        model.cp.add(model.target <= wanted)
        model.hint(best)
        status = self._search(model)
        if status in FOUND:
            record.offer(model.plan(self._solver, NAME))
        is_ended = status in ENDED
        factor = WIDER if is_ended else NARROWER
        self._size[kind] = min(count, max(LEAST_SIZE, self._size[kind] * factor))
        if status == cp_model.INFEASIBLE and len(free) == count:
            # Nothing was kept: no plan at all is better.
            record.raise_floor(model.bounded(record.floor, wanted + 1), "CP-SAT")

    def _search(self, model: Model) -> cp_model.CpSolverStatus:
        """Let CP-SAT work on a model for a slice."""
        self._solver = cp_model.CpSolver()
        parameters = self._solver.parameters
        parameters.num_workers = 1
        parameters.random_seed = int(self._chance.integers(1 << 30))
        # What has so few choices is propagated faster than it is relaxed or probed.
        parameters.linearization_level = 0
        parameters.cp_model_probing_level = 0
        parameters.symmetry_level = 0
        parameters.max_deterministic_time = SLICE
        if self._effort.ticks is None:
            parameters.max_time_in_seconds = max(0.01, self._record.seconds_left)
        status = self._solver.solve(model.cp)
        self._ticks += max(self._solver.response_proto.deterministic_time, SLICE / 100)
        return status
