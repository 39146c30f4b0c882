"""Lags that no start times satisfy: found before anything searches for a plan."""

from collections import deque

from scheduling.engine.errors import InvalidProblemError

Arc = tuple[int, int, int]
"""``(i, j, w)``: start j is at least start i + w."""


def heads(count: int, arcs: list[Arc], first: list[int]) -> list[int] | None:
    """Return the earliest starts that satisfy all arcs, or None on a positive cycle.

    Args:
        count: How many activities there are.
        arcs: Least distances from start to start.
        first: The earliest start of each activity alone.
    """
    found, _ = _relaxed(count, arcs, first)
    return found


def refuse_cycles(keys: list[str], arcs: list[Arc]) -> None:
    """Refuse lags that push an activity past itself.

    Raises:
        InvalidProblemError: Names the activities of one such cycle.
    """
    _, cycle = _relaxed(len(keys), arcs, [0] * len(keys))
    if cycle:
        shown = [keys[at] for at in cycle[:6]] + ["…"] * (len(cycle) > len(cycle[:6]))
        raise InvalidProblemError(
            "lags", "cycle", " → ".join(shown), "no start times satisfy a cycle of lags"
        )


def _relaxed(
    count: int, arcs: list[Arc], first: list[int]
) -> tuple[list[int] | None, list[int]]:
    """Return longest paths, or None and the activities of a positive cycle.

    In topological order where there is one; else the queue of Bellman, Ford and Moore,
    in which an activity that is reached over as many arcs as there are activities
    stands behind a cycle.
    """
    after: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for i, j, weight in arcs:
        after[i].append((j, weight))
    start = list(first)
    if _is_relaxed_in_order(after, start):
        return start, []
    parent, length = [-1] * count, [0] * count
    queue, queued = deque(range(count)), [True] * count
    while queue:
        i = queue.popleft()
        queued[i] = False
        for j, weight in after[i]:
            if start[i] + weight <= start[j]:
                continue
            start[j], parent[j], length[j] = start[i] + weight, i, length[i] + 1
            if length[j] > count:
                return None, _cycle(parent, j)
            if not queued[j]:
                queue.append(j)
                queued[j] = True
    return start, []


def _is_relaxed_in_order(after: list[list[tuple[int, int]]], start: list[int]) -> bool:
    """Relax in topological order; return whether there is one."""
    waits = [0] * len(start)
    for arcs in after:
        for j, _ in arcs:
            waits[j] += 1
    free = [at for at, count in enumerate(waits) if not count]
    for i in free:
        for j, weight in after[i]:
            start[j] = max(start[j], start[i] + weight)
            waits[j] -= 1
            if not waits[j]:
                free.append(j)
    return len(free) == len(start)


def _cycle(parent: list[int], at: int) -> list[int]:
    """Return the cycle that the parents of an activity lead into."""
    for _ in parent:
        at = parent[at]
    found, here = [at], parent[at]
    while here != at:
        found.append(here)
        here = parent[here]
    return found[::-1]
