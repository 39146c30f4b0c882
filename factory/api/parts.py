"""Parts over the API."""

from typing import Any

from rest_framework import serializers

from factory.models import Part
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, choice, text


class PartShape(serializers.Serializer[Any]):
    """A part as shown; its price is US cents."""

    id = OpaqueId("part")
    external_ids = ExternalIds()
    code = serializers.CharField()
    name = serializers.CharField()
    revision = serializers.CharField()
    unit = serializers.CharField()
    trace = serializers.ChoiceField(choices=Part.Trace.choices)
    owner = serializers.ChoiceField(choices=Part.Owner.choices)
    sourcing = serializers.CharField()
    price_cents = serializers.IntegerField()
    buyer = serializers.CharField()


PARTS = Resource(
    name="parts",
    one="part",
    prefix="part",
    shape=PartShape,
    rows=Part.objects.all,
    naming=ByReference(code=("code",)),
    filters={
        "code": text("code"),
        "trace": choice("trace", Part.Trace.choices),
        "owner": choice("owner", Part.Owner.choices),
        "buyer": text("buyer"),
    },
    example={
        "id": "part_1c",
        "external_ids": {"sap": "10004711"},
        "code": "CP-B300",
        "name": "Cold plate",
        "revision": "C",
        "unit": "ea",
        "trace": "lot",
        "owner": "own",
        "sourcing": "dual",
        "price_cents": 41_500,
        "buyer": "M. Ruiz",
    },
)
