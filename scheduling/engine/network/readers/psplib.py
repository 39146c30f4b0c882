"""PSPLIB's ``.sm`` and ``.mm`` files and the Patterson files of RG300.

Source: Kolisch & Sprecher 1996; Patterson's layout is n, K, capacities, then for each
activity its duration, K demands, how many follow, and which.
"""

import re

from scheduling.engine.network.problem import Network, Resource, Stock
from scheduling.engine.network.readers.graph import (
    Node,
    resource_key,
    stock_key,
    without_milestones,
)
from scheduling.engine.network.readers.tokens import (
    Tokens,
    UnreadableFileError,
    sized,
)
from scheduling.engine.profile import constant

NUMBERS = re.compile(r"^[\s\d]+$")


def psplib(text: str) -> Network:
    """Return a single-mode project; Patterson's layout is told by its first word."""
    if text.lstrip()[:1].isdigit():
        return _patterson(text)
    return _sections("psplib", text)


def mmlib(text: str) -> Network:
    """Return a multi-mode project of MMLIB or PSPLIB."""
    return _sections("mmlib", text)


def _patterson(text: str) -> Network:
    """Read Patterson's layout."""
    words = Tokens("psplib", text)
    count = sized("psplib", words.number(), "activities")
    capacities = words.numbers(words.number())
    nodes: dict[int, Node] = {}
    for number in range(1, count + 1):
        duration, *uses = words.numbers(1 + len(capacities))
        nodes[number] = Node(
            modes=[(duration, uses, ())], followers=words.numbers(words.number())
        )
    return _network("psplib", nodes, capacities, [])


def _sections(name: str, text: str) -> Network:
    """Read the sections of a ``.sm`` or ``.mm`` file."""
    found = _section(text, "RESOURCE ?AVAILABILITIES")
    capacities = found[0] if found else []
    renewable = _announced(name, text, "renewable")
    if len(capacities) < renewable:
        raise UnreadableFileError(f"{name}: capacities are missing.")
    nodes: dict[int, Node] = {}
    for row in _section(text, "PRECEDENCE RELATIONS"):
        if len(row) < 3 or len(row) != 3 + row[2]:  # noqa: PLR2004 - number, modes, followers
            raise UnreadableFileError(f"{name}: precedence row {row[:3]} is cut short.")
        nodes[row[0]] = Node(followers=row[3:])
    _read_modes(name, text, nodes, len(capacities), renewable)
    return _network(name, nodes, capacities[:renewable], capacities[renewable:])


def _read_modes(
    name: str, text: str, nodes: dict[int, Node], resources: int, renewable: int
) -> None:
    """Add each activity's modes; a row without its number belongs to the one above."""
    number = 0
    for row in _section(text, "REQUESTS/DURATIONS"):
        if len(row) == resources + 3:
            number, row = row[0], row[1:]  # noqa: PLW2901 - the rest is the mode
        if len(row) != resources + 2 or number not in nodes:
            raise UnreadableFileError(f"{name}: request row {row[:4]} is cut short.")
        nodes[number].modes.append(
            (row[1], row[2 : 2 + renewable], row[2 + renewable :])
        )
    if not nodes or any(not node.modes for node in nodes.values()):
        raise UnreadableFileError(f"{name}: an activity has no mode.")


def _network(
    name: str, nodes: dict[int, Node], capacities: list[int], quantities: list[int]
) -> Network:
    """Return the problem that nodes and capacities make."""
    activities, lags = without_milestones(name, nodes)
    return Network(
        title=name,
        activities=tuple(activities),
        lags=tuple(lags),
        resources=tuple(
            Resource(key=resource_key(at), capacity=constant(value))
            for at, value in enumerate(capacities)
        ),
        stocks=tuple(
            Stock(key=stock_key(at), quantity=value)
            for at, value in enumerate(quantities)
        ),
    )


def _section(text: str, heading: str) -> list[list[int]]:
    """Return the rows of numbers that follow a heading, up to the next one."""
    head = re.search(heading, text)
    rows: list[list[int]] = []
    for line in text[head.end() :].splitlines() if head else []:
        if line.strip() and NUMBERS.match(line):
            rows.append([int(word) for word in line.split()])
        elif rows and line.startswith("*"):
            break
    return rows


def _announced(name: str, text: str, kind: str) -> int:
    """Return how many resources of a kind the head of the file announces."""
    match = re.search(rf"^\s*-\s*{kind}\s*:\s*(\d+)", text, re.MULTILINE)
    if match is None:
        raise UnreadableFileError(f"{name}: the number of resources is missing.")
    return int(match[1])
