"""What a flexible contract would allow: a year of the grid, decoded for one site."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

import numpy as np
from django.utils import timezone

from factory.models import Site
from scheduling.engine.idle import HOURS_A_YEAR, busiest
from scheduling.engine.problem import Problem
from scheduling.engine.stream import stream
from scheduling.errors import GridSeriesError
from scheduling.models import FlexibleCurve, GridSeries
from scheduling.services.scenarios import base_scenario
from scheduling.snapshot.take import take

FIRM_PERCENTS = (60, 70, 80)
IMPORT_PERCENTS = (80, 90, 100, 110, 120, 130)
HOURS = (0, 40, 100, 200)
FULL_PERCENT = 100

Told = Callable[[str, float], None]
"""Is told what is being simulated, and the share that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One contract tried.

    Attributes:
        firm_w: Watts that are always there.
        import_w: Watts allowed outside curtailed hours.
        hours: Curtailed hours a year; 0: all of the import is firm.
    """

    firm_w: int
    import_w: int
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point(Contract):
    """What a contract comes to.

    Attributes:
        racks_per_week: What the site makes.
    """

    racks_per_week: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Which contracts are tried, in percent of today's import and hours a year.

    Attributes:
        firms: Firm shares of contracts with curtailed hours.
        imports: What is allowed outside these hours.
        hours: Curtailed hours; 0: all of the import is firm.
    """

    firms: Sequence[int] = FIRM_PERCENTS
    imports: Sequence[int] = IMPORT_PERCENTS
    hours: Sequence[int] = HOURS

    def contracts(self, today_w: int) -> list[Contract]:
        """Return every contract tried, for an import of today."""
        return [
            Contract(
                firm_w=today_w * (firm or percent) // FULL_PERCENT,
                import_w=today_w * percent // FULL_PERCENT,
                hours=count,
            )
            for count in self.hours
            for firm in (self.firms if count else (0,))
            for percent in self.imports
            if percent > firm
        ]


def simulate(
    site: Site,
    *,
    tried: Tried | None = None,
    on_progress: Told | None = None,
) -> FlexibleCurve:
    """Simulate a year for each contract and keep the curve.

    In the year's busiest hours of the grid there is no more than the firm watts.

    Args:
        site: Whose bays, people and models.
        tried: Which contracts; None for those of the house.
        on_progress: Told between pieces of the year.

    Raises:
        GridSeriesError: If no load series is known, or it is shorter than a year, or
            no rack waits to be built.
    """
    series = newest_load(site)
    snapshot = take(base_scenario(site), as_of=timezone.now())
    if not snapshot.problem.racks:
        raise GridSeriesError(f"No rack of {site.name} waits to be built.")
    began = monotonic()
    contracts = (tried or Tried()).contracts(site.contracted_import_w)
    points = [
        asdict(point)
        for point in _points(snapshot.problem, series.values, contracts, on_progress)
    ]
    return FlexibleCurve.objects.create(
        site=site, series=series, points=points, seconds=round(monotonic() - began, 1)
    )


def newest_load(site: Site) -> GridSeries:
    """Return the load series that counts.

    Raises:
        GridSeriesError: If there is none, or it is shorter than a year.
    """
    series = GridSeries.objects.filter(site=site, kind=GridSeries.Kind.LOAD).first()
    if series is None or len(series.values) < HOURS_A_YEAR:
        raise GridSeriesError(
            f"{site.name} has no hourly load series of a year: "
            "manage.py import_grid_series reads one."
        )
    return series


def _points(
    problem: Problem,
    load: Sequence[float],
    contracts: Sequence[Contract],
    on_progress: Told | None,
) -> Iterator[Point]:
    """Yield every contract tried."""
    year = load[-HOURS_A_YEAR:]
    for at, one in enumerate(contracts):
        caps = np.full(HOURS_A_YEAR, one.import_w, np.int64)
        if one.hours:
            caps[busiest(year, one.hours)] = one.firm_w
        shipped = weeks = 0
        for piece in stream(problem, caps):
            shipped += piece.shipped
            weeks += piece.weeks
            if on_progress is not None:
                share = (at + (piece.number + 1) / piece.of) / len(contracts)
                on_progress(f"{one.import_w // 1_000:,} kW, {one.hours} h", share)
        yield Point(
            firm_w=one.firm_w,
            import_w=one.import_w,
            hours=one.hours,
            racks_per_week=round(shipped / weeks, 1),
        )


def rows_of(curve: FlexibleCurve) -> list[Point]:
    """Return a kept curve's points."""
    found: list[dict[str, Any]] = curve.points
    return [Point(**one) for one in found]
