"""The plan in the making: a problem in the kernels' memory, with one plan on it."""

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scheduling.engine.decode.encode import (
    Encoded,
    Tables,
    encode,
    fill_capacity,
    move_prices,
    previous_soaks,
    soak_blocks,
    stretch,
)
from scheduling.engine.kernels import facts, home, load, price, ruin, sweep
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels.compile import prepare
from scheduling.engine.kernels.insert import DELAY_BEFORE_BAY, DELAY_NOTHING
from scheduling.engine.problem import Prices, Problem

FIRST_SPAN = 1 << 15
"""Minutes looked ahead at first beyond the last due date: about three weeks."""
MOST_OUT = 64
"""Most racks one move may take out."""
ENTRIES = (
    facts.hold_facts,
    load.add_rack,
    price.total_price,
    ruin.copy_best,
    ruin.draw,
    ruin.improve,
    sweep.decode,
    sweep.delay,
    sweep.go_home,
    sweep.keep,
    sweep.price_anew,
    sweep.settle_again,
)
STANDS = [t.PLACED, t.POOL, t.FORCED]
"""Columns of a seat that say where a rack stands; the others follow from it."""
Sought = tuple[t.Wide | None, int, t.Wide]
NOT_SOUGHT: Sought = (None, -1, np.zeros(0, np.int64))
NOTHING = t.Memory(np.zeros(0, np.int64), np.zeros(0, np.int32))
SEED_STEP = 2_654_435
MODULUS_A, MODULUS_B = 2_147_483_563, 2_147_483_399


@dataclass(frozen=True, kw_only=True)
class Seats:
    """Where every rack is: enough to bring a plan back.

    Attributes:
        time: Start and end, shape ``(racks, steps, 2)``.
        soak: Level and standby before each soak block, shape ``(racks, blocks, 2)``.
        seat: Whether, where and for how much, shape ``(racks, SEAT_COLUMNS)``.
        price: Of the whole, in units of 1/1440 cent.
    """

    time: t.Wide
    soak: t.Wide
    seat: t.Wide
    price: int


class Tally(NamedTuple):
    """What a plan is worth: fewer racks missing first, then less money.

    Attributes:
        missing: Racks that could be planned and have no place.
        cents: Of what is planned; missing racks count as late to the horizon, those
            left out from the beginning not at all.
    """

    missing: int
    cents: int


class Board:
    """A problem's arrays with one plan on them.

    Attributes:
        encoded: The problem as arrays.
        memory: What the kernels work on; a plan is part of it.
        time: Start and end per rack and step of the plan.
        soak: Level and standby before each soak block of the plan.
        seat: Whether, where and for how much each rack is in the plan.
        left_out: Whether each rack is left out from the beginning.
        marked: Racks that moves may take out, in order of time; None for all that are
            not forced.
        without: Racks left out from the beginning, and those not looked at.
        sought: What ``seek`` was told last.
        held: Racks that stay where the published plan has them.
        ceiling: Watts of import that no plan shall exceed though it may: a lower peak
            costs less. Counts from the next ``decode`` or ``restore`` on.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        seed: int = 1,
        left_out: Collection[str] = (),
        unread: Collection[str] = (),
        apart: bool = False,
    ) -> None:
        """Encode a problem and hold its facts; nothing else is planned yet.

        Args:
            problem: The problem.
            seed: Of the random numbers.
            left_out: Racks that are not planned; what they hold now still counts.
            unread: Racks whose facts make no sense; they are not looked at.
            apart: Whether every bay is planned by itself: slower, but a rack that is
                to keep its bay keeps that very one.
        """
        prepare(t.Memory, ENTRIES)
        self.encoded = encode(
            problem,
            _first_span(problem, apart=apart),
            left_out=left_out,
            unread=unread,
            apart=apart,
        )
        self.without = (frozenset(left_out), frozenset(unread))
        self.left_out = np.array(
            [rack.key in left_out for rack in self.encoded.racks], np.bool_
        )
        self.marked: t.Wide | None = None
        self.sought: Sought = NOT_SOUGHT
        self.held = np.zeros(self.racks, np.bool_)
        self.ceiling: int | None = None
        self.memory = NOTHING
        self.clear()
        self.reseed(seed)

    @property
    def tables(self) -> Tables:
        """Return the problem's arrays."""
        return self.encoded.tables

    @property
    def racks(self) -> int:
        """Return how many racks have steps left."""
        return len(self.encoded.racks)

    def reseed(self, seed: int) -> None:
        """Start the random numbers again from a seed."""
        words = self.memory.words
        words[t.RANDOM_A] = 1 + (seed * SEED_STEP) % (MODULUS_A - 1)
        words[t.RANDOM_B] = 1 + (seed * 7_919 + 12_345) % (MODULUS_B - 1)
        for _ in range(16):
            ruin.draw(self.memory, 2)

    def clear(self) -> None:
        """Take every rack out; facts stay held."""
        self.view(_lay_out(self.encoded, self.ceiling, self._minutes()))
        self._laid = (self.encoded, self.ceiling)
        self._is_blank = True
        self.seat[:, t.PRICE] = self.tables.rack[:, t.ABSENT]
        self.seat[:, t.DIRTY] = 1
        self.seat[:, t.FORCED] = self.left_out | self.held
        for rack in np.flatnonzero(self.tables.rack[:, t.IS_FACT]):
            facts.hold_facts(self.memory, int(rack), -1)
        self.mark(self.marked)
        self.seek(*self.sought)

    def _minutes(self) -> t.Narrow:
        """Return room for what has a number a minute, by far most of the memory.

        It is the plan's own where that is of the same size; there are never two of it.
        """
        size = _size(self.encoded)
        if self.memory.minutes.size != size:
            self.memory = NOTHING
            self.memory = t.Memory(NOTHING.words, np.empty(size, np.int32))
        return self.memory.minutes

    def view(self, memory: t.Memory) -> None:
        """Let the plan be the one in a memory."""
        self.memory = memory
        racks, steps = self.racks, self.tables.step.shape[1]
        blocks = int(memory.words[t.BLOCKS])
        self.time = self._table(t.AT_TIME, racks, steps, 2)
        self.soak = self._table(t.AT_SOAK, racks, blocks, 2)
        self.seat = self._table(t.AT_SEAT, racks, t.SEAT_COLUMNS)

    def beside(self) -> "Board":
        """Return a board with the same plan for another thread of this process.

        The two share what is free in each minute, by far most of the memory, and
        nothing else. So they are confined to windows that share no run of minutes, and
        whoever is done stands its plan where it was before this board's is changed.
        """
        other = copy.copy(self)
        other.view(t.Memory(self.memory.words.copy(), self.memory.minutes))
        return other

    def mark(self, racks: t.Wide | None) -> None:
        """Let moves take out these racks only; None for all that are not forced.

        Args:
            racks: At least one rack, in order of time.
        """
        self.marked = racks
        self.memory.words[t.MARKED] = 0 if racks is None else len(racks)
        if racks is not None:
            self._table(t.AT_MARKED, self.racks)[: len(racks)] = racks

    def seek(self, racks: t.Wide | None, most_away: int, counted: t.Wide) -> None:
        """Let moves take out one of these racks and others near it in time.

        Args:
            racks: At least one rack, none of them forced; None for any.
            most_away: How many of the counted racks may be away from their published
                places; -1 for all.
            counted: Racks that count.
        """
        self.sought = (racks, most_away, counted)
        words = self.memory.words
        words[t.SOUGHT] = 0 if racks is None else len(racks)
        words[t.MOST_AWAY] = most_away
        if racks is not None:
            self._table(t.AT_MARKED, self.racks)[: len(racks)] = racks
        table = self._table(t.AT_COUNTED, self.racks)
        table[:] = 0
        table[counted] = 1

    def _table(self, address: int, *shape: int) -> t.Wide:
        """Return a table of the memory as an array that shares its words."""
        words = self.memory.words
        first = int(words[address])
        return words[first : first + int(np.prod(shape))].reshape(shape)

    def decode(
        self, order: Sequence[int] | t.Wide, *, keep: bool = False, delay: bool = True
    ) -> None:
        """Place racks one after the other from an empty plan.

        Facts come first, then racks that are held where they were published.

        Args:
            order: Rack indices.
            keep: Whether steps start no earlier than in the published plan, where that
                can be.
            delay: Whether racks begin as late as their last steps then allow.
        """
        self._start_afresh()
        wanted = np.array(order, np.int64)
        listed = self._facts_first(wanted[~self.left_out[wanted]])
        is_fact = self.tables.rack[listed, t.IS_FACT] > 0
        self._keep(listed[is_fact & self.held[listed]], how=home.AS_PUBLISHED)
        self._place(listed[is_fact], keep=keep, waits=DELAY_NOTHING)
        self._keep(listed[self.held[listed]], how=home.AS_PUBLISHED)
        self._place(listed, keep=keep, waits=DELAY_NOTHING)
        self.sort()
        if delay:
            self.delay()

    def keep(
        self,
        order: Sequence[int] | t.Wide,
        waiting: npt.NDArray[np.bool_] | None = None,
    ) -> t.Wide:
        """Place racks where the published plan has them, from an empty plan.

        Who finds its place taken goes to another bay at the same time if there is one,
        else to the first place that is left after its published starts, as new racks
        do. Facts come first.

        Args:
            order: Rack indices; the first ones keep their place most surely.
            waiting: Whether each rack comes after what has begun, wherever that finds
                room, because it powers on under a cap of the grid; None for none.

        Returns:
            The racks that are not where they were, new ones included.
        """
        wanted = np.array(order, np.int64)
        listed = self._facts_first(wanted[~self.left_out[wanted]])
        is_fact = self.tables.rack[listed, t.IS_FACT] > 0
        waits = np.zeros(self.racks, np.bool_) if waiting is None else waiting
        begun, others = listed[is_fact], listed[~is_fact]
        last = waits[others]
        in_bay = self.tables.rack[begun, t.HAS_BAY] > 0
        for is_careful in (False, True):
            self._start_afresh()
            for some in (begun[in_bay], begun[~in_bay]) if is_careful else (begun,):
                self._keep(some, how=home.AS_PUBLISHED)
                if is_careful:
                    self._place(some, keep=True, waits=DELAY_NOTHING)
            self._keep(others[~last], how=home.AS_PUBLISHED)
            self._place(begun, keep=True, waits=DELAY_NOTHING)
            self._keep(others[last], how=home.AS_PUBLISHED)
            # What has begun goes on even if the others then lose their places; who is
            # in a bay goes on there even if one that comes later then loses it.
            if not self.seat[begun, t.FORCED].any():
                break
        for how in (home.AT_THE_TIME, home.IN_ANY_BAY):
            self._keep(others, how=how)
        self._place(others, keep=True, waits=DELAY_BEFORE_BAY)
        self.sort()
        lost: t.Wide = listed[~self.is_home()[listed]]
        return lost

    def _start_afresh(self) -> None:
        """Take every rack out and go on with the random numbers."""
        encoded, ceiling = self._laid
        if self._is_blank and encoded is self.encoded and ceiling == self.ceiling:
            # Laying out anew takes a third of the time in which a plan is kept.
            self.seat[:, t.FORCED] = self.left_out | self.held
            return
        drawn = self.memory.words[[t.RANDOM_A, t.RANDOM_B]]
        self.clear()
        self.memory.words[[t.RANDOM_A, t.RANDOM_B]] = drawn

    def _keep(self, racks: t.Wide, *, how: int) -> None:
        self._is_blank = False
        sweep.keep(self.memory, np.ascontiguousarray(racks), how)

    def _place(self, racks: t.Wide, *, keep: bool, waits: int) -> None:
        """Place the racks that have no place yet, looking further ahead if need be."""
        self._is_blank = False
        listed = np.ascontiguousarray(racks[self.seat[racks, t.PLACED] == 0])
        at = 0
        while at < len(listed):
            more = self.encoded.span < self.encoded.problem.horizon
            at = sweep.decode(self.memory, listed, at, keep, waits, more)
            if at < len(listed):
                self._look_further()

    def fill(self, order: t.Wide) -> None:
        """Place the racks that have no place yet; those that have one stay.

        Args:
            order: Rack indices.
        """
        self._place(order[~self.left_out[order]], keep=False, waits=DELAY_BEFORE_BAY)
        self.sort()

    def delay(self) -> None:
        """Begin every rack as late as its last step allows, the last rack first.

        No rack ends later, and the plan gets no dearer.
        """
        early = self.seats()
        for whole in (False, True):
            sweep.delay(self.memory, self.order(), whole)
            self.sort()
        if self.price() > early.price:
            self.stand(early)

    def go_home(self, racks: t.Wide) -> int:
        """Bring racks back to their published places where that costs no more.

        Returns:
            What it saves, in units of 1/1440 cent.
        """
        return int(sweep.go_home(self.memory, np.ascontiguousarray(racks)))

    def is_home(self) -> npt.NDArray[np.bool_]:
        """Return whether each rack stands where the published plan has it."""
        was, tables = self.tables.previous, self.tables
        known = was != t.NONE
        off = np.abs(self.time[:, :, 0] - was) > tables.figure[t.TOLERANCE]
        in_bay = tables.step[tables.rack[:, t.TEMPLATE], :, t.IN_BAY] > 0
        other_bay = self.seat[:, t.POOL] != tables.rack[:, t.PREVIOUS_POOL]
        moved = known & (off | (in_bay & other_bay[:, None]))
        placed = self.seat[:, t.PLACED] > 0
        stays: npt.NDArray[np.bool_] = placed & known.any(axis=1) & ~moved.any(axis=1)
        return stays

    def hold(self, racks: npt.NDArray[np.bool_]) -> None:
        """Leave racks where the published plan has them, whatever else moves."""
        self.held = racks
        self.seat[:, t.FORCED] |= racks

    def frozen(self) -> npt.NDArray[np.bool_]:
        """Return whether each rack has a published start inside the frozen fence."""
        was = self.tables.previous
        inside = (was != t.NONE) & (was < self.tables.figure[t.FENCE])
        found: npt.NDArray[np.bool_] = inside.any(axis=1)
        return found

    def set_prices(self, prices: Prices) -> None:
        """Go on with other prices of change and promises."""
        figure, words = self.tables.figure, self.memory.words
        move_price = move_prices(prices)
        self.tables.move_price[:] = move_price
        self._table(t.AT_MOVE_PRICE, len(move_price))[:] = move_price
        for column, cents in (
            (t.FENCED, prices.move_fenced),
            (t.BROKEN, prices.broken_promise),
        ):
            figure[column] = words[column] = cents * t.UNIT
        sweep.price_anew(self.memory)

    def _facts_first(self, order: t.Wide) -> t.Wide:
        rows = self.tables.rack[order]
        # Who holds a bay goes before who is merely at work: nobody may count on the bay
        # of a rack that turns out to wait in it.
        rank = 8 * rows[:, t.HAS_BAY] + 4 * rows[:, t.HAS_STATION]
        rank += 2 * rows[:, t.RUNNING] + rows[:, t.IS_FACT]
        return np.ascontiguousarray(order[np.argsort(-rank, kind="stable")])

    def _look_further(self) -> None:
        """Double the minutes looked ahead and bring the plan back on them."""
        kept = self.seats()
        self.encoded = stretch(self.encoded, 2 * self.encoded.span)
        self.restore(kept)

    def seats(self) -> Seats:
        """Return a copy of where every rack is."""
        return Seats(
            time=self.time.copy(),
            soak=self.soak.copy(),
            seat=self.seat.copy(),
            price=self.price(),
        )

    def best_seats(self, price: int) -> Seats:
        """Return a copy of the best plan that ``ruin.improve`` has kept."""
        return Seats(
            time=self._table(t.AT_BEST_TIME, *self.time.shape).copy(),
            soak=self._table(t.AT_BEST_SOAK, *self.soak.shape).copy(),
            seat=self._table(t.AT_BEST_SEAT, *self.seat.shape).copy(),
            price=price,
        )

    def restore(self, seats: Seats) -> None:
        """Bring a copied plan back."""
        placed = np.flatnonzero(seats.seat[:, t.PLACED])
        last = int(seats.time[placed].max(initial=0))
        while self.encoded.span < min(last, self.encoded.problem.horizon):
            self.encoded = stretch(self.encoded, 2 * self.encoded.span)
        self._start_afresh()
        self._is_blank = False
        self.time[:] = seats.time
        self.soak[:] = seats.soak
        self.seat[:] = seats.seat
        self.seat[:, t.DIRTY] = 1
        for rack in placed:
            facts.hold_facts(self.memory, int(rack), 1)
            load.add_rack(self.memory, int(rack), -1)
        self.sort()

    def stand(self, seats: Seats) -> None:
        """Bring a copied plan back; racks that are where it has them are not touched.

        A few racks cost little; ``restore`` lays everything out anew.
        """
        rows = self.moved_since(seats)
        last = int(seats.time[seats.seat[:, t.PLACED] > 0].max(initial=0))
        if last > self.encoded.span or self._is_blank:
            self.restore(seats)
            return
        for rack in rows.tolist():
            self._use(rack, 1)
        self.time[rows], self.soak[rows] = seats.time[rows], seats.soak[rows]
        self.seat[rows] = seats.seat[rows]
        self.seat[rows, t.DIRTY] = 1
        for rack in rows.tolist():
            self._use(rack, -1)
        self.sort()

    def moved_since(self, seats: Seats) -> t.Wide:
        """Return the racks that do not stand where a copied plan has them."""
        differs = (self.time != seats.time).any(axis=(1, 2))
        differs |= (self.soak != seats.soak).any(axis=(1, 2))
        differs |= (self.seat[:, STANDS] != seats.seat[:, STANDS]).any(axis=1)
        return np.flatnonzero(differs)

    def _use(self, rack: int, sign: int) -> None:
        """Take (``sign`` -1) or give back what a rack uses, or at least its facts."""
        if self.seat[rack, t.PLACED]:
            load.add_rack(self.memory, rack, sign)
        else:
            facts.hold_facts(self.memory, rack, sign)

    def confine(self, racks: t.Wide, start: int, end: int) -> None:
        """Let moves take out these racks only, and place them in a window only.

        A lower peak than the plan's is worth nothing meanwhile: others may need it.

        Args:
            racks: Their work has not begun; at least one.
            start: First minute of the window.
            end: First minute after it.
        """
        words = self.memory.words
        ready = self._table(t.AT_RACK, self.racks, t.RACK_COLUMNS)[:, t.READY]
        ready[racks] = np.maximum(ready[racks], start)
        words[t.UNTIL] = min(end, self.encoded.span)
        words[t.DEMAND_FLOOR] = max(int(words[t.DEMAND_FLOOR]), self.peak())
        self.mark(racks)

    def release(self) -> None:
        """Let moves take out and place all racks again."""
        words = self.memory.words
        rack = self._table(t.AT_RACK, self.racks, t.RACK_COLUMNS)
        rack[:, t.READY] = self.tables.rack[:, t.READY]
        words[t.UNTIL] = self.encoded.span
        words[t.DEMAND_FLOOR] = self.tables.figure[t.DEMAND_FLOOR]
        self.mark(None)

    def sort(self) -> None:
        """Number the racks by the time of their main step, for the choice of racks."""
        # Who numbers racks has moved them, here or in the kernels.
        self._is_blank = False
        rows = np.arange(self.racks)
        main = self.tables.template[self.tables.rack[:, t.TEMPLATE], t.MAIN_STEP]
        main = np.maximum(main, self.tables.rack[:, t.DONE])
        starts = np.where(
            self.seat[:, t.PLACED] > 0, self.time[rows, main, 0], np.int64(t.FAR)
        )
        order = np.argsort(starts, kind="stable")
        self._table(t.AT_ORDER, self.racks)[:] = order
        self._table(t.AT_RANK, self.racks)[order] = rows
        if self.marked is not None:
            self.mark(order[np.isin(order, self.marked)])

    def price(self) -> int:
        """Return the price of the plan in units of 1/1440 cent."""
        return int(price.total_price(self.memory))

    def tally(self) -> Tally:
        """Return what the plan is worth."""
        return self._tally(self.seat, self.price())

    def tally_of(self, seats: Seats) -> Tally:
        """Return what a copied plan is worth."""
        return self._tally(seats.seat, seats.price)

    def best_tally(self, price: int) -> Tally:
        """Return what the best plan that ``ruin.improve`` has kept is worth."""
        return self._tally(self._table(t.AT_BEST_SEAT, *self.seat.shape), price)

    def _tally(self, seat: t.Wide, price: int) -> Tally:
        rows, out = self.tables.rack, seat[:, t.PLACED] == 0
        missing = out & ~self.left_out
        price += int(rows[missing, t.NEVER].sum() - rows[out, t.ABSENT].sum())
        cents = (2 * price + t.UNIT) // (2 * t.UNIT)
        return Tally(missing=int(missing.sum()), cents=cents)

    def peak(self) -> int:
        """Return the highest mean import of an averaging window, in watts."""
        words = self.memory.words
        imports = self._table(t.AT_IMPORT, int(words[t.WINDOWS]))
        return int(-(-imports.max() // words[t.WINDOW]))

    def overdrawn(self) -> int:
        """Return how many runs of minutes and arrivals have less than nothing left.

        Facts alone may take more than there is.
        """
        words = self.memory.words
        first, last = int(words[t.AT_LOW]), int(words[t.AT_SHIFT])
        least = self.memory.minutes[first:last]
        slack = self._table(t.AT_SLACK, len(self.tables.slack))
        return int((least < 0).sum() + (slack < 0).sum())

    def order(self) -> t.Wide:
        """Return the racks by the time of their main step."""
        return self._table(t.AT_ORDER, self.racks).copy()

    def placed(self) -> int:
        """Return how many racks have a place."""
        return int(self.seat[:, t.PLACED].sum())


def _first_span(problem: Problem, *, apart: bool) -> int:
    """Return how many minutes to look ahead at first."""
    latest = max((rack.due or 0 for rack in problem.racks), default=0)
    starts = [start for rack in problem.racks for _, start, _ in rack.previous]
    published = max(starts, default=0)
    if apart and published:
        # Most of a published plan stays: what moves, moves by days.
        return published + FIRST_SPAN // 2
    return max(latest, published) + FIRST_SPAN


def _lay_out(encoded: Encoded, ceiling: int | None, minutes: t.Narrow) -> t.Memory:
    """Return a problem without any plan in the kernels' memory.

    Args:
        encoded: The problem.
        ceiling: Watts of import that no plan shall exceed though it may.
        minutes: Written to; as large as ``_size`` says.
    """
    tables = encoded.tables
    rows, wide = _shape(encoded)
    _lay_out_minutes(encoded, ceiling, minutes)
    imports = _base_load(encoded, wide)
    racks, steps = len(encoded.racks), tables.step.shape[1]
    blocks, out = soak_blocks(encoded), min(racks, MOST_OUT) + 1
    times, soaks = 2 * steps, 2 * blocks
    items = steps * (tables.pool.shape[1] + 6) + 8
    parts: dict[int, t.Wide | int] = {
        t.AT_TEMPLATE: tables.template,
        t.AT_STEP: tables.step,
        t.AT_WATTS: tables.watts,
        t.AT_GROUP: tables.group,
        t.AT_POOL: tables.pool,
        t.AT_CHOICE: tables.choice,
        t.AT_OPENED: tables.opened,
        t.AT_LEVEL: tables.level_minutes,
        t.AT_RACK: tables.rack,
        t.AT_PREVIOUS: tables.previous,
        t.AT_PREVIOUS_SOAK: previous_soaks(encoded),
        t.AT_PIN: tables.pin,
        t.AT_NEED: tables.need,
        t.AT_NEED_FROM: tables.need_from,
        t.AT_ARRIVAL: tables.arrival,
        t.AT_PART: tables.part,
        t.AT_MOVE_PRICE: tables.move_price,
        t.AT_SLACK: tables.slack,
        t.AT_IMPORT: imports,
        t.AT_BILL: _energy_bill(encoded, wide),
        t.AT_TIME: racks * times,
        t.AT_SOAK: racks * soaks,
        t.AT_SEAT: racks * t.SEAT_COLUMNS,
        t.AT_BEST_TIME: racks * times,
        t.AT_BEST_SOAK: racks * soaks,
        t.AT_BEST_SEAT: racks * t.SEAT_COLUMNS,
        t.AT_TRIAL_TIME: times,
        t.AT_TRIAL_SOAK: soaks,
        t.AT_KEPT_TIME: times,
        t.AT_KEPT_SOAK: soaks,
        t.AT_OLD_TIME: out * times,
        t.AT_OLD_SOAK: out * soaks,
        t.AT_OLD_SEAT: out * t.SEAT_COLUMNS,
        t.AT_ITEM: items * t.ITEM_COLUMNS,
        t.AT_HOURS: (steps + 2) * t.HOURS_COLUMNS,
        t.AT_CHOSEN: out,
        t.AT_KEY: out,
        t.AT_ORDER: racks,
        t.AT_RANK: racks,
        t.AT_MARKED: racks,
        t.AT_COUNTED: racks,
        t.AT_OWN_PIN: steps,
    }
    header = tables.figure.copy()
    at = t.HEADER
    for address, part in parts.items():
        header[address] = at
        at += part if isinstance(part, int) else part.size
    words = np.zeros(at, np.int64)
    for address, part in parts.items():
        if not isinstance(part, int):
            first = int(header[address])
            words[first : first + part.size] = part.ravel()
    header[t.UNTIL] = encoded.span
    header[t.RACKS] = racks
    header[t.MOST_STEPS] = steps
    header[t.BLOCKS] = blocks
    header[t.WEEKS_PRICED] = len(tables.move_price)
    header[t.MOST_GROUPS] = tables.group.shape[1]
    header[t.POOL_WIDTH] = tables.pool.shape[1]
    header[t.CHOICE_WIDTH] = tables.choice.shape[1]
    header[t.WINDOWS] = len(imports)
    runs = wide // t.RUN
    header[t.AT_FREE], header[t.FREE_WIDTH] = 0, wide
    header[t.AT_LOW], header[t.LOW_WIDTH] = rows * wide, runs
    header[t.AT_SHIFT] = rows * (wide + runs)
    header[t.AT_OPENING] = rows * (wide + 2 * runs)
    header[t.OPENING_WIDTH] = tables.opening.shape[2]
    words[: t.HEADER] = header
    return t.Memory(words, minutes)


def _shape(encoded: Encoded) -> tuple[int, int]:
    """Return the rows of capacity and their width: minutes in whole runs."""
    wide = -(-encoded.span // t.RUN) * t.RUN
    return len(encoded.rows) + len(encoded.pools), wide


def _size(encoded: Encoded) -> int:
    """Return how many numbers are kept a minute or a run of minutes, all in all."""
    rows, wide = _shape(encoded)
    return rows * (wide + 2 * wide // t.RUN) + encoded.tables.opening.size


def _lay_out_minutes(encoded: Encoded, ceiling: int | None, minutes: t.Narrow) -> None:
    """Write what has a number a minute: free capacity with its sums, opening hours."""
    rows, wide = _shape(encoded)
    size, sums = rows * wide, rows * wide // t.RUN
    free = minutes[:size].reshape(rows, wide)
    fill_capacity(free, encoded, ceiling)
    low = minutes[size : size + sums].reshape(rows, -1)
    free.reshape(rows, -1, t.RUN).min(axis=2, out=low)
    minutes[size + sums : size + 2 * sums] = 0
    minutes[size + 2 * sums :] = encoded.tables.opening.ravel()


def _base_load(encoded: Encoded, minutes: int) -> t.Wide:
    """Return the watt-minutes of base load per averaging window."""
    prices, load = encoded.problem.prices, encoded.problem.base_load
    begun, window = prices.averaging_begun, prices.averaging
    windows = (begun + minutes) // window + 2
    base = np.zeros(windows * window, np.int64)
    base[:begun] = load.at(0)
    for start, end, watts in load.pieces(encoded.span):
        base[begun + start : begun + end] = watts
    result: t.Wide = base.reshape(-1, window).sum(axis=1)
    return result


def _energy_bill(encoded: Encoded, minutes: int) -> t.Wide:
    """Return what a watt drawn from minute 0 to each minute costs: the running sum."""
    price = np.zeros(minutes + 1, np.int64)
    for start, end, cents in encoded.problem.prices.energy.pieces(minutes):
        price[start + 1 : end + 1] = cents
    result: t.Wide = price.cumsum()
    return result
