"""One thread of ruin and recreate over jobs that no lag connects."""

from dataclasses import dataclass
from itertools import count
from time import monotonic, thread_time

import numpy as np

from scheduling.engine.network.encode import Layout
from scheduling.engine.network.kernels.generate import by_start, forward, justify
from scheduling.engine.network.kernels.ruin import (
    BEST,
    FLOW_PRICE,
    IN_TIME,
    LATE_PRICE,
    MOST_OUT,
    TARGET,
    Yard,
    anneal,
    price,
)
from scheduling.engine.network.search.orders import Orders
from scheduling.engine.network.search.record import Incumbent, Record

NAME = "ruin_and_recreate"
LATE = 1_000
"""Price of a tick late where a tick of flow costs 1."""
STARTING = 0.7
"""Share of the time in which a search of due dates begins anew again and again: runs
fall into one basin early and stay there. The rest goes on from the best."""
COOLINGS = 2
"""Times that it cools from each start."""
FEW_JOBS = 300
"""Above so many jobs one start is all that the time allows."""
JUST_IN_TIME = 30
"""Percent of moves in which half of the jobs go back as late as they may."""
CYCLE_S = 0.3
"""Seconds of processor time that one cooling takes."""
COUNTED = 20_000
"""Moves of one cooling where moves are counted instead of timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a thread cools and how much it takes out.

    Attributes:
        hot: Temperature that a cooling begins at, in the price of a tick.
        cold: Temperature that it ends at.
        most_out: Jobs taken out at most.
        in_time: Percent of moves in which half of the jobs go back as late as they may.
    """

    hot: float
    cold: float
    most_out: int
    in_time: int = 0


class Ruiner:
    """A plan that one thread takes apart and puts together again."""

    def __init__(
        self, layout: Layout, record: Record, seed: int, moves: int | None
    ) -> None:
        """Take memory.

        Args:
            layout: The problem.
            record: Takes the plans found.
            seed: Of the random numbers.
            moves: Moves at most, or None for as many as the deadline allows.
        """
        self.layout, self.record, self.seed, self.left = layout, record, seed, moves
        self.plan = layout.new_plan()
        self.count = layout.rank.size
        jobs = len(layout.problem.jobs)
        wide = np.int64
        self.yard = Yard(
            cost=np.zeros(jobs, wide),
            end=np.zeros(jobs, wide),
            out=np.zeros(jobs, wide),
            key=np.zeros(jobs, wide),
            inside=np.zeros(jobs, wide),
            old_start=np.zeros(self.count, wide),
            old_mode=np.zeros(self.count, wide),
            best_start=np.zeros(self.count, wide),
            best_mode=np.zeros(self.count, wide),
            by_place=np.zeros(jobs, wide),
            rank=np.zeros(jobs, wide),
            number=np.zeros(8, wide),
            chance=np.array([seed * 7919 + 12345], wide),
        )
        self.free_modes = layout.free_modes()
        self.bucket = np.zeros(layout.net.capacity.shape[1] + 4, wide)
        self.order = np.zeros(self.count, wide)
        self.moves_a_cycle = 2_000
        self.chance = np.random.default_rng(seed)

    @property
    def is_over(self) -> bool:
        """Return whether the record is over or all moves are made."""
        return self.record.is_over or (self.left is not None and self.left <= 0)

    def run(self) -> None:
        """Search until the record is over or the moves are made."""
        if self.layout.net.is_tardy:
            self._several_starts()
            while not self.is_over:
                self._take_best()
                self._cool(self._habits())
        else:
            self._take_best()
            while not self.is_over:
                self._lower()

    def _several_starts(self) -> None:
        """Cool from many starts, by turns a rule and a bent order of due dates."""
        if self.yard.cost.size > FEW_JOBS:
            self._take_best()
            return
        orders = Orders(self.layout)
        rules = list(orders.rules())
        moves, began, ending = self.left, monotonic(), self.record.deadline
        for at in count(self.seed):
            if moves is not None and self.left is not None:
                begun = 1 - self.left / moves
            else:
                begun = (monotonic() - began) / max(1e-9, ending - began)
            if begun >= STARTING or self.is_over or self._is_even:
                return
            order = orders.bent_due(self.chance)
            if at % 2:
                order = rules[at // 2 % len(rules)]
            if forward(self.layout.net, self.plan, order, self.free_modes) > 0:
                for _ in range(COOLINGS):
                    if not self.is_over:
                        self._cool(self._habits())
            elif self.left is not None:
                self.left -= 1

    @property
    def _is_even(self) -> bool:
        """Return whether no tardiness is left that could be avoided."""
        best, floor = self.record.best, self.record.floor
        return best is not None and best.score.objective <= floor.objective

    def _habits(self) -> Habits:
        """Return how to cool: by tardiness, or by flow where none is left."""
        jobs = self.yard.cost.size
        most = 10 if jobs <= 2_000 else 6  # noqa: PLR2004 - measured
        if self._is_even:
            return Habits(hot=8.0, cold=0.2, most_out=most)
        return Habits(
            hot=5.0 * LATE, cold=0.2 * LATE, most_out=most, in_time=JUST_IN_TIME
        )

    def _take_best(self) -> None:
        """Start from the record's best plan."""
        best = self.record.best
        if best is None:
            return
        self.plan.start[:], self.plan.mode[:] = best.start, best.mode
        self._shift_left()

    def _shift_left(self) -> None:
        """Decode the plan anew in the order of its starts: never worse."""
        net, plan = self.layout.net, self.plan
        plan.touched[0] = net.capacity.shape[1]
        by_start(net, plan, self.layout.rank, self.bucket, self.order)
        modes = plan.mode.copy()
        forward(net, plan, self.order, modes)

    def _price(self, target: int, flow: int) -> None:
        """Price all jobs and order them by their ends."""
        yard = self.yard
        yard.number[TARGET], yard.number[LATE_PRICE] = target, LATE
        yard.number[FLOW_PRICE] = flow
        yard.number[BEST] = price(self.layout.net, self.plan, yard)
        yard.best_start[:], yard.best_mode[:] = self.plan.start, self.plan.mode
        yard.by_place[:] = np.argsort(yard.end, kind="stable")
        yard.rank[yard.by_place] = np.arange(yard.end.size)

    def _cool(self, habits: Habits, target: int = 0, flow: int = 1) -> None:
        """Cool once from the plan at hand and offer the best plan met."""
        self._price(target, flow)
        yard = self.yard
        yard.number[MOST_OUT], yard.number[IN_TIME] = habits.most_out, habits.in_time
        moves = self.moves_a_cycle
        if self.left is not None:
            moves = min(COUNTED, self.left)
        began = thread_time()
        slices = 6
        hot = habits.hot
        ratio = (habits.cold / habits.hot) ** (1 / slices)
        made = 0
        for _ in range(slices):
            if self.is_over or (target and yard.number[BEST] == 0):
                break
            made += anneal(
                self.layout.net,
                self.plan,
                yard,
                self.free_modes,
                max(1, moves // slices),
                hot,
                hot * ratio,
            )
            hot *= ratio
            yard.by_place[:] = np.argsort(yard.end, kind="stable")
            yard.rank[yard.by_place] = np.arange(yard.end.size)
        self.record.add_effort(made)
        if self.left is None:
            spent = max(1e-4, thread_time() - began)
            paced = made * CYCLE_S / spent
            self.moves_a_cycle = int(min(4 * moves, max(moves / 4, paced, 60)))
        else:
            self.left -= max(1, made)
        self.plan.start[:], self.plan.mode[:] = yard.best_start, yard.best_mode
        self._shift_left()
        self._offer()

    def _offer(self) -> bool:
        """Offer the plan at hand."""
        start, mode = self.plan.start.copy(), self.plan.mode.copy()
        score = self.layout.score(start, mode)
        return self.record.offer(Incumbent(score, start, mode, NAME))

    def _lower(self) -> None:
        """Seek a plan that ends before a target below the best makespan."""
        net, plan = self.layout.net, self.plan
        best = self.record.best
        if best is None:
            return
        end = best.score.objective // self.layout.scale
        floor = -(-self.record.floor.objective // self.layout.scale)
        step = max(1, int((end - floor) * 0.1 * self.chance.random()))
        self._cool(
            Habits(hot=20.0 * LATE, cold=0.2 * LATE, most_out=10),
            target=max(floor, end - step),
            flow=0,
        )
        last = int((plan.start + net.mode[plan.mode, 0]).max())
        if justify(net, plan, self.layout.rank, self.bucket, self.order, last) > 0:
            self._offer()
        else:
            self._take_best()
            return
        best = self.record.best
        if best is not None and best.score < self.layout.score(plan.start, plan.mode):
            self._take_best()
