"""Ruin and recreate under a clock: short bursts of moves, so that it can be stopped."""

from time import monotonic

from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels import ruin, sweep

BURST_S = 0.05
FIRST_BURST = 4
MOST_BURST = 2_000
HEAT = 0.0025
"""Begin at a temperature of this share of a plan's cost, spread over 100 racks."""
COLD = 0.004
"""Share of the first temperature at the end."""
SMALL, LARGE = 300, 2_000
SORT_EVERY_S = 0.25
SETTLE_EVERY = 40
"""Bursts between two passes that put each rack back alone."""


class Improver:
    """Improves the plan on a board.

    Attributes:
        board: The board; its plan is the current one, not always the best.
        best: Price of the best plan, in units of 1/1440 cent.
        moves: Moves made so far.
    """

    def __init__(self, board: Board, *, seed: int, cool: bool = False) -> None:
        """Start from the plan on the board.

        Args:
            board: The board.
            seed: Of the random numbers.
            cool: Whether a plan stands that is to change little: moves then cost at
                most about a moved start more at first.
        """
        self.board = board
        board.reseed(seed)
        self.moves = 0
        self._total = self.best = board.price()
        ruin.copy_best(board.memory)
        self._burst = FIRST_BURST
        self._bursts = 0
        racks = max(1, board.racks)
        self._size = 10 if racks <= LARGE else 6
        heat = HEAT * self._total * min(1.0, 100 / racks)
        if cool:
            heat = min(heat, board.encoded.problem.prices.move * t.UNIT)
        self._heat = max(1.0, heat)

    def adopt(self, seats: Seats) -> None:
        """Go on from another plan; it counts as the best from here on."""
        self.board.restore(seats)
        self.start_over()

    def start_over(self) -> None:
        """Go on from the plan on the board; it counts as the best from here on."""
        self._total = self.best = self.board.price()
        ruin.copy_best(self.board.memory)

    def burst(self, share: float) -> None:
        """Make moves for about 50 ms.

        Args:
            share: Share of the search that is over, 0 to 1: it cools with it.
        """
        began = monotonic()
        self.make(self._burst, share)
        spent = monotonic() - began
        factor = min(2.0, max(0.5, BURST_S / max(spent, 1e-6)))
        self._burst = int(min(MOST_BURST, max(1, self._burst * factor)))

    def make(self, moves: int, share: float) -> None:
        """Make a number of moves."""
        heat = self._heat * COLD ** min(1.0, max(0.0, share))
        self._total, self.best = ruin.improve(
            self.board.memory, self._total, self.best, moves, heat, self._size
        )
        self.moves += moves
        self._bursts += 1
        self.board.sort()

    def settle(self) -> None:
        """Put every rack back alone, once; never worse."""
        self._total -= int(sweep.settle_again(self.board.memory))
        if self._total < self.best:
            self.best = self._total
            ruin.copy_best(self.board.memory)
        self.board.sort()

    def go_home(self) -> None:
        """Bring racks back to their published places where that costs no more.

        Begins at the best plan so far.
        """
        self.board.stand(self.best_seats())
        self.start_over()
        self._total -= self.board.go_home(self.board.order())
        self.best = self._total
        ruin.copy_best(self.board.memory)

    def best_seats(self) -> Seats:
        """Return a copy of the best plan."""
        return self.board.best_seats(self.best)


def best_cents(price: int) -> int:
    """Return units of money as cents, rounded half up."""
    return (2 * price + t.UNIT) // (2 * t.UNIT)
