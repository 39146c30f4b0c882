"""A part of a plan that can be searched alone: the racks of a window of time.

Whoever searches a part has the whole plan before it. Its racks begin no earlier and end
no later than their window, and racks that reach across its edges stay. Since all a
part's racks take their pieces inside the window, what the plan has for racks after it
stays theirs. Whatever parts find goes together; nothing has to be mended.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scheduling.engine.decode.board import Board
from scheduling.engine.kernels import memory as t

ALWAYS = 1 << 40
LEAST_RACKS = 50
"""A part with fewer racks is not worth a message."""


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
