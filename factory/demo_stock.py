"""The demo's stock: what racks under way were given, what is left and missing."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from factory.demo_data import PartNeed
from factory.demo_floor import RackState, Stretch
from factory.models import BomLine, Customer, Part, Site, StockIssue, StockLot, Unit

COVER_DAYS = (2, 5)
SHORT_COVER_DAYS = {"LEAKSNS": 2, "NVL-CART": 2, "OPTIC": 2, "CT-L10": 3}
"""Parts whose next delivery the first days hang on."""
DOCK_LEAD = timedelta(days=1)
HELD_PIECES = 216
CONSIGNED_TRAYS = 36
FIRST_LOT_NUMBER = 88_200
TRAY_POSITIONS = {"CT-L10": "C", "SW-L10": "S"}

Lines = dict[int, list[BomLine]]
"""Rack-level BOM lines by the step that consumes them."""


def build_stock(
    states: list[RackState], customers: tuple[Customer, ...], as_of: datetime, seed: int
) -> dict[str, PartNeed]:
    """Write lots, issues to racks under way and their trays; return what is needed.

    Every rack-level part has one lot that racks under way were served from, with free
    pieces for the next days. A lot of couplings is on hold and a lot of trays is
    consigned; neither counts as free.

    Args:
        states: Every rack and how far it is; at least one.
        customers: The first one consigns trays.
        as_of: The demo's present.
        seed: Of how many days stock lasts.
    """
    random = Random(f"{seed}:stock")  # noqa: S311 - dice of a demo
    site = states[0].rack.site
    lines = _rack_level_lines()
    parts = {line.part.code: line.part for rows in lines.values() for line in rows}
    taken = _taken(states, lines)
    needs = _needs(states, lines, as_of)
    lots = {}
    for place, (code, part) in enumerate(sorted(parts.items())):
        cover = SHORT_COVER_DAYS.get(code, random.randint(*COVER_DAYS))
        until = as_of.astimezone(ZoneInfo(site.zone)).date() + timedelta(days=cover)
        free = sum(pieces for day, pieces in needs[code].items() if day < until)
        lots[code] = StockLot(
            site=site,
            part=part,
            lot=f"L-{FIRST_LOT_NUMBER + place}",
            quantity=free + taken[code],
            issued=taken[code],
            received_at=as_of - timedelta(days=random.randint(25, 40)),
            source="Opening stock",
        )
    StockLot.objects.bulk_create(lots.values())
    _issue(states, lines, lots)
    _install_trays(states, lots)
    _set_aside(site, parts, customers[0], as_of)
    return {
        code: PartNeed(
            code=code, by_date=tuple(sorted(needs[code].items())), in_stock=lot.free
        )
        for code, lot in lots.items()
    }


def _rack_level_lines() -> Lines:
    """Return what racks consume, by step."""
    lines: Lines = defaultdict(list)
    rows = BomLine.objects.filter(parent=None).select_related("part").order_by("pk")
    for line in rows:
        if line.consumed_at_id is not None:
            lines[line.consumed_at_id].append(line)
    return lines


def _consumed(
    stretches: list[Stretch], lines: Lines
) -> Iterator[tuple[Stretch, BomLine]]:
    """Yield each line that stretches consume, with the stretch."""
    for stretch in stretches:
        for line in lines.get(stretch.step.pk, []):
            yield stretch, line


def _taken(states: list[RackState], lines: Lines) -> Counter[str]:
    """Return the pieces of each part that racks under way have taken."""
    taken: Counter[str] = Counter()
    for state in states:
        for _, line in _consumed(state.begun, lines):
            taken[line.part.code] += line.quantity
    return taken


def _needs(
    states: list[RackState], lines: Lines, as_of: datetime
) -> dict[str, dict[date, int]]:
    """Return the pieces of each part still needed, by the day they must be docked."""
    zone = ZoneInfo(states[0].rack.site.zone)
    today = as_of.astimezone(zone).date()
    needs: dict[str, dict[date, int]] = defaultdict(Counter)
    for state in states:
        for stretch, line in _consumed(state.to_come, lines):
            day = max(today, stretch.start.astimezone(zone).date() - DOCK_LEAD)
            needs[line.part.code][day] += line.quantity
    return needs


def _issue(states: list[RackState], lines: Lines, lots: dict[str, StockLot]) -> None:
    """Write what racks under way were given."""
    StockIssue.objects.bulk_create(
        (
            StockIssue(
                lot=lots[line.part.code],
                rack=state.rack,
                step=stretch.step,
                quantity=line.quantity,
                at=stretch.start,
            )
            for state in states
            for stretch, line in _consumed(state.begun, lines)
        ),
        batch_size=1_000,
    )


def _install_trays(states: list[RackState], lots: dict[str, StockLot]) -> None:
    """Write the trays of each rack whose trays are in, by serial and position."""
    Unit.objects.bulk_create(
        (
            Unit(
                serial=f"{letter}T-{state.rack.serial.removeprefix('R-')}-{slot:02}",
                kind=Unit.Kind.TRAY,
                site=state.rack.site,
                part=lots[code].part,
                revision=lots[code].part.revision,
                lot=lots[code].lot,
                parent=state.rack,
                position=f"{letter}{slot:02}",
                installed_at=stretch.end,
                state=Unit.State.INSTALLED,
            )
            for state in states
            for stretch in state.stretches[: state.done]
            if stretch.step.code == "TRAY"
            for code, letter in TRAY_POSITIONS.items()
            for slot in range(1, (18 if letter == "C" else 9) + 1)
        ),
        batch_size=1_000,
    )


def _set_aside(
    site: Site, parts: dict[str, Part], owner: Customer, as_of: datetime
) -> None:
    """Write a lot on quality hold and a consigned lot."""
    StockLot.objects.create(
        site=site,
        part=parts["UQD"],
        lot="L-88213",
        quantity=HELD_PIECES,
        is_on_hold=True,
        hold_reason="Couplings of this lot leaked at another site; being inspected.",
        received_at=as_of - timedelta(days=9),
        source="Opening stock",
    )
    StockLot.objects.create(
        site=site,
        part=parts["CT-L10"],
        lot="L-88301",
        quantity=CONSIGNED_TRAYS,
        consigned_by=owner,
        received_at=as_of - timedelta(days=4),
        source="Consigned",
    )
