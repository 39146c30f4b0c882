"""Promise dates as the API shows them."""

from typing import Any

from rest_framework import serializers

from journal.api.fields import Strict
from scheduling.models import CustomerPromise


class PageOptions(Strict):
    """Where to go on and how much to read."""

    cursor = serializers.IntegerField(
        min_value=0, max_value=9_000_000_000_000_000_000, default=0
    )
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=100)


class PromiseDate(serializers.ModelSerializer[CustomerPromise]):
    """A revision of the date an order is promised for: shipped by that day's end."""

    id = serializers.IntegerField(read_only=True)
    order = serializers.CharField(source="order.number")
    system = serializers.CharField(source="order.system")
    external_id = serializers.CharField(source="order.external_id")
    revision = serializers.IntegerField(source="number")
    promise_date = serializers.DateField(source="date")
    quantity = serializers.IntegerField()
    publication = serializers.IntegerField(
        source="publication.number", allow_null=True, default=None
    )

    class Meta:
        """Fields in the order of reading."""

        model = CustomerPromise
        fields = (
            "id",
            "order",
            "system",
            "external_id",
            "revision",
            "kind",
            "promise_date",
            "quantity",
            "limit",
            "reason",
            "publication",
            "made_at",
        )


class PromiseDatePage(serializers.Serializer[dict[str, Any]]):
    """Promise dates in the order they were made, and where to go on."""

    items = PromiseDate(many=True)
    next_cursor = serializers.IntegerField()
    has_more = serializers.BooleanField()
