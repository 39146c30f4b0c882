"""What flows where: supplies into racks into orders, each edge with its slack."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from journal.wording import counted, duration
from scheduling.charts import svg

TIGHT_MIN = 1_440
"""Slack below a day is worth a look."""
MOST_SUPPLIES, MOST_RACKS, MOST_ORDERS = 14, 20, 12
_ROW, _TOP = 24, 26
_THIN, _THICK = 1.5, 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Pieces of one supply for one rack.

    Attributes:
        supply: What people call the lot or the order line.
        part: Code of the part.
        rack: Serial.
        order: Its order's number; empty without one.
        quantity: Pieces, at least 1.
        slack_min: Minutes from usable to needed; None for what is in the house.
    """

    supply: str
    part: str
    rack: str
    order: str
    quantity: int
    slack_min: int | None


@dataclass(slots=True)
class _Node:
    """A name in one of the three columns, and the least slack of what it carries."""

    name: str
    words: str
    quantity: int = 0
    slack_min: int | None = None

    def carry(self, flow: Flow) -> None:
        """Add an edge to what goes through it."""
        self.quantity += flow.quantity
        if flow.slack_min is not None:
            known = self.slack_min
            least = flow.slack_min if known is None else min(known, flow.slack_min)
            self.slack_min = least


def pegging(flows: Iterable[Flow], *, width: int = 744) -> SafeString:
    """Draw supplies left, racks in the middle, orders right; tightest on top.

    Where there are more than can be told apart, those with least slack are drawn;
    the tables have all. Width is pieces, colour is slack.

    Args:
        flows: At least one edge.
        width: In pixels.
    """
    listed = sorted(flows, key=lambda one: (_rank(one.slack_min), one.supply, one.rack))
    supplies = _nodes(listed, lambda one: one.supply, MOST_SUPPLIES)
    racks = _nodes(listed, lambda one: one.rack, MOST_RACKS)
    orders = _nodes([one for one in listed if one.order], _order, MOST_ORDERS)
    rows = max(len(supplies), len(racks), len(orders))
    spans = (250, width * 0.56, width * 0.68, width - 92)
    places = [_spread(nodes, rows) for nodes in (supplies, racks, orders)]
    shown = [one for one in listed if one.supply in supplies and one.rack in racks]
    parts = [_edge(one, places, supplies, spans) for one in reversed(shown)]
    parts += _last(racks, orders, shown, places, spans)
    parts += [
        svg.text((0, 12), "Supply, least slack", ""),
        svg.text((spans[1] + 6, 12), "Rack", ""),
        svg.text((spans[3] + 6, 12), "Order", ""),
    ]
    for node in supplies.values():
        y = places[0][node.name]
        parts.append(svg.text((0, y + 4), node.words[:26], "t-12 t-ink"))
        slack = "in the house" if node.slack_min is None else duration(node.slack_min)
        tone = _tone(node.slack_min, "t-bad t-medium", "t-watch t-medium", "t-2")
        parts.append(svg.text((spans[0] - 6, y + 4), slack, f"t-end {tone}"))
    for nodes, at, x in ((racks, places[1], spans[1]), (orders, places[2], spans[3])):
        parts += [
            svg.text((x + 6, at[node.name] + 4), node.name, "t-12 t-ink")
            for node in nodes.values()
        ]
    title = (
        f"{counted(len(supplies), 'supply', 'supplies')} for "
        f"{counted(len(racks), 'rack')}, least slack first"
    )
    told = ", ".join(
        f"{one.words} {duration(one.slack_min)}"
        for one in supplies.values()
        if one.slack_min is not None
    )
    words = (title, f"{told or 'Everything is in the house'}.")
    return svg.plot((width, _TOP + rows * _ROW + 8), parts, words)


def _order(flow: Flow) -> str:
    return flow.order


def _rank(slack_min: int | None) -> float:
    """Return where an edge stands: the tightest first, what is in the house last."""
    return float("inf") if slack_min is None else slack_min


def _nodes(
    flows: Sequence[Flow], name: Callable[[Flow], str], most: int
) -> dict[str, _Node]:
    """Return the first so many names of the tightest edges, with what they carry."""
    found: dict[str, _Node] = {}
    for flow in flows:
        key = name(flow)
        if key not in found:
            if len(found) == most:
                continue
            found[key] = _Node(name=key, words=f"{flow.part}, {key}")
        found[key].carry(flow)
    return found


def _spread(nodes: dict[str, _Node], rows: int) -> dict[str, float]:
    """Return the heights of a column's names, spread over all rows."""
    step = rows * _ROW / max(len(nodes), 1)
    return {name: _TOP + (at + 0.5) * step for at, name in enumerate(nodes)}


def _tone(slack_min: int | None, bad: str, tight: str, calm: str) -> str:
    """Return one of three by a slack."""
    if slack_min is None or slack_min >= TIGHT_MIN:
        return calm
    return bad if slack_min < 0 else tight


def _edge(
    flow: Flow,
    places: Sequence[dict[str, float]],
    supplies: dict[str, _Node],
    spans: Sequence[float],
) -> SafeString:
    """Draw one edge from its supply to its rack, as wide as its share of the supply."""
    share = flow.quantity / max(supplies[flow.supply].quantity, 1)
    start = (spans[0], places[0][flow.supply])
    end = (spans[1], places[1][flow.rack])
    css = _tone(flow.slack_min, "flow flow--bad", "flow flow--tight", "flow")
    return _ribbon(start, end, max(_THIN, share * _THICK), css)


def _last(
    racks: dict[str, _Node],
    orders: dict[str, _Node],
    shown: Sequence[Flow],
    places: Sequence[dict[str, float]],
    spans: Sequence[float],
) -> list[SafeString]:
    """Draw each rack's edge to its order, in the colour of its tightest supply."""
    of_rack = {one.rack: one.order for one in shown}
    found = []
    for rack, order in of_rack.items():
        if order in orders:
            start = (spans[2], places[1][rack])
            end = (spans[3], places[2][order])
            slack = racks[rack].slack_min
            css = _tone(slack, "flow flow--bad", "flow flow--tight", "flow")
            found.append(_ribbon(start, end, _THIN * 2, css))
    return found


def _ribbon(start: svg.Point, end: svg.Point, width: float, css: str) -> SafeString:
    """Draw a curve that leaves and arrives level."""
    middle = svg.number((start[0] + end[0]) / 2)
    return format_html(
        '<path d="M{} {}C{} {} {} {} {} {}" stroke-width="{}" class="{}"/>',
        svg.number(start[0]),
        svg.number(start[1]),
        middle,
        svg.number(start[1]),
        middle,
        svg.number(end[1]),
        svg.number(end[0]),
        svg.number(end[1]),
        svg.number(width),
        css,
    )
