"""A repair is a run: asked for from page, API and command, and told in its notes."""

from datetime import timedelta

import pytest
from django.urls import reverse

from scheduling.engine.repair import Favour, repair
from scheduling.engine.solve import solve
from scheduling.errors import NothingToRepairError
from scheduling.models import Plan, Run
from scheduling.services import runs
from scheduling.services.publish import publish
from scheduling.snapshot.take import take
from scheduling.storage import store_plan
from scheduling.worker import execute, solver_of
from tests.builders.factory import NOW
from tests.builders.reading import a_reader, words
from tests.builders.runs import a_claimed_run, a_run
from tests.builders.scheduling import a_base_scenario
from tests.builders.scheduling import a_run as a_done_run
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


def put_in_force(site):
    """Publish an optimized plan of a site's live data."""
    scenario = a_base_scenario(site)
    snapshot = take(scenario, as_of=NOW)
    outcome = solve(snapshot.problem, time_limit_s=10, max_moves=20)
    plan = store_plan(
        run=a_done_run(site),
        token=1,
        snapshot=snapshot,
        schedule=outcome.schedule,
        bound_cents=0,
    )
    return publish(plan=plan, by=None, actor="system", expected_previous=None)


def test_a_repair_of_nothing_is_refused(world):
    with pytest.raises(NothingToRepairError, match="nothing to repair"):
        runs.request_run(
            scenario=a_base_scenario(world.site),
            by=None,
            actor="user:7",
            kind=Run.Kind.REPAIR,
        )

    assert not Run.objects.exists()


def test_the_page_offers_a_repair_once_a_plan_is_in_force(world):
    planner = a_reader(world.site)
    before = words(planner.get(reverse("control")))
    put_in_force(world.site)

    after = words(planner.get(reverse("control")))

    assert "Repair in seconds" not in before
    assert "Repair in seconds" in after


def test_the_button_asks_for_a_short_repair(world):
    put_in_force(world.site)

    a_reader(world.site).post(
        reverse("runs"),
        {"kind": "repair", "favour": "moves", "may_move_frozen": "on"},
    )

    run = Run.objects.latest("pk")
    assert (run.kind, run.favour, run.time_limit_s) == ("repair", "moves", 5)
    assert run.may_move_frozen


def test_a_favour_without_a_repair_is_left_aside(world):
    a_base_scenario(world.site)

    a_reader(world.site).post(
        reverse("runs"), {"time_limit_s": "60", "favour": "moves"}
    )

    run = Run.objects.get()
    assert (run.kind, run.favour) == ("optimize", "balance")


def test_a_repair_run_stores_a_plan_that_moves_nothing_when_nothing_changed(world):
    publication = put_in_force(world.site)
    run, lease = a_claimed_run(
        scenario=a_base_scenario(world.site), kind="repair", time_limit_s=1, as_of=NOW
    )

    execute(lease)

    run.refresh_from_db()
    mended = Plan.objects.get(run=run)
    was = publication.plan.planned_steps.order_by("rack", "starts_at")
    now = mended.planned_steps.order_by("rack", "starts_at")
    assert run.state == Run.State.SUCCEEDED, run.error
    assert mended.moved_cents == 0
    assert [*now.values_list("rack", "step", "bay", "starts_at")] == [
        *was.values_list("rack", "step", "bay", "starts_at")
    ]
    assert "could stay where published" in run.notes
    assert "Fewest moved" in words(
        a_reader(world.site).get(reverse("run", args=[run.pk]))
    )


def test_a_run_searches_as_it_asks():
    mending = solver_of(a_run(kind="repair", favour="promises", may_move_frozen=True))
    optimizing = solver_of(a_run(started_at=NOW + timedelta(0)))

    assert mending.func is repair
    assert mending.keywords == {
        "favour": Favour.PROMISES,
        "may_move_frozen": True,
        "start": None,
    }
    assert optimizing.func is solve
    assert optimizing.keywords == {"may_move_frozen": False, "helpers": None}
