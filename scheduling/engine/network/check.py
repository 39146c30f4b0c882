"""The referee of the general form: every rule again, in plain arithmetic.

Shares the data modules with what it judges and no code: it imports neither decoder,
kernels nor solver.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.engine.network.problem import Network, Objective, Point
from scheduling.engine.network.schedule import Assignment, NetworkSchedule, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkBreach:
    """One rule that a plan breaks.

    Attributes:
        rule: ``complete``, ``mode``, ``duration``, ``time``, ``lag``, ``capacity`` or
            ``stock``.
        object: Key of the activity, the lag's later activity, resource or stock.
        amount: By how much, in ticks or units.
        at: The tick it begins, or None where it has none.
        sentence: The same for people.
    """

    rule: str
    object: str
    amount: int
    at: int | None
    sentence: str


def breaches(problem: Network, schedule: NetworkSchedule) -> tuple[NetworkBreach, ...]:
    """Return every breach of a plan.

    Where activities are missing, doubled or in no mode, the rules about several
    activities judge the others.
    """
    known = {one.key: one for one in problem.activities}
    found = list(_complete(problem, schedule))
    placed: dict[str, Assignment] = {}
    for one in schedule.assignments:
        if one.activity not in known or one.activity in placed:
            continue
        if 0 <= one.mode < len(known[one.activity].modes):
            placed[one.activity] = one
        else:
            found.append(
                _breach("mode", one.activity, one.mode, None, f"has no mode {one.mode}")
            )
    found += _times(problem, placed)
    found += _lags(problem, placed)
    found += _capacities(problem, placed)
    found += _stocks(problem, placed)
    return tuple(found)


def score(problem: Network, schedule: NetworkSchedule) -> Score:
    """Return what a plan is worth, whether or not it keeps the rules."""
    if problem.objective is Objective.MAKESPAN:
        return Score(max((one.end for one in schedule.assignments), default=0))
    job_of = {one.key: one.job for one in problem.activities}
    ends: dict[str, int] = {}
    for one in schedule.assignments:
        key = job_of.get(one.activity, "")
        ends[key] = max(ends.get(key, 0), one.end)
    late = flow = 0
    for job in problem.jobs:
        end = ends.get(job.key, job.release)
        flow += end - job.release
        if job.due is not None:
            late += job.weight * max(0, end - job.due)
    return Score(late, flow)


def _complete(problem: Network, schedule: NetworkSchedule) -> Iterator[NetworkBreach]:
    """Every activity of the problem stands once, and no other does."""
    times: dict[str, int] = defaultdict(int)
    for one in schedule.assignments:
        times[one.activity] += 1
    for activity in problem.activities:
        count = times.pop(activity.key, 0)
        if count != 1:
            yield _breach(
                "complete", activity.key, abs(count - 1), None, f"stands {count} times"
            )
    for key, count in times.items():
        yield _breach("complete", key, count, None, "is not in the problem")


def _times(problem: Network, placed: dict[str, Assignment]) -> Iterator[NetworkBreach]:
    """An activity runs through for its mode's duration, inside its own window."""
    released = {job.key: job.release for job in problem.jobs}
    for activity in problem.activities:
        one = placed.get(activity.key)
        if one is None:
            continue
        wanted = activity.modes[one.mode].duration
        if one.end - one.start != wanted:
            amount = abs(one.end - one.start - wanted)
            said = f"takes {one.end - one.start}, its mode {wanted}"
            yield _breach("duration", one.activity, amount, one.start, said)
        earliest = max(0, activity.release, released.get(activity.job, 0))
        if one.start < earliest:
            said = f"starts at {one.start}, before {earliest}"
            yield _breach("time", one.activity, earliest - one.start, one.start, said)
        for latest, name in (
            (activity.deadline, "its deadline"),
            (problem.horizon, "the horizon"),
        ):
            if latest is not None and one.end > latest:
                said = f"ends at {one.end}, past {name} {latest}"
                yield _breach("time", one.activity, one.end - latest, latest, said)


def _lags(problem: Network, placed: dict[str, Assignment]) -> Iterator[NetworkBreach]:
    """Two activities are as far apart as their lag says."""
    for lag in problem.lags:
        if lag.before not in placed or lag.after not in placed:
            continue
        first, second = placed[lag.before], placed[lag.after]
        begun = first.end if lag.of is Point.END else first.start
        reached = second.end if lag.to is Point.END else second.start
        apart = reached - begun
        if apart < lag.least:
            said = f"follows {lag.before} by {apart}, at least {lag.least} is due"
            yield _breach("lag", lag.after, lag.least - apart, reached, said)
        if lag.most is not None and apart > lag.most:
            said = f"follows {lag.before} by {apart}, at most {lag.most} is allowed"
            yield _breach("lag", lag.after, apart - lag.most, reached, said)


def _capacities(
    problem: Network, placed: dict[str, Assignment]
) -> Iterator[NetworkBreach]:
    """At every tick, what runs holds no more of a resource than there is."""
    changes: dict[str, dict[int, int]] = {
        one.key: defaultdict(int) for one in problem.resources
    }
    for activity in problem.activities:
        one = placed.get(activity.key)
        if one is None:
            continue
        for key, amount in activity.modes[one.mode].uses:
            changes[key][one.start] += amount
            changes[key][one.end] -= amount
    for resource in problem.resources:
        taken = changes[resource.key]
        for moment in resource.capacity.times:
            taken[moment] += 0
        held, worst, since = 0, 0, None
        for moment in sorted(taken):
            held += taken[moment]
            over = held - resource.capacity.at(moment)
            if over > 0:
                since = moment if since is None else since
                worst = max(worst, over)
            elif since is not None:
                said = f"is overloaded by {worst} from {since} to {moment}"
                yield _breach("capacity", resource.key, worst, since, said)
                worst, since = 0, None


def _stocks(problem: Network, placed: dict[str, Assignment]) -> Iterator[NetworkBreach]:
    """All modes chosen use up no more of a stock than there is."""
    used: dict[str, int] = defaultdict(int)
    for activity in problem.activities:
        one = placed.get(activity.key)
        if one is not None:
            for key, amount in activity.modes[one.mode].consumes:
                used[key] += amount
    for stock in problem.stocks:
        over = used[stock.key] - stock.quantity
        if over > 0:
            said = f"is used {used[stock.key]} times, there are {stock.quantity}"
            yield _breach("stock", stock.key, over, None, said)


def _breach(
    rule: str, key: str, amount: int, at: int | None, said: str
) -> NetworkBreach:
    return NetworkBreach(
        rule=rule, object=key, amount=amount, at=at, sentence=f"{key} {said}."
    )
