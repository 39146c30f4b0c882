"""How CP-SAT is told to begin searching soon."""

from ortools.sat.python import cp_model


def make_lean(solver: cp_model.CpSolver) -> None:
    """Leave out what takes longer on a whole site than a search lasts.

    That is presolve to its end, probing, looking for symmetry, and linear relaxation.
    """
    parameters = solver.parameters
    parameters.max_presolve_iterations = 1
    parameters.cp_model_probing_level = 0
    parameters.symmetry_level = 0
    parameters.linearization_level = 0
    parameters.catch_sigint_signal = False
