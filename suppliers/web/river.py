"""The promise river: how promised days moved as time went by, of one line or of many.

Across: the day something was said. Up: the day promised. On the diagonal the two are
one: a promise that meets it is due. Flat is trust. The numbers stand in the table
beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from journal.wording import column_date
from suppliers.queries.board import BoardRiver
from suppliers.queries.history import History, RiverPoint

WIDE, NARROW = 560, 328
BOARD_WIDE = 740
"""Fits beside the navigation at 1,024 pixels; where there is room it grows."""
HEIGHT, BOARD_HEIGHT = 220, 320
_LEFT, _RIGHT_MARGIN, _TOP, _FOOT = 52, 8, 18, 30
_LEFT_WITH_YEAR = 84
"""Room for the days up the side: as "11 Dec", and where they need a year."""
_MARGIN_DAYS = 3
_GRID_LINES = 4
_SAID_MARKS = 3
_NEED_TICK = 18
_GOOD, _BAD, _BUYERS, _FAINT, _PLAIN = (
    "river--good",
    "river--bad",
    "river--buyer",
    "river--faint",
    "river",
)


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


@dataclass(frozen=True, slots=True)
class Stream:
    """One line's promise, or one tranche's, as a staircase."""

    path: str
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line from one place to another."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str = ""


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
        diagonal: Where said and promised are one day; None if it is not in sight.
        streams: The promises; red where one slipped by the supplier's doing.
        dots: Slips, solid by the supplier and hollow by the buyer, and the end.
        needs: Days asked for: from side to side, or at the end where there are many.
        rows: The same as a table: line, said on, promised, whose doing.
    """

    width: int
    height: int
    left: int
    right: int
    said: tuple[Mark, ...]
    promised: tuple[Mark, ...]
    diagonal: Stroke | None
    streams: tuple[Stream, ...]
    dots: tuple[Dot, ...]
    needs: tuple[Stroke, ...]
    rows: tuple[tuple[str, ...], ...]


def drawn(
    points: Sequence[RiverPoint],
    ledger: History,
    *,
    need_by: date,
    today: date,
    width: int = NARROW,
) -> River | None:
    """Return the drawing of one line: each tranche a stream, the last one bold.

    Args:
        points: What was promised, oldest first.
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
    line = BoardRiver(label="", points=points, came=came, need_by=need_by)
    plot = _Plot([line], today, width=width, height=HEIGHT)
    asked = plot.y(need_by)
    label = _("asked for %(day)s") % {"day": column_date(need_by, today)}
    return plot.river(
        streams=[*_tranches(points, plot), _stream(line, plot)],
        dots=[*_sayings(points, plot), *_end(line, plot)],
        needs=[Stroke(plot.left, asked, plot.x.end, asked, label)],
        rows=[row[1:] for row in _rows(line, today)],
    )


def board_drawn(
    lines: Sequence[BoardRiver], *, today: date, width: int = BOARD_WIDE
) -> River | None:
    """Return the drawing of many lines, one stream each, on the same axes.

    Dots mark slips and the day the last pieces came; a line's day asked for is a short
    stroke at the right.

    Args:
        lines: Each with one promise or more.
        today: At the receiving site; promises are drawn up to it.
        width: Of the drawing.

    Returns:
        None where nothing was promised.
    """
    if not lines:
        return None
    plot = _Plot(lines, today, width=width, height=BOARD_HEIGHT)
    needs = sorted({plot.y(line.need_by) for line in lines})
    return plot.river(
        streams=sorted(
            (_stream(line, plot, calm=_PLAIN) for line in lines),
            key=lambda stream: stream.css == _BAD,
        ),
        dots=[
            dot for line in lines for dot in (*_slips(line, plot), *_end(line, plot))
        ],
        needs=[Stroke(plot.x.end - _NEED_TICK, at, plot.x.end, at) for at in needs],
        rows=[row for line in lines for row in _rows(line, today)],
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


class _Plot:
    """Two axes that hold some lines, and what is drawn between them."""

    def __init__(
        self, lines: Sequence[BoardRiver], today: date, *, width: int, height: int
    ) -> None:
        """Fit the axes to everything said, promised, asked for and received."""
        self.today, self.width, self.height = today, width, height
        first = min(line.points[0].said_on for line in lines)
        until = max(max(line.came or today, line.points[-1].said_on) for line in lines)
        days = [
            day
            for line in lines
            for day in (
                line.need_by,
                *([line.came] if line.came else []),
                *(day for point in line.points for day in point.days),
            )
        ]
        margin = _day(_MARGIN_DAYS)
        self.y = _Axis(min(days) - margin, max(days) + margin, height - _FOOT, _TOP)
        is_this_year = self.y.low.year == self.y.high.year == today.year
        self.left = _LEFT if is_this_year else _LEFT_WITH_YEAR
        right = width - _RIGHT_MARGIN
        self.x = _Axis(first, max(until, first + _day(7)), self.left, right)

    def river(
        self,
        *,
        streams: Iterable[Stream],
        dots: Iterable[Dot],
        needs: Iterable[Stroke],
        rows: Iterable[tuple[str, ...]],
    ) -> River:
        """Return the drawing with its axes."""
        return River(
            width=self.width,
            height=self.height,
            left=self.left,
            right=self.width - _RIGHT_MARGIN,
            said=_marks(self.x, self.today, _SAID_MARKS),
            promised=_marks(self.y, self.today, _GRID_LINES),
            diagonal=self._diagonal(),
            streams=tuple(streams),
            dots=tuple(dots),
            needs=tuple(needs),
            rows=tuple(rows),
        )

    def _diagonal(self) -> Stroke | None:
        """Return where the day said is the day promised, as far as both axes go."""
        first = max(self.x.low, self.y.low)
        last = min(self.x.high, self.y.high)
        if first >= last:
            return None
        return Stroke(self.x(first), self.y(first), self.x(last), self.y(last))


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


def _stream(line: BoardRiver, plot: _Plot, *, calm: str = _GOOD) -> Stream:
    """Return a line's promise: it holds until the next is said, or the end comes."""
    points = line.points
    slipped = points[-1].promised > points[0].promised
    by_supplier = any(
        later.promised > earlier.promised and not later.by_buyer
        for earlier, later in pairwise(points)
    )
    css = calm
    if slipped:
        css = _BAD if by_supplier else _BUYERS
    days = [(point.said_on, point.promised) for point in points]
    until = line.came or max(plot.today, points[-1].said_on)
    return Stream(_staircase(days, until, plot), css, line.label)


def _tranches(points: Sequence[RiverPoint], plot: _Plot) -> list[Stream]:
    """Return the tranches before the last one, each a faint stream."""
    count = max(len(point.days) for point in points) - 1
    found = []
    for place in range(count):
        runs: list[list[RiverPoint]] = [[]]
        for point in points:
            if len(point.days) - 1 > place:
                runs[-1].append(point)
            elif runs[-1]:
                runs.append([])
        for run in filter(None, runs):
            after = points[points.index(run[-1]) + 1 :]
            until = after[0].said_on if after else plot.x.high
            days = [(point.said_on, point.days[place]) for point in run]
            title = _("delivery %(number)s") % {"number": place + 1}
            found.append(Stream(_staircase(days, until, plot), _FAINT, title))
    return found


def _staircase(days: Sequence[tuple[date, date]], until: date, plot: _Plot) -> str:
    """Return a path: what was promised on a day holds until the next was said."""
    (said, promised), *later = days
    path = f"M{plot.x(said)} {plot.y(promised)}"
    for said, promised in later:
        path += f"H{plot.x(said)}V{plot.y(promised)}"
    return f"{path}H{plot.x(min(until, plot.x.high))}"


def _sayings(points: Sequence[RiverPoint], plot: _Plot) -> list[Dot]:
    """Return a dot for each saying, hollow where the buyer moved it."""
    return [_dot(point, plot, "was" if point.by_buyer else "is") for point in points]


def _slips(line: BoardRiver, plot: _Plot) -> list[Dot]:
    """Return a dot for each slip: hollow by the buyer, solid by the supplier."""
    return [
        _dot(later, plot, "was" if later.by_buyer else "is is--bad", line.label)
        for earlier, later in pairwise(line.points)
        if later.promised > earlier.promised
    ]


def _dot(point: RiverPoint, plot: _Plot, css: str, label: str = "") -> Dot:
    """Return the dot of one saying."""
    title = _("%(promised)s, said %(said)s") % {
        "promised": column_date(point.promised, plot.today),
        "said": column_date(point.said_on, plot.today),
    }
    title = f"{label}: {title}" if label else title
    return Dot(plot.x(point.said_on), plot.y(point.promised), css, title)


def _end(line: BoardRiver, plot: _Plot) -> list[Dot]:
    """Return the day the last pieces came, by whether the first promise was kept."""
    if line.came is None:
        return []
    kept = line.came <= line.points[0].promised
    day = column_date(line.came, plot.today)
    title = _("last pieces came %(day)s") % {"day": day}
    title = f"{line.label}: {title}" if line.label else title
    css = "is is--good" if kept else "is is--bad"
    return [Dot(plot.x(line.came), plot.y(line.came), css, title)]


def _rows(line: BoardRiver, today: date) -> list[tuple[str, ...]]:
    """Return what is drawn as rows: line, said on, promised, whose doing."""
    rows: list[tuple[str, ...]] = [
        (
            line.label,
            column_date(point.said_on, today),
            ", ".join(column_date(day, today) for day in point.days),
            _("Ours") if point.by_buyer else _("Supplier's"),
        )
        for point in line.points
    ]
    if line.came is not None:
        rows.append((line.label, column_date(line.came, today), _("received"), ""))
    return rows
