"""Promise dates over the API: what an ERP writes back, and its word that it did."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from factory.api.orders import ORDERS
from factory.models import Order
from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import Flag, Strict
from journal.api.ids import OpaqueId, opaque
from journal.api.names import Names
from journal.api.preconditions import PreconditionRequired, if_match, version_of
from journal.api.reading import ResourceView, body_of, names, query_of
from journal.api.resources import Filter, Resource, text
from journal.api.views import Refused
from scheduling.errors import PromiseMovedOnError, SchedulingError
from scheduling.models import CustomerPromise
from scheduling.queries.acknowledgements import with_settled
from scheduling.services.acknowledgements import acknowledge


class PromiseShape(serializers.Serializer[Any]):
    """A revision of the date an order is promised for: shipped by that day's end."""

    id = OpaqueId("prm")
    order = serializers.CharField(source="order.number")
    order_id = OpaqueId("ord", source="order.pk")
    system = serializers.CharField(source="order.system")
    external_id = serializers.CharField(source="order.external_id")
    revision = serializers.IntegerField(source="number")
    kind = serializers.ChoiceField(choices=CustomerPromise.Kind.choices)
    promise_date = serializers.DateField(source="date")
    quantity = serializers.IntegerField()
    limit = serializers.CharField()
    reason = serializers.CharField()
    publication = serializers.IntegerField(
        source="publication.number", allow_null=True, default=None
    )
    made_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(
        source="acknowledgement.at", allow_null=True, default=None
    )
    etag = serializers.SerializerMethodField()

    def get_etag(self, promise: CustomerPromise) -> str:
        """Return what an acknowledgement sends in If-Match."""
        return f'W/"{promise.number}"'


class ByOrder:
    """Promises by their order's name: the newest revision."""

    def find(self, rows: QuerySet[Any], system: str, external_id: str) -> QuerySet[Any]:
        """Return the newest promise for the order a name leads to."""
        orders = ORDERS.naming.find(Order.objects.all(), system, external_id)
        return rows.filter(order__in=orders).order_by("-number")[:1]

    def names(self, rows: Sequence[Model]) -> Mapping[Any, Names]:
        """Return none: the shape shows the order's."""
        return {}


def _rows() -> QuerySet[CustomerPromise]:
    """Return every revision with all that a page shows."""
    return with_settled(
        CustomerPromise.objects.select_related(
            "order", "publication", "acknowledgement"
        )
    )


def _revision(promise: Model) -> object:
    """Return what an ETag holds: another revision is another promise."""
    assert isinstance(promise, CustomerPromise)  # noqa: S101 - a row of this resource
    return promise.number


PROMISE_DATES = Resource(
    name="promise-dates",
    one="promise date",
    prefix="prm",
    shape=PromiseShape,
    rows=_rows,
    naming=ByOrder(),
    is_ledger=True,
    filters={
        "acknowledged": Filter(
            lookup="is_settled",
            field=Flag(
                required=False,
                default=None,
                help_text="False: the newest of each order that no ERP has stored; "
                "true: those stored, and those that a newer one has replaced.",
            ),
        ),
        "order": text("order__number", most=40),
        "system": text("order__system", most=40),
    },
    version=_revision,
    example={
        "id": "prm_1a",
        "order": "CO-9001",
        "order_id": "ord_2k",
        "system": "sap",
        "external_id": "SO-9",
        "revision": 2,
        "kind": "push_out",
        "promise_date": "2026-12-18",
        "quantity": 2,
        "limit": "power",
        "reason": "Site power is full until Thu 05:00.",
        "publication": 12,
        "made_at": "2026-11-23T09:00:00Z",
        "acknowledged_at": None,
        "etag": 'W/"2"',
    },
)

MUST_MATCH = if_match(
    "`etag` of the revision that was stored; 428 without it, 412 if a newer one has "
    "come.",
    required=True,
)


class PromiseMovedOn(APIException):
    """A newer revision has come: it is to be stored instead."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = PromiseMovedOnError.code


class AckOptions(Strict):
    """Whether the word is only tried."""

    dry_run = serializers.BooleanField(default=False)


class AckView(ResourceView):
    """An ERP's word that it stored a promise."""

    query_parameters = frozenset({"dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe the acknowledgement for the contract."""
        return Operation(
            id="promise_dates_acknowledge",
            about=(
                "Say that the order's promise is stored in the client's own system. "
                "The same word twice is one; a promise nobody stores is an alarm."
            ),
            parameters=[KEY_IN_PATH, AckOptions, MUST_MATCH, ETAG_HEADER],
            responses={200: self.of.shape},
            answered={
                200: {**self.of.example, "acknowledged_at": "2026-11-23T09:02:11Z"}
            },
        )

    def put(self, request: Request, key: str) -> Response:
        """Keep the word; answer the promise with it."""
        options = AckOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        Strict(data=body_of(request)).is_valid(raise_exception=True)
        wanted = version_of(request)
        if wanted == "*":
            raise PreconditionRequired
        promise = self.find(key)
        self._match(wanted, promise)
        with transaction.atomic():
            try:
                acknowledge(promise=promise, client=self.client, actor=self.actor)
            except PromiseMovedOnError as error:
                raise PromiseMovedOn(str(error)) from error
            except SchedulingError as error:
                raise Refused(str(error), error.code) from error
            shown = self.show([self.find(opaque(self.of.prefix, promise.pk))], None)[0]
            if options.validated_data["dry_run"]:
                transaction.set_rollback(True)
        return Response(shown, headers={"ETag": shown["etag"]})

    def _match(self, wanted: str, promise: CustomerPromise) -> None:
        """Hold the promise against If-Match.

        Raises:
            PromiseMovedOn: If another revision was stored.
        """
        if not names(wanted, f'W/"{promise.number}"'):
            raise PromiseMovedOn(str(PromiseMovedOnError(promise.order.number)))
