"""Job shops, flexible job shops and hybrid flow shops; the last end counts.

Operations of no duration are no work and are left out.
"""

from collections.abc import Sequence

from scheduling.engine.network.problem import (
    Activity,
    Job,
    Lag,
    Mode,
    Network,
    Resource,
)
from scheduling.engine.network.readers.tokens import (
    Tokens,
    UnreadableFileError,
    sized,
)
from scheduling.engine.profile import constant

Choices = Sequence[tuple[int, int]]
"""Pairs of machine, counted from 0, and duration."""


def jsp(text: str) -> Network:
    """Return a job shop: for each job its machines, counted from 0, and durations."""
    words = Tokens("jsp", text)
    jobs = sized("jsp", words.number(), "jobs")
    machines = sized("jsp", words.number(), "machines")
    routes = [
        [[(words.number(), words.number())] for _ in range(machines)]
        for _ in range(jobs)
    ]
    return _shop("jsp", routes, [1] * machines)


def fjsp(text: str) -> Network:
    """Return a flexible job shop (Brandimarte's layout, machines counted from 1).

    The first line is jobs, machines and, in some files, a mean that says nothing.
    """
    first, _, rest = text.lstrip().partition("\n")
    head = first.split()
    words = Tokens("fjsp", " ".join(head[:2]) + "\n" + rest)
    jobs = sized("fjsp", words.number(), "jobs")
    machines = sized("fjsp", words.number(), "machines")
    routes = []
    for _ in range(jobs):
        route = []
        for _ in range(sized("fjsp", words.number(), "operations")):
            pairs = [words.numbers(2) for _ in range(words.number())]
            route.append([(machine - 1, duration) for machine, duration in pairs])
        routes.append(route)
    return _shop("fjsp", routes, [1] * machines)


def hfsp(text: str) -> Network:
    """Return a hybrid flow shop: machines of each stage, then a row of each job."""
    words = Tokens("hfsp", text)
    jobs = sized("hfsp", words.number(), "jobs")
    stages = sized("hfsp", words.number(), "stages")
    machines = words.numbers(stages)
    routes = [
        [[(stage, words.number())] for stage in range(stages)] for _ in range(jobs)
    ]
    return _shop("hfsp", routes, machines)


def _shop(
    name: str, routes: Sequence[Sequence[Choices]], capacities: Sequence[int]
) -> Network:
    """Return jobs that visit machines one after the other."""
    activities: list[Activity] = []
    lags: list[Lag] = []
    jobs: list[Job] = []
    for number, route in enumerate(routes, start=1):
        job = f"J{number}"
        before = ""
        for at, choices in enumerate(route, start=1):
            modes = tuple(
                _mode(name, one, len(capacities)) for one in choices if one[1]
            )
            if not modes:
                continue
            key = f"{job}/{at}"
            activities.append(Activity(key=key, job=job, modes=modes))
            if before:
                lags.append(Lag(before=before, after=key))
            before = key
        if before:
            jobs.append(Job(key=job))
    return Network(
        title=name,
        activities=tuple(activities),
        lags=tuple(lags),
        jobs=tuple(jobs),
        resources=tuple(
            Resource(key=f"M{at + 1}", capacity=constant(value))
            for at, value in enumerate(capacities)
        ),
    )


def _mode(name: str, choice: tuple[int, int], machines: int) -> Mode:
    """Return the mode that runs on one machine."""
    machine, duration = choice
    if not 0 <= machine < machines:
        raise UnreadableFileError(
            f"{name}: machine {machine} is not one of {machines}."
        )
    return Mode(duration=duration, uses=((f"M{machine + 1}", 1),))
