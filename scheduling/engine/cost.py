"""What a plan costs, in whole cents: exact, and the same wherever it is counted.

Products of minutes and prices are added up first and divided once, half up.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from scheduling.engine.blocks import permille
from scheduling.engine.lookup import Lookup, look_up
from scheduling.engine.problem import Prices, Problem, Rack
from scheduling.engine.profile import StepFunction
from scheduling.engine.schedule import PlannedStep, Schedule
from scheduling.engine.units import (
    MINUTES_PER_DAY,
    MINUTES_PER_WEEK,
    WATTS_PER_KILOWATT,
    Cents,
    Minutes,
    Watts,
)

WATT_MINUTES_PER_MWH = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A plan's cost and what it is made of.

    Attributes:
        late: Of minutes past due, in cents.
        wip: Of work in progress.
        moved: Of starts that differ from the published plan.
        broken: Of promises not kept.
        demand: Of the highest mean of import.
        energy: Of bays and their cooling, each minute at its price.
        late_racks: Racks that end after their due minute.
        broken_promises: Racks that end after their promise.
        moved_starts: Steps that were moved.
        peak_w: Highest mean import of the contract's averaging windows, base load
            included; watts, rounded up.
    """

    late: Cents
    wip: Cents
    moved: Cents
    broken: Cents
    demand: Cents
    energy: Cents
    late_racks: int
    broken_promises: int
    moved_starts: int
    peak_w: Watts

    @property
    def total(self) -> Cents:
        """Return all parts together."""
        return Cents(
            self.late + self.wip + self.moved + self.broken + self.demand + self.energy
        )


def cost(problem: Problem, schedule: Schedule) -> Cost:
    """Return what a schedule costs; it need not be free of breaches.

    The cost grows with the phases and with the pieces of the base load.
    """
    by_rack: defaultdict[str, list[PlannedStep]] = defaultdict(list)
    for step in schedule.steps:
        by_rack[step.rack].append(step)
    left_out = {entry.rack for entry in schedule.unplannable}
    late = wip = moved = late_racks = broken = moved_starts = 0
    for rack in problem.racks:
        steps = by_rack[rack.key]
        end = problem.horizon if rack.key in left_out else last_end(rack, steps)
        if rack.due is not None and end > rack.due:
            late_racks += 1
            late += (end - rack.due) * rack.late_cents_per_day
        broken += rack.promise is not None and end > rack.promise
        if steps:
            wip += end - first_start(rack, steps)
            prices = moves(problem.prices, rack, steps)
            moved += sum(prices)
            moved_starts += len(prices)
    phases = _imports(look_up(problem), schedule)
    last = max((step.end for step in schedule.steps), default=0)
    peak = peak_import(phases, problem.base_load, problem.prices, last)
    return Cost(
        late=half_up(late, MINUTES_PER_DAY),
        wip=half_up(wip * problem.prices.wip_per_day, MINUTES_PER_DAY),
        moved=Cents(moved),
        broken=Cents(broken * problem.prices.broken_promise),
        demand=demand(problem.prices, peak),
        energy=half_up(bill(phases, problem.prices.energy), WATT_MINUTES_PER_MWH),
        late_racks=late_racks,
        broken_promises=broken,
        moved_starts=moved_starts,
        peak_w=peak,
    )


def cost_of_others(problem: Problem, left_out: Collection[str]) -> Cents:
    """Return cents that finished and unplannable racks cost whatever is planned."""
    templates = {template.key: template for template in problem.templates}
    late = broken = 0
    for rack in problem.racks:
        if rack.key in left_out:
            end = int(problem.horizon)
        elif rack.progress.done == len(templates[rack.template].steps):
            end = rack.progress.last_end or 0
        else:
            continue
        if rack.due is not None and end > rack.due:
            late += (end - rack.due) * rack.late_cents_per_day
        broken += rack.promise is not None and end > rack.promise
    return Cents(late // MINUTES_PER_DAY + broken * problem.prices.broken_promise)


def half_up(amount: int, divisor: int) -> Cents:
    """Return ``amount / divisor`` rounded half up."""
    return Cents((2 * amount + divisor) // (2 * divisor))


def demand(prices: Prices, peak: int) -> Cents:
    """Return the month's charge for a peak in watts, at least that of the ratchet."""
    billed = max(peak, prices.demand_floor)
    return half_up(billed * prices.demand_per_kw, WATTS_PER_KILOWATT)


def last_end(rack: Rack, steps: list[PlannedStep]) -> int:
    """Return when a rack's last step ends; a finished rack's is a fact."""
    if steps:
        return max(step.end for step in steps)
    return rack.progress.last_end or 0


def first_start(rack: Rack, steps: list[PlannedStep]) -> int:
    """Return when a rack's first step began or begins."""
    if rack.progress.kit_started is not None:
        return rack.progress.kit_started
    return min(step.start for step in steps)


def move_price(prices: Prices, previous: int) -> int:
    """Return the cents of moving a start away from a previous minute."""
    if previous < prices.fence:
        return prices.move_fenced
    return prices.move >> (previous // MINUTES_PER_WEEK)


def moves(prices: Prices, rack: Rack, steps: list[PlannedStep]) -> list[int]:
    """Return the price of each step of a rack that was moved."""
    running = rack.progress.running
    previous = {code: (start, bay) for code, start, bay in rack.previous}
    found = []
    for step in steps:
        if step.step not in previous or (running and running.step == step.step):
            continue
        start, bay = previous[step.step]
        is_shifted = abs(step.start - start) > prices.move_tolerance
        if is_shifted or (bay and bay != step.bay):
            found.append(move_price(prices, start))
    return found


def _imports(book: Lookup, schedule: Schedule) -> list[tuple[int, int, int]]:
    """Return ``(start, end, watts of import)`` of every phase that draws."""
    permilles = {
        rack.key: book.templates[rack.template].site_permille
        for rack in book.problem.racks
        if rack.template in book.templates
    }
    return [
        (phase.start, phase.end, permille(phase.draw, permilles[step.rack]))
        for step in schedule.steps
        if step.bay and step.rack in permilles
        for phase in step.phases
        if phase.draw
    ]


def bill(phases: Iterable[tuple[int, int, int]], price: StepFunction) -> int:
    """Return what energy costs, in watt-minutes × cents a MWh.

    Args:
        phases: ``(start, end, watts)`` of import.
        price: In cents a MWh, over time.
    """
    sums = list(
        accumulate(
            (
                (end - start) * cents
                for (start, end), cents in zip(
                    pairwise(price.times), price.values, strict=False
                )
            ),
            initial=0,
        )
    )

    def until(minute: int) -> int:
        piece = max(0, bisect_right(price.times, minute) - 1)
        return sums[piece] + (minute - price.times[piece]) * price.values[piece]

    return sum(watts * (until(end) - until(start)) for start, end, watts in phases)


def peak_import(
    phases: list[tuple[int, int, int]],
    base_load: StepFunction,
    prices: Prices,
    last: int,
) -> Watts:
    """Return the highest mean of the contract's averaging windows, rounded up.

    Args:
        phases: ``(start, end, watts)`` of import, base load aside.
        base_load: What the site takes besides.
        prices: With the length of a window, and how much of the first is over.
        last: The last minute that matters; its window counts as a whole.
    """
    if last <= 0:
        return Watts(0)
    # From here on minutes count from the begin of the first window.
    period, begun = prices.averaging, prices.averaging_begun
    until = -(-(last + begun) // period) * period
    changes: defaultdict[int, int] = defaultdict(int)
    base = 0
    for since, _, watts in base_load.pieces(Minutes(until - begun)):
        changes[since + begun if since else 0] += watts - base
        base = watts
    for start, end, watts in phases:
        changes[start + begun] += watts
        changes[end + begun] -= watts
    changes[until] += 0
    highest = filled = load = now = 0
    for moment in sorted(time for time in changes if time <= until):
        edge = (now // period + 1) * period
        if moment < edge:
            filled += load * (moment - now)
        else:
            whole = moment // period * period
            highest = max(highest, filled + load * (edge - now))
            highest = max(highest, load * period if whole > edge else 0)
            filled = load * (moment - whole)
        load += changes[moment]
        now = moment
    return Watts(-(-highest // period))
