"""Commitments and receipts over the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers

from journal.api.fields import LARGEST_ID, Strict
from journal.api.ids import OpaqueId
from journal.api.names import OURS, ByReference, ExternalIds, Names
from journal.api.reading import named_rows
from journal.api.resources import Resource, choice, day, text
from suppliers.models import Commitment, CommitRevision, PurchaseOrderLine, Receipt

LONGEST_LINE_NUMBER = 5


class ByLine:
    """Commitments and the lines they answer: ``{system}:{line's external id}``.

    A line without one is known by its order's, a dot and its number: ``4500-1.10``.
    """

    def find(self, rows: QuerySet[Any], system: str, external_id: str) -> QuerySet[Any]:
        """Return the commitment on the line a name leads to. One query before it."""
        order, _, number = external_id.rpartition(".")
        is_number = number.isascii() and number.isdigit()
        if not order or not is_number or len(number) > LONGEST_LINE_NUMBER:
            order, number = "", "0"
        lines = PurchaseOrderLine.objects.for_staff().filter(number=int(number))
        if system == OURS:
            return rows.filter(line__in=lines.filter(purchase_order__number=order))
        by_order = lines.order_by().filter(
            purchase_order__system=system, purchase_order__external_id=order
        )
        by_line = (
            PurchaseOrderLine.objects.for_staff()
            .filter(external_id=external_id, purchase_order__system=system)
            .exclude(external_id="")
            .order_by()
        )
        # The line is looked up by itself: the six tables of a commitment and these
        # together take the database longer to plan for than to read.
        named = by_line.values_list("pk").union(by_order.values_list("pk"))
        return rows.filter(line__in=[pk for (pk,) in named])

    def names(self, rows: Sequence[Model]) -> Mapping[Any, Names]:
        """Return what the lines say; no query if they are loaded."""
        return {row.pk: self._names(row) for row in rows}

    def _names(self, row: Any) -> Names:  # noqa: ANN401 - a commitment
        """Return one commitment's external id."""
        line, order = row.line, row.line.purchase_order
        if not order.external_id:
            return {}
        named = line.external_id or f"{order.external_id}.{line.number}"
        return {order.system: named}


class TrancheShape(serializers.Serializer[Any]):
    """So many pieces on one dock date, in the receiving site's zone."""

    quantity = serializers.IntegerField()
    dock_date = serializers.DateField()


class RequestedShape(serializers.Serializer[Any]):
    """What the buyer asks for."""

    quantity = serializers.IntegerField()
    need_by = serializers.DateField()


class RevisionShape(serializers.Serializer[Any]):
    """What the supplier said, as it was said."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=CommitRevision.Kind.choices)
    tranches = TrancheShape(many=True)
    received = serializers.IntegerField(
        source="received_quantity",
        help_text="What had come then: tranches are the rest.",
    )
    reason_code = serializers.ChoiceField(choices=CommitRevision.Reason.choices)
    note = serializers.CharField()
    cause = serializers.ChoiceField(choices=CommitRevision.Cause.choices)
    door = serializers.ChoiceField(choices=CommitRevision.Door.choices)
    actor = serializers.CharField()
    made_at = serializers.DateTimeField()


class CommitmentShape(serializers.Serializer[Any]):
    """A supplier's answer to one line; the ETag is its version."""

    id = OpaqueId("cm")
    external_ids = ExternalIds()
    purchase_order = OpaqueId("po", source="line.purchase_order_id")
    purchase_order_number = serializers.CharField(source="line.purchase_order.number")
    line = serializers.IntegerField(source="line.number")
    supplier = serializers.CharField(source="line.purchase_order.supplier.code")
    site = serializers.CharField(source="line.purchase_order.site.code")
    part = serializers.CharField(source="line.part.code")
    state = serializers.ChoiceField(choices=Commitment.State.choices)
    version = serializers.IntegerField()
    requested = RequestedShape(source="line")
    received = serializers.IntegerField(source="line.received")
    promise = RevisionShape(source="current", allow_null=True)
    word_by = serializers.DateField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    changed_at = serializers.DateTimeField()


SHOWN = (
    *("state", "version", "word_by", "acknowledged_at", "changed_at"),
    *(f"line__{name}" for name in ("number", "external_id", "quantity", "need_by")),
    *("line__received", "line__part__code"),
    *(f"line__purchase_order__{name}" for name in ("number", "system", "external_id")),
    *("line__purchase_order__supplier__code", "line__purchase_order__site__code"),
    *(f"current__{name}" for name in ("number", "kind", "received_quantity", "note")),
    *(f"current__{name}" for name in ("reason_code", "cause", "door", "actor")),
    "current__made_at",
)
"""Columns of six tables; all of them would take longer to ask for than to read."""

COMMITMENTS = Resource(
    name="commitments",
    one="commitment",
    prefix="cm",
    shape=CommitmentShape,
    rows=lambda: (
        Commitment.objects.for_staff()
        .select_related(
            "line__purchase_order__supplier",
            "line__purchase_order__site",
            "line__part",
            "current",
        )
        .prefetch_related("current__tranches")
        .only(*SHOWN)
    ),
    naming=ByLine(),
    filters={
        "supplier": text("line__purchase_order__supplier__code"),
        "site": text("line__purchase_order__site__code"),
        "part": text("line__part__code"),
        "purchase_order": text(
            "line__purchase_order__number", about="The purchase order's number."
        ),
        "state": choice("state", Commitment.State.choices),
        "need_by_from": day("line__need_by__gte", about="Asked for then or later."),
        "need_by_to": day("line__need_by__lte", about="Asked for then or earlier."),
    },
    version=lambda row: row.version,  # type: ignore[attr-defined]  # a commitment's
    example={
        "id": "cm_8x",
        "external_ids": {"sap": "4500-1.10"},
        "purchase_order": "po_3f",
        "purchase_order_number": "4500-1",
        "line": 10,
        "supplier": "tessaline",
        "site": "MTY",
        "part": "CP-B300",
        "state": "committed",
        "version": 3,
        "requested": {"quantity": 144, "need_by": "2026-12-14"},
        "received": 0,
        "promise": {
            "number": 2,
            "kind": "push_out",
            "tranches": [
                {"quantity": 96, "dock_date": "2026-12-14"},
                {"quantity": 48, "dock_date": "2026-12-28"},
            ],
            "received": 0,
            "reason_code": "capacity",
            "note": "",
            "cause": "supplier",
            "door": "portal",
            "actor": "user:12",
            "made_at": "2026-11-20T09:30:00Z",
        },
        "word_by": None,
        "acknowledged_at": "2026-11-02T01:12:00Z",
        "changed_at": "2026-11-20T09:30:00Z",
    },
)


KEY_MAX = LARGEST_ID + 60
COMMITMENT_HELP = "Our id, or `{system}:{external_id}` of the line."


def commitments_of(items: Sequence[Mapping[str, Any]]) -> list[Commitment]:
    """Return the commitment each of a body's lines names.

    Raises:
        UnprocessableError: If some lead nowhere; names each one's place.
    """
    return named_rows(
        COMMITMENTS, COMMITMENTS.rows(), items, inside="lines", member="commitment"
    )


class Said(Strict):
    """What is said on a supplier's behalf, and whose doing it is."""

    cause = serializers.ChoiceField(
        choices=CommitRevision.Cause.choices, default=CommitRevision.Cause.SUPPLIER
    )


class ReceiptShape(serializers.Serializer[Any]):
    """Pieces of a line that reached the dock, and the lot they became."""

    id = OpaqueId("rcp")
    external_ids = ExternalIds()
    commitment = OpaqueId("cm", source="line.commitment.pk")
    purchase_order = OpaqueId("po", source="line.purchase_order_id")
    purchase_order_number = serializers.CharField(source="line.purchase_order.number")
    line = serializers.IntegerField(source="line.number")
    part = serializers.SerializerMethodField(
        help_text="What came; the line may have asked for another."
    )
    quantity = serializers.IntegerField()
    received_on = serializers.DateField()
    lot = serializers.CharField(source="lot.lot", default=None, allow_null=True)
    recorded_at = serializers.DateTimeField()

    def get_part(self, row: Receipt) -> str:
        """Return the code of what came."""
        return row.lot.part.code if row.lot else row.line.part.code


RECEIPTS = Resource(
    name="receipts",
    one="receipt",
    prefix="rcp",
    shape=ReceiptShape,
    rows=lambda: Receipt.objects.for_staff().select_related(
        "line__purchase_order", "line__part", "line__commitment", "lot__part"
    ),
    naming=ByReference(),
    filters={
        "supplier": text("line__purchase_order__supplier__code"),
        "purchase_order": text(
            "line__purchase_order__number", about="The purchase order's number."
        ),
        "part": text("line__part__code"),
        "received_from": day("received_on__gte", about="Received then or later."),
        "received_to": day("received_on__lte", about="Received then or earlier."),
    },
    example={
        "id": "rcp_2",
        "external_ids": {},
        "commitment": "cm_8x",
        "purchase_order": "po_3f",
        "purchase_order_number": "4500-1",
        "line": 10,
        "part": "CP-B300",
        "quantity": 96,
        "received_on": "2026-12-14",
        "lot": "4500-1/10-1",
        "recorded_at": "2026-12-14T21:05:00Z",
    },
)
