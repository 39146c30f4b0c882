"""A number for each weekday and hour, dark where there is much."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from scheduling.charts import svg
from scheduling.charts.table import Column, Table

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
SHADES = 6
_LEFT, _TOP, _ROW = 34, 4, 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """What is drawn.

    Attributes:
        label: What the numbers are.
        week: A number at least 0 for each weekday, Monday first, and hour.
        worded: Puts a number into words.
    """

    label: str
    week: Sequence[Sequence[float]]
    worded: Callable[[float], str]

    @property
    def least(self) -> float:
        """The lowest number."""
        return min(min(row) for row in self.week)

    @property
    def most(self) -> float:
        """The highest number; at least a little, so that shares exist."""
        return max(1e-9, *(max(row) for row in self.week))


def heat_map(heat: Heat, *, width: int = 640) -> SafeString:
    """Draw seven rows of 24 cells; every third hour is named."""
    x = svg.Scale(0, HOURS, _LEFT, width)
    parts = []
    span = max(heat.most - heat.least, 1e-9)
    for day, row in enumerate(heat.week):
        top = _TOP + day * _ROW
        parts.append(svg.text((_LEFT - 6, top + 15), DAYS[day], "t-end"))
        for hour, value in enumerate(row):
            shade = min(SHADES - 1, int((value - heat.least) / span * SHADES))
            size = (x(hour + 1) - x(hour) - 1, _ROW - 1)
            parts.append(svg.rect((x(hour), top), size, f"heat heat-{shade}"))
    foot = _TOP + len(DAYS) * _ROW + 12
    parts += [svg.text((x(hour), foot), f"{hour:02}:00") for hour in range(0, HOURS, 3)]
    range_ = f"{heat.worded(heat.least)} to {heat.worded(heat.most)}"
    words = (heat.label, f"From {range_}; the table has each hour.")
    return svg.plot((width, foot + 4), parts, words)


def table(heat: Heat) -> Table:
    """Put every cell into the table twin, hours down and days across."""
    return Table(
        label=heat.label,
        head=[Column(label="Hour"), *(Column(label=day, num=True) for day in DAYS)],
        rows=[
            (f"{hour:02}:00", *(heat.worded(row[hour]) for row in heat.week))
            for hour in range(HOURS)
        ],
    )
