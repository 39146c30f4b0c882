"""Where activities can lie at all by lags and releases alone: what bounds read."""

from dataclasses import dataclass

from scheduling.engine.network.cycles import heads
from scheduling.engine.network.problem import Network, distances


@dataclass(frozen=True, slots=True)
class Windows:
    """Where each activity can lie at all, in the order of the problem's activities.

    Attributes:
        head: Its earliest start, whatever the modes.
        tail: Ticks at least from its end to the end of the plan.
        shortest: Its shortest duration.
    """

    head: tuple[int, ...]
    tail: tuple[int, ...]
    shortest: tuple[int, ...]


def windows(problem: Network) -> Windows:
    """Return heads and tails by the longest paths over lags and releases."""
    count = len(problem.activities)
    released = {job.key: job.release for job in problem.jobs}
    first = [max(one.release, released.get(one.job, 0)) for one in problem.activities]
    shortest = [min(m.duration for m in one.modes) for one in problem.activities]
    arcs = list(distances(problem.activities, problem.lags))
    head = heads(count, arcs, first)
    # From start to the plan's end: the longest path backward.
    after = heads(count, [(j, i, weight) for i, j, weight in arcs], shortest)
    if head is None or after is None:  # pragma: no cover - refused by the problem
        raise AssertionError("lags form a cycle")
    tail = [max(0, way - own) for way, own in zip(after, shortest, strict=True)]
    return Windows(tuple(head), tuple(tail), tuple(shortest))


def members(problem: Network) -> list[list[int]]:
    """Return the places of each job's activities, in the order of the jobs."""
    index = {job.key: at for at, job in enumerate(problem.jobs)}
    found: list[list[int]] = [[] for _ in problem.jobs]
    for at, one in enumerate(problem.activities):
        if one.job:
            found[index[one.job]].append(at)
    return found


def neighbours(problem: Network) -> list[list[int]]:
    """Return for each activity the places of those that a lag ties to it."""
    index = {one.key: at for at, one in enumerate(problem.activities)}
    found: list[list[int]] = [[] for _ in problem.activities]
    for lag in problem.lags:
        one, other = index[lag.before], index[lag.after]
        found[one].append(other)
        found[other].append(one)
    return found


def users(problem: Network) -> dict[str, list[int]]:
    """Return for each resource the places of the activities that can hold it."""
    found: dict[str, list[int]] = {one.key: [] for one in problem.resources}
    for at, one in enumerate(problem.activities):
        for key in sorted({key for mode in one.modes for key, _ in mode.uses}):
            found[key].append(at)
    return found
