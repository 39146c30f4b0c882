"""Stock and promises become supplies; what nobody promised is named, not planned."""

from datetime import date, timedelta

import pytest

from factory.models import CalendarException, PartAlternate
from scheduling.engine.problem import SupplyKind
from suppliers.models import PurchaseOrder
from suppliers.services import commitments
from tests.builders.factory import (
    NOW,
    a_bom_line,
    a_calendar,
    a_customer,
    a_part,
    a_stock_lot,
)
from tests.builders.scheduling import a_snapshot, rack
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_declared_capacity,
    a_line,
    a_receipt,
    a_shipment,
    a_source,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

HOUR = 60
DAY = 1_440
# 17:00 on the dock date and four hours of receiving; minute 0 is 08:00.
FIVE_PM = 9 * HOUR
RECEIVING = 4 * HOUR


def supplies_of(snapshot, part):
    return [one for one in snapshot.problem.supplies if one.part == part.code]


def approve(world):
    for part in world.parts.values():
        a_source(part=part)


def a_promise(world, *promises, quantity=90, **fields):
    line = a_line(
        site=world.site, part=world.parts["SENSOR"], quantity=quantity, **fields
    )
    a_commitment(line, *promises)
    return line


def test_stock_is_what_is_free_and_not_on_hold():
    world = a_small_world(stocked=False)
    frame = world.parts["FRAME"]
    lot = a_stock_lot(world.site, frame, 10, issued=4, lot="L-1")
    a_stock_lot(world.site, frame, 5, is_on_hold=True, hold_reason="Recalled")
    a_stock_lot(world.site, frame, 3, issued=3)

    (supply,) = supplies_of(a_snapshot(world.site), frame)

    assert (supply.key, supply.quantity, supply.available) == (f"lot:{lot.pk}", 6, 0)
    assert supply.kind == SupplyKind.STOCK
    assert (supply.owner, supply.label) == ("Mei-Ling Hsu", f"{frame.code}, lot L-1")


def test_an_approved_alternate_in_the_house_or_on_order_serves_the_part():
    world = a_small_world(stocked=False)
    frame, sensor, other = *world.parts.values(), a_part("SENSOR-B")
    for part in (frame, sensor):
        PartAlternate.objects.create(
            part=part, alternate=other, valid_from=TODAY, approved_by="Quality"
        )
        # What racks need themselves stands in for nothing.
        PartAlternate.objects.create(
            part=part,
            alternate=frame if part == sensor else sensor,
            valid_from=TODAY - timedelta(days=9),
            approved_by="Quality",
        )
    PartAlternate.objects.filter(part=frame, alternate=other).update(
        valid_from=TODAY + timedelta(days=1)
    )
    early = a_stock_lot(
        world.site, other, 7, lot="L-2", received_at=NOW - timedelta(days=9)
    )
    own = a_stock_lot(world.site, sensor, 5, lot="L-1")
    a_stock_lot(world.site, frame, 3)
    line = a_line(site=world.site, part=other, quantity=90)
    a_commitment(line)

    snapshot = a_snapshot(world.site)

    found = supplies_of(snapshot, sensor)
    assert [(one.key, one.quantity) for one in found[:2]] == [
        (f"lot:{own.pk}", 5),
        (f"lot:{early.pk}", 7),
    ]
    assert found[1].label == f"SENSOR-B in place of {sensor.code}, lot L-2"
    assert (found[2].kind, found[2].quantity) == (SupplyKind.TRANCHE, 90)
    assert [one.quantity for one in supplies_of(snapshot, frame)] == [3]


def test_parts_no_rack_consumes_are_no_supplies():
    world = a_small_world()
    a_stock_lot(world.site, a_part("OTHER"))

    parts = {one.part for one in a_snapshot(world.site).problem.supplies}

    assert parts == {part.code for part in world.parts.values()}


def test_consigned_stock_serves_its_owners_racks_alone_soonest_due_first():
    world = a_small_world(racks=2, stocked=False)
    approve(world)
    frame = world.parts["FRAME"]
    first, second = world.racks
    mine = a_stock_lot(world.site, frame, 1, consigned_by=world.order.customer)
    a_stock_lot(world.site, frame, 7, consigned_by=a_customer())

    snapshot = a_snapshot(world.site)

    (reservation,) = snapshot.reservations
    assert supplies_of(snapshot, frame) == []
    assert rack(snapshot, first.serial).materials_reserved == ((frame.code, 1),)
    assert rack(snapshot, second.serial).materials_reserved == ()
    assert (reservation.rack, reservation.lot) == (first.pk, mine.pk)
    assert (reservation.step, reservation.quantity) == ("PREP", 1)


def test_consigned_pieces_may_cover_a_need_in_part_and_from_two_lots():
    world = a_small_world(racks=1, stocked=False)
    approve(world)
    sensor = world.parts["SENSOR"]
    for quantity in (10, 5):
        a_stock_lot(world.site, sensor, quantity, consigned_by=world.order.customer)

    snapshot = a_snapshot(world.site)

    (only,) = snapshot.problem.racks
    assert only.materials_reserved == ((sensor.code, 15),)
    assert [one.quantity for one in snapshot.reservations] == [10, 5]


def test_a_promise_is_usable_at_five_on_its_date_plus_four_working_hours():
    world = a_small_world(stocked=False)
    line = a_promise(world, [(TODAY + timedelta(days=2), 60), (TODAY, 30)])

    first, second = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    assert (first.quantity, first.available) == (30, FIVE_PM + RECEIVING)
    assert (second.quantity, second.available) == (60, 2 * DAY + FIVE_PM + RECEIVING)
    assert first.kind == SupplyKind.TRANCHE
    assert first.owner == "Mei-Ling Hsu"
    order = line.purchase_order
    assert first.label == (
        f"{world.parts['SENSOR'].code}, {order.number} line {line.number}, "
        f"{order.supplier.name}"
    )


def test_receiving_waits_for_its_people():
    world = a_small_world(stocked=False)
    saturday = TODAY + timedelta(days=5)
    # The material crew works Monday to Saturday, day and night.
    a_promise(world, [(saturday, 90)], need_by=saturday)
    CalendarException.objects.create(
        calendar=world.site.crews.get(skill="material").calendar,
        date=saturday,
        reason="Stocktaking",
    )

    (supply,) = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    # Monday 04:00 is 6 days and 20 hours after Monday 08:00.
    assert supply.available == 6 * DAY + 20 * HOUR


def test_a_calendar_called_receiving_goes_before_the_material_crews():
    world = a_small_world(stocked=False)
    a_calendar(
        world.site, "receiving", weekdays=[2], start_min=6 * HOUR, end_min=14 * HOUR
    )
    a_promise(world, [(TODAY, 90)])

    (supply,) = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    # Wednesday 10:00.
    assert supply.available == 2 * DAY + 2 * HOUR


def test_an_overdue_promise_counts_as_one_for_tomorrow():
    world = a_small_world(stocked=False)
    yesterday = TODAY - timedelta(days=1)
    a_promise(world, [(yesterday, 90)], need_by=yesterday)

    (supply,) = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    assert supply.available == DAY + FIVE_PM + RECEIVING


def test_todays_promise_is_overdue_when_its_hour_has_passed():
    world = a_small_world(stocked=False)
    a_promise(world, [(TODAY, 90)])
    late_evening = NOW + timedelta(hours=14)  # 22:00

    (supply,) = supplies_of(a_snapshot(world.site, late_evening), world.parts["SENSOR"])

    # Tomorrow 21:00.
    assert supply.available == 23 * HOUR


def test_what_arrived_is_taken_off_the_earliest_tranche():
    world = a_small_world(stocked=False)
    line = a_promise(
        world, [(TODAY + timedelta(days=1), 40), (TODAY + timedelta(days=3), 50)]
    )
    a_receipt(line, 45)

    stock, tranche = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    assert (stock.kind, stock.quantity) == (SupplyKind.STOCK, 45)
    assert (tranche.kind, tranche.quantity) == (SupplyKind.TRANCHE, 45)
    assert tranche.available == 3 * DAY + FIVE_PM + RECEIVING


def test_only_the_newest_promise_counts():
    world = a_small_world(stocked=False)
    a_promise(
        world,
        [(TODAY + timedelta(days=1), 90)],
        [(TODAY + timedelta(days=4), 90)],
    )

    (supply,) = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    assert supply.available == 4 * DAY + FIVE_PM + RECEIVING


def test_what_nobody_promised_is_awaited_and_brings_nothing():
    world = a_small_world(stocked=False)
    silent = a_line(site=world.site, part=world.parts["SENSOR"], quantity=87)
    partly = a_promise(world, [(TODAY, 30)], quantity=58, need_by=TODAY)
    gone = a_line(site=world.site, part=world.parts["SENSOR"], quantity=29)
    commitments.decommit(
        line_id=gone.pk,
        expected_version=a_commitment(gone).version,
        reason_code="capacity",
        author=BY_SYSTEM,
        now=NOW,
    )

    snapshot = a_snapshot(world.site)

    assert [s.quantity for s in supplies_of(snapshot, world.parts["SENSOR"])] == [30]
    assert [(one.line, one.quantity) for one in snapshot.awaited] == [
        (partly.pk, 28),
        (silent.pk, 87),
        (gone.pk, 29),
    ]
    assert snapshot.awaited[0].part == world.parts["SENSOR"].code
    assert snapshot.awaited[0].need_by == TODAY
    assert snapshot.awaited[0].owner == "Mei-Ling Hsu"


def test_a_cancelled_order_and_another_sites_order_bring_nothing():
    world = a_small_world(stocked=False)
    other = a_small_world()
    cancelled = a_promise(world)
    PurchaseOrder.objects.for_staff().filter(pk=cancelled.purchase_order_id).update(
        state=PurchaseOrder.State.CANCELLED
    )
    elsewhere = a_line(site=other.site, part=world.parts["SENSOR"])
    a_commitment(elsewhere, [(date(2026, 12, 1), 90)])

    snapshot = a_snapshot(world.site)

    assert snapshot.problem.supplies == ()
    assert snapshot.awaited == ()


def test_what_has_left_stands_on_its_shipments_arrival():
    world = a_small_world(stocked=False)
    line = a_promise(
        world, [(TODAY + timedelta(days=2), 60), (TODAY + timedelta(days=9), 30)]
    )
    a_shipment((line, 40), expected_on=TODAY + timedelta(days=4))

    snapshot = a_snapshot(world.site)

    found = supplies_of(snapshot, world.parts["SENSOR"])
    assert [(one.quantity, one.available) for one in found] == [
        (20, 2 * DAY + FIVE_PM + RECEIVING),
        (40, 4 * DAY + FIVE_PM + RECEIVING),
        (30, 9 * DAY + FIVE_PM + RECEIVING),
    ]
    # Two supplies of one tranche, each with a key of its own.
    assert len({one.key for one in found}) == 3
    assert set(snapshot.keys.tranches) >= {one.key for one in found}


def test_promises_beyond_a_declared_capacity_come_later():
    world = a_small_world(stocked=False)
    line = a_promise(
        world, [(TODAY + timedelta(days=2), 60), (TODAY + timedelta(days=9), 30)]
    )
    supplier = line.purchase_order.supplier
    a_source(supplier, line.part)
    a_declared_capacity(supplier, line.part, per_week=40)

    found = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    assert [(one.quantity, one.available) for one in found] == [
        (40, 2 * DAY + FIVE_PM + RECEIVING),
        (20, 9 * DAY + FIVE_PM + RECEIVING),
        (20, 9 * DAY + FIVE_PM + RECEIVING),
        (10, 16 * DAY + FIVE_PM + RECEIVING),
    ]
    assert len({one.key for one in found}) == 4


def test_what_has_left_was_made_whatever_the_capacity():
    world = a_small_world(stocked=False)
    line = a_promise(world, [(TODAY + timedelta(days=2), 60)])
    supplier = line.purchase_order.supplier
    a_source(supplier, line.part)
    a_shipment((line, 60), expected_on=TODAY + timedelta(days=2))
    a_declared_capacity(supplier, line.part, per_week=0)

    (found,) = supplies_of(a_snapshot(world.site), world.parts["SENSOR"])

    assert found.quantity == 60


def test_a_supplier_that_can_make_none_brings_none_and_its_line_is_awaited():
    world = a_small_world(stocked=False)
    line = a_promise(world, [(TODAY + timedelta(days=2), 60)])
    supplier = line.purchase_order.supplier
    a_source(supplier, line.part)
    a_declared_capacity(supplier, line.part, per_week=0)

    snapshot = a_snapshot(world.site)

    assert supplies_of(snapshot, world.parts["SENSOR"]) == []
    assert [one.line for one in snapshot.awaited] == [line.pk]


def test_a_part_two_sites_need_is_shared_out_by_where_it_lies_and_is_sent():
    """A site's problem holds its own pieces alone: no two plans count on one."""
    here, there = a_small_world(stocked=False), a_small_world(stocked=False)
    frame = here.parts["FRAME"]
    a_bom_line(there.model, frame, quantity=1)
    expected = []
    for world, lying, sent in ((here, 3, 20), (there, 5, 40)):
        a_stock_lot(world.site, frame, lying)
        a_commitment(
            a_line(site=world.site, part=frame, quantity=sent), [(TODAY, sent)]
        )
        expected.append([lying, sent])

    found = [supplies_of(a_snapshot(world.site), frame) for world in (here, there)]

    quantities = [sorted(one.quantity for one in supplies) for supplies in found]
    assert quantities == expected
    assert not {one.key for one in found[0]} & {one.key for one in found[1]}
