"""From a problem to the kernels' tables, and from a kernel's plan to a schedule.

Times are divided by what all of them share, so that the same problem in minutes or in
hours is the same work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.kernels.net import (
    AMOUNT,
    CONSUME_FROM,
    DURATION,
    FAR,
    GROUP,
    KEY,
    USE_FROM,
    Narrow,
    Net,
    Plan,
    Wide,
)
from scheduling.engine.network.problem import (
    Lag,
    Network,
    Objective,
    Point,
    Resource,
)
from scheduling.engine.network.schedule import Assignment, NetworkSchedule, Score

MOST_CELLS = 150_000_000
"""Resources times ticks that the tables may have: 600 MB."""
UNLIMITED = (1 << 31) - 1


class TooFineError(InvalidProblemError):
    """Say that the horizon has too many ticks to plan tick by tick."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A problem laid out for the kernels.

    Attributes:
        problem: What was laid out.
        net: Its tables; every time divided by ``scale``.
        scale: Ticks of the problem in a tick of the tables.
        rank: Activities, each after those it waits for.
        is_cyclic: Whether lags form cycles or have a most: decoders do not keep those.
    """

    problem: Network
    net: Net
    scale: int
    rank: Wide
    is_cyclic: bool

    def new_plan(self) -> Plan:
        """Return an empty plan."""
        count = len(self.problem.activities)
        return Plan(
            start=np.full(count, -1, np.int64),
            mode=self.net.activity[:count, 0].copy(),
            free=self.net.capacity.copy(),
            touched=np.zeros(1, np.int64),
        )

    def free_modes(self) -> Wide:
        """Return each activity's only mode, or -1 where decoders are to choose."""
        first = self.net.activity[:, 0]
        found: Wide = np.where(np.diff(first) == 1, first[:-1], -1)
        return found

    def score(self, start: Wide, mode: Wide) -> Score:
        """Return what starts and mode rows are worth, in ticks of the problem."""
        ends = (start + self.net.mode[mode, DURATION]) * self.scale
        if self.problem.objective is Objective.MAKESPAN:
            return Score(int(ends.max()))
        jobs = self.problem.jobs
        last = np.array([job.release for job in jobs] + [0], np.int64)
        np.maximum.at(last, self.net.activity[: start.size, GROUP], ends)
        late = flow = 0
        for job, end in zip(jobs, last.tolist(), strict=False):
            flow += end - job.release
            if job.due is not None:
                late += job.weight * max(0, end - job.due)
        return Score(late, flow)

    def schedule(self, start: Wide, mode: Wide) -> NetworkSchedule:
        """Return the schedule that starts and mode rows describe."""
        found = []
        for at, activity in enumerate(self.problem.activities):
            chosen = int(mode[at] - self.net.activity[at, 0])
            begun = int(start[at]) * self.scale
            found.append(
                Assignment(
                    activity=activity.key,
                    start=begun,
                    end=begun + activity.modes[chosen].duration,
                    mode=chosen,
                )
            )
        return NetworkSchedule(assignments=tuple(found))

    def places(self, schedule: NetworkSchedule) -> tuple[Wide, Wide]:
        """Return starts and mode rows of a whole schedule."""
        index = {one.key: at for at, one in enumerate(self.problem.activities)}
        count = len(index)
        start, mode = np.zeros(count, np.int64), np.zeros(count, np.int64)
        for one in schedule.assignments:
            at = index[one.activity]
            start[at] = one.start // self.scale
            mode[at] = self.net.activity[at, 0] + one.mode
        return start, mode


def lay_out(problem: Network) -> Layout:
    """Lay a problem out.

    Raises:
        TooFineError: If its horizon has too many ticks.
    """
    scale = _common(problem)
    span = _span(problem, scale)
    if span * len(problem.resources) > MOST_CELLS:
        raise TooFineError(
            "problem", "horizon", span, f"times share no unit greater than {scale}"
        )
    index = {one.key: at for at, one in enumerate(problem.activities)}
    pairs = [(index[lag.before], index[lag.after]) for lag in problem.lags]
    rank = _ranked(len(index), pairs)
    is_cyclic = rank is None or any(lag.most is not None for lag in problem.lags)
    order = list(range(len(index))) if rank is None else rank
    members, groups = _groups(problem, scale, order)
    modes, uses, consumes = _modes(problem, scale)
    before, after, before_from, after_from = _lags(problem, scale, index)
    group_of = {job.key: at for at, job in enumerate(problem.jobs)}
    released = {job.key: job.release for job in problem.jobs} | {"": 0}
    first_mode = np.cumsum([0, *(len(one.modes) for one in problem.activities)])
    own = [
        (
            -(-max(one.release, released[one.job]) // scale),
            FAR if one.deadline is None else one.deadline // scale,
            group_of.get(one.job, -1),
        )
        for one in problem.activities
    ]
    rows = np.column_stack(
        (first_mode, before_from, after_from, [*own, (0, FAR, -1)])
    ).astype(np.int64)
    net = Net(
        activity=rows,
        mode=modes,
        use=uses,
        consume=consumes,
        before=before,
        after=after,
        group=groups,
        member=members,
        stock=np.array([one.quantity for one in problem.stocks], np.int64),
        capacity=_capacity(problem.resources, scale, span),
        is_tardy=int(problem.objective is Objective.TARDINESS),
        is_plain=int(all(_is_plain(lag) for lag in problem.lags)),
    )
    return Layout(problem, net, scale, np.array(order, np.int64), is_cyclic)


def _common(problem: Network) -> int:
    """Return the greatest number that divides every time but due dates."""
    found = 0
    for resource in problem.resources:
        found = gcd(found, *resource.capacity.times)
    for activity in problem.activities:
        found = gcd(found, activity.release, *(m.duration for m in activity.modes))
        found = gcd(found, activity.deadline or 0)
    for lag in problem.lags:
        found = gcd(found, lag.least, lag.most or 0)
    for job in problem.jobs:
        found = gcd(found, job.release)
        if problem.objective is Objective.TARDINESS:
            found = gcd(found, job.due or 0)
    return max(1, gcd(found, problem.horizon or 0))


def _span(problem: Network, scale: int) -> int:
    """Return ticks in which a best plan ends.

    Where nothing runs and no lag is on its way, all that follows can begin a tick
    sooner. So after the last release and the last change of a capacity there is no more
    than what each activity takes, or the longest wait that begins with it.
    """
    last = max(
        [0]
        + [one.release for one in problem.activities]
        + [job.release for job in problem.jobs]
        + [one.capacity.times[-1] for one in problem.resources]
    )
    span = last + sum(_reaches(problem))
    if problem.horizon is not None:
        span = min(span, problem.horizon)
    return max(1, span // scale)


def _reaches(problem: Network) -> list[int]:
    """Return ticks from each start to its end, or to the start of what waits for it."""
    index = {one.key: at for at, one in enumerate(problem.activities)}
    shortest = [min(m.duration for m in one.modes) for one in problem.activities]
    longest = [max(m.duration for m in one.modes) for one in problem.activities]
    found = longest.copy()
    for lag in problem.lags:
        i, j = index[lag.before], index[lag.after]
        from_end, to_end = lag.of is Point.END, lag.to is Point.END
        wait = lag.least + longest[i] * from_end - shortest[j] * to_end
        found[i] = max(found[i], wait)
        if lag.most is not None:
            # So much before what comes first by it; a most can be less than nothing.
            wait = longest[j] * to_end - shortest[i] * from_end - lag.most
            found[j] = max(found[j], wait)
    return found


def _ranked(count: int, pairs: Iterable[tuple[int, int]]) -> list[int] | None:
    """Return activities, each after those it waits for, or None if there is a cycle."""
    after: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for i, j in pairs:
        after[i].append(j)
        waits[j] += 1
    found = [at for at in range(count) if not waits[at]]
    for i in found:
        for j in after[i]:
            waits[j] -= 1
            if not waits[j]:
                found.append(j)
    return found if len(found) == count else None


def _groups(problem: Network, scale: int, order: Sequence[int]) -> tuple[Wide, Wide]:
    """Return the groups' activities in an order that lags allow, and their rows."""
    index = {job.key: at for at, job in enumerate(problem.jobs)}
    listed: list[list[int]] = [[] for _ in problem.jobs]
    for at in order:
        key = problem.activities[at].job
        if key:
            listed[index[key]].append(at)
    rows: list[tuple[int, ...]] = []
    member: list[int] = []
    for job, own in zip(problem.jobs, listed, strict=True):
        due = FAR if job.due is None else job.due // scale
        rows.append((len(member), job.release // scale, due, job.weight))
        member += own
    rows.append((len(member), 0, FAR, 0))
    return np.array(member, np.int64), np.array(rows, np.int64)


def _modes(problem: Network, scale: int) -> tuple[Wide, Wide, Wide]:
    """Return modes, what they hold and what they use up."""
    resources = {one.key: at for at, one in enumerate(problem.resources)}
    stocks = {one.key: at for at, one in enumerate(problem.stocks)}
    modes = [mode for activity in problem.activities for mode in activity.modes]
    rows = np.zeros((len(modes) + 1, 3), np.int64)
    rows[:-1, DURATION] = [mode.duration for mode in modes]
    rows //= scale
    rows[1:, USE_FROM] = np.cumsum([len(mode.uses) for mode in modes])
    rows[1:, CONSUME_FROM] = np.cumsum([len(mode.consumes) for mode in modes])
    uses = _table(
        [(resources[key], amount) for mode in modes for key, amount in mode.uses], 2
    )
    consumes = _table(
        [(stocks[key], amount) for mode in modes for key, amount in mode.consumes], 2
    )
    scarce = np.array([one.capacity.highest() or 1 for one in problem.resources])
    by_mode = np.repeat(np.arange(len(modes)), np.diff(rows[:, USE_FROM]))
    if uses.size:
        uses = uses[np.lexsort((-uses[:, AMOUNT] / scarce[uses[:, KEY]], by_mode))]
    return rows, uses, consumes


def _lags(
    problem: Network, scale: int, index: dict[str, int]
) -> tuple[Wide, Wide, Wide, Wide]:
    """Return lags by their later and by their earlier activity, and their offsets."""
    pairs = [(index[lag.before], index[lag.after]) for lag in problem.lags]
    first, second = _table(pairs, 2).T
    rest = _table([_lag_row(lag, scale) for lag in problem.lags], 3)
    found = []
    for own, other in ((second, first), (first, second)):
        rows = np.column_stack((other, rest))[np.argsort(own, kind="stable")]
        found.append((rows, np.cumsum([0, *np.bincount(own, minlength=len(index))])))
    (before, before_from), (after, after_from) = found
    return before, after, before_from, after_from


def _is_plain(lag: Lag) -> bool:
    return lag.least >= 0 and lag.of is Point.END and lag.to is Point.START


def _lag_row(lag: Lag, scale: int) -> tuple[int, int, int]:
    return -(-lag.least // scale), int(lag.of is Point.END), int(lag.to is Point.END)


def _table(rows: Sequence[Sequence[int]], columns: int) -> Wide:
    return np.array(rows, np.int64).reshape(len(rows), columns)


def _capacity(resources: Sequence[Resource], scale: int, span: int) -> Narrow:
    """Return units of each resource at each tick."""
    found = np.zeros((len(resources), span), np.int32)
    for row, resource in zip(found, resources, strict=True):
        for start, end, value in resource.capacity.pieces(span * scale):
            row[start // scale : -(-end // scale)] = min(value, UNLIMITED)
    return found
