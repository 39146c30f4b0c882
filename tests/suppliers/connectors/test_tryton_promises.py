"""Promises, shipments and receipts go between Rackline and Tryton, once each."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.utils import timezone

from suppliers.ledger import Delivery
from suppliers.models import (
    Commitment,
    PurchaseOrderLine,
    Receipt,
    Shipment,
    ShipmentLine,
)
from suppliers.services import commitments, shipments
from suppliers.services.notices import Item, Notice
from tests.builders.suppliers import BY_SYSTEM
from tests.builders.tryton import Killed
from tests.suppliers.connectors.rig import Rig

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(timezone=ZoneInfo("America/Monterrey"))
"""Of the site: nothing comes there on a later day, whatever UTC's is."""
NEED_BY = TODAY + timedelta(days=21)
SOON, LATER = TODAY + timedelta(days=14), TODAY + timedelta(days=35)


def ordered(rig: Rig, quantity: int = 144) -> dict[str, Any]:
    """Order in Tryton, state it here and return Tryton's line."""
    order = rig.there.an_order(
        {"quantity": float(quantity)},
        purchase_date=TODAY - timedelta(days=20),
        delivery_date=NEED_BY,
    )
    rig.cycle()
    line: dict[str, Any] = order["lines"][0]
    return line


def here(line: dict[str, Any]) -> PurchaseOrderLine:
    """Return our line."""
    return PurchaseOrderLine.objects.for_staff().get(external_id=str(line["id"]))


def say(line: dict[str, Any], *deliveries: tuple[date, int]) -> None:
    """Let the supplier promise."""
    ours = here(line)
    commitments.commit(
        line_id=ours.pk,
        expected_version=Commitment.objects.for_staff().get(line=ours).version,
        deliveries=[Delivery(on, quantity) for on, quantity in deliveries],
        author=BY_SYSTEM,
        now=timezone.now(),
        reason_code="capacity",
    )


def announce(line: dict[str, Any], quantity: int, *serials: str) -> Shipment:
    """Let the supplier announce a shipment that comes in three days."""
    ours = here(line)
    return shipments.announce_shipment(
        supplier=ours.purchase_order.supplier,
        notice=Notice(
            number="ASN-7",
            carrier="Kuehne",
            tracking_number="",
            packing_list="",
            shipped_on=TODAY,
            expected_on=TODAY + timedelta(days=3),
            items=(Item(line_id=ours.pk, quantity=quantity, serials=serials),),
        ),
        author=BY_SYSTEM,
        now=timezone.now(),
    )


def test_before_any_answer_tryton_keeps_its_own_date(rig: Rig) -> None:
    line = ordered(rig)

    report = rig.cycle()

    assert report.written == 0
    assert rig.there.planned(line) == [(144.0, NEED_BY)]


def test_a_promise_becomes_the_planned_date(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (LATER, 144))

    report = rig.cycle()

    assert report.written == 1
    assert rig.there.planned(line) == [(144.0, LATER)]
    assert here(line).need_by == NEED_BY


def test_a_split_becomes_two_moves_by_one_write(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 96), (LATER, 48))
    rig.there.writes.clear()

    rig.cycle()

    assert rig.there.planned(line) == [(96.0, SOON), (48.0, LATER)]
    assert rig.there.writes == ["PUT purchase.line"]


def test_a_split_taken_back_is_one_move_again(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 96), (LATER, 48))
    rig.cycle()
    say(line, (SOON, 144))

    rig.cycle()

    assert rig.there.planned(line) == [(144.0, SOON)]


def test_what_is_not_promised_has_no_date(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 100))

    rig.cycle()

    assert rig.there.planned(line) == [(100.0, SOON), (44.0, None)]


def test_a_promise_withdrawn_takes_its_date_away(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 144))
    rig.cycle()
    ours = here(line)
    commitments.decommit(
        line_id=ours.pk,
        expected_version=Commitment.objects.for_staff().get(line=ours).version,
        author=BY_SYSTEM,
        now=timezone.now(),
        reason_code="capacity",
    )

    rig.cycle()

    assert rig.there.planned(line) == [(144.0, None)]


def test_nothing_new_is_not_written_again(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 96), (LATER, 48))
    rig.cycle()
    rig.there.writes.clear()
    rig.book.unlink()

    rig.cycle()

    assert rig.there.writes == []


def test_a_cursor_too_old_costs_one_full_read(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 144))
    rig.to_rackline.answers[len(rig.to_rackline.calls) + 2] = httpx.Response(410)

    rig.cycle()

    assert rig.there.planned(line) == [(144.0, SOON)]


def test_what_tryton_refuses_is_told_and_tried_again(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 144))
    no = httpx.Response(400, json={"message": "The period is closed."})
    rig.to_tryton.answers[len(rig.to_tryton.calls) + 3] = no

    report = rig.cycle()

    assert len(report.problems) == 1
    assert "Tryton refused (400): The period is closed." in report.problems[0]
    assert rig.cycle().problems == []
    assert rig.there.planned(line) == [(144.0, SOON)]


def test_an_announcement_becomes_a_draft_shipment(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 144))
    announce(line, 100)

    report = rig.cycle()

    (shipment,) = rig.there.shipments.values()
    assert report.shipments == 1
    assert (shipment["reference"], shipment["state"]) == ("ASN-7", "draft")
    assert shipment["planned_date"] == TODAY + timedelta(days=3)
    assert [m["quantity"] for m in rig.there.carried(shipment["id"])] == [100.0]
    assert rig.there.planned(line) == [
        (100.0, TODAY + timedelta(days=3)),
        (44.0, SOON),
    ]


def test_an_announcement_called_back_is_cancelled_in_tryton(rig: Rig) -> None:
    line = ordered(rig)
    say(line, (SOON, 144))
    asn = announce(line, 100)
    rig.cycle()
    shipments.cancel_shipment(
        supplier=asn.supplier,
        shipment_id=asn.pk,
        expected_version=asn.version,
        author=BY_SYSTEM,
        now=timezone.now(),
    )

    rig.cycle()

    assert [one["state"] for one in rig.there.shipments.values()] == ["cancelled"]
    assert rig.there.planned(line) == [(144.0, SOON)]


def test_a_receipt_in_tryton_is_one_here_with_the_announced_serials(rig: Rig) -> None:
    line = ordered(rig, 2)
    say(line, (SOON, 2))
    announce(line, 2, "SN-1", "SN-2")
    rig.cycle()
    rig.there.receive(next(iter(rig.there.shipments)), TODAY)

    report = rig.cycle()

    receipt = Receipt.objects.for_staff().get()
    assert report.receipts == 1
    assert report.problems == []
    assert (receipt.quantity, receipt.received_on) == (2, TODAY)
    assert ShipmentLine.objects.for_staff().get().state == "arrived"
    assert Commitment.objects.for_staff().get().state == "received"


def test_what_our_own_dock_counted_is_not_counted_twice(rig: Rig) -> None:
    line = ordered(rig, 2)
    say(line, (SOON, 2))
    announce(line, 2)
    rig.cycle()
    commitment = Commitment.objects.for_staff().get()
    answer = rig.erp.post(
        "receipts",
        {
            "commitment": f"erp:{line['id']}",
            "quantity": 2,
            "received_on": TODAY.isoformat(),
        },
    )
    assert answer.status_code == 201, answer.content
    rig.there.receive(next(iter(rig.there.shipments)), TODAY)

    report = rig.cycle()

    assert report.problems == []
    assert Receipt.objects.for_staff().get().line_id == commitment.line_id


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
@pytest.mark.parametrize("side", ["to_tryton", "to_rackline"])
def test_a_kill_at_any_call_of_the_loop_leaves_nothing_twice(
    rig: Rig, side: str, moment: str
) -> None:
    """Promise, announce and receive, dying at the next call each time round."""
    line = ordered(rig, 10)
    kills = 0
    for step in (
        lambda: say(line, (SOON, 6), (LATER, 4)),
        lambda: announce(line, 5),
        lambda: rig.there.receive(next(iter(rig.there.shipments)), TODAY),
    ):
        step()
        for call in range(1, 40):
            rig.renew()
            setattr(getattr(rig, side), moment, call)
            try:
                rig.cycle()
            except Killed:
                kills += 1
            else:
                break

    assert kills >= 6
    assert len(rig.there.shipments) == 1
    assert Receipt.objects.for_staff().count() == 1
    assert rig.there.planned(line) == [
        (1.0, SOON),
        (5.0, TODAY + timedelta(days=3)),
        (4.0, LATER),
    ] or rig.there.planned(line) == [
        (5.0, TODAY + timedelta(days=3)),
        (1.0, SOON),
        (4.0, LATER),
    ]
    assert here(line).received == 5
