"""The promise river of one commitment: how the promised day moved as time went by.

Across: the day something was said. Up: the day promised. Flat is trust. The numbers
stand in the table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from journal.wording import column_date
from suppliers.queries.history import History, RiverPoint

WIDE, NARROW = 560, 328
HEIGHT = 220
_LEFT, _RIGHT_MARGIN, _TOP, _BOTTOM = 52, 8, 18, 190
_MARGIN_DAYS = 3
_GRID_LINES = 4
_SAID_MARKS = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One saying, or the day the last piece came."""

    x: float
    y: float
    css: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class River:
    """A drawing, in SVG units.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        left: Where the plot begins.
        right: Where it ends.
        said: Marks of the days something was said.
        promised: Marks of days promised.
        path: The promise as a staircase.
        path_css: Red where the last promise is later than the first.
        dots: What was said, and the end.
        asked: Height of the day asked for.
        asked_label: That day in words.
        rows: The same as a table: said on, promised, whose doing.
    """

    width: int
    height: int
    left: int
    right: int
    said: tuple[Mark, ...]
    promised: tuple[Mark, ...]
    path: str
    path_css: str
    dots: tuple[Dot, ...]
    asked: float
    asked_label: str
    rows: tuple[tuple[str, str, str], ...]


def drawn(
    points: Sequence[RiverPoint],
    ledger: History,
    *,
    need_by: date,
    today: date,
    width: int = NARROW,
) -> River | None:
    """Return the drawing of promises said, oldest first, and of what came.

    Args:
        points: What was promised.
        ledger: For the day the last pieces came.
        need_by: Dock date asked for.
        today: At the receiving site; a promise is drawn up to it.
        width: Of the drawing.

    Returns:
        None where nothing has moved yet: one promise and nothing that came.
    """
    came = ledger.receipts[-1].received_on if ledger.receipts else None
    if not points or (len(points) == 1 and came is None):
        return None
    until = max(came or today, points[-1].said_on, points[0].said_on + _day(7))
    x = _Axis(points[0].said_on, until, _LEFT, width - _RIGHT_MARGIN)
    days = [*(point.promised for point in points), need_by, *([came] if came else [])]
    y = _Axis(
        min(days) - _day(_MARGIN_DAYS), max(days) + _day(_MARGIN_DAYS), _BOTTOM, _TOP
    )
    first, last = points[0], points[-1]
    slipped = last.promised > first.promised and not last.by_buyer
    return River(
        width=width,
        height=HEIGHT,
        left=_LEFT,
        right=width - _RIGHT_MARGIN,
        said=_marks(x, today, _SAID_MARKS),
        promised=_marks(y, today, _GRID_LINES),
        path=_staircase(points, x, y),
        path_css="river--bad" if slipped else "river--good",
        dots=tuple(_dots(points, came, x, y, today)),
        asked=y(need_by),
        asked_label=_("asked for %(day)s") % {"day": column_date(need_by, today)},
        rows=tuple(
            (
                column_date(point.said_on, today),
                column_date(point.promised, today),
                _("Ours") if point.by_buyer else _("Supplier's"),
            )
            for point in points
        ),
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """Maps days onto coordinates."""

    low: date
    high: date
    start: float
    end: float

    def __call__(self, day: date) -> float:
        """Return the coordinate of a day."""
        span = max(1, (self.high - self.low).days)
        share = (day - self.low).days / span
        return round(self.start + share * (self.end - self.start), 1)


def _day(count: int) -> timedelta:
    """Return so many days."""
    return timedelta(days=count)


def _marks(axis: _Axis, today: date, steps: int) -> tuple[Mark, ...]:
    """Return evenly spaced days of an axis, each once."""
    step = -(-(axis.high - axis.low).days // steps)
    days = [axis.low + _day(step * place) for place in range(steps + 1)]
    return tuple(
        Mark(axis(day), column_date(day, today)) for day in days if day <= axis.high
    )


def _staircase(points: Sequence[RiverPoint], x: _Axis, y: _Axis) -> str:
    """Return the path: a promise holds until the next one is said."""
    path = f"M{x(points[0].said_on)} {y(points[0].promised)}"
    for point in points[1:]:
        path += f"H{x(point.said_on)}V{y(point.promised)}"
    return f"{path}H{x.end}"


def _dots(
    points: Sequence[RiverPoint], came: date | None, x: _Axis, y: _Axis, today: date
) -> list[Dot]:
    """Return a dot for each saying, hollow where the buyer moved it, and the end."""
    dots = [
        Dot(
            x(point.said_on),
            y(point.promised),
            "was" if point.by_buyer else "is",
            _("%(promised)s, said %(said)s")
            % {
                "promised": column_date(point.promised, today),
                "said": column_date(point.said_on, today),
            },
        )
        for point in points
    ]
    if came is not None:
        kept = came <= points[0].promised
        title = _("last pieces came %(day)s") % {"day": column_date(came, today)}
        css = "is is--good" if kept else "is is--bad"
        dots.append(Dot(x(came), y(came), css, title))
    return dots
