"""What racks do, as chains of links: each link a step, or a block of a soak."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from typing import Any

import numpy as np

from scheduling.engine.blocks import permille, share
from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.bounds.priced.kernel import NEVER, Narrow, Site, Wide
from scheduling.engine.bounds.priced.limits import BAYS, LOOP, RANK, Group, Limits
from scheduling.engine.bounds.priced.ticks import Ticks
from scheduling.engine.lookup import Lookup
from scheduling.engine.material import rack_needs
from scheduling.engine.problem import PowerClass, ResourceKind, Session, Step
from scheduling.engine.units import MINUTES_PER_DAY

Uses = tuple[tuple[int, float], ...]
"""Row of a limit and units of it, in order."""
Way = tuple[int, float, Uses, Uses, tuple[tuple[str, int], ...]]
"""Table of ends, rest of a tick, uses by the tick and to the minute, pieces taken."""
Link = tuple[tuple[Way, ...], Uses, int]
"""Ways to do it, uses while waiting before it, and its first tick."""
Chain = tuple[Link, ...]

MOST_TICKS = 100_000
"""Racks released at other times share a bundle if there would be more ticks in all."""
LATE_SPANS, LEAST_LATE = 30, 20_160
"""How late a rack may be is looked at until it costs as much as so many times its work
in progress, and for so many minutes at least."""
FAR = 2**40
"""A tick that never comes."""


def movable(racks: Sequence[Alone]) -> list[Alone]:
    """Return the racks with something to plan and nothing pinned."""
    return [
        one
        for one in racks
        if one.steps and not one.rack.pins and not one.steps[-1].is_fixed
    ]


def durations(book: Lookup, racks: Sequence[Alone]) -> list[tuple[int, int]]:
    """Return minutes of work of steps and blocks, and how often they are done."""
    found: Counter[int] = Counter()
    block = book.problem.soak.block
    for one in racks:
        for step in one.steps:
            if step.is_fixed:
                continue
            if step.step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
                found[block] += step.work // block
                found[step.work % block] += 1
            else:
                found[step.work] += 1
    return [(minutes, often) for minutes, often in sorted(found.items()) if minutes]


def begun_at(one: Alone) -> int | None:
    """Return since when a rack is in progress, or None if it is not."""
    progress = one.rack.progress
    if progress.kit_started is None and progress.running:
        return progress.running.started
    return progress.kit_started


@dataclass(slots=True, kw_only=True)
class Builder:
    """Turns racks into chains that equal racks share.

    Attributes:
        book: The problem by key.
        groups: Groups of bays.
        limits: Rows of limits.
        ticks: Time.
    """

    book: Lookup
    groups: dict[str, Group]
    limits: Limits
    ticks: Ticks
    _chains: dict[tuple[object, ...], tuple[Chain, ...]] = field(default_factory=dict)

    def chains(self, one: Alone) -> tuple[Chain, ...]:
        """Return what a rack may do, one chain for each group of bays."""
        progress = one.rack.progress
        done = len(one.template.steps) - len(one.steps)
        sign: tuple[object, ...] = (one.template.key, one.rack.materials_reserved)
        if done or progress.running:
            sign = (*sign, one.rack.key)
        if sign not in self._chains:
            found = (self._chain(one, key) for key in self._fitting(one))
            self._chains[sign] = tuple(dict.fromkeys(found))
        return self._chains[sign]

    def _fitting(self, one: Alone) -> list[str]:
        held, model = one.rack.progress.bay, one.template.key
        return [
            key
            for key, group in self.groups.items()
            if any(
                bay.key == held if held else model in bay.models for bay in group.bays
            )
        ] or [""]

    def _chain(self, one: Alone, group: str) -> Chain:
        pieces: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
        done = one.rack.progress.done
        for index, part, quantity in rack_needs(one.rack, one.template):
            pieces[index - done].append((part, quantity))
        links: list[Link] = []
        before: Step | None = None
        is_fresh = done == 0 and not one.rack.progress.running
        for index, step in enumerate(one.steps):
            if not step.is_fixed:
                # What begins no earlier for this rack than for another shares links.
                head = 0 if is_fresh else step.start // self.ticks.size
                taken = tuple(pieces[index])
                for ways, hold in self._links(one, step, before, group):
                    links.append((tuple((*way, taken) for way in ways), hold, head))
                    taken = ()
            before = step.step
        return tuple(links)

    def _links(
        self, one: Alone, step: AloneStep, before: Step | None, group: str
    ) -> Iterator[tuple[list[tuple[int, float, Uses, Uses]], Uses]]:
        """Yield the ways to do each link of a step, and uses while waiting before."""
        kept = self._kept(one, step.step, group)
        session, place = step.step.session, step.step.place
        is_kept = (
            session is not Session.NONE
            and before is not None
            and (before.session, before.place) == (session, place)
        )
        hold = kept if is_kept else ()
        standby = self._standby(step)
        stays = tuple(sorted((*kept, *self._power(one, standby, group))))
        for choices in self._choices(step):
            yield (
                [
                    (
                        self._table(step, minutes),
                        self._rest(step, minutes),
                        stays,
                        self._uses(one, step, watts, standby, group),
                    )
                    for minutes, watts in choices
                ],
                hold,
            )
            hold = stays

    def _choices(self, step: AloneStep) -> Iterator[list[tuple[int, int]]]:
        """Yield the ``(minutes, watts)`` of each link that a step is made of."""
        rule, draw = self.book.problem.soak, step.step.draw
        if step.step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
            yield [(step.work, draw)]
            return
        blocks, rest = divmod(step.work, rule.block)
        for work in [int(rule.block)] * blocks + [rest] * bool(rest):
            yield [
                (-(-work * minutes // rule.block), share(draw, percent))
                for percent, minutes in rule.levels
            ]

    def _table(self, step: AloneStep, minutes: int) -> int:
        through = step.step.power_class is not PowerClass.SHIFT_BOUND
        hours = self.book.hours_of(step.step.crew)
        return self.ticks.table(hours, minutes, through=through)

    def _rest(self, step: AloneStep, minutes: int) -> float:
        """Return the share of a tick that work which runs through lasts besides."""
        if step.step.power_class is PowerClass.SHIFT_BOUND:
            return 0.0
        return minutes % self.ticks.size / self.ticks.size

    def _standby(self, step: AloneStep) -> int:
        """Return watts that a soak draws in every minute, pauses and all; else 0."""
        if step.step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
            return 0
        rule = self.book.problem.soak
        least = min(rule.standby_percent, *(percent for percent, _ in rule.levels))
        return share(step.step.draw, least)

    def _uses(
        self, one: Alone, step: AloneStep, watts: int, standby: int, group: str
    ) -> Uses:
        """Return what a step takes while it runs, besides what it takes throughout."""
        crew = (ResourceKind.CREW, step.step.crew)
        extra = (ResourceKind.PLACE, step.step.extra)
        uses = [*self._use(crew, step.step.crew_eighths), *self._use(extra, 1)]
        if step.step.power_class is not PowerClass.SHIFT_BOUND:
            throughout = dict(self._power(one, standby, group))
            uses += [
                (row, amount - throughout.get(row, 0.0))
                for row, amount in self._power(one, watts, group)
            ]
        return tuple(sorted(uses))

    def _kept(self, one: Alone, step: Step, group: str) -> Uses:
        """Return the place or bay a step holds, unless its rack holds it already."""
        progress = one.rack.progress
        first = one.steps[0]
        if first.is_fixed and first.step.session is step.session is not Session.NONE:
            return ()
        if step.session is Session.BAY:
            return () if progress.bay else self._use((BAYS, group), 1)
        if step.session is Session.STATION and progress.holds_station:
            return ()
        return self._use((ResourceKind.PLACE, step.place), 1)

    def _power(self, one: Alone, watts: int, group: str) -> Uses:
        """Return what watts in a bay of a group take of its limits."""
        if not watts or not group:
            return ()
        site = permille(watts, one.template.site_permille)
        found = [*self._use((ResourceKind.SITE, self.groups[group].site), site)]
        liquid = permille(watts, one.template.liquid_permille)
        found += self._use((LOOP, group), liquid)
        for rank in range(self.limits.ranks):
            found += self._use((f"{RANK}{rank}", group), watts)
        return tuple(found)

    def _use(self, name: tuple[str, str], amount: int) -> Uses:
        """Return a use of a limit, if there is such a limit."""
        row = self.limits.rows.get(name)
        return () if row is None or not amount else ((row, float(amount)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Racks as arrays.

    Attributes:
        site: For the kernels.
        racks: In the order of its rows.
        parts: Pieces taken, by row: parts and quantities.
    """

    site: Site
    racks: tuple[Alone, ...]
    parts: tuple[tuple[tuple[str, int], ...], ...]


@dataclass(slots=True, kw_only=True)
class Bundle:
    """Racks that may do the same in the same ticks.

    Attributes:
        racks: The racks.
        chains: What they may do.
        first: The first tick in which one of them may begin.
        last: The last tick that is looked at.
        is_begun: Whether they are in progress already.
    """

    racks: list[Alone]
    chains: tuple[Chain, ...]
    first: int
    last: int
    is_begun: bool


def rows_of(builder: Builder, racks: Sequence[Alone]) -> Rows:
    """Return racks as arrays, in bundles of those that are alike."""
    bundles = _bundles(builder, racks)
    ordered = tuple(one for bundle in bundles for one in bundle.racks)
    tables = _Tables()
    chains, families, counts = [0], [0], [0]
    firsts, lasts = [], []
    for family, group in groupby(bundles, key=lambda bundle: bundle.chains):
        alike = list(group)
        for chain in family:
            tables.add(chain)
        chains.append(chains[-1] + len(family))
        counts += [len(bundle.racks) for bundle in alike]
        families.append(len(counts) - 1)
        firsts.append(min(one.first for one in alike))
        lasts.append(max(one.last for one in alike))
    counts = list(accumulate(counts))
    size, prices = builder.ticks.size, builder.book.problem.prices
    due = [FAR if o.rack.due is None else -(-o.rack.due // size) for o in ordered]
    promise = [
        FAR if o.rack.promise is None else -(-o.rack.promise // size) for o in ordered
    ]
    late = [o.rack.late_cents_per_day * size / MINUTES_PER_DAY for o in ordered]
    broken = np.full(len(ordered), float(prices.broken_promise))
    beyond = np.repeat([one.last + 1 for one in bundles], np.diff(counts))
    least = np.maximum(0, beyond - _wide(due)) * late
    least += (beyond > _wide(promise)) * broken
    # Nothing ends after the last tick.
    least[beyond > builder.ticks.count] = np.inf
    site = Site(
        ends=np.array(builder.ticks.ends, np.int32),
        ends_after=_wide([_after(ends) for ends in builder.ticks.ends]),
        **tables.arrays(),
        family_chains=_wide(chains),
        family_bundles=_wide(families),
        family_first=_wide(firsts),
        family_last=_wide(lasts),
        bundle_racks=_wide(counts),
        bundle_first=_wide([one.first for one in bundles]),
        bundle_last=_wide([one.last for one in bundles]),
        bundle_begun=_wide([one.is_begun for one in bundles]),
        rack_due=_wide(due),
        rack_promise=_wide(promise),
        rack_late=np.array(late, np.float64),
        rack_broken=broken,
        rack_beyond=least,
    )
    return Rows(site=site, racks=ordered, parts=tuple(tables.parts))


def _bundles(builder: Builder, racks: Sequence[Alone]) -> list[Bundle]:
    """Return bundles of racks that are released about together."""
    width = 1
    windows = [_window(builder, one) for one in racks]
    while True:
        found: dict[tuple[tuple[Chain, ...], int, bool], Bundle] = {}
        for one, (first, last) in zip(racks, windows, strict=True):
            chains, is_begun = builder.chains(one), begun_at(one) is not None
            key = chains, first if is_begun else first // width, is_begun
            bundle = found.setdefault(
                key,
                Bundle(
                    racks=[], chains=chains, first=first, last=last, is_begun=is_begun
                ),
            )
            bundle.racks.append(one)
            bundle.first = min(bundle.first, first)
            bundle.last = max(bundle.last, last)
        ticks = sum(
            (one.last - one.first + 1) * len(one.chains) for one in found.values()
        )
        if ticks <= MOST_TICKS or width > builder.ticks.count:
            numbers: dict[tuple[Chain, ...], int] = {}
            for bundle in found.values():
                numbers.setdefault(bundle.chains, len(numbers))
            return sorted(found.values(), key=lambda bundle: numbers[bundle.chains])
        width *= 2


def _window(builder: Builder, one: Alone) -> tuple[int, int]:
    """Return the first tick of a rack, and the last that is looked at."""
    size, prices = builder.ticks.size, builder.book.problem.prices
    count = builder.ticks.count
    first = next(step.start for step in one.steps if not step.is_fixed) // size
    rack = one.rack
    may_earn = min(prices.energy.values) < 0
    if rack.due is None or not rack.late_cents_per_day or may_earn:
        return first, count
    span = sum(step.least for step in one.steps) * prices.wip_per_day
    late = max(LEAST_LATE, LATE_SPANS * span // rack.late_cents_per_day)
    last = -(-(max(rack.due, one.end) + late) // size)
    return first, min(count, last)


def _after(ends: Narrow) -> int:
    """Return the ticks from each start to its end, or ``NEVER`` if hours matter."""
    after = int(ends[0])
    if (
        after < 0
        or (ends[: len(ends) - after] - after != np.arange(len(ends) - after)).any()
    ):
        return NEVER
    return after


def _wide(values: Sequence[int]) -> Wide:
    return np.array(values, np.int64)


@dataclass(slots=True)
class _Tables:
    """Links, ways and uses as they are added, equal ones once."""

    ways: dict[Way, int] = field(default_factory=dict)
    holds: dict[Uses, int] = field(default_factory=dict)
    parts: dict[tuple[tuple[str, int], ...], int] = field(default_factory=dict)
    link_ways: list[list[int]] = field(default_factory=list)
    link_hold: list[int] = field(default_factory=list)
    link_head: list[int] = field(default_factory=list)
    chain_links: list[int] = field(default_factory=lambda: [0])

    def add(self, chain: Chain) -> None:
        """Add a chain's links."""
        for ways, hold, head in chain:
            found = [self.ways.setdefault(way, len(self.ways)) for way in ways]
            self.link_ways.append(found)
            self.link_hold.append(self.holds.setdefault(hold, len(self.holds)))
            self.link_head.append(head)
        self.chain_links.append(len(self.link_ways))

    def arrays(self) -> dict[str, Any]:
        """Return the arrays of ``Site`` that say what links are."""
        uses: list[tuple[int, float]] = []
        lasts: list[bool] = []
        edges = [0]
        for _, _, kept, used, taken in self.ways:
            uses += [*kept, *used]
            lasts += [False] * len(kept) + [True] * len(used)
            edges.append(len(uses))
            if taken:
                self.parts.setdefault(taken, len(self.parts))
        holds = [len(uses)]
        for used in self.holds:
            uses += used
            holds.append(len(uses))
        lasts += [False] * (len(uses) - len(lasts))
        listed = [at for row in self.link_ways for at in row]
        counts = np.cumsum([0] + [len(row) for row in self.link_ways])
        return {
            "link_way": _wide(listed),
            "way_table": _wide([way[0] for way in self.ways]),
            "way_rest": np.array([way[1] for way in self.ways], np.float64),
            "use_lasts": _wide(lasts),
            "way_uses": _wide(edges),
            "use_limit": _wide([limit for limit, _ in uses]),
            "use_rate": np.array([rate for _, rate in uses], np.float64),
            "way_parts": _wide(
                [self.parts[way[-1]] if way[-1] else NEVER for way in self.ways]
            ),
            "hold_uses": _wide(holds),
            "link_ways": _wide(list(counts)),
            "link_hold": _wide(self.link_hold),
            "link_head": _wide(self.link_head),
            "chain_links": _wide(self.chain_links),
        }
