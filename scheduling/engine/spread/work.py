"""Makes first plans and searches parts of plans, wherever they were sent to."""

from collections.abc import Callable
from time import monotonic

import numpy as np

from scheduling.engine.decode.board import Board
from scheduling.engine.problem import Problem
from scheduling.engine.rules import order_by
from scheduling.engine.spread.message import Answer, Question
from scheduling.engine.spread.part import part_of
from scheduling.engine.spread.search import answer, answer_of, search


class Helper:
    """Answers questions on one problem after another; keeps the last one laid out."""

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
        """Return a first plan, or where the racks of a part are better, as a message.

        Args:
            data: A message of a question.
            name: Of the problem: its digest.
            problem: Called for the problem if it is not the last one.
            seconds: Of search, laying the problem out included.
            seed: Of the random numbers.
            cooled: Which share of the whole search is over.
        """
        began = monotonic()
        question = Question.from_bytes(data)
        board = self._laid_out(name, problem, question)
        # Whatever ends this work early leaves no board half changed behind.
        self.forget()
        if isinstance(question.asked, str):
            found = _decoded(board, question.asked)
        else:
            standing = question.asked
            board.stand(standing.seats)
            moves = search(
                board,
                part_of(board, *standing.window),
                seed=seed,
                cooled=cooled,
                over=lambda: (monotonic() - began) / seconds,
            )
            found = answer(board, standing.seats, moves)
        self._name, self._board = name, board
        return found.to_bytes()

    def forget(self) -> None:
        """Give the memory back that the last problem takes."""
        self._name, self._board = "", None

    def _laid_out(
        self, name: str, problem: Callable[[], Problem], question: Question
    ) -> Board:
        if self._board is not None and self._name == name:
            return self._board
        self.forget()
        return Board(
            problem(), left_out=set(question.left_out), unread=set(question.unread)
        )


def _decoded(board: Board, rule: str) -> Answer:
    """Return the plan a dispatch rule makes, racks begun as early as may be.

    The board is empty afterwards.

    What comes next stands elsewhere: to take out rack by rack takes twice as long.
    """
    board.decode(order_by(rule, board.tables), delay=False)
    found = answer_of(board, np.arange(board.racks), moves=0)
    board.clear()
    return found
