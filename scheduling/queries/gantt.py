"""A plan as the Gantt draws it: bays over time, kilowatts against the limit below.

Pure: a problem and its schedule in, plain lists out. All times are minutes since the
plan's epoch, all power is in watts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from scheduling.engine.cut import model_of
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Rack,
    Resource,
    ResourceKind,
    Session,
    Step,
)
from scheduling.engine.schedule import Phase, PhaseKind, PlannedStep, Schedule
from scheduling.engine.units import FULL_PERMILLE, MINUTES_PER_DAY

EIGHTHS = 8

Steps = list[list[int]]
"""``[minute, amount]`` pairs; each amount holds until the next minute."""


def gantt_of(
    problem: Problem,
    schedule: Schedule,
    *,
    order_urls: dict[str, str],
    waits: dict[str, list[tuple[str, int]]],
) -> dict[str, Any]:
    """Return the data contract of ``static/js/gantt.js``.

    Args:
        problem: What was planned.
        schedule: The plan.
        order_urls: Page of each order by its number.
        waits: By rack, what its bay session waited for just before it began: limit
            and minutes, in order of time.
    """
    racks = {rack.key: rack for rack in problem.racks}
    steps = {
        (template.key, step.code): step
        for template in problem.templates
        for step in template.steps
    }
    by_bay: dict[str, dict[str, list[PlannedStep]]] = defaultdict(
        lambda: defaultdict(list)
    )
    ships: dict[str, int] = {}
    for planned in schedule.steps:
        ships[planned.rack] = max(ships.get(planned.rack, 0), planned.end)
        if planned.bay:
            by_bay[planned.bay][planned.rack].append(planned)
    end = max(ships.values(), default=MINUTES_PER_DAY)
    bars = {
        bay: [
            _bar(racks[key], planned, steps, ships[key], order_urls)
            | {"waits": _waits(planned[0].start, waits.get(key, []))}
            for key, planned in sorted(held.items(), key=lambda item: item[1][0].start)
        ]
        for bay, held in by_bay.items()
    }
    return {
        "epoch": problem.epoch,
        "zone": problem.zone,
        "now_min": 0,
        "fence_min": problem.prices.fence,
        "from_min": 0,
        "to_min": end,
        "groups": _groups(problem, bars),
        "limits": _import_limit(problem, end),
        "base": _pieces(problem, end),
        "load": _import_load(problem, schedule, racks, end),
        "curtailments": [
            {"start": c.start, "end": c.end, "label": c.label, "cap_w": c.limit}
            for c in problem.curtailments
        ],
        "people": _people(problem, schedule, racks, steps, end),
    }


def _bar(
    rack: Rack,
    planned: list[PlannedStep],
    steps: dict[tuple[str, str], Step],
    ships: int,
    order_urls: dict[str, str],
) -> dict[str, Any]:
    """Return one rack's stay in its bay."""
    due = rack.promise if rack.promise is not None else rack.due
    start, end = planned[0].start, planned[-1].end
    return {
        "rack": rack.key,
        "label": rack.key,
        "model": model_of(rack.template),
        "order": rack.order,
        "url": f"{order_urls.get(rack.order, '')}?rack={rack.key}",
        "start": start,
        "end": end,
        "held_from": start,
        "held_to": end,
        "ships": ships,
        "due": due,
        "late_min": max(0, ships - due) if due is not None else 0,
        "phases": [
            [phase.start, phase.end, phase.draw, _kind(phase, step)]
            for one in planned
            for step in (steps[rack.template, one.step],)
            for phase in one.phases
        ],
    }


def _waits(start: int, waits: list[tuple[str, int]]) -> list[list[Any]]:
    """Return waits as stretches that end where the bay session begins."""
    stretches: list[list[Any]] = []
    end = start
    for limit, minutes in reversed(waits):
        stretches.append([end - minutes, end, limit])
        end -= minutes
    return stretches[::-1]


def _people(
    problem: Problem,
    schedule: Schedule,
    racks: dict[str, Rack],
    steps: dict[tuple[str, str], Step],
    until: int,
) -> list[dict[str, Any]]:
    """Return the crews of the bays: people at work and on the roster over time."""
    crews = {step.crew for step in steps.values() if step.session is Session.BAY}
    changes: dict[str, dict[int, int]] = {crew: defaultdict(int) for crew in crews}
    for planned in schedule.steps:
        step = steps[racks[planned.rack].template, planned.step]
        if step.crew in crews:
            for phase in planned.phases:
                if phase.kind not in (PhaseKind.STANDBY, PhaseKind.CLOSED):
                    changes[step.crew][max(0, phase.start)] += step.crew_eighths
                    changes[step.crew][phase.end] -= step.crew_eighths
    return [
        {
            "key": crew.key,
            "label": crew.label,
            "use": _merged(_people_steps(changes[crew.key])),
            "roster": _merged(
                [start, value // EIGHTHS]
                for start, _, value in crew.capacity.pieces(until)
            ),
        }
        for crew in problem.resources
        if crew.key in crews
    ]


def _people_steps(changes: dict[int, int]) -> Iterator[list[int]]:
    """Yield whole people at work, begun ones counted, from changes in eighths."""
    total = 0
    yield [0, 0]
    for minute in sorted(changes):
        total += changes[minute]
        yield [minute, -(-total // EIGHTHS)]


def _kind(phase: Phase, step: Step) -> str:
    """Return the drawing's word for a phase."""
    if phase.kind is PhaseKind.DERATED:
        return "derated"
    if phase.kind in (PhaseKind.STANDBY, PhaseKind.CLOSED):
        return "standby"
    if step.power_class is PowerClass.NEVER_INTERRUPT:
        return "firmware"
    return "work"


def _groups(problem: Problem, bars: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """Return lanes by hall: the widest node above each bay."""
    resources = {resource.key: resource for resource in problem.resources}
    halls: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for bay in problem.bays:
        halls[_hall(bay.nodes, resources)].append(
            {"key": bay.key, "label": bay.label, "bars": bars.get(bay.key, [])}
        )
    return [
        {
            "key": key,
            "label": resources[key].label if key in resources else "Bays",
            "note": _hall_note(resources.get(key)),
            "lanes": lanes,
        }
        for key, lanes in halls.items()
    ]


def _hall(nodes: tuple[str, ...], resources: dict[str, Resource]) -> str:
    """Return the node with the highest limit above a bay."""
    known = [key for key in nodes if key in resources]
    return max(known, key=lambda key: resources[key].capacity.highest(), default="")


def _hall_note(hall: Resource | None) -> str:
    """Return what a hall may draw, for its head."""
    if hall is None:
        return ""
    return f"{hall.capacity.highest() // 1000:,}\N{NO-BREAK SPACE}kW"


def _import_limit(problem: Problem, until: int) -> Steps:
    """Return the import allowed: what is left for bays and cooling plus base load."""
    site = next((r for r in problem.resources if r.kind is ResourceKind.SITE), None)
    if site is None:
        return []
    moments = {0, *site.capacity.times, *problem.base_load.times}
    return _merged(
        [minute, site.capacity.at(minute) + problem.base_load.at(minute)]
        for minute in sorted(moments)
        if minute < until
    )


def _pieces(problem: Problem, until: int) -> Steps:
    """Return the base load over time."""
    return [[start, value] for start, _, value in problem.base_load.pieces(until)]


def _import_load(
    problem: Problem, schedule: Schedule, racks: dict[str, Rack], until: int
) -> Steps:
    """Return the site's import over time, base load and cooling plant included."""
    permille = {template.key: template.site_permille for template in problem.templates}
    changes: dict[int, int] = defaultdict(int)
    for start, _, value in problem.base_load.pieces(until):
        changes[start] += value - (problem.base_load.at(start - 1) if start else 0)
    for planned in schedule.steps:
        share = permille[racks[planned.rack].template]
        for phase in planned.phases:
            if phase.draw:
                watts = -(-phase.draw * share // FULL_PERMILLE)
                changes[max(0, phase.start)] += watts
                changes[phase.end] -= watts
    moments = sorted(changes)
    totals = accumulate(changes[minute] for minute in moments)
    return _merged(
        [minute, total] for minute, total in zip(moments, totals, strict=True)
    )


def _merged(pairs: Iterable[list[int]]) -> Steps:
    """Drop pairs that repeat the amount before them."""
    return list(_changing(pairs))


def _changing(pairs: Iterable[list[int]]) -> Iterator[list[int]]:
    """Yield pairs whose amount differs from the one before."""
    before = None
    for pair in pairs:
        if pair[1] != before:
            yield pair
            before = pair[1]
