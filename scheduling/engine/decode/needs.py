"""What racks consume and when it arrives, as arrays."""

from dataclasses import dataclass

import numpy as np

from scheduling.engine.kernels.memory import Wide
from scheduling.engine.material import rack_needs
from scheduling.engine.problem import Problem, Rack, Template


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Material in the form the kernels read.

    Attributes:
        need: Part, running total of the part within the rack, and quantity per need.
        need_from: First need per rack and step, shape ``(racks, steps + 1)``.
        arrival: Minutes of arrival by part, rising; 0 comes first.
        part: First place of a part in ``arrival``, and the length at the end.
        slack: Pieces arrived by each arrival.
        parts: Keys of the parts.
    """

    need: Wide
    need_from: Wide
    arrival: Wide
    part: Wide
    slack: Wide
    parts: tuple[str, ...]


def encode_needs(
    problem: Problem, racks: tuple[Rack, ...], templates: dict[str, Template]
) -> Needs:
    """Return needs and arrivals of a problem as arrays."""
    number: dict[str, int] = {}
    most = max((len(template.steps) for template in templates.values()), default=1)
    known: dict[object, tuple[Wide, Wide]] = {}
    rows: list[Wide] = []
    starts = np.zeros((len(racks), most + 1), np.int64)
    total = 0
    for at, rack in enumerate(racks):
        begun = rack.progress.done + (rack.progress.running is not None)
        sign = (rack.template, begun, rack.materials_reserved)
        if sign not in known:
            known[sign] = _rows(rack, templates[rack.template], number, most)
        need, offset = known[sign]
        rows.append(need)
        starts[at] = total + offset
        total += len(need)
    arrivals, part, slack = _arrivals(problem, number)
    return Needs(
        need=np.concatenate(rows) if rows else np.zeros((0, 3), np.int64),
        need_from=starts,
        arrival=arrivals,
        part=part,
        slack=slack,
        parts=tuple(number),
    )


def _rows(
    rack: Rack, template: Template, number: dict[str, int], most: int
) -> tuple[Wide, Wide]:
    """Return a rack's needs and where each of its steps begins in them."""
    listed: list[tuple[int, int, int]] = []
    counts = [0] * (most + 1)
    summed: dict[str, int] = {}
    for step, part, quantity in rack_needs(rack, template):
        summed[part] = summed.get(part, 0) + quantity
        listed.append((number.setdefault(part, len(number)), summed[part], quantity))
        counts[step + 1] += 1
    return np.array(listed, np.int64).reshape(-1, 3), np.cumsum(counts)


def _arrivals(problem: Problem, number: dict[str, int]) -> tuple[Wide, Wide, Wide]:
    """Return arrivals by part and what has come by each, from minute 0 on."""
    by_part: list[dict[int, int]] = [{0: 0} for _ in number]
    for supply in problem.supplies:
        part = number.get(supply.part)
        if part is not None:
            moment = max(0, supply.available)
            times = by_part[part]
            times[moment] = times.get(moment, 0) + supply.quantity
    arrival: list[int] = []
    slack: list[int] = []
    first = [0]
    for times in by_part:
        came = 0
        for moment in sorted(times):
            came += times[moment]
            arrival.append(moment)
            slack.append(came)
        first.append(len(arrival))
    return (
        np.array(arrival, np.int64),
        np.array(first, np.int64),
        np.array(slack, np.int64),
    )
