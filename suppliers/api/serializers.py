"""Purchase orders as the API reads them."""

from typing import Any

from rest_framework import serializers

from journal.api.bulk import ITEMS_MAX
from journal.api.fields import LARGEST_ID, Flag, Strict, Text
from suppliers.services.purchase_orders import LinePush, PurchaseOrderPush

LINES_MAX = 500
QUANTITY_MAX = 100_000_000


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
    revision = serializers.IntegerField(min_value=0, max_value=2_000_000_000)
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


class PurchaseOrderPushRequest(Strict):
    """Up to 1,000 purchase orders of one ERP."""

    purchase_orders = serializers.ListField(
        child=PurchaseOrderItem(), min_length=1, max_length=ITEMS_MAX
    )


def purchase_order_push(values: dict[str, Any]) -> PurchaseOrderPush:
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
