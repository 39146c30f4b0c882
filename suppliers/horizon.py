"""How far a forecast looks, in weeks and quarters, and how firm each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from factory.quarters import next_quarter, quarter_of

WEEKS: Final = 13
QUARTERS: Final = 8
WEEK: Final = timedelta(days=7)


class Fence(StrEnum):
    """How firm a need is, by how near it lies."""

    FROZEN = "frozen"
    SLUSHY = "slushy"
    LIQUID = "liquid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fences:
    """A site's time fences, in days from today."""

    frozen_days: int
    slushy_days: int

    def of(self, starts_on: date, today: date) -> Fence:
        """Return how firm a bucket is that begins on a day."""
        ahead = (starts_on - today).days
        if ahead < self.frozen_days:
            return Fence.FROZEN
        return Fence.SLUSHY if ahead < self.slushy_days else Fence.LIQUID


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def weeks_from(today: date) -> tuple[date, ...]:
    """Return the Mondays a forecast covers, this week's first."""
    first = week_of(today)
    return tuple(first + WEEK * ahead for ahead in range(WEEKS))


def quarters_from(today: date) -> tuple[date, ...]:
    """Return the quarters a forecast covers by first day, the running one first."""
    quarters = [quarter_of(today)]
    while len(quarters) < QUARTERS:
        quarters.append(next_quarter(quarters[-1]))
    return tuple(quarters)


def shared(quantity: int, shares: Mapping[int, int]) -> dict[int, int]:
    """Split pieces by weight so that they add up; the largest remainder gets the rest.

    Args:
        quantity: Pieces, from 0.
        shares: Weight of each taker; all equal where every weight is 0.
    """
    weights = shares if any(shares.values()) else dict.fromkeys(shares, 1)
    total = sum(weights.values())
    parts = {taker: quantity * weight // total for taker, weight in weights.items()}
    left = quantity - sum(parts.values())
    by_remainder = sorted(
        weights, key=lambda taker: (-(quantity * weights[taker] % total), taker)
    )
    for taker in by_remainder[:left]:
        parts[taker] += 1
    return parts
