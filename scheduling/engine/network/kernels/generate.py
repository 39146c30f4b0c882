"""Schedule generation: an order of activities becomes a plan, forward or backward.

Serial: each activity in turn gets its earliest place. Parallel: time goes on, and at
each tick what may start does, in order. Justification: the plan is pushed to the right
in the order of ends and back to the left in the order of starts, which never makes it
longer.
"""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.net import (
    AFTER_FROM,
    BEFORE_FROM,
    DEADLINE,
    DUE,
    DURATION,
    FAILED,
    FAR,
    GROUP,
    LEAST,
    MODE_FROM,
    OF_END,
    OPENED,
    OTHER,
    RELEASE,
    TO_END,
    WEIGHT,
    Net,
    Plan,
    Wide,
)
from scheduling.engine.network.kernels.place import clear, earliest, latest, take
from scheduling.engine.network.kernels.rows import copy, fill

DONE = 2
"""An activity that stands in its place in an order that is being mended."""


@compiled
def ready(net: Net, plan: Plan, activity: int, duration: int) -> int:
    """Return the earliest start that release and lags from placed activities allow."""
    start = net.activity[activity, RELEASE]
    for at in range(
        net.activity[activity, BEFORE_FROM], net.activity[activity + 1, BEFORE_FROM]
    ):
        other = net.before[at, OTHER]
        if plan.start[other] >= 0:
            moment = plan.start[other] + net.before[at, LEAST]
            if net.before[at, OF_END]:
                moment += net.mode[plan.mode[other], DURATION]
            if net.before[at, TO_END]:
                moment -= duration
            start = max(start, moment)
    return start


@compiled
def due(net: Net, plan: Plan, activity: int, until: int) -> int:
    """Return the latest start that deadline and lags to placed activities allow.

    Args:
        net: The tables.
        plan: What stands already; the activity keeps its mode.
        activity: Which one.
        until: It ends no later.
    """
    duration = net.mode[plan.mode[activity], DURATION]
    start = min(until, net.activity[activity, DEADLINE]) - duration
    for at in range(
        net.activity[activity, AFTER_FROM], net.activity[activity + 1, AFTER_FROM]
    ):
        other = net.after[at, OTHER]
        if plan.start[other] >= 0:
            moment = plan.start[other] - net.after[at, LEAST]
            if net.after[at, TO_END]:
                moment += net.mode[plan.mode[other], DURATION]
            if net.after[at, OF_END]:
                moment -= duration
            start = min(start, moment)
    return start


@compiled
def _quickest(net: Net, plan: Plan, activity: int) -> int:
    """Return the mode that ends first, or -1 where none has a place."""
    first = net.activity[activity, MODE_FROM]
    last = net.activity[activity + 1, MODE_FROM]
    if last == first + 1:
        return first
    best, ended = FAILED, FAR
    for mode in range(first, last):
        duration = net.mode[mode, DURATION]
        start = ready(net, plan, activity, duration)
        if start + duration >= ended:
            continue
        start = earliest(net, plan.free, mode, start)
        if start >= 0 and start + duration < ended:
            best, ended = mode, start + duration
    return best


@compiled
def line_up(
    net: Net, plan: Plan, order: Wide, first: int, last: int, choice: Wide
) -> int:
    """Give activities in turn their earliest places; return the last end or -1.

    One loop and no call for each activity: handing the tables to a call took two thirds
    of the time.

    Args:
        net: The tables.
        plan: What stands already.
        order: Activities, each after those it waits for.
        first: Place of the first one in ``order``.
        last: Place behind the last one.
        choice: For each activity a row of ``mode``, or -1 for the mode that ends first.
    """
    ended = 0
    for at in range(first, last):
        activity = order[at]
        mode = choice[activity]
        if mode < 0:
            mode = _quickest(net, plan, activity)
            if mode < 0:
                return FAILED
        duration = net.mode[mode, DURATION]
        start = ready(net, plan, activity, duration)
        start = earliest(net, plan.free, mode, start)
        if start < 0 or start + duration > net.activity[activity, DEADLINE]:
            return FAILED
        plan.start[activity] = start
        plan.mode[activity] = mode
        take(net, plan, mode, start, 1)
        ended = max(ended, start + duration)
    return ended


@compiled
def forward(net: Net, plan: Plan, order: Wide, choice: Wide) -> int:
    """Place all activities in turn; return the last end, or -1 if one has no place.

    Args:
        net: The tables.
        plan: Overwritten.
        order: Activities, each after those it waits for.
        choice: For each activity a row of ``mode``, or -1 for the mode that ends first.
    """
    clear(net, plan)
    fill(plan.start, FAILED)
    return line_up(net, plan, order, 0, order.size, choice)


@compiled
def parallel(net: Net, plan: Plan, order: Wide, choice: Wide, waiting: Wide) -> int:
    """Let what may start at a tick start, in order; return the last end or -1.

    Args:
        net: The tables.
        plan: Overwritten.
        order: Activities by priority; those they wait for may stand later.
        choice: For each activity a row of ``mode``, or -1 for the mode that ends first.
        waiting: Scratch, one place an activity.
    """
    clear(net, plan)
    fill(plan.start, FAILED)
    count = order.size
    copy(waiting, order)
    span = plan.free.shape[1]
    tick, last = 0, 0
    while count > 0 and tick < span:
        following = span
        kept = 0
        for at in range(count):
            activity = waiting[at]
            moment = _startable(net, plan, activity, choice[activity], tick)
            if moment == tick:
                end = plan.start[activity] + net.mode[plan.mode[activity], DURATION]
                if end > net.activity[activity, DEADLINE]:
                    return FAILED
                last = max(last, end)
            else:
                waiting[kept] = activity
                kept += 1
                following = min(following, moment)
        if kept == count and following == span:
            return FAILED
        # What was placed may let others start at once.
        tick = tick if kept < count else max(tick + 1, following)
        count = kept
    return last if count == 0 else FAILED


@compiled
def _startable(net: Net, plan: Plan, activity: int, choice: int, tick: int) -> int:
    """Start an activity at a tick if it fits there; return when it may fit at all."""
    for at in range(
        net.activity[activity, BEFORE_FROM], net.activity[activity + 1, BEFORE_FROM]
    ):
        if plan.start[net.before[at, OTHER]] < 0:
            return plan.free.shape[1]
    first, last = choice, choice + 1
    if choice < 0:
        first = net.activity[activity, MODE_FROM]
        last = net.activity[activity + 1, MODE_FROM]
    soonest, best, ended = plan.free.shape[1], FAILED, FAR
    for mode in range(first, last):
        duration = net.mode[mode, DURATION]
        start = max(tick, ready(net, plan, activity, duration))
        start = earliest(net, plan.free, mode, start)
        if start < 0:
            continue
        soonest = min(soonest, start)
        if start == tick and start + duration < ended:
            best, ended = mode, start + duration
    if best >= 0:
        plan.start[activity] = tick
        plan.mode[activity] = best
        take(net, plan, best, tick, 1)
    return soonest


@compiled
def backward(net: Net, plan: Plan, order: Wide, until: int) -> int:
    """Place all activities in turn as late as they fit; modes stay.

    Args:
        net: The tables.
        plan: Overwritten but for its modes.
        order: Activities, each after those that wait for it.
        until: No activity ends later.

    Returns:
        The least start, or -1 if an activity has no place after its release.
    """
    clear(net, plan)
    fill(plan.start, FAILED)
    least = until
    for place in range(order.size):
        activity = order[place]
        mode = plan.mode[activity]
        start = latest(net, plan.free, mode, due(net, plan, activity, until))
        if start < net.activity[activity, RELEASE]:
            return FAILED
        plan.start[activity] = start
        take(net, plan, mode, start, 1)
        least = min(least, start)
    return least


@compiled
def by_start(net: Net, plan: Plan, rank: Wide, bucket: Wide, order: Wide) -> None:
    """Write activities into ``order`` by rising start, ties by rank.

    Args:
        net: The tables.
        plan: Every activity has a place.
        rank: Activities, each after those it waits for: decides ties.
        bucket: Scratch, one place a tick and one more.
        order: Overwritten.
    """
    top = plan.touched[0] + 1
    fill(bucket[: top + 1], 0)
    for activity in range(rank.size):
        bucket[plan.start[activity] + 1] += 1
    for tick in range(top):
        bucket[tick + 1] += bucket[tick]
    for at in range(rank.size):
        activity = rank[at]
        order[bucket[plan.start[activity]]] = activity
        bucket[plan.start[activity]] += 1


@compiled
def by_end(net: Net, plan: Plan, rank: Wide, bucket: Wide, order: Wide) -> None:
    """Write activities into ``order`` by falling end, ties by falling rank."""
    top = plan.touched[0] + 1
    fill(bucket[: top + 1], 0)
    count = rank.size
    for activity in range(count):
        bucket[plan.start[activity] + net.mode[plan.mode[activity], DURATION]] += 1
    for tick in range(top, 0, -1):
        bucket[tick - 1] += bucket[tick]
    for at in range(count - 1, -1, -1):
        activity = rank[at]
        end = plan.start[activity] + net.mode[plan.mode[activity], DURATION]
        # The bucket counts all that end at this tick or later.
        order[bucket[end + 1]] = activity
        bucket[end + 1] += 1


@compiled
def in_order(net: Net, order: Wide, seen: Wide, stack: Wide, kept: Wide) -> None:
    """Bring each activity of an order behind those it waits for; else it stays.

    Args:
        net: The tables.
        order: Overwritten.
        seen: Scratch, one place an activity.
        stack: Scratch, one place an activity.
        kept: Scratch, one place an activity.
    """
    fill(seen, 0)
    count = 0
    for place in range(order.size):
        depth = 0
        stack[0] = order[place]
        while depth >= 0:
            activity = stack[depth]
            if seen[activity] == DONE:
                depth -= 1
                continue
            seen[activity] = 1
            waits = FAILED
            for at in range(
                net.activity[activity, BEFORE_FROM],
                net.activity[activity + 1, BEFORE_FROM],
            ):
                if seen[net.before[at, OTHER]] == 0:
                    waits = net.before[at, OTHER]
                    break
            if waits >= 0:
                depth += 1
                stack[depth] = waits
            else:
                kept[count] = activity
                count += 1
                seen[activity] = DONE
                depth -= 1
    copy(order, kept)


@compiled
def justify(
    net: Net, plan: Plan, rank: Wide, bucket: Wide, order: Wide, until: int
) -> int:
    """Push a plan to the right and back to the left; return its last end or -1.

    Args:
        net: The tables.
        plan: A whole plan; overwritten.
        rank: Activities, each after those it waits for.
        bucket: Scratch, one place a tick and three more.
        order: Scratch; holds the order of the last pass afterwards.
        until: The plan's last end.
    """
    by_end(net, plan, rank, bucket, order)
    if backward(net, plan, order, until) < 0:
        return FAILED
    by_start(net, plan, rank, bucket, order)
    return forward(net, plan, order, plan.mode)


@compiled
def worth(net: Net, plan: Plan, ends: Wide) -> tuple[int, int]:
    """Return makespan and 0, or weighted tardiness and flow.

    Args:
        net: The tables.
        plan: Every activity has a place.
        ends: Scratch, one place a group.
    """
    fill(ends, 0)
    last = 0
    for activity in range(plan.start.size):
        end = plan.start[activity] + net.mode[plan.mode[activity], DURATION]
        last = max(last, end)
        group = net.activity[activity, GROUP]
        if group >= 0:
            ends[group] = max(ends[group], end)
    if net.is_tardy == 0:
        return last, 0
    late, flow = 0, 0
    for group in range(ends.size):
        end = max(ends[group], net.group[group, OPENED])
        flow += end - net.group[group, OPENED]
        late += net.group[group, WEIGHT] * max(0, end - net.group[group, DUE])
    return late, flow
