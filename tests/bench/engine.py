"""The engine alone, without a database: first plans, cost against rules, memory."""

import resource
from collections.abc import Callable
from statistics import median
from time import monotonic

from scheduling.engine.check import breaches, made
from scheduling.engine.solve import Outcome, solve, warm
from tests.builders.demo_site import a_demo_like_problem

SEEDS = (1, 2, 3)
COST_SHARE = 0.9
FIRST_PLAN_S = {120: 1.0, 1_000: 1.0, 10_000: 5.0}
MEMORY_MB = 1_024
KILOBYTES_A_MB = 1_024
Line = tuple[str, str, str]
"""Figure, goal, result."""


def rows(seconds: float) -> list[Line]:
    """Return the engine's figures; searches of 120 racks take ``seconds`` each."""
    warm()
    found = _cost_rows(seconds)
    for racks, goal in FIRST_PLAN_S.items():
        found.append(_first_plan(racks, goal))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES_A_MB
    found.append(("memory of all of it", f"≤ {MEMORY_MB:,} MB", f"{memory:,} MB"))
    return found


def _search(racks: int, seconds: float, seed: int) -> Outcome:
    problem = a_demo_like_problem(racks, curtailed=True)
    outcome = solve(problem, time_limit_s=seconds, seed=seed, workers=2)
    if outcome.schedule is None or made(breaches(problem, outcome.schedule)):
        raise ValueError(f"{racks} racks, seed {seed}: the plan is refused.")
    return outcome


def _cost_rows(seconds: float) -> list[Line]:
    outcomes = [_search(120, seconds, seed) for seed in SEEDS]

    def each(read: Callable[[Outcome], float]) -> str:
        """Return the median, and every seed's figure in their order."""
        values = [read(outcome) for outcome in outcomes]
        listed = ", ".join(f"{value:.3f}" for value in values)
        return f"{median(values):.3f} (seeds {SEEDS}: {listed})"

    return [
        (
            f"120 racks, {seconds:g} s: cost ÷ best of six rules",
            f"≤ {COST_SHARE}",
            each(lambda one: (one.objective or 0) / (one.best_rule or 1)),
        ),
        (
            f"120 racks, {seconds:g} s: (cost − bound) ÷ cost",
            "–",
            each(lambda one: one.gap or 0.0),
        ),
        (
            f"120 racks, {seconds:g} s: moves a second",
            "–",
            each(lambda one: one.moves / one.wall_s),
        ),
    ]


def _first_plan(racks: int, goal_s: float) -> Line:
    """Return how long the first refereed plan takes, encoding included."""
    problem = a_demo_like_problem(racks)
    began = monotonic()
    found: list[float] = []
    solve(
        problem,
        time_limit_s=0.0,
        workers=1,
        on_progress=lambda one: (
            found.append(monotonic() - began) if one.schedule else None
        ),
    )
    return (
        f"{racks:,} racks: first refereed plan",
        f"≤ {goal_s:g} s",
        f"{found[0]:.2f} s",
    )
