"""What is set aside for single racks: pieces issued early, and consigned stock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Sum

from factory.models import Site, StockIssue
from scheduling.engine.problem import Material, Progress, Template
from scheduling.snapshot.progress import ON_THE_FLOOR
from scheduling.snapshot.racks import RackRow
from scheduling.snapshot.supplies import ConsignedLot


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Pieces of one consigned lot that one rack's step will take."""

    rack: int
    step: str
    lot: int
    part: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A rack to plan, with its routing and what it has done.

    Attributes:
        row: The rack and its order.
        template: Its routing.
        progress: What has happened.
        materials: What it still consumes, in routing order.
    """

    row: RackRow
    template: Template
    progress: Progress
    materials: tuple[Material, ...]


def materials_ahead(template: Template, progress: Progress) -> tuple[Material, ...]:
    """Return what a rack still consumes, in routing order."""
    first = progress.done + (1 if progress.running else 0)
    places = {step.code: place for place, step in enumerate(template.steps)}
    # A step the routing lacks is bad input; the engine's own look says so.
    ahead = [m for m in template.materials if places.get(m.step, 0) >= first]
    return tuple(sorted(ahead, key=lambda material: places.get(material.step, 0)))


def read_issued(
    site: Site, serves: Mapping[int, str]
) -> dict[int, dict[tuple[str, str], int]]:
    """Return pieces issued to racks on the floor by rack, step and part. One query.

    Args:
        site: Where the racks are.
        serves: Code of the part served, by primary key of the part issued.
    """
    found: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = (
        StockIssue.objects.filter(
            rack__site=site, rack__state__in=ON_THE_FLOOR, lot__site=site
        )
        .values_list("rack", "step__code", "lot__part", "lot__part__code")
        .annotate(pieces=Sum("quantity"))
        .order_by("rack", "step__code", "lot__part__code")
    )
    for rack, step, issued, code, pieces in rows:
        given, part = found[rack], serves.get(issued, code)
        given[step, part] = given.get((step, part), 0) + pieces
    return found


def issued_ahead(
    waiting: Waiting, issued: Mapping[tuple[str, str], int]
) -> dict[str, int]:
    """Return pieces issued for steps that have not begun, at most what they need.

    Such are the parts of a failed step that is to be repeated.
    """
    found: dict[str, int] = defaultdict(int)
    for material in waiting.materials:
        pieces = issued.get((material.step, material.part), 0)
        if pieces:
            found[material.part] += min(pieces, material.quantity)
    return found


def reserve_consigned(
    racks: Iterable[Waiting],
    lots: Iterable[ConsignedLot],
    set_aside: Mapping[int, Mapping[str, int]],
) -> list[Reservation]:
    """Give customers' own stock to their racks, soonest due first, oldest lot first.

    Args:
        racks: To plan, soonest due first.
        lots: Consigned lots, oldest first.
        set_aside: Pieces each rack has already, by rack and part.
    """
    free: dict[tuple[int, str], list[list[int]]] = defaultdict(list)
    for lot in lots:
        free[lot.customer, lot.part].append([lot.lot, lot.free])
    found = []
    for waiting in racks:
        has = dict(set_aside.get(waiting.row.rack, {}))
        for material in waiting.materials:
            covered = min(has.get(material.part, 0), material.quantity)
            if covered:
                has[material.part] -= covered
            missing = material.quantity - covered
            shelf = free.get((waiting.row.customer, material.part), [])
            while missing and shelf:
                taken = min(missing, shelf[0][1])
                found.append(
                    Reservation(
                        rack=waiting.row.rack,
                        step=material.step,
                        lot=shelf[0][0],
                        part=material.part,
                        quantity=taken,
                    )
                )
                missing -= taken
                shelf[0][1] -= taken
                if not shelf[0][1]:
                    shelf.pop(0)
    return found
