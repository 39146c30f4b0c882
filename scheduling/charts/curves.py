"""Lines of one figure over another, one line a case, each named at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from scheduling.charts import svg
from scheduling.charts.table import Column, Table

_LEFT, _RIGHT, _HEIGHT = 44, 120, 220
_TICKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case.

    Attributes:
        name: Its name.
        points: Pairs of x and y, x rising; at least one.
    """

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What is drawn.

    Attributes:
        label: What a reader of the table hears.
        x_name: What goes right.
        y_name: What goes up.
        lines: At least one.
        x_worded: Puts an x into words.
        y_worded: Puts a y into words.
    """

    label: str
    x_name: str
    y_name: str
    lines: Sequence[Line]
    x_worded: Callable[[float], str]
    y_worded: Callable[[float], str]


def curves(drawn: Curves, *, width: int = 640) -> SafeString:
    """Draw the lines over ticks of both axes."""
    xs = [x for line in drawn.lines for x, _ in line.points]
    ys = [y for line in drawn.lines for _, y in line.points]
    right, left = svg.Scale(0, 1, _LEFT, width - _RIGHT), min(xs)
    x = svg.Scale(left, max(xs), right.start, right.end)
    y = svg.Scale(0, max([*ys, 1]) * 1.1, _HEIGHT - 24, 10)
    parts = []
    for tick in range(_TICKS + 1):
        value = y.high * tick / _TICKS
        parts.append(svg.line((_LEFT, y(value)), (right.end, y(value)), "grid"))
        parts.append(svg.text((_LEFT - 6, y(value) + 4), f"{value:.0f}", "t-end"))
    parts += [
        svg.text((x(value), _HEIGHT - 8), drawn.x_worded(value), "t-mid")
        for value in sorted(set(xs))
    ]
    ends = []
    for number, line in enumerate(drawn.lines):
        points = [(x(at), y(value)) for at, value in line.points]
        parts.append(svg.path(points, f"curve curve-{number % 4}"))
        parts += [svg.circle(point, 2.5, f"dot dot-{number % 4}") for point in points]
        ends.append((points[-1][1] + 4, line.name, "t-2"))
    parts += [
        svg.text((right.end + 8, at), name, css)
        for at, name, css in svg.spread(ends, 13)
    ]
    words = (f"{drawn.y_name} over {drawn.x_name}", drawn.label)
    return svg.plot((width, _HEIGHT), parts, words)


def table(drawn: Curves) -> Table:
    """Put every point into the table twin, one column a line."""
    xs = sorted({x for line in drawn.lines for x, _ in line.points})
    by_line = [dict(line.points) for line in drawn.lines]
    return Table(
        label=drawn.label,
        head=[
            Column(label=drawn.x_name),
            *(Column(label=line.name, num=True) for line in drawn.lines),
        ],
        rows=[
            (
                drawn.x_worded(x),
                *(
                    drawn.y_worded(points[x]) if x in points else "–"
                    for points in by_line
                ),
            )
            for x in xs
        ],
    )
