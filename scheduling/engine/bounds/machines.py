"""Shared limits as single machines: how many racks can be through by when.

Each limit is relaxed to one machine that may split its work freely. Taking the shortest
remaining work first finishes as many racks as possible by every moment (a known result,
also when the machine's speed changes with the clock), so its completions are a bound.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from scheduling.engine.blocks import permille, share, stretched
from scheduling.engine.bounds.alone import Alone, AloneStep
from scheduling.engine.bounds.reason import BoundKind, Reason
from scheduling.engine.bounds.span import Spans, StepName
from scheduling.engine.lookup import Lookup
from scheduling.engine.material import rack_needs
from scheduling.engine.problem import (
    PowerClass,
    Resource,
    ResourceKind,
    Session,
    SoakRule,
    Template,
)
from scheduling.engine.units import Minutes

BEFORE = -1
"""The minute in which what is there at 0 is given."""
Numbers = npt.NDArray[np.int64]


class Supply:
    """What a limit gives over time: so many units in each minute, added up."""

    __slots__ = ("_rates", "_times", "_totals")

    def __init__(self, pieces: Iterable[tuple[int, int, int]]) -> None:
        """Take ``(start, end, units a minute)`` pieces, rising and apart."""
        self._times: list[int] = []
        self._rates: list[int] = []
        self._totals: list[int] = []
        total = 0
        last = 0
        for start, end, rate in pieces:
            if start > last:
                self._add(last, 0, total)
            self._add(start, rate, total)
            total += (end - start) * rate
            last = end
        self._add(last, 0, total)

    def _add(self, time: int, rate: int, total: int) -> None:
        self._times.append(time)
        self._rates.append(rate)
        self._totals.append(total)

    @property
    def total(self) -> int:
        """Return all the units it ever gives."""
        return self._totals[-1]

    def until(self, minute: int) -> int:
        """Return the units given before a minute."""
        index = max(0, bisect_right(self._times, minute) - 1)
        passed = max(0, minute - self._times[index])
        return self._totals[index] + passed * self._rates[index]

    def each_until(self, minutes: Sequence[int]) -> Numbers:
        """Return ``until`` of each minute."""
        times, rates, totals = self._arrays()
        index = np.maximum(0, np.searchsorted(times, minutes, side="right") - 1)
        passed = np.maximum(0, np.asarray(minutes) - times[index])
        found: Numbers = totals[index] + passed * rates[index]
        return found

    def when(self, units: int) -> int | None:
        """Return the first minute by which so many units are given, or None."""
        if units > self._totals[-1]:
            return None
        index = max(0, bisect_left(self._totals, units) - 1)
        missing = units - self._totals[index]
        if missing <= 0:
            return self._times[index]
        return self._times[index] - (-missing // self._rates[index])

    def each_when(self, units: Sequence[int]) -> Numbers:
        """Return ``when`` of each number of units, none of them above the total."""
        times, rates, totals = self._arrays()
        index = np.maximum(0, np.searchsorted(totals, units) - 1)
        missing = np.maximum(0, np.asarray(units) - totals[index])
        found: Numbers = times[index] - (-missing // np.maximum(1, rates[index]))
        return found

    def _arrays(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return times, rates and totals."""
        found = np.array([self._times, self._rates, self._totals], np.int64)
        return found[0], found[1], found[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one rack needs of a machine.

    Attributes:
        rack: The rack's key.
        head: Earliest minute it can begin.
        units: Units it needs; at least 1.
        after: What is left to do when it has its last unit.
    """

    rack: str
    head: int
    units: int
    after: tuple[StepName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Machine:
    """A shared limit as one machine; two are never the same.

    Attributes:
        key: Its resource's key, or ``bays`` or ``bays:<model>``.
        label: What people call it.
        supply: What it gives.
        jobs: By rack.
        spans: How long what is left takes.
        early: Minutes by which work may run ahead of the supply.
        is_stored: Whether what is not used is kept for later, as pieces are.
    """

    key: str
    label: str
    supply: Supply
    jobs: dict[str, Job]
    spans: Spans
    early: int = 0
    is_stored: bool = False

    def reason(self, start: int, end: int) -> Reason:
        """Return this limit as what gives a bound."""
        return Reason(
            kind=BoundKind.LIMIT,
            resource=self.key,
            label=self.label,
            start=Minutes(start),
            end=Minutes(end),
        )

    def completions(self, racks: Collection[str]) -> list[int] | None:
        """Return bounds on the sorted ends of these racks, or None if too much work.

        Only racks that need the machine are looked at.
        """
        jobs = [self.jobs[rack] for rack in racks if rack in self.jobs]
        if not jobs:
            return []
        completed = self._shortest_first(jobs)
        if completed[-1] > self.supply.total:
            return None
        served = self.supply.each_when(completed) - self.early
        # Equal racks share what they have to do afterwards; to hash it takes longer.
        left = {id(job.after): job.after for job in jobs}
        ways = [self.spans.finish(one, served) for one in left.values()]
        ends: list[int] = np.min(ways, axis=0).tolist()
        return ends

    def _shortest_first(self, jobs: list[Job]) -> list[int]:
        """Return when jobs complete, in units given; the clock is the supply."""
        heads = self.supply.each_until([job.head for job in jobs]).tolist()
        if min(heads) == max(heads):
            units = accumulate(
                sorted(job.units for job in jobs), initial=max(0, heads[0])
            )
            return list(units)[1:]
        waiting = sorted(
            zip(heads, (job.units for job in jobs), strict=True), reverse=True
        )
        open_jobs: list[int] = []
        completed: list[int] = []
        now = 0
        while waiting or open_jobs:
            if not open_jobs:
                now = max(now, waiting[-1][0])
            while waiting and waiting[-1][0] <= now:
                heappush(open_jobs, waiting.pop()[1])
            left = heappop(open_jobs)
            until = waiting[-1][0] if waiting else now + left
            if now + left <= until:
                now += left
                completed.append(now)
            else:
                heappush(open_jobs, left - (until - now))
                now = until
        return completed


def least_energy(rule: SoakRule, template: Template, step: AloneStep) -> int:
    """Return the fewest watt-minutes of import a step can take."""
    draw = step.step.draw
    if step.step.power_class is not PowerClass.PREEMPTIVE_DERATABLE:
        return step.work * permille(draw, template.site_permille)
    blocks, rest = divmod(step.work, rule.block)

    def block(work: int) -> int:
        return min(
            stretched(rule, work, minutes)
            * permille(share(draw, percent), template.site_permille)
            for percent, minutes in rule.levels
        )

    return blocks * block(rule.block) + (block(rest) if rest else 0)


def machines(book: Lookup, racks: Sequence[Alone], spans: Spans) -> list[Machine]:
    """Return the site's power, crews, places, bays and parts as machines.

    Running and pinned steps are left out: they may break a limit by themselves, and
    what is left must fit beside them.
    """
    jobs: defaultdict[str, dict[str, Job]] = defaultdict(dict)
    sites = {bay.site for bay in book.problem.bays}
    site = sites.pop() if len(sites) == 1 else ""
    known: dict[tuple[str, str, int, bool], list[tuple[str, int]]] = {}
    for one in racks:
        holds_station = one.rack.progress.holds_station
        uses: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, step in enumerate(one.steps):
            if step.is_fixed:
                continue
            name = (one.template.key, step.step.code, step.work, holds_station)
            if name not in known:
                known[name] = list(_uses(book, one, step, site))
            for key, units in known[name]:
                uses[key].append((index, units))
        for key, used in uses.items():
            jobs[key][one.rack.key] = _job(spans, one, used)
    found = [
        Machine(
            key=resource.key,
            label=resource.label,
            supply=_resource_supply(book, resource),
            jobs=jobs[resource.key],
            spans=spans,
        )
        for resource in book.problem.resources
        if resource.key in jobs
    ]
    found.append(_bay_machine("bays", "Bays", racks, spans))
    for template in book.problem.templates:
        of_model = [one for one in racks if one.template is template]
        found.append(
            _bay_machine(
                f"bays:{template.key}", f"Bays for {template.label}", of_model, spans
            )
        )
    found += _parts(book, racks, spans)
    return [machine for machine in found if machine.jobs]


def capped(book: Lookup, every: Iterable[Machine], peak: int) -> Machine | None:
    """Return the site's power as a machine when no averaging window exceeds a peak.

    Within its window a mean may be drawn all at once, in the first one with what was
    left before minute 0, so everything may be done that much earlier. None if there is
    no single site.

    Args:
        book: The problem by key.
        every: From ``machines``.
        peak: Watts of import, base load included.
    """
    sites = [
        one
        for one in every
        if one.key in book.resources
        and book.resources[one.key].kind is ResourceKind.SITE
    ]
    if len(sites) != 1:
        return None
    machine, base = sites[0], book.problem.base_load
    capacity = book.resources[machine.key].capacity
    # The last window may reach beyond the horizon, and counts as a whole.
    prices = book.problem.prices
    end = int(book.problem.horizon) + prices.averaging
    moments = sorted({*capacity.times, *base.times, end})
    pieces = [
        (start, until, min(capacity.at(start), max(0, peak - base.at(start))))
        for start, until in pairwise(moments)
        if start < end
    ]
    return replace(
        machine, supply=Supply(pieces), early=prices.averaging + prices.averaging_begun
    )


def _resource_supply(book: Lookup, resource: Resource) -> Supply:
    if resource.kind is ResourceKind.CREW:
        return Supply(_open_pieces(book, resource))
    return Supply(resource.capacity.pieces(book.problem.horizon))


def _open_pieces(book: Lookup, crew: Resource) -> list[tuple[int, int, int]]:
    hours = book.hours_of(crew.key)
    return [
        (since, until, rate)
        for start, end, rate in crew.capacity.pieces(book.problem.horizon)
        for since, until, is_open in hours.stretches(start, end)
        if is_open
    ]


def _uses(
    book: Lookup, one: Alone, step: AloneStep, site: str
) -> Iterator[tuple[str, int]]:
    """Yield the fewest units a step can take of each limit it shares."""
    yield step.step.crew, step.least * step.step.crew_eighths
    if step.step.extra:
        yield step.step.extra, step.least
    if step.step.session is Session.BAY:
        energy = least_energy(book.problem.soak, one.template, step)
        if site and energy:
            yield site, energy
    elif not (step.step.session is Session.STATION and one.rack.progress.holds_station):
        yield step.step.place, step.least


def _job(spans: Spans, one: Alone, uses: Sequence[tuple[int, int]]) -> Job:
    first, last = uses[0][0], uses[-1][0]
    return Job(
        rack=one.rack.key,
        head=one.steps[first].start,
        units=sum(units for _, units in uses),
        after=spans.names(one, last + 1),
    )


def _bay_machine(key: str, label: str, racks: Sequence[Alone], spans: Spans) -> Machine:
    book = spans.book
    models = {one.template.key for one in racks}
    changes: dict[int, int] = {0: 0}
    for bay in book.problem.bays:
        if models & set(bay.models):
            before = 0
            for start, _, value in bay.capacity.pieces(book.problem.horizon):
                changes[start] = changes.get(start, 0) + value - before
                before = value
    jobs = {}
    for one in racks:
        held = [
            (index, step)
            for index, step in enumerate(one.steps)
            if step.step.session is Session.BAY
        ]
        is_fixed = one.rack.progress.bay or any(step.is_fixed for _, step in held)
        if held and not is_fixed:
            jobs[one.rack.key] = _job(spans, one, [(i, step.least) for i, step in held])
    supply = _counted(book, changes)
    return Machine(key=key, label=label, supply=supply, jobs=jobs, spans=spans)


def _counted(book: Lookup, changes: dict[int, int]) -> Supply:
    times = [*sorted(changes), book.problem.horizon]
    count = 0
    pieces = []
    for start, end in pairwise(times):
        count += changes[start]
        pieces.append((start, end, count))
    return Supply(pieces)


def _parts(book: Lookup, racks: Sequence[Alone], spans: Spans) -> Iterator[Machine]:
    """Yield every part: what has come, whoever takes it.

    Pieces keep, so it does not matter when a rack could begin. Those that come at a
    minute are given during the one before.
    """
    arrivals: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for supply in book.problem.supplies:
        times = arrivals[supply.part]
        moment = max(0, supply.available)
        times[moment] = times.get(moment, 0) + supply.quantity
    jobs: defaultdict[str, dict[str, Job]] = defaultdict(dict)
    for one in racks:
        for part, (index, count) in _pieces(one).items():
            jobs[part][one.rack.key] = Job(
                rack=one.rack.key,
                head=BEFORE,
                units=count,
                after=spans.names(one, index),
            )
    for part in sorted(jobs):
        pieces = [(at - 1, at, count) for at, count in sorted(arrivals[part].items())]
        yield Machine(
            key=part,
            label=part,
            supply=Supply(pieces),
            jobs=jobs[part],
            spans=spans,
            is_stored=True,
        )


def _pieces(one: Alone) -> dict[str, tuple[int, int]]:
    """Return by part the last step that needs pieces of it, and how many in all.

    Pinned steps are left out: they may take what is not there.
    """
    done = one.rack.progress.done
    found: dict[str, tuple[int, int]] = {}
    for at, part, quantity in rack_needs(one.rack, one.template):
        index = at - done
        if not one.steps[index].is_fixed:
            found[part] = (index, found.get(part, (index, 0))[1] + quantity)
    return found
