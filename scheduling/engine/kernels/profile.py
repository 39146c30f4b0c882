"""Reads and changes free capacity: one row a resource, one number a minute.

A row has a number per minute, and per run of minutes what to add to all of them and the
least of the sums, so that most of a day is changed or passed over in a few looks.
"""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.memory import (
    AT_FREE,
    AT_IMPORT,
    AT_LOW,
    AT_SHIFT,
    FREE_WIDTH,
    LOW_WIDTH,
    NEXT_OPEN,
    OPEN_BEFORE,
    OPEN_MINUTE,
    RUN,
    RUN_BITS,
    WINDOW,
    WINDOW_BEGUN,
    WINDOW_END,
    WINDOW_START,
    Memory,
    opening_of,
)


@compiled
def last_below(memory: Memory, row: int, start: int, end: int, need: int) -> int:
    """Return the last minute of ``[start, end)`` with less than needed, or -1."""
    minutes = memory.minutes
    free = memory.words[AT_FREE] + row * memory.words[FREE_WIDTH]
    low = memory.words[AT_LOW] + row * memory.words[LOW_WIDTH]
    shift = memory.words[AT_SHIFT] + row * memory.words[LOW_WIDTH]
    minute = end - 1
    while minute >= start:
        run = minute >> RUN_BITS
        first = run << RUN_BITS
        if minutes[low + run] < need:
            stop = max(first, start)
            wanted = need - minutes[shift + run]
            while minute >= stop:
                if minutes[free + minute] < wanted:
                    return minute
                minute -= 1
        minute = first - 1
    return -1


@compiled
def first_below(memory: Memory, row: int, start: int, end: int, need: int) -> int:
    """Return the first minute of ``[start, end)`` with less than needed, or -1."""
    minutes = memory.minutes
    free = memory.words[AT_FREE] + row * memory.words[FREE_WIDTH]
    low = memory.words[AT_LOW] + row * memory.words[LOW_WIDTH]
    shift = memory.words[AT_SHIFT] + row * memory.words[LOW_WIDTH]
    minute = start
    while minute < end:
        run = minute >> RUN_BITS
        following = (run + 1) << RUN_BITS
        if minutes[low + run] < need:
            stop = min(following, end)
            wanted = need - minutes[shift + run]
            while minute < stop:
                if minutes[free + minute] < wanted:
                    return minute
                minute += 1
        minute = following
    return -1


@compiled
def last_shortage(
    memory: Memory, row: int, start: int, end: int, need: int, hours: int
) -> int:
    """Return the last minute short of a need; if hours are given, of open ones."""
    if hours < 0:
        return last_below(memory, row, start, end, need)
    now = end
    while now > start:
        before = opening_of(memory, hours, OPEN_BEFORE, now)
        if before == 0:
            return -1
        last = opening_of(memory, hours, OPEN_MINUTE, before - 1)
        if last < start:
            return -1
        first = max(start, opening_of(memory, hours, WINDOW_START, last))
        found = last_below(memory, row, first, last + 1, need)
        if found >= 0:
            return found
        now = first
    return -1


@compiled
def first_shortage(
    memory: Memory, row: int, start: int, end: int, need: int, hours: int
) -> int:
    """Return the first minute short of a need; if hours are given, of open ones."""
    if hours < 0:
        return first_below(memory, row, start, end, need)
    now = start
    while now < end:
        now = opening_of(memory, hours, NEXT_OPEN, now)
        if now >= end:
            return -1
        closing = min(end, opening_of(memory, hours, WINDOW_END, now))
        found = first_below(memory, row, now, closing, need)
        if found >= 0:
            return found
        now = closing
    return -1


@compiled
def add(memory: Memory, row: int, start: int, end: int, amount: int) -> None:
    """Add an amount to every minute of ``[start, end)``; no row is below 0."""
    if end <= start or amount == 0 or row < 0:
        return
    minutes = memory.minutes
    free = memory.words[AT_FREE] + row * memory.words[FREE_WIDTH]
    low = memory.words[AT_LOW] + row * memory.words[LOW_WIDTH]
    shift = memory.words[AT_SHIFT] + row * memory.words[LOW_WIDTH]
    first = start >> RUN_BITS
    last = (end - 1) >> RUN_BITS
    for run in range(first + 1, last):
        minutes[low + run] += amount
        minutes[shift + run] += amount
    for run in range(first, last + 1, max(1, last - first)):
        begin = run << RUN_BITS
        for minute in range(max(start, begin), min(end, begin + RUN)):
            minutes[free + minute] += amount
        least = minutes[free + begin]
        for minute in range(free + begin + 1, free + begin + RUN):
            least = min(least, minutes[minute])
        minutes[low + run] = least + minutes[shift + run]


@compiled
def add_import(memory: Memory, start: int, end: int, watts: int) -> None:
    """Add watts drawn in ``[start, end)`` to the averaging windows they fall into."""
    if end <= start or watts == 0:
        return
    words = memory.words
    window = words[WINDOW]
    at_import = words[AT_IMPORT]
    start += words[WINDOW_BEGUN]
    end += words[WINDOW_BEGUN]
    first = start // window
    last = (end - 1) // window
    if first == last:
        words[at_import + first] += watts * (end - start)
        return
    words[at_import + first] += watts * ((first + 1) * window - start)
    for at in range(at_import + first + 1, at_import + last):
        words[at] += watts * window
    words[at_import + last] += watts * (end - last * window)
