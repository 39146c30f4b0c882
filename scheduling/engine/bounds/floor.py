"""The least money any plan of these racks can cost, part by part."""

from collections.abc import Collection, Sequence

from scheduling.engine.blocks import least_minutes, permille, share
from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.bounds.machines import least_energy
from scheduling.engine.bounds.peaks import Peaks
from scheduling.engine.bounds.reason import BoundKind, CostBound, Reason
from scheduling.engine.bounds.span import Spans
from scheduling.engine.cost import (
    WATT_MINUTES_PER_MWH,
    demand,
    half_up,
    move_price,
    peak_import,
)
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import PowerClass, Session
from scheduling.engine.units import MINUTES_PER_DAY, Cents


def least_cost(
    book: Lookup, racks: Sequence[Alone], left_out: Collection[str]
) -> CostBound:
    """Return a lower bound of the cost of planning these racks and no others."""
    problem, prices = book.problem, book.problem.prices
    late, broken = left_out_price(book, left_out)
    energy = sum(
        least_energy(problem.soak, one.template, step)
        for one in racks
        for step in one.steps
        if step.step.session is Session.BAY
    )
    spans = Spans(book=book)
    wip, together = _least_prices(book, racks, spans)
    low = least_peak(book, racks)
    hindered, reason = Peaks(
        book, racks, spans, late=late, broken=broken, low=low
    ).least()
    shared = half_up(wip, MINUTES_PER_DAY) + hindered
    # Two parts rounded apart may be a cent less than their sum.
    alone = (late + together) // MINUTES_PER_DAY - 1
    alone += broken * prices.broken_promise + demand(prices, low)
    cents = (
        max(shared, alone)
        + sum(least_moves(book, one) for one in racks if one.rack.previous)
        + half_up(energy * prices.energy.least(), WATT_MINUTES_PER_MWH)
    )
    if shared < alone or reason is None:
        reason = Reason(kind=BoundKind.ALONE)
    return CostBound(cents=Cents(cents), reason=reason)


def left_out_price(book: Lookup, left_out: Collection[str]) -> tuple[int, int]:
    """Return minutes × cents a day racks left out are late, and promises broken."""
    horizon = book.problem.horizon
    missing = [rack for rack in book.problem.racks if rack.key in left_out]
    late = sum(
        max(0, horizon - rack.due) * rack.late_cents_per_day
        for rack in missing
        if rack.due is not None
    )
    broken = sum(
        rack.promise is not None and horizon > rack.promise for rack in missing
    )
    return late, broken


def price_alone(book: Lookup, one: Alone) -> int:
    """Return the least work in progress of a rack and what it is late alone, added.

    In minutes × cents a day.
    """
    span = _least_span(one) * book.problem.prices.wip_per_day if one.steps else 0
    return span + _late(one)


def _late(one: Alone) -> int:
    rack = one.rack
    if rack.due is None:
        return 0
    return max(0, one.end - rack.due) * rack.late_cents_per_day


def _least_prices(
    book: Lookup, racks: Sequence[Alone], spans: Spans
) -> tuple[int, int]:
    """Return the least work in progress, and it and lateness of each rack at once.

    Both in minutes × cents a day.
    """
    wip = together = 0
    for one in racks:
        rack, begun = one.rack, one.rack.progress.kit_started
        late = _late(one)
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


def least_moves(book: Lookup, one: Alone) -> int:
    """Return cents of starts that no plan can have where the published one does."""
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


def least_peak(book: Lookup, racks: Sequence[Alone]) -> int:
    """Return watts that some averaging window imports in every plan."""
    base = book.problem.base_load
    last = max((one.end for one in racks if one.steps), default=0)
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
    return max(peak_import([], base, book.problem.prices, last), drawn + lowest)


def _sure_draw(book: Lookup, one: Alone, step: AloneStep) -> int:
    """Return the import a step is sure to hold for a whole averaging window."""
    kind = step.step.power_class
    if step.step.session is not Session.BAY or kind is PowerClass.SHIFT_BOUND:
        return 0
    rule, draw, minutes = book.problem.soak, step.step.draw, step.work
    if kind is PowerClass.PREEMPTIVE_DERATABLE:
        minutes = least_minutes(rule, min(minutes, rule.block))
        draw = share(draw, min(percent for percent, _ in rule.levels))
    if minutes < 2 * book.problem.prices.averaging - 1:
        return 0
    return permille(draw, one.template.site_permille)
