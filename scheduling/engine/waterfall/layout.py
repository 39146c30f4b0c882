"""The rest of a session, laid out from any start: what would be taken, and when."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scheduling.engine.lookup import Lookup
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import PowerClass
from scheduling.engine.referee.case import Row
from scheduling.engine.referee.loads import WITHOUT_PEOPLE


class Part(NamedTuple):
    """A stretch of a laid-out step."""

    start: int
    end: int
    draw: int
    has_people: bool


class Laid(NamedTuple):
    """A step laid out in time."""

    row: Row
    start: int
    end: int
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Layout:
    """The steps from one step to the end of its session, without gaps between them.

    Attributes:
        rows: Those steps, as planned.
        hours: Opening hours of the first step if it is manual, else None.
        is_rigid: Whether it keeps its shape wherever it starts.
    """

    book: Lookup
    rows: tuple[Row, ...]
    hours: OpenHours | None
    is_rigid: bool
    _last: tuple[int, list[Laid]] | None

    def __init__(self, book: Lookup, rows: Sequence[Row]) -> None:
        """Take the rest of a session."""
        self.book = book
        self.rows = tuple(rows)
        is_manual = [row.step.power_class is PowerClass.SHIFT_BOUND for row in rows]
        self.hours = book.hours_of(rows[0].step.crew) if is_manual[0] else None
        self.is_rigid = not any(is_manual)
        self._last = None

    def at(self, start: int) -> list[Laid]:
        """Return the steps laid out from a start; the last answer is kept."""
        if self._last is None or self._last[0] != start:
            self._last = (start, _laid_from(self.book, self.rows, start))
        return self._last[1]

    def likeness(self) -> Iterator[Hashable]:
        """Yield what says, with the template, how the steps are laid out."""
        for row in self.rows:
            if row.step.power_class is PowerClass.SHIFT_BOUND:
                yield row.planned.step, row.duration
            else:
                ready = row.from_minute
                yield row.planned.step, row.planned.end - ready, _shifted(row, -ready)

    def over(self, start: int) -> int | None:
        """Return when the steps are over; None if people for one of them are missing.

        The later the start, the later the end.
        """
        laid = self.at(start)
        if all(self._is_worked(one) for one in laid):
            return laid[-1].end
        return None

    def _is_worked(self, laid: Laid) -> bool:
        step = laid.row.step
        if step.power_class is not PowerClass.SHIFT_BOUND:
            return True
        hours = self.book.hours_of(step.crew)
        return hours.finish(laid.start, laid.row.duration) == laid.end

    def later(self, first: int, start: int, until: int) -> int:
        """Return the start that moves what began at ``start`` to ``until``.

        Args:
            first: When the layout begins now.
            start: When the part in question begins now.
            until: When it may begin.
        """
        if self.hours is None:
            return first + until - start
        opening = self.hours.next_open(until)
        if opening is None:
            return until
        before = self.hours.worked(start) - self.hours.worked(first)
        moment = self.hours.finish(0, self.hours.worked(opening) - before)
        found = None if moment is None else self.hours.next_open(moment)
        return until if found is None else max(first + 1, min(found, until))


def _laid_from(book: Lookup, rows: tuple[Row, ...], start: int) -> list[Laid]:
    laid = []
    now = start
    for row in rows:
        laid.append(_laid(book, row, now))
        now = laid[-1].end
    return laid


def _laid(book: Lookup, row: Row, ready: int) -> Laid:
    """Return a step from when it is ready; as planned if nobody works any more."""
    if row.step.power_class is PowerClass.SHIFT_BOUND:
        hours = book.hours_of(row.step.crew)
        start = hours.next_open(ready)
        end = None if start is None else hours.finish(start, row.duration)
        if start is not None and end is not None:
            stretches = hours.stretches(start, end)
            parts = tuple(
                Part(since, until, row.step.draw if is_open else 0, is_open)
                for since, until, is_open in stretches
            )
            return Laid(row, start, end, parts)
    shift = ready - row.from_minute
    return Laid(row, ready, row.planned.end + shift, _shifted(row, shift))


def _shifted(row: Row, shift: int) -> tuple[Part, ...]:
    """Return a step's phases moved in time, equal neighbours joined."""
    parts: list[Part] = []
    for phase in row.planned.phases:
        start, end = phase.start + shift, phase.end + shift
        has_people = phase.kind not in WITHOUT_PEOPLE
        if parts and parts[-1][1:] == (start, phase.draw, has_people):
            start = parts.pop().start
        parts.append(Part(start, end, phase.draw, has_people))
    return tuple(parts)
