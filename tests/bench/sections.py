"""The benchmark's sections, each a world and what is measured in it."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from django.utils import timezone

from scheduling.models import Plan
from tests.bench import api, pages, planning, ui, uploads
from tests.bench.changes import change_rows
from tests.bench.engine import rows as engine_rows
from tests.bench.feed import feed_row
from tests.bench.grid import RACKS as GRID_RACKS
from tests.bench.grid import rows as grid_rows
from tests.bench.grid_signal import signal_rows
from tests.bench.levers import rows as lever_rows
from tests.bench.repair import rows as repair_rows
from tests.bench.row import Row, is_over
from tests.bench.spread import WORKER_RACKS, worker_rows
from tests.bench.spread import rows as spread_rows
from tests.bench.worlds import AS_OF, World, a_reader, a_world

DEMO_RACKS = 120
SMALL_RACKS = 30
MANY_RACKS = 1_000
MOST_RACKS = 10_000
COMMITMENTS = 50_000
SNAPSHOT_GOALS_S = {MANY_RACKS: 1.0, MOST_RACKS: 8.0}


class Options(Protocol):
    """What the command line asked for."""

    @property
    def is_quick(self) -> bool:
        """Say whether to measure less."""

    @property
    def seed(self) -> int:
        """Return the seed of all demo data."""

    @property
    def racks(self) -> int:
        """Return how many racks the site has whose pages are measured one by one."""


def plan(options: Options) -> Iterator[Row]:
    """Measure the way from the click to a plan on the demo site."""
    times = 2 if options.is_quick else 5
    with a_world(racks=DEMO_RACKS, seed=options.seed, as_of=AS_OF) as world:
        yield planning.first_plan_row(world, times)
        yield from planning.cost_rows(world, 10 if options.is_quick else 60)
        stored = Plan.objects.order_by("-pk")[0]
        yield planning.referee_row(world, stored, times)
        yield planning.gantt_row(world, stored, a_reader("planner"), times)


def large(options: Options) -> Iterator[Row]:
    """Measure snapshot, referee and drawing data of more racks than the demo has."""
    sizes = (MANY_RACKS,) if options.is_quick else (MANY_RACKS, MOST_RACKS)
    for racks in sizes:
        with a_world(racks=racks, seed=options.seed, as_of=AS_OF) as world:
            times = 5 if racks == MANY_RACKS else 3
            yield planning.snapshot_row(world, SNAPSHOT_GOALS_S[racks], times)
            if racks == MANY_RACKS:
                made = planning.a_plan(world)
                yield planning.referee_row(world, made, times)
                yield planning.gantt_row(world, made, a_reader("planner"), times)


def site(options: Options) -> Iterator[Row]:
    """Measure every page with a large ledger, and whether queries grow with rows."""
    requests = 10 if options.is_quick else 30
    with _in_use(SMALL_RACKS, 0, options) as world:
        small = pages.visit_all(world, requests=1)
        before = world.describe()
    with _in_use(options.racks, COMMITMENTS, options) as world:
        visits = pages.visit_all(world, requests)
        yield from pages.time_rows(world, visits)
        yield pages.growth_row(small, visits, f"{before} → {world.describe()}")
    if not options.is_quick and options.racks < MANY_RACKS:
        with _in_use(MANY_RACKS, COMMITMENTS, options) as world:
            visits = pages.visit_all(world, requests)
            yield pages.slowest_row(world, visits)
            yield pages.growth_row(small, visits, f"{before} → {world.describe()}")


@contextmanager
def _in_use(racks: int, commitments: int, options: Options) -> Iterator[World]:
    """Give a demo of this hour with one plan in force and a proposal beside it."""
    as_of = timezone.now().replace(minute=0, second=0, microsecond=0)
    with a_world(
        racks=racks, seed=options.seed, as_of=as_of, commitments=commitments
    ) as world:
        planning.put_in_force(planning.a_plan(world))
        planning.a_plan(world)
        yield world


def browser(options: Options) -> Iterator[Row]:
    """Measure the pages in headless Chromium."""
    racks = DEMO_RACKS if options.is_quick else MANY_RACKS
    with _in_use(racks, 0, options) as world:
        yield from ui.rows(world, is_quick=options.is_quick)


def feed(options: Options) -> Iterator[Row]:
    """Measure how fast an ERP reads the change feed."""
    with a_world(racks=SMALL_RACKS, seed=options.seed, as_of=AS_OF):
        yield feed_row(20_000 if options.is_quick else 100_000)


def upload(options: Options) -> Iterator[Row]:
    """Measure a supplier's spreadsheet of 10,000 rows, from the file to the ledger."""
    as_of = timezone.now().replace(minute=0, second=0, microsecond=0)
    with a_world(racks=SMALL_RACKS, seed=options.seed, as_of=as_of) as world:
        yield from uploads.upload_rows(world, 1 if options.is_quick else 3)


def engine(options: Options) -> Iterator[Row]:
    """Yield the engine's own figures, and say what public instances would add."""
    lines = engine_rows(10 if options.is_quick else 60, is_quick=options.is_quick)
    for figure, goal, result in lines:
        yield Row(
            figure=f"engine: {figure}",
            goal=goal.removeprefix("–"),
            result=result,
            is_missed=is_over(goal, result),
            note="synthetic problem like the demo's",
        )
    if not os.environ.get("RACKLINE_BENCH_DATA"):
        yield Row(
            figure="public instances",
            result="not measured",
            note="set RACKLINE_BENCH_DATA to the folder that holds them",
        )


def repair(options: Options) -> Iterator[Row]:
    """Measure how a published plan of 1,000 racks takes one change."""
    yield from repair_rows(
        seeds=2 if options.is_quick else 20,
        moves=2_000 if options.is_quick else 20_000,
    )


def grid(options: Options) -> Iterator[Row]:
    """Measure curtailments to 80 % on a published plan, and a year simulated."""
    yield from grid_rows(
        events=10 if options.is_quick else 100,
        search_s=10 if options.is_quick else 30,
        solve_s=0 if options.is_quick else 60,
    )
    as_of = timezone.now().replace(minute=0, second=0, microsecond=0)
    with a_world(racks=GRID_RACKS, seed=options.seed, as_of=as_of) as world:
        planning.put_in_force(planning.a_plan(world))
        yield from signal_rows(world, 10 if options.is_quick else 100)


def spread(options: Options) -> Iterator[Row]:
    """Measure what a second worker process gives a large search."""
    with a_world(racks=WORKER_RACKS, seed=options.seed, as_of=AS_OF) as world:
        yield from worker_rows(world, 10 if options.is_quick else 20)
    yield from spread_rows(12 if options.is_quick else 24, options.seed)


def levers(options: Options) -> Iterator[Row]:
    """Measure how a plan of 300 racks is explained, and what its limits would save."""
    yield from lever_rows(10 if options.is_quick else 30)


def changes(options: Options) -> Iterator[Row]:
    """Measure looks at changes of orders on a plan of 1,000 racks in force."""
    as_of = timezone.now().replace(minute=0, second=0, microsecond=0)
    with a_world(racks=MANY_RACKS, seed=options.seed, as_of=as_of) as world:
        planning.put_in_force(planning.a_plan(world))
        yield from change_rows(world, 2 if options.is_quick else 8)


def erp(options: Options) -> Iterator[Row]:
    """Measure the ERP's door: a nightly push, the same again, single reads."""
    with a_world(racks=SMALL_RACKS, seed=options.seed, as_of=AS_OF) as world:
        caller = api.Erp()
        yield from api.push_rows(world, caller, 100 if options.is_quick else 1_000)
        yield api.long_row(world, caller, 500 if options.is_quick else 5_000)
        yield from api.read_rows(caller, 50 if options.is_quick else 200)


# The engine comes first: its memory is what this process has taken at most.
SECTIONS: dict[str, Callable[[Options], Iterable[Row]]] = {
    "engine": engine,
    "repair": repair,
    "grid": grid,
    "levers": levers,
    "spread": spread,
    "changes": changes,
    "plan": plan,
    "large": large,
    "pages": site,
    "feed": feed,
    "api": erp,
    "upload": upload,
    "browser": browser,
}
ALONE = frozenset({"browser"})
"""Measured only when asked for by name: it needs Chromium."""
