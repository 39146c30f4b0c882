"""Mends a published plan after a change: keeps what can stay, moves what must or pays.

Two ends are always tried, fewest moved and fewest broken promises, and told beside the
plan that is taken; what a move and a promise are worth is a price of the problem.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import cycle
from time import monotonic

import numpy as np

from scheduling.engine.bound import cost_floor, sentence
from scheduling.engine.cost import cost
from scheduling.engine.decode.board import NOT_SOUGHT, Board, Seats
from scheduling.engine.decode.published import (
    Mask,
    ends_of,
    keep_order,
    powers_on_capped,
)
from scheduling.engine.decode.render import render
from scheduling.engine.errors import NoPlanError
from scheduling.engine.improve import Improver, best_cents
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels import sweep
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
AIMED = (True, True, True, False)
"""Whether a burst looks for places for racks that break their promise only, in turn."""
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
    Favour.MOVES: 0.2,
    Favour.BALANCE: 0.5,
    Favour.PROMISES: 0.3,
}
"""Shares of the search of each way, when it is not the one asked for; in this order."""
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

    def take(self, seats: Seats) -> None:
        """Go over to a plan of the same racks made under other published places."""
        self.board.stand(seats)
        sweep.price_anew(self.board.memory)

    def improve(
        self, favour: Favour, *, goes_on: Callable[[], bool], start: Seats | None = None
    ) -> End:
        """Return the best plan found in one way.

        Args:
            favour: What to spare.
            goes_on: Asked before every burst of moves.
            start: Where to begin; None for the mended plan.
        """
        if self.legal is None:
            raise NoPlanError("Nothing is kept yet.")
        self.board.stand(start or self.legal)
        lost = self.lost[self.legal.seat[self.lost, t.FORCED] == 0]
        if not len(lost):
            return self.end(favour)
        if favour is Favour.MOVES:
            self.search(lost, self.problem.prices, goes_on)
        else:
            self._make_room(lost, favour, goes_on)
        return self.end(favour)

    def search(
        self, marked: t.Wide, prices: Prices, goes_on: Callable[[], bool]
    ) -> None:
        """Look for a cheaper plan than the one on the board, and leave it there.

        Args:
            marked: Racks that may move.
            prices: Of change and promises, while it looks.
            goes_on: Asked before every burst of moves.
        """
        self.board.mark(marked)
        self._search(prices, goes_on, before=self.board.sort)
        self.board.mark(None)

    def _make_room(
        self, lost: t.Wide, favour: Favour, goes_on: Callable[[], bool]
    ) -> None:
        """Look for better places for some racks; who is near them may make room.

        Where promises go first, three bursts of four look for places for racks that
        break theirs only.

        Args:
            lost: The racks.
            favour: What to spare; balanced, few of those in their place leave it.
            goes_on: Asked before every burst of moves.
        """
        board = self.board
        most_away = self._most_moved if favour is Favour.BALANCE else -1
        stayed, may = self._stayed, self.movable()
        forced = board.seat[:, t.FORCED].copy()
        board.seat[stayed & ~may, t.FORCED] = 1
        sought = np.zeros(board.racks, np.bool_)
        sought[lost] = True
        turns = cycle(AIMED if favour is Favour.PROMISES else (False,))

        def seek() -> None:
            # Who made room looks for a better place from then on, too.
            some = sought | (may & ~board.is_home())
            broken = some & self.broken()
            if next(turns) and broken.any():
                some = broken
            board.seek(np.flatnonzero(some), most_away, np.flatnonzero(stayed))

        self._search(_prices(self.problem.prices, favour), goes_on, before=seek)
        board.seek(*NOT_SOUGHT)
        board.seat[:, t.FORCED] = forced

    def _search(
        self, prices: Prices, goes_on: Callable[[], bool], before: Callable[[], None]
    ) -> None:
        """Make bursts of moves, something being done before each, and go home."""
        board = self.board
        if prices != self.problem.prices:
            board.set_prices(prices)
        board.sort()
        improver = Improver(board, seed=self.seed, cool=True)
        done = 0
        while goes_on():
            before()
            improver.make(MOVES_A_BURST, min(1.0, done / BURSTS_TO_COLD))
            self.moves += MOVES_A_BURST
            done += 1
        improver.go_home()
        if prices != self.problem.prices:
            board.set_prices(self.problem.prices)

    @property
    def _most_moved(self) -> int:
        """Return how many racks a balanced repair may move that kept their place."""
        return int(MOST_MOVED * self._stayed.sum())

    def movable(self) -> Mask:
        """Return whether each rack kept its place and may be moved all the same."""
        found: Mask = self._stayed & (self.board.seat[:, t.FORCED] == 0)
        if not self.may_move_frozen:
            found &= ~self.board.frozen()
        return found

    def end(self, favour: Favour) -> End:
        """Return what the plan on the board comes to."""
        seats = self.board.seats()
        return End(
            favour=favour,
            seats=seats,
            cents=best_cents(seats.price),
            moved=int((self._stayed & ~self.board.is_home()).sum()),
            broken=int(self.broken().sum()),
        )

    def broken(self) -> Mask:
        """Return whether each rack breaks its promise by the plan on the board."""
        promise = self.board.tables.rack[:, t.PROMISE]
        is_out = self.board.seat[:, t.PLACED] == 0
        found: Mask = (promise != t.NONE) & (is_out | (ends_of(self.board) > promise))
        return found

    def best(self, favour: Favour, found: Sequence[End]) -> End:
        """Return the best of some plans for one way.

        Args:
            favour: What to spare.
            found: Plans; the mended one at least, which suits every way.
        """
        if favour is Favour.PROMISES:
            best = min(found, key=lambda end: (end.broken, end.cents))
        else:
            most = self._most_moved if favour is Favour.BALANCE else 0
            few = [end for end in found if end.moved <= most]
            best = min(few, key=lambda end: end.cents)
        return replace(best, favour=favour)


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
    max_moves: int | None = None,
    may_move_frozen: bool = False,
    start: Problem | None = None,
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
        max_moves: If given, so many moves are made whatever the clock says, to the next
            burst of each way: the same problem, seed and number give the same plan.
        may_move_frozen: Whether racks with a published start inside the frozen fence
            may move though nothing makes them.
        start: The same problem with another plan's places for published, as
            ``following`` makes it: the search begins there.

    Raises:
        NoPlanError: If the problem cannot be planned as a whole; its sentences say why.
    """
    del workers
    began = monotonic()
    inspection = inspect(problem)
    if inspection.errors:
        raise NoPlanError(" ".join(error.sentence for error in inspection.errors))
    mender_of = partial(
        Mender,
        seed=seed,
        left_out=frozenset(one.rack for one in inspection.unplannable),
        unread=frozenset(
            one.rack for one in inspection.unplannable if one.code in UNREADABLE
        ),
        may_move_frozen=may_move_frozen,
    )
    mending = _Repair(
        problem=problem,
        left_out=inspection.unplannable,
        mender=mender_of(problem),
        start=None if start is None else mender_of(start),
        began=began,
        limit_s=time_limit_s,
        should_stop=should_stop,
        max_moves=max_moves,
    )
    return mending.run(favour, on_progress)


@dataclass(slots=True, kw_only=True)
class _Repair:
    """One repair: its clock, and what it has found."""

    problem: Problem
    left_out: tuple[Unplannable, ...]
    mender: Mender
    start: Mender | None
    began: float
    limit_s: float
    should_stop: Question | None
    max_moves: int | None
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
        mender.board.stand(chosen.seats)
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
        """Return what each way comes to; each begins where the one before ended.

        Of all that was found each way takes what suits it best.
        """
        left_s = max(0.0, self.limit_s - self.seconds)
        others = sum(share for way, share in SHARES.items() if way is not favour)
        found = [self.mender.end(Favour.MOVES)]
        if self.start is not None:
            self.start.keep()
            self.mender.take(self.start.board.seats())
            found.append(self.mender.end(Favour.PROMISES))
        for way in SHARES:
            share = SHARES[way] / (2 * others) if way is not favour else 0.5
            until = monotonic() + left_s * share
            if self.max_moves is not None:
                until = self.mender.moves + self.max_moves * share
            found.append(
                self.mender.improve(
                    way,
                    goes_on=partial(self._goes_on, until),
                    start=found[-1].seats,
                )
            )
        return {way: self.mender.best(way, found) for way in Favour}

    def _goes_on(self, until: float) -> bool:
        """Return whether time or moves are left and nobody wants it to stop."""
        if not self.is_stopped and self.should_stop is not None:
            self.is_stopped = self.should_stop()
        now = monotonic() if self.max_moves is None else self.mender.moves
        return not self.is_stopped and now < until

    def _notes(self, ends: Mapping[Favour, End]) -> tuple[str, ...]:
        """Return what was kept, and the ends, in sentences."""
        lost = len(self.mender.lost)
        kept = self.mender.board.racks - lost - int(self.mender.board.left_out.sum())
        return (
            f"{racks(kept)} could stay where published, {racks(lost)} not, or are new.",
            *(ends[way].sentence for way in Favour),
        )
