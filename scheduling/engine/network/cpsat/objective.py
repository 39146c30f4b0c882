"""What CP-SAT minimises: the makespan, or weighted tardiness and then flow."""

from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.variables import Variables
from scheduling.engine.network.links import members
from scheduling.engine.network.problem import Network, Objective
from scheduling.engine.network.schedule import Score


def add(
    model: cp_model.CpModel,
    problem: Network,
    variables: Variables,
    *,
    best: Score | None,
    floor: Score,
) -> cp_model.IntVar:
    """Minimise; return the variable that is minimised.

    Tardiness: ``sum of weight * max(0, end - due)`` alone while it can be more than 0;
    where the best plan has reached the least there is, the flow under that limit.

    Args:
        model: Takes the objective.
        problem: The question.
        variables: Of the model.
        best: What is already known.
        floor: What no plan can beat.
    """
    horizon = variables.horizon
    if problem.objective is Objective.MAKESPAN:
        # A floor past the horizon says that there is no plan; CP-SAT finds that too.
        least = min(floor.objective, horizon)
        last = model.new_int_var(least, horizon, "makespan")
        model.add_max_equality(last, variables.end)
        model.minimize(last)
        return last
    ends = _job_ends(model, problem, variables)
    most = sum(job.weight for job in problem.jobs) * horizon
    late = model.new_int_var(min(floor.objective, most), most, "tardiness")
    model.add(late == sum(_tardiness(model, problem, ends, horizon)))
    if best is None or best.objective > floor.objective:
        model.minimize(late)
        return late
    model.add(late <= best.objective)
    longest = horizon * len(problem.jobs)
    flow = model.new_int_var(min(floor.flow, longest), longest, "flow")
    released = sum(job.release for job in problem.jobs)
    model.add(flow == sum(ends) - released)
    model.minimize(flow)
    return flow


def _job_ends(
    model: cp_model.CpModel, problem: Network, variables: Variables
) -> list[cp_model.IntVar]:
    """Return when each job ends."""
    ends = []
    for job, places in zip(problem.jobs, members(problem), strict=True):
        end = model.new_int_var(job.release, max(job.release, variables.horizon), "")
        for at in places:
            model.add(end >= variables.end[at])
        ends.append(end)
    return ends


def _tardiness(
    model: cp_model.CpModel,
    problem: Network,
    ends: list[cp_model.IntVar],
    horizon: int,
) -> list[cp_model.LinearExprT]:
    """Return what each job with a due date costs."""
    costs: list[cp_model.LinearExprT] = []
    for job, end in zip(problem.jobs, ends, strict=True):
        if job.due is not None and job.weight:
            late = model.new_int_var(0, horizon, "")
            model.add(late >= end - job.due)
            costs.append(job.weight * late)
    return costs
