"""Receipts over the API: read, and recorded by a warehouse that counts elsewhere."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.naming import keep_name, name_field
from journal.api.reading import ListView, narrowed
from journal.api.views import Refused, UnprocessableError, once
from suppliers.api.commitments import COMMITMENT_HELP, COMMITMENTS, KEY_MAX, RECEIPTS
from suppliers.api.shipments import SHIPMENTS
from suppliers.errors import ReceiptRefusedError, SuppliersError
from suppliers.models import Commitment, Shipment, ShipmentLine
from suppliers.services.receipts import record_receipt

QUANTITY_MAX = 100_000_000
SERIALS_MAX = 5_000


class ReceiptRequest(Strict):
    """Pieces of one line that reached the dock."""

    external_id = name_field()
    commitment = Text(max_length=KEY_MAX, help_text=COMMITMENT_HELP)
    quantity = serializers.IntegerField(min_value=1, max_value=QUANTITY_MAX)
    received_on = serializers.DateField(
        help_text="Dock date in the site's zone; a day that has begun elsewhere and "
        "not yet there is taken for today."
    )
    lot = Text(
        max_length=40,
        allow_blank=True,
        default="",
        help_text="Its name; made of order and line if it is empty.",
    )
    serials = serializers.ListField(
        child=Text(max_length=60), max_length=SERIALS_MAX, default=list
    )
    hold_reason = Text(
        max_length=160,
        allow_blank=True,
        default="",
        help_text="Why quality must see them first; empty: they may be used.",
    )
    part = Text(
        max_length=40,
        allow_blank=True,
        default="",
        help_text=(
            "Code of what came: the part ordered or the substitute promised; empty: "
            "the one that was promised last."
        ),
    )
    shipment = Text(
        max_length=KEY_MAX,
        allow_blank=True,
        default="",
        help_text="Our id of the announcement they came with, or "
        "`{system}:{external_id}`; empty: the earliest.",
    )


class ReceiptsView(ListView):
    """Receipts, and the dock's door for other systems."""

    def operation(self, method: str) -> Operation:
        """Describe list and recording for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="receipts_create",
            about=(
                "Record pieces that reached the dock. They are stock from then on, and "
                "count against what was announced; a lot's name is taken once."
            ),
            parameters=[KEY_PARAMETER],
            request=ReceiptRequest,
            sent={
                "external_id": "5000012345",
                "commitment": "sap:4500-1.10",
                "quantity": 96,
                "received_on": "2026-12-14",
            },
            responses={201: self.of.shape},
            answered={201: self.of.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Record what came; 201 with the receipt."""
        body = ReceiptRequest(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = body.validated_data
        commitment = _commitment(said.pop("commitment"))
        shipment, name = said.pop("shipment"), said.pop("external_id")
        try:
            receipt = record_receipt(
                line_id=commitment.line_id,
                shipment_line_id=_announced(shipment, commitment) if shipment else None,
                actor=self.actor,
                now=timezone.now(),
                **said,
            )
        except ReceiptRefusedError as error:
            raise UnprocessableError({error.field: [str(error)]}) from error
        except SuppliersError as error:
            raise Refused(str(error), error.code) from error
        keep_name(self, self.of, receipt, name)
        shown = self.show([RECEIPTS.rows().get(pk=receipt.pk)], None)[0]
        return Response(shown, status=status.HTTP_201_CREATED)


def _commitment(key: str) -> Commitment:
    """Return the commitment a key leads to.

    Raises:
        UnprocessableError: If there is none.
    """
    found = narrowed(COMMITMENTS, COMMITMENTS.rows(), key).first()
    if found is None:
        raise UnprocessableError({"commitment": [f"There is none called {key[:100]}."]})
    commitment: Commitment = found
    return commitment


def _announced(shipment: str, commitment: Commitment) -> int:
    """Return the shipment's line that brings a commitment's pieces.

    Raises:
        UnprocessableError: If the shipment has none.
    """
    row = (
        ShipmentLine.objects.for_staff()
        .filter(
            shipment__in=narrowed(SHIPMENTS, Shipment.objects.for_staff(), shipment),
            line=commitment.line_id,
        )
        .order_by("number")
        .first()
    )
    if row is None:
        raise UnprocessableError(
            {"shipment": [f"Shipment {shipment} brings nothing of this line."]}
        )
    return row.pk
