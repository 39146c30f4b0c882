"""Rule: soak runs in whole blocks at known levels and pauses only between them."""

from collections.abc import Iterator

from scheduling.engine.blocks import FULL, level_minutes, share, stretched
from scheduling.engine.problem import SoakRule
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import Case, Row, fault
from scheduling.engine.referee.stretches import Stretch, closed, is_covered, merged
from scheduling.engine.schedule import PhaseKind
from scheduling.engine.wording import duration

AT_WORK = frozenset({PhaseKind.WORK, PhaseKind.DERATED})


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every soak whose phases are not blocks, pauses and resumptions."""
    rule = case.book.problem.soak
    for plan in case.plans:
        for row in plan.rows:
            if row.is_soak and is_covered(row):
                stretches = merged(row.planned.phases)
                yield from _draws(row, stretches, rule)
                yield from _blocks(row, stretches, rule)
                yield from _pauses(row, stretches, rule)
                yield from _hours(case, row, stretches, rule)


def _draws(row: Row, stretches: list[Stretch], rule: SoakRule) -> Iterator[Breach]:
    for stretch in stretches:
        is_full = stretch.percent == FULL
        percent = stretch.percent
        if stretch.kind is PhaseKind.STANDBY:
            percent = rule.standby_percent
        is_odd = (
            stretch.kind is PhaseKind.CLOSED
            or (stretch.kind is PhaseKind.WORK and not is_full)
            or (stretch.kind is PhaseKind.DERATED and is_full)
        )
        if is_odd or stretch.draw != share(row.step.draw, percent):
            yield _soak_fault(
                row,
                f"{stretch.kind} at {stretch.percent} % cannot draw {stretch.draw:,} W",
            )


def _blocks(row: Row, stretches: list[Stretch], rule: SoakRule) -> Iterator[Breach]:
    left = row.duration
    at_work = [stretch for stretch in stretches if stretch.kind in AT_WORK]
    for stretch in at_work:
        minutes = level_minutes(rule, stretch.percent)
        if minutes is None:
            yield _soak_fault(row, f"{stretch.percent} % is not a level")
            return
        if stretch is at_work[-1]:
            needed = stretched(rule, left, minutes)
            if stretch.length != needed:
                yield _soak_fault(
                    row,
                    f"its last {duration(stretch.length)} do not hold what remains, "
                    f"{duration(needed)}",
                )
            return
        blocks, odd = divmod(stretch.length, minutes)
        if odd or blocks * rule.block >= left:
            yield _soak_fault(
                row, f"{duration(stretch.length)} is no whole number of blocks"
            )
            return
        left -= blocks * rule.block
    yield _soak_fault(row, "it never works")


def _pauses(row: Row, stretches: list[Stretch], rule: SoakRule) -> Iterator[Breach]:
    if stretches[-1].kind not in AT_WORK:
        yield _soak_fault(row, "it ends with a pause")
    before: Stretch | None = None
    for index, stretch in enumerate(stretches):
        if stretch.kind is PhaseKind.STANDBY and (
            before is None or before.kind not in AT_WORK
        ):
            yield _soak_fault(row, "it pauses where no block has ended")
        if stretch.kind is PhaseKind.RESUME:
            after = stretches[index + 1 : index + 2]
            if (
                before is None
                or before.kind is not PhaseKind.STANDBY
                or stretch.length != rule.resume
                or not after
                or after[0].draw != stretch.draw
            ):
                yield _soak_fault(
                    row,
                    f"coming back takes {duration(rule.resume)} after a pause, at the "
                    "next block's power",
                )
        is_paused = before is not None and before.kind is PhaseKind.STANDBY
        if stretch.kind in AT_WORK and is_paused and rule.resume:
            yield _soak_fault(row, "it goes on after a pause without coming back")
        before = stretch


def _hours(
    case: Case, row: Row, stretches: list[Stretch], rule: SoakRule
) -> Iterator[Breach]:
    hours = case.book.hours_of(row.step.crew)
    for stretch in stretches:
        if stretch.kind is PhaseKind.STANDBY:
            continue
        # A running or pinned soak has no say in its first block.
        start = stretch.start
        if row.is_fixed and start == row.from_minute:
            first = level_minutes(rule, stretch.percent) or stretch.length
            start = min(stretch.end, start + first)
            if not hours.covers(stretch.start, start):
                yield closed(case, row, stretch.start, kind=BreachKind.INHERITED)
        if start < stretch.end and not hours.covers(start, stretch.end):
            yield closed(case, row, start, kind=BreachKind.MADE)


def _soak_fault(row: Row, what: str) -> Breach:
    return fault(row, Rule.SOAK, f"{row.name}: {what}.")
