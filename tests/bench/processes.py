"""Helpers of a search in processes of their own, which know nothing of Django."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from time import monotonic, process_time
from types import TracebackType
from typing import Self

from scheduling.engine import improve
from scheduling.engine import solve as solving
from scheduling.engine.decode.board import Board
from scheduling.engine.improve import Improver
from scheduling.engine.problem import Problem
from scheduling.engine.rules import order_by
from scheduling.engine.serial import digest, problem_from_json, problem_to_json
from scheduling.engine.solve import warm
from scheduling.engine.spread import rounds, work
from scheduling.engine.spread.rounds import Task
from scheduling.engine.spread.work import Helper

CLOCKS = (solving, improve, rounds, work)
HELPER = Helper()


def go_by_processor_time() -> None:
    """Let searches begin, cool and end by the processor time of their process.

    What else the machine does counts less then. Whoever waits for a helper's answer
    searches on meanwhile, so that waiting counts.
    """
    _go_by(process_time)


def _go_by(clock: Callable[[], float]) -> None:
    for module in CLOCKS:
        module.monotonic = clock  # type: ignore[attr-defined]


@contextmanager
def going_by(clock: Callable[[], float]) -> Iterator[None]:
    """Let searches of this process go by another clock for a while."""
    _go_by(clock)
    try:
        yield
    finally:
        _go_by(monotonic)


def search_alone(problem: Problem, seconds: float, seed: int) -> float:
    """Return the moves a processor second of a search by one thread."""
    board = Board(problem)
    board.decode(order_by("earliest_due_date", board.tables))
    improver = Improver(board, seed=seed)
    began = process_time()
    while (spent := process_time() - began) < seconds:
        improver.burst(spent / seconds)
    return improver.moves / spent


def _search(problem: bytes, task: Task) -> bytes:
    return HELPER.work(
        task.question,
        name=digest(problem),
        problem=partial(problem_from_json, problem),
        seconds=task.seconds,
        seed=task.seed,
        cooled=task.cooled,
    )


class Processes:
    """Helpers in processes of their own; questions and answers go through a pipe."""

    def __init__(
        self, most: int, problem: Problem, initializer: Callable[[], None] = warm
    ) -> None:
        """Start them and let them compile.

        Args:
            most: How many.
            problem: What they know.
            initializer: Called first in each of them.
        """
        self.most = most
        self._problem = problem_to_json(problem)
        self._pool = ProcessPoolExecutor(
            most, mp_context=get_context("spawn"), initializer=initializer
        )
        self._futures: list[Future[bytes]] = []
        self.bytes_out = self.bytes_back = 0
        for future in [self._pool.submit(warm) for _ in range(most)]:
            future.result()

    def __enter__(self) -> Self:
        """Let them wait for work."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        self._pool.shutdown(cancel_futures=True)

    def offer(self, tasks: Sequence[Task]) -> None:
        """Hand tasks out."""
        for future in self._futures:
            future.cancel()
        self._futures = [
            self._pool.submit(_search, self._problem, task) for task in tasks
        ]
        self.bytes_out = max(len(task.question) for task in tasks) if tasks else 0

    def answers(self) -> Mapping[int, bytes]:
        """Return what has come."""
        found = {
            number: future.result()
            for number, future in enumerate(self._futures)
            if future.done() and not future.cancelled()
        }
        self.bytes_back = max(map(len, found.values()), default=self.bytes_back)
        return found

    def taken(self) -> int:
        """Return how many are worked on."""
        return sum(future.running() or future.done() for future in self._futures)
