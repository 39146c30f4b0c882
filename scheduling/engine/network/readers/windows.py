"""Capacities given as a normal value and windows with another one."""

from collections.abc import Iterable

from scheduling.engine.network.readers.tokens import UnreadableFileError
from scheduling.engine.profile import StepFunction


def with_windows(
    name: str, normal: int, windows: Iterable[tuple[int, int, int]]
) -> StepFunction:
    """Return a capacity of ``(from, to, units)`` windows, normal outside of them.

    Raises:
        UnreadableFileError: If a window ends before it starts or two overlap.
    """
    changes = {0: normal}
    last = 0
    for start, end, units in sorted(windows):
        if end <= start or start < last:
            raise UnreadableFileError(
                f"{name}: window {start} to {end} ends before it starts or overlaps."
            )
        changes[start], changes[end], last = units, normal, end
    times = sorted(changes)
    return StepFunction(
        times=tuple(times), values=tuple(changes[moment] for moment in times)
    )
