"""Published plans, and what happens to them: one seeded change at a time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from scheduling.engine.blocks import blocks_of
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Progress,
    Rack,
    ResourceKind,
)
from scheduling.engine.profile import StepFunction
from scheduling.engine.schedule import Schedule

DAY = 1_440
Change = Callable[[Problem, Random], Problem]


def published(problem: Problem, schedule: Schedule) -> Problem:
    """Return a problem whose racks know a schedule as the plan in force.

    Each rack is promised for the end of the day on which it ships, or for its due date
    if that is later.
    """
    templates = {one.key: one for one in problem.templates}
    starts: dict[str, list[tuple[str, int, str]]] = {}
    ends: dict[str, int] = {}
    soaks: dict[str, list[tuple[str, tuple[tuple[int, int], ...]]]] = {}
    template_of = {rack.key: templates[rack.template] for rack in problem.racks}
    for step in schedule.steps:
        template = template_of[step.rack]
        routed = template.steps[template.index_of(step.step)]
        if routed.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            blocks = blocks_of(problem.soak, routed.duration, step.phases)
            if blocks:
                soaks.setdefault(step.rack, []).append((step.step, blocks))
        starts.setdefault(step.rack, []).append((step.step, step.start, step.bay))
        ends[step.rack] = step.end
    racks = []
    for rack in problem.racks:
        begun = rack.progress.done + (rack.progress.running is not None)
        ahead = {step.code for step in templates[rack.template].steps[begun:]}
        kept = tuple(place for place in starts[rack.key] if place[0] in ahead)
        ships = (ends[rack.key] // DAY) * DAY + DAY - 1
        racks.append(
            replace(
                rack,
                previous=kept,
                previous_soak=tuple(soaks.get(rack.key, ())),
                promise=max(rack.due or 0, ships),
            )
        )
    return replace(problem, racks=tuple(racks))


def broken_in(problem: Problem, schedule: Schedule) -> frozenset[str]:
    """Return the racks that a plan leaves out or ships after their promise."""
    ends: dict[str, int] = {}
    for step in schedule.steps:
        ends[step.rack] = max(ends.get(step.rack, 0), step.end)
    return frozenset(
        rack.key
        for rack in problem.racks
        if rack.promise is not None
        and (rack.key not in ends or ends[rack.key] > rack.promise)
    )


def lowered(
    capacity: StepFunction, start: int, end: int, lower: Callable[[int], int]
) -> StepFunction:
    """Return a capacity that is lower in a window."""
    times = sorted({*capacity.times, start, end})
    values = [
        lower(capacity.at(time)) if start <= time < end else capacity.at(time)
        for time in times
    ]
    return StepFunction(times=tuple(times), values=tuple(values))


def _window(problem: Problem, random: Random) -> tuple[int, int]:
    """Return a window of one to three days while there is work."""
    last = max(start for rack in problem.racks for _, start, _ in rack.previous)
    start = random.randrange(2 * DAY, max(3 * DAY, last - 8 * DAY))
    return start, start + random.choice((1, 2, 3)) * DAY


def new_order(problem: Problem, random: Random) -> Problem:
    """Return the problem with four racks more, wanted in three weeks, with parts."""
    template = random.choice(problem.templates)
    racks = tuple(
        Rack(
            key=f"N-{number}",
            order="O-NEW",
            template=template.key,
            received=0,
            release=3 * DAY,
            due=21 * DAY - 1,
            promise=None,
            late_cents_per_day=1_200_000,
            progress=Progress(),
        )
        for number in range(4)
    )
    needed: dict[str, int] = {}
    for material in template.materials:
        needed[material.part] = needed.get(material.part, 0) + 4 * material.quantity
    stock = {
        part: next(one for one in problem.supplies if one.part == part)
        for part in needed
    }
    supplies = tuple(
        replace(one, key=f"{one.key}+", quantity=needed[part], available=5 * DAY)
        for part, one in stock.items()
    )
    return replace(
        problem,
        racks=(*problem.racks, *racks),
        supplies=(*problem.supplies, *supplies),
    )


def slip(problem: Problem, random: Random) -> Problem:
    """Return the problem with one tranche three to nine days later."""
    tranches = [one.key for one in problem.supplies if one.available > 0]
    late = random.choice(tranches)
    days = random.randrange(3, 10)
    return replace(
        problem,
        supplies=tuple(
            replace(one, available=one.available + days * DAY)
            if one.key == late
            else one
            for one in problem.supplies
        ),
    )


def bay_down(problem: Problem, random: Random) -> Problem:
    """Return the problem with one bay out of service for one to three days."""
    start, end = _window(problem, random)
    down = random.choice(problem.bays).key
    return replace(
        problem,
        bays=tuple(
            replace(bay, capacity=lowered(bay.capacity, start, end, lambda _: 0))
            if bay.key == down
            else bay
            for bay in problem.bays
        ),
    )


def _lower_resource(problem: Problem, key: str, start: int, end: int) -> Problem:
    return replace(
        problem,
        resources=tuple(
            replace(
                one,
                capacity=lowered(one.capacity, start, end, lambda was: was * 4 // 5),
            )
            if one.key == key
            else one
            for one in problem.resources
        ),
    )


def kilowatts_out(problem: Problem, random: Random) -> Problem:
    """Return the problem with a fifth of a node's power gone for one to three days."""
    start, end = _window(problem, random)
    nodes = [one.key for one in problem.resources if one.kind is ResourceKind.NODE]
    return _lower_resource(problem, random.choice(nodes), start, end)


def curtailment(problem: Problem, random: Random) -> Problem:
    """Return the problem with a fifth of the site's import gone for four hours."""
    start, _ = _window(problem, random)
    start = start - start % DAY + 16 * 60
    site = next(one for one in problem.resources if one.kind is ResourceKind.SITE)
    return _lower_resource(problem, site.key, start, start + 4 * 60)


CHANGES: Mapping[str, Change] = {
    "new order": new_order,
    "slip": slip,
    "bay down": bay_down,
    "kilowatts out": kilowatts_out,
    "curtailment": curtailment,
}
