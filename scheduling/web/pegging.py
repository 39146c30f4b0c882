"""Pegging both ways: from an order down to order lines, and from a line back."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from factory.access import OFFICE, allow
from factory.models import Order, Unit
from journal.wording import UNKNOWN, counted, duration, grouped
from scheduling.charts import pegging
from scheduling.charts.table import Column, Table
from scheduling.models import PlannedRack
from scheduling.pegging import Edge, edges_of, tightest
from scheduling.queries.standing import Standing
from scheduling.web.shell import site_of, standing
from suppliers.models import PurchaseOrderLine


@allow(*OFFICE)
@require_safe
def pegging_order(request: HttpRequest, number: str) -> HttpResponse:
    """Show an order's racks, what each is built from, and the slack on every edge."""
    order = (
        None
        if "\0" in number
        else Order.objects.filter(site=site_of(request), number=number)
        .select_related("customer", "rack_model")
        .first()
    )
    if order is None:
        return _gone(request, f"There is no order {number[:40]}.")
    now = standing(request)
    racks = list(Unit.objects.racks().filter(order=order).order_by("serial"))
    return _down(
        request,
        now,
        racks,
        f"Pegging · order {order.number}, {order.customer.name}, "
        f"{counted(len(racks), 'rack')} of {order.rack_model.code}",
        order,
    )


@allow(*OFFICE)
@require_safe
def pegging_rack(request: HttpRequest, serial: str) -> HttpResponse:
    """Show what one rack is built from, and the slack on every edge."""
    rack = (
        None
        if "\0" in serial
        else Unit.objects.racks()
        .filter(site=site_of(request), serial=serial)
        .select_related("order")
        .first()
    )
    if rack is None:
        return _gone(request, f"There is no rack {serial[:40]}.")
    now = standing(request)
    return _down(request, now, [rack], f"Pegging · rack {rack.serial}", rack.order)


@allow(*OFFICE)
@require_safe
def pegging_line(request: HttpRequest, line_id: int) -> HttpResponse:
    """Show the racks and orders that a purchase-order line's pieces go to."""
    line = (
        PurchaseOrderLine.objects.for_staff()
        .filter(pk=line_id, purchase_order__site=site_of(request))
        .select_related("part", "purchase_order__supplier", "commitment")
        .first()
    )
    if line is None:
        return _gone(request, "That order line is not there any more.")
    now = standing(request)
    edges = (
        edges_of(now.plan, now.site, line=line.pk, now=timezone.now())
        if now.plan
        else []
    )
    edges.sort(key=lambda edge: (edge.slack("promised") or 0, edge.rack))
    orders = {edge.order for edge in edges if edge.order}
    context = {
        "line": line,
        "edges": edges,
        "taken": sum(edge.quantity for edge in edges),
        "lede": _line_lede(edges, len(orders)),
        "orders": len(orders),
        **_picture(edges),
    }
    return render(request, "scheduling/pegging/line.html", context)


def _down(
    request: HttpRequest,
    now: Standing,
    racks: list[Unit],
    kicker: str,
    order: Order | None,
) -> HttpResponse:
    """Show racks and what they are built from."""
    at = timezone.now()
    edges: list[Edge] = []
    planned: dict[int, PlannedRack] = {}
    if now.plan is not None:
        keys = [rack.pk for rack in racks]
        edges = edges_of(now.plan, now.site, racks=keys, now=at)
        planned = {
            one.rack_id: one
            for one in PlannedRack.objects.filter(plan=now.plan, rack__in=keys)
        }
    context = {
        "kicker": kicker,
        "order": order,
        "branches": [_branch(rack, planned.get(rack.pk), edges, at) for rack in racks],
        "lede": _lede(edges),
        **_picture(edges),
    }
    return render(request, "scheduling/pegging/down.html", context)


def _picture(edges: list[Edge]) -> dict[str, Any]:
    """Return where the pieces flow as a drawing, and as its table."""
    if not edges:
        return {"plot": "", "plot_table": None}
    names = ("Supply", "Part", "Rack", "Order", "Pieces", "Slack", "Slack at P90")
    return {
        "plot": pegging.pegging(_flow(edge) for edge in edges),
        "plot_table": Table(
            label="Edges with their slack",
            head=[Column(label=name, num=name in names[4:]) for name in names],
            rows=[
                [
                    _supply(edge),
                    edge.part,
                    edge.rack,
                    edge.order or UNKNOWN,
                    grouped(edge.quantity),
                    duration(edge.slack("promised")),
                    duration(edge.slack("p90")),
                ]
                for edge in edges
            ],
        ),
    }


def _flow(edge: Edge) -> pegging.Flow:
    """Return an edge as it is drawn."""
    return pegging.Flow(
        supply=_supply(edge),
        part=edge.part,
        rack=edge.rack,
        order=edge.order,
        quantity=edge.quantity,
        slack_min=edge.slack("promised"),
    )


def _supply(edge: Edge) -> str:
    """Return what a supply is called: its order line, or its lot."""
    return edge.number or f"lot {edge.lot}"


def _branch(
    rack: Unit, planned: PlannedRack | None, edges: list[Edge], at: datetime
) -> dict[str, Any]:
    """Return one rack with its edges, the tightest first."""
    mine = [edge for edge in edges if edge.rack == rack.serial]
    mine.sort(key=lambda edge: (edge.days is None, edge.slack("promised") or 0))
    return {
        "rack": rack,
        "planned": planned,
        "edges": mine,
        "has_shipped": bool(planned and planned.ships_at and planned.ships_at < at),
    }


def _lede(edges: list[Edge]) -> str:
    """Return the page's answer: the edge with least slack."""
    coming = [edge for edge in edges if edge.slack_min is not None]
    if not edges:
        return "The plan gives these racks no parts."
    if not coming:
        return "Every part is in the house."
    worst = min(coming, key=lambda edge: (edge.slack("promised") or 0, edge.part))
    last = tightest(edges)
    sure = f" At P90 {last.part} of {last.supplier} is last." if last else ""
    return (
        f"{worst.part} of {worst.supplier} has least slack: "
        f"{duration(worst.slack('promised'))}.{sure}"
    )


def _line_lede(edges: list[Edge], orders: int) -> str:
    """Return what a line's pieces are for."""
    if not edges:
        return "No rack of the plan takes a piece of this line: no harm if it slips."
    racks = len({edge.rack for edge in edges})
    slack = duration(edges[0].slack("promised"))
    return (
        f"{counted(racks, 'rack')} of {counted(orders, 'order')} wait for it; "
        f"{edges[0].rack} first, with {slack} of slack."
    )


def _gone(request: HttpRequest, sentence: str) -> HttpResponse:
    """Lead from what is not there to the matrix of racks."""
    messages.info(request, f"{sentence} These are the racks there are.")
    return redirect("clear_to_build")
