"""The small SVG vocabulary of all server-drawn charts: scales, shapes, the frame.

Colours come from classes only (static/css/charts.css), so that themes, print and export
need no second drawing. Every text passes through Django's escaping. Coordinates are SVG
units, one to a CSS pixel at the drawing's own width.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """Map values from low to high onto coordinates from start to end, linearly."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Give the coordinate of a value; a range of nothing maps onto its start."""
        if self.high == self.low:
            return self.start
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def join(parts: Iterable[SafeString]) -> SafeString:
    """Put drawn parts one after another."""
    return format_html_join("", "{}", ((part,) for part in parts))


def number(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def text(at: Point, label: str, css: str = "") -> SafeString:
    """Write a label; css names classes t-*."""
    x, y = at
    return format_html(
        '<text x="{}" y="{}" class="{}">{}</text>', number(x), number(y), css, label
    )


def line(start: Point, end: Point, css: str) -> SafeString:
    """Draw a straight line."""
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>',
        number(start[0]),
        number(start[1]),
        number(end[0]),
        number(end[1]),
        css,
    )


def rect(corner: Point, size: Point, css: str, *, radius: float = 0) -> SafeString:
    """Draw a rectangle from its upper left corner; a negative size is drawn as none."""
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="{}"/>',
        number(corner[0]),
        number(corner[1]),
        number(max(size[0], 0)),
        number(max(size[1], 0)),
        number(radius),
        css,
    )


def circle(centre: Point, radius: float, css: str) -> SafeString:
    """Draw a disc."""
    return format_html(
        '<circle cx="{}" cy="{}" r="{}" class="{}"/>',
        number(centre[0]),
        number(centre[1]),
        number(radius),
        css,
    )


def path(points: Sequence[Point], css: str, *, close: bool = False) -> SafeString:
    """Draw a polyline, or an area when closed; nothing without points."""
    if not points:
        return SafeString("")
    body = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return format_html('<path d="M{}{}" class="{}"/>', body, "Z" if close else "", css)


def limited(limit: str, *parts: SafeString) -> SafeString:
    """Give the parts the colour of a limit (a value of data-limit)."""
    return format_html('<g data-limit="{}">{}</g>', limit, join(parts))


def steps(points: Sequence[Point]) -> list[Point]:
    """Turn samples into a staircase: a value holds until the next one."""
    stair = list(points[:1])
    for x, y in points[1:]:
        stair += [(x, stair[-1][1]), (x, y)]
    return stair


def spread(
    marks: Iterable[tuple[float, str, str]], gap: float
) -> list[tuple[float, str, str]]:
    """Push labels (height, words, classes) down until neighbours are a gap apart."""
    out: list[tuple[float, str, str]] = []
    last = float("-inf")
    for y, label, css in sorted(marks):
        last = max(y, last + gap)
        out.append((last, label, css))
    return out


def plot(
    size: Point, parts: Iterable[SafeString], words: tuple[str, str], *, css: str = ""
) -> SafeString:
    """Frame a drawing.

    The font-size says the drawing's width, so that the style sheet can keep it (1em)
    without an inline style, which the content security policy forbids; every text has
    a size of its own.

    Args:
        size: Width and height.
        parts: What is drawn.
        words: Title and description, for a screen reader; the table has the numbers.
        css: More classes, such as only-wide.
    """
    title, description = words
    return format_html(
        '<svg class="plot {}" viewBox="0 0 {} {}" font-size="{}" role="img">'
        "<title>{}</title><desc>{}</desc>{}</svg>",
        css,
        number(size[0]),
        number(size[1]),
        number(size[0]),
        title,
        description,
        join(parts),
    )
