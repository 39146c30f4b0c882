"""Lot recalls over the API: what is in stock is held, what is built in is found."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from factory.errors import StockRefusedError
from factory.models import LotRecall, Part, Site
from factory.services.order_changes import Signed
from factory.services.recalls import end_recall, recall_lot, trace
from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.fields import Flag, Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.reading import ListView, ResourceView, coded
from journal.api.resources import Resource, flag, text
from journal.api.views import UnprocessableError, once


class RecallItem(Strict):
    """Which lot of which part is called back, and why."""

    site = Text(max_length=20)
    part = Text(max_length=40)
    lot = Text(max_length=40)
    reason = Text(max_length=160)
    author = Text(max_length=120, allow_blank=True, default="")
    holds_racks = Flag(default=True)


class RecallEndItem(Strict):
    """Who says that the lot proved good."""

    author = Text(max_length=120, allow_blank=True, default="")


class RecallShape(serializers.Serializer[Any]):
    """A recall as it stands; ``holds_racks``: racks in work stand still for it."""

    id = OpaqueId("rec")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    part = serializers.CharField(source="part.code")
    lot = serializers.CharField()
    reason = serializers.CharField()
    holds_racks = serializers.BooleanField()
    author = serializers.CharField()
    at = serializers.DateTimeField()
    ended_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)


class TracedShape(serializers.Serializer[Any]):
    """One rack that holds pieces of the lot, and where it is."""

    serial = serializers.CharField(source="rack.serial")
    order = serializers.CharField(source="rack.order.number")
    customer = serializers.CharField(source="rack.order.customer.name")
    pieces = serializers.IntegerField()
    place = serializers.CharField()
    is_in_test = serializers.BooleanField()


class HeldShape(serializers.Serializer[Any]):
    """Pieces of the lot that are left in one site's stock."""

    site = serializers.CharField(source="site.code")
    pieces = serializers.IntegerField(source="free")


class TraceShape(serializers.Serializer[Any]):
    """Where the pieces of a lot are: in stock, in work or in test, shipped."""

    stock = HeldShape(many=True)
    in_work = TracedShape(many=True)
    shipped = TracedShape(many=True)


RECALLS = Resource(
    name="recalls",
    one="recall",
    prefix="rec",
    shape=RecallShape,
    rows=lambda: LotRecall.objects.select_related("site", "part"),
    naming=ByReference(),
    filters={
        "part": text("part__code"),
        "lot": text("lot"),
        "open": flag("ended_at__isnull"),
    },
    example={
        "id": "rec_3",
        "external_ids": {},
        "site": "MTY",
        "part": "UQD",
        "lot": "L-2611-04",
        "reason": "Seals crack under heat.",
        "holds_racks": True,
        "author": "Inês Duarte",
        "at": "2026-11-23T14:00:00Z",
        "ended_by": "",
        "ended_at": None,
    },
)
SENT = {
    key: RECALLS.example[key] for key in ("site", "part", "lot", "reason", "author")
}
TRACED = {
    "stock": [{"site": "MTY", "pieces": 40}],
    "in_work": [
        {
            "serial": "GB300-0042",
            "order": "CO-1042",
            "customer": "Vantor",
            "pieces": 4,
            "place": "SOAK",
            "is_in_test": True,
        }
    ],
    "shipped": [],
}


class RecallsView(ListView):
    """Lots called back."""

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="recalls_create",
            about="Call a lot back; its stock is held, racks in work too if wished.",
            parameters=[KEY_PARAMETER],
            request=RecallItem,
            sent=SENT,
            responses={201: RecallShape},
            answered={201: RECALLS.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Call a lot back."""
        body = RecallItem(data=request.data)
        body.is_valid(raise_exception=True)
        item = body.validated_data
        site = coded(Site.objects.all(), "site", item["site"])
        part = coded(Part.objects.all(), "part", item["part"])
        try:
            recall = recall_lot(
                site=site,
                part=part,
                lot=item["lot"],
                reason=item["reason"],
                holds_racks=item["holds_racks"],
                by=_signed(self, item),
            )
        except StockRefusedError as error:
            raise UnprocessableError({error.field: [str(error)]}, error.code) from error
        return Response(_shown(self, recall), status=status.HTTP_201_CREATED)


class RecallEndView(ResourceView):
    """The word that a lot called back proved good."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="recalls_end",
            about="End a recall; what it held is released.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            request=RecallEndItem,
            sent={"author": "Inês Duarte"},
            responses={200: RecallShape},
            answered={
                200: dict(RECALLS.example)
                | {"ended_by": "Inês Duarte", "ended_at": "2026-11-24T09:00:00Z"}
            },
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """End a recall."""
        body = RecallEndItem(data=request.data)
        body.is_valid(raise_exception=True)
        recall: LotRecall = self.find(key)
        try:
            end_recall(recall=recall, by=_signed(self, body.validated_data))
        except StockRefusedError as error:
            raise UnprocessableError({error.field: [str(error)]}, error.code) from error
        return Response(_shown(self, recall))


class RecallTraceView(ResourceView):
    """Where the pieces of a recalled lot are."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="recalls_trace",
            about="Return where a lot's pieces are: in stock, in work, shipped.",
            parameters=[KEY_IN_PATH],
            responses={200: TraceShape},
            answered={200: TRACED},
        )

    def get(self, request: Request, key: str) -> Response:
        """Trace a lot."""
        recall: LotRecall = self.find(key)
        return Response(TraceShape(trace(recall.part, recall.lot)).data)


def _signed(view: ResourceView, item: dict[str, Any]) -> Signed:
    """Return who says something: the person a client names, else the client."""
    return Signed(author=item["author"] or view.client.name, actor=view.actor)


def _shown(view: ResourceView, recall: LotRecall) -> dict[str, Any]:
    shown: dict[str, Any] = view.show([RECALLS.rows().get(pk=recall.pk)], None)[0]
    return shown
