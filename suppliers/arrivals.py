"""From a promised date to a distribution of arrivals, learnt from what really came.

Pure arithmetic on delays in days; no Django. ``backtest`` measures it on a history,
ADR 0230 says why it is as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

Histogram = npt.NDArray[np.float64]
"""Weight of each delay from ``-REACH_DAYS`` to ``REACH_DAYS``."""

REACH_DAYS: Final = 400
"""Longer delays, and earlier arrivals, count as this many days."""

HALF_LIFE_DAYS: Final = 45
"""A delivery counts half of one that was due this much later: habits drift."""

EFFECTIVE_MAX: Final = 15.0
"""However many deliveries a habit rests on, they count as at most so many."""

PRIOR: Final = 5.0
"""Deliveries that the wider habit counts as when a narrower one is read."""

READ_AT: Final[Mapping[int, float]] = {50: 0.50, 80: 0.80, 90: 0.92, 95: 0.98}
"""Share at which each level is read: the tail is read further out than its name, since
a habit will have drifted by the time a promise falls due."""

LEVELS: Final = tuple(READ_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one promised delivery.

    Attributes:
        supplier: Who promised; any stable key.
        part: What; any stable key.
        promised: The dock date promised.
        arrived: The dock date it came; None while it has not come.
    """

    supplier: str
    part: str
    promised: date
    arrived: date | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a promised delivery comes, by level."""

    p50: date
    p80: date
    p90: date
    p95: date

    def at(self, level: int) -> date:
        """Return the date of a level of ``LEVELS``."""
        return dict(zip(LEVELS, (self.p50, self.p80, self.p90, self.p95), strict=True))[
            level
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How late suppliers come: part by part, supplier by supplier, and all together.

    Attributes:
        pool: All suppliers together, none counting for more than ``EFFECTIVE_MAX``.
        suppliers: By supplier, weights as they are.
        parts: By supplier and part, weights as they are.
    """

    pool: Histogram
    suppliers: Mapping[str, Histogram]
    parts: Mapping[tuple[str, str], Histogram]

    @classmethod
    def learn(cls, outcomes: Iterable[Outcome], *, as_of: date) -> "Habits":
        """Return the habits that were known on a date.

        Only deliveries that were due before it teach: of those due later only the
        early ones have come, and they would teach that everything comes early. What
        is overdue counts as coming on that date, the least it can be.
        """
        suppliers: dict[str, Histogram] = {}
        parts: dict[tuple[str, str], Histogram] = {}
        for outcome in outcomes:
            age = (as_of - outcome.promised).days
            if age <= 0:
                continue
            arrived = outcome.arrived
            if arrived is None or arrived >= as_of:
                arrived = as_of
            place = _place((arrived - outcome.promised).days)
            weight = 0.5 ** (age / HALF_LIFE_DAYS)
            key = (outcome.supplier, outcome.part)
            suppliers.setdefault(outcome.supplier, _empty())[place] += weight
            parts.setdefault(key, _empty())[place] += weight
        return cls(pool=pooled(suppliers.values()), suppliers=suppliers, parts=parts)

    def delays(self, *, supplier: str, part: str) -> Histogram:
        """Return the share of each delay expected; all 0 where nothing is known."""
        wide = _share(self.pool)
        for found in (self.suppliers.get(supplier), self.parts.get((supplier, part))):
            wide = _blend(found, wide)
        return wide

    def arrival(
        self, promised: date, *, supplier: str, part: str, today: date
    ) -> Arrival:
        """Return when a delivery comes that has not come yet, by level.

        Args:
            promised: The dock date promised.
            supplier: Who promised.
            part: What.
            today: Nothing can come before it any more.
        """
        return arrival_of(
            self.delays(supplier=supplier, part=part), promised, today=today
        )


def arrival_of(shares: Histogram, promised: date, *, today: date) -> Arrival:
    """Return the dates of each level of a delivery that has not come by ``today``."""
    least = (today - promised).days
    reached = np.cumsum(shares)
    dates = (
        promised + timedelta(days=_quantile(reached, READ_AT[level], least))
        for level in LEVELS
    )
    return Arrival(*dates)


def _quantile(reached: Histogram, share: float, least: int) -> int:
    """Return the delay by which a share has come of what comes after ``least``.

    Without a history, or past everything ever seen, it is on the day, or today.
    """
    start = max(0, least + REACH_DAYS)
    if start >= len(reached) or not reached[-1]:
        return max(0, least)
    gone = float(reached[start - 1]) if start else 0.0
    left = float(reached[-1]) - gone
    if left <= _NOTHING:
        return max(0, least)
    place = int(np.searchsorted(reached, gone + share * left - _NOTHING))
    return max(start, place) - REACH_DAYS


_NOTHING: Final = 1e-12


def _empty() -> Histogram:
    """Return a histogram without weight."""
    return np.zeros(2 * REACH_DAYS + 1)


def _place(delay: int) -> int:
    """Return where a delay stands in a histogram."""
    return min(max(delay, -REACH_DAYS), REACH_DAYS) + REACH_DAYS


def _share(weights: Histogram) -> Histogram:
    """Return weights that add up to 1, or none."""
    total = weights.sum()
    return weights / total if total else weights


def as_json(weights: Histogram) -> dict[str, float]:
    """Return the delays that have a weight, as a row keeps them."""
    return {
        str(int(place) - REACH_DAYS): round(float(weights[place]), 6)
        for place in np.flatnonzero(weights > _LEAST_KEPT)
    }


def from_json(stored: Mapping[str, float]) -> Histogram:
    """Return the weights of a row."""
    weights = _empty()
    for delay, weight in stored.items():
        weights[_place(int(delay))] = weight
    return weights


_LEAST_KEPT: Final = 1e-6


def pooled(histograms: Iterable[Histogram]) -> Histogram:
    """Return the sum of habits, none with more than ``EFFECTIVE_MAX``."""
    pool = _empty()
    for weights in histograms:
        if not weights.any():
            continue
        pool += weights * min(1.0, EFFECTIVE_MAX / weights.sum())
    return pool


def _blend(narrow: Histogram | None, wide: Histogram) -> Histogram:
    """Return a narrow habit filled up with the wider one, as shares."""
    if narrow is None or not narrow.any():
        return wide
    count = min(float(narrow.sum()), EFFECTIVE_MAX)
    return (_share(narrow) * count + wide * PRIOR) / (count + PRIOR)
