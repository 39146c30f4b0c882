"""Many objects at once, by their external ids: ``POST parts:bulk-upsert``."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from journal import operations
from journal.api.contract import Operation
from journal.api.fields import Flag, Strict
from journal.api.idempotency import KEY_PARAMETER
from journal.api.operations import OPERATIONS, OperationShape, accepted
from journal.api.reading import query_of
from journal.api.results import ItemResult, Summary
from journal.api.views import once
from journal.api.writing import (
    FAILED,
    Read,
    Upsert,
    UpsertView,
    counted,
    read_items,
    stating,
    write_items,
)

ITEMS_AT_ONCE = 1_000
"""Items of a request that is answered when they are stored; more go to a worker."""
ITEMS_MAX = 50_000
ASYNC = "respond-async"

PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description=f"`{ASYNC}`: answer 202 at once, whatever the number of items.",
)


class BulkOptions(Strict):
    """The switches of a bulk write."""

    atomic = Flag(default=True, help_text="All items or none. Default: true.")
    dry_run = Flag(
        default=False, help_text="Try everything, store nothing. Default: false."
    )


class BulkResult(serializers.Serializer[Any]):
    """What happened to all of them, in the order they were sent."""

    summary = Summary()
    stored = serializers.BooleanField()
    results = ItemResult(many=True)


@cache
def body_of(upsert: Upsert) -> type[Strict]:
    """Return the serializer of a bulk request, as the contract has it."""
    resource = upsert.resource
    return type(
        f"{resource.title}Push",
        (Strict,),
        {
            "__doc__": f"Up to {ITEMS_MAX:,} {resource.name}; beyond "
            f"{ITEMS_AT_ONCE:,} the answer is 202 and a worker stores them.",
            resource.member: _listed(upsert.item()),
        },
    )


@cache
def envelope_of(upsert: Upsert) -> type[Strict]:
    """Return the serializer that looks at a bulk request but not at its items."""
    return type(
        f"{upsert.resource.title}Envelope",
        (Strict,),
        {upsert.resource.member: _listed()},
    )


def _listed(*child: Strict) -> serializers.ListField:
    """Return the list of items."""
    options: Any = {"child": child[0]} if child else {}
    return serializers.ListField(min_length=1, max_length=ITEMS_MAX, **options)


def summed_up(results: Sequence[Mapping[str, Any]], *, stored: bool) -> dict[str, Any]:
    """Return the answer to a bulk request."""
    return {"summary": counted(results), "stored": stored, "results": list(results)}


class BulkUpsertView(UpsertView):
    """Many objects at once, by their external ids."""

    query_parameters = frozenset({"atomic", "dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        done = {
            "index": 0,
            "external_id": self.by.example["external_id"],
            "id": self.of.example["id"],
            "outcome": "created",
        }
        return Operation(
            id=f"{self.of.member}_bulk_upsert",
            about=(
                f"Bring {self.of.name} to the state the client's system states. More "
                f"than {ITEMS_AT_ONCE:,} are answered 202 and stored by a worker."
            ),
            parameters=[KEY_PARAMETER, PREFER, BulkOptions],
            request=body_of(self.by),
            sent={self.of.member: [self.by.example]},
            responses={200: BulkResult, 202: OperationShape, 422: BulkResult},
            answered={
                200: summed_up([done], stored=True),
                202: {**OPERATIONS.example, "resource": self.of.name},
            },
        )

    @once
    def post(self, request: Request) -> Response:
        """Store all items, or all that can be; 422 if all was asked and one failed."""
        options = BulkOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        asked = options.validated_data
        body = envelope_of(self.by)(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data[self.of.member]
        is_wished = ASYNC in _preferences(request)
        if is_wished or len(sent) > ITEMS_AT_ONCE:
            taken = operations.request_operation(
                client=self.client,
                resource=self.of.name,
                items=sent,
                is_atomic=asked["atomic"],
                is_dry_run=asked["dry_run"],
            )
            return accepted(taken, is_wished=is_wished)
        items = read_items(self.by, sent)
        if asked["atomic"]:
            self._refuse_malformed(items)
        return self._store(items, asked)

    def _refuse_malformed(self, items: Sequence[Read]) -> None:
        """Give up on all if any is malformed.

        Raises:
            ValidationError: With every item's faults, by place.
        """
        faults: Any = {
            place: one.error for place, one in enumerate(items) if one.error is not None
        }
        if faults:
            raise ValidationError({self.of.member: faults})

    def _store(self, items: Sequence[Read], asked: Mapping[str, Any]) -> Response:
        """Store what can be, and answer a result each."""
        with transaction.atomic():
            results = write_items(self.by, items, stating(self.client))
            has_failed = any(result["outcome"] == FAILED for result in results)
            is_refused = asked["atomic"] and has_failed
            is_stored = not asked["dry_run"] and not is_refused
            if not is_stored:
                transaction.set_rollback(True)
        return Response(
            summed_up(results, stored=is_stored),
            status=status.HTTP_422_UNPROCESSABLE_ENTITY
            if is_refused
            else status.HTTP_200_OK,
        )


def _preferences(request: Request) -> set[str]:
    """Return what a request prefers (RFC 7240), in lower case."""
    said = request.headers.get("Prefer", "").lower().split(",")
    return {one.partition(";")[0].strip() for one in said}
