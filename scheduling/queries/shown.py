"""What a view of the plan shows, as rows: for files to take away, and limits by day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from journal.export import Value
from journal.wording import grouped, kw
from scheduling.blobs import read
from scheduling.clock import SiteClock
from scheduling.models import Plan
from scheduling.queries.drawings import read_drawing
from scheduling.queries.strips import Peak, peaks, strips_of

LANES: Final = {"bay": "Bays", "rack": "Racks", "order": "Orders", "crew": "Crews"}
"""What a lane can be, each with its name in the switch."""

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
LONGEST_FIND = 60
MOST_MINUTES = 10_000_000
DAYS_SHOWN = 14
MOST_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the page's address says is shown.

    Attributes:
        start: First minute shown, since the plan's epoch; None from the beginning.
        end: First minute no longer shown; None to the end.
        lanes: A key of ``LANES``.
        find: Part of a rack's serial or an order's number; empty for all.
        folded: Keys of groups that are folded away.
    """

    start: int | None
    end: int | None
    lanes: str
    find: str
    folded: frozenset[str]

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "View":
        """Read an address; what makes no sense counts as left out."""
        lanes = query.get("lanes", "bay")
        return cls(
            start=_minute(query.get("from", "")),
            end=_minute(query.get("to", "")),
            lanes=lanes if lanes in LANES else "bay",
            find=query.get("find", "").replace("\0", "")[:LONGEST_FIND].strip(),
            folded=frozenset(filter(None, query.get("fold", "").split(","))),
        )

    def shows(self, start: int, end: int) -> bool:
        """Return whether a stretch of time is in sight."""
        return (self.end is None or start < self.end) and (
            self.start is None or end > self.start
        )

    def finds(self, *words: str) -> bool:
        """Return whether one of some words is looked for; all are if nothing is."""
        wanted = self.find.casefold()
        return not wanted or any(wanted in word.casefold() for word in words)


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
    """Yield a row for each bar that a view shows, lane by lane. At most four queries.

    Raises:
        DamagedBlobError: If the plan cannot be read.
    """
    drawing = read_drawing(plan)
    clock = _clock(drawing["epoch"], drawing["zone"])
    bars = sorted(
        (bar for rack in drawing["racks"] for bar in _bars(drawing, rack, view.lanes)),
        key=lambda bar: (bar["group"], bar["lane"], bar["start"]),
    )
    for bar in bars:
        if not view.shows(bar["start"], bar["end"]) or bar["fold"] in view.folded:
            continue
        if not view.finds(bar["rack"], bar["order"]):
            continue
        moments = [
            _local(clock, bar[name]) for name in ("start", "end", "ships", "due")
        ]
        yield [
            bar["group"],
            bar["lane"],
            bar["rack"],
            bar["order"],
            bar["model"],
            bar["step"],
            *moments,
            bar["late"],
            "pinned" if bar["pinned"] else "",
            bar["watts"] / 1000,
        ]


def limit_days(plan: Plan, view: View) -> list[LimitDay]:
    """Return the fullest minute of every limit by day: those in view, else a fortnight.

    Two queries.

    Raises:
        DamagedBlobError: If the plan cannot be read.
    """
    problem, schedule = read(plan)
    clock = _clock(problem.epoch, problem.zone)
    strips = strips_of(problem, schedule)
    starts = _midnights(clock, view, strips.until)
    found = [
        _limit_day(clock, starts, peak)
        for strip in strips.all
        for peak in peaks(strip, starts)
        if strip.use and peak.use
    ]
    return sorted(found, key=lambda one: (one.day, -one.percent, one.label))


def _bars(
    drawing: dict[str, Any], rack: list[Any], lanes: str
) -> Iterator[dict[str, Any]]:
    """Yield a rack's bars as a view with these lanes has them."""
    serial, model, order, due, late, bay, pinned, _, flat, phases = rack
    routing = drawing["models"][model]
    steps = []
    now = 0
    for index, gap, length in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        steps.append((routing["steps"][index], index, now + gap, now + gap + length))
        now += gap + length
    common = {
        "rack": serial,
        "order": drawing["orders"][order],
        "model": routing["label"],
        "ships": now,
        "due": due,
        "late": late,
        "step": "",
    }

    def bar(
        group: str, fold: str, lane: str, part: list[Any], step: str = ""
    ) -> dict[str, Any]:
        return common | {
            "group": group,
            "fold": fold,
            "lane": lane,
            "step": step,
            "start": part[0][2],
            "end": part[-1][3],
            "pinned": any(index in pinned for _, index, _, _ in part),
            "watts": max(_watts(one, index, phases) for one, index, _, _ in part),
        }

    if lanes == "bay":
        part = [one for one in steps if one[0]["session"] == "bay"]
        if part and bay >= 0:
            _, label, group, _ = drawing["bays"][bay]
            head = drawing["groups"][group]
            yield bar(head["label"], head["key"], label, part)
    elif lanes == "order":
        yield bar(common["order"], common["order"], serial, steps)
    else:
        for one in steps:
            crew, label = drawing["crews"][one[0]["crew"]]
            if lanes == "crew":
                yield bar(label, crew, "", [one], one[0]["code"])
            else:
                head = routing["label"], routing["key"]
                yield bar(*head, serial, [one], one[0]["code"])


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


def _clock(epoch: str, zone: str) -> SiteClock:
    return SiteClock(epoch=datetime.fromisoformat(epoch), zone=ZoneInfo(zone))


def _local(clock: SiteClock, minute: int | None) -> str:
    """Return a minute as local time that spreadsheets read; empty for None."""
    if minute is None:
        return ""
    return clock.moment(minute).astimezone(clock.zone).strftime("%Y-%m-%d %H:%M")


def _minute(text: str) -> int | None:
    """Return a minute of an address, or None."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > len("9999999"):
        return None
    return min(int(text), MOST_MINUTES)
