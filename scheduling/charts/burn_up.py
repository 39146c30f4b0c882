"""Racks shipped against demand and promise, with the likely range to come."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from journal.wording import UNKNOWN, grouped, megawatts
from scheduling.charts import svg
from scheduling.charts.table import Column, Table

_GRID_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUp:
    """Running counts at the start of each period; no sequence is longer than labels.

    Attributes:
        labels: The periods in words, for example "2 Nov".
        demand: Racks wanted by then.
        promised: Racks promised by then.
        actual: Racks shipped by then, as far as time has come.
        now: Where now stands, counted in periods from 0, with a fraction.
        now_count: Racks shipped now.
        planned: Racks shipped by then in the plan, from now: pairs of period, count.
        likely: The range of that: triples of period, low and high count; may be empty.
        events: Curtailments as pairs of first and last period, with fractions.
        rack_w: Watts of a rack, to tell counts as megawatts too; 0 leaves them out.
    """

    labels: Sequence[str]
    demand: Sequence[int]
    promised: Sequence[int]
    actual: Sequence[int]
    now: float
    now_count: int
    planned: Sequence[tuple[float, int]] = ()
    likely: Sequence[tuple[float, int, int]] = ()
    events: Sequence[tuple[float, float]] = ()
    rack_w: int = 0


def burn_up(
    data: BurnUp, *, width: int = 560, height: int = 244, narrow: bool = False
) -> SafeString:
    """Draw the counts over time; lines are labelled at their end.

    Args:
        data: What happened and what is planned.
        width: In pixels.
        height: In pixels.
        narrow: Whether it is the phone's drawing: fewer period names.
    """
    left, right, top, bottom = 40, width - 124, 12, height - 22
    counts = [*data.demand, *data.promised, *data.actual, data.now_count]
    counts += [high for _, _, high in data.likely]
    tops = _round_up(max(counts))
    x = svg.Scale(0, max(len(data.labels) - 1, 1), left, right)
    y = svg.Scale(0, tops, bottom, top)

    def curve(values: Sequence[int]) -> list[svg.Point]:
        return [(x(at), y(value)) for at, value in enumerate(values)]

    parts = [
        svg.rect((x(a), top), (max(x(b) - x(a), 2), bottom - top), "hatched")
        for a, b in data.events
    ]
    for step in range(_GRID_LINES + 1):
        value = tops * step // _GRID_LINES
        parts.append(svg.line((left, y(value)), (right, y(value)), "grid"))
        parts.append(svg.text((left - 8, y(value) + 4), grouped(value), "t-end"))
    every = max(1, -(-len(data.labels) * 56 // (right - left)))
    for at, label in enumerate(data.labels):
        if at % every == 0:
            parts.append(svg.text((x(at), height - 4), label, "t-mid"))
    fan = [(x(at), y(high)) for at, _, high in data.likely]
    fan += [(x(at), y(low)) for at, low, _ in reversed(data.likely)]
    parts.append(svg.path(fan, "fan", close=True))
    parts += [
        svg.path(curve(data.demand), "demand"),
        svg.path(curve(data.promised), "promised"),
    ]
    here = (x(data.now), y(data.now_count))
    planned = [here, *((x(at), y(value)) for at, value in data.planned)]
    parts.append(svg.path(planned, "p50"))
    if data.likely:
        low = [here, *((x(at), y(count)) for at, count, _ in data.likely)]
        parts.append(svg.path(low, "p90"))
    parts.append(svg.path([*curve(data.actual), here], "actual"))
    parts += [
        svg.line((here[0], top), (here[0], bottom), "now"),
        svg.circle(here, 4.5, "dot-actual"),
    ]
    now_words = f"{grouped(data.now_count)} now"
    is_low = here[1] + 20 > bottom  # below it stand the names of the periods
    at_words = (here[0] - 9, here[1] - 8) if is_low else (here[0] + 9, here[1] + 16)
    css_words = "t-ink t-medium t-halo" + " t-end" * is_low
    parts.append(svg.text(at_words, now_words, css_words))
    parts += [
        svg.text((right + 8, at + 4), *rest)
        for at, *rest in svg.spread(_ends(data, y), 14)
    ]
    return svg.plot(
        (width, height),
        parts,
        _words(data),
        css="only-narrow" if narrow else "only-wide",
    )


def both(data: BurnUp) -> SafeString:
    """Draw for a wide screen and for a phone."""
    return svg.join([burn_up(data), burn_up(data, width=320, height=210, narrow=True)])


def table(data: BurnUp) -> Table:
    """Put the counts into the table twin."""

    def cell(values: Sequence[int], at: int) -> str:
        return grouped(values[at]) if at < len(values) else UNKNOWN

    names = ("Week of", "Demand", "Promised", "Shipped", "Planned P50", "P90")
    p50 = {round(at): count for at, count in data.planned}
    p90 = {round(at): low for at, low, _ in data.likely}
    return Table(
        label="Racks shipped, by week",
        head=[Column(label=name, num=name != names[0]) for name in names],
        rows=[
            (
                label,
                cell(data.demand, at),
                cell(data.promised, at),
                cell(data.actual, at),
                grouped(p50.get(at)),
                grouped(p90.get(at)),
            )
            for at, label in enumerate(data.labels)
        ],
    )


def _ends(data: BurnUp, y: svg.Scale) -> list[tuple[float, str, str]]:
    ends = []
    planned = "P50" if data.likely else "Planned"
    for name, values, css, watts in (
        ("Demand", data.demand, "t-2", 0),
        ("Promised", data.promised, "t-2 t-medium", 0),
        (
            planned,
            [count for _, count in data.planned],
            "t-accent t-medium",
            data.rack_w,
        ),
        ("P90", [low for _, low, _ in data.likely], "t-accent", data.rack_w),
    ):
        if values:
            power = f" · {megawatts(values[-1] * watts)}" if watts else ""
            ends.append((y(values[-1]), f"{name} {grouped(values[-1])}{power}", css))
    return ends


def _round_up(count: int) -> int:
    """Give the next number whose quarters are round."""
    size = 1
    while size * 20 < count:
        size *= 10
    return next(
        size * multiple for multiple in (4, 8, 12, 20) if size * multiple >= count
    )


def _words(data: BurnUp) -> tuple[str, str]:
    title = f"Racks shipped: {grouped(data.now_count)} now"
    ends = ", ".join(words for _, words, _ in _ends(data, svg.Scale(0, 1, 0, 1)))
    return title, f"At the end of {data.labels[-1]}: {ends}."
