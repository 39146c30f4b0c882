"""Rows into one frozen problem: the only place that turns clock time into minutes.

``docs/planning.md`` says what counts as supply, as started and as promised.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max

from factory.models import PowerBay, PowerNode, RackModel, Site
from factory.order_rules import Kind
from journal.models import Event
from journal.sequencing import sequence
from scheduling.clock import SiteClock, quarter_of
from scheduling.engine.adjust.base import Adjustment, Leads
from scheduling.engine.adjust.kinds import (
    adjusted,
    adjustments_from,
    brings_racks,
    models_of,
    stretch_days,
)
from scheduling.engine.cut import cut_running
from scheduling.engine.problem import Calendar, Problem, Rack, Supply, Template
from scheduling.engine.schedule import Unplannable
from scheduling.engine.units import MINUTES_PER_DAY, Minutes
from scheduling.models import Scenario
from scheduling.snapshot import bays as power_bays
from scheduling.snapshot.asked import (
    LEAD,
    Asked,
    asked_racks,
    held_racks,
    lead_supplies,
    read_held,
    read_leads,
)
from scheduling.snapshot.calendars import Week, read_weeks
from scheduling.snapshot.changed import Changed
from scheduling.snapshot.curtailed import as_worked, may_cut, with_cut
from scheduling.snapshot.floor import Floor, read_floor
from scheduling.snapshot.gaps import gap_of, read_known
from scheduling.snapshot.horizon import Pace, horizon, read_pace
from scheduling.snapshot.limits import read_limits, read_outages
from scheduling.snapshot.materials import Materials, read_materials
from scheduling.snapshot.pins import read_pins
from scheduling.snapshot.prices import prices_of
from scheduling.snapshot.racks import (
    rack_of,
    read_previous,
    read_previous_soaks,
    read_promises,
)
from scheduling.snapshot.reserved import Reservation
from scheduling.snapshot.supplies import AwaitedLine, dock_of

SEQUENCED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The way back from the engine's keys to primary keys.

    Attributes:
        racks: By rack key.
        bays: By bay key.
        steps: By ``(template key, step code)``.
        lots: By supply key.
        tranches: By supply key.
    """

    racks: Mapping[str, int]
    bays: Mapping[str, int]
    steps: Mapping[tuple[str, str], int]
    lots: Mapping[str, int]
    tranches: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A site's live data at one moment, as the engine takes it.

    Attributes:
        problem: What to plan.
        event_seq: The last event it knows of. Later ones may be in it already; they
            count as newer all the same.
        epoch: Minute 0, in UTC, on a quarter hour.
        keys: The way back to rows.
        reservations: Consigned pieces given to single racks, outside the supplies.
        awaited: Purchase-order lines that nobody has promised, soonest needed first.
        left_out: Racks that cannot even be put to the engine, with the reason.
        arrival_level: Level of the arrivals planned on; None for promised dates.
        assumed: Keys of racks that a what-if scenario adds; they have no rows.
        asked: Serials of the racks for which a change looks for a date.
    """

    problem: Problem
    event_seq: int
    epoch: datetime
    keys: Keys
    reservations: tuple[Reservation, ...]
    awaited: tuple[AwaitedLine, ...]
    left_out: tuple[Unplannable, ...]
    arrival_level: int | None = None
    assumed: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()


def take(
    scenario: Scenario,
    *,
    as_of: datetime,
    asked: Asked | None = None,
    changed: Changed | None = None,
) -> Snapshot:
    """Return a scenario's data as a problem. About thirty queries however many racks.

    Events are numbered first and the newest number read before any row, so that
    whatever commits meanwhile counts as newer than the plan.

    Args:
        scenario: Live data of a site, with its adjustments if it is a what-if.
        as_of: The present; minute 0 is the quarter hour it lies in.
        asked: What a quote asks for, behind all that is ordered.
        changed: A change of an order to look at; rows stay as they are.

    Raises:
        AdjustmentError: If an adjustment names what is no longer there.
        InvalidProblemError: If a row holds a number the engine cannot take.
    """
    while sequence(SEQUENCED_AT_ONCE) == SEQUENCED_AT_ONCE:
        pass
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            # Every query then sees the same moment.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        event_seq = Event.objects.aggregate(last=Max("seq"))["last"] or 0
        # The site anew, since whoever holds the scenario may hold old rows.
        site = Site.objects.get(pk=scenario.site_id)
        # The scenario anew too.
        fresh = Scenario.objects.get(pk=scenario.pk)
        return _read(
            site,
            quarter_of(as_of),
            event_seq,
            asked,
            arrival_level=fresh.arrival_level,
            adjustments=adjustments_from(fresh.adjustments),
            changed=changed,
        )


def _read(
    site: Site,
    epoch: datetime,
    event_seq: int,
    asked: Asked | None,
    *,
    arrival_level: int | None,
    adjustments: tuple[Adjustment, ...] = (),
    changed: Changed | None = None,
) -> Snapshot:
    """Return the snapshot of one moment of the database."""
    clock = SiteClock(epoch=epoch, zone=ZoneInfo(site.zone))
    weeks = read_weeks(site)
    held = read_held(site, clock)
    floor = read_floor(
        site,
        clock,
        weeks,
        {one.rack_model for one in (*held, asked, changed) if one is not None}
        | _models_to_read(adjustments),
        changed,
    )
    materials = read_materials(site, clock, weeks, floor, arrival_level=arrival_level)
    bays = power_bays.read_bays(site)
    bay_ids = {power_bays.key_of_code(bay.code): bay.pk for bay in bays}
    pace = read_pace(site, weeks, len(bays))
    known = read_known(site, floor, materials, places=pace.places)
    gaps = {one.row.serial: gap for one in floor.waiting if (gap := gap_of(one, known))}
    racks = tuple(
        rack
        for rack in _racks(site, clock, floor, materials, bay_ids)
        if rack.key not in gaps
    )
    templates = {pk: routed[0] for pk, routed in floor.routings.by_model.items()}
    racks += tuple(held_racks(held, templates))
    supplies = materials.supplies
    if changed is not None:
        supplies += _bought(site, changed, templates, floor, clock, weeks)
    if asked is not None and asked.rack_model in templates:
        template = templates[asked.rack_model]
        racks += tuple(asked_racks(asked, template))
        supplies += tuple(
            lead_supplies(
                template,
                asked.quantity,
                floor.routings.part_ids,
                dock_of(site, clock, weeks),
                _needed(floor),
            )
        )
    leads = _leads(site, clock, weeks, floor) if brings_racks(adjustments) else {}
    live = _problem(
        site,
        clock,
        weeks,
        floor,
        bays,
        racks,
        supplies,
        pace=pace,
        room=_Room(
            days=stretch_days(adjustments),
            minutes=tuple(lead.available for lead in leads.values()),
            templates=models_of(adjustments),
        ),
    )
    problem = adjusted(as_worked(site, clock, live), adjustments, leads)
    if may_cut(site):
        problem, _ = cut_running(problem)
    return Snapshot(
        problem=problem,
        event_seq=event_seq,
        epoch=epoch,
        keys=Keys(
            racks={row.serial: row.rack for row in floor.rows},
            bays=bay_ids,
            steps=with_cut(floor.routings.step_ids, problem),
            lots=materials.lot_ids,
            tranches=materials.tranche_ids,
        ),
        reservations=tuple(materials.reservations),
        awaited=materials.awaited,
        left_out=(*floor.left_out, *gaps.values()),
        arrival_level=arrival_level,
        assumed=frozenset(rack.key for rack in problem.racks)
        - frozenset(rack.key for rack in live.racks),
        asked=frozenset(
            one.row.serial
            for one in floor.waiting
            if changed is not None and changed.is_asked(one.row)
        ),
    )


def _bought(  # noqa: PLR0917 - what is known of the site, each used once
    site: Site,
    changed: Changed,
    templates: Mapping[int, Template],
    floor: Floor,
    clock: SiteClock,
    weeks: Mapping[int, Week],
) -> tuple[Supply, ...]:
    """Return what a change would have to buy: of all its racks would be missing."""
    template = templates.get(changed.rack_model)
    count = changed.added
    if changed.wish.kind in {Kind.MODEL_CHANGE, Kind.RESTART}:
        count = changed.order.quantity
    if template is None or not count:
        return ()
    return tuple(
        lead_supplies(
            template,
            count,
            floor.routings.part_ids,
            dock_of(site, clock, weeks),
            _needed(floor),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """What adjustments need beside the live data.

    Attributes:
        days: By how many the horizon grows.
        minutes: Moments that must lie inside it.
        templates: Models that no rack has yet.
    """

    days: int = 0
    minutes: tuple[int, ...] = ()
    templates: frozenset[str] = frozenset()


def _models_to_read(adjustments: tuple[Adjustment, ...]) -> set[int]:
    """Return primary keys of models that racks are to become. One query, if any."""
    codes = models_of(adjustments)
    if not codes:
        return set()
    return set(RackModel.objects.filter(code__in=codes).values_list("pk", flat=True))


def _leads(
    site: Site, clock: SiteClock, weeks: Mapping[int, Week], floor: Floor
) -> Leads:
    """Return when parts of every routing that is read could be used, ordered now."""
    parts = {
        material.part
        for template in floor.routings.templates
        for material in template.materials
    }
    ids = {code: pk for code, pk in floor.routings.part_ids.items() if code in parts}
    return read_leads(ids, dock_of(site, clock, weeks))


def _problem(  # noqa: PLR0917 - the parts of one problem, each used once
    site: Site,
    clock: SiteClock,
    weeks: Mapping[int, Week],
    floor: Floor,
    bays: list[PowerBay],
    racks: tuple[Rack, ...],
    supplies: tuple[Supply, ...],
    *,
    pace: Pace,
    room: _Room,
) -> Problem:
    """Return the parts laid out over one horizon."""
    end = horizon(
        floor.waiting,
        pace,
        supplies,
        (*_known_minutes(racks, supplies), *room.minutes),
    )
    end += room.days * MINUTES_PER_DAY
    nodes = list(PowerNode.objects.filter(site=site).order_by("code"))
    outages = read_outages(site, clock)
    limits = read_limits(
        site,
        clock,
        end,
        nodes=nodes,
        outages=outages,
        weeks=weeks,
        stations_held=floor.stations_held,
    )
    used = frozenset(rack.template for rack in racks) | room.templates
    return Problem(
        site=site.code,
        zone=site.zone,
        epoch=clock.epoch.isoformat(),
        horizon=Minutes(end),
        resources=limits.resources,
        calendars=tuple(
            Calendar(key=week.key, open=week.windows(clock, 0, end))
            for week in weeks.values()
        ),
        bays=power_bays.lay_out(
            site,
            bays,
            nodes=nodes,
            outages=outages,
            templates=used,
            occupied=floor.occupied,
        ),
        templates=tuple(one for one in floor.routings.templates if one.key in used),
        supplies=supplies,
        racks=racks,
        base_load=limits.base_load,
        curtailments=limits.curtailments,
        bay_stay_limit=Minutes(site.bay_stay_limit_min),
        prices=prices_of(site, clock, end),
    )


def _racks(
    site: Site,
    clock: SiteClock,
    floor: Floor,
    materials: Materials,
    bay_ids: Mapping[str, int],
) -> tuple[Rack, ...]:
    """Return racks as the engine takes them, soonest due first. Six queries."""
    promises = read_promises(site)
    codes = {step: code for (_, code), step in floor.routings.step_ids.items()}
    bays = {bay: key for key, bay in bay_ids.items()}
    previous = read_previous(site, clock, codes, bays)
    pins = read_pins(site, clock, codes, bays)
    soaks = read_previous_soaks(
        site, {one.row.serial: one.template for one in floor.waiting}
    )
    return tuple(
        rack_of(
            one.row,
            one.template,
            clock,
            progress=one.progress,
            promise=promises.get(one.row.order),
            reserved=materials.set_aside[one.row.rack],
            previous=previous.get(one.row.rack, ()),
            previous_soak=soaks.get(one.row.serial, ()),
            pins=pins.get(one.row.rack, ()),
        )
        for one in floor.waiting
    )


def _needed(floor: Floor) -> Counter[str]:
    """Return the pieces of each part that racks on the floor still need."""
    found: Counter[str] = Counter()
    for one in floor.waiting:
        for material in one.materials:
            found[material.part] += material.quantity
    return found


def _known_minutes(racks: Iterable[Rack], supplies: Iterable[Supply]) -> Iterable[int]:
    """Yield every minute a rack or an order to be placed names."""
    for supply in supplies:
        if supply.key.startswith(LEAD):
            yield supply.available
    for rack in racks:
        for pin in rack.pins:
            yield pin.start
        yield rack.release
        if rack.due is not None:
            yield rack.due
        if rack.promise is not None:
            yield rack.promise
        for _, start, _ in rack.previous:
            yield start
