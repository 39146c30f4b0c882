"""When a step's material could have been there, given what other racks took."""

from collections import Counter, defaultdict
from itertools import accumulate
from typing import NamedTuple

from scheduling.engine.problem import Supply
from scheduling.engine.referee.case import Case


class Arrival(NamedTuple):
    """When material is complete, and the supply that completes it."""

    ready: int
    supply: Supply


class Stock:
    """Pegs of each step, and what of every part no rack has pegged."""

    def __init__(self, case: Case) -> None:
        """Sort out the pegs of a plan."""
        self._supplies = case.book.supplies
        self._pegs: defaultdict[tuple[str, str], list[tuple[Supply, int]]] = (
            defaultdict(list)
        )
        left = Counter(
            {supply.key: supply.quantity for supply in case.book.problem.supplies}
        )
        for peg in case.schedule.pegs:
            supply = self._supplies.get(peg.supply)
            if supply:
                self._pegs[peg.rack, peg.step].append((supply, peg.quantity))
                left[peg.supply] -= peg.quantity
        self._left: defaultdict[str, list[tuple[Supply, int]]] = defaultdict(list)
        for supply in case.book.problem.supplies:
            if left[supply.key] > 0:
                self._left[supply.part].append((supply, left[supply.key]))

    def arrival(self, rack: str, step: str) -> Arrival | None:
        """Return when the last of a step's parts could be there; None without pegs."""
        by_part: defaultdict[str, list[tuple[Supply, int]]] = defaultdict(list)
        for supply, quantity in self._pegs.get((rack, step), ()):
            by_part[supply.part].append((supply, quantity))
        arrivals = [self._complete(part, pegs) for part, pegs in by_part.items()]
        return max(arrivals, key=lambda one: one.ready, default=None)

    def _complete(self, part: str, pegs: list[tuple[Supply, int]]) -> Arrival:
        """Return when enough of a part was there: pegged to the step, or to nobody."""
        last = max(supply.available for supply, _ in pegs)
        free = [one for one in self._left[part] if one[0].available < last]
        found = sorted([*pegs, *free], key=lambda one: (one[0].available, one[0].key))
        totals = accumulate(quantity for _, quantity in found)
        needed = sum(quantity for _, quantity in pegs)
        enough = (i for i, total in enumerate(totals) if total >= needed)
        complete = next(enough, len(found) - 1)
        supply = found[complete][0]
        return Arrival(supply.available, supply)
