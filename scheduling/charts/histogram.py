"""How far racks move: so many by so many days, earlier left, later right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.safestring import SafeString

from journal.wording import grouped
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

EDGES_D = (-14, -7, -3, -1, 0, 1, 3, 7, 14)
"""Days between two classes; beyond the first and the last everything is one."""
MINUTES_A_DAY = 1_440
_HEIGHT, _FOOT, _TOP = 168, 38, 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Racks that move by about as much.

    Attributes:
        name: From how many to how many days, in words.
        is_earlier: Whether they ship earlier than before.
        kept: Racks whose promise is kept.
        broken: Racks whose promise breaks.
    """

    name: str
    is_earlier: bool
    kept: int
    broken: int

    @property
    def racks(self) -> int:
        """Return how many there are."""
        return self.kept + self.broken


def classes(moves: Iterable[tuple[int, bool]]) -> list[Class]:
    """Sort moves into classes by their size.

    Args:
        moves: Pairs of minutes later (negative: earlier) and whether the promise
            breaks; moves of no minutes are none.
    """
    kept, broken = [0] * (len(EDGES_D) + 1), [0] * (len(EDGES_D) + 1)
    for minutes, is_broken in moves:
        if minutes:
            counts = broken if is_broken else kept
            counts[_class_of(minutes)] += 1
    return [
        Class(name=name, is_earlier=at <= EDGES_D.index(0), kept=good, broken=bad)
        for at, (name, good, bad) in enumerate(zip(_names(), kept, broken, strict=True))
    ]


def histogram(found: Sequence[Class], *, width: int = 600, css: str = "") -> SafeString:
    """Draw a column a class; what breaks a promise stands on top.

    Args:
        found: As ``classes`` returns them.
        width: In pixels.
        css: More classes, such as only-wide.
    """
    floor, slot = _HEIGHT - _FOOT, width / len(found)
    y = svg.Scale(0, max(1, *(one.racks for one in found)), floor, _TOP)
    middle = (EDGES_D.index(0) + 1) * slot
    parts = [
        svg.line((0, floor), (width, floor), "axis"),
        svg.line((middle, 8), (middle, floor), "rule"),
    ]
    for at, one in enumerate(found):
        x, bar, centre = at * slot + slot * 0.14, slot * 0.72, (at + 0.5) * slot
        tone = "is--good" if one.is_earlier else "kept"
        parts += [
            svg.rect((x, y(one.kept)), (bar, floor - y(one.kept)), tone),
            svg.rect((x, y(one.racks)), (bar, y(one.kept) - y(one.racks)), "broken"),
            svg.text((centre, floor + 15), one.name, "t-mid"),
        ]
        if one.racks:
            count = grouped(one.racks)
            parts.append(
                svg.text((centre, y(one.racks) - 5), count, "t-mid t-12 t-ink")
            )
    parts += [
        svg.text((middle - 8, _HEIGHT - 4), "days earlier", "t-end t-2"),
        svg.text((middle + 8, _HEIGHT - 4), "days later", "t-2"),
    ]
    listed = ", ".join(f"{one.name}: {one.racks}" for one in found if one.racks)
    words = ("How far racks move", f"Racks by days: {listed}.")
    return svg.plot((width, _HEIGHT), parts, words, css=css)


def both(found: Sequence[Class]) -> SafeString:
    """Draw for a wide screen and for a phone."""
    wide = histogram(found, css="only-wide")
    return svg.join([wide, histogram(found, width=340, css="only-narrow")])


def table(found: Sequence[Class]) -> Table:
    """Put the classes that have racks into the table twin."""
    return Table(
        label="Racks by how far they move",
        head=[
            Column(label="Days"),
            Column(label="Way"),
            Column(label="Racks", num=True),
            Column(label="Promises broken", num=True),
        ],
        rows=[
            [
                one.name,
                "earlier" if one.is_earlier else "later",
                grouped(one.racks),
                grouped(one.broken),
            ]
            for one in found
            if one.racks
        ],
    )


def _class_of(minutes: int) -> int:
    """Return the class of a move: at an edge it belongs to the smaller move."""
    days = minutes / MINUTES_A_DAY
    if days > 0:
        return 1 + max(at for at, edge in enumerate(EDGES_D) if edge < days)
    return min(at for at, edge in enumerate(EDGES_D) if edge > days)


def _names() -> list[str]:
    """Return what the classes are called, in days."""
    sizes = [abs(edge) for edge in EDGES_D]
    inner = [f"{min(pair)}–{max(pair)}" for pair in pairwise(sizes)]
    return [f"> {sizes[0]}", *inner, f"> {sizes[-1]}"]
