"""A client publishes what it has previewed, and nothing else."""

from datetime import timedelta

import pytest

from scheduling.models import CustomerPromise, Publication
from scheduling.services.publish import publish
from tests.builders.api import Caller
from tests.builders.factory import NOW
from tests.builders.scheduling import a_plan, a_run, a_what_if
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    world = a_small_world()
    first = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))
    publish(plan=first, by=None, actor="system", expected_previous=None)
    return world


@pytest.fixture
def erp():
    return Caller(sensitive_data=True)


def late(world):
    return a_plan(world.site, dict.fromkeys(world.racks, NOW + 16 * DAY))


def key_of(erp):
    """Return the API's id of the newest plan."""
    return erp.get("plans").json()["items"][-1]["id"]


def test_what_was_previewed_is_published_with_each_reason(world, erp):
    late(world)
    plan = key_of(erp)
    preview = erp.get(f"plans/{plan}:preview")
    body = {"ack_broken": [{"order": world.order.number, "reason": "Told by phone."}]}

    answer = erp.post(
        f"plans/{plan}:publish", body, headers={"If-Match": preview.headers["ETag"]}
    )

    (order,) = preview.json()["orders"]
    assert (order["order"], order["is_broken"]) == (world.order.number, True)
    assert answer.status_code == 200
    assert answer.json()["publication"] == 2
    promise = CustomerPromise.objects.order_by("-number")[0]
    assert promise.reason == "Told by phone."


def test_a_broken_promise_without_a_signature_is_named(world, erp):
    late(world)
    plan = key_of(erp)
    etag = erp.get(f"plans/{plan}:preview").headers["ETag"]

    answer = erp.post(f"plans/{plan}:publish", {}, headers={"If-Match": etag})

    assert answer.status_code == 409
    assert answer.json()["code"] == "broken_promises_unacknowledged"
    assert [one["order"] for one in answer.json()["broken"]] == [world.order.number]
    assert Publication.objects.count() == 1


def test_without_a_preview_nothing_is_published_and_an_old_one_is_refused(world, erp):
    late(world)
    plan = key_of(erp)
    old = erp.get(f"plans/{plan}:preview").headers["ETag"]
    other = a_plan(world.site, dict.fromkeys(world.racks, NOW + 9 * DAY))
    publish(plan=other, by=None, actor="system", expected_previous=1)

    assert erp.post(f"plans/{plan}:publish", {}).status_code == 428
    answer = erp.post(f"plans/{plan}:publish", {}, headers={"If-Match": old})
    assert answer.status_code == 412
    assert Publication.objects.count() == 2


def test_a_what_ifs_plan_has_no_preview(world, erp):
    scenario = a_what_if(world.site)
    a_plan(
        world.site,
        dict.fromkeys(world.racks, NOW + 9 * DAY),
        run=a_run(world.site, scenario=scenario),
    )

    answer = erp.get(f"plans/{key_of(erp)}:preview")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_live_plan")
