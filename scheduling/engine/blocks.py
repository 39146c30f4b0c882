"""Arithmetic of soak blocks: how long and how strong at each level."""

from scheduling.engine.problem import SoakRule
from scheduling.engine.units import Watts

FULL = 100


def share(draw: int, percent: int) -> Watts:
    """Return that percentage of a draw, rounded up."""
    return Watts(-(-draw * percent // FULL))


def permille(draw: int, thousandths: int) -> Watts:
    """Return that many thousandths of a draw, rounded up."""
    return Watts(-(-draw * thousandths // 1_000))


def level_minutes(rule: SoakRule, percent: int) -> int | None:
    """Return the minutes of a full block at a level, or None for an unknown level."""
    return dict(rule.levels).get(percent)


def stretched(rule: SoakRule, work: int, minutes: int) -> int:
    """Return how long ``work`` full-power minutes take at ``minutes`` a block."""
    full, rest = divmod(work, rule.block)
    return full * minutes + -(-rest * minutes // rule.block)


def least_minutes(rule: SoakRule, work: int) -> int:
    """Return the shortest time for ``work`` full-power minutes, without a pause."""
    return stretched(rule, work, min(minutes for _, minutes in rule.levels))
