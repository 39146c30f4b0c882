"""Opening hours, answered in logarithmic time: how manual work stretches over them."""

from bisect import bisect_left, bisect_right


class OpenHours:
    """When a calendar is open, with running totals of open minutes."""

    __slots__ = ("_before", "_ends", "_starts")

    def __init__(self, windows: tuple[tuple[int, int], ...]) -> None:
        """Take windows ``(start, end)`` in minutes that rise and do not touch."""
        self._starts = [start for start, _ in windows]
        self._ends = [end for _, end in windows]
        self._before = [0]
        for start, end in windows:
            self._before.append(self._before[-1] + end - start)

    @property
    def total(self) -> int:
        """Return all open minutes."""
        return self._before[-1]

    @property
    def longest(self) -> int:
        """Return the minutes of the longest window; 0 when never open."""
        return max(
            (end - start for start, end in zip(self._starts, self._ends, strict=True)),
            default=0,
        )

    def worked(self, minute: int) -> int:
        """Return the open minutes before a moment."""
        index = bisect_right(self._starts, minute) - 1
        if index < 0:
            return 0
        return (
            self._before[index] + min(minute, self._ends[index]) - self._starts[index]
        )

    def is_open(self, minute: int) -> bool:
        """Return whether a minute is open."""
        index = bisect_right(self._starts, minute) - 1
        return index >= 0 and minute < self._ends[index]

    def covers(self, start: int, end: int) -> bool:
        """Return whether every minute of ``[start, end)`` is open."""
        index = bisect_right(self._starts, start) - 1
        return index >= 0 and end <= self._ends[index]

    def next_open(self, minute: int) -> int | None:
        """Return the first open minute at or after a moment, or None."""
        index = bisect_right(self._ends, minute)
        if index == len(self._ends):
            return None
        return max(minute, self._starts[index])

    def next_window(self, minute: int, length: int) -> int | None:
        """Return the first start at or after a moment with ``length`` open minutes."""
        for index in range(bisect_right(self._ends, minute), len(self._ends)):
            start = max(minute, self._starts[index])
            if start + length <= self._ends[index]:
                return start
        return None

    def finish(self, start: int, work: int) -> int | None:
        """Return when ``work`` open minutes from ``start`` on are over, or None."""
        needed = self.worked(start) + work
        if work <= 0 or needed > self.total:
            return start if work <= 0 else None
        index = bisect_left(self._before, needed) - 1
        return self._starts[index] + needed - self._before[index]

    def stretches(self, start: int, end: int) -> list[tuple[int, int, bool]]:
        """Return ``(start, end, is open)`` pieces that cover ``[start, end)``."""
        pieces = []
        now = start
        index = bisect_right(self._ends, start)
        while now < end:
            if index == len(self._ends):
                pieces.append((now, end, False))
                break
            opening = min(self._starts[index], end)
            if now < opening:
                pieces.append((now, opening, False))
            closing = min(self._ends[index], end)
            if max(now, opening) < closing:
                pieces.append((max(now, opening), closing, True))
            now = closing if closing > now else opening
            index += 1
        return pieces
