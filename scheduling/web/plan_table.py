"""The plan page's table: what the lanes draw, a page of it, in the lanes' own order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet

from factory.models import Crew, Site
from journal.wording import UNKNOWN
from scheduling.models import Plan, PlannedRack, PlannedStep
from scheduling.queries import orders as order_queries
from scheduling.queries.shown import View

ROWS_A_PAGE = 100


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


def plan_table(plan: Plan, site: Site, view: View, number: str | None) -> PlanTable:
    """Return a page of what a view's lanes draw. At most four queries.

    Args:
        plan: The plan.
        site: Its site.
        view: What the page's address shows: its lanes, and what is looked for.
        number: The page, as the address has it; the first if it makes no sense.
    """
    if view.lanes in ("rack", "crew"):
        return _steps(plan, site, view, number)
    return _racks(plan, site, view, number)


def _racks(plan: Plan, site: Site, view: View, number: str | None) -> PlanTable:
    """Return racks, bay by bay or order by order."""
    lanes = (
        (F("rack__order__number").asc(nulls_last=True),)
        if view.lanes == "order"
        else (
            F("bay__code").asc(nulls_last=True),
            F("bay_from").asc(nulls_last=True),
        )
    )
    racks = (
        PlannedRack.objects.filter(_found(view), plan=plan)
        .select_related("rack__order", "bay")
        .order_by(*lanes, "rack__serial")
    )
    page = Paginator(racks, ROWS_A_PAGE).get_page(number)
    promised = order_queries.promised_dates(
        planned.rack.order_id for planned in page if planned.rack.order_id
    )
    zone = ZoneInfo(site.zone)
    rows = [_rack_row(planned, promised, zone) for planned in page]
    return PlanTable(page=page, is_steps=False, rows=rows)


def _steps(plan: Plan, site: Site, view: View, number: str | None) -> PlanTable:
    """Return steps, rack by rack or crew by crew."""
    lane = "step__skill" if view.lanes == "crew" else "rack__serial"
    steps: QuerySet[PlannedStep] = (
        PlannedStep.objects.filter(_found(view), plan=plan)
        .select_related("rack__order", "step", "bay")
        .order_by(lane, "starts_at", "rack__serial", "pk")
    )
    page = Paginator(steps, ROWS_A_PAGE).get_page(number)
    crews = dict(Crew.objects.filter(site=site).values_list("skill", "name"))
    rows = [
        {
            "lane": crews.get(planned.step.skill, planned.step.skill)
            if view.lanes == "crew"
            else planned.rack.serial,
            "rack": planned.rack.serial,
            "url": _rack_url(plan.pk, planned.rack.serial),
            "order": planned.rack.order.number if planned.rack.order else UNKNOWN,
            "step": planned.step.name,
            "place": planned.bay.code if planned.bay else UNKNOWN,
            "start": planned.starts_at,
            "end": planned.ends_at,
        }
        for planned in page
    ]
    return PlanTable(page=page, is_steps=True, rows=rows)


def _found(view: View) -> Q:
    """Return the condition of a rack or order that is looked for."""
    if not view.find:
        return Q()
    return Q(rack__serial__icontains=view.find) | Q(
        rack__order__number__icontains=view.find
    )


def _rack_row(
    planned: PlannedRack, promised: dict[int, date], zone: ZoneInfo
) -> dict[str, Any]:
    """Return one rack as ``components/plan_table.html`` takes it."""
    dates = dates_of(planned, promised.get(planned.rack.order_id or 0), zone)
    return {
        "rack": planned.rack.serial,
        "url": _rack_url(planned.plan_id, planned.rack.serial),
        "place": planned.bay.code if planned.bay else UNKNOWN,
        "start": planned.starts_at,
        "end": planned.ships_at,
        "waited_min": _waited_min(planned),
        "limit": planned.limit,
        "due": dates["promised"],
        "planned": dates["planned"],
        "status": dates["status"],
    }


def _rack_url(plan_id: int, serial: str) -> str:
    """Return the address that explains a rack beside its plan."""
    return "?" + urlencode({"plan": plan_id, "rack": serial})


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
