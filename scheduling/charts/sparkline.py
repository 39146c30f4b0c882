"""A line the size of a word, for a table cell or beside a number."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from journal.wording import grouped
from scheduling.charts import svg

_WIDTH, _HEIGHT = 88, 20


def sparkline(values: Sequence[float], subject: str) -> SafeString:
    """Draw the values from left to right, the last one marked.

    Args:
        values: At least one, in any unit.
        subject: What they are, for the title.
    """
    x = svg.Scale(0, max(len(values) - 1, 1), 2, _WIDTH - 4)
    y = svg.Scale(min(values), max(values), _HEIGHT - 4, 4)
    points = [(x(index), y(value)) for index, value in enumerate(values)]
    parts = [svg.path(points, "demand"), svg.circle(points[-1], 2.5, "is")]
    words = f"From {grouped(values[0], 1)} to {grouped(values[-1], 1)}."
    return svg.plot((_WIDTH, _HEIGHT), parts, (subject, words))
