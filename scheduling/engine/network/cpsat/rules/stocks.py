"""The modes chosen use up no more of a stock than there is."""

from ortools.sat.python import cp_model

from scheduling.engine.network.cpsat.variables import Variables
from scheduling.engine.network.problem import Network


def add(model: cp_model.CpModel, problem: Network, variables: Variables) -> None:
    """State each stock: ``sum of amount * chosen <= quantity``."""
    used: dict[str, list[cp_model.LinearExprT]] = {
        one.key: [] for one in problem.stocks
    }
    for activity, chosen in zip(problem.activities, variables.chosen, strict=True):
        for mode, literal in zip(activity.modes, chosen, strict=True):
            for key, amount in mode.consumes:
                used[key].append(amount * literal)
    for stock in problem.stocks:
        if used[stock.key]:
            model.add(sum(used[stock.key]) <= stock.quantity)
