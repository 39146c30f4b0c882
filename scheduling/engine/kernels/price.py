"""What a plan costs, in units of 1/1440 cent."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.memory import (
    AT_BILL,
    AT_IMPORT,
    AT_MOVE_PRICE,
    AT_SITE,
    AT_TRIAL_SOAK,
    AT_TRIAL_TIME,
    BLOCK_AT,
    BROKEN,
    CALENDAR,
    DEMAND,
    DEMAND_FLOOR,
    DONE,
    DUE,
    ENERGY,
    FENCE,
    FENCED,
    HAS_PREVIOUS,
    IN_BAY,
    KIND,
    KIT_STARTED,
    LATE,
    LEVELS,
    MANUAL,
    NEXT_OPEN,
    NONE,
    PREVIOUS_POOL,
    PRICE,
    PROMISE,
    RACKS,
    RESUME,
    RUNNING,
    SOAK,
    STEPS,
    TEMPLATE,
    TOLERANCE,
    TRIAL_POOL,
    UNIT,
    WEEKS_PRICED,
    WINDOW,
    WINDOW_END,
    WINDOWS,
    WIP,
    Memory,
    end_of,
    opening_of,
    previous_of,
    rack_of,
    seat_of,
    start_of,
    step_of,
    template_of,
    watts_of,
)
from scheduling.engine.kernels.seat import minutes_of
from scheduling.engine.kernels.soak import block_count, block_minutes

MEGA = 1_000_000
KILO = 1_000
WEEK = 10_080
ENERGY_UNITS = 24
"""Units of 1/1440 cent per watt-minute and million cents a MWh: 1440 / 60."""


@compiled
def bill(memory: Memory, start: int, end: int) -> int:
    """Return what a watt in ``[start, end)`` costs, in minutes × cents a MWh."""
    words = memory.words
    return words[words[AT_BILL] + end] - words[words[AT_BILL] + start]


@compiled
def _open_bill(memory: Memory, calendar: int, start: int, end: int) -> int:
    """Return what a watt costs that is drawn in open minutes of ``[start, end)``."""
    total = 0
    now = opening_of(memory, calendar, NEXT_OPEN, start)
    while now < end:
        closing = min(end, opening_of(memory, calendar, WINDOW_END, now))
        total += bill(memory, now, closing)
        now = opening_of(memory, calendar, NEXT_OPEN, closing)
    return total


@compiled
def energy_bill(memory: Memory, rack: int, step: int) -> int:
    """Return what the import of one tried step costs, cooling included.

    In watt-minutes × cents a MWh.
    """
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    full = watts_of(memory, template, step, 0, AT_SITE)
    if full == 0:
        return 0
    now = start_of(memory, words[AT_TRIAL_TIME], step)
    end = end_of(memory, words[AT_TRIAL_TIME], step)
    kind = step_of(memory, template, step, KIND)
    if kind == MANUAL:
        calendar = step_of(memory, template, step, CALENDAR)
        return full * _open_bill(memory, calendar, now, end)
    if kind != SOAK:
        return full * bill(memory, now, end)
    at = words[AT_TRIAL_SOAK] + 2 * step_of(memory, template, step, BLOCK_AT)
    standby = watts_of(memory, template, step, words[LEVELS], AT_SITE)
    work = minutes_of(memory, rack, step)
    total = 0
    for block in range(block_count(memory, work)):
        level = words[at + 2 * block]
        wait = words[at + 2 * block + 1]
        minutes = block_minutes(memory, work, block, level)
        if wait > 0:
            minutes += words[RESUME]
            total += standby * bill(memory, now, now + wait)
            now += wait
        watts = watts_of(memory, template, step, level, AT_SITE)
        total += watts * bill(memory, now, now + minutes)
        now += minutes
    return total


@compiled
def moved_price(memory: Memory, rack: int) -> int:
    """Return the price of all tried starts that moved against the published plan.

    A bay session that changes its pool moves as a whole; a change inside a pool is not
    seen here, since bays are named afterwards.
    """
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    first = rack_of(memory, rack, DONE) + rack_of(memory, rack, RUNNING)
    other_bay = words[TRIAL_POOL] != rack_of(memory, rack, PREVIOUS_POOL)
    total = 0
    for step in range(first, template_of(memory, template, STEPS)):
        was = previous_of(memory, rack, step)
        if was == NONE:
            continue
        in_bay = step_of(memory, template, step, IN_BAY) != 0
        off = abs(start_of(memory, words[AT_TRIAL_TIME], step) - was)
        if off > words[TOLERANCE] or (in_bay and other_bay):
            if was < words[FENCE]:
                total += words[FENCED]
            else:
                week = min(max(was, 0) // WEEK, words[WEEKS_PRICED] - 1)
                total += words[words[AT_MOVE_PRICE] + week]
    return total


@compiled
def trial_price(memory: Memory, rack: int) -> int:
    """Return what a tried rack costs, the demand charge apart."""
    words = memory.words
    template = rack_of(memory, rack, TEMPLATE)
    done = rack_of(memory, rack, DONE)
    steps = template_of(memory, template, STEPS)
    end = end_of(memory, words[AT_TRIAL_TIME], steps - 1)
    begin = rack_of(memory, rack, KIT_STARTED)
    if begin == NONE:
        begin = start_of(memory, words[AT_TRIAL_TIME], done)
    total = (end - begin) * words[WIP]
    due = rack_of(memory, rack, DUE)
    if due != NONE and end > due:
        total += (end - due) * rack_of(memory, rack, LATE)
    promise = rack_of(memory, rack, PROMISE)
    if promise != NONE and end > promise:
        total += words[BROKEN]
    if words[HAS_PREVIOUS] != 0:
        total += moved_price(memory, rack)
    if words[ENERGY] > 0:
        billed = 0
        for step in range(done, steps):
            billed += energy_bill(memory, rack, step)
        total += billed * ENERGY_UNITS // MEGA
    return total


@compiled
def demand_price(memory: Memory) -> int:
    """Return the price of the highest mean of an averaging window."""
    words = memory.words
    if words[DEMAND] == 0:
        return 0
    highest = 0
    first = words[AT_IMPORT]
    for at in range(first, first + words[WINDOWS]):
        highest = max(highest, words[at])
    watts = max(-(-highest // words[WINDOW]), words[DEMAND_FLOOR])
    return watts * words[DEMAND] * UNIT // KILO


@compiled
def total_price(memory: Memory) -> int:
    """Return the price of a plan; racks left out count with theirs."""
    total = demand_price(memory)
    for rack in range(memory.words[RACKS]):
        total += seat_of(memory, rack, PRICE)
    return total
