"""A problem of the general form as tables of integers, as the kernels read it.

A table has one row more than it describes where rows of another one belong to it: those
of row ``i`` run from ``table[i, X_FROM]`` to ``table[i + 1, X_FROM]``.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Wide = npt.NDArray[np.int64]
Narrow = npt.NDArray[np.int32]

FAR = 1 << 40
"""A moment no plan reaches; a due date or deadline that is not there."""
FAILED = -1
"""No place was found."""

MODE_FROM, BEFORE_FROM, AFTER_FROM, RELEASE, DEADLINE, GROUP = range(6)
"""Columns of ``activity``."""
DURATION, USE_FROM, CONSUME_FROM = range(3)
"""Columns of ``mode``."""
KEY, AMOUNT = range(2)
"""Columns of ``use`` and ``consume``: resource or stock, and units."""
OTHER, LEAST, OF_END, TO_END = range(4)
"""Columns of ``before`` and ``after``: the other activity, the least ticks, and whether
they run from the end of the first (1) and to the end of the second (1)."""
MEMBER_FROM, OPENED, DUE, WEIGHT = range(4)
"""Columns of ``group``: its activities in ``member``, its release, due date, weight."""


class Net(NamedTuple):
    """The tables.

    Attributes:
        activity: One row an activity and one more.
        mode: One row a mode and one more; an activity's modes stand together.
        use: What modes hold, the scarcest first.
        consume: What modes use up.
        before: Lags that lead to an activity.
        after: Lags that lead from an activity.
        group: One row a job and one more.
        member: The groups' activities, each after those it waits for.
        stock: Units of each stock.
        capacity: Units of each resource at each tick, resources by ticks.
        is_tardy: 1 where tardiness counts, 0 where the makespan does.
        is_plain: 1 where all lags run from end to start and none is negative: then
            rising starts are an order that all lags allow.
    """

    activity: Wide
    mode: Wide
    use: Wide
    consume: Wide
    before: Wide
    after: Wide
    group: Wide
    member: Wide
    stock: Wide
    capacity: Narrow
    is_tardy: int
    is_plain: int


class Plan(NamedTuple):
    """A plan that kernels work on, and what it leaves free.

    Attributes:
        start: First tick of each activity, -1 where it has no place.
        mode: Row of each activity's mode.
        free: Units left, resources by ticks.
        touched: At 0, the tick from which on nothing was ever taken.
    """

    start: Wide
    mode: Wide
    free: Narrow
    touched: Wide
