"""Generation tick by tick, for capacities that never change.

Whatever runs has begun already, so what is left free only grows from the tick at hand
on: what fits now fits to its end. And while a plan grows, nothing becomes free again:
an activity that was refused is not asked for before the tick it was refused until.
"""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.net import (
    AFTER_FROM,
    AMOUNT,
    BEFORE_FROM,
    DURATION,
    FAILED,
    FAR,
    KEY,
    LEAST,
    MODE_FROM,
    OTHER,
    RELEASE,
    USE_FROM,
    Net,
    Plan,
    Wide,
)
from scheduling.engine.network.kernels.place import clear
from scheduling.engine.network.kernels.rows import fill


@compiled
def pour(net: Net, plan: Plan, order: Wide, tail: Wide, scratch: Wide) -> int:
    """Let what may start at a tick start, in order; return the last end or FAR.

    One loop and no call for each activity, as in ``line_up``.

    Args:
        net: One mode an activity, lags from end to start, one capacity at all ticks.
        plan: Overwritten.
        order: Activities by priority; those they wait for may stand later.
        tail: Ticks at least from each activity's end to the end of the plan.
        scratch: Four rows, one place an activity.
    """
    clear(net, plan)
    fill(plan.start, FAILED)
    place, unmet, moment, waiting = scratch[0], scratch[1], scratch[2], scratch[3]
    span = plan.free.shape[1]
    count, left = 0, order.size
    for at in range(order.size):
        activity = order[at]
        place[activity] = at
        first = net.activity[activity, BEFORE_FROM]
        unmet[activity] = net.activity[activity + 1, BEFORE_FROM] - first
        moment[activity] = net.activity[activity, RELEASE]
        if unmet[activity] == 0:
            waiting[count] = activity
            count += 1
    tick, last = 0, 0
    while left > 0:
        following = span
        kept, listed = 0, count
        for at in range(listed):
            activity = waiting[at]
            mode = net.activity[activity, MODE_FROM]
            first, behind = net.mode[mode, USE_FROM], net.mode[mode + 1, USE_FROM]
            begun = max(tick, moment[activity])
            if begun == tick:
                for use in range(first, behind):
                    key, need = net.use[use, KEY], net.use[use, AMOUNT]
                    while begun < span and plan.free[key, begun] < need:
                        begun += 1
                moment[activity] = begun
            if begun > tick:
                following = min(following, begun)
                waiting[kept] = activity
                kept += 1
                continue
            end = tick + net.mode[mode, DURATION]
            if end > span:
                return FAR
            for use in range(first, behind):
                key, need = net.use[use, KEY], net.use[use, AMOUNT]
                for busy in range(tick, end):
                    plan.free[key, busy] -= need
            plan.start[activity] = tick
            plan.mode[activity] = mode
            plan.touched[0] = max(plan.touched[0], end)
            last = max(last, end + tail[activity])
            left -= 1
            for row in range(
                net.activity[activity, AFTER_FROM],
                net.activity[activity + 1, AFTER_FROM],
            ):
                other = net.after[row, OTHER]
                moment[other] = max(moment[other], end + net.after[row, LEAST])
                unmet[other] -= 1
                if unmet[other] == 0:
                    following = min(following, moment[other])
                    waiting[count] = other
                    count += 1
        for at in range(listed, count):
            # What was set free goes to its place among the others.
            activity = waiting[at]
            spot = kept
            while spot > 0 and place[waiting[spot - 1]] > place[activity]:
                waiting[spot] = waiting[spot - 1]
                spot -= 1
            waiting[spot] = activity
            kept += 1
        count = kept
        if left > 0 and following >= span:
            return FAR
        tick = following
    return last
