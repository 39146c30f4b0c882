"""The plan page: bays over time, kilowatts below, and why a rack is where it is."""

from dataclasses import asdict
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from factory.access import OFFICE, allow
from factory.models import Order
from journal.wording import UNKNOWN, duration
from scheduling.blobs import load_problem, load_schedule
from scheduling.charts import waterfall
from scheduling.engine.moving import UnknownMoveError
from scheduling.errors import DamagedBlobError
from scheduling.models import Plan, PlannedRack
from scheduling.queries import orders as order_queries
from scheduling.queries.gantt import gantt_of
from scheduling.queries.moves import check_move
from scheduling.queries.orders import bay_waits
from scheduling.web.orders import segments_of
from scheduling.web.shell import site_of, standing

RACKS_A_PAGE = 100
LONGEST_NUMBER = 18


class MoveForm(forms.Form):
    """Which step, and when and where it is wanted."""

    rack = forms.CharField(max_length=40)
    step = forms.CharField(max_length=20)
    starts_at = forms.DateTimeField()
    bay = forms.CharField(max_length=40, required=False)

    @property
    def sentence(self) -> str:
        """Return what is wrong, field by field."""
        return " ".join(
            f"{name}: {error}"
            for name, errors in self.errors.items()
            for error in errors
        )


@allow(*OFFICE)
def plan_page(request: HttpRequest) -> HttpResponse:
    """Show the published plan, or another by ``?plan=``. The URL holds the view."""
    now = standing(request)
    asked = _number(request)
    plan = now.plan if asked is None else _plans(request).filter(pk=asked).first()
    if asked is not None and plan is None:
        messages.warning(request, f"Plan {asked} is gone. This is the newest.")
        return redirect("plan")
    if plan is None:
        return render(request, "scheduling/plan_empty.html", {"standing": now})
    racks = (
        PlannedRack.objects.filter(plan=plan)
        .select_related("rack__order", "rack__rack_model", "bay")
        .order_by(
            F("bay__code").asc(nulls_last=True),
            F("bay_from").asc(nulls_last=True),
            "rack__serial",
        )
    )
    page = Paginator(racks, RACKS_A_PAGE).get_page(request.GET.get("page"))
    promised = order_queries.promised_dates(
        planned.rack.order_id for planned in page if planned.rack.order_id
    )
    zone = ZoneInfo(now.site.zone)
    context: dict[str, Any] = {
        "standing": now,
        "plan": plan,
        "is_published": now.publication is not None
        and now.publication.plan_id == plan.pk,
        "page": page,
        "rows": [_table_row(planned, promised, zone) for planned in page],
        "gantt_url": reverse("plan_data", args=[plan.pk]),
        "panel_url": reverse("plan_rack", args=[plan.pk]),
        "which": _which(request, plan),
        "chosen": _chosen(request, plan),
    }
    return render(request, "scheduling/plan.html", context)


@allow(*OFFICE)
def plan_data(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return a plan as the Gantt draws it; a plan never changes, so it is kept."""
    plan = _plan(request, plan_id)
    etag = f'"plan-{plan.schedule_id[:24]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    numbers = Order.objects.filter(site=site_of(request)).values_list(
        "number", flat=True
    )
    data = gantt_of(
        load_problem(plan),
        load_schedule(plan),
        order_urls={number: reverse("order", args=[number]) for number in numbers},
        waits=bay_waits(plan),
    )
    return JsonResponse(data, headers={"ETag": etag})


@allow(*OFFICE)
def plan_rack(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return the panel that explains one rack of a plan, named by ``?rack=``."""
    plan = _plan(request, plan_id)
    serial = request.GET.get("rack", "").replace("\0", "")
    chosen = get_object_or_404(_racks(plan), rack__serial=serial)
    return render(request, "scheduling/_why.html", _why(chosen, plan, request))


@allow(*OFFICE)
def plan_move(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return whether a step may start at another time, as JSON; changes nothing.

    Asked by ``?rack=&step=&starts_at=&bay=``.
    """
    plan = _plan(request, plan_id)
    asked = MoveForm(request.GET)
    if not asked.is_valid():
        return JsonResponse({"error": asked.sentence}, status=400)
    try:
        answer = check_move(plan, **asked.cleaned_data)
    except (UnknownMoveError, DamagedBlobError) as error:
        return JsonResponse({"error": str(error)}, status=409)
    return JsonResponse(asdict(answer))


def _table_row(
    planned: PlannedRack, promised: dict[int, date], zone: ZoneInfo
) -> dict[str, Any]:
    """Return one rack as ``components/plan_table.html`` takes it."""
    dates = _dates(planned, promised.get(planned.rack.order_id or 0), zone)
    return {
        "rack": planned.rack.serial,
        "url": "?" + urlencode({"plan": planned.plan_id, "rack": planned.rack.serial}),
        "place": planned.bay.code if planned.bay else UNKNOWN,
        "start": planned.starts_at,
        "end": planned.ships_at,
        "waited_min": _waited_min(planned),
        "limit": planned.limit,
        "due": dates["promised"],
        "planned": dates["planned"],
        "status": dates["status"],
    }


def _waited_min(planned: PlannedRack) -> int | None:
    """Return how much of a rack's lead time physics does not need; None if unknown."""
    if planned.lead_min is None or planned.physics_min is None:
        return None
    return planned.lead_min - planned.physics_min


def _dates(
    planned: PlannedRack, promised: date | None, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the day promised, else asked for, the day planned, and how they agree."""
    order = planned.rack.order
    promised = promised or (order.requested_date if order else None)
    ships = planned.ships_at.astimezone(zone).date() if planned.ships_at else None
    is_late = ships is not None and promised is not None and ships > promised
    return {
        "promised": promised,
        "planned": ships,
        "status": "late" if is_late else "on_time" if ships else "unplannable",
    }


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
    return rows.select_related("run")


def _plan(request: HttpRequest, plan_id: int) -> Plan:
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
        "rack__order__customer", "rack__rack_model", "bay"
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
    return _dates(chosen, promises.get(order.pk) if order else None, zone) | {
        "planned_rack": chosen,
        "order": order,
        "segments": segments,
        "plot": waterfall.rows(segments, subject) if segments else "",
        "table": waterfall.table(segments, subject) if segments else None,
        "title": f"{duration(chosen.lead_min)}, physics needs "
        f"{duration(chosen.physics_min)}",
        "close_url": "?" + urlencode({"plan": plan.pk}),
    }
