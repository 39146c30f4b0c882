"""Purchase orders over the API."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Prefetch
from django.utils import timezone
from rest_framework import serializers

from journal.api.fields import LARGEST_ID, LARGEST_REVISION, Flag, Strict, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByColumns, ExternalIds
from journal.api.resources import Resource, choice, text
from journal.api.writing import Item, Stating, Upsert
from journal.upserts import Result
from suppliers.models import PurchaseOrder, PurchaseOrderLine
from suppliers.services.purchase_orders import (
    LinePush,
    PurchaseOrderPush,
    push_purchase_orders,
)

LINES_MAX = 500
QUANTITY_MAX = 100_000_000


class LineShape(serializers.Serializer[Any]):
    """A line as shown; ``need_by`` is the dock date asked for, in the site's zone."""

    id = OpaqueId("pol")
    number = serializers.IntegerField()
    external_id = serializers.CharField()
    part = serializers.CharField(source="part_code")
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
    supplier = serializers.CharField(source="supplier_code")
    site = serializers.CharField(source="site_code")
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
        .annotate(supplier_code=F("supplier__code"), site_code=F("site__code"))
        .prefetch_related(
            Prefetch(
                "lines",
                PurchaseOrderLine.objects.for_staff()
                .annotate(part_code=F("part__code"))
                .order_by("number"),
            )
        )
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


class LineItem(Strict):
    """One line; ``need_by`` is the dock date asked for, in the site's zone."""

    number = serializers.IntegerField(min_value=1, max_value=30_000)
    external_id = Text(max_length=LARGEST_ID, allow_blank=True, default="")
    part = Text(max_length=40)
    quantity = serializers.IntegerField(min_value=1, max_value=QUANTITY_MAX)
    need_by = serializers.DateField()
    price_cents = serializers.IntegerField(
        min_value=0, max_value=1_000_000_000_000, default=0
    )
    cancelled = Flag(default=False)


class PurchaseOrderItem(Strict):
    """One purchase order an ERP pushes; codes name supplier, site and parts."""

    external_id = Text(max_length=LARGEST_ID)
    revision = serializers.IntegerField(min_value=0, max_value=LARGEST_REVISION)
    number = Text(max_length=40, allow_blank=True, default="")
    supplier = Text(max_length=20)
    site = Text(max_length=20)
    ordered_at = serializers.DateTimeField()
    lines = serializers.ListField(child=LineItem(), min_length=1, max_length=LINES_MAX)

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse a line number given twice."""
        numbers = [line["number"] for line in lines]
        if len(set(numbers)) != len(numbers):
            raise serializers.ValidationError("A line number is given twice.")
        return lines


def _stated(values: Item) -> PurchaseOrderPush:
    """Return an item's validated values as the service takes them."""
    lines = tuple(
        LinePush(
            **{key: value for key, value in line.items() if key != "cancelled"},
            is_cancelled=line["cancelled"],
        )
        for line in values["lines"]
    )
    rest = {key: value for key, value in values.items() if key != "lines"}
    return PurchaseOrderPush(**rest, lines=lines)


def _push(items: Sequence[Item], by: Stating) -> list[Result]:
    """Store purchase orders, all in a few queries."""
    return push_purchase_orders(
        pushes=[_stated(item) for item in items],
        system=by.system,
        actor=by.actor,
        now=timezone.now(),
    )


PURCHASE_ORDER_UPSERT = Upsert(
    resource=PURCHASE_ORDERS,
    item=PurchaseOrderItem,
    write=_push,
    example={
        "external_id": "4500-1",
        "revision": 1,
        "supplier": "tessaline",
        "site": "MTY",
        "ordered_at": "2026-11-01T10:00:00Z",
        "lines": [
            {"number": 10, "part": "CP-B300", "quantity": 144, "need_by": "2026-12-14"}
        ],
    },
)
