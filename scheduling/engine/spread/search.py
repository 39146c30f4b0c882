"""Searches a part of a plan, and puts together what was found in several."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.improve import Improver
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels import sweep
from scheduling.engine.spread.message import Answer
from scheduling.engine.spread.part import Part


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


def answer(board: Board, before: Seats, moves: int) -> Answer:
    """Return where a board's racks are not where they were."""
    moved = board.moved_since(before)
    return answer_of(board, moved[board.seat[moved, t.PLACED] > 0], moves)


def answer_of(board: Board, racks: t.Wide, moves: int) -> Answer:
    """Return where some racks of a board are."""
    seats = board.seats()
    some = replace(
        seats, time=seats.time[racks], soak=seats.soak[racks], seat=seats.seat[racks]
    )
    return Answer(racks=racks, seats=some, moves=moves)


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
