"""Savings: solved again from the plan, refereed, never blamed on the wrong one."""

from dataclasses import replace

import pytest

from scheduling.engine.check import breaches, made
from scheduling.engine.cost import cost
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.incumbent import places_of, seat
from scheduling.engine.decode.render import render
from scheduling.engine.explain import attribute
from scheduling.engine.levers import cap, levers
from scheduling.engine.lifting.lift import lifted
from scheduling.engine.lifting.limits import Limit, binding
from scheduling.engine.lifting.pairs import Figure, figure
from scheduling.engine.lifting.resolve import Resolver, without_change
from scheduling.engine.savings import SEEDS, Study, savings
from scheduling.engine.solve import solve
from tests.builders.instances import a_random_problem
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_manual_step,
    a_material,
    a_problem,
    a_rack,
    a_supply,
    a_template,
    amount,
)

DAY = 1_440
MOVES = 12
ROUNDING = 6
"""Cents: six parts of a cost are rounded each, the board rounds their sum."""


def planned(problem, moves=40):
    return solve(problem, time_limit_s=1, max_moves=moves, seed=1).schedule


def limit_on(word, key):
    return Limit(word=word, key=key, label=key, owner="")


def material(part="part:x"):
    return limit_on("material", part)


def saving_of(problem, limit):
    (found,) = savings(problem, planned(problem), [limit], moves=MOVES)
    return found


def one_bay(*, arrives, racks=2, due=DAY, work=2 * DAY):
    """Return racks that share a bay; the last one's part arrives late."""
    return a_problem(
        templates=(
            a_template(
                steps=[a_manual_step("KIT", 30), a_bay_step("FUNC", work, 50_000)],
                materials=(a_material("part:x", 1, "FUNC"),),
            ),
        ),
        racks=tuple(a_rack(f"R{at + 1}", due=due) for at in range(racks)),
        supplies=(
            a_supply("lot:1", quantity=racks - 1),
            a_supply("po:1", quantity=1, available=arrives, supplier="Beta"),
        ),
    )


def test_a_late_delivery_that_holds_a_rack_up_costs_what_the_rack_waits():
    # The bay is free again at two days and half an hour; the part comes at three days.
    problem = one_bay(arrives=3 * DAY)

    found = saving_of(problem, material())

    assert found.is_distinguishable
    assert found.pairs == len(SEEDS)
    assert found.late_min == 3 * DAY - (2 * DAY + 30)
    assert [(one.rack, one.late_min) for one in found.racks] == [("R2", DAY - 30)]
    assert [(one.order, one.late_min) for one in found.orders] == [("O-R2", DAY - 30)]


def test_a_delivery_three_days_late_that_was_needed_five_days_later_caused_nothing():
    # Promised for now, it comes after three days; the bay is free for it after eight.
    problem = one_bay(arrives=3 * DAY, racks=2, work=8 * DAY)

    found = saving_of(problem, material())

    assert (found.cents, found.late_min, found.racks) == (0, 0, ())
    assert not found.is_distinguishable
    plan = planned(problem)
    bars = attribute(problem, plan)
    assert [one for one in binding(problem, bars) if one.word == "material"] == []


def test_a_rack_late_for_another_reason_is_not_blamed_on_the_delivery():
    # R1 waits for its part, R2 for its bay, which is out of order for four days.
    problem = a_problem(
        templates=(
            a_template(
                "M",
                [a_manual_step("KIT", 30), a_bay_step("FUNC", 60)],
                materials=(a_material("part:x", 1, "FUNC"),),
            ),
            a_template("N", [a_manual_step("KIT", 30), a_bay_step("FUNC", 60)]),
        ),
        racks=(a_rack("R1"), a_rack("R2", template="N")),
        bays=(
            a_bay("bay:1", models=("M",)),
            a_bay("bay:2", models=("N",), capacity=amount((0, 0), (4 * DAY, 1))),
        ),
        supplies=(a_supply("po:1", quantity=1, available=3 * DAY),),
    )

    by_material = saving_of(problem, material())
    by_bays = saving_of(problem, limit_on("bay", "bays"))

    assert [one.rack for one in by_material.racks] == ["R1"]
    assert by_material.late_min == 2 * DAY + 60
    assert [one.rack for one in by_bays.racks] == ["R2"]
    assert by_bays.late_min == 3 * DAY + 60


@pytest.mark.parametrize("seed", range(12))
def test_a_lifted_problem_takes_the_plan_as_it_stands_and_never_ends_dearer(seed):
    problem = without_change(a_random_problem(seed, racks=5))
    plan = planned(problem)
    before = cost(problem, plan).total
    places = places_of(problem, plan)

    for limit in binding(problem, attribute(problem, plan)):
        for factor in (2, None):
            wider = lifted(problem, limit, factor)
            resolver = Resolver(wider, places)
            found = resolver.solve(seed=1, moves=8)

            again = resolver.schedule(found)
            assert cost(wider, again).total <= before
            assert abs(cost(wider, again).total - found.cents) <= ROUNDING
            assert made(breaches(wider, again)) == ()


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_put_on_a_board_is_the_same_plan(seed):
    problem = without_change(a_random_problem(seed, racks=5))
    plan = planned(problem)
    board = Board(problem, left_out={one.rack for one in plan.unplannable})

    seat(board, places_of(problem, plan))
    again = render(board, plan.unplannable)

    assert {(s.rack, s.step, s.start, s.end, s.phases) for s in again.steps} == {
        (s.rack, s.step, s.start, s.end, s.phases) for s in plan.steps
    }
    assert cost(problem, again).total == cost(problem, plan).total


def test_a_study_gives_the_same_answer_twice():
    problem = one_bay(arrives=3 * DAY, racks=4)
    plan = planned(problem)

    assert savings(problem, plan, [material()], moves=MOVES) == savings(
        problem, plan, [material()], moves=MOVES
    )


def test_a_rack_that_only_the_lifted_limit_gives_a_plan_is_named():
    problem = one_bay(arrives=DAY, racks=2)
    problem = replace(problem, supplies=problem.supplies[:1])

    found = saving_of(problem, material())

    (rack,) = found.racks
    assert rack.is_planned_only_so
    assert found.is_distinguishable


def test_a_saving_no_larger_than_its_spread_is_not_distinguishable():
    assert not Figure(value=5, spread=5).is_distinguishable
    assert not Figure(value=0, spread=0).is_distinguishable
    assert Figure(value=6, spread=5).is_distinguishable
    assert figure([3, 9, 5, 4, 7]) == Figure(value=5, spread=6)


def test_the_most_a_lever_gives_is_the_share_its_limit_holds():
    assert cap(1_000, None) == 1_000
    assert cap(1_000, 2) == 500
    assert cap(1_000, 1.25) == 200


def test_levers_try_what_a_site_can_do_tomorrow():
    # Hands work on weekdays by day only; the second rack waits over the weekend.
    days = tuple((d * DAY + 480, d * DAY + 960) for d in (0, 1, 2, 3, 4, 7, 8, 9))
    problem = a_problem(
        templates=(a_template(steps=[a_manual_step("KIT", 1_500)]),),
        racks=tuple(a_rack(f"R{at}", due=2 * DAY) for at in range(2)),
        with_resources=(a_crew("crew:hands", 8, "calendar:hands"),),
        calendars=(a_calendar(), a_calendar("calendar:hands", days)),
    )
    plan = planned(problem)

    found = {one.code: one for one in levers(problem, plan, moves=MOVES)}

    assert {"twice", "without", "one_person", "weekend"} <= set(found)
    assert found["weekend"].saving.is_distinguishable
    assert found["one_person"].saving.late_min > 0
    assert found["weekend"].cap_min <= found["weekend"].saving.limit.minutes
    study = Study(problem, plan, moves=MOVES)
    assert study.control(1).cents >= found["weekend"].saving.cents
