"""The published plan on a board: who keeps a place first, and who stands in the way."""

import numpy as np
import numpy.typing as npt

from scheduling.engine.decode.board import Board
from scheduling.engine.kernels import memory as t

Mask = npt.NDArray[np.bool_]

FAR = 1 << 40


def keep_order(board: Board) -> t.Wide:
    """Return the racks in the order in which they keep their published places.

    First those with a start inside the frozen fence, then those with least time to
    spare before their promise; soaks that were derated come late, since they take what
    power is left. Racks that the published plan does not know are last, soonest due
    first. Where the grid curtails, racks of flexible orders come behind all others.
    """
    was = board.tables.previous
    known = was != t.NONE
    is_new = ~known.any(axis=1)
    keys = (
        slack(board),
        _is_stretched(board),
        ~board.frozen(),
        is_new,
        gives_way(board),
    )
    order: t.Wide = np.lexsort(keys)
    return order


def powers_on_capped(board: Board) -> Mask:
    """Return whether each rack's published bay session begins while the grid curtails.

    New power-ons are the first to wait: what began before keeps its place first.
    """
    was, tables = board.tables.previous, board.tables
    in_bay = tables.step[tables.rack[:, t.TEMPLATE], :, t.IN_BAY] > 0
    begin = np.where(in_bay & (was != t.NONE), was, FAR).min(axis=1)
    found: Mask = np.zeros(board.racks, np.bool_)
    for event in board.encoded.problem.curtailments:
        found |= (begin >= event.start) & (begin < event.end)
    return found


def gives_way(board: Board) -> Mask:
    """Return whether each rack is of a flexible order while the grid curtails."""
    problem = board.encoded.problem
    is_curtailed = bool(problem.curtailments)
    return np.array(
        [is_curtailed and rack.is_flexible for rack in board.encoded.racks], np.bool_
    )


def target(board: Board) -> t.Wide:
    """Return by when each rack must be done: its promise, else its due date."""
    rack = board.tables.rack
    due = np.where(rack[:, t.DUE] == t.NONE, FAR, rack[:, t.DUE])
    wanted: t.Wide = np.where(rack[:, t.PROMISE] == t.NONE, due, rack[:, t.PROMISE])
    return wanted


def ends_of(board: Board) -> t.Wide:
    """Return when each rack's last step ends."""
    last = board.tables.template[board.tables.rack[:, t.TEMPLATE], t.STEPS] - 1
    ends: t.Wide = board.time[np.arange(board.racks), last, 1]
    return ends


def slack(board: Board) -> t.Wide:
    """Return the minutes from a rack's published end to its promise or due date."""
    was = board.tables.previous
    lengths = board.tables.step[board.tables.rack[:, t.TEMPLATE], :, t.DURATION]
    ends = np.where(was == t.NONE, 0, was + lengths).max(axis=1)
    spare: t.Wide = target(board) - ends
    return spare


def in_the_way(board: Board, among: Mask, of: t.Wide) -> t.Wide:
    """Return racks that could make room for others, the likeliest first.

    Counted is in whose way a rack's bay session lies: between the published or earliest
    begin of a rack that is not done in time, and its end. Of equal ones, those with the
    most time to spare come first.

    Args:
        board: The board.
        among: Racks to choose from.
        of: Racks that look for a better place.
    """
    rack = board.tables.rack
    main = np.maximum(
        board.tables.template[rack[:, t.TEMPLATE], t.MAIN_STEP], rack[:, t.DONE]
    )
    rows = np.arange(board.racks)
    starts, ends = board.time[rows, main, 0], ends_of(board)
    placed = board.seat[:, t.PLACED] > 0
    late = of[placed[of] & (ends[of] > target(board)[of])]
    was = board.tables.previous[late, main[late]]
    begin = np.where(was == t.NONE, np.maximum(rack[late, t.READY], 0), was)
    score = np.zeros(board.racks, np.int64)
    for first, last in zip(begin, ends[late], strict=True):
        score += (starts < last) & (ends > first)
    chosen = np.flatnonzero(among & placed & (score > 0))
    spare = (target(board) - ends)[chosen]
    found: t.Wide = chosen[np.lexsort((-spare, -score[chosen]))]
    return found


def _is_stretched(board: Board) -> Mask:
    """Return whether a rack's published bay steps leave time between them."""
    was, tables = board.tables.previous, board.tables
    rows = tables.rack[:, t.TEMPLATE]
    in_bay = (tables.step[rows, :, t.IN_BAY] > 0) & (was != t.NONE)
    lengths = tables.step[rows, :, t.DURATION]
    begin = np.where(in_bay, was, FAR).min(axis=1)
    end = np.where(in_bay, was + lengths, -FAR).max(axis=1)
    found: Mask = end - begin > np.where(in_bay, lengths, 0).sum(axis=1)
    return found
