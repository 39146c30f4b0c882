"""The floor at one moment: racks to plan, what they have done, what idle racks hold."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import Material
from scheduling.engine.schedule import Unplannable
from scheduling.snapshot.calendars import Week
from scheduling.snapshot.changed import Changed
from scheduling.snapshot.progress import Record, Route, progress_of, read_records
from scheduling.snapshot.racks import RackRow, read_racks
from scheduling.snapshot.reserved import Waiting, materials_ahead
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


def read_floor(
    site: Site,
    clock: SiteClock,
    weeks: Mapping[int, Week],
    also: Collection[int] = (),
    changed: Changed | None = None,
) -> Floor:
    """Return the floor of a site. Seven queries.

    Args:
        site: The site.
        clock: Epoch and zone.
        weeks: When people work.
        also: Primary keys of models whose routings are read though no rack has them.
        changed: A change of an order to look at, made to the rows alone.
    """
    rows = read_racks(site)
    if changed is not None:
        rows = changed.rows(rows)
    records = read_records(site)
    models = {row.model for row in rows if row.is_to_plan or row.rack in records}
    routings = read_routings(site, models.union(also))
    hours = _hours(site, clock, weeks, records)
    waiting: list[Waiting] = []
    left_out: list[Unplannable] = []
    ahead: dict[tuple[int, int, bool], tuple[Material, ...]] = {}
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
            stage = (row.model, progress.done, progress.running is not None)
            if stage not in ahead:
                ahead[stage] = materials_ahead(template, progress)
            waiting.append(
                Waiting(
                    row=row,
                    template=template,
                    progress=progress,
                    materials=ahead[stage],
                )
            )
    waiting, displaced = _one_a_bay(waiting, records)
    return Floor(
        rows=rows,
        routings=routings,
        waiting=waiting,
        left_out=(*left_out, *displaced),
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


def _one_a_bay(
    waiting: Sequence[Waiting], records: Mapping[int, Sequence[Record]]
) -> tuple[list[Waiting], list[Unplannable]]:
    """Return racks to plan, and those whose records put them where another rack is.

    A bay holds one rack: the one somebody worked on last.
    """
    last: dict[str, Waiting] = {}
    for one in waiting:
        bay = one.progress.bay
        if bay and (
            bay not in last or _began(one, records) > _began(last[bay], records)
        ):
            last[bay] = one
    kept, displaced = [], []
    for one in waiting:
        holder = last.get(one.progress.bay, one)
        if holder is one:
            kept.append(one)
        else:
            displaced.append(_displaced(one.row.serial, holder))
    return kept, displaced


def _began(waiting: Waiting, records: Mapping[int, Sequence[Record]]) -> datetime:
    """Return when the last attempt at a rack in a bay began."""
    return records[waiting.row.rack][-1].started_at


def _displaced(serial: str, holder: Waiting) -> Unplannable:
    bay, other = holder.progress.bay.partition(":")[2], holder.row.serial
    return Unplannable(
        rack=serial,
        code="bay_taken",
        sentence=f"{serial}: its records put it in bay {bay}, where {other} was worked "
        "on since. Correct the records.",
        limit="bay",
    )
