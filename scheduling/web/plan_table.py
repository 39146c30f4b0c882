"""The plan page's table: what the lanes draw, a page of it, in the lanes' own order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import QueryDict

from factory.models import Site
from journal.wording import UNKNOWN
from scheduling.errors import DamagedBlobError
from scheduling.models import Plan, PlannedRack
from scheduling.queries import orders as order_queries
from scheduling.queries.drawings import read_drawing
from scheduling.queries.lanes import (
    OF_STEPS,
    Bar,
    Groups,
    View,
    bars_of,
    stretches_of,
)

ROWS_A_PAGE = 100

Link = Callable[[str], str]
"""Gives the address that explains a rack, by its serial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTable:
    """One page of the table.

    Attributes:
        page: The page, for the links to its neighbours.
        is_steps: Whether its rows are steps, where lanes draw step by step, or racks.
        rows: As ``components/plan_table.html`` or ``plan_steps_table.html`` takes them.
    """

    page: Page[Any]
    is_steps: bool
    rows: Sequence[dict[str, Any]]

    @property
    def noun(self) -> str:
        """What is counted under it."""
        return "steps in the table" if self.is_steps else "racks in the table"


def plan_table(plan: Plan, site: Site, asked: QueryDict) -> PlanTable:
    """Return a page of what a view's lanes draw. At most four queries.

    A plan that cannot be drawn is a table of racks by serial number.

    Args:
        plan: The plan.
        site: Its site.
        asked: The page's address: its lanes, what is looked for, what is folded away,
            and which page of the table; the first if that makes no sense.
    """
    view, number = View.read(asked), asked.get("page")
    link = partial(_rack_url, asked, plan.pk)
    groups = _groups(plan, view)
    bars = bars_of(groups, view) if groups else []
    if groups and view.lanes in OF_STEPS:
        steps = Paginator(bars, ROWS_A_PAGE).get_page(number)
        rows = [_step_row(groups, bar, link) for bar in steps]
        return PlanTable(page=steps, is_steps=True, rows=rows)
    racks = [
        *((groups.serial(bar), bar) for bar in bars if groups),
        *((serial, None) for serial in _not_drawn(plan, view, is_drawn=bool(groups))),
    ]
    page = Paginator(racks, ROWS_A_PAGE).get_page(number)
    rows = _rack_rows(plan, site, groups, page, link)
    return PlanTable(page=page, is_steps=False, rows=rows)


def _groups(plan: Plan, view: View) -> Groups | None:
    """Return the groups of a plan's drawing; None if it cannot be drawn."""
    try:
        return Groups(read_drawing(plan), view.lanes)
    except DamagedBlobError:
        return None


def _not_drawn(plan: Plan, view: View, *, is_drawn: bool) -> QuerySet[Any, str]:
    """Return the serials of racks that stand in no lane, if the plan is drawn at all.

    They have no place in a bay any more, or no plan.
    """
    lacking = {"bay": "bay", "order": "ships_at"}.get(view.lanes, "rack")
    return (
        PlannedRack.objects.filter(
            Q(rack__serial__icontains=view.find)
            | Q(rack__order__number__icontains=view.find),
            **{f"{lacking}__isnull": True} if is_drawn else {},
            plan=plan,
        )
        .order_by("rack__serial")
        .values_list("rack__serial", flat=True)
    )


def _rack_rows(
    plan: Plan,
    site: Site,
    groups: Groups | None,
    racks: Iterable[tuple[str, Bar | None]],
    link: Link,
) -> list[dict[str, Any]]:
    """Return racks as ``components/plan_table.html`` takes them. Two queries.

    Args:
        plan: The plan.
        site: Its site.
        groups: Of its drawing; None if it cannot be drawn.
        racks: By serial, each with its bar, if it has one.
        link: Gives the address that explains a rack.
    """
    bars = dict(racks)
    planned = PlannedRack.objects.filter(plan=plan, rack__serial__in=bars)
    found = {
        one.rack.serial: one for one in planned.select_related("rack__order", "bay")
    }
    promised = order_queries.promised_dates(
        one.rack.order_id for one in found.values() if one.rack.order_id
    )
    zone = ZoneInfo(site.zone)
    rows = []
    for serial, bar in bars.items():
        if serial in found:
            rows.append(_rack_row(found[serial], promised, zone, link))
        elif groups and bar:
            rows.append(_held_row(groups, bar))
    return rows


def _held_row(groups: Groups, bar: Bar) -> dict[str, Any]:
    """Return a rack that stands in the drawing alone: a booking's, or one assumed."""
    _, _, _, due, late, bay, _, _, flat, _ = groups.drawing["racks"][bar.rack]
    stretches = stretches_of(flat)
    start, end = (
        groups.clock.moment(minute) for minute in (stretches[0][0], stretches[-1][1])
    )
    zone = groups.clock.zone
    return {
        "rack": groups.serial(bar),
        "place": _bay(groups, bay),
        "start": start,
        "end": end,
        "waited_min": None,
        "due": groups.clock.moment(due).astimezone(zone).date() if due else None,
        "planned": end.astimezone(zone).date(),
        "status": "late" if late else "on_time",
    }


def _step_row(groups: Groups, bar: Bar, link: Link) -> dict[str, Any]:
    """Return one step as ``components/plan_steps_table.html`` takes it."""
    drawing = groups.drawing
    serial, model, order, _, _, bay, _, _, flat, _ = drawing["racks"][bar.rack]
    step = drawing["models"][model]["steps"][flat[3 * bar.first]]
    return {
        "lane": groups.lane(bar) or groups.label(bar),
        "rack": serial,
        "url": link(serial),
        "order": drawing["orders"][order] or UNKNOWN,
        "step": step["label"],
        "place": _bay(groups, bay) if step["session"] == "bay" else UNKNOWN,
        "start": groups.clock.moment(bar.start),
        "end": groups.clock.moment(bar.end),
    }


def _bay(groups: Groups, number: int) -> str:
    """Return the name of a bay by its number in the drawing."""
    return str(groups.drawing["bays"][number][1]) if number >= 0 else UNKNOWN


def _rack_row(
    planned: PlannedRack, promised: dict[int, date], zone: ZoneInfo, link: Link
) -> dict[str, Any]:
    """Return one rack as ``components/plan_table.html`` takes it."""
    dates = dates_of(planned, promised.get(planned.rack.order_id or 0), zone)
    return {
        "rack": planned.rack.serial,
        "url": link(planned.rack.serial),
        "place": planned.bay.code if planned.bay else UNKNOWN,
        "start": planned.starts_at,
        "end": planned.ships_at,
        "waited_min": _waited_min(planned),
        "limit": planned.limit,
        "due": dates["promised"],
        "planned": dates["planned"],
        "status": dates["status"],
    }


def _rack_url(asked: QueryDict, plan_id: int, serial: str) -> str:
    """Return the address that explains a rack beside its plan, in the same view."""
    query = asked.copy()
    query["plan"], query["rack"] = str(plan_id), serial
    return "?" + query.urlencode()


def _waited_min(planned: PlannedRack) -> int | None:
    """Return how much of a rack's lead time physics does not need; None if unknown."""
    if planned.lead_min is None or planned.physics_min is None:
        return None
    return planned.lead_min - planned.physics_min


def dates_of(
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
