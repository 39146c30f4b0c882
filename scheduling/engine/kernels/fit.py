"""Finds the earliest or latest moment at which all that work needs is free.

What is needed is listed as items (a row, an amount, an offset, a length) and hours (a
calendar that must be open). Each look goes through the interval from the far end and
jumps past what it finds; what was seen free is not looked at twice.
"""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.memory import (
    AT_HOURS,
    AT_ITEM,
    AT_LOOP,
    AT_NODE,
    AT_OPENED,
    AT_SITE,
    CALENDAR,
    CREW,
    EXTRA,
    FAR,
    HOURS_CALENDAR,
    HOURS_COLUMNS,
    HOURS_LENGTH,
    HOURS_OFF,
    ITEM_COLUMNS,
    ITEM_HOURS,
    ITEM_LENGTH,
    ITEM_NEED,
    ITEM_OFF,
    ITEM_ROW,
    ITEM_SEEN,
    ITEMS,
    KIND,
    LEVELS,
    MANUAL,
    NEXT_OPEN,
    OPEN_BEFORE,
    OPEN_MINUTE,
    PEOPLE,
    PLACE,
    POOL_LOOP,
    POOL_NODE,
    POOL_NODES,
    POOL_SITE,
    SPANS,
    UNTIL,
    WINDOW_END,
    Memory,
    opening_of,
    pool_of,
    step_of,
    watts_of,
)
from scheduling.engine.kernels.profile import first_shortage, last_shortage


@compiled
def clear(memory: Memory) -> None:
    """Forget what was needed."""
    memory.words[ITEMS] = 0
    memory.words[SPANS] = 0


@compiled
def need(
    memory: Memory, row: int, amount: int, off: int, length: int, hours: int
) -> None:
    """Ask for an amount of a row in ``[off, off + length)`` after the start."""
    if row < 0 or amount <= 0:
        return
    words = memory.words
    at = words[AT_ITEM] + words[ITEMS] * ITEM_COLUMNS
    words[at + ITEM_ROW] = row
    words[at + ITEM_NEED] = amount
    words[at + ITEM_OFF] = off
    words[at + ITEM_LENGTH] = length
    words[at + ITEM_HOURS] = hours
    words[ITEMS] += 1


@compiled
def need_hours(memory: Memory, calendar: int, off: int, length: int) -> None:
    """Ask for a calendar to be open in ``[off, off + length)`` after the start."""
    words = memory.words
    at = words[AT_HOURS] + words[SPANS] * HOURS_COLUMNS
    words[at + HOURS_CALENDAR] = calendar
    words[at + HOURS_OFF] = off
    words[at + HOURS_LENGTH] = length
    words[SPANS] += 1


@compiled
def need_power(
    memory: Memory,
    template: int,
    step: int,
    pool: int,
    level: int,
    off: int,
    length: int,
    hours: int,
) -> None:
    """Ask for the watts of a step at one level: site, nodes and loop of its pool."""
    if pool < 0 or watts_of(memory, template, step, level, AT_NODE) == 0:
        return
    watts = watts_of(memory, template, step, level, AT_SITE)
    need(memory, pool_of(memory, pool, POOL_SITE), watts, off, length, hours)
    watts = watts_of(memory, template, step, level, AT_NODE)
    for node in range(pool_of(memory, pool, POOL_NODES)):
        row = pool_of(memory, pool, POOL_NODE + node)
        need(memory, row, watts, off, length, hours)
    watts = watts_of(memory, template, step, level, AT_LOOP)
    need(memory, pool_of(memory, pool, POOL_LOOP), watts, off, length, hours)


@compiled
def need_step(
    memory: Memory,
    template: int,
    step: int,
    pool: int,
    level: int,
    off: int,
    length: int,
) -> None:
    """Ask for all that a step needs at one power level, its session apart."""
    is_manual = step_of(memory, template, step, KIND) == MANUAL
    calendar = step_of(memory, template, step, CALENDAR)
    hours = calendar if is_manual else -1
    need_power(memory, template, step, pool, level, off, length, hours)
    if level < memory.words[LEVELS]:
        people = step_of(memory, template, step, PEOPLE)
        need(memory, step_of(memory, template, step, CREW), people, off, length, -1)
        if not is_manual:
            need_hours(memory, calendar, off, length)
    need(memory, step_of(memory, template, step, PLACE), 1, off, length, -1)
    need(memory, step_of(memory, template, step, EXTRA), 1, off, length, -1)


@compiled
def _see(memory: Memory, seen: int) -> None:
    """Set how far every item has been looked at."""
    words = memory.words
    for i in range(words[ITEMS]):
        words[words[AT_ITEM] + i * ITEM_COLUMNS + ITEM_SEEN] = seen


@compiled
def _shortage_from(memory: Memory, item: int, start: int, end: int) -> int:
    """Return the last unseen minute of an item in an interval that is short, or -1."""
    words = memory.words
    unseen = max(start, words[item + ITEM_SEEN])
    if unseen >= end:
        return -1
    words[item + ITEM_SEEN] = end
    return last_shortage(
        memory,
        words[item + ITEM_ROW],
        unseen,
        end,
        words[item + ITEM_NEED],
        words[item + ITEM_HOURS],
    )


@compiled
def _shortage_until(memory: Memory, item: int, start: int, end: int) -> int:
    """Return the first unseen minute of an item in an interval that is short, or -1."""
    words = memory.words
    unseen = min(end, words[item + ITEM_SEEN])
    if start >= unseen:
        return -1
    words[item + ITEM_SEEN] = start
    return first_shortage(
        memory,
        words[item + ITEM_ROW],
        start,
        unseen,
        words[item + ITEM_NEED],
        words[item + ITEM_HOURS],
    )


@compiled
def _open_later(memory: Memory, start: int) -> int:
    """Return the next start whose first closed stretch of hours is passed."""
    words = memory.words
    for i in range(words[SPANS]):
        at = words[AT_HOURS] + i * HOURS_COLUMNS
        calendar = words[at + HOURS_CALENDAR]
        begin = start + words[at + HOURS_OFF]
        closing = opening_of(memory, calendar, WINDOW_END, begin)
        if closing < begin + words[at + HOURS_LENGTH]:
            following = opening_of(memory, calendar, NEXT_OPEN, closing)
            return following - words[at + HOURS_OFF]
    return start


@compiled
def _open_sooner(memory: Memory, start: int) -> int:
    """Return an earlier start that ends the first cut stretch at its closing."""
    words = memory.words
    for i in range(words[SPANS]):
        at = words[AT_HOURS] + i * HOURS_COLUMNS
        begin = start + words[at + HOURS_OFF]
        length = words[at + HOURS_LENGTH]
        closing = opening_of(memory, words[at + HOURS_CALENDAR], WINDOW_END, begin)
        if closing < begin + length:
            return closing - length - words[at + HOURS_OFF]
    return start


@compiled
def earliest_through(memory: Memory, ready: int, length: int, limit: int) -> int:
    """Return the first start at or after ``ready`` that ends by ``limit``, or -1."""
    words = memory.words
    limit = min(limit, words[UNTIL])
    start = ready
    _see(memory, -1)
    while start + length <= limit:
        before = start
        start = _open_later(memory, start)
        if start != before:
            continue
        for i in range(words[ITEMS]):
            item = words[AT_ITEM] + i * ITEM_COLUMNS
            begin = start + words[item + ITEM_OFF]
            short = _shortage_from(
                memory, item, begin, begin + words[item + ITEM_LENGTH]
            )
            if short >= 0:
                start = short + 1 - words[item + ITEM_OFF]
                break
        if start == before:
            return start
    return -1


@compiled
def latest_through(memory: Memory, due: int, length: int, ready: int) -> int:
    """Return the last start from ``ready`` on that ends by ``due``, or -1."""
    words = memory.words
    start = due - length
    _see(memory, FAR)
    while start >= ready:
        before = start
        start = _open_sooner(memory, start)
        if start != before:
            continue
        for i in range(words[ITEMS]):
            item = words[AT_ITEM] + i * ITEM_COLUMNS
            begin = start + words[item + ITEM_OFF]
            length_here = words[item + ITEM_LENGTH]
            short = _shortage_until(memory, item, begin, begin + length_here)
            if short >= 0:
                start = short - length_here - words[item + ITEM_OFF]
                break
        if start == before:
            return start
    return -1


@compiled
def finish_manual(memory: Memory, calendar: int, start: int, work: int) -> int:
    """Return when ``work`` open minutes from ``start`` on are over, or ``FAR``."""
    words = memory.words
    needed = opening_of(memory, calendar, OPEN_BEFORE, start) + work
    if needed > words[words[AT_OPENED] + calendar]:
        return FAR
    return opening_of(memory, calendar, OPEN_MINUTE, needed - 1) + 1


@compiled
def earliest_manual(
    memory: Memory, calendar: int, ready: int, work: int, limit: int
) -> int:
    """Return the first open start whose work ends by ``limit``, or -1."""
    words = memory.words
    span = words[UNTIL]
    limit = min(limit, span)
    _see(memory, -1)
    start = ready
    while start < span:
        start = opening_of(memory, calendar, NEXT_OPEN, start)
        if start >= span:
            return -1
        end = finish_manual(memory, calendar, start, work)
        if end > limit:
            return -1
        before = start
        for i in range(words[ITEMS]):
            item = words[AT_ITEM] + i * ITEM_COLUMNS
            short = _shortage_from(memory, item, start, end)
            if short >= 0:
                start = short + 1
                break
        if start == before:
            return start
    return -1


@compiled
def latest_manual(
    memory: Memory, calendar: int, due: int, work: int, ready: int
) -> int:
    """Return the last open start from ``ready`` on that is done by ``due``, or -1."""
    words = memory.words
    _see(memory, FAR)
    end = due
    while end > ready:
        worked = opening_of(memory, calendar, OPEN_BEFORE, end)
        if worked < work:
            return -1
        end = opening_of(memory, calendar, OPEN_MINUTE, worked - 1) + 1
        start = opening_of(memory, calendar, OPEN_MINUTE, worked - work)
        if start < ready:
            return -1
        before = end
        for i in range(words[ITEMS]):
            item = words[AT_ITEM] + i * ITEM_COLUMNS
            short = _shortage_until(memory, item, start, end)
            if short >= 0:
                end = short
                break
        if end == before:
            return start
    return -1
