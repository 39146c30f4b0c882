"""Forecasts over the API: what was told ahead, read, and answered for suppliers."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.reading import ResourceView, named_rows
from journal.api.resources import Filter, Resource, day, text
from journal.api.single import ItemRefused
from journal.api.views import UnprocessableError, once
from suppliers.api.commitments import KEY_MAX, Said
from suppliers.errors import AnswerRefusedError
from suppliers.models import ForecastBucket, Supplier
from suppliers.services.author import Author, Cause, Door
from suppliers.services.forecasts import LARGEST, answer

ANSWERS_MAX = 1_000


class ForecastResponseShape(serializers.Serializer[Any]):
    """What a supplier can deliver of a bucket, and which forecast it answered."""

    number = serializers.IntegerField()
    quantity = serializers.IntegerField()
    forecast_quantity = serializers.IntegerField()
    door = serializers.CharField()
    actor = serializers.CharField()
    made_at = serializers.DateTimeField()


class ForecastShape(serializers.Serializer[Any]):
    """Pieces of a part that a site needs from a supplier in a week or a quarter."""

    id = OpaqueId("fc")
    external_ids = ExternalIds()
    supplier = serializers.CharField(source="supplier.code")
    part = serializers.CharField(source="part.code")
    site = serializers.CharField(source="site.code")
    span = serializers.ChoiceField(choices=ForecastBucket.Span.choices)
    starts_on = serializers.DateField()
    quantity = serializers.IntegerField()
    number = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    response = ForecastResponseShape(allow_null=True)


FORECASTS = Resource(
    name="forecasts",
    one="forecast",
    prefix="fc",
    shape=ForecastShape,
    rows=lambda: ForecastBucket.objects.for_staff().select_related(
        "supplier", "part", "site", "response"
    ),
    naming=ByReference(),
    filters={
        "supplier": text("supplier__code"),
        "part": text("part__code"),
        "site": text("site__code"),
        "span": Filter(
            lookup="span",
            field=serializers.ChoiceField(
                choices=ForecastBucket.Span.choices, required=False
            ),
        ),
        "starts_from": day("starts_on__gte", about="Begins then or later."),
        "starts_to": day("starts_on__lte", about="Begins then or earlier."),
    },
    example={
        "id": "fc_5k",
        "external_ids": {},
        "supplier": "tessaline",
        "part": "LEAKSNS",
        "site": "MTY",
        "span": "week",
        "starts_on": "2026-12-07",
        "quantity": 174,
        "number": 2,
        "changed_at": "2026-11-23T14:00:00Z",
        "response": {
            "number": 1,
            "quantity": 150,
            "forecast_quantity": 160,
            "door": "portal",
            "actor": "user:12",
            "made_at": "2026-11-22T03:10:00Z",
        },
    },
)


class ForecastAnswerItem(Strict):
    """Pieces a supplier can deliver of one bucket."""

    forecast = Text(max_length=KEY_MAX, help_text="Its id, as the list shows it.")
    quantity = serializers.IntegerField(min_value=0, max_value=LARGEST)


class ForecastAnswers(Said):
    """What suppliers can deliver; all answers are kept or none."""

    answers = serializers.ListField(
        child=ForecastAnswerItem(), min_length=1, max_length=ANSWERS_MAX
    )


class ForecastAnswersShape(serializers.Serializer[Any]):
    """How many answers are new, and the forecasts with them."""

    answered = serializers.IntegerField()
    items = ForecastShape(many=True)


class ForecastAnswersView(ResourceView):
    """Answers to forecasts on their suppliers' behalf."""

    def operation(self, method: str) -> Operation:
        """Describe the answer for the contract."""
        return Operation(
            id="forecasts_answer",
            about=(
                "Answer forecasts on their suppliers' behalf, as the portal does: what "
                "can be delivered of each. The same quantity again is no new answer."
            ),
            parameters=[KEY_PARAMETER],
            request=ForecastAnswers,
            sent={
                "answers": [{"forecast": "fc_5k", "quantity": 150}],
                "cause": "supplier",
            },
            responses={200: ForecastAnswersShape},
            answered={200: {"answered": 1, "items": [FORECASTS.example]}},
        )

    @once
    def post(self, request: Request) -> Response:
        """Keep the answers. Six queries a supplier, and a few for all."""
        body = ForecastAnswers(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data["answers"]
        cause = Cause(body.validated_data["cause"])
        if len({one["forecast"] for one in said}) != len(said):
            raise UnprocessableError({"answers": ["A forecast is answered twice."]})
        rows: list[ForecastBucket] = named_rows(
            self.of, self.rows(), said, inside="answers", member="forecast"
        )
        quantities: dict[Supplier, dict[int, int]] = defaultdict(dict)
        for row, one in zip(rows, said, strict=True):
            quantities[row.supplier][row.pk] = one["quantity"]
        author = Author(actor=self.actor, door=Door.API, cause=cause)
        made = sum(self._answer(*one, author) for one in quantities.items())
        keys = [row.pk for row in rows]
        fresh = self.rows().in_bulk(keys)
        shown = self.show([fresh[key] for key in keys], None)
        return Response({"answered": made, "items": shown})

    def _answer(
        self, supplier: Supplier, quantities: Mapping[int, int], author: Author
    ) -> int:
        """Call the service and word what it refuses."""
        try:
            return answer(
                supplier=supplier,
                quantities=quantities,
                author=author,
                now=timezone.now(),
            )
        except AnswerRefusedError as error:
            raise ItemRefused({"answers": [str(error)]}, error.code) from error
