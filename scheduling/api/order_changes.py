"""Order changes over the API: asked for, looked at, granted or refused."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from factory.api.orders import ORDER_CHANGES, ORDERS, RACKS_MAX
from factory.errors import FactoryError, OrderChangeRefusedError
from factory.models import Customer, Order, OrderChange, RackModel
from factory.order_rules import Wish
from factory.services import order_changes as orders
from factory.services.order_changes import Signed
from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId, key_of, opaque
from journal.api.names import ByReference, ExternalIds
from journal.api.reading import ListView, ResourceView, coded, query_of
from journal.api.resources import EXECUTION, Resource, choice, text
from journal.api.single import PutOptions
from journal.api.views import Refused, UnprocessableError, once
from scheduling.errors import SchedulingError
from scheduling.models import ChangePreview
from scheduling.services import order_changes, previews

EXAMPLE = dict(ORDER_CHANGES.example)
PROPOSED = EXAMPLE | {
    "state": "proposed",
    "granted_date": None,
    "decided_by": None,
    "decided_at": None,
    "decision_reason": None,
}
SENT = {
    "kind": "pull_in",
    "reason": "Their hall is ready a week earlier.",
    "requested_date": "2026-12-04",
}


class WishItem(Strict):
    """What is asked of an order; only what the kind needs is sent.

    ``quantity``: racks afterwards of an increase or decrease, on top of an emergency
    add-on, handed over of a customer switch.
    """

    kind = serializers.ChoiceField(choices=OrderChange.Kind.choices)
    reason = Text(max_length=200)
    author = Text(max_length=120, allow_blank=True, default="")
    quantity = serializers.IntegerField(
        min_value=1, max_value=RACKS_MAX, allow_null=True, default=None
    )
    requested_date = serializers.DateField(allow_null=True, default=None)
    customer = Text(max_length=20, allow_blank=True, default="")
    rack_model = Text(max_length=20, allow_blank=True, default="")


class PreviewItem(WishItem):
    """What is asked of which order."""

    order = Text(max_length=40)


class GrantItem(Strict):
    """The day granted; none for a decrease, cancellation, pause or service class."""

    granted_date = serializers.DateField(allow_null=True, default=None)
    author = Text(max_length=120, allow_blank=True, default="")
    reason = Text(max_length=200, allow_blank=True, default="")


class RefuseItem(Strict):
    """Why it is refused."""

    reason = Text(max_length=200)
    author = Text(max_length=120, allow_blank=True, default="")


class TouchedShape(serializers.Serializer[Any]):
    """An order whose promise would move."""

    order = serializers.CharField()
    customer = serializers.CharField()
    owner = serializers.CharField()
    promised = serializers.DateField()
    planned = serializers.DateField()


class OfferShape(serializers.Serializer[Any]):
    """What a change comes to in one way of taking it."""

    ships_on = serializers.DateField(allow_null=True)
    moved_racks = serializers.IntegerField()
    late_cents = serializers.IntegerField()
    moved_cents = serializers.IntegerField()
    broken_cents = serializers.IntegerField()
    touched = TouchedShape(many=True)


class PreviewShape(serializers.Serializer[Any]):
    """A look at what a change would do.

    ``firm`` keeps every promise; ``eased`` lets some move where that is earlier. No
    plan ships before ``bound_on``. ``change`` is null for a dry run.
    """

    id = OpaqueId("look")
    external_ids = ExternalIds()
    order = OpaqueId("ord", source="order_id")
    order_number = serializers.CharField(source="order.number")
    change = OpaqueId("chg", source="change_id", allow_null=True, default=None)
    kind = serializers.ChoiceField(source="wish.kind", choices=OrderChange.Kind.choices)
    state = serializers.ChoiceField(choices=ChangePreview.State.choices)
    requested_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    racks = serializers.IntegerField()
    unaffected_racks = serializers.IntegerField()
    ships_on = serializers.DateField(allow_null=True)
    bound_on = serializers.DateField(allow_null=True)
    firm = serializers.SerializerMethodField()
    eased = serializers.SerializerMethodField()
    sentence = serializers.CharField()

    @extend_schema_field(OfferShape(allow_null=True))
    def get_firm(self, preview: ChangePreview) -> dict[str, Any] | None:
        """Return what it comes to with every promise kept."""
        return preview.firm or None

    @extend_schema_field(OfferShape(allow_null=True))
    def get_eased(self, preview: ChangePreview) -> dict[str, Any] | None:
        """Return what it comes to if some promises move."""
        return preview.eased or None


OFFER = {
    "ships_on": "2026-12-05",
    "moved_racks": 3,
    "late_cents": 0,
    "moved_cents": 45_000,
    "broken_cents": 0,
    "touched": [],
}

CHANGE_PREVIEWS = Resource(
    name="change-previews",
    one="change preview",
    prefix="look",
    shape=PreviewShape,
    rows=lambda: ChangePreview.objects.select_related("order"),
    naming=ByReference(),
    filters={
        "order": text("order__number", about="The order's number."),
        "state": choice("state", ChangePreview.State.choices),
    },
    capability=EXECUTION,
    example={
        "id": "look_4",
        "external_ids": {},
        "order": "ord_2k",
        "order_number": "CO-9001",
        "change": "chg_7",
        "kind": "pull_in",
        "state": "answered",
        "requested_at": "2026-11-20T09:30:00Z",
        "answered_at": "2026-11-20T09:30:02Z",
        "racks": 2,
        "unaffected_racks": 118,
        "ships_on": "2026-12-05",
        "bound_on": "2026-12-03",
        "firm": OFFER,
        "eased": None,
        "sentence": "",
    },
)


class OrderChangesView(ResourceView):
    """What is asked of one order."""

    query_parameters = frozenset({"dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="orders_change",
            about="Ask for a change of one order; 202, its preview is on its way.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH, PutOptions],
            request=WishItem,
            sent=SENT,
            responses={202: ORDER_CHANGES.shape},
            answered={202: PROPOSED},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Write down what is asked of an order; with ``dry_run`` only check it."""
        options = PutOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        body = WishItem(data=request.data)
        body.is_valid(raise_exception=True)
        order: Order = self.find(key, ORDERS.rows())
        wish = wish_of(body.validated_data)
        with transaction.atomic():
            try:
                change = order_changes.propose(
                    order=order, wish=wish, by=signed(self, body.validated_data)
                )
            except OrderChangeRefusedError as error:
                raise _unprocessable(error) from error
            shown = _shown(change)
            if options.validated_data["dry_run"]:
                transaction.set_rollback(True)
        headers = {
            "Operation-Location": reverse(
                "api-order-changes-one", args=[opaque(ORDER_CHANGES.prefix, change.pk)]
            )
        }
        return Response(shown, status=status.HTTP_202_ACCEPTED, headers=headers)


class ChangeGrantView(ResourceView):
    """The word that a change is granted."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="order_changes_grant",
            about="Grant a change; the order is changed and its date promised.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            request=GrantItem,
            sent={"granted_date": "2026-12-05", "author": "Tomás Reyes"},
            responses={200: ORDER_CHANGES.shape},
            answered={200: EXAMPLE},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Grant a change with a date."""
        body = GrantItem(data=request.data)
        body.is_valid(raise_exception=True)
        change: OrderChange = self.find(key)
        try:
            order_changes.grant(
                change=change,
                granted_date=body.validated_data["granted_date"],
                by=signed(self, body.validated_data),
                reason=body.validated_data["reason"],
            )
        except OrderChangeRefusedError as error:
            raise _unprocessable(error) from error
        except (FactoryError, SchedulingError) as error:
            raise Refused(str(error), error.code) from error
        return Response(_shown(change))


class ChangeRefuseView(ResourceView):
    """The word that a change is refused."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="order_changes_refuse",
            about="Refuse a change, with the reason; nothing is changed.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            request=RefuseItem,
            sent={"reason": "No bay is free before the 11th."},
            responses={200: ORDER_CHANGES.shape},
            answered={
                200: EXAMPLE
                | {
                    "state": "refused",
                    "granted_date": None,
                    "decision_reason": "No bay is free before the 11th.",
                }
            },
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Refuse a change."""
        body = RefuseItem(data=request.data)
        body.is_valid(raise_exception=True)
        change: OrderChange = self.find(key)
        try:
            orders.refuse_change(
                change=change,
                reason=body.validated_data["reason"],
                by=signed(self, body.validated_data),
            )
        except OrderChangeRefusedError as error:
            raise _unprocessable(error) from error
        except FactoryError as error:
            raise Refused(str(error), error.code) from error
        return Response(_shown(change))


class PreviewsView(ListView):
    """Looks at what changes would do."""

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="change_previews_create",
            about="Ask what a change would do; nothing is asked of the order. 202.",
            parameters=[KEY_PARAMETER],
            request=PreviewItem,
            sent=SENT | {"order": "CO-9001"},
            responses={202: PreviewShape},
            answered={
                202: dict(CHANGE_PREVIEWS.example)
                | {
                    "change": None,
                    "state": "requested",
                    "answered_at": None,
                    "ships_on": None,
                    "bound_on": None,
                    "firm": None,
                }
            },
        )

    @once
    def post(self, request: Request) -> Response:
        """Ask what a change would do; 202 with the address of the answer."""
        body = PreviewItem(data=request.data)
        body.is_valid(raise_exception=True)
        name = body.validated_data["order"]
        number = key_of(ORDERS.prefix, name)
        rows = ORDERS.rows()
        order = rows.filter(number=name).first() or (
            rows.filter(pk=number).first() if number is not None else None
        )
        if order is None:
            raise UnprocessableError({"order": [f"There is no order {name}."]})
        wish = wish_of(body.validated_data)
        try:
            preview = previews.dry_run(order=order, wish=wish, actor=self.actor)
        except OrderChangeRefusedError as error:
            raise _unprocessable(error) from error
        headers = {
            "Operation-Location": reverse(
                "api-change-previews-one",
                args=[opaque(CHANGE_PREVIEWS.prefix, preview.pk)],
            ),
            "Retry-After": "1",
        }
        shown = self.show([CHANGE_PREVIEWS.rows().get(pk=preview.pk)], None)[0]
        return Response(shown, status=status.HTTP_202_ACCEPTED, headers=headers)


def wish_of(item: dict[str, Any]) -> Wish:
    """Return what an item asks for.

    Raises:
        UnprocessableError: If a code names nothing.
    """
    customer = rack_model = None
    if item["customer"]:
        customer = coded(Customer.objects.all(), "customer", item["customer"])
    if item["rack_model"]:
        rack_model = coded(RackModel.objects.all(), "rack_model", item["rack_model"])
    return Wish(
        kind=OrderChange.Kind(item["kind"]),
        reason=item["reason"],
        quantity=item["quantity"],
        requested_date=item["requested_date"],
        customer=customer,
        rack_model=rack_model,
    )


def signed(view: ResourceView, item: dict[str, Any]) -> Signed:
    """Return who says something: the person a client names, else the client."""
    return Signed(author=item["author"] or view.client.name, actor=view.actor)


def _unprocessable(error: OrderChangeRefusedError) -> UnprocessableError:
    return UnprocessableError({error.field: [str(error)]}, error.code)


def _shown(change: OrderChange) -> dict[str, Any]:
    """Return a change as it stands."""
    row = ORDER_CHANGES.rows().get(pk=change.pk)
    shape: dict[str, Any] = dict(ORDER_CHANGES.shape(row, context={"names": {}}).data)
    return shape
