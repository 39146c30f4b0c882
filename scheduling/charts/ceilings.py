"""Racks a week that each limit could carry, beside the pace of the plan."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from journal.templatetags.rackline import limit_mark
from journal.wording import UNKNOWN, grouped
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

_ROW, _TOP = 26, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What one limit could carry.

    Attributes:
        name: What people call it.
        limit: Key of wording.LIMITS.
        racks: Racks a week, at least 0.
        owner: Who owns it, or nothing.
    """

    name: str
    limit: str
    racks: float
    owner: str = ""


def ceilings(
    limits: Sequence[Ceiling], pace: float, *, width: int = 640, narrow: bool = False
) -> SafeString:
    """Draw a bar a limit, tightest first, and the plan's pace as a line.

    Args:
        limits: At least one.
        pace: Racks a week that the plan ships.
        width: In pixels.
        narrow: Whether it is the phone's drawing.
    """
    left, right = (118 if narrow else 168), width - 46
    # What could carry far more than is asked needs no scale of its own.
    most = max(pace * 3, limits[0].racks * 2, 1.0)
    x = svg.Scale(0, most, left, right)
    height = _TOP + _ROW * len(limits) + 8
    parts: list[SafeString] = []
    for index, one in enumerate(limits):
        y = _TOP + index * _ROW
        parts.append(svg.text((0, y + 14), one.name, "t-12 t-ink"))
        end = x(min(one.racks, most))
        css = "bar" if one.racks <= most else "bar bar--soft"
        parts.append(
            svg.limited(
                one.limit, svg.rect((left, y + 3), (end - left, 14), css, radius=2)
            )
        )
        parts.append(
            svg.text((width, y + 14), grouped(one.racks, 1), "t-end t-12 t-ink")
        )
    parts += [
        svg.line((left, _TOP - 6), (left, height - 6), "axis"),
        svg.line((x(pace), _TOP - 8), (x(pace), height - 6), "cap"),
        svg.text((x(pace), 12), f"planned {grouped(pace, 1)}", "t-mid t-ink t-medium"),
    ]
    title = f"Racks a week by limit; {limits[0].name} is the tightest"
    listed = ", ".join(f"{one.name} {grouped(one.racks, 1)}" for one in limits)
    return svg.plot(
        (width, height),
        parts,
        (title, f"{listed}. The plan ships {grouped(pace, 1)}."),
        css="only-narrow" if narrow else "only-wide",
    )


def both(limits: Sequence[Ceiling], pace: float) -> SafeString:
    """Draw for a wide screen and for a phone."""
    return svg.join(
        [ceilings(limits, pace), ceilings(limits, pace, width=320, narrow=True)]
    )


def table(limits: Sequence[Ceiling], pace: float) -> Table:
    """Put the limits into the table twin."""
    return Table(
        label="Racks a week by limit",
        head=[
            Column(label="Limit"),
            Column(label="Owner"),
            Column(label="Racks a week", num=True),
            Column(label="Used by the plan", num=True),
        ],
        rows=[
            [
                limit_mark(one.limit, one.name),
                one.owner or UNKNOWN,
                grouped(one.racks, 1),
                f"{grouped(pace * 100 / one.racks)} %" if one.racks else UNKNOWN,
            ]
            for one in limits
        ],
    )
