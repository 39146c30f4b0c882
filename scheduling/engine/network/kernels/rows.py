"""Whole rows set and copied, place by place: no array is made on the way."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.net import Wide


@compiled
def fill(row: Wide, value: int) -> None:
    """Set every place of a row."""
    for at in range(row.size):
        row[at] = value


@compiled
def copy(row: Wide, source: Wide) -> None:
    """Write the places of ``source`` over the first ones of a row."""
    for at in range(source.size):
        row[at] = source[at]
