"""What racks can be built from: free stock, and what suppliers have promised."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from django.db.models import F

from factory.models import Crew, Site, StockLot
from scheduling.clock import DAY, SiteClock
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import Supply, SupplyKind
from scheduling.engine.units import MINUTES_PER_DAY, Minutes
from scheduling.snapshot.calendars import Week
from suppliers.ledger import STANDING, Coming, Delivery, Leg, coming, outstanding
from suppliers.models import (
    DeclaredCapacity,
    PurchaseOrder,
    PurchaseOrderLine,
    ShipmentLine,
    Tranche,
)
from suppliers.pace import paced
from suppliers.queries.arrivals import read_habits
from suppliers.queries.forecasts import capacities_of, capacity_on

RECEIVING_CALENDAR = "calendar:receiving"
RECEIVING_SKILL = "material"
RECEIVING_REACH = 60 * MINUTES_PER_DAY
"""How far past a dock date open hours are sought; two months without one is never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsignedLot:
    """Free stock that belongs to one customer and serves only that customer's racks."""

    lot: int
    customer: int
    part: str
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedLine:
    """Pieces asked of a supplier that nobody has promised.

    Attributes:
        line: Primary key of the purchase-order line.
        part: The part's code.
        quantity: Pieces without a promise; at least 1.
        need_by: The dock date asked for.
        supplier: The supplier's name.
        number: The line as people call it: ``PO-4711 line 3``.
        owner: The buyer who has to ask.
    """

    line: int
    part: str
    quantity: int
    need_by: date
    supplier: str
    number: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What is usable in the house, and the way back to its rows."""

    supplies: tuple[Supply, ...]
    consigned: tuple[ConsignedLot, ...]
    lot_ids: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What suppliers owe: promises as supplies, and lines without a promise."""

    supplies: tuple[Supply, ...]
    awaited: tuple[AwaitedLine, ...]
    tranche_ids: dict[str, int]


def tranche_key(tranche: int) -> str:
    """Return the key of a tranche's supply; pieces apart from it follow after ``/``."""
    return f"tranche:{tranche}"


class Dock:
    """When what reaches the dock becomes usable; every date is worked out once."""

    def __init__(
        self, clock: SiteClock, *, usable_from: int, receiving: int, week: Week | None
    ) -> None:
        """Take the rule of receiving.

        Args:
            clock: Epoch and zone.
            usable_from: Minute of the local day from which a delivery can be received.
            receiving: Working minutes that receiving takes.
            week: When receiving works; None is around the clock.
        """
        self.clock = clock
        self._usable_from = usable_from
        self._receiving = receiving
        self._week = week
        self._hours = OpenHours(())
        self._hours_until = 0
        self._known: dict[date, Minutes | None] = {}

    def usable(self, day: date) -> Minutes | None:
        """Return when a promise for a dock date becomes usable; None is never.

        A promise that should have been usable by the epoch and is not in the house is
        overdue: nobody can say more than "not before tomorrow", so it counts as one for
        the day after the epoch.
        """
        if day not in self._known:
            today = self.clock.day_of(0)
            usable = self._received(day) if day >= today else Minutes(0)
            if usable is not None and usable <= 0:
                usable = self._received(today + DAY)
            self._known[day] = usable
        return self._known[day]

    def latest(self, need: int) -> date:
        """Return the last dock date whose pieces are usable by a minute, from today."""
        today = self.clock.day_of(0)
        day = self.clock.day_of(need)
        while day > today:
            usable = self.usable(day)
            if usable is not None and usable <= need:
                return day
            day -= DAY
        return today

    def _received(self, day: date) -> Minutes | None:
        start = self.clock.wall(day, self._usable_from)
        if self._week is None:
            return Minutes(start + self._receiving)
        if start + RECEIVING_REACH > self._hours_until:
            self._hours_until = 2 * start + RECEIVING_REACH
            self._hours = OpenHours(
                self._week.windows(self.clock, -MINUTES_PER_DAY, self._hours_until)
            )
        found = self._hours.finish(start, self._receiving)
        return None if found is None else Minutes(found)


def dock_of(site: Site, clock: SiteClock, weeks: Mapping[int, Week]) -> Dock:
    """Return a site's dock. One query.

    Receiving works by the calendar coded ``receiving``, else by that of the crew that
    moves material, else around the clock.
    """
    week = next(
        (week for week in weeks.values() if week.key == RECEIVING_CALENDAR), None
    )
    if week is None:
        crew = Crew.objects.filter(site=site, skill=RECEIVING_SKILL).first()
        week = weeks.get(crew.calendar_id) if crew else None
    return Dock(
        clock,
        usable_from=site.dock_usable_from.hour * 60 + site.dock_usable_from.minute,
        receiving=site.receiving_min,
        week=week,
    )


def read_stock(site: Site, serves: Mapping[int, str]) -> Stock:
    """Return free lots that are not on hold; consigned ones apart. One query.

    Args:
        site: Where they lie.
        serves: Code of the part served, by primary key of the part that is there: the
            part itself, or an approved alternate of it. What is there of the part
            itself is used first.
    """
    rows = (
        StockLot.objects.filter(
            site=site, part__in=serves, is_on_hold=False, quantity__gt=F("issued")
        )
        .select_related("part")
        .order_by("received_at", "pk")
    )
    supplies: list[Supply] = []
    consigned: list[ConsignedLot] = []
    lot_ids: dict[str, int] = {}
    for lot in sorted(rows, key=lambda lot: serves[lot.part_id] != lot.part.code):
        part = serves[lot.part_id]
        if lot.consigned_by_id is not None:
            consigned.append(
                ConsignedLot(
                    lot=lot.pk, customer=lot.consigned_by_id, part=part, free=lot.free
                )
            )
            continue
        key = f"lot:{lot.pk}"
        lot_ids[key] = lot.pk
        supplies.append(
            Supply(
                key=key,
                part=part,
                quantity=lot.free,
                available=Minutes(0),
                kind=SupplyKind.STOCK,
                owner=lot.part.buyer,
                label=f"{lot.part.code}{_in_place(lot.part.code, part)}, lot {lot.lot}",
            )
        )
    return Stock(supplies=tuple(supplies), consigned=tuple(consigned), lot_ids=lot_ids)


def _in_place(code: str, served: str) -> str:
    """Say what a part stands in for, if it does."""
    return "" if code == served else f" in place of {served}"


def read_promised(
    site: Site,
    serves: Mapping[int, str],
    dock: Dock,
    *,
    arrival_level: int | None = None,
) -> Promised:
    """Return open lines' promises and what nobody has promised yet. Four queries.

    ``serves`` is as ``read_stock`` takes it.

    A line that is received in part has received its earliest tranches. What has left
    stands on its shipment's arrival, earlier or later than promised: the supplier has
    said so of goods that exist, and a promise on a later day would have racks wait for
    what is in the house. What has not left stands on its promise, or later where its
    supplier has declared that it can not make so much in a week; with an
    ``arrival_level`` on the day by which the record says it has come then, one query
    more.
    """
    parts = list(serves)
    tranches = _tranches(site, parts)
    legs = _legs(site, parts)
    supplies: list[Supply] = []
    awaited: list[AwaitedLine] = []
    tranche_ids: dict[str, int] = {}
    lines = list(_open_lines(site, serves))
    arrivals = _at_pace(
        lines,
        {one.line: _coming(one, tranches[one.line], legs[one.line]) for one in lines},
        capacities_of(DeclaredCapacity.objects.for_staff().filter(part__in=parts)),
    )
    expect = _Expectation(arrival_level, lines, today=dock.clock.day_of(0))
    for line in lines:
        promised = 0
        by_day = {day: tranche for tranche, _, day in tranches[line.line]}
        for one in arrivals[line.line]:
            available = dock.usable(expect.day(line, one))
            promised += one.quantity
            if available is None:
                continue
            tranche = by_day[one.promised]
            key = tranche_key(tranche)
            if key in tranche_ids:
                key = f"{key}/{len(tranche_ids)}"
            tranche_ids[key] = tranche
            supplies.append(
                Supply(
                    key=key,
                    part=line.part,
                    quantity=one.quantity,
                    available=available,
                    kind=SupplyKind.TRANCHE,
                    owner=line.owner,
                    label=f"{line.part}, {line.number}, {line.supplier}",
                    supplier=line.supplier,
                )
            )
        if line.outstanding > promised:
            awaited.append(line.awaited(line.outstanding - promised))
    return Promised(
        supplies=tuple(sorted(supplies, key=lambda s: (s.available, s.key))),
        awaited=tuple(sorted(awaited, key=lambda line: (line.need_by, line.line))),
        tranche_ids=tranche_ids,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One open purchase-order line, as planning needs it."""

    line: int
    part: str
    source: tuple[int, int]
    outstanding: int
    received_since: int
    is_standing: bool
    need_by: date
    supplier: str
    number: str
    owner: str

    def awaited(self, quantity: int) -> AwaitedLine:
        """Return the line as one that waits for an answer over some pieces."""
        return AwaitedLine(
            line=self.line,
            part=self.part,
            quantity=quantity,
            need_by=self.need_by,
            supplier=self.supplier,
            number=self.number,
            owner=self.owner,
        )


class _Expectation:
    """On which day a delivery is planned: as promised, or as the record says."""

    def __init__(self, level: int | None, lines: list[_Line], *, today: date) -> None:
        """Read the habits of the lines' suppliers if a level is wanted. One query."""
        self._level = level
        self._today = today
        self._habits = (
            None if level is None else read_habits({line.source[0] for line in lines})
        )

    def day(self, line: _Line, one: Coming) -> date:
        """Return the day; what has left comes when its shipment says."""
        if self._level is None or self._habits is None or one.leg is not None:
            return one.arrives
        return self._habits.arrival(
            one.arrives,
            supplier=str(line.source[0]),
            part=str(line.source[1]),
            today=self._today,
        ).at(self._level)


def _open_lines(site: Site, serves: Mapping[int, str]) -> Iterable[_Line]:
    rows = (
        PurchaseOrderLine.objects.for_staff()
        .filter(
            purchase_order__site=site,
            purchase_order__state=PurchaseOrder.State.OPEN,
            state=PurchaseOrderLine.State.OPEN,
            part__in=serves,
            quantity__gt=F("received"),
        )
        .values_list(
            "pk",
            "quantity",
            "received",
            "need_by",
            "number",
            "purchase_order__number",
            "purchase_order__supplier__name",
            "purchase_order__supplier__buyer",
            "purchase_order__supplier",
            "part",
            "part__buyer",
            "commitment__state",
            "commitment__current__received_quantity",
        )
        .order_by("pk")
    )
    for (
        line,
        quantity,
        received,
        need_by,
        number,
        order,
        supplier,
        supplier_buyer,
        maker,
        part_id,
        part_buyer,
        state,
        received_before,
    ) in rows:
        yield _Line(
            line=line,
            part=serves[part_id],
            source=(maker, part_id),
            outstanding=quantity - received,
            received_since=received - (received_before or 0),
            is_standing=state in STANDING,
            need_by=need_by,
            supplier=supplier,
            number=f"{order} line {number}",
            owner=part_buyer or supplier_buyer or supplier,
        )


def _tranches(
    site: Site, parts: Collection[int]
) -> dict[int, list[tuple[int, int, date]]]:
    """Return ``(tranche, quantity, dock date)`` of current revisions, by line."""
    found: dict[int, list[tuple[int, int, date]]] = defaultdict(list)
    rows = (
        Tranche.objects.for_staff()
        .filter(
            revision=F("revision__commitment__current"),
            revision__commitment__line__purchase_order__site=site,
            revision__commitment__line__state=PurchaseOrderLine.State.OPEN,
            revision__commitment__line__part__in=parts,
        )
        .order_by("dock_date", "pk")
        .values_list("revision__commitment__line", "pk", "quantity", "dock_date")
    )
    for line, tranche, quantity, day in rows:
        found[line].append((tranche, quantity, day))
    return found


def _legs(site: Site, parts: Collection[int]) -> dict[int, list[Leg]]:
    """Return what is on the way, by line."""
    found: dict[int, list[Leg]] = defaultdict(list)
    rows = (
        ShipmentLine.objects.for_staff()
        .filter(
            state=ShipmentLine.State.ON_THE_WAY,
            shipment__site=site,
            line__part__in=parts,
        )
        .values_list(
            "line", "pk", "quantity", "received", "shipment__expected_on", "promised_on"
        )
    )
    for line, key, quantity, received, arrives, answers in rows:
        found[line].append(
            Leg(key=key, quantity=quantity - received, arrives=arrives, answers=answers)
        )
    return found


def _coming(
    line: _Line, tranches: list[tuple[int, int, date]], legs: list[Leg]
) -> Iterable[Coming]:
    """Return what is still to come of a standing promise, and when."""
    if not line.is_standing:
        return ()
    promise = tuple(Delivery(day, quantity) for _, quantity, day in tranches)
    return coming(outstanding(promise, line.received_since), legs)


def _at_pace(
    lines: Iterable[_Line],
    arrivals: dict[int, Iterable[Coming]],
    capacities: Mapping[tuple[int, int], Iterable[DeclaredCapacity]],
) -> dict[int, Iterable[Coming]]:
    """Put off what has not left and is more than can be made in its week."""
    by_source: dict[tuple[int, int], list[tuple[int, Coming]]] = defaultdict(list)
    for line in lines:
        if line.source in capacities:
            by_source[line.source] += [(line.line, one) for one in arrivals[line.line]]
    late: dict[int, list[Coming]] = {
        key: [] for found in by_source.values() for key, _ in found
    }
    for source, found in by_source.items():
        declared = tuple(capacities[source])
        waiting = []
        for key, one in found:
            if one.leg is None:
                waiting.append(((key, one), one.arrives, one.quantity))
            else:
                late[key].append(one)
        for (key, one), day, pieces in paced(waiting, partial(capacity_on, declared)):
            late[key].append(replace(one, arrives=day, quantity=pieces))
    return {line: late.get(line, found) for line, found in arrivals.items()}
