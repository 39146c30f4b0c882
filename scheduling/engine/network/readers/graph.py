"""Projects given as numbered activities between a first and a last one of no duration.

Milestones of duration 0 are no work: what runs before one runs before all that follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduling.engine.network.problem import Activity, Lag, Mode
from scheduling.engine.network.readers.tokens import UnreadableFileError


@dataclass(slots=True)
class Node:
    """One numbered activity of a file.

    Attributes:
        modes: Triples of duration, renewable demands and non-renewable demands.
        followers: Numbers of the activities that wait for its end.
    """

    modes: list[tuple[int, Sequence[int], Sequence[int]]] = field(default_factory=list)
    followers: list[int] = field(default_factory=list)


def resource_key(at: int) -> str:
    """Return the key of a renewable resource."""
    return f"R{at + 1}"


def stock_key(at: int) -> str:
    """Return the key of a non-renewable resource."""
    return f"N{at + 1}"


def a_mode(duration: int, uses: Sequence[int], consumes: Sequence[int] = ()) -> Mode:
    """Return a mode from its demands in the order of the resources."""
    return Mode(
        duration=duration,
        uses=tuple((resource_key(at), use) for at, use in enumerate(uses) if use),
        consumes=tuple((stock_key(at), use) for at, use in enumerate(consumes) if use),
    )


def without_milestones(
    name: str, nodes: dict[int, Node], prefix: str = "", job: str = ""
) -> tuple[list[Activity], list[Lag]]:
    """Return the work of a project and its precedences.

    Raises:
        UnreadableFileError: If a follower does not exist, a milestone holds something,
            or milestones wait for each other.
    """
    milestones = {number for number, node in nodes.items() if _is_milestone(name, node)}
    activities = [
        Activity(
            key=f"{prefix}{number}",
            job=job,
            modes=tuple(a_mode(*m) for m in node.modes),
        )
        for number, node in nodes.items()
        if number not in milestones
    ]
    lags = [
        Lag(before=f"{prefix}{number}", after=f"{prefix}{follower}")
        for number, node in nodes.items()
        if number not in milestones
        for follower in _real_followers(name, nodes, milestones, node)
    ]
    return activities, lags


def _is_milestone(name: str, node: Node) -> bool:
    """Return whether a node takes no time."""
    if any(duration for duration, _, _ in node.modes):
        return False
    if any(any(uses) or any(consumes) for _, uses, consumes in node.modes):
        raise UnreadableFileError(
            f"{name}: an activity of no duration holds something."
        )
    return True


def _real_followers(
    name: str, nodes: dict[int, Node], milestones: set[int], node: Node
) -> list[int]:
    """Return the work that follows a node, milestones seen through."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    open_ones = list(node.followers)
    while open_ones:
        number = open_ones.pop()
        if number not in nodes:
            raise UnreadableFileError(f"{name}: activity {number} is not described.")
        if number not in milestones:
            found[number] = None
        elif number not in seen:
            seen.add(number)
            open_ones += nodes[number].followers
    return sorted(found)
