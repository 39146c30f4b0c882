"""The same problem with one thing changed: what adjustments and lifted limits share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from scheduling.engine.problem import Calendar, Problem, Rack, Resource, Supply
from scheduling.engine.profile import StepFunction

Windows = tuple[tuple[int, int], ...]


def with_resource(
    problem: Problem, key: str, change: Callable[[Resource], Resource]
) -> Problem:
    """Return a problem with one resource changed."""
    return replace(
        problem,
        resources=tuple(
            change(one) if one.key == key else one for one in problem.resources
        ),
    )


def with_capacity(problem: Problem, key: str, capacity: StepFunction) -> Problem:
    """Return a problem in which one resource has another capacity."""
    return with_resource(problem, key, lambda one: replace(one, capacity=capacity))


def with_calendars(
    problem: Problem, changes: Mapping[str, Callable[[Calendar], Calendar]]
) -> Problem:
    """Return a problem with some calendars changed."""
    return replace(
        problem,
        calendars=tuple(
            changes[one.key](one) if one.key in changes else one
            for one in problem.calendars
        ),
    )


def with_racks(problem: Problem, change: Callable[[Rack], Rack]) -> Problem:
    """Return a problem with each rack as the change leaves it."""
    return replace(problem, racks=tuple(change(rack) for rack in problem.racks))


def with_supplies(problem: Problem, change: Callable[[Supply], Supply]) -> Problem:
    """Return a problem with each supply as the change leaves it."""
    return replace(problem, supplies=tuple(change(one) for one in problem.supplies))


def shifted(capacity: StepFunction, by: int) -> StepFunction:
    """Return a capacity moved by an amount, at least 0; where it is 0 it stays 0."""
    values = tuple(max(0, value + by) if value else 0 for value in capacity.values)
    return StepFunction(times=capacity.times, values=values)


def cut(capacity: StepFunction, start: int, end: int) -> StepFunction:
    """Return a capacity that is 0 in ``[start, end)``."""
    times = sorted({*capacity.times, start, end})
    values = [0 if start <= time < end else capacity.at(time) for time in times]
    return StepFunction(times=tuple(times), values=tuple(values))


def joined(windows: Iterable[tuple[int, int]]) -> Windows:
    """Return windows in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
