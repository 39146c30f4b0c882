"""Rule: a rack holds one bay that takes it, for a stay of limited length."""

from ortools.sat.python import cp_model

from scheduling.engine.cpsat.rules.limits import Use, at_most
from scheduling.engine.cpsat.variables import Variables, spanning
from scheduling.engine.decode.pools import Pool, group_bays
from scheduling.engine.problem import Problem, Session
from scheduling.engine.profile import StepFunction


def add(model: cp_model.CpModel, problem: Problem, variables: Variables) -> None:
    """Add the bays, interchangeable ones as a pool.

    A rack not yet in a bay takes exactly one pool that takes its model, from the first
    bay step's start to the last one's end, and stays no longer than allowed.

    ``sum(in[r, p] for p) = 1``; ``sum(in[r, p] for r there at m) <= bays[p, m]``;
    ``end[last] - start[first] <= stay``.
    """
    pools = group_bays(problem)
    uses: list[list[Use]] = [[] for _ in pools]
    for key in variables.steps:
        held = variables.held(key, Session.BAY)
        if not held or held[0].rack.progress.bay or any(one.is_fact for one in held):
            continue
        model.add(held[-1].end - held[0].start <= problem.bay_stay_limit)
        draw = max(one.step.draw for one in held)
        choices = []
        for at, pool in enumerate(pools):
            if not _takes(pool, held[0].template.key, draw):
                continue
            chosen = model.new_bool_var(f"{key} in {pool.keys[0]}")
            name = f"{key} stays in {pool.keys[0]}"
            interval = spanning(
                model,
                held[0],
                held[-1],
                name=name,
                horizon=problem.horizon,
                chosen=chosen,
            )
            choices.append(chosen)
            uses[at].append((interval, 1))
        model.add_exactly_one(choices)
    for pool, taken in zip(pools, uses, strict=True):
        many = StepFunction(
            times=pool.bay.capacity.times,
            values=tuple(one * len(pool.keys) for one in pool.bay.capacity.values),
        )
        at_most(model, pool.keys[0], many, problem.horizon, taken)


def _takes(pool: Pool, model_key: str, draw: int) -> bool:
    return model_key in pool.bay.models and pool.bay.limit >= draw
