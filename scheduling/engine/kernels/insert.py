"""Tries a place for one rack: earliest end first, then no start earlier than needed."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.fit import (
    clear,
    finish_manual,
    latest_manual,
    latest_through,
    need,
    need_step,
)
from scheduling.engine.kernels.memory import (
    AT_KEPT_TIME,
    AT_TRIAL_TIME,
    CALENDAR,
    CHOICES,
    DONE,
    GROUP_FIRST,
    GROUP_HOLD,
    GROUP_LAST,
    GROUPS,
    HAS_PREVIOUS,
    HOLD_BAY,
    KIND,
    KIT_STARTED,
    MANUAL,
    NONE,
    ONLY_POOL,
    SOAK,
    STAY,
    TEMPLATE,
    TRIAL_POOL,
    Memory,
    choice_of,
    copy,
    end_of,
    group_of,
    rack_of,
    set_time,
    start_of,
    step_of,
    template_of,
)
from scheduling.engine.kernels.price import trial_price
from scheduling.engine.kernels.profile import first_below, last_below
from scheduling.engine.kernels.seat import (
    TRIES,
    has_pin,
    hold_row,
    keep_trial,
    least_minutes,
    minutes_of,
    need_chain,
    seat_rack,
)
from scheduling.engine.kernels.soak import is_full, seat_full

BOTH_WAYS = 3
"""A bay session either way, whichever ends first."""
DELAY_NOTHING, DELAY_BEFORE_BAY, DELAY_ALL = range(3)
"""What waits for the steps after it: nothing, the steps before a bay, bay steps too."""


@compiled
def _latest(
    memory: Memory, rack: int, step: int, pool: int, ready: int, due: int
) -> int:
    """Return the latest start of a step from ``ready`` on that ends by ``due``, or -1.

    A soak runs through at full power.
    """
    template = rack_of(memory, rack, TEMPLATE)
    work = minutes_of(memory, rack, step)
    clear(memory)
    if step_of(memory, template, step, KIND) == MANUAL:
        calendar = step_of(memory, template, step, CALENDAR)
        need_step(memory, template, step, pool, 0, 0, 0)
        return latest_manual(memory, calendar, due, work, ready)
    need_step(memory, template, step, pool, 0, 0, work)
    return latest_through(memory, due, work, ready)


@compiled
def _write(memory: Memory, rack: int, step: int, start: int) -> None:
    """Write a start into the trial; a soak runs through at full power."""
    template = rack_of(memory, rack, TEMPLATE)
    kind = step_of(memory, template, step, KIND)
    work = minutes_of(memory, rack, step)
    if kind == SOAK:
        seat_full(memory, rack, step, start, work)
    elif kind == MANUAL:
        calendar = step_of(memory, template, step, CALENDAR)
        set_time(memory, step, start, finish_manual(memory, calendar, start, work))
    else:
        set_time(memory, step, start, start + work)


@compiled
def _delay_step(memory: Memory, rack: int, step: int, pool: int, due: int) -> None:
    """Move one tried step to its latest start that ends by ``due``."""
    trial = memory.words[AT_TRIAL_TIME]
    now = start_of(memory, trial, step)
    if end_of(memory, trial, step) >= due:
        return
    start = _latest(memory, rack, step, pool, now, due)
    if start > now:
        _write(memory, rack, step, start)


@compiled
def _delay_bay(memory: Memory, rack: int, first: int, last: int, due: int) -> bool:
    """Move a bay session to its latest start without gaps, in any pool, if one fits."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    length = least_minutes(memory, rack, first, last)
    only = rack_of(memory, rack, ONLY_POOL)
    choices = 1 if only >= 0 else template_of(memory, template, CHOICES)
    best = start_of(memory, words[AT_TRIAL_TIME], first)
    chosen = -1
    for choice in range(choices):
        pool = only if only >= 0 else choice_of(memory, template, choice)
        if due - length <= best or not need_chain(
            memory, rack, first, last, pool, False
        ):
            break
        start = latest_through(memory, due, length, best + 1)
        if start > best:
            best = start
            chosen = pool
    if chosen < 0:
        return False
    words[TRIAL_POOL] = chosen
    for step in range(first, last + 1):
        work = minutes_of(memory, rack, step)
        if step_of(memory, template, step, KIND) == SOAK:
            seat_full(memory, rack, step, best, work)
        else:
            set_time(memory, step, best, best + work)
        best += work
    return True


@compiled
def _delay_in_bay(
    memory: Memory, rack: int, first: int, last: int, pool: int, due: int
) -> None:
    """Move bay steps to their latest before ``due`` while their bay stays free."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    end = end_of(memory, words[AT_TRIAL_TIME], last)
    if due > end:
        row = hold_row(memory, rack, HOLD_BAY, pool)
        taken = first_below(memory, row, end, due, 1)
        if taken >= 0:
            due = taken
    # Nothing after a derated or paused soak moves: that would only hold the bay longer.
    latest = last
    for step in range(first, last + 1):
        if step_of(memory, template, step, KIND) == SOAK and not is_full(
            memory, rack, step, minutes_of(memory, rack, step)
        ):
            latest = step - 1
            due = start_of(memory, words[AT_TRIAL_TIME], step)
    for back in range(latest - first + 1):
        step = latest - back
        _delay_step(memory, rack, step, pool, due)
        due = start_of(memory, words[AT_TRIAL_TIME], step)


@compiled
def _delay_session(
    memory: Memory, rack: int, first: int, last: int, hold: int, due: int
) -> None:
    """Move steps outside bays to their latest before ``due``.

    Steps that hold a station go past minutes at which none is free. None starts before
    it was first seated: there it may stay.
    """
    words = memory.words
    kept = words[AT_KEPT_TIME]
    row = hold_row(memory, rack, hold, -1)
    least = least_minutes(memory, rack, first, last)
    begin = start_of(memory, kept, first)
    for _ in range(TRIES):
        clear(memory)
        need(memory, row, 1, 0, least, -1)
        start = latest_through(memory, due, least, begin)
        if start < 0:
            break
        due = start + least
        for back in range(last - first + 1):
            step = last - back
            ready = start_of(memory, kept, step)
            limit = due if back == 0 else start
            start = _latest(memory, rack, step, -1, ready, limit)
            if start < 0:
                break
            _write(memory, rack, step, start)
        if start < 0:
            break
        end = end_of(memory, words[AT_TRIAL_TIME], last)
        short = -1 if row < 0 else last_below(memory, row, start, end, 1)
        if short < 0:
            return
        due = short
    steps = 2 * (last - first + 1)
    copy(memory, kept + 2 * first, words[AT_TRIAL_TIME] + 2 * first, steps)


@compiled
def _stays_too_long(memory: Memory, rack: int) -> bool:
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    for group in range(template_of(memory, template, GROUPS)):
        if group_of(memory, template, group, GROUP_HOLD) == HOLD_BAY:
            first = group_of(memory, template, group, GROUP_FIRST)
            last = group_of(memory, template, group, GROUP_LAST)
            stay = end_of(memory, words[AT_TRIAL_TIME], last) - start_of(
                memory, words[AT_TRIAL_TIME], first
            )
            if first >= rack_of(memory, rack, DONE) and stay > words[STAY]:
                return True
    return False


@compiled
def delay_rack(memory: Memory, rack: int, whole: bool) -> None:
    """Start a tried rack as late as its last step allows, to cut work in progress.

    A rack already begun is left alone: the price runs from its first step. With
    ``whole`` bay sessions move, too: that may take the place of racks to come.
    """
    if rack_of(memory, rack, KIT_STARTED) != NONE:
        return
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    done = rack_of(memory, rack, DONE)
    keep_trial(memory, False)
    groups = template_of(memory, template, GROUPS)
    due = -1
    for back in range(groups):
        group = groups - 1 - back
        last = group_of(memory, template, group, GROUP_LAST)
        if last < done:
            break
        first = max(done, group_of(memory, template, group, GROUP_FIRST))
        hold = group_of(memory, template, group, GROUP_HOLD)
        if due >= 0 and not has_pin(memory, rack, first, last):
            if hold != HOLD_BAY:
                _delay_session(memory, rack, first, last, hold, due)
            elif not whole or not _delay_bay(memory, rack, first, last, due):
                pool = words[TRIAL_POOL]
                _delay_in_bay(memory, rack, first, last, pool, due)
        due = start_of(memory, words[AT_TRIAL_TIME], first)
    before = start_of(memory, words[AT_KEPT_TIME], done)
    if due <= before or _stays_too_long(memory, rack):
        keep_trial(memory, True)


@compiled
def try_rack(
    memory: Memory,
    rack: int,
    bay_floor: int,
    keep: bool,
    force: bool,
    ways: int,
    skip: int,
    delay: int,
) -> int:
    """Try a place for a rack not in the plan; return its price, or -1 if none."""
    if not seat_rack(memory, rack, bay_floor, keep, force, ways, skip):
        return -1
    price = trial_price(memory, rack)
    if delay == DELAY_NOTHING:
        return price
    delay_rack(memory, rack, delay == DELAY_ALL)
    later = trial_price(memory, rack)
    words = memory.words
    if later > price and words[HAS_PREVIOUS] != 0:
        keep_trial(memory, True)
        return price
    return later
