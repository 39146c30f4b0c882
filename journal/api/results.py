"""What became of the items of a bulk write, as shown."""

from typing import Any

from rest_framework import serializers

from journal.api.writing import OUTCOMES


class FaultShape(serializers.Serializer[Any]):
    """What is wrong with one member of an item."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ItemResult(serializers.Serializer[Any]):
    """What happened to one item."""

    index = serializers.IntegerField()
    external_id = serializers.CharField()
    id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    errors = FaultShape(many=True, required=False)  # type: ignore[assignment]  # DRF's too


class Summary(serializers.Serializer[Any]):
    """How many items had which outcome."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    stale = serializers.IntegerField()
    failed = serializers.IntegerField()
