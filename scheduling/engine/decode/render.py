"""Writes the plan on a board as a schedule: phases, bays, pegs, and who is left out."""

from collections.abc import Iterator

from scheduling.engine.decode.board import Board
from scheduling.engine.decode.needs import rack_needs
from scheduling.engine.decode.pools import Stay, name_bays
from scheduling.engine.kernels import memory as t
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Rack,
    Session,
    Step,
    SupplyKind,
    Template,
)
from scheduling.engine.schedule import (
    Peg,
    Phase,
    PhaseKind,
    PlannedStep,
    Schedule,
    Unplannable,
)
from scheduling.engine.units import Minutes, Watts

FULL = 100
Consumption = tuple[int, int, int, str, int]
"""Start, rack, step, part, quantity."""


def render(board: Board, unplannable: tuple[Unplannable, ...] = ()) -> Schedule:
    """Return the plan on a board as a schedule.

    Args:
        board: The plan.
        unplannable: Racks left out from the beginning.
    """
    encoded = board.encoded
    templates = {template.key: template for template in encoded.templates}
    placed = [at for at in range(board.racks) if board.seat[at, t.PLACED]]
    bays = _bays(board, templates)
    steps: list[PlannedStep] = []
    for at in placed:
        rack = encoded.racks[at]
        template = templates[rack.template]
        steps.extend(_rack_steps(board, at, rack, template, bays.get(at, "")))
    known = {entry.rack for entry in unplannable}
    missing = tuple(
        _no_place(board, at, templates)
        for at in range(board.racks)
        if not board.seat[at, t.PLACED] and encoded.racks[at].key not in known
    )
    return Schedule(
        steps=tuple(steps),
        pegs=tuple(_pegs(board, placed, templates)),
        unplannable=(*unplannable, *missing),
    )


def _rack_steps(
    board: Board, at: int, rack: Rack, template: Template, bay: str
) -> Iterator[PlannedStep]:
    times = board.time[at].tolist()
    soak = board.soak[at].tolist()
    running = rack.progress.running
    rows = board.tables.step[board.tables.rack[at, t.TEMPLATE]]
    for number, step in enumerate(template.steps):
        if number < rack.progress.done:
            continue
        start, end = times[number]
        is_running = running is not None and number == rack.progress.done
        work = running.remaining if running and is_running else step.duration
        if step.power_class is PowerClass.SHIFT_BOUND:
            calendar = int(rows[number, t.CALENDAR])
            opening = board.tables.opening[calendar]
            phases = _manual(opening, step.draw, start, end)
        elif step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            blocks = soak[int(rows[number, t.BLOCK_AT]) :]
            phases = _soak(board.encoded.problem, step, start, work, blocks)
        else:
            phases = (_phase(start, end, step.draw, PhaseKind.WORK),)
        yield PlannedStep(
            rack=rack.key,
            step=step.code,
            start=running.started if running and is_running else Minutes(start),
            end=Minutes(end),
            bay=bay if step.session is Session.BAY else "",
            phases=phases,
        )


def _phase(
    start: int, end: int, draw: int, kind: PhaseKind, percent: int = FULL
) -> Phase:
    return Phase(
        start=Minutes(start),
        end=Minutes(end),
        draw=Watts(draw),
        kind=kind,
        percent=percent,
    )


def _manual(opening: t.Narrow, draw: int, start: int, end: int) -> tuple[Phase, ...]:
    phases = []
    now = start
    while now < end:
        opens = min(end, int(opening[t.NEXT_OPEN, now]))
        if now < opens:
            phases.append(_phase(now, opens, 0, PhaseKind.CLOSED))
            now = opens
        else:
            closes = min(end, int(opening[t.WINDOW_END, now]))
            phases.append(_phase(now, closes, draw, PhaseKind.WORK))
            now = closes
    return tuple(phases)


def _soak(
    problem: Problem, step: Step, start: int, work: int, blocks: list[list[int]]
) -> tuple[Phase, ...]:
    rule = problem.soak
    phases: list[Phase] = []
    now = start
    for block in range(-(-work // rule.block)):
        level, wait = blocks[block]
        percent, full = rule.levels[level]
        draw = -(-step.draw * percent // FULL)
        if wait:
            standby = -(-step.draw * rule.standby_percent // FULL)
            _append(
                phases,
                _phase(
                    now, now + wait, standby, PhaseKind.STANDBY, rule.standby_percent
                ),
            )
            now += wait
            if rule.resume:
                back = now + rule.resume
                _append(phases, _phase(now, back, draw, PhaseKind.RESUME, percent))
                now = back
        rest = min(rule.block, work - block * rule.block)
        end = now + -(-rest * full // rule.block)
        kind = PhaseKind.WORK if percent == FULL else PhaseKind.DERATED
        _append(phases, _phase(now, end, draw, kind, percent))
        now = end
    return tuple(phases)


def _append(phases: list[Phase], phase: Phase) -> None:
    """Add a phase, joined to the one before if nothing tells them apart."""
    if phases:
        last = phases[-1]
        if (last.kind, last.draw, last.percent) == (
            phase.kind,
            phase.draw,
            phase.percent,
        ):
            phases[-1] = _phase(
                last.start, phase.end, phase.draw, phase.kind, phase.percent
            )
            return
    phases.append(phase)


def _bays(board: Board, templates: dict[str, Template]) -> dict[int, str]:
    """Return the bay of each rack that takes one."""
    encoded = board.encoded
    stays: dict[int, list[Stay]] = {}
    for at, rack in enumerate(encoded.racks):
        template = templates[rack.template]
        first, last = _bay_steps(rack, template)
        if first < 0:
            continue
        held = rack.progress.bay
        if board.seat[at, t.PLACED]:
            start = 0 if held else int(board.time[at, first, 0])
            end = int(board.time[at, last, 1])
            pool = int(board.seat[at, t.POOL])
        elif held:
            start, pool = 0, int(board.tables.rack[at, t.ONLY_POOL])
            end = sum(step.duration for step in template.steps[first : last + 1])
        else:
            continue
        wanted, settled = _published(board, at, rack, template)
        stays.setdefault(pool, []).append(
            Stay(
                rack=at,
                start=start,
                end=end,
                held=held,
                wanted=wanted,
                settled=settled,
            )
        )
    named: dict[int, str] = {}
    for pool, listed in stays.items():
        named.update(name_bays(encoded.pools[pool], listed))
    return named


def _bay_steps(rack: Rack, template: Template) -> tuple[int, int]:
    """Return the first and last bay step still to do, or (-1, -1)."""
    found = [
        number
        for number, step in enumerate(template.steps)
        if step.session is Session.BAY and number >= rack.progress.done
    ]
    return (found[0], found[-1]) if found else (-1, -1)


def _published(
    board: Board, at: int, rack: Rack, template: Template
) -> tuple[str, bool]:
    """Return the published bay, and whether any bay step starts as published."""
    wanted, settled = "", False
    if not rack.previous:
        return wanted, settled
    index = {step.code: number for number, step in enumerate(template.steps)}
    tolerance = board.encoded.problem.prices.move_tolerance
    for code, start, bay in rack.previous:
        number = index.get(code, -1)
        if bay and number >= rack.progress.done:
            wanted = bay
            off = abs(int(board.time[at, number, 0]) - start)
            settled = settled or off <= tolerance
    return wanted, settled


def _pegs(
    board: Board, placed: list[int], templates: dict[str, Template]
) -> Iterator[Peg]:
    """Give the earliest supplies to the earliest consumption, stock first."""
    encoded = board.encoded
    consumed: dict[str, list[Consumption]] = {}
    for at in placed:
        rack = encoded.racks[at]
        for step, part, quantity in rack_needs(rack, templates[rack.template]):
            start = int(board.time[at, step, 0])
            consumed.setdefault(part, []).append((start, at, step, part, quantity))
    supplies: dict[str, list[list[object]]] = {}
    for supply in sorted(
        encoded.problem.supplies,
        key=lambda one: (max(0, one.available), one.kind is not SupplyKind.STOCK),
    ):
        supplies.setdefault(supply.part, []).append([supply.key, supply.quantity])
    given: list[tuple[int, int, str, str, int]] = []
    for part, listed in consumed.items():
        left = iter(supplies.get(part, ()))
        key, rest = "", 0
        for _, at, step, _, quantity in sorted(listed):
            wanted = quantity
            while wanted:
                if not rest:
                    key, rest = next(left)  # type: ignore[assignment]
                taken = min(rest, wanted)
                given.append((at, step, part, key, taken))
                rest -= taken
                wanted -= taken
    for at, step, part, key, quantity in sorted(given):
        rack = encoded.racks[at]
        code = templates[rack.template].steps[step].code
        yield Peg(rack=rack.key, step=code, part=part, supply=key, quantity=quantity)


def _no_place(board: Board, at: int, templates: dict[str, Template]) -> Unplannable:
    """Return why a rack found no place: too few parts, or no room in time."""
    encoded = board.encoded
    rack = encoded.racks[at]
    supplied: dict[str, int] = {}
    for supply in encoded.problem.supplies:
        supplied[supply.part] = supplied.get(supply.part, 0) + supply.quantity
    for other, chosen in enumerate(encoded.racks):
        if board.seat[other, t.PLACED]:
            for _, part, quantity in rack_needs(chosen, templates[chosen.template]):
                supplied[part] = supplied.get(part, 0) - quantity
    for _, part, quantity in rack_needs(rack, templates[rack.template]):
        left = max(0, supplied.get(part, 0))
        if left < quantity:
            return Unplannable(
                rack=rack.key,
                code="no_material",
                sentence=f"{rack.key} needs {quantity:,} of {part}; the racks before "
                f"it leave {left:,}.",
                limit="material",
            )
    days = encoded.problem.horizon // 1440
    return Unplannable(
        rack=rack.key,
        code="no_room",
        sentence=f"{rack.key} finds no room in the {days:,} days that are planned; the "
        "racks before it take it.",
        limit="power",
    )
