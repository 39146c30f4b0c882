"""What is shared: limits by bucket of time, and parts by arrival."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduling.engine.bounds.priced.kernel import Reals, Wide
from scheduling.engine.bounds.priced.ticks import Ticks
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import Bay, ResourceKind
from scheduling.engine.profile import StepFunction

BAYS, LOOP, RANK = "bays", "loop", "rank"
"""What a group of bays shares; the rest is named by its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bays of one site that take the same models.

    Attributes:
        bays: The bays.
        site: Key of their site.
    """

    bays: tuple[Bay, ...]
    site: str


def groups_of(book: Lookup) -> dict[str, Group]:
    """Return the groups of bays by a key."""
    found: defaultdict[tuple[str, frozenset[str]], list[Bay]] = defaultdict(list)
    for bay in book.problem.bays:
        found[bay.site, frozenset(bay.models)].append(bay)
    return {
        f"{number}": Group(bays=tuple(bays), site=site)
        for number, ((site, _), bays) in enumerate(found.items())
    }


@dataclass(slots=True, kw_only=True)
class Limits:
    """Every limit, by its row.

    Attributes:
        rows: By kind and key of the limit or group.
        labels: Key and what people call it, by row.
        given: Unit-ticks of each limit by tick.
        counted: Whether use counts, by limit and tick.
        imports: Rows that the meter sees.
        ranks: How many nodes lie above a bay at most.
    """

    rows: dict[tuple[str, str], int]
    labels: list[tuple[str, str]]
    given: Reals
    counted: Reals
    imports: list[int]
    ranks: int


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """Limits as they are added."""

    ticks: Ticks
    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    labels: list[tuple[str, str]] = field(default_factory=list)
    given: list[Reals] = field(default_factory=list)
    counted: list[Reals] = field(default_factory=list)

    def add(
        self,
        name: tuple[str, str],
        label: tuple[str, str],
        amounts: Iterable[StepFunction],
        cells: Reals | None = None,
    ) -> None:
        """Add a limit that gives all these amounts, in ticks that count."""
        self.rows[name] = len(self.labels)
        self.labels.append(label)
        mask = np.ones(self.ticks.count) if cells is None else cells
        total = np.zeros(self.ticks.count)
        for amount in amounts:
            total += by_tick(amount, self.ticks)
        self.given.append(total * mask)
        self.counted.append(mask)

    def add_all(self, name: tuple[str, str], keys: Sequence[str], book: Lookup) -> None:
        """Add limits side by side as one, if all of them are known."""
        known = [book.resources[key] for key in keys if key in book.resources]
        if known and len(known) == len(keys):
            label = ", ".join(one.label for one in known)
            self.add(name, (known[0].key, label), [one.capacity for one in known])


def limits_of(book: Lookup, groups: dict[str, Group], ticks: Ticks) -> Limits:
    """Return what power, cooling, bays, places and crews give."""
    ledger = _Ledger(ticks=ticks)
    for resource in book.problem.resources:
        cells = None
        if resource.kind is ResourceKind.CREW:
            # Minutes of a tick that is not open throughout are not counted.
            hours = book.hours_of(resource.key)
            cells = ticks.open_cells(hours, whole=True).astype(np.float64)
        elif resource.kind not in {ResourceKind.PLACE, ResourceKind.SITE}:
            continue
        name, label = (resource.kind, resource.key), (resource.key, resource.label)
        ledger.add(name, label, [resource.capacity], cells)
    ranks = 0
    for key, group in groups.items():
        bays = group.bays
        ledger.add((BAYS, key), ("bays", "Bays"), [bay.capacity for bay in bays])
        depth = max(len(bay.nodes) for bay in bays)
        for rank in range(depth):
            nodes = dict.fromkeys(b.nodes[rank] for b in bays if rank < len(b.nodes))
            ledger.add_all((f"{RANK}{rank}", key), list(nodes), book)
        loops = dict.fromkeys(bay.loop for bay in bays)
        ledger.add_all((LOOP, key), list(loops), book)
        ranks = max(ranks, depth)
    return Limits(
        rows=ledger.rows,
        labels=ledger.labels,
        given=np.array(ledger.given).reshape(-1, ticks.count),
        counted=np.array(ledger.counted).reshape(-1, ticks.count),
        imports=[
            row for (kind, _), row in ledger.rows.items() if kind == ResourceKind.SITE
        ],
        ranks=ranks,
    )


def by_tick(amount: StepFunction, ticks: Ticks) -> Reals:
    """Return the mean of an amount in each tick, times a tick's minutes."""
    until = ticks.count * ticks.size
    pieces = list(amount.pieces(until))
    edges = np.array([start for start, _, _ in pieces] + [until], np.int64)
    values = np.array([value for _, _, value in pieces], np.float64)
    sums = np.concatenate([[0.0], np.cumsum(values * np.diff(edges))])
    moments = np.arange(ticks.count + 1) * ticks.size
    at = np.clip(np.searchsorted(edges, moments, side="right") - 1, 0, len(values) - 1)
    whole = sums[at] + (moments - edges[at]) * values[at]
    found: Reals = np.diff(whole)
    return found


def least_by_tick(amount: StepFunction, ticks: Ticks) -> Reals:
    """Return the least of an amount in each tick."""
    return np.array(
        [
            amount.lowest(tick * ticks.size, (tick + 1) * ticks.size)
            for tick in range(ticks.count)
        ],
        np.float64,
    )


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """Pieces that come later: one row an arrival.

    Attributes:
        parts: Row of each part, by key.
        part: Part of each arrival.
        tick: The tick it comes in, rising within a part.
        before: Pieces of the part that have come before.
    """

    parts: dict[str, int]
    part: Wide
    tick: Wide
    before: Reals


def arrivals_of(book: Lookup, needed: Iterable[str], ticks: Ticks) -> Arrivals:
    """Return the arrivals of the parts that racks need."""
    supplies: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for supply in book.problem.supplies:
        supplies[supply.part].append((supply.available // ticks.size, supply.quantity))
    parts = {part: row for row, part in enumerate(sorted(set(needed)))}
    part, tick, before = [], [], []
    for key, row in parts.items():
        total = 0
        moments: defaultdict[int, int] = defaultdict(int)
        for moment, quantity in supplies[key]:
            moments[max(0, moment)] += quantity
        for moment, quantity in sorted(moments.items()):
            if moment > 0:
                part.append(row)
                tick.append(min(moment, ticks.count))
                before.append(total)
            total += quantity
    return Arrivals(
        parts=parts,
        part=np.array(part, np.int64),
        tick=np.array(tick, np.int64),
        before=np.array(before, np.float64),
    )
