"""Racks left out of a plan still stand where they stand, for the least time needed."""

from scheduling.engine.blocks import least_minutes, share, stretched
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import Bay, PowerClass, Rack, Running, Session, Step
from scheduling.engine.referee.case import Case, RackPlan, remaining_steps
from scheduling.engine.referee.loads import WITHOUT_PEOPLE, Loads, places_of
from scheduling.engine.schedule import Phase, PhaseKind
from scheduling.engine.units import Minutes, Watts


def book(case: Case, loads: Loads) -> None:
    """Book what unplannable racks hold at minute 0, all of it fixed."""
    for plan in case.plans:
        if plan.is_left_out:
            _book_rack(case.book, loads, plan)


def _book_rack(book: Lookup, loads: Loads, plan: RackPlan) -> None:
    rack, progress = plan.rack, plan.rack.progress
    steps = remaining_steps(rack, plan.template)
    if progress.running and steps:
        _book_running(book, loads, plan, progress.running)
    for session, key in (
        (Session.BAY, progress.bay),
        (Session.STATION, _station(rack, steps)),
    ):
        held = [step for step in steps if step.session is session]
        end = least_end(book, rack, held) if held and key else 0
        if end > 0:
            ledger = loads.bays[key] if session is Session.BAY else loads.resources[key]
            ledger.add(0, end, 1)
            ledger.fix(0, end, 1)
            if session is Session.BAY:
                loads.holders[key].append((0, end, rack.key))


def _station(rack: Rack, steps: tuple[Step, ...]) -> str:
    """Return the key of the station's place the rack holds; empty if none."""
    held = [step for step in steps if step.session is Session.STATION]
    is_held = rack.progress.holds_station or (
        rack.progress.running is not None and held[:1] == list(steps[:1])
    )
    return held[0].place if held and is_held else ""


def least_end(book: Lookup, rack: Rack, steps: list[Step]) -> int:
    """Return when steps done one after the other from minute 0, unhindered, end."""
    now = 0
    running = rack.progress.running
    for step in steps:
        work = running.remaining if running and running.step == step.code else None
        now = _least_step_end(book, step, now, step.duration if work is None else work)
    return now


def _least_step_end(book: Lookup, step: Step, start: int, work: int) -> int:
    if step.power_class is PowerClass.SHIFT_BOUND:
        finish = book.hours_of(step.crew).finish(start, work)
        return book.problem.horizon if finish is None else finish
    if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
        return start + least_minutes(book.problem.soak, work)
    return start + work


def _book_running(book: Lookup, loads: Loads, plan: RackPlan, running: Running) -> None:
    step = remaining_steps(plan.rack, plan.template)[0]
    phases = _least_phases(book, step, running)
    for place in places_of(step):
        loads.take(place, 0, phases[-1].end, 1)
        loads.fix(place, 0, phases[-1].end, 1)
    bay = book.bays.get(plan.rack.progress.bay)
    for phase in phases:
        if phase.kind not in WITHOUT_PEOPLE:
            loads.take(step.crew, phase.start, phase.end, step.crew_eighths)
            loads.fix(step.crew, phase.start, phase.end, step.crew_eighths)
        if bay:
            _draw(loads, plan, bay, phase)
    if bay and step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
        _draw(loads, plan, bay, _standby(book, plan, step, phases[-1].end))


def _draw(loads: Loads, plan: RackPlan, bay: Bay, phase: Phase) -> None:
    loads.power(bay, plan.template, phase)
    loads.power(bay, plan.template, phase, is_fixed=True)


def _standby(book: Lookup, plan: RackPlan, step: Step, since: Minutes) -> Phase:
    """Return the standby of a soak after its block, for as long as the bay is held."""
    steps = remaining_steps(plan.rack, plan.template)
    in_bay = [one for one in steps if one.session is Session.BAY]
    return Phase(
        start=since,
        end=Minutes(max(since, least_end(book, plan.rack, in_bay))),
        draw=share(step.draw, book.problem.soak.standby_percent),
        kind=PhaseKind.STANDBY,
    )


def _least_phases(book: Lookup, step: Step, running: Running) -> tuple[Phase, ...]:
    end = _least_step_end(book, step, 0, running.remaining)
    if step.power_class is PowerClass.SHIFT_BOUND:
        return tuple(
            Phase(
                start=Minutes(start),
                end=Minutes(until),
                draw=step.draw if is_open else Watts(0),
                kind=PhaseKind.WORK if is_open else PhaseKind.CLOSED,
            )
            for start, until, is_open in book.hours_of(step.crew).stretches(0, end)
        )
    draw, kind = step.draw, PhaseKind.WORK
    if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
        rule = book.problem.soak
        lowest, minutes = min(rule.levels)
        draw, kind = share(step.draw, lowest), PhaseKind.DERATED
        end = stretched(rule, min(rule.block, running.remaining), minutes)
    return (Phase(start=Minutes(0), end=Minutes(end), draw=draw, kind=kind),)
