"""Everything racks can be built from: supplies, and what single racks have already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factory.alternates import stand_ins
from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine.problem import Supply
from scheduling.snapshot.calendars import Week
from scheduling.snapshot.floor import Floor
from scheduling.snapshot.reserved import (
    Reservation,
    issued_ahead,
    read_issued,
    reserve_consigned,
)
from scheduling.snapshot.supplies import AwaitedLine, dock_of, read_promised, read_stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What is there, what is coming, and whose it is already.

    Attributes:
        supplies: Stock first, then promises by the moment they become usable.
        set_aside: Pieces single racks have already, by rack and part.
        reservations: Consigned pieces among them.
        awaited: Lines that nobody has promised.
        lot_ids: Primary keys by supply key.
        tranche_ids: Primary keys by supply key.
    """

    supplies: tuple[Supply, ...]
    set_aside: Mapping[int, Mapping[str, int]]
    reservations: Sequence[Reservation]
    awaited: tuple[AwaitedLine, ...]
    lot_ids: Mapping[str, int]
    tranche_ids: Mapping[str, int]


def read_materials(
    site: Site,
    clock: SiteClock,
    weeks: Mapping[int, Week],
    floor: Floor,
    *,
    arrival_level: int | None = None,
) -> Materials:
    """Return the materials of a site's racks. Seven queries, with a level eight."""
    codes = {part: code for code, part in floor.routings.part_ids.items()}
    approved = stand_ins(list(codes), by=clock.day_of(0))
    serves = codes | {one: codes[part] for one, part in approved.items()}
    stock = read_stock(site, serves)
    dock = dock_of(site, clock, weeks)
    promised = read_promised(site, serves, dock, arrival_level=arrival_level)
    issued = read_issued(site, serves)
    set_aside = {
        one.row.rack: issued_ahead(one, issued.get(one.row.rack, {}))
        for one in floor.waiting
    }
    reservations = reserve_consigned(floor.waiting, stock.consigned, set_aside)
    for one in reservations:
        has = set_aside[one.rack]
        has[one.part] = has.get(one.part, 0) + one.quantity
    return Materials(
        supplies=(*stock.supplies, *promised.supplies),
        set_aside=set_aside,
        reservations=reservations,
        awaited=promised.awaited,
        lot_ids=stock.lot_ids,
        tranche_ids=promised.tranche_ids,
    )
