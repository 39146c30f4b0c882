"""A part of a plan that can be searched alone: the racks of a window of time.

What a part may take is what nobody else has: it begins no earlier and ends no later
than its window, racks that reach across its edges stay, and of each supply it sees what
racks before it leave. Whatever parts find goes together; nothing has to be mended.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scheduling.engine import alter
from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels import sweep
from scheduling.engine.material import rack_needs
from scheduling.engine.problem import Problem, Rack, Supply
from scheduling.engine.serial import problem_from_json, problem_to_json
from scheduling.engine.units import Minutes, Watts

ALWAYS = 1 << 40
LEAST_RACKS = 50
"""A part with fewer racks is not worth a message."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One window of a plan.

    Attributes:
        start: First minute its racks may use.
        end: First minute they may not.
        free: Rows of the racks that may move, on the board it was cut from.
        held: Rows of the racks that stay and take of the same limits.
    """

    start: int
    end: int
    free: t.Wide
    held: t.Wide

    @property
    def rows(self) -> t.Wide:
        """Return the rows of all its racks, those that may move first."""
        return np.concatenate([self.free, self.held])


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where racks are, a row each.

    Attributes:
        time: Start and end, shape ``(racks, steps, 2)``.
        soak: Level and standby before each soak block, shape ``(racks, blocks, 2)``.
        pool: Pool of bays, by its number.
    """

    time: t.Wide
    soak: t.Wide
    pool: t.Wide

    def to_bytes(self) -> bytes:
        """Return it as a message."""
        return _packed(time=self.time, soak=self.soak, pool=self.pool)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Placement":
        """Return it from a message."""
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            return cls(time=arrays["time"], soak=arrays["soak"], pool=arrays["pool"])


def cut(board: Board, count: int, shift: float) -> list[Part]:
    """Cut a board's plan into windows with about as many racks each.

    Args:
        board: With a plan on it.
        count: Of windows; fewer come back where a window would hold hardly any rack.
        shift: Where the cuts lie, 0 to 1: 0.5 makes windows alike, less moves all cuts
            earlier, more moves them later, by half a window at most.
    """
    placed = board.seat[:, t.PLACED] > 0
    first, last = _spans(board)
    order = board.order()
    order = order[placed[order]]
    marks = [
        int(first[order[at]] + last[order[at]]) // 2
        for number in range(1, count)
        if 0 < (at := int(len(order) * (number + shift - 0.5) / count)) < len(order)
    ]
    edges = [0, *sorted(set(marks) - {0}), ALWAYS]
    may_move = placed & (board.seat[:, t.FORCED] == 0)
    is_begun = (board.tables.rack[:, t.DONE] > 0) | (
        board.tables.rack[:, t.IS_FACT] > 0
    )
    parts = []
    for start, end in pairwise(edges):
        is_inside = (first >= start) & (last <= end) & may_move
        if start:
            is_inside &= ~is_begun
        meets = placed & (first < end) & (last > start) & ~is_inside
        free = order[is_inside[order]]
        if len(free) >= LEAST_RACKS:
            held = np.flatnonzero(meets).astype(np.int64)
            parts.append(Part(start=start, end=end, free=free, held=held))
    return parts


def _spans(board: Board) -> tuple[t.Wide, t.Wide]:
    """Return the first and last minute of each rack's remaining work.

    A rack that has begun may hold a place from minute 0 on.
    """
    rack = board.tables.rack
    rows = np.arange(board.racks)
    first = board.time[rows, rack[:, t.DONE], 0].copy()
    first[rack[:, t.IS_FACT] > 0] = 0
    return first, board.time[:, :, 1].max(axis=1)


def placement(seats: Seats, rows: t.Wide) -> Placement:
    """Return where some racks are."""
    return Placement(
        time=seats.time[rows], soak=seats.soak[rows], pool=seats.seat[rows, t.POOL]
    )


def place(board: Board, seats: Seats, rows: t.Wide, where: Placement) -> None:
    """Put a plan on a board with some of its racks elsewhere.

    Args:
        board: What is on it is taken off.
        seats: The plan; not changed.
        rows: Of the racks, on the board.
        where: A row for each of them.
    """
    time, soak, seat = seats.time.copy(), seats.soak.copy(), seats.seat.copy()
    # A part may know fewer models, and so fewer steps and blocks.
    steps = min(time.shape[1], where.time.shape[1])
    blocks = min(soak.shape[1], where.soak.shape[1])
    time[rows, :steps] = where.time[:, :steps]
    soak[rows, :blocks] = where.soak[:, :blocks]
    seat[rows, t.POOL] = where.pool
    seat[rows, t.PLACED] = 1
    board.restore(Seats(time=time, soak=soak, seat=seat, price=0))
    sweep.price_anew(board.memory)


def question(board: Board, part: Part) -> bytes:
    """Return a part as a message that can be worked on without anything else."""
    where = placement(board.seats(), part.rows)
    free = np.zeros(len(part.rows), np.bool_)
    free[: len(part.free)] = True
    problem = problem_to_json(_problem(board, part))
    return _packed(
        time=where.time,
        soak=where.soak,
        pool=where.pool,
        free=free,
        problem=np.frombuffer(problem, np.uint8),
    )


def read(data: bytes) -> tuple[Problem, Placement, npt.NDArray[np.bool_]]:
    """Return a part's problem, where its racks are, and which of them may move."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        where = Placement(time=arrays["time"], soak=arrays["soak"], pool=arrays["pool"])
        return problem_from_json(arrays["problem"].tobytes()), where, arrays["free"]


def _packed(**arrays: npt.NDArray[np.generic]) -> bytes:
    target = BytesIO()
    np.savez_compressed(target, allow_pickle=False, **arrays)
    return target.getvalue()


def _problem(board: Board, part: Part) -> Problem:
    """Return the problem of a part alone."""
    problem, racks = board.encoded.problem, board.encoded.racks
    free = [racks[row] for row in part.free.tolist()]
    if part.start:
        free = [
            replace(rack, release=Minutes(max(rack.release, part.start)))
            for rack in free
        ]
    floor = max(problem.prices.demand_floor, board.peak())
    return replace(
        problem,
        racks=(*free, *(racks[row] for row in part.held.tolist())),
        supplies=_left(problem, _before(board, part)),
        resources=tuple(
            replace(one, capacity=alter.cut(one.capacity, part.end, ALWAYS))
            for one in problem.resources
        ),
        bays=tuple(
            replace(bay, capacity=alter.cut(bay.capacity, part.end, ALWAYS))
            for bay in problem.bays
        ),
        prices=replace(problem.prices, demand_floor=Watts(floor)),
    )


def _before(board: Board, part: Part) -> Iterable[Rack]:
    """Yield the racks that have taken their pieces before a part begins."""
    placed = board.seat[:, t.PLACED] > 0
    _, last = _spans(board)
    known = set(part.rows.tolist())
    for row in np.flatnonzero(placed & (last <= part.start)).tolist():
        if row not in known:
            yield board.encoded.racks[row]


def _left(problem: Problem, taken_by: Iterable[Rack]) -> tuple[Supply, ...]:
    """Return what supplies hold when some racks have taken theirs, earliest first."""
    templates = {one.key: one for one in problem.templates}
    taken: Counter[str] = Counter()
    for rack in taken_by:
        for _, part, quantity in rack_needs(rack, templates[rack.template]):
            taken[part] += quantity
    found = []
    for supply in sorted(problem.supplies, key=lambda one: one.available):
        gone = min(taken[supply.part], supply.quantity)
        taken[supply.part] -= gone
        if gone < supply.quantity:
            found.append(replace(supply, quantity=supply.quantity - gone))
    return tuple(found)
