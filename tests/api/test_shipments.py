"""Shipments and forecasts written for a supplier: by the portal's own services."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from journal.models import Event
from suppliers.models import ForecastBucket, PurchaseOrderLine, Shipment
from tests.builders.api import Caller
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_forecast_bucket,
    a_line,
    a_purchase_order,
    a_supplier,
)

pytestmark = pytest.mark.django_db

LEFT, COMES = str(TODAY - timedelta(days=1)), str(TODAY + timedelta(days=3))


@pytest.fixture(autouse=True)
def present():
    """Stand still at the builders' present."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def erp() -> Caller:
    """Return a client that may read and write."""
    return Caller(sensitive_data=True)


@pytest.fixture
def line() -> PurchaseOrderLine:
    """Return a line of 90 pieces, all promised, known to the ERP as PO-3.10."""
    order = a_purchase_order(a_supplier(), system="erp", external_id="PO-3")
    line = a_line(order, number=10, quantity=90)
    a_commitment(line)
    return line


def a_notice(**fields: Any) -> dict[str, Any]:
    """Return what has left of the ERP's line: two pieces unless said otherwise."""
    item = {"commitment": "erp:PO-3.10", "quantity": 2}
    fixed = {"carrier": "Kuehne", "shipped_on": LEFT, "expected_on": COMES}
    return fixed | {"lines": [item | fields.pop("item", {})]} | fields


def test_a_shipment_is_announced_found_by_the_erps_id_and_received(
    erp: Caller, line: PurchaseOrderLine
) -> None:
    notice = a_notice(external_id="180-1", item={"serials": ["SN-1", "SN-2"]})

    made = erp.post("shipments", notice)
    came = erp.post(
        "receipts",
        {
            "commitment": "erp:PO-3.10",
            "quantity": 2,
            "received_on": str(TODAY),
            "shipment": "erp:180-1",
            "external_id": "GR-1",
        },
    )

    assert made.status_code == 201, made.content
    assert made.json()["external_ids"] == {"erp": "180-1"}
    assert made.json()["lines"][0]["serials"] == ["SN-1", "SN-2"]
    assert came.status_code == 201, came.content
    assert erp.get("receipts/erp:GR-1").json() == came.json()
    assert erp.get("shipments/erp:180-1").json()["state"] == "arrived"
    event = Event.objects.get(kind="shipment.announced")
    assert event.actor == f"client:{erp.client.pk}"


def test_a_second_one_under_the_same_id_is_409_and_nothing_of_it_is_kept(
    erp: Caller, line: PurchaseOrderLine
) -> None:
    erp.post("shipments", a_notice(external_id="180-1"))

    again = erp.post("shipments", a_notice(external_id="180-1"))

    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert Shipment.objects.for_staff().count() == 1
    line.refresh_from_db()
    assert line.on_the_way == 2


@pytest.mark.parametrize("body", [[], "", 0, False, [{}]])
def test_what_is_no_object_calls_nothing_back(
    erp: Caller, line: PurchaseOrderLine, body: Any
) -> None:
    made = erp.post("shipments", a_notice(external_id="180-1"))

    answer = erp.post(
        "shipments/erp:180-1:cancel", body, headers={"If-Match": made.headers["ETag"]}
    )

    assert answer.status_code == 400
    assert Shipment.objects.for_staff().get().state == "announced"


def test_a_dry_run_announces_nothing(erp: Caller, line: PurchaseOrderLine) -> None:
    answer = erp.post("shipments?dry_run=true", a_notice())

    assert answer.status_code == 201
    assert not Shipment.objects.for_staff().exists()


def test_it_is_changed_and_called_back_on_the_version_read_alone(
    erp: Caller, line: PurchaseOrderLine
) -> None:
    made = erp.post("shipments", a_notice(external_id="180-1"))
    address, old = "shipments/erp:180-1", made.headers["ETag"]
    wanted = a_notice(item={"quantity": 5})

    assert erp.post(f"{address}:change", wanted).status_code == 428
    changed = erp.post(f"{address}:change", wanted, headers={"If-Match": old})
    late = erp.post(f"{address}:cancel", headers={"If-Match": old})
    back = erp.post(
        f"{address}:cancel",
        {"cause": "carrier"},
        headers={"If-Match": changed.headers["ETag"]},
    )
    over = erp.post(f"{address}:cancel", headers={"If-Match": "*"})

    assert changed.json()["lines"][0]["quantity"] == 5
    assert changed.json()["number"] == made.json()["number"]
    assert late.status_code == 412
    assert (back.status_code, back.json()["state"]) == (200, "cancelled")
    assert (over.status_code, over.json()["code"]) == (409, "shipment_over")
    told = Event.objects.filter(kind__startswith="shipment.", after__has_key="cause")
    assert [(one.kind, one.after["cause"]) for one in told.order_by("pk")] == [
        ("shipment.announced", "supplier"),
        ("shipment.changed", "supplier"),
        ("shipment.cancelled", "carrier"),
    ]
    line.refresh_from_db()
    assert line.on_the_way == 0


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"item": {"quantity": 91}}, "/lines/0/quantity"),
        ({"item": {"commitment": "erp:GHOST"}}, "/lines/0/commitment"),
        ({"item": {"serials": ["SN-1"]}}, "/lines/0/serials"),
        ({"shipped_on": COMES}, "/shipped_on"),
        ({"expected_on": "2027-12-31"}, "/expected_on"),
    ],
)
def test_what_cannot_have_left_is_refused_by_field(
    erp: Caller, line: PurchaseOrderLine, wrong: dict[str, Any], pointer: str
) -> None:
    answer = erp.post("shipments", a_notice(**wrong))

    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Shipment.objects.for_staff().exists()


def test_lines_of_two_suppliers_are_no_shipment(
    erp: Caller, line: PurchaseOrderLine
) -> None:
    other = a_line(quantity=9)
    a_commitment(other)
    notice = a_notice()
    key = erp.get("commitments").json()["items"][-1]["id"]
    notice["lines"].append({"commitment": key, "quantity": 1})

    answer = erp.post("shipments", notice)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/lines/1/commitment"


@pytest.fixture
def buckets() -> list[ForecastBucket]:
    """Return what one site needs of one part from two suppliers."""
    site, part = a_site(), a_part()
    return [a_forecast_bucket(a_supplier(), part, site=site) for _ in range(2)]


def answers(erp: Caller, *quantities: int) -> list[dict[str, Any]]:
    """Return an answer to each forecast the API lists."""
    items = erp.get("forecasts").json()["items"]
    return [
        {"forecast": one["id"], "quantity": quantity}
        for one, quantity in zip(items, quantities, strict=True)
    ]


def test_forecasts_are_answered_and_the_same_answer_again_is_none(
    erp: Caller, buckets: list[ForecastBucket]
) -> None:
    said = answers(erp, 30, 0)

    first = erp.post("forecasts:answer", {"answers": said, "cause": "buyer"})
    again = erp.post("forecasts:answer", {"answers": said})

    assert (first.json()["answered"], again.json()["answered"]) == (2, 0)
    shown = [one["response"] for one in first.json()["items"]]
    assert [one["quantity"] for one in shown] == [30, 0]
    assert {one["door"] for one in shown} == {"api"}
    told = Event.objects.filter(kind="forecast.answered")
    assert [one.after["cause"] for one in told] == ["buyer", "buyer"]


def test_one_answer_that_cannot_be_kept_keeps_all_others_out(
    erp: Caller, buckets: list[ForecastBucket]
) -> None:
    good, bad = answers(erp, 30, 2**31 - 1)
    ForecastBucket.objects.for_staff().filter(pk=buckets[1].pk).update(
        starts_on=TODAY - timedelta(weeks=4)
    )

    over = erp.post("forecasts:answer", {"answers": [good, bad]})
    twice = erp.post("forecasts:answer", {"answers": [good, good]})
    ghost = erp.post(
        "forecasts:answer", {"answers": [good, bad | {"forecast": "fc_zz"}]}
    )

    assert (over.status_code, over.json()["errors"][0]["code"]) == (
        422,
        "forecast_closed",
    )
    assert twice.status_code == 422
    assert ghost.json()["errors"][0]["pointer"] == "/answers/1/forecast"
    rows = ForecastBucket.objects.for_staff()
    assert not rows.filter(response__isnull=False).exists()
