"""A site's limits as they change with the clock: power, cooling, places, people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time

from factory.models import (
    CoolingLoop,
    Crew,
    Outage,
    Place,
    PowerNode,
    Site,
    WorkCentre,
)
from scheduling.clock import DAY, SiteClock
from scheduling.engine.problem import Curtailment, Resource, ResourceKind
from scheduling.engine.profile import StepFunction, constant
from scheduling.snapshot.amounts import least, least_of, reduced, steps
from scheduling.snapshot.calendars import Week
from scheduling.snapshot.caps import ramps, read_caps

EIGHTHS = 8
MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Outages:
    """Windows ``(start, end, what is left)`` of each thing, by its primary key."""

    bays: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    nodes: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    loops: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    work_centres: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    crews: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A site's limits, as the engine takes them.

    Attributes:
        resources: The site, nodes, loops, places and crews.
        base_load: Watts besides bays and cooling.
        curtailments: What the grid has announced.
    """

    resources: tuple[Resource, ...]
    base_load: StepFunction
    curtailments: tuple[Curtailment, ...]


def read_limits(
    site: Site,
    clock: SiteClock,
    horizon: int,
    *,
    nodes: list[PowerNode],
    outages: Outages,
    weeks: Mapping[int, Week],
    stations_held: int,
) -> Limits:
    """Return a site's limits from minute 0 to the horizon. Five queries.

    Args:
        site: The site.
        clock: Epoch and zone.
        horizon: Last minute that matters.
        nodes: The site's power tree.
        outages: What is out of service, and when.
        weeks: Calendars by primary key.
        stations_held: Assembly stations that racks hold which are not planned.
    """
    base = base_load(site, clock, horizon)
    events = read_caps(site, clock, owner_of(site, ""))
    feeds = [
        least(feed.limit_w, outages.nodes.get(feed.pk, ())) for feed in feeds_of(nodes)
    ]
    return Limits(
        resources=(
            _import_left(site, base, events, feeds),
            *(_node(node, site, outages) for node in above_bays(nodes)),
            *_loops(site, outages),
            *_places(site, outages, stations_held),
            *_crews(site, outages, weeks),
        ),
        base_load=base,
        curtailments=events,
    )


def read_outages(site: Site, clock: SiteClock) -> Outages:
    """Return outages that are not over. One query."""
    found = Outages()
    rows = Outage.objects.filter(site=site, ends_at__gt=clock.epoch).order_by("pk")
    for row in rows:
        window = (
            clock.minute(row.starts_at),
            clock.minute_after(row.ends_at),
            row.remaining,
        )
        for windows, target in (
            (found.bays, row.bay_id),
            (found.nodes, row.node_id),
            (found.loops, row.loop_id),
            (found.work_centres, row.work_centre_id),
            (found.crews, row.crew_id),
        ):
            if target is not None:
                windows.setdefault(target, []).append(window)
    return found


def feeds_of(nodes: Iterable[PowerNode]) -> list[PowerNode]:
    """Return the grid feeds of a power tree."""
    return [node for node in nodes if node.kind == PowerNode.Kind.FEED]


def above_bays(nodes: list[PowerNode]) -> list[PowerNode]:
    """Return the nodes that limit bays one by one.

    A single feed carries everything the site takes, so it limits the import instead.
    """
    feeds = feeds_of(nodes)
    return nodes if len(feeds) > 1 else [node for node in nodes if node not in feeds]


def base_load(site: Site, clock: SiteClock, horizon: int) -> StepFunction:
    """Return the watts a site takes besides bays and cooling, night and day."""
    night, day = _minute_of_day(site.night_from), _minute_of_day(site.night_to)
    if night == day:
        return constant(site.base_load_day_w)
    points = []
    date = clock.day_of(0) - DAY
    while date <= clock.day_of(horizon) + DAY:
        changes = [(night, site.base_load_night_w), (day, site.base_load_day_w)]
        points += [(clock.wall(date, at), load) for at, load in sorted(changes)]
        date += DAY
    return steps(points)


def owner_of(site: Site, owner: str) -> str:
    """Return who owns a limit: its own owner, else who answers for the site's power."""
    return owner or site.power_owner or site.name


def _minute_of_day(at: time) -> int:
    return at.hour * MINUTES_PER_HOUR + at.minute


def _import_left(
    site: Site,
    base: StepFunction,
    events: Sequence[Curtailment],
    feeds: list[StepFunction],
) -> Resource:
    """Return the import left for bays and cooling: the least limit less base load.

    Around a grid event import falls and rises by no more than the site's ramp.
    """
    contract = site.contracted_import_w
    allowed = least(
        contract,
        [
            *((event.start, event.end, event.limit) for event in events),
            *ramps(events, contract, site.ramp_w_per_min),
        ],
    )
    if len(feeds) == 1:
        allowed = least_of(allowed, feeds[0])
    return Resource(
        key=f"site:{site.code}",
        kind=ResourceKind.SITE,
        label="Site power",
        owner=owner_of(site, ""),
        capacity=reduced(allowed, base),
    )


def _node(node: PowerNode, site: Site, outages: Outages) -> Resource:
    return Resource(
        key=f"node:{node.code}",
        kind=ResourceKind.NODE,
        label=f"{node.get_kind_display()} {node.code}",
        owner=owner_of(site, node.owner),
        capacity=least(node.limit_w, outages.nodes.get(node.pk, ())),
    )


def _loops(site: Site, outages: Outages) -> list[Resource]:
    return [
        Resource(
            key=f"loop:{loop.code}",
            kind=ResourceKind.LOOP,
            label=loop.name,
            owner=owner_of(site, loop.owner),
            capacity=least(loop.limit_w, outages.loops.get(loop.pk, ())),
        )
        for loop in CoolingLoop.objects.filter(site=site).order_by("code")
    ]


def _places(site: Site, outages: Outages, stations_held: int) -> list[Resource]:
    """Return work centres; stations that unplanned racks hold are not there."""
    found = []
    for centre in WorkCentre.objects.filter(site=site).order_by("place"):
        taken = stations_held if centre.place == Place.STATION else 0
        capacity = least(centre.count, outages.work_centres.get(centre.pk, ()))
        found.append(
            Resource(
                key=f"place:{centre.place}",
                kind=ResourceKind.PLACE,
                label=centre.name,
                owner=owner_of(site, centre.owner),
                capacity=reduced(capacity, constant(taken)),
            )
        )
    return found


def _crews(site: Site, outages: Outages, weeks: Mapping[int, Week]) -> list[Resource]:
    return [
        Resource(
            key=f"crew:{crew.skill}",
            kind=ResourceKind.CREW,
            label=crew.name,
            owner=owner_of(site, crew.owner),
            capacity=least(
                crew.people * EIGHTHS,
                (
                    (start, end, left * EIGHTHS)
                    for start, end, left in outages.crews.get(crew.pk, ())
                ),
            ),
            calendar=calendar_key(weeks, crew.calendar_id),
        )
        for crew in Crew.objects.filter(site=site).order_by("skill")
    ]


def calendar_key(weeks: Mapping[int, Week], calendar: int) -> str:
    """Return the key of a crew's calendar; empty, so never open, if it is not here."""
    return weeks[calendar].key if calendar in weeks else ""
