"""What a plan changes against the published one: steps, racks, orders, promises."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from factory.models import Order, Site, Unit
from scheduling.engine.units import MINUTES_PER_DAY
from scheduling.models import (
    CustomerPromise,
    Plan,
    PlannedRack,
    PlannedStep,
    Publication,
)

MINUTE = timedelta(minutes=1)
NO_BAY = 0
"""Stands for no bay where bays are compared: NULL equals nothing."""
NEVER = datetime.max.replace(tzinfo=UTC)


class Change(StrEnum):
    """What happened to a rack between two plans."""

    MOVED = "moved"
    RESIZED = "resized"
    REASSIGNED = "reassigned"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RackChange:
    """One rack that a plan treats otherwise than the published one.

    Attributes:
        serial: The rack.
        order: Its order's number.
        customer: The customer's name.
        kinds: What happened; at least one.
        was: When it shipped in the published plan, or None.
        now: When it ships now, or None.
        promised: The day its order is promised for, or None.
        bay_was: Code of its bay in the published plan; empty if none.
        bay_now: Code of its bay now.
        moved_steps: Steps whose start shifted or whose bay changed.
        limit: Word of the limit that binds it now.
        sentence: Why, in words.
        owner: Who owns the limit.
    """

    serial: str
    order: str
    customer: str
    kinds: tuple[Change, ...]
    was: datetime | None
    now: datetime | None
    promised: date | None
    bay_was: str
    bay_now: str
    moved_steps: int
    limit: str
    sentence: str
    owner: str

    @property
    def change_min(self) -> int | None:
        """Return by how many minutes it ships later; negative when earlier."""
        if self.was is None or self.now is None:
            return None
        return (self.now - self.was) // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """One order whose date moves, or whose promise a plan breaks or renews.

    Attributes:
        order: The order, with its customer.
        racks: Racks of it in the plan, unplannable ones included.
        unplannable: How many of them have no plan.
        promised: The date promised now, or None.
        was: Last ship date in the published plan, or None.
        planned: Last ship date in this one; None while a rack has no plan.
        late_cents: What its lateness costs in this plan.
        limit: Word of the limit that binds its last rack.
        sentence: Why, in words.
        owner: Who owns the limit.
    """

    order: Order
    racks: int
    unplannable: int
    promised: date | None
    was: date | None
    planned: date | None
    late_cents: int
    limit: str
    sentence: str
    owner: str

    @property
    def is_broken(self) -> bool:
        """Return whether the plan cannot keep the date promised."""
        return self.promised is not None and (
            self.planned is None or self.planned > self.promised
        )

    @property
    def next_promise(self) -> date | None:
        """Return the date that publishing promises: never before the one asked for.

        While a rack has no plan nothing new is promised.
        """
        if self.planned is None:
            return self.promised
        return max(self.order.requested_date, self.planned)

    @property
    def change_days(self) -> int | None:
        """Return by how many days the promise moves; None without two dates."""
        if self.promised is None or self.next_promise is None:
            return None
        return (self.next_promise - self.promised).days

    @property
    def is_change(self) -> bool:
        """Return whether there is anything to tell."""
        return (
            self.is_broken
            or self.next_promise != self.promised
            or self.was != self.planned
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """A plan against the published one.

    Attributes:
        plan: The plan to publish.
        previous: The publication it is compared with, or None before the first.
        racks: Racks that change, those of broken promises first, then the ones that
            slip most.
        orders: Orders that change, broken promises first.
        moved_steps: Steps whose start shifted or whose bay changed.
        resized_steps: Steps that take longer or shorter.
        unchanged_racks: Racks that stay as they are.
    """

    plan: Plan
    previous: Publication | None
    racks: tuple[RackChange, ...]
    orders: tuple[OrderChange, ...]
    moved_steps: int
    resized_steps: int
    unchanged_racks: int

    @property
    def previous_number(self) -> int | None:
        """Return the number of the publication compared with; None for none."""
        return self.previous.number if self.previous else None

    @property
    def broken(self) -> tuple[OrderChange, ...]:
        """Return the orders whose promise breaks."""
        return tuple(order for order in self.orders if order.is_broken)

    @property
    def moved_racks(self) -> int:
        """Return how many racks change in any way but by being new."""
        return sum(rack.kinds != (Change.NEW,) for rack in self.racks)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many racks were moved, resized and so on."""
        found = Counter(kind.value for rack in self.racks for kind in rack.kinds)
        return {kind.value: found[kind.value] for kind in Change}


class _Rack(NamedTuple):
    """What a plan says of one rack; no model, since there are thousands of them."""

    serial: str
    order: int | None
    ships_at: datetime | None
    late_min: int
    bay: str | None
    limit: str
    sentence: str
    owner: str


@dataclass(slots=True)
class _Steps:
    """What happened to one rack's steps."""

    moved: int = 0
    resized: int = 0
    kinds: set[Change] = field(default_factory=set)


def changes(site: Site, plan: Plan) -> Diff:
    """Return what publishing a plan would change. Eight queries however many racks."""
    previous = (
        Publication.objects.filter(site=site)
        .select_related("plan")
        .order_by("-number")
        .first()
    )
    planned = _racks({plan.pk} | ({previous.plan_id} if previous else set()))
    now = planned[plan.pk]
    was = planned[previous.plan_id] if previous else {}
    known = _known_orders(now, was)
    steps = _steps(plan, previous.plan) if previous else {}
    gone = _gone(was, now)
    promised = _promised(site)
    racks = [
        changed
        for pk in [*now, *gone]
        if (changed := _rack(was.get(pk), now.get(pk), steps.get(pk), known, promised))
    ]
    orders = _orders(site, now, was, known, promised)
    broken = {one.order.number for one in orders if one.is_broken}
    return Diff(
        plan=plan,
        previous=previous,
        racks=tuple(
            sorted(
                racks, key=lambda rack: (rack.order not in broken, *_slips_most(rack))
            )
        ),
        orders=tuple(sorted(orders, key=_breaks_first)),
        moved_steps=sum(one.moved for one in steps.values()),
        resized_steps=sum(one.resized for one in steps.values()),
        unchanged_racks=len(now) - sum(rack.kinds != (Change.GONE,) for rack in racks),
    )


def _racks(plans: Collection[int]) -> dict[int, dict[int, _Rack]]:
    """Return each plan's racks by primary key of the unit. One query."""
    found: dict[int, dict[int, _Rack]] = {plan: {} for plan in plans}
    rows = PlannedRack.objects.filter(plan__in=plans).order_by("rack__serial")
    for plan, rack, *values in rows.values_list(
        "plan_id",
        "rack_id",
        "rack__serial",
        "rack__order_id",
        "ships_at",
        "late_min",
        "bay__code",
        "limit",
        "sentence",
        "owner",
    ):
        found[plan][rack] = _Rack._make(values)
    return found


def _known_orders(*plans: Mapping[int, _Rack]) -> dict[int, Order]:
    """Return the orders of plans by primary key, with customers. One query."""
    keys = {row.order for racks in plans for row in racks.values()} - {None}
    return Order.objects.select_related("customer").in_bulk(keys)


def _steps(plan: Plan, published: Plan) -> dict[int, _Steps]:
    """Return what happened to each rack's steps. Two queries.

    A step under way at the new plan's minute 0 is a fact, not a change.
    """
    tolerance = settings.MOVE_TOLERANCE_MIN * MINUTE
    before = {
        (rack, step): (bay, start, end)
        for rack, step, bay, start, end in _steps_unlike(published, plan)
    }
    found: dict[int, _Steps] = defaultdict(_Steps)
    for rack, step, bay, start, end in _steps_unlike(plan, published):
        if (rack, step) not in before or start < plan.epoch:
            continue
        bay_was, start_was, end_was = before[rack, step]
        changed = found[rack]
        if bay != bay_was:
            changed.kinds.add(Change.REASSIGNED)
        if abs(start - start_was) > tolerance:
            changed.kinds.add(Change.MOVED)
        if bay != bay_was or abs(start - start_was) > tolerance:
            changed.moved += 1
        if end - start != end_was - start_was:
            changed.kinds.add(Change.RESIZED)
            changed.resized += 1
    return found


def _steps_unlike(
    plan: Plan, other: Plan
) -> Iterable[tuple[int, int, int | None, datetime, datetime]]:
    """Return a plan's steps but for those another has just so: most are. One query."""
    same = (
        PlannedStep.objects.filter(plan=other)
        .filter(
            **{
                name: OuterRef(name)
                for name in ("rack", "step", "starts_at", "ends_at")
            }
        )
        .annotate(place=Coalesce("bay", NO_BAY))
        .filter(place=Coalesce(OuterRef("bay"), NO_BAY))
    )
    return (
        PlannedStep.objects.filter(plan=plan)
        .exclude(Exists(same))
        .values_list("rack_id", "step_id", "bay_id", "starts_at", "ends_at")
    )


def _gone(was: Mapping[int, _Rack], now: Mapping[int, _Rack]) -> Sequence[int]:
    """Return racks that were planned and are so no more, unless finished. One query."""
    missing = [pk for pk, row in was.items() if pk not in now and row.ships_at]
    return list(
        Unit.objects.filter(pk__in=missing)
        .filter(
            Q(state__in=[Unit.State.CANCELLED, Unit.State.SCRAPPED, Unit.State.ON_HOLD])
            | Q(order__state__in=[Order.State.PAUSED, Order.State.CANCELLED])
        )
        .order_by("serial")
        .values_list("pk", flat=True)
    )


def _promised(site: Site) -> dict[int, date]:
    """Return the date each order is promised for, by primary key. One query."""
    rows = CustomerPromise.objects.filter(order__site=site).order_by("number")
    return dict(rows.values_list("order", "date"))


def _rack(
    was: _Rack | None,
    now: _Rack | None,
    steps: _Steps | None,
    orders: Mapping[int, Order],
    promised: Mapping[int, date],
) -> RackChange | None:
    """Return how one rack changes, or None when it does not."""
    row = now or was
    if row is None:
        return None
    was_planned = was is not None and was.ships_at is not None
    is_planned = now is not None and now.ships_at is not None
    kinds = set(steps.kinds) if steps else set()
    if was_planned != is_planned:
        kinds = {Change.NEW if is_planned else Change.GONE}
    if not kinds:
        return None
    order = None if row.order is None else orders[row.order]
    return RackChange(
        serial=row.serial,
        order=order.number if order else "",
        customer=order.customer.name if order else "",
        kinds=tuple(kind for kind in Change if kind in kinds),
        was=was.ships_at if was else None,
        now=now.ships_at if now else None,
        promised=promised.get(order.pk) if order else None,
        bay_was=(was.bay or "") if was else "",
        bay_now=(now.bay or "") if now else "",
        moved_steps=steps.moved if steps else 0,
        limit=now.limit if now else "",
        sentence=now.sentence if now else "",
        owner=now.owner if now else "",
    )


def _orders(
    site: Site,
    now: Mapping[int, _Rack],
    was: Mapping[int, _Rack],
    orders: Mapping[int, Order],
    promised: Mapping[int, date],
) -> list[OrderChange]:
    """Return the orders that change."""
    zone = ZoneInfo(site.zone)
    rows: dict[int, list[_Rack]] = defaultdict(list)
    for row in now.values():
        if row.order is not None:
            rows[row.order].append(row)
    last: dict[int, datetime] = {}
    for row in was.values():
        if row.order is not None and row.ships_at is not None:
            last[row.order] = max(row.ships_at, last.get(row.order, row.ships_at))
    found = [
        _order(
            orders[pk],
            racks,
            zone,
            promised.get(pk),
            _arrives(orders[pk], last.get(pk), zone),
        )
        for pk, racks in rows.items()
    ]
    return [one for one in found if one.is_change]


def _order(
    order: Order,
    racks: list[_Rack],
    zone: ZoneInfo,
    promised: date | None,
    was: date | None,
) -> OrderChange:
    """Return one order of a plan; what binds its last rack binds it."""
    last = max(racks, key=lambda row: (row.ships_at is None, row.ships_at or NEVER))
    late = sum(row.late_min for row in racks) * order.late_cents_per_day
    return OrderChange(
        order=order,
        racks=len(racks),
        unplannable=sum(row.ships_at is None for row in racks),
        promised=promised,
        was=was,
        planned=_arrives(order, last.ships_at, zone),
        late_cents=late // MINUTES_PER_DAY,
        limit=last.limit,
        sentence=last.sentence,
        owner=last.owner,
    )


def _arrives(order: Order, ships_at: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the day a last rack is where the order was given, transit included."""
    if ships_at is None:
        return None
    return (ships_at + order.transit_min * MINUTE).astimezone(zone).date()


def _slips_most(rack: RackChange) -> tuple[int, str]:
    return (-(rack.change_min or 0), rack.serial)


def _breaks_first(order: OrderChange) -> tuple[bool, int, str]:
    return (not order.is_broken, -(order.change_days or 0), order.order.number)
