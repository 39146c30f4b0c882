"""Runs: asking for one, watching it, stopping it."""

import hashlib
from typing import Any, TypedDict

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.wording import status_look
from scheduling.errors import SchedulingError
from scheduling.models import Plan, Run, Scenario
from scheduling.services import runs as services
from scheduling.web.shell import site_of

PLANNERS = (Audience.PLANNER,)
RUNS_A_PAGE = 50
REPAIR_S = 5
"""Seconds of search of a repair."""


class Search(TypedDict):
    """What is asked of the engine, as ``services.runs.request_run`` takes it."""

    kind: Run.Kind
    favour: Run.Favour
    time_limit_s: int


class OptimizeForm(forms.Form):
    """What to do with new facts: mend the plan in force, or look for a better one."""

    kind = forms.ChoiceField(choices=Run.Kind.choices, required=False)
    favour = forms.ChoiceField(
        label="Spare first",
        choices=Run.Favour.choices,
        initial=Run.Favour.BALANCE,
        required=False,
    )
    may_move_frozen = forms.BooleanField(
        label="May move work inside the frozen fence", required=False
    )
    time_limit_s = forms.TypedChoiceField(
        label="Look for",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            (seconds, label)
            for seconds, label in (
                (20, "20 seconds"),
                (60, "1 minute"),
                (180, "3 minutes"),
                (600, "10 minutes"),
            )
            if seconds <= settings.RUN_TIME_LIMIT_MAX_S
        ],
        initial=60,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a time, unless a repair is wanted: that takes seconds."""
        found = super().clean() or {}
        if found.get("kind") != Run.Kind.REPAIR and not found.get("time_limit_s"):
            raise forms.ValidationError("Choose how long to look.")
        return found

    def search(self) -> Search:
        """Return what is asked of the engine."""
        wanted = self.cleaned_data
        if wanted["kind"] != Run.Kind.REPAIR:
            return {
                "kind": Run.Kind.OPTIMIZE,
                "favour": Run.Favour.BALANCE,
                "time_limit_s": wanted["time_limit_s"],
            }
        return {
            "kind": Run.Kind.REPAIR,
            "favour": Run.Favour(wanted["favour"] or Run.Favour.BALANCE),
            "time_limit_s": REPAIR_S,
        }


@allow(*OFFICE, writers=PLANNERS)
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the site's runs, newest first; a POST asks for one."""
    site = site_of(request)
    if request.method == "POST":
        return _request_run(request)
    runs = (
        Run.objects.filter(scenario__site=site)
        .select_related("scenario", "requested_by", "plan")
        .order_by("-pk")
    )
    page = Paginator(runs, RUNS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "scheduling/runs.html", {"page": page, "form": OptimizeForm()}
    )


def _request_run(request: HttpRequest) -> HttpResponse:
    """Ask for a run on live data and go to its page."""
    form = OptimizeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose how long to look.")
        return redirect("control")
    scenario = get_object_or_404(Scenario, site=site_of(request), is_base=True)
    try:
        run = services.request_run(
            scenario=scenario,
            by=request.user if isinstance(request.user, User) else None,
            actor=f"user:{request.user.pk}",
            may_move_frozen=form.cleaned_data["may_move_frozen"],
            **form.search(),
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect("control")
    return redirect("run", run.pk)


@allow(*OFFICE)
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show one run: live while it goes on, its result afterwards."""
    run = _run(request, run_id)
    context = {
        "run": run,
        "plan": _plan_of(run),
        "progress": _progress(run),
        "progress_url": reverse("run_progress", args=[run.pk]),
        "is_planner": audience_of(request.user) in granted(PLANNERS),
    }
    return render(request, "scheduling/run.html", context)


@allow(*OFFICE)
def run_progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """Return a run's progress as JSON; 304 while nothing has changed. One query."""
    run = _run(request, run_id)
    progress = _progress(run)
    digest = hashlib.sha256(repr(sorted(progress.items())).encode()).hexdigest()
    etag = f'"{digest[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return JsonResponse(progress, headers={"ETag": etag, "Cache-Control": "no-cache"})


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def run_cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask a run to stop; it keeps the best plan it has."""
    run = _run(request, run_id)
    try:
        services.cancel(run=run, actor=f"user:{request.user.pk}")
    except SchedulingError as error:
        messages.info(request, str(error))
    return redirect("run", run.pk)


def _run(request: HttpRequest, run_id: int) -> Run:
    """Return a run of the reader's site, or 404."""
    run: Run = get_object_or_404(
        Run.objects.select_related("scenario", "requested_by", "plan"),
        pk=run_id,
        scenario__site=site_of(request),
    )
    return run


def _progress(run: Run) -> dict[str, Any]:
    """Return the data contract of ``static/js/run.js``."""
    plan = _plan_of(run)
    is_stopping = run.cancel_requested_at is not None and not run.is_finished
    state = "cancelling" if is_stopping else run.state
    return {
        "state": state,
        "label": status_look(state).word,
        "phase": run.phase,
        "elapsed_s": run.curve[-1][0] if run.curve else 0,
        "limit_s": run.time_limit_s,
        "best_cents": run.best_cents,
        "bound_cents": run.bound_cents,
        "bound_reason": run.bound_reason,
        "gap": run.gap,
        "curve": run.curve,
        "plan_url": f"{reverse('plan')}?plan={plan.pk}" if plan else "",
        "error": run.error,
    }


def _plan_of(run: Run) -> Plan | None:
    """Return the plan a run has stored, if any."""
    plan: Plan | None = getattr(run, "plan", None)
    return plan
