"""The floor's services: legal order, bays, places, material, states, events, undo."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from factory.errors import (
    BayMissingError,
    BayRefusedError,
    FactoryError,
    MaterialShortError,
    PlaceFullError,
    RackNotInWorkError,
    ReasonMissingError,
    StaleRackError,
    StepOrderError,
    UndoRefusedError,
)
from factory.models import Order, PartAlternate, StepRecord, StockIssue, StockLot, Unit
from factory.queries import standing_of
from factory.services.floor import (
    Hand,
    correct_record,
    fail_step,
    pass_step,
    start_step,
)
from journal.models import Event
from tests.builders.factory import (
    NOW,
    a_bay,
    a_bom_line,
    a_customer,
    a_part,
    a_stock_lot,
    an_outage,
    records_until,
)
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

HAND = Hand(now=NOW)


def at(minutes):
    return Hand(now=NOW + timedelta(minutes=minutes))


def start(rack, step, hand=HAND, bay=""):
    return start_step(rack_id=rack.pk, step_code=step, hand=hand, bay_code=bay)


def the_state_of(rack):
    rack.refresh_from_db()
    return rack.state


def everything():
    return (
        list(StepRecord.objects.order_by("pk").values_list()),
        list(StockLot.objects.order_by("pk").values_list()),
        list(Unit.objects.order_by("pk").values_list()),
        StockIssue.objects.count(),
        Event.objects.count(),
    )


# Order of steps


def test_the_first_start_puts_a_planned_rack_in_work():
    world = a_small_world()
    user = a_user("technician", site=world.site)

    row = start(world.racks[0], "KIT", Hand(now=NOW, by=user))

    assert (row.outcome, row.attempt, row.started_at) == ("running", 1, NOW)
    assert row.by == user
    assert the_state_of(world.racks[0]) == Unit.State.IN_WORK


def test_a_start_is_an_event_in_the_same_transaction():
    world = a_small_world()

    start(world.racks[0], "KIT")

    event = Event.objects.get()
    serial = world.racks[0].serial
    assert (event.kind, event.actor, event.object_type) == (
        "step.started",
        "system",
        "unit",
    )
    assert event.summary == f"{serial}: Kit began"
    assert event.after["step"] == "KIT"


@pytest.mark.parametrize("step", ["PREP", "SOAK", "PACK", "NONE"])
def test_a_step_out_of_turn_is_refused_with_the_rack_s_turn(step):
    world = a_small_world()
    before = everything()

    with pytest.raises(StepOrderError, match=r"Its next step is Kit\."):
        start(world.racks[0], step)

    assert everything() == before


def test_a_rack_runs_one_step_at_a_time():
    world = a_small_world()
    start(world.racks[0], "KIT")

    with pytest.raises(StepOrderError, match=r"Kit is under way\."):
        start(world.racks[0], "PREP")


def test_a_passed_step_leads_to_the_next_one():
    world = a_small_world()
    rack = world.racks[0]
    start(rack, "KIT")
    pass_step(rack_id=rack.pk, hand=at(60))

    row = start(rack, "PREP", at(70))

    assert row.step.code == "PREP"
    kit = StepRecord.objects.get(step__code="KIT")
    assert (kit.outcome, kit.ended_at) == ("passed", NOW + timedelta(minutes=60))


def test_what_has_not_begun_can_neither_pass_nor_fail():
    world = a_small_world()
    rack = world.racks[0]

    with pytest.raises(StepOrderError, match="can not pass a step"):
        pass_step(rack_id=rack.pk, hand=HAND)
    with pytest.raises(StepOrderError, match="can not fail a step"):
        fail_step(rack_id=rack.pk, reason_code="leak", hand=HAND)

    assert Event.objects.count() == 0


def test_a_failed_step_needs_a_reason_of_the_list():
    world = a_small_world()
    rack = world.racks[0]
    start(rack, "KIT")

    for reason in ("", "bad mood"):
        with pytest.raises(ReasonMissingError, match="Say why Kit failed"):
            fail_step(rack_id=rack.pk, reason_code=reason, hand=HAND)

    assert StepRecord.objects.get().outcome == "running"


def test_a_failed_step_may_be_tried_again_and_both_attempts_stay():
    world = a_small_world()
    rack = world.racks[0]
    start(rack, "KIT")
    fail_step(rack_id=rack.pk, reason_code="damaged", hand=at(10), note="Dent")

    row = start(rack, "KIT", at(20))

    assert row.attempt == 2
    first = StepRecord.objects.get(attempt=1)
    assert (first.outcome, first.reason_code, first.note) == (
        "failed",
        "damaged",
        "Dent",
    )


def test_a_failed_rack_may_go_back_and_does_the_steps_between_again():
    world = a_small_world()
    rack = world.racks[0]
    records_until(rack, "SOAK", bay=world.bays[0])
    start(rack, "SOAK")
    fail_step(rack_id=rack.pk, reason_code="leak", hand=at(5))

    start(rack, "LEAK", at(10))
    pass_step(rack_id=rack.pk, hand=at(20))

    standing = standing_of(rack)
    assert standing.current.code == "FILL"
    assert standing.attempts_at(standing.current) == 1
    assert start(rack, "FILL", at(30), bay=world.bays[1].code).attempt == 2


def test_a_passed_rack_does_not_go_back():
    world = a_small_world()
    rack = world.racks[0]
    records_until(rack, "SOAK", bay=world.bays[0])

    with pytest.raises(StepOrderError, match=r"Its next step is Soak\."):
        start(rack, "LEAK")


# Rack and order


@pytest.mark.parametrize("state", ["on_hold", "shipped", "scrapped", "cancelled"])
def test_a_rack_that_is_not_open_is_refused(state):
    world = a_small_world()
    rack = world.racks[0]
    Unit.objects.filter(pk=rack.pk).update(state=state)

    with pytest.raises(RackNotInWorkError, match="can not be worked on"):
        start(rack, "KIT")

    assert the_state_of(rack) == state


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_a_rack_of_an_order_that_is_not_open_begins_nothing(state):
    world = a_small_world()
    Order.objects.update(state=state)

    with pytest.raises(RackNotInWorkError, match=f"{world.order.number} is {state}"):
        start(world.racks[0], "KIT")


def test_a_paused_order_s_step_under_way_may_still_end():
    world = a_small_world()
    start(world.racks[0], "KIT")
    Order.objects.update(state="paused")

    pass_step(rack_id=world.racks[0].pk, hand=at(1))

    assert StepRecord.objects.get().outcome == "passed"


def test_the_last_step_ships_the_rack_and_the_last_rack_the_order():
    world = a_small_world(racks=2)
    for rack in world.racks:
        records_until(rack, "PACK", bay=world.bays[0])

    for minute, rack in enumerate(world.racks):
        start(rack, "PACK", at(minute))
        pass_step(rack_id=rack.pk, hand=at(minute))
        assert the_state_of(rack) == Unit.State.SHIPPED
        world.order.refresh_from_db()
        assert world.order.state == ("shipped" if minute else "open")

    assert world.order.version == 2
    assert Event.objects.filter(kind="order.changed").count() == 1


# Bays


def at_the_bay(world, place):
    rack = world.racks[place]
    records_until(rack, "FILL")
    return rack


def test_the_first_step_at_a_bay_needs_its_name():
    world = a_small_world()

    with pytest.raises(BayMissingError, match="needs a power bay"):
        start(at_the_bay(world, 0), "FILL")


def test_a_rack_keeps_its_bay_until_it_is_drained():
    world = a_small_world()
    rack = at_the_bay(world, 0)
    start(rack, "FILL", bay=world.bays[1].code)
    pass_step(rack_id=rack.pk, hand=at(10))

    row = start(rack, "FLASH", at(20))

    assert row.bay == world.bays[1]
    assert standing_of(rack).bay == world.bays[1]


def test_a_rack_in_a_bay_is_not_taken_to_another():
    world = a_small_world()
    rack = at_the_bay(world, 0)
    start(rack, "FILL", bay=world.bays[1].code)
    pass_step(rack_id=rack.pk, hand=at(10))

    with pytest.raises(BayRefusedError, match=f"that is {world.bays[1]}"):
        start(rack, "FLASH", at(20), bay=world.bays[0].code)


def test_a_bay_held_by_another_rack_is_refused_even_between_its_steps():
    world = a_small_world()
    first, second = at_the_bay(world, 0), at_the_bay(world, 1)
    start(first, "FILL", bay=world.bays[0].code)
    pass_step(rack_id=first.pk, hand=at(10))
    before = everything()

    with pytest.raises(
        BayRefusedError, match=f"is held by {first.serial} until it is drained"
    ):
        start(second, "FILL", at(20), bay=world.bays[0].code)

    assert everything() == before


def test_a_drained_rack_gives_its_bay_to_the_next():
    world = a_small_world()
    first, second = world.racks[0], at_the_bay(world, 1)
    records_until(first, "PACK", bay=world.bays[0])

    row = start(second, "FILL", bay=world.bays[0].code)

    assert row.bay == world.bays[0]


def test_a_bay_of_another_kind_is_refused():
    world = a_small_world()
    bay = a_bay(world.site)

    with pytest.raises(BayRefusedError, match=f"does not take {world.model}"):
        start(at_the_bay(world, 0), "FILL", bay=bay.code)


def test_a_bay_that_carries_less_than_the_soak_draws_is_refused():
    world = a_small_world()
    bay = a_bay(world.site, models=[world.model], limit_w=136_999)

    with pytest.raises(BayRefusedError, match=r"carries 137.*draws 137"):
        start(at_the_bay(world, 0), "FILL", bay=bay.code)


def test_a_bay_that_carries_exactly_what_the_soak_draws_is_taken():
    world = a_small_world()
    bay = a_bay(world.site, models=[world.model], limit_w=137_000)

    assert start(at_the_bay(world, 0), "FILL", bay=bay.code).bay == bay


def test_a_bay_out_of_service_is_refused():
    world = a_small_world()
    an_outage(world.site, bay=world.bays[0], reason="Whip replaced.")

    with pytest.raises(BayRefusedError, match=r"out of service .*: Whip replaced\."):
        start(at_the_bay(world, 0), "FILL", bay=world.bays[0].code)


def test_a_bay_the_site_does_not_have_is_refused():
    world = a_small_world()
    foreign = a_small_world().bays[0]

    with pytest.raises(BayRefusedError, match="does not exist at"):
        start(at_the_bay(world, 0), "FILL", bay=foreign.code)


# Places


def test_a_full_work_centre_refuses_and_says_who_is_there():
    world = a_small_world()
    start(world.racks[0], "KIT")
    start(world.racks[1], "KIT")

    with pytest.raises(PlaceFullError, match="all 2 are taken") as refused:
        start(world.racks[2], "KIT")

    assert refused.value.racks == (world.racks[0].serial, world.racks[1].serial)


def test_a_rack_keeps_its_station_between_station_steps():
    world = a_small_world()
    for rack in world.racks[:2]:
        records_until(rack, "CABLE")
    records_until(world.racks[2], "PREP")

    with pytest.raises(PlaceFullError):
        start(world.racks[2], "PREP")
    assert start(world.racks[0], "CABLE").outcome == "running"


def test_a_fill_needs_a_cart_too():
    world = a_small_world()
    more = [a_bay(world.site, models=[world.model]) for _ in range(1)]
    racks = [at_the_bay(world, place) for place in range(3)]
    start(racks[0], "FILL", bay=world.bays[0].code)
    start(racks[1], "FILL", bay=world.bays[1].code)

    with pytest.raises(PlaceFullError, match="Fill carts: all 2 are taken"):
        start(racks[2], "FILL", bay=more[0].code)


# Material


def test_a_step_takes_its_parts_from_the_oldest_lot_first():
    world = a_small_world(stocked=False)
    rack = world.racks[0]
    records_until(rack, "PREP")
    a_stock_lot(world.site, world.parts["FRAME"], 5)
    new = a_stock_lot(world.site, world.parts["SENSOR"], 40)
    old = a_stock_lot(
        world.site, world.parts["SENSOR"], 20, received_at=NOW - timedelta(days=1)
    )

    start(rack, "PREP")

    new.refresh_from_db()
    old.refresh_from_db()
    assert (old.issued, new.issued) == (20, 9)
    assert sorted(
        StockIssue.objects.filter(lot__part=world.parts["SENSOR"]).values_list(
            "quantity", flat=True
        )
    ) == [9, 20]


def test_an_approved_alternate_is_taken_once_the_part_itself_is_used_up():
    world = a_small_world(racks=1, stocked=False)
    rack, sensor, other = world.racks[0], world.parts["SENSOR"], a_part("SENSOR-B")
    records_until(rack, "PREP")
    a_stock_lot(world.site, world.parts["FRAME"], 5)
    own = a_stock_lot(world.site, sensor, 20)
    stand_in = a_stock_lot(world.site, other, 40, received_at=NOW - timedelta(days=9))
    with pytest.raises(MaterialShortError):
        start(rack, "PREP")
    PartAlternate.objects.create(
        part=sensor, alternate=other, valid_from=NOW.date(), approved_by="Quality"
    )

    start(rack, "PREP")
    fail_step(rack_id=rack.pk, reason_code="damaged", hand=at(5))
    start(rack, "PREP", at(10))

    own.refresh_from_db()
    stand_in.refresh_from_db()
    assert (own.issued, stand_in.issued) == (20, 9)


def test_short_parts_are_refused_with_what_is_needed_and_there():
    world = a_small_world(stocked=False)
    rack = world.racks[0]
    records_until(rack, "PREP")
    frame, sensor = world.parts["FRAME"], world.parts["SENSOR"]
    a_stock_lot(world.site, frame, 1)
    a_stock_lot(world.site, sensor, 28)
    before = everything()

    with pytest.raises(MaterialShortError) as refused:
        start(rack, "PREP")

    assert refused.value.short == ((sensor.code, 29, 28),)
    assert f"{sensor.code}: 29 needed, 28 there" in str(refused.value)
    assert everything() == before


def test_a_lot_on_hold_is_left_alone():
    world = a_small_world(racks=1)
    records_until(world.racks[0], "PREP")
    StockLot.objects.filter(part=world.parts["SENSOR"]).update(
        is_on_hold=True, hold_reason="Inspection"
    )

    with pytest.raises(MaterialShortError, match="29 needed, 0 there"):
        start(world.racks[0], "PREP")


def test_a_customer_s_own_stock_serves_only_its_racks_and_goes_first():
    world = a_small_world(racks=2)
    rack = world.racks[0]
    records_until(rack, "PREP")
    sensor = world.parts["SENSOR"]
    own = a_stock_lot(world.site, sensor, 29, consigned_by=world.order.customer)
    foreign = a_stock_lot(world.site, sensor, 29, consigned_by=a_customer())

    start(rack, "PREP")

    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.issued, foreign.issued) == (29, 0)


def test_another_site_s_stock_does_not_count():
    world = a_small_world(racks=1, stocked=False)
    records_until(world.racks[0], "PREP")
    elsewhere = a_small_world().site
    for part in world.parts.values():
        a_stock_lot(elsewhere, part, 100)

    with pytest.raises(MaterialShortError):
        start(world.racks[0], "PREP")


def test_a_second_attempt_takes_no_parts_again():
    world = a_small_world(racks=1)
    rack = world.racks[0]
    records_until(rack, "PREP")
    start(rack, "PREP")
    fail_step(rack_id=rack.pk, reason_code="damaged", hand=at(5))

    start(rack, "PREP", at(10))

    assert StockIssue.objects.count() == 2


def test_tier_two_lines_are_never_consumed():
    world = a_small_world(racks=1)
    a_bom_line(world.model, a_part(), quantity=99, parent=world.parts["FRAME"])
    records_until(world.racks[0], "PREP")

    assert start(world.racks[0], "PREP").outcome == "running"


# Undo


def test_a_start_taken_back_leaves_the_step_to_be_begun():
    world = a_small_world()
    rack = world.racks[0]
    row = start(rack, "KIT")

    correction = correct_record(record_id=row.pk, hand=at(3))

    row.refresh_from_db()
    assert (row.outcome, correction.outcome) == ("withdrawn", "withdrawn")
    assert correction.corrects == row
    assert the_state_of(rack) == Unit.State.PLANNED
    assert start(rack, "KIT", at(4)).attempt == 1


def test_an_end_taken_back_leaves_the_step_under_way():
    world = a_small_world()
    rack = world.racks[0]
    row = start(rack, "KIT")
    pass_step(rack_id=rack.pk, hand=at(10))

    correction = correct_record(record_id=row.pk, hand=at(12))

    assert correction.corrects == row
    assert (correction.outcome, correction.started_at) == ("running", NOW)
    assert correction.attempt == 1
    fail_step(rack_id=rack.pk, reason_code="other", hand=at(13))
    assert [
        (found.outcome, found.attempt)
        for found in StepRecord.objects.filter(rack=rack).order_by("pk")
    ] == [("withdrawn", 1), ("failed", 1)]
    assert Event.objects.filter(kind="step.corrected").count() == 1


def test_shipping_taken_back_opens_rack_and_order_again():
    world = a_small_world(racks=1)
    rack = world.racks[0]
    records_until(rack, "PACK", bay=world.bays[0])
    row = start(rack, "PACK")
    pass_step(rack_id=rack.pk, hand=at(1))

    correct_record(record_id=row.pk, hand=at(2))

    world.order.refresh_from_db()
    assert the_state_of(rack) == Unit.State.IN_WORK
    assert world.order.state == "open"


def test_parts_stay_with_the_rack_when_its_start_is_taken_back():
    world = a_small_world(racks=1)
    rack = world.racks[0]
    records_until(rack, "PREP")
    row = start(rack, "PREP")

    correct_record(record_id=row.pk, hand=at(1))
    start(rack, "PREP", at(2))

    assert StockIssue.objects.count() == 2


def test_only_the_last_record_is_taken_back():
    world = a_small_world()
    rack = world.racks[0]
    kit = start(rack, "KIT")
    pass_step(rack_id=rack.pk, hand=at(1))
    start(rack, "PREP", at(2))

    with pytest.raises(UndoRefusedError, match="only the last record"):
        correct_record(record_id=kit.pk, hand=at(3))


def test_a_record_is_taken_back_within_the_window_and_not_a_second_later(settings):
    settings.FLOOR_UNDO_WINDOW_S = 900
    world = a_small_world()
    row = start(world.racks[0], "KIT")

    late = Hand(now=NOW + timedelta(seconds=901))
    with pytest.raises(UndoRefusedError, match="for 15 minutes"):
        correct_record(record_id=row.pk, hand=late)
    correct_record(record_id=row.pk, hand=Hand(now=NOW + timedelta(seconds=900)))

    row.refresh_from_db()
    assert row.outcome == "withdrawn"


def test_draining_is_not_taken_back_once_another_rack_is_in_the_bay():
    world = a_small_world()
    first, second = world.racks[0], at_the_bay(world, 1)
    records_until(first, "DRAIN", bay=world.bays[0])
    row = start(first, "DRAIN")
    pass_step(rack_id=first.pk, hand=at(1))
    start(second, "FILL", at(2), bay=world.bays[0].code)

    with pytest.raises(BayRefusedError, match=f"held by {second.serial}"):
        correct_record(record_id=row.pk, hand=at(3))

    row.refresh_from_db()
    assert row.outcome == "passed"


# Two at once


def test_who_saw_an_older_state_of_the_rack_changes_nothing():
    world = a_small_world()
    rack = world.racks[0]
    seen = standing_of(rack).version
    start(rack, "KIT")
    before = everything()

    with pytest.raises(StaleRackError, match="has moved on"):
        start(rack, "KIT", Hand(now=NOW, seen=seen))
    with pytest.raises(StaleRackError):
        pass_step(rack_id=rack.pk, hand=Hand(now=NOW, seen=seen))

    assert everything() == before


def test_everything_recorded_raises_the_version():
    world = a_small_world()
    rack = world.racks[0]
    versions = [standing_of(rack).version]

    row = start(rack, "KIT")
    versions.append(standing_of(rack).version)
    pass_step(rack_id=rack.pk, hand=at(1))
    versions.append(standing_of(rack).version)
    again = correct_record(record_id=row.pk, hand=at(2))
    versions.append(standing_of(rack).version)
    correct_record(record_id=again.pk, hand=at(3))
    versions.append(standing_of(rack).version)

    assert versions == sorted(set(versions))


def race(*calls):
    """Run calls at the same moment in threads; return their refusals in order."""
    gate = threading.Barrier(len(calls))
    outcomes = [None] * len(calls)

    def run(place, call):
        try:
            gate.wait()
            call()
        except FactoryError as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(place, call))
        for place, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_racing_starts_one_wins_and_the_other_is_told():
    world = a_small_world()
    rack = world.racks[0]

    outcomes = race(*[lambda: start(rack, "KIT")] * 2)

    refused = [error for error in outcomes if error]
    assert len(refused) == 1
    assert isinstance(refused[0], StepOrderError)
    assert StepRecord.objects.count() == 1
    assert Event.objects.filter(kind="step.started").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_racks_racing_for_one_bay_one_gets_it():
    world = a_small_world()
    first, second = at_the_bay(world, 0), at_the_bay(world, 1)
    bay = world.bays[0].code

    outcomes = race(
        lambda: start(first, "FILL", bay=bay), lambda: start(second, "FILL", bay=bay)
    )

    refused = [error for error in outcomes if error]
    assert len(refused) == 1
    assert isinstance(refused[0], BayRefusedError)
    assert StepRecord.objects.filter(bay=world.bays[0]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_racks_racing_for_the_last_parts_one_gets_them():
    world = a_small_world(racks=2, stocked=False)
    for part, quantity in ((world.parts["FRAME"], 2), (world.parts["SENSOR"], 29)):
        a_stock_lot(world.site, part, quantity)
    for rack in world.racks:
        records_until(rack, "PREP")

    outcomes = race(
        lambda: start(world.racks[0], "PREP"), lambda: start(world.racks[1], "PREP")
    )

    refused = [error for error in outcomes if error]
    assert [type(error) for error in refused] == [MaterialShortError]
    assert {lot.issued for lot in StockLot.objects.all()} == {1, 29}
