"""Racks to plan, with what they were promised and where the published plan has them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from factory.models import Order, Site, Unit
from scheduling.blobs import slow_steps
from scheduling.clock import SiteClock
from scheduling.engine.blocks import blocks_of
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.problem import (
    Pin,
    PowerClass,
    Progress,
    Rack,
    SoakRule,
    Step,
    Template,
)
from scheduling.engine.units import Cents, Minutes
from scheduling.errors import DamagedBlobError
from scheduling.models import CustomerPromise, PlannedStep, Publication
from scheduling.snapshot.progress import ON_THE_FLOOR

Previous = tuple[str, int, str]
"""``(step code, start, bay key)`` in the published plan."""
PreviousSoak = tuple[str, tuple[tuple[int, int], ...]]
"""A soak's step code, and percent and standby before each of its blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RackRow:
    """One rack that has not left the floor, with its order."""

    rack: int
    serial: str
    model: int
    order: int
    number: str
    customer: int
    received_at: datetime
    requested_date: date
    late_cents_per_day: int
    is_to_plan: bool
    is_flexible: bool = False
    is_begun: bool = False
    is_on_hold: bool = False
    transit_min: int = 0


def read_racks(site: Site) -> list[RackRow]:
    """Return a site's racks on the floor, soonest due first. One query.

    Racks on hold and racks of orders that are not open are not planned; they may still
    hold a place.
    """
    rows = (
        Unit.objects.racks()
        .filter(site=site, state__in=ON_THE_FLOOR)
        .order_by("order__requested_date", "serial")
        .values_list(
            "pk",
            "serial",
            "rack_model",
            "order",
            "order__number",
            "order__customer",
            "order__received_at",
            "order__requested_date",
            "order__late_cents_per_day",
            "order__transit_min",
            "state",
            "order__state",
            "order__service_class",
        )
    )
    return [
        RackRow(
            rack=rack,
            serial=serial,
            model=model,
            order=order,
            number=number,
            customer=customer,
            received_at=received_at,
            requested_date=requested_date,
            late_cents_per_day=late_cents,
            is_to_plan=state != Unit.State.ON_HOLD and order_state == Order.State.OPEN,
            is_flexible=service_class == Order.ServiceClass.FLEXIBLE,
            is_begun=state != Unit.State.PLANNED,
            is_on_hold=state == Unit.State.ON_HOLD,
            transit_min=transit_min,
        )
        for (
            rack,
            serial,
            model,
            order,
            number,
            customer,
            received_at,
            requested_date,
            late_cents,
            transit_min,
            state,
            order_state,
            service_class,
        ) in rows
    ]


def read_promises(site: Site) -> dict[int, date]:
    """Return the dates open orders are promised for now, by order. One query."""
    rows = (
        CustomerPromise.objects.filter(order__site=site, order__state=Order.State.OPEN)
        .order_by("number")
        .values_list("order", "date", "kind")
    )
    withdrawn = CustomerPromise.Kind.WITHDRAWN
    newest = {order: (day, kind) for order, day, kind in rows}
    return {order: day for order, (day, kind) in newest.items() if kind != withdrawn}


def read_previous(
    site: Site, clock: SiteClock, codes: Mapping[int, str], bays: Mapping[int, str]
) -> dict[int, list[Previous]]:
    """Return where the published plan has each rack's steps. Two queries.

    Starts before the epoch are left out: nobody can keep them any more, so moving them
    is no change.

    Args:
        site: The site.
        clock: Epoch and zone.
        codes: Step codes by primary key.
        bays: Bay keys by primary key.
    """
    found: dict[int, list[Previous]] = defaultdict(list)
    published = Publication.objects.filter(site=site).order_by("-number").first()
    if published is None:
        return found
    rows = (
        PlannedStep.objects.filter(
            plan=published.plan_id, starts_at__gte=clock.epoch, rack__site=site
        )
        .order_by("starts_at", "pk")
        .values_list("rack", "step", "bay", "starts_at")
    )
    for rack, step, bay, starts_at in rows.iterator(chunk_size=10_000):
        if step in codes:
            start = clock.minute(starts_at)
            found[rack].append((codes[step], start, bays.get(bay, "")))
    return found


def read_previous_soaks(
    site: Site, templates: Mapping[str, Template]
) -> dict[str, list[PreviousSoak]]:
    """Return the published soaks that do not run through at full power. Two queries.

    A plan whose schedule cannot be read any more counts as one without.

    Args:
        site: The site.
        templates: Routings by the rack's serial.
    """
    found: dict[str, list[PreviousSoak]] = defaultdict(list)
    published = (
        Publication.objects.filter(site=site)
        .select_related("plan")
        .order_by("-number")
        .first()
    )
    if published is None:
        return found
    try:
        steps = slow_steps(published.plan)
    except (DamagedBlobError, InvalidProblemError):
        return found
    for step in steps:
        soak = _soak_of(templates.get(step.rack), step.step)
        if soak is None:
            continue
        blocks = blocks_of(SoakRule(), soak.duration, step.phases)
        if blocks:
            found[step.rack].append((step.step, blocks))
    return found


def _soak_of(template: Template | None, code: str) -> Step | None:
    """Return the step of a routing if it is a soak."""
    for step in template.steps if template else ():
        if step.code == code:
            is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
            return step if is_soak else None
    return None


def rack_of(
    row: RackRow,
    template: Template,
    clock: SiteClock,
    *,
    progress: Progress,
    promise: date | None,
    reserved: Mapping[str, int],
    previous: Sequence[Previous],
    previous_soak: Sequence[PreviousSoak] = (),
    pins: Sequence[Pin] = (),
) -> Rack:
    """Return a rack as the engine takes it.

    Args:
        row: The rack and its order.
        template: Its routing.
        clock: Epoch and zone.
        progress: What has happened already.
        promise: The date the order is promised for, if it is.
        reserved: Pieces set aside for it, by part.
        previous: Where the published plan has its steps.
        previous_soak: Its soaks that the published plan derates or pauses.
        pins: Starts that planners have fixed.
    """
    received = clock.minute(row.received_at)
    lags = sum(lag.minutes for lag in template.lags_before)
    return Rack(
        key=row.serial,
        order=row.number,
        template=template.key,
        received=received,
        release=Minutes(received + lags),
        due=Minutes(clock.end_of_day(row.requested_date) - row.transit_min),
        promise=None
        if promise is None
        else Minutes(clock.end_of_day(promise) - row.transit_min),
        late_cents_per_day=Cents(row.late_cents_per_day),
        materials_reserved=tuple(sorted(reserved.items())),
        progress=progress,
        previous=tuple(_still_ahead(previous, template, progress)),
        previous_soak=tuple(_soaks_ahead(previous_soak, template, progress)),
        pins=tuple(_pins_ahead(pins, template, progress)),
        is_flexible=row.is_flexible,
    )


def _still_ahead(
    previous: Iterable[Previous], template: Template, progress: Progress
) -> Iterable[Previous]:
    """Yield the published starts of steps that have not begun."""
    ahead = _ahead(template, progress)
    return (place for place in previous if place[0] in ahead)


def _soaks_ahead(
    soaks: Iterable[PreviousSoak], template: Template, progress: Progress
) -> Iterable[PreviousSoak]:
    """Yield the published soaks that have not begun."""
    ahead = _ahead(template, progress)
    return (soak for soak in soaks if soak[0] in ahead)


def _pins_ahead(
    pins: Iterable[Pin], template: Template, progress: Progress
) -> Iterable[Pin]:
    """Yield the pins of steps that have not begun."""
    ahead = _ahead(template, progress)
    return (pin for pin in pins if pin.step in ahead)


def _ahead(template: Template, progress: Progress) -> set[str]:
    """Return the codes of steps that have not begun."""
    first = progress.done + (1 if progress.running else 0)
    return {step.code for step in template.steps[first:]}
