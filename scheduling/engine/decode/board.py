"""The plan in the making: a problem in the kernels' memory, with one plan on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from scheduling.engine.decode.encode import (
    Encoded,
    Tables,
    capacity_rows,
    encode,
    soak_blocks,
    stretch,
)
from scheduling.engine.kernels import facts, load, price, ruin
from scheduling.engine.kernels import memory as t
from scheduling.engine.kernels.compile import prepare
from scheduling.engine.kernels.insert import DELAY_BEFORE_BAY, DELAY_NOTHING
from scheduling.engine.problem import Problem

FIRST_SPAN = 1 << 15
"""Minutes looked ahead at first beyond the last due date: about three weeks."""
MOST_OUT = 64
"""Most racks one move may take out."""
ENTRIES = (
    facts.hold_facts,
    load.add_rack,
    price.total_price,
    ruin.copy_best,
    ruin.decode,
    ruin.draw,
    ruin.improve,
    ruin.settle_again,
)
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


class Board:
    """A problem's arrays with one plan on them.

    Attributes:
        encoded: The problem as arrays.
        memory: What the kernels work on; a plan is part of it.
        time: Start and end per rack and step of the plan.
        soak: Level and standby before each soak block of the plan.
        seat: Whether, where and for how much each rack is in the plan.
        left_out: Whether each rack is left out from the beginning.
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
    ) -> None:
        """Encode a problem and hold its facts; nothing else is planned yet.

        Args:
            problem: The problem.
            seed: Of the random numbers.
            left_out: Racks that are not planned; what they hold now still counts.
            unread: Racks whose facts make no sense; they are not looked at.
        """
        prepare(t.Memory, ENTRIES)
        latest = max((rack.due or 0 for rack in problem.racks), default=0)
        self.encoded = encode(
            problem, latest + FIRST_SPAN, left_out=left_out, unread=unread
        )
        self.left_out = np.array(
            [rack.key in left_out for rack in self.encoded.racks], np.bool_
        )
        self.ceiling: int | None = None
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
        self.memory = _lay_out(self.encoded, self.ceiling)
        racks, steps = self.racks, self.tables.step.shape[1]
        blocks = int(self.memory.words[t.BLOCKS])
        self.time = self._table(t.AT_TIME, racks, steps, 2)
        self.soak = self._table(t.AT_SOAK, racks, blocks, 2)
        self.seat = self._table(t.AT_SEAT, racks, t.SEAT_COLUMNS)
        self.seat[:, t.PRICE] = self.tables.rack[:, t.ABSENT]
        self.seat[:, t.DIRTY] = 1
        self.seat[:, t.FORCED] = self.left_out
        for rack in np.flatnonzero(self.tables.rack[:, t.IS_FACT]):
            facts.hold_facts(self.memory, int(rack), -1)

    def _table(self, address: int, *shape: int) -> t.Wide:
        """Return a table of the memory as an array that shares its words."""
        words = self.memory.words
        first = int(words[address])
        return words[first : first + int(np.prod(shape))].reshape(shape)

    def decode(
        self, order: Sequence[int] | t.Wide, *, keep: bool = False, delay: bool = True
    ) -> None:
        """Place racks one after the other from an empty plan, facts first.

        Args:
            order: Rack indices.
            keep: Whether steps start no earlier than in the published plan, where that
                can be.
            delay: Whether first steps wait until their rack's later steps need them.
        """
        drawn = self.memory.words[[t.RANDOM_A, t.RANDOM_B]]
        self.clear()
        self.memory.words[[t.RANDOM_A, t.RANDOM_B]] = drawn
        wanted = np.array(order, np.int64)
        listed = self._facts_first(wanted[~self.left_out[wanted]])
        at = 0
        while at < len(listed):
            more = self.encoded.span < self.encoded.problem.horizon
            waits = DELAY_BEFORE_BAY if delay else DELAY_NOTHING
            at = ruin.decode(self.memory, listed, at, keep, waits, more)
            if at < len(listed):
                self._look_further()
        self.sort()

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
        drawn = self.memory.words[[t.RANDOM_A, t.RANDOM_B]]
        placed = np.flatnonzero(seats.seat[:, t.PLACED])
        last = int(seats.time[placed].max(initial=0))
        while self.encoded.span < min(last, self.encoded.problem.horizon):
            self.encoded = stretch(self.encoded, 2 * self.encoded.span)
        self.clear()
        self.memory.words[[t.RANDOM_A, t.RANDOM_B]] = drawn
        self.time[:] = seats.time
        self.soak[:] = seats.soak
        self.seat[:] = seats.seat
        self.seat[:, t.DIRTY] = 1
        for rack in placed:
            facts.hold_facts(self.memory, int(rack), 1)
            load.add_rack(self.memory, int(rack), -1)
        self.sort()

    def sort(self) -> None:
        """Number the racks by the time of their main step, for the choice of racks."""
        rows = np.arange(self.racks)
        main = self.tables.template[self.tables.rack[:, t.TEMPLATE], t.MAIN_STEP]
        main = np.maximum(main, self.tables.rack[:, t.DONE])
        starts = np.where(
            self.seat[:, t.PLACED] > 0, self.time[rows, main, 0], np.int64(t.FAR)
        )
        order = np.argsort(starts, kind="stable")
        self._table(t.AT_ORDER, self.racks)[:] = order
        self._table(t.AT_RANK, self.racks)[order] = rows

    def price(self) -> int:
        """Return the price of the plan in units of 1/1440 cent."""
        return int(price.total_price(self.memory))

    def peak(self) -> int:
        """Return the highest mean import of a quarter of an hour, in watts."""
        quarters = self._table(t.AT_QUARTER, int(self.memory.words[t.QUARTERS]))
        return int(-(-quarters.max() // t.QUARTER))

    def order(self) -> t.Wide:
        """Return the racks by the time of their main step."""
        return self._table(t.AT_ORDER, self.racks).copy()

    def placed(self) -> int:
        """Return how many racks have a place."""
        return int(self.seat[:, t.PLACED].sum())


def _lay_out(encoded: Encoded, ceiling: int | None) -> t.Memory:
    """Return a problem without any plan in the kernels' memory."""
    tables = encoded.tables
    free = capacity_rows(encoded, ceiling)
    low = free.reshape(free.shape[0], -1, t.RUN).min(axis=2)
    quarter = _base_load(encoded, free.shape[1])
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
        t.AT_PIN: tables.pin,
        t.AT_NEED: tables.need,
        t.AT_NEED_FROM: tables.need_from,
        t.AT_ARRIVAL: tables.arrival,
        t.AT_PART: tables.part,
        t.AT_MOVE_PRICE: tables.move_price,
        t.AT_SLACK: tables.slack,
        t.AT_QUARTER: quarter,
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
    header[t.RACKS] = racks
    header[t.MOST_STEPS] = steps
    header[t.BLOCKS] = blocks
    header[t.WEEKS_PRICED] = len(tables.move_price)
    header[t.MOST_GROUPS] = tables.group.shape[1]
    header[t.POOL_WIDTH] = tables.pool.shape[1]
    header[t.CHOICE_WIDTH] = tables.choice.shape[1]
    header[t.QUARTERS] = len(quarter)
    header[t.AT_FREE], header[t.FREE_WIDTH] = 0, free.shape[1]
    header[t.AT_LOW], header[t.LOW_WIDTH] = free.size, low.shape[1]
    header[t.AT_SHIFT] = free.size + low.size
    header[t.AT_OPENING] = free.size + 2 * low.size
    header[t.OPENING_WIDTH] = tables.opening.shape[2]
    words[: t.HEADER] = header
    minutes = np.concatenate(
        (free.ravel(), low.ravel(), np.zeros_like(low).ravel(), tables.opening.ravel())
    )
    return t.Memory(words, minutes)


def _base_load(encoded: Encoded, minutes: int) -> t.Wide:
    """Return the watt-minutes of base load per quarter of an hour."""
    quarters = minutes // t.QUARTER + 2
    base = np.zeros(quarters * t.QUARTER, np.int64)
    for start, end, watts in encoded.problem.base_load.pieces(encoded.span):
        base[start:end] = watts
    result: t.Wide = base.reshape(-1, t.QUARTER).sum(axis=1)
    return result
