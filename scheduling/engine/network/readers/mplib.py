"""MPLIB: several projects that share renewable resources; the last end counts.

Source: Van Eynde & Vanhoucke 2020. How many projects and resources, the capacities; for
each project its activities and release, which resources it may use, and for each
activity its duration, demands, how many follow, and ``project:activity`` of each.
"""

from scheduling.engine.network.problem import Activity, Job, Lag, Network, Resource
from scheduling.engine.network.readers.graph import (
    Node,
    resource_key,
    without_milestones,
)
from scheduling.engine.network.readers.tokens import (
    Tokens,
    UnreadableFileError,
    sized,
)
from scheduling.engine.profile import constant

NAME = "mplib"


def mplib(text: str) -> Network:
    """Return the projects, each a job."""
    words = Tokens(NAME, text)
    count = sized(NAME, words.number(), "projects")
    capacities = words.numbers(sized(NAME, words.number(), "resources"))
    jobs: list[Job] = []
    activities: list[Activity] = []
    lags: list[Lag] = []
    for project in range(1, count + 1):
        size, release = words.numbers(2)
        words.numbers(len(capacities))
        nodes: dict[int, Node] = {}
        for number in range(1, sized(NAME, size, "activities") + 1):
            duration, *uses = words.numbers(1 + len(capacities))
            followers = [
                _follower(words.word(), project) for _ in range(words.number())
            ]
            nodes[number] = Node(modes=[(duration, uses, ())], followers=followers)
        job = f"P{project}"
        more, between = without_milestones(NAME, nodes, f"{job}/", job)
        activities += more
        lags += between
        jobs.append(Job(key=job, release=release))
    return Network(
        title=NAME,
        activities=tuple(activities),
        lags=tuple(lags),
        jobs=tuple(jobs),
        resources=tuple(
            Resource(key=resource_key(at), capacity=constant(value))
            for at, value in enumerate(capacities)
        ),
    )


def _follower(word: str, project: int) -> int:
    """Return the activity that ``project:activity`` names."""
    own, colon, number = word.partition(":")
    if not colon or not number.isdigit() or own != str(project):
        raise UnreadableFileError(
            f"{NAME}: follower {word[:20]!r} is not an activity of project {project}."
        )
    return int(number)
