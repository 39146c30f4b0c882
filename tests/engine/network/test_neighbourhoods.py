"""Parts of a plan solved anew: what stays keeps its order, what changes is better."""

from math import inf

import numpy as np
import pytest

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.bound import bound
from scheduling.engine.network.check import breaches
from scheduling.engine.network.cpsat import neighbourhood
from scheduling.engine.network.cpsat.effort import Effort
from scheduling.engine.network.cpsat.freed import Freer
from scheduling.engine.network.cpsat.model import Model
from scheduling.engine.network.cpsat.neighbourhood import Neighbourhoods
from scheduling.engine.network.cpsat.rules import kept
from scheduling.engine.network.cpsat.solve import Prover
from scheduling.engine.network.encode import lay_out
from scheduling.engine.network.outcome import NetworkStatus
from scheduling.engine.network.problem import Lag, Mode, Resource
from scheduling.engine.network.search.record import Record
from scheduling.engine.network.solve import solve_network
from scheduling.engine.profile import constant
from tests.builders.networks import (
    a_network,
    a_tiny_network,
    an_activity,
    brute_force,
)


def started(problem):
    """Return a layout and a record with some plan, or with none where none is."""
    layout, found = lay_out(problem), bound(problem)
    record = Record(deadline=inf, floor=found.score, reason=found.reason)
    any_plan = Effort(seconds=60, workers=1, seed=1, ticks=5.0, is_start=True)
    Prover(layout, record, any_plan).run()
    return layout, record


def chained(count):
    """Return activities in pairs that may not be far apart, on two resources."""
    keys = [f"A{at}" for at in range(count)]
    activities = [
        an_activity(
            key,
            modes=(
                Mode(duration=1 + at % 3, uses=(("R", 2),)),
                Mode(duration=2 + at % 3, uses=(("S", 1),)),
            ),
        )
        for at, key in enumerate(keys)
    ]
    lags = tuple(
        Lag(before=keys[at], after=keys[at + 1], most=2)
        for at in range(0, count - 1, 2)
    )
    pools = (
        Resource(key="R", capacity=constant(3)),
        Resource(key="S", capacity=constant(2)),
    )
    return a_network(activities, lags=lags, resources=pools)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_neighbourhoods_of_tiny_problems_end_at_the_best_plan_and_prove_it(first):
    improved = 0
    for seed in range(first, first + 20):
        try:
            problem = a_tiny_network(seed)
        except InvalidProblemError:
            continue
        layout, record = started(problem)
        before = record.best
        Neighbourhoods(
            layout, record, Effort(seconds=60, workers=1, seed=seed, ticks=5.0)
        ).run()

        best = brute_force(problem)
        if best is None:
            assert record.best is None
        else:
            assert record.best.score == best
            assert record.is_proved
            plan = layout.schedule(record.best.start, record.best.mode)
            assert breaches(problem, plan) == ()
            improved += record.best is not before
    assert improved


def test_small_neighbourhoods_improve_a_plan_step_by_step(monkeypatch):
    monkeypatch.setattr(neighbourhood, "FIRST_SIZE", 6.0)
    problem = chained(24)
    layout, record = started(problem)
    before = record.best.score

    search = Neighbourhoods(
        layout, record, Effort(seconds=60, workers=1, seed=2, ticks=0.5)
    )
    search.run()

    plan = layout.schedule(record.best.start, record.best.mode)
    assert breaches(problem, plan) == ()
    assert record.best.score < before
    assert record.best.found_by == neighbourhood.NAME


@pytest.mark.parametrize("kind", Freer.kinds)
def test_a_neighbourhood_has_the_size_asked_for(kind):
    layout, record = started(chained(12))
    freer = Freer(layout, np.random.default_rng(1))

    for size in (4, 12):
        assert len(freer.draw(kind, record.best, size)) == size


def test_what_is_kept_hands_its_units_on_in_the_plans_order():
    problem = a_network(
        [an_activity(key, uses=(("R", 1),)) for key in "ABC"],
        resources=(Resource(key="R", capacity=constant(1)),),
    )
    layout = lay_out(problem)
    record = Record(deadline=inf, floor=bound(problem).score, reason="")
    rows = []
    for free in (set(), {1}):
        model = Model(layout, None, record.floor)
        before = len(model.cp.proto.constraints)
        kept.add(
            model.cp,
            problem,
            model.variables,
            starts=[4, 2, 0],
            modes=[0, 0, 0],
            free=free,
        )
        rows.append(len(model.cp.proto.constraints) - before)

    # C to B to A; without B, C to A.
    assert rows == [2, 1]


def test_a_problem_with_maximum_lags_is_searched_in_neighbourhoods_by_two(monkeypatch):
    ran = []
    monkeypatch.setattr(Neighbourhoods, "run", lambda search: ran.append(search.stop))
    monkeypatch.setattr(Prover, "run", _only_starts)

    outcome = solve_network(chained(24), time_limit_s=600.0, workers=2)

    assert outcome.status is NetworkStatus.FEASIBLE
    assert outcome.found_by == "cp_sat"
    assert len(ran) == 2


_run = Prover.run


def _only_starts(prover):
    """Run what looks for a first plan, nothing else."""
    if prover.effort.is_start:
        _run(prover)
