"""The lanes of a plan's drawing: which bars a view shows, and in which order.

Pure. The drawing's own lists have the order: groups, bays, models, orders and crews as
they stand there, racks likewise, bars by their start. ``static/js/gantt/expand.js``
lays the screen out by the same lists; files and the table take their rows from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from scheduling.clock import SiteClock

LANES: Final = {"bay": "Bays", "rack": "Racks", "order": "Orders", "crew": "Crews"}
"""What a lane can be, each with its name in the switch."""

OF_STEPS: Final = ("rack", "crew")
"""Lanes in which each step is a bar; in the others a rack is one."""

NO_ORDER = "No order"
LONGEST_FIND = 60
MOST_MINUTES = 10_000_000


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


class Bar(NamedTuple):
    """One bar by numbers alone, so that sorting bars puts them in the lanes' order.

    Attributes:
        group: Number of its group in the drawing's list of such groups.
        lane: Number of its lane; 0 in a crew, whose bars share what rows they need.
        start: First minute, since the plan's epoch.
        rack: Number of its rack in the drawing.
        first: Number of its first step among the rack's planned steps.
        last: Number of its last.
        end: First minute after it.
    """

    group: int
    lane: int
    start: int
    rack: int
    first: int
    last: int
    end: int


class Groups:
    """What a view groups bars by: bays under a feeder, racks of a model, and so on."""

    def __init__(self, drawing: Mapping[str, Any], lanes: str) -> None:
        """Read the groups off a drawing.

        Args:
            drawing: As ``queries.gantt`` made it.
            lanes: A key of ``LANES``.
        """
        self.drawing = drawing
        self.lanes = lanes
        self.heads: list[tuple[str, str]] = {
            "bay": [(one["key"], one["label"]) for one in drawing["groups"]],
            "rack": [(one["key"], one["label"]) for one in drawing["models"]],
            "order": [(number, number or NO_ORDER) for number in drawing["orders"]],
            "crew": [(key, label) for key, label in drawing["crews"]],
        }[lanes]
        # A model with several routings is one group, where the first of them stands.
        models = [one["key"] for one in drawing["models"]]
        self.models = [models.index(key) for key in models]

        self.clock = SiteClock(
            epoch=datetime.fromisoformat(drawing["epoch"]),
            zone=ZoneInfo(drawing["zone"]),
        )

    def label(self, bar: Bar) -> str:
        """Return the name of a bar's group."""
        return self.heads[bar.group][1]

    def serial(self, bar: Bar) -> str:
        """Return the serial of a bar's rack."""
        return str(self.drawing["racks"][bar.rack][0])

    def lane(self, bar: Bar) -> str:
        """Return the name of a bar's lane; empty in a crew."""
        if self.lanes == "crew":
            return ""
        if self.lanes == "bay":
            return str(self.drawing["bays"][bar.lane][1])
        return self.serial(bar)

    def bars(self, number: int, rack: list[Any]) -> Iterator[Bar]:
        """Yield the bars of one rack, given its number in the drawing."""
        _, model, order, _, _, bay, _, _, flat, _ = rack
        routing = self.drawing["models"][model]["steps"]
        stretches = stretches_of(flat)
        if self.lanes == "order":
            end = stretches[-1][1]
            yield Bar(
                order, number, stretches[0][0], number, 0, len(stretches) - 1, end
            )
        elif self.lanes == "bay":
            held = [
                at
                for at, index in enumerate(flat[::3])
                if routing[index]["session"] == "bay"
            ]
            if held and bay >= 0:
                first, last = held[0], held[-1]
                group = self.drawing["bays"][bay][2]
                start, end = stretches[first][0], stretches[last][1]
                yield Bar(group, bay, start, number, first, last, end)
        else:
            for at, (start, end) in enumerate(stretches):
                group, lane = (
                    (routing[flat[3 * at]]["crew"], 0)
                    if self.lanes == "crew"
                    else (self.models[model], number)
                )
                yield Bar(group, lane, start, number, at, at, end)


def bars_of(groups: Groups, view: View) -> list[Bar]:
    """Return the bars of every moment that a view shows, lane by lane.

    Args:
        groups: The drawing's groups, by the view's lanes.
        view: What is looked for and what is folded away; its range is not asked.
    """
    orders = groups.drawing["orders"]
    shown = [key not in view.folded for key, _ in groups.heads]
    found = (
        (number, rack)
        for number, rack in enumerate(groups.drawing["racks"])
        if view.finds(rack[0], orders[rack[2]])
    )
    bars = (bar for some in starmap(groups.bars, found) for bar in some)
    return sorted(bar for bar in bars if shown[bar.group])


def stretches_of(flat: list[int]) -> list[tuple[int, int]]:
    """Return the first minute of each of a rack's steps, and the one after it."""
    found = []
    now = 0
    for gap, length in zip(flat[1::3], flat[2::3], strict=True):
        found.append((now + gap, now + gap + length))
        now += gap + length
    return found


def _minute(text: str) -> int | None:
    """Return a minute of an address, or None."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > len("9999999"):
        return None
    return min(int(text), MOST_MINUTES)
