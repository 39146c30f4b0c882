"""Arithmetic of soak blocks: how long and how strong at each level."""

from collections.abc import Iterable

from scheduling.engine.problem import SoakRule
from scheduling.engine.schedule import Phase, PhaseKind
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


def blocks_of(
    rule: SoakRule, work: int, phases: Iterable[Phase]
) -> tuple[tuple[int, int], ...]:
    """Return ``(percent, standby minutes before)`` of each block of a planned soak.

    Empty if it runs through at full power, as most do.
    """
    found: list[tuple[int, int]] = []
    left, wait = work, 0
    for phase in phases:
        if phase.kind is PhaseKind.STANDBY:
            wait += phase.end - phase.start
        minutes = level_minutes(rule, phase.percent)
        if phase.kind not in {PhaseKind.WORK, PhaseKind.DERATED} or not minutes:
            continue
        rest = phase.end - phase.start
        while rest > 0 and left > 0:
            share_of = min(rule.block, left)
            found.append((phase.percent, wait))
            rest -= stretched(rule, share_of, minutes)
            left -= share_of
            wait = 0
    return () if set(found) <= {(FULL, 0)} else tuple(found)
