"""When a grid has room, read off an hourly series, and what flexibility buys there.

Pure: lists of hourly numbers in, figures out. A load's "room" in an hour is what lies
between it and the series' own peak.
Source: docs/sources.md, load flexibility (curtailed hours against new load).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
import numpy.typing as npt

HOURS_A_DAY, DAYS_A_WEEK, HOURS_A_YEAR = 24, 7, 8_760
HIGH_SHARE = 0.8

Numbers = npt.NDArray[np.float64]
Week = list[list[float]]
"""A number for each weekday (Monday first) and hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a load series says of its grid.

    Attributes:
        hours: How many hours it has.
        peak: Its highest load, in its own unit.
        mean_share: Mean load as a share of the peak.
        high_share: Share of hours above 80 % of the peak.
        longest_high: The longest run of such hours.
        week: Mean room by weekday and hour, as a share of the peak.
    """

    hours: int
    peak: float
    mean_share: float
    high_share: float
    longest_high: int
    week: Week


def room_of(load: Sequence[float], start: datetime, zone: tzinfo) -> Room:
    """Return what a load series says.

    Args:
        load: One number an hour, at least one, the highest above 0.
        start: The first hour; aware.
        zone: Whose weekdays and hours count.

    Raises:
        ValueError: If there is no hour, or no load at all.
    """
    values = np.asarray(load, np.float64)
    if not len(values) or values.max() <= 0:
        raise ValueError("A load series has at least one hour above 0.")
    peak = float(values.max())
    shares = values / peak
    return Room(
        hours=len(values),
        peak=peak,
        mean_share=float(shares.mean()),
        high_share=float((shares > HIGH_SHARE).mean()),
        longest_high=_longest(shares > HIGH_SHARE),
        week=by_week(1 - shares, start, zone),
    )


def by_week(values: Numbers | Sequence[float], start: datetime, zone: tzinfo) -> Week:
    """Return the mean by weekday and hour; 0 where the series has no such hour."""
    numbers = np.asarray(values, np.float64)
    slots = slots_of(len(numbers), start, zone)
    width = DAYS_A_WEEK * HOURS_A_DAY
    sums = np.bincount(slots, weights=numbers, minlength=width)
    counts = np.bincount(slots, minlength=width)
    means = np.divide(sums, counts, out=np.zeros(width), where=counts > 0)
    found: Week = means.reshape(DAYS_A_WEEK, HOURS_A_DAY).tolist()
    return found


def slots_of(hours: int, start: datetime, zone: tzinfo) -> npt.NDArray[np.int64]:
    """Return the hour of the week, 0 to 167 from Monday 00:00, of each hour."""
    moments = (start + timedelta(hours=at) for at in range(hours))
    local = (moment.astimezone(zone) for moment in moments)
    return np.array([one.weekday() * HOURS_A_DAY + one.hour for one in local], np.int64)


def bought(load: Sequence[float], hours: Sequence[int]) -> dict[int, float]:
    """Return how much new, always-on load fits below the old peak, by curtailed hours.

    With ``n`` hours a year in which it is off, new load may be as high as the room in
    the ``n + 1``-th busiest hour of a year, so that no hour exceeds the old peak.

    Args:
        load: One number an hour.
        hours: Curtailed hours a year.
    """
    falling = np.sort(np.asarray(load, np.float64))[::-1]
    years = max(len(falling) / HOURS_A_YEAR, 1 / HOURS_A_YEAR)
    found = {}
    for count in hours:
        at = min(len(falling) - 1, round(count * years))
        found[count] = float(falling[0] - falling[at])
    return found


def busiest(load: Sequence[float], hours_a_year: int) -> npt.NDArray[np.bool_]:
    """Return whether each hour is among the busiest of its series."""
    values = np.asarray(load, np.float64)
    count = min(len(values), round(hours_a_year * len(values) / HOURS_A_YEAR))
    found = np.zeros(len(values), np.bool_)
    if count:
        found[np.argsort(-values, kind="stable")[:count]] = True
    return found


def free_by_week(
    free_w: Sequence[int], start: datetime, zone: tzinfo
) -> Mapping[str, Week]:
    """Return mean and least free watts by weekday and hour of hourly values."""
    values = np.asarray(free_w, np.float64)
    slots = slots_of(len(values), start, zone)
    least = np.full(DAYS_A_WEEK * HOURS_A_DAY, np.inf)
    np.minimum.at(least, slots, values)
    least[np.isinf(least)] = 0
    return {
        "mean": by_week(values, start, zone),
        "least": least.reshape(DAYS_A_WEEK, HOURS_A_DAY).tolist(),
    }


def _longest(high: npt.NDArray[np.bool_]) -> int:
    longest = run = 0
    for is_high in high.tolist():
        run = run + 1 if is_high else 0
        longest = max(longest, run)
    return longest
