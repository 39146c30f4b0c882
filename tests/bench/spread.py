"""One worker process and two on a large plan: time to one cost, messages, merges."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import TypeVar

from django.db import connection, transaction

from scheduling.engine.check import breaches, made
from scheduling.engine.decode.board import Board
from scheduling.engine.outcome import Outcome, Status
from scheduling.engine.problem import Problem
from scheduling.engine.rules import order_by
from scheduling.engine.serial import problem_from_json, problem_to_json
from scheduling.engine.solve import solve, warm
from scheduling.engine.spread.part import (
    Answer,
    answer,
    cut,
    merge,
    part_of,
    questions,
    search,
)
from scheduling.models import Run
from scheduling.services.runs import request_run
from tests.bench.processes import Processes
from tests.bench.row import Row, at_most
from tests.bench.worlds import World
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.system import a_system, ended

RACKS = 5_000
TIME_PERCENT = 55
STORING_S = 400
"""Reading the data and storing the plan, besides the search."""
PARTS = (2, 8, 64)
LOOKS = 160
"""Bursts of moves for all parts of a round together, to have answers to weigh."""

Result = TypeVar("Result")


def rows(seconds: float, seed: int) -> Iterator[Row]:
    """Yield the figures; one process searches ``seconds``, two as long as they may."""
    warm()
    problem = a_demo_like_problem(RACKS, curtailed=True)
    yield from _messages(problem)
    one = solve(problem, time_limit_s=seconds, workers=1, seed=seed)
    shorter = seconds * TIME_PERCENT / 100
    with Processes(1, problem) as helpers:
        two = solve(
            problem, time_limit_s=shorter, workers=1, seed=seed, helpers=helpers
        )
        sizes = f"{helpers.bytes_out:,} bytes out, {helpers.bytes_back:,} back"
    for outcome in (one, two):
        if outcome.schedule is None or made(breaches(problem, outcome.schedule)):
            raise ValueError("the plan is refused")
    yield time_row(f"{RACKS:,} racks, two processes", one, two, sizes)


def worker_rows(world: World, seconds: int) -> Iterator[Row]:
    """Yield the same of two workers as they are run, through services and broker.

    One run by one worker, one by two; each worker is a process that Celery has started.
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
    yield time_row(
        f"{world.racks:,} racks, two workers on a broker and {connection.vendor}",
        _as_outcome(one),
        _as_outcome(two),
        world.describe(),
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
        ended(run, within_s=limit_s + STORING_S)
    finally:
        system.stop()
    if run.state != Run.State.SUCCEEDED:
        raise RuntimeError(f"run {run.pk} is {run.state}: {run.error}")
    return run


def _as_outcome(run: Run) -> Outcome:
    """Return what a run's record says as a search would."""
    took = run.ended_at - run.started_at if run.ended_at and run.started_at else None
    return Outcome(
        status=Status.FEASIBLE,
        schedule=None,
        objective=run.best_cents,
        bound=run.bound_cents or 0,
        wall_s=took.total_seconds() if took else 0.0,
        seed=run.seed,
        first_plan_s=run.first_plan_s,
        notes=tuple(run.notes.splitlines()),
        curve=tuple((at, best, bound) for at, best, bound in run.curve),
    )


def time_row(figure: str, one: Outcome, two: Outcome, note: str) -> Row:
    """Return in which share of the time two have what one had at its end.

    If they never have, what one had as cheap as they have is compared.
    """
    target = max(one.objective or 0, two.objective or 0)
    first, second = _reached(one, target), _reached(two, target)
    return at_most(
        f"{figure} ÷ one, time to the same cost",
        100 * second / first,
        TIME_PERCENT,
        "%",
        f"${target // 100:,} after {first:.1f} s by one, {second:.1f} s by two; one "
        f"ends at {one.wall_s:.0f} s with ${(one.objective or 0) // 100:,} and "
        f"{one.moves:,} moves, two at {two.wall_s:.0f} s with "
        f"${(two.objective or 0) // 100:,} and {two.moves:,}; first plans "
        f"{one.first_plan_s:.1f} and {two.first_plan_s:.1f} s; "
        + "; ".join((note, *two.notes)),
    )


def _reached(outcome: Outcome, target: int) -> float:
    """Return the second in which a search first had a plan as cheap as that."""
    return next(
        (at for at, best, _ in outcome.curve if best is not None and best <= target),
        outcome.wall_s,
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
        write_s, asked = _timed(lambda parts=parts: questions(board, parts[1:]))
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
