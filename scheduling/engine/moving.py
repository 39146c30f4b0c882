"""May one step start at another time? Judged beside a plan, by the referee's own rules.

What a plan takes of every limit is added up once; a move is then judged by what its
rack alone takes and gives, in a few milliseconds and without the solver.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import NamedTuple

from scheduling.engine.errors import EngineError
from scheduling.engine.problem import PowerClass, Problem, Session
from scheduling.engine.profile import constant
from scheduling.engine.referee import bays, material, routing, soak, stranded, work
from scheduling.engine.referee import times as time_rules
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.capacity import bay_breach, resource_breach
from scheduling.engine.referee.case import Case, RackPlan, Row, open_case, rows_of
from scheduling.engine.referee.ledger import Ledger
from scheduling.engine.referee.loads import Loads, booked
from scheduling.engine.schedule import Peg, Phase, PhaseKind, PlannedStep, Schedule
from scheduling.engine.units import Minutes, Watts
from scheduling.engine.waterfall.room import taken

ALONE = (
    routing.breaches,
    time_rules.breaches,
    work.breaches,
    soak.breaches,
    bays.breaches,
    material.breaches,
)
"""Rules that look at one rack; what racks share is looked at limit by limit."""
MOST_PUSHED = 5


class UnknownMoveError(EngineError):
    """Say that a plan has no such rack, step, bay or minute."""

    code = "unknown_move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step, wanted at another time.

    A step in a bay or at a station takes its whole stay along.

    Attributes:
        rack: The rack's key.
        step: The step's code.
        start: Wanted first minute.
        bay: Key of the wanted bay; empty keeps the one it has.
    """

    rack: str
    step: str
    start: Minutes
    bay: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Somebody who would have to give way.

    Attributes:
        rack: The rack's key.
        step: Its step, if it is the moved rack's own.
        limit: What both want.
        start: From when.
        end: Until when.
    """

    rack: str
    step: str
    limit: str
    start: Minutes
    end: Minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the referee would say.

    Attributes:
        breaches: Limits the move would break; none if it may be made.
        pushed: Who would have to give way for it, at most a few.
        steps: The rack's steps as they would be.
    """

    breaches: tuple[Breach, ...]
    pushed: tuple[Pushed, ...]
    steps: tuple[PlannedStep, ...]

    @property
    def is_ok(self) -> bool:
        """Return whether the move breaks nothing."""
        return not self.breaches


class _Use(NamedTuple):
    """Use over time: moments of change, and the level from each on."""

    times: list[int]
    levels: list[int]

    def at(self, minute: int) -> int:
        """Return the level at a minute."""
        index = bisect_right(self.times, minute) - 1
        return self.levels[index] if index >= 0 else 0

    def changes(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield moments and changes inside ``(start, end)``."""
        for index in range(
            bisect_right(self.times, start), bisect_left(self.times, end)
        ):
            before = self.levels[index - 1] if index else 0
            yield self.times[index], self.levels[index] - before


class Judge:
    """A plan with its use of every limit added up: asked many times, changed never."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        """Add up; about as dear as judging the plan once."""
        self.case = open_case(problem, schedule)
        loads = booked(self.case)
        stranded.book(self.case, loads)
        self._plans = {plan.rack.key: plan for plan in self.case.plans}
        self._pegs: defaultdict[str, list[Peg]] = defaultdict(list)
        for peg in schedule.pegs:
            self._pegs[peg.rack].append(peg)
        self._total: dict[str, _Use] = {}
        self._fixed: dict[str, _Use] = {}
        for key, ledger in chain(loads.resources.items(), loads.bays.items()):
            self._total[key] = _added_up(ledger.total)
            self._fixed[key] = _added_up(ledger.fixed)
        self._holders: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for plan in self.case.plans:
            for take in taken(self.case, plan):
                self._holders[take.key].append((take.start, take.end, plan.rack.key))

    def verdict(self, move: Move) -> Verdict:
        """Return what a move would break, and who would give way.

        Raises:
            UnknownMoveError: If the plan has no such rack, step, bay or minute.
        """
        plan = self._plan_of(move)
        steps = _moved(self.case, plan, move)
        mini = self._beside(plan, steps)
        alone = chain.from_iterable(rule(mini) for rule in ALONE)
        shared = self._overruns(plan, mini)
        found = [one for one in chain(alone, shared) if one.kind is BreachKind.MADE]
        found.sort(key=lambda one: (one.start, one.rule, one.object))
        return Verdict(
            breaches=tuple(found),
            pushed=tuple(self._pushed(move, steps, found)),
            steps=steps,
        )

    def _plan_of(self, move: Move) -> RackPlan:
        """Return the plan of the rack that is to move."""
        plan = self._plans.get(move.rack)
        if plan is None or not plan.rows:
            raise UnknownMoveError(f"The plan has no rack {move.rack}.")
        if all(row.planned.step != move.step for row in plan.rows):
            raise UnknownMoveError(f"{move.rack} has no step {move.step} ahead.")
        if move.bay and move.bay not in self.case.book.bays:
            raise UnknownMoveError(f"There is no bay {move.bay}.")
        horizon = self.case.book.problem.horizon
        if not 0 <= move.start < horizon:
            raise UnknownMoveError(
                f"The wanted start lies outside the plan, which covers "
                f"{self.case.clock.say(0)} to {self.case.clock.say(horizon)}."
            )
        return plan

    def _beside(self, plan: RackPlan, steps: Sequence[PlannedStep]) -> Case:
        """Return a case of one rack with these steps; its pegs stay as they are."""
        rack, template = plan.rack, plan.template
        known = {step.code: step for step in template.steps[rack.progress.done :]}
        moved = replace(plan, rows=rows_of(rack, list(steps), known))
        pegs = tuple(self._pegs[rack.key])
        return replace(
            self.case,
            schedule=Schedule(steps=tuple(steps), pegs=pegs),
            plans=(moved,),
        )

    def _overruns(self, plan: RackPlan, mini: Case) -> Iterator[Breach]:
        """Yield what the rack, as it would be, breaks of what all racks share."""
        before = booked(replace(self.case, plans=(plan,)))
        after = booked(mini)
        book = self.case.book
        for key, ledger in after.resources.items():
            resource = book.resources.get(key)
            capacity = resource.capacity if resource else constant(0)
            merged = self._merged(key, before.resources.get(key), ledger)
            for over in merged.overruns(capacity):
                yield resource_breach(mini, key, resource, over)
        for key, ledger in after.bays.items():
            if key not in book.bays:
                continue
            merged = self._merged(key, before.bays.get(key), ledger)
            for over in merged.overruns(book.bays[key].capacity):
                yield bay_breach(mini, self._held(key, plan, after), key, over)

    def _merged(self, key: str, before: Ledger | None, after: Ledger) -> Ledger:
        """Return a limit's use while the moved rack takes of it, with the move made."""
        start, end = min(after.total), max(after.total)
        none = Ledger()
        return Ledger(
            total=_within(
                start,
                end,
                self._total.get(key),
                (before or none).total,
                after.total,
            ),
            fixed=_within(
                start,
                end,
                self._fixed.get(key),
                (before or none).fixed,
                after.fixed,
            ),
        )

    def _held(self, key: str, plan: RackPlan, after: Loads) -> Loads:
        """Return who would hold a bay."""
        held = Loads()
        held.holders[key] = [
            *(one for one in self._holders[key] if one[2] != plan.rack.key),
            *after.holders[key],
        ]
        return held

    def _pushed(
        self, move: Move, steps: Sequence[PlannedStep], found: Iterable[Breach]
    ) -> Iterator[Pushed]:
        """Yield who would give way: the rack's own next step, then other racks."""
        seen: set[str] = {move.rack}
        for before, step in pairwise(steps):
            if step.start < before.end:
                yield Pushed(
                    rack=move.rack,
                    step=step.step,
                    limit=Rule.ORDER.value,
                    start=step.start,
                    end=before.end,
                )
        for breach in found:
            for start, end, rack in self._holders.get(breach.object, ()):
                if len(seen) > MOST_PUSHED:
                    return
                if start < breach.end and breach.start < end and rack not in seen:
                    seen.add(rack)
                    yield Pushed(
                        rack=rack,
                        step="",
                        limit=breach.limit,
                        start=Minutes(start),
                        end=Minutes(end),
                    )


def _added_up(changes: dict[int, int]) -> _Use:
    """Return changes by minute as levels."""
    times = sorted(changes)
    levels = []
    level = 0
    for time in times:
        level += changes[time]
        levels.append(level)
    return _Use(times, levels)


def _within(
    start: int,
    end: int,
    use: _Use | None,
    before: dict[int, int],
    after: dict[int, int],
) -> dict[int, int]:
    """Return the changes of use in a window: all racks', less one's, plus its new."""
    found: defaultdict[int, int] = defaultdict(int)
    if use is not None:
        found[start] += use.at(start)
        for time, change in use.changes(start, end):
            found[time] += change
    for changes, sign in ((before, -1), (after, 1)):
        for time, change in changes.items():
            if time < end:
                found[max(time, start)] += sign * change
    found[end] -= sum(found.values())
    return dict(found)


def _moved(case: Case, plan: RackPlan, move: Move) -> tuple[PlannedStep, ...]:
    """Return a rack's steps with one of them, and its stay, at another time."""
    rows = plan.rows
    chosen = next(row for row in rows if row.planned.step == move.step)
    delta = move.start - chosen.planned.start
    session = chosen.step.session
    steps = []
    now: int | None = None
    for row in rows:
        is_along = row is chosen or (
            session is not Session.NONE and row.step.session is session
        )
        if not is_along:
            steps.append(row.planned)
            continue
        start = row.planned.start + delta
        if now is not None:
            start = _next_start(case, row, max(start, now))
        bay = move.bay if move.bay and row.planned.bay else row.planned.bay
        step = _restarted(case, row, start, bay)
        now = step.end
        steps.append(step)
    return tuple(steps)


def _next_start(case: Case, row: Row, start: int) -> int:
    """Return when a step that follows in a stay can begin."""
    if _is_manual(row):
        opens = case.book.hours_of(row.step.crew).next_open(start)
        return start if opens is None else opens
    return start


def _is_manual(row: Row) -> bool:
    return row.step.power_class is PowerClass.SHIFT_BOUND


def _restarted(case: Case, row: Row, start: int, bay: str) -> PlannedStep:
    """Return a step as it would run from another start on."""
    planned = row.planned
    if _is_manual(row):
        phases = _manual_phases(case, row, start)
    else:
        delta = start - planned.start
        phases = tuple(
            replace(
                phase,
                start=Minutes(phase.start + delta),
                end=Minutes(phase.end + delta),
            )
            for phase in planned.phases
        )
    return replace(
        planned,
        start=Minutes(start),
        end=phases[-1].end if phases else Minutes(start),
        bay=bay,
        phases=phases,
    )


def _manual_phases(case: Case, row: Row, start: int) -> tuple[Phase, ...]:
    """Return the open and closed stretches of a manual step."""
    hours = case.book.hours_of(row.step.crew)
    end = hours.finish(start, row.duration)
    if end is None:
        end = start + row.duration
    return tuple(
        Phase(
            start=Minutes(first),
            end=Minutes(last),
            draw=row.step.draw if is_open else Watts(0),
            kind=PhaseKind.WORK if is_open else PhaseKind.CLOSED,
        )
        for first, last, is_open in hours.stretches(start, end)
    )
