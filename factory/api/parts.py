"""Parts over the API."""

from typing import Any

from rest_framework import serializers

from factory.models import Part
from journal.api.fields import CENTS_MAX, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, choice, text
from journal.api.statements import Found, StatedItem, removing, writing
from journal.api.writing import Item, Upsert
from journal.upserts import Kind, Statement


class PartShape(serializers.Serializer[Any]):
    """A part as shown; its price is US cents."""

    id = OpaqueId("part")
    external_ids = ExternalIds()
    code = serializers.CharField()
    name = serializers.CharField()
    part_revision = serializers.CharField(source="revision")
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
        "part_revision": "C",
        "unit": "ea",
        "trace": "lot",
        "owner": "own",
        "sourcing": "dual",
        "price_cents": 41_500,
        "buyer": "M. Ruiz",
    },
)


class PartItem(StatedItem):
    """A part as an ERP states it; its price is US cents."""

    code = Text(max_length=40)
    name = Text(max_length=160)
    part_revision = Text(max_length=10, default="A")
    unit = Text(max_length=10, default="ea")
    trace = serializers.ChoiceField(choices=Part.Trace.choices, default=Part.Trace.NONE)
    owner = serializers.ChoiceField(choices=Part.Owner.choices, default=Part.Owner.OWN)
    sourcing = Text(max_length=80, allow_blank=True, default="")
    price_cents = serializers.IntegerField(min_value=0, max_value=CENTS_MAX, default=0)
    buyer = Text(max_length=80, allow_blank=True, default="")


def _state(item: Item, _codes: Found) -> Statement:
    """Return an item as a statement about a part."""
    names = ("name", "unit", "trace", "owner", "sourcing", "price_cents", "buyer")
    return Statement(
        external_id=item["external_id"],
        revision=item["revision"],
        code=(item["code"],),
        values={name: item[name] for name in names}
        | {"revision": item["part_revision"]},
    )


PART = Kind(model=Part, code=("code",), one="part")

PART_UPSERT = Upsert(
    resource=PARTS,
    item=PartItem,
    write=writing(PART, _state),
    remove=removing(PART),
    example={
        "external_id": "10004711",
        "revision": 4,
        "code": "CP-B300",
        "name": "Cold plate",
        "part_revision": "C",
        "trace": "lot",
        "price_cents": 41_500,
    },
)
