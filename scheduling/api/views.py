"""Promise dates to read, runs to start, watch and cancel."""

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.idempotency import KEY_PARAMETER
from journal.api.views import ClientView, Refused, as_number, once
from scheduling.api.serializers import (
    PageOptions,
    PromiseDatePage,
    RunRequest,
    RunState,
)
from scheduling.errors import SchedulingError
from scheduling.models import CustomerPromise, Run, Scenario
from scheduling.services import runs

RUN_ID = OpenApiParameter("run", OpenApiTypes.INT, OpenApiParameter.PATH)


class PromiseDateView(ClientView):
    """The outward ledger, oldest first: what an ERP writes back."""

    capabilities = {"GET": "sensitive_data"}
    query_parameters = frozenset({"cursor", "limit"})

    @extend_schema(
        operation_id="promise_dates_list",
        parameters=[PageOptions],
        responses={200: PromiseDatePage},
    )
    def get(self, request: Request) -> Response:
        """Return promise dates made after the cursor. Two queries."""
        options = PageOptions(data=request.query_params.dict())
        options.is_valid(raise_exception=True)
        cursor, limit = (
            options.validated_data["cursor"],
            options.validated_data["limit"],
        )
        rows = list(
            CustomerPromise.objects.filter(pk__gt=cursor)
            .select_related("order", "publication")
            .order_by("pk")[: limit + 1]
        )
        shown = rows[:limit]
        page = PromiseDatePage(
            {
                "items": shown,
                "next_cursor": shown[-1].pk if shown else cursor,
                "has_more": len(rows) > limit,
            }
        )
        return Response(page.data)


class RunsView(ClientView):
    """Optimizations of a site's live data."""

    capabilities = {"POST": "code_execution"}

    @extend_schema(
        operation_id="runs_create",
        parameters=[KEY_PARAMETER],
        request=RunRequest,
        responses={202: RunState},
    )
    @once
    def post(self, request: Request) -> Response:
        """Ask for a run; 202 with the address that tells how it goes."""
        body = RunRequest(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        scenario = Scenario.objects.filter(
            site__code=wanted["site"], is_base=True
        ).first()
        if scenario is None:
            raise ValidationError(
                {"site": [f"There is no site {wanted['site']} with live data."]}
            )
        try:
            run = runs.request_run(
                scenario=scenario,
                by=None,
                actor=self.actor,
                time_limit_s=wanted["time_limit_s"],
                seed=wanted["seed"],
            )
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        return _accepted(run)


class RunView(ClientView):
    """One optimization."""

    capabilities = {"GET": "code_execution"}

    @extend_schema(
        operation_id="runs_read", parameters=[RUN_ID], responses={200: RunState}
    )
    def get(self, request: Request, run: str) -> Response:
        """Return how a run stands. One query."""
        return Response(RunState(_run(run)).data)


class RunCancelView(ClientView):
    """The end of one optimization before its time."""

    capabilities = {"POST": "code_execution"}

    @extend_schema(
        operation_id="runs_cancel",
        parameters=[KEY_PARAMETER, RUN_ID],
        request=None,
        responses={202: RunState},
    )
    @once
    def post(self, request: Request, run: str) -> Response:
        """Ask a run to stop; it keeps the best plan it has."""
        try:
            stopped = runs.cancel(run=_run(run), actor=self.actor)
        except SchedulingError as error:
            raise Refused(str(error), error.code) from error
        return _accepted(stopped)


def _run(number: str) -> Run:
    """Return a run of live data by its number."""
    run = Run.objects.filter(pk=as_number(number, "run")).first()
    if run is None:
        raise NotFound(f"There is no run {number}.")
    return run


def _accepted(run: Run) -> Response:
    """Return 202 with the address to poll."""
    headers: dict[str, Any] = {
        "Operation-Location": reverse("api-run", args=[run.pk]),
        "Retry-After": "1",
    }
    return Response(
        RunState(run).data, status=status.HTTP_202_ACCEPTED, headers=headers
    )
