"""The bars of a lead-time waterfall, laid end to end."""

from dataclasses import dataclass, field
from enum import StrEnum

from scheduling.engine.units import Minutes


class Limit(StrEnum):
    """What a minute of lead time is lost to, in the order in which ties are broken."""

    PHYSICS = "physics"
    MATERIAL = "material"
    FROZEN = "frozen"
    CURTAILMENT = "curtailment"
    POWER = "power"
    COOLING = "cooling"
    BAY = "bay"
    PEOPLE = "people"
    SHIFT = "shift"
    BATCHING = "batching"
    ANSWER = "answer"
    RELEASE = "release"
    FREIGHT = "freight"
    REWORK = "rework"
    QUALITY = "quality"


HELD = "held by the plan"
BEFORE = "before this plan"
RELEASE = "held until its release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Some minutes of one rack's lead time and the limit they belong to.

    Attributes:
        rack: The rack's key.
        sequence: Its place in the rack's waterfall, from 0.
        step: Code of the step or lag it belongs to or waits for.
        limit: Word of the limit, such as ``power``.
        resource: Key of the resource, supply, bay, curtailment or lag; may be empty.
        label: What people call it.
        owner: Who owns it; may be empty.
        minutes: How long; at least 1.
        is_physics: Whether physics needs it.
    """

    rack: str
    sequence: int
    step: str
    limit: str
    resource: str
    label: str
    owner: str
    minutes: Minutes
    is_physics: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The limit that minutes belong to.

    Attributes:
        limit: Its word.
        resource: Key of what it is.
        label: What people call it.
        owner: Who owns it.
    """

    limit: str
    resource: str = ""
    label: str = ""
    owner: str = ""


@dataclass(slots=True)
class Waterfall:
    """The bars of one rack; ``now`` is where the next one starts."""

    rack: str
    now: int
    bars: list[Attribution] = field(default_factory=list)

    def add(self, step: str, cause: Cause, minutes: int) -> None:
        """Lay a bar; nothing happens without minutes."""
        if minutes <= 0:
            return
        self.now += minutes
        self.bars.append(
            Attribution(
                rack=self.rack,
                sequence=len(self.bars),
                step=step,
                limit=str(cause.limit),
                resource=cause.resource,
                label=cause.label,
                owner=cause.owner,
                minutes=Minutes(minutes),
                is_physics=cause.limit == Limit.PHYSICS,
            )
        )

    def until(self, step: str, cause: Cause, moment: int) -> None:
        """Lay a bar from now to a moment; nothing happens if it has passed."""
        self.add(step, cause, moment - self.now)
