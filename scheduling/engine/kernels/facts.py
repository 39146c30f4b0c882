"""What stands before anything is planned: work under way, places held, pins."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.fit import finish_manual
from scheduling.engine.kernels.load import add_power, add_step, add_work
from scheduling.engine.kernels.memory import (
    CALENDAR,
    DONE,
    GROUP_HOLD,
    GROUP_LAST,
    GROUPS,
    HOLD_BAY,
    IS_FACT,
    KIND,
    LEVELS,
    MANUAL,
    ONLY_POOL,
    SOAK,
    SPAN,
    STAYS_OUT,
    STEPS,
    TEMPLATE,
    Memory,
    group_of,
    pin_of,
    rack_of,
    step_of,
    template_of,
)
from scheduling.engine.kernels.profile import add
from scheduling.engine.kernels.seat import (
    hold_row,
    holds_already,
    is_running,
    minutes_of,
)
from scheduling.engine.kernels.soak import block_minutes


@compiled
def _least_end(memory: Memory, rack: int, first: int, last: int) -> int:
    """Return when steps ``first`` to ``last`` end if nothing makes them wait."""
    template = rack_of(memory, rack, TEMPLATE)
    span = memory.words[SPAN]
    now = 0
    for step in range(first, last + 1):
        work = minutes_of(memory, rack, step)
        if step_of(memory, template, step, KIND) == MANUAL:
            calendar = step_of(memory, template, step, CALENDAR)
            now = finish_manual(memory, calendar, now, work)
        else:
            now += work
        if now >= span:
            return span
    return now


@compiled
def _bay_end(memory: Memory, rack: int, step: int) -> int:
    """Return when a rack whose step is under way leaves its bay at the earliest."""
    template = rack_of(memory, rack, TEMPLATE)
    for group in range(template_of(memory, template, GROUPS)):
        last = group_of(memory, template, group, GROUP_LAST)
        if last >= step and group_of(memory, template, group, GROUP_HOLD) == HOLD_BAY:
            return _least_end(memory, rack, step, last)
    return 0


@compiled
def _hold_step(
    memory: Memory, rack: int, step: int, pool: int, start: int, sign: int
) -> None:
    template = rack_of(memory, rack, TEMPLATE)
    kind = step_of(memory, template, step, KIND)
    work = minutes_of(memory, rack, step)
    span = memory.words[SPAN]
    if kind == SOAK:
        lowest = memory.words[LEVELS] - 1
        end = min(span, start + block_minutes(memory, work, 0, lowest))
        add_work(memory, template, step, pool, lowest, start, end, sign)
        last = span
        if rack_of(memory, rack, IS_FACT) == STAYS_OUT:
            last = max(end, _bay_end(memory, rack, step))
        add_power(memory, template, step, pool, lowest + 1, end, last, sign)
        return
    end = start + work
    if kind == MANUAL:
        calendar = step_of(memory, template, step, CALENDAR)
        end = finish_manual(memory, calendar, start, work)
    add_step(memory, rack, step, pool, start, min(end, span), 0, sign)


@compiled
def hold_facts(memory: Memory, rack: int, sign: int) -> None:
    """Take (``sign`` -1) or give back the least that a rack's facts use.

    A soak under way counts at its lowest level for its first block and on standby after
    that: as far as is looked ahead, since nobody knows yet how long it pauses; of a
    rack that stays out of the plan for as long as its bay counts. A held bay or station
    counts for the time its steps need with no wait.
    """
    template = rack_of(memory, rack, TEMPLATE)
    if rack_of(memory, rack, IS_FACT) == 0:
        return
    done = rack_of(memory, rack, DONE)
    pool = rack_of(memory, rack, ONLY_POOL)
    span = memory.words[SPAN]
    for step in range(done, template_of(memory, template, STEPS)):
        start = pin_of(memory, rack, step)
        if is_running(memory, rack, step):
            start = 0
        if 0 <= start < span:
            _hold_step(memory, rack, step, pool, start, sign)
    for group in range(template_of(memory, template, GROUPS)):
        last = group_of(memory, template, group, GROUP_LAST)
        hold = group_of(memory, template, group, GROUP_HOLD)
        if last < done or not holds_already(memory, rack, hold):
            continue
        end = _least_end(memory, rack, done, last)
        add(memory, hold_row(memory, rack, hold, pool), 0, end, sign)
