"""The shortest time a rack can be under way, closed hours counted, wherever it begins.

Begun at any minute, a rack alone on the site is done soonest if each step begins as
soon as it may; so the span is a function of the first minute alone, and its least value
bounds every plan's. It is worked out for all minutes at once.
"""

from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import PowerClass
from scheduling.engine.units import MINUTES_PER_DAY, MINUTES_PER_WEEK

Minutes = npt.NDArray[np.int32]
StepName = tuple[str, str, int]
"""Crew, kind of work and least minutes: all that a step alone depends on."""


@dataclass(slots=True, kw_only=True)
class _Hours:
    """A calendar by minute, up to the horizon.

    Attributes:
        worked: Open minutes before each minute; one more at the end.
        opens: The open minutes, rising.
        left: Minutes from each one to its window's end; 0 while closed.
    """

    worked: Minutes
    opens: Minutes
    left: Minutes


class _Begins:
    """What a rack may begin with: its end and time under way by first minute.

    Attributes:
        ends: End by first minute, rising, of first minutes that end in time.
    """

    __slots__ = ("_days", "_later", "_spans", "ends")

    def __init__(self, ends: Minutes, horizon: int) -> None:
        """Take the ends by first minute; none matters that is after the horizon."""
        self.ends = ends[: np.searchsorted(ends, horizon, side="right")]
        self._spans = self.ends - np.arange(len(self.ends), dtype=np.int32)
        self._later = np.minimum.accumulate(self._spans[::-1])[::-1]
        whole = len(self._spans) // MINUTES_PER_DAY * MINUTES_PER_DAY
        self._days = self._spans[:whole].reshape(-1, MINUTES_PER_DAY).min(axis=1)

    def least(self, first: int) -> int:
        """Return the shortest time under way from a first minute on."""
        return int(self._later[first])

    def price(self, first: int, due: int, wip: int, late: int) -> int:
        """Return the least of both prices from a first minute on, never too high.

        What begins a week after it must be late anyhow is not looked at one by one.
        """
        # A number of another width would have the whole array converted.
        last = np.int32(min(due, np.iinfo(np.int32).max))
        turn = max(first, int(np.searchsorted(self.ends, last, side="right")))
        found = [self._least_within(first, turn) * wip] if turn > first else []
        until = min(turn + MINUTES_PER_WEEK, len(self.ends))
        if turn < until:
            over = self.ends[turn:until].astype(np.int64) - due
            spans = self._spans[turn:until].astype(np.int64)
            found.append(int((spans * wip + over * late).min()))
        if until < len(self.ends):
            found.append(self.least(until) * wip + int(self.ends[until] - due) * late)
        return min(found)

    def _least_within(self, first: int, last: int) -> int:
        """Return the shortest time under way of ``[first, last)``."""
        begin, end = -(-first // MINUTES_PER_DAY), last // MINUTES_PER_DAY
        if begin >= end:
            return int(self._spans[first:last].min())
        edges = (
            self._spans[first : begin * MINUTES_PER_DAY],
            self._days[begin:end],
            self._spans[end * MINUTES_PER_DAY : last],
        )
        return min(int(edge.min()) for edge in edges if len(edge))


@dataclass(slots=True, kw_only=True)
class Spans:
    """The ends of racks by the minute in which they begin; equal racks share them."""

    book: Lookup
    _hours: dict[str, _Hours] = field(default_factory=dict)
    _ends: dict[tuple[StepName, ...], Minutes] = field(default_factory=dict)
    _begins: dict[tuple[StepName, ...], _Begins] = field(default_factory=dict)
    _after: dict[tuple[str, int, int], tuple[StepName, ...]] = field(
        default_factory=dict
    )

    def least_price(self, one: Alone) -> tuple[int, int]:
        """Return ``(span, together)`` in minutes × cents a day.

        ``span`` is the least price of work in progress alone; ``together`` the least of
        it and lateness at once, since what begins soonest is not what takes shortest.

        Args:
            one: A rack that has not begun and has no fixed step.
        """
        wip, rack = self.book.problem.prices.wip_per_day, one.rack
        names = self.names(one, 0)
        if names not in self._begins:
            ends = self._ends_of(names)[:-1]
            self._begins[names] = _Begins(ends, self.book.problem.horizon)
        begins, first = self._begins[names], one.steps[0].start
        if first >= len(begins.ends):
            least = sum(step.least for step in one.steps)
            return least * wip, least * wip
        span = begins.least(first) * wip
        if rack.due is None:
            return span, span
        return span, begins.price(first, rack.due, wip, rack.late_cents_per_day)

    def names(self, one: Alone, first: int) -> tuple[StepName, ...]:
        """Return what a rack's steps from one on depend on, up to the next fixed one.

        Two pinned steps may overlap, so a chain is sure only so far.
        """
        progress = one.rack.progress
        if progress.running or one.rack.pins:
            steps = takewhile(lambda step: not step.is_fixed, one.steps[first:])
            return tuple(name_of(step) for step in steps)
        sign = (one.template.key, progress.done, first)
        if sign not in self._after:
            self._after[sign] = tuple(name_of(step) for step in one.steps[first:])
        return self._after[sign]

    def finish(
        self, names: tuple[StepName, ...], ready: npt.NDArray[np.int64]
    ) -> Minutes:
        """Return when these steps end at the earliest, by the minute they are ready.

        What would not be done within the horizon ends after it.
        """
        never = int(self.book.problem.horizon) + 1
        found: Minutes = self._ends_of(names)[np.clip(ready, 0, never)]
        return found

    def _ends_of(self, names: tuple[StepName, ...]) -> Minutes:
        """Return the ends by first minute; the last begins after the horizon."""
        if names not in self._ends:
            if names:
                ends = self._ends_of(names[1:])[self._of(*names[0])]
            else:
                ends = np.arange(self.book.problem.horizon + 2, dtype=np.int32)
            self._ends[names] = ends
        return self._ends[names]

    def _of(self, crew: str, kind: str, least: int) -> Minutes:
        """Return the end of a step by the minute in which it is ready."""
        hours = self._calendar(crew)
        horizon = int(self.book.problem.horizon)
        found = np.full(horizon + 2, horizon + 1, np.int32)
        if kind == THROUGH:
            start = _next(hours.left >= least, horizon + 1)
            found[: horizon + 1] = np.minimum(start + least, horizon + 1)
        else:
            done = hours.worked[: horizon + 1] + least
            is_in = done <= len(hours.opens)
            last = hours.opens[np.minimum(done, len(hours.opens)) - 1] + 1
            found[: horizon + 1] = np.where(is_in, last, horizon + 1)
        return found

    def _calendar(self, crew: str) -> _Hours:
        calendar = self.book.resources[crew].calendar
        if calendar not in self._hours:
            horizon = int(self.book.problem.horizon)
            left = np.zeros(horizon + 1, np.int32)
            for start, end, is_open in self.book.hours_of(crew).stretches(0, horizon):
                if is_open:
                    left[start:end] = np.arange(end - start, 0, -1)
            worked = np.zeros(horizon + 1, np.int32)
            worked[1:] = np.cumsum(left[:-1] > 0, dtype=np.int32)
            opens = np.flatnonzero(left).astype(np.int32)
            if not len(opens):
                opens = np.array([horizon], np.int32)
            self._hours[calendar] = _Hours(worked=worked, opens=opens, left=left)
        return self._hours[calendar]


MANUAL, THROUGH = "manual", "through"


def name_of(one: AloneStep) -> StepName:
    """Return what a step's time depends on when its rack is alone."""
    spread = {PowerClass.SHIFT_BOUND, PowerClass.PREEMPTIVE_DERATABLE}
    kind = MANUAL if one.step.power_class in spread else THROUGH
    return one.step.crew, kind, one.least


def _next(is_good: npt.NDArray[np.bool_], never: int) -> Minutes:
    """Return the first good minute at or after each."""
    every = np.arange(len(is_good), dtype=np.int32)
    minutes = np.where(is_good, every, np.int32(never))
    found: Minutes = np.minimum.accumulate(minutes[::-1])[::-1]
    return found
