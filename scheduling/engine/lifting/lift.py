"""The same problem with one limit lifted: pure functions that only ever ask for less.

Whatever plan keeps the rules of a problem keeps those of the lifted one, with steps
that may be shorter at the same starts. That is why a search may begin at the plan.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from scheduling.engine.alter import (
    joined,
    with_calendars,
    with_racks,
    with_resource,
    with_supplies,
)
from scheduling.engine.decode.pools import group_bays
from scheduling.engine.lifting.limits import Limit
from scheduling.engine.problem import (
    Calendar,
    Lag,
    Problem,
    Rack,
    Resource,
    ResourceKind,
    Supply,
    SupplyKind,
    Template,
)
from scheduling.engine.profile import StepFunction, constant
from scheduling.engine.units import Minutes
from scheduling.engine.waterfall.bars import Limit as Word

AMPLE = 1 << 28
"""More of a resource than racks could take at once, in any unit."""

Lift = Callable[[Problem, Limit, int | None], Problem]
"""Takes a factor, or None for no limit at all."""


def lifted(problem: Problem, limit: Limit, factor: int | None = None) -> Problem:
    """Return a problem with one limit made wider.

    Args:
        problem: What was planned.
        limit: The limit, as ``limits.binding`` names it.
        factor: How many times as wide; None for without it. A delay or an allowance
            becomes that many times smaller.

    Raises:
        KeyError: If the limit is of no kind that can be lifted.
    """
    return LIFTS.get(limit.word, _lag)(problem, limit, factor)


def _scaled(capacity: StepFunction, factor: int | None) -> StepFunction:
    if factor is None:
        return StepFunction(times=(0,), values=(AMPLE,))
    return StepFunction(
        times=capacity.times,
        values=tuple(min(AMPLE, value * factor) for value in capacity.values),
    )


def _resource(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    return with_resource(
        problem,
        limit.key,
        lambda one: replace(one, capacity=_scaled(one.capacity, factor)),
    )


def _bays(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    """Copy every bay; without a limit, one for each rack of every kind of bay."""
    del limit
    copies = []
    for pool in group_bays(problem):
        count = len(problem.racks) if factor is None else len(pool.keys) * (factor - 1)
        # Without a limit a bay is never out of order either.
        bay = pool.bay if factor else replace(pool.bay, capacity=constant(1))
        copies += [
            replace(bay, key=f"{bay.key}+{number + 1}") for number in range(count)
        ]
    return replace(problem, bays=(*problem.bays, *copies))


def _material(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    """Have all pieces of a part at hand; or twice the pieces when they come."""
    if factor is not None:
        times = factor

        def more(one: Supply) -> Supply:
            if one.part != limit.key:
                return one
            return replace(one, quantity=one.quantity * times)

        return with_supplies(problem, more)
    rest = tuple(one for one in problem.supplies if one.part != limit.key)
    ample = Supply(
        key=f"lifted:{limit.key}",
        part=limit.key,
        quantity=_most_needed(problem, limit.key),
        available=Minutes(0),
        kind=SupplyKind.STOCK,
    )
    return replace(problem, supplies=(*rest, ample))


def _most_needed(problem: Problem, part: str) -> int:
    needs = {
        template.key: sum(
            one.quantity for one in template.materials if one.part == part
        )
        for template in problem.templates
    }
    return max(1, sum(needs.get(rack.template, 0) for rack in problem.racks))


def _pins(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    del limit, factor
    return with_racks(problem, lambda rack: replace(rack, pins=()))


def _curtailed(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    """Take one window of the grid away, or allow so many times as much in it."""
    events = {one.key: one for one in problem.curtailments}
    event = events.pop(limit.key)
    others = tuple(events.values())

    def change(site: Resource) -> Resource:
        ample = _import_outside(problem, site)
        moments = sorted(
            {*site.capacity.times, *problem.base_load.times, event.start, event.end}
        )
        times = tuple(moment for moment in moments if moment >= 0)
        values = []
        for moment in times:
            left = site.capacity.at(moment)
            if event.start <= moment < event.end:
                caps = [one.limit for one in others if one.start <= moment < one.end]
                most = ample if factor is None else event.limit * factor
                allowed = min([ample, most, *caps])
                left = max(left, allowed - problem.base_load.at(moment))
            values.append(left)
        return replace(site, capacity=StepFunction(times=times, values=tuple(values)))

    for resource in problem.resources:
        if resource.kind is ResourceKind.SITE:
            problem = with_resource(problem, resource.key, change)
    return replace(problem, curtailments=others)


def _import_outside(problem: Problem, site: Resource) -> int:
    """Return the import allowed when no window of the grid is in force."""
    moments = {0, *site.capacity.times, *problem.base_load.times}
    moments |= {one.end for one in problem.curtailments}
    outside = [
        moment
        for moment in moments
        if 0 <= moment < problem.horizon
        and not any(one.start <= moment < one.end for one in problem.curtailments)
    ]
    return max(
        site.capacity.at(moment) + problem.base_load.at(moment)
        for moment in outside or moments
    )


def _shift(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    """Open a calendar around the clock, or so many times as long."""

    def wider(calendar: Calendar) -> Calendar:
        if factor is None:
            return replace(calendar, open=((0, int(problem.horizon)),))
        longer = [
            (start, start + (end - start) * factor) for start, end in calendar.open
        ]
        return replace(calendar, open=joined(longer))

    return with_calendars(problem, {limit.key: wider})


def _allowance(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    """Take the rework allowance off every step, of one under way what is left of it."""
    del limit
    saved = {
        (template.key, step.code): step.allowance - _part(step.allowance, factor)
        for template in problem.templates
        for step in template.steps
    }

    def shorter(rack: Rack) -> Rack:
        running = rack.progress.running
        if running is None:
            return rack
        less = saved.get((rack.template, running.step), 0)
        left = Minutes(max(1, running.remaining - less))
        return replace(
            rack,
            progress=replace(rack.progress, running=replace(running, remaining=left)),
        )

    templates = tuple(
        replace(
            template,
            steps=tuple(
                replace(step, allowance=_part(step.allowance, factor))
                for step in template.steps
            ),
        )
        for template in problem.templates
    )
    return replace(with_racks(problem, shorter), templates=templates)


def _part(minutes: int, factor: int | None) -> Minutes:
    """Return a delay that many times smaller, rounded up; None for none at all."""
    return Minutes(0 if factor is None else -(-minutes // factor))


def _lag(problem: Problem, limit: Limit, factor: int | None) -> Problem:
    """Shorten a fixed time before the floor, and release racks that much earlier."""
    saved = {
        template.key: lag.minutes - _part(lag.minutes, factor)
        for template in problem.templates
        for lag in template.lags_before
        if lag.code == limit.key
    }
    if not saved:
        raise KeyError(limit.key)

    def shorter(lag: Lag) -> Lag:
        if lag.code != limit.key:
            return lag
        return replace(lag, minutes=_part(lag.minutes, factor))

    def sooner(rack: Rack) -> Rack:
        less = saved.get(rack.template, 0)
        if rack.progress.done or rack.progress.running:
            return rack
        return replace(rack, release=Minutes(rack.release - less))

    def changed(template: Template) -> Template:
        lags = tuple(shorter(lag) for lag in template.lags_before)
        return replace(template, lags_before=lags)

    templates = tuple(changed(template) for template in problem.templates)
    return replace(with_racks(problem, sooner), templates=templates)


LIFTS: Mapping[str, Lift] = {
    Word.MATERIAL: _material,
    Word.FROZEN: _pins,
    Word.CURTAILMENT: _curtailed,
    Word.POWER: _resource,
    Word.COOLING: _resource,
    Word.PEOPLE: _resource,
    Word.BATCHING: _resource,
    Word.BAY: _bays,
    Word.SHIFT: _shift,
    Word.REWORK: _allowance,
}
"""How to lift a limit, by the waterfall's word; all others are lags."""
