"""Ruin and recreate: takes a few racks out and puts each back at its earliest.

A move costs what it touches, not the whole plan. Worse plans are accepted with a
probability that falls with the temperature; a move is given up as soon as the racks put
back so far cost more than it may.
"""

import math

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.kernels.facts import hold_facts
from scheduling.engine.kernels.home import AS_PUBLISHED, is_home, put_home
from scheduling.engine.kernels.insert import BOTH_WAYS, DELAY_ALL, try_rack
from scheduling.engine.kernels.load import add_rack, lift, settle
from scheduling.engine.kernels.memory import (
    ABSENT,
    AT_BEST_SEAT,
    AT_BEST_SOAK,
    AT_BEST_TIME,
    AT_CHOSEN,
    AT_COUNTED,
    AT_KEY,
    AT_MARKED,
    AT_OLD_SEAT,
    AT_OLD_SOAK,
    AT_OLD_TIME,
    AT_ORDER,
    AT_RANK,
    AT_SEAT,
    BLOCKS,
    CHOICES,
    DIRTY,
    DUE,
    FAR,
    FORCED,
    HAS_PREVIOUS,
    IS_FACT,
    LEAST_PRICE,
    MAIN_STEP,
    MARKED,
    MOST_AWAY,
    MOST_STEPS,
    NONE,
    PLACED,
    PRICE,
    RACKS,
    RANDOM_A,
    RANDOM_B,
    SEAT_COLUMNS,
    SOUGHT,
    TEMPLATE,
    Memory,
    copy,
    rack_of,
    seat_of,
    set_seat,
    soak_at,
    start_of,
    template_of,
    time_at,
)
from scheduling.engine.kernels.price import demand_price

WINDOW, BEFORE, NEARBY, COSTLY, CHOOSE_KINDS = range(5)
NEAR_KINDS = COSTLY
"""Kinds of choice that stay near the first rack in time."""
BY_DUE, BY_DUE_ROUGHLY, BY_CHANCE, AS_BEFORE, COSTLY_FIRST, KEY_KINDS = range(6)
RANDOM_RANGE = 2_147_483_562
DAY = 1440
FACTS_FIRST = 1 << 60
MANY_CHOICES = 16
"""Pools of which not all are tried each time."""
SEEDS, SEEDS_SOUGHT = 5, 3
"""Racks drawn of which the costliest is taken out."""


@compiled
def draw(memory: Memory, below: int) -> int:
    """Return a random integer from 0 to ``below`` - 1 (two combined generators)."""
    words = memory.words
    first = (40_014 * words[RANDOM_A]) % 2_147_483_563
    second = (40_692 * words[RANDOM_B]) % 2_147_483_399
    words[RANDOM_A] = first
    words[RANDOM_B] = second
    return ((first - second) % RANDOM_RANGE) % below


@compiled
def _chance(memory: Memory) -> float:
    """Return a random number in (0, 1)."""
    return (draw(memory, RANDOM_RANGE) + 1.0) / (RANDOM_RANGE + 1.0)


@compiled
def _bits(memory: Memory) -> int:
    """Return 60 random bits."""
    return (draw(memory, 1 << 30) << 30) + draw(memory, 1 << 30)


@compiled
def _excess(memory: Memory, rack: int) -> int:
    """Return what a rack costs beyond its least."""
    return seat_of(memory, rack, PRICE) - rack_of(memory, rack, LEAST_PRICE)


@compiled
def _costliest(memory: Memory, listed: int, count: int, among: int) -> int:
    """Return the place of the rack with the most excess among some drawn from a list.

    The list begins at the address ``listed``.
    """
    words = memory.words
    best = draw(memory, count)
    for _ in range(among - 1):
        other = draw(memory, count)
        if _excess(memory, words[listed + other]) > _excess(
            memory, words[listed + best]
        ):
            best = other
    return best


@compiled
def _choose(memory: Memory, wanted: int) -> int:
    """Choose racks to take out, a costly one and others near it; return how many.

    Where racks are marked, they are of these. Where some are sought a better place for,
    the costly one is.
    """
    words = memory.words
    chosen_at = words[AT_CHOSEN]
    marked, sought = words[MARKED], words[SOUGHT]
    listed, count = words[AT_ORDER], words[RACKS]
    if marked > 0:
        listed, count = words[AT_MARKED], marked
    if sought > 0:
        among = words[AT_MARKED]
        seed = words[among + _costliest(memory, among, sought, SEEDS_SOUGHT)]
        place = words[words[AT_RANK] + seed]
    else:
        place = _costliest(memory, listed, count, SEEDS)
        seed = words[listed + place]
    if seat_of(memory, seed, FORCED) != 0:
        return 0
    words[chosen_at] = seed
    chosen = 1
    kind = draw(memory, NEAR_KINDS if sought > 0 else CHOOSE_KINDS)
    low, high = 0, count
    if kind == WINDOW:
        reach = wanted + draw(memory, 2 * wanted)
        low, high = place - reach, place + reach + 1
    elif kind == BEFORE:
        # Those that took a bay before it.
        low, high = place - 2 * wanted - draw(memory, 6 * wanted), place + 1
    elif kind == NEARBY:
        low, high = place - 4 * wanted, place + 4 * wanted + 1
    low, high = max(0, low), min(count, high)
    for _ in range(3 * wanted):
        if chosen >= wanted:
            break
        if kind == COSTLY:
            rack = words[listed + _costliest(memory, listed, count, 2)]
        else:
            rack = words[listed + low + draw(memory, high - low)]
        known = seat_of(memory, rack, FORCED) != 0
        for at in range(chosen_at, chosen_at + chosen):
            known = known or words[at] == rack
        if not known:
            words[chosen_at + chosen] = rack
            chosen += 1
    return chosen


@compiled
def _key(memory: Memory, rack: int, kind: int, noise: int) -> int:
    """Return what a rack taken out is sorted by, in one of six ways."""
    due = rack_of(memory, rack, DUE)
    if due == NONE:
        due = 1 << 30
    if kind == BY_DUE:
        return due
    if kind == BY_DUE_ROUGHLY:
        return due - draw(memory, noise) + draw(memory, noise)
    if kind == BY_CHANCE:
        return draw(memory, 1 << 20)
    if kind == AS_BEFORE:
        return memory.words[memory.words[AT_RANK] + rack]
    if kind == COSTLY_FIRST:
        return -_excess(memory, rack)
    if rack == memory.words[memory.words[AT_CHOSEN]]:
        return -1
    return draw(memory, 1 << 20)


@compiled
def _arrange(memory: Memory, chosen: int) -> None:
    """Put the racks taken out into the order in which they come back; facts first."""
    words = memory.words
    kind = draw(memory, KEY_KINDS + 1)
    noise = 1 + draw(memory, 6 * DAY)
    racks, keys = words[AT_CHOSEN], words[AT_KEY]
    for at in range(chosen):
        rack = words[racks + at]
        words[keys + at] = _key(memory, rack, kind, noise)
        if rack_of(memory, rack, IS_FACT) != 0:
            words[keys + at] -= FACTS_FIRST
    for at in range(1, chosen):
        rack, key = words[racks + at], words[keys + at]
        back = at - 1
        while back >= 0 and words[keys + back] > key:
            words[racks + back + 1] = words[racks + back]
            words[keys + back + 1] = words[keys + back]
            back -= 1
        words[racks + back + 1] = rack
        words[keys + back + 1] = key


@compiled
def _copy_seat(memory: Memory, rack: int, at: int, back: bool) -> None:
    """Remember a rack's place at a slot, or bring it back from there."""
    words = memory.words
    times, soaks = 2 * words[MOST_STEPS], 2 * words[BLOCKS]
    seat = words[AT_SEAT] + rack * SEAT_COLUMNS
    old_time = words[AT_OLD_TIME] + at * times
    old_soak = words[AT_OLD_SOAK] + at * soaks
    old_seat = words[AT_OLD_SEAT] + at * SEAT_COLUMNS
    if back:
        copy(memory, old_time, time_at(memory, rack), times)
        copy(memory, old_soak, soak_at(memory, rack), soaks)
        copy(memory, old_seat, seat, SEAT_COLUMNS)
    else:
        copy(memory, time_at(memory, rack), old_time, times)
        copy(memory, soak_at(memory, rack), old_soak, soaks)
        copy(memory, seat, old_seat, SEAT_COLUMNS)


@compiled
def take_out(memory: Memory, chosen: int) -> int:
    """Take the chosen racks out, their facts held; return what they cost."""
    words = memory.words
    cost = 0
    for at in range(chosen):
        rack = words[words[AT_CHOSEN] + at]
        cost += seat_of(memory, rack, PRICE)
        _copy_seat(memory, rack, at, False)
        if seat_of(memory, rack, PLACED) != 0:
            lift(memory, rack)
            hold_facts(memory, rack, -1)
    return cost


@compiled
def undo(memory: Memory, chosen: int) -> None:
    """Bring the racks taken out back as they were."""
    words = memory.words
    for at in range(chosen):
        rack = words[words[AT_CHOSEN] + at]
        if seat_of(memory, rack, PLACED) != 0:
            lift(memory, rack)
        else:
            hold_facts(memory, rack, 1)
    for at in range(chosen):
        rack = words[words[AT_CHOSEN] + at]
        _copy_seat(memory, rack, at, True)
        set_seat(memory, rack, DIRTY, 1)
        if seat_of(memory, rack, PLACED) != 0:
            add_rack(memory, rack, -1)
        else:
            hold_facts(memory, rack, -1)


@compiled
def put_back(
    memory: Memory,
    rack: int,
    bay_floor: int,
    keep: bool,
    ways: int,
    skip: int,
    delay: int,
    force: bool,
) -> int:
    """Put one rack back and return its price; without a place it stays out."""
    hold_facts(memory, rack, 1)
    price = try_rack(memory, rack, bay_floor, keep, force, ways, skip, delay)
    if price < 0:
        hold_facts(memory, rack, -1)
        return rack_of(memory, rack, ABSENT)
    settle(memory, rack, price)
    return price


@compiled
def _room_from(memory: Memory, chosen: int) -> int:
    """Return a day before the first main step of the racks taken out.

    They have left room from there on; before, a full plan has next to none, and to look
    for it takes longer the longer racks have been ready.
    """
    first = FAR
    for at in range(chosen):
        rack = memory.words[memory.words[AT_CHOSEN] + at]
        main = template_of(memory, rack_of(memory, rack, TEMPLATE), MAIN_STEP)
        first = min(first, start_of(memory, time_at(memory, rack), main))
    return max(0, first - DAY)


@compiled
def _put_back_all(memory: Memory, chosen: int, most: float) -> int:
    """Put all back in order; return their price, or -1 once it exceeds ``most``."""
    words = memory.words
    total = 0
    least = 0
    for at in range(chosen):
        least += rack_of(memory, words[words[AT_CHOSEN] + at], LEAST_PRICE)
    wait = draw(memory, 3) == 0
    goes_home = words[HAS_PREVIOUS] != 0 and draw(memory, 3) == 0
    room = 0
    if words[HAS_PREVIOUS] == 0 and draw(memory, 3) != 0:
        room = _room_from(memory, chosen)
    for at in range(chosen):
        rack = words[words[AT_CHOSEN] + at]
        if goes_home:
            price = put_home(memory, rack, AS_PUBLISHED)
            if price >= 0:
                total += price
                least -= rack_of(memory, rack, LEAST_PRICE)
                continue
        keep = words[HAS_PREVIOUS] != 0 and draw(memory, 2) == 0
        pick = draw(memory, 10)
        ways = 1 + pick if pick < BOTH_WAYS - 1 else BOTH_WAYS
        skip = 0
        template = rack_of(memory, rack, TEMPLATE)
        if template_of(memory, template, CHOICES) > MANY_CHOICES:
            skip = _bits(memory) | _bits(memory)
        elif draw(memory, 4) == 0:
            skip = draw(memory, 1 << 20) & draw(memory, 1 << 20)
        bay_floor = room
        if wait and draw(memory, 2) == 0:
            main = template_of(memory, template, MAIN_STEP)
            start = start_of(memory, time_at(memory, rack), main)
            bay_floor = start + draw(memory, 3 * DAY) - DAY
        price = put_back(memory, rack, bay_floor, keep, ways, skip, DELAY_ALL, False)
        if seat_of(memory, rack, PLACED) == 0:
            price = put_back(memory, rack, 0, False, BOTH_WAYS, 0, DELAY_ALL, False)
        total += price
        least -= rack_of(memory, rack, LEAST_PRICE)
        if total + least > most:
            return -1
    return total


@compiled
def copy_best(memory: Memory) -> None:
    """Copy the racks that changed since the last copy into the best plan."""
    words = memory.words
    times, soaks = 2 * words[MOST_STEPS], 2 * words[BLOCKS]
    for rack in range(words[RACKS]):
        if seat_of(memory, rack, DIRTY) != 0:
            set_seat(memory, rack, DIRTY, 0)
            seat = rack * SEAT_COLUMNS
            copy(
                memory,
                words[AT_SEAT] + seat,
                words[AT_BEST_SEAT] + seat,
                SEAT_COLUMNS,
            )
            copy(
                memory,
                time_at(memory, rack),
                words[AT_BEST_TIME] + rack * times,
                times,
            )
            copy(
                memory,
                soak_at(memory, rack),
                words[AT_BEST_SOAK] + rack * soaks,
                soaks,
            )


@compiled
def _is_away(memory: Memory, rack: int) -> bool:
    """Return whether a rack counts as moved and is not where it was published."""
    if memory.words[memory.words[AT_COUNTED] + rack] == 0:
        return False
    return seat_of(memory, rack, PLACED) == 0 or not is_home(memory, rack)


@compiled
def _away(memory: Memory, chosen: int) -> int:
    """Return how many of the chosen racks are away; none where all may be."""
    found = 0
    if memory.words[MOST_AWAY] >= 0:
        for at in range(chosen):
            if _is_away(memory, memory.words[memory.words[AT_CHOSEN] + at]):
                found += 1
    return found


@compiled
def _all_away(memory: Memory) -> int:
    """Return how many racks are away; none where all may be."""
    found = 0
    if memory.words[MOST_AWAY] >= 0:
        for rack in range(memory.words[RACKS]):
            if _is_away(memory, rack):
                found += 1
    return found


@compiled
def improve(
    memory: Memory, total: int, best: int, moves: int, temperature: float, size: int
) -> tuple[int, int]:
    """Make a number of moves; return the price of the plan and of the best so far.

    Where only so many racks may be away from their published places, a move that would
    take another one away is not made.

    Args:
        memory: Problem and plan; the best plan so far is kept in it, too.
        total: Price of the plan in units of money.
        best: Price of the best plan.
        moves: How many moves to make.
        temperature: By how much a move may make the plan worse, about.
        size: Most racks a move takes out.
    """
    demand = demand_price(memory)
    away = _all_away(memory)
    most_away = memory.words[MOST_AWAY]
    for _ in range(moves):
        wanted = 1 + draw(memory, 1 + draw(memory, size))
        chosen = _choose(memory, wanted)
        if chosen == 0:
            continue
        _arrange(memory, chosen)
        left = away - _away(memory, chosen)
        before = take_out(memory, chosen)
        allowed = -temperature * math.log(_chance(memory))
        # A lower peak may pay for dearer racks.
        after = _put_back_all(memory, chosen, before + demand + allowed)
        if after >= 0:
            peak = demand_price(memory)
            change = after + peak - before - demand
            now_away = left + _away(memory, chosen)
            if change <= allowed and (most_away < 0 or now_away <= most_away):
                total += change
                demand = peak
                away = now_away
                if total < best:
                    best = total
                    copy_best(memory)
                continue
        undo(memory, chosen)
    return total, best
