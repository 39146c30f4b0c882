"""Searches a large plan in parts: one here, the others with whoever helps.

Round after round the plan is cut at other minutes; what helpers send back is put
together and kept if the whole is cheaper. A helper that is lost costs what it had found
in one round.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic, sleep
from typing import Protocol

from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.improve import Improver
from scheduling.engine.spread.part import Part, Placement, cut, place, question
from scheduling.engine.spread.work import work

LEAST_RACKS = 2_000
"""Smaller plans stay in one process: they are searched out before a round ends."""
ROUND_S = 8.0
"""Long enough that cutting and laying out is a small share of it."""
ROUNDS = 5
"""A short search still has so many rounds."""
GRACE_S = 2.0
"""How long answers are waited for when one's own part is done."""
WAY_S = 0.6
"""How long a question and its answer are under way."""
LOOK_EVERY_S = 0.05
ASK_AGAIN = 5
"""Rounds until helpers are asked for again after none has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A part to be searched by a helper.

    Attributes:
        question: From ``part.question``.
        seconds: Of search.
        seed: Of its random numbers.
        cooled: Share of the whole search that is over.
    """

    question: bytes
    seconds: float
    seed: int
    cooled: float


class Helpers(Protocol):
    """Other processes that search parts."""

    @property
    def most(self) -> int:
        """Return how many there may be."""

    def offer(self, tasks: Sequence[Task]) -> None:
        """Hand tasks out; what an earlier round left is forgotten."""

    def answers(self) -> Mapping[int, bytes]:
        """Return placements that have come, by the task's number."""

    def taken(self) -> int:
        """Return how many of the tasks somebody has begun."""


@dataclass(slots=True, kw_only=True)
class Rounds:
    """A search in parts.

    Attributes:
        board: The whole plan's.
        improver: Keeps the best plan; moves are made in parts.
        helpers: Who searches the other parts.
        seed: Of the cuts and the parts.
        goes_on: Whether there is time left and nobody wants it to stop.
        share: Which share of the search is over.
        tell: Called when the best plan may have changed.
        seconds: Of a round.
    """

    board: Board
    improver: Improver
    helpers: Helpers
    seed: int
    goes_on: Callable[[], bool]
    share: Callable[[], float]
    tell: Callable[[], None]
    seconds: float = ROUND_S
    merged: int = 0
    lost: int = 0
    refused: int = 0
    _rounds: int = 0
    _present: int | None = None
    _cuts: Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin with a seed of its own."""
        self._cuts = Random(self.seed)  # noqa: S311

    def run(self) -> None:
        """Search until there is no time left."""
        self.improver.adopt(self.improver.best_seats())
        while self.goes_on():
            self._round()
            self._rounds += 1

    def sentence(self) -> str:
        """Say what came of it."""
        return (
            f"Searched in {self._rounds} rounds of parts: {self.merged} made the plan "
            f"cheaper, {self.lost} were lost with their worker, {self.refused} refused."
        )

    def _round(self) -> None:
        best = self.improver.best_seats()
        parts = cut(self.board, 1 + self._helpers(), self._cuts.random())
        if not parts:
            self.improver.burst(self.share())
            self.improver.adopt(self.improver.best_seats())
            return
        self._cuts.shuffle(parts)
        tasks = [self._task(part, number) for number, part in enumerate(parts)]
        self.helpers.offer(tasks[1:])
        mine = self._work(tasks[0])
        found = self._gather(len(parts) - 1)
        for number, where in sorted({0: mine, **found}.items()):
            best = self._merge(best, parts[number], where)
        self.improver.adopt(best)
        self.tell()

    def _helpers(self) -> int:
        """Return how many helpers to count on."""
        if self._present == 0 and self._rounds % ASK_AGAIN:
            return 1
        return self.helpers.most if not self._present else self._present

    def _task(self, part: Part, number: int) -> Task:
        # A helper begins a little later, and nobody is to wait for it.
        late = WAY_S if number else 0.0
        return Task(
            question=question(self.board, part),
            seconds=max(self.seconds / 2, self.seconds - late),
            seed=self.seed + 1_000 * self._rounds + number,
            cooled=self.share(),
        )

    def _work(self, task: Task) -> Placement:
        return work(
            task.question,
            seconds=task.seconds,
            seed=task.seed,
            cooled=task.cooled,
            goes_on=self.goes_on,
        )

    def _gather(self, asked: int) -> dict[int, Placement]:
        """Return what helpers have found, by the part's number."""
        self._present = self.helpers.taken()
        until = monotonic() + GRACE_S
        while len(self.helpers.answers()) < self._present and monotonic() < until:
            sleep(LOOK_EVERY_S)
        answers = self.helpers.answers()
        self.lost += min(asked, self._present) - len(answers)
        return {
            number + 1: Placement.from_bytes(data) for number, data in answers.items()
        }

    def _merge(self, best: Seats, part: Part, where: Placement) -> Seats:
        """Return the plan with a part as found, if it is sound and cheaper."""
        before = self.board.overdrawn()
        place(self.board, best, part.free, where)
        if self.board.overdrawn() > before:
            self.refused += 1
        elif self.board.price() < best.price:
            self.merged += 1
            return self.board.seats()
        self.board.restore(best)
        return best
