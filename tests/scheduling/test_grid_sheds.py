"""From the signal to the record: one repair, a plan under the cap, and what it shed."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

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
from scheduling.queries.grid import tiers_of
from scheduling.services.auto_repair import GATHER, set_policy, settle, start_due
from scheduling.services.grid import announce, call_off, contract_of
from scheduling.services.runs import claim, fail, request_run
from scheduling.worker import execute
from tests.builders.factory import NOW
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import (
    a_base_scenario,
    a_snapshot,
    a_stored_plan,
    rack,
)
from tests.builders.soaking import HOUR, a_soaking_world, put_in_force
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db
QUIET = timedelta(seconds=5)
REPAIRS = "Automatic repairs"


@pytest.fixture(autouse=True)
def present(time_machine):
    return time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    """Return a site with two racks in soak since an hour, and a plan in force."""
    world = a_soaking_world()
    put_in_force(a_stored_plan(world.site))
    return world


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


def started(after=QUIET):
    """Start what is due a while after the last fact, as the dispatcher does."""
    sequence(1_000)
    consume(GATHER, limit=1_000)
    gathering = AutoRepair.objects.filter(state=AutoRepair.State.GATHERING)
    gathering.update(first_at=F("first_at") - after, last_at=F("last_at") - after)
    return start_due()


def repaired():
    assert started() == 1
    run = Run.objects.get(state=Run.State.QUEUED)
    assert run.may_move_frozen
    assert run.favour == Run.Favour.PROMISES
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


def test_the_first_signal_waits_a_second_and_those_on_its_heels_for_quiet(world):
    second = timedelta(seconds=1)
    the_grid_asks(world.site)
    asked = [started(0 * second), started(second)]
    execute(claim(Run.objects.get(kind="repair").pk, "worker:1"))
    settle()
    for number in range(49):
        the_grid_asks(world.site, 1_100_000 - 1_000 * number)
    asked += [started(second), started(3 * second), started(second)]

    assert asked == [0, 1, 0, 0, 1]
    first, rest = AutoRepair.objects.order_by("pk")
    assert (first.events, rest.events) == (1, 49)


def test_a_storm_of_the_grid_is_answered_within_twenty_seconds(world):
    the_grid_asks(world.site)
    asked = [started()]
    execute(claim(Run.objects.get(kind="repair").pk, "worker:1"))
    settle()
    for second in range(0, 21, 4):
        the_grid_asks(world.site, 1_100_000 - 1_000 * second)
        asked.append(started(timedelta(0)))
        AutoRepair.objects.filter(state=AutoRepair.State.GATHERING).update(
            first_at=NOW - timedelta(seconds=second + 4)
        )

    assert asked == [1, 0, 0, 0, 0, 0, 1]


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


def test_what_two_caps_ask_for_together_is_given_up_once(world):
    the_grid_asks(world.site)
    second = the_grid_asks(world.site, cap_w=1_250_000, hours=8)

    put_in_force(repaired())

    rows = list(Shed.objects.values_list("rack", "action", "starts_at"))
    assert rows
    assert len(rows) == len(set(rows))
    assert not Shed.objects.filter(event=second, starts_at__lt=NOW + 6 * HOUR).exists()


def test_nothing_is_shed_for_an_event_that_the_plan_does_not_know(world):
    known = the_grid_asks(world.site)
    plan = repaired()
    the_grid_asks(world.site, hours=9)

    put_in_force(plan)

    assert set(Shed.objects.values_list("event", flat=True)) == {known.pk}


def test_a_delay_counts_once_however_many_things_a_rack_gives_up(world):
    event = the_grid_asks(world.site)
    plan = put_in_force(repaired()).plan
    one = world.racks[0]
    Shed.objects.all().delete()
    for action in ("held", "derated"):
        Shed.objects.create(
            event=event,
            plan=plan,
            rack=one,
            order=one.order,
            action=action,
            step="SOAK",
            starts_at=NOW,
            ends_at=NOW + HOUR,
            saved_w=1_000,
            delay_min=720,
            actor="user:7",
        )

    tiers = tiers_of(world.site, contract_of(world.site), None)

    assert (tiers.firm_days, tiers.flexible_days) == (0.5, 0)


def test_the_page_says_what_was_shed_by_whom_and_whose_promise_it_breaks(world):
    the_grid_asks(world.site)
    put_in_force(repaired(), by=a_user("planner", site=world.site))
    Shed.objects.update(is_promise_broken=True)

    head, *rows = table(a_reader(world.site).get(reverse("grid")), "What was shed")

    assert "plan 2, by Robin Ito" in head[0]
    assert f"breaks its promise to {world.order.customer.name}" in head[0]
    assert {row[1] for row in rows} == {world.order.customer.name}


def test_the_page_says_what_became_of_the_repair_that_the_grid_started(world):
    planner = a_reader(world.site)
    the_grid_asks(world.site)
    said = [words(planner.get(reverse("grid")))]
    plan = repaired()
    said.append(words(planner.get(reverse("grid"))))
    settle()
    said.append(words(planner.get(reverse("grid"))))
    put_in_force(plan)
    said.append(words(planner.get(reverse("grid"))))

    under_way, waits = "looks for a plan under the caps", "waits for you"
    assert [under_way in one for one in said] == [False, True, False, False]
    assert [waits in one for one in said] == [False, False, True, False]
    row = AutoRepair.objects.get()
    told = Event.objects.get(kind="auto_repair.waiting")
    assert all(name in row.why for name in told.after["customers"])
    ((_, state, _),) = table(planner.get(reverse("repair_policy")), REPAIRS)
    assert state.startswith("Plan 2 in force")


def test_a_repair_that_found_nothing_says_why_and_can_be_asked_for_again(world):
    planner, desk = a_reader(world.site), a_reader(world.site, "energy_desk")
    the_grid_asks(world.site)
    started()
    run = Run.objects.get(state=Run.State.QUEUED)
    lease = claim(run.pk, "worker:1")
    fail(lease=lease, code="no_plan", sentences=("Site power: 9 kW over.",))
    settle()

    pages = [words(one.get(reverse("grid"))) for one in (planner, desk)]

    for page in pages:
        assert "No plan under the caps was found" in page
        assert "Site power: 9 kW over." in page
    assert ["Repair again" in page for page in pages] == [True, False]


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
