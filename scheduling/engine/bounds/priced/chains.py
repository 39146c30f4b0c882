"""What racks do, as chains of links: each link a step, or a block of a soak."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scheduling.engine.blocks import permille, share
from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.bounds.priced.kernel import NEVER, Site, Wide
from scheduling.engine.bounds.priced.limits import BAYS, LOOP, RANK, Group, Limits
from scheduling.engine.bounds.priced.ticks import Ticks
from scheduling.engine.lookup import Lookup
from scheduling.engine.material import rack_needs
from scheduling.engine.problem import PowerClass, ResourceKind, Session, Step
from scheduling.engine.units import MINUTES_PER_DAY

Uses = tuple[tuple[int, float], ...]
"""Row of a limit and units of it, in order."""
Way = tuple[int, Uses, tuple[tuple[str, int], ...]]
"""Table of ends, uses, and pieces taken at the start."""
Link = tuple[tuple[Way, ...], Uses, int]
"""Ways to do it, uses while waiting before it, and its first tick."""
Chain = tuple[Link, ...]

MOST_BUNDLES = 16
"""Racks released at other times share a bundle if there would be more."""
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
    ) -> Iterator[tuple[list[tuple[int, Uses]], Uses]]:
        """Yield the ways to do each link of a step, and uses while waiting before."""
        kept = self._kept(one, step.step, group)
        session, place = step.step.session, step.step.place
        is_kept = (
            session is not Session.NONE
            and before is not None
            and (before.session, before.place) == (session, place)
        )
        hold = kept if is_kept else ()
        standby = share(step.step.draw, self.book.problem.soak.standby_percent)
        for choices in self._choices(step):
            yield (
                [
                    (self._table(step, minutes), self._uses(one, step, watts, group))
                    for minutes, watts in choices
                ],
                hold,
            )
            hold = tuple(sorted((*kept, *self._power(one, standby, group))))

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

    def _uses(self, one: Alone, step: AloneStep, watts: int, group: str) -> Uses:
        """Return what a step takes of all limits while it runs."""
        kept = self._kept(one, step.step, group)
        crew = (ResourceKind.CREW, step.step.crew)
        extra = (ResourceKind.PLACE, step.step.extra)
        uses = [*kept, *self._use(crew, step.step.crew_eighths), *self._use(extra, 1)]
        if step.step.power_class is not PowerClass.SHIFT_BOUND:
            uses += self._power(one, watts, group)
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


def rows_of(builder: Builder, racks: Sequence[Alone]) -> Rows:
    """Return racks as arrays, in bundles of those that are alike."""
    bundles = _bundles(builder, racks)
    ordered = tuple(one for bundle in bundles.values() for one in bundle)
    tables = _Tables()
    chains, counts, firsts, begun = [0], [0], [], []
    at = 0
    for key, bundle in bundles.items():
        for chain in builder.chains(bundle[0]):
            tables.add(chain)
            at += 1
        chains.append(at)
        counts.append(counts[-1] + len(bundle))
        firsts.append(key[1])
        begun.append(key[2])
    size, prices = builder.ticks.size, builder.book.problem.prices
    due = [FAR if o.rack.due is None else -(-o.rack.due // size) for o in ordered]
    promise = [
        FAR if o.rack.promise is None else -(-o.rack.promise // size) for o in ordered
    ]
    late = [o.rack.late_cents_per_day * size / MINUTES_PER_DAY for o in ordered]
    site = Site(
        ends=np.array(builder.ticks.ends, np.int32),
        **tables.arrays(),
        bundle_chains=_wide(chains),
        bundle_racks=_wide(counts),
        bundle_first=_wide(firsts),
        bundle_begun=_wide(begun),
        rack_due=_wide(due),
        rack_promise=_wide(promise),
        rack_late=np.array(late, np.float64),
        rack_broken=np.full(len(ordered), float(prices.broken_promise)),
    )
    return Rows(site=site, racks=ordered, parts=tuple(tables.parts))


def _bundles(
    builder: Builder, racks: Sequence[Alone]
) -> dict[tuple[tuple[Chain, ...], int, bool], list[Alone]]:
    size = builder.ticks.size
    width = size
    while True:
        found: defaultdict[tuple[tuple[Chain, ...], int, bool], list[Alone]]
        found = defaultdict(list)
        for one in racks:
            first = next(step.start for step in one.steps if not step.is_fixed)
            is_begun = begun_at(one) is not None
            if not is_begun:
                first = first // width * width
            found[builder.chains(one), first // size, is_begun].append(one)
        begun = sum(key[2] for key in found)
        if len(found) <= MOST_BUNDLES + begun:
            return found
        width *= 2


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
        edges = [0]
        for _, used, taken in self.ways:
            uses += used
            edges.append(len(uses))
            if taken:
                self.parts.setdefault(taken, len(self.parts))
        holds = [len(uses)]
        for used in self.holds:
            uses += used
            holds.append(len(uses))
        listed = [at for row in self.link_ways for at in row]
        counts = np.cumsum([0] + [len(row) for row in self.link_ways])
        return {
            "link_way": _wide(listed),
            "way_table": _wide([table for table, _, _ in self.ways]),
            "way_uses": _wide(edges),
            "use_limit": _wide([limit for limit, _ in uses]),
            "use_rate": np.array([rate for _, rate in uses], np.float64),
            "way_parts": _wide(
                [self.parts[taken] if taken else NEVER for _, _, taken in self.ways]
            ),
            "hold_uses": _wide(holds),
            "link_ways": _wide(list(counts)),
            "link_hold": _wide(self.link_hold),
            "link_head": _wide(self.link_head),
            "chain_links": _wide(self.chain_links),
        }
