"""Forecasts in the API: what was told ahead, and what suppliers said to it."""

from typing import Any

from rest_framework import serializers

from journal.api.ids import OpaqueId
from journal.api.names import Nameless
from journal.api.resources import Filter, Resource, day, text
from suppliers.models import ForecastBucket


class ForecastResponseShape(serializers.Serializer[Any]):
    """What a supplier can deliver of a bucket, and which forecast it answered."""

    number = serializers.IntegerField()
    quantity = serializers.IntegerField()
    forecast_quantity = serializers.IntegerField()
    door = serializers.CharField()
    actor = serializers.CharField()
    made_at = serializers.DateTimeField()


class ForecastShape(serializers.Serializer[Any]):
    """Pieces of a part that a site needs from a supplier in a week or a quarter."""

    id = OpaqueId("fc")
    supplier = serializers.CharField(source="supplier.code")
    part = serializers.CharField(source="part.code")
    site = serializers.CharField(source="site.code")
    span = serializers.ChoiceField(choices=ForecastBucket.Span.choices)
    starts_on = serializers.DateField()
    quantity = serializers.IntegerField()
    number = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    response = ForecastResponseShape(allow_null=True)


FORECASTS = Resource(
    name="forecasts",
    one="forecast",
    prefix="fc",
    shape=ForecastShape,
    rows=lambda: ForecastBucket.objects.for_staff().select_related(
        "supplier", "part", "site", "response"
    ),
    naming=Nameless(),
    filters={
        "supplier": text("supplier__code"),
        "part": text("part__code"),
        "site": text("site__code"),
        "span": Filter(
            lookup="span",
            field=serializers.ChoiceField(
                choices=ForecastBucket.Span.choices, required=False
            ),
        ),
        "starts_from": day("starts_on__gte", about="Begins then or later."),
        "starts_to": day("starts_on__lte", about="Begins then or earlier."),
    },
    example={
        "id": "fc_5k",
        "supplier": "tessaline",
        "part": "LEAKSNS",
        "site": "MTY",
        "span": "week",
        "starts_on": "2026-12-07",
        "quantity": 174,
        "number": 2,
        "changed_at": "2026-11-23T14:00:00Z",
        "response": {
            "number": 1,
            "quantity": 150,
            "forecast_quantity": 160,
            "door": "portal",
            "actor": "user:12",
            "made_at": "2026-11-22T03:10:00Z",
        },
    },
)
