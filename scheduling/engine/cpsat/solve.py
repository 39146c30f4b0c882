"""Runs CP-SAT beside the other search: it proves bounds and proposes orders."""

import threading
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from scheduling.engine.cpsat import hint, objective
from scheduling.engine.cpsat.lean import make_lean
from scheduling.engine.cpsat.rules import (
    alike,
    bay,
    calendar,
    material,
    order,
    people,
    place,
    power,
)
from scheduling.engine.cpsat.variables import Variables, create
from scheduling.engine.problem import Problem, Rack
from scheduling.engine.units import MINUTES_PER_DAY

RULES = (order, alike, calendar, place, people, bay, power, material)
MOST_RACKS = 300
"""Larger problems are left to ruin and recreate: the model would not be searched."""

Starts = dict[str, list[int]]
"""Start of each remaining step by rack."""


@dataclass(slots=True, kw_only=True)
class Finding:
    """What CP-SAT says so far.

    Attributes:
        bound: Cents that no plan of all these racks can undercut; 0 if unknown.
        starts: The last solution's starts, not yet fetched, or None.
        objective: Cents of the last solution in the relaxed model, or None.
        saved: Cents by which it is cheaper there than the plan that was hinted; None
            if that did not fit the model.
        status: How the search ended, empty while it runs.
    """

    bound: int = 0
    starts: Starts | None = None
    objective: int | None = None
    saved: int | None = None
    status: str = ""


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Keeps each better solution; called from CP-SAT's threads."""

    def __init__(self, companion: "Companion") -> None:
        super().__init__()
        self._companion = companion

    def on_solution_callback(self) -> None:
        """Keep the starts of a solution."""
        starts = {
            key: [self.value(one.start) for one in steps]
            for key, steps in self._companion.variables.steps.items()
        }
        self._companion.note(starts, self.objective_value)


@dataclass(slots=True, kw_only=True)
class Companion:
    """CP-SAT in a thread of its own, stopped from outside.

    The thread that started it may ask and stop it at any time. It begins when ``after``
    has ended, if given; whoever stops it ends that too. Then it waits to be told a plan
    to begin with, since the newest is the best.
    """

    problem: Problem
    racks: tuple[Rack, ...]
    seed: int
    workers: int
    limit_s: float
    constant: int
    after: threading.Thread | None = None
    variables: Variables = field(init=False)
    _solver: cp_model.CpSolver = field(init=False)
    _thread: threading.Thread = field(init=False)
    _finding: Finding = field(default_factory=Finding)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_stopped: bool = False
    _is_asking: threading.Event = field(default_factory=threading.Event)
    _is_told: threading.Event = field(default_factory=threading.Event)
    _told: Starts = field(default_factory=dict)
    _hinted: float | None = None

    def __post_init__(self) -> None:
        """Start the thread."""
        self._solver = cp_model.CpSolver()
        self._thread = threading.Thread(target=self._run, name="cp-sat", daemon=True)
        self._thread.start()

    @property
    def wants_hint(self) -> bool:
        """Return whether it waits for a plan to begin with."""
        return self._is_asking.is_set() and not self._is_told.is_set()

    def tell(self, starts: Starts) -> None:
        """Let it begin with a plan's starts; with none it begins from nothing."""
        self._told = starts
        self._is_told.set()

    def fetch(self) -> Finding:
        """Return what it says; a solution is handed out once."""
        with self._lock:
            found = Finding(
                bound=self._finding.bound,
                starts=self._finding.starts,
                objective=self._finding.objective,
                saved=self._finding.saved,
                status=self._finding.status,
            )
            self._finding.starts = None
        return found

    def join(self) -> None:
        """Wait until it has ended by itself."""
        self._thread.join()

    def stop(self) -> None:
        """Stop it and wait until it has stopped."""
        self._is_stopped = True
        self._is_told.set()
        while self._thread.is_alive():
            self._solver.stop_search()
            self._thread.join(0.05)

    def note(self, starts: Starts, price: float) -> None:
        """Keep a solution."""
        with self._lock:
            self._finding.starts = starts
            cents = int(price) // MINUTES_PER_DAY + self.constant
            self._finding.objective = cents
            if self._hinted is not None:
                self._finding.saved = int(self._hinted - price) // MINUTES_PER_DAY

    def _note_bound(self, price: float) -> None:
        """Keep a bound, given in units of the objective."""
        # A float of this size may be off in its last digits: a cent covers it.
        cents = int(price) // MINUTES_PER_DAY - 1
        with self._lock:
            self._finding.bound = max(self._finding.bound, cents + self.constant)

    def _waits_its_turn(self) -> bool:
        """Wait for what comes first; return whether nobody has stopped it then."""
        if self.after is not None:
            self.after.join()
        self._is_asking.set()
        self._is_told.wait()
        return not self._is_stopped

    def _run(self) -> None:
        if not self._waits_its_turn():
            return
        model, self.variables = build(self.problem, self.racks)
        self.constant += objective.constant_cents(self.problem, self.variables)
        starts = alike.arranged(self.racks, self._told)
        self._hinted = hint.add(model, self.variables, starts)
        if self._is_stopped:
            return
        parameters = self._solver.parameters
        parameters.max_time_in_seconds = max(0.1, self.limit_s)
        parameters.num_workers = max(1, self.workers)
        parameters.random_seed = self.seed
        make_lean(self._solver)
        self._solver.best_bound_callback = self._note_bound
        status = self._solver.solve(model, _Watcher(self))
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            self._note_bound(self._solver.best_objective_bound)
        with self._lock:
            self._finding.status = self._solver.status_name(status).lower()


def says_infeasible(
    problem: Problem, rack: Rack, *, seed: int, limit_s: float, is_plain: bool
) -> bool:
    """Return whether CP-SAT proves that a rack has no room alone on its site.

    The model leaves rules out, never in: what has no solution in it has no plan.

    Args:
        problem: What else there is; other racks of it do not count.
        rack: The rack.
        seed: Of the random numbers.
        limit_s: Most seconds.
        is_plain: Whether to search without presolve, symmetry and linear relaxation, so
            that a mistake would have to be made twice.
    """
    model, _ = build(problem, (rack,))
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.max_time_in_seconds = limit_s
    parameters.num_workers = 1
    parameters.random_seed = seed
    parameters.catch_sigint_signal = False
    if is_plain:
        parameters.cp_model_presolve = False
        parameters.symmetry_level = 0
        parameters.linearization_level = 0
    return bool(solver.solve(model) == cp_model.INFEASIBLE)


def build(
    problem: Problem, racks: tuple[Rack, ...]
) -> tuple[cp_model.CpModel, Variables]:
    """Return the whole problem as one model."""
    model = cp_model.CpModel()
    variables = create(model, problem, racks)
    for rule in RULES:
        rule.add(model, problem, variables)
    objective.add(model, problem, variables)
    return model, variables
