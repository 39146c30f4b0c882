"""The general question: activities with modes, lags and resources, jobs with due dates.

The rack form (``scheduling.engine.problem``) says what a rack site means by bays, soaks
and shifts. This form knows none of that: it states what the public benchmarks of the
field state, so that the same code can be measured against its peers. All times are
integers in one unit that the problem names; ``[start, end)`` holds its first tick and
not its last. Rules of meaning are in ``docs/engine.md``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.cycles import refuse_cycles
from scheduling.engine.profile import StepFunction

NETWORK_VERSION = 1
FORM = "network"
MOST_TICKS = 10_000_000
"""No duration, lag, release or due date is longer or later."""
MOST_AMOUNT = 1_000_000_000
"""No demand, capacity, quantity or weight is greater."""


class Objective(StrEnum):
    """What a plan is judged by; less is better."""

    MAKESPAN = "makespan"
    """The end of the last activity."""
    TARDINESS = "tardiness"
    """Weighted tardiness of all jobs; among equals, the sum of their flow times."""


class Point(StrEnum):
    """Which moment of an activity a lag is measured from or to."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that activities hold while they run.

    Attributes:
        key: Stable identifier.
        capacity: Units there are from each moment on, 0 to a milliard.
    """

    key: str
    capacity: StepFunction

    def __post_init__(self) -> None:
        """Refuse a capacity that no arithmetic here would survive."""
        _named("resource", self.key)
        _within(self.key, "capacity", self.capacity.highest(), 0, MOST_AMOUNT)
        _within(self.key, "capacity times", self.capacity.times[-1], 0, MOST_TICKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Something that modes use up for good.

    Attributes:
        key: Stable identifier.
        quantity: Units there are for the whole plan, 0 to a milliard.
    """

    key: str
    quantity: int

    def __post_init__(self) -> None:
        """Refuse a quantity out of range."""
        _named("stock", self.key)
        _within(self.key, "quantity", self.quantity, 0, MOST_AMOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One way to carry an activity out.

    Attributes:
        duration: Ticks without a pause, at least 1.
        uses: Pairs of resource key and units held for the whole duration, at least 1.
        consumes: Pairs of stock key and units used up, at least 1.
    """

    duration: int
    uses: tuple[tuple[str, int], ...] = ()
    consumes: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse durations and amounts out of range."""
        _within("mode", "duration", self.duration, 1, MOST_TICKS)
        for name, pairs in (("uses", self.uses), ("consumes", self.consumes)):
            _unique(f"mode: {name}", (key for key, _ in pairs))
            for key, amount in pairs:
                _within(f"mode: {name} {key}", "amount", amount, 1, MOST_AMOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A customer's share of the work: activities that are due together.

    Attributes:
        key: Stable identifier.
        release: No activity of the job starts earlier.
        due: When its last activity should have ended, or None.
        weight: Cost of each tick its end is late, at least 0.
    """

    key: str
    release: int = 0
    due: int | None = None
    weight: int = 1

    def __post_init__(self) -> None:
        """Refuse times and weights out of range."""
        _named("job", self.key)
        _within(self.key, "release", self.release, 0, MOST_TICKS)
        if self.due is not None:
            _within(self.key, "due", self.due, 0, MOST_TICKS)
        _within(self.key, "weight", self.weight, 0, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One piece of work, carried out in exactly one of its modes.

    Attributes:
        key: Stable identifier.
        modes: Ways to carry it out, at least one.
        job: Key of the job it belongs to, or "".
        release: It starts no earlier.
        deadline: It ends no later, or None.
    """

    key: str
    modes: tuple[Mode, ...]
    job: str = ""
    release: int = 0
    deadline: int | None = None

    def __post_init__(self) -> None:
        """Refuse an activity that nothing could carry out."""
        _named("activity", self.key)
        if not self.modes:
            raise InvalidProblemError(self.key, "modes", "empty", "one mode is needed")
        _within(self.key, "release", self.release, 0, MOST_TICKS)
        if self.deadline is not None:
            least = self.release + min(mode.duration for mode in self.modes)
            _within(self.key, "deadline", self.deadline, least, MOST_TICKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far apart two activities are.

    ``least <= to(after) - of(before) <= most``, where ``of`` and ``to`` choose the
    start or the end. A plain precedence is a lag of at least 0 from end to start.

    Attributes:
        before: Key of the activity measured from.
        after: Key of the activity measured to.
        least: Ticks at least; negative where the second may come first.
        most: Ticks at most, or None.
        of: The moment of ``before``.
        to: The moment of ``after``.
    """

    before: str
    after: str
    least: int = 0
    most: int | None = None
    of: Point = Point.END
    to: Point = Point.START

    def __post_init__(self) -> None:
        """Refuse an activity that waits for itself and windows that end too early."""
        name = f"lag {self.before} to {self.after}"
        if self.before == self.after:
            raise InvalidProblemError(
                name, "after", self.after, "an activity does not wait for itself"
            )
        _within(name, "least", self.least, -MOST_TICKS, MOST_TICKS)
        if self.most is not None:
            _within(name, "most", self.most, self.least, MOST_TICKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A whole question in the general form.

    Attributes:
        activities: At least one.
        resources: What they hold.
        stocks: What they use up.
        jobs: Whom they are for; none where only the makespan counts.
        lags: How far apart they are.
        objective: What a plan is judged by.
        horizon: No activity ends later, or None.
        time_unit: What a tick is, for people.
        title: Where the problem comes from, for people.
        version: Of this form.

    Raises:
        InvalidProblemError: If a key is unknown or given twice, a number is out of
            range, or lags form a cycle that no start times satisfy.
    """

    activities: tuple[Activity, ...]
    resources: tuple[Resource, ...] = ()
    stocks: tuple[Stock, ...] = ()
    jobs: tuple[Job, ...] = ()
    lags: tuple[Lag, ...] = ()
    objective: Objective = Objective.MAKESPAN
    horizon: int | None = None
    time_unit: str = "tick"
    title: str = ""
    version: int = NETWORK_VERSION

    def __post_init__(self) -> None:
        """Refuse what refers to nothing and what no plan could satisfy."""
        if not self.activities:
            raise InvalidProblemError(
                "problem", "activities", "empty", "one activity is needed"
            )
        if self.horizon is not None:
            _within("problem", "horizon", self.horizon, 1, MOST_TICKS)
        for name, keys in (
            ("resources", (one.key for one in self.resources)),
            ("stocks", (one.key for one in self.stocks)),
            ("jobs", (one.key for one in self.jobs)),
            ("activities", (one.key for one in self.activities)),
        ):
            _unique(name, keys)
        self._refuse_strangers()
        self._refuse_what_never_fits()
        refuse_cycles(
            [one.key for one in self.activities],
            list(distances(self.activities, self.lags)),
        )

    def _refuse_strangers(self) -> None:
        """Refuse references to what is not there."""
        resources = {one.key for one in self.resources}
        stocks = {one.key for one in self.stocks}
        jobs = {one.key for one in self.jobs} | {""}
        activities = {one.key for one in self.activities}
        for one in self.activities:
            _known(one.key, "job", one.job, jobs)
            for mode in one.modes:
                for key, _ in mode.uses:
                    _known(one.key, "uses", key, resources)
                for key, _ in mode.consumes:
                    _known(one.key, "consumes", key, stocks)
        for lag in self.lags:
            name = f"lag {lag.before} to {lag.after}"
            _known(name, "before", lag.before, activities)
            _known(name, "after", lag.after, activities)

    def _refuse_what_never_fits(self) -> None:
        """Refuse an activity that no moment has room for in any of its modes."""
        most = {one.key: one.capacity.highest() for one in self.resources}
        most |= {one.key: one.quantity for one in self.stocks}
        for one in self.activities:
            short: dict[str, int] = {}
            for mode in one.modes:
                found = [
                    pair
                    for pair in (*mode.uses, *mode.consumes)
                    if pair[1] > most[pair[0]]
                ]
                if not found:
                    break
                short.update(found[:1])
            else:
                key, amount = min(short.items())
                raise InvalidProblemError(
                    one.key, f"demand of {key}", amount, f"{most[key]} is all there is"
                )
            self._refuse_short_horizon(one)

    def _refuse_short_horizon(self, activity: Activity) -> None:
        """Refuse an activity that ends past the horizon even if it starts at once."""
        shortest = activity.release + min(mode.duration for mode in activity.modes)
        if self.horizon is not None and shortest > self.horizon:
            raise InvalidProblemError(
                "problem",
                "horizon",
                self.horizon,
                f"{activity.key} cannot end before {shortest}",
            )


def distances(
    activities: Sequence[Activity], lags: Iterable[Lag]
) -> Iterator[tuple[int, int, int]]:
    """Yield ``(i, j, w)``: whatever the modes, start j is at least start i + w."""
    index = {one.key: at for at, one in enumerate(activities)}
    least = [min(m.duration for m in one.modes) for one in activities]
    most = [max(m.duration for m in one.modes) for one in activities]
    for lag in lags:
        i, j = index[lag.before], index[lag.after]
        from_end, to_end = lag.of is Point.END, lag.to is Point.END
        yield i, j, lag.least + least[i] * from_end - most[j] * to_end
        if lag.most is not None:
            yield j, i, -lag.most + least[j] * to_end - most[i] * from_end


def _within(key: str, field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidProblemError(key, field, value, f"{least} to {most} is possible")


def _named(kind: str, key: str) -> None:
    if not key:
        raise InvalidProblemError(kind, "key", "empty", "a key has a letter at least")


def _unique(name: str, keys: Iterable[str]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise InvalidProblemError(name, "key", twice[0], "each key stands once")


def _known(key: str, field: str, value: str, known: set[str]) -> None:
    if value not in known:
        raise InvalidProblemError(key, field, value or "empty", "no such key is given")
