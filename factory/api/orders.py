"""Orders and their changes over the API."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from factory.models import Order, OrderChange
from factory.services.orders import (
    LONGEST_NUMBER,
    OrderPush,
    OrderRefusedError,
    push_order,
)
from journal.api.fields import LARGEST_ID, LARGEST_REVISION, Flag, Strict, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByColumns, ByReference, ExternalIds
from journal.api.resources import Resource, choice, day, flag, text
from journal.api.writing import Item, Stating, Upsert
from journal.upserts import Done, Refusal, Result

RACKS_MAX = 500


class OrderShape(serializers.Serializer[Any]):
    """An order as shown; codes name customer, site and rack model."""

    id = OpaqueId("ord")
    external_ids = ExternalIds()
    number = serializers.CharField()
    revision = serializers.IntegerField(source="external_revision")
    customer = serializers.CharField(source="customer.code")
    site = serializers.CharField(source="site.code")
    rack_model = serializers.CharField(source="rack_model.code")
    quantity = serializers.IntegerField()
    service_class = serializers.ChoiceField(choices=Order.ServiceClass.choices)
    state = serializers.ChoiceField(choices=Order.State.choices)
    received_at = serializers.DateTimeField()
    requested_date = serializers.DateField()
    late_cents_per_day = serializers.IntegerField()
    version = serializers.IntegerField()


ORDERS = Resource(
    name="orders",
    one="order",
    prefix="ord",
    shape=OrderShape,
    rows=lambda: Order.objects.select_related("customer", "site", "rack_model"),
    naming=ByColumns(code="number"),
    filters={
        "number": text("number"),
        "customer": text("customer__code"),
        "site": text("site__code"),
        "rack_model": text("rack_model__code"),
        "state": choice("state", Order.State.choices),
        "service_class": choice("service_class", Order.ServiceClass.choices),
        "requested_from": day("requested_date__gte", about="Wished for then or later."),
        "requested_to": day("requested_date__lte", about="Wished for then or earlier."),
    },
    example={
        "id": "ord_2k",
        "external_ids": {"sap": "SO-9"},
        "number": "CO-9001",
        "revision": 1,
        "customer": "nordvik",
        "site": "MTY",
        "rack_model": "GB300",
        "quantity": 2,
        "service_class": "firm",
        "state": "open",
        "received_at": "2026-11-01T10:00:00Z",
        "requested_date": "2026-12-11",
        "late_cents_per_day": 600_000,
        "version": 1,
    },
)


class OrderItem(Strict):
    """One order an ERP pushes; codes name customer, site and rack model."""

    external_id = Text(max_length=LARGEST_ID)
    revision = serializers.IntegerField(min_value=0, max_value=LARGEST_REVISION)
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


def _push(items: Sequence[Item], by: Stating) -> list[Result]:
    """Store orders one by one: each has racks of its own to add or cancel."""
    return [_push_one(item, by) for item in items]


def _push_one(item: Item, by: Stating) -> Result:
    """Store one order, or say why not."""
    values = {name: value for name, value in item.items() if name != "cancelled"}
    push = OrderPush(**values, is_cancelled=item["cancelled"])
    try:
        order, outcome = push_order(push=push, system=by.system, actor=by.actor)
    except OrderRefusedError as error:
        return Refusal(field=error.field, code=error.code, sentence=str(error))
    return Done(key=order.pk, outcome=outcome)


ORDER_UPSERT = Upsert(
    resource=ORDERS,
    item=OrderItem,
    write=_push,
    example={
        "external_id": "SO-9",
        "revision": 1,
        "number": "CO-9001",
        "customer": "nordvik",
        "site": "MTY",
        "rack_model": "GB300",
        "quantity": 2,
        "requested_date": "2026-12-11",
        "received_at": "2026-11-01T10:00:00Z",
    },
)


class OrderChangeShape(serializers.Serializer[Any]):
    """A change of an order that was asked for, and what became of it."""

    id = OpaqueId("chg")
    external_ids = ExternalIds()
    order = OpaqueId("ord", source="order_id")
    order_number = serializers.CharField(source="order.number")
    kind = serializers.ChoiceField(choices=OrderChange.Kind.choices)
    state = serializers.ChoiceField(choices=["proposed", "granted", "refused"])
    author = serializers.CharField()
    reason = serializers.CharField()
    quantity = serializers.IntegerField(allow_null=True)
    requested_date = serializers.DateField(allow_null=True)
    customer = serializers.CharField(
        source="customer.code", allow_null=True, default=None
    )
    rack_model = serializers.CharField(
        source="rack_model.code", allow_null=True, default=None
    )
    at = serializers.DateTimeField()
    granted_date = serializers.DateField(
        source="decision.granted_date", allow_null=True, default=None
    )
    decided_by = serializers.CharField(
        source="decision.author", allow_null=True, default=None
    )
    decided_at = serializers.DateTimeField(
        source="decision.at", allow_null=True, default=None
    )
    decision_reason = serializers.CharField(
        source="decision.reason", allow_null=True, default=None
    )


ORDER_CHANGES = Resource(
    name="order-changes",
    one="order change",
    prefix="chg",
    shape=OrderChangeShape,
    rows=lambda: OrderChange.objects.select_related(
        "order", "customer", "rack_model", "decision"
    ),
    naming=ByReference(),
    filters={
        "order": text("order__number", about="The order's number."),
        "kind": choice("kind", OrderChange.Kind.choices),
        "undecided": flag("decision__isnull"),
    },
    example={
        "id": "chg_7",
        "external_ids": {},
        "order": "ord_2k",
        "order_number": "CO-9001",
        "kind": "pull_in",
        "state": "granted",
        "author": "Ruth Okafor",
        "reason": "Their hall is ready a week earlier.",
        "quantity": None,
        "requested_date": "2026-12-04",
        "customer": None,
        "rack_model": None,
        "at": "2026-11-20T09:30:00Z",
        "granted_date": "2026-12-05",
        "decided_by": "Tomás Reyes",
        "decided_at": "2026-11-20T09:41:00Z",
        "decision_reason": "",
    },
)
