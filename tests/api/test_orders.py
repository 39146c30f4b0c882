"""An ERP pushes orders: created once, changed, refused in one sentence."""

from typing import Any

import pytest

from factory.models import Order, Unit
from journal.api.ids import opaque
from journal.models import Event
from tests.builders.api import Caller
from tests.builders.factory import a_customer
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site with a customer."""
    a_customer("nordvik")
    return a_small_world()


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write orders."""
    return Caller(sensitive_data=True)


def an_item(world: World, **fields: Any) -> dict[str, Any]:
    """Return a valid order of two racks."""
    return {
        "external_id": "SO-9",
        "revision": 1,
        "number": "CO-9001",
        "customer": "nordvik",
        "site": world.site.code,
        "rack_model": world.model.code,
        "quantity": 2,
        "requested_date": "2026-12-11",
        "received_at": "2026-11-01T10:00:00Z",
    } | fields


def test_a_pushed_order_is_created_with_its_racks_and_one_event(
    world: World, erp: Caller
) -> None:
    answer = erp.post("orders:bulk-upsert", {"orders": [an_item(world)]})

    assert answer.status_code == 200
    order = Order.objects.get(number="CO-9001")
    number = opaque("ord", order.pk)
    assert answer.json()["results"] == [
        {"index": 0, "external_id": "SO-9", "id": number, "outcome": "created"}
    ]
    assert [rack.serial for rack in order.racks.order_by("serial")] == [
        "CO-9001-01",
        "CO-9001-02",
    ]
    event = Event.objects.get(kind="order.created")
    assert event.actor == f"client:{erp.client.pk}"


def test_the_same_order_again_is_unchanged_and_leaves_no_event(
    world: World, erp: Caller
) -> None:
    erp.post("orders:bulk-upsert", {"orders": [an_item(world)]})
    events = Event.objects.count()

    answer = erp.post("orders:bulk-upsert", {"orders": [an_item(world)]})

    assert answer.json()["summary"]["unchanged"] == 1
    assert Event.objects.count() == events


def test_a_lower_revision_is_stale_and_changes_nothing(
    world: World, erp: Caller
) -> None:
    erp.post("orders:bulk-upsert", {"orders": [an_item(world, revision=5)]})

    answer = erp.post(
        "orders:bulk-upsert", {"orders": [an_item(world, revision=4, quantity=9)]}
    )

    assert answer.json()["summary"]["stale"] == 1
    assert Order.objects.get(number="CO-9001").quantity == 2


def test_more_and_fewer_racks_add_and_cancel_the_last(
    world: World, erp: Caller
) -> None:
    erp.post("orders:bulk-upsert", {"orders": [an_item(world)]})

    erp.post("orders:bulk-upsert", {"orders": [an_item(world, revision=2, quantity=4)]})
    erp.post("orders:bulk-upsert", {"orders": [an_item(world, revision=3, quantity=1)]})

    order = Order.objects.get(number="CO-9001")
    living = order.racks.exclude(state=Unit.State.CANCELLED)
    assert [rack.serial for rack in living] == ["CO-9001-01"]
    kinds = order.changes.order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["increase", "decrease"]


def test_racks_in_work_are_never_cancelled_by_a_push(world: World, erp: Caller) -> None:
    erp.post("orders:bulk-upsert", {"orders": [an_item(world)]})
    Unit.objects.filter(order__number="CO-9001").update(state=Unit.State.IN_WORK)

    answer = erp.post(
        "orders:bulk-upsert", {"orders": [an_item(world, revision=2, cancelled=True)]}
    )

    assert answer.status_code == 422
    (fault,) = answer.json()["results"][0]["errors"]
    assert fault["detail"] == "CO-9001: 2 racks are in work or shipped, 0 asked for."
    assert Order.objects.get(number="CO-9001").state == Order.State.OPEN


def test_atomic_stores_none_when_one_fails_and_says_which(
    world: World, erp: Caller
) -> None:
    bad = an_item(world, external_id="SO-10", number="", customer="nobody")

    answer = erp.post("orders:bulk-upsert", {"orders": [an_item(world), bad]})

    assert answer.status_code == 422
    assert answer.json()["stored"] is False
    assert answer.json()["results"][1]["errors"] == [
        {
            "pointer": "/customer",
            "code": "order_refused",
            "detail": "There is no customer nobody.",
        }
    ]
    assert not Order.objects.filter(system="erp").exists()


def test_without_atomic_the_good_ones_are_stored(world: World, erp: Caller) -> None:
    bad = an_item(world, external_id="SO-10", number="", rack_model="none")

    answer = erp.post(
        "orders:bulk-upsert?atomic=false", {"orders": [an_item(world), bad]}
    )

    assert answer.status_code == 200
    assert answer.json()["summary"]["created"] == 1
    assert Order.objects.filter(system="erp").count() == 1


def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    world: World, erp: Caller
) -> None:
    answer = erp.post("orders:bulk-upsert?dry_run=true", {"orders": [an_item(world)]})

    assert answer.json()["results"][0]["outcome"] == "created"
    assert answer.json()["stored"] is False
    assert not Order.objects.filter(number="CO-9001").exists()
    assert not Event.objects.filter(kind="order.created").exists()


def test_a_number_taken_by_another_order_is_refused(world: World, erp: Caller) -> None:
    taken = world.order.number

    answer = erp.post("orders:bulk-upsert", {"orders": [an_item(world, number=taken)]})

    assert answer.status_code == 422
    assert answer.json()["results"][0]["errors"][0]["detail"] == (
        f"Order number {taken} is taken by another order."
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 0),
        ("quantity", 501),
        ("quantity", 10**30),
        ("external_id", "x" * 81),
        ("external_id", "a\0b"),
        ("external_id", "\ud800"),
        ("requested_date", "11/12/2026"),
        ("received_at", "yesterday"),
        ("service_class", "vip"),
        ("revision", -1),
        ("surprise", 1),
    ],
)
def test_a_value_out_of_range_is_named_and_nothing_is_stored(
    world: World, erp: Caller, field: str, value: Any
) -> None:
    answer = erp.post(
        "orders:bulk-upsert", {"orders": [an_item(world, **{field: value})]}
    )

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == f"/orders/0/{field}"
    assert not Order.objects.filter(system="erp").exists()
