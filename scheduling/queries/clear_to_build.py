"""When racks are clear to build: the last delivery each waits for, and how sure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from factory.models import Site
from scheduling.models import Pegging, Plan
from suppliers.queries.arrivals import expected_arrivals


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearToBuild:
    """The day the last part of a rack is here.

    Attributes:
        promised: As the suppliers promised.
        p50: As likely as not.
        p90: With a chance of 90 % for the part that decides it.
        part: Code of that part.
        supplier: Who brings it.
    """

    promised: date
    p50: date
    p90: date
    part: str
    supplier: str


def clear_to_build(
    plan: Plan | None, racks: Iterable[int], *, site: Site, now: datetime
) -> dict[int, ClearToBuild]:
    """Return when racks that wait for promised parts are clear to build. Two queries.

    Racks built from stock alone are clear and not among them.

    Args:
        plan: Whose pegs decide what a rack waits for.
        racks: Primary keys.
        site: Where they are built.
        now: The moment, aware.
    """
    if plan is None:
        return {}
    pegs = list(
        Pegging.objects.filter(plan=plan, rack__in=list(racks), tranche__isnull=False)
        .order_by("pk")
        .values_list(
            "rack",
            "tranche__dock_date",
            "tranche__revision__commitment__line__part",
            "tranche__revision__commitment__line__part__code",
            "tranche__revision__commitment__line__purchase_order__supplier",
            "tranche__revision__commitment__line__purchase_order__supplier__name",
        )
    )
    if not pegs:
        return {}
    today = now.astimezone(ZoneInfo(site.zone)).date()
    arrivals = expected_arrivals(
        [(supplier, part, day) for _, day, part, _, supplier, _ in pegs], today=today
    )
    waits: dict[int, list[ClearToBuild]] = {}
    for (rack, day, _, code, _, name), arrival in zip(pegs, arrivals, strict=True):
        waits.setdefault(rack, []).append(
            ClearToBuild(
                promised=day,
                p50=arrival.p50,
                p90=arrival.p90,
                part=code,
                supplier=name,
            )
        )
    return {rack: _last(rows) for rack, rows in waits.items()}


def _last(rows: list[ClearToBuild]) -> ClearToBuild:
    """Return the last day of each kind, and what decides the surest one."""
    decides = max(rows, key=lambda row: (row.p90, row.p50))
    return ClearToBuild(
        promised=max(row.promised for row in rows),
        p50=max(row.p50 for row in rows),
        p90=decides.p90,
        part=decides.part,
        supplier=decides.supplier,
    )
