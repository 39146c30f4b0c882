"""One thread that pushes plans to and fro, tick by tick, a little bent each time.

Justification with generation in parallel instead of serial: backward from the plan's
end in the order of ends, forward again in the order of starts. A plan that fills the
scarce resource to the last tick comes out of the first few passes; the bends find the
ticks that are left. What is lost while the scarce resource fills, and at the end while
it empties, is least where jobs stand there that have little before it, or after it: now
and then those come first in a pass.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduling.engine.network.encode import Layout
from scheduling.engine.network.kernels.net import (
    AFTER_FROM,
    AMOUNT,
    BEFORE_FROM,
    DURATION,
    GROUP,
    KEY,
    MODE_FROM,
    RELEASE,
    USE_FROM,
    Net,
    Plan,
    Wide,
)
from scheduling.engine.network.kernels.pour import pour
from scheduling.engine.network.search.orders import Orders, Reals
from scheduling.engine.network.search.record import Incumbent, Record

Flags = npt.NDArray[np.bool_]

NAME = "sway"
BEND = 2.0
"""Ticks that starts are bent by, as the deviation of a normal distribution."""
RETURNING = 0.3
"""Chance that a worse plan is left for the best one met."""
LEADING = 0.3
"""Chance that jobs which reach the scarce resource soon come first in a pass."""
UNSURE = 0.5
"""Ticks that their reach is bent by, as the deviation of a normal distribution."""
FILLED = 0.5, 1.5
"""Share of the scarce resource that they take together, least and most."""


@dataclass(frozen=True, slots=True)
class Edges:
    """How far jobs are from the scarce resource at both ends of a plan.

    Attributes:
        head: Ticks from the plan's begin to where each job takes most of it, at least.
        tail: Ticks from there to the plan's end, at least.
        share: What each job takes of it there.
    """

    head: Reals
    tail: Reals
    share: Reals


def can_sway(layout: Layout) -> bool:
    """Return whether tick by tick generation keeps a problem's rules.

    The makespan counts, nothing changes with the clock, each activity has one mode, no
    deadline and no stock, and lags run from end to start.
    """
    net = layout.net
    one_mode = net.mode.shape[0] == net.activity.shape[0]
    is_steady = bool((net.capacity == net.capacity[:, :1]).all())
    has_deadline = any(one.deadline is not None for one in layout.problem.activities)
    is_bounded = layout.problem.horizon is not None or has_deadline
    return bool(
        one_mode
        and is_steady
        and net.is_plain
        and not (net.is_tardy or net.stock.size or is_bounded or layout.is_cyclic)
    )


class Swayer:
    """A plan that one thread pushes to and fro."""

    def __init__(
        self,
        layout: Layout,
        record: Record,
        seed: int = 1,
        passes: int | None = None,
    ) -> None:
        """Take memory.

        Args:
            layout: The problem; ``can_sway`` says so.
            record: Takes the plans found.
            seed: Of the random numbers.
            passes: Pairs of passes at most, or None for as many as the deadline allows.
        """
        self.layout, self.record, self.left = layout, record, passes
        self.chance = np.random.default_rng(seed)
        net, count = layout.net, layout.rank.size
        self.mirrored = _mirrored(net)
        self.plan, self.image = layout.new_plan(), layout.new_plan()
        self.work: Wide = net.mode[net.activity[:count, MODE_FROM], DURATION]
        self.release: Wide = net.activity[:count, RELEASE].copy()
        self.no_tail = np.zeros(count, np.int64)
        self.scratch = np.zeros((4, count), np.int64)
        self.group: Wide = net.activity[:count, GROUP]
        self.edges = _edges(layout)

    def run(self) -> None:
        """Search until the record is over or the passes are made."""
        found = self.record.best
        if found is None:
            return
        kept = start = found.start
        least = found.score.objective // self.layout.scale
        while not self.record.is_over and (self.left is None or self.left > 0):
            bent: Wide | Reals = start
            if self.chance.random() < 0.5:  # noqa: PLR2004 - every other time
                bent = start + self.chance.normal(0.0, BEND, start.size)
            end, start = self.to_and_fro(bent)
            if end <= least:
                least, kept = end, start
            elif self.chance.random() < RETURNING:
                start = kept
            self.record.add_effort(2)
            self.left = None if self.left is None else self.left - 1

    def to_and_fro(self, bent: Wide | Reals) -> tuple[int, Wide]:
        """Place all by bent starts, then from the end; return end and starts."""
        led = self._led(bent, self.edges.head)
        forth = self._pour(self.layout.net, self.plan, led, self.no_tail)
        self._offer(forth, self.plan.start)
        image = self.image
        behind = self._led(-(self.plan.start + self.work), self.edges.tail)
        back = self._pour(self.mirrored, image, behind, self.release)
        start: Wide = back - image.start - self.work
        self._offer(back, start)
        return min(forth, back), start

    def _led(self, key: Wide | Reals, reach: Reals) -> Wide | Reals:
        """Return keys by which, now and then, jobs with little reach come first."""
        if self.chance.random() >= LEADING:
            return key
        ahead: Wide | Reals = self.leaders(reach)[self.group] * (np.ptp(key) + 1)
        return key - ahead

    def leaders(self, reach: Reals) -> Flags:
        """Return which jobs fill the scarce resource first, their reach being bent."""
        jobs = np.argsort(reach + self.chance.normal(0.0, UNSURE, reach.size))
        filled = np.cumsum(self.edges.share[jobs])
        found = np.zeros(reach.size, np.bool_)
        found[jobs[: np.searchsorted(filled, self.chance.uniform(*FILLED))]] = True
        return found

    def _pour(self, net: Net, plan: Plan, key: Wide | Reals, tail: Wide) -> int:
        order = np.argsort(key, kind="stable")
        return pour(net, plan, order, tail, self.scratch)

    def _offer(self, end: int, start: Wide) -> None:
        best = self.record.best
        if best is None or end * self.layout.scale < best.score.objective:
            mode = self.plan.mode.copy()
            score = self.layout.score(start, mode)
            self.record.offer(Incumbent(score, start.copy(), mode, NAME))


def _edges(layout: Layout) -> Edges:
    """Find the resource with most work for its capacity and each job's main step."""
    net, count = layout.net, layout.rank.size
    first = net.activity[:, MODE_FROM]
    uses = np.diff(net.mode[first, USE_FROM])
    user, own = np.repeat(np.arange(count), uses), net.use[: uses.sum()]
    share = own[:, AMOUNT] / np.maximum(1, net.capacity[own[:, KEY], 0])
    work = net.mode[first[:count], DURATION]
    load = np.bincount(own[:, KEY], share * work[user], net.capacity.shape[0])
    scarce = own[:, KEY] == load.argmax()
    held = np.bincount(user[scarce], share[scarce], count)
    group = net.activity[:count, GROUP]
    # The last of each job in this order takes most of the scarce resource.
    order = np.lexsort((held * work, group))
    main = order[np.flatnonzero(np.diff(group[order], append=-1))]
    orders = Orders(layout)
    return Edges(
        head=orders.head[main].astype(np.float64),
        tail=(orders.tail - orders.work)[main].astype(np.float64),
        share=held[main],
    )


def _mirrored(net: Net) -> Net:
    """Return the tables with time reversed; releases become tails."""
    activity = net.activity.copy()
    activity[:, BEFORE_FROM] = net.activity[:, AFTER_FROM]
    activity[:, AFTER_FROM] = net.activity[:, BEFORE_FROM]
    activity[:, RELEASE] = 0
    return net._replace(activity=activity, before=net.after, after=net.before)
