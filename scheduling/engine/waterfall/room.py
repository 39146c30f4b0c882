"""What a plan leaves free of every limit, with one rack lifted out at a time."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from scheduling.engine.blocks import permille
from scheduling.engine.problem import Curtailment, ResourceKind, Session
from scheduling.engine.profile import StepFunction, constant
from scheduling.engine.referee import stranded
from scheduling.engine.referee.case import Case, RackPlan, Row
from scheduling.engine.referee.loads import WITHOUT_PEOPLE, Loads, places_of

AMPLE = 1 << 60


class Take(NamedTuple):
    """An amount of a resource or bay that a rack takes for a while."""

    key: str
    start: int
    end: int
    amount: int


class Profile:
    """What is free of one limit over time."""

    __slots__ = ("free", "times")

    def __init__(
        self, capacity: StepFunction, changes: dict[int, int], cuts: Iterable[int] = ()
    ) -> None:
        """Take a capacity, the changes of use by minute, and more moments to cut at."""
        self.times = sorted(
            {time for time in (*changes, *cuts) if time > 0} | set(capacity.times)
        )
        self.free: list[int] = []
        used = sum(change for time, change in changes.items() if time < 0)
        for time in self.times:
            used += changes.get(time, 0)
            self.free.append(capacity.at(time) - used)

    def masked(self, windows: Sequence[Curtailment], *, is_inside: bool) -> "Profile":
        """Return a copy with ample room outside the windows, or inside them."""
        copy = Profile(constant(0), {})
        copy.times = self.times
        copy.free = [
            free
            if is_inside == any(w.start <= time < w.end for w in windows)
            else AMPLE
            for time, free in zip(self.times, self.free, strict=True)
        ]
        return copy

    def add(self, start: int, end: int, amount: int) -> None:
        """Give an amount back, or take it again if negative, for ``[start, end)``."""
        first, last = bisect_left(self.times, start), bisect_left(self.times, end)
        self.free[first:last] = [free + amount for free in self.free[first:last]]

    def blocked_until(self, start: int, end: int, amount: int) -> int | None:
        """Return the end of the last piece of ``[start, end)`` with too little free.

        None if all of it is free; ``AMPLE`` if it is blocked for ever.
        """
        first = max(0, bisect_right(self.times, start) - 1)
        last = bisect_left(self.times, end)
        pieces = self.free[first:last]
        if not pieces or min(pieces) >= amount:
            return None
        index = last - 1
        while self.free[index] >= amount:
            index -= 1
        return self.times[index + 1] if index + 1 < len(self.times) else AMPLE


class Room:
    """The profiles of every limit of a plan.

    Attributes:
        case: The plan beside its problem.
        limits: Profiles by resource key.
        bays: Profiles by bay key.
        curtailed: Site profiles that look only inside windows of the grid.
    """

    def __init__(self, case: Case) -> None:
        """Add up what every rack takes."""
        self.case = case
        self._lifted: list[Take] = []
        problem = case.book.problem
        changes: defaultdict[str, defaultdict[int, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        for plan in case.plans:
            for take in taken(case, plan):
                changes[take.key][take.start] += take.amount
                changes[take.key][take.end] -= take.amount
        left_out = Loads()
        stranded.book(case, left_out)
        for ledgers in (left_out.resources, left_out.bays):
            for key, ledger in ledgers.items():
                for time, change in ledger.total.items():
                    changes[key][time] += change
        windows = problem.curtailments
        cuts = {0, *(m for w in windows for m in (w.start, w.end))}
        self.limits = {
            resource.key: Profile(resource.capacity, changes[resource.key], cuts)
            for resource in problem.resources
        }
        self.bays = {
            bay.key: Profile(bay.capacity, changes[bay.key]) for bay in problem.bays
        }
        self.curtailed: dict[str, Profile] = {}
        for resource in problem.resources:
            if resource.kind is ResourceKind.SITE and windows:
                whole = self.limits[resource.key]
                self.curtailed[resource.key] = whole.masked(windows, is_inside=True)
                self.limits[resource.key] = whole.masked(windows, is_inside=False)

    def lift(self, plan: RackPlan) -> None:
        """Lift a rack out of the plan."""
        self._lifted = taken(self.case, plan)
        self._give(1)

    def put_back(self) -> None:
        """Put the lifted rack back."""
        self._give(-1)
        self._lifted = []

    def own_from(self, minute: int) -> int:
        """Return when the lifted rack's place begins, of what is not over by a minute.

        ``AMPLE`` if it has none then.
        """
        starts = (take.start for take in self._lifted if take.end > minute)
        return min(starts, default=AMPLE)

    def _give(self, sign: int) -> None:
        for key, start, end, amount in self._lifted:
            for profiles in (self.limits, self.bays, self.curtailed):
                if key in profiles:
                    profiles[key].add(start, end, sign * amount)


def taken(case: Case, plan: RackPlan) -> list[Take]:
    """Return everything a planned rack takes from minute 0 on."""
    return [take for take in _takes(case, plan) if 0 <= take.start < take.end]


def _takes(case: Case, plan: RackPlan) -> Iterator[Take]:
    for row in plan.rows:
        yield from _row_takes(case, plan, row)
    for session in (Session.STATION, Session.BAY):
        rows = plan.held(session)
        if rows:
            start = 0 if plan.is_holding(session) else rows[0].from_minute
            end = max(row.planned.end for row in rows)
            is_bay = session is Session.BAY
            key = rows[0].planned.bay if is_bay else rows[0].step.place
            yield Take(key, start, end, 1)


def _row_takes(case: Case, plan: RackPlan, row: Row) -> Iterator[Take]:
    for place in places_of(row.step):
        yield Take(place, row.from_minute, row.planned.end, 1)
    bay = case.book.bays.get(row.planned.bay)
    template = plan.template
    for phase in row.planned.phases:
        if phase.kind not in WITHOUT_PEOPLE:
            yield Take(row.step.crew, phase.start, phase.end, row.step.crew_eighths)
        if bay and phase.draw:
            for node in bay.nodes:
                yield Take(node, phase.start, phase.end, phase.draw)
            site = permille(phase.draw, template.site_permille)
            heat = permille(phase.draw, template.liquid_permille)
            yield Take(bay.site, phase.start, phase.end, site)
            yield Take(bay.loop, phase.start, phase.end, heat)
