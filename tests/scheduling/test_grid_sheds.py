"""From the signal to the record: one repair, a plan under the cap, and what it shed."""

from datetime import timedelta

import pytest

from factory.models import Order
from journal.cursors import consume
from journal.models import Event
from journal.sequencing import sequence
from scheduling.blobs import load_problem, load_schedule
from scheduling.clock import quarter_of
from scheduling.engine.check import breaches
from scheduling.engine.schedule import PhaseKind
from scheduling.engine.solve import solve
from scheduling.models import (
    AutoRepair,
    GridEvent,
    Plan,
    RepairPolicy,
    Run,
    Shed,
)
from scheduling.services.auto_repair import GATHER, set_policy, start_due
from scheduling.services.grid import announce, call_off
from scheduling.services.publish import preview, publish
from scheduling.services.runs import claim, request_run
from scheduling.worker import execute
from tests.builders.factory import NOW, a_step_record, records_until
from tests.builders.scheduling import (
    a_base_scenario,
    a_snapshot,
    a_stored_plan,
    rack,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    return time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    """Return a site with two racks in soak since an hour, and a plan in force."""
    world = a_small_world(racks=2)
    a_base_scenario(world.site)
    for bay, one in zip(world.bays, world.racks, strict=True):
        codes = world.model.steps.values_list("code", flat=True)
        records_until(one, "SOAK", bay=bay, times=dict.fromkeys(codes, NOW - 2 * HOUR))
        a_step_record(one, "SOAK", bay=bay, started_at=NOW - HOUR, outcome="running")
    put_in_force(a_stored_plan(world.site))
    return world


def put_in_force(plan):
    diff = preview(plan)
    return publish(
        plan=plan,
        by=None,
        actor="user:7",
        acknowledged={one.order.number: "The grid asked." for one in diff.broken},
        expected_previous=diff.previous_number,
    )


def the_grid_asks(site, cap_w=1_200_000, hours=6, **fields):
    event = GridEvent(
        site=site,
        name="Evening peak",
        starts_at=NOW,
        ends_at=NOW + hours * HOUR,
        cap_w=cap_w,
        **fields,
    )
    return announce(event=event, actor="client:3")


def started():
    """Start what is due, as the dispatcher does."""
    sequence(1_000)
    consume(GATHER, limit=1_000)
    return start_due()


def repaired():
    assert started() == 1
    run = Run.objects.get(state=Run.State.QUEUED)
    assert run.may_move_frozen
    execute(claim(run.pk, "worker:1"))
    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED, run.error
    return Plan.objects.get(run=run)


def test_the_same_signal_three_times_is_one_repair(world):
    event = the_grid_asks(world.site)
    asked = [started() for _ in range(2)]
    for _ in range(2):
        announce(event=event, actor="client:3")
        asked.append(started())
    run = Run.objects.get(kind="repair")
    execute(claim(run.pk, "worker:1"))
    asked.append(started())

    assert asked == [1, 0, 0, 0, 0]
    assert Run.objects.filter(kind="repair").count() == 1
    first, rest = AutoRepair.objects.order_by("pk")
    assert (first.run, rest.events) == (run, 2)
    assert rest.why == f"The plan of run {run.pk} knows of it."


@pytest.mark.parametrize("mode", ["off", "propose"])
def test_a_site_whose_policy_leaves_the_grid_out_is_only_told(world, mode):
    set_policy(
        site=world.site,
        mode=RepairPolicy.Mode(mode),
        follows_grid=False,
        quiet_s=5,
        wait_s=60,
        most_moved_racks=5,
        most_late_cents=0,
        author="Ruth Okafor",
        actor="user:7",
    )
    the_grid_asks(world.site)

    # With repairs of every fact on, a grid event is one of them.
    assert started() == (mode == "propose")


def test_an_optimization_under_way_makes_way_for_a_cap_that_is_near(world):
    run = request_run(scenario=a_base_scenario(world.site), by=None, actor="user:7")
    claim(run.pk, "worker:1")
    the_grid_asks(world.site)

    assert started() == 0

    run.refresh_from_db()
    assert run.is_stopping


def test_the_plan_after_the_signal_keeps_the_cap_and_what_it_shed_is_on_record(world):
    # 1,200 kW leave 200 for two soaks of 137 at the bay, cooling on top.
    event = the_grid_asks(world.site)

    publication = put_in_force(repaired())

    plan = publication.plan
    problem, schedule = load_problem(plan), load_schedule(plan)
    assert breaches(problem, schedule) == ()
    kinds = {phase.kind for step in schedule.steps for phase in step.phases}
    assert PhaseKind.DERATED in kinds or PhaseKind.STANDBY in kinds
    rows = Shed.objects.filter(event=event, plan=plan)
    assert {row.action for row in rows} <= {"derated", "paused"}
    assert {row.actor for row in rows} == {"user:7"}
    assert sum(row.saved_w for row in rows) > 0
    told = Event.objects.get(kind="grid.shed")
    assert told.after["racks"] == rows.values("rack").distinct().count()
    assert told.summary.startswith("Evening peak: ")


def test_flexible_orders_give_way_first(world):
    flexible, firm = world.racks
    other = Order.objects.get(pk=firm.order_id)
    other.pk, other.number, other.service_class = None, "FLEX", "flexible"
    other.save()
    flexible.order = other
    flexible.save()
    event = the_grid_asks(world.site)

    put_in_force(repaired())

    least = {
        row.rack.serial: row.saved_w
        for row in Shed.objects.filter(event=event).order_by("saved_w")
    }
    assert least.get(firm.serial, 0) < least[flexible.serial]


def test_a_soak_that_ran_derated_has_the_lost_minutes_still_to_do(world, time_machine):
    the_grid_asks(world.site)
    put_in_force(repaired())
    plan = Plan.objects.get(publication__number=2)
    problem, schedule = load_problem(plan), load_schedule(plan)
    time_machine.move_to(NOW + 3 * HOUR, tick=False)

    later = a_snapshot(world.site, as_of=quarter_of(NOW + 3 * HOUR))

    for one in world.racks:
        (soak,) = [
            step
            for step in schedule.steps
            if (step.rack, step.step) == (one.serial, "SOAK")
        ]
        worked = sum(
            (min(phase.end, 180) - phase.start)
            * {"work": 100, "derated": phase.percent}.get(phase.kind, 0)
            // 100
            for phase in soak.phases
            if phase.start < 180
        )
        left = rack(later, one.serial).progress.running.remaining
        was = rack_of(problem, one.serial).progress.running.remaining
        assert left == was - worked


def test_a_soak_on_standby_waits_for_room_when_planned_anew(world, time_machine):
    # 100 kW are left: the lowest level takes 92, standby of the other 12.
    the_grid_asks(world.site, cap_w=1_105_000, hours=12)
    put_in_force(repaired())
    schedule = load_schedule(Plan.objects.get(publication__number=2))
    paused = [
        (step.rack, phase)
        for step in schedule.steps
        for phase in step.phases
        if phase.kind is PhaseKind.STANDBY
    ]
    (serial, standby), *_ = paused
    at = NOW + timedelta(minutes=standby.start + 20)
    time_machine.move_to(at, tick=False)
    later = a_snapshot(world.site, as_of=at)

    found = solve(later.problem, time_limit_s=0.2)

    one = rack(later, serial)
    assert one.progress.running is None
    assert one.progress.bay
    (event,) = later.problem.curtailments
    (soak,) = [
        step
        for step in found.schedule.steps
        if (step.rack, step.step) == (serial, "SOAK")
    ]
    assert soak.start >= event.end
    own = next(t for t in later.problem.templates if t.key == one.template)
    resume = later.problem.soak.resume
    was = rack_of(load_problem(Plan.objects.get(publication__number=2)), serial)
    blocks = 120
    assert own.steps[one.progress.done].work == (
        was.progress.running.remaining - blocks + resume
    )
    assert [
        one for one in breaches(later.problem, found.schedule) if one.kind == "made"
    ] == []


def rack_of(problem, serial):
    return next(one for one in problem.racks if one.key == serial)


def test_a_cap_called_off_asks_for_a_repair_too(world):
    event = the_grid_asks(world.site)
    put_in_force(repaired())

    call_off(event=event, actor="user:7")

    assert started() == 1
