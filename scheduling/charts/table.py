"""The table twin of a drawing, as components/table.html takes it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column's head.

    Attributes:
        label: The words of the head.
        num: Whether its cells are numbers, which stand at the end.
        wide: Whether it hides on a phone.
    """

    label: str
    num: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of worded cells; the first cell of a row names the thing.

    Attributes:
        label: What a screen reader hears of the region.
        head: One column a cell.
        rows: Cells in words; a SafeString stays markup.
        foot: The sum row, or None.
    """

    label: str
    head: Sequence[Column]
    rows: Sequence[Sequence[str]]
    foot: Sequence[str] | None = None
