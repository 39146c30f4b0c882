"""Step functions over time: how every limit that changes with the clock is given."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.units import Minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFunction:
    """An integer amount that holds from one moment to the next.

    Attributes:
        times: Moments of change in minutes since the epoch, rising from 0.
        values: The amount from each moment on; as many as times, at least 0.

    Raises:
        InvalidProblemError: If the shapes differ, the times do not rise from 0,
            or a value is negative.
    """

    times: tuple[int, ...]
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse shapes and orders that no reader could interpret."""
        if not self.times or len(self.times) != len(self.values):
            raise InvalidProblemError(
                "step function", "values", self.values, "one value a time is needed"
            )
        if self.times[0] != 0 or any(
            later <= earlier
            for earlier, later in zip(self.times, self.times[1:], strict=False)
        ):
            raise InvalidProblemError(
                "step function", "times", self.times, "times rise from 0"
            )
        if min(self.values) < 0:
            raise InvalidProblemError(
                "step function", "values", min(self.values), "values are at least 0"
            )

    def at(self, minute: int) -> int:
        """Return the amount in force during one minute; before 0 the first holds."""
        return self.values[max(0, bisect_right(self.times, minute) - 1)]

    def lowest(self, start: int, end: int) -> int:
        """Return the least amount in force anywhere in ``[start, end)``."""
        first = max(0, bisect_right(self.times, start) - 1)
        last = max(first, bisect_right(self.times, end - 1) - 1)
        return min(self.values[first : last + 1])

    def highest(self) -> int:
        """Return the greatest amount ever in force."""
        return max(self.values)

    def least(self) -> int:
        """Return the least amount ever in force."""
        return min(self.values)

    def pieces(self, until: int) -> Iterator[tuple[Minutes, Minutes, int]]:
        """Yield ``(start, end, value)`` pieces that cover ``[0, until)``."""
        for index, start in enumerate(self.times):
            if start >= until:
                return
            following = self.times[index + 1] if index + 1 < len(self.times) else until
            yield Minutes(start), Minutes(min(following, until)), self.values[index]


def constant(value: int) -> StepFunction:
    """Return the step function that always has one value."""
    return StepFunction(times=(0,), values=(value,))
