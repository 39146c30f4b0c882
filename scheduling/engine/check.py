"""The referee: judges a schedule in plain arithmetic, sharing no code with the solver.

Every rule stands in a file of ``referee/``; ``docs/engine.md`` says them in words.
"""

from itertools import chain

from scheduling.engine.collector import paused
from scheduling.engine.problem import Problem
from scheduling.engine.referee import (
    bays,
    capacity,
    material,
    routing,
    soak,
    times,
    work,
)
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import open_case
from scheduling.engine.schedule import Schedule

__all__ = ["RULES", "Breach", "BreachKind", "Rule", "breaches", "made"]

RULES = (
    routing.breaches,
    times.breaches,
    work.breaches,
    soak.breaches,
    bays.breaches,
    capacity.breaches,
    material.breaches,
)


@paused()
def breaches(problem: Problem, schedule: Schedule) -> tuple[Breach, ...]:
    """Return every breach of every rule, by time, rule and object.

    The cost grows as steps × log(steps): 10,000 racks of 15 steps take seconds.
    """
    case = open_case(problem, schedule)
    found = chain.from_iterable(rule(case) for rule in RULES)
    return tuple(sorted(found, key=lambda one: (one.start, one.rule, one.object)))


def made(found: tuple[Breach, ...]) -> tuple[Breach, ...]:
    """Return the breaches that the plan made: none may be stored or shown."""
    return tuple(breach for breach in found if breach.kind is BreachKind.MADE)
