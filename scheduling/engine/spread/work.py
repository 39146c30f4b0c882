"""Searches one part of a plan, wherever it was sent to."""

from collections.abc import Callable
from time import monotonic

import numpy as np

from scheduling.engine.decode.board import Board
from scheduling.engine.improve import Improver
from scheduling.engine.spread.part import Placement, place, placement, read


def work(
    data: bytes,
    *,
    seconds: float,
    seed: int,
    cooled: float,
    goes_on: Callable[[], bool] = lambda: True,
) -> Placement:
    """Return where the racks that may move are best.

    Args:
        data: From ``part.question``.
        seconds: Of search, laying the problem out included.
        seed: Of the random numbers.
        cooled: Which share of the whole search is over: it begins as cool as that.
        goes_on: Asked about twenty times a second.
    """
    began = monotonic()
    problem, where, free = read(data)
    board = Board(problem, seed=seed)
    place(board, board.seats(), np.arange(board.racks), where)
    board.mark(np.flatnonzero(free).astype(np.int64))
    board.sort()
    improver = Improver(board, seed=seed)
    improver.burst(cooled)
    while (spent := monotonic() - began) < seconds and goes_on():
        improver.burst(cooled + (1 - cooled) * spent / seconds)
    return placement(improver.best_seats(), np.flatnonzero(free).astype(np.int64))
