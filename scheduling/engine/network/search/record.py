"""The best plan so far and what no plan can beat: what all searchers share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from scheduling.engine.network.kernels.net import Wide
from scheduling.engine.network.schedule import Score


@dataclass(frozen=True, slots=True)
class Incumbent:
    """A plan in the kernels' terms.

    Attributes:
        score: What it is worth, in ticks of the problem.
        start: First tick of each activity, in ticks of the tables.
        mode: Row of each activity's mode.
        found_by: Which searcher found it.
    """

    score: Score
    start: Wide
    mode: Wide
    found_by: str


@dataclass(slots=True)
class Record:
    """Keeps the best plan; searchers on several threads offer theirs.

    Attributes:
        deadline: When all stop, by the monotonic clock.
        floor: What no plan can beat.
        reason: Where the floor comes from.
        is_cancelled: Asked by every searcher once a slice.
        effort: Plans made and moves tried.
    """

    deadline: float
    floor: Score
    reason: str
    is_cancelled: Callable[[], bool] = lambda: False
    effort: int = 0
    is_infeasible: bool = False
    notes: list[str] = field(default_factory=list)
    curve: list[tuple[float, int, int, str]] = field(default_factory=list)
    best: Incumbent | None = None
    began: float = field(default_factory=monotonic)
    _lock: Lock = field(default_factory=Lock)

    def offer(self, found: Incumbent) -> bool:
        """Take a plan if it is better; return whether it was."""
        with self._lock:
            if self.best is not None and self.best.score <= found.score:
                return False
            self.best = found
            score = found.score
            passed = round(monotonic() - self.began, 3)
            self.curve.append((passed, score.objective, score.flow, found.found_by))
            return True

    def raise_floor(self, score: Score, reason: str) -> None:
        """Take a bound if it is higher."""
        with self._lock:
            if score > self.floor:
                self.floor, self.reason = score, reason

    def add_effort(self, count: int) -> None:
        """Count plans made or moves tried."""
        with self._lock:
            self.effort += count

    @property
    def is_proved(self) -> bool:
        """Return whether the best plan reaches the floor, or no plan exists."""
        return self.is_infeasible or (
            self.best is not None and self.best.score <= self.floor
        )

    @property
    def is_over(self) -> bool:
        """Return whether searchers are to stop."""
        return self.is_proved or monotonic() >= self.deadline or self.is_cancelled()

    @property
    def seconds_left(self) -> float:
        """Return the seconds until the deadline, at least 0."""
        return max(0.0, self.deadline - monotonic())
