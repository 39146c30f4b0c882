"""Orders as the API reads them."""

from typing import Any

from rest_framework import serializers

from factory.models import Order
from factory.services.orders import LONGEST_NUMBER, OrderPush
from journal.api.bulk import ITEMS_MAX
from journal.api.fields import LARGEST_ID, Flag, Strict, Text

RACKS_MAX = 500


class OrderItem(Strict):
    """One order an ERP pushes; codes name customer, site and rack model."""

    external_id = Text(max_length=LARGEST_ID)
    revision = serializers.IntegerField(min_value=0, max_value=2_000_000_000)
    number = Text(max_length=LONGEST_NUMBER, allow_blank=True, default="")
    customer = Text(max_length=20)
    site = Text(max_length=20)
    rack_model = Text(max_length=20)
    quantity = serializers.IntegerField(min_value=1, max_value=RACKS_MAX)
    requested_date = serializers.DateField()
    received_at = serializers.DateTimeField()
    service_class = serializers.ChoiceField(
        choices=Order.ServiceClass.choices, default=Order.ServiceClass.FIRM
    )
    cancelled = Flag(default=False)


class OrderPushRequest(Strict):
    """Up to 1,000 orders of one ERP."""

    orders = serializers.ListField(
        child=OrderItem(), min_length=1, max_length=ITEMS_MAX
    )


def order_push(values: dict[str, Any]) -> OrderPush:
    """Return an item's validated values as the service takes them."""
    rest = {key: value for key, value in values.items() if key != "cancelled"}
    return OrderPush(**rest, is_cancelled=values["cancelled"])
