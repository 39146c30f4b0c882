"""The whole loop against a real Tryton, both systems over HTTP."""

from datetime import date, timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from journal.sequencing import sequence
from suppliers.ledger import Delivery
from suppliers.models import Commitment, PurchaseOrderLine, Receipt
from suppliers.services import commitments, shipments
from suppliers.services.notices import Item, Notice
from tests.builders.api import Caller
from tests.builders.factory import a_part, a_site
from tests.builders.suppliers import BY_SYSTEM, a_supplier
from tests.builders.tryton import Killed, Wire
from tests.erp.conftest import CODES, Tryton

pytestmark = [pytest.mark.erp, pytest.mark.django_db(transaction=True)]


TODAY = timezone.now().date()
NEED_BY = TODAY + timedelta(days=21)
SOON, LATER = TODAY + timedelta(days=14), TODAY + timedelta(days=35)


@pytest.fixture
def cycle(live_server: Any, settings: Any, tryton: Tryton, tmp_path: Path) -> Any:
    """Return what runs ``connect_tryton --once`` and what it says."""
    a_site(code="MTY")
    a_supplier(code="tessaline")
    for code in CODES["parts"]:
        a_part(code=code)
    settings.PUBLIC_URL = live_server.url
    settings.TRYTON_URL = tryton.url
    settings.TRYTON_KEY = tryton.key
    erp = Caller(sensitive_data=True)
    settings.TRYTON_RACKLINE_KEY = erp.key
    settings.TRYTON_SYSTEM = erp.client.system
    settings.TRYTON_BOOK = tmp_path / "tryton.json"

    def run() -> str:
        """Number what happened here, as the dispatcher does, and do one cycle."""
        sequence(limit=10_000)
        said = StringIO()
        call_command("connect_tryton", "--once", stdout=said, stderr=said)
        return said.getvalue()

    return run


def line_of(order: dict[str, Any]) -> PurchaseOrderLine:
    """Return our line of an order's only one."""
    key = str(order["lines"][0]["id"])
    return PurchaseOrderLine.objects.for_staff().get(external_id=key)


def say(line: PurchaseOrderLine, *deliveries: tuple[date, int]) -> None:
    """Let the supplier promise."""
    commitments.commit(
        line_id=line.pk,
        expected_version=Commitment.objects.for_staff().get(line=line).version,
        deliveries=[Delivery(on, quantity) for on, quantity in deliveries],
        author=BY_SYSTEM,
        now=timezone.now(),
        reason_code="capacity",
    )


def announce(line: PurchaseOrderLine, quantity: int, number: str) -> None:
    """Let the supplier announce a shipment that left today and comes tomorrow."""
    shipments.announce_shipment(
        supplier=line.purchase_order.supplier,
        notice=Notice(
            number=number,
            carrier="Kuehne",
            shipped_on=TODAY,
            expected_on=TODAY + timedelta(days=1),
            items=(Item(line_id=line.pk, quantity=quantity),),
        ),
        author=BY_SYSTEM,
        now=timezone.now(),
    )


def test_the_loop_from_order_to_receipt(cycle: Any, tryton: Tryton) -> None:
    order = tryton.ask("order", "tessaline", str(NEED_BY), ["SENSOR", 144])

    cycle()
    line = line_of(order)
    assert (line.quantity, line.need_by) == (144, NEED_BY)

    say(line, (SOON, 96), (LATER, 48))
    cycle()
    assert tryton.ask("show", order["id"])["lines"][0] == {
        "id": order["lines"][0]["id"],
        "delivery_date": str(SOON),
        "moves": [[96.0, str(SOON), "draft"], [48.0, str(LATER), "draft"]],
    }
    cycle()
    assert line_of(order).need_by == NEED_BY

    announce(line, 60, "ASN-7")
    cycle()
    (shipment,) = [
        one for one in tryton.ask("shipments") if one["reference"] == "ASN-7"
    ]
    assert shipment == {
        "id": shipment["id"],
        "reference": "ASN-7",
        "state": "draft",
        "planned_date": str(TODAY + timedelta(days=1)),
        "quantities": [60.0],
    }

    assert tryton.ask("receive", shipment["id"]) == "done"
    assert "1 receipts stated" in cycle()
    assert line_of(order).received == 60
    assert tryton.ask("show", order["id"])["lines"][0]["moves"][1:] == [
        [36.0, str(SOON), "draft"],
        [48.0, str(LATER), "draft"],
    ]
    assert cycle().startswith("1 orders and 0 receipts stated, 0 lines and 0 shipments")


def _through(wire: Wire, *_: Any, **__: Any) -> Wire:
    """Stand in for what makes a client's way to the network."""
    return wire


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
def test_a_kill_at_any_call_leaves_nothing_twice(
    cycle: Any, tryton: Tryton, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = f"ASN-{moment}"
    order = tryton.ask("order", "tessaline", str(NEED_BY), ["TRAY", 10])
    cycle()
    line = line_of(order)
    say(line, (SOON, 6), (LATER, 4))
    announce(line, 6, number)

    def finish() -> int:
        """Run until a cycle ends, dying one call later each time; count the deaths."""
        for call in count(1):
            wire = Wire(httpx.HTTPTransport())
            setattr(wire, moment, call)
            with monkeypatch.context() as patched:
                patched.setattr(
                    httpx.Client, "_init_transport", lambda *_, wire=wire, **__: wire
                )
                try:
                    cycle()
                except Killed:
                    continue
                finally:
                    wire.inner.close()
                return call - 1
        raise AssertionError

    assert finish() >= 10
    (shipment,) = [one for one in tryton.ask("shipments") if one["reference"] == number]
    assert shipment["quantities"] == [6.0]
    tryton.ask("receive", shipment["id"])
    assert finish() >= 4

    assert Receipt.objects.for_staff().get(line=line).quantity == 6
    assert tryton.ask("show", order["id"])["lines"][0]["moves"] == [
        [6.0, str(TODAY + timedelta(days=1)), "done"],
        [4.0, str(LATER), "draft"],
    ]
