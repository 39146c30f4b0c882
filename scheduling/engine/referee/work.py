"""Rules: manual steps pause at closing, others run through; each does its work."""

from collections.abc import Iterator

from scheduling.engine.problem import PowerClass
from scheduling.engine.referee.breach import Breach, Rule
from scheduling.engine.referee.case import Case, Row, fault
from scheduling.engine.referee.stretches import (
    Stretch,
    closed,
    is_covered,
    merged,
    wrong_length,
)
from scheduling.engine.schedule import PhaseKind


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every step but soak whose phases do not carry its work in open hours."""
    for plan in case.plans:
        for row in plan.rows:
            if not is_covered(row):
                yield fault(
                    row,
                    Rule.PHASES,
                    f"{row.name}: its phases do not cover the time it is planned.",
                )
            elif row.step.power_class is PowerClass.SHIFT_BOUND:
                yield from _manual(case, row, merged(row.planned.phases))
            elif not row.is_soak:
                yield from _through(case, row)


def _through(case: Case, row: Row) -> Iterator[Breach]:
    stretches = merged(row.planned.phases)
    start, end, draw, kind, _ = stretches[0]
    if len(stretches) > 1 or kind is not PhaseKind.WORK or draw != row.step.draw:
        yield fault(
            row,
            Rule.PHASES,
            f"{row.name} runs through at full power; the plan says otherwise.",
        )
    else:
        yield from wrong_length(row, end - start)
    if not case.book.hours_of(row.step.crew).covers(start, row.planned.end):
        yield closed(case, row, start)


def _manual(case: Case, row: Row, stretches: list[Stretch]) -> Iterator[Breach]:
    for stretch in stretches:
        draw = row.step.draw if stretch.kind is PhaseKind.WORK else 0
        is_known = stretch.kind in {PhaseKind.WORK, PhaseKind.CLOSED}
        if not is_known or stretch.draw != draw:
            yield fault(
                row,
                Rule.PHASES,
                f"{row.name} works or waits for opening; the plan says "
                f"{stretch.kind} at {stretch.draw:,} W.",
            )
    worked = [s for s in stretches if s.kind is PhaseKind.WORK]
    yield from wrong_length(row, sum(stretch.length for stretch in worked))
    hours = case.book.hours_of(row.step.crew)
    first, end = row.from_minute, row.planned.end
    planned = [(s.start, s.end, s.kind is PhaseKind.WORK) for s in stretches]
    is_kept = (
        planned == hours.stretches(first, end)
        and hours.is_open(end - 1)
        and (row.running is not None or hours.is_open(first))
    )
    if not is_kept:
        yield closed(case, row, first)
