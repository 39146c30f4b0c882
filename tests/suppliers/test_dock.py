"""The dock: what came is counted, what is not as announced is a finding."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from factory.access import Audience
from factory.models import Part, PartAlternate, StockLot, Unit
from journal.models import Event
from suppliers import errors
from suppliers.ledger import Delivery
from suppliers.models import Finding, Shipment, ShipmentSerial
from suppliers.services import commitments
from suppliers.services.dock import (
    Count,
    count_shipment_line,
    release_receipt,
    return_receipt,
)
from suppliers.services.notices import Item
from tests.builders.factory import NOW, a_part
from tests.builders.reading import words
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_receipt,
    a_shipment,
    a_supplier_user,
)
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def line():
    line = a_line(quantity=90)
    a_commitment(line)
    return line


def counted(line, shipment, **values):
    return count_shipment_line(
        site=line.purchase_order.site,
        shipment_line_id=shipment.lines.get().pk,
        count=Count(**values),
        received_on=TODAY,
        actor="user:1",
        now=NOW,
    )


def found():
    return [(one.kind, one.quantity) for one in Finding.objects.for_staff()]


def refreshed(line):
    line.refresh_from_db()
    line.commitment.refresh_from_db()
    return line


def test_what_comes_as_announced_is_stock_and_no_finding(line):
    shipment = a_shipment((line, 90))

    (receipt,) = counted(line, shipment, good=90)

    shipment.refresh_from_db()
    assert (receipt.quantity, receipt.lot.is_on_hold, found()) == (90, False, [])
    assert shipment.state == "arrived"
    assert refreshed(line).commitment.state == "received"


def test_a_short_delivery_is_owed_as_before(line):
    shipment = a_shipment((line, 90))

    counted(line, shipment, good=80)

    assert found() == [("short", 10)]
    assert (refreshed(line).on_the_way, line.outstanding) == (0, 10)
    assert line.commitment.state == "committed"
    shipment.refresh_from_db()
    assert shipment.state == "arrived"


def test_more_may_come_later(line):
    shipment = a_shipment((line, 90))

    counted(line, shipment, good=80, is_last=False)

    assert found() == []
    assert refreshed(line).on_the_way == 10


def test_what_nobody_asked_for_stays_at_the_dock(line):
    shipment = a_shipment((line, 90))

    (receipt,) = counted(line, shipment, good=95)

    assert (receipt.quantity, found()) == (90, [("over", 5)])


def test_damaged_pieces_are_stock_on_hold_and_wrong_ones_none(line):
    shipment = a_shipment((line, 90))

    counted(
        line, shipment, good=80, aside=6, is_damaged=True, wrong=4, reason="Box crushed"
    )

    lots = StockLot.objects.order_by("-quantity").values_list("quantity", "is_on_hold")
    assert list(lots) == [(80, False), (6, True)]
    assert sorted(found()) == [("damaged", 6), ("wrong_part", 4)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"good": -1}, "good"),
        ({"good": 0, "is_last": False}, "good"),
        ({"good": 1, "aside": 1}, "reason"),
        ({"good": 1, "wrong": 1, "reason": "x" * 161}, "reason"),
    ],
)
def test_a_count_that_cannot_be_changes_nothing(line, values, field):
    shipment = a_shipment((line, 90))

    with pytest.raises(errors.ReceiptRefusedError) as caught:
        counted(line, shipment, **values)

    assert caught.value.field == field
    assert (refreshed(line).received, found()) == (0, [])


def test_a_line_is_counted_to_its_end_once(line):
    shipment = a_shipment((line, 90))
    counted(line, shipment, good=80)

    with pytest.raises(errors.ShipmentOverError, match="arrived"):
        counted(line, shipment, good=10)


@pytest.fixture
def traced():
    line = a_line(quantity=2, part=a_part(trace=Part.Trace.SERIAL))
    a_commitment(line)
    return line


def test_a_traced_part_needs_a_serial_number_a_piece(traced):
    shipment = a_shipment(
        Item(line_id=traced.pk, quantity=2, serials=("A-1", "A-2"), lot="L-7")
    )

    with pytest.raises(errors.ReceiptRefusedError, match="Scan one for each piece"):
        counted(traced, shipment, good=2, serials=("A-1",))
    counted(traced, shipment, good=1, serials=("A-1",))

    unit = Unit.objects.get(part=traced.part)
    assert (unit.serial, unit.lot, unit.state) == ("A-1", "L-7", "in_stock")
    live = ShipmentSerial.objects.for_staff().filter(is_live=True)
    assert [one.serial for one in live] == ["A-1"]


def test_quality_releases_or_sends_back_once(line):
    shipment = a_shipment((line, 90))
    first, second = (
        counted(line, shipment, good=0, aside=5, reason="Seal", is_last=False)[0]
        for _ in range(2)
    )

    release_receipt(receipt=first, reason="Seal is fine", actor="user:2", now=NOW)
    return_receipt(receipt=second, reason="Seal is gone", actor="user:2", now=NOW)

    held = StockLot.objects.filter(is_on_hold=True)
    assert [lot.pk for lot in held] == [second.lot_id]
    for receipt, act in ((first, return_receipt), (second, release_receipt)):
        receipt.lot.refresh_from_db()
        with pytest.raises(errors.ReceiptRefusedError, match="not on hold any more"):
            act(receipt=receipt, reason="x", actor="user:2", now=NOW)


def today_at_the_site():
    """Return its day, which for some hours is not the one of UTC."""
    return timezone.localdate(timezone=ZoneInfo("America/Monterrey"))


def test_the_dock_counts_on_its_page(client):
    today = today_at_the_site()
    line = a_line(quantity=90, need_by=today + timedelta(days=14))
    a_commitment(line, now=timezone.now())
    shipment = a_shipment(
        (line, 90), now=timezone.now(), shipped_on=today, expected_on=today
    )
    site, row = line.purchase_order.site, shipment.lines.get()
    client.force_login(a_user(Audience.TECHNICIAN, site=site))
    url = reverse("dock_count", args=[row.pk])

    assert f"row{row.pk}-good" in client.get(reverse("dock")).content.decode()
    refused = client.post(url, {f"row{row.pk}-good": "many"})
    done = client.post(url, {f"row{row.pk}-good": "90"}, follow=True)

    assert refused.status_code == 422
    assert "90\u00a0pieces in stock" in done.content.decode()


def test_the_page_says_what_went_into_stock_and_what_quality_has_to_see(client, traced):
    shipment = a_shipment((traced, 2))
    row = shipment.lines.get()
    client.force_login(a_user(Audience.TECHNICIAN, site=traced.purchase_order.site))
    given = {"good": "1", "serials": "A-1", "aside": "1", "aside_serials": "A-2"}
    prefixed = {f"row{row.pk}-{name}": value for name, value in given.items()}

    page = client.get(reverse("dock"), {"show": "all"})
    done = client.post(
        reverse("dock_count", args=[row.pk]),
        prefixed | {f"row{row.pk}-reason": "Scratched"},
        follow=True,
    )

    assert "This part is traced" in words(page)
    assert "1 piece in stock, 1 set aside for quality." in words(done)


def test_what_comes_before_its_day_is_counted_too(client):
    today = today_at_the_site()
    line = a_line(quantity=90, need_by=today + timedelta(days=14))
    a_commitment(line, now=timezone.now())
    shipment = a_shipment(
        (line, 90),
        now=timezone.now(),
        shipped_on=today,
        expected_on=today + timedelta(days=9),
    )
    row = shipment.lines.get()
    client.force_login(a_user(Audience.TECHNICIAN, site=line.purchase_order.site))
    url, field = reverse("dock_count", args=[row.pk]), f"row{row.pk}-good"

    assert field not in client.get(reverse("dock")).content.decode()
    assert field in client.get(reverse("dock"), {"show": "all"}).content.decode()
    assert field in client.post(url, {field: "many"}).content.decode()
    client.post(url, {field: "90"})

    line.refresh_from_db()
    assert line.received == 90


def test_a_supplier_announces_on_its_page_and_calls_back(client):
    today = today_at_the_site()
    line = a_line(quantity=90, need_by=today + timedelta(days=14))
    a_commitment(line, now=timezone.now())
    client.force_login(a_supplier_user(line.purchase_order.supplier, role="ship"))
    given = {"line": line.pk, "carrier": "Kestrel", "shipped_on": str(today)}
    given |= {f"line{line.pk}-quantity": "2", f"line{line.pk}-serials": "A-1 A-1"}
    given["expected_on"] = str(today + timedelta(days=3))

    twice = client.post(reverse("portal_ship"), given)
    given[f"line{line.pk}-serials"] = "A-1\nA-2"
    done = client.post(reverse("portal_ship"), given, follow=True)

    assert (twice.status_code, done.status_code) == (422, 200)
    assert "A-1 is given twice" in twice.content.decode()
    shipment = Shipment.objects.for_staff().get()
    assert "is announced" in done.content.decode()
    client.post(reverse("portal_shipment_cancel", args=[shipment.pk]), {"version": "1"})
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"


def test_a_serial_number_that_was_sent_back_comes_again_with_its_history(traced):
    def sent(serials):
        traced.refresh_from_db()
        return a_shipment(Item(line_id=traced.pk, quantity=1, serials=serials))

    (first,) = counted(
        traced, sent(("A-1",)), good=0, aside=1, aside_serials=("A-1",), reason="Seal"
    )
    return_receipt(receipt=first, reason="Seal is gone", actor="user:2", now=NOW)
    unit = Unit.objects.get(serial="A-1")
    assert unit.state == "returned"

    (again,) = counted(traced, sent(("A-1",)), good=1, serials=("A-1",))

    unit.refresh_from_db()
    assert (unit.state, unit.lot) == ("in_stock", again.lot.lot)
    told = Event.objects.get(kind="stock.came_again")
    assert told.before == {"lots": {"A-1": first.lot.lot}}
    with pytest.raises(errors.ReceiptRefusedError, match="A-1 is on file already"):
        a_receipt(a_line(quantity=1, part=traced.part), 1, serials=("A-1",), now=NOW)


def test_a_substitute_that_comes_is_stock_of_the_substitute(client):
    line = a_line(quantity=90, need_by=today_at_the_site() + timedelta(days=14))
    stand_in = a_part("SENSOR-B", trace=Part.Trace.SERIAL)
    PartAlternate.objects.create(
        part=line.part, alternate=stand_in, valid_from=TODAY, approved_by="Quality"
    )
    commitments.commit(
        line_id=line.pk,
        expected_version=1,
        deliveries=[Delivery(line.need_by, 90)],
        author=BY_SYSTEM,
        now=NOW,
        substitute="SENSOR-B",
    )
    shipment = a_shipment((line, 90))
    row, site = shipment.lines.get(), line.purchase_order.site

    with pytest.raises(errors.ReceiptRefusedError, match="SENSOR-B is traced"):
        counted(line, shipment, good=1, is_last=False)
    counted(line, shipment, good=1, serials=("B-1",), is_last=False)
    counted(line, shipment, good=2, part=line.part.code, is_last=False)
    with pytest.raises(errors.ReceiptRefusedError, match="OTHER is another part"):
        counted(line, shipment, good=1, part="OTHER")
    client.force_login(a_user(Audience.TECHNICIAN, site=site))
    page = client.get(reverse("dock")).content.decode()

    assert set(StockLot.objects.values_list("part__code", "quantity")) == {
        ("SENSOR-B", 1),
        (line.part.code, 2),
    }
    assert Unit.objects.get(serial="B-1").part == stand_in
    assert f'name="row{row.pk}-part"' in page
    assert "SENSOR-B, promised in its place" in page
