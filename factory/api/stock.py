"""Racks and stock lots over the API."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from factory.models import Customer, Part, Site, StockLot, Unit
from journal.api.fields import PIECES_MAX, Flag, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, choice, flag, text
from journal.api.statements import Found, StatedItem, removing, writing
from journal.api.writing import Item, Upsert
from journal.upserts import Kind, Refusal, Statement


class RackShape(serializers.Serializer[Any]):
    """A rack as shown, by its serial."""

    id = OpaqueId("rack")
    external_ids = ExternalIds()
    serial = serializers.CharField()
    order = OpaqueId("ord", source="order_id")
    order_number = serializers.CharField(source="order.number")
    rack_model = serializers.CharField(source="rack_model.code")
    site = serializers.CharField(source="site.code")
    revision = serializers.CharField()
    state = serializers.ChoiceField(choices=Unit.State.choices)


RACKS = Resource(
    name="racks",
    one="rack",
    prefix="rack",
    shape=RackShape,
    rows=lambda: Unit.objects.racks().select_related("order", "rack_model", "site"),
    naming=ByReference(code=("serial",)),
    filters={
        "serial": text("serial"),
        "order": text("order__number", about="The order's number."),
        "site": text("site__code"),
        "rack_model": text("rack_model__code"),
        "state": choice("state", Unit.State.choices),
    },
    example={
        "id": "rack_7d",
        "external_ids": {},
        "serial": "CO-9001-01",
        "order": "ord_2k",
        "order_number": "CO-9001",
        "rack_model": "GB300",
        "site": "MTY",
        "revision": "A",
        "state": "planned",
    },
)


class StockLotShape(serializers.Serializer[Any]):
    """A lot as shown; what is issued is no longer there."""

    id = OpaqueId("lot")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    part = serializers.CharField(source="part.code")
    lot = serializers.CharField()
    quantity = serializers.IntegerField()
    issued = serializers.IntegerField()
    consigned_by = serializers.CharField(
        source="consigned_by.code", default=None, allow_null=True
    )
    is_on_hold = serializers.BooleanField()
    hold_reason = serializers.CharField()
    received_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF's word too


STOCK = Resource(
    name="stock",
    one="stock lot",
    prefix="lot",
    shape=StockLotShape,
    rows=lambda: StockLot.objects.select_related("site", "part", "consigned_by"),
    naming=ByReference(code=("site__code", "part__code", "lot")),
    filters={
        "site": text("site__code"),
        "part": text("part__code"),
        "lot": text("lot"),
        "is_on_hold": flag("is_on_hold"),
    },
    example={
        "id": "lot_5",
        "external_ids": {"sap": "MTY/CP-B300/L-881"},
        "site": "MTY",
        "part": "CP-B300",
        "lot": "L-881",
        "quantity": 144,
        "issued": 36,
        "consigned_by": None,
        "is_on_hold": False,
        "hold_reason": "",
        "received_at": "2026-11-12T23:00:00Z",
        "source": "4500-1 line 10",
    },
)


class StockLotItem(StatedItem):
    """A lot as an ERP counts it: all that came, whatever was issued since."""

    site = Text(max_length=20)
    part = Text(max_length=40)
    lot = Text(max_length=40)
    quantity = serializers.IntegerField(min_value=0, max_value=PIECES_MAX)
    received_at = serializers.DateTimeField()
    consigned_by = Text(max_length=20, allow_blank=True, default="")
    is_on_hold = Flag(default=False)
    hold_reason = Text(max_length=160, allow_blank=True, default="")


def _check(item: Item) -> Refusal | None:
    """Refuse a hold that says no reason."""
    if not item["is_on_hold"] or item["hold_reason"]:
        return None
    return Refusal(
        field="hold_reason", code="reason_missing", sentence="A lot on hold says why."
    )


def _state(item: Item, codes: Found) -> Statement:
    """Return an item as a statement about a lot."""
    names = ("quantity", "received_at", "is_on_hold", "hold_reason")
    return Statement(
        external_id=item["external_id"],
        revision=item["revision"],
        code=(codes["site"][item["site"]], codes["part"][item["part"]], item["lot"]),
        values={name: item[name] for name in names}
        | {"consigned_by_id": codes["consigned_by"].get(item["consigned_by"])},
    )


def _refuse(row: StockLot, values: Mapping[str, Any]) -> Refusal | None:
    """Refuse fewer pieces than were issued."""
    if values["quantity"] >= row.issued:
        return None
    return Refusal(
        field="quantity",
        code="fewer_than_issued",
        sentence=f"Lot {row.lot}: {row.issued} issued, {values['quantity']} stated.",
    )


LOT = Kind(
    model=StockLot,
    code=("site_id", "part_id", "lot"),
    one="stock lot",
    refuse=_refuse,
)

STOCK_UPSERT = Upsert(
    resource=STOCK,
    item=StockLotItem,
    remove=removing(LOT),
    write=writing(
        LOT,
        _state,
        {"site": Site, "part": Part, "consigned_by": Customer},
        _check,
    ),
    example={
        "external_id": "MTY/CP-B300/L-881",
        "revision": 12,
        "site": "MTY",
        "part": "CP-B300",
        "lot": "L-881",
        "quantity": 144,
        "received_at": "2026-11-12T23:00:00Z",
    },
)
