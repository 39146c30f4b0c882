"""One worker process and two on a large plan: time to one cost, messages, merges."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from time import monotonic
from types import TracebackType
from typing import Self

import numpy as np

from scheduling.engine.check import breaches, made
from scheduling.engine.decode.board import Board
from scheduling.engine.outcome import Outcome
from scheduling.engine.problem import Problem
from scheduling.engine.rules import order_by
from scheduling.engine.solve import solve, warm
from scheduling.engine.spread.part import cut, place, placement, question, read
from scheduling.engine.spread.rounds import Task
from scheduling.engine.spread.work import work
from tests.bench.row import Row, at_most
from tests.builders.demo_site import a_demo_like_problem

RACKS = 5_000
TIME_PERCENT = 55
PARTS = (2, 8, 64)


def _search(task: Task) -> bytes:
    return work(
        task.question, seconds=task.seconds, seed=task.seed, cooled=task.cooled
    ).to_bytes()


class Processes:
    """Helpers in processes of their own; questions and answers go through a pipe."""

    def __init__(self, most: int) -> None:
        """Start them and let them compile."""
        self.most = most
        self._pool = ProcessPoolExecutor(
            most, mp_context=get_context("spawn"), initializer=warm
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
        self._futures = [self._pool.submit(_search, task) for task in tasks]
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


def rows(seconds: float) -> Iterator[Row]:
    """Yield the figures; both searches take ``seconds``."""
    warm()
    problem = a_demo_like_problem(RACKS, curtailed=True)
    yield from _messages(problem)
    one = solve(problem, time_limit_s=seconds, workers=1, seed=1)
    with Processes(1) as helpers:
        two = solve(problem, time_limit_s=seconds, workers=1, seed=1, helpers=helpers)
        sizes = f"{helpers.bytes_out:,} bytes out, {helpers.bytes_back:,} back"
    for outcome in (one, two):
        if outcome.schedule is None or made(breaches(problem, outcome.schedule)):
            raise ValueError("the plan is refused")
    target = max(one.objective or 0, two.objective or 0)
    first, second = _reached(one, target), _reached(two, target)
    yield at_most(
        f"{RACKS:,} racks, two processes ÷ one, time to the same cost",
        100 * second / first,
        TIME_PERCENT,
        "%",
        f"${target // 100:,} after {first:.1f} s by one, {second:.1f} s by two; at the "
        f"end of {seconds:g} s ${(one.objective or 0) // 100:,} and "
        f"${(two.objective or 0) // 100:,}; {sizes}; {two.notes[-1]}",
    )


def _reached(outcome: Outcome, target: int) -> float:
    """Return the second in which a search first had a plan as cheap as that."""
    return next(
        (at for at, best, _ in outcome.curve if best is not None and best <= target),
        outcome.wall_s,
    )


def _messages(problem: Problem) -> Iterator[Row]:
    """Yield what a round costs besides the search, for some numbers of parts."""
    board = Board(problem)
    board.decode(order_by("earliest_due_date", board.tables))
    for count in PARTS:
        began = monotonic()
        parts = cut(board, count, 0.5)
        asked = [question(board, part) for part in parts]
        cut_s = monotonic() - began
        began = monotonic()
        smaller, where, _ = read(asked[-1])
        there = Board(smaller)
        place(there, there.seats(), np.arange(there.racks), where)
        lay_s = monotonic() - began
        seats = board.seats()
        began = monotonic()
        place(board, seats, parts[-1].free, placement(seats, parts[-1].free))
        merge_s = monotonic() - began
        free = sum(len(part.free) for part in parts)
        yield Row(
            figure=f"{RACKS:,} racks in {count} parts: a round besides the search",
            result=f"{cut_s + len(parts) * merge_s:.2f} s here, {lay_s:.2f} s there",
            note=f"{len(parts)} parts of {free:,} racks in all; "
            f"{sum(map(len, asked)) // 1_000:,} kB of questions; cutting and writing "
            f"{cut_s:.2f} s, putting one together {merge_s:.3f} s",
        )
