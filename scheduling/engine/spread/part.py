"""A part of a plan that can be searched alone: the racks of a window of time.

Whoever searches a part has the whole plan before it. Its racks begin no earlier and end
no later than their window, and racks that reach across its edges stay. Since all a
part's racks take their pieces inside the window, what the plan has for racks after it
stays theirs. Whatever parts find goes together; nothing has to be mended.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.improve import Improver
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels import sweep

ALWAYS = 1 << 40
LEAST_RACKS = 50
"""A part with fewer racks is not worth a message."""
WINDOW = Struct("<qq")
FAST = 1
"""Level of compression: a tenth larger than the best, in a tenth of the time."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One window of a plan.

    Attributes:
        start: First minute its racks may use.
        end: First minute they may not.
        racks: Rows of the racks that may move, in order of time.
    """

    start: int
    end: int
    racks: t.Wide


def cut(board: Board, count: int, shift: float) -> list[Part]:
    """Cut a board's plan into windows with about as many racks each.

    No run of minutes lies in two of them, so that two threads may work on one board's.

    Args:
        board: With a plan on it.
        count: Of windows; fewer come back where a window would hold hardly any rack.
        shift: Where the cuts lie, 0 to 1: 0.5 makes windows alike, less moves all cuts
            earlier, more moves them later, by half a window at most.
    """
    first, last = _spans(board)
    order = board.order()
    order = order[board.seat[order, t.PLACED] > 0]
    marks = [
        int(first[order[at]] + last[order[at]]) // 2 // t.RUN * t.RUN
        for number in range(1, count)
        if 0 < (at := int(len(order) * (number + shift - 0.5) / count)) < len(order)
    ]
    edges = [0, *sorted(set(marks) - {0}), ALWAYS]
    parts = [part_of(board, start, end) for start, end in pairwise(edges)]
    return [part for part in parts if len(part.racks) >= LEAST_RACKS]


def part_of(board: Board, start: int, end: int) -> Part:
    """Return the part of a board's plan that a window holds.

    Racks that have begun are in none: while one is taken out, what it holds is held to
    the end of the plan, past any window.
    """
    first, last = _spans(board)
    rack = board.tables.rack
    is_inside = (board.seat[:, t.PLACED] > 0) & (board.seat[:, t.FORCED] == 0)
    is_inside &= (first >= start) & (last <= end)
    is_inside &= (rack[:, t.DONE] == 0) & (rack[:, t.IS_FACT] == 0)
    order = board.order()
    return Part(start=start, end=end, racks=order[is_inside[order]])


def _spans(board: Board) -> tuple[t.Wide, t.Wide]:
    """Return the first and last minute of each rack's remaining work."""
    rack = board.tables.rack
    rows = np.arange(board.racks)
    return board.time[rows, rack[:, t.DONE], 0], board.time[:, :, 1].max(axis=1)


def search(
    board: Board,
    part: Part,
    *,
    seed: int,
    cooled: float,
    over: Callable[[], float],
    tell: Callable[[Improver], None] = lambda _: None,
) -> int:
    """Improve a part on the board of the whole plan; return the moves made.

    Args:
        board: Its plan is as cheap afterwards as before, or cheaper.
        part: Of its plan.
        seed: Of the random numbers.
        cooled: Which share of the whole search is over: it begins as cool as that.
        over: Which share of this part's time is over, asked about twenty times a
            second; from 1 on it ends.
        tell: Called as often.
    """
    board.confine(part.racks, part.start, part.end)
    improver = Improver(board, seed=seed)
    improver.burst(cooled)
    while (share := over()) < 1:
        improver.burst(cooled + (1 - cooled) * share)
        tell(improver)
    board.stand(improver.best_seats())
    board.release()
    return improver.moves


def questions(board: Board, parts: Sequence[Part]) -> list[bytes]:
    """Return a message for each part: its window, and the plan all are of."""
    left_out, unread = board.without
    plan = _packed(
        left_out=np.array(sorted(left_out), np.str_),
        unread=np.array(sorted(unread), np.str_),
        **_plain(board.seats(), np.arange(board.racks)),
    )
    return [WINDOW.pack(part.start, part.end) + plan for part in parts]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a message asks.

    Attributes:
        window: First minute of the part and first minute after it.
        left_out: Racks left out from the beginning.
        unread: Racks not looked at.
        seats: The plan it is of.
    """

    window: tuple[int, int]
    left_out: tuple[str, ...]
    unread: tuple[str, ...]
    seats: Seats

    @classmethod
    def from_bytes(cls, data: bytes) -> "Question":
        """Return what ``questions`` wrote."""
        start, end = WINDOW.unpack_from(data)
        arrays = _unpacked(data[WINDOW.size :])
        _, seats = _seats(arrays)
        return cls(
            window=(start, end),
            left_out=tuple(arrays["left_out"].tolist()),
            unread=tuple(arrays["unread"].tolist()),
            seats=seats,
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Where a part's racks are better.

    Attributes:
        racks: Rows of the racks that have moved.
        seats: Where they are now, a row for each; without a price.
        moves: Made to find this.
    """

    racks: t.Wide
    seats: Seats
    moves: int

    def to_bytes(self) -> bytes:
        """Return it as a message."""
        rows = np.arange(len(self.racks))
        moves = np.array(self.moves, np.int64)
        return _packed(moves=moves, **_plain(self.seats, rows) | {"racks": self.racks})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Answer":
        """Return it from a message."""
        arrays = _unpacked(data)
        racks, seats = _seats(arrays)
        return cls(racks=racks, seats=seats, moves=int(arrays["moves"]))


def answer(board: Board, before: Seats, moves: int) -> Answer:
    """Return where a board's racks are not where they were."""
    moved = board.moved_since(before)
    racks = moved[board.seat[moved, t.PLACED] > 0]
    return Answer(racks=racks, seats=_some(board.seats(), racks), moves=moves)


def search_beside(
    board: Board, part: Part, *, seed: int, cooled: float, over: Callable[[], float]
) -> Answer:
    """Search a part on a board beside the whole plan's; return where racks are better.

    What is free in each minute is as it was afterwards.
    """
    before = board.seats()
    moves = search(board, part, seed=seed, cooled=cooled, over=over)
    found = answer(board, before, moves)
    board.stand(before)
    return found


def merge(board: Board, found: Sequence[Answer]) -> int:
    """Take answers into a board's plan if the whole is sound and cheaper.

    All together; one by one only where that is refused.

    Returns:
        How many were taken; if none, the plan is as it was.
    """
    before, overdrawn = board.seats(), board.overdrawn()
    time, soak, seat = before.time.copy(), before.soak.copy(), before.seat.copy()
    for one in found:
        time[one.racks], soak[one.racks] = one.seats.time, one.seats.soak
        seat[one.racks] = one.seats.seat
    board.stand(Seats(time=time, soak=soak, seat=seat, price=0))
    sweep.price_anew(board.memory)
    if board.overdrawn() <= overdrawn and board.price() < before.price:
        return len(found)
    board.stand(before)
    return sum(merge(board, [one]) for one in found) if len(found) > 1 else 0


def _some(seats: Seats, rows: t.Wide) -> Seats:
    """Return some rows of a plan."""
    return Seats(
        time=seats.time[rows], soak=seats.soak[rows], seat=seats.seat[rows], price=0
    )


def _plain(seats: Seats, rows: t.Wide) -> dict[str, t.Wide]:
    """Return a plan as arrays that compress well: minutes as differences."""
    time = seats.time.reshape(len(rows), 2 * seats.time.shape[1])
    return {
        "racks": rows,
        "shape": np.array(seats.time.shape, np.int64),
        "time": np.diff(time, axis=1, prepend=0),
        "soak": seats.soak,
        "seat": seats.seat,
    }


def _seats(arrays: dict[str, Any]) -> tuple[t.Wide, Seats]:
    """Return rows and seats that ``_plain`` made plain."""
    time = np.cumsum(arrays["time"], axis=1).reshape(arrays["shape"])
    return arrays["racks"], Seats(
        time=time, soak=arrays["soak"], seat=arrays["seat"], price=0
    )


def _packed(**arrays: npt.NDArray[Any]) -> bytes:
    target = BytesIO()
    np.savez(target, allow_pickle=False, **arrays)
    return zlib.compress(target.getvalue(), FAST)


def _unpacked(data: bytes) -> dict[str, Any]:
    with np.load(BytesIO(zlib.decompress(data)), allow_pickle=False) as arrays:
        return dict(arrays)
