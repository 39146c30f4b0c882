"""Bad input from the click to the words, on the page and in the API.

What stops a whole site fails the run in sentences and leaves nothing behind. What stops
a rack leaves that rack out with its reason, and the others are planned.
"""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from factory.models import PowerBay, Shift, Unit
from journal.api.ids import opaque
from scheduling.api.runs import RUNS
from scheduling.models import (
    Blob,
    LimitAttribution,
    Pegging,
    Plan,
    PlannedRack,
    PlannedStep,
    Run,
)
from scheduling.services.runs import claim
from scheduling.worker import execute
from tests.builders import drawing
from tests.builders.api import Caller
from tests.builders.factory import (
    NOW,
    a_bay,
    a_bom_line,
    a_part,
    a_power_node,
    a_rack_model,
    a_site,
    a_stock_lot,
    an_order,
)
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_base_scenario, a_grid_event
from tests.builders.suppliers import a_source
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

STORED = (Plan, PlannedRack, PlannedStep, Pegging, LimitAttribution, Blob)


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a run ended, as the planner and the ERP's program are told."""

    run: Run
    planner: Client
    page: str
    api: dict


def optimized(site, seconds: int = 1) -> Told:
    """Press Optimize, do the run as a worker does, and read what is said of it."""
    a_base_scenario(site)
    planner = a_reader(site)
    answer = planner.post(reverse("runs"), {"time_limit_s": "20"})
    run = Run.objects.get(scenario__site=site)
    Run.objects.filter(pk=run.pk).update(as_of=NOW, time_limit_s=seconds)
    execute(claim(run.pk, "host:1"))
    run.refresh_from_db()
    return Told(
        run=run,
        planner=planner,
        page=words(planner.get(answer.headers["Location"])),
        api=Caller(code_execution=True)
        .get(f"runs/{opaque(RUNS.prefix, run.pk)}")
        .json(),
    )


def close_all_calendars(world: World):
    Shift.objects.filter(calendar__site=world.site).delete()


def take_bays_away(world: World):
    PowerBay.objects.filter(site=world.site).delete()


def cap_to_zero(world: World):
    a_grid_event(
        world.site,
        name="Grid stop",
        starts_at=NOW.replace(year=2025),
        ends_at=NOW.replace(year=2029),
        cap_w=0,
    )


def cancel_racks(world: World):
    Unit.objects.filter(site=world.site).update(state=Unit.State.CANCELLED)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (cancel_racks, "There is no rack to plan."),
        (
            take_bays_away,
            "Site {site} has no power bay; FILL of {model} needs one.",
        ),
        (
            close_all_calendars,
            "Test crew: the calendar {calendar} has no open hour.",
        ),
        (
            cap_to_zero,
            "Grid stop: 0 kW are left for bays from first to last minute.",
        ),
    ],
)
def test_what_stops_a_whole_site_fails_the_run_in_words(spoil, sentence):
    world = a_small_world()
    calendar = world.site.crews.get(skill="test").calendar
    spoil(world)

    told = optimized(world.site)

    said = sentence.format(
        site=world.site.code,
        model=world.model.name,
        calendar=f"calendar:{calendar.code}",
    )
    assert told.run.state == Run.State.FAILED
    assert said in told.page
    assert any(line.startswith(said) for line in told.api["error"].split("\n"))
    assert (told.api["state"], told.api["error_code"]) == ("failed", "unusable_input")
    assert [model.objects.count() for model in STORED] == [0] * len(STORED)


def test_a_failed_run_leaves_the_plan_in_force_and_the_next_run_free():
    world = a_small_world()
    first = optimized(world.site)
    assert first.run.state == Run.State.SUCCEEDED, first.run.error
    before = [model.objects.count() for model in STORED]
    Run.objects.filter(pk=first.run.pk).update(time_limit_s=1)
    take_bays = PowerBay.objects.filter(site=world.site)
    take_bays.update(limit_w=1)

    planner = first.planner
    planner.post(reverse("runs"), {"time_limit_s": "20"})
    run = Run.objects.order_by("-pk")[0]
    Shift.objects.filter(calendar__site=world.site).delete()
    execute(claim(run.pk, "host:1"))
    run.refresh_from_db()

    assert run.state == Run.State.FAILED
    assert [model.objects.count() for model in STORED] == before
    assert planner.post(reverse("runs"), {"time_limit_s": "20"}).status_code == 302
    assert Run.objects.order_by("-pk")[0].state == Run.State.QUEUED


def a_model_for(world: World, name: str):
    """Return a rack model that the world's first bay takes."""
    model = a_rack_model(name)
    world.bays[0].supported_models.add(model)
    return model


def no_bay(world: World):
    return an_order(world.site, a_rack_model("NOWHERE")), (
        "{rack}: no bay takes NOWHERE rack."
    )


def weak_feeder(world: World):
    model = a_rack_model("THIRSTY")
    a_bay(
        world.site, models=[model], node=a_power_node(world.site, "W9", limit_w=30_000)
    )
    return an_order(world.site, model), (
        "{rack} FLASH: 38 kW needed, Busway W9 allows 30 kW at most. "
        "Tomás Reyes owns this limit."
    )


def bom_cycle(world: World):
    model = a_model_for(world, "CIRCULAR")
    tray, board = a_part("TRAY-C"), a_part("BOARD-C")
    a_bom_line(model, tray, parent=board)
    a_bom_line(model, board, parent=tray)
    return an_order(world.site, model), (
        "{rack}: the parts list of CIRCULAR rack runs in a circle: "
        "TRAY-C → BOARD-C → TRAY-C."
    )


def no_source(world: World):
    model = a_model_for(world, "UNSOURCED")
    a_bom_line(model, a_part("PART-U"), quantity=7)
    return an_order(world.site, model), (
        "{rack}: nothing supplies PART-U: no free stock, no open order line and no "
        "approved supplier. Mei-Ling Hsu owns this part."
    )


def never_arrives(world: World):
    model = a_model_for(world, "UNPROMISED")
    part = a_part("PART-N")
    a_bom_line(model, part, quantity=7)
    a_source(part=part)
    a_stock_lot(world.site, part, 3)
    return an_order(
        world.site, model
    ), "{rack}: 7 pieces of PART-N needed, 3 in stock or promised."


def no_hands(world: World):
    model = a_model_for(world, "UNSKILLED")
    model.steps.filter(code="PREP").update(skill="optics")
    return an_order(world.site, model), (
        "{rack} PREP: the site has no crew of skill optics."
    )


FAULTS = (no_bay, weak_feeder, bom_cycle, no_source, never_arrives, no_hands)


def test_each_rack_that_cannot_be_planned_says_why_and_the_others_are_planned():
    world = a_small_world()
    faults = [make(world) for make in FAULTS]

    told = optimized(world.site)

    assert told.run.state == Run.State.SUCCEEDED, told.run.error
    plan = Plan.objects.get(run=told.run)
    assert (plan.racks, plan.unplannable_racks) == (9, 6)
    planned = PlannedRack.objects.filter(plan=plan, ships_at__isnull=False)
    assert {one.rack for one in planned} == set(world.racks)
    assert "6 racks cannot be planned." in words(told.planner.get(reverse("control")))
    orders = table(told.planner.get(reverse("orders")), "Orders")
    assert {row[0]: row[9] for row in orders} == {
        world.order.number: "Planned",
        **{order.number: "Unplannable" for order, _ in faults},
    }
    for order, sentence in faults:
        serial = order.racks.get().serial
        page = told.planner.get(reverse("order", args=[order.number]))
        panel = told.planner.get(reverse("plan_rack", args=[plan.pk]), {"rack": serial})
        assert sentence.format(rack=serial) in words(page), words(page)[-700:]
        assert sentence.format(rack=serial) in words(panel)


def test_a_site_whose_every_rack_has_a_hole_is_told_each_hole():
    world = a_small_world(racks=1, stocked=False)

    told = optimized(world.site)

    serial = world.racks[0].serial
    said = f"{serial}: nothing supplies {world.parts['FRAME'].code}: no free stock"
    assert said in told.page
    assert told.api["error"].split("\n")[0] == "There is no rack to plan."
    assert told.api["error"].split("\n")[1].startswith(said)


def test_of_many_racks_with_holes_the_first_are_told_and_the_rest_counted():
    world = a_small_world(racks=23, stocked=False)

    told = optimized(world.site)

    said = told.api["error"].split("\n")
    assert len(said) == 22
    assert said[-1] == "And 3\u00a0racks more."


def test_a_curtailment_to_zero_for_a_while_is_planned_around():
    world = a_small_world()
    event = a_grid_event(world.site, cap_w=0)

    told = optimized(world.site)

    assert told.run.state == Run.State.SUCCEEDED, told.run.error
    plan = Plan.objects.get(run=told.run)
    data = told.planner.get(reverse("plan_data", args=[plan.pk])).json()
    start, end = (
        (moment - plan.epoch).total_seconds() // 60
        for moment in (event.starts_at, event.ends_at)
    )
    drawn = [
        draw
        for rack in drawing.racks(data).values()
        for _, _, phases in rack["steps"].values()
        for begin, stop, draw, _ in phases
        if begin < end and stop > start
    ]
    assert set(drawn) <= {0}


def test_a_site_with_nothing_at_all_says_what_is_missing_first():
    told = optimized(a_site())

    assert told.run.state == Run.State.FAILED
    assert "There is no rack to plan." in told.page
