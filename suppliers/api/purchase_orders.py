"""Purchase orders over the API."""

from typing import Any

from rest_framework import serializers

from journal.api.ids import OpaqueId
from journal.api.names import ByColumns, ExternalIds
from journal.api.resources import Resource, choice, text
from suppliers.models import PurchaseOrder, PurchaseOrderLine


class LineShape(serializers.Serializer[Any]):
    """A line as shown; ``need_by`` is the dock date asked for, in the site's zone."""

    id = OpaqueId("pol")
    number = serializers.IntegerField()
    external_id = serializers.CharField()
    part = serializers.CharField(source="part.code")
    quantity = serializers.IntegerField()
    received = serializers.IntegerField()
    need_by = serializers.DateField()
    price_cents = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PurchaseOrderLine.State.choices)


class PurchaseOrderShape(serializers.Serializer[Any]):
    """A purchase order as shown; codes name supplier, site and parts."""

    id = OpaqueId("po")
    external_ids = ExternalIds()
    number = serializers.CharField()
    revision = serializers.IntegerField(source="external_revision")
    supplier = serializers.CharField(source="supplier.code")
    site = serializers.CharField(source="site.code")
    state = serializers.ChoiceField(choices=PurchaseOrder.State.choices)
    currency = serializers.CharField()
    ordered_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    lines = LineShape(many=True)


PURCHASE_ORDERS = Resource(
    name="purchase-orders",
    one="purchase order",
    prefix="po",
    shape=PurchaseOrderShape,
    rows=lambda: (
        PurchaseOrder.objects.for_staff()
        .select_related("supplier", "site")
        .prefetch_related("lines__part")
    ),
    naming=ByColumns(code="number"),
    filters={
        "number": text("number"),
        "supplier": text("supplier__code"),
        "site": text("site__code"),
        "state": choice("state", PurchaseOrder.State.choices),
    },
    example={
        "id": "po_3f",
        "external_ids": {"sap": "4500-1"},
        "number": "4500-1",
        "revision": 1,
        "supplier": "tessaline",
        "site": "MTY",
        "state": "open",
        "currency": "USD",
        "ordered_at": "2026-11-01T10:00:00Z",
        "version": 1,
        "lines": [
            {
                "id": "pol_a1",
                "number": 10,
                "external_id": "",
                "part": "CP-B300",
                "quantity": 144,
                "received": 0,
                "need_by": "2026-12-14",
                "price_cents": 41_500,
                "state": "open",
            }
        ],
    },
)
