"""Places a soak block by block, derated and paused where it cannot run through."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.fit import (
    clear,
    earliest_through,
    need_power,
    need_step,
)
from scheduling.engine.kernels.memory import (
    AT_ITEM,
    AT_LEVEL,
    AT_TRIAL_SOAK,
    BLOCK,
    BLOCK_AT,
    ITEM_COLUMNS,
    ITEM_NEED,
    ITEM_ROW,
    ITEMS,
    LEVELS,
    RESUME,
    TEMPLATE,
    Memory,
    rack_of,
    set_time,
    step_of,
)
from scheduling.engine.kernels.profile import last_below

RESTARTS = 64


@compiled
def block_count(memory: Memory, duration: int) -> int:
    """Return how many blocks a soak of that many full-power minutes has."""
    return -(-duration // memory.words[BLOCK])


@compiled
def block_minutes(memory: Memory, duration: int, block: int, level: int) -> int:
    """Return how long one block takes at a level; the last may be shorter."""
    words = memory.words
    full = words[BLOCK]
    rest = min(full, duration - block * full)
    return -(-rest * words[words[AT_LEVEL] + level] // full)


@compiled
def _start_block(
    memory: Memory,
    template: int,
    step: int,
    pool: int,
    ready: int,
    duration: int,
    block: int,
    resume: int,
    limit: int,
) -> tuple[int, int]:
    """Return the earliest start of a block and its level; the best level on a tie."""
    found = -1
    chosen = 0
    for level in range(memory.words[LEVELS]):
        minutes = resume + block_minutes(memory, duration, block, level)
        until = limit if found < 0 else min(limit, found - 1 + minutes)
        clear(memory)
        need_step(memory, template, step, pool, level, 0, minutes)
        start = earliest_through(memory, ready, minutes, until)
        if start >= 0:
            found = start
            chosen = level
            if start == ready:
                break
    return found, chosen


@compiled
def _standby_shortage(
    memory: Memory, template: int, step: int, pool: int, start: int, end: int
) -> int:
    """Return the last minute in which standby draws more than there is, or -1."""
    words = memory.words
    clear(memory)
    need_power(memory, template, step, pool, words[LEVELS], 0, end - start, -1)
    worst = -1
    for i in range(words[ITEMS]):
        item = words[AT_ITEM] + i * ITEM_COLUMNS
        row = words[item + ITEM_ROW]
        short = last_below(memory, row, start, end, words[item + ITEM_NEED])
        worst = max(worst, short)
    return worst


@compiled
def _write_block(memory: Memory, block: int, level: int, wait: int) -> None:
    at = memory.words[AT_TRIAL_SOAK] + 2 * block
    memory.words[at] = level
    memory.words[at + 1] = wait


@compiled
def seat_blocks(
    memory: Memory,
    rack: int,
    step: int,
    pool: int,
    ready: int,
    duration: int,
    fixed: int,
    limit: int,
) -> bool:
    """Place a soak block by block and write start, end, levels and waits.

    Each block takes the best level that fits at once; if none does, the soak waits on
    standby for the first moment at which one does. ``fixed`` is a start to be kept (the
    soak is under way or pinned), or negative: then the lowest level is taken where none
    fits, and standby is not asked whether it fits.
    """
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    offset = step_of(memory, template, step, BLOCK_AT)
    lowest = words[LEVELS] - 1
    slowest = words[words[AT_LEVEL] + lowest]
    resume = words[RESUME]
    if fixed >= 0:
        ready = fixed
    for _ in range(RESTARTS):
        start, level = _start_block(
            memory, template, step, pool, ready, duration, 0, 0, limit
        )
        if fixed >= 0 and start != fixed:
            start, level = fixed, lowest
        if start < 0:
            return False
        _write_block(memory, offset, level, 0)
        now = start + block_minutes(memory, duration, 0, level)
        short = -1
        for block in range(1, block_count(memory, duration)):
            wait = 0
            begin, level = _start_block(
                memory, template, step, pool, now, duration, block, 0, now + slowest
            )
            if begin != now:
                begin, level = _start_block(
                    memory,
                    template,
                    step,
                    pool,
                    now + 1,
                    duration,
                    block,
                    resume,
                    limit,
                )
                if begin < 0:
                    return False
                wait = begin - now
                short = _standby_shortage(memory, template, step, pool, now, begin)
                if short >= 0 and fixed < 0:
                    break
                short = -1
                now = begin + resume
            _write_block(memory, offset + block, level, wait)
            now += block_minutes(memory, duration, block, level)
        if short < 0:
            set_time(memory, step, start, now)
            return now <= limit
        ready = short + 1
    return False


@compiled
def seat_full(memory: Memory, rack: int, step: int, start: int, duration: int) -> None:
    """Write a soak that runs through at full power."""
    offset = step_of(memory, rack_of(memory, rack, TEMPLATE), step, BLOCK_AT)
    for block in range(block_count(memory, duration)):
        _write_block(memory, offset + block, 0, 0)
    set_time(memory, step, start, start + duration)


@compiled
def is_full(memory: Memory, rack: int, step: int, duration: int) -> bool:
    """Return whether a tried soak runs through at full power."""
    words = memory.words
    offset = step_of(memory, rack_of(memory, rack, TEMPLATE), step, BLOCK_AT)
    at = words[AT_TRIAL_SOAK] + 2 * offset
    for word in range(2 * block_count(memory, duration)):
        if words[at + word] != 0:
            return False
    return True
