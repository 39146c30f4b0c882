"""Writes the plan on a board as a schedule: phases, bays, pegs, and who is left out."""

from collections.abc import Iterator

from scheduling.engine.collector import paused
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.pools import Stay, name_bays
from scheduling.engine.kernels import memory as t
from scheduling.engine.material import rack_needs
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
from scheduling.engine.units import MINUTES_PER_DAY, Minutes, Watts

FULL = 100


@paused()
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
    stuck = [
        encoded.racks[at]
        for at in range(board.racks)
        if not board.seat[at, t.PLACED] and encoded.racks[at].key not in known
    ]
    left = _left_over(board, placed, templates) if stuck else {}
    missing = [
        _no_place(encoded.problem, rack, templates[rack.template], left)
        for rack in stuck
    ]
    return Schedule(
        steps=tuple(steps),
        pegs=tuple(_pegs(board, placed, templates)),
        unplannable=(*unplannable, *missing),
    )


def _rack_steps(
    board: Board, at: int, rack: Rack, template: Template, bay: str
) -> Iterator[PlannedStep]:
    times = board.time[at].tolist()
    progress = rack.progress
    rows = board.tables.step[board.tables.rack[at, t.TEMPLATE]]
    for number in range(progress.done, len(template.steps)):
        step = template.steps[number]
        start, end = times[number]
        running = progress.running if number == progress.done else None
        if step.power_class is PowerClass.SHIFT_BOUND:
            opening = board.tables.opening[rows[number, t.CALENDAR]]
            phases = _manual(opening, step.draw, start, end)
        elif step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            work = running.remaining if running else step.duration
            blocks = board.soak[at, rows[number, t.BLOCK_AT] :].tolist()
            phases = _soak(board.encoded.problem, step, start, work, blocks)
        else:
            phases = (_phase(start, end, step.draw, PhaseKind.WORK),)
        yield PlannedStep(
            rack=rack.key,
            step=step.code,
            start=running.started if running else start,
            end=end,
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


class _Needs:
    """What racks consume, read once for all that are alike."""

    def __init__(self, templates: dict[str, Template]) -> None:
        """Take the templates by key."""
        self._templates = templates
        self._known: dict[object, list[tuple[int, str, int]]] = {}

    def of(self, rack: Rack) -> list[tuple[int, str, int]]:
        """Return ``(step, part, quantity)`` of a rack."""
        progress = rack.progress
        begun = progress.done + (progress.running is not None)
        sign = (rack.template, begun, rack.materials_reserved)
        if sign not in self._known:
            self._known[sign] = rack_needs(rack, self._templates[rack.template])
        return self._known[sign]


def _pegs(
    board: Board, placed: list[int], templates: dict[str, Template]
) -> Iterator[Peg]:
    """Give the earliest supplies to the earliest consumption, stock first."""
    racks = board.encoded.racks
    needs = _Needs(templates)
    consumed: dict[str, list[tuple[int, int, int, int]]] = {}
    for at in placed:
        starts = board.time[at, :, 0].tolist()
        for step, part, quantity in needs.of(racks[at]):
            consumed.setdefault(part, []).append((starts[step], at, step, quantity))
    supplies: dict[str, list[tuple[str, int]]] = {}
    for supply in sorted(
        board.encoded.problem.supplies,
        key=lambda one: (max(0, one.available), one.kind is not SupplyKind.STOCK),
    ):
        supplies.setdefault(supply.part, []).append((supply.key, supply.quantity))
    given: list[tuple[int, int, str, str, int]] = []
    for part, listed in consumed.items():
        left = iter(supplies.get(part, ()))
        key, rest = "", 0
        for _, at, step, quantity in sorted(listed):
            wanted = quantity
            while wanted:
                if not rest:
                    key, rest = next(left)
                taken = min(rest, wanted)
                given.append((at, step, part, key, taken))
                rest -= taken
                wanted -= taken
    for at, step, part, key, quantity in sorted(given):
        rack = racks[at]
        code = templates[rack.template].steps[step].code
        yield Peg(rack=rack.key, step=code, part=part, supply=key, quantity=quantity)


def _left_over(
    board: Board, placed: list[int], templates: dict[str, Template]
) -> dict[str, int]:
    """Return the pieces of each part that no planned rack takes."""
    left: dict[str, int] = {}
    for supply in board.encoded.problem.supplies:
        left[supply.part] = left.get(supply.part, 0) + supply.quantity
    needs = _Needs(templates)
    for at in placed:
        for _, part, quantity in needs.of(board.encoded.racks[at]):
            left[part] = left.get(part, 0) - quantity
    return left


def _no_place(
    problem: Problem, rack: Rack, template: Template, left_over: dict[str, int]
) -> Unplannable:
    """Return why a rack found no place: too few parts, or no room in time."""
    for _, part, quantity in rack_needs(rack, template):
        left = max(0, left_over.get(part, 0))
        if left < quantity:
            return Unplannable(
                rack=rack.key,
                code="no_material",
                sentence=f"{rack.key} needs {quantity:,} of {part}; the racks before "
                f"it leave {left:,}.",
                limit="material",
            )
    days = problem.horizon // MINUTES_PER_DAY
    return Unplannable(
        rack=rack.key,
        code="no_room",
        sentence=f"{rack.key} finds no room in the {days:,} days that are planned; the "
        "racks before it take it.",
        limit="power",
    )
