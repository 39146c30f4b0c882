"""Moving by hand: pinned with a reason, mended from there, taken back step by step."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from factory.models import PowerBay
from journal.models import Event
from scheduling.models import Pin, Plan, PlanEdit, PlannedStep, Run
from scheduling.queries.edits import MOST_EDITS
from scheduling.services.publish import publish
from scheduling.services.runs import claim
from scheduling.snapshot.take import take
from scheduling.worker import execute
from tests.builders.factory import NOW, an_outage, records_until
from tests.builders.reading import signed_in, words
from tests.builders.scheduling import (
    a_base_scenario,
    a_pin,
    a_plan,
    a_running_run,
    a_snapshot,
    a_stored_plan,
    rack,
)
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def user(world):
    return a_user("planner", site=world.site)


@pytest.fixture
def planner(user):
    return signed_in(user)


@pytest.fixture
def plan(world):
    found = a_stored_plan(world.site)
    publish(plan=found, by=None, actor="system", expected_previous=None)
    return found


def a_stay(plan, serial):
    """Return the first step of a rack's stay in a bay."""
    return (
        PlannedStep.objects.select_related("step", "bay")
        .filter(plan=plan, rack__serial=serial, bay__isnull=False)
        .earliest("starts_at")
    )


def a_wish(plan, serial, later=9 * DAY, **fields):
    stay = a_stay(plan, serial)
    return {
        "rack": serial,
        "step": stay.step.code,
        "starts_at": (stay.starts_at + later).isoformat(),
        "bay": "",
        "reason": "The customer visits.",
        "may_move_frozen": "on",
    } | fields


def move(planner, plan, wish):
    return planner.post(reverse("move", args=[plan.pk]), wish)


def work_off():
    """Do what a worker does with the run that waits."""
    run = Run.objects.get(state=Run.State.QUEUED)
    Run.objects.filter(pk=run.pk).update(as_of=NOW)
    execute(claim(run.pk, "worker:1"))
    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED, run.error
    return Plan.objects.get(run=run)


def starts(plan):
    rows = PlannedStep.objects.filter(plan=plan).order_by("rack", "starts_at")
    return [*rows.values_list("rack", "step", "bay", "starts_at")]


def test_a_move_is_a_pin_with_a_reason_and_the_mended_plan_keeps_it(
    world, planner, plan, user
):
    serial = world.racks[0].serial
    wish = a_wish(plan, serial)

    answer = move(planner, plan, wish)

    edit = PlanEdit.objects.get()
    assert answer.status_code == 302
    assert f"mending={edit.run_id}" in answer.headers["Location"]
    pin = Pin.objects.in_force().get()
    assert (pin.rack, pin.reason, pin.by) == (
        world.racks[0],
        "The customer visits.",
        user,
    )
    assert pin.starts_at.isoformat() == wish["starts_at"]
    assert Event.objects.get(kind="pin.made").after["reason"] == pin.reason
    mended = work_off()
    assert a_stay(mended, serial).starts_at == pin.starts_at
    assert a_stay(mended, serial).bay == pin.bay
    assert mended.moved_racks == 1
    said = words(planner.get(reverse("plan"), {"mending": edit.run_id}))
    assert "Mended. 1 rack moved" in said
    assert "Pinned every plan keeps these" in said


def test_undo_brings_the_plan_back_as_it_was_and_redo_the_move(world, planner, plan):
    before = starts(plan)
    move(planner, plan, a_wish(plan, world.racks[0].serial))
    moved = starts(work_off())

    planner.post(reverse("plan_steps"), {"to": "0"})
    back = starts(work_off())
    planner.post(reverse("plan_steps"), {"to": "1"})
    again = work_off()

    assert back == before
    assert starts(again) == moved
    assert Pin.objects.in_force().count() == 1
    said = words(planner.get(reverse("plan"), {"plan": again.pk}))
    assert "Your steps" in said
    assert "Back to here" in said


def test_two_steps_are_taken_back_at_once_and_a_new_one_ends_redoing(
    world, planner, plan
):
    first, second = world.racks[0].serial, world.racks[1].serial
    before = starts(plan)
    move(planner, plan, a_wish(plan, first))
    move(planner, work_off(), a_wish(plan, second, later=14 * DAY))
    work_off()

    planner.post(reverse("plan_steps"), {"to": "0"})
    back = work_off()
    restored = starts(back)
    move(planner, back, a_wish(plan, second, later=15 * DAY))
    newest = work_off()
    refused = planner.post(reverse("plan_steps"), {"to": "2"}, follow=True)

    assert restored == before
    assert PlanEdit.objects.filter(dropped_at__isnull=False).count() == 2
    assert "There is no such step" in words(refused)
    assert a_stay(newest, second).starts_at == a_stay(plan, second).starts_at + 15 * DAY


def test_an_unpinned_rack_is_free_again(world, planner, plan):
    move(planner, plan, a_wish(plan, world.racks[0].serial))
    work_off()
    pin = Pin.objects.get()

    planner.post(reverse("pin_release", args=[pin.pk]))
    again = planner.post(reverse("pin_release", args=[pin.pk]), follow=True)

    pin.refresh_from_db()
    assert not pin.is_in_force
    assert pin.released_by.startswith("user:")
    assert rack(a_snapshot(world.site), world.racks[0].serial).pins == ()
    assert "still at work" in words(again)
    work_off()
    done = planner.post(reverse("pin_release", args=[pin.pk]), follow=True)
    assert "released already" in words(done)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"starts_at": (NOW - HOUR).isoformat()}, "outside the plan"),
        ({"starts_at": "9999-12-31T23:59"}, "outside the plan"),
        ({"starts_at": "soon"}, "Say day and time"),
        ({"bay": "Z99"}, "Select a valid choice"),
        ({"step": "NOTHING"}, "Select a valid choice"),
        ({"reason": ""}, "whoever reads the plan will ask"),
        ({"reason": "x" * 301}, "at most 300"),
        ({"may_move_frozen": "", "later": HOUR}, "frozen fence"),
    ],
)
def test_a_bad_wish_is_told_and_nothing_is_kept(world, planner, plan, change, sentence):
    later = change.pop("later", 9 * DAY)
    wish = a_wish(plan, world.racks[0].serial, later=later) | change

    answer = move(planner, plan, wish)

    assert answer.status_code == 409
    assert sentence in words(answer)
    assert words(answer).count("outside the plan") <= 1  # said once, not twice
    assert not Pin.objects.exists()
    assert not Run.objects.filter(towards__isnull=False).exists()


def test_a_bay_out_of_service_takes_nobody(world, planner):
    closed = world.bays[1]
    PowerBay.objects.filter(pk=closed.pk).update(limit_w=1)
    plan = a_stored_plan(world.site)

    answer = move(planner, plan, a_wish(plan, world.racks[0].serial, bay=closed.code))

    assert answer.status_code == 409
    assert "It cannot be there." in words(answer)
    assert not Pin.objects.exists()


def test_a_finished_step_stays_where_it_was(world, planner):
    serial = world.racks[0].serial
    done, following = world.model.steps.order_by("op").values_list("code", flat=True)[
        :2
    ]
    records_until(world.racks[0], following)
    plan = a_stored_plan(world.site)
    wish = a_wish(plan, serial, step=done)

    answer = move(planner, plan, wish)
    asked = planner.get(
        reverse("plan_move", args=[plan.pk]),
        {name: wish[name] for name in ("rack", "step", "starts_at")},
    )

    assert answer.status_code == 409
    assert "Select a valid choice" in words(answer)
    assert asked.status_code == 409
    assert asked.json()["error"] == f"{serial} has no step {done} ahead."
    assert not Pin.objects.exists()


def test_a_bay_that_is_out_takes_nobody_until_it_is_back(world, planner):
    closed = world.bays[1]
    back = NOW + 20 * DAY
    an_outage(world.site, bay=closed, ends_at=back)
    plan = a_stored_plan(world.site)
    serial = world.racks[0].serial
    wish = a_wish(plan, serial, bay=closed.code, check="1")

    during = move(planner, plan, wish)
    after = move(planner, plan, wish | {"starts_at": (back + DAY).isoformat()})
    kept = move(planner, plan, {k: v for k, v in wish.items() if k != "check"})

    assert "It cannot be there." in words(during)
    assert closed.code in words(during)
    assert "can start" in words(after)
    assert kept.status_code == 409
    assert not Pin.objects.exists()


def test_who_is_frozen_gives_way_only_when_that_is_said_too(world, planner, plan):
    first, second = sorted(
        (a_stay(plan, one.serial) for one in world.racks[:2]),
        key=lambda one: one.starts_at,
    )
    assert first.starts_at < NOW + 7 * DAY
    wish = a_wish(
        plan,
        second.rack.serial,
        starts_at=first.starts_at.isoformat(),
        bay=first.bay.code,
        may_push="on",
        may_move_frozen="",
    )

    refused = move(planner, plan, wish)
    moved = move(planner, plan, wish | {"may_move_frozen": "on"})

    assert refused.status_code == 409
    assert "frozen fence" in words(refused)
    assert moved.status_code == 302
    assert Pin.objects.in_force().get().rack == second.rack


def test_who_would_give_way_is_named_before_and_moves_when_that_is_said(
    world, planner, plan
):
    first, second = (a_stay(plan, one.serial) for one in world.racks[:2])
    wish = a_wish(
        plan,
        world.racks[0].serial,
        starts_at=second.starts_at.isoformat(),
        bay=second.bay.code,
    )
    assert first.bay != second.bay

    asked = move(planner, plan, wish)
    pushed = move(planner, plan, wish | {"may_push": "on"})

    assert asked.status_code == 409
    assert f"{world.racks[1].serial} would have to give way" in words(asked)
    assert pushed.status_code == 302
    mended = work_off()
    assert a_stay(mended, world.racks[0].serial).bay == second.bay
    now = a_stay(mended, world.racks[1].serial)
    assert (now.bay, now.starts_at) != (second.bay, second.starts_at)
    assert mended.moved_racks == 2


def test_a_plan_replaced_a_second_ago_is_not_worked_on(world, planner, plan):
    older = a_stored_plan(world.site)
    newest = a_stored_plan(world.site)

    answer = move(planner, older, a_wish(plan, world.racks[0].serial))

    assert answer.status_code == 409
    assert f"plan {newest.pk} has replaced it" in words(answer)
    assert not Pin.objects.exists()


def test_while_a_run_is_at_work_nothing_is_moved(world, planner, plan):
    run = a_running_run(world.site)

    answer = move(planner, plan, a_wish(plan, world.racks[0].serial))

    assert f"Run {run.pk} is still at work" in words(answer)
    assert not Pin.objects.exists()


def test_another_planners_pin_is_not_undone_with_ones_own(world, planner, plan):
    move(planner, plan, a_wish(plan, world.racks[0].serial))
    work_off()
    pin = Pin.objects.get()
    Pin.objects.filter(pk=pin.pk).update(released_at=NOW, released_by="user:9")
    a_pin(pin.rack, step=pin.step, starts_at=NOW + 20 * DAY)

    answer = planner.post(reverse("plan_steps"), {"to": "0"}, follow=True)

    assert "by somebody else since" in words(answer)
    assert Pin.objects.in_force().get().starts_at == NOW + 20 * DAY


def test_the_form_works_by_itself_and_says_what_it_would_do(world, planner, plan):
    serial = world.racks[0].serial

    page = planner.get(reverse("move", args=[plan.pk]), {"rack": serial})
    checked = move(planner, plan, a_wish(plan, serial, later=DAY, check="1"))
    gone = planner.get(reverse("move", args=[plan.pk]), {"rack": "NONE"}, follow=True)

    assert f"Where should {serial} be?" in words(page)
    assert "can start" in words(page)
    assert checked.status_code == 200
    assert not Pin.objects.exists()
    assert "The plan has no rack NONE." in words(gone)


@pytest.mark.slow
def test_a_hundred_steps_are_walked_back_and_forth(world, planner, plan):
    serial = world.racks[0].serial
    newest, wanted = plan, []
    for number in range(MOST_EDITS):
        wish = a_wish(plan, serial, later=9 * DAY + number * HOUR)
        move(planner, newest, wish)
        newest = mended(plan)
        wanted.append(wish["starts_at"])

    back = [walk_to(planner, plan, stand) for stand in reversed(range(MOST_EDITS))]
    beyond = planner.post(reverse("plan_steps"), {"to": "-1"}, follow=True)
    forth = [walk_to(planner, plan, stand + 1) for stand in range(MOST_EDITS)]

    assert back == [*reversed(wanted[:-1]), None]
    assert "0 to 100" in words(beyond)
    assert forth == wanted


def walk_to(planner, plan, stand):
    """Let so many steps stand; return where the rack is pinned then."""
    planner.post(reverse("plan_steps"), {"to": str(stand)})
    mended(plan)
    pin = Pin.objects.in_force().first()
    return pin and pin.starts_at.isoformat()


def mended(plan):
    """End the run that waits with a plan that holds what another held."""
    run = Run.objects.get(state=Run.State.QUEUED)
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.SUCCEEDED, started_at=NOW, ended_at=NOW
    )
    stored = {"problem": plan.problem, "schedule": plan.schedule}
    return a_plan(plan.run.scenario.site, {}, run=run, **stored)


def test_steps_back_to_nowhere_are_told(planner, plan):
    for wanted in ("0", "7", "-1", "many", "9" * 30):
        answer = planner.post(reverse("plan_steps"), {"to": wanted}, follow=True)

        assert answer.status_code == 200
        assert "steps shall stand" in words(answer) or "no such step" in words(answer)
    assert plan.pk


def test_a_pin_that_has_passed_holds_nothing(world):
    a_pin(world.racks[0], starts_at=NOW - HOUR)
    a_pin(world.racks[1], starts_at=NOW + DAY, bay=world.bays[1])

    snapshot = take(a_base_scenario(world.site), as_of=NOW)

    assert rack(snapshot, world.racks[0].serial).pins == ()
    (pin,) = rack(snapshot, world.racks[1].serial).pins
    assert (pin.start, pin.bay) == (1_440, f"bay:{world.bays[1].code}")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reason": ""}, "pin_says_why"),
        ({"released_by": "user:1"}, "pin_released_by_somebody"),
        ({}, "pin_one_a_step"),
    ],
)
def test_a_pin_is_whole(world, fields, constraint):
    a_pin(world.racks[0])
    about = world.racks[0] if constraint == "pin_one_a_step" else world.racks[1]

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        a_pin(about, **fields)

    # SQLite names the columns of a unique constraint, PostgreSQL the constraint.
    assert constraint in str(refused.value) or "rack_id" in str(refused.value)
