"""An ERP reads promise dates in order, and a second client starts runs."""

from datetime import date

import pytest
from django.utils import timezone

from factory.models import Order
from journal.api.ids import opaque
from scheduling.models import CustomerPromise, Run, Study
from tests.builders.api import Caller
from tests.builders.scheduling import a_base_scenario, a_promise, a_stored_plan
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site with live data."""
    made = a_small_world()
    a_base_scenario(made.site)
    return made


def promise(order: Order, number: int, day: int) -> CustomerPromise:
    """Return one revision of an order's promise."""
    reason = "" if number == 1 else "Site power is full until Thu 05:00."
    return a_promise(
        order,
        date(2026, 12, day),
        number=number,
        reason=reason,
        made_at=timezone.now(),
    )


def test_promise_dates_come_in_the_order_made_and_go_on_from_a_cursor(
    world: World,
) -> None:
    made = [promise(world.order, 1, 4), promise(world.order, 2, 6)]
    erp = Caller(sensitive_data=True)

    first = erp.get("promise-dates", limit=1).json()
    second = erp.get("promise-dates", cursor=first["next"]).json()
    third = erp.get("promise-dates", cursor=second["next"]).json()

    assert [item["id"] for item in first["items"]] == [opaque("prm", made[0].pk)]
    assert first["has_more"] is True
    assert second["items"][0]["promise_date"] == "2026-12-06"
    assert second["items"][0]["reason"] == "Site power is full until Thu 05:00."
    assert second["has_more"] is False
    assert third == {"items": [], "next": second["next"], "has_more": False}


def test_a_run_is_accepted_at_once_with_the_address_that_tells_of_it(
    world: World,
) -> None:
    planner = Caller(code_execution=True)

    answer = planner.post("runs", {"site": world.site.code, "time_limit_s": 5})

    assert answer.status_code == 202
    run = Run.objects.get()
    number = opaque("run", run.pk)
    assert answer.headers["Operation-Location"] == f"/api/v1/runs/{number}"
    assert planner.get(f"runs/{number}").json()["state"] == "queued"
    assert [one["id"] for one in planner.get("runs").json()["items"]] == [number]


def test_a_second_run_is_a_conflict_while_the_first_has_not_ended(
    world: World,
) -> None:
    planner = Caller(code_execution=True)
    planner.post("runs", {"site": world.site.code})

    answer = planner.post("runs", {"site": world.site.code})

    assert answer.status_code == 409
    assert answer.json()["code"] == "run_unfinished"
    assert Run.objects.count() == 1


def test_a_queued_run_is_cancelled_at_once_and_only_once(world: World) -> None:
    planner = Caller(code_execution=True)
    number = planner.post("runs", {"site": world.site.code}).json()["id"]

    assert planner.post(f"runs/{number}:cancel").json()["state"] == "cancelled"
    assert planner.post(f"runs/{number}:cancel").status_code == 409


@pytest.mark.parametrize(
    "number", ["0", "run_999", "x", "run_" + "1" * 40, "run_-1", "٣"]
)
def test_a_run_that_is_not_there_is_404(world: World, number: str) -> None:
    planner = Caller(code_execution=True)

    answer = planner.get(f"runs/{number}")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_plans_study_is_asked_for_and_found_where_the_answer_says(
    world: World,
) -> None:
    plan = a_stored_plan(world.site)
    solver, reader = Caller(code_execution=True), Caller(sensitive_data=True)
    address = f"plans/{opaque('plan', plan.pk)}/studies"

    answer = solver.post(address, {})

    assert answer.status_code == 202
    assert answer.json()["state"] == "requested"
    where = answer.headers["Operation-Location"].removeprefix("/api/v1/")
    assert reader.get(where).json()["state"] == "requested"
    assert Study.objects.get().plan_id == plan.pk
    assert reader.post(address, {}).status_code == 403
    assert solver.post("plans/plan_zz/studies", {}).status_code == 404


def test_an_unknown_site_is_named(world: World) -> None:
    answer = Caller(code_execution=True).post("runs", {"site": "nowhere"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == (
        "There is no site nowhere with live data."
    )
