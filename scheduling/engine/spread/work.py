"""Searches parts of a plan, wherever they were sent to."""

from collections.abc import Callable
from time import monotonic

from scheduling.engine.decode.board import Board
from scheduling.engine.problem import Problem
from scheduling.engine.spread.part import Question, answer, part_of, search


class Helper:
    """Searches parts of one problem after another, and keeps the last one laid out."""

    def __init__(self) -> None:
        """Begin with nothing laid out."""
        self._name = ""
        self._board: Board | None = None

    def work(
        self,
        data: bytes,
        *,
        name: str,
        problem: Callable[[], Problem],
        seconds: float,
        seed: int,
        cooled: float,
    ) -> bytes:
        """Return where the racks of a part are better, as a message.

        Args:
            data: One of ``part.questions``.
            name: Of the problem: its digest.
            problem: Called for the problem if it is not the last one.
            seconds: Of search, laying the problem out included.
            seed: Of the random numbers.
            cooled: Which share of the whole search is over.
        """
        began = monotonic()
        asked = Question.from_bytes(data)
        board = self._laid_out(name, problem, asked)
        # Whatever ends this work early leaves no board half changed behind.
        self.forget()
        board.stand(asked.seats)
        moves = search(
            board,
            part_of(board, *asked.window),
            seed=seed,
            cooled=cooled,
            over=lambda: (monotonic() - began) / seconds,
        )
        self._name, self._board = name, board
        return answer(board, asked.seats, moves).to_bytes()

    def forget(self) -> None:
        """Give the memory back that the last problem takes."""
        self._name, self._board = "", None

    def _laid_out(
        self, name: str, problem: Callable[[], Problem], asked: Question
    ) -> Board:
        if self._board is not None and self._name == name:
            return self._board
        self.forget()
        return Board(problem(), left_out=set(asked.left_out), unread=set(asked.unread))
