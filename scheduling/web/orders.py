"""Orders: what is promised, planned and possible; one order with its waterfall."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.models import Order
from journal.wording import duration
from scheduling.charts import waterfall
from scheduling.models import LimitAttribution, Plan, PlannedRack
from scheduling.queries import orders as queries
from scheduling.queries.clear_to_build import clear_to_build
from scheduling.web.shell import site_of, standing

ORDERS_A_PAGE = 50
LONGEST_SEARCH = 80
SHOWS = {"open": "Open", "late": "Late", "all": "All"}
UNPLANNED: dict[str, str] = {
    Order.State.PAUSED: "What is paused is not planned until it is restarted.",
    Order.State.CANCELLED: "It is cancelled.",
    Order.State.SHIPPED: "It has shipped.",
}
"""Why no plan holds an order, by its state; an open one waits for the next."""


@allow(*OFFICE)
def order_list(request: HttpRequest) -> HttpResponse:
    """Show the site's orders with promised, planned and earliest dates.

    Eight queries however many orders.
    """
    now = standing(request)
    show = request.GET.get("show", "open")
    show = show if show in SHOWS else "open"
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    found = queries.matching(queries.orders_of(now.site, now.plan), text)
    if show != "all":
        found = found.filter(state=Order.State.OPEN)
    if show == "late":
        found = found.filter(late_min__gt=0)
    page = Paginator(
        found.order_by("-late_min", "requested_date", "number"), ORDERS_A_PAGE
    ).get_page(request.GET.get("page"))
    context = {
        "rows": queries.rows_of(list(page), now.plan, ZoneInfo(now.site.zone)),
        "page": page,
        "text": text,
        "plan": now.plan,
        "tabs": [
            {
                "label": label,
                "url": "?" + urlencode({"show": key} | ({"q": text} if text else {})),
                "current": key == show,
            }
            for key, label in SHOWS.items()
        ],
        "show": show,
    }
    return render(request, "scheduling/orders.html", context)


@allow(*OFFICE)
def order_page(request: HttpRequest, number: str) -> HttpResponse:
    """Show one order: its promise's history, its racks, where their time goes."""
    # A zero byte is no text to PostgreSQL.
    if "\0" in number:
        raise Http404
    now = standing(request)
    order = get_object_or_404(
        queries.orders_of(now.site, now.plan), number=number, site=site_of(request)
    )
    (row,) = queries.rows_of([order], now.plan, ZoneInfo(now.site.zone))
    racks = queries.racks_of(order, now.plan)
    chosen = _chosen(racks, request.GET.get("rack", ""))
    clear = clear_to_build(
        now.plan, [one.rack_id for one in racks], site=now.site, now=timezone.now()
    )
    context: dict[str, Any] = {
        "order": order,
        "clear": sorted(
            (
                (one.rack.serial, clear[one.rack_id])
                for one in racks
                if one.rack_id in clear
            ),
            key=lambda pair: (pair[1].p90, pair[0]),
            reverse=True,
        ),
        "row": row,
        "racks": racks,
        "chosen": chosen,
        "plan": now.plan,
        "promises": queries.promises_of(order),
        "unplanned": UNPLANNED.get(order.state, "Optimize to plan it."),
    }
    if order.state in queries.STOPPED_BY:
        context |= {
            "is_stopped": True,
            "stop": queries.stop_of(order),
            "planners": queries.planners_of(now.site),
            "is_planner": audience_of(request.user) in granted((Audience.PLANNER,)),
        }
    if chosen is not None and now.plan is not None:
        context |= _why(chosen, now.plan)
    return render(request, "scheduling/order.html", context)


def _chosen(racks: list[PlannedRack], serial: str) -> PlannedRack | None:
    """Return the rack asked for, else the last to ship."""
    return next(
        (planned for planned in racks if planned.rack.serial == serial),
        racks[0] if racks else None,
    )


def _why(chosen: PlannedRack, plan: Plan) -> dict[str, Any]:
    """Return where one rack's time goes and what it is built from."""
    bars = queries.bars_of(plan, chosen.rack)
    segments = segments_of(bars)
    subject = chosen.rack.serial
    return {
        "segments": segments,
        "plot": waterfall.both(segments, subject) if segments else "",
        "table": waterfall.table(segments, subject) if segments else None,
        "chart_title": f"Where {subject}'s {duration(chosen.lead_min)} go",
        "chart_note": f"physics needs {duration(chosen.physics_min)}",
        "pegs": queries.pegs_of(plan, chosen.rack),
    }


def segments_of(bars: list[LimitAttribution]) -> list[waterfall.Segment]:
    """Return bars as drawn: neighbours of one limit, label and owner become one."""
    segments: list[waterfall.Segment] = []
    for bar in bars:
        last = segments[-1] if segments else None
        if (
            last
            and (last.limit, last.owner) == (bar.limit, bar.owner)
            and (bar.is_physics or last.name == bar.label)
        ):
            segments[-1] = waterfall.Segment(
                limit=last.limit,
                name=last.name if last.name == bar.label else "Work",
                minutes=last.minutes + bar.minutes,
                owner=last.owner,
            )
        else:
            segments.append(
                waterfall.Segment(
                    limit=bar.limit,
                    name=bar.label,
                    minutes=bar.minutes,
                    owner=bar.owner,
                )
            )
    return segments
