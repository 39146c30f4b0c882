"""A search in a thread of its own, and what the run's thread may know of it.

The solver calls back from its threads. Nothing there touches the database: what it says
is kept under a lock until the thread that looks after the run fetches it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self

from scheduling.engine.outcome import Outcome, Progress
from scheduling.engine.problem import Problem
from scheduling.services.runs import Progress as Standing

MOST_POINTS = 240
"""Points kept of a curve; a page shows no more."""

Point = tuple[float, int | None, int | None]
"""``(seconds, best, bound)`` in cents."""


class Solver(Protocol):
    """Searches a problem: ``scheduling.engine.solve.solve``, or a test's stand-in."""

    def __call__(
        self,
        problem: Problem,
        *,
        time_limit_s: float,
        seed: int,
        workers: int,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> Outcome:
        """Return the best found within the limit, or until told to stop."""


class Search:
    """One search under way; leaving its ``with`` block stops it and waits for it."""

    def __init__(
        self,
        solver: Solver,
        problem: Problem,
        *,
        time_limit_s: int,
        seed: int,
        workers: int,
    ) -> None:
        """Start it.

        Args:
            solver: What searches.
            problem: What to plan.
            time_limit_s: Seconds of search.
            seed: Of the search.
            workers: Threads it may use.
        """
        self._lock = threading.Lock()
        self._should_stop = threading.Event()
        self._latest: Progress | None = None
        self._first: Progress | None = None
        self._has_plan = False
        self._curve: list[Point] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._future: Future[Outcome] = self._pool.submit(
            solver,
            problem,
            time_limit_s=time_limit_s,
            seed=seed,
            workers=workers,
            on_progress=self._note,
            should_stop=self._should_stop.is_set,
        )

    def __enter__(self) -> Self:
        """Let it go on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it and wait for its thread, so that the next run finds free cores."""
        self.stop()
        self._pool.shutdown()

    def stop(self) -> None:
        """Ask it to return what it has."""
        self._should_stop.set()

    def has_ended(self, *, within_s: float) -> bool:
        """Wait for its end, at most so many seconds; say whether it has come."""
        try:
            self._future.exception(within_s)
        except TimeoutError:
            return False
        return True

    def outcome(self) -> Outcome:
        """Return what it found, or raise what it raised; waits for its end."""
        return self._future.result()

    def standing(self) -> Standing:
        """Return where it stands, in the words and figures of a run."""
        with self._lock:
            latest, curve = self._latest, tuple(self._curve)
        if latest is None:
            return Standing(phase="starting")
        return Standing(
            phase=latest.phase,
            best_cents=latest.best,
            bound_cents=latest.bound,
            bound_reason=latest.bound_reason,
            curve=curve,
        )

    def take_first_plan(self) -> Progress | None:
        """Return the first report with a plan, the first time it is asked for."""
        with self._lock:
            first, self._first = self._first, None
        return first

    def _note(self, progress: Progress) -> None:
        """Keep what the solver says; called from its threads."""
        point = (round(progress.seconds, 2), progress.best, progress.bound)
        with self._lock:
            self._latest = progress
            if not self._has_plan and progress.schedule is not None:
                self._first, self._has_plan = progress, True
            if not self._curve or self._curve[-1][1:] != point[1:]:
                self._curve = _thinned([*self._curve, point])


def _thinned(curve: list[Point]) -> list[Point]:
    """Return at most ``MOST_POINTS`` of a curve, its first and last among them."""
    if len(curve) <= MOST_POINTS:
        return curve
    return [*curve[:-1:2], curve[-1]]
