"""Small problems solved to proof: what must hold between a problem and its likeness."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.outcome import NetworkStatus
from scheduling.engine.network.solve import solve_network, warm
from scheduling.engine.profile import StepFunction
from tests.builders.networks import a_tiny_network

TIMES = 3
IN_TEST, IN_SOAK = 100, 1_700
"""Problems; each is held against three likenesses of itself."""


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm()


def proved(problem):
    """Return the optimum, or None where there is no plan."""
    outcome = solve_network(problem, time_limit_s=5.0, workers=1, is_deterministic=True)
    if outcome.status is NetworkStatus.INFEASIBLE:
        return None
    assert outcome.status is NetworkStatus.OPTIMAL
    return outcome.score


def stretched(problem):
    """Return a problem in which everything takes three times as long."""

    def later(amount):
        return StepFunction(
            times=tuple(TIMES * time for time in amount.times), values=amount.values
        )

    def times(value):
        return None if value is None else TIMES * value

    return replace(
        problem,
        activities=tuple(
            replace(
                one,
                release=times(one.release),
                deadline=times(one.deadline),
                modes=tuple(
                    replace(mode, duration=times(mode.duration)) for mode in one.modes
                ),
            )
            for one in problem.activities
        ),
        resources=tuple(
            replace(one, capacity=later(one.capacity)) for one in problem.resources
        ),
        jobs=tuple(
            replace(job, release=times(job.release), due=times(job.due))
            for job in problem.jobs
        ),
        lags=tuple(
            replace(lag, least=times(lag.least), most=times(lag.most))
            for lag in problem.lags
        ),
        horizon=times(problem.horizon),
    )


def roomier(problem, seed):
    """Return a problem with one more of some resource, always."""
    chosen = Random(seed).randrange(len(problem.resources))
    resources = list(problem.resources)
    capacity = resources[chosen].capacity
    more = replace(capacity, values=tuple(value + 1 for value in capacity.values))
    resources[chosen] = replace(resources[chosen], capacity=more)
    return replace(problem, resources=tuple(resources))


def renamed(problem):
    """Return the same problem with other names of activities and jobs."""
    return replace(
        problem,
        activities=tuple(
            replace(one, key=f"x{one.key}", job=f"y{one.job}" if one.job else "")
            for one in problem.activities
        ),
        jobs=tuple(replace(job, key=f"y{job.key}") for job in problem.jobs),
        lags=tuple(
            replace(lag, before=f"x{lag.before}", after=f"x{lag.after}")
            for lag in problem.lags
        ),
    )


def hold(seeds):
    """Hold problems against their likenesses; return how many were."""
    count = 0
    for seed in seeds:
        try:
            problem = a_tiny_network(seed)
        except InvalidProblemError:
            continue
        best = proved(problem)
        longer, looser = proved(stretched(problem)), proved(roomier(problem, seed))
        assert proved(renamed(problem)) == best, seed
        if best is None:
            assert longer is None, seed
        else:
            assert longer.objective == TIMES * best.objective, seed
            assert longer.flow == TIMES * best.flow, seed
            assert looser is not None, seed
            assert looser <= best, seed
        count += 1
    return count


@pytest.mark.parametrize("first", range(0, IN_TEST, 25))
def test_time_capacity_and_names_mean_what_they_should(first):
    assert hold(range(first, first + 25)) > 20


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, IN_SOAK, 100))
def test_thousands_of_likenesses_hold(first):
    assert hold(range(50_000 + first, 50_100 + first)) > 80
