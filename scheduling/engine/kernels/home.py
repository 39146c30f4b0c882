"""Puts a rack back where the published plan has it."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.facts import hold_facts
from scheduling.engine.kernels.fit import finish_manual
from scheduling.engine.kernels.insert import BOTH_WAYS, DELAY_NOTHING, try_rack
from scheduling.engine.kernels.load import lift, settle
from scheduling.engine.kernels.memory import (
    AT_ARRIVAL,
    AT_NODE,
    AT_OWN_PIN,
    AT_PART,
    AT_PIN,
    AT_PREVIOUS_SOAK,
    AT_RACK,
    AT_SLACK,
    AT_TRIAL_SOAK,
    BLOCK_AT,
    BLOCKS,
    CALENDAR,
    CHOICES,
    CREW,
    DONE,
    EXTRA,
    GROUP_FIRST,
    GROUP_HOLD,
    GROUP_LAST,
    GROUPS,
    HOLD_BAY,
    IN_BAY,
    IS_FACT,
    KIND,
    MANUAL,
    MOST_STEPS,
    NEED_PART,
    NEXT_OPEN,
    NONE,
    ONLY_POOL,
    PLACE,
    POOL,
    POOL_LOOP,
    POOL_NODE,
    POOL_NODES,
    POOL_SITE,
    PREVIOUS_POOL,
    RACK_COLUMNS,
    READY,
    RESUME,
    RUNNING,
    SOAK,
    STAY,
    STEPS,
    TEMPLATE,
    TOLERANCE,
    TRIAL_POOL,
    UNTIL,
    WINDOW_END,
    Memory,
    choice_of,
    copy,
    end_of,
    group_of,
    need_from,
    need_of,
    opening_of,
    pin_of,
    pool_of,
    previous_of,
    rack_of,
    seat_of,
    set_time,
    start_of,
    step_of,
    template_of,
    time_at,
    watts_of,
)
from scheduling.engine.kernels.price import trial_price
from scheduling.engine.kernels.profile import last_below
from scheduling.engine.kernels.seat import hold_row, minutes_of
from scheduling.engine.kernels.soak import block_count, block_minutes

AS_PUBLISHED, AT_THE_TIME, IN_ANY_BAY = range(3)
"""What is kept: everything; starts and bay; starts alone."""


@compiled
def is_home(memory: Memory, rack: int) -> bool:
    """Return whether a placed rack stands where the published plan has it.

    A rack that the published plan does not know is home everywhere.
    """
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    first = rack_of(memory, rack, DONE) + rack_of(memory, rack, RUNNING)
    other_bay = seat_of(memory, rack, POOL) != rack_of(memory, rack, PREVIOUS_POOL)
    for step in range(first, template_of(memory, template, STEPS)):
        was = previous_of(memory, rack, step)
        if was == NONE:
            continue
        if abs(start_of(memory, time_at(memory, rack), step) - was) > words[TOLERANCE]:
            return False
        if other_bay and step_of(memory, template, step, IN_BAY) != 0:
            return False
    return True


@compiled
def _has_home(memory: Memory, rack: int, how: int) -> bool:
    """Return whether the published plan knows the rack, and its bay may still be."""
    template = rack_of(memory, rack, TEMPLATE)
    first = rack_of(memory, rack, DONE) + rack_of(memory, rack, RUNNING)
    known = False
    needs_bay = False
    for step in range(first, template_of(memory, template, STEPS)):
        known = known or previous_of(memory, rack, step) != NONE
        needs_bay = needs_bay or step_of(memory, template, step, IN_BAY) != 0
    pool = rack_of(memory, rack, PREVIOUS_POOL)
    if not known or how == IN_ANY_BAY or rack_of(memory, rack, ONLY_POOL) >= 0:
        return known
    if pool < 0:
        return not needs_bay
    for choice in range(template_of(memory, template, CHOICES)):
        if choice_of(memory, template, choice) == pool:
            return True
    return False


@compiled
def _soak_end(memory: Memory, rack: int, step: int, start: int) -> int:
    """Return when a tried soak ends by its blocks."""
    words = memory.words
    work = minutes_of(memory, rack, step)
    template = rack_of(memory, rack, TEMPLATE)
    at = words[AT_TRIAL_SOAK] + 2 * step_of(memory, template, step, BLOCK_AT)
    now = start
    for block in range(block_count(memory, work)):
        wait = words[at + 2 * block + 1]
        if wait > 0:
            now += wait + words[RESUME]
        now += block_minutes(memory, work, block, words[at + 2 * block])
    return now


@compiled
def _end_at_home(memory: Memory, rack: int, step: int, start: int) -> int:
    """Return when a step ends that starts as published, or -1 if it cannot."""
    template = rack_of(memory, rack, TEMPLATE)
    calendar = step_of(memory, template, step, CALENDAR)
    kind = step_of(memory, template, step, KIND)
    if opening_of(memory, calendar, NEXT_OPEN, start) != start:
        return -1
    if kind == MANUAL:
        return finish_manual(memory, calendar, start, minutes_of(memory, rack, step))
    end = start + minutes_of(memory, rack, step)
    if kind == SOAK:
        end = _soak_end(memory, rack, step, start)
    if opening_of(memory, calendar, WINDOW_END, start) < end:
        return -1
    return end


@compiled
def _write_home(memory: Memory, rack: int) -> bool:
    """Write a rack's published times as a trial; False if they hold no longer."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    words[TRIAL_POOL] = rack_of(memory, rack, PREVIOUS_POOL)
    blocks = 2 * words[BLOCKS]
    copy(memory, words[AT_PREVIOUS_SOAK] + rack * blocks, words[AT_TRIAL_SOAK], blocks)
    now = rack_of(memory, rack, READY)
    for step in range(
        rack_of(memory, rack, DONE), template_of(memory, template, STEPS)
    ):
        start = previous_of(memory, rack, step)
        if start == NONE or start < now or start >= words[UNTIL]:
            return False
        now = _end_at_home(memory, rack, step, start)
        if now < 0 or now > words[UNTIL]:
            return False
        set_time(memory, step, start, now)
    return True


@compiled
def _is_over(memory: Memory, row: int, start: int, end: int) -> bool:
    """Return whether more of a row is taken than there is."""
    return row >= 0 and last_below(memory, row, start, end, 0) >= 0


@compiled
def _power_is_over(memory: Memory, pool: int, start: int, end: int) -> bool:
    """Return whether site, loop or nodes of a pool give more than they have."""
    for node in range(pool_of(memory, pool, POOL_NODES)):
        row = pool_of(memory, pool, POOL_NODE + node)
        if _is_over(memory, row, start, end):
            return True
    site, loop = pool_of(memory, pool, POOL_SITE), pool_of(memory, pool, POOL_LOOP)
    return _is_over(memory, site, start, end) or _is_over(memory, loop, start, end)


@compiled
def _lacks_parts(memory: Memory, rack: int, step: int, start: int) -> bool:
    """Return whether a step takes parts that others need or that come later."""
    words = memory.words
    for need in range(need_from(memory, rack, step), need_from(memory, rack, step + 1)):
        part = words[AT_PART] + need_of(memory, need, NEED_PART)
        slot = words[part + 1] - 1
        while slot >= words[part]:
            if words[words[AT_SLACK] + slot] < 0:
                return True
            if words[words[AT_ARRIVAL] + slot] <= start:
                break
            slot -= 1
    return False


@compiled
def _step_is_over(memory: Memory, rack: int, step: int) -> bool:
    """Return whether a placed step takes more of anything than there is."""
    template = rack_of(memory, rack, TEMPLATE)
    times = time_at(memory, rack)
    start, end = start_of(memory, times, step), end_of(memory, times, step)
    if _lacks_parts(memory, rack, step, start):
        return True
    if _is_over(memory, step_of(memory, template, step, PLACE), start, end):
        return True
    if _is_over(memory, step_of(memory, template, step, EXTRA), start, end):
        return True
    if _is_over(memory, step_of(memory, template, step, CREW), start, end):
        return True
    pool = seat_of(memory, rack, POOL)
    if pool < 0 or watts_of(memory, template, step, 0, AT_NODE) == 0:
        return False
    return _power_is_over(memory, pool, start, end)


@compiled
def _is_overloaded(memory: Memory, rack: int) -> bool:
    """Return whether a placed rack breaks a limit where it stands."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    done = rack_of(memory, rack, DONE)
    times = time_at(memory, rack)
    for step in range(done, template_of(memory, template, STEPS)):
        if _step_is_over(memory, rack, step):
            return True
    for group in range(template_of(memory, template, GROUPS)):
        last = group_of(memory, template, group, GROUP_LAST)
        if last < done:
            continue
        first = max(done, group_of(memory, template, group, GROUP_FIRST))
        hold = group_of(memory, template, group, GROUP_HOLD)
        start, end = start_of(memory, times, first), end_of(memory, times, last)
        row = hold_row(memory, rack, hold, seat_of(memory, rack, POOL))
        if _is_over(memory, row, start, end):
            return True
        if hold == HOLD_BAY and end - start > words[STAY]:
            return True
    return False


@compiled
def _put_exactly(memory: Memory, rack: int) -> int:
    """Put a rack that no fact binds where and as it was; return its price, or -1."""
    if not _write_home(memory, rack):
        return -1
    price = trial_price(memory, rack)
    settle(memory, rack, price)
    if _is_overloaded(memory, rack):
        lift(memory, rack)
        return -1
    return price


@compiled
def put_home(memory: Memory, rack: int, how: int) -> int:
    """Put a rack where the published plan has it; return its price, or -1.

    A rack whose facts bind it, and one that may soak at other levels than it did, is
    tried with its published starts for pins.
    """
    if not _has_home(memory, rack, how):
        return -1
    if how == AS_PUBLISHED and rack_of(memory, rack, IS_FACT) == 0:
        return _put_exactly(memory, rack)
    words = memory.words
    steps = words[MOST_STEPS]
    pins = words[AT_PIN] + rack * steps
    only = words[AT_RACK] + rack * RACK_COLUMNS + ONLY_POOL
    own_pool = words[only]
    hold_facts(memory, rack, 1)
    copy(memory, pins, words[AT_OWN_PIN], steps)
    for step in range(steps):
        if pin_of(memory, rack, step) == NONE:
            words[pins + step] = previous_of(memory, rack, step)
    if own_pool < 0 and how != IN_ANY_BAY:
        words[only] = rack_of(memory, rack, PREVIOUS_POOL)
    price = try_rack(memory, rack, 0, False, False, BOTH_WAYS, 0, DELAY_NOTHING)
    copy(memory, words[AT_OWN_PIN], pins, steps)
    words[only] = own_pool
    if price < 0:
        hold_facts(memory, rack, -1)
        return -1
    settle(memory, rack, price)
    return price
