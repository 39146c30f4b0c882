"""What moved: hollow is the published plan, solid the proposal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.utils.safestring import SafeString

from journal.templatetags.rackline import limit_mark, status_mark
from journal.wording import column_date, counted, limit_look, signed_days
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

_ROW, _TOP = 29, 30
_MINUTES_A_DAY = 1440
_TICK_ROOM = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One rack's shipping before and after.

    Attributes:
        name: The rack.
        detail: Whose it is, for example the customer.
        was: When it shipped in the published plan; aware.
        now: When it ships in the proposal; aware.
        promised: The day it is promised for, or None.
        limit: What moved it, a key of wording.LIMITS.
        reason: The words beside the limit's square; its own word when empty.
    """

    name: str
    detail: str
    was: datetime
    now: datetime
    promised: date | None
    limit: str
    reason: str = ""

    def is_broken(self, zone: tzinfo) -> bool:
        """Tell whether the proposal ships after the promised day."""
        return (
            self.promised is not None
            and self.now.astimezone(zone).date() > self.promised
        )

    @property
    def days(self) -> float:
        """Days it moved by; later is positive."""
        return (self.now - self.was).total_seconds() / 86_400


@dataclass(frozen=True, slots=True)
class _Axis:
    """Days along the width, counted from the first midnight shown."""

    origin: datetime
    x: svg.Scale

    def at(self, moment: datetime) -> float:
        return self.x((moment - self.origin).total_seconds() / 60)


def dumbbells(moves: Sequence[Move], zone: tzinfo, *, width: int = 744) -> SafeString:
    """Draw one row a move, in the order given; broken promises first reads best.

    Args:
        moves: At least one.
        zone: The site's, whose midnights are the grid.
        width: In pixels, at least 560.
    """
    left, right = 196, width - 244
    height = _TOP + _ROW * len(moves) + 6
    axis = _axis(moves, zone, (left, right))
    parts = _grid(axis, (_TOP - 10, height))
    heads = ((0, "Rack", ""), (76, "Customer", ""), (right + 54, "Change", "t-end"))
    parts += [svg.text((x, 12), word, css) for x, word, css in heads]
    parts += [
        svg.text((right + 76, 12), "Promise", ""),
        svg.text((right + 146, 12), "Limit", ""),
    ]
    for index, move in enumerate(moves):
        parts += _row(move, axis, y=_TOP + index * _ROW + 13, zone=zone, right=right)
    return svg.plot((width, height), parts, _words(moves, zone), css="only-wide")


def dumbbells_narrow(
    moves: Sequence[Move], zone: tzinfo, *, width: int = 320
) -> SafeString:
    """Draw the same moves for a phone: rack, change and the two dates."""
    height = _TOP + 22 * len(moves) + 4
    axis = _axis(moves, zone, (72, width - 62))
    parts = _grid(axis, (_TOP - 10, height))
    for index, move in enumerate(moves):
        y = _TOP + index * 22 + 8
        parts.append(svg.text((0, y + 4), move.name, "t-ink t-12"))
        parts += _bell(move, axis, y=y, zone=zone)
        parts.append(
            svg.text(
                (width, y + 4),
                signed_days(move.days),
                f"t-end t-12 {_tone(move, zone)}",
            )
        )
    return svg.plot((width, height), parts, _words(moves, zone), css="only-narrow")


def both(moves: Sequence[Move], zone: tzinfo) -> SafeString:
    """Draw for a wide screen and for a phone."""
    return svg.join([dumbbells(moves, zone), dumbbells_narrow(moves, zone)])


def table(moves: Sequence[Move], zone: tzinfo, today: date) -> Table:
    """Put the moves into the table twin."""
    names = ("Rack", "Customer", "Published", "Proposal", "Change", "Promise", "Limit")
    return Table(
        label="Racks that move",
        head=[
            Column(label=n, num=n in names[2:5], wide=n == "Customer") for n in names
        ],
        rows=[
            (
                move.name,
                move.detail,
                column_date(move.was.astimezone(zone).date(), today),
                column_date(move.now.astimezone(zone).date(), today),
                signed_days(move.days),
                status_mark("broken" if move.is_broken(zone) else "kept"),
                limit_mark(move.limit, move.reason),
            )
            for move in moves
        ],
    )


def _axis(moves: Sequence[Move], zone: tzinfo, span: tuple[float, float]) -> _Axis:
    moments = [m for move in moves for m in (move.was, move.now)]
    days = [m.astimezone(zone).date() for m in moments]
    days += [move.promised for move in moves if move.promised]
    origin = datetime.combine(min(days), time.min, tzinfo=zone)
    length = (max(days) - min(days)).days + 1
    return _Axis(origin, svg.Scale(0, length * _MINUTES_A_DAY, *span))


def _grid(axis: _Axis, span: tuple[float, float]) -> list[SafeString]:
    top, bottom = span
    days = round(axis.x.high / _MINUTES_A_DAY)
    every = max(1, -(-days * _TICK_ROOM // int(axis.x.end - axis.x.start)))
    parts = []
    for day in range(0, days + 1, every):
        at = axis.origin + timedelta(days=day)
        x = axis.x(day * _MINUTES_A_DAY)
        parts.append(svg.line((x, top), (x, bottom), "grid"))
        name = (
            column_date(at.date(), at.date())
            if day == 0 or at.day <= every
            else str(at.day)
        )
        is_last = x + _TICK_ROOM / 2 > axis.x.end  # beside it stands a head
        parts.append(svg.text((x, 12), name, "t-end" if is_last else "t-mid"))
    return parts


def _row(
    move: Move, axis: _Axis, *, y: float, zone: tzinfo, right: float
) -> list[SafeString]:
    broken, look = move.is_broken(zone), limit_look(move.limit)
    square = "bar--hatched" if look.colour == "curtailment" else "bar"
    verdict = ("✗ broken", "t-12 t-bad t-medium") if broken else ("✓ kept", "t-12 t-2")
    return [
        svg.text((0, y + 4), move.name, "t-ink t-medium t-12"),
        svg.text((76, y + 4), move.detail, "t-2 t-12"),
        *_bell(move, axis, y=y, zone=zone),
        svg.text(
            (right + 54, y + 4),
            signed_days(move.days),
            f"t-end t-12 {_tone(move, zone)}",
        ),
        svg.text((right + 76, y + 4), *verdict),
        svg.limited(
            look.colour, svg.rect((right + 146, y - 4), (8, 8), square, radius=2)
        ),
        svg.text((right + 160, y + 4), move.reason or look.word, "t-2"),
    ]


def _bell(move: Move, axis: _Axis, *, y: float, zone: tzinfo) -> list[SafeString]:
    tone = "bad" if move.is_broken(zone) else "good" if move.days < 0 else "none"
    was, now = (axis.at(move.was), y), (axis.at(move.now), y)
    parts = [svg.line(was, now, f"bell bell--{tone}"), svg.circle(was, 4.5, "was")]
    parts.append(svg.circle(now, 5, f"is is--{tone}"))
    if move.promised:
        due = datetime.combine(move.promised, time(23, 59), tzinfo=zone)
        parts.append(svg.line((axis.at(due), y - 7), (axis.at(due), y + 7), "cap"))
    return parts


def _tone(move: Move, zone: tzinfo) -> str:
    if move.is_broken(zone):
        return "t-bad t-medium"
    return "t-good" if move.days < 0 else "t-ink"


def _words(moves: Sequence[Move], zone: tzinfo) -> tuple[str, str]:
    broken = sum(move.is_broken(zone) for move in moves)
    listed = ", ".join(f"{move.name} {signed_days(move.days)}" for move in moves)
    breaks = "breaks" if broken == 1 else "break"
    title = (
        f"{counted(len(moves), 'rack')} moved, {counted(broken, 'promise')} {breaks}"
    )
    return title, f"{listed}."
