"""Publishing over the API: preview, then publish exactly what was previewed."""

import hashlib
import json
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId, opaque
from journal.api.preconditions import ChangedSince, if_match, version_of
from journal.api.reading import ResourceView, names
from journal.api.views import Refused, once
from scheduling.errors import (
    NewerPublicationError,
    PromisesNotAcknowledgedError,
    SchedulingError,
)
from scheduling.models import Plan
from scheduling.queries.changes import Diff
from scheduling.services import publish as services

MOST_BROKEN = 10_000
IF_MATCH = if_match(
    "ETag of the preview the decision rests on; 428 without it, 412 if another plan "
    "was published or a promise changed since.",
    required=True,
)


class UnsignedPromises(Refused):
    """Promises would break that nobody has signed for; ``broken`` names each."""

    default_code = "broken_promises_unacknowledged"

    def __init__(
        self, broken: list[dict[str, Any]], error: PromisesNotAcknowledgedError
    ) -> None:
        """Keep the promises as a member of the problem."""
        super().__init__(str(error), error.code)
        self.members = {"broken": broken}


class AcknowledgedItem(Strict):
    """One promise that is broken knowingly, and why."""

    order = Text(max_length=40)
    reason = Text(max_length=300)


class PublishRequest(Strict):
    """Who signs for what breaks, and a note for the record."""

    ack_broken = serializers.ListField(
        child=AcknowledgedItem(), max_length=MOST_BROKEN, default=list
    )
    note = Text(max_length=300, allow_blank=True, default="")


class ChangedOrderShape(serializers.Serializer[Any]):
    """An order whose date moves, or whose promise breaks."""

    order = serializers.CharField(source="order.number")
    promised = serializers.DateField(allow_null=True)
    was = serializers.DateField(allow_null=True)
    planned = serializers.DateField(allow_null=True)
    will_be_promised = serializers.DateField(source="next_promise", allow_null=True)
    is_broken = serializers.BooleanField()
    limit = serializers.CharField()
    owner = serializers.CharField()
    sentence = serializers.CharField()


class DiffShape(serializers.Serializer[Any]):
    """What publishing a plan changes against the publication in force."""

    plan = OpaqueId("plan", source="plan.pk")
    against = serializers.IntegerField(source="previous_number", allow_null=True)
    moved_racks = serializers.IntegerField()
    moved_steps = serializers.IntegerField()
    resized_steps = serializers.IntegerField()
    unchanged_racks = serializers.IntegerField()
    racks = serializers.DictField(child=serializers.IntegerField(), source="counts")
    orders = ChangedOrderShape(many=True)


class PublicationShape(serializers.Serializer[Any]):
    """A plan put in force."""

    publication = serializers.IntegerField(source="number")
    plan = OpaqueId("plan", source="plan_id")
    moved_racks = serializers.IntegerField()
    moved_steps = serializers.IntegerField()
    promises_broken = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.CharField())
    at = serializers.DateTimeField()


ORDER_EXAMPLE = {
    "order": "CO-2184",
    "promised": "2026-12-11",
    "was": "2026-12-11",
    "planned": "2026-12-15",
    "will_be_promised": "2026-12-15",
    "is_broken": True,
    "limit": "material",
    "owner": "Mei-Ling Hsu",
    "sentence": "R-0437 waits for leak sensors of Tessaline until Wed 9 Dec.",
}
PREVIEW_EXAMPLE = {
    "plan": "plan_9",
    "against": 117,
    "moved_racks": 19,
    "moved_steps": 61,
    "resized_steps": 2,
    "unchanged_racks": 101,
    "racks": {"moved": 17, "resized": 2, "reassigned": 4, "new": 0, "gone": 0},
    "orders": [ORDER_EXAMPLE],
}


def etag_of_preview(diff: Diff) -> str:
    """Return the weak ETag of what a preview shows of promises."""
    content = [
        diff.plan.pk,
        diff.previous_number,
        [
            [one.order.number, str(one.promised), str(one.planned)]
            for one in diff.orders
        ],
    ]
    digest = hashlib.blake2b(json.dumps(content).encode(), digest_size=12)
    return f'W/"{digest.hexdigest()}"'


class PlanPreviewView(ResourceView):
    """What publishing a plan would change."""

    def operation(self, method: str) -> Operation:
        """Describe the preview for the contract."""
        return Operation(
            id="plans_preview",
            about="Return what publishing a plan would change; its ETag goes into "
            "the publication.",
            parameters=[KEY_IN_PATH, ETAG_HEADER],
            responses={200: DiffShape},
            answered={200: PREVIEW_EXAMPLE},
        )

    def get(self, request: Request, key: str) -> Response:
        """Return what publishing a plan would change."""
        diff = _preview(self.find(key))
        return Response(DiffShape(diff).data, headers={"ETag": etag_of_preview(diff)})


class PlanPublishView(ResourceView):
    """A plan put in force."""

    def operation(self, method: str) -> Operation:
        """Describe the publication for the contract."""
        return Operation(
            id="plans_publish",
            about="Put a plan in force. Each broken promise is acknowledged with the "
            "reason its customer reads.",
            parameters=[KEY_IN_PATH, KEY_PARAMETER, IF_MATCH],
            request=PublishRequest,
            sent={
                "ack_broken": [
                    {"order": "CO-2184", "reason": "Supplier yield; told by phone."}
                ],
                "note": "After the morning meeting.",
            },
            responses={200: PublicationShape},
            answered={
                200: {
                    "publication": 118,
                    "plan": "plan_9",
                    "moved_racks": 19,
                    "moved_steps": 61,
                    "promises_broken": 1,
                    "reasons": {"CO-2184": "Supplier yield; told by phone."},
                    "at": "2026-11-23T14:05:00Z",
                }
            },
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Put a plan in force."""
        body = PublishRequest(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        plan = self.find(key)
        diff = _preview(plan)
        seen = version_of(request)
        if not names(seen, etag_of_preview(diff)):
            raise ChangedSince
        try:
            made = services.publish(
                plan=plan,
                by=None,
                actor=self.actor,
                acknowledged={
                    one["order"]: one["reason"] for one in wanted["ack_broken"]
                },
                note=wanted["note"],
                expected_previous=diff.previous_number,
            )
        except NewerPublicationError as error:
            raise ChangedSince(str(error), error.code) from error
        except PromisesNotAcknowledgedError as error:
            raise UnsignedPromises(_unsigned(diff, error), error) from error
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        return Response(
            PublicationShape(made).data,
            headers={"Location": f"/api/v1/plans/{opaque(self.of.prefix, plan.pk)}"},
        )


def _preview(plan: Plan) -> Diff:
    """Return what publishing a plan changes.

    Raises:
        Refused: If it is a plan of a what-if.
    """
    try:
        return services.preview(plan)
    except SchedulingError as error:
        raise Refused(str(error), error.code) from error


def _unsigned(diff: Diff, error: PromisesNotAcknowledgedError) -> list[dict[str, Any]]:
    """Return each promise that nobody has signed for, as the preview shows it."""
    unsigned = [one for one in diff.broken if one.order.number in error.orders]
    return [dict(one) for one in ChangedOrderShape(unsigned, many=True).data]
