"""Runs over the API: started, watched, cancelled."""

from typing import Any, cast

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId, opaque
from journal.api.names import ByReference, ExternalIds
from journal.api.reading import ListView, ResourceView, narrowed
from journal.api.resources import EXECUTION, Resource, choice, text
from journal.api.views import Refused, UnprocessableError, once
from scheduling.api.plans import SCENARIOS
from scheduling.errors import SchedulingError
from scheduling.models import Run, Scenario
from scheduling.queries.standing import standing_of
from scheduling.services import runs
from scheduling.services.scenarios import search_s


class RunRequest(Strict):
    """How long and with which seed to optimize: a site's live data, or a scenario."""

    site = Text(max_length=20, required=False)
    scenario = Text(max_length=20, required=False)
    time_limit_s = serializers.IntegerField(
        min_value=1,
        max_value=settings.RUN_TIME_LIMIT_MAX_S,
        required=False,
        help_text="By default 60; of a scenario, as long as its site's plan was "
        "searched for.",
    )
    seed = serializers.IntegerField(min_value=1, max_value=2_000_000_000, default=1)
    kind = serializers.ChoiceField(choices=Run.Kind.choices, default=Run.Kind.OPTIMIZE)
    favour = serializers.ChoiceField(
        choices=Run.Favour.choices, default=Run.Favour.BALANCE
    )
    may_move_frozen = serializers.BooleanField(default=False)


class RunShape(serializers.Serializer[Any]):
    """A run as it stands; costs in US cents, ``gap`` a share of the best."""

    id = OpaqueId("run")
    external_ids = ExternalIds()
    site = serializers.CharField(source="scenario.site.code")
    scenario = OpaqueId("sc", source="scenario_id")
    kind = serializers.ChoiceField(choices=Run.Kind.choices)
    favour = serializers.ChoiceField(choices=Run.Favour.choices)
    may_move_frozen = serializers.BooleanField()
    state = serializers.ChoiceField(choices=Run.State.choices)
    phase = serializers.CharField()
    attempt = serializers.IntegerField()
    time_limit_s = serializers.IntegerField()
    seed = serializers.IntegerField()
    best_cents = serializers.IntegerField(allow_null=True)
    bound_cents = serializers.IntegerField(allow_null=True)
    bound_reason = serializers.CharField()
    gap = serializers.FloatField(allow_null=True)
    notes = serializers.CharField()
    plan = OpaqueId("plan", source="plan.pk", default=None, allow_null=True)
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    error_code = serializers.CharField()
    error = serializers.CharField()


RUNS = Resource(
    name="runs",
    one="run",
    prefix="run",
    shape=RunShape,
    rows=lambda: Run.objects.select_related("scenario__site", "plan"),
    naming=ByReference(),
    filters={
        "site": text("scenario__site__code"),
        "state": choice("state", Run.State.choices),
    },
    capability=EXECUTION,
    example={
        "id": "run_c",
        "external_ids": {},
        "site": "MTY",
        "scenario": "sc_1",
        "kind": "optimize",
        "favour": "balance",
        "may_move_frozen": False,
        "state": "running",
        "phase": "searching",
        "attempt": 1,
        "time_limit_s": 60,
        "seed": 1,
        "best_cents": 9_322_200,
        "bound_cents": 5_101_400,
        "bound_reason": "OPTIC lets no more racks through from Thu 17:00 to Fri 17:00.",
        "gap": 0.45,
        "notes": "",
        "plan": None,
        "requested_at": "2026-11-23T14:00:00Z",
        "started_at": "2026-11-23T14:00:01Z",
        "ended_at": None,
        "error_code": "",
        "error": "",
    },
)


class RunsView(ListView):
    """Optimizations of sites' live data."""

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return super().operation(method)
        return Operation(
            id="runs_create",
            about="Ask for a run; 202 with the address that tells how it goes.",
            parameters=[KEY_PARAMETER],
            request=RunRequest,
            sent={"site": "MTY", "time_limit_s": 60, "seed": 1, "kind": "optimize"},
            responses={202: RunShape},
            answered={202: RUNS.example},
        )

    @once
    def post(self, request: Request) -> Response:
        """Ask for a run; 202 with the address that tells how it goes."""
        body = RunRequest(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        _must_go_together(wanted)
        scenario = _scenario(wanted)
        try:
            run = runs.request_run(
                scenario=scenario,
                by=None,
                actor=self.actor,
                time_limit_s=wanted.get("time_limit_s") or _time_limit_s(scenario),
                seed=wanted["seed"],
                kind=Run.Kind(wanted["kind"]),
                favour=Run.Favour(wanted["favour"]),
                may_move_frozen=wanted["may_move_frozen"],
            )
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        return _accepted(self, run)


class RunCancelView(ResourceView):
    """The end of one optimization before its time."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="runs_cancel",
            about="Ask a run to stop; it keeps the best plan it has.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            responses={202: RunShape},
            answered={202: dict(RUNS.example) | {"state": "cancelled"}},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Ask a run to stop; it keeps the best plan it has."""
        try:
            stopped = runs.cancel(run=self.find(key), actor=self.actor)
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        return _accepted(self, stopped)


def _time_limit_s(scenario: Scenario) -> int:
    """Return how long to look where nobody says."""
    if scenario.is_base:
        return runs.DEFAULT_TIME_LIMIT_S
    return search_s(standing_of(scenario.site).plan)


def _must_go_together(wanted: dict[str, Any]) -> None:
    """Go on only with a site or a scenario, and a favour for a repair alone.

    Raises:
        UnprocessableError: By field; the contract cannot say what goes together.
    """
    if ("site" in wanted) == ("scenario" in wanted):
        raise UnprocessableError(
            {"site": ["Name a site or a scenario, one of the two."]}
        )
    if wanted["kind"] != Run.Kind.REPAIR and wanted["favour"] != Run.Favour.BALANCE:
        raise UnprocessableError(
            {"favour": ["Only a repair spares moves or promises first."]}
        )


def _scenario(wanted: dict[str, Any]) -> Scenario:
    """Return what is to be planned.

    Raises:
        UnprocessableError: If it is not there.
    """
    if "scenario" in wanted:
        name = wanted["scenario"]
        found = narrowed(SCENARIOS, Scenario.objects.all(), name).first()
        if found is None:
            raise UnprocessableError({"scenario": [f"There is no scenario {name}."]})
        return cast("Scenario", found)
    live = Scenario.objects.filter(site__code=wanted["site"], is_base=True).first()
    if live is None:
        raise UnprocessableError(
            {"site": [f"There is no site {wanted['site']} with live data."]}
        )
    return live


def _accepted(view: ResourceView, run: Run) -> Response:
    """Return 202 with the address to poll."""
    headers: dict[str, Any] = {
        "Operation-Location": reverse(
            "api-runs-one", args=[opaque(RUNS.prefix, run.pk)]
        ),
        "Retry-After": "1",
    }
    shown = view.show([RUNS.rows().get(pk=run.pk)], None)[0]
    return Response(shown, status=status.HTTP_202_ACCEPTED, headers=headers)
