"""Six dispatch rules: the orders in which shops have always taken work."""

from collections.abc import Callable

import numpy as np

from scheduling.engine.decode.encode import Tables
from scheduling.engine.kernels import memory as t

Key = Callable[[t.Wide, t.Wide, t.Wide], t.Wide]
"""Due dates, ready times and minutes of work left give what to sort by."""

FAR = 1 << 40


def _earliest_due_date(racks: t.Wide, due: t.Wide, work: t.Wide) -> t.Wide:
    return due


def _minimum_slack(racks: t.Wide, due: t.Wide, work: t.Wide) -> t.Wide:
    return due - racks[:, t.READY] - work


def _earliest_release(racks: t.Wide, due: t.Wide, work: t.Wide) -> t.Wide:
    return racks[:, t.READY]


def _shortest_remaining(racks: t.Wide, due: t.Wide, work: t.Wide) -> t.Wide:
    return work


def _weighted_shortest(racks: t.Wide, due: t.Wide, work: t.Wide) -> t.Wide:
    return -(racks[:, t.LATE] << 20) // np.maximum(1, work)


def _critical_ratio(racks: t.Wide, due: t.Wide, work: t.Wide) -> t.Wide:
    return (due << 10) // np.maximum(1, work)


RULES: dict[str, Key] = {
    "earliest_due_date": _earliest_due_date,
    "minimum_slack": _minimum_slack,
    "earliest_release": _earliest_release,
    "shortest_remaining_processing_time": _shortest_remaining,
    "weighted_shortest_processing_time": _weighted_shortest,
    "critical_ratio": _critical_ratio,
}


def order_by(rule: str, tables: Tables) -> t.Wide:
    """Return the racks in the order of a rule; ties go by due date, then as given.

    Raises:
        KeyError: If there is no such rule.
    """
    racks = tables.rack
    due = np.where(racks[:, t.DUE] == t.NONE, FAR, racks[:, t.DUE])
    durations = tables.step[:, :, t.DURATION]
    steps = np.arange(durations.shape[1])
    left = steps[None, :] >= racks[:, t.DONE][:, None]
    work = (durations[racks[:, t.TEMPLATE]] * left).sum(axis=1)
    running = racks[:, t.RUNNING] > 0
    first = durations[racks[:, t.TEMPLATE], np.minimum(racks[:, t.DONE], steps[-1])]
    work = np.where(running, work - first + racks[:, t.LEFT], work)
    return np.lexsort((due, RULES[rule](racks, due, work)))
