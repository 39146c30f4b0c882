"""What a view of the plan shows, as rows: for files to take away, and limits by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from journal.wording import grouped, kw
from journal.workbook import Value
from scheduling.blobs import read
from scheduling.clock import SiteClock
from scheduling.models import Plan
from scheduling.queries.drawings import read_drawing
from scheduling.queries.lanes import (
    OF_STEPS,
    Bar,
    Groups,
    View,
    bars_of,
    stretches_of,
)
from scheduling.queries.strips import Peak, peaks, strips_of

SHOWN_HEAD: Final = (
    "group",
    "lane",
    "rack",
    "order",
    "model",
    "step",
    "starts at",
    "ends at",
    "ships at",
    "due at",
    "late min",
    "pinned",
    "most kW",
)
DAYS_SHOWN = 14
MOST_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitDay:
    """How near a plan comes to one limit on one day.

    Attributes:
        day: The day, local.
        label: The limit.
        owner: Whose it is.
        use: The amount taken in the fullest minute, in words.
        limit: The amount allowed then, in words.
        percent: The first of the second.
        at: That minute.
    """

    day: datetime
    label: str
    owner: str
    use: str
    limit: str
    percent: int
    at: datetime


def shown(plan: Plan, view: View) -> Iterator[list[Value]]:
    """Yield a row for each bar that a view shows, in the lanes' order. One query.

    Raises:
        DamagedBlobError: If the plan cannot be read.
    """
    groups = Groups(read_drawing(plan), view.lanes)
    for bar in bars_of(groups, view):
        if view.shows(bar.start, bar.end):
            yield _row(groups, bar)


def limit_days(plan: Plan, view: View) -> list[LimitDay]:
    """Return the fullest minute of every limit by day: those in view, else a fortnight.

    Two queries.

    Raises:
        DamagedBlobError: If the plan cannot be read.
    """
    problem, schedule = read(plan)
    clock = SiteClock(
        epoch=datetime.fromisoformat(problem.epoch), zone=ZoneInfo(problem.zone)
    )
    strips = strips_of(problem, schedule)
    starts = _midnights(clock, view, strips.until)
    found = [
        _limit_day(clock, starts, peak)
        for strip in strips.all
        for peak in peaks(strip, starts)
        if strip.use and peak.use
    ]
    return sorted(found, key=lambda one: (one.day, -one.percent, one.label))


def _row(groups: Groups, bar: Bar) -> list[Value]:
    """Return a bar as ``SHOWN_HEAD`` has it."""
    drawing, clock = groups.drawing, groups.clock
    rack = drawing["racks"][bar.rack]
    serial, model, order, due, late, _, pinned, _, flat, phases = rack
    routing = drawing["models"][model]
    indices = flat[3 * bar.first : 3 * bar.last + 1 : 3]
    steps = [routing["steps"][index] for index in indices]
    ships = stretches_of(flat)[-1][1]
    return [
        groups.label(bar),
        groups.lane(bar),
        serial,
        drawing["orders"][order],
        routing["label"],
        steps[0]["code"] if groups.lanes in OF_STEPS else "",
        *(_local(clock, minute) for minute in (bar.start, bar.end, ships, due)),
        late,
        "pinned" if any(index in pinned for index in indices) else "",
        max(
            _watts(step, index, phases)
            for index, step in zip(indices, steps, strict=True)
        )
        / 1000,
    ]


def _watts(step: dict[str, Any], index: int, phases: dict[str, list[int]]) -> int:
    """Return the most watts a step draws."""
    drawn = phases.get(str(index))
    return max(drawn[1::3]) if drawn else int(step["draw"])


def _midnights(clock: SiteClock, view: View, until: int) -> list[int]:
    """Return the local midnights of the days in view, and the one after the last."""
    first = max(0, view.start or 0)
    day = clock.day_of(first)
    end = min(until, view.end if view.end is not None else until)
    count = (clock.day_of(max(first, end - 1)) - day).days + 1
    shown_days = min(max(count, 1), DAYS_SHOWN if view.end is None else MOST_DAYS)
    days = [day + timedelta(days=number) for number in range(shown_days + 1)]
    return [max(0, clock.wall(one, 0)) for one in days]


def _limit_day(clock: SiteClock, starts: list[int], peak: Peak) -> LimitDay:
    """Return a peak in words."""
    first = max(start for start in starts if start <= peak.minute)
    say = kw if peak.strip.unit == "W" else grouped
    return LimitDay(
        day=clock.moment(first),
        label=peak.strip.label,
        owner=peak.strip.owner,
        use=say(peak.use),
        limit=say(peak.limit),
        percent=round(100 * peak.use / peak.limit) if peak.limit else 100,
        at=clock.moment(peak.minute),
    )


def _local(clock: SiteClock, minute: int | None) -> str:
    """Return a minute as local time that spreadsheets read; empty for None."""
    if minute is None:
        return ""
    return clock.moment(minute).astimezone(clock.zone).strftime("%Y-%m-%d %H:%M")
