"""Lets nothing out that the referee refuses: who makes a breach is left out."""

from collections.abc import Collection

from scheduling.engine.check import breaches, made
from scheduling.engine.errors import NoPlanError
from scheduling.engine.problem import Problem
from scheduling.engine.schedule import Schedule, Unplannable


def proved(problem: Problem, schedule: Schedule) -> Schedule:
    """Return a schedule without breaches it made; racks that make one are left out.

    Raises:
        NoPlanError: If a breach names no rack that could be left out.
    """
    left_out = schedule.unplannable
    while found := made(breaches(problem, schedule)):
        placed = {step.rack for step in schedule.steps}
        guilty = _guilty(found[0].object, found[0].sentence, placed)
        if not guilty:
            raise NoPlanError(found[0].sentence)
        for rack in guilty:
            left_out = (
                *left_out,
                Unplannable(
                    rack=rack, code="breach", sentence=found[0].sentence, limit="frozen"
                ),
            )
        known = {one.rack for one in left_out}
        schedule = Schedule(
            steps=tuple(step for step in schedule.steps if step.rack not in known),
            pegs=tuple(peg for peg in schedule.pegs if peg.rack not in known),
            unplannable=left_out,
        )
    return schedule


def _guilty(about: str, sentence: str, placed: Collection[str]) -> list[str]:
    """Return a planned rack that a breach names, the last one if there are several."""
    words = {*about.replace(":", " ").replace(",", " ").split(), about}
    words |= set(sentence.replace(",", " ").replace(":", " ").split())
    return sorted(rack for rack in placed if rack in words)[-1:]
