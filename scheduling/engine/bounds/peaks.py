"""Lateness, broken promises and the demand charge, weighed against each other."""

from collections.abc import Sequence
from heapq import heappop, heappush

from scheduling.engine.bounds.alone import Alone
from scheduling.engine.bounds.machines import Machine, capped, machines
from scheduling.engine.bounds.reason import Reason
from scheduling.engine.bounds.relaxed import Ends, Relaxed
from scheduling.engine.bounds.span import Spans
from scheduling.engine.cost import demand, half_up
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import ResourceKind
from scheduling.engine.units import MINUTES_PER_DAY

MOST_SPLITS, SPLIT_RACKS = 24, 24_000
"""The demand charge is weighed against lateness in so many steps, in fewer where each
takes longer: so many times the racks at most."""


class Peaks:
    """Bounds what a peak costs with what it lets through.

    A lower peak costs less and lets less work through. For peaks between two values the
    lower one bounds the charge and the upper one what is late, so the least over all
    such intervals is a bound; the interval that gives it is split again and again.
    """

    def __init__(
        self,
        book: Lookup,
        racks: Sequence[Alone],
        spans: Spans,
        *,
        late: int,
        broken: int,
        low: int,
    ) -> None:
        """Take what is sure.

        Args:
            book: The problem by key.
            racks: What is planned, each alone.
            spans: How long what is left of them takes.
            late: Minutes × cents a day that racks left out are late.
            broken: Promises that they break.
            low: Watts that some averaging window imports in every plan.
        """
        self._book, self._racks = book, racks
        self._late, self._broken, self._low = late, broken, low
        self._machines = machines(book, racks, spans)
        self._known: Ends = {}

    def least(self) -> tuple[int, Reason | None]:
        """Return cents of lateness, broken promises and demand no plan undercuts.

        With them the limit that makes racks late, if one does.
        """
        prices, low = self._book.problem.prices, self._low
        charge = demand(prices, low)
        uncapped, reason = self._late_and_broken(self._machines)
        if not prices.demand_per_kw:
            return charge + uncapped, reason
        splits = min(MOST_SPLITS, SPLIT_RACKS // max(1, len(self._racks)))
        # Cents, peaks, and a number that settles ties before reasons are compared.
        intervals = [(charge + uncapped, low, self._highest(low), 0, reason)]
        # Above the highest import there is nothing: the last upper peak hinders least.
        for number in range(splits):
            value, first, last, _, reason = heappop(intervals)
            middle = (first + last) // 2
            if middle in {first, last}:
                heappush(intervals, (value, first, last, number, reason))
                break
            hindered = self._under(middle)
            charge = demand(prices, first)
            if hindered is not None:
                lower = (charge + hindered[0], first, middle, -number, hindered[1])
                heappush(intervals, lower)
            upper = value - charge + demand(prices, middle)
            heappush(intervals, (upper, middle, last, number, reason))
        value, _, _, _, reason = intervals[0]
        return value, reason

    def _highest(self, low: int) -> int:
        """Return the most that the site may ever import, base load included."""
        base = self._book.problem.base_load.highest()
        sites = (
            one.capacity.highest()
            for one in self._book.problem.resources
            if one.kind is ResourceKind.SITE
        )
        return max(low, base + sum(sites))

    def _under(self, peak: int) -> tuple[int, Reason | None] | None:
        """Return what is late and broken under a peak, in cents; None: no plan."""
        limited = capped(self._book, self._machines, peak)
        if limited is None:
            return self._late_and_broken(self._machines)
        if limited.completions([one.rack.key for one in self._racks]) is None:
            return None
        return self._late_and_broken([*self._machines, limited])

    def _late_and_broken(self, every: list[Machine]) -> tuple[int, Reason | None]:
        relaxed = Relaxed(self._racks, every, self._known)
        late = self._late + relaxed.least_lateness()
        broken = self._broken + relaxed.least_broken()
        price = self._book.problem.prices.broken_promise
        cents = int(half_up(late, MINUTES_PER_DAY)) + broken * price
        return cents, relaxed.reason()
