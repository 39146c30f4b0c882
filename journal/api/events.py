"""The change feed: every event a client may learn of, in one order without gaps."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Max
from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import API_ROOT, KEY_IN_PATH, DescribedSchema, Operation
from journal.api.fields import Strict
from journal.api.ids import EVENT_PREFIX, event_id, opaque
from journal.api.names import OURS
from journal.api.places import EVENTS, cursor_at, place_of
from journal.api.reading import PAGE_DEFAULT, PAGE_MAX, query_of
from journal.api.resources import Resource
from journal.api.views import ClientView
from journal.errors import KindsRefusedError
from journal.models import Event
from journal.reach import KIND, KINDS_MOST, kinds_of, learnt_by, of_kinds
from journal.retention import floor

_NAME = re.compile(rf"(?:{EVENT_PREFIX}_|{OURS}:)([0-9]{{1,18}})", re.ASCII)
DELETED = ".deleted"
"""End of the kinds that say that an object is no more."""

EXAMPLE = {
    "id": "evt_10412",
    "seq": 10412,
    "kind": "commitment.changed",
    "op": "upsert",
    "object": {
        "type": "commitment",
        "id": "cm_8n",
        "address": "/api/v1/commitments/cm_8n",
    },
    "scope": "supplier:17",
    "at": "2026-11-23T09:14:02.118Z",
    "actor": "user:40",
    "cause": "",
    "request_id": "5e7f9c2b41f04f0f9a35f0b7a1c3d2e4",
    "summary": "PO-0012 line 3.1 moved to Fri 18 Dec",
    "before": {"date": "2026-12-14", "quantity": 144},
    "after": {"date": "2026-12-18", "quantity": 144},
}
COLUMNS = (
    "seq",
    "kind",
    "object_type",
    "object_id",
    "scope",
    "at",
    "actor",
    "cause",
    "request_id",
    "summary",
    "before",
    "after",
)


class EventObject(serializers.Serializer[Any]):
    """What an event is about."""

    type = serializers.CharField()
    id = serializers.CharField()
    address = serializers.CharField(
        allow_null=True, help_text="Where it is read; null if the API does not show it."
    )


class EventShape(serializers.Serializer[Any]):
    """One event as the feed shows it; ``delete`` means that the object is no more."""

    id = serializers.CharField()
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    op = serializers.ChoiceField(choices=["upsert", "delete"])
    object = EventObject()
    scope = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    cause = serializers.CharField()
    request_id = serializers.CharField()
    summary = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class EventPage(serializers.Serializer[Any]):
    """Events in their order; ``next`` is where to go on, also at the end."""

    items = EventShape(many=True)
    next = serializers.CharField()
    has_more = serializers.BooleanField()


class Baseline(serializers.Serializer[Any]):
    """Where to begin: read the resources whole, then the feed from the cursor on."""

    cursor = serializers.CharField()
    seq = serializers.IntegerField()
    kept_after_seq = serializers.IntegerField()


class FeedOptions(Strict):
    """From where, how much, and of what."""

    cursor = serializers.CharField(
        required=False,
        max_length=60,
        help_text="`next` of the page before, or `cursor` of the baseline.",
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=PAGE_MAX, default=PAGE_DEFAULT
    )
    kind = serializers.RegexField(
        rf"^({KIND})(,({KIND})){{0,{KINDS_MOST - 1}}}$",
        required=False,
        max_length=500,
        trim_whitespace=False,
        help_text="Kinds by comma, whole or as `commitment.*`.",
    )
    object_type = serializers.RegexField(
        r"^[a-z]{1,40}$", required=False, help_text="Such as `commitment`."
    )


class CursorTooOldError(APIException):
    """What follows the cursor is no longer handed out."""

    status_code = status.HTTP_410_GONE
    default_code = "cursor_too_old"
    default_detail = (
        "Events after this cursor are no longer kept for reading: take a new baseline, "
        "read the resources whole, and go on from its cursor."
    )

    def __init__(self) -> None:
        """Give the answer the new baseline's address."""
        super().__init__()
        baseline = reverse("api-events-baseline")
        self.headers = {"Location": baseline}
        self.members = {"baseline": baseline}


class EventsView(ClientView):
    """The journal, oldest first."""

    schema = DescribedSchema()
    scope = "events"
    capabilities: ClassVar[dict[str, str]] = {"GET": "sensitive_data code_execution"}
    query_parameters = frozenset({"cursor", "limit", "kind", "object_type"})
    resources: ClassVar[Mapping[str, Resource]] = {}

    def operation(self, method: str) -> Operation:
        """Describe the feed for the contract."""
        return Operation(
            id="events_list",
            about=(
                "Return events in the one global order, as far as the client may learn "
                "of them. 410 when the cursor is older than what is kept."
            ),
            parameters=[FeedOptions],
            responses={200: EventPage},
            answered={
                200: {"items": [EXAMPLE], "next": "ZXY6MTA0MTI", "has_more": False}
            },
        )

    def get(self, request: Request) -> Response:
        """Return the events after the cursor. Two queries."""
        options = FeedOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        asked = options.validated_data
        after = self._after(asked)
        events = Event.objects.after(after).filter(learnt_by(self.client))
        if kinds := _kinds(asked):
            events = events.filter(of_kinds(kinds))
        if object_type := asked.get("object_type"):
            events = events.filter(object_type=object_type)
        limit = asked["limit"]
        rows = list(events.values_list(*COLUMNS)[: limit + 1])
        shown = rows[:limit]
        return Response(
            {
                "items": [_shape(row, self.resources) for row in shown],
                "next": cursor_at(EVENTS, shown[-1][0] if shown else after),
                "has_more": len(rows) > limit,
            }
        )

    def _after(self, asked: Mapping[str, Any]) -> int:
        """Return the event to read after; without a cursor the oldest kept follows.

        Raises:
            CursorTooOldError: If it is below the floor.
        """
        lowest = floor()
        if "cursor" not in asked:
            return lowest
        place = place_of(EVENTS, asked["cursor"], "events")
        if place < lowest:
            raise CursorTooOldError
        return place


class EventView(ClientView):
    """One event of the journal."""

    schema = DescribedSchema()
    scope = "events"
    capabilities: ClassVar[dict[str, str]] = {"GET": "sensitive_data code_execution"}
    resources: ClassVar[Mapping[str, Resource]] = {}
    """Given by the route."""

    def operation(self, method: str) -> Operation:
        """Describe the event for the contract."""
        return Operation(
            id="events_read",
            about="Return one event by its `webhook-id`, or `rackline:` and its `seq`.",
            parameters=[KEY_IN_PATH],
            responses={200: EventShape},
            answered={200: EXAMPLE},
        )

    def get(self, request: Request, key: str) -> Response:
        """Return the event, however old. One query."""
        found = re.fullmatch(
            rf"(?:{EVENT_PREFIX}_|{OURS}:)([0-9]{{1,18}})", key, re.ASCII
        )
        row = (
            Event.objects.filter(learnt_by(self.client), seq=int(found[1]))
            .values_list(*COLUMNS)
            .first()
            if found
            else None
        )
        if row is None:
            raise NotFound(f"There is no event {key[:100]}.")
        return Response(_shape(row, self.resources))


class EventsBaselineView(ClientView):
    """Where the journal stands now."""

    schema = DescribedSchema()
    scope = "events"
    capabilities: ClassVar[dict[str, str]] = {"GET": "sensitive_data code_execution"}

    def operation(self, method: str) -> Operation:
        """Describe the baseline for the contract."""
        return Operation(
            id="events_baseline",
            about=(
                "Return the cursor of now. Take it first, then read the resources "
                "whole, then the feed from it: nothing that happens meanwhile is lost."
            ),
            responses={200: Baseline},
            answered={
                200: {"cursor": "ZXY6MTA0MTI", "seq": 10412, "kept_after_seq": 0}
            },
        )

    def get(self, request: Request) -> Response:
        """Return the cursor. Two queries."""
        lowest = floor()
        last = Event.objects.aggregate(last=Max("seq"))["last"] or 0
        return Response(
            {
                "cursor": cursor_at(EVENTS, max(last, lowest)),
                "seq": last,
                "kept_after_seq": lowest,
            }
        )


def _kinds(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds asked for; none means all.

    Raises:
        ValidationError: If one is no kind.
    """
    try:
        return kinds_of(asked.get("kind", ""))
    except KindsRefusedError as error:
        raise ValidationError({"kind": [str(error)]}) from error


def _shape(row: tuple[Any, ...], resources: Mapping[str, Resource]) -> dict[str, Any]:
    """Return one event as shown; the row's columns are ``COLUMNS``."""
    seq, kind, object_type, object_id, *rest = row
    return {
        "id": event_id(seq),
        "seq": seq,
        "kind": kind,
        "op": "delete" if kind.endswith(DELETED) else "upsert",
        "object": object_of(object_type, object_id, resources),
        **dict(zip(COLUMNS[4:], rest, strict=True)),
    }


def object_of(
    object_type: str, object_id: str, resources: Mapping[str, Resource]
) -> dict[str, str | None]:
    """Return what an event is about, by the id and address the API has for it."""
    resource = resources.get(object_type)
    if resource is None or not object_id.isdigit():
        return {"type": object_type, "id": object_id, "address": None}
    shown = opaque(resource.prefix, int(object_id))
    address = f"{API_ROOT}{resource.name}/{shown}"
    return {"type": object_type, "id": shown, "address": address}
