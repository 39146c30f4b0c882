"""Why a rack ships when it does: its waterfall, and in words the limit that binds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journal.wording import duration
from scheduling.engine.explain import Attribution, Limit, attribute
from scheduling.engine.problem import Problem, Rack, Template
from scheduling.engine.schedule import Schedule
from scheduling.engine.waterfall.bars import BEFORE, HELD

PLANNING = "Planning desk"
"""Owns what nobody else does: the plan's own choices, and time before the plan."""

WAITED_FOR: Mapping[str, str] = {
    Limit.BAY: "bay {}",
    Limit.SHIFT: "{} to be on shift",
    Limit.FROZEN: "its start, {}",
}
"""What a rack waits for, where the label alone does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What is said of one planned rack.

    Attributes:
        bars: Its waterfall; the minutes add up to its lead time.
        limit: Word of the limit it waits for longest; of a late rack that waits for
            nothing, what takes longest; else physics.
        sentence: Object, limit, amount and owner; empty when it is physics.
        owner: Who owns the limit.
    """

    bars: tuple[Attribution, ...]
    limit: str
    sentence: str
    owner: str

    @property
    def lead_min(self) -> int:
        """Return the lead time, from order received to the customer's dock."""
        return sum(bar.minutes for bar in self.bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binding:
    """The limit that takes most of a rack's time, with the longest of its bars."""

    bar: Attribution
    minutes: int


def reasons_of(problem: Problem, schedule: Schedule) -> dict[str, Reason]:
    """Return the reason of every planned rack by its key."""
    bars: dict[str, list[Attribution]] = defaultdict(list)
    for bar in attribute(problem, schedule):
        bars[bar.rack].append(bar)
    ends: dict[str, int] = {}
    for step in schedule.steps:
        ends[step.rack] = max(step.end, ends.get(step.rack, step.end))
    templates = {template.key: template for template in problem.templates}
    return {
        rack.key: _reason(
            rack, templates[rack.template], ends[rack.key], bars[rack.key]
        )
        for rack in problem.racks
        if rack.key in ends
    }


def _reason(
    rack: Rack, template: Template, ends: int, bars: Sequence[Attribution]
) -> Reason:
    """Return what is said of one rack.

    What a step ahead waits for can be changed; fixed times and what has passed cannot,
    so they bind only where nothing else does.
    """
    labels = {step.code: step.label for step in template.steps}
    lost = [bar for bar in bars if not bar.is_physics]
    waits = [
        bar
        for bar in lost
        if bar.step in labels and bar.limit != Limit.REWORK and bar.label != BEFORE
    ]
    late = max(0, ends - rack.due) if rack.due is not None else 0
    binding = _longest(waits) or (_longest(lost) if late else None)
    if binding is None:
        return Reason(
            bars=tuple(bars), limit=Limit.PHYSICS.value, sentence="", owner=""
        )
    owner = binding.bar.owner or PLANNING
    why = _waits(binding, labels) if waits else _takes(binding)
    return Reason(
        bars=tuple(bars),
        limit=binding.bar.limit,
        sentence=f"{_ships(rack, late)}: {why}. {owner} owns this limit.",
        owner=owner,
    )


def _longest(bars: Sequence[Attribution]) -> _Binding | None:
    """Return the limit with most minutes; of equal ones the first in time."""
    by_limit: dict[str, list[Attribution]] = defaultdict(list)
    for bar in bars:
        by_limit[bar.limit].append(bar)
    if not by_limit:
        return None
    minutes = {
        limit: sum(bar.minutes for bar in found) for limit, found in by_limit.items()
    }
    longest = max(minutes, key=lambda limit: minutes[limit])
    return _Binding(
        bar=max(by_limit[longest], key=lambda bar: bar.minutes),
        minutes=minutes[longest],
    )


def _ships(rack: Rack, late: int) -> str:
    return f"{rack.key} ships {duration(late)} late" if late else f"{rack.key} in time"


def _waits(binding: _Binding, labels: Mapping[str, str]) -> str:
    """Return what a rack waits for, how long and before which step."""
    bar = binding.bar
    before = f"before {labels[bar.step]}"
    if bar.label == HELD:
        return f"the plan holds it {duration(binding.minutes)} {before}"
    what = WAITED_FOR.get(bar.limit, "{}").format(bar.label)
    return f"it waits {duration(binding.minutes)} for {what} {before}"


def _takes(binding: _Binding) -> str:
    """Return which fixed time takes longest."""
    bar = binding.bar
    label = bar.label[:1].upper() + bar.label[1:]
    return f"{label or bar.limit} takes {duration(binding.minutes)}"
