"""An ERP pushes purchase orders: each line asks a supplier for a commitment."""

from typing import Any

import pytest

from journal.models import Event
from suppliers.models import Commitment, PurchaseOrder, PurchaseOrderLine
from tests.builders.api import Caller
from tests.builders.suppliers import a_supplier
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site with a supplier."""
    a_supplier(code="tessaline")
    return a_small_world()


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write purchase orders."""
    return Caller(sensitive_data=True)


def a_push(world: World, **fields: Any) -> dict[str, Any]:
    """Return a valid purchase order of one line."""
    return {
        "external_id": "4500-1",
        "revision": 1,
        "supplier": "tessaline",
        "site": world.site.code,
        "ordered_at": "2026-11-01T10:00:00Z",
        "lines": [a_line(world)],
    } | fields


def a_line(world: World, **fields: Any) -> dict[str, Any]:
    """Return a valid line of 29 sensors."""
    return {
        "number": 10,
        "part": world.parts["SENSOR"].code,
        "quantity": 29,
        "need_by": "2026-12-01",
    } | fields


def push(erp: Caller, *orders: dict[str, Any]) -> dict[str, Any]:
    """Push and return the answer."""
    answer = erp.post("purchase-orders:bulk-upsert", {"purchase_orders": list(orders)})
    body: dict[str, Any] = answer.json()
    return body


def test_a_new_line_asks_for_a_commitment_and_its_supplier_sees_the_event(
    world: World, erp: Caller
) -> None:
    answer = push(erp, a_push(world))

    assert answer["summary"]["created"] == 1
    commitment = Commitment.objects.for_staff().get(
        line__purchase_order__number="4500-1"
    )
    assert commitment.state == Commitment.State.REQUESTED
    event = Event.objects.get(kind="purchase_order.created")
    supplier = PurchaseOrder.objects.for_staff().get(number="4500-1").supplier
    assert event.scope == supplier.scope


def test_the_same_push_again_changes_nothing(world: World, erp: Caller) -> None:
    push(erp, a_push(world))
    events = Event.objects.count()

    answer = push(erp, a_push(world))

    assert answer["summary"]["unchanged"] == 1
    assert Event.objects.count() == events


def test_a_changed_line_is_updated_and_its_commitment_stays(
    world: World, erp: Caller
) -> None:
    push(erp, a_push(world))

    answer = push(
        erp, a_push(world, revision=2, lines=[a_line(world, need_by="2026-12-05")])
    )

    assert answer["summary"]["updated"] == 1
    line = PurchaseOrderLine.objects.for_staff().get(purchase_order__number="4500-1")
    assert line.need_by.isoformat() == "2026-12-05"
    assert Commitment.objects.for_staff().filter(line=line).count() == 1


def test_less_than_was_received_is_refused(world: World, erp: Caller) -> None:
    push(erp, a_push(world))
    PurchaseOrderLine.objects.for_staff().update(received=20)

    answer = push(erp, a_push(world, revision=2, lines=[a_line(world, quantity=19)]))

    assert answer["results"][0]["errors"][0]["detail"] == (
        "Line 10: 20 received, 19 asked for."
    )
    assert PurchaseOrderLine.objects.for_staff().get().quantity == 29


def test_an_unknown_part_is_named(world: World, erp: Caller) -> None:
    answer = push(erp, a_push(world, lines=[a_line(world, part="GHOST")]))

    assert answer["results"][0]["errors"][0]["detail"] == (
        "Line 10: there is no part GHOST."
    )
    assert not PurchaseOrder.objects.for_staff().exists()


def test_a_line_number_given_twice_is_refused(world: World, erp: Caller) -> None:
    twice = a_push(world, lines=[a_line(world), a_line(world)])

    answer = erp.post("purchase-orders:bulk-upsert", {"purchase_orders": [twice]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/purchase_orders/0/lines"
