"""Publishing: what moves, whose promise breaks, and the hand that signs for it."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.wording import counted
from scheduling.charts import dumbbell, histogram
from scheduling.errors import SchedulingError
from scheduling.models import Plan
from scheduling.queries.changes import Change, Diff
from scheduling.services import publish as services
from scheduling.web.shell import site_of, standing

LONGEST_NOTE = 300
ORDERS_SHOWN = 200
RACKS_SHOWN = 200
RACKS_DRAWN = 24


@allow(*OFFICE, writers=(Audience.PLANNER,))
def publish_page(request: HttpRequest) -> HttpResponse:
    """Show what publishing the proposal changes; a POST publishes it."""
    now = standing(request)
    if request.method == "POST":
        return _publish(request)
    if now.proposal is None:
        return render(request, "scheduling/publish_empty.html", {"standing": now})
    diff = services.preview(now.proposal)
    zone = ZoneInfo(now.site.zone)
    moves = _moves(diff)
    sizes = histogram.classes(_sizes(diff, zone))
    context = {
        "plan": now.proposal,
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
        "is_planner": audience_of(request.user) in granted((Audience.PLANNER,)),
    }
    return render(request, "scheduling/publish.html", context)


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
    """Publish the plan the form was made for, or say why not."""
    plan = get_object_or_404(
        Plan,
        pk=_number(request.POST.get("plan", "")),
        run__scenario__site=site_of(request),
    )
    try:
        publication = services.publish(
            plan=plan,
            by=request.user if isinstance(request.user, User) else None,
            actor=f"user:{request.user.pk}",
            acknowledged={
                order: _line(request.POST.get(f"reason-{order}", ""))
                for order in request.POST.getlist("acknowledged")
            },
            note=_line(request.POST.get("note", ""))[:LONGEST_NOTE],
            expected_previous=_number(request.POST.get("previous", "")) or None,
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect("publish")
    messages.success(request, f"Plan {publication.number} is in force.")
    return redirect("control")


def _line(text: str) -> str:
    """Return what was typed as one line; a field may be broken into several."""
    return " ".join(text.replace("\0", "").split())


def _number(text: str) -> int:
    """Return a form's number, or 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0  # noqa: PLR2004
