"""How fast a plan's import rises and falls: counted beside the rules, not one of them.

No decoder can keep a limit on the difference of two neighbouring minutes, so nothing is
refused for it; around the events of a grid the capacity itself is a staircase.
"""

from dataclasses import dataclass

import numpy as np

from scheduling.engine.blocks import permille
from scheduling.engine.problem import Problem
from scheduling.engine.schedule import Schedule
from scheduling.engine.shedding import site_load
from scheduling.engine.units import Minutes, Watts


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
    minutes = max((step.end for step in schedule.steps), default=0) + 1
    skip = -problem.prices.averaging_begun % averaging
    wanted = max(0, -(-(minutes - skip) // averaging) * averaging)
    load = site_load(problem, schedule, window=(0, skip + wanted))
    means = load[skip:].reshape(-1, averaging).mean(axis=1)
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


def _before(problem: Problem) -> int:
    """Return what a site takes just before minute 0."""
    templates = {one.key: one for one in problem.templates}
    total = problem.base_load.at(0)
    for rack in problem.racks:
        template = templates.get(rack.template)
        if template is not None and rack.progress.running is not None:
            draw = template.steps[rack.progress.done].draw
            total += permille(draw, template.site_permille)
    return total
