"""The commitments board: what suppliers promised us, and what we promised customers."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from factory.access import OFFICE, allow
from factory.models import Order, Site
from journal.export import csv_answer
from journal.wording import counted
from journal.workbook import Value
from scheduling.queries.orders import orders_of, rows_of
from scheduling.web.shell import standing
from suppliers.queries.board import (
    PAGE_ROWS,
    BoardCounts,
    BoardRow,
    Tab,
    board_counts,
    board_rivers,
    board_rows,
)
from suppliers.web.river import NARROW, board_drawn

TAB_LABELS = {
    Tab.MATTERS: "Holds racks up",
    Tab.UNANSWERED: "Not answered",
    Tab.CANNOT_SAY: "Cannot say yet",
    Tab.MOVED: "Moved",
    Tab.BROKEN: "Broken",
    Tab.ALL: "All",
}
INWARD, OUTWARD = "in", "out"
CSV_HEAD = (
    "order",
    "line",
    "part",
    "supplier",
    "pieces",
    "received",
    "asked for",
    "first said",
    "now said",
    "needed by",
    "slip in days",
    "slack in minutes",
    "racks held",
    "standing",
    "reason",
)


@allow(*OFFICE)
def board(request: HttpRequest) -> HttpResponse:
    """Show one side of the ledger. Its queries do not grow with its rows."""
    side = OUTWARD if request.GET.get("side") == OUTWARD else INWARD
    sides = [
        {"label": label, "url": "?" + urlencode({"side": key}), "current": key == side}
        for key, label in ((INWARD, "Suppliers to us"), (OUTWARD, "We to customers"))
    ]
    if side == OUTWARD:
        return render(
            request,
            "scheduling/board_outward.html",
            _outward(request) | {"sides": sides},
        )
    return render(
        request, "scheduling/board_inward.html", _inward(request) | {"sides": sides}
    )


@allow(*OFFICE)
@require_safe
def board_csv(request: HttpRequest) -> HttpResponse:
    """Give all of the suppliers' commitments under a tab as CSV."""
    site = standing(request).site
    today = _today(site)
    counts = board_counts(site, today=today)
    tab = _tab(request.GET.get("tab", ""), counts)
    rows = board_rows(site, today=today, tab=tab, per_page=max(1, counts.of_tab(tab)))
    return csv_answer("commitments", CSV_HEAD, map(_cells, rows))


def _cells(row: BoardRow) -> list[Value]:
    """Return a commitment as cells."""
    days = (row.need_by, row.first_said, row.now_said, row.needed_by)
    return [
        row.order_number,
        row.line_number,
        row.part_code,
        row.supplier_name,
        row.quantity,
        row.received,
        *(day.isoformat() if day else "" for day in days),
        row.slip_days,
        row.slack_min,
        row.blocked_racks,
        row.standing.value,
        row.reason,
    ]


def _inward(request: HttpRequest) -> dict[str, Any]:
    """Return one page of the suppliers' commitments. Five queries."""
    site = standing(request).site
    today = _today(site)
    counts = board_counts(site, today=today)
    tab = _tab(request.GET.get("tab", ""), counts)
    paginator = Paginator(range(counts.of_tab(tab)), PAGE_ROWS)
    page = paginator.get_page(request.GET.get("page"))
    rows = board_rows(site, today=today, tab=tab, page=page.number)
    rivers = board_rivers(rows, zone=ZoneInfo(site.zone))
    return {
        "rows": rows,
        "river": board_drawn(rivers, today=today),
        "river_narrow": board_drawn(rivers, today=today, width=NARROW),
        "page": page,
        "counts": counts,
        "lede": _inward_lede(counts),
        "tabs": [
            {
                "label": label,
                "url": "?" + urlencode({"side": INWARD, "tab": key.value}),
                "count": counts.of_tab(key),
                "current": key is tab,
            }
            for key, label in TAB_LABELS.items()
        ],
    }


def _tab(text: str, counts: BoardCounts) -> Tab:
    """Return the tab asked for, else what matters, else all."""
    if text in {tab.value for tab in Tab}:
        return Tab(text)
    return Tab.MATTERS if counts.matters else Tab.ALL


def _inward_lede(counts: BoardCounts) -> str:
    """Return the inward side's answer."""
    unanswered = counts.of_tab(Tab.UNANSWERED)
    if not counts.matters:
        return (
            f"No commitment holds a rack up; {counted(unanswered, 'line')} unanswered."
        )
    verb = "holds" if counts.matters == 1 else "hold"
    return (
        f"{counted(counts.matters, 'commitment')} {verb} racks up; "
        f"{counted(unanswered, 'line')} unanswered."
    )


def _outward(request: HttpRequest) -> dict[str, Any]:
    """Return one page of what customers are promised. Five queries."""
    now = standing(request)
    orders = (
        orders_of(now.site, now.plan)
        .filter(state=Order.State.OPEN, promised__isnull=False)
        .order_by("-late_min", "promised", "number")
    )
    page = Paginator(orders, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = rows_of(list(page), now.plan, ZoneInfo(now.site.zone))
    breaking = sum(row.status == "breaks" for row in rows)
    return {
        "rows": rows,
        "page": page,
        "plan": now.plan,
        "lede": f"{counted(page.paginator.count, 'promise')} to customers"
        + (f", {breaking} of those shown break in this plan." if breaking else "."),
    }


def _today(site: Site) -> date:
    """Return the date at a site."""
    return timezone.now().astimezone(ZoneInfo(site.zone)).date()
