"""Bills of material over the API: one a rack model."""

from typing import Any

from rest_framework import serializers

from factory.models import RackModel
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, text


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
    rows=lambda: RackModel.objects.prefetch_related(
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
