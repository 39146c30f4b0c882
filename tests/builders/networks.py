"""Problems of the general form: tiny random ones, and their optimum by brute force."""

from collections.abc import Iterator
from itertools import product
from random import Random

from scheduling.engine.network.check import score
from scheduling.engine.network.problem import (
    Activity,
    Job,
    Lag,
    Mode,
    Network,
    Objective,
    Point,
    Resource,
    Stock,
)
from scheduling.engine.network.schedule import Assignment, NetworkSchedule, Score
from scheduling.engine.profile import StepFunction, constant


def an_activity(key="A", duration=2, uses=(("R", 1),), **fields):
    """Return an activity with one mode, unless ``modes`` are given."""
    modes = fields.pop("modes", (Mode(duration=duration, uses=uses),))
    return Activity(key=key, modes=modes, **fields)


def a_network(activities=None, **fields):
    """Return a problem with one resource of one unit, unless others are given."""
    fields.setdefault("resources", (Resource(key="R", capacity=constant(1)),))
    return Network(activities=tuple(activities or (an_activity(),)), **fields)


def a_plan(**starts):
    """Return a schedule of activities in their first mode: ``A=(start, end)``."""
    return NetworkSchedule(
        assignments=tuple(
            Assignment(activity=key, start=start, end=end)
            for key, (start, end) in starts.items()
        )
    )


def a_tiny_network(seed: int, *, count: int = 3, is_acyclic: bool = False) -> Network:
    """Return a random problem of a few activities with any of the rules.

    Lags that contradict each other are left out, so that every seed has a problem.
    """
    chance = Random(seed)
    resources = [
        Resource(key=f"R{at}", capacity=_capacity(chance))
        for at in range(chance.randint(1, 2))
    ]
    stocks = [Stock(key="N", quantity=chance.randint(count, 3 * count))]
    jobs = [
        Job(
            key=f"J{at}",
            release=chance.randint(0, 2),
            due=chance.choice([None, chance.randint(2, 6)]),
            weight=chance.randint(0, 3),
        )
        for at in range(2)
    ]
    activities = [
        Activity(
            key=f"A{at}",
            job=chance.choice(["", "J0", "J1"]),
            release=chance.choice([0, 0, 1]),
            modes=tuple(
                _mode(chance, resources) for _ in range(chance.choice([1, 1, 2]))
            ),
        )
        for at in range(count)
    ]
    lags = list(_lags(chance, count, is_acyclic=is_acyclic))
    return Network(
        activities=tuple(activities),
        resources=tuple(resources),
        stocks=tuple(stocks),
        jobs=tuple(jobs),
        lags=tuple(lags),
        horizon=8,
        objective=chance.choice(list(Objective)),
    )


def _capacity(chance: Random) -> StepFunction:
    """Return two units, or fewer for a while."""
    if chance.random() < 0.5:
        return constant(2)
    start = chance.randint(1, 3)
    return StepFunction(
        times=(0, start, start + chance.randint(1, 2)),
        values=(2, chance.randint(0, 1), 2),
    )


def _mode(chance: Random, resources: list[Resource]) -> Mode:
    """Return a mode of one to three ticks."""
    uses = [(one.key, chance.randint(0, 2)) for one in resources]
    return Mode(
        duration=chance.randint(1, 3),
        uses=tuple(pair for pair in uses if pair[1]),
        consumes=(("N", chance.randint(1, 3)),) * (chance.random() < 0.4),
    )


def _lags(chance: Random, count: int, *, is_acyclic: bool) -> Iterator[Lag]:
    """Yield lags from earlier to later activities, some with a most."""
    for second in range(1, count):
        for first in range(second):
            if chance.random() < 0.35:
                least = chance.randint(-1, 2)
                has_most = not is_acyclic and chance.random() < 0.3
                yield Lag(
                    before=f"A{first}",
                    after=f"A{second}",
                    least=least,
                    most=least + chance.randint(0, 2) if has_most else None,
                    of=chance.choice(list(Point)),
                    to=chance.choice(list(Point)),
                )


def brute_force(problem: Network) -> Score | None:
    """Return the best score by trying every start and mode below the horizon."""
    choices = [
        [
            Assignment(
                activity=one.key, start=start, end=start + mode.duration, mode=at
            )
            for at, mode in enumerate(one.modes)
            for start in range(problem.horizon - mode.duration + 1)
        ]
        for one in problem.activities
    ]
    found = None
    for assignments in product(*choices):
        schedule = NetworkSchedule(assignments=assignments)
        worth = score(problem, schedule)
        if (found is None or worth < found) and is_allowed(problem, assignments):
            found = worth
    return found


def is_allowed(problem: Network, assignments) -> bool:
    """Judge by asking every rule of every tick; shares nothing with the referee."""
    at = {one.activity: one for one in assignments}
    if not all(_is_apart(lag, at[lag.before], at[lag.after]) for lag in problem.lags):
        return False
    released = {job.key: job.release for job in problem.jobs} | {"": 0}
    used = {}
    held = {}
    for activity in problem.activities:
        one = at[activity.key]
        if one.start < max(activity.release, released[activity.job]):
            return False
        if activity.deadline is not None and one.end > activity.deadline:
            return False
        mode = activity.modes[one.mode]
        for key, amount in mode.consumes:
            used[key] = used.get(key, 0) + amount
        for key, amount in mode.uses:
            for tick in range(one.start, one.end):
                held[key, tick] = held.get((key, tick), 0) + amount
    capacity = {one.key: one.capacity for one in problem.resources}
    if any(amount > capacity[key].at(tick) for (key, tick), amount in held.items()):
        return False
    return all(used.get(one.key, 0) <= one.quantity for one in problem.stocks)


def _is_apart(lag, first, second):
    """Return whether two assignments keep a lag."""
    begun = first.end if lag.of == "end" else first.start
    reached = second.end if lag.to == "end" else second.start
    most = reached - begun if lag.most is None else lag.most
    return lag.least <= reached - begun <= most
