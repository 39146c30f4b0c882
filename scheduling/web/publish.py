"""Publishing: what moves, whose promise breaks, and the hand that signs for it."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.wording import counted
from scheduling.charts import dumbbell, histogram
from scheduling.errors import SchedulingError, UnfinishedPlanError
from scheduling.models import Plan
from scheduling.queries.changes import Change, Diff
from scheduling.services import publish as services
from scheduling.web.gate import (
    Item,
    Typed,
    items_again,
    items_of,
    left_over,
    typed_into,
)
from scheduling.web.shell import site_of, standing

ORDERS_SHOWN = 200
RACKS_SHOWN = 200
RACKS_DRAWN = 24


@allow(*OFFICE, writers=(Audience.PLANNER,))
def publish_page(request: HttpRequest) -> HttpResponse:
    """Show what publishing the proposal changes; a POST publishes it."""
    if request.method == "POST":
        return _publish(request)
    proposal = standing(request).proposal
    if proposal is None:
        return _nothing(request)
    diff = services.preview(proposal)
    return _gate(request, diff, items_of(diff))


def _nothing(
    request: HttpRequest,
    left: Sequence[tuple[str, str]] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Say that there is no proposal, and what had been typed for one."""
    context = {"standing": standing(request), "left": left}
    return render(request, "scheduling/publish_empty.html", context, status=status)


def _gate(
    request: HttpRequest,
    diff: Diff,
    items: Sequence[Item],
    *,
    left: Sequence[tuple[str, str]] = (),
    note: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Show what a plan changes, and the gate with what was typed into it."""
    zone = ZoneInfo(standing(request).site.zone)
    moves = _moves(diff)
    sizes = histogram.classes(_sizes(diff, zone))
    context = {
        "plan": diff.plan,
        "diff": diff,
        "orders": diff.orders[:ORDERS_SHOWN],
        "hears": _hears(diff),
        **_racks(request, diff),
        "lede": _lede(diff),
        "rest": _rest(diff),
        "moves": dumbbell.both(moves, zone) if moves else "",
        "moves_table": dumbbell.table(moves, zone, timezone.localdate())
        if moves
        else None,
        "moves_title": "The racks that move most",
        "sizes": histogram.both(sizes) if moves else "",
        "sizes_table": histogram.table(sizes) if moves else None,
        "items": items,
        "left": left,
        "note": note,
        "is_typed": status != HTTPStatus.OK,
        "closed": _closed(request, diff.plan),
        "news_url": reverse("plan_news", args=[diff.plan.pk]),
    }
    return render(request, "scheduling/publish.html", context, status=status)


def _closed(request: HttpRequest, plan: Plan) -> str:
    """Return why the reader cannot publish a plan; empty if that is possible."""
    if audience_of(request.user) not in granted((Audience.PLANNER,)):
        return "Planners publish."
    if not plan.run.is_finished:
        return str(UnfinishedPlanError(plan.pk, plan.run_id))
    return ""


def _lede(diff: Diff) -> str:
    """Return the page's answer."""
    if diff.previous is None:
        return f"The first plan: {counted(len(diff.racks), 'rack')} get their dates."
    against = f"plan {diff.previous.number}"
    if not diff.moved_racks:
        return f"Nothing moves against {against}."
    verb = "moves" if diff.moved_racks == 1 else "move"
    return f"{counted(diff.moved_racks, 'rack')} {verb} against {against}."


def _rest(diff: Diff) -> str:
    """Return how much stays; nothing of the first plan, which changes nothing."""
    if diff.previous is None:
        return ""
    does = "stays as it is" if diff.unchanged_racks == 1 else "stay as they are"
    return f"{counted(diff.unchanged_racks, 'rack')} {does}."


def _racks(request: HttpRequest, diff: Diff) -> dict[str, Any]:
    """Return the racks that change, of one kind if ``?kind=`` says so."""
    kind = request.GET.get("kind", "")
    kinds = [one.value for one in Change]
    kind = kind if kind in kinds else ""
    chosen = [rack for rack in diff.racks if not kind or kind in rack.kinds]
    tabs = [("", "All", len(diff.racks))]
    tabs += [(name, name.capitalize(), diff.counts[name]) for name in kinds]
    return {
        "racks": chosen[:RACKS_SHOWN],
        "racks_count": len(chosen),
        "racks_shown": min(len(chosen), RACKS_SHOWN),
        "kinds": [
            {
                "label": label,
                "url": f"?kind={name}#racks",
                "count": count,
                "current": name == kind,
            }
            for name, label, count in tabs
        ],
    }


def _hears(diff: Diff) -> list[tuple[str, str]]:
    """Return who is told what when the plan is published."""
    told = [one for one in diff.orders if one.next_promise != one.promised]
    customers = {one.order.customer_id for one in told}
    return [
        (
            counted(len(customers), "customer"),
            f"new dates for {counted(len(told), 'order')}, with the reasons given",
        ),
        ("Suppliers", "see by when each line is needed, and ahead"),
        (
            "The ERP",
            f"{counted(len(told) + 1, 'change')} in the feed, webhooks follow",
        ),
    ]


def _moves(diff: Diff) -> list[dumbbell.Move]:
    """Return the racks that ship at another time, those that slip most first."""
    return [
        dumbbell.Move(
            name=rack.serial,
            detail=rack.customer,
            was=rack.was,
            now=rack.now,
            promised=rack.promised,
            limit=rack.limit,
        )
        for rack in diff.racks
        if rack.was is not None and rack.now is not None and rack.was != rack.now
    ][:RACKS_DRAWN]


def _sizes(diff: Diff, zone: ZoneInfo) -> Iterator[tuple[int, bool]]:
    """Yield by how many minutes each rack ships later, and whether that is too late."""
    for rack in diff.racks:
        if rack.now is not None and rack.change_min is not None:
            day = rack.now.astimezone(zone).date()
            yield rack.change_min, rack.promised is not None and day > rack.promised


def _publish(request: HttpRequest) -> HttpResponse:
    """Publish the plan a form was made for, or say why not and keep what was typed."""
    plan = get_object_or_404(
        Plan,
        pk=_number(request.POST.get("plan", "")),
        run__scenario__site=site_of(request),
        run__scenario__is_base=True,
    )
    typed = typed_into(request.POST)
    try:
        publication = services.publish(
            plan=plan,
            by=request.user if isinstance(request.user, User) else None,
            actor=f"user:{request.user.pk}",
            acknowledged=typed.acknowledged,
            note=typed.note,
            expected_previous=_number(request.POST.get("previous", "")) or None,
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return _again(request, services.preview(plan), typed)
    messages.success(request, f"Plan {publication.number} is in force.")
    return redirect("control")


def _again(request: HttpRequest, seen: Diff, typed: Typed) -> HttpResponse:
    """Show the gate of the newest proposal with what was typed into one before it."""
    proposal = standing(request).proposal
    if proposal is None:
        return _nothing(request, left_over(None, seen, typed), HTTPStatus.CONFLICT)
    diff = services.preview(proposal)
    return _gate(
        request,
        diff,
        items_again(diff, seen, typed),
        left=left_over(diff, seen, typed),
        note=typed.note,
        status=HTTPStatus.CONFLICT,
    )


def _number(text: str) -> int:
    """Return a form's number, or 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0  # noqa: PLR2004
