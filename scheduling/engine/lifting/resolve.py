"""Solves a problem again from a plan that stands: never worse, repeatable.

A re-solve counts neither the price of change nor the published plan: it asks what would
be possible, not what would be moved. What it is compared with is a re-solve of the
unchanged problem, with the same seed and the same number of moves, from the same plan.
What an answer costs is read off the board; it is written down and refereed when asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scheduling.engine.cost import cost_of_others
from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.decode.incumbent import Places, seat
from scheduling.engine.decode.published import ends_of
from scheduling.engine.decode.render import render
from scheduling.engine.errors import NoPlanError
from scheduling.engine.improve import Improver
from scheduling.engine.kernels import memory as t
from scheduling.engine.problem import Problem
from scheduling.engine.proof import proved
from scheduling.engine.schedule import Schedule
from scheduling.engine.solve import UNREADABLE
from scheduling.engine.validate import inspect

MOVES_A_BURST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one re-solve found.

    Attributes:
        seats: The plan on the board.
        cents: What it costs there, to a few.
        ends: End of the last step by rack; racks without a plan are absent.
    """

    seats: Seats
    cents: int
    ends: Mapping[str, int]


def without_change(problem: Problem) -> Problem:
    """Return a problem that knows of no published plan, so that no move costs."""
    racks = tuple(
        replace(rack, previous=(), previous_soak=()) for rack in problem.racks
    )
    return replace(problem, racks=racks)


class Resolver:
    """One problem, solved again and again from one plan.

    Attributes:
        problem: The problem.
        start: The plan on it before any search, laid out under its rules.
    """

    def __init__(self, problem: Problem, places: Places) -> None:
        """Encode a problem and put the plan on it.

        Args:
            problem: What to plan; it asks for no more than the one that was planned.
            places: Where the plan has every step.

        Raises:
            NoPlanError: If the problem cannot be planned as a whole.
        """
        self.problem = problem
        self._left_out = inspect(problem).unplannable
        self._board = Board(
            problem,
            left_out={one.rack for one in self._left_out},
            unread={one.rack for one in self._left_out if one.code in UNREADABLE},
        )
        self._aside = cost_of_others(problem, {one.rack for one in self._left_out})
        seat(self._board, places)
        self.start = self._board.seats()
        self._begin = self._best_begin()

    def solve(self, *, seed: int, moves: int) -> Answer:
        """Return the best plan found with so many moves; never worse than the start.

        Args:
            seed: Of the random numbers.
            moves: Of ruin and recreate, after one pass over all racks.
        """
        board = self._board
        board.restore(self._begin)
        improver = Improver(board, seed=seed, cool=True)
        improver.settle()
        done = 0
        while done < moves:
            more = min(MOVES_A_BURST, moves - done)
            improver.make(more, done / moves)
            done += more
        improver.adopt(improver.best_seats())
        improver.settle()
        return self._answer(improver.best_seats())

    def schedule(self, answer: Answer) -> Schedule:
        """Write an answer down; the referee has passed it.

        Raises:
            NoPlanError: If the referee does not.
        """
        board = self._board
        board.restore(answer.seats)
        written = render(board, self._left_out)
        passed = proved(self.problem, written)
        if passed is not written:
            raise NoPlanError(passed.unplannable[-1].sentence)
        return passed

    def _answer(self, seats: Seats) -> Answer:
        """Say what a plan comes to."""
        board = self._board
        board.restore(seats)
        placed = board.seat[:, t.PLACED] > 0
        ends = zip(board.encoded.racks, ends_of(board).tolist(), placed, strict=True)
        return Answer(
            seats=seats,
            cents=board.tally().cents + self._aside,
            ends={rack.key: end for rack, end, is_placed in ends if is_placed},
        )

    def _best_begin(self) -> Seats:
        """Return the cheaper of the plan as it stands and its order decoded anew."""
        board = self._board
        order = board.order()
        board.fill(order)
        kept = board.seats()
        board.decode(order)
        decoded = board.seats()
        return min((kept, decoded), key=lambda seats: seats.price)
