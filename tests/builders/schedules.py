"""Schedules written by hand, step by step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from scheduling.engine.schedule import (
    Peg,
    Phase,
    PhaseKind,
    PlannedStep,
    Schedule,
    Unplannable,
)

PhaseTuple = tuple[int, int, int, str, int]


def a_phase(
    start: int, end: int, draw: int = 0, kind: str = "work", percent: int = 100
) -> Phase:
    """Return one stretch of constant draw."""
    return Phase(start=start, end=end, draw=draw, kind=PhaseKind(kind), percent=percent)


def a_planned_step(
    step: str,
    start: int,
    end: int,
    *,
    rack: str = "R1",
    bay: str = "",
    draw: int = 0,
    phases: Sequence[Phase] = (),
) -> PlannedStep:
    """Return a step that works from start to end unless phases are given."""
    return PlannedStep(
        rack=rack,
        step=step,
        start=start,
        end=end,
        bay=bay,
        phases=tuple(phases) or (a_phase(max(start, 0), end, draw),),
    )


def a_peg(step: str = "KIT", supply: str = "lot:1", **changes) -> Peg:
    """Return one piece of part:x for R1."""
    values = {"rack": "R1", "step": step, "part": "part:x", "quantity": 1} | changes
    return Peg(supply=supply, **values)


def left_out(rack: str = "R1") -> Unplannable:
    """Return a rack listed as unplannable."""
    return Unplannable(
        rack=rack, code="no_bay", sentence=f"{rack} fits no bay.", limit="bay"
    )


def a_schedule(
    *steps: PlannedStep,
    pegs: Iterable[Peg] = (),
    unplannable: Iterable[Unplannable] = (),
) -> Schedule:
    """Return a schedule of these steps."""
    return Schedule(steps=steps, pegs=tuple(pegs), unplannable=tuple(unplannable))


def moved(step: PlannedStep, minutes: int) -> PlannedStep:
    """Return a step shifted in time, its phases with it."""
    return replace(
        step,
        start=step.start + minutes,
        end=step.end + minutes,
        phases=tuple(
            replace(phase, start=phase.start + minutes, end=phase.end + minutes)
            for phase in step.phases
        ),
    )


def with_steps(
    schedule: Schedule, change: Callable[[PlannedStep], PlannedStep | None]
) -> Schedule:
    """Return a schedule with each step changed, or dropped where None comes back."""
    changed = (change(step) for step in schedule.steps)
    return replace(schedule, steps=tuple(step for step in changed if step))
