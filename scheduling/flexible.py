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

FIRM_PERCENT = 80
IMPORT_PERCENTS = (80, 90, 100, 110, 120, 130)
HOURS = (0, 40, 100, 200)
FULL_PERCENT = 100

Told = Callable[[str, float], None]
"""Is told what is being simulated, and the share that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One contract tried.

    Attributes:
        firm_w: Watts that are always there.
        import_w: Watts allowed outside curtailed hours.
        hours: Curtailed hours a year.
        racks_per_week: What the site makes.
    """

    firm_w: int
    import_w: int
    hours: int
    racks_per_week: float


def simulate(
    site: Site,
    *,
    percents: Sequence[int] = IMPORT_PERCENTS,
    hours: Sequence[int] = HOURS,
    on_progress: Told | None = None,
) -> FlexibleCurve:
    """Simulate a year for each contract and keep the curve.

    Every contract with curtailed hours has 80 % of today's import as firm; in the
    year's busiest hours of the grid there is no more.

    Args:
        site: Whose bays, people and models.
        percents: Imports tried, in percent of today's.
        hours: Curtailed hours a year; 0: all of the import is firm.
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
    points = [
        asdict(point)
        for point in _points(
            snapshot.problem, site, series.values, percents, hours, on_progress
        )
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


def _points(  # noqa: PLR0917 - one call
    problem: Problem,
    site: Site,
    load: Sequence[float],
    percents: Sequence[int],
    hours: Sequence[int],
    on_progress: Told | None,
) -> Iterator[Point]:
    """Yield every contract tried."""
    year = load[-HOURS_A_YEAR:]
    contract = site.contracted_import_w
    firm = contract * FIRM_PERCENT // FULL_PERCENT
    wanted = [
        (count, contract * percent // FULL_PERCENT)
        for count in hours
        for percent in percents
        if count == 0 or percent > FIRM_PERCENT
    ]
    for at, (count, import_w) in enumerate(wanted):
        caps = np.full(HOURS_A_YEAR, import_w, np.int64)
        if count:
            caps[busiest(year, count)] = firm
        shipped = weeks = 0
        for piece in stream(problem, caps):
            shipped += piece.shipped
            weeks += piece.weeks
            if on_progress is not None:
                share = (at + (piece.number + 1) / piece.of) / len(wanted)
                on_progress(f"{import_w // 1_000:,} kW, {count} h", share)
        yield Point(
            firm_w=firm if count else import_w,
            import_w=import_w,
            hours=count,
            racks_per_week=round(shipped / weeks, 1),
        )


def rows_of(curve: FlexibleCurve) -> list[Point]:
    """Return a kept curve's points."""
    found: list[dict[str, Any]] = curve.points
    return [Point(**one) for one in found]
