"""The floor at one moment: racks to plan, what they have done, what idle racks hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine.opening import OpenHours
from scheduling.engine.schedule import Unplannable
from scheduling.snapshot.calendars import Week
from scheduling.snapshot.progress import Record, Route, progress_of, read_records
from scheduling.snapshot.racks import RackRow, read_racks
from scheduling.snapshot.reserved import Waiting
from scheduling.snapshot.routings import Routings, read_routings


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Who is to be planned, and what those hold who are not.

    Attributes:
        rows: Every rack on the floor.
        routings: Routings of their models.
        waiting: Racks to plan, soonest due first.
        left_out: Racks to plan that cannot be put to the engine, with the reason.
        occupied: Primary keys of bays that racks hold which are not planned.
        stations_held: How many stations such racks hold.
    """

    rows: Sequence[RackRow]
    routings: Routings
    waiting: Sequence[Waiting]
    left_out: tuple[Unplannable, ...]
    occupied: frozenset[int]
    stations_held: int


def read_floor(site: Site, clock: SiteClock, weeks: Mapping[int, Week]) -> Floor:
    """Return the floor of a site. Seven queries."""
    rows = read_racks(site)
    records = read_records(site)
    routings = read_routings(
        site, {row.model for row in rows if row.is_to_plan or row.rack in records}
    )
    hours = _hours(site, clock, weeks, records)
    waiting, left_out = [], []
    occupied: set[int] = set()
    stations = 0
    for row in rows:
        if row.model not in routings.by_model:
            left_out += [_without_routing(row)] if row.is_to_plan else []
            continue
        template, places = routings.by_model[row.model]
        attempts = records.get(row.rack, [])
        route = Route(template=template, places=places, hours=hours)
        progress = progress_of(attempts, route, clock)
        if not row.is_to_plan:
            stations += progress.holds_station
            occupied |= {_last_bay(attempts)} if progress.bay else set()
        elif progress.done < len(template.steps):
            waiting.append(Waiting(row=row, template=template, progress=progress))
    return Floor(
        rows=rows,
        routings=routings,
        waiting=waiting,
        left_out=tuple(left_out),
        occupied=frozenset(occupied),
        stations_held=stations,
    )


def _hours(
    site: Site,
    clock: SiteClock,
    weeks: Mapping[int, Week],
    records: Mapping[int, Sequence[Record]],
) -> dict[str, OpenHours]:
    """Return crews' open hours since the first step under way began. One query."""
    began = min(
        (
            clock.minute(record.started_at)
            for attempts in records.values()
            for record in attempts
            if record.is_running
        ),
        default=0,
    )
    return {
        f"crew:{skill}": OpenHours(weeks[calendar].windows(clock, began, 0))
        for skill, calendar in site.crews.values_list("skill", "calendar")
        if calendar in weeks and began < 0
    }


def _last_bay(attempts: Sequence[Record]) -> int:
    """Return the bay of the last attempt in one."""
    return next(record.bay_id for record in reversed(attempts) if record.bay_id)


def _without_routing(row: RackRow) -> Unplannable:
    return Unplannable(
        rack=row.serial,
        code="no_routing",
        sentence=f"{row.serial}: its rack model has no routing steps.",
        limit="routing",
    )
