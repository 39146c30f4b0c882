"""Capable to promise: how early asked racks can ship beside everything promised.

Racks that are asked for come last, when every other one is where it was published; then
others outside the frozen fence may make room. Asked racks that have a published place
keep it until a better one is found; what is begun goes on where it is. An offer that
breaks a promise which held before is no offer, unless promises may move; every offer is
refereed.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from scheduling.engine.decode.board import Seats
from scheduling.engine.decode.published import ends_of, in_the_way
from scheduling.engine.decode.render import render
from scheduling.engine.errors import NoPlanError
from scheduling.engine.kernels import memory as t
from scheduling.engine.problem import Prices, Problem
from scheduling.engine.proof import proved
from scheduling.engine.repair import Mender
from scheduling.engine.schedule import Schedule
from scheduling.engine.solve import UNREADABLE
from scheduling.engine.units import MINUTES_PER_DAY, Cents, Minutes
from scheduling.engine.validate import inspect

FIRM_FACTOR = 1_000
"""How much dearer a broken promise is while none may break."""
EASED_FACTORS = (5, 1)
MOST_IN_THE_WAY = 80
"""Racks that may be asked to make room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A refereed plan in which the asked racks have a place.

    Attributes:
        schedule: The whole plan.
        ends: When the last asked rack is done.
        moved: Keys of other racks that make room.
        broken: Orders whose promise held before and no longer does.
    """

    schedule: Schedule
    ends: Minutes
    moved: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What can be offered.

    Attributes:
        firm: Earliest found with every promise kept; None when there is no place.
        eased: Earliest found with some promises moved; None if that is no earlier.
        sentence: Why there is no place; empty where there is one.
    """

    firm: Offer | None
    eased: Offer | None = None
    sentence: str = ""


def quote(
    problem: Problem,
    *,
    asked: Collection[str],
    time_limit_s: float,
    most_broken: int = 0,
    most_moved: int = MOST_IN_THE_WAY,
    seed: int = 1,
) -> Answer:
    """Return how early the asked racks can ship; for none, what the plan comes to.

    Args:
        problem: Everything planned, and the asked racks without a published place.
        asked: Their keys.
        time_limit_s: Seconds of search beyond the first offer.
        most_broken: Promises that may move for the eased offer.
        most_moved: Racks not asked for that may make room.
        seed: Of the random numbers.

    Raises:
        NoPlanError: If the problem cannot be planned as a whole; its sentences say why.
    """
    inspection = inspect(_to_inspect(problem, asked))
    if inspection.errors:
        raise NoPlanError(" ".join(error.sentence for error in inspection.errors))
    for one in inspection.unplannable:
        if one.rack in asked:
            return Answer(firm=None, sentence=one.sentence)
    mender = Mender(
        problem,
        seed=seed,
        left_out=frozenset(one.rack for one in inspection.unplannable),
        unread=frozenset(
            one.rack for one in inspection.unplannable if one.code in UNREADABLE
        ),
    )
    quoting = _Quoting(mender, asked, most_moved)
    return quoting.answer(time_limit_s, most_broken)


def _to_inspect(problem: Problem, asked: Collection[str]) -> Problem:
    """Return a problem without the racks that are as they were published.

    Whether those can be planned has been answered: they are.
    """
    unsure = tuple(
        rack
        for rack in problem.racks
        if rack.key in asked
        or not rack.previous
        or rack.progress.done
        or rack.progress.running
    )
    # A problem has racks, or its form is at fault: of nothing new, one stands for all.
    return replace(problem, racks=unsure or problem.racks[:1])


class _Quoting:
    """One quote on one board."""

    def __init__(self, mender: Mender, asked: Collection[str], most_moved: int) -> None:
        """Put everything where it was, and the asked racks behind it."""
        mender.keep()
        self.mender = mender
        self.board = mender.board
        racks = self.board.encoded.racks
        self.asked = np.array(
            [at for at, rack in enumerate(racks) if rack.key in asked], np.int64
        )
        self.most_moved = most_moved
        self.free = self.asked[self.board.seat[self.asked, t.FORCED] == 0]
        self.stayed = mender.movable()
        self.stayed[self.asked] = False
        self.broken_before = self._broken()

    def answer(self, time_limit_s: float, most_broken: int) -> Answer:
        """Look without and with promises that may move."""
        found = [self.board.seats()] if self._is_placed() else []
        share = time_limit_s / (1 + len(EASED_FACTORS) * bool(most_broken))
        if found and self._is_in_time() and (kept := self._first(found, 0)):
            return Answer(firm=kept)
        if found:
            found += self._search(FIRM_FACTOR, share)
        firm = self._first(found, 0)
        if firm is None:
            return Answer(firm=None, sentence=self._why_not())
        eased = None
        if most_broken:
            looser: list[Seats] = []
            for factor in EASED_FACTORS:
                looser += self._search(factor, share)
            eased = self._first(looser, most_broken, before=firm.ends)
        if eased is None or eased.ends >= firm.ends or not eased.broken:
            return Answer(firm=firm)
        return Answer(firm=firm, eased=eased)

    def _search(self, factor: int, seconds: float) -> Iterator[Seats]:
        """Yield the best found when a promise is so much dearer."""
        if self.mender.legal is None or not len(self.free):
            return
        self.board.restore(self.mender.legal)
        others = in_the_way(self.board, self.stayed, self.asked)[: self.most_moved]
        marked: t.Wide = np.union1d(self.free, others)
        until = monotonic() + seconds
        prices = _dearer(self.mender.problem.prices, factor)
        self.mender.search(marked, prices, _until(until))
        if self._is_placed():
            yield self.board.seats()

    def _is_placed(self) -> bool:
        """Return whether every asked rack has a place."""
        return bool((self.board.seat[self.asked, t.PLACED] > 0).all())

    def _is_in_time(self) -> bool:
        """Return whether every asked rack is done when it is due; then all is well."""
        due = self.board.tables.rack[self.asked, t.DUE]
        return bool(((due == t.NONE) | (ends_of(self.board)[self.asked] <= due)).all())

    def _ends(self) -> int:
        """Return when the last asked rack is done; 0 for none."""
        return int(ends_of(self.board)[self.asked].max(initial=0))

    def _broken(self) -> set[str]:
        """Return the orders whose promise the plan on the board breaks."""
        promise = self.board.tables.rack[:, t.PROMISE]
        placed = self.board.seat[:, t.PLACED] > 0
        late = (promise != t.NONE) & (~placed | (ends_of(self.board) > promise))
        return {self.board.encoded.racks[at].order for at in np.flatnonzero(late)}

    def _first(
        self, found: list[Seats], most_broken: int, before: int | None = None
    ) -> Offer | None:
        """Return the offer that ends on the earliest day; of equal ones the first.

        Args:
            found: What was found.
            most_broken: Promises it may break.
            before: It must end before this minute; None for any.
        """
        kept = []
        for number, seats in enumerate(found):
            self.board.restore(seats)
            if before is not None and self._ends() >= before:
                # Not worth the referee's time.
                continue
            if len(self._broken() - self.broken_before) <= most_broken:
                day = self._ends() // MINUTES_PER_DAY
                kept.append((day, number))
        for _, number in sorted(kept):
            offer = self._offer(found[number])
            if offer is not None:
                return offer
        return None

    def _offer(self, seats: Seats) -> Offer | None:
        """Return a plan as an offer if the referee lets all asked racks pass."""
        board = self.board
        board.restore(seats)
        racks = board.encoded.racks
        schedule = proved(self.mender.problem, render(board, ()))
        planned = {step.rack for step in schedule.steps}
        if not all(racks[at].key in planned for at in self.asked):
            return None
        gone = self.stayed & ~board.is_home()
        return Offer(
            schedule=schedule,
            ends=Minutes(self._ends()),
            moved=tuple(racks[at].key for at in np.flatnonzero(gone)),
            broken=tuple(sorted(self._broken() - self.broken_before)),
        )

    def _why_not(self) -> str:
        """Return why an asked rack has no place."""
        if self.mender.legal is not None:
            self.board.restore(self.mender.legal)
        keys = {self.board.encoded.racks[at].key for at in self.asked}
        for one in render(self.board, ()).unplannable:
            if one.rack in keys:
                return one.sentence
        return "The referee refuses every plan that was found."


def _until(moment: float) -> Callable[[], bool]:
    """Return what says whether a moment is still ahead."""
    return lambda: monotonic() < moment


def _dearer(prices: Prices, factor: int) -> Prices:
    """Return prices with dearer promises."""
    return replace(prices, broken_promise=Cents(factor * prices.broken_promise))
