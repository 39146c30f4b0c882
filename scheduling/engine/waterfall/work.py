"""What the minutes of one planned step are: physics, rework, closed hours, power."""

from collections.abc import Iterator

from scheduling.engine.blocks import level_minutes
from scheduling.engine.referee.case import Case, Row
from scheduling.engine.referee.soak import AT_WORK
from scheduling.engine.schedule import Phase, PhaseKind
from scheduling.engine.waterfall.bars import BEFORE, Cause, Limit
from scheduling.engine.waterfall.waits import event_cause

PHYSICS = Cause(limit=Limit.PHYSICS, label="work")
REWORK = Cause(limit=Limit.REWORK, label="rework allowance")
BEFORE_THIS_PLAN = Cause(limit=Limit.RELEASE, label=BEFORE)


def parts(case: Case, row: Row) -> Iterator[tuple[Cause, int]]:
    """Yield what a step's minutes from start to end belong to; they add up to them."""
    done = 0
    if row.running:
        passed = -row.planned.start
        done = min(passed, max(0, row.step.duration - row.running.remaining))
        yield BEFORE_THIS_PLAN, passed - done
    worked, extra = _split(case, row)
    physics = min(row.step.work, done + worked)
    yield PHYSICS, physics
    yield REWORK, done + worked - physics
    yield from extra


def _split(case: Case, row: Row) -> tuple[int, list[tuple[Cause, int]]]:
    """Return full-power minutes planned, and what closing, derating and pauses add."""
    worked = 0
    extra: list[tuple[Cause, int]] = []
    left = row.duration
    for index, phase in enumerate(row.planned.phases):
        length = phase.end - phase.start
        if phase.kind is PhaseKind.CLOSED:
            extra.append((_crew(case, row), length))
        elif phase.kind not in AT_WORK:
            extra.append((_grid_or_power(case, row, _pause(row, index)), length))
        else:
            needed = length
            if row.is_soak:
                needed = min(length, left, _full_power(case, phase, left))
            left -= needed
            worked += needed
            extra.append((_grid_or_power(case, row, phase), length - needed))
    return worked, extra


def _full_power(case: Case, phase: Phase, left: int) -> int:
    """Return the full-power minutes a phase at work stands for."""
    rule = case.book.problem.soak
    minutes = level_minutes(rule, phase.percent)
    if minutes is None:
        return phase.end - phase.start
    blocks, odd = divmod(phase.end - phase.start, minutes)
    return left if odd else blocks * rule.block


def _pause(row: Row, index: int) -> Phase:
    """Return the standby of a pause; a resumption belongs to the one before it."""
    phases = row.planned.phases
    while index and phases[index].kind is PhaseKind.RESUME:
        index -= 1
    return phases[index]


def _grid_or_power(case: Case, row: Row, phase: Phase) -> Cause:
    for event in case.book.problem.curtailments:
        if phase.start < event.end and event.start < phase.end:
            return event_cause(event)
    bay = case.book.bays.get(row.planned.bay)
    site = bay.site if bay else ""
    return Cause(
        limit=Limit.POWER,
        resource=site,
        label=case.book.label_of(site),
        owner=case.book.owner_of(site),
    )


def _crew(case: Case, row: Row) -> Cause:
    crew = row.step.crew
    return Cause(
        limit=Limit.SHIFT,
        resource=crew,
        label=case.book.label_of(crew),
        owner=case.book.owner_of(crew),
    )
