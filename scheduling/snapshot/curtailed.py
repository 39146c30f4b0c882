"""What a curtailment makes of tests under way: cut in two, one step in the rows."""

from collections.abc import Mapping

from factory.models import Site
from scheduling.engine.cut import MARK, model_of, step_of
from scheduling.engine.problem import Problem
from scheduling.models import GridContract

Steps = Mapping[tuple[str, str], int]
"""Primary keys of routing steps by template key and code."""


def may_cut(site: Site) -> bool:
    """Return whether tests may be paused at a tray boundary. One query."""
    return not GridContract.objects.filter(
        site=site, cuts_function_tests=False
    ).exists()


def with_cut(steps: Steps, problem: Problem) -> Steps:
    """Return the way back to routing steps, for racks with a routing of their own too.

    The rest of a cut step is the same step of the routing.
    """
    own = [one for one in problem.templates if MARK in one.key]
    return {
        **steps,
        **{
            (template.key, step.code): steps[model_of(template.key), step_of(step.code)]
            for template in own
            for step in template.steps
        },
    }
