"""Bulk operations over the API: how they go, and what became of each item."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from journal import operations
from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId, opaque
from journal.api.names import Nameless
from journal.api.reading import DetailView, ListView, ResourceView, narrowed
from journal.api.resources import Resource, choice
from journal.api.results import FaultShape, Summary
from journal.api.views import Refused, once
from journal.api.writing import OUTCOMES
from journal.errors import OperationOverError
from journal.models import BulkItem, BulkOperation

PREFIX = "op"
POLL_S = "1"


class OperationShape(serializers.Serializer[Any]):
    """A bulk write a worker does; ``stored`` says whether anything of it is kept."""

    id = OpaqueId(PREFIX)
    resource = serializers.CharField()
    state = serializers.ChoiceField(choices=BulkOperation.State.choices)
    atomic = serializers.BooleanField(source="is_atomic")
    dry_run = serializers.BooleanField(source="is_dry_run")
    stored = serializers.BooleanField()
    items_total = serializers.IntegerField()
    items_checked = serializers.IntegerField(
        help_text="Looked at so far; all or nothing is stored once all are."
    )
    items_done = serializers.IntegerField()
    summary = Summary(source="*")
    attempt = serializers.IntegerField()
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    error_code = serializers.CharField()
    error = serializers.CharField()


OPERATIONS = Resource(
    name="operations",
    one="operation",
    prefix=PREFIX,
    shape=OperationShape,
    rows=lambda: BulkOperation.objects.select_related("client").defer("items"),
    naming=Nameless(),
    filters={"state": choice("state", BulkOperation.State.choices)},
    example={
        "id": "op_1c",
        "resource": "purchase-orders",
        "state": "running",
        "atomic": False,
        "dry_run": False,
        "stored": False,
        "items_total": 20_000,
        "items_checked": 4_500,
        "items_done": 4_500,
        "summary": {
            "created": 4_480,
            "updated": 0,
            "unchanged": 0,
            "stale": 0,
            "failed": 20,
        },
        "attempt": 1,
        "requested_at": "2026-11-23T02:00:00Z",
        "started_at": "2026-11-23T02:00:01Z",
        "ended_at": None,
        "error_code": "",
        "error": "",
    },
)


class OperationItemShape(serializers.Serializer[Any]):
    """What became of one item of an operation."""

    index = serializers.IntegerField()
    external_id = serializers.CharField()
    id = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    errors = FaultShape(many=True, allow_null=True)  # type: ignore[assignment]  # DRF's too

    def get_id(self, row: BulkItem) -> str | None:
        """Return the object's id, if there is one."""
        return row.object_id or None


OPERATION_ITEMS = Resource(
    name="operation-items",
    one="item of an operation",
    prefix="opi",
    shape=OperationItemShape,
    rows=BulkItem.objects.all,
    naming=Nameless(),
    filters={"outcome": choice("outcome", OUTCOMES)},
    example={
        "index": 17,
        "external_id": "4500-18",
        "id": None,
        "outcome": "failed",
        "errors": [
            {
                "pointer": "/lines/3/part",
                "code": "purchase_order_refused",
                "detail": "Line 40: there is no part GHOST.",
            }
        ],
    },
)


class OwnOperations(ResourceView):
    """What a client may see: the operations it asked for itself."""

    def rows(self) -> QuerySet[Any]:
        """Return the client's own."""
        return super().rows().filter(client=self.client)


class OperationsView(OwnOperations, ListView):
    """A client's operations."""


class OperationView(OwnOperations, DetailView):
    """One operation; while it is not over the answer says when to look again."""

    def get(self, request: Request, key: str) -> Response:
        """Return how it goes."""
        answer = super().get(request, key)
        if isinstance(answer.data, dict) and answer.data.get("ended_at") is None:
            answer.headers["Retry-After"] = POLL_S
        return answer


class OperationResultsView(ListView):
    """What became of each item, in the order sent."""

    scope = OPERATIONS.name

    def operation(self, method: str) -> Operation:
        """Describe the list for the contract."""
        described = super().operation(method)
        return Operation(
            id="operations_results",
            about=(
                "Return what became of an operation's items so far, in the order sent; "
                "`outcome=failed` shows those to look at."
            ),
            parameters=[KEY_IN_PATH, *described.parameters],
            responses=described.responses,
            answered=described.answered,
        )

    def get(self, request: Request, **given: Any) -> Response:
        """Return one page."""
        own = BulkOperation.objects.filter(client=self.client)
        found = narrowed(OPERATIONS, own, given["key"]).values("pk").first()
        if found is None:
            raise NotFound(f"There is no operation {given['key'][:100]}.")
        return self.page(request, BulkItem.objects.filter(operation=found["pk"]))


class OperationCancelView(OwnOperations):
    """The end of one operation before its time."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="operations_cancel",
            about="Ask an operation to stop; what is stored stays and is listed.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            responses={202: OperationShape},
            answered={202: OPERATIONS.example},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Ask it to stop."""
        try:
            stopped = operations.cancel(operation=self.find(key), actor=self.actor)
        except OperationOverError as error:
            raise Refused(str(error), error.code) from error
        return accepted(stopped)


def accepted(operation: BulkOperation, *, is_wished: bool = False) -> Response:
    """Return 202 with the address to poll.

    Args:
        operation: What was taken on.
        is_wished: Whether the caller asked for this kind of answer.
    """
    address = reverse("api-operations-one", args=[opaque(PREFIX, operation.pk)])
    headers = {"Operation-Location": address, "Retry-After": POLL_S}
    if is_wished:
        headers["Preference-Applied"] = "respond-async"
    return Response(
        OperationShape(operation).data, status=status.HTTP_202_ACCEPTED, headers=headers
    )
