"""Announcing what has left: what it moves, what it leaves alone, what it refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from factory.models import Unit
from journal.models import Event
from suppliers import errors
from suppliers.models import (
    Finding,
    Shipment,
    ShipmentLine,
    ShipmentSerial,
)
from suppliers.services import commitments, shipments
from suppliers.services.notices import Item, notice_of
from tests.builders.factory import NOW, a_site
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_notice,
    a_purchase_order,
    a_receipt,
    a_shipment,
    a_supplier,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def line():
    line = a_line(quantity=90)
    a_commitment(line)
    return line


def supplier_of(line):
    return line.purchase_order.supplier


def refreshed(line):
    line.refresh_from_db()
    line.commitment.refresh_from_db()
    return line


def test_the_whole_promise_on_the_way_is_shipped_and_promises_nothing_else(line):
    a_shipment((line, 90))

    assert refreshed(line).commitment.state == "shipped"
    assert line.on_the_way == 90
    assert line.commitment.revisions.count() == 1
    kinds = list(Event.objects.order_by("-pk").values_list("kind", flat=True)[:2])
    assert kinds == ["shipment.announced", "commitment.shipped"]


def test_a_part_of_the_promise_leaves_it_committed(line):
    a_shipment((line, 40))
    assert refreshed(line).commitment.state == "committed"

    a_shipment((line, 50))
    assert refreshed(line).commitment.state == "shipped"


def test_what_is_promised_beside_a_whole_shipment_is_a_promise_again():
    line = a_line(quantity=90)
    a_commitment(line, [(line.need_by, 60)])
    a_shipment((line, 60))
    assert refreshed(line).commitment.state == "shipped"

    commitments.commit(
        line_id=line.pk,
        expected_version=line.commitment.version,
        deliveries=[commitments.Delivery(line.need_by, 90)],
        author=BY_SYSTEM,
        now=NOW,
    )

    assert refreshed(line).commitment.state == "committed"
    assert line.on_the_way == 60


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("decommit", {}),
        ("cannot_say", {"word_by": TODAY + DAY}),
        ("commit", {"deliveries": [commitments.Delivery(TODAY + DAY, 39)]}),
    ],
)
def test_what_has_left_is_not_denied(line, verb, fields):
    a_shipment((line, 40))

    with pytest.raises(errors.PiecesOnTheWayError, match="40 pieces on the way"):
        getattr(commitments, verb)(
            line_id=line.pk,
            expected_version=refreshed(line).commitment.version,
            author=BY_SYSTEM,
            now=NOW,
            reason_code="capacity",
            **fields,
        )


def test_a_line_nobody_has_promised_does_not_ship():
    line = a_line()

    with pytest.raises(errors.IllegalMoveError, match="requested and can not be ship"):
        a_shipment((line, 1))

    assert not Shipment.objects.for_staff().exists()


def test_more_than_is_promised_is_refused_with_the_numbers(line):
    a_shipment((line, 40))

    with pytest.raises(errors.ShipmentRefusedError, match="91 would be on the way, 1"):
        a_shipment((line, 51))

    assert refreshed(line).on_the_way == 40


def test_boxes_of_one_line_add_up_to_the_promise(line):
    with pytest.raises(errors.ShipmentRefusedError, match="100 would be on the way"):
        a_shipment((line, 50), (line, 50))
    a_shipment((line, 50), (line, 40))

    assert refreshed(line).commitment.state == "shipped"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"carrier": " "}, "carrier"),
        ({"carrier": "x" * 81}, "carrier"),
        ({"number": "a\x00b"}, "number"),
        ({"shipped_on": TODAY + 2 * DAY, "expected_on": TODAY + 3 * DAY}, "shipped_on"),
        ({"shipped_on": TODAY - 91 * DAY}, "shipped_on"),
        ({"expected_on": TODAY - 2 * DAY}, "expected_on"),
        ({"expected_on": TODAY.replace(year=9999)}, "expected_on"),
    ],
)
def test_a_notice_that_cannot_be_names_its_field(line, fields, field):
    with pytest.raises(errors.ShipmentRefusedError) as caught:
        a_shipment((line, 1), **fields)

    assert caught.value.field == field
    assert refreshed(line).on_the_way == 0


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"quantity": 0}, "lines.0.quantity"),
        ({"lot": "x" * 41}, "lines.0.lot"),
        ({"promised_on": TODAY}, "lines.0.promised_on"),
        ({"serials": ("A",)}, "lines.0.serials"),
        ({"serials": ("A", "A")}, "lines.0.serials"),
        ({"serials": ("A", "x" * 41)}, "lines.0.serials"),
        ({"serials": ("A", "\u202e")}, "lines.0.serials"),
    ],
)
def test_a_line_of_a_notice_that_cannot_be_names_its_field(line, item, field):
    with pytest.raises(errors.ShipmentRefusedError) as caught:
        a_shipment(Item(**{"line_id": line.pk, "quantity": 2} | item))

    assert caught.value.field == field


def test_another_suppliers_line_is_not_one_of_yours_whether_it_exists_or_not(line):
    stranger = a_supplier()
    sentences = []
    for line_id in (line.pk, 10**9):
        with pytest.raises(errors.ShipmentRefusedError) as caught:
            shipments.announce_shipment(
                supplier=stranger,
                notice=a_notice(Item(line_id=line_id, quantity=1)),
                author=BY_SYSTEM,
                now=NOW,
            )
        sentences.append(str(caught.value))

    assert sentences == ["That is not one of your lines."] * 2


def test_one_shipment_goes_to_one_site(line):
    other = a_line(a_purchase_order(supplier_of(line), site=a_site()))
    a_commitment(other)

    with pytest.raises(errors.ShipmentRefusedError, match="goes to one site"):
        a_shipment((line, 1), (other, 1))


def test_a_number_is_used_once_and_made_where_none_is_given(line):
    first = a_shipment((line, 10), number="DN-1")

    with pytest.raises(errors.ShipmentRefusedError, match="DN-1 already"):
        a_shipment((line, 10), number="DN-1")
    second = a_shipment((line, 10))

    assert (first.number, second.number) == ("DN-1", "ASN-1")


def test_a_serial_number_is_on_the_way_once(line):
    a_shipment(Item(line_id=line.pk, quantity=2, serials=("A-1", "A-2")), number="DN-1")

    with pytest.raises(
        errors.SerialsRefusedError, match="A-2 is in your shipment DN-1"
    ):
        a_shipment(Item(line_id=line.pk, quantity=1, serials=("A-2",)))
    with pytest.raises(errors.SerialsRefusedError, match="A-3 is given on two lines"):
        a_shipment(
            Item(line_id=line.pk, quantity=1, serials=("A-3",)),
            Item(line_id=line.pk, quantity=1, serials=("A-3",)),
        )


def test_two_suppliers_may_number_alike(line):
    other = a_line()
    a_commitment(other)

    for one in (line, other):
        a_shipment(Item(line_id=one.pk, quantity=1, serials=("0001",)))

    assert ShipmentSerial.objects.for_staff().count() == 2


def test_a_shipment_called_back_owes_again_and_frees_its_serials(line):
    item = Item(line_id=line.pk, quantity=90, serials=tuple(map(str, range(90))))
    shipment = a_shipment(item)

    shipments.cancel_shipment(
        supplier=supplier_of(line),
        shipment_id=shipment.pk,
        expected_version=1,
        author=BY_SYSTEM,
        now=NOW,
    )

    assert (refreshed(line).on_the_way, line.commitment.state) == (0, "committed")
    again = a_shipment(item)
    assert again.number == "ASN-2"
    assert refreshed(line).commitment.state == "shipped"


def change(shipment, notice, version=1):
    return shipments.change_shipment(
        supplier=shipment.supplier,
        shipment_id=shipment.pk,
        expected_version=version,
        notice=notice,
        author=BY_SYSTEM,
        now=NOW,
    )


def test_a_changed_shipment_keeps_what_was_said_in_its_event(line):
    shipment = a_shipment((line, 90))

    changed = change(shipment, a_notice((line, 80), expected_on=TODAY + 5 * DAY))

    assert (changed.version, refreshed(line).on_the_way) == (2, 80)
    assert line.commitment.state == "committed"
    event = Event.objects.latest("pk")
    assert event.kind == "shipment.changed"
    assert event.before["expected_on"] == "2026-11-26"
    assert event.after["items"][0]["quantity"] == 80


def test_saying_the_same_again_changes_nothing(line):
    shipment = a_shipment((line, 90))
    events = Event.objects.count()

    change(shipment, notice_of(shipment))

    assert Event.objects.count() == events
    assert Shipment.objects.for_staff().get().version == 1


def test_an_old_version_and_a_strangers_shipment_are_refused(line):
    shipment = a_shipment((line, 90))

    with pytest.raises(errors.StaleShipmentError, match="saw version 9"):
        change(shipment, a_notice((line, 1)), version=9)
    with pytest.raises(errors.ShipmentRefusedError, match="not one of your shipments"):
        shipments.cancel_shipment(
            supplier=a_supplier(),
            shipment_id=shipment.pk,
            expected_version=1,
            author=BY_SYSTEM,
            now=NOW,
        )


def test_what_the_dock_is_counting_is_neither_reloaded_nor_called_back(line):
    shipment = a_shipment((line, 90))
    a_receipt(line, 10)

    with pytest.raises(errors.ShipmentRefusedError, match="being counted"):
        change(shipment, a_notice((line, 80)))
    with pytest.raises(errors.ShipmentRefusedError, match="being counted"):
        shipments.cancel_shipment(
            supplier=shipment.supplier,
            shipment_id=shipment.pk,
            expected_version=1,
            author=BY_SYSTEM,
            now=NOW,
        )
    later = change(shipment, a_notice((line, 90), expected_on=TODAY + 9 * DAY))
    assert later.expected_on == TODAY + 9 * DAY


def test_what_comes_is_counted_against_the_earliest_announced(line):
    late = a_shipment((line, 40), expected_on=TODAY + 9 * DAY)
    soon = a_shipment((line, 50))

    a_receipt(line, 60)

    for shipment, state, received in ((soon, "arrived", 50), (late, "announced", 10)):
        shipment.refresh_from_db()
        assert shipment.state == state
        assert shipment.lines.get().received == received
    assert (refreshed(line).on_the_way, line.commitment.state) == (30, "shipped")


def test_a_receipt_names_the_shipment_it_came_with(line):
    a_shipment((line, 50))
    late = a_shipment((line, 40), expected_on=TODAY + 9 * DAY)

    receipt = a_receipt(line, 40, shipment_line_id=late.lines.get().pk)

    late.refresh_from_db()
    assert late.state == "arrived"
    assert receipt.shipment_line == late.lines.get()


def test_received_serials_become_units_of_the_lot(line):
    receipt = a_receipt(line, 2, serials=("A-1", "A-2"), lot="L-7")

    units = Unit.objects.filter(part=line.part).order_by("serial")
    assert [(one.serial, one.state, one.lot) for one in units] == [
        ("A-1", "in_stock", "L-7"),
        ("A-2", "in_stock", "L-7"),
    ]
    assert receipt.lot.lot == "L-7"


def test_a_serial_on_file_is_refused_with_what_and_where_it_is(line):
    a_receipt(line, 1, serials=("A-1",))

    with pytest.raises(
        errors.ReceiptRefusedError, match=r"A-1 is on file already.*in stock"
    ) as caught:
        a_receipt(line, 2, serials=("A-2", "A-1"))

    assert caught.value.field == "serials"
    assert refreshed(line).received == 1


def test_held_pieces_are_stock_that_is_not_used(line):
    receipt = a_receipt(line, 1, serials=("A-1",), hold_reason="Seal broken")

    assert (receipt.lot.is_on_hold, receipt.lot.hold_reason) == (True, "Seal broken")
    assert Unit.objects.get(serial="A-1").state == "on_hold"


CONSTRAINTS = [
    (Shipment, {"version": 0}, "shipment_version_positive"),
    (Shipment, {"carrier": ""}, "shipment_number_and_carrier_given"),
    (
        Shipment,
        {"expected_on": TODAY - 9 * DAY},
        "shipment_leaves_before_it_arrives",
    ),
    (ShipmentLine, {"quantity": 0}, "shipment_line_"),
    (ShipmentLine, {"received": 90}, "shipment_line_on_the_way_is_not_complete"),
    (ShipmentSerial, {"serial": ""}, "shipment_serial_given"),
]


@pytest.mark.parametrize(("model", "values", "name"), CONSTRAINTS)
def test_what_is_always_true_of_a_shipment_is_held_by_name(line, model, values, name):
    serials = tuple(map(str, range(90)))
    a_shipment(Item(line_id=line.pk, quantity=90, serials=serials[:90]))

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.for_staff().update(**values)


def test_a_live_serial_is_unique_to_its_supplier_in_the_database(line):
    shipment = a_shipment(Item(line_id=line.pk, quantity=1, serials=("A",)))

    with pytest.raises(IntegrityError), transaction.atomic():
        ShipmentSerial.objects.create(
            shipment_line=shipment.lines.get(), supplier=shipment.supplier, serial="A"
        )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"quantity": 0}, "finding_quantity_positive"),
        ({"reason": ""}, "finding_reason_given"),
        ({"actor": ""}, "finding_actor_given"),
        ({"kind": "hold"}, "finding_of_quality_has_receipt"),
    ],
)
def test_what_is_always_true_of_a_finding_is_held_by_name(line, values, name):
    fields = {"kind": "short", "quantity": 1, "reason": "x", "actor": "system"}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Finding.objects.create(line=line, **fields | values)


def test_a_part_is_returned_once(line):
    receipt = a_receipt(line, 1)
    fields = {"kind": "return", "quantity": 1, "reason": "x", "actor": "system"}
    Finding.objects.create(line=line, receipt=receipt, **fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.create(line=line, receipt=receipt, **fields)
