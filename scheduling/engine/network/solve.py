"""The portfolio of the general form: a plan at once, then search, CP-SAT beside it.

A search is a row of turns. In each turn some islands and CP-SAT work at the same time
on threads of their own; what one finds, the others start from.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from math import inf
from threading import Thread
from time import monotonic

from scheduling.engine.collector import paused
from scheduling.engine.errors import EngineError
from scheduling.engine.network.bound import CHAIN, bound
from scheduling.engine.network.check import breaches
from scheduling.engine.network.cpsat.effort import Effort
from scheduling.engine.network.cpsat.neighbourhood import Neighbourhoods
from scheduling.engine.network.cpsat.solve import Prover
from scheduling.engine.network.encode import Layout, lay_out
from scheduling.engine.network.outcome import NetworkOutcome, NetworkStatus
from scheduling.engine.network.problem import (
    Activity,
    Job,
    Mode,
    Network,
    Objective,
    Resource,
    Stock,
)
from scheduling.engine.network.schedule import Score
from scheduling.engine.network.search.genetic import Island, Terms, first_plan
from scheduling.engine.network.search.orders import Orders
from scheduling.engine.network.search.record import Record
from scheduling.engine.network.search.ruin import Ruiner
from scheduling.engine.network.search.shape import Outlook, Turn, kind_of, turns
from scheduling.engine.network.search.sway import Swayer, can_sway
from scheduling.engine.profile import constant

PACKAGES = ("ortools", "numba", "numpy")
PLACED_A_SECOND = 4_000_000
"""Activities placed a second and thread that deterministic searches reckon with."""
POLL_S = 0.02
NOTHING = Score(-1, -1)
"""Below every bound."""


class RefusedPlanError(EngineError):
    """Say that the referee refused a plan: a fault of the engine."""

    code = "refused_plan"


def solve_network(
    problem: Network,
    *,
    time_limit_s: float,
    seed: int = 1,
    workers: int = 2,
    is_deterministic: bool = False,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> NetworkOutcome:
    """Search for the best plan.

    Args:
        problem: The question.
        time_limit_s: Seconds by the clock, or, if deterministic, about as much work.
        seed: Of all random numbers.
        workers: Threads that search at the same time, at least 1.
        is_deterministic: The same plan for the same input, seed and versions: one
            thread works, by counts instead of the clock.
        is_cancelled: Asked now and then; the best so far is returned.

    Raises:
        TooFineError: If the horizon has too many ticks.
        RefusedPlanError: If the referee refuses the plan found.
    """
    began = monotonic()
    record = Record(
        deadline=began + (1e9 if is_deterministic else time_limit_s),
        floor=NOTHING,
        reason="",
        is_cancelled=is_cancelled,
        began=began,
    )
    with paused():
        layout = lay_out(problem)
        orders = Orders(layout)
        if not layout.is_cyclic:
            first_plan(layout, record, orders)
        found = bound(problem)
    record.raise_floor(found.score, found.reason)
    kind = kind_of(layout, is_grouped=orders.is_grouped)
    threads = 1 if is_deterministic else workers
    outlook = Outlook(
        count=layout.rank.size,
        workers=threads,
        seconds=time_limit_s,
        is_chain=found.reason == CHAIN,
        is_mixed=problem.objective is Objective.MAKESPAN
        and not any(job.release for job in problem.jobs),
        can_sway=can_sway(layout),
    )
    for turn in turns(kind, outlook):
        if record.is_over:
            break
        if record.best is None and turn.neighbours:
            turn = replace(turn, neighbours=0, solvers=turn.neighbours)  # noqa: PLW2901
        _Session(layout, record, turn, seed).run(
            time_limit_s * turn.share, is_deterministic=is_deterministic
        )
    return _outcome(layout, record, seed)


def warm() -> None:
    """Compile the kernels, or load them where that was done before."""
    mode = Mode(duration=1, uses=(("R", 1),), consumes=(("N", 1),))
    keys = ("1", "2", "3")
    for objective in Objective:
        layout = lay_out(
            Network(
                activities=tuple(
                    Activity(key=key, job=key, modes=(mode, mode)) for key in keys
                ),
                jobs=tuple(Job(key=key, due=0) for key in keys),
                resources=(Resource(key="R", capacity=constant(1)),),
                stocks=(Stock(key="N", quantity=3),),
                objective=objective,
            )
        )
        never = Record(deadline=inf, floor=NOTHING, reason="")
        first_plan(layout, never, Orders(layout))
        Island(layout, never, Terms(seed=1, size=12, plans=2)).run()
        Ruiner(layout, never, seed=1, moves=12).run()
        Swayer(layout, never, seed=1, passes=1).run()


class _Session:
    """One turn: islands and CP-SAT at the same time."""

    def __init__(self, layout: Layout, record: Record, turn: Turn, seed: int) -> None:
        self._layout, self._record, self._turn, self._seed = layout, record, turn, seed

    def run(self, seconds: float, *, is_deterministic: bool) -> None:
        """Let the turn's searchers work; return when all have stopped."""
        record = self._record
        last, deadline = record.deadline, monotonic() + seconds
        if not is_deterministic:
            record.deadline = min(last, deadline)
        plans = self._turn.plans
        if is_deterministic:
            most = int(1 + seconds * PLACED_A_SECOND / self._layout.rank.size)
            plans = most if plans is None else min(plans, most)
        threads = [
            Thread(target=self._island(at, plans).run, daemon=True)
            for at in range(self._turn.islands)
        ]
        threads += [
            Thread(target=self._ruiner(at, plans).run, daemon=True)
            for at in range(self._turn.ruiners)
        ]
        threads += [
            Thread(target=self._swayer(at, plans).run, daemon=True)
            for at in range(self._turn.swayers)
        ]
        ticks = seconds if is_deterministic else None
        solvers = self._solvers(ticks)
        threads += [Thread(target=one.run, daemon=True) for one in solvers]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(POLL_S)
                has_begun = self._turn.starters > 0 and record.best is not None
                if has_begun or record.is_over:
                    for one in solvers:
                        one.stop()
        record.deadline = last

    def _solvers(self, ticks: float | None) -> list[Prover | Neighbourhoods]:
        """Return what works with CP-SAT: on the whole problem, and on parts."""
        record = self._record
        effort = Effort(
            seconds=record.seconds_left,
            workers=self._turn.solvers,
            seed=self._seed,
            ticks=ticks,
            is_proof=self._turn.is_proof,
        )
        solvers: list[Prover | Neighbourhoods] = []
        if self._turn.solvers:
            solvers.append(Prover(self._layout, record, effort))
        alone = replace(effort, workers=1, is_start=self._turn.starters > 0)
        for at in range(self._turn.starters):
            own = replace(alone, seed=self._seed + at)
            solvers.append(Prover(self._layout, record, own))
        for at in range(self._turn.neighbours):
            own = replace(alone, seed=self._seed * 101 + at)
            solvers.append(Neighbourhoods(self._layout, record, own))
        return solvers

    def _ruiner(self, at: int, moves: int | None) -> Ruiner:
        return Ruiner(self._layout, self._record, self._seed * 101 + at, moves)

    def _swayer(self, at: int, passes: int | None) -> Swayer:
        return Swayer(self._layout, self._record, self._seed * 101 + at, passes)

    def _island(self, at: int, plans: int | None) -> Island:
        terms = Terms(seed=self._seed * 101 + at, size=self._turn.herd, plans=plans)
        return Island(self._layout, self._record, terms)


def _outcome(layout: Layout, record: Record, seed: int) -> NetworkOutcome:
    """Referee the best plan and say how the search ended."""
    status = NetworkStatus.NO_PLAN
    schedule = None
    if record.best is not None:
        schedule = layout.schedule(record.best.start, record.best.mode)
        made = breaches(layout.problem, schedule)
        if made:
            raise RefusedPlanError(made[0].sentence)
        is_proved = record.best.score <= record.floor
        status = NetworkStatus.OPTIMAL if is_proved else NetworkStatus.FEASIBLE
    elif record.is_infeasible:
        status = NetworkStatus.INFEASIBLE
    return NetworkOutcome(
        status=status,
        schedule=schedule,
        score=record.best.score if record.best else None,
        floor=record.floor,
        reason=record.reason,
        seconds=round(monotonic() - record.began, 3),
        first_plan_s=record.curve[0][0] if record.curve else None,
        found_by=record.best.found_by if record.best else "",
        effort=record.effort,
        seed=seed,
        # Threads that prove the same at the same time say it twice.
        notes=tuple(dict.fromkeys(record.notes)),
        curve=tuple(record.curve),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return the versions of what searches."""
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
