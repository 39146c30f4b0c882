"""Puts a finished schedule on a board, laid out anew under the board's own problem."""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduling.engine.blocks import blocks_of, level_minutes
from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels import sweep
from scheduling.engine.lookup import Lookup, look_up
from scheduling.engine.problem import PowerClass, Problem, Rack, Step
from scheduling.engine.schedule import PlannedStep, Schedule

FULL = 100

Blocks = tuple[tuple[int, int], ...]
"""``(percent, standby minutes before)`` of each block of a soak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a schedule has one step.

    Attributes:
        start: First minute, at least 0.
        bay: Key of the bay; empty outside one.
        blocks: Of a soak that is derated or paused; else empty.
    """

    start: int
    bay: str
    blocks: Blocks


Places = Mapping[str, Mapping[str, Place]]
"""By rack and step code."""


def places_of(problem: Problem, schedule: Schedule) -> Places:
    """Return where a schedule has each step of each rack it plans."""
    book = look_up(problem)
    found: dict[str, dict[str, Place]] = {}
    for planned in schedule.steps:
        found.setdefault(planned.rack, {})[planned.step] = Place(
            start=max(0, planned.start),
            bay=planned.bay,
            blocks=_blocks(book, planned),
        )
    return found


def _blocks(book: Lookup, planned: PlannedStep) -> Blocks:
    rack = book.racks[planned.rack]
    template = book.templates[rack.template]
    step = template.steps[template.index_of(planned.step)]
    if step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
        return ()
    return blocks_of(book.problem.soak, _work(rack, step), planned.phases)


def seat(board: Board, places: Places) -> None:
    """Put every planned rack where it was, as far as its problem's rules still ask.

    The board's problem may differ from the one that was planned, as long as it only
    asks for less: a step keeps its start and its bay and takes the time it needs now.
    Racks without a place stay out.

    Args:
        board: Of the problem; what is on it is taken off.
        places: From ``places_of``.
    """
    seats = _empty(board)
    book = look_up(board.encoded.problem)
    pools = {
        key: at for at, pool in enumerate(board.encoded.pools) for key in pool.keys
    }
    levels = {percent: at for at, (percent, _) in enumerate(book.problem.soak.levels)}
    for at, rack in enumerate(board.encoded.racks):
        found = places.get(rack.key)
        if found is None or board.left_out[at]:
            continue
        rows = board.tables.step[board.tables.rack[at, t.TEMPLATE]]
        template = book.templates[rack.template]
        for number in range(rack.progress.done, len(template.steps)):
            step = template.steps[number]
            place = found[step.code]
            seats.time[at, number] = place.start, _end(book, rack, step, place)
            first = int(rows[number, t.BLOCK_AT])
            for block, (percent, wait) in enumerate(_kept(book, rack, step, place)):
                seats.soak[at, first + block] = levels[percent], wait
            if place.bay:
                seats.seat[at, t.POOL] = pools[place.bay]
        seats.seat[at, t.PLACED] = 1
    board.restore(seats)
    sweep.price_anew(board.memory)


def _empty(board: Board) -> Seats:
    board.clear()
    return board.seats()


def _work(rack: Rack, step: Step) -> int:
    """Return the full-power minutes a rack's step still needs."""
    running = rack.progress.running
    if running is not None and running.step == step.code:
        return int(running.remaining)
    return int(step.duration)


def _end(book: Lookup, rack: Rack, step: Step, place: Place) -> int:
    work = _work(rack, step)
    if step.power_class is PowerClass.SHIFT_BOUND:
        end = book.hours_of(step.crew).finish(place.start, work)
        return place.start + work if end is None else end
    if not place.blocks:
        return place.start + work
    rule, now, left = book.problem.soak, place.start, work
    for percent, wait in _kept(book, rack, step, place):
        if wait:
            now += wait + rule.resume
        share = min(rule.block, left)
        minutes = level_minutes(rule, percent) or rule.block
        now += -(-share * minutes // rule.block)
        left -= share
    return now


def _kept(book: Lookup, rack: Rack, step: Step, place: Place) -> Blocks:
    """Return the blocks that are still to be done."""
    return place.blocks[: -(-_work(rack, step) // book.problem.soak.block)]
