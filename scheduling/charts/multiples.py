"""Plans one below the other on one axis: racks by week, what is late on top."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from journal.wording import UNKNOWN, counted, grouped
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

_PANEL, _HEAD, _FOOT, _LABEL_ROOM = 92, 20, 22, 56


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One plan.

    Attributes:
        name: Its scenario's name.
        bars: Racks in time and racks late, a pair a period.
    """

    name: str
    bars: Sequence[tuple[int, int]]

    @property
    def late(self) -> int:
        """Racks late in all periods."""
        return sum(late for _, late in self.bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiples:
    """Plans over the same periods.

    Attributes:
        periods: What each is called, such as "30 Nov"; at least one.
        panels: At least one; each has a pair a period.
    """

    periods: Sequence[str]
    panels: Sequence[Panel]


def multiples(data: Multiples, *, width: int = 744, css: str = "") -> SafeString:
    """Draw a panel a plan; all share both axes, so that heights compare.

    Args:
        data: What is drawn.
        width: In pixels.
        css: More classes, such as only-wide.
    """
    left, right = 40, width - 8
    most = max((sum(bar) for panel in data.panels for bar in panel.bars), default=0)
    slot = (right - left) / len(data.periods)
    parts: list[SafeString] = []
    for index, panel in enumerate(data.panels):
        top, floor = index * _PANEL + _HEAD, (index + 1) * _PANEL - 8
        y = svg.Scale(0, max(most, 1), floor, top)
        parts += [
            svg.text((0, top - 6), panel.name, "t-12 t-ink t-medium"),
            svg.text((right, top - 6), _late(panel), _tone(panel)),
            svg.line((left, top), (right, top), "grid"),
            svg.text((left - 6, top + 8), grouped(most), "t-end"),
            svg.line((left, floor), (right, floor), "axis"),
            svg.text((left - 6, floor + 3), "0", "t-end"),
        ]
        for at, (kept, late) in enumerate(panel.bars):
            x, bar = left + at * slot + slot * 0.12, slot * 0.76
            parts += [
                svg.rect((x, y(kept)), (bar, floor - y(kept)), "kept"),
                svg.rect(
                    (x, y(kept + late)), (bar, y(kept) - y(kept + late)), "broken"
                ),
            ]
    height = len(data.panels) * _PANEL + _FOOT
    every = max(1, -(-len(data.periods) * _LABEL_ROOM // int(right - left)))
    for at in range(0, len(data.periods), every):
        x = left + (at + 0.5) * slot
        is_last = x + _LABEL_ROOM / 2 > right
        css_tick = "t-end" if is_last else "t-mid"
        parts.append(svg.text((x, height - 8), data.periods[at], css_tick))
    return svg.plot((width, height), parts, _words(data), css=css)


def both(data: Multiples) -> SafeString:
    """Draw for a wide screen and for a phone."""
    wide = multiples(data, css="only-wide")
    return svg.join([wide, multiples(data, width=320, css="only-narrow")])


def table(data: Multiples) -> Table:
    """Put racks and late racks of every period into the table twin."""
    return Table(
        label="Racks by the week their order is complete",
        head=[
            Column(label="Week of"),
            *(Column(label=panel.name, num=True) for panel in data.panels),
        ],
        rows=[
            [period, *(_cell(*panel.bars[at]) for panel in data.panels)]
            for at, period in enumerate(data.periods)
        ],
    )


def _cell(kept: int, late: int) -> str:
    if not kept + late:
        return UNKNOWN
    return f"{grouped(kept + late)}, {grouped(late)} late" if late else grouped(kept)


def _late(panel: Panel) -> str:
    return f"{grouped(panel.late)} late"


def _tone(panel: Panel) -> str:
    return "t-end t-12 " + ("t-bad t-medium" if panel.late else "t-2")


def _words(data: Multiples) -> tuple[str, str]:
    listed = ", ".join(f"{panel.name} {_late(panel)}" for panel in data.panels)
    title = f"Racks by week, {counted(len(data.panels), 'plan')} on one axis"
    return title, f"{listed}."
