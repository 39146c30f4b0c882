"""Where an activity fits: the earliest and the latest place on what is left free."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.net import (
    AMOUNT,
    DURATION,
    FAILED,
    KEY,
    USE_FROM,
    Narrow,
    Net,
    Plan,
)


@compiled
def earliest(net: Net, free: Narrow, mode: int, start: int) -> int:
    """Return the first start from ``start`` on at which a mode fits, or -1.

    Looks for what is short from the end of the interval backward and goes on behind it,
    so that ticks known to suffice are not looked at again while one resource is asked.
    """
    duration = net.mode[mode, DURATION]
    first, last = net.mode[mode, USE_FROM], net.mode[mode + 1, USE_FROM]
    span = free.shape[1]
    asked = 0
    at = first
    sure = start
    while asked < last - first:
        if start + duration > span:
            return FAILED
        key, need = net.use[at, KEY], net.use[at, AMOUNT]
        tick = start + duration - 1
        while tick >= sure and free[key, tick] >= need:
            tick -= 1
        if tick < sure:
            asked += 1
            at += 1
            if at == last:
                at = first
            sure = start
        else:
            sure = start + duration
            start = tick + 1
            asked = 0
    if start + duration > span:
        return FAILED
    return start


@compiled
def latest(net: Net, free: Narrow, mode: int, start: int) -> int:
    """Return the last start from ``start`` down at which a mode fits, or -1."""
    duration = net.mode[mode, DURATION]
    first, last = net.mode[mode, USE_FROM], net.mode[mode + 1, USE_FROM]
    asked = 0
    at = first
    sure = start + duration
    while asked < last - first:
        if start < 0:
            return FAILED
        key, need = net.use[at, KEY], net.use[at, AMOUNT]
        tick = start
        while tick < sure and free[key, tick] >= need:
            tick += 1
        if tick >= sure:
            asked += 1
            at += 1
            if at == last:
                at = first
            sure = start + duration
        else:
            sure = start
            start = tick - duration
            asked = 0
    return start if start >= 0 else FAILED


@compiled
def take(net: Net, plan: Plan, mode: int, start: int, sign: int) -> None:
    """Take what a mode holds (``sign`` 1) or give it back (-1)."""
    end = start + net.mode[mode, DURATION]
    for at in range(net.mode[mode, USE_FROM], net.mode[mode + 1, USE_FROM]):
        key, amount = net.use[at, KEY], sign * net.use[at, AMOUNT]
        for tick in range(start, end):
            plan.free[key, tick] -= amount
    plan.touched[0] = max(plan.touched[0], end)


@compiled
def clear(net: Net, plan: Plan) -> None:
    """Make everything free again."""
    top = plan.touched[0]
    for key in range(plan.free.shape[0]):
        for tick in range(top):
            plan.free[key, tick] = net.capacity[key, tick]
    plan.touched[0] = 0
