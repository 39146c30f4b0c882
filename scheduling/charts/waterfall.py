"""Where a lead time goes: one bar a segment, additive, in the colour of its limit.

Two drawings of the same segments, since a narrow screen gets another drawing and not
a scaled one: columns falling from the whole to the work itself, and rows stepping down.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from journal.templatetags.rackline import limit_mark
from journal.wording import UNKNOWN, duration, limit_look
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

PHYSICS = "physics"
_ROW = 22
_LETTER = 6.4
"""Pixels of a letter of a row's name."""
_COLUMNS_HEIGHT = 310
_FOOT = 62
_NAME_LETTERS = 15
"""Letters of a name that fit below a column."""
_COLUMN = 96
_COLUMNS_WIDTH = 744


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a lead time.

    Attributes:
        limit: What it waited for, a key of wording.LIMITS; "physics" for work.
        name: What the bar is called, for example "Leak sensors".
        minutes: Its length, at least 0. All segments add up to the lead time.
        owner: Who owns the limit, or nothing.
    """

    limit: str
    name: str
    minutes: int
    owner: str = ""


def lead_time(segments: Sequence[Segment]) -> int:
    """Add all segments up, in minutes."""
    return sum(segment.minutes for segment in segments)


def work_time(segments: Sequence[Segment]) -> int:
    """Add up what physics needs, in minutes."""
    return sum(s.minutes for s in segments if _is_work(s))


def rows(
    segments: Sequence[Segment], subject: str, *, width: int = 300, css: str = ""
) -> SafeString:
    """Draw the segments in the order given as rows stepping down in time.

    Args:
        segments: In time order.
        subject: Whose lead time, for the title, such as "R-0412".
        width: In pixels; names take up to three fifths of them, lengths 44;
            the table has longer names whole.
        css: More classes, such as only-narrow.
    """
    total = lead_time(segments)
    names = max([132, *(round(_LETTER * len(s.name)) + 10 for s in segments)])
    left = min(names, 3 * width // 5)
    letters = int((left - 10) / _LETTER)
    x = svg.Scale(0, max(total, 1), left, width - 48)
    parts = [svg.line((x(0), 0), (x(0), _ROW * len(segments)), "axis")]
    at = 0
    for index, segment in enumerate(segments):
        y = index * _ROW
        tone = "t-2" if _is_work(segment) else "t-ink"
        name = segment.name
        if len(name) > letters:
            name = name[: letters - 1] + "…"
        parts.append(svg.text((0, y + 14), name, f"{tone} t-12"))
        length = max(x(at + segment.minutes) - x(at), 1.5)
        parts.append(
            svg.limited(
                _colour(segment),
                svg.rect((x(at), y + 4), (length, 13), _bar(segment), radius=2),
            )
        )
        at += segment.minutes
        if index < len(segments) - 1:
            parts.append(svg.line((x(at), y + 17), (x(at), y + 26), "link"))
        words = duration(segment.minutes)
        weight = "" if _is_work(segment) else " t-medium"
        parts.append(svg.text((width, y + 14), words, f"t-end t-12 {tone}{weight}"))
    height = _ROW * len(segments) + 24
    parts.append(svg.line((0, height - 22), (width, height - 22), "axis"))
    parts.append(svg.text((0, height - 6), "Lead time", "t-strong t-12"))
    parts.append(svg.text((width, height - 6), duration(total), "t-end t-strong t-12"))
    return svg.plot((width, height + 2), parts, _words(segments, subject), css=css)


def columns(segments: Sequence[Segment], subject: str, *, css: str = "") -> SafeString:
    """Draw the waits, largest first, as columns falling from lead time to work.

    Segments of one limit and name are drawn as one column.

    Args:
        segments: In any order.
        subject: Whose lead time, for the title and below the first column.
        css: More classes, such as only-wide.
    """
    waits, work = _largest_first(segments), work_time(segments)
    total = lead_time(segments)
    width = max(_COLUMNS_WIDTH, _COLUMN * (len(waits) + 2))
    floor, step = _COLUMNS_HEIGHT - _FOOT, width / (len(waits) + 2)
    gap = min(34, step * 0.36)
    bar, left = step - gap, gap / 2
    y = svg.Scale(0, max(total, 1), floor, 30)
    parts = [svg.line((0, floor), (width, floor), "axis")]
    parts.append(
        svg.rect((left, y(total)), (bar, y(work) - y(total)), "stack-1", radius=3)
    )
    parts.append(
        svg.rect((left, y(work)), (bar, floor - y(work)), "bar--physics", radius=2)
    )
    parts += _foot(step / 2, floor, ("Lead time", subject))
    parts.append(
        svg.text((step / 2, y(total) - 8), duration(total), "t-mid t-strong t-20")
    )
    level = total
    for index, wait in enumerate(waits, start=1):
        x = index * step + left
        parts.append(svg.line((x - gap, y(level)), (x + bar, y(level)), "link"))
        height = max(y(level - wait.minutes) - y(level), 1.5)
        parts.append(
            svg.limited(
                _colour(wait),
                svg.rect((x, y(level)), (bar, height), _bar(wait), radius=2),
            )
        )
        above = y(level) - 6
        level -= wait.minutes
        below = y(level) + 17
        beside = below if below <= floor - 5 else above
        words = duration(-wait.minutes)
        parts.append(
            svg.text((x + bar / 2, beside), words, "t-mid t-ink t-medium t-13 t-halo")
        )
        parts += _foot(x + bar / 2, floor, (wait.name, wait.owner))
    x = (len(waits) + 1) * step + left
    parts.append(svg.line((x - gap, y(work)), (x, y(work)), "link"))
    parts.append(
        svg.rect((x, y(work)), (bar, floor - y(work)), "bar--physics", radius=2)
    )
    parts.append(
        svg.text((x + bar / 2, y(work) - 8), duration(work), "t-mid t-strong t-20")
    )
    parts += _foot(x + bar / 2, floor, ("Physics", "no queue, no wait"))
    return svg.plot((width, _COLUMNS_HEIGHT), parts, _words(segments, subject), css=css)


def both(segments: Sequence[Segment], subject: str) -> SafeString:
    """Draw columns for a wide screen and rows for a phone."""
    wide = columns(segments, subject, css="only-wide")
    return svg.join([wide, rows(segments, subject, width=320, css="only-narrow")])


def table(segments: Sequence[Segment], subject: str) -> Table:
    """Put the segments into the table twin, summed at its foot."""
    return Table(
        label=f"Where the lead time of {subject} goes",
        head=(
            Column(label="Where"),
            Column(label="Limit"),
            Column(label="Owner", wide=True),
            Column(label="Time", num=True),
        ),
        rows=[
            (s.name, limit_mark(s.limit), s.owner or UNKNOWN, duration(s.minutes))
            for s in segments
        ],
        foot=("Lead time", "", "", duration(lead_time(segments))),
    )


def _largest_first(segments: Sequence[Segment]) -> list[Segment]:
    sums: dict[tuple[str, str], Segment] = {}
    for segment in segments:
        if _is_work(segment) or segment.minutes == 0:
            continue
        key = (segment.limit, segment.name)
        before = sums[key].minutes if key in sums else 0
        sums[key] = Segment(
            limit=segment.limit,
            name=segment.name,
            minutes=before + segment.minutes,
            owner=segment.owner,
        )
    return sorted(sums.values(), key=lambda s: (-s.minutes, s.name))


def _foot(x: float, floor: float, lines: tuple[str, str]) -> list[SafeString]:
    name, owner = lines
    named = textwrap.wrap(name, _NAME_LETTERS, max_lines=2, placeholder="…") or [""]
    texts = [
        svg.text((x, floor + 18 + 15 * row), words, "t-mid t-ink t-medium t-12")
        for row, words in enumerate(named)
    ]
    return [*texts, svg.text((x, floor + 20 + 15 * len(named)), owner, "t-mid t-2")]


def _is_work(segment: Segment) -> bool:
    return limit_look(segment.limit).colour == PHYSICS


def _colour(segment: Segment) -> str:
    return limit_look(segment.limit).colour


def _bar(segment: Segment) -> str:
    return "bar--hatched" if _colour(segment) == "curtailment" else "bar"


def _words(segments: Sequence[Segment], subject: str) -> tuple[str, str]:
    title = f"Where the {duration(lead_time(segments))} of {subject} go"
    listed = ", ".join(f"{s.name} {duration(s.minutes)}" for s in segments)
    return title, f"{listed}. Physics needs {duration(work_time(segments))}."
