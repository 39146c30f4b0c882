"""Bulk writes: one answer an item, all or each, or only tried."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.fields import Flag
from journal.api.idempotency import KEY_PARAMETER

ITEMS_MAX = 1_000
OUTCOMES = ("created", "updated", "unchanged", "stale", "failed")

BULK_PARAMETERS = [
    KEY_PARAMETER,
    OpenApiParameter("atomic", bool, description="All items or none. Default: true."),
    OpenApiParameter(
        "dry_run", bool, description="Try everything, store nothing. Default: false."
    ),
]


class ItemRefusedError(Exception):
    """One item cannot be stored; ``field`` points into it."""

    def __init__(self, field: str, code: str, sentence: str) -> None:
        """Keep what the answer shows."""
        super().__init__(sentence)
        self.field = field
        self.code = code


class BulkOptions(serializers.Serializer[dict[str, bool]]):
    """The two switches of a bulk write, from the query string."""

    atomic = Flag(default=True)
    dry_run = Flag(default=False)


class ItemResult(serializers.Serializer[dict[str, Any]]):
    """What happened to one item."""

    index = serializers.IntegerField(min_value=0)
    external_id = serializers.CharField()
    id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    errors = serializers.ListField(  # type: ignore[assignment]  # our word, DRF's too
        child=serializers.DictField(child=serializers.CharField()), required=False
    )


class BulkResult(serializers.Serializer[dict[str, Any]]):
    """What happened to all of them."""

    summary = serializers.DictField(child=serializers.IntegerField())
    stored = serializers.BooleanField()
    results = ItemResult(many=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An item's id here and what was done."""

    id: str
    outcome: str


def write_request(
    request: Request,
    *,
    serializer: type[serializers.Serializer[Any]],
    key: str,
    write: Callable[[dict[str, Any]], Written],
) -> Response:
    """Validate a bulk request and write its items one by one, each in a savepoint.

    Args:
        request: Its query string holds the two switches.
        serializer: Of the body.
        key: The body's member that lists the items.
        write: Stores one item's validated values; raises ``ItemRefusedError``.

    Returns:
        200 with a result an item; 422 when ``atomic`` is asked for and one failed.

    Raises:
        ValidationError: If body or switches are malformed; nothing is stored then.
    """
    switches = BulkOptions(data=request.query_params.dict())
    switches.is_valid(raise_exception=True)
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    is_atomic = switches.validated_data["atomic"]
    with transaction.atomic():
        results = [
            {"index": index} | _write_one(item, write)
            for index, item in enumerate(body.validated_data[key])
        ]
        has_failed = any(result["outcome"] == "failed" for result in results)
        is_refused = is_atomic and has_failed
        is_stored = not switches.validated_data["dry_run"] and not is_refused
        if not is_stored:
            transaction.set_rollback(True)
    summary = Counter(result["outcome"] for result in results)
    return Response(
        {
            "summary": {outcome: summary[outcome] for outcome in OUTCOMES},
            "stored": is_stored,
            "results": results,
        },
        status=status.HTTP_422_UNPROCESSABLE_ENTITY
        if is_refused
        else status.HTTP_200_OK,
    )


def _write_one(
    item: dict[str, Any], write: Callable[[dict[str, Any]], Written]
) -> dict[str, Any]:
    """Store one item in a savepoint and word its result."""
    try:
        with transaction.atomic():
            written = write(item)
    except ItemRefusedError as error:
        return {
            "external_id": item["external_id"],
            "id": None,
            "outcome": "failed",
            "errors": [
                {"pointer": f"/{error.field}", "code": error.code, "detail": str(error)}
            ],
        }
    return {
        "external_id": item["external_id"],
        "id": written.id,
        "outcome": written.outcome,
    }
