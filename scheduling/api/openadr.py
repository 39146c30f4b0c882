"""OpenADR 3.1 pushed to us: what a VTN posts to a callback, one event at a time.

The key of an API client is the callback's bearer token. Nothing but the event's own id
and time makes a repetition harmless, since a VTN sends no idempotency key.
"""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from factory.models import Site
from journal.api.contract import DescribedSchema, Operation
from journal.api.views import ClientView, UnprocessableError
from scheduling.models import GridLink
from scheduling.openadr.events import key_of
from scheduling.services.grid_openadr import (
    Listener,
    Outcome,
    apply_event,
    drop_event,
)

ABOUT = (
    "Take one OpenADR 3.1 event, or a notification that holds one. An older event than "
    "is known, and one repeated, change nothing; unknown payloads are left aside."
)
EXAMPLE: dict[str, Any] = {
    "objectType": "EVENT",
    "operation": "CREATE",
    "object": {
        "id": "dyn-1",
        "modificationDateTime": "2026-11-23T13:00:00Z",
        "programID": "dyn-limit-1",
        "eventName": "reduce-to-80",
        "priority": 0,
        "intervalPeriod": {"start": "2026-12-01T16:00:00Z", "duration": "PT1H"},
        "intervals": [
            {
                "id": 0,
                "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [3600]}],
            }
        ],
    },
}
OPERATIONS = (None, "CREATE", "UPDATE", "DELETE")
"""What a notification says became of its event; None: the body is the event."""
ANSWER = {"key": "dyn-1", "outcome": "created", "sentence": "reduce-to-80 is created."}


class AppliedShape(serializers.Serializer[Any]):
    """What became of an event."""

    key = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[one.value for one in Outcome])
    sentence = serializers.CharField()


class OpenAdrView(ClientView):
    """The callback of a site."""

    schema = DescribedSchema()
    scope = "grid-events"
    capabilities: ClassVar[dict[str, str]] = {"POST": "sensitive_data"}

    def operation(self, method: str) -> Operation:
        """Describe the callback for the contract."""
        return Operation(
            id="openadr_push",
            about=ABOUT,
            parameters=[
                OpenApiParameter("site", str, OpenApiParameter.PATH, description="Code")
            ],
            request={"application/json": {"type": "object"}},
            sent=EXAMPLE,
            responses={200: AppliedShape},
            answered={200: ANSWER},
        )

    def post(self, request: Request, site: str) -> Response:
        """Take one event and say what became of it."""
        found = Site.objects.filter(code=site).first()
        if found is None:
            raise NotFound(f"There is no site {site[:40]}.")
        link = GridLink.objects.filter(site=found).first()
        body: Any = request.data
        operation = body.get("operation") if isinstance(body, dict) else None
        event = body.get("object") if operation is not None else body
        listener = Listener(
            site=found,
            target=link.target if link else "",
            program=link.program if link else "",
        )
        if operation not in OPERATIONS:
            raise UnprocessableError(
                {
                    "operation": [
                        f"{str(operation)[:40]} is none of CREATE, UPDATE, DELETE."
                    ]
                }
            )
        if operation == "DELETE" and isinstance(event, dict):
            key = key_of(str(event.get("id", "")))
            if not key:
                raise UnprocessableError(
                    {"object": ["id: say which event is deleted."]}
                )
            applied = drop_event(key, site=found, actor=self.actor)
        else:
            applied = apply_event(
                event, listener=listener, actor=self.actor, now=timezone.now()
            )
        if applied.outcome is Outcome.REFUSED:
            raise UnprocessableError({"object": [applied.sentence]})
        return Response(AppliedShape(applied).data)
