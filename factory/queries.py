"""What the floor reads: where racks stand, what is at a place, which bays are free."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
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
    """What is on the floor, soonest due first.

    Attributes:
        running: Racks with a step under way.
        ready: Racks that have begun and wait for their next step.
        new: Racks that have not begun; at most ``WAITING_SHOWN`` of each first place.
        waiting: How many racks have not begun, by the place of their first step.
    """

    running: tuple[Standing, ...]
    ready: tuple[Standing, ...]
    new: tuple[Standing, ...]
    waiting: Mapping[str, int]

    def at(self, place: str) -> "Board":
        """Return what is at one place; everything for an empty one."""
        if not place:
            return self
        return Board(
            running=_at(self.running, place),
            ready=_at(self.ready, place),
            new=_at(self.new, place),
            waiting={place: self.waiting.get(place, 0)},
        )

    @property
    def count(self) -> int:
        """Return how many racks there are, shown or not."""
        return len(self.running) + len(self.ready) + sum(self.waiting.values())

    @property
    def hidden(self) -> int:
        """Return how many racks that have not begun are not shown."""
        return sum(self.waiting.values()) - len(self.new)


def _at(standings: Iterable[Standing], place: str) -> tuple[Standing, ...]:
    """Return the standings whose current step is at a place."""
    return tuple(
        standing
        for standing in standings
        if standing.current and standing.current.place == place
    )


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
        # Recorded last, happened last; clocks of machines differ.
        .order_by("pk")
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


def board_of(site: Site) -> Board:
    """Return what is on a site's floor. At most ten queries, however many racks."""
    begun = standings_of(
        racks_on_the_floor(site)
        .filter(state=Unit.State.IN_WORK, order__state=Order.State.OPEN)
        .select_related("order__customer", "rack_model")
        .order_by("order__requested_date", "serial")
    )
    here = [standing for standing in begun if not standing.is_finished]
    first = _first_places()
    waiting: Counter[str] = Counter()
    new: list[Unit] = []
    for place in sorted(set(first.values())):
        models = [model for model, at in first.items() if at == place]
        racks = (
            Unit.objects.to_plan(site)
            .filter(state=Unit.State.PLANNED, rack_model__in=models)
            .select_related("order__customer", "rack_model")
            .order_by("order__requested_date", "serial")
        )
        waiting[place] = racks.count()
        new += racks[:WAITING_SHOWN]
    return Board(
        running=tuple(standing for standing in here if standing.running),
        ready=tuple(standing for standing in here if not standing.running),
        new=tuple(standings_of(new)),
        waiting=waiting,
    )


def _first_places() -> dict[int, str]:
    """Return the place of each model's first step; models without one are left out."""
    first: dict[int, str] = {}
    steps = RoutingStep.objects.order_by("op").values_list("rack_model", "place")
    for model, place in steps:
        first.setdefault(model, place)
    return first


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
