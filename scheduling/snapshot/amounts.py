"""Arithmetic of step functions: the least of several limits, a limit less a load."""

from collections.abc import Callable, Iterable
from operator import add

from scheduling.engine.profile import StepFunction, constant


def least(amount: int, windows: Iterable[tuple[int, int, int]]) -> StepFunction:
    """Return an amount, less inside windows ``(start, end, what is left)``.

    Where windows overlap the least of them holds; windows before minute 0 are cut off.
    """
    result = constant(amount)
    for start, end, left in windows:
        if end > 0 and start < end:
            result = least_of(result, _inside(max(0, start), end, left, amount))
    return result


def least_of(first: StepFunction, second: StepFunction) -> StepFunction:
    """Return the lower of two amounts in every minute."""
    return _combined(first, second, min)


def reduced(limit: StepFunction, load: StepFunction) -> StepFunction:
    """Return what a load leaves of a limit in every minute, at least 0."""
    return _combined(limit, load, lambda allowed, taken: max(0, allowed - taken))


def added(first: StepFunction, second: StepFunction) -> StepFunction:
    """Return both amounts together in every minute."""
    return _combined(first, second, add)


def steps(points: Iterable[tuple[int, int]]) -> StepFunction:
    """Return the step function through points ``(minute, value from then on)``.

    Of two points in one minute the later one holds. The last point at or before minute
    0 says how it begins; there must be one.
    """
    ordered = sorted(dict(points).items())
    before = [value for minute, value in ordered if minute <= 0]
    return _plain(
        [(0, before[-1]), *((minute, value) for minute, value in ordered if minute > 0)]
    )


def _inside(start: int, end: int, left: int, outside: int) -> StepFunction:
    """Return ``left`` inside one window and ``outside`` around it."""
    around = [(0, outside)] if start > 0 else []
    return _plain([*around, (start, left), (end, outside)])


def _combined(
    first: StepFunction, second: StepFunction, rule: Callable[[int, int], int]
) -> StepFunction:
    """Apply a rule wherever either of two step functions changes."""
    times = sorted({*first.times, *second.times})
    return _plain([(time, rule(first.at(time), second.at(time))) for time in times])


def _plain(points: list[tuple[int, int]]) -> StepFunction:
    """Return the step function without points that change nothing."""
    kept = [
        (minute, value)
        for index, (minute, value) in enumerate(points)
        if index == 0 or value != points[index - 1][1]
    ]
    return StepFunction(
        times=tuple(minute for minute, _ in kept),
        values=tuple(value for _, value in kept),
    )
