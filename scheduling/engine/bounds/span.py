"""The shortest time a rack can be under way, closed hours counted, wherever it begins.

Begun at any minute, a rack alone on the site is done soonest if each step begins as
soon as it may; so the span is a function of the first minute alone, and its least value
bounds every plan's. It is worked out for all minutes at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import PowerClass

Minutes = npt.NDArray[np.int64]
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


@dataclass(slots=True, kw_only=True)
class Spans:
    """The ends of racks by the minute in which they begin; equal racks share them."""

    book: Lookup
    _hours: dict[str, _Hours] = field(default_factory=dict)
    _steps: dict[StepName, Minutes] = field(default_factory=dict)
    _ends: dict[tuple[StepName, ...], Minutes] = field(default_factory=dict)

    def least_price(self, one: Alone) -> tuple[int, int]:
        """Return ``(span, together)`` in minutes × cents a day.

        ``span`` is the least price of work in progress alone; ``together`` the least of
        it and lateness at once, since what begins soonest is not what takes shortest.

        Args:
            one: A rack that has not begun and has no fixed step.
        """
        wip, rack = self.book.problem.prices.wip_per_day, one.rack
        ends = self.ends(one)
        first = min(one.steps[0].start, len(ends) - 1)
        found = ends[first:]
        spans = found - np.arange(first, len(ends))
        is_done = found <= self.book.problem.horizon
        if not is_done.any():
            least = sum(step.least for step in one.steps)
            return least * wip, least * wip
        spans, found = spans[is_done], found[is_done]
        price = spans * wip
        span = int(price.min())
        if rack.due is not None:
            price = price + np.maximum(0, found - rack.due) * rack.late_cents_per_day
        return span, int(price.min())

    def ends(self, one: Alone) -> Minutes:
        """Return the end of a rack's last step by the minute in which it begins.

        A rack that would not be done within the horizon ends after it.
        """
        return self._ends_of(tuple(name_of(step) for step in one.steps))

    def finish(self, names: tuple[StepName, ...], ready: Sequence[int]) -> Minutes:
        """Return when these steps end at the earliest, by the minute they are ready.

        What would not be done within the horizon ends after it.
        """
        never = int(self.book.problem.horizon) + 1
        ends = np.append(self._ends_of(names), never)
        found: Minutes = ends[np.clip(np.asarray(ready, np.int64), 0, never)]
        return found

    def _ends_of(self, names: tuple[StepName, ...]) -> Minutes:
        if names not in self._ends:
            after = int(self.book.problem.horizon) + 1
            ends = np.arange(after, dtype=np.int64)
            for name in names:
                ends = self._of(*name)[np.minimum(ends, after)]
            self._ends[names] = ends
        return self._ends[names]

    def _of(self, crew: str, kind: str, least: int) -> Minutes:
        """Return the end of a step by the minute in which it is ready."""
        key = (crew, kind, least)
        if key not in self._steps:
            hours = self._calendar(crew)
            horizon = int(self.book.problem.horizon)
            found = np.full(horizon + 2, horizon + 1, np.int64)
            if kind == THROUGH:
                start = _next(hours.left >= least, horizon + 1)
                found[: horizon + 1] = np.minimum(start + least, horizon + 1)
            else:
                done = hours.worked[: horizon + 1] + least
                is_in = done <= len(hours.opens)
                last = hours.opens[np.minimum(done, len(hours.opens)) - 1] + 1
                found[: horizon + 1] = np.where(is_in, last, horizon + 1)
            self._steps[key] = found
        return self._steps[key]

    def _calendar(self, crew: str) -> _Hours:
        calendar = self.book.resources[crew].calendar
        if calendar not in self._hours:
            horizon = int(self.book.problem.horizon)
            left = np.zeros(horizon + 1, np.int64)
            for start, end, is_open in self.book.hours_of(crew).stretches(0, horizon):
                if is_open:
                    left[start:end] = np.arange(end - start, 0, -1)
            worked = np.zeros(horizon + 1, np.int64)
            worked[1:] = np.cumsum(left[:-1] > 0)
            opens = np.flatnonzero(left).astype(np.int64)
            if not len(opens):
                opens = np.array([horizon], np.int64)
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
    minutes = np.where(is_good, np.arange(len(is_good)), never)
    found: Minutes = np.minimum.accumulate(minutes[::-1])[::-1]
    return found
