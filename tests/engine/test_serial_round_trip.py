"""Whatever stands in a problem or schedule comes back the same, from the same bytes."""

import json
import re
from dataclasses import replace
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.problem import (
    Curtailment,
    Lag,
    Pin,
    Prices,
    Progress,
    Rack,
    Running,
    SoakRule,
    Supply,
    SupplyKind,
)
from scheduling.engine.schedule import (
    Peg,
    Phase,
    PhaseKind,
    PlannedStep,
    Schedule,
    Unplannable,
)
from scheduling.engine.serial import (
    problem_from_json,
    problem_to_json,
    schedule_from_json,
    schedule_to_json,
)
from tests.builders.instances import a_random_problem
from tests.builders.problems import a_problem, prices
from tests.builders.reference import reference_plan
from tests.builders.schedules import a_peg, a_planned_step, a_schedule, left_out

words = st.text(max_size=8)
minutes = st.integers(-(10**9), 10**9)
few = {"max_size": 3}


def some(strategy):
    return st.lists(strategy, **few).map(tuple)


racks = st.builds(
    Rack,
    key=words,
    order=words,
    template=words,
    received=minutes,
    release=minutes,
    due=st.none() | minutes,
    promise=st.none() | minutes,
    late_cents_per_day=minutes,
    materials_reserved=some(st.tuples(words, minutes)),
    progress=st.builds(
        Progress,
        done=minutes,
        running=st.none()
        | st.builds(Running, step=words, started=minutes, remaining=minutes),
        bay=words,
        bay_since=minutes,
        kit_started=st.none() | minutes,
        last_end=st.none() | minutes,
        holds_station=st.booleans(),
    ),
    pins=some(st.builds(Pin, step=words, start=minutes, bay=words)),
    previous=some(st.tuples(words, minutes, words)),
)
supplies = st.builds(
    Supply,
    key=words,
    part=words,
    quantity=minutes,
    available=minutes,
    kind=st.sampled_from(SupplyKind),
    owner=words,
    label=words,
)
curtailments = st.builds(
    Curtailment,
    key=words,
    label=words,
    start=minutes,
    end=minutes,
    limit=minutes,
    owner=words,
)
lags = st.builds(
    Lag,
    code=words,
    label=words,
    minutes=minutes,
    owner=words,
    reason=words,
    is_physics=st.booleans(),
    limit=words,
)
rules = st.builds(
    SoakRule,
    block=minutes,
    levels=some(st.tuples(minutes, minutes)),
    standby_percent=minutes,
    resume=minutes,
)
tariffs = st.builds(Prices, wip_per_day=minutes, demand_floor=minutes)
phases = st.builds(
    Phase,
    start=minutes,
    end=minutes,
    draw=minutes,
    kind=st.sampled_from(PhaseKind),
    percent=minutes,
)
schedules = st.builds(
    Schedule,
    steps=some(
        st.builds(
            PlannedStep,
            rack=words,
            step=words,
            start=minutes,
            end=minutes,
            bay=words,
            phases=some(phases),
        )
    ),
    pegs=some(
        st.builds(
            Peg, rack=words, step=words, part=words, supply=words, quantity=minutes
        )
    ),
    unplannable=some(
        st.builds(Unplannable, rack=words, code=words, sentence=words, limit=words)
    ),
    version=st.just(1),
)


@settings(deadline=None, max_examples=60)
@given(schedule=schedules)
def test_any_schedule_comes_back(schedule):
    data = schedule_to_json(schedule)

    assert schedule_from_json(data) == schedule
    assert schedule_to_json(schedule_from_json(data)) == data


@settings(deadline=None, max_examples=60)
@given(
    racks=some(racks),
    supplies=some(supplies),
    curtailments=some(curtailments),
    lags=some(lags),
    soak=rules,
    prices=tariffs,
    horizon=minutes,
)
def test_any_problem_comes_back(lags, **changes):
    problem = a_problem(**changes)
    template = replace(problem.templates[0], lags_before=lags)
    problem = replace(problem, templates=(template,))
    data = problem_to_json(problem)

    assert problem_from_json(data) == problem
    assert problem_to_json(problem_from_json(data)) == data


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_a_plan_comes_back(seed):
    problem = a_random_problem(seed, begun=False)
    schedule = reference_plan(problem)

    assert problem_from_json(problem_to_json(problem)) == problem
    found = schedule_from_json(schedule_to_json(schedule))
    assert found == schedule
    kinds = [phase.kind for step in found.steps for phase in step.phases]
    assert all(isinstance(kind, Enum) for kind in kinds)


def test_bytes_are_canonical():
    data = problem_to_json(a_problem(site="Querétaro"))

    assert (
        data
        == json.dumps(
            json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )
    assert "Querétaro".encode() in data


def test_what_is_assumed_always_stands():
    """A later release may assume other prices; old problems must not follow it."""
    plain = json.loads(problem_to_json(a_problem(prices=prices())))

    assert plain["prices"]["broken_promise"] == 2_000_000
    assert plain["soak"] == {
        "block": 120,
        "levels": [[100, 120], [80, 150], [60, 200]],
        "resume": 30,
        "standby_percent": 8,
    }
    assert (plain["bay_stay_limit"], plain["version"]) == (7_200, 1)
    assert "progress" not in plain["racks"][0]


def a_plain_schedule():
    schedule = a_schedule(
        a_planned_step("CUT", 0, 60), pegs=[a_peg()], unplannable=[left_out("R2")]
    )
    return json.loads(schedule_to_json(schedule))


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("version", 2, "schedule: version is 2; version 1 is read here."),
        ("version", True, "schedule: version is True; version 1 is read here."),
        ("surprise", 1, "schedule: surprise is not known;"),
        ("racks", 1, "schedule: row is 1; rows of str, list are needed."),
        ("racks", [["R1"]], "schedule: row is ['R1']; rows of str, list are needed."),
        (
            "racks",
            [["R1", [["CUT", 0, 60, "", 5]]]],
            "rows of str, int, int, str, list",
        ),
        ("racks", [["R1", [["CUT", 0, 60.0, "", []]]]], "rows of str, int, int, str"),
        (
            "racks",
            [["R1", [["CUT", 0, 60, "", [[0, 60, 0, "magic", 100]]]]]],
            "phase is 'magic'; one of work, derated, standby, resume, closed.",
        ),
        ("pegs", [["R1", [["CUT", "part:x", "lot:1", True]]]], "str, str, str, int"),
        ("unplannable", [["R1", "no_bay", "R1", None]], "str, str, str, str"),
    ],
)
def test_a_schedule_of_another_form_is_refused(part, value, sentence):
    data = json.dumps(a_plain_schedule() | {part: value}).encode()

    with pytest.raises(InvalidProblemError, match=re.escape(sentence)):
        schedule_from_json(data)


def test_a_schedule_without_a_part_is_refused():
    plain = a_plain_schedule()
    del plain["pegs"]

    with pytest.raises(InvalidProblemError, match="schedule: pegs is missing"):
        schedule_from_json(json.dumps(plain).encode())
