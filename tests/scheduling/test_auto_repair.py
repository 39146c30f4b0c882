"""Facts that overtake a plan: one storm, one repair, published inside bounds alone."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

from factory.models import Outage, StockLot
from factory.services.outages import Told, declare_outage
from factory.services.stock import hold_lot
from journal.cursors import consume
from journal.models import Event
from journal.sequencing import sequence
from scheduling import worker
from scheduling.models import AutoRepair, Publication, RepairPolicy, Run
from scheduling.services import auto_repair
from scheduling.services.auto_repair import GATHER, set_policy, settle, start_due
from scheduling.services.publish import publish
from scheduling.services.runs import claim
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

Mode = RepairPolicy.Mode


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def world() -> World:
    """Return a small site with a plan in force."""
    made = a_small_world()
    publish(
        plan=a_stored_plan(made.site),
        by=None,
        actor="system",
        expected_previous=None,
    )
    return made


def policy(world: World, mode: Mode, **bounds: int) -> None:
    set_policy(
        site=world.site,
        mode=mode,
        author="Ruth Okafor",
        actor="user:7",
        **{
            "quiet_s": 5,
            "wait_s": 60,
            "most_moved_racks": 3,
            "most_late_cents": 10**9,
        }
        | bounds,
    )


def dispatched() -> None:
    """Number events and show them to the consumer, as the dispatcher does."""
    sequence(1_000)
    consume(GATHER, limit=1_000)


def bay_down(world: World, hours: int = 8) -> Outage:
    return declare_outage(
        site=world.site,
        told=Told(
            target=world.bays[0],
            remaining=0,
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=hours),
            reason="Leak under the floor",
        ),
        actor="user:7",
    )


def mended() -> None:
    """Do the run that waits, as a worker does."""
    run = Run.objects.get(state=Run.State.QUEUED)
    Run.objects.filter(pk=run.pk).update(as_of=NOW, time_limit_s=1)
    lease = claim(run.pk, owner="test:1")
    assert lease is not None
    worker.execute(lease)


def test_a_storm_of_fifty_facts_is_one_repair(world, clock):
    policy(world, Mode.PROPOSE)
    for _ in range(50):
        lot = a_stock_lot(world.site, world.parts["FRAME"], 1)
        hold_lot(lot_id=lot.pk, reason="Scratched", actor="user:7")
    dispatched()

    assert start_due() == 0
    clock.move_to(NOW + timedelta(seconds=6), tick=False)
    assert start_due() == 1
    dispatched()
    assert start_due() == 0

    (row,) = AutoRepair.objects.all()
    assert row.events == 50
    assert row.state == AutoRepair.State.RUNNING
    assert Run.objects.filter(kind=Run.Kind.REPAIR).count() == 1
    event = Event.objects.get(kind="auto_repair.started")
    assert event.cause == f"event:{row.last_event}"


def test_a_storm_that_does_not_end_starts_all_the_same(world, clock):
    policy(world, Mode.PROPOSE, wait_s=20)
    for second in range(0, 21, 4):
        clock.move_to(NOW + timedelta(seconds=second), tick=False)
        bay_down(world)
        dispatched()

    assert start_due() == 1


def test_without_a_policy_nothing_follows(world):
    bay_down(world)
    dispatched()

    assert start_due() == 0
    assert not AutoRepair.objects.exists()


def test_facts_of_another_site_start_nothing_here(world):
    policy(world, Mode.PROPOSE)
    other = a_small_world()
    bay_down(other)

    dispatched()

    assert not AutoRepair.objects.exists()


def test_a_plan_inside_the_bounds_publishes_itself(world, clock):
    policy(world, Mode.PUBLISH)
    bay_down(world)
    dispatched()
    clock.move_to(NOW + timedelta(seconds=6), tick=False)
    start_due()
    mended()

    assert settle() == 1

    row = AutoRepair.objects.get()
    assert row.state == AutoRepair.State.PUBLISHED, row.why
    assert row.publication == Publication.objects.order_by("-number").first()
    assert row.publication.note == (
        f"Published by policy: Outage of {world.bays[0]}: Leak under the floor"
    )
    assert Event.objects.filter(kind="auto_repair.published").exists()


@pytest.mark.parametrize(
    ("bounds", "hours", "why"),
    [
        ({"most_moved_racks": 0}, 100, "0 may move"),
        ({}, 24 * 30, "It would break 1\u00a0promise: Customer-"),
    ],
)
def test_a_plan_beyond_a_bound_waits_and_says_which(world, clock, bounds, hours, why):
    policy(world, Mode.PUBLISH, **bounds)
    bay_down(world, hours)
    declare_outage(
        site=world.site,
        told=Told(
            target=world.bays[1],
            remaining=0,
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=hours),
            reason="Feeder down",
        ),
        actor="user:7",
    )
    dispatched()
    clock.move_to(NOW + timedelta(seconds=6), tick=False)
    start_due()
    mended()

    settle()

    row = AutoRepair.objects.get()
    assert row.state == AutoRepair.State.WAITING
    assert why in row.why
    assert Publication.objects.count() == 1


def test_the_policy_and_what_it_did_stand_on_the_page(world):
    planner = a_reader(world.site)
    url = reverse("repair_policy")
    sent = {
        "mode": "propose",
        "follows_grid": "on",
        "quiet_s": 3,
        "wait_s": 30,
        "most_moved_racks": 4,
        "most_late_usd": 100,
    }

    refused = planner.post(url, sent | {"wait_s": 2})
    planner.post(url, sent)
    bay_down(world)
    dispatched()
    page = planner.get(url)

    assert "At least as long as the quiet." in words(refused)
    assert RepairPolicy.objects.get().most_late_cents == 10_000
    ((when, state, first),) = table(page, "Automatic repairs")
    assert when.endswith("1 fact")
    assert (first, state) == (
        f"Outage of {world.bays[0]}: Leak under the floor",
        "Gathering",
    )


def test_a_policy_switched_off_drops_what_gathers(world):
    policy(world, Mode.PROPOSE)
    bay_down(world)
    dispatched()
    policy(world, Mode.OFF)

    start_due()

    assert AutoRepair.objects.get().why == "The policy was switched off."


def test_a_lot_held_twice_counts_what_happened(world):
    policy(world, Mode.PROPOSE)
    lot = StockLot.objects.filter(quantity__gt=F("issued")).first()
    hold_lot(lot_id=lot.pk, reason="Scratched", actor="user:7")
    auto_repair.gather(tuple(Event.objects.filter(kind="stock.held")))
    auto_repair.gather(tuple(Event.objects.filter(kind="stock.held")))

    assert AutoRepair.objects.get().events == 2
