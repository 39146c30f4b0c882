"""The outlook of a site: racks shipped, promised, planned, and how sure, by week."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet

from factory.models import Order, RackModel, Site, StepRecord, Unit
from scheduling.clock import SiteClock, quarter_of
from scheduling.models import (
    CustomerPromise,
    GridEvent,
    Pegging,
    Plan,
    PlannedRack,
    PlannedStep,
)
from scheduling.snapshot.calendars import read_weeks
from scheduling.snapshot.supplies import dock_of
from suppliers.models import Tranche
from suppliers.queries.arrivals import expected_arrivals

WEEKS_BACK, WEEKS_AHEAD = 4, 9
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Running counts at the start of each week, from some weeks back.

    Attributes:
        weeks: First days, at the site.
        now: The moment.
        demand: Racks asked for by then.
        promised: Racks promised by then.
        shipped: Racks shipped by then, as far as time has come.
        shipped_now: Racks shipped by now.
        p50: Racks shipped by then in the plan, from the next week on.
        p90: The same if each rack's last delivery comes at its P90.
        rack_w: Mean highest draw of a planned rack, in watts.
        curtailments: First and last moment of grid events in sight.
    """

    weeks: Sequence[date]
    now: datetime
    demand: Sequence[int]
    promised: Sequence[int]
    shipped: Sequence[int]
    shipped_now: int
    p50: Sequence[int]
    p90: Sequence[int]
    rack_w: int
    curtailments: Sequence[tuple[datetime, datetime]]


def outlook_of(site: Site, plan: Plan, now: datetime) -> Outlook:
    """Return a site's outlook by a plan. About fourteen queries however many racks."""
    zone = ZoneInfo(site.zone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=today.weekday()) - WEEKS_BACK * WEEK
    weeks = [first + number * WEEK for number in range(WEEKS_BACK + WEEKS_AHEAD + 1)]
    orders = list(
        Order.objects.filter(site=site)
        .exclude(state=Order.State.CANCELLED)
        .values_list("pk", "quantity", "requested_date")
    )
    promised = dict(
        CustomerPromise.objects.filter(order__site=site)
        .order_by("number")
        .values_list("order", "date")
    )
    shipped = _shipped(site, zone)
    planned = [
        (rack, model, begin, at)
        for rack, model, begin, at in PlannedRack.objects.filter(plan=plan).values_list(
            "rack", "rack__rack_model", "starts_at", "ships_at"
        )
        if at is not None
    ]
    # What ships after the last week counts in none.
    end = datetime.combine(weeks[-1], datetime.min.time(), tzinfo=zone)
    ahead = [(rack, at) for rack, *_, at in planned if now < at < end]
    begins = {rack: begin for rack, _, begin, at in planned if now < at < end}
    shipping = PlannedRack.objects.filter(plan=plan, ships_at__gt=now, ships_at__lt=end)
    delays = _delays(plan, shipping.values("rack"), site, now, begins)
    future = [week for week in weeks if week > today]
    p50 = [at.astimezone(zone).date() for _, at in ahead]
    p90 = [
        (at + delays.get(rack, 0) * MINUTE).astimezone(zone).date()
        for rack, at in ahead
    ]
    return Outlook(
        weeks=weeks,
        now=now,
        demand=_running(((day, count) for _, count, day in orders), weeks),
        promised=_running(
            ((promised[pk], n) for pk, n, _ in orders if pk in promised), weeks
        ),
        shipped=_running(
            ((day, 1) for day in shipped), [week for week in weeks if week <= today]
        ),
        shipped_now=len(shipped),
        p50=_running(((day, 1) for day in p50), future, len(shipped)),
        p90=_running(((day, 1) for day in p90), future, len(shipped)),
        rack_w=_mean_draw([model for _, model, *_ in planned]),
        curtailments=_curtailments(site, weeks, zone),
    )


def _running(
    dated: Iterable[tuple[date, int]], weeks: Sequence[date], start: int = 0
) -> list[int]:
    """Return how many lie before each week's first day."""
    ordered = sorted(dated)
    days = [day for day, _ in ordered]
    totals = [start]
    for _, count in ordered:
        totals.append(totals[-1] + count)
    return [totals[bisect_right(days, week - timedelta(days=1))] for week in weeks]


def _shipped(site: Site, zone: ZoneInfo) -> list[date]:
    """Return the days racks left, by their last record. One query."""
    rows = (
        StepRecord.objects.filter(
            rack__site=site, rack__state=Unit.State.SHIPPED, ended_at__isnull=False
        )
        .order_by()
        .values("rack")
        .annotate(last=Max("ended_at"))
        .values_list("last", flat=True)
    )
    return [at.astimezone(zone).date() for at in rows]


def _delays(
    plan: Plan,
    shipping: QuerySet[PlannedRack, Any],
    site: Site,
    now: datetime,
    begins: Mapping[int, datetime | None],
) -> dict[int, int]:
    """Return by how many minutes each rack waits if deliveries come at P90.

    Seven queries. Steps are read of racks alone that begin before a delivery is sure:
    nobody else can wait for one.

    Args:
        plan: Whose pegs.
        shipping: Keys of the racks that count.
        site: Where the racks are built.
        now: The moment.
        begins: When each of them begins; None where nobody knows.
    """
    pegged = Pegging.objects.filter(
        plan=plan, rack__in=shipping, tranche__isnull=False
    ).order_by()
    pegs = list(pegged.values_list("rack", "step", "tranche"))
    if not pegs:
        return {}
    clock = SiteClock(epoch=quarter_of(now), zone=ZoneInfo(site.zone))
    dock = dock_of(site, clock, read_weeks(site))
    head = "revision__commitment__line"
    tranches = list(
        Tranche.objects.for_staff()
        .filter(pk__in=pegged.values("tranche"))
        .values_list(
            "pk", f"{head}__purchase_order__supplier", f"{head}__part", "dock_date"
        )
    )
    promises = [(supplier, part, day) for _, supplier, part, day in tranches]
    arrivals = expected_arrivals(promises, today=clock.day_of(0))
    sure = {
        pk: dock.usable(arrival.p90)
        for (pk, *_), arrival in zip(tranches, arrivals, strict=True)
    }
    firsts = {rack: clock.minute(at) for rack, at in begins.items() if at is not None}
    waits = [
        (rack, step, at)
        for rack, step, tranche in pegs
        if rack in firsts and (at := sure[tranche]) is not None and at > firsts[rack]
    ]
    starts = _starts(plan, shipping, waits)
    delays: dict[int, int] = {}
    for rack, step, at in waits:
        if (start := starts.get((rack, step))) is not None:
            delays[rack] = max(delays.get(rack, 0), at - clock.minute(start))
    return delays


def _starts(
    plan: Plan,
    shipping: QuerySet[PlannedRack, Any],
    waits: Sequence[tuple[int, int, int]],
) -> dict[tuple[int, int], datetime]:
    """Return when steps start that may have to wait. One query."""
    rows = PlannedStep.objects.filter(
        plan=plan, rack__in=shipping, step__in={step for _, step, _ in waits}
    ).values_list("rack", "step", "starts_at")
    return {(rack, step): at for rack, step, at in rows}


def _mean_draw(models: Sequence[int]) -> int:
    """Return the mean highest draw of racks of these models, in watts. One query."""
    draws = dict(
        RackModel.objects.annotate(most=Max("steps__draw_w")).values_list("pk", "most")
    )
    if not models:
        return 0
    return sum(draws.get(model) or 0 for model in models) // len(models)


def _curtailments(
    site: Site, weeks: Sequence[date], zone: ZoneInfo
) -> list[tuple[datetime, datetime]]:
    """Return announced grid events in sight. One query."""
    first = datetime.combine(weeks[0], datetime.min.time(), tzinfo=zone)
    last = datetime.combine(weeks[-1], datetime.min.time(), tzinfo=zone)
    rows = GridEvent.objects.filter(site=site, ends_at__gt=first, starts_at__lt=last)
    return list(
        rows.exclude(state=GridEvent.State.CANCELLED)
        .order_by("starts_at", "ends_at")
        .values_list("starts_at", "ends_at")
    )
