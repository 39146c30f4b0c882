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


class Site(NamedTuple):
    """What does not change from price to price.

    Attributes:
        ends: End tick by table and start tick; ``NEVER`` if it may not start then.
        way_table: Table of each way.
        way_uses: Where each way's uses begin; one more at the end.
        use_limit: Limit of each use.
        use_rate: Its units.
        way_parts: Row of ``parts`` of each way, or ``NEVER``.
        hold_uses: Where the uses of each kind of waiting begin; one more at the end.
        link_way: Ways, link by link.
        link_ways: Where each link's ways begin; one more at the end.
        link_hold: Kind of waiting before each link.
        link_head: First tick of each link.
        chain_links: Where each chain's links begin; one more at the end.
        bundle_chains: Where each bundle's chains begin; one more at the end.
        bundle_racks: Where each bundle's racks begin; one more at the end.
        bundle_first: First tick of each bundle.
        bundle_begun: Whether its racks are in progress already.
        rack_due: Tick from which a rack is late.
        rack_promise: Last tick that keeps its promise.
        rack_late: Price of a late tick.
        rack_broken: Price of a broken promise.
    """

    ends: Narrow
    way_table: Wide
    way_uses: Wide
    use_limit: Wide
    use_rate: Reals
    way_parts: Wide
    hold_uses: Wide
    link_way: Wide
    link_ways: Wide
    link_hold: Wide
    link_head: Wide
    chain_links: Wide
    bundle_chains: Wide
    bundle_racks: Wide
    bundle_first: Wide
    bundle_begun: Wide
    rack_due: Wide
    rack_promise: Wide
    rack_late: Reals
    rack_broken: Reals


def warm() -> None:
    """Compile what is below, or load it where that was done before."""
    fields: dict[str, Any] = {
        name: np.zeros((0, 1) if name == "ends" else 1, TYPES[kind])
        for name, kind in Site.__annotations__.items()
    }
    nothing = np.zeros(0, np.int64)
    site = Site(**fields)._replace(way_table=nothing, bundle_first=nothing)
    sums, row = np.zeros((1, 1)), np.zeros(1)
    price_ways(site, sums, sums, 1.0, sums)
    price_holds(site, sums, 1.0, sums)
    sweep(site, 1.0, sums, sums, row, sums, sums)


@compiled
def price_ways(
    site: Site, sums: Reals, parts: Reals, wip: float, prices: Reals
) -> None:
    """Write what each way of doing a step costs by its start tick.

    Args:
        site: The problem.
        sums: Price of a unit of each limit, added up before each tick.
        parts: Price of what is consumed, by row and start tick.
        wip: Price of a tick under way.
        prices: By way and tick; written.
    """
    ticks = sums.shape[1]
    for way in range(len(site.way_table)):
        table = site.way_table[way]
        for tick in range(ticks):
            end = site.ends[table, tick]
            prices[way, tick] = np.inf if end < 0 else wip * (end - tick)
        for use in range(site.way_uses[way], site.way_uses[way + 1]):
            limit, rate = site.use_limit[use], site.use_rate[use]
            for tick in range(ticks):
                end = site.ends[table, tick]
                if end >= 0:
                    prices[way, tick] += rate * (sums[limit, end] - sums[limit, tick])
        row = site.way_parts[way]
        if row >= 0:
            for tick in range(ticks):
                prices[way, tick] += parts[row, tick]


@compiled
def price_holds(site: Site, sums: Reals, wip: float, holds: Reals) -> None:
    """Write what each kind of waiting costs, added up before each tick."""
    ticks = sums.shape[1]
    for hold in range(len(site.hold_uses) - 1):
        for tick in range(ticks):
            holds[hold, tick] = wip * tick
        for use in range(site.hold_uses[hold], site.hold_uses[hold + 1]):
            limit, rate = site.use_limit[use], site.use_rate[use]
            for tick in range(ticks):
                holds[hold, tick] += rate * sums[limit, tick]


@compiled
def _run_chain(
    site: Site,
    bundle: int,
    chain: int,
    wip: float,
    prices: Reals,
    holds: Reals,
    came: Narrow,
    ready_from: Narrow,
    ready: Reals,
    found: Reals,
) -> None:
    """Write the least price of a chain by its end tick."""
    ticks = prices.shape[1]
    first = site.bundle_first[bundle]
    found[:] = np.inf
    begin, end = site.chain_links[chain], site.chain_links[chain + 1]
    for link in range(begin, end):
        at = link - begin
        if at == 0:
            for tick in range(ticks):
                ready[tick] = wip * tick * site.bundle_begun[bundle]
                ready_from[at, tick] = tick
        else:
            hold = site.link_hold[link]
            best, where = np.inf, first
            for tick in range(first, ticks):
                here = found[tick] - holds[hold, tick]
                if here < best:
                    best, where = here, tick
                ready[tick] = best + holds[hold, tick]
                ready_from[at, tick] = where
        found[:] = np.inf
        head = max(first, site.link_head[link])
        for place in range(site.link_ways[link], site.link_ways[link + 1]):
            way = site.link_way[place]
            table = site.way_table[way]
            mark = place - site.link_ways[link]
            for tick in range(head, ticks):
                until = site.ends[table, tick]
                if until < 0:
                    continue
                price = ready[tick] + prices[way, tick]
                if price < found[until]:
                    found[until] = price
                    came[at, until] = tick * WAYS + mark


@compiled
def _take(site: Site, first: int, last: int, begin: int, end: int, used: Reals) -> None:
    """Add the uses ``[first, last)`` of a stretch of ticks."""
    if end > begin:
        for use in range(first, last):
            used[site.use_limit[use], begin] += site.use_rate[use]
            used[site.use_limit[use], end] -= site.use_rate[use]


@compiled
def _follow(
    site: Site,
    chain: int,
    end: int,
    came: Narrow,
    ready_from: Narrow,
    used: Reals,
    taken: Reals,
) -> None:
    """Add what a chain uses that ends at a tick, back to its first link."""
    begin = site.chain_links[chain]
    until = end
    for link in range(site.chain_links[chain + 1] - 1, begin - 1, -1):
        at = link - begin
        mark = came[at, until]
        start = mark // WAYS
        way = site.link_way[site.link_ways[link] + mark % WAYS]
        _take(site, site.way_uses[way], site.way_uses[way + 1], start, until, used)
        if site.way_parts[way] >= 0:
            taken[site.way_parts[way], start] += 1
        until = ready_from[at, start]
        hold = site.link_hold[link]
        _take(site, site.hold_uses[hold], site.hold_uses[hold + 1], until, start, used)


@compiled
def _least_end(
    site: Site, rack: int, found: Reals, least: Reals, least_at: Wide, later: Reals
) -> tuple[float, int]:
    """Return a rack's least price and the tick in which it then ends."""
    ticks = len(found)
    due, promise = site.rack_due[rack], site.rack_promise[rack]
    free = min(due, promise, ticks - 1)
    best, where = np.inf, NEVER
    if free >= 0:
        best, where = least[free], least_at[free]
    for tick in range(max(0, free + 1), ticks):
        over = site.rack_late[rack] * max(0, tick - due)
        if tick > promise:
            over += site.rack_broken[rack]
        if later[tick] + over >= best:
            # What is late costs more and more from here on.
            break
        if found[tick] + over < best:
            best, where = found[tick] + over, tick
    return best, where


@compiled
def sweep(
    site: Site,
    wip: float,
    prices: Reals,
    holds: Reals,
    values: Reals,
    used: Reals,
    taken: Reals,
) -> None:
    """Write each rack's least price, and add what all of them then use.

    Args:
        site: The problem.
        wip: Price of a tick under way.
        prices: From ``price_ways``.
        holds: From ``price_holds``.
        values: By rack; written.
        used: Change of units of each limit at each tick; added to.
        taken: How often each row of parts is taken at each tick; added to.
    """
    ticks = prices.shape[1]
    most_links = 0
    for chain in range(len(site.chain_links) - 1):
        links = site.chain_links[chain + 1] - site.chain_links[chain]
        most_links = max(most_links, links)
    most_chains = 0
    for bundle in range(len(site.bundle_first)):
        chains = site.bundle_chains[bundle + 1] - site.bundle_chains[bundle]
        most_chains = max(most_chains, chains)
    came = np.zeros((most_chains, most_links, ticks), np.int32)
    ready_from = np.zeros((most_chains, most_links, ticks), np.int32)
    found = np.zeros((most_chains, ticks))
    ready = np.zeros(ticks)
    least = np.zeros((most_chains, ticks))
    least_at = np.zeros((most_chains, ticks), np.int64)
    later = np.zeros((most_chains, ticks))
    for bundle in range(len(site.bundle_first)):
        begin, end = site.bundle_chains[bundle], site.bundle_chains[bundle + 1]
        for chain in range(begin, end):
            at = chain - begin
            _run_chain(
                site,
                bundle,
                chain,
                wip,
                prices,
                holds,
                came[at],
                ready_from[at],
                ready,
                found[at],
            )
            best, where = np.inf, NEVER
            for tick in range(ticks):
                if found[at, tick] < best:
                    best, where = found[at, tick], tick
                least[at, tick] = best
                least_at[at, tick] = where
            best = np.inf
            for tick in range(ticks - 1, -1, -1):
                best = min(best, found[at, tick])
                later[at, tick] = best
        for rack in range(site.bundle_racks[bundle], site.bundle_racks[bundle + 1]):
            best, where, chosen = np.inf, NEVER, 0
            for at in range(end - begin):
                price, tick = _least_end(
                    site, rack, found[at], least[at], least_at[at], later[at]
                )
                if price < best:
                    best, where, chosen = price, tick, at
            values[rack] = best
            if where >= 0:
                _follow(
                    site,
                    begin + chosen,
                    where,
                    came[chosen],
                    ready_from[chosen],
                    used,
                    taken,
                )
