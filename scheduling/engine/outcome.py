"""What a search says while it runs and when it ends."""

from dataclasses import dataclass, field
from enum import StrEnum

from scheduling.engine.schedule import Schedule


class Status(StrEnum):
    """How a search ended."""

    OPTIMAL = "optimal"
    """Nothing cheaper exists."""
    FEASIBLE = "feasible"
    """A plan, refereed; something cheaper may exist."""
    NO_PLAN = "no_plan"
    """Not a single plan was found in the time."""
    CANCELLED = "cancelled"
    """Told to stop; the best so far is there if there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a search stands.

    Attributes:
        phase: What is done now: ``rules``, ``search`` or ``proving``.
        seconds: Since the search began.
        best: Cost of the best plan in cents, to a few while it searches, or None.
        bound: Cents no plan can undercut, or None.
        schedule: A refereed plan, with the first report that has one; else None.
        found_by: What found the best plan.
        bound_reason: Why no plan undercuts the bound, in a sentence.
    """

    phase: str
    seconds: float
    best: int | None = None
    bound: int | None = None
    schedule: Schedule | None = None
    found_by: str = ""
    bound_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a search found.

    Attributes:
        schedule: The best plan, free of breaches it made, or None.
        status: How it ended.
        objective: Its cost in cents, or None.
        bound: Cents no plan can undercut.
        bound_reason: Why, in a sentence: which limit, when.
        wall_s: Seconds from begin to end.
        seed: Of the random numbers.
        found_by: ``rule``, ``ruin_and_recreate`` or ``cp_sat``.
        first_plan_s: Seconds until the first refereed plan, or None.
        best_rule: Cents of the cheapest dispatch rule tried, racks begun as early as
            may be, or None: of six, or of as many as there was time for.
        is_proved: Whether nothing cheaper exists.
        moves: Ruin and recreate moves made.
        notes: What CP-SAT did, or why it was left out, in sentences.
        curve: ``(seconds, best, bound)`` whenever one of them changed.
        versions: Of the solver's libraries.
    """

    schedule: Schedule | None
    status: Status = Status.FEASIBLE
    objective: int | None = None
    bound: int = 0
    bound_reason: str = ""
    wall_s: float = 0.0
    seed: int = 0
    found_by: str = ""
    first_plan_s: float | None = None
    best_rule: int | None = None
    is_proved: bool = False
    moves: int = 0
    notes: tuple[str, ...] = ()
    curve: tuple[tuple[float, int | None, int | None], ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def gap(self) -> float | None:
        """Return by which share of its cost the plan exceeds the bound."""
        if not self.objective:
            return None
        return max(0.0, (self.objective - self.bound) / self.objective)
