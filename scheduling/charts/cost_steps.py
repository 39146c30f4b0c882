"""What a plan cost after each of a planner's own steps: the way back, as a curve."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from journal.wording import counted, money_short
from scheduling.charts import svg
from scheduling.queries.edits import Point

_WIDTH, _HEIGHT = 480, 84
_LEFT, _RIGHT, _TOP, _FLOOR = 64, 468, 14, 66


def plot(points: Sequence[Point]) -> SafeString:
    """Draw the curve; steps that were undone are hollow, the present is marked.

    Args:
        points: At least two, first to last; those without a cost yet are left out.
    """
    known = [point for point in points if point.cents is not None]
    costs = [point.cents or 0 for point in known]
    x = svg.Scale(0, len(points) - 1, _LEFT, _RIGHT)
    low, high = min(costs), max(costs)
    y = svg.Scale(low, high, _FLOOR, _TOP)
    spots = [(x(point.steps), y(point.cents or 0)) for point in known]
    parts = [
        svg.text((_LEFT - 10, _TOP + 4), money_short(high), "t-end"),
        svg.line((_LEFT, _FLOOR), (_RIGHT, _FLOOR), "grid"),
        svg.path(spots, "demand"),
    ]
    if low != high:
        parts.append(svg.text((_LEFT - 10, _FLOOR + 4), money_short(low), "t-end"))
    for point, spot in zip(known, spots, strict=True):
        css = "is" if point.is_done else "was"
        parts.append(svg.circle(spot, 5 if point.is_here else 3, css))
    here = next((point.cents for point in known if point.is_here), costs[-1])
    steps = counted(len(points) - 1, "step")
    words = f"From {money_short(costs[0])} over {steps}, now {money_short(here)}."
    return svg.plot((_WIDTH, _HEIGHT), parts, ("Cost after each of your steps", words))
