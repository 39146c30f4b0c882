"""Clear to build: racks by what they are built from, and what is still to come."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from factory.access import OFFICE, allow
from journal.wording import column_date, counted
from journal.workbook import Value
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.models import Pegging, PlannedRack
from scheduling.pegging import Edge, building, edges_of, tightest
from scheduling.web.downloads import table_answer
from scheduling.web.shell import standing

RACKS_A_PAGE = 40
TIGHT_MIN = 2 * MINUTES_PER_DAY
LEVEL_LABELS = {"promised": "Promised", "p50": "P50", "p90": "P90"}
BY_LABELS = {"step": "By step", "part": "By part"}
KIT_HEAD = (
    "rack",
    "order",
    "starts",
    "step",
    "part",
    "name",
    "pieces",
    "from",
    "supplier",
    "promised",
    "P50",
    "P90",
    "slack at P90 in days",
)
SHORT_HEAD = (
    "part",
    "name",
    "pieces short",
    "racks held",
    "first needed",
    "worst slack in days",
    "lines",
    "suppliers",
    "buyer",
)


@allow(*OFFICE)
@require_safe
def clear_to_build(request: HttpRequest) -> HttpResponse:
    """Show racks by component groups: when each is clear, and the golden screw."""
    now = standing(request)
    if now.plan is None:
        return render(request, "scheduling/clear/empty.html", {})
    level = _one_of(request, "level", LEVEL_LABELS, "p90")
    by = _one_of(request, "by", BY_LABELS, "step")
    at = timezone.now()
    page = Paginator(building(now.plan, at), RACKS_A_PAGE).get_page(
        request.GET.get("page")
    )
    racks = list(page)
    edges = edges_of(now.plan, now.site, racks=[one.rack_id for one in racks], now=at)
    groups = _groups(edges, by)
    waiting = (
        Pegging.objects.filter(plan=now.plan, tranche__isnull=False)
        .order_by()
        .values("rack")
        .distinct()
        .count()
    )
    context = {
        "page": page,
        "groups": [label for _, label in groups],
        "rows": [_row(one, edges, groups, level, by) for one in racks],
        "levels": _switch(request, "level", LEVEL_LABELS, level),
        "bys": _switch(request, "by", BY_LABELS, by),
        "lede": _lede(page.paginator.count, waiting),
        "rest": f"Dates at {LEVEL_LABELS[level]}; slack is to the step that needs it.",
        "query": request.GET.urlencode(),
    }
    return render(request, "scheduling/clear/matrix.html", context)


@allow(*OFFICE)
@require_safe
def kit_list(request: HttpRequest, kind: str) -> HttpResponse:
    """Give every rack's kit with where each piece comes from, as CSV or workbook."""
    now = standing(request)
    edges = edges_of(now.plan, now.site, now=timezone.now()) if now.plan else []
    return table_answer(kind, "kit-list", KIT_HEAD, map(_kit, edges))


@allow(*OFFICE)
@require_safe
def shortage_report(request: HttpRequest, kind: str) -> HttpResponse:
    """Give the parts that come too late at P90, worst first, as CSV or workbook."""
    now = standing(request)
    edges = edges_of(now.plan, now.site, now=timezone.now()) if now.plan else []
    return table_answer(kind, "shortages", SHORT_HEAD, shortages(edges))


def shortages(edges: Iterable[Edge]) -> list[list[Value]]:
    """Return a row a part whose pieces come after they are needed at P90."""
    late: dict[str, list[Edge]] = {}
    for edge in edges:
        slack = edge.slack("p90")
        if slack is not None and slack < 0:
            late.setdefault(edge.part, []).append(edge)
    rows: list[list[Value]] = []
    for part, those in late.items():
        needed = [edge.needed_at for edge in those if edge.needed_at is not None]
        rows.append(
            [
                part,
                those[0].part_name,
                sum(edge.quantity for edge in those),
                len({edge.rack for edge in those}),
                min(needed).date() if needed else None,
                _days(min(edge.slack("p90") or 0 for edge in those)),
                ", ".join(sorted({edge.number for edge in those})),
                ", ".join(sorted({edge.supplier for edge in those})),
                ", ".join(sorted({edge.buyer for edge in those if edge.buyer})),
            ]
        )
    return sorted(rows, key=lambda row: (-int(str(row[3])), str(row[0])))


def _kit(edge: Edge) -> list[Value]:
    """Return one edge as cells."""
    days = edge.days or (None, None, None)
    return [
        edge.rack,
        edge.order,
        edge.needed_at.date() if edge.needed_at else None,
        edge.step,
        edge.part,
        edge.part_name,
        edge.quantity,
        f"lot {edge.lot}" if edge.lot else edge.number,
        edge.supplier,
        *days,
        _days(edge.slack("p90")),
    ]


def _days(minutes: int | None) -> float | None:
    return None if minutes is None else round(minutes / MINUTES_PER_DAY, 1)


def _groups(edges: Sequence[Edge], by: str) -> list[tuple[str, str]]:
    """Return the columns: keys and labels, in order of work."""
    found: dict[str, str] = {}
    for edge in sorted(edges, key=lambda one: (one.op, one.part)):
        key, label = (
            (edge.step, edge.step_name) if by == "step" else (edge.part, edge.part)
        )
        found.setdefault(key, label)
    return list(found.items())


def _row(
    planned: PlannedRack,
    edges: Sequence[Edge],
    groups: Sequence[tuple[str, str]],
    level: str,
    by: str,
) -> dict[str, Any]:
    """Return one rack with a cell a group."""
    mine = [edge for edge in edges if edge.rack == planned.rack.serial]
    cells = []
    for key, _ in groups:
        those = [
            edge for edge in mine if (edge.step if by == "step" else edge.part) == key
        ]
        cells.append(_cell(those, level))
    return {
        "planned": planned,
        "cells": cells,
        "golden": tightest(mine, level),
        "golden_day": _last(mine, level),
    }


def _last(edges: Sequence[Edge], level: str) -> date | None:
    last = tightest(edges, level)
    return last.day(level) if last else None


def _cell(edges: Sequence[Edge], level: str) -> dict[str, Any] | None:
    """Return when a group is clear; None where the rack takes nothing of it."""
    if not edges:
        return None
    last = tightest(edges, level)
    if last is None:
        return {"status": "kept", "word": "here", "slack": None, "edge": edges[0]}
    slack = last.slack(level)
    late = slack is not None and slack < 0
    status = "late" if late else "at_risk" if (slack or 0) < TIGHT_MIN else "planned"
    day = last.day(level)
    return {
        "status": status,
        "word": column_date(day, timezone.localdate()) if day else "",
        "slack": slack,
        "edge": last,
    }


def _lede(racks: int, waiting: int) -> str:
    """Return the page's answer."""
    here = max(0, racks - waiting)
    return (
        f"{counted(here, 'rack')} of {racks:,} "
        f"{'has' if here == 1 else 'have'} every part in the house."
    )


def _one_of(
    request: HttpRequest, name: str, known: dict[str, str], otherwise: str
) -> str:
    """Return what a query parameter says, if it is known."""
    value = request.GET.get(name, "")
    return value if value in known else otherwise


def _switch(
    request: HttpRequest, name: str, labels: dict[str, str], current: str
) -> list[dict[str, Any]]:
    """Return a switch that keeps the rest of the view."""
    kept = {
        key: request.GET[key] for key in ("level", "by", "page") if key in request.GET
    }
    return [
        {
            "label": label,
            "url": f"{reverse('clear_to_build')}?{urlencode(kept | {name: key})}",
            "current": key == current,
        }
        for key, label in labels.items()
    ]
