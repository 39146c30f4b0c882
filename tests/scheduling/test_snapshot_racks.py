"""Racks with what happened to them, what they are promised and what was published."""

from datetime import UTC, date, datetime, timedelta

import pytest

from factory.models import Order, StepRecord, StockIssue, Unit
from scheduling.engine.problem import Progress, Running
from scheduling.models import CustomerPromise
from tests.builders.factory import (
    NOW,
    a_calendar,
    a_step_record,
    an_order,
    records_until,
)
from tests.builders.scheduling import a_promise, a_snapshot, rack
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

HOUR = 60
DAY = 1_440


def progress_of(world, unit=None, as_of=NOW):
    unit = unit or world.racks[0]
    return rack(a_snapshot(world.site, as_of), unit.serial).progress


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


def passed(unit, code, started, ended, **fields):
    return a_step_record(
        unit,
        code,
        outcome=StepRecord.Outcome.PASSED,
        started_at=started,
        ended_at=ended,
        **fields,
    )


def failed(unit, code, started, ended, **fields):
    return a_step_record(
        unit,
        code,
        outcome=StepRecord.Outcome.FAILED,
        reason_code="leak",
        started_at=started,
        ended_at=ended,
        **fields,
    )


EARLIER = {code: ago(3_000) for code in ("KIT", "PREP", "CABLE", "LEAK")}
"""Everything before the bay, long ago."""


def test_a_rack_is_released_when_its_lags_are_over_and_due_at_the_end_of_its_day():
    world = a_small_world(racks=1)

    (only,) = a_snapshot(world.site).problem.racks

    # 19 October 15:00 to 23 November 14:00 UTC are 35 days less an hour.
    received = -(35 * DAY - HOUR)
    assert only.received == received
    assert only.release == received + 2_304
    # 4 December 23:59 in Monterrey is 11 days and 15:59 hours away.
    assert only.due == 11 * DAY + 15 * HOUR + 59
    assert (only.order, only.template) == (world.order.number, world.model.code)
    assert only.late_cents_per_day == 600_000
    assert only.progress == Progress()
    assert (only.promise, only.previous, only.pins) == (None, (), ())


def test_racks_come_soonest_due_first_and_only_of_open_orders():
    world = a_small_world(racks=1)
    soon = an_order(world.site, world.model, requested=date(2026, 12, 1))
    an_order(world.site, world.model, state=Order.State.PAUSED)
    an_order(a_small_world().site, world.model)
    Unit.objects.filter(order=an_order(world.site, world.model)).update(
        state=Unit.State.SHIPPED
    )

    found = [one.key for one in a_snapshot(world.site).problem.racks]

    assert found == [soon.racks.get().serial, world.racks[0].serial]


def test_the_newest_promise_is_the_one_to_keep():
    world = a_small_world(racks=1)
    for day in (4, 8):
        a_promise(world.order, date(2026, 12, day))

    (only,) = a_snapshot(world.site).problem.racks

    assert only.promise == 15 * DAY + 15 * HOUR + 59


def test_finished_steps_are_done():
    world = a_small_world()
    unit = world.racks[0]
    passed(unit, "KIT", ago(900), ago(600))
    passed(unit, "PREP", ago(600), ago(90))

    assert progress_of(world) == Progress(
        done=2, kit_started=-900, last_end=-90, holds_station=True
    )


def test_a_station_is_free_again_after_the_last_step_there():
    world = a_small_world()
    records_until(world.racks[0], "LEAK", times={"KIT": ago(600)})

    progress = progress_of(world)

    assert (progress.done, progress.holds_station) == (3, False)


def test_a_manual_step_under_way_has_worked_its_open_minutes():
    world = a_small_world()
    crew = world.site.crews.get(skill="mech")
    crew.calendar = a_calendar(world.site, start_min=6 * HOUR, end_min=14 * HOUR)
    crew.save()
    passed(world.racks[0], "KIT", ago(24 * HOUR), ago(20 * HOUR))
    # Sunday 12:00; two hours that day and two since 06:00 today.
    a_step_record(world.racks[0], "PREP", started_at=ago(20 * HOUR))

    progress = progress_of(world)

    assert progress.running == Running(
        step="PREP", started=-20 * HOUR, remaining=480 - 4 * HOUR
    )
    assert progress.holds_station


def test_a_soak_under_way_has_run_at_full_power_since_it_began():
    world = a_small_world()
    unit = world.racks[0]
    records_until(
        unit,
        "SOAK",
        bay=world.bays[0],
        times={
            code: ago(3_000 - index)
            for index, code in enumerate(
                ("KIT", "PREP", "CABLE", "LEAK", "FILL", "FLASH")
            )
        },
    )
    a_step_record(unit, "SOAK", started_at=ago(500), bay=world.bays[0])

    assert progress_of(world) == Progress(
        done=6,
        running=Running(step="SOAK", started=-500, remaining=1_440 + 288 - 500),
        bay=f"bay:{world.bays[0].code}",
        bay_since=-2_996,
        kit_started=-3_000,
        last_end=-2_995,
    )


def test_a_step_that_overran_has_a_minute_left():
    world = a_small_world()
    a_step_record(world.racks[0], "KIT", started_at=ago(3 * DAY))

    assert progress_of(world).running.remaining == 1


def test_a_step_begun_after_minute_0_counts_as_begun_at_it():
    world = a_small_world()
    a_step_record(world.racks[0], "KIT", started_at=NOW + timedelta(minutes=7))

    progress = progress_of(world, as_of=NOW + timedelta(minutes=14))

    assert progress.running == Running(step="KIT", started=0, remaining=240)
    assert progress.kit_started == 0


def test_a_failed_step_is_to_be_repeated_in_the_bay_the_rack_stays_in():
    world = a_small_world()
    unit = world.racks[0]
    bay = world.bays[0]
    records_until(unit, "FLASH", bay=bay, times=EARLIER | {"FILL": ago(700)})
    failed(unit, "FLASH", ago(400), ago(100), bay=bay)

    progress = progress_of(world)

    assert progress.done == 5
    assert progress.running is None
    assert (progress.bay, progress.bay_since) == (f"bay:{bay.code}", -700)


def test_a_second_attempt_runs_where_the_first_failed():
    world = a_small_world()
    unit = world.racks[0]
    bay = world.bays[0]
    records_until(unit, "FLASH", bay=bay, times=EARLIER | {"FILL": ago(700)})
    failed(unit, "FLASH", ago(400), ago(100), bay=bay)
    a_step_record(unit, "FLASH", attempt=2, started_at=ago(60), bay=bay)

    progress = progress_of(world)

    assert progress.running == Running(step="FLASH", started=-60, remaining=228)
    assert (progress.bay, progress.bay_since) == (f"bay:{bay.code}", -700)


def test_a_rack_sent_back_has_left_its_bay_and_does_everything_after_again():
    world = a_small_world()
    unit = world.racks[0]
    records_until(
        unit,
        "SOAK",
        bay=world.bays[0],
        times={
            code: ago(3_000)
            for code in ("KIT", "PREP", "CABLE", "LEAK", "FILL", "FLASH")
        },
    )
    failed(unit, "SOAK", ago(900), ago(600), bay=world.bays[0])
    passed(unit, "LEAK", ago(300), ago(120), attempt=2)

    assert progress_of(world) == Progress(done=4, kit_started=-3_000, last_end=-120)


def test_a_stay_in_another_bay_begins_anew():
    world = a_small_world()
    unit = world.racks[0]
    first, second = world.bays
    records_until(unit, "FLASH", bay=first, times=EARLIER | {"FILL": ago(900)})
    failed(unit, "FLASH", ago(800), ago(700), bay=first)
    passed(unit, "FILL", ago(600), ago(400), attempt=2, bay=second)

    progress = progress_of(world)

    assert (progress.done, progress.bay) == (5, f"bay:{second.code}")
    assert progress.bay_since == -600


def test_a_withdrawn_record_did_not_happen():
    world = a_small_world()
    a_step_record(
        world.racks[0],
        "KIT",
        outcome=StepRecord.Outcome.WITHDRAWN,
        started_at=ago(60),
        ended_at=ago(30),
    )

    assert progress_of(world) == Progress()


def test_a_rack_with_every_step_passed_is_not_planned():
    world = a_small_world(racks=1)
    records_until(world.racks[0], "", bay=world.bays[0])

    snapshot = a_snapshot(world.site)

    assert snapshot.problem.racks == ()
    assert snapshot.left_out == ()


def test_pieces_issued_for_a_step_to_be_repeated_are_set_aside():
    world = a_small_world(racks=1)
    unit = world.racks[0]
    passed(unit, "KIT", ago(900), ago(600))
    failed(unit, "PREP", ago(600), ago(300))
    sensor = world.parts["SENSOR"]
    StockIssue.objects.create(
        lot=sensor.stock_lots.get(),
        rack=unit,
        step=world.model.steps.get(code="PREP"),
        quantity=20,
    )

    (only,) = a_snapshot(world.site).problem.racks

    assert only.materials_reserved == ((sensor.code, 20),)


def test_pieces_issued_for_the_step_under_way_are_used_up():
    world = a_small_world(racks=1)
    unit = world.racks[0]
    passed(unit, "KIT", ago(900), ago(600))
    a_step_record(unit, "PREP", started_at=ago(100))
    StockIssue.objects.create(
        lot=world.parts["SENSOR"].stock_lots.get(),
        rack=unit,
        step=world.model.steps.get(code="PREP"),
        quantity=29,
    )

    (only,) = a_snapshot(world.site).problem.racks

    assert only.materials_reserved == ()


def test_the_horizon_holds_late_promises_and_all_the_work():
    world = a_small_world(racks=1)
    near = a_snapshot(world.site).problem.horizon
    CustomerPromise.objects.create(
        order=world.order,
        number=1,
        kind="promise",
        date=date(2027, 3, 1),
        quantity=1,
        actor="system",
    )

    far = a_snapshot(world.site).problem

    assert near % DAY == 0
    assert far.horizon > near
    assert far.horizon > far.racks[0].promise + 28 * DAY
    assert max(end for one in far.calendars for _, end in one.open) == far.horizon


def test_received_times_keep_their_zone():
    world = a_small_world(racks=1)
    Order.objects.update(received_at=datetime(2026, 11, 23, 13, 30, tzinfo=UTC))

    (only,) = a_snapshot(world.site).problem.racks

    assert only.received == -30


def test_of_two_racks_recorded_in_one_bay_the_last_worked_on_has_it():
    world = a_small_world(racks=2)
    first, second = world.racks
    bay = world.bays[0]
    for unit, began in ((first, 800), (second, 700)):
        records_until(unit, "FLASH", bay=bay, times=EARLIER | {"FILL": ago(began)})

    snapshot = a_snapshot(world.site)

    assert [one.key for one in snapshot.problem.racks] == [second.serial]
    (left_out,) = snapshot.left_out
    assert (left_out.rack, left_out.code, left_out.limit) == (
        first.serial,
        "bay_taken",
        "bay",
    )
    assert left_out.sentence == (
        f"{first.serial}: its records put it in bay {bay.code}, where {second.serial} "
        "was worked on since. Correct the records."
    )
