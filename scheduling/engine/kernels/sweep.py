"""Passes over many racks: decoding, settling, keeping and going back to a plan."""

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.facts import hold_facts
from scheduling.engine.kernels.home import AS_PUBLISHED, is_home, put_home
from scheduling.engine.kernels.insert import (
    BOTH_WAYS,
    DELAY_ALL,
    DELAY_NOTHING,
    delay_rack,
)
from scheduling.engine.kernels.load import settle
from scheduling.engine.kernels.memory import (
    ABSENT,
    AT_CHOSEN,
    AT_ORDER,
    AT_TRIAL_SOAK,
    AT_TRIAL_TIME,
    BLOCKS,
    DIRTY,
    FORCED,
    IS_FACT,
    MOST_STEPS,
    PLACED,
    POOL,
    PRICE,
    RACKS,
    TRIAL_POOL,
    Memory,
    Wide,
    copy,
    rack_of,
    seat_of,
    set_seat,
    soak_at,
    time_at,
)
from scheduling.engine.kernels.price import demand_price, trial_price
from scheduling.engine.kernels.ruin import put_back, take_out, undo


@compiled
def settle_again(memory: Memory) -> int:
    """Take out and put back every rack alone, in order of time; return the saving."""
    words = memory.words
    saved = 0
    demand = demand_price(memory)
    for place in range(words[RACKS]):
        rack = words[words[AT_ORDER] + place]
        if seat_of(memory, rack, FORCED) != 0:
            continue
        words[words[AT_CHOSEN]] = rack
        before = take_out(memory, 1)
        after = put_back(memory, rack, 0, False, BOTH_WAYS, 0, DELAY_ALL, False)
        peak = demand_price(memory)
        if after + peak <= before + demand:
            saved += before + demand - after - peak
            demand = peak
        else:
            undo(memory, 1)
    return saved


@compiled
def _read_trial(memory: Memory, rack: int) -> None:
    """Let the trial be where a rack stands."""
    words = memory.words
    times, soaks = 2 * words[MOST_STEPS], 2 * words[BLOCKS]
    copy(memory, time_at(memory, rack), words[AT_TRIAL_TIME], times)
    copy(memory, soak_at(memory, rack), words[AT_TRIAL_SOAK], soaks)
    words[TRIAL_POOL] = seat_of(memory, rack, POOL)


@compiled
def delay(memory: Memory, order: Wide, whole: bool) -> None:
    """Begin racks as late as their last steps allow, the last rack first.

    So each finds the room that racks after it have left. None ends later, and none gets
    dearer by itself; what they draw together may peak higher.
    """
    words = memory.words
    for back in range(order.shape[0]):
        rack = order[order.shape[0] - 1 - back]
        if seat_of(memory, rack, FORCED) != 0 or seat_of(memory, rack, PLACED) == 0:
            continue
        words[words[AT_CHOSEN]] = rack
        before = take_out(memory, 1)
        hold_facts(memory, rack, 1)
        _read_trial(memory, rack)
        delay_rack(memory, rack, whole)
        after = trial_price(memory, rack)
        settle(memory, rack, after)
        if after > before:
            undo(memory, 1)


@compiled
def decode(
    memory: Memory, order: Wide, first: int, keep: bool, delay: int, stop: bool
) -> int:
    """Place racks one after the other, whole; return how far it came.

    Facts must be held beforehand. With ``stop`` it returns the place of the first rack
    that finds none, so that the caller can look further ahead in time.
    """
    for place in range(first, order.shape[0]):
        rack = order[place]
        if keep:
            put_back(memory, rack, 0, True, BOTH_WAYS, 0, delay, False)
        if seat_of(memory, rack, PLACED) == 0:
            put_back(memory, rack, 0, False, BOTH_WAYS, 0, delay, False)
        if seat_of(memory, rack, PLACED) != 0:
            continue
        if stop:
            return place
        if rack_of(memory, rack, IS_FACT) != 0:
            put_back(memory, rack, 0, False, BOTH_WAYS, 0, DELAY_NOTHING, True)
            set_seat(memory, rack, FORCED, seat_of(memory, rack, PLACED))
    return order.shape[0]


@compiled
def keep(memory: Memory, order: Wide, how: int) -> None:
    """Place racks where the published plan has them, if nothing stands in the way.

    Facts must be held beforehand; who finds its place taken stays out. ``how`` is one
    of the ways of ``put_home``.
    """
    for place in range(order.shape[0]):
        rack = order[place]
        if seat_of(memory, rack, PLACED) == 0:
            put_home(memory, rack, how)


@compiled
def go_home(memory: Memory, order: Wide) -> int:
    """Bring racks back to their published places one by one where that costs no more.

    Returns what it saves.
    """
    words = memory.words
    saved = 0
    demand = demand_price(memory)
    for place in range(order.shape[0]):
        rack = order[place]
        if seat_of(memory, rack, FORCED) != 0 or seat_of(memory, rack, PLACED) == 0:
            continue
        if is_home(memory, rack):
            continue
        words[words[AT_CHOSEN]] = rack
        before = take_out(memory, 1)
        after = put_home(memory, rack, AS_PUBLISHED)
        if after < 0:
            undo(memory, 1)
            continue
        peak = demand_price(memory)
        if after + peak <= before + demand:
            saved += before + demand - after - peak
            demand = peak
        else:
            undo(memory, 1)
    return saved


@compiled
def price_anew(memory: Memory) -> None:
    """Ask every placed rack for its price again, after prices have changed."""
    words = memory.words
    for rack in range(words[RACKS]):
        if seat_of(memory, rack, PLACED) != 0:
            _read_trial(memory, rack)
            set_seat(memory, rack, PRICE, trial_price(memory, rack))
            set_seat(memory, rack, DIRTY, 1)
        else:
            set_seat(memory, rack, PRICE, rack_of(memory, rack, ABSENT))
