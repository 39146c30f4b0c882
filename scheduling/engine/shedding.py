"""What a cap would shed, in the order of the house: plain arithmetic on a plan.

Not a plan: what a repair makes of the cap is judged by the referee and moves work
where there is room. This says at once, without solver or compiler, what is given up
first, how many watts that frees, and whose promise it may touch at most.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from scheduling.engine.blocks import permille
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Rack,
    Step,
    Template,
)
from scheduling.engine.schedule import PlannedStep, Schedule

Wide = npt.NDArray[np.int64]
FULL_PERCENT = 100
TRAYS = 18


class Action(StrEnum):
    """What is given up, in the order in which it is."""

    HELD = "held"
    DERATED = "derated"
    PAUSED = "paused"
    CUT = "cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one rack gives up.

    Attributes:
        rack: The rack's key.
        order: Its order's number.
        action: The furthest it goes.
        step: Code of the step that gives way.
        percent: Power it keeps.
        start: First minute of it.
        end: First minute after it.
        saved_w: Watts of site import freed, at most at one time.
        delay_min: How much later the rack is at most.
        ships: When it would ship at the latest.
        touches_promise: Whether that is after its promise.
        is_flexible: Whether its order bends.
    """

    rack: str
    order: str
    action: Action
    step: str
    percent: int
    start: int
    end: int
    saved_w: int
    delay_min: int
    ships: int
    touches_promise: bool
    is_flexible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shedding:
    """What a cap would come to.

    Attributes:
        given: In the order in which it is given up.
        over_w: Watts over the cap that nothing may free; 0 if it can be kept.
        over_until: First minute from which the cap is kept.
        load: Site import in the window before, minute by minute, base load included.
        kept: The same after.
    """

    given: tuple[Given, ...]
    over_w: int
    over_until: int
    load: Wide = field(repr=False)
    kept: Wide = field(repr=False)


@dataclass(slots=True, kw_only=True)
class _Part:
    """What one planned step takes of the import inside a window."""

    rack: Rack
    step: Step
    planned: PlannedStep
    watts: Wide
    saved: Wide
    action: Action | None = None
    percent: int = FULL_PERCENT
    delay: int = 0


def shed(
    problem: Problem,
    schedule: Schedule,
    *,
    window: tuple[int, int],
    cap: int,
    may_cut: bool = True,
) -> Shedding:
    """Return what a cap on the whole import would shed of a plan.

    New power-ons are held, soaks derated to 80 and 60 %, soaks paused, tests paused
    at a tray boundary; within each, flexible orders first, then the cheapest
    lateness, then whoever has most time to spare. Flash, fill, leak test and drain
    never give way.

    Args:
        problem: What was planned.
        schedule: The plan.
        window: First minute and first minute after, from 0 on.
        cap: Watts, base load and cooling included.
        may_cut: Whether tests may be paused.
    """
    shedder = _Shedder(problem, schedule, window)
    shedder.run(cap, may_cut=may_cut)
    return shedder.result(cap)


def available(
    problem: Problem,
    schedule: Schedule,
    *,
    window: tuple[int, int],
    may_cut: bool = True,
) -> tuple[Wide, Wide]:
    """Return site import and how much of it could be shed, minute by minute."""
    shedder = _Shedder(problem, schedule, window)
    before = shedder.load.copy()
    shedder.run(0, may_cut=may_cut)
    return before, before - shedder.load


def site_load(problem: Problem, schedule: Schedule, *, window: tuple[int, int]) -> Wide:
    """Return the site's import in a window, base load included, minute by minute.

    Costs a pass over the phases and one over the window's minutes.
    """
    start, end = max(0, window[0]), window[1]
    templates = {one.key: one for one in problem.templates}
    shares = {
        rack.key: templates[rack.template].site_permille for rack in problem.racks
    }
    steps = np.zeros(end - start + 1, np.int64)
    for planned in schedule.steps:
        if not planned.bay or planned.start >= end or planned.end <= start:
            continue
        for phase in planned.phases:
            first, last = max(phase.start, start), min(phase.end, end)
            if first < last:
                watts = permille(phase.draw, shares[planned.rack])
                steps[first - start] += watts
                steps[last - start] -= watts
    load: Wide = _base(problem, start, end) + steps.cumsum()[:-1]
    return load


class _Shedder:
    """One window of one plan, from which work is taken away."""

    def __init__(
        self, problem: Problem, schedule: Schedule, window: tuple[int, int]
    ) -> None:
        """Lay out what each step takes."""
        self.problem = problem
        self.start, self.end = max(0, window[0]), window[1]
        self.ships: dict[str, int] = {}
        racks = {rack.key: rack for rack in problem.racks}
        templates = {one.key: one for one in problem.templates}
        self.parts: list[_Part] = []
        for planned in schedule.steps:
            self.ships[planned.rack] = max(self.ships.get(planned.rack, 0), planned.end)
            rack = racks[planned.rack]
            template = templates[rack.template]
            if planned.bay and planned.start < self.end and planned.end > self.start:
                self.parts.append(self._part(rack, template, planned))
        self.load = _base(problem, self.start, self.end)
        for part in self.parts:
            self.load += part.watts

    def run(self, cap: int, *, may_cut: bool) -> None:
        """Take away until nothing is over the cap, or nothing is left to take."""
        levels = [
            (percent, minutes) for percent, minutes in self.problem.soak.levels[1:]
        ]
        block = self.problem.soak.levels[0][1]
        for part in self._begun_later(cap):
            self._hold(part)
        for percent, minutes in levels:
            for part in self._soaks(cap):
                self._derate(part, percent, minutes, block)
        for part in self._soaks(cap):
            self._pause(part)
        if may_cut:
            for part in self._tests(cap):
                self._cut(part)

    def result(self, cap: int) -> Shedding:
        """Return what was taken, in the order of the house."""
        order = list(Action)
        given = [
            self._given(parts)
            for parts in _by_rack(part for part in self.parts if part.action)
        ]
        over = np.flatnonzero(self.load > cap)
        before = self.load + sum(
            (part.saved for part in self.parts), np.zeros_like(self.load)
        )
        return Shedding(
            given=tuple(
                sorted(given, key=lambda one: (order.index(one.action), one.start))
            ),
            over_w=max(0, int((self.load - cap).max(initial=0))),
            over_until=self.start + int(over[-1]) + 1 if len(over) else self.start,
            load=before,
            kept=self.load,
        )

    def _part(self, rack: Rack, template: Template, planned: PlannedStep) -> _Part:
        watts = np.zeros(self.end - self.start, np.int64)
        for phase in planned.phases:
            first, last = max(phase.start, self.start), min(phase.end, self.end)
            if first < last:
                watts[first - self.start : last - self.start] = permille(
                    phase.draw, template.site_permille
                )
        return _Part(
            rack=rack,
            step=template.steps[template.index_of(planned.step)],
            planned=planned,
            watts=watts,
            saved=np.zeros_like(watts),
        )

    def _over(self, cap: int) -> npt.NDArray[np.bool_]:
        over: npt.NDArray[np.bool_] = self.load > cap
        return over

    def _begun_later(self, cap: int) -> Iterator[_Part]:
        """Yield steps of racks whose power-on lies in the window, rack by rack."""
        on: dict[str, int] = {}
        for part in self.parts:
            is_on = part.step.power_class is PowerClass.INTERRUPTIBLE
            if is_on and part.planned.start >= self.start:
                on[part.rack.key] = part.planned.start
        held = [
            part
            for part in self.parts
            if part.planned.start >= on.get(part.rack.key, self.end)
        ]
        for parts in _by_rack(sorted(held, key=self._rank)):
            over = self._over(cap)
            if any((part.watts[over] > 0).any() for part in parts):
                yield from parts

    def _soaks(self, cap: int) -> Iterator[_Part]:
        yield from self._of(PowerClass.PREEMPTIVE_DERATABLE, cap)

    def _tests(self, cap: int) -> Iterator[_Part]:
        yield from self._of(PowerClass.RESTARTABLE, cap)

    def _of(self, kind: PowerClass, cap: int) -> Iterator[_Part]:
        """Yield steps of one class that still draw while there is too little."""
        wanted = [
            part
            for part in self.parts
            if part.step.power_class is kind and part.action is not Action.HELD
        ]
        for part in sorted(wanted, key=self._rank):
            over = self._over(cap)
            if (part.watts[over] > part.saved[over]).any():
                yield part

    def _rank(self, part: _Part) -> tuple[bool, int, int, str, int]:
        rack = part.rack
        target = rack.due if rack.promise is None else rack.promise
        spare = (target or 0) - self.ships[rack.key]
        return (
            not rack.is_flexible,
            rack.late_cents_per_day,
            -spare,
            rack.key,
            part.planned.start,
        )

    def _take(self, part: _Part, saved: Wide) -> None:
        """Free watts of a step, in place of what it freed before."""
        self.load += part.saved - saved
        part.saved = saved

    def _hold(self, part: _Part) -> None:
        part.action, part.percent = Action.HELD, 0
        part.delay = self.end - max(part.planned.start, self.start)
        self._take(part, part.watts.copy())

    def _derate(self, part: _Part, percent: int, minutes: int, block: int) -> None:
        part.action, part.percent = Action.DERATED, percent
        worked = int((part.watts > 0).sum())
        part.delay = -(-worked * (minutes - block) // minutes)
        self._take(part, part.watts - _share(part.watts, percent))

    def _pause(self, part: _Part) -> None:
        soak = self.problem.soak
        part.action, part.percent = Action.PAUSED, soak.standby_percent
        part.delay = int((part.watts > 0).sum()) + soak.resume
        self._take(part, part.watts - _share(part.watts, soak.standby_percent))

    def _cut(self, part: _Part) -> None:
        """Pause a test where its tray ends, or hold one that has not begun."""
        tray = -(-part.step.duration // TRAYS)
        begun = max(0, self.start - part.planned.start)
        free = -begun % tray if begun else 0
        saved = part.watts.copy()
        saved[: max(0, part.planned.start - self.start) + free] = 0
        if not saved.any():
            return
        part.action, part.percent = Action.CUT, 0
        part.delay = int((saved > 0).sum()) + (self.problem.soak.resume if begun else 0)
        self._take(part, saved)

    def _given(self, parts: Sequence[_Part]) -> Given:
        """Return what one rack gives up; the furthest it goes names it."""
        order = list(Action)
        worst = max(parts, key=lambda one: order.index(one.action or Action.HELD))
        saved = sum((part.saved for part in parts), np.zeros_like(self.load))
        taken = np.flatnonzero(saved)
        rack = worst.rack
        delays = [part.delay for part in parts]
        is_held = worst.action is Action.HELD
        delay = max(delays) if is_held else sum(delays)
        ships = self.ships[rack.key] + delay
        first = self.start + int(taken[0]) if len(taken) else self.start
        last = self.start + int(taken[-1]) + 1 if len(taken) else self.end
        return Given(
            rack=rack.key,
            order=rack.order,
            action=worst.action or Action.HELD,
            step=parts[0].step.code if is_held else worst.step.code,
            percent=worst.percent,
            start=first,
            end=last,
            saved_w=int(saved.max(initial=0)),
            delay_min=delay,
            ships=ships,
            touches_promise=rack.promise is not None and ships > rack.promise,
            is_flexible=rack.is_flexible,
        )


def _base(problem: Problem, start: int, end: int) -> Wide:
    """Return the base load of a window, minute by minute."""
    found = np.zeros(end - start, np.int64)
    for first, last, watts in problem.base_load.pieces(end):
        if last > start:
            found[max(0, first - start) : last - start] = watts
    return found


def _share(watts: Wide, percent: int) -> Wide:
    share: Wide = -(-watts * percent // FULL_PERCENT)
    return share


def _by_rack(parts: Iterable[_Part]) -> list[list[_Part]]:
    """Return parts rack by rack, in the order in which racks come up."""
    found: dict[str, list[_Part]] = {}
    for part in parts:
        found.setdefault(part.rack.key, []).append(part)
    return list(found.values())
