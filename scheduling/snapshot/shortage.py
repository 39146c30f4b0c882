"""Which racks a schedule leaves out for want of which part."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from scheduling.engine.problem import Problem, Rack
from scheduling.engine.schedule import Schedule
from scheduling.engine.waterfall.bars import Limit
from scheduling.snapshot.supplies import AwaitedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Pieces of a part that one unplannable rack does not get."""

    rack: str
    part: str
    missing: int


def shortages(problem: Problem, schedule: Schedule) -> list[Shortage]:
    """Return what racks lack that are unplannable for material, soonest due first.

    What planned racks leave of a part goes to the others in that order.
    """
    free: dict[str, int] = defaultdict(int)
    for supply in problem.supplies:
        free[supply.part] += supply.quantity
    for peg in schedule.pegs:
        free[peg.part] -= peg.quantity
    left_out = {one.rack for one in schedule.unplannable if one.limit == Limit.MATERIAL}
    racks = [rack for rack in problem.racks if rack.key in left_out]
    found = []
    for rack in sorted(racks, key=_soonest):
        for part, need in _needs(problem, rack).items():
            taken = min(need, max(0, free[part]))
            free[part] -= taken
            if taken < need:
                found.append(Shortage(rack=rack.key, part=part, missing=need - taken))
    return found


def _always(_shortage: Shortage, _line: AwaitedLine) -> bool:
    return True


def share_out(
    short: Iterable[Shortage],
    lines: Iterable[AwaitedLine],
    helps: Callable[[Shortage, AwaitedLine], bool] = _always,
) -> Iterator[tuple[Shortage, AwaitedLine, int]]:
    """Yield which shortage waits for how much of which line: first racks first.

    Args:
        short: In the order in which they are served.
        lines: Soonest needed first.
        helps: Whether a line would help a rack at all.
    """
    by_part: dict[str, list[AwaitedLine]] = defaultdict(list)
    for line in lines:
        by_part[line.part].append(line)
    left = {line.line: line.quantity for of in by_part.values() for line in of}
    for shortage in short:
        useful = [line for line in by_part[shortage.part] if helps(shortage, line)]
        for line, taken in _lines_for(shortage.missing, useful, left):
            yield shortage, line, taken


def _lines_for(
    missing: int, lines: Sequence[AwaitedLine], left: dict[int, int]
) -> Iterator[tuple[AwaitedLine, int]]:
    """Yield the lines that cover some missing pieces, with how many; take them off."""
    for line in lines:
        taken = min(missing, left[line.line])
        if taken:
            left[line.line] -= taken
            missing -= taken
            yield line, taken
        if not missing:
            return


def _soonest(rack: Rack) -> tuple[int, str]:
    return (rack.due if rack.due is not None else 0, rack.key)


def _needs(problem: Problem, rack: Rack) -> dict[str, int]:
    """Return what a rack still has to get of each part."""
    template = next(one for one in problem.templates if one.key == rack.template)
    first = rack.progress.done + (1 if rack.progress.running else 0)
    ahead = {step.code for step in template.steps[first:]}
    needs: dict[str, int] = defaultdict(int)
    for material in template.materials:
        if material.step in ahead:
            needs[material.part] += material.quantity
    for part, quantity in rack.materials_reserved:
        needs[part] = max(0, needs[part] - quantity)
    return needs
