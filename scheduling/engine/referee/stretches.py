"""Phases as the rules read them: equal neighbours joined, gaps refused."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import Case, Row, fault
from scheduling.engine.schedule import Phase, PhaseKind
from scheduling.engine.wording import duration


class Stretch(NamedTuple):
    """Adjoining phases that mean the same, as one."""

    start: int
    end: int
    draw: int
    kind: PhaseKind
    percent: int

    @property
    def length(self) -> int:
        """Return its minutes."""
        return self.end - self.start


def merged(phases: Sequence[Phase]) -> list[Stretch]:
    """Return phases with equal neighbours joined."""
    found: list[Stretch] = []
    for phase in phases:
        if found:
            last = found[-1]
            if (last.kind, last.draw, last.percent) == (
                phase.kind,
                phase.draw,
                phase.percent,
            ):
                found[-1] = last._replace(end=phase.end)
                continue
        found.append(
            Stretch(phase.start, phase.end, phase.draw, phase.kind, phase.percent)
        )
    return found


def is_covered(row: Row) -> bool:
    """Return whether a step's phases adjoin and cover the time it is planned."""
    phases = row.planned.phases
    return (
        bool(phases)
        and phases[0].start == row.from_minute
        and phases[-1].end == row.planned.end
        and all(phase.start < phase.end for phase in phases)
        and all(one.end == other.start for one, other in pairwise(phases))
    )


def wrong_length(row: Row, work: int) -> Iterator[Breach]:
    """Yield a breach when a step is given more or less work than it takes."""
    if work != row.duration:
        yield fault(
            row,
            Rule.PHASES,
            f"{row.name} is given {duration(work)} of work; it takes "
            f"{duration(row.duration)}.",
            amount=abs(work - row.duration),
            unit="min",
        )


def closed(
    case: Case, row: Row, start: int, *, kind: BreachKind | None = None
) -> Breach:
    """Return the breach of a step that does not keep to its people's hours."""
    crew = row.step.crew
    return fault(
        row,
        Rule.CALENDAR,
        f"{row.name} from {case.clock.say(start)} does not keep to the hours of "
        f"{case.book.label_of(crew)}.",
        kind=kind or row.fault_kind,
        limit=case.book.label_of(crew),
        owner=case.book.owner_of(crew),
    )
