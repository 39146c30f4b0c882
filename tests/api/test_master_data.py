"""Bills and sites by the rules of the import; what is deleted leaves a tombstone."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from factory.models import BomLine, CoolingLoop, Order, Part, PowerNode, StockLot
from journal.models import Event, Reference
from journal.sequencing import sequence
from tests.builders.api import Caller
from tests.builders.factory import a_bay, a_part, a_site
from tests.builders.suppliers import a_supplier
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a small site whose racks are built of FRAME and SENSOR, both at PREP."""
    return a_small_world(stocked=False)


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write."""
    return Caller(sensitive_data=True)


def a_bill(world: World, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the bill of the world's model as an ERP states it."""
    return {"rack_model": world.model.code, "lines": list(lines)} | fields


def line(part: Part, **fields: Any) -> dict[str, Any]:
    """Return a line of a bill, on rack level unless it names a parent."""
    place = {} if "parent" in fields else {"consumed_at": "PREP"}
    return {"part": part.code, "quantity": 1} | place | fields


def test_a_bill_is_stated_whole_and_what_it_leaves_out_goes(
    world: World, erp: Caller
) -> None:
    frame, seal = world.parts["FRAME"], a_part()
    bill = a_bill(
        world, line(frame, quantity=2), line(seal, parent=frame.code, quantity=4)
    )

    first = erp.put("boms/erp:B-1", bill | {"revision": 3})
    again = erp.put("boms/erp:B-1", bill | {"revision": 3})
    stale = erp.put("boms/erp:B-1", a_bill(world, line(seal)) | {"revision": 2})

    outcomes = [one.headers["Rackline-Outcome"] for one in (first, again, stale)]
    assert outcomes == ["updated", "unchanged", "stale"], first.content
    assert first.json()["external_ids"] == {"erp": "B-1"}
    kept = BomLine.objects.values_list("part__code", "parent__code", "quantity")
    assert sorted(kept, key=str) == sorted(
        [(frame.code, None, 2), (seal.code, frame.code, 4)], key=str
    )
    event = Event.objects.get(kind="bom.changed")
    gone = {one["part"] for one in event.before["lines"]}
    assert gone == {frame.code, world.parts["SENSOR"].code}


def test_a_bill_that_cannot_hold_is_refused_by_name_and_the_others_kept(
    world: World, erp: Caller
) -> None:
    first, second = world.parts["FRAME"], world.parts["SENSOR"]
    before = set(BomLine.objects.values_list("pk", flat=True))
    round_about = [
        line(first, parent=second.code),
        line(second, parent=first.code),
    ]
    wrong = [
        a_bill(world, *round_about),
        a_bill(world, line(first), line(first)),
        a_bill(world, line(first, consumed_at="NOWHERE")),
        a_bill(world, line(first, parent=first.code)),
        a_bill(world, line(first, consumed_at=None)),
        a_bill(world, line(first) | {"part": "GHOST"}),
        a_bill(world, line(first), rack_model="GHOST"),
    ]

    answer = erp.post(
        "boms:bulk-upsert?atomic=false",
        {
            "boms": [
                one | {"external_id": f"B-{place}"} for place, one in enumerate(wrong)
            ]
        },
    )

    faults = [one["errors"][0] for one in answer.json()["results"]]
    assert [fault["pointer"] for fault in faults] == [
        "/lines",
        "/lines/1/part",
        "/lines/0/consumed_at",
        "/lines/0/parent",
        "/lines/0/consumed_at",
        "/lines/0/part",
        "/rack_model",
    ]
    a, b = sorted((first.code, second.code))
    assert f"{a} → {b} → {a}" in faults[0]["detail"]
    assert "the routing of" in faults[2]["detail"]
    assert set(BomLine.objects.values_list("pk", flat=True)) == before
    assert not Event.objects.filter(kind="bom.changed").exists()
    assert not Reference.objects.exists()


def test_a_site_takes_what_is_said_and_keeps_the_rest(
    world: World, erp: Caller
) -> None:
    code = world.site.code
    was = erp.get(f"sites/rackline:{code}").json()

    answer = erp.put("sites/erp:PL-1", {"code": code, "contracted_import_w": 4_400_000})

    changed = {"contracted_import_w": 4_400_000, "external_ids": {"erp": "PL-1"}}
    assert answer.json() == was | changed


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"zone": "Mars/Olympus"}, "unknown_zone"),
        ({"frozen_days": 99}, "fences_crossed"),
        ({"code": "GHOST"}, "unknown_object"),
    ],
)
def test_a_site_that_could_not_be_planned_is_refused(
    world: World, erp: Caller, said: dict[str, Any], code: str
) -> None:
    answer = erp.put("sites/erp:PL-1", {"code": world.site.code} | said)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code
    assert not Event.objects.filter(kind="site.changed").exists()


def feed_after(erp: Caller, cursor: str) -> list[dict[str, Any]]:
    """Return what the feed hands out after a cursor."""
    sequence(limit=1_000)
    items: list[dict[str, Any]] = erp.get("events", cursor=cursor).json()["items"]
    return items


def test_what_is_deleted_is_gone_and_leaves_a_tombstone(
    world: World, erp: Caller
) -> None:
    shown = erp.put("parts/erp:10", {"code": "CP-9", "name": "Plate"}).json()
    cursor = erp.get("events:baseline").json()["cursor"]

    tried = erp.delete("parts/erp:10?dry_run=true")
    kept = erp.get("parts/erp:10").status_code
    gone = erp.delete("parts/erp:10")
    again = erp.delete("parts/erp:10")

    assert (tried.status_code, kept) == (204, 200)
    assert (gone.status_code, gone.content, again.status_code) == (204, b"", 404)
    items = [one for one in feed_after(erp, cursor) if one["op"] == "delete"]
    assert [(one["kind"], one["object"]["id"]) for one in items] == [
        ("part.deleted", shown["id"])
    ]
    assert items[0]["before"] == {"code": "CP-9", "external_ids": {"erp": "10"}}
    assert erp.put("parts/erp:10", {"code": "CP-9", "name": "Plate"}).status_code == 201


def test_what_others_rest_on_stays_and_says_why(world: World, erp: Caller) -> None:
    part = world.parts["FRAME"]
    erp.put("parts/erp:10", {"code": part.code, "name": "Frame"})
    events = Event.objects.count()

    answer = erp.delete("parts/erp:10")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert "1\N{NO-BREAK SPACE}bom line" in answer.json()["detail"]
    assert Part.objects.filter(pk=part.pk).exists()
    assert Event.objects.count() == events
    assert erp.get("parts/erp:10").status_code == 200


def test_a_delete_decided_on_another_version_is_412(world: World, erp: Caller) -> None:
    old = erp.put("parts/erp:10", {"code": "CP-9", "name": "Plate"}).headers["ETag"]
    erp.put("parts/erp:10", {"code": "CP-9", "name": "Cold plate", "revision": 1})

    answer = erp.delete("parts/erp:10", headers={"If-Match": old})

    assert (answer.status_code, answer.json()["code"]) == (412, "changed_since")
    assert Part.objects.filter(code="CP-9").exists()


def test_lots_and_suppliers_are_deleted_alike(world: World, erp: Caller) -> None:
    a_supplier(code="tessaline")
    supplier = {"code": "tessaline", "name": "Tessaline", "region": "Taiwan"}
    erp.put("suppliers/erp:V-1", supplier)
    lot = {
        "site": world.site.code,
        "part": world.parts["FRAME"].code,
        "lot": "L-1",
        "quantity": 10,
        "received_at": "2026-11-12T23:00:00Z",
    }
    erp.put("stock/erp:L-1", lot)

    answers = [erp.delete("stock/erp:L-1"), erp.delete("suppliers/erp:V-1")]

    assert [one.status_code for one in answers] == [204, 204]
    assert not StockLot.objects.exists()
    kinds = Event.objects.filter(kind__endswith=".deleted").values_list(
        "kind", flat=True
    )
    assert sorted(kinds) == ["stock_lot.deleted", "supplier.deleted"]


def test_sites_nodes_and_bays_are_deleted_once_nothing_rests_on_them(
    erp: Caller,
) -> None:
    bay = a_bay(a_site(code="X"), code="B1")
    erp.put("sites/erp:S", {"code": "X"})
    erp.put("power-bays/erp:B", {"site": "X", "code": "B1", "limit_w": bay.limit_w})
    code = bay.node.code
    erp.put("power-nodes/erp:N", {"site": "X", "code": code, "limit_w": 9_000_000})

    used = [erp.delete(key) for key in ("sites/erp:S", "power-nodes/erp:N")]
    sequence(limit=1_000)
    cursor = erp.get("events:baseline").json()["cursor"]
    gone = [erp.delete(key) for key in ("power-bays/erp:B", "power-nodes/erp:N")]
    CoolingLoop.objects.filter(site__code="X").delete()
    for node in PowerNode.objects.filter(site__code="X").order_by("-pk"):
        node.delete()
    gone.append(erp.delete("sites/erp:S"))

    assert [(one.status_code, one.json()["code"]) for one in used] == [
        (409, "in_use")
    ] * 2
    assert "power node" in used[0].json()["detail"]
    assert used[1].json()["detail"].endswith("is used by 1\N{NO-BREAK SPACE}power bay.")
    assert [one.status_code for one in gone] == [204] * 3, gone[-1].content
    told = [(one["kind"], one["op"]) for one in feed_after(erp, cursor)]
    assert told == [
        ("power_bay.deleted", "delete"),
        ("power_node.deleted", "delete"),
        ("site.deleted", "delete"),
    ]


def test_a_bill_is_deleted_once_no_rack_is_to_be_built_of_it(
    world: World, erp: Caller
) -> None:
    model = world.model.code
    erp.put("boms/erp:B-1", a_bill(world, line(world.parts["FRAME"])))
    key = erp.get("boms/erp:B-1").json()["id"]

    used = erp.delete("boms/erp:B-1")
    Order.objects.update(state="cancelled")
    sequence(limit=1_000)
    cursor = erp.get("events:baseline").json()["cursor"]
    gone = erp.delete("boms/erp:B-1")

    assert (used.status_code, used.json()["code"]) == (409, "in_use")
    assert "1\N{NO-BREAK SPACE}order to build" in used.json()["detail"]
    assert gone.status_code == 204
    assert erp.get(f"boms/{key}").status_code == 404
    assert erp.get(f"boms/rackline:{model}").status_code == 404
    (told,) = feed_after(erp, cursor)
    assert (told["kind"], told["op"], told["object"]["id"]) == (
        "bom.deleted",
        "delete",
        key,
    )
    assert told["before"]["external_ids"] == {"erp": "B-1"}
    again = erp.put("boms/erp:B-1", a_bill(world, line(world.parts["FRAME"])))
    assert again.headers["Rackline-Outcome"] == "created"


def test_what_an_administrator_changes_and_deletes_is_in_the_feed(
    client: Any, erp: Caller
) -> None:
    client.force_login(User.objects.create_superuser("root"))
    part = a_part()
    fields = {
        name: getattr(part, name)
        for name in ("code", "revision", "unit", "trace", "owner", "price_cents")
    }
    inlines = {
        f"alternates-{name}": 0
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")
    }
    change = reverse("admin:factory_part_change", args=[part.pk])
    client.post(change, fields | inlines | {"name": "Another name"})
    client.post(reverse("admin:factory_part_delete", args=[part.pk]), {"post": "yes"})

    cursor = erp.get("events:baseline").json()["cursor"]
    told = [(one["kind"], one["op"]) for one in feed_after(erp, cursor)]
    assert told == [("part.changed", "upsert"), ("part.deleted", "delete")]
