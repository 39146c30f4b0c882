"""What each planned step takes of every limit, booked minute by minute."""

from collections import defaultdict
from dataclasses import dataclass, field

from scheduling.engine.blocks import level_minutes, permille, share
from scheduling.engine.problem import Bay, Session, Step, Template
from scheduling.engine.referee.case import Case, RackPlan, Row
from scheduling.engine.referee.ledger import Ledger
from scheduling.engine.schedule import Phase, PhaseKind
from scheduling.engine.units import Minutes

WITHOUT_PEOPLE = frozenset({PhaseKind.STANDBY, PhaseKind.CLOSED})


@dataclass(slots=True)
class Loads:
    """Ledgers by resource and by bay, and who holds each bay."""

    resources: defaultdict[str, Ledger] = field(
        default_factory=lambda: defaultdict(Ledger)
    )
    bays: defaultdict[str, Ledger] = field(default_factory=lambda: defaultdict(Ledger))
    holders: defaultdict[str, list[tuple[int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, key: str, start: int, end: int, amount: int) -> None:
        """Book an amount of a resource."""
        if start < end and amount:
            self.resources[key].add(start, end, amount)

    def fix(self, key: str, start: int, end: int, amount: int) -> None:
        """Mark a booked amount of a resource as fixed."""
        if start < end and amount:
            self.resources[key].fix(start, end, amount)

    def power(
        self, bay: Bay, template: Template, phase: Phase, *, is_fixed: bool = False
    ) -> None:
        """Book the watts of a phase on nodes, site and loop, or mark them fixed."""
        book = self.fix if is_fixed else self.take
        start, end, draw = phase.start, phase.end, phase.draw
        for node in bay.nodes:
            book(node, start, end, draw)
        book(bay.site, start, end, permille(draw, template.site_permille))
        book(bay.loop, start, end, permille(draw, template.liquid_permille))


def booked(case: Case) -> Loads:
    """Return everything the plan takes."""
    loads = Loads()
    for plan in case.plans:
        for row in plan.rows:
            _book_row(case, loads, plan, row)
        _book_session(loads, plan, Session.STATION)
        _book_session(loads, plan, Session.BAY)
    return loads


def _book_row(case: Case, loads: Loads, plan: RackPlan, row: Row) -> None:
    step = row.step
    for place in places_of(step):
        loads.take(place, row.from_minute, row.planned.end, 1)
    bay = case.book.bays.get(row.planned.bay)
    for phase in row.planned.phases:
        if phase.kind not in WITHOUT_PEOPLE:
            loads.take(step.crew, phase.start, phase.end, step.crew_eighths)
        if bay and phase.draw:
            loads.power(bay, plan.template, phase)
    if row.is_fixed:
        _fix_row(case, loads, plan, row)


def _fix_row(case: Case, loads: Loads, plan: RackPlan, row: Row) -> None:
    step = row.step
    for place in places_of(step):
        loads.fix(place, row.from_minute, row.planned.end, 1)
    bay = case.book.bays.get(row.planned.bay)
    for phase in fixed_phases(case, row):
        if phase.kind not in WITHOUT_PEOPLE:
            loads.fix(step.crew, phase.start, phase.end, step.crew_eighths)
        if bay:
            loads.power(bay, plan.template, phase, is_fixed=True)


def places_of(step: Step) -> list[str]:
    """Return the places a step holds for itself, sessions aside."""
    held = [step.extra] if step.extra else []
    if step.session is Session.NONE and step.place:
        held.append(step.place)
    return held


def fixed_phases(case: Case, row: Row) -> tuple[Phase, ...]:
    """Return what a running or pinned step cannot avoid.

    All of it, but of a soak only the lowest level while its first block lasts, and
    standby after that.
    """
    phases = row.planned.phases
    if not row.is_soak or not phases:
        return phases
    rule = case.book.problem.soak
    first = phases[0]
    minutes = level_minutes(rule, first.percent) or first.end - first.start
    turn = Minutes(min(row.planned.end, first.start + minutes))
    lowest = min(percent for percent, _ in rule.levels)
    block = Phase(
        start=first.start,
        end=turn,
        draw=min(first.draw, share(row.step.draw, lowest)),
        kind=PhaseKind.DERATED,
    )
    paused = Phase(
        start=turn,
        end=row.planned.end,
        draw=share(row.step.draw, rule.standby_percent),
        kind=PhaseKind.STANDBY,
    )
    return block, paused


def _book_session(loads: Loads, plan: RackPlan, session: Session) -> None:
    """Book a held station or bay from the first step's start to the last one's end."""
    rows = plan.held(session)
    if not rows:
        return
    is_holding = plan.is_holding(session) or any(row.running for row in rows)
    start = 0 if is_holding else rows[0].from_minute
    end = max(row.planned.end for row in rows)
    if start >= end:
        return
    key = rows[0].planned.bay if session is Session.BAY else rows[0].step.place
    ledgers = loads.bays if session is Session.BAY else loads.resources
    ledgers[key].add(start, end, 1)
    if session is Session.BAY:
        loads.holders[key].append((start, end, plan.rack.key))
    if is_holding:
        ledgers[key].fix(start, end, 1)
        return
    for row in rows:
        if row.is_fixed:
            ledgers[key].fix(row.from_minute, row.planned.end, 1)
