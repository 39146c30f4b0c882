"""Generated problems: every plan is legal, and the figures keep their order."""

from dataclasses import replace

import pytest

from scheduling.engine.alter import with_resource
from scheduling.engine.bound import cost_floor
from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.incumbent import places_of
from scheduling.engine.decode.render import render
from scheduling.engine.improve import Improver
from scheduling.engine.lifting.lift import AMPLE
from scheduling.engine.lifting.resolve import Resolver, without_change
from scheduling.engine.profile import constant
from scheduling.engine.rules import order_by
from scheduling.engine.solve import UNREADABLE, solve
from scheduling.engine.validate import inspect
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.instances import a_random_problem
from tests.builders.problems import prices, soak_rule

IN_TEST, IN_SOAK, BATCH = 300, 5_000, 50
TIMES = 3


def plans_are_legal(seeds):
    """Plan generated problems; return how many plans the referee has passed."""
    passed = 0
    for seed in seeds:
        problem = a_random_problem(seed, racks=3 + seed % 5)
        left_out = inspect(problem).unplannable
        board = Board(
            problem,
            left_out={one.rack for one in left_out},
            unread={one.rack for one in left_out if one.code in UNREADABLE},
        )
        board.decode(order_by("earliest_due_date", board.tables))
        improver = Improver(board, seed=seed)
        improver.make(8, 0.5)
        board.restore(improver.best_seats())
        schedule = render(board, left_out)
        assert made(breaches(problem, schedule)) == (), seed
        out = {one.rack for one in schedule.unplannable}
        assert cost_floor(problem, out).cents <= cost(problem, schedule).total, seed
        passed += 1
    return passed


@pytest.mark.parametrize("first", range(0, IN_TEST, BATCH))
def test_every_plan_of_a_generated_problem_is_legal_and_above_its_bound(first):
    assert plans_are_legal(range(first, first + BATCH)) == BATCH


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, IN_SOAK, 500))
def test_every_plan_of_thousands_of_problems_is_legal_and_above_its_bound(first):
    assert plans_are_legal(range(10_000 + first, 10_500 + first)) == 500


@pytest.mark.parametrize("seed", range(6))
def test_other_names_change_nothing(seed):
    problem = a_random_problem(seed, racks=5)
    renamed = replace(
        problem,
        racks=tuple(
            replace(rack, key=f"X-{rack.key}", order=f"Y-{rack.order}")
            for rack in problem.racks
        ),
    )

    one, two = (
        solve(each, time_limit_s=1, max_moves=30, seed=3) for each in (problem, renamed)
    )

    assert one.objective == two.objective
    assert one.bound == two.bound


def longer(amount):
    """Return a step function that changes three times as late."""
    return replace(amount, times=tuple(TIMES * time for time in amount.times))


def times(row, *names):
    """Return something with these minutes three times as long; None stays."""
    old = {name: getattr(row, name) for name in names}
    return replace(
        row,
        **{key: None if value is None else TIMES * value for key, value in old.items()},
    )


def stretched(problem):
    """Return a problem in which everything takes three times as long."""
    soak = times(problem.soak, "block", "resume")
    return replace(
        times(problem, "horizon", "bay_stay_limit"),
        soak=replace(soak, levels=tuple((p, TIMES * m) for p, m in soak.levels)),
        base_load=longer(problem.base_load),
        resources=tuple(
            replace(one, capacity=longer(one.capacity)) for one in problem.resources
        ),
        bays=tuple(replace(one, capacity=longer(one.capacity)) for one in problem.bays),
        calendars=tuple(
            replace(one, open=tuple((TIMES * a, TIMES * b) for a, b in one.open))
            for one in problem.calendars
        ),
        templates=tuple(
            replace(
                one, steps=tuple(times(step, "work", "allowance") for step in one.steps)
            )
            for one in problem.templates
        ),
        supplies=tuple(times(one, "available") for one in problem.supplies),
        racks=tuple(
            replace(
                times(rack, "received", "release", "due", "promise"),
                progress=replace(
                    times(rack.progress, "bay_since", "kit_started", "last_end"),
                    running=rack.progress.running
                    and times(rack.progress.running, "started", "remaining"),
                ),
            )
            for rack in problem.racks
        ),
    )


@pytest.mark.parametrize("seed", range(40))
def test_three_times_the_time_is_three_times_the_cost(seed):
    problem = replace(
        a_random_problem(seed, racks=5),
        # A short block at a lower level is rounded up to a minute.
        soak=soak_rule(levels=((100, 120),)),
        prices=prices(demand_per_kw=0, energy_per_mwh=0, broken_promise=0),
        curtailments=(),
    )
    found = []

    for one in (problem, stretched(problem)):
        left_out = inspect(one).unplannable
        board = Board(one, left_out={rack.rack for rack in left_out})
        board.decode(order_by("earliest_due_date", board.tables))
        plan = render(board, left_out)
        assert made(breaches(one, plan)) == ()
        found.append((plan, cost(one, plan).total))

    (plan, cents), (later, thrice) = found
    assert [(TIMES * s.start, TIMES * s.end) for s in plan.steps] == [
        (s.start, s.end) for s in later.steps
    ]
    assert abs(thrice - TIMES * cents) <= TIMES


def test_a_looser_problem_solved_from_the_tighter_plan_is_never_dearer():
    problem = without_change(a_demo_like_problem(40, curtailed=True))
    plan = solve(problem, time_limit_s=1, max_moves=20, seed=1).schedule
    before = cost(problem, plan).total
    places = places_of(problem, plan)

    for resource in problem.resources[::5]:
        looser = with_resource(
            problem, resource.key, lambda one: replace(one, capacity=constant(AMPLE))
        )
        resolver = Resolver(looser, places)
        again = resolver.schedule(resolver.solve(seed=1, moves=5))

        assert cost(looser, again).total <= before
        assert made(breaches(looser, again)) == ()
