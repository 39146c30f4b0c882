"""Ruin and recreate on what is left free: takes jobs out and puts each back.

A move costs what it touches, not the whole plan. Each job that was taken out gets the
earliest place of each of its activities in turn; worse plans are accepted with a chance
that falls with the temperature, and a move is given up as soon as the jobs put back
cost more than it may. A makespan is sought as the overrun of a target that moves down.
"""

import math
from typing import NamedTuple

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.chance import below, share
from scheduling.engine.network.kernels.generate import due, line_up
from scheduling.engine.network.kernels.net import (
    DUE,
    DURATION,
    FAILED,
    FAR,
    MEMBER_FROM,
    OPENED,
    RELEASE,
    WEIGHT,
    Net,
    Plan,
    Wide,
)
from scheduling.engine.network.kernels.place import latest, take
from scheduling.engine.network.kernels.rows import copy

TARGET, LATE_PRICE, FLOW_PRICE, MOST_OUT, IMPROVED, TOTAL, BEST, IN_TIME = range(8)
"""Places of ``number``: end that no job is to overrun (0 where due dates count), price
of a tick late and of a tick of flow, most jobs taken out, improvements, cost of the
plan now and of the best, percent of moves in which half of the jobs go back as late as
their due dates allow, so that what has time leaves early places to what has none."""

AROUND, BEFORE, BLOCKING, ANY = range(4)
"""Neighbours of a job that is taken out: in time, just before it, in its way, any."""
BY_DUE, BY_NOISE, BY_CHANCE, BY_END, BY_COST, SEED_FIRST = range(6)
"""Orders in which jobs go back."""


class Yard(NamedTuple):
    """The scratch of one search.

    Attributes:
        cost: What each job costs now.
        end: When each job ends.
        out: Jobs taken out, and the order they go back in.
        key: What that order is by.
        inside: 1 for jobs taken out.
        old_start: Starts of what was taken out, in the order of ``member``.
        old_mode: Their modes.
        best_start: Starts of the best plan.
        best_mode: Its modes.
        by_place: Jobs by their end, for neighbours in time.
        rank: Place of each job in ``by_place``.
        number: Single numbers, see ``TARGET`` and the rest.
        chance: State of the random numbers.
    """

    cost: Wide
    end: Wide
    out: Wide
    key: Wide
    inside: Wide
    old_start: Wide
    old_mode: Wide
    best_start: Wide
    best_mode: Wide
    by_place: Wide
    rank: Wide
    number: Wide
    chance: Wide


@compiled
def cost_of(net: Net, yard: Yard, group: int, end: int) -> int:
    """Return what a job costs that ends at a tick."""
    flow = end - net.group[group, OPENED]
    if yard.number[TARGET] > 0:
        late = max(0, end - yard.number[TARGET])
    else:
        late = net.group[group, WEIGHT] * max(0, end - net.group[group, DUE])
    return late * yard.number[LATE_PRICE] + flow * yard.number[FLOW_PRICE]


@compiled
def end_of(net: Net, plan: Plan, group: int) -> int:
    """Return when the last activity of a job ends."""
    last = net.group[group, OPENED]
    for at in range(net.group[group, MEMBER_FROM], net.group[group + 1, MEMBER_FROM]):
        activity = net.member[at]
        last = max(last, plan.start[activity] + net.mode[plan.mode[activity], DURATION])
    return last


@compiled
def price(net: Net, plan: Plan, yard: Yard) -> int:
    """Price every job anew and order them by their ends; return the sum."""
    total = 0
    for group in range(yard.cost.size):
        yard.end[group] = end_of(net, plan, group)
        yard.cost[group] = cost_of(net, yard, group, yard.end[group])
        total += yard.cost[group]
    yard.number[TOTAL] = total
    return total


@compiled
def lift(net: Net, plan: Plan, yard: Yard, group: int) -> None:
    """Take a job out of the plan and remember where it was."""
    for at in range(net.group[group, MEMBER_FROM], net.group[group + 1, MEMBER_FROM]):
        activity = net.member[at]
        yard.old_start[at], yard.old_mode[at] = (
            plan.start[activity],
            plan.mode[activity],
        )
        if plan.start[activity] >= 0:
            take(net, plan, plan.mode[activity], plan.start[activity], -1)
            plan.start[activity] = FAILED


@compiled
def drop(net: Net, plan: Plan, group: int) -> None:
    """Take a job out of the plan for good."""
    for at in range(net.group[group, MEMBER_FROM], net.group[group + 1, MEMBER_FROM]):
        activity = net.member[at]
        if plan.start[activity] >= 0:
            take(net, plan, plan.mode[activity], plan.start[activity], -1)
            plan.start[activity] = FAILED


@compiled
def restore(net: Net, plan: Plan, yard: Yard, group: int) -> None:
    """Put a job back where it was."""
    for at in range(net.group[group, MEMBER_FROM], net.group[group + 1, MEMBER_FROM]):
        activity = net.member[at]
        plan.start[activity], plan.mode[activity] = (
            yard.old_start[at],
            yard.old_mode[at],
        )
        take(net, plan, plan.mode[activity], plan.start[activity], 1)


@compiled
def insert(net: Net, plan: Plan, group: int, keep: Wide) -> int:
    """Give each activity of a job its earliest place; return the job's end or -1.

    Args:
        net: The tables.
        plan: Takes the job.
        group: The job.
        keep: For each activity a row of ``mode``, or -1 for the mode that ends first.
    """
    first, last = net.group[group, MEMBER_FROM], net.group[group + 1, MEMBER_FROM]
    end = line_up(net, plan, net.member, first, last, keep)
    if end < 0:
        return FAILED
    return max(end, net.group[group, OPENED])


@compiled
def insert_late(net: Net, plan: Plan, group: int, until: int) -> int:
    """Give each activity of a job its latest place; return the job's end or -1.

    Modes stay. Where an activity has no place after its release, the job stays out.

    Args:
        net: The tables.
        plan: Takes the job.
        group: The job.
        until: No activity of it ends later.
    """
    first, last = net.group[group, MEMBER_FROM], net.group[group + 1, MEMBER_FROM]
    for at in range(last - 1, first - 1, -1):
        activity = net.member[at]
        mode = plan.mode[activity]
        start = due(net, plan, activity, until)
        if start >= net.activity[activity, RELEASE]:
            start = latest(net, plan.free, mode, start)
        if start < net.activity[activity, RELEASE]:
            drop(net, plan, group)
            return FAILED
        plan.start[activity] = start
        take(net, plan, mode, start, 1)
    return end_of(net, plan, group)


@compiled
def costliest(yard: Yard, among: int) -> int:
    """Return the job that costs most of some drawn at random."""
    best = below(yard.chance, yard.cost.size)
    for _ in range(among - 1):
        other = below(yard.chance, yard.cost.size)
        if yard.cost[other] > yard.cost[best]:
            best = other
    return best


@compiled
def choose(net: Net, plan: Plan, yard: Yard, count: int) -> int:
    """Choose which jobs to take out; return how many.

    One is chosen by its cost; the others are its neighbours in time, those just before
    it, those between what it could have and what it has, or any.
    """
    jobs = yard.cost.size
    count = min(count, jobs)
    seed = costliest(yard, 5)
    yard.out[0] = seed
    yard.inside[seed] = 1
    chosen = 1
    kind = below(yard.chance, ANY + 1)
    place = yard.rank[seed]
    reach = count + 2 + below(yard.chance, 3 * count + 1)
    first, last = place - reach, place + reach
    if kind == BEFORE:
        first, last = place - 2 * reach, place
    elif kind == BLOCKING:
        # Its work could have begun at its release: what ended since then is in its way.
        begun = net.group[seed, OPENED]
        first = place
        while first > 0 and yard.end[yard.by_place[first - 1]] >= begun:
            first -= 1
            if place - first > 8 * reach:
                break
        last = place + 1
    elif kind == ANY:
        first, last = 0, jobs
    first, last = max(0, first), min(jobs - 1, last)
    for _ in range(4 * count):
        if chosen >= count:
            break
        other = yard.by_place[first + below(yard.chance, last - first + 1)]
        if yard.inside[other] == 0:
            yard.inside[other] = 1
            yard.out[chosen] = other
            chosen += 1
    return chosen


@compiled
def sort_out(net: Net, yard: Yard, count: int) -> None:
    """Put the jobs taken out into a new order to go back in."""
    kind = below(yard.chance, SEED_FIRST + 1)
    for at in range(count):
        group = yard.out[at]
        due = min(net.group[group, DUE], FAR >> 16)
        if kind == BY_DUE:
            key = due
        elif kind == BY_NOISE:
            noise = below(yard.chance, 1 + yard.end[group] - net.group[group, OPENED])
            key = due - net.group[group, WEIGHT] * noise
        elif kind == BY_CHANCE:
            key = below(yard.chance, 1 << 20)
        elif kind == BY_END:
            key = yard.end[group]
        elif kind == BY_COST:
            key = -yard.cost[group]
        else:
            key = at if at == 0 else 1 + below(yard.chance, 1 << 20)
        yard.key[at] = key
    for at in range(1, count):
        group, key = yard.out[at], yard.key[at]
        place = at
        while place > 0 and yard.key[place - 1] > key:
            yard.out[place], yard.key[place] = yard.out[place - 1], yard.key[place - 1]
            place -= 1
        yard.out[place], yard.key[place] = group, key


@compiled
def move(net: Net, plan: Plan, yard: Yard, keep: Wide, heat: float) -> int:
    """Make one move; return the change of cost, or ``FAR`` if it was undone."""
    most = yard.number[MOST_OUT]
    count = choose(net, plan, yard, 1 + below(yard.chance, most))
    old = 0
    for at in range(count):
        group = yard.out[at]
        yard.inside[group] = 0
        old += yard.cost[group]
        lift(net, plan, yard, group)
    sort_out(net, yard, count)
    limit = old
    if heat > 0.0:
        limit = old + int(-heat * math.log(share(yard.chance) + 1e-12))
    new, placed = 0, 0
    may_wait = below(yard.chance, 100) < yard.number[IN_TIME]
    while placed < count:
        group = yard.out[placed]
        end = FAILED
        # The last one put back leaves nothing to anybody.
        if may_wait and placed + 1 < count and below(yard.chance, 2) == 0:
            until = min(net.group[group, DUE], plan.free.shape[1])
            end = insert_late(net, plan, group, until)
        if end < 0:
            end = insert(net, plan, group, keep)
        placed += 1
        if end < 0:
            new = FAR
            break
        yard.key[placed - 1] = end
        new += cost_of(net, yard, group, end)
        if new > limit:
            break
    if new > limit:
        for at in range(placed):
            drop(net, plan, yard.out[at])
        for at in range(count):
            restore(net, plan, yard, yard.out[at])
        return FAR
    for at in range(count):
        group = yard.out[at]
        yard.end[group] = yard.key[at]
        yard.cost[group] = cost_of(net, yard, group, yard.end[group])
    yard.number[TOTAL] += new - old
    return new - old


@compiled
def anneal(
    net: Net,
    plan: Plan,
    yard: Yard,
    keep: Wide,
    moves: int,
    hot: float,
    cold: float,
) -> int:
    """Make moves while it cools from ``hot`` to ``cold``; return how many were made.

    The best plan is written down whenever the cost falls below the best so far.
    """
    heat = hot
    factor = 1.0
    if moves > 1 and hot > 0.0:
        factor = math.exp(math.log(max(cold, 1e-9) / hot) / moves)
    for made in range(moves):
        changed = move(net, plan, yard, keep, heat)
        heat *= factor
        if changed != FAR:
            if changed < 0 and yard.number[TOTAL] < yard.number[BEST]:
                yard.number[BEST] = yard.number[TOTAL]
                yard.number[IMPROVED] += 1
                copy(yard.best_start, plan.start)
                copy(yard.best_mode, plan.mode)
            if yard.number[TARGET] > 0 and yard.number[BEST] == 0:
                return made + 1
    return moves
