"""Shipments over the API: what is on the way, read, and announced for a supplier."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import Prefetch
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from factory.services.stock import LOT_MAX
from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import PIECES_MAX, Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.naming import keep_name, name_field
from journal.api.preconditions import ChangedSince, decided_on, if_match
from journal.api.reading import ListView, ResourceView, body_of, etag_of
from journal.api.resources import Resource, choice, day, text
from journal.api.single import ItemRefused, nested
from journal.api.views import Refused, once
from suppliers.api.commitments import (
    COMMITMENT_HELP,
    KEY_MAX,
    Said,
    commitments_of,
)
from suppliers.errors import (
    ShipmentRefusedError,
    StaleShipmentError,
    SuppliersError,
)
from suppliers.models import Commitment, Shipment, ShipmentLine
from suppliers.serials import SERIALS_MAX
from suppliers.services.author import Author, Cause, Door
from suppliers.services.notices import (
    LINES_MAX,
    NUMBER_MAX,
    WORDS_MAX,
    Item,
    Notice,
)
from suppliers.services.shipments import (
    announce_shipment,
    cancel_shipment,
    change_shipment,
)


class LineNames(serializers.DictField):
    """What each system calls the purchase-order line, which is loaded."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        """Read the shipment's line itself."""
        super().__init__(read_only=True, source="line", **options)

    def to_representation(self, value: Any) -> dict[str, str]:  # noqa: ANN401 - a line
        """Return the line's external id by its order's system."""
        order = value.purchase_order
        if not order.external_id:
            return {}
        return {
            order.system: value.external_id or f"{order.external_id}.{value.number}"
        }


class Serials(serializers.ListField):
    """Serial numbers, which are loaded."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        """Read only."""
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> list[str]:  # noqa: ANN401 - a manager
        """Return the numbers, sorted."""
        return sorted(row.serial for row in value.all())


class ShipmentLineShape(serializers.Serializer[Any]):
    """Pieces of one purchase-order line; ``received`` of them the dock has counted."""

    number = serializers.IntegerField()
    commitment = OpaqueId("cm", source="line.commitment.pk")
    external_ids = LineNames()
    purchase_order = OpaqueId("po", source="line.purchase_order_id")
    purchase_order_number = serializers.CharField(source="line.purchase_order.number")
    line = serializers.IntegerField(source="line.number")
    part = serializers.CharField(source="line.part.code")
    quantity = serializers.IntegerField()
    received = serializers.IntegerField()
    promised_on = serializers.DateField(allow_null=True)
    lot = serializers.CharField()
    package = serializers.CharField()
    state = serializers.ChoiceField(choices=ShipmentLine.State.choices)
    serials = Serials()


class ShipmentShape(serializers.Serializer[Any]):
    """One consignment of a supplier to one site, announced when it left."""

    id = OpaqueId("asn")
    external_ids = ExternalIds()
    number = serializers.CharField()
    supplier = serializers.CharField(source="supplier.code")
    site = serializers.CharField(source="site.code")
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    packing_list = serializers.CharField()
    shipped_on = serializers.DateField()
    expected_on = serializers.DateField()
    state = serializers.ChoiceField(choices=Shipment.State.choices)
    version = serializers.IntegerField()
    announced_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    lines = ShipmentLineShape(many=True)


SHIPMENTS = Resource(
    name="shipments",
    one="shipment",
    prefix="asn",
    shape=ShipmentShape,
    rows=lambda: (
        Shipment.objects.for_staff()
        .select_related("supplier", "site")
        .prefetch_related(
            Prefetch(
                "lines",
                ShipmentLine.objects.for_staff().select_related(
                    "line__purchase_order", "line__part", "line__commitment"
                ),
            ),
            "lines__serials",
        )
    ),
    naming=ByReference(code=("supplier__code", "number")),
    filters={
        "number": text("number", about="The supplier's own number."),
        "supplier": text("supplier__code"),
        "site": text("site__code"),
        "state": choice("state", Shipment.State.choices),
        "expected_from": day("expected_on__gte", about="Expected then or later."),
        "expected_to": day("expected_on__lte", about="Expected then or earlier."),
    },
    version=lambda row: row.version,  # type: ignore[attr-defined]  # a shipment's
    example={
        "id": "asn_4",
        "external_ids": {},
        "number": "ASN-0012",
        "supplier": "tessaline",
        "site": "MTY",
        "carrier": "Kuehne",
        "tracking_number": "1Z-0001",
        "packing_list": "PL-77",
        "shipped_on": "2026-12-09",
        "expected_on": "2026-12-14",
        "state": "announced",
        "version": 1,
        "announced_at": "2026-12-09T03:10:00Z",
        "changed_at": "2026-12-09T03:10:00Z",
        "lines": [
            {
                "number": 1,
                "commitment": "cm_8x",
                "external_ids": {"sap": "4500-1.10"},
                "purchase_order": "po_3f",
                "purchase_order_number": "4500-1",
                "line": 10,
                "part": "CP-B300",
                "quantity": 2,
                "received": 0,
                "promised_on": None,
                "lot": "",
                "package": "BOX-1",
                "state": "on_the_way",
                "serials": ["SN-1", "SN-2"],
            }
        ],
    },
)


class ShipmentLineItem(Strict):
    """Pieces of one purchase-order line; serial numbers one a piece, or none."""

    commitment = Text(max_length=KEY_MAX, help_text=COMMITMENT_HELP)
    quantity = serializers.IntegerField(min_value=1, max_value=PIECES_MAX)
    promised_on = serializers.DateField(
        allow_null=True,
        default=None,
        help_text="The promised dock date they answer; null: the earliest.",
    )
    lot = Text(max_length=LOT_MAX, allow_blank=True, default="")
    package = Text(max_length=LOT_MAX, allow_blank=True, default="")
    serials = serializers.ListField(
        child=Text(max_length=60), max_length=SERIALS_MAX, default=list
    )


class NoticeItem(Said):
    """What has left, as the supplier says; the number is the supplier's own."""

    number = Text(
        max_length=NUMBER_MAX,
        allow_blank=True,
        default="",
        help_text="Empty: one is made, or it stays.",
    )
    carrier = Text(max_length=WORDS_MAX)
    tracking_number = Text(max_length=WORDS_MAX, allow_blank=True, default="")
    packing_list = Text(max_length=WORDS_MAX, allow_blank=True, default="")
    shipped_on = serializers.DateField()
    expected_on = serializers.DateField(help_text="Dock date in the site's zone.")
    lines = serializers.ListField(
        child=ShipmentLineItem(), min_length=1, max_length=LINES_MAX
    )


class ShipmentRequest(NoticeItem):
    """A shipment to announce; its lines are all of one supplier, for one site."""

    external_id = name_field()


SENT = {
    "number": "ASN-0012",
    "carrier": "Kuehne",
    "shipped_on": "2026-12-09",
    "expected_on": "2026-12-14",
    "lines": [
        {"commitment": "sap:4500-1.10", "quantity": 2, "serials": ["SN-1", "SN-2"]}
    ],
}
IF_MATCH = if_match(
    "ETag of the shipment the change was decided on; 428 without it, 412 if it has "
    "changed since.",
    required=True,
)


class ShipmentsView(ListView):
    """Shipments, and the suppliers' door for other systems."""

    def operation(self, method: str) -> Operation:
        """Describe list and announcement for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="shipments_create",
            about=(
                "Announce on a supplier's behalf what has left, as the portal does; "
                "the lines' commitments say whose it is and where it goes."
            ),
            parameters=[KEY_PARAMETER, ETAG_HEADER],
            request=ShipmentRequest,
            sent=SENT | {"external_id": "180000412"},
            responses={201: self.of.shape},
            answered={201: self.of.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Announce what has left; 201 with the shipment."""
        body = ShipmentRequest(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = body.validated_data
        name = said.pop("external_id")
        author = _author(self, said)
        commitments = commitments_of(said["lines"])
        with refusing():
            made = announce_shipment(
                supplier=commitments[0].line.purchase_order.supplier,
                notice=_notice(said, commitments),
                author=author,
                now=timezone.now(),
            )
        keep_name(self, self.of, made, name)
        return _shown(self, made.pk, status.HTTP_201_CREATED)


class ShipmentVerb(ResourceView):
    """Base of what can be done with one shipment on the way."""

    body: ClassVar[type[Said]]
    operation_id: ClassVar[str]
    about: ClassVar[str]
    sent: ClassVar[Mapping[str, Any]]

    def operation(self, method: str) -> Operation:
        """Describe the verb for the contract."""
        return Operation(
            id=self.operation_id,
            about=self.about,
            parameters=[KEY_IN_PATH, KEY_PARAMETER, IF_MATCH, ETAG_HEADER],
            request=self.body,
            sent=self.sent,
            responses={200: self.of.shape},
            answered={200: self.of.example},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Do it, and return the shipment as it is then."""
        body = self.body(data=body_of(request))
        body.is_valid(raise_exception=True)
        said = body.validated_data
        author = _author(self, said)
        found = self.find(key)
        version = decided_on(request, found.version)
        with refusing():
            self.do(
                said,
                supplier=found.supplier,
                shipment_id=found.pk,
                expected_version=version,
                author=author,
                now=timezone.now(),
            )
        return _shown(self, found.pk)

    def do(self, said: dict[str, Any], **about: Any) -> None:
        """Call the service."""
        raise NotImplementedError


class ShipmentChangeView(ShipmentVerb):
    """What a shipment on the way really is."""

    body = NoticeItem
    operation_id = "shipments_change"
    about = (
        "Say of a shipment on the way what it really is, whole; until it is counted."
    )
    sent: ClassVar = SENT

    def do(self, said: dict[str, Any], **about: Any) -> None:
        """Change it."""
        notice = _notice(said, commitments_of(said["lines"]))
        change_shipment(notice=notice, **about)


class ShipmentCancelView(ShipmentVerb):
    """A shipment that did not leave after all."""

    body = Said
    operation_id = "shipments_cancel"
    about = "Call a shipment back: what was promised is owed as before."
    sent: ClassVar = {"cause": "carrier"}

    def do(self, said: dict[str, Any], **about: Any) -> None:
        """Call it back."""
        cancel_shipment(**about)


SHIPMENT_VERBS: Mapping[str, type[ResourceView]] = {
    "change": ShipmentChangeView,
    "cancel": ShipmentCancelView,
}


def _author(view: ResourceView, said: dict[str, Any]) -> Author:
    """Take out of a validated body whose doing it is; return who says it."""
    return Author(actor=view.actor, door=Door.API, cause=Cause(said.pop("cause")))


def _notice(said: dict[str, Any], commitments: Sequence[Commitment]) -> Notice:
    """Return a validated body as the service takes it."""
    items = tuple(
        Item(
            line_id=commitment.line_id,
            serials=tuple(line["serials"]),
            **{
                name: line[name]
                for name in ("quantity", "promised_on", "lot", "package")
            },
        )
        for line, commitment in zip(said.pop("lines"), commitments, strict=True)
    )
    return Notice(items=items, **said)


def _shown(view: ResourceView, key: int, code: int = status.HTTP_200_OK) -> Response:
    """Return a shipment as it is now."""
    row = view.rows().get(pk=key)
    shown = view.show([row], None)[0]
    return Response(shown, status=code, headers={"ETag": etag_of(view.of, row, shown)})


@contextmanager
def refusing() -> Iterator[None]:
    """Word what the services refuse about shipments."""
    try:
        yield
    except ShipmentRefusedError as error:
        field = error.field.replace(".line", ".commitment").replace(".", "/")
        raise ItemRefused(nested(field, str(error)), error.code) from error
    except StaleShipmentError as error:
        raise ChangedSince(str(error), error.code) from error
    except SuppliersError as error:
        raise Refused(str(error), error.code) from error
