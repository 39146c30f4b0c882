"""Scenarios over the API: a what-if made in one request."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from factory.models import Site
from journal.api.contract import Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.reading import ListView, coded
from journal.api.views import Refused, UnprocessableError, once
from scheduling.api.plans import SCENARIOS, ScenarioShape
from scheduling.engine.adjust.base import AdjustmentError
from scheduling.engine.adjust.kinds import MOST
from scheduling.errors import SchedulingError
from scheduling.models import Scenario
from scheduling.services.scenarios import create_scenario


class ScenarioRequest(Strict):
    """A what-if: typed adjustments over the live data of a site.

    Each adjustment has a ``kind`` and that kind's fields; ``docs/scenarios.md`` lists
    them.
    """

    site = Text(max_length=20)
    name = Text(max_length=80)
    adjustments = serializers.ListField(
        child=serializers.DictField(), max_length=MOST, allow_empty=True
    )
    arrivals = serializers.ChoiceField(
        choices=Scenario.Arrivals.choices, default=Scenario.Arrivals.PROMISED
    )


class ScenariosView(ListView):
    """What runs start from: live data, and what-ifs over them."""

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="scenarios_create",
            about="Make a what-if; ask for its plan with a run on it.",
            parameters=[KEY_PARAMETER],
            request=ScenarioRequest,
            sent={
                "site": "MTY",
                "name": "Tessaline slips",
                "adjustments": SCENARIOS.example["adjustments"],
                "arrivals": "promised",
            },
            responses={201: ScenarioShape},
            answered={201: SCENARIOS.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Make a what-if; ask for its plan with a run on it."""
        body = ScenarioRequest(data=request.data)
        body.is_valid(raise_exception=True)
        wanted: dict[str, Any] = body.validated_data
        site = coded(Site.objects.all(), "site", wanted["site"])
        try:
            made = create_scenario(
                site=site,
                name=wanted["name"],
                adjustments=wanted["adjustments"],
                arrivals=Scenario.Arrivals(wanted["arrivals"]),
                by=None,
                actor=self.actor,
            )
        except AdjustmentError as error:
            raise UnprocessableError({"adjustments": [str(error)]}) from error
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        shown = self.show([SCENARIOS.rows().get(pk=made.pk)], None)[0]
        return Response(shown, status=status.HTTP_201_CREATED)
