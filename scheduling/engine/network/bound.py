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
    best = Floor(score=Score(max(sum(one) for one in spans)), reason="chain")
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
    heads_ = sorted({found.head[at] for at in busy})
    tails = sorted({found.tail[at] for at in busy})
    if len(busy) > MANY:
        pairs = [(head, tails[0]) for head in heads_[:MANY]]
        pairs += [(heads_[0], tail) for tail in tails[-MANY:]]
    else:
        pairs = [(head, tail) for head in heads_ for tail in tails]
    best = 0
    for head, tail in pairs:
        amount = sum(
            work[at] for at in busy if found.head[at] >= head and found.tail[at] >= tail
        )
        if amount:
            best = max(best, _poured(capacity, head, amount) + tail)
    return best


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
