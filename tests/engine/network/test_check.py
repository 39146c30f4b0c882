"""The referee of the general form: each rule kept, exactly at its limit, and broken."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.engine.network.check import breaches, score
from scheduling.engine.network.problem import (
    Job,
    Lag,
    Mode,
    Objective,
    Point,
    Resource,
    Stock,
)
from scheduling.engine.network.schedule import Score
from scheduling.engine.network.solve import solve_network
from scheduling.engine.profile import StepFunction, constant
from tests.builders.networks import (
    a_network,
    a_plan,
    a_tiny_network,
    an_activity,
    is_allowed,
)

TWO = (an_activity("A"), an_activity("B"))


def _found(problem, **starts):
    """Return rule, object and amount of each breach."""
    return [
        (one.rule, one.object, one.amount)
        for one in breaches(problem, a_plan(**starts))
    ]


def test_two_on_one_unit_run_one_after_the_other():
    problem = a_network(TWO)

    assert _found(problem, A=(0, 2), B=(2, 4)) == []
    assert _found(problem, A=(0, 2), B=(1, 3)) == [("capacity", "R", 1)]


def test_capacity_that_falls_binds_from_that_tick_on():
    falling = Resource(key="R", capacity=StepFunction(times=(0, 2), values=(1, 0)))
    problem = a_network(resources=(falling,))

    assert _found(problem, A=(0, 2)) == []
    assert _found(problem, A=(1, 3)) == [("capacity", "R", 1)]


def test_every_activity_stands_once_and_no_other():
    problem = a_network(TWO)

    assert _found(problem, A=(0, 2)) == [("complete", "B", 1)]
    assert _found(problem, A=(0, 2), B=(2, 4), C=(4, 5)) == [("complete", "C", 1)]


def test_an_activity_takes_its_mode_s_duration_in_its_window():
    problem = a_network([an_activity(release=1, deadline=4)], horizon=4)

    assert _found(problem, A=(2, 4)) == []
    assert _found(problem, A=(1, 4)) == [("duration", "A", 1)]
    assert _found(problem, A=(0, 2)) == [("time", "A", 1)]
    assert _found(problem, A=(3, 5)) == [("time", "A", 1), ("time", "A", 1)]


def test_a_job_s_activities_wait_for_its_release():
    problem = a_network([an_activity(job="J")], jobs=(Job(key="J", release=3),))

    assert _found(problem, A=(3, 5)) == []
    assert _found(problem, A=(2, 4)) == [("time", "A", 1)]


@pytest.mark.parametrize(
    ("of", "to", "apart"),
    [
        (Point.END, Point.START, (5, 7)),
        (Point.START, Point.START, (3, 5)),
        (Point.END, Point.END, (3, 5)),
        (Point.START, Point.END, (1, 3)),
    ],
)
def test_a_lag_of_three_is_measured_between_its_moments(of, to, apart):
    lag = Lag(before="A", after="B", least=3, most=3, of=of, to=to)
    problem = a_network(
        TWO, lags=(lag,), resources=(Resource(key="R", capacity=constant(2)),)
    )
    start, end = apart

    assert _found(problem, A=(0, 2), B=(start, end)) == []
    assert _found(problem, A=(0, 2), B=(start - 1, end - 1)) == [("lag", "B", 1)]
    assert _found(problem, A=(0, 2), B=(start + 1, end + 1)) == [("lag", "B", 1)]


def test_modes_use_up_no_more_than_the_stock():
    mode = Mode(duration=1, consumes=(("N", 2),))
    problem = a_network(
        [an_activity("A", modes=(mode,)), an_activity("B", modes=(mode,))],
        stocks=(Stock(key="N", quantity=4),),
    )

    assert _found(problem, A=(0, 1), B=(0, 1)) == []
    short = replace(problem, stocks=(Stock(key="N", quantity=3),))
    assert _found(short, A=(0, 1), B=(0, 1)) == [("stock", "N", 1)]


def test_tardiness_is_weighted_and_flow_counts_from_release():
    problem = a_network(
        [an_activity("A", job="J"), an_activity("B", job="K")],
        jobs=(Job(key="J", due=1, weight=3), Job(key="K", release=1)),
        objective=Objective.TARDINESS,
    )

    assert score(problem, a_plan(A=(0, 2), B=(2, 4))) == Score(3, 5)
    assert score(replace(problem, objective=Objective.MAKESPAN), a_plan(A=(0, 2))) == (
        Score(2)
    )


def test_two_hundred_mutants_of_valid_plans_are_judged_as_tick_by_tick():
    chance = Random(7)
    judged = caught = 0
    for seed in range(60):
        problem = a_tiny_network(seed)
        outcome = solve_network(problem, time_limit_s=0.3, workers=1)
        if outcome.schedule is None:
            continue
        for _ in range(5):
            rows = list(outcome.schedule.assignments)
            at = chance.randrange(len(rows))
            shift = chance.choice([-3, -2, -1, 1, 2, 3])
            rows[at] = replace(
                rows[at], start=rows[at].start + shift, end=rows[at].end + shift
            )
            mutant = replace(outcome.schedule, assignments=tuple(rows))
            is_legal = is_allowed(problem, rows) and all(
                one.start >= 0 and one.end <= problem.horizon for one in rows
            )
            assert (not breaches(problem, mutant)) == is_legal
            judged, caught = judged + 1, caught + (not is_legal)
    assert judged >= 200
    assert caught >= 100


def test_fifty_thousand_intervals_are_judged_without_a_breach():
    count = 50_000
    activities = [an_activity(f"A{at}", duration=1) for at in range(count)]
    problem = a_network(activities)
    plan = a_plan(**{f"A{at}": (at, at + 1) for at in range(count)})

    assert breaches(problem, plan) == ()
