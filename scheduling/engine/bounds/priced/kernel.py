"""Compiled: what racks do when every limit has a price, and what they then use."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scheduling.engine.kernels.compile import compiled

Reals = npt.NDArray[np.float64]
Wide = npt.NDArray[np.int64]
Narrow = npt.NDArray[np.int32]
TYPES: dict[object, type] = {Reals: np.float64, Wide: np.int64, Narrow: np.int32}

WAYS = 32
"""A step has at most so many ways to be done."""
NEVER = -1
FEW_SPREADS, MOST_SPREADS = 8, 600
"""Late ends that cost more than the best by so many spreads are left alone, and what
floats tell apart."""


class Site(NamedTuple):
    """What does not change from price to price.

    Attributes:
        ends: End tick by table and start tick; ``NEVER`` if it may not start then.
        ends_after: Ticks to the end in each table, if that is all there is to it; or
            ``NEVER``.
        way_table: Table of each way.
        way_uses: Where each way's uses begin; one more at the end.
        use_limit: Limit of each use.
        use_rate: Its units.
        use_lasts: Whether it lasts for a way's very minutes, its rest of a tick too.
        way_rest: Share of a tick that each way lasts beyond its end tick.
        way_parts: Row of ``parts`` of each way, or ``NEVER``.
        hold_uses: Where the uses of each kind of waiting begin; one more at the end.
        link_way: Ways, link by link.
        link_ways: Where each link's ways begin; one more at the end.
        link_hold: Kind of waiting before each link.
        link_head: First tick of each link.
        chain_links: Where each chain's links begin; one more at the end.
        family_chains: Where each family's chains begin; one more at the end.
        family_bundles: Where each family's bundles begin; one more at the end.
        family_first: First tick of each family.
        family_last: Last tick in which what its racks do is looked at.
        bundle_racks: Where each bundle's racks begin; one more at the end.
        bundle_first: First tick of each bundle.
        bundle_last: Last tick in which what its racks do is looked at.
        bundle_begun: Whether its racks are in progress already.
        rack_due: Tick from which a rack is late.
        rack_promise: Last tick that keeps its promise.
        rack_late: Price of a late tick.
        rack_broken: Price of a broken promise.
        rack_beyond: Least price of ending after the bundle's last tick.
    """

    ends: Narrow
    ends_after: Wide
    way_table: Wide
    way_uses: Wide
    use_limit: Wide
    use_rate: Reals
    use_lasts: Wide
    way_rest: Reals
    way_parts: Wide
    hold_uses: Wide
    link_way: Wide
    link_ways: Wide
    link_hold: Wide
    link_head: Wide
    chain_links: Wide
    family_chains: Wide
    family_bundles: Wide
    family_first: Wide
    family_last: Wide
    bundle_racks: Wide
    bundle_first: Wide
    bundle_last: Wide
    bundle_begun: Wide
    rack_due: Wide
    rack_promise: Wide
    rack_late: Reals
    rack_broken: Reals
    rack_beyond: Reals


class Scratch(NamedTuple):
    """What one family after the other is worked out in, and in it bundle by bundle.

    Ticks of ways and waiting count from the family's first, the others from the
    bundle's.

    Attributes:
        slots: Row of each way below, or ``NEVER``.
        hold_slots: Row of each kind of waiting below, or ``NEVER``.
        rests: Row of those with a rest of a tick in what is kept of them, or ``NEVER``.
        sums: Price of what a way takes, added up before each tick.
        end_sums: The same with its rest, where it ends in that tick.
        hold_sums: The same of waiting.
        change: Racks that begin a way in each tick, less those that end it.
        ends: Racks that end a way with a rest.
        hold_change: Racks that begin to wait in each tick, less those that end it.
        came: Start and way by chain, link and end tick.
        ready_from: When the link before ended, by chain, link and start tick.
        found: Least price by chain and end tick.
        least: The least of it up to each tick.
        later: The least of it from each tick on.
        weight: How likely each end is where nothing is late, by chain.
        weights: The same, added up.
        shares: Racks by the last tick in which they are not late.
        flow: Racks by chain and end tick.
        ready: Least price of being ready to start, by tick.
        lead: The same, less what a way has cost before that tick.
        before: Racks by the end tick of the link before.
    """

    slots: Wide
    hold_slots: Wide
    rests: Wide
    sums: Reals
    end_sums: Reals
    hold_sums: Reals
    change: Reals
    ends: Reals
    hold_change: Reals
    came: Narrow
    ready_from: Narrow
    found: Reals
    least: Reals
    later: Reals
    weight: Reals
    weights: Reals
    shares: Reals
    flow: Reals
    ready: Reals
    lead: Reals
    before: Reals


def warm() -> None:
    """Compile what is below, or load it where that was done before."""
    fields: dict[str, Any] = {
        name: np.zeros((0, 1) if name == "ends" else 1, TYPES[kind])
        for name, kind in Site.__annotations__.items()
    }
    nothing = np.zeros(0, np.int64)
    site = Site(**fields)._replace(way_table=nothing, bundle_first=nothing)
    sums, row = np.zeros((1, 1)), np.zeros(1)
    sweep(site, 1.0, 1.0, sums, sums, row, sums, sums)


@compiled
def _scratch(site: Site) -> Scratch:
    """Return room for the largest family, and the largest bundle."""
    links = chains = span = ways = rests = room = 0
    for chain in range(len(site.chain_links) - 1):
        links = max(links, site.chain_links[chain + 1] - site.chain_links[chain])
    seen = np.full(len(site.way_table), NEVER)
    for family in range(len(site.family_chains) - 1):
        begin, end = site.family_chains[family], site.family_chains[family + 1]
        chains = max(chains, end - begin)
        count = with_rest = 0
        first_link, last_link = site.chain_links[begin], site.chain_links[end]
        for place in range(site.link_ways[first_link], site.link_ways[last_link]):
            way = site.link_way[place]
            if seen[way] != family:
                seen[way] = family
                count += 1
                with_rest += site.way_rest[way] > 0
        ways, rests = max(ways, count), max(rests, with_rest)
        room = max(room, site.family_last[family] - site.family_first[family] + 1)
    for bundle in range(len(site.bundle_first)):
        span = max(span, site.bundle_last[bundle] - site.bundle_first[bundle] + 1)
    holds = len(site.hold_uses) - 1
    return Scratch(
        np.full(len(site.way_table), NEVER),
        np.full(holds, NEVER),
        np.full(len(site.way_table), NEVER),
        np.zeros((ways, room)),
        np.zeros((rests, room)),
        np.zeros((holds, room)),
        np.zeros((ways, room)),
        np.zeros((rests, room)),
        np.zeros((holds, room)),
        np.zeros((chains, links, span), np.int32),
        np.zeros((chains, links, span), np.int32),
        np.zeros((chains, span)),
        np.zeros((chains, span)),
        np.zeros((chains, span)),
        np.zeros((chains, span)),
        np.zeros((chains, span)),
        np.zeros((chains, span)),
        np.zeros((chains, span)),
        np.zeros(span),
        np.zeros(max(span, room)),
        np.zeros(span),
    )


@compiled
def _price_family(
    site: Site, family: int, wip: float, sums: Reals, scratch: Scratch
) -> None:
    """Write what ways and waiting of a family cost up to each of its ticks."""
    origin, until = site.family_first[family], site.family_last[family]
    room = until - origin + 1
    here = sums[:, origin : until + 1]
    scratch.slots[:] = NEVER
    scratch.hold_slots[:] = NEVER
    scratch.rests[:] = NEVER
    scratch.change[:] = 0.0
    scratch.hold_change[:] = 0.0
    scratch.ends[:] = 0.0
    count = holds = rests = 0
    begin = site.chain_links[site.family_chains[family]]
    end = site.chain_links[site.family_chains[family + 1]]
    for link in range(begin, end):
        hold = site.link_hold[link]
        if scratch.hold_slots[hold] < 0:
            scratch.hold_slots[hold] = holds
            uses = site.hold_uses[hold], site.hold_uses[hold + 1]
            _add_up(site, uses[0], uses[1], wip, here, scratch.hold_sums[holds, :room])
            holds += 1
        for place in range(site.link_ways[link], site.link_ways[link + 1]):
            way = site.link_way[place]
            if scratch.slots[way] >= 0:
                continue
            scratch.slots[way] = count
            row = scratch.sums[count, :room]
            count += 1
            _add_up(site, site.way_uses[way], site.way_uses[way + 1], wip, here, row)
            if site.way_rest[way] > 0:
                scratch.rests[way] = rests
                end_row = scratch.end_sums[rests, :room]
                _add_rest(site, way, origin, sums, scratch.lead, end_row, row)
                rests += 1


@compiled
def _add_up(
    site: Site, begin: int, end: int, wip: float, sums: Reals, row: Reals
) -> None:
    """Write what uses ``[begin, end)`` and being under way cost before each tick."""
    for tick in range(len(row)):
        row[tick] = wip * tick
    for use in range(begin, end):
        limit, rate = site.use_limit[use], site.use_rate[use]
        for tick in range(len(row)):
            row[tick] += rate * sums[limit, tick]


@compiled
def _add_rest(
    site: Site,
    way: int,
    first: int,
    sums: Reals,
    cells: Reals,
    row: Reals,
    whole: Reals,
) -> None:
    """Write what a way costs by its end tick, the rest of a tick after it included.

    A rest is paid for as in the tick before where that is cheaper: between two starts
    what is paid then never lies above what it truly costs.
    """
    rest = site.way_rest[way]
    row[:] = whole
    cells[: len(row)] = 0.0
    for use in range(site.way_uses[way], site.way_uses[way + 1]):
        if site.use_lasts[use]:
            limit, rate = site.use_limit[use], site.use_rate[use]
            for tick in range(min(len(row), sums.shape[1] - 1 - first)):
                here = first + tick
                cells[tick] += rate * (sums[limit, here + 1] - sums[limit, here])
    before = cells[0]
    for tick in range(len(row)):
        row[tick] += rest * min(before, cells[tick])
        before = cells[tick]


@compiled
def _lower(
    lead: Reals,
    sums: Reals,
    found: Reals,
    came: Narrow,
    head: int,
    after: int,
    mark: int,
) -> None:
    """Lower prices by end tick to those of a way that always takes as long."""
    count = len(found) - head - after
    begun, rest = lead[head:], sums[head + after :]
    prices, marks = found[head + after :], came[head + after :]
    code = np.int32(head * WAYS + mark)
    for tick in range(count):
        price = begun[tick] + rest[tick]
        if price < prices[tick]:
            prices[tick] = price
            marks[tick] = code + np.int32(tick * WAYS)


@compiled
def _lower_by_hours(
    lead: Reals,
    sums: Reals,
    found: Reals,
    came: Narrow,
    head: int,
    ends: Narrow,
    first: int,
    mark: int,
) -> None:
    """Lower prices by end tick to those of a way that keeps to its people's hours."""
    for tick in range(head, len(found)):
        until = ends[tick] - first
        if 0 <= until < len(found):
            price = lead[tick] + sums[until]
            if price < found[until]:
                found[until] = price
                came[until] = tick * WAYS + mark


@compiled
def _wait(found: Reals, hold: Reals, ready: Reals, ready_from: Narrow) -> None:
    """Write from the prices of ends what it costs to be ready by start tick."""
    best, where = np.inf, 0
    for tick in range(len(found)):
        here = found[tick] - hold[tick]
        if here < best:
            best, where = here, tick
        ready[tick] = best + hold[tick]
        ready_from[tick] = where


@compiled
def _run_chain(
    site: Site,
    family: int,
    bundle: int,
    row: int,
    wip: float,
    parts: Reals,
    scratch: Scratch,
) -> None:
    """Write the least price of a chain by its end tick."""
    first, last = site.bundle_first[bundle], site.bundle_last[bundle]
    span = last - first + 1
    skip = first - site.family_first[family]
    chain = site.family_chains[family] + row
    found, ready, lead = scratch.found[row, :span], scratch.ready, scratch.lead
    begin, end = site.chain_links[chain], site.chain_links[chain + 1]
    for link in range(begin, end):
        came = scratch.came[row, link - begin, :span]
        ready_from = scratch.ready_from[row, link - begin, :span]
        if link == begin:
            for tick in range(span):
                ready[tick] = wip * (first + tick) * site.bundle_begun[bundle]
                ready_from[tick] = tick
        else:
            hold = scratch.hold_sums[scratch.hold_slots[site.link_hold[link]], skip:]
            _wait(found, hold, ready, ready_from)
        found[:] = np.inf
        head = max(0, site.link_head[link] - first)
        for place in range(site.link_ways[link], site.link_ways[link + 1]):
            way = site.link_way[place]
            sums = scratch.sums[scratch.slots[way], skip:]
            for tick in range(head, span):
                lead[tick] = ready[tick] - sums[tick]
            part, rest = site.way_parts[way], scratch.rests[way]
            if part >= 0:
                for tick in range(head, span):
                    lead[tick] += parts[part, first + tick]
            if rest >= 0:
                sums = scratch.end_sums[rest, skip:]
            table, mark = site.way_table[way], place - site.link_ways[link]
            after = site.ends_after[table]
            if after >= 0:
                _lower(lead, sums, found, came, head, after, mark)
            else:
                ends = site.ends[table, first : last + 1]
                _lower_by_hours(lead, sums, found, came, head, ends, first, mark)


@compiled
def _follow(
    site: Site, family: int, bundle: int, row: int, taken: Reals, scratch: Scratch
) -> None:
    """Add what racks do by the ticks they end in, back to the first link."""
    first, last = site.bundle_first[bundle], site.bundle_last[bundle]
    span = last - first + 1
    skip = first - site.family_first[family]
    chain = site.family_chains[family] + row
    flow, before = scratch.flow[row], scratch.before
    begin = site.chain_links[chain]
    for link in range(site.chain_links[chain + 1] - 1, begin - 1, -1):
        came = scratch.came[row, link - begin]
        ready_from = scratch.ready_from[row, link - begin]
        waits = scratch.hold_change[scratch.hold_slots[site.link_hold[link]], skip:]
        before[:span] = 0.0
        for until in range(span):
            racks = flow[until]
            if racks <= 0:
                continue
            start = came[until] // WAYS
            way = site.link_way[site.link_ways[link] + came[until] % WAYS]
            slot, rest = scratch.slots[way], scratch.rests[way]
            scratch.change[slot, skip + start] += racks
            scratch.change[slot, skip + until] -= racks
            if rest >= 0:
                scratch.ends[rest, skip + until] += racks
            if site.way_parts[way] >= 0:
                taken[site.way_parts[way], first + start] += racks
            ready = ready_from[start]
            waits[ready] += racks
            waits[start] -= racks
            before[ready] += racks
        flow[:span] = before[:span]


@compiled
def _book_uses(site: Site, family: int, used: Reals, scratch: Scratch) -> None:
    """Add what a family's racks use of each limit."""
    origin, until = site.family_first[family], site.family_last[family]
    room = until - origin + 1
    for way in range(len(scratch.slots)):
        if scratch.slots[way] < 0:
            continue
        change = scratch.change[scratch.slots[way]]
        for use in range(site.way_uses[way], site.way_uses[way + 1]):
            limit, rate = site.use_limit[use], site.use_rate[use]
            row = used[limit, origin:]
            for tick in range(room):
                row[tick] += rate * change[tick]
            if scratch.rests[way] >= 0 and site.use_lasts[use]:
                ends = scratch.ends[scratch.rests[way]]
                for tick in range(room):
                    row[tick] += rate * site.way_rest[way] * ends[tick]
                for tick in range(min(room, len(row) - 1)):
                    row[tick + 1] -= rate * site.way_rest[way] * ends[tick]
    for hold in range(len(scratch.hold_slots)):
        if scratch.hold_slots[hold] >= 0:
            change = scratch.hold_change[scratch.hold_slots[hold]]
            for use in range(site.hold_uses[hold], site.hold_uses[hold + 1]):
                row = used[site.use_limit[use], origin:]
                for tick in range(room):
                    row[tick] += site.use_rate[use] * change[tick]


@compiled
def _least_price(
    site: Site, rack: int, first: int, span: int, scratch: Scratch, row: int
) -> float:
    """Return a rack's least price on one chain."""
    due, promise = site.rack_due[rack] - first, site.rack_promise[rack] - first
    free = min(due, promise, span - 1)
    best = np.inf
    if free >= 0:
        best = scratch.least[row, free]
    for tick in range(max(0, free + 1), span):
        over = site.rack_late[rack] * max(0, tick - due)
        if tick > promise:
            over += site.rack_broken[rack]
        if scratch.later[row, tick] + over >= best:
            # What is late costs more and more from here on.
            break
        best = min(best, scratch.found[row, tick] + over)
    return best


@compiled
def _weigh(scratch: Scratch, chains: int, span: int, spread: float) -> float:
    """Write how likely each end is, and added up; return the price they go by."""
    least = np.inf
    for row in range(chains):
        least = min(least, scratch.least[row, span - 1])
    for row in range(chains):
        total = 0.0
        for tick in range(span):
            over = (scratch.found[row, tick] - least) / spread
            weight = np.exp(-over) if over < MOST_SPREADS else 0.0
            total += weight
            scratch.weight[row, tick] = weight
            scratch.weights[row, tick] = total
            scratch.shares[row, tick] = 0.0
            scratch.flow[row, tick] = 0.0
    return least


@compiled
def _spread_late(
    site: Site,
    rack: int,
    first: int,
    span: int,
    scratch: Scratch,
    row: int,
    best: float,
    spread: float,
    share: float,
) -> float:
    """Spread a rack over ends that are late; return the sum of their weights.

    Args:
        site: The problem.
        rack: Which rack.
        first: Its bundle's first tick.
        span: Its bundle's ticks.
        scratch: With what each end costs.
        row: The chain.
        best: Its least price.
        spread: Cents that make an end less likely by a factor of e.
        share: Times its weight each end is given; 0 to add up weights alone.
    """
    due, promise = site.rack_due[rack] - first, site.rack_promise[rack] - first
    most = best + FEW_SPREADS * spread
    total = 0.0
    for tick in range(max(0, min(due, promise) + 1), span):
        over = site.rack_late[rack] * max(0, tick - due)
        if tick > promise:
            over += site.rack_broken[rack]
        if scratch.later[row, tick] + over > most:
            break
        price = scratch.found[row, tick] + over
        if price <= most:
            weight = np.exp((best - price) / spread)
            total += weight
            scratch.flow[row, tick] += weight * share
    return total


@compiled
def _spread_rack(
    site: Site,
    rack: int,
    first: int,
    span: int,
    scratch: Scratch,
    chains: int,
    best: float,
    least: float,
    spread: float,
) -> None:
    """Spread a rack over ends that cost about as much as its best."""
    free = min(site.rack_due[rack], site.rack_promise[rack]) - first
    free = min(free, span - 1)
    boost = np.exp(min(MOST_SPREADS, (best - least) / spread))
    total = 0.0
    for row in range(chains):
        if free >= 0:
            total += boost * scratch.weights[row, free]
        total += _spread_late(site, rack, first, span, scratch, row, best, spread, 0.0)
    if total <= 0:
        return
    for row in range(chains):
        if free >= 0:
            scratch.shares[row, free] += boost / total
        _spread_late(site, rack, first, span, scratch, row, best, spread, 1.0 / total)


@compiled
def _sweep_bundle(
    site: Site,
    family: int,
    bundle: int,
    wip: float,
    spread: float,
    parts: Reals,
    values: Reals,
    taken: Reals,
    scratch: Scratch,
) -> None:
    """Write the least prices of a bundle's racks, and add what they then take."""
    chains = site.family_chains[family + 1] - site.family_chains[family]
    first = site.bundle_first[bundle]
    span = site.bundle_last[bundle] - first + 1
    for row in range(chains):
        _run_chain(site, family, bundle, row, wip, parts, scratch)
        best = np.inf
        for tick in range(span):
            best = min(best, scratch.found[row, tick])
            scratch.least[row, tick] = best
        best = np.inf
        for tick in range(span - 1, -1, -1):
            best = min(best, scratch.found[row, tick])
            scratch.later[row, tick] = best
    least = _weigh(scratch, chains, span, spread)
    for rack in range(site.bundle_racks[bundle], site.bundle_racks[bundle + 1]):
        best = np.inf
        for row in range(chains):
            best = min(best, _least_price(site, rack, first, span, scratch, row))
        values[rack] = min(best, site.rack_beyond[rack])
        if best < np.inf:
            _spread_rack(site, rack, first, span, scratch, chains, best, least, spread)
    for row in range(chains):
        share = 0.0
        for tick in range(span - 1, -1, -1):
            share += scratch.shares[row, tick]
            scratch.flow[row, tick] += share * scratch.weight[row, tick]
    for row in range(chains):
        _follow(site, family, bundle, row, taken, scratch)


@compiled
def sweep(
    site: Site,
    wip: float,
    spread: float,
    sums: Reals,
    parts: Reals,
    values: Reals,
    used: Reals,
    taken: Reals,
) -> None:
    """Write each rack's least price, and add what all of them then use.

    Args:
        site: The problem.
        wip: Price of a tick under way.
        spread: Cents within which racks spread over ends; more than 0.
        sums: Price of a unit of each limit, added up before each tick.
        parts: Price of what is consumed, by row and start tick.
        values: By rack; written.
        used: Change of units of each limit at each tick; added to.
        taken: How often each row of parts is taken at each tick; added to.
    """
    scratch = _scratch(site)
    for family in range(len(site.family_chains) - 1):
        _price_family(site, family, wip, sums, scratch)
        begin, end = site.family_bundles[family], site.family_bundles[family + 1]
        for bundle in range(begin, end):
            _sweep_bundle(
                site, family, bundle, wip, spread, parts, values, taken, scratch
            )
        _book_uses(site, family, used, scratch)
