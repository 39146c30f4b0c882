"""Kilowatts over time under the line that may not be crossed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.utils.safestring import SafeString

from journal.wording import column_date, grouped, kw, moment
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

Samples = Sequence[tuple[int, int]]
_MINUTES_A_DAY = 1440
_LABEL_ROOM = 48
_Scales = tuple[svg.Scale, svg.Scale]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is drawn and what may be, in watts; every value holds until the next sample.

    Attributes:
        epoch: Minute 0; aware.
        to_min: The end of the picture, in minutes; it begins at 0.
        load: Pairs of minute and watts, the base load included.
        base: Pairs of minute and watts: what is drawn without racks.
        limits: Pairs of minute and watts.
        curtailments: Pairs of first and last minute in which the grid lowers the limit.
    """

    epoch: datetime
    to_min: int
    load: Samples
    limits: Samples
    base: Samples = ()
    curtailments: Sequence[tuple[int, int]] = ()

    @property
    def peak_w(self) -> int:
        """The highest load, in watts."""
        return max((watts for _, watts in self.load), default=0)


def load_strip(
    load: Load, zone: tzinfo, *, size: tuple[int, int] = (640, 150), css: str = ""
) -> SafeString:
    """Draw the strip.

    Args:
        load: What to draw; at least one limit.
        zone: The site's, whose midnights are marked.
        size: Width and height in pixels.
        css: More classes, such as only-wide.
    """
    width, height = size
    top = max(load.peak_w, *(watts for _, watts in load.limits)) * 1.15
    x = svg.Scale(0, load.to_min, 44, width)
    y = svg.Scale(0, top, height - 20, 8)
    parts = _days(load, zone, x, height=height)
    for watts in (0, top / 2.3, top / 1.15):
        parts.append(
            svg.text((38, y(watts) + 4), grouped(round(watts / 1000, -2)), "t-end")
        )
        parts.append(svg.line((44, y(watts)), (width, y(watts)), "grid"))
    parts.append(_area(load.load, load.to_min, (x, y), css="stack-3"))
    if load.base:
        parts.append(_area(load.base, load.to_min, (x, y), css="stack-1"))
    for start, end in load.curtailments:
        cap = _value_at(load.limits, start)
        corner, size_ = (x(start), y(top)), (x(end) - x(start), y(cap) - y(top))
        parts.append(svg.rect(corner, size_, "hatched"))
        if size_[0] >= _LABEL_ROOM:
            label = svg.text(
                (x(start) + size_[0] / 2, y(cap) - 6),
                kw(cap),
                "t-mid t-limit t-medium t-halo",
            )
            parts.append(svg.limited("curtailment", label))
    parts.append(svg.path(_stair(load.limits, load.to_min, (x, y)), "cap"))
    words = f"{kw(_value_at(load.limits, load.to_min))} allowed"
    last = y(_value_at(load.limits, load.to_min))
    parts.append(svg.text((width - 4, last - 5), words, "t-2 t-end t-halo"))
    return svg.plot(size, parts, _words(load, zone), css=css)


def table(load: Load, zone: tzinfo) -> Table:
    """Put each day's highest load and lowest limit into the table twin."""
    days = range(0, load.to_min, _MINUTES_A_DAY)
    names = ("Day", "Highest load", "Lowest limit")
    return Table(
        label="Site power by day",
        head=[Column(label=name, num=name != "Day") for name in names],
        rows=[
            (
                _date(load.epoch + timedelta(minutes=day), zone),
                kw(max(_within(load.load, day))),
                kw(min(_within(load.limits, day))),
            )
            for day in days
        ],
    )


def _date(at: datetime, zone: tzinfo) -> str:
    day = at.astimezone(zone).date()
    return column_date(day, day)


def _within(samples: Samples, day: int) -> list[int]:
    values = [watts for at, watts in samples if day < at < day + _MINUTES_A_DAY]
    return [_value_at(samples, day), *values]


def _value_at(samples: Samples, minute: int) -> int:
    before = [watts for at, watts in samples if at <= minute]
    return before[-1] if before else 0


def _stair(
    samples: Samples, to_min: int, scales: tuple[svg.Scale, svg.Scale]
) -> list[svg.Point]:
    x, y = scales
    shown = [(at, watts) for at, watts in samples if 0 < at < to_min]
    shown = [(0, _value_at(samples, 0)), *shown, (to_min, _value_at(samples, to_min))]
    return svg.steps([(x(at), y(watts)) for at, watts in shown])


def _area(samples: Samples, to_min: int, scales: _Scales, *, css: str) -> SafeString:
    x, y = scales
    stair = _stair(samples, to_min, scales)
    return svg.path([(x(0), y(0)), *stair, (x(to_min), y(0))], css, close=True)


def _days(load: Load, zone: tzinfo, x: svg.Scale, *, height: float) -> list[SafeString]:
    local = load.epoch.astimezone(zone)
    first = _MINUTES_A_DAY - (local.hour * 60 + local.minute)
    days = list(range(first % _MINUTES_A_DAY, load.to_min, _MINUTES_A_DAY))
    every = max(1, -(-len(days) * _LABEL_ROOM // int(x.end - x.start)))
    parts = []
    for day in days[::every]:
        parts.append(svg.line((x(day), 8), (x(day), height - 20), "axis"))
        if x(day) + _LABEL_ROOM <= x.end:
            name = _date(load.epoch + timedelta(minutes=day), zone)
            parts.append(svg.text((x(day) + 4, height - 5), name))
    return parts


def _words(load: Load, zone: tzinfo) -> tuple[str, str]:
    start = moment(load.epoch, load.epoch, zone)
    title = f"Site power from {start}: at most {kw(load.peak_w)}"
    return title, f"Allowed at the end: {kw(_value_at(load.limits, load.to_min))}."
