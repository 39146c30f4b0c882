"""What nobody should send, sent: a named error or a named result, never a traceback."""

import json
import re
from dataclasses import replace

import pytest

from scheduling.engine.check import BreachKind, breaches, made
from scheduling.engine.errors import InvalidProblemError, NoPlanError
from scheduling.engine.profile import constant
from scheduling.engine.serial import problem_from_json, problem_to_json
from scheduling.engine.solve import solve
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_crew,
    a_place,
    a_problem,
    a_progress,
    a_rack,
    a_running,
    a_site,
    a_step,
    a_template,
    amount,
)


def changed(path, value):
    """Return the JSON of a sound problem with one thing changed."""
    plain = json.loads(problem_to_json(a_problem()))
    *way, last = path
    inner = plain
    for name in way:
        inner = inner[name]
    inner[last] = value
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("horizon",), float("nan"), "horizon is nan"),
        (("horizon",), float("inf"), "horizon is inf"),
        (("horizon",), "long", "horizon is 'long'"),
        (("templates", 0, "steps", 0, "work"), 0, "work is 0; at least 1 minute"),
        (("templates", 0, "steps", 0, "work"), -60, "work is -60; at least 1"),
        (("templates", 0, "steps", 0, "draw"), -1, "draw is -1"),
        (("templates", 0, "steps"), [], "steps is 0; at least one step"),
        (("resources", 0, "capacity", "times"), [0, 0], "one value a time is needed"),
        (("resources", 0, "capacity", "times"), [60], "times rise from 0"),
        (("resources", 0, "capacity", "values"), [-1], "values are at least 0"),
        (("calendars", 0, "open"), [[60, 0]], "windows rise and do not touch"),
        (("calendars", 0, "open"), [[0, 60], [30, 90]], "windows rise and do not"),
        (("racks", 0, "release"), None, "release is None"),
    ],
)
def test_what_no_reader_could_interpret_is_refused_by_name(path, value, sentence):
    with pytest.raises(InvalidProblemError, match=re.escape(sentence)):
        problem_from_json(changed(path, value))


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (a_problem(racks=()), "rack"),
        (a_problem(racks=(a_rack(), a_rack())), "The key R1 stands for more than one"),
        (a_problem(bays=()), "bay"),
        (a_problem(horizon=0), "horizon"),
        (a_problem(with_resources=(a_site(capacity=10**12),)), "site:main"),
    ],
)
def test_what_cannot_be_planned_as_a_whole_is_no_plan_in_words(problem, sentence):
    with pytest.raises(NoPlanError, match=sentence):
        solve(problem, time_limit_s=1)


def of_power(*pieces):
    """Return one rack of an hour of power, under an import that changes."""
    return a_problem(
        horizon=120,
        templates=(a_template(steps=(a_bay_step("FUNC", 60, 50_000),)),),
        with_resources=(a_site(capacity=amount(*pieces)),),
    )


def test_a_limit_may_fall_in_the_very_minute_in_which_a_step_ends():
    falls = solve(of_power((0, 100_000), (60, 0)), time_limit_s=1, max_moves=1)
    too_soon = solve(of_power((0, 100_000), (59, 0)), time_limit_s=1, max_moves=1)
    gap = solve(
        of_power((0, 100_000), (59, 0), (60, 100_000)), time_limit_s=1, max_moves=1
    )

    assert [(one.start, one.end) for one in falls.schedule.steps] == [(0, 60)]
    assert [one.code for one in too_soon.schedule.unplannable] == ["no_room"]
    assert [(one.start, one.end) for one in gap.schedule.steps] == [(60, 120)]


def test_a_horizon_one_minute_too_short_leaves_the_rack_out_by_name():
    problem = of_power((0, 100_000))

    fits = solve(replace(problem, horizon=60), time_limit_s=1, max_moves=1)
    short = solve(replace(problem, horizon=59), time_limit_s=1, max_moves=1)

    assert fits.schedule.unplannable == ()
    assert [one.code for one in short.schedule.unplannable] == ["horizon"]


def test_running_steps_that_break_a_limit_are_told_and_the_rest_is_planned():
    running = a_progress(
        running=a_running("FUNC", -30, 30), bay="bay:1", kit_started=-30
    )
    problem = a_problem(
        templates=(
            a_template(
                steps=(a_bay_step("FUNC", 60, 50_000), a_step("PACK", 30)),
                site_permille=1_000,
            ),
        ),
        racks=(
            a_rack("R1", progress=running),
            a_rack("R2", progress=replace(running, bay="bay:2")),
            a_rack("R3"),
        ),
        bays=(a_bay("bay:1"), a_bay("bay:2"), a_bay("bay:3")),
        with_resources=(
            a_site(capacity=60_000),
            a_crew(capacity=80),
            a_place(capacity=9),
        ),
    )

    outcome = solve(problem, time_limit_s=1, max_moves=20)

    found = breaches(problem, outcome.schedule)
    assert outcome.schedule.unplannable == ()
    assert made(found) == ()
    assert [(one.kind, one.object, one.amount) for one in found] == [
        (BreachKind.INHERITED, "site:main", 40_000)
    ]
    assert (found[0].start, found[0].end) == (0, 30)
    third = {one.step: one.start for one in outcome.schedule.steps if one.rack == "R3"}
    assert third["FUNC"] >= 30


def test_numbers_as_large_as_they_may_be_are_planned():
    problem = of_power((0, 100_000))
    wide = tuple(
        replace(one, capacity=constant(10**9)) if one.key == "site:main" else one
        for one in problem.resources
    )

    outcome = solve(replace(problem, resources=wide), time_limit_s=1, max_moves=1)

    assert outcome.schedule.unplannable == ()
    assert made(breaches(problem, outcome.schedule)) == ()


@pytest.mark.parametrize(
    ("bay", "code"),
    [(a_bay(), "bay_limit"), (a_bay(limit=10**12), "power_limit")],
)
def test_a_rack_that_draws_a_terawatt_is_left_out_by_name(bay, code):
    problem = a_problem(
        templates=(a_template(steps=(a_bay_step("FUNC", 60, 10**12),)),), bays=(bay,)
    )

    outcome = solve(problem, time_limit_s=1, max_moves=1)

    assert [(one.rack, one.code) for one in outcome.schedule.unplannable] == [
        ("R1", code)
    ]
