"""One line of the benchmark's table, and the table."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

HEAD = ("figure", "goal", "result", "note")
WIDEST_NOTE = 110
NUMBER = re.compile(r"[\d,]+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        figure: What was measured.
        result: What came out, with its unit.
        goal: What was wanted; empty where nothing was promised.
        is_missed: Whether the goal was not reached.
        note: Sizes, seeds, and what else the figure depends on.
    """

    figure: str
    result: str
    goal: str = ""
    is_missed: bool = False
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed; a goal not reached says so."""
        result = f"{self.result} MISSED" if self.is_missed else self.result
        return (self.figure, self.goal or "–", result, self.note)


def at_most(figure: str, value: float, limit: float, unit: str, note: str) -> Row:
    """Return a row whose goal is an upper limit in the value's own unit."""
    return Row(
        figure=figure,
        goal=f"≤ {limit:g} {unit}",
        result=f"{value:.2f} {unit}" if unit == "s" else f"{value:.0f} {unit}",
        is_missed=value > limit,
        note=note,
    )


def is_over(goal: str, result: str) -> bool:
    """Return whether a worded result exceeds a worded upper limit, "≤ 1,024 MB"."""
    if not goal.startswith("≤"):
        return False
    limit, value = (NUMBER.search(text) for text in (goal, result))
    if limit is None or value is None:
        return False
    return _number(value) > _number(limit)


def _number(found: re.Match[str]) -> float:
    return float(found.group().replace(",", ""))


def table(rows: Iterable[Row]) -> str:
    """Lay rows out in columns, the last one cut where it would wrap too far."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    widths[-1] = min(widths[-1], WIDEST_NOTE)
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in (lines[0], rule, *lines[1:])
    )


def p95(values: Iterable[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    rising = sorted(values)
    return rising[-(-95 * len(rising) // 100) - 1]


def middle(values: Iterable[float]) -> float:
    """Return the median."""
    return float(median(values))


def say(sentence: str) -> None:
    """Tell the person who waits, beside the table."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
