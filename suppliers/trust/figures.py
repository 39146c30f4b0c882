"""From cases to figures: shares by measure, and the one number they make together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from suppliers.trust.facts import Case, Measure

WEIGHTS: Final[Mapping[Measure, int]] = {
    Measure.ORIGINAL: 35,
    Measure.STABILITY: 20,
    Measure.RESPONSE: 15,
    Measure.QUALITY: 20,
    Measure.ABSORPTION: 10,
}
"""What each measure weighs in the overall figure; Source: DOMAIN §5, scorecard."""

FEW = 5
"""A share of fewer cases says little, and is shown as such."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share: points over cases; None where there is no case."""

    cases: int = 0
    points: float = 0.0

    @property
    def share(self) -> float | None:
        """Return points over cases."""
        return self.points / self.cases if self.cases else None

    @property
    def percent(self) -> int | None:
        """Return the share in whole percent."""
        share = self.share
        return None if share is None else round(100 * share)

    @property
    def is_thin(self) -> bool:
        """Say whether too few cases stand behind it."""
        return self.cases < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A supplier's figures over one window."""

    by_measure: Mapping[Measure, Figure]

    def of(self, measure: Measure) -> Figure:
        """Return one measure's figure, empty if it has no case."""
        return self.by_measure.get(measure, Figure())

    @property
    def adjusted(self) -> Figure:
        """Return on time to the first promise, with credit for misses told ahead."""
        kept = self.of(Measure.ORIGINAL)
        return Figure(kept.cases, kept.points + self.of(Measure.WARNING).points)

    @property
    def overall(self) -> int | None:
        """Return the weighted mean of the measures that have cases, from 0 to 100.

        On time to the first promise goes in with its early-warning credit.
        """
        shares = {
            measure: self.adjusted.share
            if measure == Measure.ORIGINAL
            else self.of(measure).share
            for measure in WEIGHTS
        }
        known = {name: share for name, share in shares.items() if share is not None}
        weight = sum(WEIGHTS[name] for name in known)
        if not weight:
            return None
        total = sum(WEIGHTS[name] * share for name, share in known.items())
        return round(100 * total / weight)

    def as_json(self) -> dict[str, list[float]]:
        """Return cases and points by measure, as a row keeps them."""
        return {
            measure.value: [figure.cases, figure.points]
            for measure, figure in self.by_measure.items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, list[float]]) -> "Figures":
        """Return the figures of a row."""
        return cls(
            by_measure={
                Measure(name): Figure(int(cases), points)
                for name, (cases, points) in stored.items()
            }
        )


def figures_of(cases: Iterable[Case]) -> Figures:
    """Add cases up; an excluded one does not count."""
    found: dict[Measure, Figure] = {}
    for case in cases:
        if case.is_excluded:
            continue
        so_far = found.get(case.measure, Figure())
        found[case.measure] = Figure(so_far.cases + 1, so_far.points + case.points)
    return Figures(by_measure=found)
