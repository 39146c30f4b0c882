"""Quotes over the API: how early could we have it, and hold it for us."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from factory.models import RackModel, Site
from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId, opaque
from journal.api.names import ByReference, ExternalIds
from journal.api.reading import ListView, ResourceView, coded
from journal.api.resources import EXECUTION, Resource, choice, text
from journal.api.views import Refused, UnprocessableError, once
from scheduling.errors import SchedulingError
from scheduling.models import Booking, Quote
from scheduling.models.quote import (
    MOST_HOURS,
    MOST_PROMISES,
    MOST_RACKS,
)
from scheduling.services import quotes


class QuoteRequest(Strict):
    """How many racks of which model are wanted by when."""

    site = Text(max_length=20)
    rack_model = Text(max_length=20)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_RACKS)
    wish_date = serializers.DateField()
    most_promises = serializers.IntegerField(
        min_value=0,
        max_value=MOST_PROMISES,
        default=0,
        help_text="Promises to others that may move for the eased date.",
    )


class BookingRequest(Strict):
    """How long to hold what a quote offers."""

    hours = serializers.IntegerField(min_value=1, max_value=MOST_HOURS, default=48)
    reference = Text(max_length=80, default="", allow_blank=True)


class BookingShape(serializers.Serializer[Any]):
    """Capacity held, and until when."""

    id = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(choices=Booking.State.choices)
    ships_on = serializers.DateField()
    expires_at = serializers.DateTimeField()
    reference = serializers.CharField()


class QuoteShape(serializers.Serializer[Any]):
    """A quote as it stands.

    ``ships_on`` is refereed with every promise kept; ``eased_ships_on`` is the day if
    the promises of ``eased_orders`` moved; no plan ships before ``bound_on``.
    """

    id = OpaqueId("quote")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    rack_model = serializers.CharField(source="rack_model.code")
    quantity = serializers.IntegerField()
    wish_date = serializers.DateField()
    most_promises = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Quote.State.choices)
    requested_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    ships_on = serializers.DateField(allow_null=True)
    bound_on = serializers.DateField(allow_null=True)
    moved_racks = serializers.IntegerField()
    eased_ships_on = serializers.DateField(allow_null=True)
    eased_orders = serializers.ListField(child=serializers.CharField())
    limit = serializers.CharField()
    sentence = serializers.CharField()
    owner = serializers.CharField()
    booking = BookingShape(default=None, allow_null=True)


QUOTES = Resource(
    name="quotes",
    one="quote",
    prefix="quote",
    shape=QuoteShape,
    rows=lambda: Quote.objects.select_related("site", "rack_model", "booking"),
    naming=ByReference(),
    filters={
        "site": text("site__code"),
        "state": choice("state", Quote.State.choices),
    },
    capability=EXECUTION,
    example={
        "id": "quote_c",
        "external_ids": {},
        "site": "MTY",
        "rack_model": "GB300",
        "quantity": 4,
        "wish_date": "2026-12-18",
        "most_promises": 2,
        "state": "answered",
        "requested_at": "2026-11-23T14:00:00Z",
        "answered_at": "2026-11-23T14:00:09Z",
        "valid_until": "2026-11-23T14:30:09Z",
        "ships_on": "2026-12-19",
        "bound_on": "2026-12-11",
        "moved_racks": 3,
        "eased_ships_on": "2026-12-17",
        "eased_orders": ["CO-1042"],
        "limit": "power",
        "sentence": "quote-12-4 in time: it waits 31 h for Site power before Fill.",
        "owner": "Tomás Reyes",
        "booking": None,
    },
)


class QuotesView(ListView):
    """Questions for a date."""

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="quotes_create",
            about="Ask how early racks could ship; 202 with the address of the answer.",
            parameters=[KEY_PARAMETER],
            request=QuoteRequest,
            sent={
                "site": "MTY",
                "rack_model": "GB300",
                "quantity": 4,
                "wish_date": "2026-12-18",
                "most_promises": 2,
            },
            responses={202: QuoteShape},
            answered={202: QUOTES.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Ask how early racks could ship; 202 with the address of the answer."""
        body = QuoteRequest(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        site = coded(Site.objects.all(), "site", wanted["site"])
        model = coded(RackModel.objects.all(), "rack_model", wanted["rack_model"])
        today = timezone.now().date()
        if why := quotes.why_not(wanted["wish_date"], today):
            raise UnprocessableError({"wish_date": [why]})
        quote = quotes.request_quote(
            site=site,
            rack_model=model,
            quantity=wanted["quantity"],
            wish_date=wanted["wish_date"],
            most_promises=wanted["most_promises"],
            actor=self.actor,
        )
        return _accepted(self, quote)


class QuoteBookView(ResourceView):
    """The hold on what one quote offers."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        held = {
            "id": 3,
            "state": "held",
            "ships_on": "2026-12-19",
            "expires_at": "2026-11-25T14:01:00Z",
            "reference": "RFQ 88",
        }
        return Operation(
            id="quotes_book",
            about="Hold what a quote offers; plans keep its racks in place until then.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            request=BookingRequest,
            sent={"hours": 48, "reference": "RFQ 88"},
            responses={200: QuoteShape},
            answered={200: dict(QUOTES.example) | {"booking": held}},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Hold what a quote offers."""
        body = BookingRequest(data=request.data)
        body.is_valid(raise_exception=True)
        quote = self.find(key)
        try:
            quotes.book(
                quote=quote,
                hours=body.validated_data["hours"],
                reference=body.validated_data["reference"],
                actor=self.actor,
            )
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        return Response(self.show([QUOTES.rows().get(pk=quote.pk)], None)[0])


def _accepted(view: ResourceView, quote: Quote) -> Response:
    """Return 202 with the address to poll."""
    headers: dict[str, Any] = {
        "Operation-Location": reverse(
            "api-quotes-one", args=[opaque(QUOTES.prefix, quote.pk)]
        ),
        "Retry-After": "2",
    }
    shown = view.show([QUOTES.rows().get(pk=quote.pk)], None)[0]
    return Response(shown, status=status.HTTP_202_ACCEPTED, headers=headers)
