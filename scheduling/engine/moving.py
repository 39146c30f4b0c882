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
        is_frozen: Whether it begins inside the frozen fence.
    """

    rack: str
    step: str
    limit: str
    start: Minutes
    end: Minutes
    is_frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the referee would say.

    Attributes:
        breaches: Limits the move would break; none if it may be made.
        firm: Those that it would break though all gave way that can: what is under
            way and what is pinned cannot.
        pushed: Who would have to give way for it, at most a few.
        steps: The rack's steps as they would be.
        moved: Codes of the steps that go along.
        pushes_others: Whether other racks would have to give way, and not only the
            rack's own next steps.
    """

    breaches: tuple[Breach, ...]
    firm: tuple[Breach, ...]
    pushed: tuple[Pushed, ...]
    steps: tuple[PlannedStep, ...]
    moved: tuple[str, ...]
    pushes_others: bool

    @property
    def is_ok(self) -> bool:
        """Return whether the move breaks nothing."""
        return not self.breaches

    @property
    def is_possible(self) -> bool:
        """Return whether it breaks nothing if others give way."""
        return not self.firm


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
        along = _along(plan, move)
        steps = _moved(self.case, plan, move, along)
        mini = self._beside(plan, steps, along)
        alone = _made(chain.from_iterable(rule(mini) for rule in ALONE))
        shared = _made(self._overruns(plan, mini))
        found = _in_order(chain(alone, shared))
        firm = [one for one in alone if not _is_own_next(one, mini, along)]
        if shared:
            firm += self._overruns(plan, mini, is_firm=True)
        return Verdict(
            breaches=tuple(found),
            firm=tuple(_in_order(firm)),
            pushed=tuple(self._pushed(move, steps, found)),
            steps=steps,
            moved=along,
            pushes_others=bool(shared),
        )

    def rows_of(self, rack: str) -> tuple[Row, ...]:
        """Return a rack's planned steps.

        Raises:
            UnknownMoveError: If the plan has no such rack.
        """
        if rack not in self._plans:
            raise UnknownMoveError(f"The plan has no rack {rack}.")
        return self._plans[rack].rows

    def start_of(self, rack: str, step: str) -> int:
        """Return when a planned step starts."""
        rows = self._plans[rack].rows
        return next(r.planned.start for r in rows if r.planned.step == step)

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

    def _beside(
        self, plan: RackPlan, steps: Sequence[PlannedStep], along: Sequence[str]
    ) -> Case:
        """Return a case of one rack with these steps; its pegs stay as they are.

        Pins of the steps that move would be replaced, so they hold nothing.
        """
        pins = tuple(pin for pin in plan.rack.pins if pin.step not in along)
        rack, template = replace(plan.rack, pins=pins), plan.template
        known = {step.code: step for step in template.steps[rack.progress.done :]}
        moved = replace(plan, rack=rack, rows=rows_of(rack, list(steps), known))
        pegs = tuple(self._pegs[rack.key])
        return replace(
            self.case,
            schedule=Schedule(steps=tuple(steps), pegs=pegs),
            plans=(moved,),
        )

    def _overruns(
        self, plan: RackPlan, mini: Case, *, is_firm: bool = False
    ) -> Iterator[Breach]:
        """Yield what the rack, as it would be, breaks of what all racks share.

        Args:
            plan: The rack as planned.
            mini: The rack as it would be.
            is_firm: Whether only what cannot give way counts beside it.
        """
        before = booked(replace(self.case, plans=(plan,)))
        after = booked(mini)
        book = self.case.book
        for key, ledger in after.resources.items():
            resource = book.resources.get(key)
            capacity = resource.capacity if resource else constant(0)
            merged = self._merged(key, before.resources.get(key), ledger, is_firm)
            for over in merged.overruns(capacity):
                yield resource_breach(mini, key, resource, over)
        for key, ledger in after.bays.items():
            if key not in book.bays:
                continue
            merged = self._merged(key, before.bays.get(key), ledger, is_firm)
            for over in merged.overruns(book.bays[key].capacity):
                yield bay_breach(mini, self._held(key, plan, after), key, over)

    def _merged(
        self,
        key: str,
        before: Ledger | None,
        after: Ledger,
        is_firm: bool,  # noqa: FBT001 - of the two callers above
    ) -> Ledger:
        """Return a limit's use while the moved rack takes of it, with the move made."""
        start, end = min(after.total), max(after.total)
        none = Ledger()
        if is_firm:
            fixed = (before or none).fixed
            found = _within(start, end, self._fixed.get(key), fixed, after.total)
            return Ledger(total=found)
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
        fence = self.case.book.problem.prices.fence
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
                        is_frozen=start < fence,
                    )


def _made(found: Iterable[Breach]) -> list[Breach]:
    """Return what the move would break, without what is broken anyhow."""
    return [one for one in found if one.kind is BreachKind.MADE]


def _in_order(found: Iterable[Breach]) -> list[Breach]:
    """Return breaches as they are told: by time."""
    return sorted(found, key=lambda one: (one.start, one.rule, one.object))


def _is_own_next(breach: Breach, mini: Case, along: Sequence[str]) -> bool:
    """Return whether a breach is only that the rack's own next step has to wait."""
    if breach.rule is not Rule.ORDER:
        return False
    rows = mini.plans[0].rows
    codes = [row.planned.step for row in rows]
    after = codes.index(along[-1]) + 1
    return any(row.name == breach.object and not row.is_fixed for row in rows[after:])


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


def _along(plan: RackPlan, move: Move) -> tuple[str, ...]:
    """Return the codes of the steps that move: one, or its stay in a bay or station."""
    chosen = next(row for row in plan.rows if row.planned.step == move.step)
    session = chosen.step.session
    if session is Session.NONE:
        return (move.step,)
    return tuple(row.planned.step for row in plan.held(session))


def _moved(
    case: Case, plan: RackPlan, move: Move, along: Sequence[str]
) -> tuple[PlannedStep, ...]:
    """Return a rack's steps with one of them, and its stay, at another time."""
    chosen = next(row for row in plan.rows if row.planned.step == move.step)
    delta = move.start - chosen.planned.start
    steps = []
    now: int | None = None
    for row in plan.rows:
        if row.planned.step not in along:
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
