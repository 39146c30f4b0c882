"""Takes a rack's use of everything out of what is free, or gives it back.

Everywhere ``sign`` -1 takes and 1 gives back.
"""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.memory import (
    ABSENT,
    AT_ARRIVAL,
    AT_LOOP,
    AT_NODE,
    AT_PART,
    AT_SITE,
    AT_SLACK,
    AT_TRIAL_SOAK,
    AT_TRIAL_TIME,
    BLOCK_AT,
    BLOCKS,
    CALENDAR,
    CREW,
    DIRTY,
    DONE,
    EXTRA,
    GROUP_FIRST,
    GROUP_HOLD,
    GROUP_LAST,
    GROUPS,
    KIND,
    LEVELS,
    MANUAL,
    MOST_STEPS,
    NEED_PART,
    NEED_QUANTITY,
    NEXT_OPEN,
    PEOPLE,
    PLACE,
    PLACED,
    POOL,
    POOL_LOOP,
    POOL_NODE,
    POOL_NODES,
    POOL_SITE,
    PRICE,
    RESUME,
    SOAK,
    STEPS,
    TEMPLATE,
    TRIAL_POOL,
    WINDOW_END,
    Memory,
    copy,
    end_of,
    group_of,
    need_from,
    need_of,
    opening_of,
    pool_of,
    rack_of,
    seat_of,
    set_seat,
    soak_at,
    start_of,
    step_of,
    template_of,
    time_at,
    watts_of,
)
from scheduling.engine.kernels.profile import add, add_import
from scheduling.engine.kernels.seat import hold_row, holds_already, minutes_of
from scheduling.engine.kernels.soak import block_count, block_minutes


@compiled
def add_power(
    memory: Memory,
    template: int,
    step: int,
    pool: int,
    level: int,
    start: int,
    end: int,
    sign: int,
) -> None:
    """Add a stretch of power at one level to nodes, site, loop and demand."""
    if pool < 0 or watts_of(memory, template, step, level, AT_NODE) == 0:
        return
    watts = sign * watts_of(memory, template, step, level, AT_NODE)
    for node in range(pool_of(memory, pool, POOL_NODES)):
        add(memory, pool_of(memory, pool, POOL_NODE + node), start, end, watts)
    watts = sign * watts_of(memory, template, step, level, AT_LOOP)
    add(memory, pool_of(memory, pool, POOL_LOOP), start, end, watts)
    watts = sign * watts_of(memory, template, step, level, AT_SITE)
    add(memory, pool_of(memory, pool, POOL_SITE), start, end, watts)
    add_import(memory, start, end, -watts)


@compiled
def add_work(
    memory: Memory,
    template: int,
    step: int,
    pool: int,
    level: int,
    start: int,
    end: int,
    sign: int,
) -> None:
    """Add a stretch of work: people and power."""
    people = sign * step_of(memory, template, step, PEOPLE)
    add(memory, step_of(memory, template, step, CREW), start, end, people)
    add_power(memory, template, step, pool, level, start, end, sign)


@compiled
def _add_soak(
    memory: Memory, rack: int, step: int, pool: int, start: int, soaks: int, sign: int
) -> None:
    """Add a soak's power and people, equal neighbouring blocks together."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    work = minutes_of(memory, rack, step)
    at = soaks + 2 * step_of(memory, template, step, BLOCK_AT)
    begin = now = start
    level = words[at]
    for block in range(block_count(memory, work)):
        following = words[at + 2 * block]
        wait = words[at + 2 * block + 1]
        if wait > 0 or following != level:
            add_work(memory, template, step, pool, level, begin, now, sign)
            begin = now + wait
            add_power(memory, template, step, pool, words[LEVELS], now, begin, sign)
            now = begin
            if wait > 0:
                now += words[RESUME]
            level = following
        now += block_minutes(memory, work, block, level)
    add_work(memory, template, step, pool, level, begin, now, sign)


@compiled
def add_step(
    memory: Memory,
    rack: int,
    step: int,
    pool: int,
    start: int,
    end: int,
    soaks: int,
    sign: int,
) -> None:
    """Add one step's people, places and power; its session apart."""
    template = rack_of(memory, rack, TEMPLATE)
    kind = step_of(memory, template, step, KIND)
    add(memory, step_of(memory, template, step, PLACE), start, end, sign)
    add(memory, step_of(memory, template, step, EXTRA), start, end, sign)
    if kind == SOAK:
        _add_soak(memory, rack, step, pool, start, soaks, sign)
    elif kind != MANUAL:
        add_work(memory, template, step, pool, 0, start, end, sign)
    else:
        people = sign * step_of(memory, template, step, PEOPLE)
        add(memory, step_of(memory, template, step, CREW), start, end, people)
        if pool >= 0:
            calendar = step_of(memory, template, step, CALENDAR)
            now = opening_of(memory, calendar, NEXT_OPEN, start)
            while now < end:
                closing = min(end, opening_of(memory, calendar, WINDOW_END, now))
                add_power(memory, template, step, pool, 0, now, closing, sign)
                now = opening_of(memory, calendar, NEXT_OPEN, closing)


@compiled
def _add_sessions(memory: Memory, rack: int, times: int, pool: int, sign: int) -> None:
    template = rack_of(memory, rack, TEMPLATE)
    done = rack_of(memory, rack, DONE)
    for group in range(template_of(memory, template, GROUPS)):
        last = group_of(memory, template, group, GROUP_LAST)
        if last < done:
            continue
        first = max(done, group_of(memory, template, group, GROUP_FIRST))
        hold = group_of(memory, template, group, GROUP_HOLD)
        start = start_of(memory, times, first)
        if holds_already(memory, rack, hold):
            start = 0
        row = hold_row(memory, rack, hold, pool)
        add(memory, row, start, end_of(memory, times, last), sign)


@compiled
def _consume(memory: Memory, need: int, start: int, sign: int) -> None:
    """Take what a need consumes from all that arrives before the arrival after it."""
    words = memory.words
    part = words[AT_PART] + need_of(memory, need, NEED_PART)
    quantity = sign * need_of(memory, need, NEED_QUANTITY)
    slot = words[part + 1] - 1
    while slot >= words[part]:
        words[words[AT_SLACK] + slot] += quantity
        if words[words[AT_ARRIVAL] + slot] <= start:
            return
        slot -= 1


@compiled
def add_rack(memory: Memory, rack: int, sign: int) -> None:
    """Add all that a rack in the plan uses with its remaining steps."""
    template = rack_of(memory, rack, TEMPLATE)
    pool = seat_of(memory, rack, POOL)
    times = time_at(memory, rack)
    soaks = soak_at(memory, rack)
    for step in range(
        rack_of(memory, rack, DONE), template_of(memory, template, STEPS)
    ):
        start = start_of(memory, times, step)
        in_pool = pool if watts_of(memory, template, step, 0, AT_NODE) > 0 else -1
        end = end_of(memory, times, step)
        add_step(memory, rack, step, in_pool, start, end, soaks, sign)
        first = need_from(memory, rack, step)
        for need in range(first, need_from(memory, rack, step + 1)):
            _consume(memory, need, start, sign)
    _add_sessions(memory, rack, times, pool, sign)


@compiled
def settle(memory: Memory, rack: int, price: int) -> None:
    """Take the tried place of a rack into the plan."""
    words = memory.words
    copy(memory, words[AT_TRIAL_TIME], time_at(memory, rack), 2 * words[MOST_STEPS])
    copy(memory, words[AT_TRIAL_SOAK], soak_at(memory, rack), 2 * words[BLOCKS])
    set_seat(memory, rack, PLACED, 1)
    set_seat(memory, rack, POOL, words[TRIAL_POOL])
    set_seat(memory, rack, PRICE, price)
    set_seat(memory, rack, DIRTY, 1)
    add_rack(memory, rack, -1)


@compiled
def lift(memory: Memory, rack: int) -> None:
    """Take a rack out of the plan and free what it used; its times stay readable."""
    add_rack(memory, rack, 1)
    set_seat(memory, rack, PLACED, 0)
    set_seat(memory, rack, PRICE, rack_of(memory, rack, ABSENT))
    set_seat(memory, rack, DIRTY, 1)
