"""What a plan takes of each limit over time: the strips below its bars.

Pure: a problem and its schedule in, step functions out. Minutes since the epoch; watts,
whole people (begun ones count) or bays.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from scheduling.engine.problem import (
    Bay,
    Problem,
    Rack,
    Resource,
    ResourceKind,
    Session,
    Template,
)
from scheduling.engine.schedule import PhaseKind, Schedule
from scheduling.engine.units import FULL_PERMILLE, MINUTES_PER_DAY

EIGHTHS = 8
BAYS = "bays"
WITHOUT_PEOPLE = frozenset({PhaseKind.STANDBY, PhaseKind.CLOSED})

Pieces = list[tuple[int, int]]
"""``(minute, amount)`` pairs; each amount holds until the next minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One limit over time, and what the plan takes of it.

    Attributes:
        key: Of the resource; ``bays`` for the bays.
        kind: ``import``, ``node``, ``heat``, ``bays`` or ``people``.
        label: What people call it.
        owner: Who owns the limit.
        limit: What is allowed.
        use: What is taken.
        base: Of the import, what the site takes by itself; part of ``use``.
    """

    key: str
    kind: str
    label: str
    owner: str
    limit: Pieces
    use: Pieces
    base: Pieces

    @property
    def unit(self) -> str:
        """Return what the amounts count."""
        if self.kind in {"people", "bays"}:
            return self.kind
        return "W"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """All of them, and how far they go."""

    all: tuple[Strip, ...]
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The minute of a day in which a limit is nearest to being reached.

    Attributes:
        strip: Which limit.
        minute: When.
        use: What is taken then.
        limit: What is allowed then.
    """

    strip: Strip
    minute: int
    use: int
    limit: int


Changes = defaultdict[str, defaultdict[int, int]]


def strips_of(problem: Problem, schedule: Schedule) -> Strips:
    """Return the strips of a plan: import, bays, people, nodes and heat."""
    until = max((step.end for step in schedule.steps), default=MINUTES_PER_DAY)
    changes: Changes = defaultdict(lambda: defaultdict(int))
    templates = {template.key: template for template in problem.templates}
    racks = {rack.key: rack for rack in problem.racks}
    bays = {bay.key: bay for bay in problem.bays}
    _work(schedule, racks, templates, bays, changes)
    _stays(schedule, racks, changes)
    found = []
    for resource in problem.resources:
        if resource.kind is ResourceKind.SITE:
            found += [
                _import(problem, resource, changes[resource.key], until),
                _bays(problem, changes[BAYS], until),
            ]
        elif resource.kind is ResourceKind.CREW:
            found.append(_people(resource, changes[resource.key], until))
        elif resource.kind in (ResourceKind.NODE, ResourceKind.LOOP):
            is_node = resource.kind is ResourceKind.NODE
            found.append(
                Strip(
                    key=resource.key,
                    kind="node" if is_node else "heat",
                    label=resource.label,
                    owner=resource.owner,
                    limit=_merged(_pieces(resource, until)),
                    use=_added_up(changes[resource.key]),
                    base=[],
                )
            )
    order = ("import", "bays", "people", "heat", "node")
    found.sort(key=lambda strip: order.index(strip.kind))
    return Strips(all=tuple(found), until=until)


def _work(
    schedule: Schedule,
    racks: Mapping[str, Rack],
    templates: Mapping[str, Template],
    bays: Mapping[str, Bay],
    changes: Changes,
) -> None:
    """Book the people and watts of every phase."""
    steps = {
        (template.key, step.code): step
        for template in templates.values()
        for step in template.steps
    }
    for planned in schedule.steps:
        template = templates[racks[planned.rack].template]
        step = steps[template.key, planned.step]
        bay = bays.get(planned.bay)
        for phase in planned.phases:
            start = max(0, phase.start)
            if phase.kind not in WITHOUT_PEOPLE:
                changes[step.crew][start] += step.crew_eighths
                changes[step.crew][phase.end] -= step.crew_eighths
            if bay is None or not phase.draw:
                continue
            shares = [(node, FULL_PERMILLE) for node in bay.nodes]
            shares += [
                (bay.site, template.site_permille),
                (bay.loop, template.liquid_permille),
            ]
            for key, share in shares:
                watts = -(-phase.draw * share // FULL_PERMILLE)
                changes[key][start] += watts
                changes[key][phase.end] -= watts


def _stays(schedule: Schedule, racks: Mapping[str, Rack], changes: Changes) -> None:
    """Book every stay in a bay, from fill to drain."""
    stays: dict[str, tuple[int, int]] = {}
    for planned in schedule.steps:
        if planned.bay:
            first = stays.get(planned.rack, (planned.start, 0))[0]
            stays[planned.rack] = first, planned.end
    for key, (start, end) in stays.items():
        since = 0 if racks[key].progress.bay else max(0, start)
        changes[BAYS][since] += 1
        changes[BAYS][end] -= 1


def _import(
    problem: Problem, site: Resource, changes: Mapping[int, int], until: int
) -> Strip:
    """Return the site's import: what is allowed in whole, and base load with bays."""
    base = [(start, value) for start, _, value in problem.base_load.pieces(until)]
    moments = sorted({0, *site.capacity.times, *problem.base_load.times})
    whole = defaultdict(int, changes)
    before = 0
    for start, value in base:
        whole[start] += value - before
        before = value
    return Strip(
        key=site.key,
        kind="import",
        label="Power",
        owner=site.owner,
        limit=_merged(
            (minute, site.capacity.at(minute) + problem.base_load.at(minute))
            for minute in moments
            if minute < until
        ),
        use=_added_up(whole),
        base=_merged(base),
    )


def _bays(problem: Problem, changes: Mapping[int, int], until: int) -> Strip:
    """Return the bays in use, of those in service."""
    moments = sorted(
        {0, *(time for bay in problem.bays for time in bay.capacity.times)}
    )
    return Strip(
        key=BAYS,
        kind="bays",
        label="Bays",
        owner="",
        limit=_merged(
            (minute, sum(bay.capacity.at(minute) for bay in problem.bays))
            for minute in moments
            if minute < until
        ),
        use=_added_up(changes),
        base=[],
    )


def _people(crew: Resource, changes: Mapping[int, int], until: int) -> Strip:
    """Return a crew at work, begun people counted, beside its roster."""
    return Strip(
        key=crew.key,
        kind="people",
        label=crew.label,
        owner=crew.owner,
        limit=_merged(
            (start, value // EIGHTHS) for start, value in _pieces(crew, until)
        ),
        use=_merged(
            (minute, -(-total // EIGHTHS)) for minute, total in _added_up(changes)
        ),
        base=[],
    )


def crews_in_bays(problem: Problem) -> set[str]:
    """Return the keys of the crews that work in bays."""
    return {
        step.crew
        for template in problem.templates
        for step in template.steps
        if step.session is Session.BAY
    }


def peaks(strip: Strip, starts: Sequence[int]) -> Iterator[Peak]:
    """Yield for each stretch between two starts the minute nearest to the limit.

    Args:
        strip: Which limit.
        starts: First minutes of the stretches, rising; the last one ends the last.
    """
    moments = sorted({minute for minute, _ in (*strip.use, *strip.limit)} | {*starts})
    for first, last in pairwise(starts):
        inside = moments[
            bisect_right(moments, first - 1) : bisect_right(moments, last - 1)
        ]
        yield max(
            (
                Peak(
                    strip=strip,
                    minute=minute,
                    use=amount_at(strip.use, minute),
                    limit=amount_at(strip.limit, minute),
                )
                for minute in inside
            ),
            key=lambda peak: (peak.use / max(peak.limit, 1), peak.use),
        )


def amount_at(pieces: Pieces, minute: int) -> int:
    """Return the amount of a step function in a minute; 0 before its first piece."""
    index = bisect_right(pieces, minute, key=lambda piece: piece[0]) - 1
    return pieces[index][1] if index >= 0 else 0


def _pieces(resource: Resource, until: int) -> Pieces:
    return [(start, value) for start, _, value in resource.capacity.pieces(until)]


def _added_up(changes: Mapping[int, int]) -> Pieces:
    """Return changes by minute as amounts, from minute 0 on."""
    moments = sorted({0, *changes})
    totals = accumulate(changes.get(minute, 0) for minute in moments)
    return _merged(zip(moments, totals, strict=True))


def _merged(pieces: Iterable[tuple[int, int]]) -> Pieces:
    """Drop pieces that repeat the amount before them."""
    found: Pieces = []
    for minute, amount in pieces:
        if not found or found[-1][1] != amount:
            found.append((minute, amount))
    return found
