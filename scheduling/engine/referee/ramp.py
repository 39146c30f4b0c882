"""How fast a plan's import rises and falls: counted beside the rules, not one of them.

No decoder can keep a limit on the difference of two neighbouring minutes, so nothing is
refused for it; around the events of a grid the capacity itself is a staircase.
"""

from dataclasses import dataclass

import numpy as np

from scheduling.engine.problem import Problem
from scheduling.engine.schedule import Schedule
from scheduling.engine.units import FULL_PERMILLE, Minutes, Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """The steepest of a plan, from one mean of import to the next.

    Attributes:
        rise: Most watts by which a mean is above the one before; at least 0.
        rise_at: The first minute of that mean.
        fall: Most watts by which a mean is below the one before; at least 0.
        fall_at: The first minute of that mean.
    """

    rise: Watts
    rise_at: Minutes
    fall: Watts
    fall_at: Minutes


def ramp(problem: Problem, schedule: Schedule, *, averaging: int = 1) -> Ramp:
    """Return how fast a plan's import rises and falls at most, base load included.

    Minute by minute, what starts at minute 0 counts as well: before it the site takes
    its base load and what is under way, at full power. Means of more than a minute are
    compared where both lie in the plan. The last mean is that in which the last step
    ends.

    Args:
        problem: What was planned.
        schedule: The plan.
        averaging: Minutes of a mean; 1, or the contract's window.
    """
    imports = _imports(problem, schedule)
    skip = -problem.prices.averaging_begun % averaging
    wanted = -(-(len(imports) - skip) // averaging) * averaging
    base = _base(problem, skip + max(0, wanted))
    base[: len(imports)] += imports
    means = base[skip:].reshape(-1, averaging).mean(axis=1)
    at = skip
    if averaging == 1:
        means = np.concatenate(([_before(problem)], means))
        at -= 1
    steps = np.diff(means, prepend=means[:1])
    if not len(steps):
        steps = np.zeros(1)
    up, down = int(steps.argmax()), int(steps.argmin())
    return Ramp(
        rise=Watts(round(steps[up])),
        rise_at=Minutes(at + up * averaging),
        fall=Watts(round(-steps[down])),
        fall_at=Minutes(at + down * averaging),
    )


def _imports(problem: Problem, schedule: Schedule) -> np.ndarray:
    """Return watts of bays and their cooling, minute by minute."""
    templates = {one.key: one for one in problem.templates}
    site = {one.key: templates[one.template].site_permille for one in problem.racks}
    until = max((step.end for step in schedule.steps), default=0)
    changes = np.zeros(until + 1, np.int64)
    for step in schedule.steps:
        for phase in step.phases if step.bay else ():
            watts = -(-phase.draw * site[step.rack] // FULL_PERMILLE)
            changes[phase.start] += watts
            changes[phase.end] -= watts
    return changes.cumsum()


def _base(problem: Problem, minutes: int) -> np.ndarray:
    """Return the base load, minute by minute."""
    found = np.zeros(minutes, np.int64)
    for start, end, watts in problem.base_load.pieces(minutes):
        found[start:end] = watts
    return found


def _before(problem: Problem) -> int:
    """Return what a site takes just before minute 0."""
    templates = {one.key: one for one in problem.templates}
    total = problem.base_load.at(0)
    for rack in problem.racks:
        template = templates.get(rack.template)
        if template is not None and rack.progress.running is not None:
            draw = template.steps[rack.progress.done].draw
            total += -(-draw * template.site_permille // FULL_PERMILLE)
    return total
