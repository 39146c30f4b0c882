"""The answer in the general form: when each activity runs, and in which mode."""

from dataclasses import dataclass

SCHEDULE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One activity's place in a plan.

    Attributes:
        activity: Its key.
        start: First tick.
        end: The tick after its last.
        mode: Which of its modes, counted from 0.
    """

    activity: str
    start: int
    end: int
    mode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSchedule:
    """A whole plan; every activity stands once.

    Attributes:
        assignments: In the order of the problem's activities.
        version: Of this form.
    """

    assignments: tuple[Assignment, ...]
    version: int = SCHEDULE_VERSION


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """What a plan is worth; less is better, the first number decides.

    Attributes:
        objective: The makespan, or the weighted tardiness, in ticks.
        flow: Ticks from release to end, over all jobs; 0 for a makespan.
    """

    objective: int
    flow: int = 0
