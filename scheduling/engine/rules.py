"""Six dispatch rules: the orders in which shops have always taken work."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduling.engine.decode.encode import Tables
from scheduling.engine.kernels import memory as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What the rules look at, one number a rack.

    Attributes:
        due: Due minute; far off without one.
        ready: Earliest start.
        work: Minutes of work left.
        late: Cents a day late.
    """

    due: t.Wide
    ready: t.Wide
    work: t.Wide
    late: t.Wide


Key = Callable[[Shop], t.Wide]
"""Returns what racks are sorted by."""

FAR = 1 << 40
FINE = 20
"""Bits of fraction that a quotient keeps."""

RULES: dict[str, Key] = {
    "earliest_due_date": lambda shop: shop.due,
    "minimum_slack": lambda shop: shop.due - shop.ready - shop.work,
    "earliest_release": lambda shop: shop.ready,
    "shortest_remaining_processing_time": lambda shop: shop.work,
    "weighted_shortest_processing_time": lambda shop: (
        -((shop.late << FINE) // np.maximum(1, shop.work))
    ),
    "critical_ratio": lambda shop: (shop.due << FINE) // np.maximum(1, shop.work),
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
    shop = Shop(due=due, ready=racks[:, t.READY], work=work, late=racks[:, t.LATE])
    order: t.Wide = np.lexsort((due, RULES[rule](shop)))
    return order
