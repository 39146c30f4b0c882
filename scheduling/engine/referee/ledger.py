"""What a plan takes of one limit over time, and what of it was fixed beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from scheduling.engine.profile import StepFunction
from scheduling.engine.referee.breach import BreachKind


class Overrun(NamedTuple):
    """A stretch of time in which a limit is exceeded.

    ``needed`` and ``allowed`` are those of its worst minute; ``excess`` is their
    difference, or less where part of it was inherited.
    """

    kind: BreachKind
    start: int
    end: int
    excess: int
    needed: int
    allowed: int


@dataclass(slots=True)
class Ledger:
    """Changes of use by minute: all of it, and the fixed part."""

    total: dict[int, int] = field(default_factory=dict)
    fixed: dict[int, int] = field(default_factory=dict)

    def add(self, start: int, end: int, amount: int) -> None:
        """Book an amount for ``[start, end)``."""
        total = self.total
        total[start] = total.get(start, 0) + amount
        total[end] = total.get(end, 0) - amount

    def fix(self, start: int, end: int, amount: int) -> None:
        """Mark an amount already booked for ``[start, end)`` as fixed."""
        fixed = self.fixed
        fixed[start] = fixed.get(start, 0) + amount
        fixed[end] = fixed.get(end, 0) - amount

    def overruns(self, capacity: StepFunction) -> Iterator[Overrun]:
        """Yield each stretch in which use exceeds the capacity, by kind."""
        runs: dict[BreachKind, Overrun] = {}
        for start, end, used, fixed, allowed in self._pieces(capacity):
            if used <= allowed and not runs:
                continue
            over = {
                BreachKind.INHERITED: fixed - allowed,
                BreachKind.MADE: used - max(allowed, fixed),
            }
            for kind, excess in over.items():
                run = runs.pop(kind, None)
                if excess > 0:
                    needed = fixed if kind is BreachKind.INHERITED else used
                    here = Overrun(kind, start, end, excess, needed, allowed)
                    runs[kind] = _joined(run, here)
                elif run:
                    yield run
        yield from runs.values()

    def _pieces(
        self, capacity: StepFunction
    ) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield ``(start, end, used, fixed, allowed)`` between any two changes."""
        allowed_from = dict(zip(capacity.times, capacity.values, strict=True))
        times = sorted(self.total.keys() | self.fixed.keys() | allowed_from.keys())
        used = fixed = 0
        allowed = capacity.values[0]
        for time, following in pairwise(times):
            used += self.total.get(time, 0)
            fixed += self.fixed.get(time, 0)
            allowed = allowed_from.get(time, allowed)
            yield time, following, used, fixed, allowed


def _joined(run: Overrun | None, here: Overrun) -> Overrun:
    if run is None:
        return here
    worst = here if here.excess > run.excess else run
    return worst._replace(start=run.start, end=here.end)
