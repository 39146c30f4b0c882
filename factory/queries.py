"""What the floor reads: where racks stand, what is at a place, which bays are free."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from factory.models import (
    Order,
    Outage,
    Place,
    PowerBay,
    RoutingStep,
    Site,
    StepRecord,
    Unit,
)
from factory.standing import HOLDING_STATES, Standing

WAITING_SHOWN = 20
"""How many racks that have not begun a list shows; there may be ten thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is at one place.

    Attributes:
        running: Racks with a step under way there, soonest due first.
        ready: Racks whose next step is there, soonest due first.
        more: How many more racks have not begun and wait for that place.
    """

    running: tuple[Standing, ...]
    ready: tuple[Standing, ...]
    more: int


def home_site(user: User | AnonymousUser) -> Site | None:
    """Return the site a member of staff works at; the first one for a superuser."""
    profile = getattr(user, "staff_profile", None)
    if profile is not None:
        site: Site = profile.site
        return site
    return Site.objects.order_by("pk").first() if user.is_superuser else None


def racks_on_the_floor(site: Site) -> QuerySet[Unit]:
    """Return racks that have begun and not left, on hold or not."""
    return Unit.objects.racks().filter(site=site, state__in=HOLDING_STATES)


def standings_of(racks: Iterable[Unit]) -> list[Standing]:
    """Return where racks stand, in the order given. Two queries."""
    listed = list(racks)
    models = {rack.rack_model_id for rack in listed}
    routing: dict[int, list[RoutingStep]] = defaultdict(list)
    for step in RoutingStep.objects.filter(rack_model__in=models).order_by("op"):
        routing[step.rack_model_id].append(step)
    steps = {step.pk: step for rows in routing.values() for step in rows}
    records: dict[int, list[StepRecord]] = defaultdict(list)
    for record in (
        StepRecord.objects.filter(rack__in=listed)
        .select_related("bay")
        .order_by("started_at", "pk")
    ):
        record.step = steps[record.step_id]
        records[record.rack_id].append(record)
    return [
        Standing(
            rack=rack,
            steps=tuple(routing[rack.rack_model_id or 0]),
            records=tuple(
                record
                for record in records[rack.pk]
                if record.outcome != StepRecord.Outcome.WITHDRAWN
            ),
            version=sum(1 + bool(record.ended_at) for record in records[rack.pk]),
        )
        for rack in listed
    ]


def standing_of(rack: Unit) -> Standing:
    """Return where one rack stands. Two queries."""
    return standings_of([rack])[0]


def board_of(site: Site, place: str) -> Board:
    """Return what is at a place, or everywhere for an empty one. Eight queries.

    Args:
        site: The site.
        place: One of ``Place``, or empty.
    """
    begun = standings_of(
        racks_on_the_floor(site)
        .filter(state=Unit.State.IN_WORK, order__state=Order.State.OPEN)
        .select_related("order__customer", "rack_model")
        .order_by("order__requested_date", "serial")
    )
    here = [
        standing
        for standing in begun
        if standing.current and place in {"", standing.current.place}
    ]
    waiting = _waiting(site, place)
    shown = standings_of(waiting[:WAITING_SHOWN])
    ready = [standing for standing in here if not standing.running] + shown
    ready.sort(key=_due)
    return Board(
        running=tuple(standing for standing in here if standing.running),
        ready=tuple(ready),
        more=max(0, waiting.count() - len(shown)),
    )


def _due(standing: Standing) -> tuple[str, str]:
    """Return what racks are sorted by: due date, then serial."""
    order = standing.rack.order
    return (order.requested_date.isoformat() if order else "", standing.rack.serial)


def _waiting(site: Site, place: str) -> QuerySet[Unit]:
    """Return racks that have not begun and whose first step is at a place. One query.

    Racks of a model without a routing wait for nothing.
    """
    first: dict[int, str] = {}
    for model, at in RoutingStep.objects.order_by("op").values_list(
        "rack_model", "place"
    ):
        first.setdefault(model, at)
    models = [model for model, at in first.items() if place in {"", at}]
    return (
        Unit.objects.to_plan(site)
        .filter(state=Unit.State.PLANNED, rack_model__in=models)
        .select_related("order__customer", "rack_model")
        .order_by("order__requested_date", "serial")
    )


def free_bays(standing: Standing, now: datetime) -> list[PowerBay]:
    """Return the bays a rack may be docked at now, by code. Four queries."""
    peak = max((step.draw_w for step in standing.steps), default=0)
    bays = PowerBay.objects.filter(
        site=standing.rack.site_id,
        supported_models=standing.rack.rack_model_id,
        limit_w__gte=peak,
    ).exclude(pk__in=closed_bays(standing.rack.site, now))
    held = {
        other.bay.pk
        for other in standings_of(racks_on_the_floor(standing.rack.site))
        if other.bay and other.rack.pk != standing.rack.pk
    }
    return [bay for bay in bays.order_by("code") if bay.pk not in held]


def closed_bays(site: Site, now: datetime) -> list[int]:
    """Return primary keys of bays out of service now. One query."""
    outages = Outage.objects.filter(
        site=site, bay__isnull=False, remaining=0, starts_at__lte=now, ends_at__gt=now
    )
    return [outage.bay_id for outage in outages if outage.bay_id is not None]


def places() -> list[tuple[str, str]]:
    """Return the places a step can be at, with their names; carts come along."""
    return [(value, label) for value, label in Place.choices if value != Place.CART]
