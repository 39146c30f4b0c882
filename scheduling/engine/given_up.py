"""What a plan gave up for the grid, read off two plans: the one in force, and the new.

Plain comparison, after the referee has passed both; nothing here decides anything.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scheduling.engine.cut import REST, step_of
from scheduling.engine.problem import Bay, PowerClass, Problem, Rack, Template
from scheduling.engine.schedule import Phase, PhaseKind, PlannedStep, Schedule
from scheduling.engine.units import FULL_PERMILLE, Minutes

TOLERANCE_MIN = 15
HELD, DERATED, PAUSED, CUT, MOVED = "held", "derated", "paused", "cut", "moved"
ACTIONS = (HELD, DERATED, PAUSED, CUT, MOVED)
"""In the order in which they are taken."""

Steps = Mapping[str, list[PlannedStep]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """One thing one rack gave up.

    Attributes:
        rack: The rack's key.
        action: One of ``ACTIONS``.
        step: Code of the step.
        start: First minute of it, in the new plan's minutes.
        end: First minute after it.
        saved_w: Watts of site import, at most at one time.
        delay_min: How much later the rack ships; negative when earlier.
        is_broken: Whether it ships after its promise, and did not before.
    """

    rack: str
    action: str
    step: str
    start: int
    end: int
    saved_w: int
    delay_min: int
    is_broken: bool


def given_up(
    problem: Problem,
    schedule: Schedule,
    *,
    window: tuple[int, int],
    before: Schedule | None,
    ago: int = 0,
) -> list[GivenUp]:
    """Return what a plan gives up inside a window, in the order of the house.

    Args:
        problem: What the new plan was made from.
        schedule: The new plan.
        window: First minute of the event and first minute after.
        before: The plan it follows; None: nothing was planned before.
        ago: Minutes by which that plan's epoch lies before this one's.
    """
    reader = _Reader(problem, window, _by_rack(before, -ago) if before else {})
    steps = _by_rack(schedule, 0)
    found = [
        one
        for rack in problem.racks
        if rack.key in steps
        for one in reader.of(rack, steps[rack.key])
    ]
    return sorted(
        found, key=lambda one: (ACTIONS.index(one.action), one.start, one.rack)
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """One window, and where everything was before."""

    problem: Problem
    window: tuple[int, int]
    before: Steps

    def of(self, rack: Rack, now: list[PlannedStep]) -> Iterator[GivenUp]:
        """Yield what one rack gives up."""
        template = next(
            one for one in self.problem.templates if one.key == rack.template
        )
        was = {step_of(one.step): one for one in self.before.get(rack.key, [])}
        delay = now[-1].end - max(one.end for one in was.values()) if was else 0
        late = rack.promise is not None and now[-1].end > rack.promise
        broken = late and bool(was) and now[-1].end - delay <= (rack.promise or 0)
        for action, step, start, end, watts in self._read(rack, template, now, was):
            yield GivenUp(
                rack=rack.key,
                action=action,
                step=step,
                start=start,
                end=end,
                saved_w=-(-watts * template.site_permille // FULL_PERMILLE),
                delay_min=delay,
                is_broken=broken,
            )

    def _read(
        self,
        rack: Rack,
        template: Template,
        now: list[PlannedStep],
        was: Mapping[str, PlannedStep],
    ) -> Iterator[tuple[str, str, int, int, int]]:
        """Yield action, step, start, end and watts at the bay."""
        yield from self._held(template, now, was)
        for planned in now:
            step = template.steps[template.index_of(planned.step)]
            if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
                yield from self._soaked(planned, int(step.draw))
            if planned.step.endswith(REST):
                first = next(one for one in now if one.step == step_of(planned.step))
                if self._meets(first.end, planned.start):
                    yield CUT, first.step, first.end, planned.start, int(step.draw)
        yield from self._moved(rack, now, was)

    def _held(
        self,
        template: Template,
        now: list[PlannedStep],
        was: Mapping[str, PlannedStep],
    ) -> Iterator[tuple[str, str, int, int, int]]:
        """Yield a power-on whose time in the bay met the window, and is later now."""
        until = max((one.end for one in was.values() if one.bay), default=0)
        for planned in now:
            step = template.steps[template.index_of(planned.step)]
            old = was.get(planned.step)
            if step.power_class is not PowerClass.INTERRUPTIBLE or old is None:
                continue
            is_later = planned.start - old.start >= TOLERANCE_MIN
            if is_later and self._meets(old.start, max(until, old.start + 1)):
                yield HELD, planned.step, old.start, planned.start, int(step.draw)

    def _soaked(
        self, planned: PlannedStep, draw: int
    ) -> Iterator[tuple[str, str, int, int, int]]:
        """Yield the derated and the paused stretches of a soak in the window."""
        for action, kinds in (
            (DERATED, (PhaseKind.DERATED,)),
            (PAUSED, (PhaseKind.STANDBY,)),
        ):
            phases = [
                phase
                for phase in planned.phases
                if phase.kind in kinds and self._meets(phase.start, phase.end)
            ]
            if phases:
                least = min(int(phase.draw) for phase in phases)
                yield (
                    action,
                    planned.step,
                    phases[0].start,
                    phases[-1].end,
                    draw - least,
                )

    def _moved(
        self, rack: Rack, now: list[PlannedStep], was: Mapping[str, PlannedStep]
    ) -> Iterator[tuple[str, str, int, int, int]]:
        """Yield a bay stay that lay in the window and is in another hall now."""
        old = [one for one in was.values() if one.bay]
        new = [one for one in now if one.bay]
        if not old or not new or rack.progress.bay:
            return
        bays = {bay.key: bay for bay in self.problem.bays}
        start, end = min(one.start for one in old), max(one.end for one in old)
        halls = {_hall(bays.get(old[0].bay)), _hall(bays.get(new[0].bay))}
        if len(halls) > 1 and self._meets(start, end):
            yield MOVED, new[0].step, new[0].start, new[-1].end, 0

    def _meets(self, start: int, end: int) -> bool:
        return start < self.window[1] and end > self.window[0]


def _by_rack(schedule: Schedule, shift: int) -> dict[str, list[PlannedStep]]:
    """Return steps by rack, in order of time, in another epoch's minutes."""
    found: dict[str, list[PlannedStep]] = defaultdict(list)
    for step in schedule.steps:
        found[step.rack].append(step if not shift else _shifted(step, shift))
    return found


def _shifted(step: PlannedStep, by: int) -> PlannedStep:
    """Return a step in another epoch's minutes; its phases are not looked at."""
    kept: tuple[Phase, ...] = ()
    return PlannedStep(
        rack=step.rack,
        step=step.step,
        start=Minutes(step.start + by),
        end=Minutes(step.end + by),
        bay=step.bay,
        phases=kept,
    )


def _hall(bay: Bay | None) -> str:
    """Return the node that a bay shares with most others."""
    return bay.nodes[-1] if bay and bay.nodes else ""
