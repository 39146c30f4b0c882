"""A move is asked about over the API and by the plan page; asking changes nothing."""

from datetime import timedelta

import pytest
from django.urls import reverse

from journal.api.ids import opaque
from scheduling.models import Plan
from scheduling.queries import moves
from tests.builders.api import Caller
from tests.builders.factory import NOW
from tests.builders.reading import a_reader
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    return a_small_world()


@pytest.fixture
def plan(world: World) -> Plan:
    return a_stored_plan(world.site)


def a_body(plan: Plan, **fields: object) -> dict[str, object]:
    """Return a question about the last rack's last step, where it stands."""
    last = plan.planned_steps.select_related("rack", "step").latest("ends_at")
    return {
        "rack": last.rack.serial,
        "step": last.step.code,
        "starts_at": last.starts_at.isoformat(),
    } | fields


def test_a_step_may_stay_where_it_is(plan):
    answer = Caller(sensitive_data=True).post(
        f"plans/{opaque('plan', plan.pk)}:check-move", a_body(plan)
    )

    assert answer.status_code == 200
    assert answer.json()["is_ok"] is True
    assert answer.json()["breaches"] == []
    assert "can start" in answer.json()["sentence"]


def test_a_broken_limit_is_named_with_its_sentence(plan):
    body = a_body(plan)
    first = plan.planned_steps.filter(rack__serial=body["rack"]).earliest("starts_at")

    answer = Caller(sensitive_data=True).post(
        f"plans/{opaque('plan', plan.pk)}:check-move",
        body | {"starts_at": first.starts_at.isoformat()},
    )

    found = answer.json()
    assert found["is_ok"] is False
    assert found["sentence"] == found["breaches"][0]["sentence"]
    assert "order" in {one["rule"] for one in found["breaches"]}


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("rack", "R-NONE", 409),
        ("step", "NOTHING", 409),
        ("bay", "Z99", 409),
        ("starts_at", "9999-12-31T23:59:00Z", 409),
        ("starts_at", "0001-01-01T00:00:00Z", 409),
        ("starts_at", "soon", 400),
        ("odd", 1, 400),
    ],
)
def test_a_bad_question_is_answered_in_words(plan, field, value, status):
    answer = Caller(sensitive_data=True).post(
        f"plans/{opaque('plan', plan.pk)}:check-move", a_body(plan, **{field: value})
    )

    assert answer.status_code == status


def test_a_second_question_reads_no_plan_again(plan, django_assert_num_queries):
    last = plan.planned_steps.select_related("rack", "step").latest("ends_at")
    wanted = {
        "rack": last.rack.serial,
        "step": last.step.code,
        "starts_at": last.starts_at + timedelta(days=1),
    }
    first = moves.check_move(plan, **wanted)

    with django_assert_num_queries(0):
        assert moves.check_move(plan, **wanted) == first


@pytest.mark.django_db(transaction=True)
def test_a_plan_looked_at_is_ready_before_the_first_question(
    plan, settings, django_assert_num_queries
):
    settings.PREPARES_MOVES = True
    last = plan.planned_steps.select_related("rack", "step").latest("ends_at")
    moves._prepared.clear()
    moves._added_up.cache_clear()

    thread = moves.prepare(plan)
    thread.join()

    with django_assert_num_queries(0):
        moves.check_move(
            plan,
            rack=last.rack.serial,
            step=last.step.code,
            starts_at=last.starts_at,
        )
    assert moves.prepare(plan) is None


def test_the_plan_page_asks_without_changing_anything(world, plan):
    before = Plan.objects.get(pk=plan.pk).objective_cents
    page = a_reader(world.site)
    where = reverse("plan_move", args=[plan.pk])

    good = page.get(where, a_body(plan))
    bad = page.get(where, {"rack": "R"})
    unknown = page.get(where, a_body(plan, rack="R-NONE"))

    assert good.json()["is_ok"] is True
    assert (bad.status_code, unknown.status_code) == (400, 409)
    assert "starts_at" in bad.json()["error"]
    assert Plan.objects.get(pk=plan.pk).objective_cents == before


def test_a_plan_of_another_site_is_not_found(plan):
    other = a_small_world()

    answer = a_reader(other.site).get(
        reverse("plan_move", args=[plan.pk]), a_body(plan)
    )

    assert answer.status_code == 404
