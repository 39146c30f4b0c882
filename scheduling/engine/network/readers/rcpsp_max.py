"""RCPSP/max (``.sch``): projects with minimum and maximum lags from start to start.

Source: ProGen/max (Schwindt 1998). First n and how many resources; then for each of the
activities 0 to n + 1 its followers and the least distance to each, negative for a
maximum lag the other way; then durations and demands; last the capacities.
"""

from scheduling.engine.network.problem import (
    Activity,
    Lag,
    Network,
    Point,
    Resource,
)
from scheduling.engine.network.readers.graph import a_mode, resource_key
from scheduling.engine.network.readers.tokens import (
    Tokens,
    UnreadableFileError,
    sized,
)
from scheduling.engine.profile import constant

NAME = "rcpsp-max"


def rcpsp_max(text: str) -> Network:
    """Return a project; activities 0 and n + 1 are its start and end."""
    words = Tokens(NAME, text.replace("[", " ").replace("]", " "))
    count = sized(NAME, words.number(), "activities")
    resources = sized(NAME, words.number(), "resources")
    words.numbers(2)
    arcs: list[tuple[int, int, int]] = []
    for _ in range(count + 2):
        number, _, followers = words.numbers(3)
        targets = words.numbers(followers)
        arcs += [(number, target, words.number()) for target in targets]
    rows = {}
    for _ in range(count + 2):
        number, _, duration, *uses = words.numbers(3 + resources)
        rows[number] = (duration, uses)
    if sorted(rows) != list(range(count + 2)):
        raise UnreadableFileError(
            f"{NAME}: activities are not numbered 0 to {count + 1}."
        )
    capacities = words.numbers(resources)
    first, last = _bounds(arcs, rows, count)
    return Network(
        title=NAME,
        activities=tuple(
            Activity(
                key=str(number),
                modes=(a_mode(*rows[number]),),
                release=first.get(number, 0),
                deadline=last.get(number),
            )
            for number in range(1, count + 1)
        ),
        lags=tuple(_lags(arcs, count)),
        resources=tuple(
            Resource(key=resource_key(at), capacity=constant(value))
            for at, value in enumerate(capacities)
        ),
    )


def _bounds(
    arcs: list[tuple[int, int, int]], rows: dict[int, tuple[int, list[int]]], count: int
) -> tuple[dict[int, int], dict[int, int]]:
    """Return releases and deadlines: distances from and to the project's start."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for i, j, weight in arcs:
        if i == 0:
            first[j] = max(first.get(j, 0), weight)
        elif j == 0:
            latest = rows.get(i, (0, []))[0] - weight
            last[i] = min(last.get(i, latest), latest)
        elif j == count + 1 and weight > rows.get(i, (0, []))[0]:
            raise UnreadableFileError(
                f"{NAME}: activity {i} holds up the end longer than it runs, "
                "which is not read."
            )
    return first, last


def _lags(arcs: list[tuple[int, int, int]], count: int) -> list[Lag]:
    """Return the lags between activities, both directions of a pair in one."""
    least: dict[tuple[int, int], int] = {}
    for i, j, weight in arcs:
        if 0 < i <= count and 0 < j <= count:
            least[i, j] = max(least.get((i, j), weight), weight)
    found = []
    for (i, j), weight in least.items():
        other = least.get((j, i))
        if weight < 0 and (other is None or other >= 0):
            if other is None:
                found.append(_lag(j, i, None, -weight))
        elif other is not None and other < 0:
            found.append(_lag(i, j, weight, -other))
        else:
            found.append(_lag(i, j, weight, None))
    return found


def _lag(i: int, j: int, least: int | None, most: int | None) -> Lag:
    return Lag(
        before=str(i),
        after=str(j),
        least=-NO_LEAST if least is None else least,
        most=most,
        of=Point.START,
        to=Point.START,
    )


NO_LEAST = 10_000_000
"""A least distance that says nothing: the pair is bounded from one side alone."""
