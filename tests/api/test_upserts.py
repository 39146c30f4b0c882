"""Writing one object by its external id, and many in few queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from factory.models import Order, StockLot
from journal.api.resources import Resource
from journal.models import Event
from scheduling.api.resources import UPSERTS
from suppliers.models import PurchaseOrderLine
from tests.api.test_orders import an_item
from tests.api.test_purchase_orders import a_line, a_push
from tests.builders.api import Caller
from tests.builders.factory import a_customer
from tests.builders.suppliers import a_supplier
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site with a customer and a supplier."""
    a_customer("nordvik")
    a_supplier(code="tessaline")
    return a_small_world()


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write."""
    return Caller(sensitive_data=True)


def one_order(world: World, **fields: Any) -> dict[str, Any]:
    """Return an order without its external id."""
    item = an_item(world, **fields)
    item.pop("external_id")
    return item


def test_a_put_creates_then_changes_then_leaves(world: World, erp: Caller) -> None:
    answers = [
        erp.put("orders/erp:SO-9", one_order(world)),
        erp.put("orders/erp:SO-9", one_order(world, revision=2, quantity=3)),
        erp.put("orders/erp:SO-9", one_order(world, revision=2, quantity=3)),
        erp.put("orders/erp:SO-9", one_order(world, revision=1)),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert [answer.headers["Rackline-Outcome"] for answer in answers] == [
        "created",
        "updated",
        "unchanged",
        "stale",
    ]
    assert answers[3].json() == erp.get("orders/erp:SO-9").json()


def test_a_put_on_another_version_is_412_and_changes_nothing(
    world: World, erp: Caller
) -> None:
    old = erp.put("orders/erp:SO-9", one_order(world)).headers["ETag"]
    erp.put("orders/erp:SO-9", one_order(world, revision=2, quantity=3))

    answer = erp.put(
        "orders/erp:SO-9",
        one_order(world, revision=3, quantity=5),
        headers={"If-Match": old},
    )

    assert (answer.status_code, answer.json()["code"]) == (412, "changed_since")
    assert Order.objects.get(number="CO-9001").quantity == 3


def test_a_dry_put_says_what_would_be_and_stores_nothing(
    world: World, erp: Caller
) -> None:
    answer = erp.put("orders/erp:SO-9?dry_run=true", one_order(world))

    assert answer.headers["Rackline-Outcome"] == "created"
    assert answer.json()["number"] == "CO-9001"
    assert not Order.objects.filter(number="CO-9001").exists()


@pytest.mark.parametrize("key", ["sap:SO-9", "rackline:SO-9", "SO-9", "erp:"])
def test_a_client_writes_its_own_systems_ids_alone(
    world: World, erp: Caller, key: str
) -> None:
    answer = erp.put(f"orders/{key}", one_order(world))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/key"
    assert not Order.objects.filter(number="CO-9001").exists()


def test_a_put_that_cannot_hold_points_to_the_member(world: World, erp: Caller) -> None:
    order = a_push(world, lines=[a_line(world, part="GHOST")])
    order.pop("external_id")

    answer = erp.put("purchase-orders/erp:4500-1", order)

    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "/lines/0/part",
        "code": "purchase_order_refused",
        "detail": "Line 10: there is no part GHOST.",
    }


def test_the_same_id_twice_in_one_request_fails_the_second(
    world: World, erp: Caller
) -> None:
    answer = erp.post(
        "orders:bulk-upsert?atomic=false",
        {"orders": [an_item(world), an_item(world, quantity=5)]},
    )

    assert [one["outcome"] for one in answer.json()["results"]] == ["created", "failed"]
    assert Order.objects.get(number="CO-9001").quantity == 2


def pushes(world: World, orders: int, **line: Any) -> list[dict[str, Any]]:
    """Return purchase orders of five lines each."""
    return [
        a_push(
            world,
            external_id=f"PO-{number}",
            revision=line.get("quantity", 1),
            lines=[a_line(world, number=place, **line) for place in range(1, 6)],
        )
        for number in range(orders)
    ]


@pytest.mark.parametrize("step", ["created", "updated", "unchanged"])
def test_a_chunk_asks_as_often_for_two_orders_as_for_ten(
    world: World, erp: Caller, step: str
) -> None:
    counts = []
    for orders in (2, 10):
        body = {"purchase_orders": pushes(world, orders)}
        if step != "created":
            erp.post("purchase-orders:bulk-upsert", body)
        if step == "updated":
            body = {"purchase_orders": pushes(world, orders, quantity=40 + orders)}
        events = Event.objects.count()
        with CaptureQueriesContext(connection) as queries:
            answer = erp.post("purchase-orders:bulk-upsert", body)
        summary = answer.json()["summary"]
        if step == "unchanged":
            assert Event.objects.count() == events
        assert summary[step] >= orders - 2, summary
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 40
    assert PurchaseOrderLine.objects.for_staff().count() == 50


WRITTEN = sorted(UPSERTS, key=lambda resource: resource.name)


def an_example(world: World, resource: Resource) -> dict[str, Any]:
    """Return an item as in the contract, about what the small world has."""
    node, bay = world.bays[0].node, world.bays[0]
    codes = {
        "site": world.site.code,
        "rack_model": world.model.code,
        "customer": "nordvik",
        "supplier": "tessaline",
        "part": world.parts["SENSOR"].code,
    }
    own = {
        "power-nodes": {"code": node.code},
        "power-bays": {"code": bay.code},
        "sites": {"code": world.site.code},
        "grid-events": {
            "starts_at": (timezone.now() + timedelta(days=1)).isoformat(),
            "ends_at": (timezone.now() + timedelta(days=1, hours=3)).isoformat(),
        },
    }
    item = dict(UPSERTS[resource].example)
    item |= {name: code for name, code in codes.items() if name in item}
    if resource.name == "boms":
        item["lines"] = [
            {"part": part.code, "quantity": 7, "consumed_at": "PREP"}
            for part in world.parts.values()
        ]
    elif "lines" in item:
        item["lines"] = [line | {"part": codes["part"]} for line in item["lines"]]
    return item | own.get(resource.name, {})


@pytest.mark.parametrize("resource", WRITTEN, ids=lambda resource: resource.name)
def test_what_is_stated_is_kept_named_and_told_once(
    world: World, erp: Caller, resource: Resource
) -> None:
    item = an_example(world, resource)
    address, body = f"{resource.name}:bulk-upsert", {resource.member: [item]}
    item["revision"] = 7

    dry = erp.post(f"{address}?dry_run=true", body).json()["results"]
    first = erp.post(address, body).json()["results"]
    events = Event.objects.count()
    again = erp.post(address, body).json()["results"]
    item["revision"] = 6
    stale = erp.post(address, body).json()["results"]

    is_set_up = resource.name in {"boms", "power-bays", "power-nodes", "sites"}
    expected = "updated" if is_set_up or resource.name == "suppliers" else "created"
    outcomes = [one[0]["outcome"] for one in (dry, first, again, stale)]
    assert outcomes == [expected, expected, "unchanged", "stale"], first
    assert Event.objects.count() == events
    shown = erp.get(f"{resource.name}/erp:{item['external_id']}").json()
    assert shown["id"] == first[0]["id"]
    assert shown["external_ids"] == {"erp": item["external_id"]}


def test_a_code_that_another_id_holds_is_refused(world: World, erp: Caller) -> None:
    part = {"code": "CP-9", "name": "Plate"}
    erp.put("parts/erp:1", part)

    answer = erp.put("parts/erp:2", part)

    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "/code",
        "code": "code_taken",
        "detail": "Part CP-9 is erp:1 already.",
    }


def test_a_name_taken_fails_that_item_alone(world: World, erp: Caller) -> None:
    supplier = {"name": "One name", "region": "Taiwan"}
    items = [
        supplier | {"external_id": code, "code": code} for code in ("first", "second")
    ]

    answer = erp.post("suppliers:bulk-upsert?atomic=false", {"suppliers": items})

    results = answer.json()["results"]
    assert [one["outcome"] for one in results] == ["created", "failed"]
    assert results[1]["errors"][0]["code"] == "collides"


def test_a_lot_never_holds_less_than_was_issued(world: World, erp: Caller) -> None:
    lot = {
        "site": world.site.code,
        "part": world.parts["SENSOR"].code,
        "lot": "L-1",
        "quantity": 10,
        "received_at": "2026-11-12T23:00:00Z",
    }
    erp.put("stock/erp:L-1", lot)
    StockLot.objects.filter(lot="L-1").update(issued=6)

    answer = erp.put("stock/erp:L-1", lot | {"quantity": 5})

    assert answer.json()["errors"][0]["detail"] == "Lot L-1: 6 issued, 5 stated."
    assert StockLot.objects.get(lot="L-1").quantity == 10


def test_a_push_makes_no_power_node(world: World, erp: Caller) -> None:
    node = {"site": world.site.code, "code": "H9", "limit_w": 1}

    answer = erp.put("power-nodes/erp:H9", node)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "unknown_object"


def test_a_malformed_item_fails_alone_unless_all_or_none_is_asked(
    world: World, erp: Caller
) -> None:
    wrong = an_item(world, external_id="SO-10", quantity="many", colour="red")
    orders = [wrong, [], an_item(world)]

    each = erp.post("orders:bulk-upsert?atomic=false&dry_run=true", {"orders": orders})
    some = erp.post("orders:bulk-upsert?atomic=false", {"orders": orders})
    none = erp.post("orders:bulk-upsert", {"orders": orders})

    assert (some.status_code, some.json()["stored"]) == (200, True)
    results = some.json()["results"]
    assert [one["outcome"] for one in results] == ["failed", "failed", "created"]
    assert [one["outcome"] for one in each.json()["results"]] == [
        one["outcome"] for one in results
    ]
    assert (results[0]["index"], results[0]["external_id"]) == (0, "SO-10")
    assert results[0]["errors"] == [
        {
            "pointer": "/colour",
            "code": "invalid",
            "detail": "This field is not known here.",
        }
    ]
    assert none.status_code == 400
    assert "/orders/0/colour" in {one["pointer"] for one in none.json()["errors"]}
