"""One rack alone on the site: the earliest that any plan could have its steps."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

from scheduling.engine.blocks import least_minutes
from scheduling.engine.lookup import Lookup
from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import PowerClass, Rack, Step, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneStep:
    """The earliest a step can run when its rack has the site to itself.

    Attributes:
        step: The step.
        start: Earliest start in minutes.
        end: Earliest end in minutes.
        work: Full-power minutes to do.
        least: The shortest time it takes, closed hours aside.
        is_fixed: Whether it is running or pinned.
    """

    step: Step
    start: int
    end: int
    work: int
    least: int
    is_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A rack's remaining steps at their earliest.

    Attributes:
        rack: The rack.
        template: Its routing.
        steps: In order; empty when nothing is left to do.
    """

    rack: Rack
    template: Template
    steps: tuple[AloneStep, ...]

    @property
    def end(self) -> int:
        """Return the earliest end of the last step."""
        if self.steps:
            return self.steps[-1].end
        return self.rack.progress.last_end or 0


class Arrivals:
    """When how many pieces of each part have become usable."""

    def __init__(self, book: Lookup) -> None:
        """Add up all supplies of a problem."""
        supplies: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for supply in book.problem.supplies:
            supplies[supply.part].append((supply.available, supply.quantity))
        self._times: dict[str, list[int]] = {}
        self._totals: dict[str, list[int]] = {}
        for part, found in supplies.items():
            found.sort()
            self._times[part] = [time for time, _ in found]
            self._totals[part] = list(accumulate(quantity for _, quantity in found))

    def when(self, part: str, quantity: int) -> int | None:
        """Return when that many pieces are usable in all, or None for never."""
        totals = self._totals.get(part, [])
        index = bisect_left(totals, quantity)
        return self._times[part][index] if index < len(totals) else None

    def until(self, part: str, minute: int) -> int:
        """Return the pieces usable before a minute."""
        index = bisect_left(self._times.get(part, []), minute)
        return self._totals[part][index - 1] if index else 0


def alone(book: Lookup, arrivals: Arrivals, rack: Rack) -> Alone | None:
    """Return the earliest of each remaining step, or None if the horizon is too short.

    Material, calendars, pins and allowance count; other racks, bays and power do not.
    A pinned step is taken at its minute even where that breaks a rule.
    """
    template = book.templates[rack.template]
    now = max(0, rack.release) if rack.progress.done == 0 else 0
    pins = {pin.step: pin.start for pin in rack.pins}
    needed: defaultdict[str, int] = defaultdict(int)
    for part, quantity in rack.materials_reserved:
        needed[part] -= quantity
    found = []
    for index, step in enumerate(template.steps[rack.progress.done :]):
        running = rack.progress.running if index == 0 else None
        work = running.remaining if running else step.duration
        pin = None if running else pins.get(step.code)
        if running:
            now = 0
        else:
            ready = _material_ready(arrivals, template, step, needed)
            if ready is None:
                return None
            now = max(now, ready) if pin is None else pin
        is_fixed = running is not None or pin is not None
        is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
        least = least_minutes(book.problem.soak, work) if is_soak else work
        span = _span(book.hours_of(step.crew), step, now, least, is_fixed=is_fixed)
        if span is None or span[1] > book.problem.horizon:
            return None
        now = span[1]
        found.append(
            AloneStep(
                step=step,
                start=span[0],
                end=span[1],
                work=work,
                least=least,
                is_fixed=is_fixed,
            )
        )
    return Alone(rack=rack, template=template, steps=tuple(found))


def _material_ready(
    arrivals: Arrivals, template: Template, step: Step, needed: dict[str, int]
) -> int | None:
    """Return when a step's parts are usable, counting what earlier steps took."""
    ready = 0
    for material in template.materials:
        if material.step == step.code:
            needed[material.part] += material.quantity
            if needed[material.part] > 0:
                arrival = arrivals.when(material.part, needed[material.part])
                if arrival is None:
                    return None
                ready = max(ready, arrival)
    return ready


def _span(
    hours: OpenHours, step: Step, ready: int, least: int, *, is_fixed: bool
) -> tuple[int, int] | None:
    """Return the earliest start and end at or after a minute, or None."""
    is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
    if step.power_class is PowerClass.SHIFT_BOUND or (is_soak and not is_fixed):
        start = ready if is_fixed else hours.next_open(ready)
        end = None if start is None else hours.finish(start, least)
        return None if start is None or end is None else (start, end)
    if is_fixed:
        return ready, ready + least
    found = hours.next_window(ready, least)
    return None if found is None else (found, found + least)
