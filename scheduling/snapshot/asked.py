"""Racks that nobody has ordered: those a quote asks for, and those a booking holds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine.adjust.base import Lead
from scheduling.engine.problem import Pin, Rack, Supply, SupplyKind, Template
from scheduling.engine.units import Cents, Minutes
from scheduling.models import Booking
from scheduling.snapshot.bays import key_of_code
from scheduling.snapshot.supplies import Dock
from suppliers.models import Source

ASKED_LATE_CENTS_PER_DAY = 20_000_000
"""Pulls asked racks forward against everything that is not promised."""
HELD_LATE_CENTS_PER_DAY = 600_000
LEAD = "lead:"
"""Begins the keys of supplies that would have to be ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a quote asks for: so many racks of a model."""

    prefix: str
    rack_model: int
    quantity: int

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of its racks."""
        return tuple(f"{self.prefix}-{at + 1}" for at in range(self.quantity))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One booking in force.

    Attributes:
        booking: Its primary key.
        rack_model: Primary key of the model.
        ships_by: Minute by which its racks are done.
        places: ``(step code, start, bay code)`` of each rack.
        reserved: Pieces of each rack that are yet to be bought.
    """

    booking: int
    rack_model: int
    ships_by: Minutes
    places: tuple[tuple[tuple[str, Minutes, str], ...], ...]
    reserved: tuple[tuple[tuple[str, int], ...], ...]


def read_held(site: Site, clock: SiteClock) -> list[Held]:
    """Return the bookings that hold capacity at the epoch. One query."""
    rows = (
        Booking.objects.held()
        .filter(site=site, expires_at__gt=clock.epoch)
        .select_related("quote")
        .order_by("pk")
    )
    return [
        Held(
            booking=row.pk,
            rack_model=row.quote.rack_model_id,
            ships_by=clock.end_of_day(row.ships_on),
            places=tuple(
                tuple(
                    (code, clock.minute(datetime.fromisoformat(start)), bay)
                    for code, start, bay in rack
                )
                for rack in row.quote.places
            ),
            reserved=tuple(
                tuple((part, pieces) for part, pieces in rack)
                for rack in row.quote.reserved
            ),
        )
        for row in rows
    ]


def held_racks(
    held: Iterable[Held], templates: Mapping[int, Template]
) -> Iterable[Rack]:
    """Yield the racks of bookings, each step pinned where it was quoted.

    Args:
        held: Bookings in force.
        templates: Routings by the primary key of the model.
    """
    for one in held:
        template = templates.get(one.rack_model)
        if template is None:
            continue
        codes = {step.code for step in template.steps}
        for number, places in enumerate(one.places):
            if {code for code, _, _ in places} != codes or places[0][1] < 0:
                # Its routing has changed, or it should have begun: nothing to keep.
                continue
            yield Rack(
                key=f"booking-{one.booking}-{number + 1}",
                order=f"booking {one.booking}",
                template=template.key,
                received=Minutes(0),
                release=Minutes(0),
                due=one.ships_by,
                promise=one.ships_by,
                late_cents_per_day=Cents(HELD_LATE_CENTS_PER_DAY),
                materials_reserved=one.reserved[number],
                pins=tuple(
                    Pin(step=code, start=start, bay=key_of_code(bay) if bay else "")
                    for code, start, bay in places
                ),
            )


def asked_racks(asked: Asked, template: Template) -> Iterable[Rack]:
    """Yield the racks of a quote: wanted as soon as they can be, promised to nobody."""
    lags = sum(lag.minutes for lag in template.lags_before)
    for key in asked.keys:
        yield Rack(
            key=key,
            order=asked.prefix,
            template=template.key,
            received=Minutes(0),
            release=Minutes(lags),
            due=Minutes(lags),
            promise=None,
            late_cents_per_day=Cents(ASKED_LATE_CENTS_PER_DAY),
        )


def lead_supplies(
    template: Template,
    quantity: int,
    part_ids: Mapping[str, int],
    dock: Dock,
    needed: Mapping[str, int],
) -> Iterable[Supply]:
    """Yield what could be ordered today, usable at its source's P90. Two queries.

    Args:
        template: Of the asked racks.
        quantity: How many are asked for.
        part_ids: Primary keys of parts by code.
        dock: When what arrives becomes usable.
        needed: Pieces of each part that all other racks still need: who waits for an
            answer is taken to be served at the same lead time.
    """
    sources = _quickest(
        {part_ids[one.part] for one in template.materials if one.part in part_ids}
    )
    today = dock.clock.day_of(0)
    for material in template.materials:
        source = sources.get(part_ids.get(material.part, 0))
        if source is None:
            continue
        usable = dock.usable(today + timedelta(days=source.lead_time_p90_days))
        if usable is None:
            continue
        label = f"{material.part} at {source.lead_time_p90_days} d"
        yield Supply(
            key=f"{LEAD}{material.part}",
            part=material.part,
            quantity=quantity * material.quantity + needed.get(material.part, 0),
            available=usable,
            kind=SupplyKind.TRANCHE,
            owner=source.supplier.name,
            label=label,
        )


def read_leads(parts: Mapping[str, int], dock: Dock) -> dict[str, Lead]:
    """Return when parts ordered today are usable, at the quickest source's P90.

    One query. Parts without a source are missing.

    Args:
        parts: Primary keys by code.
        dock: When what arrives becomes usable.
    """
    sources = _quickest(parts.values())
    today = dock.clock.day_of(0)
    found: dict[str, Lead] = {}
    for code, pk in parts.items():
        source = sources.get(pk)
        if source is None:
            continue
        usable = dock.usable(today + timedelta(days=source.lead_time_p90_days))
        if usable is not None:
            found[code] = Lead(
                available=usable,
                owner=source.supplier.name,
                label=f"{code} ordered now, {source.supplier.name}",
            )
    return found


def _quickest(parts: Collection[int]) -> dict[int, Source]:
    """Return the source with the shortest P90 of each part. One query."""
    rows = (
        Source.everyone.filter(part__in=parts)
        .select_related("supplier")
        .order_by("-lead_time_p90_days", "-pk")
    )
    return {row.part_id: row for row in rows}
