"""Unplannable racks: a smallest set of limits, each needed, enough by itself."""

from dataclasses import replace

import pytest
from ortools.sat.python.cp_model import INFEASIBLE, UNKNOWN

from scheduling.engine.conflict import Answer, beside, conflict, lift, room_for
from scheduling.engine.schedule import Unplannable
from scheduling.engine.solve import solve
from tests.builders.problems import (
    HORIZON,
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_manual_step,
    a_material,
    a_problem,
    a_rack,
    a_soak,
    a_supply,
    a_template,
    amount,
)
from tests.builders.schedules import a_schedule

DAY = 1_440


def nothing_planned(problem):
    """Return the schedule that leaves every rack out."""
    return replace(
        a_schedule(),
        unplannable=tuple(
            Unplannable(rack=rack.key, code="no_room", sentence="Out.", limit="power")
            for rack in problem.racks
        ),
    )


def words(found):
    return [(one.word, one.key) for one in found.limits]


def proved_again(problem, schedule, found):
    """Hold a conflict to its own word: enough by itself, each member needed."""
    alone = beside(problem, schedule, found.rack)
    assert room_for(alone) is Answer.NONE
    for limit in found.limits:
        others = alone
        for other in found.limits:
            if other is not limit:
                others = lift(others, other)
        assert room_for(lift(alone, limit)) is Answer.PLAN
    return True


def test_a_part_that_never_comes_is_the_whole_conflict():
    problem = a_problem(
        templates=(
            a_template(steps=[a_manual_step("KIT")], materials=(a_material(),)),
        ),
    )
    schedule = nothing_planned(problem)

    found = conflict(problem, schedule, "R1")

    assert words(found) == [("material", "part:x")]
    assert found.is_proved
    assert proved_again(problem, schedule, found)
    assert found.sentence == "part:x alone leaves R1 no room in 14 days."


def test_two_limits_that_only_together_leave_no_room_are_both_named():
    # Hands work in the first week only; the part comes in the second.
    problem = a_problem(
        templates=(
            a_template(steps=[a_manual_step("KIT")], materials=(a_material(),)),
        ),
        calendars=(a_calendar(), a_calendar("calendar:hands", ((0, 7 * DAY),))),
        with_resources=(a_crew("crew:hands", 80, "calendar:hands"),),
        supplies=(a_supply("po:1", available=8 * DAY),),
    )
    schedule = nothing_planned(problem)

    found = conflict(problem, schedule, "R1")

    assert sorted(words(found)) == [
        ("material", "part:x"),
        ("shift", "calendar:hands"),
    ]
    assert found.is_proved
    assert proved_again(problem, schedule, found)
    assert found.sentence.startswith("Together ")
    assert found.sentence.endswith("without any one of them there is room.")


def test_a_bay_that_others_keep_for_ever_is_named():
    problem = a_problem(
        templates=(a_template(steps=[a_bay_step("FUNC", 13 * DAY)]),),
        racks=(a_rack("R1"), a_rack("R2")),
        bay_stay_limit=HORIZON,
    )
    plan = solve(problem, time_limit_s=1, max_moves=5).schedule
    (left,) = plan.unplannable

    found = conflict(problem, plan, left.rack)

    assert words(found) == [("bay", "bays")]
    assert found.is_proved


def test_power_that_is_never_enough_is_named_with_its_owner():
    problem = a_problem(
        templates=(a_template(steps=[a_soak(240, 90_000)]),),
        bays=(a_bay(limit=95_000),),
        with_resources=(),
    )
    resources = tuple(
        replace(one, capacity=amount((0, 30_000))) if one.key == "node:hall" else one
        for one in problem.resources
    )
    problem = replace(problem, resources=resources)

    found = conflict(problem, nothing_planned(problem), "R1")

    assert words(found) == [("power", "node:hall")]
    assert "Owner of node:hall" in found.sentence


def test_a_rack_that_has_room_is_not_explained_away():
    problem = a_problem()

    found = conflict(problem, nothing_planned(problem), "R1")

    assert (found.limits, found.is_proved) == ((), False)


def test_an_unknown_rack_is_an_error():
    with pytest.raises(KeyError):
        conflict(a_problem(), a_schedule(), "R9")


def test_no_room_is_only_said_when_a_second_search_agrees(monkeypatch):
    """A solver that is wrong with presolve, as some versions have been, is caught."""
    problem = a_problem(
        horizon=300,
        templates=(a_template(steps=[a_bay_step("FUNC", 200, 50_000)]),),
        bays=(a_bay(capacity=amount((0, 1), (150, 0), (160, 1))),),
    )
    asked = []

    def is_wrong(solver, *_):
        asked.append(solver.parameters.cp_model_presolve)
        return INFEASIBLE if asked[-1] else UNKNOWN

    monkeypatch.setattr("ortools.sat.python.cp_model.CpSolver.solve", is_wrong)

    assert room_for(problem) is Answer.UNKNOWN
    assert asked == [True, False]


def test_no_room_is_said_when_two_searches_agree():
    problem = a_problem(
        horizon=300,
        templates=(a_template(steps=[a_bay_step("FUNC", 200, 50_000)]),),
        bays=(a_bay(capacity=amount((0, 1), (150, 0), (160, 1))),),
    )

    assert room_for(problem) is Answer.NONE
