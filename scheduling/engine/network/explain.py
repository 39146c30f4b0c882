"""What each activity of a plan waited for: a lag, a resource, or nothing but the plan.

An activity is ready when its release and its lags let it start. What lies between that
and its start is a wait. It belongs to the resource that has no room in the last place
before the start where the activity would not fit; where it would have fitted, the plan
itself held it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.engine.network.problem import Network, Point, Resource
from scheduling.engine.network.schedule import Assignment, NetworkSchedule

PLAN = "the plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One activity's wait.

    Attributes:
        activity: Its key.
        ready: When release and lags let it start.
        start: When it starts.
        limit: Key of the resource without room, or ``the plan``.
    """

    activity: str
    ready: int
    start: int
    limit: str


class Ledger:
    """What is free of each resource, piece by piece between the plan's changes."""

    def __init__(self, problem: Network, schedule: NetworkSchedule) -> None:
        """Add up what the plan takes."""
        modes = {one.key: one.modes for one in problem.activities}
        changes: dict[str, Counter[int]] = defaultdict(Counter)
        for one in schedule.assignments:
            for key, amount in modes[one.activity][one.mode].uses:
                changes[key][one.start] += amount
                changes[key][one.end] -= amount
        self._pieces = {
            one.key: _free(one, changes[one.key]) for one in problem.resources
        }

    def last_shortage(self, key: str, need: int, start: int, end: int) -> int:
        """Return the end of the last piece before ``end`` with too little, or -1."""
        pieces = self._pieces[key]
        for (moment, free), until in zip(
            reversed(pieces), [None, *(at for at, _ in reversed(pieces))], strict=False
        ):
            last = end if until is None else min(until, end)
            if last <= start:
                return -1
            if moment < last and free < need:
                return last
        return -1


def waits(problem: Network, schedule: NetworkSchedule) -> tuple[Wait, ...]:
    """Return each activity's wait, in the order of the problem; none of 0 ticks.

    Args:
        problem: The question.
        schedule: A plan that breaks no rule.
    """
    ledger = Ledger(problem, schedule)
    placed = {one.activity: one for one in schedule.assignments}
    ready = _ready(problem, placed)
    found = []
    for activity in problem.activities:
        one = placed[activity.key]
        if one.start <= ready[activity.key]:
            continue
        uses = activity.modes[one.mode].uses
        limit = _limit(ledger, uses, ready[activity.key], one)
        found.append(
            Wait(
                activity=activity.key,
                ready=ready[activity.key],
                start=one.start,
                limit=limit,
            )
        )
    return tuple(found)


def by_limit(found: Sequence[Wait]) -> dict[str, int]:
    """Return the ticks waited for each limit, the most first."""
    total: Counter[str] = Counter()
    for wait in found:
        total[wait.limit] += wait.start - wait.ready
    return dict(total.most_common())


def _limit(
    ledger: Ledger, uses: Sequence[tuple[str, int]], ready: int, one: Assignment
) -> str:
    """Return the resource whose shortage ends last before the start, else the plan.

    A shortage is sought where the activity would lie had it started a tick earlier; its
    own demand is part of the plan only from its start on.
    """
    latest, name = -1, PLAN
    for key, need in uses:
        short = ledger.last_shortage(key, need, ready, one.start)
        if short > latest:
            latest, name = short, key
    return name


def _ready(problem: Network, placed: dict[str, Assignment]) -> dict[str, int]:
    """Return when release and lags let each activity start."""
    released = {job.key: job.release for job in problem.jobs}
    ready = {
        one.key: max(one.release, released.get(one.job, 0))
        for one in problem.activities
    }
    for lag in problem.lags:
        first, second = placed[lag.before], placed[lag.after]
        begun = first.end if lag.of is Point.END else first.start
        earliest = begun + lag.least
        if lag.to is Point.END:
            earliest -= second.end - second.start
        ready[lag.after] = max(ready[lag.after], earliest)
    return ready


def _free(resource: Resource, changes: Counter[int]) -> list[tuple[int, int]]:
    """Return ``(moment, free units from there on)``, rising."""
    moments = sorted({*changes, *resource.capacity.times})
    pieces, taken = [], 0
    for moment in moments:
        taken += changes[moment]
        pieces.append((moment, resource.capacity.at(moment) - taken))
    return pieces
