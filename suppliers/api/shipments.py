"""Shipments over the API: what suppliers say is on the way, with serial numbers."""

from typing import Any

from rest_framework import serializers

from journal.api.ids import OpaqueId
from journal.api.names import Nameless
from journal.api.resources import Resource, choice, day, text
from suppliers.models import Shipment, ShipmentLine


class LineNames(serializers.DictField):
    """What each system calls the purchase-order line, which is loaded."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        """Read the shipment's line itself."""
        super().__init__(read_only=True, source="line", **options)

    def to_representation(self, value: Any) -> dict[str, str]:  # noqa: ANN401 - a line
        """Return the line's external id by its order's system."""
        order = value.purchase_order
        if not order.external_id:
            return {}
        return {
            order.system: value.external_id or f"{order.external_id}.{value.number}"
        }


class Serials(serializers.ListField):
    """Serial numbers, which are loaded."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        """Read only."""
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> list[str]:  # noqa: ANN401 - a manager
        """Return the numbers, sorted."""
        return sorted(row.serial for row in value.all())


class ShipmentLineShape(serializers.Serializer[Any]):
    """Pieces of one purchase-order line; ``received`` of them the dock has counted."""

    number = serializers.IntegerField()
    commitment = OpaqueId("cm", source="line.commitment.pk")
    external_ids = LineNames()
    purchase_order = OpaqueId("po", source="line.purchase_order_id")
    purchase_order_number = serializers.CharField(source="line.purchase_order.number")
    line = serializers.IntegerField(source="line.number")
    part = serializers.CharField(source="line.part.code")
    quantity = serializers.IntegerField()
    received = serializers.IntegerField()
    promised_on = serializers.DateField(allow_null=True)
    lot = serializers.CharField()
    package = serializers.CharField()
    state = serializers.ChoiceField(choices=ShipmentLine.State.choices)
    serials = Serials()


class ShipmentShape(serializers.Serializer[Any]):
    """One consignment of a supplier to one site, announced when it left."""

    id = OpaqueId("asn")
    number = serializers.CharField()
    supplier = serializers.CharField(source="supplier.code")
    site = serializers.CharField(source="site.code")
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    packing_list = serializers.CharField()
    shipped_on = serializers.DateField()
    expected_on = serializers.DateField()
    state = serializers.ChoiceField(choices=Shipment.State.choices)
    version = serializers.IntegerField()
    announced_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    lines = ShipmentLineShape(many=True)


SHIPMENTS = Resource(
    name="shipments",
    one="shipment",
    prefix="asn",
    shape=ShipmentShape,
    rows=lambda: (
        Shipment.objects.for_staff()
        .select_related("supplier", "site")
        .prefetch_related(
            "lines__line__purchase_order",
            "lines__line__part",
            "lines__line__commitment",
            "lines__serials",
        )
    ),
    naming=Nameless(),
    filters={
        "number": text("number", about="The supplier's own number."),
        "supplier": text("supplier__code"),
        "site": text("site__code"),
        "state": choice("state", Shipment.State.choices),
        "expected_from": day("expected_on__gte", about="Expected then or later."),
        "expected_to": day("expected_on__lte", about="Expected then or earlier."),
    },
    version=lambda row: row.version,  # type: ignore[attr-defined]  # a shipment's
    example={
        "id": "asn_4",
        "number": "ASN-0012",
        "supplier": "tessaline",
        "site": "MTY",
        "carrier": "Kuehne",
        "tracking_number": "1Z-0001",
        "packing_list": "PL-77",
        "shipped_on": "2026-12-09",
        "expected_on": "2026-12-14",
        "state": "announced",
        "version": 1,
        "announced_at": "2026-12-09T03:10:00Z",
        "changed_at": "2026-12-09T03:10:00Z",
        "lines": [
            {
                "number": 1,
                "commitment": "cm_8x",
                "external_ids": {"sap": "4500-1.10"},
                "purchase_order": "po_3f",
                "purchase_order_number": "4500-1",
                "line": 10,
                "part": "CP-B300",
                "quantity": 2,
                "received": 0,
                "promised_on": None,
                "lot": "",
                "package": "BOX-1",
                "state": "on_the_way",
                "serials": ["SN-1", "SN-2"],
            }
        ],
    },
)
