"""Why no plan is better: which bound says so, of which limit, in which window."""

from dataclasses import dataclass
from enum import StrEnum

from scheduling.engine.problem import Problem
from scheduling.engine.units import Cents, Minutes
from scheduling.engine.wording import Clock


class BoundKind(StrEnum):
    """What sort of argument a bound is."""

    ALONE = "alone"
    """Each rack had the site to itself."""
    LIMIT = "limit"
    """All racks shared one limit and nothing else."""
    PRICES = "prices"
    """Every limit had a price, and each rack paid for what it took."""
    CP_SAT = "cp_sat"
    """CP-SAT proved it on the whole problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What gives a bound.

    Attributes:
        kind: Which argument.
        resource: Key of the limit that matters most, a part's key, or ``bays`` or
            ``bays:<model>``; empty if none does.
        label: What people call it.
        start: First minute of the window in which it matters.
        end: First minute after it.
    """

    kind: BoundKind
    resource: str = ""
    label: str = ""
    start: Minutes = Minutes(0)
    end: Minutes = Minutes(0)


def sentence(problem: Problem, reason: Reason) -> str:
    """Say why no plan is better."""
    if reason.kind is BoundKind.CP_SAT:
        return "CP-SAT proved it on the whole problem."
    if reason.kind is BoundKind.ALONE:
        return "Each rack would cost that much with the site to itself."
    clock = Clock(problem)
    window = f"from {clock.say(reason.start)} to {clock.say(reason.end)}"
    if reason.kind is BoundKind.PRICES:
        return f"All limits together allow no less; {reason.label} is short {window}."
    return f"{reason.label} lets no more racks through {window}."


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBound:
    """Cents that no plan can undercut, and why."""

    cents: Cents
    reason: Reason
