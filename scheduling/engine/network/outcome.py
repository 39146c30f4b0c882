"""What a search in the general form says when it ends."""

from dataclasses import dataclass, field
from enum import StrEnum

from scheduling.engine.network.schedule import NetworkSchedule, Score


class NetworkStatus(StrEnum):
    """How a search ended."""

    OPTIMAL = "optimal"
    """Nothing better exists."""
    FEASIBLE = "feasible"
    """A plan, refereed; something better may exist."""
    INFEASIBLE = "infeasible"
    """No plan exists: two configurations of the solver agree."""
    NO_PLAN = "no_plan"
    """Not a single plan was found in the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOutcome:
    """What a search found.

    Attributes:
        status: How it ended.
        schedule: The best plan, free of breaches, or None.
        score: What it is worth, or None.
        floor: What no plan can beat.
        reason: Where the floor comes from.
        seconds: From begin to end.
        first_plan_s: Seconds until the first plan, or None.
        found_by: ``rule``, ``genetic``, ``sway``, ``ruin_and_recreate`` or ``cp_sat``.
        effort: Plans made and moves tried.
        seed: Of the random numbers.
        notes: What CP-SAT did, in sentences.
        curve: ``(seconds, objective, flow, found by)`` whenever the best plan changed.
        versions: Of the libraries that search.
    """

    status: NetworkStatus
    schedule: NetworkSchedule | None
    score: Score | None
    floor: Score
    reason: str
    seconds: float
    first_plan_s: float | None
    found_by: str
    effort: int
    seed: int
    notes: tuple[str, ...] = ()
    curve: tuple[tuple[float, int, int, str], ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def gap(self) -> float | None:
        """Return by which share of its objective the plan exceeds the floor."""
        if self.score is None:
            return None
        if self.score.objective == 0:
            return 0.0
        over = self.score.objective - self.floor.objective
        return max(0.0, over / self.score.objective)
