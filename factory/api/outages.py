"""Outages over the API: what gives less for a time, from a bay to a crew."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from factory.errors import OutageRefusedError
from factory.models import Outage, Site
from factory.services.outages import (
    REASON_MOST,
    TARGETS,
    Told,
    column_of,
    declare_outage,
    end_outage,
    target_of,
)
from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.fields import WATTS_MAX, Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.reading import ListView, ResourceView, coded
from journal.api.resources import Resource, text
from journal.api.views import UnprocessableError, once

NAMES = {
    "bay": "code",
    "node": "code",
    "loop": "code",
    "work_centre": "place",
    "crew": "skill",
}
"""What each kind of thing is called by at its site."""


class OutageItem(Strict):
    """What gives less, how much is left of it, from when to when, and why.

    ``remaining`` is in the thing's own unit: watts, places, people; 0 of a bay.
    """

    site = Text(max_length=20)
    kind = serializers.ChoiceField(choices=list(TARGETS))
    target = Text(max_length=20)
    remaining = serializers.IntegerField(min_value=0, max_value=WATTS_MAX, default=0)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = Text(max_length=REASON_MOST)


class OutageShape(serializers.Serializer[Any]):
    """An outage as it stands; ``ends_at`` is when it is expected to be over."""

    id = OpaqueId("out")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    kind = serializers.SerializerMethodField()
    target = serializers.SerializerMethodField()
    remaining = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField()

    def get_kind(self, outage: Outage) -> str:
        """Return what kind of thing it is."""
        target = target_of(outage)
        return column_of(target) if target is not None else ""

    def get_target(self, outage: Outage) -> str:
        """Return the thing's name at its site."""
        target = target_of(outage)
        return str(getattr(target, NAMES[self.get_kind(outage)], ""))


OUTAGES = Resource(
    name="outages",
    one="outage",
    prefix="out",
    shape=OutageShape,
    rows=lambda: Outage.objects.select_related("site", *TARGETS),
    naming=ByReference(),
    filters={"site": text("site__code")},
    example={
        "id": "out_3",
        "external_ids": {},
        "site": "MTY",
        "kind": "node",
        "target": "B1",
        "remaining": 350_000,
        "starts_at": "2026-11-23T14:00:00Z",
        "ends_at": "2026-11-24T02:00:00Z",
        "reason": "A breaker of the feeder tripped.",
    },
)


class OutagesView(ListView):
    """Outages past, present and to come."""

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="outages_create",
            about="Declare an outage; plans know of it from the next one on.",
            parameters=[KEY_PARAMETER],
            request=OutageItem,
            sent={key: value for key, value in OUTAGES.example.items() if key != "id"},
            responses={201: OutageShape},
            answered={201: OUTAGES.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Declare an outage."""
        body = OutageItem(data=request.data)
        body.is_valid(raise_exception=True)
        item = body.validated_data
        site = coded(Site.objects.all(), "site", item["site"])
        kind = TARGETS[item["kind"]]
        rows = kind._default_manager.filter(site=site)  # noqa: SLF001 - Django's name
        target = rows.filter(**{NAMES[item["kind"]]: item["target"]}).first()
        if target is None:
            raise UnprocessableError(
                {"target": [f"{site.code} has no {item['kind']} {item['target']}."]}
            )
        told = Told(
            target=target,
            remaining=item["remaining"],
            starts_at=item["starts_at"],
            ends_at=item["ends_at"],
            reason=item["reason"],
        )
        try:
            outage = declare_outage(site=site, told=told, actor=self.actor)
        except OutageRefusedError as error:
            raise UnprocessableError({error.field: [str(error)]}, error.code) from error
        shown = self.show([OUTAGES.rows().get(pk=outage.pk)], None)[0]
        return Response(shown, status=status.HTTP_201_CREATED)


class OutageEndView(ResourceView):
    """The end of one outage."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="outages_end",
            about="End an outage now; 204. One that has not begun is taken back.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            responses={204: None},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """End an outage."""
        try:
            end_outage(outage=self.find(key), actor=self.actor)
        except OutageRefusedError as error:
            raise UnprocessableError({error.field: [str(error)]}, error.code) from error
        return Response(status=status.HTTP_204_NO_CONTENT)
