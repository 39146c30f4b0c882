"""Pegging with slack on every edge: which lot or promise each step is built from.

Read for a page of racks, an order, a purchase-order line, or a whole plan. Slack is the
time from the moment pieces are usable (on the dock, received) to the step that takes
them; negative is late.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from factory.models import Site
from scheduling.clock import SiteClock, quarter_of
from scheduling.models import Pegging, Plan, PlannedRack, PlannedStep
from scheduling.snapshot.calendars import read_weeks
from scheduling.snapshot.supplies import Dock, dock_of
from suppliers.queries.arrivals import expected_arrivals

LEVELS = ("promised", "p50", "p90")
"""Which day a delivery is taken to come on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Pieces of one supply that one rack's step takes.

    Attributes:
        rack: Serial.
        order: Its order's number; empty without one.
        customer: Whose it is.
        step: Code of the step.
        step_name: What people call it.
        op: Its place in the routing.
        part: Code of the part.
        part_name: What people call it.
        quantity: Pieces.
        lot: The stock lot; empty for a promise.
        line: Primary key of the purchase-order line, or None.
        commitment: Primary key of its commitment, or None.
        number: Purchase order and line, as people say it.
        supplier: Who brings it; empty for stock.
        supplier_code: Of the supplier.
        buyer: Who asks.
        days: The dock date as promised, at P50 and at P90; None for stock.
        needed_at: When the step begins.
        slack_min: Minutes from usable to needed, at the same levels; None for stock.
    """

    rack: str
    order: str
    customer: str
    step: str
    step_name: str
    op: int
    part: str
    part_name: str
    quantity: int
    lot: str
    line: int | None
    commitment: int | None
    number: str
    supplier: str
    supplier_code: str
    buyer: str
    days: tuple[date, date, date] | None
    needed_at: datetime | None
    slack_min: tuple[int, int, int] | None

    def day(self, level: str) -> date | None:
        """Return the dock date at a level of ``LEVELS``; None for stock."""
        return None if self.days is None else self.days[LEVELS.index(level)]

    def slack(self, level: str) -> int | None:
        """Return the slack in minutes at a level; None for stock."""
        return None if self.slack_min is None else self.slack_min[LEVELS.index(level)]


_COLUMNS = (
    "rack",
    "rack__serial",
    "rack__order__number",
    "rack__order__customer__name",
    "step",
    "step__code",
    "step__name",
    "step__op",
    "quantity",
    "stock_lot__lot",
    "stock_lot__part__code",
    "stock_lot__part__name",
    "tranche__dock_date",
    "tranche__revision__commitment",
    "tranche__revision__commitment__line",
    "tranche__revision__commitment__line__number",
    "tranche__revision__commitment__line__part",
    "tranche__revision__commitment__line__part__code",
    "tranche__revision__commitment__line__part__name",
    "tranche__revision__commitment__line__part__buyer",
    "tranche__revision__commitment__line__purchase_order__number",
    "tranche__revision__commitment__line__purchase_order__supplier",
    "tranche__revision__commitment__line__purchase_order__supplier__name",
    "tranche__revision__commitment__line__purchase_order__supplier__code",
    "tranche__revision__commitment__line__purchase_order__supplier__buyer",
)


def edges_of(
    plan: Plan,
    site: Site,
    *,
    racks: Collection[int] | None = None,
    line: int | None = None,
    now: datetime,
) -> list[Edge]:
    """Return a plan's pegs as edges, by rack, step and part. Seven queries.

    Args:
        plan: Whose pegs.
        site: Where the racks are built.
        racks: Primary keys of some racks; None for all.
        line: Primary key of one purchase-order line; None for all, stock included.
        now: The moment; nothing comes before it.
    """
    pegs = Pegging.objects.filter(plan=plan)
    if racks is not None:
        pegs = pegs.filter(rack__in=racks)
    if line is not None:
        pegs = pegs.filter(tranche__revision__commitment__line=line)
    rows = [
        dict(zip(_COLUMNS, row, strict=True))
        for row in pegs.order_by("rack__serial", "step__op", "pk").values_list(
            *_COLUMNS
        )
    ]
    if not rows:
        return []
    clock = SiteClock(epoch=quarter_of(now), zone=ZoneInfo(site.zone))
    dock = dock_of(site, clock, read_weeks(site))
    starts = _starts(plan, {row["rack"] for row in rows})
    arrivals = _arrivals(rows, clock.day_of(0))
    return [
        _edge(row, starts.get((row["rack"], row["step"])), arrival, dock)
        for row, arrival in zip(rows, arrivals, strict=True)
    ]


def _starts(plan: Plan, racks: Collection[int]) -> dict[tuple[int, int], datetime]:
    """Return when steps begin, by rack and step. One query."""
    rows = PlannedStep.objects.filter(plan=plan)
    if len(racks) < 500:  # noqa: PLR2004 - more is nearly all of a plan
        rows = rows.filter(rack__in=racks)
    return {
        (rack, step): at
        for rack, step, at in rows.values_list("rack", "step", "starts_at")
    }


def _arrivals(
    rows: Sequence[dict[str, Any]], today: date
) -> list[tuple[date, date, date] | None]:
    """Return each promised delivery's day at every level. One query."""
    head = "tranche__revision__commitment__line"
    promised = [
        (row[f"{head}__purchase_order__supplier"], row[f"{head}__part"], day)
        for row in rows
        if (day := row["tranche__dock_date"]) is not None
    ]
    known = dict(zip(promised, expected_arrivals(promised, today=today), strict=True))
    found: list[tuple[date, date, date] | None] = []
    for row in rows:
        day = row["tranche__dock_date"]
        if day is None:
            found.append(None)
            continue
        arrival = known[
            row[f"{head}__purchase_order__supplier"], row[f"{head}__part"], day
        ]
        found.append((day, arrival.p50, arrival.p90))
    return found


def _edge(
    row: dict[str, Any],
    needed_at: datetime | None,
    days: tuple[date, date, date] | None,
    dock: Dock,
) -> Edge:
    """Return one edge."""
    head = "tranche__revision__commitment__line"
    is_stock = days is None
    return Edge(
        rack=row["rack__serial"],
        order=row["rack__order__number"] or "",
        customer=row["rack__order__customer__name"] or "",
        step=row["step__code"],
        step_name=row["step__name"],
        op=row["step__op"],
        part=row["stock_lot__part__code"] if is_stock else row[f"{head}__part__code"],
        part_name=row["stock_lot__part__name"]
        if is_stock
        else row[f"{head}__part__name"],
        quantity=row["quantity"],
        lot=row["stock_lot__lot"] or "",
        line=row[head],
        commitment=row["tranche__revision__commitment"],
        number=""
        if is_stock
        else f"{row[f'{head}__purchase_order__number']} / {row[f'{head}__number']}",
        supplier=row[f"{head}__purchase_order__supplier__name"] or "",
        supplier_code=row[f"{head}__purchase_order__supplier__code"] or "",
        buyer=row[f"{head}__part__buyer"]
        or row[f"{head}__purchase_order__supplier__buyer"]
        or "",
        days=days,
        needed_at=needed_at,
        slack_min=_slack(days, needed_at, dock),
    )


def _slack(
    days: tuple[date, date, date] | None, needed_at: datetime | None, dock: Dock
) -> tuple[int, int, int] | None:
    """Return the minutes from usable to needed at every level."""
    if days is None or needed_at is None:
        return None
    need = dock.clock.minute(needed_at)
    promised, p50, p90 = (need - (dock.usable(day) or need) for day in days)
    return promised, p50, p90


def tightest(edges: Iterable[Edge], level: str = "p90") -> Edge | None:
    """Return the edge that is clear last; None where everything is in the house."""
    coming = [edge for edge in edges if edge.days is not None]
    return max(
        coming,
        key=lambda edge: (edge.day(level), -(edge.slack(level) or 0)),
        default=None,
    )


def building(plan: Plan, at: datetime) -> QuerySet[PlannedRack]:
    """Return a plan's racks that have not shipped, the soonest to start first.

    Racks without a plan come last.
    """
    return (
        PlannedRack.objects.filter(plan=plan)
        .exclude(ships_at__lt=at)
        .select_related("rack__order__customer", "rack__rack_model")
        .order_by("unplannable_code", "starts_at", "rack__serial")
    )
