"""A move is judged beside its plan exactly as the referee judges the plan with it."""

import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest

from scheduling.engine.check import breaches, made
from scheduling.engine.moving import Judge, Move, UnknownMoveError, Verdict
from scheduling.engine.problem import Problem, ResourceKind
from scheduling.engine.profile import constant
from scheduling.engine.schedule import Schedule
from scheduling.engine.solve import solve
from tests.builders.demo_site import a_demo_like_problem

RACKS = 40
SHIFTS = (-4_000, -700, -60, -15, 15, 30, 60, 240, 1_440, 9_000)


@pytest.fixture(scope="module")
def plan() -> tuple[Problem, Schedule]:
    """Return a problem and a good plan of it."""
    problem = a_demo_like_problem(RACKS, curtailed=True)
    outcome = solve(problem, time_limit_s=30, max_moves=100)
    assert outcome.schedule is not None
    return problem, outcome.schedule


def with_the_move(schedule: Schedule, move: Move, verdict: Verdict) -> Schedule:
    """Return the whole plan with one rack's steps as the verdict has them."""
    steps = [step for step in schedule.steps if step.rack != move.rack]
    first = next(at for at, step in enumerate(schedule.steps) if step.rack == move.rack)
    steps[first:first] = verdict.steps
    return replace(schedule, steps=tuple(steps))


def a_move(problem: Problem, schedule: Schedule, random: Random) -> Move:
    """Return a move of some step, by some time, into some bay."""
    while True:
        step = random.choice(schedule.steps)
        start = step.start + random.choice(SHIFTS)
        if 0 <= start < problem.horizon:
            bay = random.choice(("", random.choice(problem.bays).key))
            return Move(
                rack=step.rack,
                step=step.step,
                start=start,
                bay=bay if step.bay else "",
            )


def with_limit(problem: Problem, key: str, amount: int) -> Problem:
    """Return a problem in which one shared limit has one amount at all times."""
    return replace(
        problem,
        resources=tuple(
            replace(one, capacity=constant(amount)) if one.key == key else one
            for one in problem.resources
        ),
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_verdict_is_the_referees(plan, seed):
    problem, schedule = plan
    judge = Judge(problem, schedule)
    random = Random(seed)
    verdicts = []

    for _ in range(25):
        move = a_move(problem, schedule, random)
        verdict = judge.verdict(move)
        verdicts.append(verdict.is_ok)
        whole = made(breaches(problem, with_the_move(schedule, move, verdict)))
        assert {one.sentence for one in verdict.breaches} == {
            one.sentence for one in whole
        }, move

    assert not all(verdicts)


def test_some_moves_are_allowed(plan):
    problem, schedule = plan
    judge = Judge(problem, schedule)
    last = [step for step in schedule.steps if step.step == "PACK"]

    verdicts = [
        judge.verdict(Move(rack=one.rack, step=one.step, start=one.start + shift))
        for one in last
        for shift in (0, 15, 1_440)
    ]

    assert any(verdict.is_ok for verdict in verdicts)
    assert all(verdict.is_ok for verdict in verdicts[::3])


def test_a_step_in_a_bay_takes_its_stay_along(plan):
    problem, schedule = plan
    soak = next(
        one for one in schedule.steps if one.step == "SOAK" and one.start > 3_000
    )

    verdict = Judge(problem, schedule).verdict(
        Move(rack=soak.rack, step="SOAK", start=soak.start + 60)
    )

    was = {one.step: one for one in schedule.steps if one.rack == soak.rack}
    moved = {one.step: one.start - was[one.step].start for one in verdict.steps}
    assert {step for step, by in moved.items() if by == 60} == {
        one.step for one in was.values() if one.bay
    }


def test_a_breach_names_limit_owner_and_who_gives_way(plan):
    problem, schedule = plan
    first, second = [
        one for one in schedule.steps if one.step == "SOAK" and one.start > 3_000
    ][:2]

    verdict = Judge(problem, schedule).verdict(
        Move(rack=first.rack, step="SOAK", start=second.start, bay=second.bay)
    )

    bay = [one for one in verdict.breaches if one.object == second.bay]
    assert bay
    assert bay[0].owner
    assert second.rack in bay[0].sentence
    assert second.rack in {one.rack for one in verdict.pushed}


def test_a_shared_limit_is_broken_by_one_watt_and_met_without_it(plan):
    problem, schedule = plan
    node = next(one.key for one in problem.resources if one.kind is ResourceKind.NODE)
    peak = max(Judge(problem, schedule)._total[node].levels)
    full = Judge(with_limit(problem, node, peak), schedule)
    move, excess = next(
        (move, max(over))
        for move in (a_move(problem, schedule, Random(seed)) for seed in range(900))
        if (over := [b.amount for b in full.verdict(move).breaches if b.object == node])
    )

    enough = Judge(with_limit(problem, node, peak + excess), schedule).verdict(move)
    short = Judge(with_limit(problem, node, peak + excess - 1), schedule).verdict(move)

    assert not [one for one in enough.breaches if one.object == node]
    found = [one for one in short.breaches if one.object == node]
    assert {(one.amount, one.unit) for one in found} == {(1, "W")}
    assert all(one.owner in one.sentence for one in found)


def test_the_racks_own_next_step_is_pushed(plan):
    problem, schedule = plan
    oba = next(one for one in schedule.steps if one.step == "OBA")

    verdict = Judge(problem, schedule).verdict(
        Move(rack=oba.rack, step="OBA", start=oba.start + 9_000)
    )

    assert (oba.rack, "PACK") in {(one.rack, one.step) for one in verdict.pushed}
    assert not verdict.is_ok


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rack": "R-NONE"}, "no rack R-NONE"),
        ({"step": "NOTHING"}, "no step NOTHING"),
        ({"bay": "bay:none"}, "no bay bay:none"),
        ({"start": -1}, "outside the plan"),
        ({"start": 10**12}, "outside the plan"),
    ],
)
def test_what_the_plan_does_not_know_is_named(plan, change, words):
    problem, schedule = plan
    soak = next(one for one in schedule.steps if one.step == "SOAK")
    move = Move(rack=soak.rack, step="SOAK", start=soak.start)

    with pytest.raises(UnknownMoveError, match=words):
        Judge(problem, schedule).verdict(replace(move, **change))


def test_judging_needs_neither_solver_nor_compiler():
    code = (
        "import sys, scheduling.engine.moving;"
        "sys.exit(bool({'ortools', 'numba', 'django'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0
