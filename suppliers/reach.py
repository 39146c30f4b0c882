"""How far an answer reaches: what its days do to the racks of the published plan.

Pure arithmetic on what scheduling wrote at publication. Pieces go to the racks in the
order in which they start, as the plan gave them out; a rack that gets its pieces after
the last dock date that leaves its start where it is waits by the days between. Whether
a rack that no longer waits for these pieces then waits for something else, only the
next plan can say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from suppliers.ledger import Delivery, Promise
from suppliers.models.need import LineNeed

_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class RackNeed:
    """What one rack needs of a line.

    Attributes:
        serial: The rack.
        needed_by: The last dock date that leaves its start where the plan has it.
        waits_min: Minutes it waits for these pieces in the plan; 0 if for others.
        quantity: Pieces; at least 1.
    """

    serial: str
    needed_by: date
    waits_min: int
    quantity: int

    @property
    def waits_days(self) -> int:
        """Return by how many whole days earlier the wait would be over."""
        return -(-self.waits_min // _MINUTES_A_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a promise does to the racks that need a line.

    Attributes:
        racks: How many need it.
        moved: The racks that wait longer than in the plan, with the days, worst first.
        bare: The racks for which no piece is promised.
        freed: The racks that waited for these pieces and no longer do.
        waiting: The racks that still wait for them.
    """

    racks: int
    moved: tuple[tuple[str, int], ...]
    bare: tuple[str, ...]
    freed: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PullIn:
    """So many days earlier end the waiting of so many racks."""

    days: int
    racks: int


def rack_needs(need: LineNeed | None) -> tuple[RackNeed, ...]:
    """Return what a published plan needs of a line rack by rack, first start first."""
    if need is None:
        return ()
    return tuple(
        RackNeed(
            serial=serial,
            needed_by=date.fromisoformat(day),
            waits_min=waits_min,
            quantity=quantity,
        )
        for serial, day, waits_min, quantity in need.by_rack
    )


def written(needs: Iterable[RackNeed]) -> list[list[str | int]]:
    """Return rack needs as a ``LineNeed`` keeps them, first start first."""
    ordered = sorted(needs, key=lambda rack: (rack.needed_by, rack.serial))
    return [
        [rack.serial, rack.needed_by.isoformat(), rack.waits_min, rack.quantity]
        for rack in ordered
    ]


def reach_of(
    needs: Sequence[RackNeed], promise: Promise, *, in_house: int = 0
) -> Reach:
    """Return what a promise does to racks.

    Args:
        needs: First start first.
        promise: By date; what is still to come.
        in_house: Pieces that have come since the plan was published.
    """
    come = (Delivery(date.min, in_house),) if in_house > 0 else ()
    moved: list[tuple[str, int]] = []
    bare: list[str] = []
    freed: list[str] = []
    waiting: list[str] = []
    for rack, day in zip(needs, _days_of(needs, (*come, *promise)), strict=True):
        if day is None:
            bare.append(rack.serial)
        elif day > rack.needed_by:
            moved.append((rack.serial, (day - rack.needed_by).days))
        elif rack.waits_min:
            is_over = (rack.needed_by - day).days >= rack.waits_days
            (freed if is_over else waiting).append(rack.serial)
    return Reach(
        racks=len(needs),
        moved=tuple(sorted(moved, key=lambda item: (-item[1], item[0]))),
        bare=tuple(bare),
        freed=tuple(freed),
        waiting=tuple(waiting),
    )


def best_pull_in(
    needs: Sequence[RackNeed], promise: Promise, *, in_house: int = 0
) -> PullIn | None:
    """Return the pull-in that frees most racks a day; None if no rack waits.

    Of two as good as each other the longer one, since it frees more.
    """
    lengths = sorted({rack.waits_days for rack in needs if rack.waits_min})
    before = len(reach_of(needs, promise, in_house=in_house).freed)
    found = [
        PullIn(
            days,
            len(reach_of(needs, _earlier(promise, days), in_house=in_house).freed)
            - before,
        )
        for days in lengths
    ]
    helping = [pull_in for pull_in in found if pull_in.racks > 0]
    return max(helping, key=lambda one: (one.racks / one.days, one.days), default=None)


def _days_of(needs: Sequence[RackNeed], promise: Promise) -> Iterable[date | None]:
    """Yield the day on which each rack has all its pieces; None if it never has."""
    coming = list(promise)
    place, left = 0, coming[0].quantity if coming else 0
    for rack in needs:
        wanted = rack.quantity
        while place < len(coming) and wanted > left:
            wanted -= left
            place += 1
            left = coming[place].quantity if place < len(coming) else 0
        if place == len(coming):
            yield None
            continue
        left -= wanted
        yield coming[place].on


def _earlier(promise: Promise, days: int) -> Promise:
    """Return a promise with every delivery so many days earlier."""
    return tuple(
        Delivery(delivery.on - timedelta(days=days), delivery.quantity)
        for delivery in promise
    )
