"""A problem whose shared limits have prices: no plan undercuts what is then left.

Racks pay for what they take, what limits have to give is taken off, and each rack does
what is cheapest for it alone. Whatever the prices, no plan costs less than the sum.
"""

from collections.abc import Sequence

import numpy as np

from scheduling.engine.bounds.alone import Alone
from scheduling.engine.bounds.priced.chains import (
    Builder,
    begun_at,
    durations,
    rows_of,
)
from scheduling.engine.bounds.priced.kernel import Reals, sweep
from scheduling.engine.bounds.priced.limits import (
    arrivals_of,
    by_tick,
    groups_of,
    least_by_tick,
    limits_of,
)
from scheduling.engine.bounds.priced.ticks import Ticks, tick_size
from scheduling.engine.cost import WATT_MINUTES_PER_MWH
from scheduling.engine.lookup import Lookup
from scheduling.engine.profile import StepFunction
from scheduling.engine.units import MINUTES_PER_DAY, WATTS_PER_KILOWATT

MOST_TICKS = 12_000
"""Ticks are wider where there would be more."""
HOURS_A_DAY = 24
BUCKET, FEW_BUCKETS = 240, 200
"""Minutes that share a price; fewer where that would be less than so many prices."""
SLACK = 1e-9
"""Share of all that is added up which covers the last digits of floats."""


class Relaxation:
    """Racks apart, with prices on what they share.

    Prices are one array, in cents for what a rack takes at most: of each limit and
    bucket of time, of each bucket of what the meter sees, of each arrival of a part.

    Attributes:
        hour_late: Cents of all racks being an hour late, as a measure.
        racks: How many there are.
        most: The highest sum of prices of the meter, as weighed by ``weights``.
        weights: What each price of the meter counts for.
    """

    def __init__(self, book: Lookup, racks: Sequence[Alone], low: int) -> None:
        """Lay out racks of which none is pinned and each has something to plan.

        Args:
            book: The problem by key.
            racks: What is planned, each alone.
            low: Watts that some averaging window imports in every plan.
        """
        problem, prices = book.problem, book.problem.prices
        horizon = int(problem.horizon)
        size = tick_size(durations(book, racks), -(-horizon // MOST_TICKS))
        ticks = Ticks(horizon, size)
        groups = groups_of(book)
        self._ticks, self._limits = ticks, limits_of(book, groups, ticks)
        builder = Builder(book=book, groups=groups, limits=self._limits, ticks=ticks)
        self._rows = rows_of(builder, racks)
        needed = [part for row in self._rows.parts for part, _ in row]
        self._arrivals = arrivals_of(book, needed, ticks)
        width = max(1, min(BUCKET // size, ticks.count // FEW_BUCKETS))
        self._edges = np.append(np.arange(0, ticks.count, width), ticks.count)
        self._bucket_of = np.arange(ticks.count) // width
        self._given = self._by_bucket(self._limits.given)
        energy = least_by_tick(prices.energy, ticks)
        self._energy = energy / WATT_MINUTES_PER_MWH
        self.racks = len(self._rows.racks)
        self._wip = prices.wip_per_day * size / MINUTES_PER_DAY
        begun = sum(begun_at(one) or 0 for one in racks)
        self._begun = -begun * prices.wip_per_day / MINUTES_PER_DAY
        hourly = sum(one.rack.late_cents_per_day for one in racks) / HOURS_A_DAY
        self.hour_late = hourly
        self._peak = max(low, int(prices.demand_floor))
        self.most = prices.demand_per_kw / WATTS_PER_KILOWATT
        self._base, self._minutes = self._windows(problem.base_load, low, book)
        self._scales(width * size)
        self.weights = self._minutes / self._meter_scale

    @property
    def meter(self) -> slice:
        """Return where the prices of what the meter sees lie."""
        begin = self._given.size
        return slice(begin, begin + len(self._minutes))

    def nothing(self) -> Reals:
        """Return prices of nothing."""
        return np.zeros(self.meter.stop + len(self._arrivals.part))

    def evaluate(self, prices: Reals, spread: float) -> tuple[float, Reals]:
        """Return cents that no plan undercuts, and in which direction they rise.

        Racks of one model would all do the same; where they spread over what costs them
        at most about ``spread`` cents more, the direction holds for longer.
        """
        limit, meter, part = self._split(prices)
        site, arrivals = self._rows.site, self._arrivals
        limit, part = limit / self._scale[:, None], part / self._part_scale
        meter = meter / self._meter_scale
        sums = self._sums(limit, meter)
        pieces = self._part_prices(part)
        values = np.zeros(len(site.rack_due))
        used, taken = np.zeros(sums.shape), np.zeros(pieces.shape)
        sweep(site, self._wip, spread, sums, pieces, values, used, taken)
        use = self._use_by_bucket(used)
        slopes = (
            (use - self._given) / self._scale[:, None],
            (
                use[self._limits.imports].sum(axis=0)
                + self._base
                - self._minutes * self._peak
            )
            / self._meter_scale,
            (self._taken_before(taken) - arrivals.before) / self._part_scale,
        )
        terms = (
            values.sum() + self._begun,
            -(limit * self._given).sum(),
            -(part * arrivals.before).sum(),
            (self.most - (meter * self._minutes).sum()) * self._peak,
            (meter * self._base).sum(),
        )
        size_of_all = float(np.abs(values).sum() + sum(abs(term) for term in terms))
        total = float(sum(terms)) - SLACK * size_of_all
        return total, np.concatenate([slope.ravel() for slope in slopes])

    def dearest(self, prices: Reals) -> tuple[str, str, int, int] | None:
        """Return key, label, first and last minute of what is paid for most."""
        limit, _, part = self._split(prices)
        paid = limit / self._scale[:, None] * self._given
        before = part / self._part_scale * self._arrivals.before
        found: dict[tuple[str, str], float] = {}
        windows: dict[tuple[str, str], tuple[int, int]] = {}
        size, horizon = self._ticks.size, self._ticks.count * self._ticks.size
        for name, row in zip(self._limits.labels, paid, strict=True):
            at = np.flatnonzero(row)
            if len(at) and row.sum() > found.get(name, 0.0):
                found[name] = float(row.sum())
                first, last = self._edges[at[0]], self._edges[at[-1] + 1]
                windows[name] = int(first * size), min(horizon, int(last * size))
        for key, row in self._arrivals.parts.items():
            at = np.flatnonzero((self._arrivals.part == row) & (before > 0))
            if len(at):
                found[key, key] = float(before[at].sum())
                windows[key, key] = 0, int(self._arrivals.tick[at[-1]] * size)
        if not found:
            return None
        name = max(found, key=lambda one: found[one])
        return *name, *windows[name]

    def _split(self, prices: Reals) -> tuple[Reals, Reals, Reals]:
        meter = self.meter
        limit = prices[: meter.start].reshape(self._given.shape)
        return limit, prices[meter], prices[meter.stop :]

    def _sums(self, limit: Reals, meter: Reals) -> Reals:
        """Return the price of a unit of each limit, added up before each tick."""
        sums = np.zeros((len(limit), self._ticks.count + 1))
        for row, counted in enumerate(self._limits.counted):
            cells = limit[row, self._bucket_of] * counted
            if row in self._limits.imports:
                cells += meter[self._bucket_of] + self._energy
            cells *= self._ticks.size
            np.cumsum(cells, out=sums[row, 1:])
        return sums

    def _use_by_bucket(self, used: Reals) -> Reals:
        """Return unit-minutes of each limit that are used in each bucket."""
        found = np.empty_like(self._given)
        for row, counted in enumerate(self._limits.counted):
            rates = np.cumsum(used[row])[:-1] * counted
            rates *= self._ticks.size
            found[row] = self._by_bucket(rates)
        return found

    def _by_bucket(self, cells: Reals) -> Reals:
        found: Reals = np.add.reduceat(cells, self._edges[:-1], axis=-1)
        return found

    def _windows(
        self, base: StepFunction, low: int, book: Lookup
    ) -> tuple[Reals, Reals]:
        """Return base load and minutes of the meter's whole windows by bucket.

        Windows after a plan's end do not count, but what counts is at least ``low``.
        """
        prices = book.problem.prices
        period, begun = int(prices.averaging), int(prices.averaging_begun)
        edges = self._edges * self._ticks.size
        first = (edges[:-1] + begun) // period * period - begun
        last = -(-(edges[1:] + begun) // period) * period - begun
        minutes = Ticks(int(last[-1]), 1)
        capped = StepFunction(
            times=base.times, values=tuple(min(low, watts) for watts in base.values)
        )
        sums = np.concatenate([[0.0], np.cumsum(by_tick(capped, minutes))])
        before = np.maximum(0, -first) * capped.at(0)
        load: Reals = sums[last] - sums[np.maximum(first, 0)] + before
        return load, (last - first).astype(np.float64)

    def _scales(self, minutes: int) -> None:
        """Work out what a rack takes at most of each limit, meter and part."""
        site = self._rows.site
        rates = np.ones(len(self._limits.labels))
        np.maximum.at(rates, site.use_limit, site.use_rate)
        self._scale: Reals = rates * minutes
        self._meter_scale = float(
            max((self._scale[row] for row in self._limits.imports), default=minutes)
        )
        quantities = np.ones(len(self._arrivals.parts))
        for row in self._rows.parts:
            for part, quantity in row:
                at = self._arrivals.parts[part]
                quantities[at] = max(quantities[at], quantity)
        self._part_scale: Reals = quantities[self._arrivals.part]

    def _part_prices(self, price: Reals) -> Reals:
        """Return what each row of parts costs by start tick.

        Who starts before an arrival pays for it.
        """
        arrivals, count = self._arrivals, self._ticks.count + 1
        ends = np.zeros((len(arrivals.parts), count + 1))
        np.add.at(ends, (arrivals.part, arrivals.tick), price)
        later = np.cumsum(ends[:, ::-1], axis=1)[:, ::-1][:, 1:]
        found = np.zeros((len(self._rows.parts), count))
        for row, pieces in enumerate(self._rows.parts):
            for part, quantity in pieces:
                found[row] += quantity * later[arrivals.parts[part]]
        return found

    def _taken_before(self, taken: Reals) -> Reals:
        """Return pieces taken before each arrival."""
        arrivals = self._arrivals
        total = np.zeros((len(arrivals.parts), taken.shape[1] + 1))
        for row, pieces in enumerate(self._rows.parts):
            for part, quantity in pieces:
                total[arrivals.parts[part], 1:] += quantity * taken[row]
        np.cumsum(total, axis=1, out=total)
        found: Reals = total[arrivals.part, arrivals.tick]
        return found
