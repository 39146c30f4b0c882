"""One island of the genetic algorithm, on one thread."""

from dataclasses import dataclass

import numpy as np

from scheduling.engine.network.encode import Layout
from scheduling.engine.network.kernels.evolve import (
    FLOW_SHARE,
    Herd,
    appraise,
    evolve,
    mark_of,
    mend_stock,
)
from scheduling.engine.network.kernels.generate import by_start, forward, parallel
from scheduling.engine.network.kernels.net import (
    FAR,
    MODE_FROM,
    Plan,
    Wide,
)
from scheduling.engine.network.search.orders import Orders
from scheduling.engine.network.search.record import Incumbent, Record

NAME = "genetic"
SLICE = 400_000
"""Activities that are placed between two looks at the record."""
MOVED = 4
"""Activities that move forward in a child, in the mean."""
MOST_RATE = 0.05
"""Share of all activities that do so at most."""
MODE_RATE = 0.02
TRIES = 20_000
MOST_PARALLEL = 2_000
"""Activities up to which rules are tried in parallel generation too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an island works.

    Attributes:
        seed: Of its random numbers.
        size: Individuals.
        plans: Children at most, or None for as many as the deadline allows.
    """

    seed: int
    size: int
    plans: int | None = None


class Island:
    """A herd that lives on one thread and trades its best with the record."""

    def __init__(self, layout: Layout, record: Record, terms: Terms) -> None:
        """Take memory; ``settle`` fills it."""
        self.layout, self.record, self.terms = layout, record, terms
        self.plan = layout.new_plan()
        count = layout.rank.size
        span = layout.net.capacity.shape[1]
        self.herd = Herd(
            order=np.zeros((terms.size, count), np.int64),
            mode=np.zeros((terms.size, count), np.int64),
            cost=np.full(terms.size, FAR, np.int64),
            mark=np.full(terms.size, -1, np.int64),
            child=np.zeros(count, np.int64),
            chosen=np.zeros(count, np.int64),
            seen=np.zeros(count, np.int64),
            stack=np.zeros(count, np.int64),
            kept=np.zeros(count, np.int64),
            bucket=np.zeros(span + 4, np.int64),
            ends=np.zeros(len(layout.problem.jobs), np.int64),
            used=np.zeros(len(layout.problem.stocks), np.int64),
            chance=np.array([terms.seed * 7919 + 12345], np.int64),
            best=np.zeros(2 * count, np.int64),
            found=np.array([FAR, 0], np.int64),
        )
        self.chance = np.random.default_rng(terms.seed)
        self.orders = Orders(layout)
        self.size = 0

    def run(self) -> None:
        """Breed until the record is over or the terms' plans are made."""
        self.settle()
        herd, net = self.herd, self.layout.net
        count = self.layout.rank.size
        children, rate = max(1, SLICE // count), min(MOST_RATE, MOVED / count)
        left = self.terms.plans
        while not self.record.is_over and (left is None or left > 0) and self.size > 1:
            asked = children if left is None else min(children, left)
            made = evolve(
                net,
                self.plan,
                herd,
                self.layout.rank,
                self.size,
                asked,
                rate,
                MODE_RATE,
                self._target(),
            )
            self.record.add_effort(made)
            left = None if left is None else left - asked
            self._trade()

    def settle(self) -> None:
        """Fill the herd with rules and bent rules; stop early at the deadline."""
        rules = list(self.orders.rules())
        for at in range(self.terms.size):
            if at >= 2 and self.record.is_over:  # noqa: PLR2004 - a pair to breed
                break
            if at < len(rules):
                order = rules[at]
            else:
                order = self.orders.bent(self.chance, self.chance.random())
            self._add(order, self._modes(is_random=at >= len(rules)))
        self._trade()

    def _add(self, order: Wide, chosen: Wide) -> None:
        """Put one individual into the herd."""
        herd, net = self.herd, self.layout.net
        at = self.size
        herd.order[at], herd.mode[at] = order, chosen
        if net.stock.size:
            mend_stock(net, herd, herd.mode[at], TRIES)
        herd.cost[at] = appraise(
            net, self.plan, herd, self.layout.rank, herd.order[at], herd.mode[at]
        )
        herd.mark[at] = mark_of(net, self.plan)
        self.size += 1
        self.record.add_effort(1)

    def _modes(self, *, is_random: bool) -> Wide:
        """Return modes: the decoder's choice where no stock forbids, else random."""
        net, count = self.layout.net, self.layout.rank.size
        if not net.stock.size and not is_random:
            return self.layout.free_modes()
        first = net.activity[:count, MODE_FROM]
        modes = net.activity[1:, MODE_FROM] - first
        drawn: Wide = first + self.chance.integers(0, modes)
        if not net.stock.size:
            drawn[self.chance.random(count) < self.chance.random()] = -1
        return drawn

    def _target(self) -> int:
        """Return the cost at which nothing is left to gain."""
        floor, scale = self.record.floor, self.layout.scale
        if self.layout.net.is_tardy:
            return floor.objective // scale * FLOW_SHARE + floor.flow // scale
        return -(-floor.objective // scale)

    def _trade(self) -> None:
        """Offer the best plan, or take the record's where that is better."""
        herd, count = self.herd, self.layout.rank.size
        best = self.record.best
        if herd.found[0] < FAR:
            start, mode = herd.best[:count].copy(), herd.best[count:].copy()
            score = self.layout.score(start, mode)
            if self.record.offer(Incumbent(score, start, mode, NAME)):
                return
            if best is None or best.score >= score:
                return
        if best is not None and self.size:
            self._adopt(best)

    def _adopt(self, found: Incumbent) -> None:
        """Put a better plan in place of the worst individual."""
        herd, net, plan = self.herd, self.layout.net, self.plan
        worst = int(herd.cost[: self.size].argmax())
        plan.start[:], plan.mode[:] = found.start, found.mode
        plan.touched[0] = net.capacity.shape[1]
        by_start(net, plan, self.layout.rank, herd.bucket, herd.order[worst])
        herd.mode[worst] = found.mode
        herd.cost[worst] = appraise(
            net, plan, herd, self.layout.rank, herd.order[worst], herd.mode[worst]
        )
        herd.mark[worst] = mark_of(net, plan)


def first_plan(layout: Layout, record: Record, orders: Orders) -> None:
    """Offer the plans of each dispatch rule, made serially and, if few, in parallel."""
    plan = layout.new_plan()
    free = layout.free_modes()
    waiting = np.empty_like(free)
    for order in orders.rules():
        if forward(layout.net, plan, order, free) > 0:
            _offer(layout, plan, record)
        is_small = order.size <= MOST_PARALLEL
        if is_small and parallel(layout.net, plan, order, free, waiting) > 0:
            _offer(layout, plan, record)
        record.add_effort(1)


def _offer(layout: Layout, plan: Plan, record: Record) -> None:
    """Offer a rule's plan, unless its modes use up more than there is."""
    start, mode = plan.start.copy(), plan.mode.copy()
    if not _overdrawn(layout, mode):
        record.offer(Incumbent(layout.score(start, mode), start, mode, "rule"))


def _overdrawn(layout: Layout, mode: Wide) -> bool:
    """Return whether modes use up more of a stock than there is."""
    left = layout.net.stock.copy()
    for row in mode:
        own = slice(layout.net.mode[row, 2], layout.net.mode[row + 1, 2])
        for key, amount in layout.net.consume[own]:
            left[key] -= amount
    return bool((left < 0).any())
