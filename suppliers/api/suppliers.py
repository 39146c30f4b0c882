"""Suppliers over the API."""

from typing import Any

from rest_framework import serializers

from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, flag, text
from suppliers.models import Supplier


class SupplierShape(serializers.Serializer[Any]):
    """A supplier as shown; zone and language are its people's."""

    id = OpaqueId("sup")
    external_ids = ExternalIds()
    code = serializers.CharField()
    name = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    language = serializers.CharField()
    buyer = serializers.CharField()
    is_active = serializers.BooleanField()


SUPPLIERS = Resource(
    name="suppliers",
    one="supplier",
    prefix="sup",
    shape=SupplierShape,
    rows=Supplier.objects.all,
    naming=ByReference(code=("code",)),
    filters={
        "code": text("code"),
        "region": text("region"),
        "buyer": text("buyer"),
        "is_active": flag("is_active"),
    },
    example={
        "id": "sup_9",
        "external_ids": {"sap": "VEND-118"},
        "code": "tessaline",
        "name": "Tessaline Thermal",
        "region": "Taiwan",
        "zone": "Asia/Taipei",
        "language": "en",
        "buyer": "M. Ruiz",
        "is_active": True,
    },
)
