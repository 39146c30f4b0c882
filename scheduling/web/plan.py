"""The plan page: bays over time, kilowatts below, and why a rack is where it is."""

import gzip
import hashlib
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.export import csv_answer, xlsx_answer
from journal.wording import duration
from scheduling.charts import cost_steps, waterfall
from scheduling.models import Plan, PlannedRack, Run
from scheduling.queries import orders as order_queries
from scheduling.queries.drawings import drawing_of
from scheduling.queries.edits import cost_curve, pins_in_force
from scheduling.queries.gantt import VERSION
from scheduling.queries.lanes import LANES, View
from scheduling.queries.moves import prepare
from scheduling.queries.news import news_of
from scheduling.queries.shown import SHOWN_HEAD, limit_days, shown
from scheduling.web.orders import segments_of
from scheduling.web.plan_table import dates_of, plan_table
from scheduling.web.shell import site_of, standing

LONGEST_NUMBER = 18
GONE_RACK = (
    "The rack this link names is not among this plan's racks; it may have shipped."
)


@allow(*OFFICE)
def plan_page(request: HttpRequest) -> HttpResponse:
    """Show the published plan, or another by ``?plan=``. The URL holds the view."""
    now = standing(request)
    asked, mending = _number(request), _mending(request)
    plan = now.plan if asked is None else _plans(request).filter(pk=asked).first()
    if asked is not None and plan is None:
        messages.warning(request, f"Plan {asked} is gone. This is the newest.")
        return redirect("plan")
    if asked is None and mending and mending.is_finished:
        plan = getattr(mending, "plan", plan)
    if plan is None:
        return render(request, "scheduling/plan_empty.html", {"standing": now})
    context: dict[str, Any] = {
        "standing": now,
        "plan": plan,
        "is_published": now.publication is not None
        and now.publication.plan_id == plan.pk,
        "table": plan_table(plan, now.site, request.GET),
        "gantt_url": reverse("plan_data", args=[plan.pk]),
        "panel_url": reverse("plan_rack", args=[plan.pk]),
        "which": _which(request, plan),
        "chosen": _chosen(request, plan),
        "lanes": _lanes(request),
        "mending": mending,
        **_desk(request, plan),
    }
    if request.GET.get("rack") and context["chosen"] is None:
        messages.info(request, GONE_RACK)
    if context["is_workable"]:
        prepare(plan)
    return render(request, "scheduling/plan.html", context)


def _desk(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    """Return what a planner works with: own steps, pins, whether this plan is theirs.

    Nothing of it for those who only read.
    """
    now = standing(request)
    pins = list(pins_in_force(now.site))
    is_planner = audience_of(request.user) in granted((Audience.PLANNER,))
    curve = cost_curve(now, cast("User", request.user)) if is_planner else []
    newest = now.proposal or now.plan
    here = next((point.steps for point in curve if point.is_here), 0)
    return {
        "is_planner": is_planner,
        "is_workable": is_planner and plan in (now.proposal, now.plan),
        "newest": newest,
        "pins": pins,
        "curve": curve,
        "curve_plot": cost_steps.plot(curve) if len(curve) > 1 else "",
        "undo_to": here - 1 if here else None,
        "redo_to": here + 1 if curve and here < len(curve) - 1 else None,
        "queries": _query(request),
    }


def _lanes(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the switch between what the lanes are."""
    chosen = View.read(request.GET).lanes
    return [
        {
            "label": label,
            "url": "?" + _query(request, lanes=key),
            "key": key,
            "current": key == chosen,
        }
        for key, label in LANES.items()
    ]


def _query(request: HttpRequest, **changes: str) -> str:
    """Return the view's query string with some of it changed."""
    query = request.GET.copy()
    for name in ("page", "mending"):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _mending(request: HttpRequest) -> Run | None:
    """Return the run that mends the plan after a move, for the page to wait for."""
    number = request.GET.get("mending", "")
    if not number.isascii() or not number.isdigit() or len(number) > LONGEST_NUMBER:
        return None
    runs = Run.objects.filter(scenario__site=site_of(request), towards__isnull=False)
    return runs.select_related("plan").filter(pk=int(number)).first()


@allow(*OFFICE)
def plan_data(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return a plan as the Gantt draws it; a plan never changes, so it is kept."""
    plan = plan_of_site(request, plan_id)
    etag = f'"drawing-{VERSION}-{plan.problem_id[:12]}-{plan.schedule_id[:24]}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    data = drawing_of(plan)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        data = gzip.decompress(data)
    return HttpResponse(data, content_type="application/json", headers=headers)


@allow(*OFFICE)
def plan_limits(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show by day how near a plan comes to each limit: the strips as a table."""
    plan = plan_of_site(request, plan_id)
    context = {"plan": plan, "rows": limit_days(plan, View.read(request.GET))}
    return render(request, "scheduling/plan_limits.html", context)


@allow(*OFFICE)
def plan_shown(request: HttpRequest, plan_id: int, kind: str) -> HttpResponse:
    """Give the bars of a view as CSV or a workbook, by the view's own address."""
    plan = plan_of_site(request, plan_id)
    if kind not in {"csv", "xlsx"}:
        raise Http404
    rows = shown(plan, View.read(request.GET))
    name = f"plan-{plan.pk}"
    if kind == "csv":
        return csv_answer(name, SHOWN_HEAD, rows)
    return xlsx_answer(name, SHOWN_HEAD, rows)


@allow(*OFFICE)
def plan_news(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return what has changed since a plan was made, as JSON; 304 while nothing has."""
    plan = plan_of_site(request, plan_id)
    # Asked every quarter of a minute by each page, so by and by of each web process.
    prepare(plan)
    said = news_of(plan, standing(request))
    etag = f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return JsonResponse(said, headers=headers)


@allow(*OFFICE)
def plan_rack(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return the panel that explains one rack of a plan, named by ``?rack=``."""
    plan = plan_of_site(request, plan_id)
    serial = request.GET.get("rack", "").replace("\0", "")
    chosen = get_object_or_404(_racks(plan), rack__serial=serial)
    return render(request, "scheduling/_why.html", _why(chosen, plan, request))


def _number(request: HttpRequest) -> int | None:
    """Return the number of the plan the query string asks for; None without one."""
    number = request.GET.get("plan", "")
    if not number:
        return None
    if not number.isascii() or not number.isdigit() or len(number) > LONGEST_NUMBER:
        raise Http404
    return int(number)


def _plans(request: HttpRequest) -> QuerySet[Plan]:
    """Return the plans of the reader's site."""
    rows = Plan.objects.filter(run__scenario__site=site_of(request))
    return rows.select_related("run__scenario")


def plan_of_site(request: HttpRequest, plan_id: int) -> Plan:
    """Return a plan of the reader's site, or 404."""
    plan: Plan = get_object_or_404(_plans(request), pk=plan_id)
    return plan


def _which(request: HttpRequest, plan: Plan) -> list[dict[str, Any]]:
    """Return the switch between the published plan and the proposal."""
    now = standing(request)
    choices = []
    if now.publication:
        choices.append((f"Plan {now.publication.number}", now.publication.plan))
    if now.proposal:
        choices.append(("Proposal", now.proposal))
    return [
        {
            "label": label,
            "url": "?" + urlencode({"plan": choice.pk}),
            "current": choice.pk == plan.pk,
        }
        for label, choice in choices
    ]


def _racks(plan: Plan) -> QuerySet[PlannedRack]:
    """Return a plan's racks with what a panel shows of them."""
    return PlannedRack.objects.filter(plan=plan).select_related(
        "rack__order__customer", "rack__rack_model", "rack__site", "bay", "plan"
    )


def _chosen(request: HttpRequest, plan: Plan) -> dict[str, Any] | None:
    """Return the panel of the rack in the query string, or None."""
    serial = request.GET.get("rack", "").replace("\0", "")
    chosen = _racks(plan).filter(rack__serial=serial).first() if serial else None
    return _why(chosen, plan, request) if chosen else None


def _why(chosen: PlannedRack, plan: Plan, request: HttpRequest) -> dict[str, Any]:
    """Return what ``_why.html`` shows of one rack."""
    zone = ZoneInfo(site_of(request).zone)
    subject = chosen.rack.serial
    segments = segments_of(order_queries.bars_of(plan, chosen.rack))
    order = chosen.rack.order
    promises = order_queries.promised_dates([order.pk]) if order else {}
    return dates_of(chosen, promises.get(order.pk) if order else None, zone) | {
        "planned_rack": chosen,
        "order": order,
        "segments": segments,
        "plot": waterfall.rows(segments, subject) if segments else "",
        "table": waterfall.table(segments, subject) if segments else None,
        "title": f"{duration(chosen.lead_min)}, physics needs "
        f"{duration(chosen.physics_min)}",
        "close_url": "?" + urlencode({"plan": plan.pk}),
        "move_url": _move_url(request, chosen),
        "pins": [
            one for one in pins_in_force(chosen.rack.site) if one.rack == chosen.rack
        ],
    }


def _move_url(request: HttpRequest, chosen: PlannedRack) -> str:
    """Return where a planner moves a rack; empty for what cannot be moved."""
    now = standing(request)
    is_planner = audience_of(request.user) in granted((Audience.PLANNER,))
    if not is_planner or chosen.plan not in (now.proposal, now.plan):
        return ""
    query = urlencode({"rack": chosen.rack.serial})
    return (
        f"{reverse('move', args=[chosen.plan_id])}?{query}" if chosen.ships_at else ""
    )
