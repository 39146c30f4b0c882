"""Days each lever can give: twice as wide, no wait at all, and its whole share."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from journal.templatetags.rackline import limit_mark
from journal.wording import UNKNOWN, duration, grouped
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

_ROW, _NARROW_ROW, _TOP = 30, 40, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One limit, and what widening it gives a rack on average.

    Attributes:
        name: What people call it.
        limit: Key of wording.LIMITS.
        owner: Who owns it.
        twice: Minutes saved when it is twice as wide; None if not proved.
        lifted: Minutes saved without it; None if not proved.
        cap: Minutes it holds: Amdahl's cap on the saving.
        factor: How much shorter the lead time could get at most, 1 or more.
        words: The lever in one sentence.
    """

    name: str
    limit: str
    owner: str
    twice: float | None
    lifted: float | None
    cap: float
    factor: float
    words: str


def tornado(
    levers: Sequence[Lever], *, width: int = 744, narrow: bool = False
) -> SafeString:
    """Draw two tones a lever and a tick at its cap.

    Args:
        levers: At least one, the largest cap first.
        width: In pixels.
        narrow: Whether it is the phone's drawing.
    """
    left, right = (0, width - 8) if narrow else (190, width - 70)
    row, down = (_NARROW_ROW, 14) if narrow else (_ROW, 0)
    x = svg.Scale(0, max(1.0, *(one.cap for one in levers)), left, right)
    height = _TOP + row * len(levers) + 6
    parts: list[SafeString] = [svg.line((left, _TOP - 8), (left, height - 4), "axis")]
    for index, one in enumerate(levers):
        top = _TOP + index * row
        parts.append(
            svg.text((0, top + (10 if narrow else 14)), one.name, "t-12 t-ink")
        )
        y = top + down
        lifted = min(max(one.lifted or 0.0, 0.0), one.cap)
        twice = min(max(one.twice or 0.0, 0.0), lifted)
        parts.append(
            svg.rect((x(lifted), y + 5), (x(one.cap) - x(lifted), 12), "bar--rest")
        )
        parts.append(
            svg.limited(
                one.limit,
                svg.rect((left, y + 5), (x(lifted) - left, 12), "bar bar--soft"),
                svg.rect((left, y + 5), (x(twice) - left, 12), "bar"),
            )
        )
        parts.append(svg.line((x(one.cap), y), (x(one.cap), y + 22), "cap-tick"))
        at = top + 10 if narrow else y + 15
        parts.append(svg.text((width, at), duration(one.cap), "t-end t-12 t-ink"))
    parts.append(svg.text((width, 12), "cap", "t-end"))
    parts.append(svg.text((left, 12), "0", ""))
    listed = ", ".join(f"{one.name} at most {duration(one.cap)}" for one in levers)
    return svg.plot(
        (width, height),
        parts,
        ("What each lever can give a rack on average", f"{listed}."),
        css="only-narrow" if narrow else "only-wide",
    )


def both(levers: Sequence[Lever]) -> SafeString:
    """Draw for a wide screen and for a phone."""
    return svg.join([tornado(levers), tornado(levers, width=320, narrow=True)])


def table(levers: Sequence[Lever]) -> Table:
    """Put the levers into the table twin."""
    return Table(
        label="What each lever can give",
        head=[
            Column(label="Lever"),
            Column(label="Owner"),
            Column(label="× 2", num=True),
            Column(label="× ∞", num=True),
            Column(label="Cap", num=True),
            Column(label="In one sentence"),
        ],
        rows=[
            [
                limit_mark(one.limit, one.name),
                one.owner or UNKNOWN,
                UNKNOWN if one.twice is None else duration(one.twice),
                UNKNOWN if one.lifted is None else duration(one.lifted),
                f"{duration(one.cap)} · {grouped(one.factor, 2)}×",
                one.words,
            ]
            for one in levers
        ],
    )
