"""Helpers of a search in processes of their own, which know nothing of Django."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from threading import RLock
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
KNOWN: dict[str, bytes] = {}
"""Problems that this helper knows, by digest; one."""


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


def _begin(problem: bytes, initializer: Callable[[], None]) -> None:
    """Let a helper's process know its problem."""
    initializer()
    KNOWN[digest(problem)] = problem


def _answer(task: Task) -> bytes:
    ((name, problem),) = KNOWN.items()
    return HELPER.work(
        task.question,
        name=name,
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
        self.most = self._free = most
        self._pool = ProcessPoolExecutor(
            most,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(problem_to_json(problem), initializer),
        )
        self._lock = RLock()
        self._round = self._taken = 0
        self._waiting: deque[tuple[int, Task]] = deque()
        self._found: dict[int, bytes] = {}
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
        """Hand tasks out; what an earlier round left is forgotten."""
        with self._lock:
            self._round += 1
            self._taken, self._found = 0, {}
            self._waiting = deque(enumerate(tasks))
            self._hand_out()

    def answers(self) -> Mapping[int, bytes]:
        """Return what has come."""
        with self._lock:
            return dict(self._found)

    def taken(self) -> int:
        """Return how many are worked on."""
        with self._lock:
            return self._taken

    def _hand_out(self) -> None:
        """Give each process that is free a task that waits."""
        while self._free and self._waiting:
            number, task = self._waiting.popleft()
            self._free -= 1
            self._taken += 1
            self.bytes_out = max(self.bytes_out, len(task.question))
            future = self._pool.submit(_answer, task)
            future.add_done_callback(partial(self._take, self._round, number))

    def _take(self, of: int, number: int, future: Future[bytes]) -> None:
        """Keep an answer, unless its round is over, and hand out more."""
        with self._lock:
            self._free += 1
            if of == self._round:
                self._found[number] = future.result()
                self.bytes_back = max(self.bytes_back, len(self._found[number]))
            self._hand_out()
