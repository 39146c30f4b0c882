"""The least money any plan can cost, with a price on everything that is shared."""

from collections.abc import Collection, Iterator, Sequence
from math import floor

from scheduling.engine.bounds.alone import Alone
from scheduling.engine.bounds.floor import (
    least_moves,
    least_peak,
    left_out_price,
    price_alone,
)
from scheduling.engine.bounds.machines import least_energy
from scheduling.engine.bounds.priced.ascent import ascend
from scheduling.engine.bounds.priced.chains import movable
from scheduling.engine.bounds.priced.kernel import WAYS
from scheduling.engine.bounds.priced.relaxation import Relaxation
from scheduling.engine.bounds.reason import BoundKind, CostBound, Reason
from scheduling.engine.cost import WATT_MINUTES_PER_MWH
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import PowerClass, Session
from scheduling.engine.units import MINUTES_PER_DAY, Cents, Minutes

ROUNDING_CENTS = 3
"""Six parts of the cost are rounded to a cent, each by at most half of one."""


def priced_costs(
    book: Lookup, racks: Sequence[Alone], left_out: Collection[str]
) -> Iterator[CostBound]:
    """Yield better and better lower bounds of planning these racks and no others.

    One bound a step, each at least as good as the one before.
    """
    chosen = movable(racks)
    if not chosen or len(book.problem.soak.levels) > WAYS:
        return
    relaxation = Relaxation(book, chosen, least_peak(book, racks))
    aside = _aside(book, racks, left_out)
    known: CostBound | None = None
    for cents, prices in ascend(relaxation):
        whole = floor(cents + aside) - ROUNDING_CENTS
        if known is None or whole > known.cents:
            reason = Reason(kind=BoundKind.ALONE)
            if dearest := relaxation.dearest(prices):
                key, label, start, end = dearest
                reason = Reason(
                    kind=BoundKind.PRICES,
                    resource=key,
                    label=label,
                    start=Minutes(start),
                    end=Minutes(end),
                )
            known = CostBound(cents=Cents(whole), reason=reason)
        yield known


def _aside(book: Lookup, racks: Sequence[Alone], left_out: Collection[str]) -> float:
    """Return cents that are sure besides: of racks that stand, moves, fixed energy."""
    problem = book.problem
    late, broken = left_out_price(book, left_out)
    fixed = {one.rack.key for one in racks} - {one.rack.key for one in movable(racks)}
    energy = 0
    for one in racks:
        is_fixed = one.rack.key in fixed
        if is_fixed:
            rack = one.rack
            late += price_alone(book, one)
            broken += rack.promise is not None and one.end > rack.promise
        for step in one.steps:
            manual = step.step.power_class is PowerClass.SHIFT_BOUND
            if step.step.session is Session.BAY and (
                is_fixed or step.is_fixed or manual
            ):
                energy += least_energy(problem.soak, one.template, step)
    moved = sum(least_moves(book, one) for one in racks if one.rack.previous)
    return (
        late / MINUTES_PER_DAY
        + broken * problem.prices.broken_promise
        + moved
        + energy * problem.prices.energy.least() / WATT_MINUTES_PER_MWH
    )
