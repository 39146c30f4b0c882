"""Rule: the site imports no more than it may, in every minute."""

from ortools.sat.python import cp_model

from scheduling.engine.blocks import permille
from scheduling.engine.cpsat.rules.limits import Use, at_most
from scheduling.engine.cpsat.variables import Variables
from scheduling.engine.problem import Problem, ResourceKind


def add(model: cp_model.CpModel, problem: Problem, variables: Variables) -> None:
    """Add the import of all bays and their cooling.

    A step draws full power from start to end; a derated or paused soak draws nothing
    here, which is less than it does.

    ``sum(ceil(draw[k] * site_permille / 1000) for k at m) <= import[m]``.
    """
    sites = [one for one in problem.resources if one.kind is ResourceKind.SITE]
    if len(sites) != 1:
        return
    uses: list[Use] = []
    for one in variables.all_steps():
        if one.is_fact or one.is_manual or not one.step.draw:
            continue
        name = f"{one.rack.key} {one.step.code} power"
        watts = permille(one.step.draw, one.template.site_permille)
        if one.full is None:
            interval = model.new_fixed_size_interval_var(one.start, one.work, name)
        else:
            interval = model.new_optional_fixed_size_interval_var(
                one.start, one.work, one.full, name
            )
        uses.append((interval, watts))
    at_most(model, sites[0].key, sites[0].capacity, problem.horizon, uses)
