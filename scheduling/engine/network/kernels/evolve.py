"""A genetic algorithm on activity lists: each child is decoded and justified.

An individual is an order, a mode for each activity and what the plan is worth. Children
take two stretches of one parent and one of the other; where they are no worse and
their plan is new to the herd they replace the worse parent.
"""

from typing import NamedTuple

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.chance import below, share
from scheduling.engine.network.kernels.generate import (
    by_start,
    forward,
    in_order,
    justify,
    worth,
)
from scheduling.engine.network.kernels.net import (
    AMOUNT,
    BEFORE_FROM,
    CONSUME_FROM,
    FAR,
    KEY,
    MODE_FROM,
    OTHER,
    Net,
    Plan,
    Wide,
)
from scheduling.engine.network.kernels.rows import copy, fill

FLOW_SHARE = 1_000_000_000
"""What a tick of the objective counts against a tick of flow."""
REACH = 20
"""Places by which an activity moves forward at most in a child."""
MASK = (1 << 48) - 1
"""Bits of a mark; a prime times it still has a place in 64."""
OVERDRAWN = 1_000_000
"""What a unit of a stock that is not there counts in ticks of the objective."""


class Herd(NamedTuple):
    """The individuals and the scratch of one island.

    Attributes:
        order: Individuals by places.
        mode: Individuals by activities.
        cost: What each is worth.
        mark: Of each one's plan, so that no two are alike.
        child: Scratch: the order of a child.
        chosen: Scratch: its modes.
        seen: Scratch, one place an activity; likewise stack and kept.
        bucket: Scratch, one place a tick and three more.
        ends: Scratch, one place a group.
        used: Scratch, one place a stock.
        chance: State of the random numbers.
        best: Starts of the best plan, then its modes.
        found: Cost of the best plan; how many plans were made.
    """

    order: Wide
    mode: Wide
    cost: Wide
    mark: Wide
    child: Wide
    chosen: Wide
    seen: Wide
    stack: Wide
    kept: Wide
    bucket: Wide
    ends: Wide
    used: Wide
    chance: Wide
    best: Wide
    found: Wide


@compiled
def overdraft(net: Net, herd: Herd, chosen: Wide) -> int:
    """Return by how many units modes use up more of the stocks than there is."""
    if net.stock.size == 0:
        return 0
    fill(herd.used, 0)
    for activity in range(chosen.size):
        mode = chosen[activity]
        for at in range(net.mode[mode, CONSUME_FROM], net.mode[mode + 1, CONSUME_FROM]):
            herd.used[net.consume[at, KEY]] += net.consume[at, AMOUNT]
    over = 0
    for key in range(net.stock.size):
        over += max(0, herd.used[key] - net.stock[key])
    return over


@compiled
def mend_stock(net: Net, herd: Herd, chosen: Wide, tries: int) -> int:
    """Change modes at random as long as that lowers the overdraft; return it."""
    over = overdraft(net, herd, chosen)
    while over > 0 and tries > 0:
        tries -= 1
        activity = below(herd.chance, chosen.size)
        first = net.activity[activity, MODE_FROM]
        old = chosen[activity]
        chosen[activity] = first + below(
            herd.chance, net.activity[activity + 1, MODE_FROM] - first
        )
        changed = overdraft(net, herd, chosen)
        if changed <= over:
            over = changed
        else:
            chosen[activity] = old
    return over


@compiled
def appraise(
    net: Net, plan: Plan, herd: Herd, rank: Wide, order: Wide, chosen: Wide
) -> int:
    """Decode an order and its modes, justify, and return what the plan is worth.

    ``order`` and ``chosen`` hold the plan's own order and modes afterwards.
    """
    if net.is_plain == 0:
        in_order(net, order, herd.seen, herd.stack, herd.kept)
    end = forward(net, plan, order, chosen)
    if end < 0:
        return FAR
    if net.is_tardy == 0 and net.is_plain == 1:
        end = justify(net, plan, rank, herd.bucket, order, end)
        if end < 0:
            return FAR
    by_start(net, plan, rank, herd.bucket, order)
    copy(chosen, plan.mode)
    objective, flow = worth(net, plan, herd.ends)
    cost = objective
    if net.is_tardy:
        cost = objective * FLOW_SHARE + flow
    over = overdraft(net, herd, chosen)
    if over == 0 and cost < herd.found[0]:
        herd.found[0] = cost
        copy(herd.best, plan.start)
        copy(herd.best[order.size :], plan.mode)
    return cost + over * OVERDRAWN


@compiled
def cross(net: Net, herd: Herd, mother: int, father: int) -> None:
    """Write a child of two individuals: a stretch of the father inside the mother."""
    count = herd.child.size
    first = below(herd.chance, count)
    length = 1 + below(herd.chance, max(1, count // 2))
    last = min(count, first + length)
    fill(herd.seen, 0)
    for at in range(first):
        _inherit(herd, mother, herd.order[mother, at], at)
    at = first
    source = 0
    while at < last:
        activity = herd.order[father, source]
        source += 1
        if herd.seen[activity] == 0:
            _inherit(herd, father, activity, at)
            at += 1
    source = 0
    while at < count:
        activity = herd.order[mother, source]
        source += 1
        if herd.seen[activity] == 0:
            _inherit(herd, mother, activity, at)
            at += 1


@compiled
def _inherit(herd: Herd, parent: int, activity: int, at: int) -> None:
    herd.child[at] = activity
    herd.chosen[activity] = herd.mode[parent, activity]
    herd.seen[activity] = 1


@compiled
def mutate(net: Net, herd: Herd, rate: float, mode_rate: float) -> None:
    """Move activities forward past what they do not wait for, and change modes.

    Args:
        net: The tables.
        herd: Its child is changed.
        rate: Activities that move, as a share of all.
        mode_rate: Share of activities whose mode changes.
    """
    count = herd.child.size
    for _ in range(count):
        if share(herd.chance) < rate:
            place = below(herd.chance, count)
            _advance(net, herd, place, max(0, place - 1 - below(herd.chance, REACH)))
    if mode_rate > 0.0:
        for activity in range(count):
            first = net.activity[activity, MODE_FROM]
            modes = net.activity[activity + 1, MODE_FROM] - first
            if modes > 1 and share(herd.chance) < mode_rate:
                herd.chosen[activity] = first + below(herd.chance, modes)


@compiled
def _advance(net: Net, herd: Herd, place: int, first: int) -> None:
    """Move an activity forward to a place, or to behind the last it waits for."""
    activity = herd.child[place]
    while place > first and not _waits(net, herd.child[place - 1], activity):
        herd.child[place] = herd.child[place - 1]
        place -= 1
    herd.child[place] = activity


@compiled
def _waits(net: Net, one: int, other: int) -> bool:
    """Return whether the second activity waits for the first directly."""
    for at in range(
        net.activity[other, BEFORE_FROM], net.activity[other + 1, BEFORE_FROM]
    ):
        if net.before[at, OTHER] == one:
            return True
    return False


@compiled
def mark_of(net: Net, plan: Plan) -> int:
    """Return a number that two plans share by chance only."""
    mark = 0
    for activity in range(plan.start.size):
        row = plan.start[activity] * net.mode.shape[0] + plan.mode[activity]
        mark = (mark * 8_191 ^ row) & MASK
    return mark


@compiled
def _has(herd: Herd, size: int, mark: int) -> bool:
    """Return whether some individual has a plan of this mark."""
    for one in range(size):  # noqa: SIM110 - numba has no generators here
        if herd.mark[one] == mark:
            return True
    return False


@compiled
def evolve(
    net: Net,
    plan: Plan,
    herd: Herd,
    rank: Wide,
    size: int,
    children: int,
    rate: float,
    mode_rate: float,
    target: int,
) -> int:
    """Make children; return how many were made before the target cost was reached."""
    for made in range(children):
        if herd.found[0] <= target:
            return made
        mother = _fitter(herd, size)
        father = _fitter(herd, size)
        if father == mother:
            father = (mother + 1 + below(herd.chance, size - 1)) % size
        cross(net, herd, mother, father)
        mutate(net, herd, rate, mode_rate)
        if net.stock.size > 0:
            mend_stock(net, herd, herd.chosen, 200)
        cost = appraise(net, plan, herd, rank, herd.child, herd.chosen)
        worse = mother if herd.cost[mother] >= herd.cost[father] else father
        if cost <= herd.cost[worse]:
            mark = mark_of(net, plan)
            if not _has(herd, size, mark):
                copy(herd.order[worse], herd.child)
                copy(herd.mode[worse], herd.chosen)
                herd.cost[worse] = cost
                herd.mark[worse] = mark
        herd.found[1] += 1
    return children


@compiled
def _fitter(herd: Herd, size: int) -> int:
    one, other = below(herd.chance, size), below(herd.chance, size)
    return one if herd.cost[one] <= herd.cost[other] else other
