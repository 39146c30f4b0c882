"""Searches a large plan in parts: one a thread here, the others with whoever helps.

Round after round the plan is cut at other minutes; what threads and helpers find is put
together and kept if the whole is cheaper. A helper that is lost costs what it had found
in one round.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from time import monotonic, sleep
from typing import Protocol

from scheduling.engine.decode.board import Board
from scheduling.engine.improve import Improver
from scheduling.engine.spread.message import Answer, part_questions
from scheduling.engine.spread.part import Part, cut
from scheduling.engine.spread.search import merge, search, search_beside

LEAST_RACKS = 2_000
"""Smaller plans stay in one process: they are searched out before a round ends."""
RACKS_A_PART = 600
"""With fewer, too many racks lie across the cuts (ADR 0366)."""
ROUND_S = 8.0
"""Long enough that cutting and putting together is a small share of it."""
ROUNDS = 5
"""A short search still has so many rounds."""
GRACE_S = 2.0
"""How long answers are waited for when a round is over."""
WAY_S = 0.1
"""How long a question and its answer are under way."""
LOOK_EVERY_S = 0.02
ASK_AGAIN = 5
"""Rounds until helpers are asked for again after none has come."""
ALMOST = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A question for a helper.

    Attributes:
        question: As ``message`` writes it.
        seconds: Of search.
        seed: Of its random numbers.
        cooled: Share of the whole search that is over.
    """

    question: bytes
    seconds: float
    seed: int
    cooled: float


class Helpers(Protocol):
    """Other processes that answer questions; they know the problem by themselves."""

    @property
    def most(self) -> int:
        """Return how many there may be."""

    def offer(self, tasks: Sequence[Task]) -> None:
        """Hand tasks out; what an earlier round left is forgotten."""

    def answers(self) -> Mapping[int, bytes]:
        """Return answers that have come, by the task's number."""

    def taken(self) -> int:
        """Return how many of the tasks somebody has begun."""


@dataclass(slots=True, kw_only=True)
class Rounds:
    """A search in parts.

    Attributes:
        board: The whole plan's.
        improver: Keeps the best plan; moves are made in parts.
        helpers: Who searches parts in other processes, if anybody.
        threads: How many search parts in this one, at least one.
        seed: Of the cuts and the parts.
        goes_on: Whether there is time left and nobody wants it to stop.
        left: Seconds left.
        share: Which share of the search is over.
        tell: Called with what has improved the plan, when there may be a better one.
        seconds: Of a round, about.
        merged: Answers that made the plan cheaper.
        lost: Answers that did not come.
        refused: Answers that did not although they moved racks.
        moves: Made here and by helpers.
    """

    board: Board
    improver: Improver
    helpers: Helpers | None
    threads: int
    seed: int
    goes_on: Callable[[], bool]
    left: Callable[[], float]
    share: Callable[[], float]
    tell: Callable[[Improver], None]
    seconds: float = ROUND_S
    merged: int = 0
    lost: int = 0
    refused: int = 0
    moves: int = 0
    _rounds: int = 0
    _present: int | None = None
    _cuts: Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin with a seed of its own."""
        self._cuts = Random(self.seed)  # noqa: S311

    def run(self) -> None:
        """Search until there is no time left."""
        self.board.stand(self.improver.best_seats())
        with ThreadPoolExecutor(self.threads, "part") as pool:
            while self.goes_on():
                self._round(pool)
                self._rounds += 1
                self.improver.start_over()
                self.tell(self.improver)

    def sentence(self) -> str:
        """Say what came of it."""
        threads = f" on {self.threads} threads" if self.threads > 1 else ""
        said = (
            f"Searched in {self._rounds} rounds of parts{threads}, {self.moves:,} moves"
        )
        if self.helpers is None:
            return f"{said}."
        return (
            f"{said}: {self.merged} answers made the plan cheaper, {self.refused} "
            f"refused, {self.lost} lost with their worker."
        )

    def _round(self, pool: ThreadPoolExecutor) -> None:
        most = max(2, self.board.racks // RACKS_A_PART)
        count = min(most, self.threads + self._helpers())
        parts = cut(self.board, count, self._cuts.random())
        if not parts:
            self._search_whole()
            return
        self._cuts.shuffle(parts)
        left = self.left()
        seconds = left / max(1, round(left / self.seconds))
        here = min(self.threads, len(parts))
        asked = self._ask(parts[here:], here, seconds)
        began, cooled = monotonic(), self.share()
        beside = [
            pool.submit(
                search_beside,
                self.board.beside(),
                part,
                seed=self._seed(number),
                cooled=cooled,
                over=lambda: self._spent(monotonic() - began, seconds),
            )
            for number, part in enumerate(parts[1:here], 1)
        ]
        self.moves += search(
            self.board,
            parts[0],
            seed=self._seed(0),
            cooled=cooled,
            over=lambda: self._over(monotonic() - began, seconds),
            tell=self.tell,
        )
        found = self._gather(beside, asked, until=began + seconds + GRACE_S)
        if found:
            taken = merge(self.board, found)
            self.merged += taken
            self.refused += len(found) - taken

    def _ask(self, parts: Sequence[Part], first: int, seconds: float) -> int:
        """Hand parts to helpers; return how many.

        Args:
            parts: Of the board's plan.
            first: Number of the first one in this round.
            seconds: Of the round.
        """
        if self.helpers is not None:
            self.helpers.offer(
                [
                    Task(
                        question=asked,
                        # A helper begins a little later, and nobody is to wait for it.
                        seconds=max(seconds / 2, seconds - WAY_S),
                        seed=self._seed(number),
                        cooled=self.share(),
                    )
                    for number, asked in enumerate(
                        part_questions(self.board, parts) if parts else (), first
                    )
                ]
            )
        return len(parts)

    def _search_whole(self) -> None:
        """Make some moves where there is nothing to cut."""
        self.improver.burst(self.share())
        self.moves = self.improver.moves
        self.board.stand(self.improver.best_seats())

    def _seed(self, number: int) -> int:
        return self.seed + 1_000 * self._rounds + number

    def _helpers(self) -> int:
        """Return how many helpers to count on."""
        if self.helpers is None:
            return 0
        if self._present == 0 and self._rounds % ASK_AGAIN:
            return 1 if self.threads == 1 else 0
        return self.helpers.most if not self._present else self._present

    def _spent(self, spent: float, seconds: float) -> float:
        """Return which share of a round is over."""
        return spent / seconds if self.goes_on() else 1.0

    def _over(self, spent: float, seconds: float) -> float:
        """Return which share of one's own part is over.

        It goes on until the helpers have answered.
        """
        share = self._spent(spent, seconds)
        if share < 1:
            return min(ALMOST, share)
        is_waiting = self._is_waiting() and spent < seconds + GRACE_S
        return ALMOST if is_waiting and self.goes_on() else 1.0

    def _is_waiting(self) -> bool:
        if self.helpers is None:
            return False
        return len(self.helpers.answers()) < self.helpers.taken()

    def _is_stopped(self) -> bool:
        return self.left() > 0 and not self.goes_on()

    def _gather(
        self, beside: Sequence[Future[Answer]], asked: int, *, until: float
    ) -> list[Answer]:
        """Return what threads and helpers have found; some find nothing."""
        found = [future.result() for future in beside]
        if self.helpers is not None:
            # Out of time, the last answers are waited for; stopped, they are not.
            while self._is_waiting() and monotonic() < until and not self._is_stopped():
                sleep(LOOK_EVERY_S)
            self._present = self.helpers.taken()
            answers = self.helpers.answers()
            self.lost += min(asked, self._present) - len(answers)
            found += [Answer.from_bytes(data) for _, data in sorted(answers.items())]
        self.moves += sum(one.moves for one in found)
        return [one for one in found if len(one.racks)]
