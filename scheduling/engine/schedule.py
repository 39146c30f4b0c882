"""The engine's answer: when and where each step of each rack runs, on whose parts."""

from dataclasses import dataclass
from enum import StrEnum

from scheduling.engine.units import Minutes, Watts

SCHEDULE_VERSION = 1


class PhaseKind(StrEnum):
    """What a rack does during one phase of a step."""

    WORK = "work"
    """At full power (for steps without power: people at work)."""
    DERATED = "derated"
    """A soak block below full power."""
    STANDBY = "standby"
    """Paused between soak blocks at standby power; no people."""
    RESUME = "resume"
    """Coming back after a pause, at the next block's power; people present."""
    CLOSED = "closed"
    """A manual step waiting for its crew's calendar to open; the place is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch of a step with constant draw.

    Attributes:
        start: First minute.
        end: First minute after it; later than start.
        draw: Watts at the bay.
        kind: What happens.
        percent: Power level in percent of the step's draw.
    """

    start: Minutes
    end: Minutes
    draw: Watts
    kind: PhaseKind
    percent: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step of one rack in time.

    Attributes:
        rack: The rack's key.
        step: The step's code.
        start: First minute; before 0 only for a step under way at the epoch.
        end: First minute after it.
        bay: Key of the bay held; empty outside a bay.
        phases: Adjoining phases that cover ``[max(start, 0), end)`` without gaps.
    """

    rack: str
    step: str
    start: Minutes
    end: Minutes
    bay: str
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peg:
    """A quantity of a supply that one rack's step consumes."""

    rack: str
    step: str
    part: str
    supply: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplannable:
    """A rack that no plan can hold, with the reason.

    Attributes:
        rack: The rack's key.
        code: Stable reason code, such as ``no_bay``.
        sentence: Object, limit and amount in one plain sentence.
        limit: Word of the limit (``material``, ``bay``, ``power`` ...).
    """

    rack: str
    code: str
    sentence: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A plan for every rack, or the reason why a rack has none.

    Attributes:
        steps: Planned steps, by rack then by routing order; finished steps are absent.
        pegs: Material decisions; quantities per rack, step and part add up to the need.
        unplannable: Racks left out.
        version: Of this form.
    """

    steps: tuple[PlannedStep, ...]
    pegs: tuple[Peg, ...]
    unplannable: tuple[Unplannable, ...] = ()
    version: int = SCHEDULE_VERSION
