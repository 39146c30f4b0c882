"""The trust quadrant: who keeps the first promise, and who absorbs our changes.

Across: on time and in full to the first promise, with early-warning credit. Up: share
of the buyer's changes accepted and kept. A dot's size is how many racks wait for the
supplier, its tail where it stood a quarter ago. The table beside it has the numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.urls import reverse

from suppliers.queries.directory import DirectoryRow
from suppliers.trust.facts import Measure
from suppliers.trust.figures import Figures

WIDTH, HEIGHT = 740, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 724, 16, 292
_RUG = 310
_TICKS: Final = (0, 25, 50, 75, 100)
_GOOD: Final = 0.75
"""A share from here on lies in the trusted corner."""
_NAMED = 8
_SIZES: Final = ((24, 10.0), (6, 7.5), (1, 5.5), (0, 4.0))
"""Radius from so many racks on."""
_LABEL_ROOM = 120
_LETTER, _LINE = 6.6, 14.0
"""About how wide a letter of a name is, and how high its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One supplier in the picture, in SVG units, with its row in the table.

    ``y`` of one that was asked for no change is on the strip below; ``tail`` is where
    it stood a quarter ago, if that is known.
    """

    name: str
    url: str
    title: str
    x: float
    y: float
    radius: float
    css: str
    tail: tuple[float, float] | None
    label: str
    label_css: str
    label_x: float
    kept: int
    absorbed: int | None
    racks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrant:
    """The drawing: ticks as (place, label), dots with the biggest last to be drawn."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    rug: int
    middle_x: float
    middle_y: float
    good_width: float
    good_height: float
    across: Sequence[tuple[float, str]]
    up: Sequence[tuple[float, str]]
    dots: Sequence[Dot]


def quadrant(rows: Iterable[DirectoryRow]) -> Quadrant | None:
    """Return the drawing of the suppliers that have a case; None without one."""
    known = [row for row in rows if row.marks and row.marks.now.adjusted.cases]
    if not known:
        return None
    known.sort(key=lambda row: (-row.racks, row.supplier.name))
    return Quadrant(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        rug=_RUG,
        middle_x=_x(_GOOD),
        middle_y=_y(_GOOD),
        good_width=round(_RIGHT - _x(_GOOD), 1),
        good_height=round(_y(_GOOD) - _TOP, 1),
        across=[(_x(tick / 100), f"{tick} %") for tick in _TICKS],
        up=[(_y(tick / 100), f"{tick} %") for tick in _TICKS],
        dots=_named([_dot(row) for row in known]),
    )


def _named(dots: list[Dot]) -> list[Dot]:
    """Return the dots, some with their names: the worst that hold up racks.

    A name that would cover another name or a dot is left to the table.
    """
    taken = [(dot.x - dot.radius, dot.x + dot.radius, dot.y) for dot in dots]
    names: dict[str, str] = {}
    for dot in sorted(dots, key=lambda dot: (dot.kept, -dot.racks)):
        width = _LETTER * len(dot.name)
        left = dot.label_x - width if dot.label_css else dot.label_x
        is_free = all(
            left + width < other_left or other_right < left or abs(y - dot.y) >= _LINE
            for other_left, other_right, y in taken
        )
        if dot.racks and is_free and len(names) < _NAMED:
            names[dot.url] = dot.name
            taken.append((left, left + width, dot.y))
    return [replace(dot, label=names.get(dot.url, "")) for dot in dots]


def _dot(row: DirectoryRow) -> Dot:
    """Return one supplier's dot."""
    assert row.marks is not None  # noqa: S101 - quadrant() has chosen
    now, before = row.marks.now, row.marks.before
    kept = now.adjusted.share or 0.0
    absorbed = now.of(Measure.ABSORPTION)
    is_good = kept >= _GOOD and (absorbed.share is None or absorbed.share >= _GOOD)
    x, y = _place(now)
    changes = (
        f"{absorbed.percent} % of {absorbed.cases} changes absorbed"
        if absorbed.cases
        else "no change asked"
    )
    is_right = x > _RIGHT - _LABEL_ROOM
    radius = next(size for least, size in _SIZES if row.racks >= least)
    return Dot(
        name=row.supplier.name,
        url=reverse("supplier_trust", args=[row.supplier.code]),
        title=f"{row.supplier.name}: {round(100 * kept)} % kept as first promised, "
        f"{changes}, {row.racks} racks wait",
        x=x,
        y=y,
        radius=radius,
        css="bubble" if is_good else "bubble bubble--bad",
        tail=_tail(before, (x, y)),
        label="",
        label_css="t-end" if is_right else "",
        label_x=x - radius - 4 if is_right else x + radius + 4,
        kept=round(100 * kept),
        absorbed=absorbed.percent,
        racks=row.racks,
    )


def _tail(before: Figures, now: tuple[float, float]) -> tuple[float, float] | None:
    """Return where a supplier stood a quarter ago.

    None where that is unknown, the same, or rests on too few cases to say anything.
    """
    if before.adjusted.is_thin:
        return None
    place = _place(before)
    is_like = (place[1] == _RUG) == (now[1] == _RUG)
    return place if is_like and place != now else None


def _place(figures: Figures) -> tuple[float, float]:
    """Return where figures lie in the drawing."""
    absorbed = figures.of(Measure.ABSORPTION).share
    y = float(_RUG) if absorbed is None else _y(absorbed)
    return _x(figures.adjusted.share or 0.0), y


def _x(share: float) -> float:
    """Return where a share lies across."""
    return round(_LEFT + share * (_RIGHT - _LEFT), 1)


def _y(share: float) -> float:
    """Return where a share lies up."""
    return round(_BOTTOM - share * (_BOTTOM - _TOP), 1)
