"""When a step's material could have been there, given what other racks took."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from itertools import accumulate
from typing import NamedTuple

from scheduling.engine.problem import Supply
from scheduling.engine.referee.case import Case


class Arrival(NamedTuple):
    """When material is complete, and the supply that completes it."""

    ready: int
    supply: Supply


class _Free(NamedTuple):
    """Supplies of a part with pieces nobody pegged, by time, and running totals."""

    supplies: list[Supply]
    times: list[int]
    totals: list[int]


NOTHING_FREE = _Free([], [], [])


class Stock:
    """Pegs of each step, and what of every part no rack has pegged."""

    def __init__(self, case: Case) -> None:
        """Sort out the pegs of a plan."""
        self._supplies = case.book.supplies
        self._pegs: defaultdict[tuple[str, str], list[tuple[Supply, int]]] = (
            defaultdict(list)
        )
        self._known: dict[tuple[str, str], Arrival | None] = {}
        left = Counter(
            {supply.key: supply.quantity for supply in case.book.problem.supplies}
        )
        for peg in case.schedule.pegs:
            supply = self._supplies.get(peg.supply)
            if supply:
                self._pegs[peg.rack, peg.step].append((supply, peg.quantity))
                left[peg.supply] -= peg.quantity
        free: defaultdict[str, list[Supply]] = defaultdict(list)
        for supply in sorted(
            case.book.problem.supplies, key=lambda one: (one.available, one.key)
        ):
            if left[supply.key] > 0:
                free[supply.part].append(supply)
        self._free = {
            part: _Free(
                supplies,
                [supply.available for supply in supplies],
                list(accumulate(left[supply.key] for supply in supplies)),
            )
            for part, supplies in free.items()
        }

    def arrival(self, rack: str, step: str) -> Arrival | None:
        """Return when the last of a step's parts could be there; None without pegs."""
        if (rack, step) not in self._known:
            self._known[rack, step] = self._last_arrival(rack, step)
        return self._known[rack, step]

    def _last_arrival(self, rack: str, step: str) -> Arrival | None:
        by_part: defaultdict[str, list[tuple[Supply, int]]] = defaultdict(list)
        for supply, quantity in self._pegs.get((rack, step), ()):
            by_part[supply.part].append((supply, quantity))
        arrivals = [self._complete(part, pegs) for part, pegs in by_part.items()]
        return max(arrivals, key=lambda one: one.ready, default=None)

    def _complete(self, part: str, pegs: list[tuple[Supply, int]]) -> Arrival:
        """Return when enough of a part was there: pegged to the step, or to nobody."""
        missing = sum(quantity for _, quantity in pegs)
        free = self._free.get(part, NOTHING_FREE)
        ordered = sorted(pegs, key=lambda one: (one[0].available, one[0].key))
        for supply, quantity in ordered:
            index = bisect_left(free.totals, missing)
            if index < len(free.times) and free.times[index] < supply.available:
                return Arrival(free.times[index], free.supplies[index])
            missing -= quantity
            # Pieces nobody pegged may complete what is pegged up to here.
            others = bisect_right(free.times, supply.available)
            if others and free.totals[others - 1] >= missing:
                return Arrival(supply.available, supply)
        last = ordered[-1][0]
        return Arrival(last.available, last)
