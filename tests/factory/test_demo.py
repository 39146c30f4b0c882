"""The demo's factory: the same rows every time, and the story they tell."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.db.models import F, Sum

from factory.ceilings import mixed, weekly_ceilings
from factory.demo import build_factory
from factory.demo_orders import SHARES
from factory.models import (
    BomLine,
    Order,
    Part,
    PowerBay,
    RoutingStep,
    StepRecord,
    StockIssue,
    StockLot,
    Unit,
)
from factory.queries import racks_on_the_floor, standings_of
from tests.builders.export import digest_of

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 16, tzinfo=UTC)
OF_MONDAY = "8ba94d36a6cb9e828dbc99f07d9406f9dafb08b69a3c014fca4fa07f19d179d8"
"""Of every row of 120 racks with seed 1, on every database."""


def the_rows():
    return digest_of(apps.get_app_config("factory").get_models())


def test_the_same_racks_seed_and_moment_give_the_same_rows_in_every_database():
    build_factory(racks=120, seed=1, as_of=MONDAY)

    assert the_rows() == OF_MONDAY


def test_another_seed_gives_other_rows():
    build_factory(racks=120, seed=2, as_of=MONDAY)

    assert the_rows() != OF_MONDAY


def test_the_demo_has_the_site_the_models_and_the_parts_of_its_data_files():
    demo = build_factory(racks=30, seed=1, as_of=MONDAY)

    assert demo.site.power_bays.count() == 40
    assert sorted(demo.models) == ["GB200", "GB300", "VR200"]
    assert RoutingStep.objects.count() == 3 * 15
    assert Part.objects.count() == 40
    assert sum(part.suppliers for part in demo.components.values()) == 200
    assert BomLine.objects.filter(parent=None, rack_model__code="VR200").count() == 19


@pytest.mark.parametrize("racks", [30, 120, 600])
def test_it_makes_as_many_racks_as_it_was_asked_for(racks):
    demo = build_factory(racks=racks, seed=1, as_of=MONDAY)

    assert Unit.objects.racks().count() == racks
    assert sum(order.quantity for order in demo.orders) == racks


def test_racks_are_due_over_ten_days_at_95_percent_of_the_power_ceiling():
    demo = build_factory(racks=120, seed=1, as_of=MONDAY)

    ceilings = {
        code: weekly_ceilings(demo.site, model)["power:site"].racks_per_week
        for code, model in demo.models.items()
    }
    days = {order.requested_date for order in demo.orders}
    assert (max(days) - min(days)).days + 1 == 10
    assert 120 / 10 * 7 / mixed(SHARES, ceilings) == pytest.approx(0.95, abs=0.015)


def test_more_racks_are_due_over_more_days_at_the_same_load():
    demo = build_factory(racks=600, seed=1, as_of=MONDAY)

    days = {order.requested_date for order in demo.orders}
    assert (max(days) - min(days)).days + 1 == 50


def test_nothing_is_due_on_a_sunday_since_nothing_is_packed():
    demo = build_factory(racks=600, seed=1, as_of=SUNDAY)

    assert {order.requested_date.weekday() for order in demo.orders} == set(range(6))


def test_every_order_was_received_long_enough_ago_for_its_trays():
    build_factory(racks=120, seed=1, as_of=MONDAY)

    latest = Order.objects.order_by("-received_at")[0].received_at
    assert latest <= MONDAY - timedelta(days=18)


@pytest.mark.parametrize("as_of", [MONDAY, SUNDAY])
def test_racks_under_way_stand_within_every_limit(as_of):
    demo = build_factory(racks=120, seed=1, as_of=as_of)

    running = StepRecord.objects.filter(outcome="running").select_related("step")
    places = Counter(record.step.place for record in running)
    carts = sum(record.step.uses_cart for record in running)
    limits = dict(demo.site.work_centres.values_list("place", "count"))
    assert places["bay"] >= 10
    assert all(places[place] <= limits[place] for place in limits)
    assert carts <= limits["cart"]
    assert sum(record.step.draw_w for record in running) * 1.12 <= 3_500_000
    # Steps paused on Sunday all go on at once on Monday.
    people = Counter()
    for record in running:
        people[record.step.skill] += record.step.crew_eighths
    crews = dict(demo.site.crews.values_list("skill", "people"))
    assert all(people[skill] <= 8 * crews[skill] for skill in crews)


def test_racks_are_spread_over_the_busways():
    demo = build_factory(racks=120, seed=1, as_of=SUNDAY)

    held = Counter(
        standing.bay.node.code
        for standing in standings_of(racks_on_the_floor(demo.site))
        if standing.bay
    )
    assert abs(held["D1"] - held["D2"]) <= 1
    assert max(held.values()) <= 4


def test_a_rack_under_way_is_in_a_bay_that_takes_its_model_alone():
    build_factory(racks=120, seed=1, as_of=MONDAY)

    held = StepRecord.objects.filter(bay__isnull=False)
    models = {bay: {*bay.supported_models.all()} for bay in PowerBay.objects.all()}
    assert all(record.rack.rack_model in models[record.bay] for record in held)
    spans = {}
    for record in held.order_by("started_at"):
        start, end = record.started_at, record.ended_at or MONDAY
        before = spans.setdefault(record.bay_id, (record.rack_id, end))
        assert before[0] == record.rack_id or before[1] <= start
        spans[record.bay_id] = (record.rack_id, end)


def test_one_attempt_failed_and_passed_later_and_one_waits_for_its_next():
    build_factory(racks=120, seed=1, as_of=MONDAY)

    failed = StepRecord.objects.filter(outcome="failed").order_by("ended_at")
    assert [record.attempt for record in failed] == [1, 1]
    again = StepRecord.objects.filter(attempt=2)
    assert [record.outcome for record in again] == ["passed"]
    assert again[0].step == failed[0].step


def test_lots_balance_with_what_racks_were_given():
    build_factory(racks=120, seed=1, as_of=MONDAY)

    taken = Sum("issues__quantity", default=0)
    assert not StockLot.objects.annotate(taken=taken).exclude(issued=F("taken"))
    assert StockIssue.objects.count() > 500


def test_begun_steps_have_been_given_all_their_parts_and_later_ones_none():
    build_factory(racks=30, seed=1, as_of=MONDAY)

    begun = {
        (record.rack_id, record.step_id)
        for record in StepRecord.objects.filter(rack__kind="rack")
    }
    due = Counter()
    for rack, step in begun:
        for line in BomLine.objects.filter(consumed_at=step):
            due[rack, step, line.part_id] += line.quantity
    given = Counter()
    for issue in StockIssue.objects.select_related("lot"):
        given[issue.rack_id, issue.step_id, issue.lot.part_id] += issue.quantity
    assert given == due


def test_held_and_consigned_lots_are_no_free_stock():
    demo = build_factory(racks=120, seed=1, as_of=MONDAY)

    held = StockLot.objects.get(is_on_hold=True)
    consigned = StockLot.objects.get(consigned_by__isnull=False)
    assert (held.part.code, held.quantity) == ("UQD", 216)
    assert (consigned.part.code, consigned.quantity) == ("CT-L10", 36)
    usable = StockLot.objects.get(part__code="UQD", is_on_hold=False)
    assert demo.needs["UQD"].in_stock == usable.free


def test_the_needs_of_a_part_are_what_racks_still_consume():
    demo = build_factory(racks=120, seed=1, as_of=MONDAY)

    need = demo.needs["LEAKSNS"]
    whole = sum(
        BomLine.objects.get(part__code="LEAKSNS", rack_model=rack.rack_model).quantity
        for rack in Unit.objects.racks()
    )
    issued = StockLot.objects.get(part__code="LEAKSNS").issued
    assert sum(pieces for _, pieces in need.by_date) == whole - issued
    assert sum(pieces for _, pieces in need.uncovered()) == (
        whole - issued - need.in_stock
    )
    assert need.uncovered()[0][0] >= demo.today
