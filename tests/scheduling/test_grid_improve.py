"""A proposal under a cap is improved after it was shown, as long as it waits."""

from dataclasses import replace

import pytest
from django.db.models import F
from django.urls import reverse

from factory.models import Order
from journal.api.ids import opaque
from journal.cursors import consume
from journal.models import Event
from journal.sequencing import sequence
from journal.wording import counted
from scheduling.engine.problem import ResourceKind
from scheduling.engine.profile import constant
from scheduling.engine.repair import repair
from scheduling.errors import ReplacedPlanError, RunUnfinishedError
from scheduling.models import AutoRepair, GridEvent, Plan, Run
from scheduling.services.auto_repair import GATHER, GRID_WAIT, settle, start_due
from scheduling.services.grid import announce
from scheduling.services.runs import claim, request_run
from scheduling.services.scenarios import create_scenario
from scheduling.worker import execute
from tests.builders.api import Caller
from tests.builders.factory import NOW
from tests.builders.reading import a_reader, words
from tests.builders.runs import a_scenario
from tests.builders.scheduling import a_base_scenario, a_stored_plan
from tests.builders.soaking import HOUR, a_soaking_world, put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    return time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    """Return a site with two racks in soak since an hour, and a plan in force."""
    world = a_soaking_world()
    # As soon as can be: the plan in force promises the day it ships.
    Order.objects.filter(pk=world.order.pk).update(requested_date=NOW.date())
    put_in_force(a_stored_plan(world.site))
    return world


def the_grid_asks(site, name="Evening peak"):
    event = GridEvent(
        site=site,
        name=name,
        starts_at=NOW,
        ends_at=NOW + 6 * HOUR,
        cap_w=1_200_000,
    )
    return announce(event=event, actor="client:3")


def started():
    """Start what is due a while after the last fact, as the dispatcher does."""
    sequence(1_000)
    consume(GATHER, limit=1_000)
    gathering = AutoRepair.objects.filter(state=AutoRepair.State.GATHERING)
    gathering.update(first_at=F("first_at") - GRID_WAIT)
    return start_due()


def clumsy(problem, **options):
    """Repair as if the cap never ended: a plan under the cap, but a poor one."""
    resources = tuple(
        replace(one, capacity=constant(one.capacity.at(60)))
        if one.kind is ResourceKind.SITE
        else one
        for one in problem.resources
    )
    return quick(replace(problem, resources=resources), **options)


def quick(problem, **options):
    """Repair with a few moves, however long it may take."""
    return repair(problem, max_moves=100, **options)


def done(solver):
    """Do the run that waits, as a worker does."""
    run = Run.objects.get(state=Run.State.QUEUED)
    execute(claim(run.pk, "worker:1"), solver)
    run.refresh_from_db()
    return run


@pytest.fixture
def proposal(world):
    """Return a poor proposal that breaks a promise and waits for a planner."""
    the_grid_asks(world.site)
    assert started() == 1
    plan = Plan.objects.get(run=done(clumsy))
    settle()
    assert AutoRepair.objects.get().state == AutoRepair.State.WAITING
    return plan


def test_a_better_plan_found_later_takes_the_proposals_place(world, proposal):
    planner = a_reader(world.site)
    page = words(planner.get(reverse("grid")))
    run = done(quick)
    for _ in range(2):
        settle()

    better = Plan.objects.get(run=run)
    row = AutoRepair.objects.get()
    assert run.improves == proposal
    assert "A further search looks for a plan" in page
    assert better.broken_cents < proposal.broken_cents
    assert (row.run, row.state) == (run, AutoRepair.State.WAITING)
    said = f"Improved since: it keeps {counted(1, 'promise')} more."
    assert row.why.startswith(said)
    assert Event.objects.filter(kind="auto_repair.waiting").count() == 2
    assert said.replace("\xa0", " ") in words(planner.get(reverse("grid")))
    with pytest.raises(ReplacedPlanError):
        put_in_force(proposal)
    assert put_in_force(better).number == 2


def test_a_worker_goes_on_from_the_proposal(proposal):
    Run.objects.filter(improves=proposal).update(as_of=NOW, time_limit_s=1)
    run = done(solver=None)

    assert run.state == Run.State.SUCCEEDED, run.error
    assert Plan.objects.get(run=run).broken_cents < proposal.broken_cents


def test_what_is_no_better_is_not_stored(proposal):
    before = AutoRepair.objects.get()
    run = done(clumsy)
    settle()

    after = AutoRepair.objects.get()
    assert (run.state, run.improves) == (Run.State.SUCCEEDED, proposal)
    assert run.notes.startswith("Nothing better than the proposal was found.")
    assert not Plan.objects.filter(run=run).exists()
    assert (after.run, after.why) == (before.run, before.why)
    assert not Run.objects.unfinished().exists()


@pytest.mark.parametrize("is_running", [False, True])
def test_a_published_proposal_is_not_improved(proposal, is_running):
    run = Run.objects.get(improves=proposal)
    lease = claim(run.pk, "worker:1") if is_running else None
    put_in_force(proposal)
    settle()
    if lease is not None:
        execute(lease, quick)
    settle()

    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert not Plan.objects.filter(run=run).exists()
    assert AutoRepair.objects.get().run == proposal.run


def test_a_plan_that_comes_just_after_the_publication_is_not_stored(proposal):
    run = Run.objects.get(improves=proposal)
    lease = claim(run.pk, "worker:1")
    put_in_force(proposal)
    execute(lease, quick)

    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED
    assert run.notes.startswith("The proposal it was to improve waits no longer.")
    assert not Plan.objects.filter(run=run).exists()


def test_a_further_search_makes_way_for_the_next_signal(world, proposal):
    the_grid_asks(world.site, name="Night peak")

    assert started() == 1
    assert Run.objects.get(improves=proposal).state == Run.State.CANCELLED


def test_a_further_search_makes_way_for_a_planner_and_keeps_its_best(world, proposal):
    lease = claim(Run.objects.get(improves=proposal).pk, "worker:1")
    planner = a_reader(world.site)
    page = words(planner.get(reverse("control")))
    planner.post(reverse("runs"), {"kind": "optimize", "time_limit_s": 20})
    asked = Run.objects.get(kind=Run.Kind.OPTIMIZE, state=Run.State.QUEUED)
    waiting = list(Run.objects.to_send(again_after=GRID_WAIT))
    execute(lease, quick)

    run = Run.objects.get(improves=proposal)
    assert "Optimize" in page
    assert "Watch run" not in page
    assert waiting == []
    assert run.state == Run.State.CANCELLED
    assert run.plan.broken_cents < proposal.broken_cents
    assert list(Run.objects.to_send(again_after=GRID_WAIT)) == [asked]


@pytest.mark.parametrize("asked", ["run", "scenario", "study"])
def test_a_further_search_makes_way_for_an_api_client(world, proposal, asked):
    claim(Run.objects.get(improves=proposal).pk, "worker:1")
    what_if = create_scenario(
        site=world.site, name="As it is", adjustments=[], by=None, actor="user:7"
    )
    path, body = {
        "run": ("runs", {"site": world.site.code}),
        "scenario": ("runs", {"scenario": opaque("sc", what_if.pk)}),
        "study": (f"plans/{opaque('plan', proposal.pk)}/studies", {}),
    }[asked]
    answer = Caller(code_execution=True).post(path, body)

    assert answer.status_code == 202
    assert Run.objects.get(improves=proposal).is_stopping


def test_a_further_search_goes_on_while_another_site_is_planned(proposal):
    request_run(scenario=a_scenario(), by=None, actor="user:7")

    assert Run.objects.going().filter(improves=proposal).exists()


def test_of_two_who_ask_the_second_is_told_of_the_first(world, proposal):
    asked = {"scenario": a_base_scenario(world.site), "by": None, "actor": "user:7"}
    run = request_run(**asked)

    with pytest.raises(RunUnfinishedError) as refusal:
        request_run(**asked)
    assert refusal.value.run == run.pk
