"""Where each minute of lead time goes: physics, or a limit and the person who owns it.

Two figures answer "why", and they are never mixed: this one adds up to the lead time to
the minute; what lifting a limit would save is found by solving again.
"""

from scheduling.engine.problem import Problem
from scheduling.engine.referee.case import open_case
from scheduling.engine.schedule import Schedule
from scheduling.engine.waterfall.bars import Attribution, Limit
from scheduling.engine.waterfall.lead import bars
from scheduling.engine.waterfall.room import Room
from scheduling.engine.waterfall.stock import Stock
from scheduling.engine.waterfall.waits import Waits

__all__ = ["Attribution", "Limit", "attribute"]


def attribute(problem: Problem, schedule: Schedule) -> tuple[Attribution, ...]:
    """Return the waterfall of every planned rack, rack by rack in the problem's order.

    For each rack the minutes add up to the time from order received to dock. The cost
    grows with the gaps in the plan and with how much goes on at the same time, and but
    little with how long racks wait behind each other.
    """
    case = open_case(problem, schedule)
    room = Room(case)
    waits = Waits(room, Stock(case))
    found: list[Attribution] = []
    for plan in case.plans:
        if plan.rows:
            room.lift(plan)
            found.extend(bars(room, waits, plan))
            room.put_back()
    return tuple(found)
