"""The kernels' memory: a problem and a plan in two flat arrays, and how to read them.

Every array handed to a compiled function costs some seconds of compiling in each of its
callers; two arrays with tables inside compile ten times quicker than forty. ``words``
begins with a header: single numbers, then the address of each table. ``minutes`` holds
what has a number a minute: free capacity with its sums by run, and opening hours.
Money is in units of 1/1440 cent, so that a price a day times minutes stays exact.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scheduling.engine.kernels.compile import compiled

Wide = npt.NDArray[np.int64]
Narrow = npt.NDArray[np.int32]

NONE = -(1 << 40)
"""No value: no pin, no previous start, no due date."""
FAR = 1 << 40
"""A moment no plan reaches."""
PLENTY = 1 << 29
"""Capacity of a crew in closed minutes, when no rule counts it."""
UNIT = 1440
"""Units of money a cent."""
RUN_BITS = 5
RUN = 1 << RUN_BITS
"""Minutes that are added to and asked for their least together."""

# The header: the problem's single numbers.
(
    SPAN,
    RACKS,
    MOST_STEPS,
    BLOCKS,
    LEVELS,
    BLOCK,
    RESUME,
    STAY,
    WIP,
    FENCED,
    TOLERANCE,
    FENCE,
    BROKEN,
    DEMAND,
    DEMAND_FLOOR,
    ENERGY,
    HAS_PREVIOUS,
    WEEKS_PRICED,
    MOST_GROUPS,
    POOL_WIDTH,
    CHOICE_WIDTH,
    WINDOWS,
    WINDOW,
    WINDOW_BEGUN,
) = range(24)

# The header: addresses in ``words``.
(
    AT_TEMPLATE,
    AT_STEP,
    AT_WATTS,
    AT_GROUP,
    AT_POOL,
    AT_CHOICE,
    AT_OPENED,
    AT_LEVEL,
    AT_RACK,
    AT_PREVIOUS,
    AT_PIN,
    AT_NEED,
    AT_NEED_FROM,
    AT_ARRIVAL,
    AT_PART,
    AT_MOVE_PRICE,
    AT_SLACK,
    AT_IMPORT,
    AT_TIME,
    AT_SOAK,
    AT_SEAT,
    AT_BEST_TIME,
    AT_BEST_SOAK,
    AT_BEST_SEAT,
    AT_TRIAL_TIME,
    AT_TRIAL_SOAK,
    AT_KEPT_TIME,
    AT_KEPT_SOAK,
    AT_OLD_TIME,
    AT_OLD_SOAK,
    AT_OLD_SEAT,
    AT_ITEM,
    AT_HOURS,
    AT_CHOSEN,
    AT_KEY,
    AT_ORDER,
    AT_RANK,
    AT_MARKED,
    AT_OWN_PIN,
    AT_PREVIOUS_SOAK,
    AT_BILL,
    AT_COUNTED,
) = range(24, 66)

# The header: addresses and widths in ``minutes``.
(
    AT_FREE,
    FREE_WIDTH,
    AT_LOW,
    AT_SHIFT,
    LOW_WIDTH,
    AT_OPENING,
    OPENING_WIDTH,
) = range(66, 73)

# The header: what the kernels count.
(
    ITEMS,
    SPANS,
    TRIAL_POOL,
    KEPT_POOL,
    RANDOM_A,
    RANDOM_B,
    MARKED,
    SOUGHT,
    MOST_AWAY,
) = range(73, 82)

# The header: where places end, at most the span.
UNTIL = 82

HEADER = 83

# Columns of a template.
STEPS, GROUPS, CHOICES, STATION_ROW, MAIN_STEP, TEMPLATE_COLUMNS = range(6)

# Columns of a step, and values of its kind.
(
    DURATION,
    KIND,
    PLACE,
    EXTRA,
    CREW,
    PEOPLE,
    CALENDAR,
    IN_BAY,
    BLOCK_AT,
    STEP_COLUMNS,
) = range(10)
MANUAL, THROUGH, SOAK = range(3)

# Columns of the watts of a step at a level.
AT_NODE, AT_SITE, AT_LOOP, WATT_COLUMNS = range(4)

# Columns of a group of steps, and values of what it holds.
GROUP_FIRST, GROUP_LAST, GROUP_HOLD, GROUP_COLUMNS = range(4)
HOLD_NOTHING, HOLD_STATION, HOLD_BAY = range(3)

# Columns of a pool; its nodes follow.
POOL_ROW, POOL_SITE, POOL_LOOP, POOL_NODES, POOL_NODE = range(5)

# Rows of a calendar's opening.
NEXT_OPEN, WINDOW_END, WINDOW_START, OPEN_BEFORE, OPEN_MINUTE, OPENING_ROWS = range(6)

# Columns of a rack.
(
    TEMPLATE,
    DONE,
    READY,
    RUNNING,
    LEFT,
    ONLY_POOL,
    BAY_SINCE,
    HAS_BAY,
    HAS_STATION,
    KIT_STARTED,
    DUE,
    PROMISE,
    LATE,
    LEAST_PRICE,
    ABSENT,
    NEVER,
    IS_FACT,
    PREVIOUS_POOL,
    RACK_COLUMNS,
) = range(19)

# Value of IS_FACT of a rack with facts that is not to be planned; 1 of any other.
STAYS_OUT = 2

# Columns of a need for material.
NEED_PART, NEED_SUM, NEED_QUANTITY, NEED_COLUMNS = range(4)

# Columns of a seat.
PLACED, POOL, PRICE, FORCED, DIRTY, SEAT_COLUMNS = range(6)

# Columns of an item that a stretch of work needs, and of its hours.
(
    ITEM_ROW,
    ITEM_NEED,
    ITEM_OFF,
    ITEM_LENGTH,
    ITEM_SEEN,
    ITEM_HOURS,
    ITEM_COLUMNS,
) = range(7)
HOURS_CALENDAR, HOURS_OFF, HOURS_LENGTH, HOURS_COLUMNS = range(4)


class Memory(NamedTuple):
    """What every kernel reads and writes.

    Attributes:
        words: Header and tables.
        minutes: Free capacity and opening hours.
    """

    words: Wide
    minutes: Narrow


@compiled
def template_of(memory: Memory, template: int, column: int) -> int:
    """Return a column of a template."""
    words = memory.words
    return words[words[AT_TEMPLATE] + template * TEMPLATE_COLUMNS + column]


@compiled
def step_of(memory: Memory, template: int, step: int, column: int) -> int:
    """Return a column of a step."""
    words = memory.words
    row = template * words[MOST_STEPS] + step
    return words[words[AT_STEP] + row * STEP_COLUMNS + column]


@compiled
def watts_of(memory: Memory, template: int, step: int, level: int, column: int) -> int:
    """Return the watts of a step at a level; standby follows the last level."""
    words = memory.words
    row = (template * words[MOST_STEPS] + step) * (words[LEVELS] + 1) + level
    return words[words[AT_WATTS] + row * WATT_COLUMNS + column]


@compiled
def group_of(memory: Memory, template: int, group: int, column: int) -> int:
    """Return a column of a group of steps."""
    words = memory.words
    row = template * words[MOST_GROUPS] + group
    return words[words[AT_GROUP] + row * GROUP_COLUMNS + column]


@compiled
def pool_of(memory: Memory, pool: int, column: int) -> int:
    """Return a column of a pool."""
    words = memory.words
    return words[words[AT_POOL] + pool * words[POOL_WIDTH] + column]


@compiled
def choice_of(memory: Memory, template: int, choice: int) -> int:
    """Return one of the pools a template may take."""
    words = memory.words
    return words[words[AT_CHOICE] + template * words[CHOICE_WIDTH] + choice]


@compiled
def rack_of(memory: Memory, rack: int, column: int) -> int:
    """Return a column of a rack."""
    words = memory.words
    return words[words[AT_RACK] + rack * RACK_COLUMNS + column]


@compiled
def pin_of(memory: Memory, rack: int, step: int) -> int:
    """Return the start a planner fixed, or ``NONE``."""
    words = memory.words
    return words[words[AT_PIN] + rack * words[MOST_STEPS] + step]


@compiled
def previous_of(memory: Memory, rack: int, step: int) -> int:
    """Return the start in the published plan, or ``NONE``."""
    words = memory.words
    return words[words[AT_PREVIOUS] + rack * words[MOST_STEPS] + step]


@compiled
def need_from(memory: Memory, rack: int, step: int) -> int:
    """Return the first need of a step; the next step's is the end."""
    words = memory.words
    return words[words[AT_NEED_FROM] + rack * (words[MOST_STEPS] + 1) + step]


@compiled
def need_of(memory: Memory, need: int, column: int) -> int:
    """Return a column of a need."""
    words = memory.words
    return words[words[AT_NEED] + need * NEED_COLUMNS + column]


@compiled
def seat_of(memory: Memory, rack: int, column: int) -> int:
    """Return a column of a rack's seat."""
    words = memory.words
    return words[words[AT_SEAT] + rack * SEAT_COLUMNS + column]


@compiled
def set_seat(memory: Memory, rack: int, column: int, value: int) -> None:
    """Change a column of a rack's seat."""
    words = memory.words
    words[words[AT_SEAT] + rack * SEAT_COLUMNS + column] = value


@compiled
def opening_of(memory: Memory, calendar: int, row: int, at: int) -> int:
    """Return one of a calendar's lookups at a minute."""
    words = memory.words
    line = calendar * OPENING_ROWS + row
    return int(memory.minutes[words[AT_OPENING] + line * words[OPENING_WIDTH] + at])


@compiled
def time_at(memory: Memory, rack: int) -> int:
    """Return the address of a rack's times in the plan: start and end per step."""
    words = memory.words
    return words[AT_TIME] + rack * words[MOST_STEPS] * 2


@compiled
def soak_at(memory: Memory, rack: int) -> int:
    """Return the address of a rack's soak blocks: level and standby before it."""
    words = memory.words
    return words[AT_SOAK] + rack * words[BLOCKS] * 2


@compiled
def start_of(memory: Memory, times: int, step: int) -> int:
    """Return a step's start among the times at an address."""
    return memory.words[times + 2 * step]


@compiled
def end_of(memory: Memory, times: int, step: int) -> int:
    """Return a step's end among the times at an address."""
    return memory.words[times + 2 * step + 1]


@compiled
def set_time(memory: Memory, step: int, start: int, end: int) -> None:
    """Write a step's times into the trial."""
    at = memory.words[AT_TRIAL_TIME] + 2 * step
    memory.words[at] = start
    memory.words[at + 1] = end


@compiled
def copy(memory: Memory, source: int, target: int, length: int) -> None:
    """Copy words from one address to another."""
    words = memory.words
    for at in range(length):
        words[target + at] = words[source + at]
