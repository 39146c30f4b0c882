"""The engine alone, without a database: first plans, cost against rules, memory."""

import resource
from collections.abc import Callable
from statistics import median
from time import monotonic

from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost_of_others
from scheduling.engine.cpsat.solve import Companion, Starts
from scheduling.engine.outcome import Progress
from scheduling.engine.solve import Outcome, solve, warm
from tests.builders.demo_site import a_demo_like_problem

SEEDS = (1, 2, 3)
COST_SHARE = 0.9
HINTED_SHARE = {100: 0.54, 300: 0.84}
"""Racks, and the share of hinted CP-SAT's cost that ours is to be at most."""
RULE_SHARE = {1_000: 0.925, 10_000: 0.945}
"""Racks, and the share of the best rule's cost that ours is to be at most."""
FIRST_PLAN_S = {30: 0.1, 120: 0.1, 1_000: 0.1, 10_000: 1.0}
MANY = 10_000
MEMORY_MB = 1_024
KILOBYTES_A_MB = 1_024
Line = tuple[str, str, str]
"""Figure, goal, result."""


def rows(seconds: float, *, is_quick: bool) -> list[Line]:
    """Return the engine's figures.

    Args:
        seconds: Of searches whose goal is for a minute; half as long against CP-SAT.
        is_quick: Whether to leave out the most racks.
    """
    warm()
    found: list[Line] = []
    for racks, goal in FIRST_PLAN_S.items():
        if racks < MANY or not is_quick:
            found += _first_plan(racks, goal)
    found += _cost_rows(seconds)
    for racks, share in RULE_SHARE.items():
        if racks < MANY or not is_quick:
            found.append(_against_rules(racks, seconds, share))
    # The peer's memory is not ours: it comes last.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES_A_MB
    found.append(("memory of all of it", f"≤ {MEMORY_MB:,} MB", f"{memory:,} MB"))
    for racks, share in HINTED_SHARE.items():
        found.append(_against_hinted(racks, seconds / 2, share))
    return found


def _against_rules(racks: int, seconds: float, share: float) -> Line:
    """Return what a search makes of the best dispatch rule's plan."""
    outcome = _search(racks, seconds, SEEDS[0])
    return (
        f"{racks:,} racks, {seconds:g} s: cost ÷ best dispatch rule tried",
        f"≤ {share}",
        _beside_bound(outcome, outcome.best_rule or 1),
    )


def _beside_bound(outcome: Outcome, other: int) -> str:
    """Return a plan's cost against another, and what no plan can undercut."""
    reached = (outcome.objective or 0) / other
    return f"{reached:.3f} (no plan is under {outcome.bound / other:.3f})"


def _against_hinted(racks: int, seconds: float, share: float) -> Line:
    """Return our cost against CP-SAT's, which starts from the best rule's plan.

    CP-SAT's own figure is taken as it is, though its model leaves rules out: a plan
    that keeps them all may cost more.
    """
    problem = a_demo_like_problem(racks, curtailed=True)
    begun = solve(problem, time_limit_s=0.0, max_moves=0)
    if begun.schedule is None:
        raise ValueError(f"{racks} racks: no rule has a plan.")
    hint: Starts = {}
    for one in begun.schedule.steps:
        hint.setdefault(one.rack, []).append(one.start)
    left_out = {one.rack for one in begun.schedule.unplannable}
    peer = Companion(
        problem=problem,
        racks=tuple(rack for rack in problem.racks if rack.key in hint),
        seed=SEEDS[0],
        workers=2,
        limit_s=seconds,
        constant=cost_of_others(problem, left_out),
    )
    peer.tell(hint)
    peer.join()
    found = peer.fetch()
    costs = [cost for cost in (found.objective, begun.objective) if cost is not None]
    shown = _beside_bound(_search(racks, seconds, SEEDS[0]), min(costs))
    word = "its own" if found.objective is not None else "no plan, so the hint's"
    return (
        f"{racks:,} racks, {seconds:g} s: cost ÷ that of hinted CP-SAT",
        f"≤ {share}",
        f"{shown}; {word} {min(costs):,} cents",
    )


def _search(racks: int, seconds: float, seed: int) -> Outcome:
    problem = a_demo_like_problem(racks, curtailed=True)
    outcome = solve(problem, time_limit_s=seconds, seed=seed, workers=2)
    if outcome.schedule is None or made(breaches(problem, outcome.schedule)):
        raise ValueError(f"{racks} racks, seed {seed}: the plan is refused.")
    return outcome


def _cost_rows(seconds: float) -> list[Line]:
    """Return what searches of 120 racks reach with each seed."""
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


def _first_plan(racks: int, goal_s: float) -> list[Line]:
    """Return how long the first plan takes: placed and priced, then refereed.

    From the frozen problem to every rack's place and the plan's cost: inspection,
    arrays, and one rule. Written down and refereed it is when it may be stored. The
    worker is warm: it has planned as many racks before.
    """
    problem = a_demo_like_problem(racks)
    solve(problem, time_limit_s=0.0, workers=1)
    began = monotonic()
    placed: list[float] = []
    refereed: list[float] = []

    def note(one: Progress) -> None:
        found = placed if one.schedule is None else refereed
        found.append(monotonic() - began)

    solve(problem, time_limit_s=0.0, workers=1, on_progress=note)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES_A_MB
    return [
        (
            f"{racks:,} racks: first plan, every rack placed and priced",
            f"≤ {goal_s:g} s",
            f"{placed[0]:.3f} s",
        ),
        (
            f"{racks:,} racks: the same, written down and refereed",
            "–",
            f"{refereed[0]:.2f} s; memory of the process so far {memory:,} MB",
        ),
    ]
