"""Time in ticks: where a step ends that starts at one, never too late.

A step keeps its start and may end early: durations are rounded down, calendars opened
by up to a tick. Prices change at ticks alone, so what is then cheapest starts at ticks.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from scheduling.engine.bounds.priced.kernel import NEVER, Narrow
from scheduling.engine.opening import OpenHours

SIZES = (60, 30, 24, 20, 18, 15, 12, 10, 9, 8, 6, 5, 4, 3, 2, 1)
"""Minutes a tick may have, widest first."""
MOST_LOST = 1000
"""A tick is narrow enough if rounding loses one part in so many."""


class Ticks:
    """A problem's time in ticks.

    Attributes:
        size: Minutes of a tick.
        count: Ticks up to the horizon.
    """

    __slots__ = ("_cells", "_tables", "count", "ends", "size")

    def __init__(self, horizon: int, size: int) -> None:
        """Take the horizon and the minutes of a tick."""
        self.size = size
        self.count = -(-horizon // size)
        self.ends: list[Narrow] = []
        self._tables: dict[tuple[object, ...], int] = {}
        self._cells: dict[int, npt.NDArray[np.bool_]] = {}

    def open_cells(self, hours: OpenHours, *, whole: bool) -> npt.NDArray[np.bool_]:
        """Return the ticks that are open throughout, or in any minute."""
        edges = [hours.worked(tick * self.size) for tick in range(self.count + 1)]
        worked = np.diff(np.array(edges, np.int64))
        return worked == self.size if whole else worked > 0

    def table(self, hours: OpenHours, minutes: int, *, through: bool) -> int:
        """Return the row of ``ends`` of a step of so many minutes of work.

        Args:
            hours: When its people work.
            minutes: Of work.
            through: Whether it runs through in one window; else closed hours interrupt.
        """
        length = minutes // self.size
        sign = (id(hours), length, through)
        if sign not in self._tables:
            self._tables[sign] = len(self.ends)
            self.ends.append(self._ends(self._cells_of(hours), length, through=through))
        return self._tables[sign]

    def _cells_of(self, hours: OpenHours) -> npt.NDArray[np.bool_]:
        if id(hours) not in self._cells:
            self._cells[id(hours)] = self.open_cells(hours, whole=False)
        return self._cells[id(hours)]

    def _ends(
        self, cells: npt.NDArray[np.bool_], length: int, *, through: bool
    ) -> Narrow:
        every = np.arange(self.count + 1)
        worked = np.zeros(self.count + 1, np.int64)
        worked[1:] = np.cumsum(cells)
        found = np.full(self.count + 1, NEVER, np.int32)
        if not length:
            return every.astype(np.int32)
        if through:
            until = np.minimum(every + length, self.count)
            is_in = (worked[until] - worked == length) & (every + length <= self.count)
            found[is_in] = (every + length)[is_in]
            return found
        opens = np.flatnonzero(cells)
        done = worked + length
        is_in = done <= len(opens)
        found[is_in] = opens[done[is_in] - 1] + 1
        return found


def tick_size(durations: Iterable[tuple[int, int]], least: int) -> int:
    """Return the widest tick that loses little, or the one that loses least.

    Args:
        durations: Minutes of work, and how often.
        least: A tick has at least so many minutes.
    """
    listed = list(durations)
    whole = sum(minutes * often for minutes, often in listed)
    lost = {}
    for size in SIZES:
        if size >= min(least, SIZES[0]):
            lost[size] = sum(minutes % size * often for minutes, often in listed)
            if lost[size] * MOST_LOST <= whole:
                return size
    return min(lost, key=lambda size: lost[size])
