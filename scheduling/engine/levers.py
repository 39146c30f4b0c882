"""Levers: what widening each limit would give, beside the most it could ever give.

Amdahl's rule bounds the wish: a limit that holds a twentieth of the lead time cannot
take away more than that twentieth, however wide it is made. What it does give is found
by solving again, five times in pairs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scheduling.engine.explain import attribute
from scheduling.engine.lifting.changes import Change, changes
from scheduling.engine.lifting.limits import binding
from scheduling.engine.problem import Problem
from scheduling.engine.savings import Saving, Study
from scheduling.engine.schedule import Schedule

__all__ = ["Change", "Lever", "levers"]

PERMILLE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One change, what it gives, and what it could give at most.

    Attributes:
        code: What kind of change; see ``lifting.changes.Change``.
        label: The change, as people say it.
        saving: What it gives, by re-solve.
        share_permille: Of all lead time of the planned racks, what its limit holds.
        cap_min: Rack-minutes it could take away at most by that share: all that the
            limit holds for without it, else ``1 - 1/factor`` of it.
    """

    code: str
    label: str
    saving: Saving
    share_permille: int
    cap_min: int


def levers(
    problem: Problem,
    schedule: Schedule,
    *,
    moves: int | None = None,
    should_stop: Callable[[], bool] | None = None,
    skip: Callable[[Change], bool] | None = None,
) -> Iterator[Lever]:
    """Yield every lever of a plan, as each is solved.

    Args:
        problem: What was planned.
        schedule: The plan, refereed.
        moves: Of each re-solve; None for what suits the number of racks.
        should_stop: Asked before each lever whether to end here.
        skip: Asked whether a change need not be tried.
    """
    bars = attribute(problem, schedule)
    study = Study(problem, schedule, moves=moves)
    whole = sum(bar.minutes for bar in bars)
    for change in changes(study.problem, binding(problem, bars), bars):
        if should_stop is not None and should_stop():
            return
        if skip is not None and skip(change):
            continue
        yield Lever(
            code=change.code,
            label=change.label,
            saving=study.saving(change.limit, change.problem),
            share_permille=change.limit.minutes * PERMILLE // max(1, whole),
            cap_min=cap(change.limit.minutes, change.factor),
        )


def cap(minutes: int, factor: float | None) -> int:
    """Return the most that widening a limit takes away of the minutes it holds."""
    if factor is None:
        return minutes
    return round(minutes * (1 - 1 / max(1.0, factor)))
