"""Bills of material over the API: one a rack model."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from rest_framework import serializers

from factory.models import BomLine, RackModel
from factory.services.boms import BomLinePush, BomPush, push_boms, remove_bom
from journal.api.fields import PIECES_MAX, Strict, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, text
from journal.api.statements import StatedItem
from journal.api.writing import Item, Stating, Upsert
from journal.upserts import Result

LINES_MAX = 1_000


class BomLineShape(serializers.Serializer[Any]):
    """Pieces of a part in one rack; with a parent it is tier 2, never consumed."""

    part = serializers.CharField(source="part.code")
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF's word too
        source="parent.code", default=None, allow_null=True
    )
    quantity = serializers.IntegerField()
    consumed_at = serializers.CharField(
        source="consumed_at.code", default=None, allow_null=True
    )


class BomShape(serializers.Serializer[Any]):
    """The bill of material of one rack model."""

    id = OpaqueId("bom")
    external_ids = ExternalIds()
    rack_model = serializers.CharField(source="code")
    name = serializers.CharField()
    lines = BomLineShape(source="bom_lines", many=True)


BOMS = Resource(
    name="boms",
    one="bill of material",
    prefix="bom",
    shape=BomShape,
    rows=lambda: RackModel.objects.filter(
        Exists(BomLine.objects.filter(rack_model=OuterRef("pk")))
    ).prefetch_related(
        "bom_lines__part", "bom_lines__parent", "bom_lines__consumed_at"
    ),
    naming=ByReference(code=("code",)),
    filters={
        "rack_model": text("code"),
        "part": text(
            "bom_lines__part__code", about="Models that use this part.", spans=True
        ),
    },
    example={
        "id": "bom_1",
        "external_ids": {"sap": "GB300-BOM"},
        "rack_model": "GB300",
        "name": "GB300 NVL72",
        "lines": [
            {
                "part": "CP-B300",
                "parent": None,
                "quantity": 18,
                "consumed_at": "TRAYS",
            }
        ],
    },
)


class BomLineItem(Strict):
    """Pieces of a part; it names the step that takes it, or the part it goes into."""

    part = Text(max_length=40)
    parent = Text(  # type: ignore[assignment]  # DRF's word too
        max_length=40, allow_null=True, default=None
    )
    quantity = serializers.IntegerField(min_value=1, max_value=PIECES_MAX)
    consumed_at = Text(max_length=20, allow_null=True, default=None)


class BomItem(StatedItem):
    """The whole bill of a rack model; a line left out is no longer in it."""

    rack_model = Text(max_length=20)
    lines = serializers.ListField(
        child=BomLineItem(), min_length=1, max_length=LINES_MAX
    )


def _push(items: Sequence[Item], by: Stating) -> list[Result]:
    """Store bills, all in a few queries."""
    return push_boms(
        pushes=[_stated(item) for item in items], system=by.system, actor=by.actor
    )


def _stated(item: Item) -> BomPush:
    """Return an item's validated values as the service takes them."""
    return BomPush(
        external_id=item["external_id"],
        revision=item["revision"],
        rack_model=item["rack_model"],
        lines=tuple(
            BomLinePush(
                part=line["part"],
                quantity=line["quantity"],
                parent=line["parent"] or "",
                consumed_at=line["consumed_at"] or "",
            )
            for line in item["lines"]
        ),
    )


BOM_UPSERT = Upsert(
    resource=BOMS,
    item=BomItem,
    write=_push,
    remove=remove_bom,
    example={
        "external_id": "GB300-BOM",
        "revision": 5,
        "rack_model": "GB300",
        "lines": [
            {"part": "CP-B300", "quantity": 18, "consumed_at": "TRAYS"},
            {"part": "SEAL-9", "parent": "CP-B300", "quantity": 36},
        ],
    },
)
