"""What the grid pages read: events, what they shed, load against caps, room, tiers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Max, Q

from factory.models import Order, Site
from scheduling.blobs import read
from scheduling.charts.load_strip import Load
from scheduling.clock import MINUTE, SiteClock
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.problem import Problem, ResourceKind
from scheduling.engine.schedule import Schedule
from scheduling.engine.shedding import Given, Shedding, shed, site_load
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.errors import DamagedBlobError
from scheduling.models import GridContract, GridEvent, GridLink, Plan, Publication, Shed

EVENTS_SHOWN = 40
SHEDS_SHOWN = 200
STRIP_DAYS = 7
PREVIEW_DAYS = 7
MINUTES_PER_HOUR = 60
HOURS_A_YEAR = 8_760
MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A plan as the engine has it.

    Attributes:
        plan: Its row.
        problem: What it was made from.
        schedule: The plan.
        clock: Its minutes as clock time.
    """

    plan: Plan
    problem: Problem
    schedule: Schedule
    clock: SiteClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One rack that a cap would shed, with whom it is for.

    Attributes:
        given: What it gives up.
        customer: For whom.
        starts_at: When that begins.
        ends_at: When it ends.
        ships_at: When the rack ships at the latest.
    """

    given: Given
    customer: str
    starts_at: datetime
    ends_at: datetime
    ships_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a cap would come to, in the plan in force.

    Attributes:
        touched: Racks, in the order in which they give way.
        over_w: Watts over the cap that nothing may free.
        over_until: Until when.
        saved_w: Watts freed at the busiest moment.
        base_w: The base load, which goes on, if the cap is below it; else 0.
    """

    touched: Sequence[Touched]
    over_w: int
    over_until: datetime
    saved_w: int
    base_w: int

    @property
    def promises(self) -> int:
        """How many promises it may touch."""
        return len({one.given.order for one in self.touched if _touches(one)})

    @property
    def customers(self) -> list[str]:
        """Whose promises these are, with the orders, in order of name."""
        found = {
            (one.customer, one.given.order) for one in self.touched if _touches(one)
        }
        return [
            f"{customer} ({', '.join(order for _, order in orders)})"
            for customer, orders in groupby(sorted(found), key=itemgetter(0))
        ]


def known_of(plan: Plan | None) -> Known | None:
    """Return a plan as the engine has it; None where it cannot be read."""
    if plan is None:
        return None
    try:
        problem, schedule = read(plan)
    except (DamagedBlobError, InvalidProblemError):
        return None
    clock = SiteClock(epoch=plan.epoch, zone=ZoneInfo(problem.zone))
    return Known(plan=plan, problem=problem, schedule=schedule, clock=clock)


def events_of(site: Site, now: datetime) -> list[GridEvent]:
    """Return all events to come, the next one first, then past ones. Two queries."""
    announced = Q(state=GridEvent.State.ANNOUNCED, ends_at__gt=now)
    rows = GridEvent.objects.filter(site=site)
    coming = list(rows.filter(announced).order_by("starts_at", "pk"))
    past = rows.exclude(announced).order_by("-starts_at", "pk")
    return coming + list(past[: max(0, EVENTS_SHOWN - len(coming))])


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedGroup:
    """What one publication gave up for one event.

    Attributes:
        event: What the grid asked.
        publication: The plan in force that gave it up, with who published it.
        rows: What was given up, in order of time.
    """

    event: GridEvent
    publication: Publication
    rows: list[Shed]

    @property
    def racks(self) -> int:
        """Return how many racks gave way."""
        return len({row.rack_id for row in self.rows})

    @property
    def customers(self) -> list[str]:
        """Return whose promise it breaks, in order of name."""
        return sorted(
            {row.order.customer.name for row in self.rows if row.is_promise_broken}
        )


def sheds_of(site: Site) -> list[ShedGroup]:
    """Return what was shed, by publication and event, the newest first. One query."""
    rows = (
        Shed.objects.filter(event__site=site)
        .select_related("event", "rack", "order__customer", "plan__publication__by")
        .order_by("-plan", "event__starts_at", "event", "starts_at", "pk")
    )[:SHEDS_SHOWN]
    return [
        ShedGroup(event=held[0].event, publication=held[0].plan.publication, rows=held)
        for _, same in groupby(rows, key=lambda row: (row.plan_id, row.event_id))
        for held in (list(same),)
    ]


def link_of(site: Site) -> GridLink | None:
    """Return the site's link to its utility's server. One query."""
    return GridLink.objects.filter(site=site).first()


def strip_of(known: Known, now: datetime, events: Sequence[GridEvent] = ()) -> Load:
    """Return import against what is allowed for a week from now on.

    Args:
        known: The plan.
        now: The present.
        events: What holds, known to the plan or not.
    """
    first = max(0, known.clock.minute(now))
    last = first + STRIP_DAYS * MINUTES_PER_DAY
    load = site_load(known.problem, known.schedule, window=(first, last))
    caps = _caps(known, events, first, last)
    return Load(
        epoch=known.clock.moment(first),
        to_min=last - first,
        load=_pieces(load.tolist()),
        limits=_allowed(known.problem, caps, first, last),
        curtailments=[(start - first, end - first) for start, end, _ in caps],
    )


def _caps(
    known: Known, events: Sequence[GridEvent], first: int, last: int
) -> list[tuple[int, int, int]]:
    """Return start, end and watts of announced caps that a window shows."""
    spans = [
        (
            max(first, known.clock.minute(one.starts_at)),
            min(last, known.clock.minute_after(one.ends_at)),
            one.cap_w,
        )
        for one in events
        if not one.is_cancelled
    ]
    return [span for span in spans if span[0] < span[1]]


def _pieces(values: Sequence[int]) -> list[tuple[int, int]]:
    """Return pairs of minute and value where the value changes."""
    found: list[tuple[int, int]] = []
    for minute, value in enumerate(values):
        if not found or found[-1][1] != value:
            found.append((minute, value))
    return found


def _allowed(
    problem: Problem, caps: Sequence[tuple[int, int, int]], first: int, last: int
) -> list[tuple[int, int]]:
    """Return the import allowed, base load included, from a minute on."""
    site = next(one for one in problem.resources if one.kind is ResourceKind.SITE)
    times = {first, *site.capacity.times, *problem.base_load.times}
    times |= {time for start, end, _ in caps for time in (start, end)}
    found: list[tuple[int, int]] = []
    for time in sorted(one for one in times if first <= one < last):
        watts = site.capacity.at(time) + problem.base_load.at(time)
        held = [cap for start, end, cap in caps if start <= time < end]
        watts = min([watts, *held])
        if not found or found[-1][1] != watts:
            found.append((time - first, watts))
    return found


def preview_of(
    known: Known, *, starts_at: datetime, ends_at: datetime, cap_w: int, may_cut: bool
) -> Preview:
    """Return what a cap would shed of a plan. One query."""
    clock = known.clock
    start = max(0, clock.minute(starts_at))
    end = min(clock.minute_after(ends_at), start + PREVIEW_DAYS * MINUTES_PER_DAY)
    found = shed(
        known.problem,
        known.schedule,
        window=(start, max(end, start + 1)),
        cap=cap_w,
        may_cut=may_cut,
    )
    base_w = known.problem.base_load.highest()
    customers = dict(
        Order.objects.filter(number__in={one.order for one in found.given}).values_list(
            "number", "customer__name"
        )
    )
    return Preview(
        touched=[
            Touched(
                given=one,
                customer=customers.get(one.order, ""),
                starts_at=clock.moment(one.start),
                ends_at=clock.moment(one.end),
                ships_at=clock.moment(one.ships),
            )
            for one in found.given
        ],
        over_w=found.over_w,
        over_until=clock.moment(found.over_until),
        saved_w=_saved(found),
        base_w=base_w if cap_w < base_w else 0,
    )


def _saved(found: Shedding) -> int:
    return int((found.load - found.kept).max(initial=0))


def _touches(one: Touched) -> bool:
    return one.given.touches_promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """Firm and interruptible watts: what flexibility saves, and costs in days.

    Attributes:
        firm_w: Always there.
        interruptible_w: What the utility may take.
        hours: Most curtailed hours a year.
        firm_cents: Price of a firm kilowatt and month.
        interruptible_cents: Price of an interruptible one.
        saved_cents: A year, against an all-firm contract.
        event_racks: Racks that give way in an event of two hours at the firm watts,
            in the plan's busiest hours.
        event_delay_min: Minutes by which they are later, together.
        days_a_year: Rack-days of delay a year, if every curtailed hour is used.
        flexible_orders: Open orders that bend.
        flexible_days: Rack-days flexible orders have given so far.
        firm_days: Rack-days firm orders have given so far.
    """

    firm_w: int
    interruptible_w: int
    hours: int
    firm_cents: int
    interruptible_cents: int
    saved_cents: int
    event_racks: int
    event_delay_min: int
    days_a_year: float
    flexible_orders: int
    flexible_days: float
    firm_days: float


EVENT_HOURS = 2


def tiers_of(site: Site, contract: GridContract, known: Known | None) -> Tiers:
    """Return what the contract's tiers save and cost. Two queries."""
    interruptible = min(contract.interruptible_w, site.contracted_import_w)
    firm = site.contracted_import_w - interruptible
    cheaper = site.demand_cents_per_kw_month - contract.interruptible_cents_per_kw_month
    racks, delay = _event(known, firm) if known and interruptible else (0, 0)
    given: dict[str, float] = defaultdict(float)
    # A rack's delay stands in every row about it: once a plan is what it gave.
    for kind, _, _, minutes in (
        Shed.objects.filter(event__site=site, delay_min__gt=0)
        .order_by()
        .values_list("order__service_class", "plan", "rack")
        .annotate(minutes=Max("delay_min"))
    ):
        given[kind] += minutes / MINUTES_PER_DAY
    return Tiers(
        firm_w=firm,
        interruptible_w=interruptible,
        hours=contract.curtailed_hours,
        firm_cents=site.demand_cents_per_kw_month,
        interruptible_cents=contract.interruptible_cents_per_kw_month,
        saved_cents=interruptible * cheaper * MONTHS // 1_000,
        event_racks=racks,
        event_delay_min=delay,
        days_a_year=delay / MINUTES_PER_DAY * contract.curtailed_hours / EVENT_HOURS,
        flexible_orders=Order.objects.filter(
            site=site,
            state=Order.State.OPEN,
            service_class=Order.ServiceClass.FLEXIBLE,
        ).count(),
        flexible_days=given[Order.ServiceClass.FLEXIBLE],
        firm_days=given[Order.ServiceClass.FIRM],
    )


def _event(known: Known, firm_w: int) -> tuple[int, int]:
    """Return racks and minutes of two hours at the firm watts, when it hurts most."""
    load = site_load(
        known.problem, known.schedule, window=(0, STRIP_DAYS * MINUTES_PER_DAY)
    )
    span = EVENT_HOURS * MINUTES_PER_HOUR
    sums = np.convolve(load, np.ones(span), "valid")
    start = int(sums.argmax())
    found = shed(
        known.problem, known.schedule, window=(start, start + span), cap=firm_w
    )
    return len(found.given), sum(one.delay_min for one in found.given)


def free_hours(known: Known, site: Site) -> tuple[datetime, list[int]]:
    """Return the first whole hour of a plan, and free watts of import by the hour.

    Over four weeks, or as long as the plan has work, against what is allowed.
    """
    epoch = known.clock.epoch
    skip = -(epoch.minute * MINUTE) % timedelta(hours=1) // MINUTE
    last = max((step.end for step in known.schedule.steps), default=0)
    weeks = max(1, min(4, last // (7 * MINUTES_PER_DAY)))
    hours = weeks * 7 * 24
    window = (skip, skip + hours * MINUTES_PER_HOUR)
    load = site_load(known.problem, known.schedule, window=window)
    free = np.maximum(0, site.contracted_import_w - load)
    means = free.reshape(hours, MINUTES_PER_HOUR).mean(axis=1)
    return known.clock.moment(skip), [int(value) for value in means]
