"""Open hours as moments: weekly shifts and dated exceptions of a site, unrolled."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from factory.models import Calendar, CalendarException, Shift

Window = tuple[datetime, datetime]
"""From a moment (included) to a later one (excluded), both in UTC."""


def windows_of(
    calendar: Calendar, start: datetime, end: datetime
) -> tuple[Window, ...]:
    """Return when a calendar is open between two moments. Two queries, or three.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: If the site's zone does not exist.
    """
    return open_windows(
        calendar.shifts.all(),
        calendar.exceptions.all(),
        zone=ZoneInfo(calendar.site.zone),
        between=(start, end),
    )


def open_windows(
    shifts: Iterable[Shift],
    exceptions: Iterable[CalendarException],
    *,
    zone: ZoneInfo,
    between: Window,
) -> tuple[Window, ...]:
    """Return open windows, rising, apart and clipped; touching shifts become one.

    An exception decides about shifts that begin on its date: none of them, or one from
    midnight to midnight. A shift keeps its wall-clock hours through a change of clocks.

    Args:
        shifts: Of one calendar.
        exceptions: Of the same calendar.
        zone: The site's.
        between: Aware moments; the start before the end.
    """
    start, end = between
    by_weekday: dict[int, list[tuple[int, int]]] = {}
    for shift in shifts:
        hours = by_weekday.setdefault(shift.weekday, [])
        hours.append((shift.start_min, shift.end_min))
    by_date = {exception.date: exception.is_open for exception in exceptions}
    # A shift may run a day past the date it begins on.
    day = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date()
    found = []
    while day <= last:
        if day in by_date:
            hours = [(0, 1_440)] if by_date[day] else []
        else:
            hours = by_weekday.get(day.weekday(), [])
        found += [
            (max(start, _moment(day, begins, zone)), min(end, _moment(day, ends, zone)))
            for begins, ends in hours
        ]
        day += timedelta(days=1)
    return _merged(found)


def minutes_before(
    windows: tuple[Window, ...], end: datetime, minutes: int
) -> datetime:
    """Return when work must begin that takes open minutes and is done by ``end``.

    Returns the start of the first window if there is not enough time after it.
    """
    left = timedelta(minutes=minutes)
    index = bisect_right(windows, end, key=lambda window: window[0]) - 1
    while index >= 0:
        opens, closes = windows[index]
        stretch = min(closes, end) - opens
        if stretch >= left:
            return min(closes, end) - left
        left -= stretch
        index -= 1
    return windows[0][0] if windows else end


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return a wall-clock minute of a local day in UTC."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _merged(windows: list[Window]) -> tuple[Window, ...]:
    """Return windows sorted, without empty ones, touching ones joined."""
    merged: list[Window] = []
    for start, end in sorted(windows):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
