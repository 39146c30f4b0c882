"""The least money any plan of these racks can cost, part by part."""

from collections.abc import Callable, Collection, Sequence
from heapq import heappop, heappush

from scheduling.engine.blocks import least_minutes, permille, share
from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.bounds.machines import (
    Machine,
    capped,
    least_energy,
    machines,
)
from scheduling.engine.bounds.span import Spans
from scheduling.engine.cost import (
    QUARTER,
    WATT_MINUTES_PER_MWH,
    demand,
    half_up,
    move_price,
    peak_import,
)
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import PowerClass, ResourceKind, Session
from scheduling.engine.units import MINUTES_PER_DAY, Cents

MOST_LAYERS = 6
"""Prices of lateness are rounded down to so many, since each costs a pass."""

MOST_MACHINES = 3
"""Only the slowest limits are looked at in each pass."""

MOST_CAPPED, SPLITS = 1_000, 24
"""Up to so many racks the demand charge is weighed against lateness, in so many
steps."""

MOST_MODELS = 6
"""Beyond so many models they are not looked at one by one."""


def least_cost(
    book: Lookup, racks: Sequence[Alone], left_out: Collection[str]
) -> Cents:
    """Return a lower bound of the cost of planning these racks and no others."""
    problem, prices = book.problem, book.problem.prices
    missing = [rack for rack in problem.racks if rack.key in left_out]
    late = sum(
        max(0, problem.horizon - rack.due) * rack.late_cents_per_day
        for rack in missing
        if rack.due is not None
    )
    broken = sum(
        rack.promise is not None and problem.horizon > rack.promise for rack in missing
    )
    energy = sum(
        least_energy(problem.soak, one.template, step)
        for one in racks
        for step in one.steps
        if step.step.session is Session.BAY
    )
    wip, together = _least_prices(book, racks)
    peaks = _Peaks(book, racks, late, broken)
    shared = half_up(wip, MINUTES_PER_DAY) + peaks.least()
    # Two parts rounded apart may be a cent less than their sum.
    alone = (late + together) // MINUTES_PER_DAY - 1
    alone += broken * prices.broken_promise + demand(prices, _least_peak(book, racks))
    return Cents(
        max(shared, alone)
        + sum(_least_moves(book, one) for one in racks if one.rack.previous)
        + half_up(energy * prices.energy_per_mwh, WATT_MINUTES_PER_MWH)
    )


class _Peaks:
    """Lateness, broken promises and the demand charge at once.

    A lower peak costs less and lets less work through. For peaks between two values the
    lower one bounds the charge and the upper one what is late, so the least over all
    such intervals is a bound; the interval that gives it is split again and again.
    """

    def __init__(
        self, book: Lookup, racks: Sequence[Alone], late: int, broken: int
    ) -> None:
        """Take what racks left out cost whatever is planned: late and broken."""
        self._book, self._racks = book, racks
        self._late, self._broken = late, broken
        self._machines = machines(book, racks)

    def least(self) -> int:
        """Return cents of lateness, broken promises and demand no plan undercuts."""
        low = _least_peak(self._book, self._racks)
        charge = demand(self._book.problem.prices, low)
        uncapped = self._late_and_broken(self._machines)
        if (
            len(self._racks) > MOST_CAPPED
            or not self._book.problem.prices.demand_per_kw
        ):
            return charge + uncapped
        top = self._highest(low)
        # Charge and hindrance: of the interval's lower and upper peak.
        intervals = [(charge + uncapped, low, top)]
        # Above the highest import there is nothing: the last upper peak hinders least.
        for _ in range(SPLITS):
            value, first, last = heappop(intervals)
            middle = (first + last) // 2
            if middle in {first, last}:
                heappush(intervals, (value, first, last))
                break
            hindered = self._under(middle)
            upper = value - demand(self._book.problem.prices, first)
            if hindered is not None:
                lower = demand(self._book.problem.prices, first) + hindered
                heappush(intervals, (lower, first, middle))
            charge = demand(self._book.problem.prices, middle)
            heappush(intervals, (charge + upper, middle, last))
        return intervals[0][0]

    def _highest(self, low: int) -> int:
        """Return the most that the site may ever import, base load included."""
        base = self._book.problem.base_load.highest()
        sites = (
            one.capacity.highest()
            for one in self._book.problem.resources
            if one.kind is ResourceKind.SITE
        )
        return max(low, base + sum(sites))

    def _under(self, peak: int) -> int | None:
        """Return what is late and broken under a peak, in cents; None: no plan."""
        limited = capped(self._book, self._machines, peak)
        if limited is None:
            return self._late_and_broken(self._machines)
        if limited.completions([one.rack.key for one in self._racks]) is None:
            return None
        return self._late_and_broken([*self._machines, limited])

    def _late_and_broken(self, every: list[Machine]) -> int:
        sites = _Relaxed(self._racks, every)
        late = self._late + sites.least_lateness()
        broken = self._broken + sites.least_broken()
        price = self._book.problem.prices.broken_promise
        return int(half_up(late, MINUTES_PER_DAY)) + broken * price


class _Relaxed:
    """Lateness when the racks share one limit at a time."""

    def __init__(self, racks: Sequence[Alone], every: list[Machine]) -> None:
        self._ends = {one.rack.key: one.end for one in racks}
        self._racks = racks
        models = sorted({one.template.key for one in racks})
        self._models = models if len(models) <= MOST_MODELS else []
        self._machines = {
            model: self._slowest(every, self._of_model(racks, model))
            for model in ("", *self._models)
        }

    def _slowest(self, every: list[Machine], racks: Sequence[Alone]) -> list[Machine]:
        """Return the few machines that keep these racks longest."""
        keys = [one.rack.key for one in racks]
        waits = {
            machine.key: sum(_ends_on(machine, keys, self._ends) or ())
            for machine in every
        }
        every = sorted(every, key=lambda machine: (-waits[machine.key], machine.key))
        return every[:MOST_MACHINES]

    def least_lateness(self) -> int:
        """Return late minutes × cents a day that no plan can undercut.

        Prices are split into layers: a rack at 5 is one at 3 and one at 2, and each
        layer is bounded for all the racks it holds.
        """
        due = [one for one in self._racks if one.rack.due is not None]
        prices = sorted({one.rack.late_cents_per_day for one in due} - {0})
        step = -(-len(prices) // MOST_LAYERS) or 1
        total = below = 0
        for price in prices[::step]:
            layer = [one for one in due if one.rack.late_cents_per_day >= price]
            total += (price - below) * self._late_minutes(layer)
            below = price
        alone = sum(
            max(0, one.end - one.rack.due) * one.rack.late_cents_per_day
            for one in due
            if one.rack.due is not None
        )
        return max(total, alone)

    def _late_minutes(self, racks: Sequence[Alone]) -> int:
        def late(group: Sequence[Alone], model: str) -> int:
            due = sorted(one.rack.due for one in group if one.rack.due is not None)
            return max(
                sum(max(0, end - day) for end, day in zip(ends, due, strict=True))
                for ends in self._sorted_ends(group, model)
            )

        alone = sum(
            max(0, one.end - one.rack.due) for one in racks if one.rack.due is not None
        )
        return max(self._together_or_apart(racks, late), alone)

    def least_broken(self) -> int:
        """Return how many promises no plan can keep."""
        promised = [one for one in self._racks if one.rack.promise is not None]

        def broken(group: Sequence[Alone], model: str) -> int:
            days = sorted(
                one.rack.promise for one in group if one.rack.promise is not None
            )
            return max(
                _not_kept(ends, days) for ends in self._sorted_ends(group, model)
            )

        alone = sum(
            one.end > one.rack.promise
            for one in promised
            if one.rack.promise is not None
        )
        return max(self._together_or_apart(promised, broken), alone)

    def _together_or_apart(
        self, racks: Sequence[Alone], least: Callable[[Sequence[Alone], str], int]
    ) -> int:
        """Return the better bound: all racks in one, or model by model added up."""
        apart = sum(
            least(self._of_model(racks, model), model) for model in self._models
        )
        return max(least(racks, ""), apart)

    @staticmethod
    def _of_model(racks: Sequence[Alone], model: str) -> list[Alone]:
        return [one for one in racks if model in {"", one.template.key}]

    def _sorted_ends(self, racks: Sequence[Alone], model: str) -> list[list[int]]:
        """Return bounds on the racks' sorted ends, one list for each limit."""
        alone = sorted(one.end for one in racks)
        keys = [one.rack.key for one in racks]
        found = [alone]
        for machine in self._machines[model]:
            ends = _ends_on(machine, keys, self._ends)
            if ends is not None:
                found.append([max(pair) for pair in zip(ends, alone, strict=True)])
        return found


def _ends_on(
    machine: Machine, keys: Sequence[str], alone: dict[str, int]
) -> list[int] | None:
    through = machine.completions(keys)
    if not through:
        return None
    return sorted([*through, *(alone[key] for key in keys if key not in machine.jobs)])


def _not_kept(ends: Sequence[int], promises: Sequence[int]) -> int:
    kept = 0
    for promise in promises:
        if ends[kept] <= promise:
            kept += 1
    return len(promises) - kept


def _least_prices(book: Lookup, racks: Sequence[Alone]) -> tuple[int, int]:
    """Return the least work in progress, and it and lateness of each rack at once.

    Both in minutes × cents a day.
    """
    spans = Spans(book=book)
    wip = together = 0
    for one in racks:
        rack, begun = one.rack, one.rack.progress.kit_started
        late = 0
        if rack.due is not None:
            late = max(0, one.end - rack.due) * rack.late_cents_per_day
        if not one.steps:
            together += late
            continue
        is_fixed = any(step.is_fixed for step in one.steps)
        if begun is None and rack.progress.done == 0 and not is_fixed:
            span, both = spans.least_price(one)
        else:
            span = _least_span(one) * book.problem.prices.wip_per_day
            both = span + late
        wip += span
        together += both
    return wip, together


def _least_span(one: Alone) -> int:
    """Return the fewest minutes from first start to last end."""
    begun, running = one.rack.progress.kit_started, one.rack.progress.running
    if begun is None and running:
        begun = running.started
    if begun is not None:
        return one.end - begun
    # Two pinned steps may overlap.
    if any(step.is_fixed for step in one.steps):
        return 0
    return sum(step.least for step in one.steps)


def _least_moves(book: Lookup, one: Alone) -> int:
    prices = book.problem.prices
    previous = {code: start for code, start, _ in one.rack.previous}
    running = one.rack.progress.running
    pinned = {pin.step for pin in one.rack.pins}
    total = 0
    for step in one.steps:
        before = previous.get(step.step.code)
        if before is None or (running and running.step == step.step.code):
            continue
        shift = step.start - before
        if step.step.code in pinned:
            shift = abs(shift)
        total += move_price(prices, before) if shift > prices.move_tolerance else 0
    return total


def _least_peak(book: Lookup, racks: Sequence[Alone]) -> int:
    """Return watts that some quarter of an hour imports in every plan."""
    base = book.problem.base_load
    last = max((one.end for one in racks if one.steps), default=0)
    until = -(-last // QUARTER) * QUARTER
    lowest = base.lowest(0, max(1, book.problem.horizon))
    drawn = max(
        (
            watts
            for one in racks
            for step in one.steps
            if (watts := _sure_draw(book, one, step))
        ),
        default=-lowest,
    )
    return max(peak_import([], base, until), drawn + lowest)


def _sure_draw(book: Lookup, one: Alone, step: AloneStep) -> int:
    """Return the import a step is sure to hold for a whole quarter of an hour."""
    kind = step.step.power_class
    if step.step.session is not Session.BAY or kind is PowerClass.SHIFT_BOUND:
        return 0
    rule, draw, minutes = book.problem.soak, step.step.draw, step.work
    if kind is PowerClass.PREEMPTIVE_DERATABLE:
        minutes = least_minutes(rule, min(minutes, rule.block))
        draw = share(draw, min(percent for percent, _ in rule.levels))
    if minutes < 2 * QUARTER - 1:
        return 0
    return permille(draw, one.template.site_permille)
