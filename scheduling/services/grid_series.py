"""Hourly series of a grid, read from a file once and kept as they are."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from factory.models import Site
from journal.services import record
from scheduling.errors import GridSeriesError
from scheduling.models import GridSeries

MOST_HOURS = 20 * 8_784
MOST_VALUE = 10**9
HOUR = timedelta(hours=1)
LONGEST_STEP = timedelta(hours=2)
"""The night clocks go forward leaves an hour out; the other night shows one twice."""


@transaction.atomic
def keep_series(
    *,
    site: Site,
    kind: GridSeries.Kind,
    name: str,
    lines: Iterable[str],
    zone: ZoneInfo,
    actor: str,
) -> GridSeries:
    """Read a CSV of two columns, hour and number, and keep it as the newest.

    Args:
        site: Whose grid it is.
        kind: What the numbers are.
        name: Where it comes from, for people.
        lines: The file's lines; the first is a heading.
        zone: Of hours without an offset.
        actor: ``user:12`` or ``system``.

    Raises:
        GridSeriesError: If a line cannot be read; names it.
    """
    rows = list(_read(lines, zone))
    if not rows:
        raise GridSeriesError("The file holds no hour below its heading.")
    series = GridSeries.objects.create(
        site=site,
        kind=kind,
        name=name[:120],
        starts_at=rows[0][0],
        values=[value for _, value in rows],
    )
    record(
        kind="grid.series_kept",
        about=series,
        actor=actor,
        scope=f"site:{site.pk}",
        summary=f"{kind.label} of the grid, {len(rows):,} hours: {series.name}"[:300],
        after={"kind": kind.value, "hours": len(rows), "name": series.name},
    )
    return series


def _read(lines: Iterable[str], zone: ZoneInfo) -> Iterator[tuple[datetime, int]]:
    """Yield hours and whole numbers."""
    before: datetime | None = None
    for number, row in enumerate(csv.reader(lines), start=1):
        if number == 1 or not row:
            continue
        if number > MOST_HOURS + 1:
            raise GridSeriesError(f"The file has more than {MOST_HOURS:,} hours.")
        at, value = _hour(row, number), _value(row, number)
        if before is not None and not timedelta(0) <= at - before <= LONGEST_STEP:
            raise GridSeriesError(
                f"Line {number}: {row[0][:40]} does not follow {before.isoformat()} "
                "by an hour."
            )
        before = at
        yield at if at.tzinfo else at.replace(tzinfo=zone), value


def _hour(row: list[str], number: int) -> datetime:
    try:
        return datetime.fromisoformat(row[0].strip())
    except ValueError:
        raise GridSeriesError(
            f"Line {number}: {row[0][:40]!r} is no hour such as 2015-01-01T00:00."
        ) from None


def _value(row: list[str], number: int) -> int:
    text = row[1].strip() if len(row) > 1 else ""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MOST_VALUE:
        raise GridSeriesError(
            f"Line {number}: {text[:40]!r} is no number from 0 to {MOST_VALUE:,}."
        )
    return round(value)
