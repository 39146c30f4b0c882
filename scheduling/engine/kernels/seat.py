"""Finds a place in time for one rack: session by session, earliest first."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.fit import (
    clear,
    earliest_manual,
    earliest_through,
    finish_manual,
    need,
    need_step,
)
from scheduling.engine.kernels.memory import (
    AT_ARRIVAL,
    AT_KEPT_SOAK,
    AT_KEPT_TIME,
    AT_NODE,
    AT_PART,
    AT_SITE,
    AT_SLACK,
    AT_TRIAL_SOAK,
    AT_TRIAL_TIME,
    BAY_SINCE,
    BLOCKS,
    CALENDAR,
    CHOICES,
    DONE,
    DURATION,
    FAR,
    GROUP_FIRST,
    GROUP_HOLD,
    GROUP_LAST,
    GROUPS,
    HAS_BAY,
    HAS_STATION,
    HOLD_BAY,
    HOLD_STATION,
    KEPT_POOL,
    KIND,
    LEFT,
    MANUAL,
    MOST_STEPS,
    NEED_PART,
    NEED_SUM,
    NONE,
    ONLY_POOL,
    POOL_ROW,
    POOL_SITE,
    READY,
    RUNNING,
    SOAK,
    STATION_ROW,
    STAY,
    TEMPLATE,
    TRIAL_POOL,
    UNTIL,
    Memory,
    choice_of,
    copy,
    end_of,
    group_of,
    need_from,
    need_of,
    pin_of,
    pool_of,
    previous_of,
    rack_of,
    set_time,
    start_of,
    step_of,
    template_of,
    watts_of,
)
from scheduling.engine.kernels.profile import last_below
from scheduling.engine.kernels.soak import seat_blocks, seat_full

TRIES = 400
SKIP_BITS = 60
WAY_THROUGH = 1
"""A bay session without gaps at full power."""
WAY_BLOCKS = 2
"""A bay session with gaps, its soak derated or paused where need be."""


@compiled
def material_ready(memory: Memory, rack: int, step: int) -> int:
    """Return from when on all parts a step consumes are there, or ``FAR``."""
    words = memory.words
    ready = 0
    for at in range(need_from(memory, rack, step), need_from(memory, rack, step + 1)):
        part = words[AT_PART] + need_of(memory, at, NEED_PART)
        wanted = need_of(memory, at, NEED_SUM)
        slot = words[part + 1]
        while slot > words[part] and words[words[AT_SLACK] + slot - 1] >= wanted:
            slot -= 1
        if slot == words[part + 1]:
            return FAR
        ready = max(ready, words[words[AT_ARRIVAL] + slot])
    return ready


@compiled
def step_ready(memory: Memory, rack: int, step: int, ready: int, keep: bool) -> int:
    """Return the earliest start by material, pin and, if kept, the published plan."""
    ready = max(ready, material_ready(memory, rack, step))
    ready = max(ready, pin_of(memory, rack, step))
    if keep:
        ready = max(ready, previous_of(memory, rack, step))
    return ready


@compiled
def has_pin(memory: Memory, rack: int, first: int, last: int) -> bool:
    """Return whether a step from ``first`` to ``last`` is pinned."""
    found = False
    for step in range(first, last + 1):
        found = found or pin_of(memory, rack, step) != NONE
    return found


@compiled
def is_running(memory: Memory, rack: int, step: int) -> bool:
    """Return whether a step is under way at minute 0."""
    return rack_of(memory, rack, RUNNING) != 0 and step == rack_of(memory, rack, DONE)


@compiled
def minutes_of(memory: Memory, rack: int, step: int) -> int:
    """Return the full-power minutes of a step still to do."""
    if is_running(memory, rack, step):
        return rack_of(memory, rack, LEFT)
    return step_of(memory, rack_of(memory, rack, TEMPLATE), step, DURATION)


@compiled
def least_minutes(memory: Memory, rack: int, first: int, last: int) -> int:
    """Return the minutes that steps ``first`` to ``last`` take with no wait."""
    total = 0
    for step in range(first, last + 1):
        total += minutes_of(memory, rack, step)
    return total


@compiled
def _seat_fixed(
    memory: Memory, rack: int, step: int, pool: int, start: int, limit: int
) -> bool:
    """Place a step at a fixed start whatever is free."""
    template = rack_of(memory, rack, TEMPLATE)
    kind = step_of(memory, template, step, KIND)
    work = minutes_of(memory, rack, step)
    if kind == SOAK:
        return seat_blocks(memory, rack, step, pool, start, work, start, limit)
    end = start + work
    if kind == MANUAL:
        calendar = step_of(memory, template, step, CALENDAR)
        end = finish_manual(memory, calendar, start, work)
    if end > limit:
        return False
    set_time(memory, step, start, end)
    return True


@compiled
def _seat_free(
    memory: Memory, rack: int, step: int, pool: int, ready: int, limit: int
) -> bool:
    """Place a step that nothing fixes at its earliest start."""
    template = rack_of(memory, rack, TEMPLATE)
    kind = step_of(memory, template, step, KIND)
    work = minutes_of(memory, rack, step)
    if kind == SOAK:
        return seat_blocks(memory, rack, step, pool, ready, work, -1, limit)
    clear(memory)
    if kind == MANUAL:
        calendar = step_of(memory, template, step, CALENDAR)
        need_step(memory, template, step, pool, 0, 0, 0)
        start = earliest_manual(memory, calendar, ready, work, limit)
        if start >= 0:
            set_time(memory, step, start, finish_manual(memory, calendar, start, work))
    else:
        need_step(memory, template, step, pool, 0, 0, work)
        start = earliest_through(memory, ready, work, limit)
        if start >= 0:
            set_time(memory, step, start, start + work)
    return start >= 0


@compiled
def seat_step(
    memory: Memory,
    rack: int,
    step: int,
    pool: int,
    ready: int,
    limit: int,
    force: bool,
) -> bool:
    """Place one step from ``ready`` on and write its times.

    A step under way goes on from minute 0 whatever is free. A pinned step must start
    where it is pinned; with ``force`` it does so whatever is free.
    """
    if is_running(memory, rack, step):
        return _seat_fixed(memory, rack, step, pool, 0, limit)
    pin = pin_of(memory, rack, step)
    if pin == NONE:
        return _seat_free(memory, rack, step, pool, ready, limit)
    if ready > pin:
        return False
    if force:
        return _seat_fixed(memory, rack, step, pool, pin, limit)
    return (
        _seat_free(memory, rack, step, pool, pin, limit)
        and start_of(memory, memory.words[AT_TRIAL_TIME], step) == pin
    )


@compiled
def holds_already(memory: Memory, rack: int, hold: int) -> bool:
    """Return whether a rack holds its bay or station at minute 0."""
    if hold == HOLD_BAY:
        return rack_of(memory, rack, HAS_BAY) != 0
    return hold == HOLD_STATION and rack_of(memory, rack, HAS_STATION) != 0


@compiled
def hold_row(memory: Memory, rack: int, hold: int, pool: int) -> int:
    """Return the row that a session holds; negative if it holds none."""
    if hold == HOLD_BAY:
        return pool_of(memory, pool, POOL_ROW)
    if hold == HOLD_STATION:
        return template_of(memory, rack_of(memory, rack, TEMPLATE), STATION_ROW)
    return -1


@compiled
def _may_stay(memory: Memory, rack: int, hold: int, least: int, end: int) -> bool:
    """Return whether a rack already there keeps the stay limit, if it can at all."""
    if hold != HOLD_BAY or not holds_already(memory, rack, hold):
        return True
    since = rack_of(memory, rack, BAY_SINCE)
    stay = memory.words[STAY]
    return end - since <= stay or least - since > stay


@compiled
def _seat_steps(
    memory: Memory,
    rack: int,
    first: int,
    last: int,
    pool: int,
    ready: int,
    limit: int,
    keep: bool,
    force: bool,
) -> int:
    """Place steps one after the other; return the end of the last, or -1."""
    rest = least_minutes(memory, rack, first, last)
    now = ready
    for step in range(first, last + 1):
        at = step_ready(memory, rack, step, now, keep)
        rest -= minutes_of(memory, rack, step)
        if not seat_step(memory, rack, step, pool, at, limit - rest, force):
            return -1
        now = end_of(memory, memory.words[AT_TRIAL_TIME], step)
    return now


@compiled
def seat_session(
    memory: Memory,
    rack: int,
    first: int,
    last: int,
    hold: int,
    pool: int,
    ready: int,
    limit: int,
    keep: bool,
    force: bool,
) -> bool:
    """Place steps that hold a station or bay together, gaps allowed, soak by blocks."""
    words = memory.words
    row = hold_row(memory, rack, hold, pool)
    held = holds_already(memory, rack, hold)
    force = force and (held or has_pin(memory, rack, first, last))
    least = least_minutes(memory, rack, first, last)
    for _ in range(TRIES):
        if not held and not force:
            clear(memory)
            need(memory, row, 1, 0, least, -1)
            ready = step_ready(memory, rack, first, ready, keep)
            ready = earliest_through(memory, ready, least, limit)
            if ready < 0:
                return False
        end = _seat_steps(memory, rack, first, last, pool, ready, limit, keep, force)
        if end < 0:
            return False
        begin = 0 if held else start_of(memory, words[AT_TRIAL_TIME], first)
        if force:
            return _may_stay(memory, rack, hold, least, end)
        short = last_below(memory, row, begin, end, 1)
        if held:
            return short < 0 and _may_stay(memory, rack, hold, least, end)
        if short >= 0:
            ready = short + 1
        elif hold == HOLD_BAY and end - begin > words[STAY]:
            # Begun later, the same steps wait less.
            ready = max(begin + 1, end - words[STAY])
        else:
            return True
    return False


@compiled
def need_chain(
    memory: Memory, rack: int, first: int, last: int, pool: int, shared: bool
) -> bool:
    """Ask for a whole bay session without gaps; False if it cannot be rigid.

    With ``shared`` only for what does not depend on the pool: site, people, carts.
    """
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    total = least_minutes(memory, rack, first, last)
    if total > words[STAY]:
        return False
    clear(memory)
    # The heaviest phase first: it is the one that finds no room.
    heaviest = first
    for step in range(first, last + 1):
        if step_of(memory, template, step, KIND) == MANUAL:
            return False
        watts = watts_of(memory, template, step, 0, AT_NODE)
        if watts > watts_of(memory, template, heaviest, 0, AT_NODE):
            heaviest = step
    off = least_minutes(memory, rack, first, heaviest - 1)
    work = minutes_of(memory, rack, heaviest)
    need_step(memory, template, heaviest, -1 if shared else pool, 0, off, work)
    if shared:
        watts = watts_of(memory, template, heaviest, 0, AT_SITE)
        need(memory, pool_of(memory, pool, POOL_SITE), watts, off, work, -1)
    else:
        need(memory, pool_of(memory, pool, POOL_ROW), 1, 0, total, -1)
    off = 0
    for step in range(first, last + 1):
        work = minutes_of(memory, rack, step)
        if step != heaviest:
            need_step(memory, template, step, -1 if shared else pool, 0, off, work)
            if shared:
                watts = watts_of(memory, template, step, 0, AT_SITE)
                need(memory, pool_of(memory, pool, POOL_SITE), watts, off, work, -1)
        off += work
    return True


@compiled
def _through_ready(
    memory: Memory, rack: int, first: int, last: int, ready: int, keep: bool
) -> int:
    """Return the earliest start without gaps by material, pins and published plan."""
    off = 0
    start = ready
    for step in range(first, last + 1):
        start = max(start, step_ready(memory, rack, step, 0, keep) - off)
        off += minutes_of(memory, rack, step)
    return start


@compiled
def _seat_through(
    memory: Memory,
    rack: int,
    first: int,
    last: int,
    pool: int,
    ready: int,
    limit: int,
) -> bool:
    """Place a bay session without any gap, at full power; none of it is under way."""
    if not need_chain(memory, rack, first, last, pool, False):
        return False
    template = rack_of(memory, rack, TEMPLATE)
    total = least_minutes(memory, rack, first, last)
    start = earliest_through(memory, ready, total, limit)
    if start < 0:
        return False
    now = start
    for step in range(first, last + 1):
        pin = pin_of(memory, rack, step)
        if pin not in (NONE, now):
            return False
        work = minutes_of(memory, rack, step)
        if step_of(memory, template, step, KIND) == SOAK:
            seat_full(memory, rack, step, now, work)
        else:
            set_time(memory, step, now, now + work)
        now += work
    return True


@compiled
def keep_trial(memory: Memory, back: bool) -> None:
    """Keep the trial aside, or bring it back."""
    words = memory.words
    times, soaks = 2 * words[MOST_STEPS], 2 * words[BLOCKS]
    if back:
        copy(memory, words[AT_KEPT_TIME], words[AT_TRIAL_TIME], times)
        copy(memory, words[AT_KEPT_SOAK], words[AT_TRIAL_SOAK], soaks)
        words[TRIAL_POOL] = words[KEPT_POOL]
    else:
        copy(memory, words[AT_TRIAL_TIME], words[AT_KEPT_TIME], times)
        copy(memory, words[AT_TRIAL_SOAK], words[AT_KEPT_SOAK], soaks)
        words[KEPT_POOL] = words[TRIAL_POOL]


@compiled
def _common_site(memory: Memory, template: int, only: int, choices: int) -> int:
    """Return a pool whose site is that of all a template may take, or -1."""
    if only >= 0:
        return only
    found = -1
    for choice in range(choices):
        pool = choice_of(memory, template, choice)
        site = pool_of(memory, pool, POOL_SITE)
        if found >= 0 and site != pool_of(memory, found, POOL_SITE):
            return -1
        found = pool
    return found


@compiled
def _seat_bay(
    memory: Memory,
    rack: int,
    first: int,
    last: int,
    ready: int,
    keep: bool,
    force: bool,
    ways: int,
    skip: int,
) -> bool:
    """Place a bay session in the pool where it ends first."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    held = holds_already(memory, rack, HOLD_BAY)
    only = rack_of(memory, rack, ONLY_POOL)
    choices = 1 if only >= 0 else template_of(memory, template, CHOICES)
    if held or (force and has_pin(memory, rack, first, last)):
        ways = WAY_BLOCKS
    least = least_minutes(memory, rack, first, last)
    best = words[UNTIL] + 1
    chosen = -1
    begin = ready
    if (ways & WAY_THROUGH) != 0:
        begin = _through_ready(memory, rack, first, last, ready, keep)
        pool = _common_site(memory, template, only, choices)
        if pool >= 0 and need_chain(memory, rack, first, last, pool, True):
            # What all pools share is asked once.
            begin = earliest_through(memory, begin, least, best - 1)
            if begin < 0:
                ways = ways & WAY_BLOCKS
    for way in range(WAY_THROUGH, WAY_BLOCKS + 1):
        if (ways & way) == 0:
            continue
        for choice in range(choices):
            if choices > 1 and (skip >> choice % SKIP_BITS) & 1:
                continue
            if (begin if way == WAY_THROUGH else ready) + least >= best:
                break
            pool = only if only >= 0 else choice_of(memory, template, choice)
            if way == WAY_THROUGH:
                found = _seat_through(memory, rack, first, last, pool, begin, best - 1)
            else:
                found = seat_session(
                    memory,
                    rack,
                    first,
                    last,
                    HOLD_BAY,
                    pool,
                    ready,
                    best - 1,
                    keep,
                    force,
                )
            if found:
                best = end_of(memory, words[AT_TRIAL_TIME], last)
                chosen = pool
                keep_trial(memory, False)
    if chosen >= 0:
        keep_trial(memory, True)
        words[TRIAL_POOL] = chosen
    return chosen >= 0


@compiled
def seat_rack(
    memory: Memory,
    rack: int,
    bay_floor: int,
    keep: bool,
    force: bool,
    ways: int,
    skip: int,
) -> bool:
    """Place all remaining steps of a rack at their earliest, one group after the other.

    Args:
        memory: Problem and plan; the rack itself is not in the plan.
        rack: The rack.
        bay_floor: No bay session starts before.
        keep: Whether no step starts before its start in the published plan.
        force: Whether facts are taken although they break a limit.
        ways: Sum of the ways of seating a bay session to try.
        skip: Bits of the pool choices to leave out, again from the first after 60.
    """
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    done = rack_of(memory, rack, DONE)
    now = rack_of(memory, rack, READY)
    span = words[UNTIL]
    words[TRIAL_POOL] = rack_of(memory, rack, ONLY_POOL)
    for group in range(template_of(memory, template, GROUPS)):
        last = group_of(memory, template, group, GROUP_LAST)
        if last < done:
            continue
        first = max(done, group_of(memory, template, group, GROUP_FIRST))
        hold = group_of(memory, template, group, GROUP_HOLD)
        running = is_running(memory, rack, first)
        if hold == HOLD_BAY:
            ready = now if running else max(now, bay_floor)
            found = _seat_bay(memory, rack, first, last, ready, keep, force, ways, skip)
        elif hold == HOLD_STATION:
            found = seat_session(
                memory, rack, first, last, hold, -1, now, span, keep, force
            )
        else:
            at = step_ready(memory, rack, first, now, keep)
            found = seat_step(memory, rack, first, -1, at, span, force)
        if not found:
            return False
        now = end_of(memory, words[AT_TRIAL_TIME], last)
    return True
