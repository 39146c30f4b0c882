"""What no plan in the general form can beat, with its reason.

Makespan: the longest chain of lags, and for each resource the work that lies between
heads and tails, poured into the capacity there is. Tardiness: each job alone. Every
bound is a relaxation that leaves rules out.
"""

from dataclasses import dataclass

from scheduling.engine.network.links import Windows, members, windows
from scheduling.engine.network.problem import Network, Objective
from scheduling.engine.network.schedule import Score
from scheduling.engine.profile import StepFunction

CHAIN = "chain"
MANY = 300
"""Up to so many activities on a resource, every pair of head and tail is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A bound and where it comes from.

    Attributes:
        score: No plan is worth less.
        reason: ``chain``, ``jobs``, or ``energy of`` a resource.
    """

    score: Score
    reason: str


def bound(problem: Network) -> Floor:
    """Return the best of the bounds."""
    found = windows(problem)
    if problem.objective is Objective.TARDINESS:
        return Floor(score=_jobs_alone(problem, found), reason="jobs")
    spans = zip(found.head, found.shortest, found.tail, strict=True)
    best = Floor(score=Score(max(sum(one) for one in spans)), reason=CHAIN)
    for resource in problem.resources:
        work = [
            min(
                mode.duration * dict(mode.uses).get(resource.key, 0)
                for mode in one.modes
            )
            for one in problem.activities
        ]
        least = _energy(resource.capacity, work, found)
        if least > best.score.objective:
            best = Floor(score=Score(least), reason=f"energy of {resource.key}")
    return best


def _jobs_alone(problem: Network, found: Windows) -> Score:
    """Return the tardiness and flow of jobs that never wait for each other."""
    late = flow = 0
    for job, places in zip(problem.jobs, members(problem), strict=True):
        end = max(
            (found.head[at] + found.shortest[at] for at in places), default=job.release
        )
        flow += end - job.release
        if job.due is not None:
            late += job.weight * max(0, end - job.due)
    return Score(late, flow)


def _energy(capacity: StepFunction, work: list[int], found: Windows) -> int:
    """Return when work that starts at its heads can be through, tails added.

    For each pair ``(h, t)``: all work with a head of at least h and a tail of at least
    t lies after h, and t follows it. With many activities only the pairs whose other
    side takes in everything are tried.
    """
    busy = [at for at, amount in enumerate(work) if amount]
    if not busy:
        return 0
    by_tail = sorted(busy, key=lambda at: -found.tail[at])
    least_head = min(found.head[at] for at in busy)
    if len(busy) <= MANY:
        return max(
            _after(capacity, head, by_tail, work, found)
            for head in {found.head[at] for at in busy}
        )
    best = _after(capacity, least_head, by_tail, work, found)
    amount, tail = 0, found.tail[by_tail[0]]
    by_head = sorted(busy, key=lambda at: -found.head[at])
    for place, at in enumerate(by_head):
        amount, tail = amount + work[at], min(tail, found.tail[at])
        head = found.head[at]
        is_last = place + 1 == len(by_head) or found.head[by_head[place + 1]] < head
        if is_last:
            best = max(best, _poured(capacity, head, amount) + tail)
    return best


def _after(
    capacity: StepFunction,
    head: int,
    by_tail: list[int],
    work: list[int],
    found: Windows,
) -> int:
    """Return the best bound of the work with at least a head, over all tails."""
    best = amount = 0
    least: int | None = None
    for at in by_tail:
        if found.head[at] < head:
            continue
        if least is not None and found.tail[at] < least:
            best = max(best, _poured(capacity, head, amount) + least)
        amount, least = amount + work[at], found.tail[at]
    return max(best, _poured(capacity, head, amount) + (least or 0))


def _poured(capacity: StepFunction, start: int, amount: int) -> int:
    """Return when an amount poured in from a moment on is through."""
    last = len(capacity.times) - 1
    for at, value in enumerate(capacity.values):
        end = None if at == last else capacity.times[at + 1]
        begin = max(start, capacity.times[at])
        if end is not None and end <= begin:
            continue
        if end is None or amount <= value * (end - begin):
            # A capacity that stays 0 never takes it: the moment is as far as known.
            return begin + -(-amount // value) if value else begin
        amount -= value * (end - begin)
    return start
