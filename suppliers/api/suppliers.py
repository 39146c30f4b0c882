"""Suppliers over the API."""

from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from journal.api.fields import Flag, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, flag, text
from journal.api.statements import Found, StatedItem, removing, writing
from journal.api.writing import Item, Upsert
from journal.upserts import Kind, Refusal, Statement
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


class SupplierItem(StatedItem):
    """A supplier as an ERP states it."""

    code = serializers.SlugField(max_length=20)
    name = Text(max_length=120)
    region = Text(max_length=40)
    zone = Text(max_length=60, default="UTC")
    language = Text(max_length=10, default="en")
    buyer = Text(max_length=80, allow_blank=True, default="")
    is_active = Flag(default=True)


def _check(item: Item) -> Refusal | None:
    """Refuse a time zone that is none, since pages are shown in it."""
    zone = item["zone"]
    if zone in available_timezones():
        return None
    return Refusal(
        field="zone",
        code="unknown_zone",
        sentence=f"{zone} is no time zone; say one such as Asia/Taipei.",
    )


def _state(item: Item, _codes: Found) -> Statement:
    """Return an item as a statement about a supplier."""
    names = ("name", "region", "zone", "language", "buyer", "is_active")
    return Statement(
        external_id=item["external_id"],
        revision=item["revision"],
        code=(item["code"],),
        values={name: item[name] for name in names},
    )


SUPPLIER = Kind(model=Supplier, code=("code",), one="supplier")

SUPPLIER_UPSERT = Upsert(
    resource=SUPPLIERS,
    item=SupplierItem,
    write=writing(SUPPLIER, _state, check=_check),
    remove=removing(SUPPLIER),
    example={
        "external_id": "VEND-118",
        "revision": 1,
        "code": "tessaline",
        "name": "Tessaline Thermal",
        "region": "Taiwan",
        "zone": "Asia/Taipei",
    },
)
