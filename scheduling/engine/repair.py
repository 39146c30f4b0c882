"""Mends a published plan after a change: keeps what can stay, moves what must or pays.

Two ends are always tried, fewest moved and fewest broken promises, and told beside the
plan that is taken; what a move and a promise are worth is a price of the problem.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from time import monotonic

import numpy as np

from scheduling.engine.bound import cost_floor, sentence
from scheduling.engine.cost import cost
from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.decode.published import (
    Mask,
    ends_of,
    in_the_way,
    keep_order,
    powers_on_capped,
)
from scheduling.engine.decode.render import render
from scheduling.engine.errors import NoPlanError
from scheduling.engine.improve import Improver, best_cents
from scheduling.engine.kernels import memory as t
from scheduling.engine.outcome import Outcome, Progress, Status
from scheduling.engine.problem import Prices, Problem
from scheduling.engine.proof import proved
from scheduling.engine.schedule import Unplannable
from scheduling.engine.solve import UNREADABLE, Listener, Question, versions
from scheduling.engine.units import Cents
from scheduling.engine.validate import inspect
from scheduling.engine.wording import racks

MOST_MOVED = 0.05
"""Share of the racks still in their places that a balanced repair may move."""
PROMISE_FACTOR = 10
"""How much dearer a broken promise is where promises go first."""
MOVES_A_BURST = 50
BURSTS_TO_COLD = 40


class Favour(StrEnum):
    """What a repair spares first."""

    BALANCE = "balance"
    """What costs least at the problem's prices, one rack in twenty moved at most."""
    MOVES = "moves"
    """Only racks that lost their place move."""
    PROMISES = "promises"
    """Promises: whatever keeps one may move."""


SHARES: Mapping[Favour, float] = {
    Favour.BALANCE: 0.5,
    Favour.MOVES: 0.2,
    Favour.PROMISES: 0.3,
}
"""Shares of the search of each way, when it is not the one asked for."""
WORDS: Mapping[Favour, str] = {
    Favour.BALANCE: "Balanced",
    Favour.MOVES: "Fewest moved",
    Favour.PROMISES: "Fewest promises broken",
}


@dataclass(frozen=True, kw_only=True)
class End:
    """One way of repairing, and what it comes to.

    Attributes:
        favour: What it spares.
        seats: The plan.
        cents: What it costs at the problem's prices.
        moved: Racks that kept their place at first and were moved all the same.
        broken: Racks that ship after their promise.
    """

    favour: Favour
    seats: Seats
    cents: int
    moved: int
    broken: int

    @property
    def sentence(self) -> str:
        """Return what it comes to, in words."""
        return (
            f"{WORDS[self.favour]}: {racks(self.moved)} moved that could have stayed, "
            f"{racks(self.broken)} after the promised day."
        )


class Mender:
    """Mends the plan that a problem knows as published.

    Attributes:
        board: The board.
        lost: Racks that are not where they were published, new ones included.
        legal: The plan with them put back, before anything is improved.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        seed: int = 1,
        left_out: frozenset[str] = frozenset(),
        unread: frozenset[str] = frozenset(),
        may_move_frozen: bool = False,
    ) -> None:
        """Encode a problem; see ``Board`` and ``repair``."""
        self.problem = problem
        self.seed = seed
        self.may_move_frozen = may_move_frozen
        self.board = Board(
            problem, seed=seed, left_out=left_out, unread=unread, apart=True
        )
        self.lost: t.Wide = np.zeros(0, np.int64)
        self.legal: Seats | None = None
        self.moves = 0
        self._stayed: Mask = np.zeros(0, np.bool_)

    def keep(self) -> None:
        """Put every rack where it was, and those that cannot be there elsewhere."""
        self.lost = self.board.keep(
            keep_order(self.board), powers_on_capped(self.board)
        )
        self.legal = self.board.seats()
        held = np.ones(self.board.racks, np.bool_)
        held[self.lost] = False
        self._stayed = held & ~self.board.left_out

    def improve(self, favour: Favour, *, goes_on: Callable[[], bool]) -> End:
        """Return the best plan found in one way, starting from the mended one.

        Args:
            favour: What to spare.
            goes_on: Asked before every burst of moves.
        """
        if self.legal is None:
            raise NoPlanError("Nothing is kept yet.")
        board = self.board
        board.restore(self.legal)
        marked = self._may_move(favour)
        if not len(marked):
            return self._end(favour)
        self.search(marked, _prices(self.problem.prices, favour), goes_on)
        return self._end(favour)

    def search(
        self, marked: t.Wide, prices: Prices, goes_on: Callable[[], bool]
    ) -> None:
        """Look for a cheaper plan than the one on the board, and leave it there.

        Args:
            marked: Racks that may move.
            prices: Of change and promises, while it looks.
            goes_on: Asked before every burst of moves.
        """
        board = self.board
        board.set_prices(prices)
        board.mark(marked)
        board.sort()
        improver = Improver(board, seed=self.seed, cool=True)
        done = 0
        while goes_on():
            improver.make(MOVES_A_BURST, min(1.0, done / BURSTS_TO_COLD))
            done += 1
        improver.go_home()
        self.moves += improver.moves
        board.mark(None)
        board.set_prices(self.problem.prices)

    def _may_move(self, favour: Favour) -> t.Wide:
        """Return the racks that moves may take out."""
        lost: t.Wide = self.lost[self.board.seat[self.lost, t.FORCED] == 0]
        if favour is Favour.MOVES:
            return lost
        among = self.movable()
        if favour is Favour.PROMISES:
            others = np.flatnonzero(among)
        else:
            most = int(MOST_MOVED * self._stayed.sum())
            others = in_the_way(self.board, among, lost)[:most]
        found: t.Wide = np.union1d(lost, others)
        return found

    def movable(self) -> Mask:
        """Return whether each rack kept its place and may be moved all the same."""
        found: Mask = self._stayed & (self.board.seat[:, t.FORCED] == 0)
        if not self.may_move_frozen:
            found &= ~self.board.frozen()
        return found

    def _end(self, favour: Favour) -> End:
        """Return what the plan on the board comes to."""
        board = self.board
        seats = board.seats()
        promise = board.tables.rack[:, t.PROMISE]
        ends = ends_of(board)
        placed = seats.seat[:, t.PLACED] > 0
        broken = (promise != t.NONE) & (~placed | (ends > promise))
        return End(
            favour=favour,
            seats=seats,
            cents=best_cents(seats.price),
            moved=int((self._stayed & ~board.is_home()).sum()),
            broken=int(broken.sum()),
        )


def _prices(prices: Prices, favour: Favour) -> Prices:
    """Return the prices that a search in one way goes by."""
    if favour is not Favour.PROMISES:
        return prices
    return replace(prices, broken_promise=Cents(PROMISE_FACTOR * prices.broken_promise))


def repair(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 1,
    workers: int = 1,
    on_progress: Listener | None = None,
    should_stop: Question | None = None,
    favour: Favour = Favour.BALANCE,
    may_move_frozen: bool = False,
) -> Outcome:
    """Return the published plan of a problem, mended.

    Args:
        problem: What to plan; its racks know their published starts.
        time_limit_s: Seconds of search; a legal plan is made however short it is.
        seed: Of the random numbers.
        workers: Taken for the sake of ``solve``'s form; one thread is used.
        on_progress: Told of the first legal plan.
        should_stop: Asked between bursts whether to return what there is.
        favour: What to spare first.
        may_move_frozen: Whether racks with a published start inside the frozen fence
            may move though nothing makes them.

    Raises:
        NoPlanError: If the problem cannot be planned as a whole; its sentences say why.
    """
    del workers
    began = monotonic()
    inspection = inspect(problem)
    if inspection.errors:
        raise NoPlanError(" ".join(error.sentence for error in inspection.errors))
    mending = _Repair(
        problem=problem,
        left_out=inspection.unplannable,
        mender=Mender(
            problem,
            seed=seed,
            left_out=frozenset(one.rack for one in inspection.unplannable),
            unread=frozenset(
                one.rack for one in inspection.unplannable if one.code in UNREADABLE
            ),
            may_move_frozen=may_move_frozen,
        ),
        began=began,
        limit_s=time_limit_s,
        should_stop=should_stop,
    )
    return mending.run(favour, on_progress)


@dataclass(slots=True, kw_only=True)
class _Repair:
    """One repair: its clock, and what it has found."""

    problem: Problem
    left_out: tuple[Unplannable, ...]
    mender: Mender
    began: float
    limit_s: float
    should_stop: Question | None
    is_stopped: bool = False

    @property
    def seconds(self) -> float:
        """Return the seconds since it began."""
        return monotonic() - self.began

    def run(self, favour: Favour, on_progress: Listener | None) -> Outcome:
        """Mend, report, improve in three ways, and take the one asked for."""
        mender = self.mender
        mender.keep()
        first = proved(self.problem, render(mender.board, self.left_out))
        best = int(cost(self.problem, first).total)
        first_s = self.seconds
        if on_progress is not None:
            on_progress(
                Progress(
                    phase="search",
                    seconds=first_s,
                    best=best,
                    schedule=first,
                    found_by="published",
                )
            )
        ends = self._ends(favour)
        chosen = ends[favour]
        mender.board.restore(chosen.seats)
        schedule = proved(self.problem, render(mender.board, self.left_out))
        cents = int(cost(self.problem, schedule).total)
        found_by = "ruin_and_recreate"
        if cents > best and favour is not Favour.PROMISES:
            schedule, cents, found_by = first, best, "published"
        left_out = {one.rack for one in self.left_out}
        floor = cost_floor(self.problem, left_out)
        bound = min(cents, int(floor.cents))
        return Outcome(
            status=Status.CANCELLED if self.is_stopped else Status.FEASIBLE,
            schedule=schedule,
            objective=cents,
            bound=bound,
            bound_reason=sentence(self.problem, floor.reason),
            wall_s=self.seconds,
            seed=mender.seed,
            found_by=found_by,
            first_plan_s=first_s,
            moves=mender.moves,
            notes=self._notes(ends),
            curve=((round(first_s, 3), best, bound), (self.seconds, cents, bound)),
            versions=versions(),
        )

    def _ends(self, favour: Favour) -> dict[Favour, End]:
        """Return what each way comes to; the one asked for comes first."""
        left_s = max(0.0, self.limit_s - self.seconds)
        others = sum(share for way, share in SHARES.items() if way is not favour)
        found: dict[Favour, End] = {}
        for way in sorted(Favour, key=lambda one: one is not favour):
            share = SHARES[way] / (2 * others) if way is not favour else 0.5
            until = monotonic() + left_s * share
            found[way] = self.mender.improve(way, goes_on=partial(self._goes_on, until))
        return found

    def _goes_on(self, until: float) -> bool:
        """Return whether there is time left and nobody wants it to stop."""
        if not self.is_stopped and self.should_stop is not None:
            self.is_stopped = self.should_stop()
        return not self.is_stopped and monotonic() < until

    def _notes(self, ends: Mapping[Favour, End]) -> tuple[str, ...]:
        """Return what was kept, and the ends, in sentences."""
        lost = len(self.mender.lost)
        kept = self.mender.board.racks - lost - int(self.mender.board.left_out.sum())
        return (
            f"{racks(kept)} could stay where published, {racks(lost)} not, or are new.",
            *(ends[way].sentence for way in Favour),
        )
