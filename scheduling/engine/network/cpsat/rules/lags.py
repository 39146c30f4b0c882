"""Two activities are as far apart as their lag says."""

from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.variables import Variables
from scheduling.engine.network.problem import Network, Point


def add(model: cp_model.CpModel, problem: Network, variables: Variables) -> None:
    """State each lag.

    ``least <= to(after) - of(before) <= most``
    """
    index = {one.key: at for at, one in enumerate(problem.activities)}
    for lag in problem.lags:
        i, j = index[lag.before], index[lag.after]
        begun = variables.end[i] if lag.of is Point.END else variables.start[i]
        reached = variables.end[j] if lag.to is Point.END else variables.start[j]
        if lag.least > -variables.horizon:
            model.add(reached - begun >= lag.least)
        if lag.most is not None:
            model.add(reached - begun <= lag.most)
