"""Reads a plan on the board as a schedule: phases, named bays, pegs, and who is left out."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from scheduling.engine.blocks import share
from scheduling.engine.decode.encode import Encoded
from scheduling.engine.decode.needs import rack_needs
from scheduling.engine.decode.pools import Stay, name_bays
from scheduling.engine.kernels import memory as t
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Rack,
    Session,
    Step,
    Supply,
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
from scheduling.engine.validate import inspect

FULL = 100


def read_schedule(
    encoded: Encoded, time: t.Wide, soak: t.Wide, seat: t.Wide
) -> Schedule:
    """Return a plan's arrays as a schedule.

    Args:
        encoded: The problem the arrays belong to.
        time: Start and end, shape ``(racks, steps, 2)``.
        soak: Level and wait before each soak block, shape ``(racks, blocks, 2)``.
        seat: Whether and where each rack is, shape ``(racks, SEAT_COLUMNS)``.
    """
    problem = encoded.problem
    templates = {template.key: template for template in encoded.templates}
    placed = [at for at in range(len(encoded.racks)) if seat[at, t.PLACED]]
    bays = _bays(encoded, templates, time, seat, placed)
    reader = _Phases(encoded)
    steps: list[PlannedStep] = []
    for at in placed:
        rack = encoded.racks[at]
        template = templates[rack.template]
        for number in range(rack.progress.done, len(template.steps)):
            step = template.steps[number]
            start, end = int(time[at, number, 0]), int(time[at, number, 1])
            running = rack.progress.running if number == rack.progress.done else None
            phases = reader.phases(
                step, max(start, 0), end, running.remaining if running else 0, soak[at]
            )
            steps.append(
                PlannedStep(
                    rack=rack.key,
                    step=step.code,
                    start=running.started if running else Minutes(start),
                    end=Minutes(end),
                    bay=bays.get(at, "") if step.session is Session.BAY else "",
                    phases=tuple(_merged(phases)),
                )
            )
    return Schedule(
        steps=tuple(steps),
        pegs=tuple(_pegs(encoded, templates, time, placed)),
        unplannable=_left_out(problem, {encoded.racks[at].key for at in placed}),
    )


class _Phases:
    """The phases of steps, with the problem's calendars and soak rule at hand."""

    def __init__(self, encoded: Encoded) -> None:
        """Look calendars up by crew, and soak blocks by step."""
        problem = encoded.problem
        windows = {calendar.key: calendar.open for calendar in problem.calendars}
        self._windows = {
            resource.key: windows.get(resource.calendar, ())
            for resource in problem.resources
        }
        self._rule = problem.soak
        self._first_block = {
            id(step): int(encoded.tables.step[at, number, t.BLOCK_AT])
            for at, template in enumerate(encoded.templates)
            for number, step in enumerate(template.steps)
        }

    def phases(
        self, step: Step, start: int, end: int, remaining: int, soak: t.Wide
    ) -> Iterator[Phase]:
        """Yield the phases of one step from ``start``, the epoch at the earliest."""
        if step.power_class is PowerClass.SHIFT_BOUND:
            return self._manual(step, start, end)
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            return self._soak(step, start, remaining or step.duration, soak)
        return iter([_phase(start, end, step.draw, PhaseKind.WORK)])

    def _manual(self, step: Step, start: int, end: int) -> Iterator[Phase]:
        """Yield open and closed stretches between start and end."""
        windows = self._windows[step.crew]
        at = max(0, bisect_right(windows, (start, t.FAR)) - 1)
        now = start
        for opens, closes in windows[at:]:
            if opens >= end or now >= end:
                break
            if opens > now:
                yield _phase(now, opens, step.draw, PhaseKind.CLOSED)
                now = opens
            if closes > now:
                yield _phase(now, min(closes, end), step.draw, PhaseKind.WORK)
                now = min(closes, end)
        if now < end:
            yield _phase(now, end, step.draw, PhaseKind.CLOSED)

    def _soak(self, step: Step, start: int, work: int, soak: t.Wide) -> Iterator[Phase]:
        """Yield blocks at their levels, with standby and resume before a late one."""
        rule, now = self._rule, start
        for block in range(-(-work // rule.block)):
            level, wait = soak[self._first_block[id(step)] + block]
            percent, minutes = rule.levels[int(level)]
            draw = share(step.draw, percent)
            kind = PhaseKind.WORK if percent == FULL else PhaseKind.DERATED
            if wait:
                standby = share(step.draw, rule.standby_percent)
                until = now + int(wait)
                yield _phase(
                    now, until, standby, PhaseKind.STANDBY, rule.standby_percent
                )
                yield _phase(
                    until, until + rule.resume, draw, PhaseKind.RESUME, percent
                )
                now = until + rule.resume
            rest = min(rule.block, work - block * rule.block)
            length = -(-rest * minutes // rule.block)
            yield _phase(now, now + length, draw, kind, percent)
            now += length


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


def _merged(phases: Iterator[Phase]) -> Iterator[Phase]:
    """Yield phases with equal neighbours as one."""
    last: Phase | None = None
    for phase in phases:
        if last and (last.draw, last.kind, last.percent) == (
            phase.draw,
            phase.kind,
            phase.percent,
        ):
            last = _phase(last.start, phase.end, last.draw, last.kind, last.percent)
            continue
        if last:
            yield last
        last = phase
    if last:
        yield last


def _bays(
    encoded: Encoded,
    templates: dict[str, Template],
    time: t.Wide,
    seat: t.Wide,
    placed: list[int],
) -> dict[int, str]:
    """Return the bay of each rack that still needs one."""
    stays: dict[int, list[Stay]] = defaultdict(list)
    for at in placed:
        rack = encoded.racks[at]
        template = templates[rack.template]
        numbers = [
            number
            for number in range(rack.progress.done, len(template.steps))
            if template.steps[number].session is Session.BAY
        ]
        if numbers:
            stays[int(seat[at, t.POOL])].append(
                _stay(at, rack, template, numbers, time[at])
            )
    named: dict[int, str] = {}
    for pool, listed in stays.items():
        named |= name_bays(encoded.pools[pool], listed)
    return named


def _stay(
    at: int, rack: Rack, template: Template, numbers: list[int], time: t.Wide
) -> Stay:
    """Return one rack's stay; a held bay is held from minute 0 on."""
    first = template.steps[numbers[0]].code
    before = {code: (start, bay) for code, start, bay in rack.previous}
    start_before, wanted = before.get(first, (t.NONE, ""))
    pinned = next((pin.bay for pin in rack.pins if pin.bay), "")
    start = 0 if rack.progress.bay else int(time[numbers[0], 0])
    return Stay(
        rack=at,
        start=max(0, start),
        end=int(time[numbers[-1], 1]),
        held=rack.progress.bay or pinned,
        wanted=wanted,
        settled=start_before == start,
    )


def _pegs(
    encoded: Encoded,
    templates: dict[str, Template],
    time: t.Wide,
    placed: list[int],
) -> Iterator[Peg]:
    """Yield who takes what: the earliest supplies go to the earliest steps."""
    wanted: dict[str, list[tuple[int, str, str, int]]] = defaultdict(list)
    for at in placed:
        rack = encoded.racks[at]
        template = templates[rack.template]
        for number, part, quantity in rack_needs(rack, template):
            wanted[part].append(
                (
                    int(time[at, number, 0]),
                    rack.key,
                    template.steps[number].code,
                    quantity,
                )
            )
    supplies: dict[str, list[Supply]] = defaultdict(list)
    for supply in encoded.problem.supplies:
        supplies[supply.part].append(supply)
    for part, takers in wanted.items():
        yield from _shared(part, sorted(takers), sorted(supplies[part], key=_rank))


def _rank(supply: Supply) -> tuple[int, bool, str]:
    """Return what supplies go by: the earliest first, stock before promises."""
    return max(0, supply.available), supply.kind is not SupplyKind.STOCK, supply.key


def _shared(
    part: str, takers: list[tuple[int, str, str, int]], supplies: list[Supply]
) -> Iterator[Peg]:
    """Yield pegs of one part in order of time."""
    queue = iter(supplies)
    supply, left = None, 0
    for _, rack, step, quantity in takers:
        need = quantity
        while need:
            if not left:
                supply = next(queue)
                left = supply.quantity
            taken = min(need, left)
            if supply:
                yield Peg(
                    rack=rack,
                    step=step,
                    part=part,
                    supply=supply.key,
                    quantity=taken,
                )
            need -= taken
            left -= taken


def _left_out(problem: Problem, placed: set[str]) -> tuple[Unplannable, ...]:
    """Return the racks without a place, with the reason that is known."""
    steps = {template.key: len(template.steps) for template in problem.templates}
    known = {one.rack: one for one in inspect(problem).unplannable}
    days = problem.horizon // MINUTES_PER_DAY
    return tuple(
        known.get(rack.key)
        or Unplannable(
            rack=rack.key,
            code="no_room",
            sentence=f"{rack.key} finds no place within the {days} days looked ahead.",
            limit="bay",
        )
        for rack in problem.racks
        if rack.key not in placed and rack.progress.done < steps[rack.template]
    )
