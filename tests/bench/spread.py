"""One worker process and two on a large plan: time to one cost, messages, merges."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import log
from multiprocessing import get_context
from pathlib import Path
from time import process_time, thread_time
from typing import TypeVar

from django.db import connection, transaction
from django.utils import timezone

from scheduling.engine.check import breaches, made
from scheduling.engine.decode.board import Board
from scheduling.engine.outcome import Outcome
from scheduling.engine.problem import Problem
from scheduling.engine.rules import order_by
from scheduling.engine.serial import problem_from_json, problem_to_json
from scheduling.engine.solve import solve, warm
from scheduling.engine.spread.message import Answer, part_questions
from scheduling.engine.spread.part import cut, part_of
from scheduling.engine.spread.search import answer, merge, search
from scheduling.models import Run, RunPart
from scheduling.services.runs import request_run
from tests.bench.processes import (
    Processes,
    go_by_processor_time,
    going_by,
    search_alone,
)
from tests.bench.row import Row, at_most
from tests.bench.worlds import World
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.system import a_system, until

RACKS = 5_000
WORKER_RACKS = 2_500
"""Fewer where each run begins with reading the data: it is to be over in minutes."""
TIME_PERCENT = 55
SHORTER_PERCENT = 75
"""A second search by one process, to see how costs fall with its limit."""
READING_S = 200
"""Reading the data, besides the search, on a busy machine."""
CEILING_S = 5.0
PARTS = (2, 8, 64)
LOOKS = 60
"""Bursts of moves for all parts of a round together, to have answers to weigh."""

Result = TypeVar("Result")


def rows(seconds: float, seed: int) -> Iterator[Row]:
    """Yield the figures, searches by the processor time of each process.

    One process searches ``seconds`` and a shorter time, two as long as they may; each
    search cools over its own limit, so what counts is where they end.
    """
    warm()
    problem = a_demo_like_problem(RACKS, curtailed=True)
    yield from _messages(problem)
    yield _ceiling_row(problem, CEILING_S, seed)
    limits = (seconds * SHORTER_PERCENT / 100, seconds)
    shorter = seconds * TIME_PERCENT / 100
    # One leaves the second core to the bound's thread, two do not.
    with going_by(thread_time):
        ones = [
            solve(problem, time_limit_s=limit, workers=1, seed=seed) for limit in limits
        ]
    with (
        going_by(process_time),
        Processes(1, problem, initializer=go_by_processor_time) as helpers,
    ):
        two = solve(
            problem, time_limit_s=shorter, workers=1, seed=seed, helpers=helpers
        )
        sizes = f"{helpers.bytes_out:,} bytes out, {helpers.bytes_back:,} back"
    for outcome in (*ones, two):
        if outcome.schedule is None or made(breaches(problem, outcome.schedule)):
            raise ValueError("the plan is refused")
    yield limit_row(
        f"{RACKS:,} racks, two processes", limits, ones, shorter, two, sizes
    )


def _ceiling_row(problem: Problem, seconds: float, seed: int) -> Row:
    """Return what two searches do on this machine that know nothing of each other."""
    with ProcessPoolExecutor(
        2, mp_context=get_context("spawn"), initializer=warm
    ) as pool:
        alone = pool.submit(search_alone, problem, seconds, seed).result()
        both = [pool.submit(search_alone, problem, seconds, seed) for _ in range(2)]
        together = sum(one.result() for one in both) / len(both)
    return Row(
        figure=f"{RACKS:,} racks, each of two searches beside the other ÷ alone",
        result=f"{100 * together / alone:.0f} %",
        note=f"{alone:.0f} moves a processor second alone, {together:.0f} each of two; "
        f"no second process can take less than {50 * alone / together:.0f} % here",
    )


def worker_rows(world: World, seconds: int) -> Iterator[Row]:
    """Yield the same of two workers as they are run, through services and broker.

    One run by one worker, one by two; each worker is a process that Celery has started.
    A run counts to the end of its search: storing its plan takes as long either way.
    """
    shorter = round(seconds * TIME_PERCENT / 100)
    runs = []
    with tempfile.TemporaryDirectory(prefix="rackline-bench-") as folder:
        for helpers, limit_s in ((0, seconds), (1, shorter)):
            run = _run_by_workers(world, Path(folder) / str(helpers), helpers, limit_s)
            if run is None:
                yield Row(
                    figure=f"{world.racks:,} racks, two workers",
                    result="not measured",
                    note="this machine has neither a bundled nor an own broker",
                )
                return
            runs.append(run)
    one, two = runs
    answers = RunPart.objects.filter(run=two, answer__isnull=False).count()
    yield at_most(
        f"{world.racks:,} racks, two workers on a broker and {connection.vendor}: cost "
        f"after {shorter} s ÷ that of one after {seconds} s",
        100 * (two.best_cents or 0) / (one.best_cents or 1),
        100,
        "%",
        f"${(two.best_cents or 0) // 100:,} and ${(one.best_cents or 0) // 100:,}; the "
        f"last round of two had {answers} answer; {world.describe()}",
    )


def _run_by_workers(
    world: World, folder: Path, helpers: int, limit_s: int
) -> Run | None:
    """Return a run that ``helpers`` + 1 workers have done; None without a broker."""
    folder.mkdir()
    system = a_system(folder, RUN_LEASE_S="60", RUN_HELPERS=str(helpers))
    if system is None:
        return None
    try:
        system.have_workers(1 + helpers)
        with transaction.atomic():
            run = request_run(
                scenario=world.scenario,
                by=None,
                actor="bench",
                time_limit_s=limit_s,
                seed=world.seed,
                workers=1,
            )
            Run.objects.filter(pk=run.pk).update(as_of=world.as_of)
        _searched(run, within_s=limit_s + READING_S)
    finally:
        system.stop()
    # Its worker is gone; the next run of the scenario does not wait for it.
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.CANCELLED, ended_at=timezone.now()
    )
    return run


def _searched(run: Run, *, within_s: float) -> None:
    """Wait for the end of a run's search.

    Raises:
        RuntimeError: If it ends without a plan.
    """

    def look() -> bool:
        run.refresh_from_db()
        return run.is_finished or run.phase == "proving"

    until(look, within_s=within_s)
    if run.best_cents is None:
        raise RuntimeError(f"run {run.pk} is {run.state}: {run.error}")


def limit_row(
    figure: str,
    limits: Sequence[float],
    ones: Sequence[Outcome],
    shorter: float,
    two: Outcome,
    note: str,
) -> Row:
    """Return which share of the time two need that one would be given for their cost.

    Args:
        figure: What it is of.
        limits: Seconds of two searches by one process, rising.
        ones: What came of them; between them and beyond, costs fall by the same share
            each second.
        shorter: Seconds of the search by two.
        two: What came of it.
        note: What else there is to say.
    """
    cheap = [log(one.objective or 1) for one in ones]
    fall = (cheap[0] - cheap[1]) / (limits[1] - limits[0])
    equal = limits[1] + (cheap[1] - log(two.objective or 1)) / max(fall, 1e-9)
    by_one = ", ".join(
        f"${(one.objective or 0) // 100:,} in {limit:.0f} s by {one.moves:,} moves"
        for limit, one in zip(limits, ones, strict=True)
    )
    return at_most(
        f"{figure} ÷ one, time to the same cost at the end",
        100 * shorter / equal,
        TIME_PERCENT,
        "%",
        f"one has {by_one}; two have ${(two.objective or 0) // 100:,} in {shorter:.0f} "
        f"s by {two.moves:,}, for which one would need {equal:.0f} s; "
        + "; ".join((note, *two.notes)),
    )


def _timed(do: Callable[[], Result]) -> tuple[float, Result]:
    """Return processor time and result."""
    began = process_time()
    result = do()
    return process_time() - began, result


def _merged(board: Board, found: Sequence[bytes]) -> list[Answer]:
    """Put answers into a plan; return what they said."""
    read = [Answer.from_bytes(one) for one in found]
    merge(board, read)
    return read


def _messages(problem: Problem) -> Iterator[Row]:
    """Yield what a round costs besides the search, for some numbers of parts.

    In processor time, so that others on the machine do not count.
    """
    board = Board(problem)
    board.decode(order_by("earliest_due_date", board.tables))
    data = problem_to_json(problem)
    lay_s, there = _timed(lambda: Board(problem_from_json(data)))
    there.restore(board.seats())
    yield Row(
        figure=f"{RACKS:,} racks laid out by a helper, once a run",
        result=f"{lay_s:.2f} s",
        note=f"{len(data) // 1_000:,} kB of problem, compressed in the database",
    )
    for count in PARTS:
        cut_s, parts = _timed(lambda count=count: cut(board, count, 0.5))
        write_s, asked = _timed(lambda parts=parts: part_questions(board, parts))
        before = board.seats()
        found = []
        for number, part in enumerate(parts):
            looks = iter(range(LOOKS // len(parts)))
            moves = search(
                there,
                part_of(there, part.start, part.end),
                seed=number,
                cooled=1.0,
                over=lambda looks=looks: 0.0 if next(looks, None) is not None else 1.0,
            )
            found.append(answer(there, before, moves).to_bytes())
            there.stand(before)
        merge_s, read = _timed(lambda found=found: _merged(board, found))
        stand_s, _ = _timed(lambda: there.stand(board.seats()))
        moved = sum(len(one.racks) for one in read)
        free = sum(len(part.racks) for part in parts)
        yield Row(
            figure=f"{RACKS:,} racks in {count} parts: a round besides the search",
            result=f"{cut_s + write_s + merge_s:.2f} s here, {stand_s:.2f} s there",
            note=f"{len(parts)} parts of {free:,} racks in all; cutting {cut_s:.3f} s, "
            f"questions {write_s:.3f} s, {len(asked[0]) // 1_000:,} kB each; answers "
            f"{sum(map(len, found)) / 1_000:.0f} kB in all, putting {moved:,} moved "
            f"racks in {merge_s:.3f} s",
        )
