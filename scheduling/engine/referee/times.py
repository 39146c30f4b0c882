"""Rules: order of steps, the window of time, facts and pins."""

from collections.abc import Iterator
from itertools import pairwise

from scheduling.engine.blocks import least_minutes
from scheduling.engine.problem import Pin
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import Case, RackPlan, Row, fault
from scheduling.engine.units import Minutes
from scheduling.engine.wording import duration


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every step that starts or ends when it may not."""
    for plan in case.plans:
        if not plan.rows:
            continue
        yield from _order(case, plan)
        yield from _window(case, plan)
        for row in plan.rows:
            if row.running:
                yield from _running(row)
            elif row.pin:
                yield from _pinned(case, row, row.pin)


def _order(case: Case, plan: RackPlan) -> Iterator[Breach]:
    for before, row in pairwise(plan.rows):
        early = before.planned.end - row.planned.start
        if early > 0:
            yield fault(
                row,
                Rule.ORDER,
                f"{row.name} starts {case.clock.say(row.planned.start)}, "
                f"{duration(early)} before {before.planned.step} ends.",
                kind=_order_kind(case, before, row),
                amount=early,
                unit="min",
            )


def _order_kind(case: Case, before: Row, row: Row) -> BreachKind:
    end = before.planned.end
    if before.is_soak:
        end = Minutes(
            before.from_minute + least_minutes(case.book.problem.soak, before.duration)
        )
    is_lost = before.is_fixed and row.is_fixed and end > row.planned.start
    return BreachKind.INHERITED if is_lost else BreachKind.MADE


def _window(case: Case, plan: RackPlan) -> Iterator[Breach]:
    horizon = case.book.problem.horizon
    first = plan.rows[0]
    opening = plan.template.steps[0]
    for row in plan.rows:
        earliest = 0
        if row is first and row.step is opening:
            earliest = max(0, plan.rack.release)
        early = earliest - row.planned.start
        if early > 0 and not row.running:
            yield fault(
                row,
                Rule.WINDOW,
                f"{row.name} starts {duration(early)} before it may, "
                f"{case.clock.say(earliest)}.",
                kind=row.fault_kind,
                amount=early,
                unit="min",
            )
        late = row.planned.end - horizon
        if late > 0:
            yield fault(
                row,
                Rule.WINDOW,
                f"{row.name} ends {duration(late)} after the plan's horizon.",
                kind=row.fault_kind,
                amount=late,
                unit="min",
            )


def _running(row: Row) -> Iterator[Breach]:
    if row.running and row.planned.start != row.running.started:
        off = abs(row.planned.start - row.running.started)
        yield fault(
            row,
            Rule.FACT,
            f"{row.name} is under way; the plan moves its start by {duration(off)}.",
            amount=off,
            unit="min",
        )


def _pinned(case: Case, row: Row, pin: Pin) -> Iterator[Breach]:
    off = abs(row.planned.start - pin.start)
    if off:
        yield fault(
            row,
            Rule.PIN,
            f"{row.name} is pinned to {case.clock.say(pin.start)}; the plan "
            f"moves it by {duration(off)}.",
            amount=off,
            unit="min",
        )
    if pin.bay and row.planned.bay != pin.bay:
        yield fault(
            row,
            Rule.PIN,
            f"{row.name} is pinned to bay {case.book.label_of(pin.bay)}, "
            f"planned in {case.book.label_of(row.planned.bay) or 'none'}.",
        )
