"""Racks and stock lots over the API."""

from typing import Any

from rest_framework import serializers

from factory.models import StockLot, Unit
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, choice, flag, text


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
