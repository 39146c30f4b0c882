"""Groups bays that nothing tells apart, and names them once the times are known."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from scheduling.engine.problem import Bay, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Bays with the same power, cooling, limit, models and capacity.

    Attributes:
        bay: One of them, for what they share.
        keys: Keys of all of them, in the problem's order.
    """

    bay: Bay
    keys: tuple[str, ...]


def pinned_bays(problem: Problem) -> frozenset[str]:
    """Return the bays that a pin of an unfinished step names.

    Such a bay is planned apart: in a pool, a start fixed ahead of time could leave no
    way to name the bays of the others.
    """
    return frozenset(
        pin.bay
        for rack in problem.racks
        if rack.pins
        for pin in rack.pins
        if pin.bay and pin.bay != rack.progress.bay
    )


def group_bays(problem: Problem, *, apart: bool = False) -> tuple[Pool, ...]:
    """Return the pools of a problem in order of their first bay.

    With ``apart`` every bay is a pool of its own.
    """
    if apart:
        return tuple(Pool(bay=bay, keys=(bay.key,)) for bay in problem.bays)
    alone = pinned_bays(problem)
    groups: dict[tuple[object, ...], list[Bay]] = {}
    for bay in problem.bays:
        sign = (
            bay.nodes,
            bay.site,
            bay.loop,
            bay.limit,
            frozenset(bay.models),
            bay.capacity,
            bay.key if bay.key in alone else "",
        )
        groups.setdefault(sign, []).append(bay)
    return tuple(
        Pool(bay=bays[0], keys=tuple(bay.key for bay in bays))
        for bays in groups.values()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One rack's time in some bay of a pool.

    Attributes:
        rack: The rack's index.
        start: First minute.
        end: First minute after it.
        held: Key of the bay it must be in, or empty.
        wanted: Key of the bay it had in the published plan, or empty.
        settled: Whether it starts as published, so that another bay would be a move.
    """

    rack: int
    start: int
    end: int
    held: str = ""
    wanted: str = ""
    settled: bool = False


def name_bays(pool: Pool, stays: Iterable[Stay]) -> dict[int, str]:
    """Return a bay for each rack so that no two stays in a bay overlap.

    Racks that start as published keep their bay if that leaves one for every other;
    otherwise bays go in order of time, published bays preferred.
    """
    ordered = sorted(stays, key=lambda stay: (stay.start, not stay.held, stay.rack))
    kept = _assign(pool, ordered, keep=True)
    if kept is not None:
        return kept
    named = _assign(pool, ordered, keep=False)
    # More stays than bays can only come from what stands already: it stays there.
    return named if named is not None else _overfull(pool, ordered)


@dataclass(slots=True)
class _Line:
    """The stays in one bay, apart and in order of time."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def idle_before(self, stay: Stay) -> int | None:
        """Return how long the bay stood empty before a stay; None if it is taken."""
        place = bisect_left(self.starts, stay.end) - 1
        if place < 0:
            return stay.start
        idle = stay.start - self.ends[place]
        return idle if idle >= 0 else None

    def take(self, stay: Stay) -> None:
        """Add a stay."""
        place = bisect_left(self.starts, stay.start)
        self.starts.insert(place, stay.start)
        self.ends.insert(place, stay.end)


def _assign(pool: Pool, ordered: list[Stay], *, keep: bool) -> dict[int, str] | None:
    """Give bays in order of start, or return None if one stay finds none."""
    lines = {key: _Line() for key in pool.keys}
    named: dict[int, str] = {}
    later: list[Stay] = []
    for stay in ordered:
        fixed = stay.held or (stay.wanted if keep and stay.settled else "")
        line = lines.get(fixed)
        if line is None or (not stay.held and line.idle_before(stay) is None):
            later.append(stay)
        else:
            line.take(stay)
            named[stay.rack] = fixed
    for stay in later:
        key = _best_bay(stay, lines)
        if key is None:
            return None
        lines[key].take(stay)
        named[stay.rack] = key
    return named


def _best_bay(stay: Stay, lines: dict[str, _Line]) -> str | None:
    """Return the wanted bay if free, else the free one that stood empty the least."""
    free = {
        key: idle
        for key, line in lines.items()
        if (idle := line.idle_before(stay)) is not None
    }
    if stay.wanted in free:
        return stay.wanted
    return min(free, key=lambda key: free[key], default=None)


def _overfull(pool: Pool, ordered: list[Stay]) -> dict[int, str]:
    ends = dict.fromkeys(pool.keys, 0)
    named: dict[int, str] = {}
    for stay in ordered:
        key = stay.held if stay.held in ends else min(ends, key=lambda k: ends[k])
        ends[key] = max(ends[key], stay.end)
        named[stay.rack] = key
    return named
