"""From the grid's signal to the stored proposal: what dispatcher and worker do."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from time import monotonic

from django.db.models import F
from django.utils import timezone

from config.celery import freeze_what_is_loaded
from journal.cursors import consume
from journal.sequencing import sequence
from scheduling.dispatcher import LOOK_S, TICK_S
from scheduling.models import AutoRepair, GridEvent, Run
from scheduling.services.auto_repair import (
    GATHER,
    GRID_QUIET,
    GRID_REPAIR_S,
    GRID_WAIT,
    settle,
    start_due,
)
from scheduling.services.grid import announce, call_off
from scheduling.services.runs import cancel, claim
from scheduling.worker import execute
from tests.bench.row import Row, at_most, middle, p95
from tests.bench.worlds import World
from tests.builders.demo_site import IMPORT_W

CAP = IMPORT_W * 8 // 10
HOURS = (1, 2, 4, 8)
SIGNAL_S = 5.0
EVENTS_AT_ONCE = 1_000


def signal_rows(world: World, events: int) -> Iterator[Row]:
    """Measure seeded events on the plan in force of one site."""
    freeze_what_is_loaded()
    found = [_answered(world, Random(seed)) for seed in range(events)]
    note = (
        f"{events} seeded events of 1 to 8 h, {world.racks} racks, {GRID_REPAIR_S} s "
        f"of search; the second of quiet, snapshot, proof and rows included, ticks of "
        f"the dispatcher "
        f"({TICK_S + LOOK_S:g} s at most) not"
    )
    yield at_most(
        "grid: to 80 %, from the signal to the first plan stored, p95",
        p95(first for first, _ in found),
        SIGNAL_S,
        "s",
        f"{note}; median {middle(first for first, _ in found):.2f} s",
    )
    yield at_most(
        "grid: to 80 %, from the signal to the improved proposal waiting, p95",
        p95(seconds for _, seconds in found),
        SIGNAL_S,
        "s",
        f"{note}; median {middle(seconds for _, seconds in found):.2f} s",
    )


def _answered(world: World, random: Random) -> tuple[float, float]:
    """Return the seconds to the first plan and to the proposal of one event."""
    starts = timezone.now() + timedelta(minutes=random.randrange(10 * 1440))
    event = GridEvent(
        site=world.site,
        name="Grid asks for 80 %",
        starts_at=starts,
        ends_at=starts + timedelta(hours=random.choice(HOURS)),
        cap_w=CAP,
    )
    began = monotonic() - GRID_QUIET.total_seconds()
    event = announce(event=event, actor="system")
    _gather()
    gathering = AutoRepair.objects.filter(state=AutoRepair.State.GATHERING)
    gathering.update(first_at=F("first_at") - GRID_WAIT)
    if start_due() != 1:
        raise ValueError("No repair started.")
    run = Run.objects.get(state=Run.State.QUEUED)
    asked = monotonic() - began
    lease = claim(run.pk, "bench:1")
    if lease is None:
        raise ValueError("The run is not to be had.")
    execute(lease)
    settle()
    seconds = monotonic() - began
    run.refresh_from_db()
    _forget(event)
    return asked + (run.first_plan_s or seconds), seconds


def _gather() -> None:
    sequence(EVENTS_AT_ONCE)
    consume(GATHER, limit=EVENTS_AT_ONCE)


def _forget(event: GridEvent) -> None:
    """Call an event off without a repair for it, so that each is met alone."""
    for run in Run.objects.unfinished():
        cancel(run=run, actor="system")
    call_off(event=event, actor="system")
    _gather()
    AutoRepair.objects.filter(state=AutoRepair.State.GATHERING).delete()
