"""The least end of all work: energy that must go through each limit in each window."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scheduling.engine.bounds.machines import Job, Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window in which one limit has no less to do than it can.

    Attributes:
        machine: The limit.
        start: When the first of the racks that count can begin.
        end: When the last of them is done with all its steps.
    """

    machine: Machine
    start: int
    end: int


def tightest(machine: Machine, racks: Collection[str]) -> Window | None:
    """Return the window that keeps racks longest; None if they need more than all.

    Every window counts that begins when some rack can begin, with the racks that
    cannot begin before, all of them or only those with much left to do afterwards.
    """
    jobs = [machine.jobs[rack] for rack in racks if rack in machine.jobs]
    best = Window(machine=machine, start=0, end=0)
    for chosen in _by_what_is_left(jobs):
        units = 0
        for job in sorted(chosen, key=lambda one: -one.head):
            units += job.units
            served = machine.supply.when(machine.supply.until(job.head) + units)
            if served is None:
                return None
            ways = {one.after for one in chosen}
            ready = np.array([served - machine.early])
            end = min(int(machine.spans.finish(way, ready)[0]) for way in ways)
            if end > best.end:
                best = Window(machine=machine, start=max(0, job.head), end=end)
    return best


def _by_what_is_left(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Yield all jobs with so much left to do afterwards, for each amount."""

    def left(job: Job) -> int:
        return sum(least for _, _, least in job.after)

    for amount in sorted({left(job) for job in jobs}):
        yield [job for job in jobs if left(job) >= amount]
